// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The command line of evmcs-restore. */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_abi.h"
#include "options.h"
#include "vmm.h"

static const char help[] =
	"usage: evmcs-restore [OPTIONS]\n"
	"Runs a nested guest, saves it, restores it into a fresh VM, and checks that it "
	"continues.\n"
	"\n"
	"  --format evmcs|native     the VMCS of L1 (evmcs)\n"
	"  --mode l2|l1|exit         who is active when the state is saved (l2); exit: L1, and "
	"L2's "
	"exit\n"
	"                            to it was the last thing that happened\n"
	"  --order qemu|msrs-first   nested state before the MSRs, or after all else (qemu)\n"
	"  --memslots-after          memslots and memory only after KVM_SET_NESTED_STATE\n"
	"  --forced-exit[=run|run-irq|mp-state]\n"
	"                            an L2->L1 exit before L2 ran: L2 halted with an NMI (run) or "
	"an\n"
	"                            interrupt pending, or KVM_GET_MP_STATE with a latched INIT\n"
	"  --get-after-set           KVM_GET_NESTED_STATE after SET; restore what it gave once "
	"more\n"
	"  --set-twice               the whole restore sequence twice before the first run\n"
	"  --immediate-exit          a KVM_RUN with immediate_exit before the real one\n"
	"  --no-run                  restore and close without running\n"
	"  --evmcs-pa auto|GPA       byte 40 of struct kvm_nested_state: as got, or this (0, -1, "
	"...)\n"
	"  --mark-clean[=after|before]  L1 marks all eVMCS fields clean after (before) its save "
	"point\n"
	"  --memory-after            memslots at once, their contents only after "
	"KVM_SET_NESTED_STATE\n"
	"  --postcopy[=MS]           contents page by page as they are missed, each after MS ms "
	"(20)\n"
	"  --skip-vp-assist          never restore HV_X64_MSR_VP_ASSIST_PAGE\n"
	"  --no-hyperv-cpuid         restore into a vCPU with the eVMCS capability only\n"
	"  --as-native               set an eVMCS state as one with an ordinary VMCS\n"
	"  --vmcs12 FIELD=VALUE      change the vmcs12 that is set (repeatable); VALUE: number, "
	"@evmcs,\n"
	"                            free-page, bad-pdpt or msr-list (GPAs)\n"
	"  --pae-l2                  such changes: L2 uses PAE paging with invalid PDPTEs\n"
	"  --damage evmcs-revision|evmcs-gpa|enlighten\n"
	"                            eVMCS or VP assist page in the fresh memory\n"
	"  --expect-set-error ERRNO  KVM_SET_NESTED_STATE must fail so (EINVAL)\n"
	"  --refused-sets N          before it N that KVM refuses: of another vendor\n"
	"  --pause                   after the restore, in the window, stop until SIGCONT\n"
	"  --leave-by smm|feat-ctl   after the restore an ioctl that ends nested mode\n"
	"  --move-memslot[=same-gpa] after the restore new host memory behind the eVMCS\n"
	"  --repeat-msr N            after the restore N times the same KVM_SET_MSRS\n"
	"  --stop-after set|run|runs=N  end before, or after N calls of, KVM_RUN, whatever they "
	"return\n"
	"  --close-in-child          with --no-run: a forked child is the last to close\n"
	"  --exit-without-close      with --no-run: the end of the process closes\n"
	"  --rounds N                saves and restores, each into a fresh VM (3)\n"
	"  --vcpus N, --vms N        vCPUs per VM, each with its own L1 and L2 (1); processes (1)\n"
	"  --idle-loop out|cpuid N   no nesting: N port-outs, or N exits that stay in the kernel\n"
	"  --nested-loop N           no restore: N VMCALL round trips between L2 and L1\n"
	"  --ticks N, --spin N       ticks between saves (3); iterations of L2's loop (500)\n"
	"  --corrupt counter|reg|vmcs12  damage the first saved state: the driver must then fail\n"
	"  --timeout SECONDS         give up (120)\n"
	"  --json                    one line of JSON at the end\n"
	"  -v, --verbose             each ioctl on stderr\n"
	"  -h, --help                this text\n"
	"\n"
	"Exit status: 0 the guest continued correctly, 1 it did not, 4 the host cannot, 64 "
	"usage.\n";

