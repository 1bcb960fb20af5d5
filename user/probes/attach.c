/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "evmcs_trace.skel.h"
#include "evmcs_trace/status.h"
#include "probes/attach.h"
#include "probes/kernel.h"
#include "util/errstr.h"
#include "util/say.h"

/* entry and exit of every row */
#define MAX_LINKS (2 * PT_COUNT)
#define MAX_CPUS 4096

struct module_btf {
	const char *module;
	int fd; /* 0: the kernel's own BTF has the module's functions */
};

struct observer {
	struct evmcs_trace_bpf *skel;
	struct plan *plan;
	struct bpf_link *links[MAX_LINKS];
	int nr_links;
	struct module_btf btf[2];
	struct point_count base[PT_COUNT]; /* at observer_let_go() */
	uint64_t base_tracking_lost;
};

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	/* its text names internals and wrong remedies: only for -v */
	if (say_is_verbose() && level != LIBBPF_DEBUG)
		return vfprintf(stderr, fmt, ap);
	return 0;
}

static struct bpf_program *find_program(const struct observer *o, const struct plan_row *row,
					const char *kind)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", row->program, kind);
	return bpf_object__find_program_by_name(o->skel->obj, name);
}

static bool is_fentry(const struct plan_choice *choice)
{
	return !strcmp(choice->fact.flavour, "fentry");
}

/* Whose programs are being loaded; libbpf's callback has no other way to know. */
static const struct observer *loading;

static const struct plan_choice *choice_of(const struct plan *plan, const char *program)
{
	const char *kind = strrchr(program, '_'); /* "_fentry", "_fexit" */
	size_t len = kind ? (size_t)(kind - program) : strlen(program);
	int i;

	for (i = 0; i < plan->nr; i++)
		if (strlen(plan->choices[i].row->program) == len &&
		    !strncmp(plan->choices[i].row->program, program, len))
			return &plan->choices[i];
	return NULL;
}

/*
 * libbpf would look for each program's function in all of the kernel's BTF, and
 * then in every module's: the plan knows where it is.
 */
static int give_target(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct plan_choice *choice = choice_of(loading->plan, bpf_program__name(prog));
	size_t i;

	(void)cookie;
	if (!choice)
		return -ENOENT;
	opts->attach_btf_id = choice->btf_id;
	for (i = 0; i < sizeof(loading->btf) / sizeof(loading->btf[0]); i++)
		if (!strcmp(loading->btf[i].module, choice->fact.module))
			opts->attach_btf_obj_fd = (__u32)loading->btf[i].fd;
	return 0;
}

/* The sections of the fentry and fexit programs, which are given their targets. */
static int register_sections(void)
{
	DECLARE_LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = give_target);
	static bool done;
	int fentry, fexit;

	if (done)
		return 0;
	fentry = libbpf_register_prog_handler("evmcs_fentry", BPF_PROG_TYPE_TRACING,
					      BPF_TRACE_FENTRY, &opts);
	fexit = libbpf_register_prog_handler("evmcs_fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT,
					     &opts);
	done = fentry >= 0 && fexit >= 0;
	return done ? 0 : -EINVAL;
}

static int open_btf(struct observer *o)
{
	size_t i;

	o->btf[0].module = "kvm";
	o->btf[1].module = "kvm_intel";
	for (i = 0; i < sizeof(o->btf) / sizeof(o->btf[0]); i++) {
		o->btf[i].fd = kernel_btf_fd(o->btf[i].module);
		if (o->btf[i].fd < 0)
			return o->btf[i].fd;
	}
	return 0;
}

static void close_btf(struct observer *o)
{
	size_t i;

	for (i = 0; i < sizeof(o->btf) / sizeof(o->btf[0]); i++)
		if (o->btf[i].fd > 0)
			close(o->btf[i].fd);
}

static int select_programs(struct observer *o, const struct plan_choice *choice)
{
	static const char *const kinds[2][2] = { { "kprobe", "kretprobe" }, { "fentry", "fexit" } };
	int i;

	if (!choice->fact.flavour[0])
		return 0;
	for (i = 0; i < 2; i++) {
		struct bpf_program *prog =
			find_program(o, choice->row, kinds[is_fentry(choice)][i]);

		if (!prog)
			return -ENOENT;
		bpf_program__set_autoload(prog, true);
	}
	return 0;
}

