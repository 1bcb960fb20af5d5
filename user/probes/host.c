/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/kvm.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "evmcs_trace/status.h"
#include "probes/code_data.h"
#include "probes/host.h"
#include "probes/kernel.h"
#include "probes/module_file.h"
#include "probes/privileges.h"
#include "probes/return_probes.h"
#include "probes/tracefs.h"
#include "util/errstr.h"
#include "util/first_line.h"
#include "util/kallsyms.h"

#define INTEL_PARAMETERS "/sys/module/kvm_intel/parameters/"
#define NO_BTF_REMEDY "use a kernel that is built with CONFIG_DEBUG_INFO_BTF"
#define TYPES_REMEDY "pahole --btf_encode_detached=FILE kvm-intel.ko.debug; evmcs-trace --btf FILE"

/* ---- how an answer is given ---- */

static void say_value(struct host_answer *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say_value(struct host_answer *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->value, sizeof(a->value), fmt, ap);
	va_end(ap);
}

static void costs(struct host_answer *a, const char *cost, const char *remedy)
{
	a->state = HOST_COST;
	snprintf(a->cost, sizeof(a->cost), "%s", cost);
	snprintf(a->remedy, sizeof(a->remedy), "%s", remedy);
}

static void is_bad(struct host_answer *a, int status, const char *cost, const char *remedy)
{
	costs(a, cost, remedy);
	a->state = HOST_BAD;
	a->status = status;
}

static bool plan_has(const struct host *host, const char *flavour)
{
	return host->plan && plan_uses(host->plan, flavour);
}

static bool has_intel(const struct host *host)
{
	return host->code && code_has_module(host->code, CODE_KVM_INTEL);
}

/* What is asked of a kvm_intel that is there. */
static bool not_asked(const struct host *host, struct host_answer *a)
{
	if (has_intel(host))
		return false;
	a->state = HOST_NOT_ASKED;
	say_value(a, "no kvm_intel");
	return true;
}

/* ---- the machine and KVM ---- */

static void ask_kernel(const struct host *host, struct host_answer *a)
{
	struct utsname uts;

	(void)host;
	uname(&uts);
	say_value(a, "Linux %s, %s", uts.release, uts.machine);
	if (strcmp(uts.machine, "x86_64") != 0)
		is_bad(a, STATUS_UNSUPPORTED, "nested VMX is a thing of x86-64",
		       "use an x86-64 host");
}

/* The flags of the first CPU: those of the others are the same. */
static void ask_cpu(const struct host *host, struct host_answer *a)
{
	(void)host;
	say_value(a, "has VMX");
	if (kernel_cpu_has("vmx"))
		return;
	say_value(a, "%s", kernel_cpu_has("svm") ? "AMD's (SVM), no VMX" : "no VMX");
	is_bad(a, STATUS_UNSUPPORTED, "no nested VMX guest can be restored here",
	       "use an Intel host with VMX on in its firmware; in a virtual machine, let its host "
	       "pass VMX on (QEMU: -cpu host)");
}

static void ask_kvm_intel(const struct host *host, struct host_answer *a)
{
	char version[64];

	first_line("/sys/module/kvm_intel/srcversion", version, sizeof(version));
	if (!has_intel(host)) {
		say_value(a, "not loaded");
		is_bad(a, STATUS_UNSUPPORTED, "no nested VMX guest can be restored here",
		       "modprobe kvm_intel nested=1");
	} else if (code_is_built_in(host->code, CODE_KVM_INTEL)) {
		say_value(a, "built in");
	} else {
		say_value(a, "loaded%s%s", version[0] ? ", srcversion " : "", version);
	}
}

static void ask_nested(const struct host *host, struct host_answer *a)
{
	char nested[8];

	if (not_asked(host, a))
		return;
	first_line(INTEL_PARAMETERS "nested", nested, sizeof(nested));
	say_value(a, "%s", nested[0] ? nested : "not told");
	if (nested[0] == 'N')
		is_bad(a, STATUS_UNSUPPORTED, "no nested VMX guest can be restored here",
		       "modprobe -r kvm_intel; modprobe kvm_intel nested=1");
}

/* A parameter of kvm_intel that is good to know and forbids nothing. */
static void tell_parameter(const struct host *host, struct host_answer *a, const char *path,
			   const char *when_off)
{
	char value[16];

	if (not_asked(host, a))
		return;
	first_line(path, value, sizeof(value));
	say_value(a, "%s%s", value[0] ? value : "not told", value[0] == 'N' ? when_off : "");
}