enum {
	OPT_FORMAT = 256,
	OPT_MODE,
	OPT_ORDER,
	OPT_MEMSLOTS_AFTER,
	OPT_FORCED,
	OPT_GET_AFTER_SET,
	OPT_SET_TWICE,
	OPT_IMMEDIATE_EXIT,
	OPT_NO_RUN,
	OPT_EVMCS_PA,
	OPT_MARK_CLEAN,
	OPT_ROUNDS,
	OPT_VCPUS,
	OPT_VMS,
	OPT_IDLE_LOOP,
	OPT_NESTED_LOOP,
	OPT_TICKS,
	OPT_SPIN,
	OPT_REPEAT_MSR,
	OPT_CORRUPT,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_MEMORY_AFTER,
	OPT_POSTCOPY,
	OPT_SKIP_VP_ASSIST,
	OPT_NO_HYPERV_CPUID,
	OPT_AS_NATIVE,
	OPT_VMCS12,
	OPT_PAE_L2,
	OPT_DAMAGE,
	OPT_EXPECT_SET_ERROR,
	OPT_REFUSED_SETS,
	OPT_PAUSE,
	OPT_LEAVE_BY,
	OPT_MOVE_MEMSLOT,
	OPT_STOP_AFTER,
	OPT_CLOSE_IN_CHILD,
	OPT_EXIT_WITHOUT_CLOSE,
};