static struct bpf_link *attach_one(struct bpf_program *prog, const struct plan_choice *choice,
				   bool at_exit)
{
	DECLARE_LIBBPF_OPTS(bpf_kprobe_opts, opts);

	if (is_fentry(choice))
		return bpf_program__attach_trace(prog);
	opts.retprobe = at_exit;
	/* by address: neither duplicate names nor suffixes matter */
	opts.offset = choice->address;
	return bpf_program__attach_kprobe_opts(prog, NULL, &opts);
}

static int attach_row(struct observer *o, struct plan_choice *choice)
{
	const char *kinds[2];
	int i;

	if (!choice->fact.flavour[0])
		return 0;
	kinds[0] = is_fentry(choice) ? "fentry" : "kprobe";
	kinds[1] = is_fentry(choice) ? "fexit" : "kretprobe";
	for (i = 0; i < 2; i++) {
		struct bpf_program *prog = find_program(o, choice->row, kinds[i]);
		struct bpf_link *link = prog ? attach_one(prog, choice, i == 1) : NULL;

		if (!link) {
			snprintf(choice->fact.reason, sizeof(choice->fact.reason),
				 "the kernel refused %s on it (%s)", kinds[i], errstr(errno));
			if (i) /* half of a row would report entries without exits */
				bpf_link__destroy(o->links[--o->nr_links]);
			return -errno;
		}
		o->links[o->nr_links++] = link;
	}
	choice->fact.attached = true;
	return 0;
}

static struct evmcs_trace_bpf *open_programs(const struct observer_options *options)
{
	struct evmcs_trace_bpf *skel = register_sections() ? NULL : evmcs_trace_bpf__open();

	if (!skel)
		return NULL;
	skel->rodata->target_tgid = options->pid;
	skel->rodata->target_vcpu = options->vcpu;
	skel->rodata->evmcs_pa_offset = kernel_evmcs_pa_offset();
	if (options->ring_bytes)
		bpf_map__set_max_entries(skel->maps.ring, options->ring_bytes);
	return skel;
}

static int tell_load_failure(int err)
{
	if (err == -EPERM || err == -EACCES)
		say_error(
			"the kernel does not let this process load BPF programs (%s): run as root "
			"outside of containers, and see that neither lockdown nor a seccomp filter "
			"forbids bpf(2)",
			errstr(-err));
	else
		say_error("the kernel did not accept the BPF programs (%s): run with -v for its "
			  "reasons and report them",
			  errstr(-err));
	return STATUS_NOT_ARMED;
}

static int load_programs(struct observer *o)
{
	int i, err;

	for (i = 0; i < o->plan->nr; i++) {
		err = select_programs(o, &o->plan->choices[i]);
		if (err)
			return tell_load_failure(err);
	}
	loading = o;
	err = open_btf(o);
	if (!err)
		err = evmcs_trace_bpf__load(o->skel);
	close_btf(o);
	loading = NULL;
	if (err)
		return tell_load_failure(err);
	return 0;
}

static void attach_programs(struct observer *o)
{
	int i;

	for (i = 0; i < o->plan->nr; i++)
		attach_row(o, &o->plan->choices[i]);
	plan_mark_needed(o->plan);
}

static bool set_state_attached(const struct plan *plan)
{
	return plan->choices[0].fact.attached;
}

struct observer *observer_arm(const struct observer_options *options, struct plan *plan,
			      int *status)
{
	struct observer *o = calloc(1, sizeof(*o));

	*status = STATUS_NOT_ARMED;
	if (!o)
		return NULL;
	libbpf_set_print(print_libbpf);
	o->plan = plan;
	/* since 5.17, f92c1e183604 (bpf: Add get_func_[arg|ret|arg_cnt] helpers) */
	if (!kernel_has_bpf_helper("BPF_FUNC_get_func_ret"))
		plan_use_kprobes(plan, "this kernel's fexit programs cannot read a result");
	o->skel = open_programs(options);
	if (!o->skel) {
		say_error("cannot open the BPF object (%s): this build is broken", errstr(errno));
		goto cleanup;
	}
	*status = load_programs(o);
	if (*status)
		goto cleanup;
	attach_programs(o);
	if (!set_state_attached(plan)) {
		*status = STATUS_NOT_ARMED;
		say_error("cannot attach to vmx_set_nested_state: %s",
			  plan->choices[0].fact.reason);
		goto cleanup;
	}
	return o;

cleanup:
	observer_free(o);
	return NULL;
}

