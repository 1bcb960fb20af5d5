/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>

#include "serve/textfile.h"
#include "util/new_file.h"

int textfile_write(const char *path, const char *text, size_t len)
{
	struct new_file next;
	int err;

	/* another user reads it; what it is called until it is whole does not end in .prom */
	err = new_file_open(&next, path, 0644);
	if (err)
		return err;
	if (fwrite(text, 1, len, next.f) == len)
		return new_file_close(&next, true);
	err = -errno;
	new_file_close(&next, false);
	return err;
}