static const struct option long_options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "order", required_argument, NULL, OPT_ORDER },
	{ "memslots-after", no_argument, NULL, OPT_MEMSLOTS_AFTER },
	{ "forced-exit", optional_argument, NULL, OPT_FORCED },
	{ "get-after-set", no_argument, NULL, OPT_GET_AFTER_SET },
	{ "set-twice", no_argument, NULL, OPT_SET_TWICE },
	{ "immediate-exit", no_argument, NULL, OPT_IMMEDIATE_EXIT },
	{ "no-run", no_argument, NULL, OPT_NO_RUN },
	{ "evmcs-pa", required_argument, NULL, OPT_EVMCS_PA },
	{ "mark-clean", optional_argument, NULL, OPT_MARK_CLEAN },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "vcpus", required_argument, NULL, OPT_VCPUS },
	{ "vms", required_argument, NULL, OPT_VMS },
	{ "idle-loop", required_argument, NULL, OPT_IDLE_LOOP },
	{ "nested-loop", required_argument, NULL, OPT_NESTED_LOOP },
	{ "ticks", required_argument, NULL, OPT_TICKS },
	{ "spin", required_argument, NULL, OPT_SPIN },
	{ "repeat-msr", required_argument, NULL, OPT_REPEAT_MSR },
	{ "corrupt", required_argument, NULL, OPT_CORRUPT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "memory-after", no_argument, NULL, OPT_MEMORY_AFTER },
	{ "postcopy", optional_argument, NULL, OPT_POSTCOPY },
	{ "skip-vp-assist", no_argument, NULL, OPT_SKIP_VP_ASSIST },
	{ "no-hyperv-cpuid", no_argument, NULL, OPT_NO_HYPERV_CPUID },
	{ "as-native", no_argument, NULL, OPT_AS_NATIVE },
	{ "vmcs12", required_argument, NULL, OPT_VMCS12 },
	{ "pae-l2", no_argument, NULL, OPT_PAE_L2 },
	{ "damage", required_argument, NULL, OPT_DAMAGE },
	{ "expect-set-error", required_argument, NULL, OPT_EXPECT_SET_ERROR },
	{ "refused-sets", required_argument, NULL, OPT_REFUSED_SETS },
	{ "pause", no_argument, NULL, OPT_PAUSE },
	{ "leave-by", required_argument, NULL, OPT_LEAVE_BY },
	{ "move-memslot", optional_argument, NULL, OPT_MOVE_MEMSLOT },
	{ "stop-after", required_argument, NULL, OPT_STOP_AFTER },
	{ "close-in-child", no_argument, NULL, OPT_CLOSE_IN_CHILD },
	{ "exit-without-close", no_argument, NULL, OPT_EXIT_WITHOUT_CLOSE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* The order of these is that of the enums. */
static const char *const mode_names[] = { "l2", "l1", "exit", NULL };
static const char *const order_names[] = { "qemu", "msrs-first", NULL };
static const char *const format_names[] = { "native", "evmcs", NULL };
static const char *const forced_names[] = { "none", "run", "run-irq", "mp-state", NULL };
static const char *const mark_clean_names[] = { "never", "after", "before", NULL };
static const char *const corrupt_names[] = { "nothing", "counter", "reg", "vmcs12", NULL };
static const char *const role_names[] = { "restore", "nested-loop", "idle-loop-out",
					  "idle-loop-cpuid", NULL };
static const char *const loop_names[] = { "out", "cpuid", NULL };
static const char *const damage_names[] = { "nothing", "evmcs-revision", "evmcs-gpa", "enlighten",
					    NULL };
static const char *const leave_names[] = { "nothing", "smm", "feat-ctl", NULL };
static const char *const move_names[] = { "same-gpa", NULL };
static const char *const stop_names[] = { "end", "set", "run", NULL };
static const char *const value_names[] = { "number",   "free-page", "@evmcs",
					   "bad-pdpt", "msr-list",  NULL };

/* What KVM_SET_NESTED_STATE may fail with. */
static const struct {
	const char *name;
	int number;
} error_names[] = {
	{ "EINVAL", EINVAL }, { "EFAULT", EFAULT }, { "ENOMEM", ENOMEM }, { "EIO", EIO },
	{ "EBUSY", EBUSY },   { "ENXIO", ENXIO },   { "EPERM", EPERM },	  { "EINTR", EINTR },
};

const char *options_mode_name(const struct options *options)
{
	return mode_names[options->mode];
}

const char *options_order_name(const struct options *options)
{
	return order_names[options->order];
}

const char *options_forced_name(const struct options *options)
{
	return forced_names[options->forced];
}

const char *options_role_name(const struct options *options)
{
	return role_names[options->role];
}

const char *options_stop_name(const struct options *options)
{
	return stop_names[options->stop];
}

bool options_force_exit(const struct options *options)
{
	return options->forced || options->mode == MODE_EXIT;
}

bool options_continues(const struct options *options)
{
	return !options->no_run && options->stop == STOP_AT_END;
}

/* Both return -1 after a message when the value is none. */
static int choose(const char *const *names, const char *value, const char *option)
{
	int i;

	for (i = 0; names[i]; i++)
		if (!strcmp(names[i], value))
			return i;
	return vmm_error(-1, "--%s does not know \"%s\": see --help", option, value);
}

static int number(const char *value, uint64_t max, uint64_t *result, const char *option)
{
	char *end;

	errno = 0;
	*result = value ? strtoull(value, &end, 0) : 0;
	if (!value || errno || end == value || *end || *value == '-' || !*result || *result > max)
		return vmm_error(-1, "--%s wants a number from 1 to %llu", option,
				 (unsigned long long)max);
	return 0;
}

static int parse_unsigned(unsigned int *target, unsigned int max, const char *option)
{
	uint64_t n;

	if (number(optarg, max, &n, option))
		return -1;
	*target = n;
	return 0;
}

/* A GPA; also 0 and -1, which are values of the field with a meaning of their own. */
static int parse_evmcs_pa(struct options *options)
{
	char *end;

	options->evmcs_pa_auto = !strcmp(optarg, "auto");
	if (options->evmcs_pa_auto)
		return 0;
	errno = 0;
	options->evmcs_pa = strtoull(optarg, &end, 0);
	if (errno || end == optarg || *end)
		return vmm_error(-1, "--evmcs-pa wants auto, 0, -1 or a guest physical address");
	return 0;
}

static int parse_loop(struct options *options, int argc, char **argv)
{
	int loop = choose(loop_names, optarg, "idle-loop");

	if (loop < 0)
		return -1;
	options->role = loop ? ROLE_IDLE_CPUID : ROLE_IDLE_OUT;
	return number(optind < argc ? argv[optind++] : NULL, UINT32_MAX, &options->loops,
		      "idle-loop out|cpuid");
}

static int set_choice(int choice, uint32_t *target)
{
	if (choice < 0)
		return -1;
	*target = choice;
	return 0;
}

/* "set", "run" or "runs=N". */
static int parse_stop(struct options *options)
{
	if (!strncmp(optarg, "runs=", 5)) {
		uint64_t n;

		if (number(optarg + 5, MAX_STOP_RUNS, &n, "stop-after runs="))
			return -1;
		options->stop = STOP_AFTER_RUNS;
		options->stop_runs = n;
		return 0;
	}
	if (set_choice(choose(stop_names, optarg, "stop-after"), &options->stop))
		return -1;
	options->stop_runs = options->stop == STOP_AFTER_RUNS;
	options->no_run |= options->stop == STOP_AFTER_SET;
	return 0;
}

static int parse_set_error(struct options *options)
{
	size_t i;

	for (i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++) {
		if (strcmp(error_names[i].name, optarg))
			continue;
		options->set_error = error_names[i].number;
		return 0;
	}
	return vmm_error(-1, "--expect-set-error wants the name of an error, such as EINVAL");
}

static int parse_postcopy(struct options *options)
{
	if (optarg)
		return parse_unsigned(&options->postcopy, 10000, "postcopy");
	options->postcopy = 20;
	return 0;
}

static bool fits(uint64_t value, unsigned int size)
{
	uint64_t rest = size < 8 ? value >> (8 * size) : 0;

	return rest == 0 || rest == ~0ull >> (8 * size);
}

/* A name for an address, or a number; -1 and its like are numbers too. */
static int parse_vmcs12_value(struct vmcs12_edit *edit, const char *text)
{
	char *end;
	int i;

	for (i = VMCS12_FREE_PAGE; value_names[i]; i++) {
		if (strcmp(value_names[i], text))
			continue;
		edit->kind = i;
		return edit->field->size == 8 ? 0 : -1;
	}
	errno = 0;
	edit->number = strtoull(text, &end, 0);
	return errno || end == text || *end || !fits(edit->number, edit->field->size) ? -1 : 0;
}

static int parse_vmcs12(struct options *options)
{
	struct vmcs12_edit *edit = &options->edits[options->nr_edits];
	char *value = strchr(optarg, '=');

	if (options->nr_edits == MAX_VMCS12_EDITS)
		return vmm_error(-1, "more than %d of --vmcs12", MAX_VMCS12_EDITS);
	if (!value)
		return vmm_error(-1, "--vmcs12 wants FIELD=VALUE, such as revision_id=0");
	*value++ = '\0';
	edit->field = vmcs12_find(optarg);
	if (!edit->field)
		return vmm_error(-1,
				 "--vmcs12 does not know the field \"%s\": the names are those of "
				 "KVM's struct vmcs12, and a new one is a line in vmcs12.c",
				 optarg);
	if (parse_vmcs12_value(edit, value))
		return vmm_error(-1, "--vmcs12 %s is a field of %u bytes: \"%s\" is none", optarg,
				 edit->field->size, value);
	options->nr_edits++;
	return 0;
}

/* Options without a value. */
static const struct {
	int opt;
	size_t offset; /* of a bool in struct options */
} flags[] = {
	{ OPT_MEMSLOTS_AFTER, offsetof(struct options, memslots_after) },
	{ OPT_GET_AFTER_SET, offsetof(struct options, get_after_set) },
	{ OPT_SET_TWICE, offsetof(struct options, set_twice) },
	{ OPT_IMMEDIATE_EXIT, offsetof(struct options, immediate_exit) },
	{ OPT_NO_RUN, offsetof(struct options, no_run) },
	{ OPT_PAUSE, offsetof(struct options, pause) },
	{ OPT_MEMORY_AFTER, offsetof(struct options, memory_after) },
	{ OPT_SKIP_VP_ASSIST, offsetof(struct options, skip_vp_assist) },
	{ OPT_NO_HYPERV_CPUID, offsetof(struct options, no_hyperv_cpuid) },
	{ OPT_AS_NATIVE, offsetof(struct options, as_native) },
	{ OPT_PAE_L2, offsetof(struct options, pae_l2) },
	{ OPT_CLOSE_IN_CHILD, offsetof(struct options, close_in_child) },
	{ OPT_EXIT_WITHOUT_CLOSE, offsetof(struct options, exit_without_close) },
	{ OPT_JSON, offsetof(struct options, json) },
};

static int parse_flag(struct options *options, int opt)
{
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].opt != opt)
			continue;
		*(bool *)((char *)options + flags[i].offset) = true;
		return 0;
	}
	if (opt != 'v')
		return -1; /* getopt_long() has said what is wrong */
	vmm_verbose = true;
	return 0;
}