void observer_detach(struct observer *o)
{
	while (o->nr_links)
		bpf_link__destroy(o->links[--o->nr_links]);
}

void observer_free(struct observer *o)
{
	if (!o)
		return;
	observer_detach(o);
	evmcs_trace_bpf__destroy(o->skel);
	free(o);
}

int observer_ring_fd(const struct observer *o)
{
	return bpf_map__fd(o->skel->maps.ring);
}

int observer_poll_windows(struct observer *o)
{
	int windows = bpf_map__fd(o->skel->maps.windows);
	int prog = bpf_program__fd(o->skel->progs.poll_window);
	uint64_t *key = NULL, next, vcpu;
	int open = 0, more;

	if (!o->skel->bss->windows_open)
		return 0;
	more = !bpf_map_get_next_key(windows, key, &next);
	while (more) {
		DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &vcpu,
				    .ctx_size_in = sizeof(vcpu));

		vcpu = next;
		/* before this one goes: its successor is found by it */
		more = !bpf_map_get_next_key(windows, &vcpu, &next);
		if (!bpf_prog_test_run_opts(prog, &opts) && opts.retval == 1)
			open++;
	}
	return open;
}

uint64_t observer_lost(const struct observer *o)
{
	return o->skel->bss->lost_total;
}

uint64_t observer_tracking_lost(const struct observer *o)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < TRACK_LOSS_COUNT; i++)
		sum += o->skel->bss->track_lost[i];
	return sum - o->base_tracking_lost;
}

static uint64_t program_misses(const struct observer *o, const struct plan_choice *choice)
{
	static const char *const kinds[] = { "fentry", "fexit", "kprobe", "kretprobe" };
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct bpf_program *prog = find_program(o, choice->row, kinds[i]);
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = prog ? bpf_program__fd(prog) : -1;

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
			sum += info.recursion_misses;
	}
	return sum;
}

static void all_counts(const struct observer *o, struct point_count counts[PT_COUNT])
{
	int fd = bpf_map__fd(o->skel->maps.counters);
	int nr_cpus = libbpf_num_possible_cpus(), cpu, i;
	struct record_counters *values;
	__u32 point;

	memset(counts, 0, PT_COUNT * sizeof(*counts));
	if (nr_cpus <= 0 || nr_cpus > MAX_CPUS)
		return;
	values = calloc(nr_cpus, sizeof(*values));
	if (!values)
		return;
	for (point = 0; point < PT_COUNT; point++) {
		if (bpf_map_lookup_elem(fd, &point, values))
			continue;
		for (cpu = 0; cpu < nr_cpus; cpu++) {
			counts[point].hits += values[cpu].hits;
			counts[point].written += values[cpu].written;
			counts[point].lost += values[cpu].lost;
		}
	}
	for (i = 0; i < o->plan->nr; i++)
		counts[o->plan->choices[i].row->point].missed +=
			program_misses(o, &o->plan->choices[i]);
	free(values);
}

void observer_counts(const struct observer *o, struct point_count counts[PT_COUNT])
{
	int i;

	all_counts(o, counts);
	for (i = 0; i < PT_COUNT; i++) {
		counts[i].hits -= o->base[i].hits;
		counts[i].written -= o->base[i].written;
		counts[i].lost -= o->base[i].lost;
		counts[i].missed -= o->base[i].missed;
	}
}

void observer_let_go(struct observer *o)
{
	all_counts(o, o->base);
	o->base_tracking_lost += observer_tracking_lost(o);
	o->skel->bss->armed = 1;
}

void observer_hold(struct observer *o)
{
	o->skel->bss->armed = 0;
}
