/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "sources/vmm.h"
#include "util/first_line.h"

void vmm_comm(uint32_t pid, char *comm, size_t size)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	first_line(path, comm, size);
}

bool vmm_name_of_cmdline(const char *cmdline, size_t len, char name[VMM_NAME_LEN])
{
	const char *arg = cmdline, *end = cmdline + len;
	bool wanted = false;

	for (; arg < end; arg += strnlen(arg, (size_t)(end - arg)) + 1) {
		if (wanted) {
			if (!strncmp(arg, "guest=", 6))
				arg += 6;
			snprintf(name, VMM_NAME_LEN, "%.*s", (int)strcspn(arg, ","), arg);
			return name[0];
		}
		wanted = !strcmp(arg, "-name") || !strcmp(arg, "--name");
	}
	return false;
}

bool vmm_vm_name(uint32_t pid, char name[VMM_NAME_LEN])
{
	char path[40], cmdline[8192];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	len = fread(cmdline, 1, sizeof(cmdline) - 1, f);
	cmdline[len] = '\0';
	fclose(f);
	return vmm_name_of_cmdline(cmdline, len, name);
}
