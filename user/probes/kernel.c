/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evmcs_trace/status.h"
#include "probes/kernel.h"
#include "util/first_line.h"
#include "util/say.h"

static bool kvm_intel_there(void)
{
	return !access("/sys/module/kvm_intel", F_OK);
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

	if (geteuid() != 0) {
		say_error("tracing KVM needs root: run it with sudo");
		return STATUS_NOT_ARMED;
	}
	if (!kvm_intel_there()) {
		say_error(
			"kvm_intel is not loaded, so no nested VMX guest can be restored here: "
			"load it with 'modprobe kvm_intel nested=1' (needs an Intel CPU with VMX)");
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
	return 0;
}

bool kernel_preempts(void)
{
	char modes[128];

	/* the one in force is in parentheses */
	first_line("/sys/kernel/debug/sched/preempt", modes, sizeof(modes));
	return strstr(modes, "(full)") || strstr(modes, "(lazy)");
}