/* What is done to the state, the memory or the VM that is restored. */
static int parse_provocation(struct options *options, int opt)
{
	switch (opt) {
	case OPT_POSTCOPY:
		return parse_postcopy(options);
	case OPT_VMCS12:
		return parse_vmcs12(options);
	case OPT_DAMAGE:
		return set_choice(choose(damage_names, optarg, "damage"), &options->damage);
	case OPT_LEAVE_BY:
		return set_choice(choose(leave_names, optarg, "leave-by"), &options->leave_by);
	case OPT_MOVE_MEMSLOT:
		options->move_memslot = true;
		return choose(move_names, optarg ? optarg : "same-gpa", "move-memslot");
	case OPT_EXPECT_SET_ERROR:
		return parse_set_error(options);
	case OPT_REFUSED_SETS:
		return parse_unsigned(&options->refused_sets, 1000000000, "refused-sets");
	case OPT_STOP_AFTER:
		return parse_stop(options);
	}
	return parse_flag(options, opt);
}

static int parse_option(struct options *options, int opt, int argc, char **argv)
{
	uint32_t choice;
	int ret;

	switch (opt) {
	case OPT_FORMAT:
		ret = set_choice(choose(format_names, optarg, "format"), &choice);
		options->evmcs = ret == 0 && choice;
		return ret;
	case OPT_MODE:
		return set_choice(choose(mode_names, optarg, "mode"), &options->mode);
	case OPT_ORDER:
		return set_choice(choose(order_names, optarg, "order"), &options->order);
	case OPT_FORCED:
		return set_choice(choose(forced_names, optarg ? optarg : "run", "forced-exit"),
				  &options->forced);
	case OPT_MARK_CLEAN:
		return set_choice(choose(mark_clean_names, optarg ? optarg : "after", "mark-clean"),
				  &options->mark_clean);
	case OPT_CORRUPT:
		return set_choice(choose(corrupt_names, optarg, "corrupt"), &options->corrupt);
	case OPT_EVMCS_PA:
		return parse_evmcs_pa(options);
	case OPT_IDLE_LOOP:
		return parse_loop(options, argc, argv);
	case OPT_NESTED_LOOP:
		options->role = ROLE_NESTED_LOOP;
		return number(optarg, UINT32_MAX, &options->loops, "nested-loop");
	case OPT_ROUNDS:
		return parse_unsigned(&options->rounds, 100000, "rounds");
	case OPT_VCPUS:
		return parse_unsigned(&options->vcpus, VM_MAX_VCPUS, "vcpus");
	case OPT_VMS:
		return parse_unsigned(&options->vms, 256, "vms");
	case OPT_TICKS:
		return parse_unsigned(&options->ticks, 1000000, "ticks");
	case OPT_SPIN:
		return parse_unsigned(&options->spin, 1000000000, "spin");
	case OPT_REPEAT_MSR:
		return parse_unsigned(&options->repeat_msr, 1000000000, "repeat-msr");
	case OPT_TIMEOUT:
		return parse_unsigned(&options->timeout, 86400, "timeout");
	}
	return parse_provocation(options, opt);
}

