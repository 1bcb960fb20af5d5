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

/* A value of QEMU's options ends at a comma; one that is in it is doubled. */
static const char *take_value(const char *from, char value[VMM_NAME_LEN])
{
	size_t n = 0;

	for (; *from && (*from != ',' || from[1] == ','); from++) {
		from += *from == ',';
		if (n < VMM_NAME_LEN - 1)
			value[n++] = *from;
	}
	value[n] = '\0';
	return from;
}

/* "[guest=]web1,process=web,debug-threads=on", in any order; bare only in the first place. */
static void take_name(const char *option, char name[VMM_NAME_LEN])
{
	char value[VMM_NAME_LEN];
	bool first = true, is_name;
	size_t key;

	for (; first || *option == ','; first = false) {
		option += !first;
		key = strcspn(option, "=,");
		is_name = option[key] == '=' ? key == 5 && !strncmp(option, "guest", key) : first;
		if (option[key] == '=')
			option += key + 1;
		option = take_value(option, value);
		if (is_name)
			memcpy(name, value, VMM_NAME_LEN);
	}
}

/* Of several options QEMU makes one, in which the last name counts. */
bool vmm_name_of_cmdline(const char *cmdline, size_t len, char name[VMM_NAME_LEN])
{
	const char *arg = cmdline, *end = cmdline + len;
	bool wanted = false;

	name[0] = '\0';
	for (; arg < end; arg += strnlen(arg, (size_t)(end - arg)) + 1) {
		if (wanted)
			take_name(arg, name);
		wanted = !wanted && (!strcmp(arg, "-name") || !strcmp(arg, "--name"));
	}
	return name[0];
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
