// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The command line of evmcs-restore. */
#include <errno.h>
#include <getopt.h>
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
	"  --mode l2|l1              who is active when the state is saved (l2)\n"
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
	OPT_CORRUPT,
	OPT_TIMEOUT,
	OPT_JSON,
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
	{ "corrupt", required_argument, NULL, OPT_CORRUPT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* The order of these is that of the enums. */
static const char *const mode_names[] = { "l2", "l1", NULL };
static const char *const order_names[] = { "qemu", "msrs-first", NULL };
static const char *const format_names[] = { "native", "evmcs", NULL };
static const char *const forced_names[] = { "none", "run", "run-irq", "mp-state", NULL };
static const char *const mark_clean_names[] = { "never", "after", "before", NULL };
static const char *const corrupt_names[] = { "nothing", "counter", "reg", "vmcs12", NULL };
static const char *const role_names[] = { "restore", "nested-loop", "idle-loop-out",
					  "idle-loop-cpuid", NULL };
static const char *const loop_names[] = { "out", "cpuid", NULL };

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

static int parse_flag(struct options *options, int opt)
{
	switch (opt) {
	case OPT_MEMSLOTS_AFTER:
		options->memslots_after = true;
		return 0;
	case OPT_GET_AFTER_SET:
		options->get_after_set = true;
		return 0;
	case OPT_SET_TWICE:
		options->set_twice = true;
		return 0;
	case OPT_IMMEDIATE_EXIT:
		options->immediate_exit = true;
		return 0;
	case OPT_NO_RUN:
		options->no_run = true;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	case 'v':
		vmm_verbose = true;
		return 0;
	}
	return -1; /* getopt_long() has said what is wrong */
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
	case OPT_TIMEOUT:
		return parse_unsigned(&options->timeout, 86400, "timeout");
	}
	return parse_flag(options, opt);
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
	return 0;
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