/* What each option of its own needs: the first true row is the complaint. */
static int check_provocation(const struct options *o)
{
	const struct {
		bool wrong;
		const char *sentence;
	} rows[] = {
		{ !o->evmcs && (o->skip_vp_assist || o->no_hyperv_cpuid || o->as_native ||
				o->damage || o->move_memslot),
		  "--skip-vp-assist, --no-hyperv-cpuid, --as-native, --damage and --move-memslot "
		  "are about an enlightened VMCS: they need --format evmcs" },
		{ o->no_run && o->stop == STOP_AFTER_RUNS,
		  "--no-run excludes --stop-after run: there is no run" },
		{ o->set_error && options_continues(o),
		  "--expect-set-error needs --no-run or --stop-after: a guest whose state was "
		  "refused cannot go on" },
		{ o->set_error && o->get_after_set,
		  "--expect-set-error excludes --get-after-set: there is no state to get" },
		{ o->as_native && options_continues(o),
		  "--as-native needs --no-run or --stop-after: L1 cannot go on with another VMCS" },
		{ o->as_native && o->get_after_set,
		  "--as-native excludes --get-after-set: KVM answers with the other format" },
		{ o->leave_by && options_continues(o),
		  "--leave-by needs --no-run or --stop-after: what is left cannot go on" },
		{ o->pae_l2 && (o->mode != MODE_L2 || o->order != ORDER_MSRS_FIRST),
		  "--pae-l2 needs --mode l2 and --order msrs-first: KVM refuses EFER of L1 once L2 "
		  "is a 32-bit guest" },
		{ o->memory_after && (o->memslots_after || o->postcopy),
		  "--memory-after excludes --memslots-after and --postcopy: the contents come "
		  "once" },
		{ o->move_memslot && o->postcopy,
		  "--move-memslot excludes --postcopy: memory moves once it is there" },
		{ (o->close_in_child || o->exit_without_close) && options_continues(o),
		  "--close-in-child and --exit-without-close need --no-run or --stop-after" },
		{ o->close_in_child && o->exit_without_close,
		  "--close-in-child excludes --exit-without-close" },
		{ (o->close_in_child || o->exit_without_close) && o->postcopy,
		  "--postcopy excludes --close-in-child and --exit-without-close: nobody would "
		  "supply the pages" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].wrong)
			return vmm_error(-1, "%s", rows[i].sentence);
	return 0;
}

