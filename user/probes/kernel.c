/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evmcs_trace/status.h"
#include "probes/kernel.h"
#include "probes/privileges.h"
#include "util/first_line.h"
#include "util/say.h"

bool kernel_cpu_has(const char *flag)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *line = NULL, *word, *rest;
	bool found = false;
	size_t size = 0;

	while (f && !found && getline(&line, &size, f) > 0) {
		if (strncmp(line, "flags", 5) != 0)
			continue;
		rest = line;
		while (!found && (word = strsep(&rest, " \t\n")))
			found = !strcmp(word, flag);
		break;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

bool kernel_has_kvm_intel(void)
{
	char state[16];

	if (access("/sys/module/kvm_intel", F_OK))
		return false;
	/* built in, it has no state; on its way it may still fail */
	first_line("/sys/module/kvm_intel/initstate", state, sizeof(state));
	return !state[0] || !strcmp(state, "live");
}

/* "none integrity [confidentiality]": the mode in force is in brackets */
static bool locked_down(void)
{
	char modes[128];

	first_line("/sys/kernel/security/lockdown", modes, sizeof(modes));
	return strstr(modes, "[confidentiality]");
}

int kernel_preflight(void)
{
	char nested[8];

	if (!kernel_cpu_has("vmx")) {
		say_error(
			"no VMX: this host's CPU has none, or its firmware keeps it off, so no "
			"nested VMX guest can be restored here: use an Intel host with VMX on; in "
			"a virtual machine, let its host pass VMX on (QEMU: -cpu host)");
		return STATUS_UNSUPPORTED;
	}
	if (!kernel_has_kvm_intel()) {
		say_error("kvm_intel is not loaded, so no nested VMX guest can be restored here: "
			  "load it with 'modprobe kvm_intel nested=1', or give --wait");
		return STATUS_UNSUPPORTED;
	}
	first_line("/sys/module/kvm_intel/parameters/nested", nested, sizeof(nested));
	if (nested[0] == 'N') {
		say_error(
			"kvm_intel was loaded with nested=0, so no nested guest can be restored "
			"here: load it with 'modprobe -r kvm_intel; modprobe kvm_intel nested=1'");
		return STATUS_UNSUPPORTED;
	}
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		say_error(
			"this kernel has no BTF (/sys/kernel/btf/vmlinux), without which its "
			"structures cannot be read: use a kernel built with CONFIG_DEBUG_INFO_BTF");
		return STATUS_NOT_ARMED;
	}
	if (locked_down()) {
		say_error("kernel lockdown is in confidentiality mode, which forbids BPF to read "
			  "kernel memory: boot with lockdown=integrity or none");
		return STATUS_NOT_ARMED;
	}
	return privileges_check();
}

bool kernel_preempts(void)
{
	char modes[128];

	/* the one in force is in parentheses */
	first_line("/sys/kernel/debug/sched/preempt", modes, sizeof(modes));
	return strstr(modes, "(full)") || strstr(modes, "(lazy)");
}