static void ask_ept(const struct host *host, struct host_answer *a)
{
	tell_parameter(host, a, INTEL_PARAMETERS "ept",
		       ": nested guests run on shadow page tables");
}

static void ask_shadow_vmcs(const struct host *host, struct host_answer *a)
{
	tell_parameter(host, a, INTEL_PARAMETERS "enable_shadow_vmcs",
		       ": shadow-clobber (A16) cannot happen");
}

/* KVM_SET_NESTED_STATE, and what a guest needs to use an eVMCS. */
static void ask_restores(const struct host *host, struct host_answer *a)
{
	bool state, evmcs;
	int fd;

	if (not_asked(host, a))
		return;
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		say_value(a, "/dev/kvm cannot be opened (%s)", errstr(errno));
		costs(a, "not known whether guests may use an enlightened VMCS",
		      "sudo evmcs-trace doctor");
		return;
	}
	state = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE) > 0;
	evmcs = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_ENLIGHTENED_VMCS) > 0;
	close(fd);
	say_value(a, "nested state %s, enlightened VMCS %s", state ? "yes" : "no",
		  evmcs ? "yes" : "no");
	if (!state)
		costs(a, "no nested state can be restored", "use Linux 4.20 or later");
	else if (!evmcs)
		costs(a, "only native restores: guests cannot have an enlightened VMCS",
		      "use a kernel with CONFIG_KVM_HYPERV, kvm_intel with nested=1");
}

/* ---- what is known of its code and types ---- */

static void ask_kernel_btf(const struct host *host, struct host_answer *a)
{
	(void)host;
	say_value(a, "/sys/kernel/btf/vmlinux");
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return;
	say_value(a, "none (%s)", errstr(errno));
	is_bad(a, STATUS_NOT_ARMED, "the structures of this kernel cannot be read", NO_BTF_REMEDY);
}

static void ask_module_btf(const struct host *host, struct host_answer *a)
{
	bool kvm = host->code && code_has_btf(host->code, CODE_KVM);
	bool intel = host->code && code_has_btf(host->code, CODE_KVM_INTEL);

	if (not_asked(host, a))
		return;
	say_value(a, "kvm %s, kvm_intel %s", kvm ? "yes" : "no", intel ? "yes" : "no");
	if (kvm && intel)
		return;
	costs(a, host->note[0] ? host->note : "functions are probed by kprobe, which is slower",
	      "use Linux 5.11 or later, built with CONFIG_DEBUG_INFO_BTF_MODULES");
}

static bool has_struct(const struct btf *btf, const char *name)
{
	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) > 0;
}

/* In the module's own BTF, in the kernel's, in the user's file. */
static bool knows_struct(const struct host *host, const struct btf *given, const char *module,
			 const char *name)
{
	const struct code_module *m = host->code ? code_module(host->code, module) : NULL;

	if (host->kvm_intel) /* the types of a file go with its functions */
		return (m && m->has_btf) || has_struct(given, name);
	return (m && has_struct(m->btf, name)) || has_struct(given, name) ||
	       (host->code && has_struct(host->code->vmlinux, name));
}

/* Without these no verdict is more than inconclusive. */
static void ask_types(const struct host *host, struct host_answer *a)
{
	struct btf *given = host->btf_file ? btf__parse(host->btf_file, NULL) : NULL;
	bool unreadable = host->btf_file && !given;
	bool vcpu, vmx;

	vcpu = knows_struct(host, given, CODE_KVM, "kvm_vcpu");
	vmx = knows_struct(host, given, CODE_KVM_INTEL, "vcpu_vmx");
	btf__free(given);
	if (unreadable) {
		say_value(a, "%s is no BTF", host->btf_file);
		is_bad(a, STATUS_NOT_ARMED, "what KVM's structures hold cannot be read",
		       TYPES_REMEDY);
		return;
	}
	if (not_asked(host, a))
		return;
	say_value(a, "kvm_vcpu %s, vcpu_vmx %s", vcpu ? "known" : "unknown",
		  vmx ? "known" : "unknown");
	if (!vcpu || !vmx)
		is_bad(a, STATUS_INCONCLUSIVE,
		       "the state of a vCPU cannot be read: verdicts stay inconclusive",
		       TYPES_REMEDY);
}

/* What is derived without it gives the same answer: it is only not compared. */
static void ask_debug_info(const struct host *host, struct host_answer *a)
{
	const struct plan_choice *choice;

	if (not_asked(host, a))
		return;
	choice = plan_find(host->plan, PT_EVMCS_PAGE_INLINED);
	if (choice->fact.flavour[0])
		say_value(a, "%s was inlined in %d places", choice->fact.function,
			  choice->sites.nr);
	else
		say_value(a, "%s", choice->fact.reason);
}