static int check_combination(const struct options *options)
{
	if (options->memslots_after && options->order == ORDER_MSRS_FIRST)
		return vmm_error(-1, "--memslots-after needs --order qemu: "
				     "the VP assist page MSR wants its memory");
	if (options->forced && options->mode != MODE_L2)
		return vmm_error(-1, "--forced-exit needs --mode l2: only an active L2 can exit");
	if (options->forced && options->no_run && options->forced != FORCED_MP_STATE)
		return vmm_error(-1, "--forced-exit=%s happens in KVM_RUN: it excludes --no-run",
				 options_forced_name(options));
	if (options->corrupt == CORRUPT_REG && options->mode != MODE_L2)
		return vmm_error(-1, "--corrupt reg needs --mode l2: "
				     "L1 has no register that it must get back");
	if (options->mark_clean && !options->evmcs)
		return vmm_error(-1, "--mark-clean needs --format evmcs: "
				     "an ordinary VMCS has no clean fields");
	if (options->immediate_exit && options->no_run)
		return vmm_error(-1, "--immediate-exit excludes --no-run");
	return check_provocation(options);
}

int options_parse(struct options *options, int argc, char **argv)
{
	int opt;

	*options = (struct options){
		.evmcs = true,
		.evmcs_pa_auto = true,
		.rounds = 3,
		.vcpus = 1,
		.vms = 1,
		.ticks = 3,
		.spin = 500,
		.timeout = 120,
	};
	while ((opt = getopt_long(argc, argv, "hv", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return STATUS_OK;
		}
		if (parse_option(options, opt, argc, argv))
			return STATUS_USAGE;
	}
	if (optind < argc) {
		vmm_error(-1, "\"%s\" is no option: see --help", argv[optind]);
		return STATUS_USAGE;
	}
	return check_combination(options) ? STATUS_USAGE : -1;
}
