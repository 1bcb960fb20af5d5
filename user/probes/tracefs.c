/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "probes/tracefs.h"

/* The second is of who has mounted debugfs alone: the kernel mounts it there. */
static const char *const folders[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

bool tracefs_find(char path[TRACEFS_PATH_LEN], const char *file, int mode)
{
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, TRACEFS_PATH_LEN, "%s/%s", folders[i], file);
		/* as opening it would be answered, which is by capabilities */
		if (!eaccess(path, mode))
			return true;
	}
	return false;
}