static void ask_file(const struct host *host, struct host_answer *a)
{
	char why[256], release[96];
	struct module_file *file = module_file_open(host->kvm_intel, why, sizeof(why));
	const char *version = file ? module_file_info(file, "srcversion") : NULL;

	if (!file) {
		say_value(a, "cannot be read any more");
		return;
	}
	module_file_release(file, release, sizeof(release));
	say_value(a, "of Linux %s%s%s", release, version ? ", srcversion " : "",
		  version ? version : "");
	module_file_close(file);
}

/* ---- what the kernel permits ---- */

/* "none [integrity] confidentiality": the mode in force is in brackets */
static void ask_lockdown(const struct host *host, struct host_answer *a)
{
	char modes[128], *mode, *end;

	(void)host;
	first_line("/sys/kernel/security/lockdown", modes, sizeof(modes));
	mode = strchr(modes, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (!end) {
		say_value(a, "not told (no securityfs, or no lockdown in this kernel)");
		return;
	}
	*end = '\0';
	say_value(a, "%s", mode + 1);
	if (!strcmp(mode + 1, "confidentiality"))
		is_bad(a, STATUS_NOT_ARMED, "BPF may not read kernel memory",
		       "boot with lockdown=integrity or none (Secure Boot may turn it on: mokutil "
		       "--sb-state)");
}

static void ask_privileges(const struct host *host, struct host_answer *a)
{
	const struct privilege *table;
	int nr, i;

	(void)host;
	table = privileges_table(&nr);
	say_value(a, "uid %u", geteuid());
	for (i = 0; i < nr; i++) {
		size_t n = strlen(a->value);

		if (!privilege_missing(&table[i]))
			continue;
		snprintf(a->value + n, sizeof(a->value) - n, "%s%s", a->state ? ", " : " without ",
			 table[i].name);
		is_bad(a, STATUS_NOT_ARMED, "tracing KVM is not permitted",
		       "sudo evmcs-trace doctor (PRIVILEGES in evmcs-trace(8))");
	}
}

/* The smallest program of a kind that reads kernel memory, loaded and let go. */
static int try_bpf(void)
{
	const struct bpf_insn program[] = {
		{ .code = 0xb7 /* r0 = 0 */ },
		{ .code = 0x95 /* exit */ },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "doctor", "GPL", program, 2, NULL);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void ask_bpf(const struct host *host, struct host_answer *a)
{
	char unprivileged[8];
	int err = try_bpf();

	(void)host;
	first_line("/proc/sys/kernel/unprivileged_bpf_disabled", unprivileged,
		   sizeof(unprivileged));
	say_value(a, "%s (kernel.unprivileged_bpf_disabled=%s)",
		  err ? errstr(err) : "a program was loaded", unprivileged);
	if (err == -ENOSYS)
		is_bad(a, STATUS_NOT_ARMED, "this kernel has no bpf(2)",
		       "use a kernel that is built with CONFIG_BPF_SYSCALL");
	else if (err)
		is_bad(a, STATUS_NOT_ARMED, "the kernel refuses to load BPF programs",
		       "sudo evmcs-trace doctor, outside of containers, where no seccomp filter "
		       "forbids bpf(2)");
}

static int first_address(void *ctx, const struct kallsym *symbol)
{
	*(uint64_t *)ctx = symbol->address;
	return 1;
}

static void ask_addresses(const struct host *host, struct host_answer *a)
{
	uint64_t address = 0;
	char restricted[8];
	int err = kallsyms_for_each_text(first_address, &address);

	(void)host;
	first_line("/proc/sys/kernel/kptr_restrict", restricted, sizeof(restricted));
	say_value(a, "%s (kernel.kptr_restrict=%s)",
		  err < 0   ? errstr(err)
		  : address ? "shown"
			    : "hidden",
		  restricted);
	if (err < 0 || !address)
		costs(a, "no function can be probed by kprobe, and stacks have no names",
		      restricted[0] == '2' ? "sysctl kernel.kptr_restrict=1"
					   : "sudo evmcs-trace doctor");
}

/* 0: functions keep the hooks that they have, and get no new ones: attached, never run. */
static void ask_ftrace(const struct host *host, struct host_answer *a)
{
	char enabled[8];

	first_line("/proc/sys/kernel/ftrace_enabled", enabled, sizeof(enabled));
	say_value(a, "kernel.ftrace_enabled=%s", enabled[0] ? enabled : "(not there)");
	if (enabled[0] == '0' && plan_has(host, "fentry"))
		is_bad(a, STATUS_NOT_ARMED, "what is attached by fentry never runs",
		       "sysctl kernel.ftrace_enabled=1");
}

static void ask_kprobes(const struct host *host, struct host_answer *a)
{
	char enabled[8];

	first_line("/sys/kernel/debug/kprobes/enabled", enabled, sizeof(enabled));
	say_value(a, "%s",
		  !enabled[0]	      ? "not told (no debugfs)"
		  : enabled[0] == '0' ? "switched off"
				      : "on");
	if (enabled[0] == '0' && plan_has(host, "kprobe"))
		is_bad(a, STATUS_NOT_ARMED, "what is attached by kprobe never runs",
		       "echo 1 > /sys/kernel/debug/kprobes/enabled");
}

static void ask_skipped(const struct host *host, struct host_answer *a)
{
	bool counted = host->code && code_counts_skipped_kprobes(host->code);

	say_value(a, "programs at kprobes that the kernel skips are %scounted",
		  counted ? "" : "not ");
	if (!counted && plan_has(host, "kprobe"))
		costs(a, "a call that comes while another program runs may be missed unnoticed",
		      "use Linux 6.7 or later");
}

static void ask_returns(const struct host *host, struct host_answer *a)
{
	if (return_probes_possible()) {
		say_value(a, "kprobes follow %d calls of a function at once", RETURN_PROBES_CALLS);
		return;
	}
	say_value(a, "kprobes follow as many calls of a function at once as the kernel chooses");
	if (plan_has(host, "kprobe"))
		costs(a,
		      "of many vCPUs that sleep in one function the returns are missed, and "
		      "their restores in doubt",
		      "sudo mount -t tracefs nodev /sys/kernel/tracing; run as root");
}

static void ask_perf_events(const struct host *host, struct host_answer *a)
{
	char paranoid[8];

	first_line("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	say_value(a, "kernel.perf_event_paranoid=%s", paranoid[0] ? paranoid : "(not there)");
	if (!paranoid[0] && plan_has(host, "kprobe"))
		costs(a, "kprobes need perf events",
		      "use a kernel that is built with CONFIG_PERF_EVENTS");
}

static void ask_tracefs(const struct host *host, struct host_answer *a)
{
	char path[TRACEFS_PATH_LEN];

	(void)host;
	say_value(a, "%s",
		  tracefs_find(path, "available_filter_functions", F_OK)
			  ? "mounted"
			  : "not mounted, or not to be read");
}

/* ---- */

/* clang-format off */
const struct host_fact host_facts[] = {
	{ "kernel", HOST_RUNNING, ask_kernel },
	{ "module-file", HOST_FILE, ask_file },
	{ "cpu", HOST_RUNNING, ask_cpu },
	{ "kvm-intel", HOST_RUNNING, ask_kvm_intel },
	{ "nested", HOST_RUNNING, ask_nested },
	{ "ept", HOST_RUNNING | HOST_DETAIL, ask_ept },
	{ "shadow-vmcs", HOST_RUNNING | HOST_DETAIL, ask_shadow_vmcs },
	{ "restores", HOST_RUNNING, ask_restores },
	{ "kernel-btf", HOST_RUNNING | HOST_DETAIL, ask_kernel_btf },
	{ "module-btf", HOST_RUNNING | HOST_FILE, ask_module_btf },
	{ "types", HOST_RUNNING | HOST_FILE, ask_types },
	{ "debug-info", HOST_RUNNING | HOST_DETAIL, ask_debug_info },
	{ "lockdown", HOST_RUNNING, ask_lockdown },
	{ "privileges", HOST_RUNNING, ask_privileges },
	{ "bpf", HOST_RUNNING, ask_bpf },
	{ "addresses", HOST_RUNNING, ask_addresses },
	{ "ftrace", HOST_RUNNING | HOST_DETAIL, ask_ftrace },
	{ "kprobes", HOST_RUNNING | HOST_DETAIL, ask_kprobes },
	{ "skipped", HOST_RUNNING | HOST_DETAIL, ask_skipped },
	{ "returns", HOST_RUNNING | HOST_DETAIL, ask_returns },
	{ "perf-events", HOST_RUNNING | HOST_DETAIL, ask_perf_events },
	{ "tracefs", HOST_RUNNING | HOST_DETAIL, ask_tracefs },
};
/* clang-format on */

const int host_nr_facts = sizeof(host_facts) / sizeof(host_facts[0]);

const char *host_state_name(enum host_state state)
{
	static const char *const names[HOST_STATE_COUNT] = { "ok", "not-asked", "cost", "bad" };

	return names[state];
}
