/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "evmcs_trace.skel.h"
#include "evmcs_trace/status.h"
#include "probes/attach.h"
#include "probes/kernel.h"
#include "probes/privileges.h"
#include "probes/return_probes.h"
#include "probes/tracefs.h"
#include "probes/whole_btf.h"
#include "util/errstr.h"
#include "util/say.h"

/* entry and exit of every copy of a row's function */
#define MAX_LINKS (2 * CODE_MAX_SITES)
/* Each round gives up at least one fentry; the kernel refuses all or a few. */
#define MAX_ROUNDS 4
#define MAX_CPUS 4096

struct module_btf {
	const char *module;
	int fd; /* 0: the kernel's own BTF has the module's functions */
};

struct observer {
	struct evmcs_trace_bpf *skel;
	struct plan *plan;
	const struct code *code;
	struct row_links {
		struct bpf_link *links[MAX_LINKS];
		int nr;
		int nr_returns; /* events of o->returns: of the first so many sites */
	} rows[PT_COUNT];
	struct module_btf btf[2];
	struct return_probes *returns; /* NULL: none are possible, or no kprobes wanted */
	int types_fd; /* 0: libbpf finds the types itself */
	int wake_fd; /* epoll of the ring; 0: none */
	bool polls_all; /* by one program, in one call */
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
	bool wanted = plan_uses(o->plan, "fentry");
	size_t i;

	o->btf[0].module = CODE_KVM;
	o->btf[1].module = CODE_KVM_INTEL;
	for (i = 0; i < sizeof(o->btf) / sizeof(o->btf[0]); i++) {
		o->btf[i].fd = wanted ? code_open_btf(o->code, o->btf[i].module) : 0;
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

static const char *kind_of(const struct plan_choice *choice, bool at_exit)
{
	if (plan_is_fentry(choice))
		return at_exit ? "fexit" : "fentry";
	return at_exit ? "kretprobe" : "kprobe";
}

/* A place in a function has no exit. */
static int phases_of(const struct plan_choice *choice)
{
	return choice->row->how == AS_INLINED ? 1 : 2;
}

static int select_programs(struct observer *o, const struct plan_choice *choice)
{
	int i;

	if (!choice->fact.flavour[0])
		return 0;
	for (i = 0; i < phases_of(choice); i++) {
		struct bpf_program *prog = find_program(o, choice->row, kind_of(choice, i));

		if (!prog)
			return -ENOENT;
		bpf_program__set_autoload(prog, true);
	}
	return 0;
}

/* The event of a row's return probe at one of its sites. */
static const char *return_name(char *name, size_t len, const struct plan_row *row, int site)
{
	snprintf(name, len, "%s_%d", row->program, site);
	return name;
}

/* NULL where it cannot be: then there is the kernel's own, of fewer calls at once. */
static struct bpf_link *attach_return(struct observer *o, const struct plan_choice *choice,
				      int site, const struct bpf_program *prog)
{
	struct row_links *row = &o->rows[choice->row->point];
	struct bpf_link *link;
	char name[64];
	int fd;

	if (!o->returns)
		return NULL;
	return_name(name, sizeof(name), choice->row, site);
	fd = return_probes_make(o->returns, name, choice->sites.site[site].address);
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(prog, fd);
	if (link) {
		row->nr_returns = site + 1;
		return link;
	}
	close(fd);
	return_probes_remove(o->returns, name);
	return NULL;
}

static struct bpf_link *attach_kprobe(struct observer *o, const struct plan_choice *choice,
				      int site, bool at_exit, const struct bpf_program *prog)
{
	DECLARE_LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = at_exit,
			    /* by address: neither duplicate names nor suffixes matter */
			    .offset = choice->sites.site[site].address);
	struct bpf_link *link = at_exit ? attach_return(o, choice, site, prog) : NULL;

	return link ? link : bpf_program__attach_kprobe_opts(prog, NULL, &opts);
}

static int attach_one(struct observer *o, const struct plan_choice *choice, int site, bool at_exit)
{
	struct row_links *row = &o->rows[choice->row->point];
	struct bpf_program *prog = find_program(o, choice->row, kind_of(choice, at_exit));
	struct bpf_link *link;

	link = plan_is_fentry(choice) ? bpf_program__attach_trace(prog)
				      : attach_kprobe(o, choice, site, at_exit, prog);
	if (!link)
		return -errno;
	row->links[row->nr++] = link;
	return 0;
}

static void detach_row(struct observer *o, const struct plan_row *plan_row)
{
	struct row_links *row = &o->rows[plan_row->point];
	char name[64];

	while (row->nr)
		bpf_link__destroy(row->links[--row->nr]);
	while (row->nr_returns)
		return_probes_remove(o->returns,
				     return_name(name, sizeof(name), plan_row, --row->nr_returns));
}

static void refuse(struct plan_choice *choice, const char *kind, int err)
{
	snprintf(choice->fact.reason, sizeof(choice->fact.reason),
		 "the kernel refused %s on it (%s)", kind, errstr(-err));
}

/* All of a row or nothing: half of it would report entries without exits. */
static int attach_row(struct observer *o, struct plan_choice *choice)
{
	int nr_sites = plan_is_fentry(choice) ? 1 : choice->sites.nr, phases = phases_of(choice);
	int i, err = 0;

	if (!choice->fact.flavour[0])
		return 0;
	for (i = 0; i < phases * nr_sites && !err; i++)
		err = attach_one(o, choice, i / phases, i % phases);
	if (err) {
		refuse(choice, kind_of(choice, (i - 1) % phases), err);
		detach_row(o, choice->row);
		return err;
	}
	choice->fact.attached = true;
	return 0;
}

static uint64_t points_without_arguments(const struct plan *plan)
{
	uint64_t points = 0;
	int i;

	for (i = 0; i < plan->nr; i++)
		if (!plan_is_fentry(&plan->choices[i]) &&
		    !plan_believes_arguments(&plan->choices[i]))
			points |= 1ULL << plan->choices[i].row->point;
	return points;
}

/*
 * libbpf asks the kernel for modules' BTF by number, which takes CAP_SYS_ADMIN.
 * Fentry programs cannot do without, others only need the types.
 */
static struct evmcs_trace_bpf *open_skeleton(struct observer *o,
					     const struct observer_options *options)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = options->btf_file);
	char path[40];
	int fd;

	if (!options->btf_file && !plan_uses(o->plan, "fentry")) {
		fd = whole_btf_open(CODE_KVM_INTEL);
		o->types_fd = fd > 0 ? fd : 0;
	}
	/* read when the programs are loaded */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->types_fd);
	if (o->types_fd)
		opts.btf_custom_path = path;
	return evmcs_trace_bpf__open_opts(&opts);
}

static void select_poll(struct observer *o, struct evmcs_trace_bpf *skel)
{
	o->polls_all = code_has_enumerator(o->code, "bpf_func_id", "BPF_FUNC_for_each_map_elem");
	bpf_program__set_autoload(o->polls_all ? skel->progs.poll_windows : skel->progs.poll_window,
				  true);
}

static struct evmcs_trace_bpf *open_programs(struct observer *o,
					     const struct observer_options *options)
{
	struct evmcs_trace_bpf *skel = register_sections() ? NULL : open_skeleton(o, options);

	if (!skel)
		return NULL;
	select_poll(o, skel);
	skel->rodata->target_tgid = options->pid;
	skel->rodata->target_vcpu = options->vcpu;
	skel->rodata->evmcs_pa_offset = code_evmcs_pa_offset(o->code);
	skel->rodata->no_arguments = points_without_arguments(o->plan);
	if (options->ring_bytes)
		bpf_map__set_max_entries(skel->maps.ring, options->ring_bytes);
	skel->rodata->wake_at = bpf_map__max_entries(skel->maps.ring) / 4;
	return skel;
}

static int tell_load_failure(int err)
{
	/* EACCES is the verifier's, of a program */
	if (err == -EPERM)
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
			return err;
	}
	loading = o;
	err = open_btf(o);
	if (!err)
		err = evmcs_trace_bpf__load(o->skel);
	close_btf(o);
	loading = NULL;
	return err;
}

/* ---- what the kernel refuses ---- */

/* Loads a program that does nothing, on the function of a row. */
static int try_fentry(const struct plan_choice *choice, int btf_fd)
{
	struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
			    .attach_btf_id = choice->btf_id, .attach_btf_obj_fd = (__u32)btf_fd);
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", nothing, 2, &opts);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/*
 * After a load that failed: which functions is it that the kernel does not allow
 * fentry on? Those get kprobes. Returns how many.
 */
static int give_up_fentry(struct plan *plan, const struct code *code)
{
	char why[96];
	int i, n = 0, err, fd;

	for (i = 0; i < plan->nr; i++) {
		struct plan_choice *choice = &plan->choices[i];

		if (!plan_is_fentry(choice))
			continue;
		fd = code_open_btf(code, choice->fact.module);
		err = fd < 0 ? fd : try_fentry(choice, fd);
		if (fd > 0)
			close(fd);
		if (!err)
			continue;
		snprintf(why, sizeof(why), "the kernel refused fentry on it (%s)", errstr(-err));
		plan_use_kprobe(choice, why);
		n++;
	}
	return n;
}

/* Rows whose fentry was loaded and could not be attached. Returns how many. */
static int replace_refused(struct plan *plan)
{
	char why[sizeof(plan->choices[0].fact.reason)];
	int i, n = 0;

	for (i = 0; i < plan->nr; i++) {
		struct plan_choice *choice = &plan->choices[i];

		if (!plan_is_fentry(choice) || choice->fact.attached)
			continue;
		memcpy(why, choice->fact.reason, sizeof(why));
		n += plan_use_kprobe(choice, why);
	}
	return n;
}

static void attach_programs(struct observer *o)
{
	int i;

	if (plan_uses(o->plan, "kprobe"))
		o->returns = return_probes_open();
	for (i = 0; i < o->plan->nr; i++) {
		o->plan->choices[i].fact.attached = false;
		attach_row(o, &o->plan->choices[i]);
	}
}

/* ---- what has really been attached ---- */

static bool names_function(const char *line, const struct probe_fact *fact)
{
	char name[160];

	snprintf(name, sizeof(name), "%s [%s] ", fact->function, fact->module);
	return !strncmp(line, name, strlen(name)) && strstr(line + strlen(name) - 1, " D");
}

static void mark_enabled(const struct plan *plan, const char *line, bool enabled[PT_COUNT])
{
	int i;

	for (i = 0; i < plan->nr; i++)
		if (names_function(line, &plan->choices[i].fact))
			enabled[i] = true;
}

/*
 * The kernel finds the function of a fentry program by its name: before 6.3
 * (31bf1dbccfb0, bpf: Fix attaching fentry/fexit/fmod_ret/lsm to modules) the
 * first of that name in all of the kernel, be it in another module. ftrace tells
 * what it was. Returns how many were not what they should have been.
 */
static int replace_misplaced(struct plan *plan, const struct code *code)
{
	bool enabled[PT_COUNT] = {};
	char path[TRACEFS_PATH_LEN], line[512];
	FILE *f = NULL;
	int i, n = 0;

	if (tracefs_find(path, "enabled_functions", R_OK))
		f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		mark_enabled(plan, line, enabled);
	fclose(f);
	for (i = 0; i < plan->nr; i++) {
		struct plan_choice *choice = &plan->choices[i];

		/* of a built-in function ftrace tells no module */
		if (enabled[i] || !choice->fact.attached || !plan_is_fentry(choice) ||
		    code_is_built_in(code, choice->fact.module))
			continue;
		choice->fact.attached = false;
		plan_use_kprobe(choice, "the kernel put fentry on another function of this name");
		n++;
	}
	return n;
}

/* ---- arming ---- */

static int open_observer(struct observer *o, const struct observer_options *options)
{
	o->skel = open_programs(o, options);
	if (o->skel)
		return 0;
	if (options->btf_file)
		say_error("cannot read types from %s (%s): it is to be BTF of kvm_intel, as pahole "
			  "--btf_encode_detached writes it",
			  options->btf_file, errstr(errno));
	else
		say_error("cannot open the BPF object (%s): this build is broken", errstr(errno));
	return STATUS_NOT_ARMED;
}

static int open_wake_fd(struct observer *o)
{
	struct epoll_event wakes = { .events = EPOLLIN | EPOLLET };

	o->wake_fd = epoll_create1(EPOLL_CLOEXEC);
	if (o->wake_fd >= 0 &&
	    !epoll_ctl(o->wake_fd, EPOLL_CTL_ADD, bpf_map__fd(o->skel->maps.ring), &wakes))
		return 0;
	say_error("cannot wait for records (%s)", errstr(errno));
	return STATUS_NOT_ARMED;
}

static void close_observer(struct observer *o)
{
	observer_detach(o);
	if (o->wake_fd > 0)
		close(o->wake_fd);
	o->wake_fd = 0;
	evmcs_trace_bpf__destroy(o->skel);
	o->skel = NULL;
	return_probes_close(o->returns);
	o->returns = NULL;
	if (o->types_fd)
		close(o->types_fd);
	o->types_fd = 0;
}

/* One round: 0, a status, or -EAGAIN where the plan was changed and may do now. */
static int try_to_arm(struct observer *o, const struct observer_options *options)
{
	int status, err;

	status = open_observer(o, options);
	if (status)
		return status;
	err = load_programs(o);
	if (err == -EPERM || (err && !give_up_fentry(o->plan, o->code)))
		return tell_load_failure(err);
	if (err)
		return -EAGAIN;
	status = open_wake_fd(o);
	if (status)
		return status;
	attach_programs(o);
	if (replace_refused(o->plan) + replace_misplaced(o->plan, o->code))
		return -EAGAIN;
	return 0;
}

/* What is attached must be called, too. */
static int tell_deaf(const struct observer *o)
{
	if (observer_is_alive(o))
		return 0;
	if (access("/dev/kvm", R_OK | W_OK))
		say_error("/dev/kvm cannot be opened (%s), by which it is seen whether the kernel "
			  "runs the probes: add this user to its group (usermod -aG kvm USER)",
			  errstr(errno));
	else
		say_error(
			"the kernel has attached the probes and does not run them: look at 'sysctl "
			"kernel.ftrace_enabled' and /sys/kernel/debug/kprobes/enabled, both must "
			"be 1");
	return STATUS_NOT_ARMED;
}

static int tell_missing_set(const struct plan *plan)
{
	const struct probe_fact *fact = &plan->choices[0].fact;

	if (fact->attached)
		return 0;
	say_error("cannot attach to vmx_set_nested_state: %s", fact->reason);
	return STATUS_NOT_ARMED;
}

/* What speaks for kprobes on all of this kernel, or NULL. */
static const char *against_fentry(const struct code *code)
{
	/* since 5.17, f92c1e183604 (bpf: Add get_func_[arg|ret|arg_cnt] helpers) */
	if (!code_has_enumerator(code, "bpf_func_id", "BPF_FUNC_get_func_ret"))
		return "this kernel's fexit programs cannot read a result";
	if (!privileges_allow_fentry())
		return "fentry in a module takes CAP_SYS_ADMIN";
	/* before it counts what it skips, fentry is surer: there it does */
	if (kernel_preempts() && code_counts_skipped_kprobes(code))
		return "this kernel preempts fentry programs, and skips them meanwhile";
	return NULL;
}

void observer_adapt_plan(struct plan *plan, const struct code *code)
{
	const char *why = against_fentry(code);

	if (why)
		plan_use_kprobes(plan, why);
}

struct observer *observer_arm(const struct observer_options *options, struct plan *plan,
			      struct code *code, int *status)
{
	struct observer *o = calloc(1, sizeof(*o));
	int round = 0;

	*status = STATUS_NOT_ARMED;
	if (!o)
		return NULL;
	libbpf_set_print(print_libbpf);
	o->plan = plan;
	o->code = code;
	while ((*status = try_to_arm(o, options)) == -EAGAIN && ++round < MAX_ROUNDS)
		close_observer(o);
	if (*status == -EAGAIN) {
		say_error("the kernel goes on refusing probes that it said it has: run with -v");
		*status = STATUS_NOT_ARMED;
	}
	plan_mark_needed(plan);
	if (!*status)
		*status = tell_missing_set(plan);
	if (!*status)
		*status = tell_deaf(o);
	o->code = NULL;
	if (!*status)
		return o;
	observer_free(o);
	return NULL;
}

/* ---- once armed ---- */

void observer_forbid(struct observer *o, uint64_t points)
{
	int i;

	for (i = 0; i < o->plan->nr; i++) {
		struct plan_choice *choice = &o->plan->choices[i];
		bool forbidden = points & (1ULL << choice->row->point);

		if (forbidden && choice->fact.attached) {
			detach_row(o, choice->row);
			choice->fact.attached = false;
			memcpy(choice->allowed_reason, choice->fact.reason,
			       sizeof(choice->allowed_reason));
			snprintf(choice->fact.reason, sizeof(choice->fact.reason),
				 "forbidden by --forbid");
			choice->forbidden = true;
		} else if (!forbidden && choice->forbidden) {
			memcpy(choice->fact.reason, choice->allowed_reason,
			       sizeof(choice->fact.reason));
			attach_row(o, choice);
			choice->forbidden = false;
		}
	}
	plan_mark_needed(o->plan);
}

static void beat(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		return;
	ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE);
	close(kvm);
}

bool observer_is_alive(const struct observer *o)
{
	const struct plan_choice *get_state = plan_find(o->plan, PT_GET_STATE);
	uint64_t before = o->skel->bss->heartbeats;

	if (!get_state->fact.attached)
		return true;
	beat();
	return o->skel->bss->heartbeats != before;
}

void observer_detach(struct observer *o)
{
	int i;

	for (i = 0; i < o->plan->nr; i++)
		detach_row(o, o->plan->choices[i].row);
}

void observer_free(struct observer *o)
{
	if (!o)
		return;
	if (o->skel)
		close_observer(o);
	free(o);
}

int observer_ring_fd(const struct observer *o)
{
	return bpf_map__fd(o->skel->maps.ring);
}

int observer_wake_fd(const struct observer *o)
{
	return o->wake_fd;
}

bool observer_take_wakeup(const struct observer *o)
{
	struct epoll_event event;
	bool woken = false;

	while (epoll_wait(o->wake_fd, &event, 1, 0) > 0)
		woken = true;
	return woken;
}

uint64_t observer_urgent(const struct observer *o)
{
	return o->skel->bss->urgent;
}

/* Asks each of which there is a window in this map; returns of how many more is to come. */
static int poll_each(const struct observer *o, const struct bpf_map *map)
{
	int prog = bpf_program__fd(o->skel->progs.poll_window), fd = bpf_map__fd(map);
	struct window_name name, next;
	int open = 0, turns, more;

	more = !bpf_map_get_next_key(fd, NULL, &next);
	/* a name that goes meanwhile makes it begin anew, but not for ever */
	for (turns = 2 * (int)bpf_map__max_entries(map); more && turns; turns--) {
		DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &name.vcpu,
				    .ctx_size_in = sizeof(name.vcpu));

		name = next;
		/* before this one goes: its successor is found by it */
		more = !bpf_map_get_next_key(fd, &name, &next);
		if (!bpf_prog_test_run_opts(prog, &opts) && opts.retval == 1)
			open++;
	}
	return open;
}

static int poll_all(const struct observer *o)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts);
	int prog = bpf_program__fd(o->skel->progs.poll_windows);

	return bpf_prog_test_run_opts(prog, &opts) ? 0 : (int)opts.retval;
}

int observer_poll_windows(struct observer *o)
{
	int open = 0;

	if (!o->skel->bss->windows_open && !o->skel->bss->entries_made)
		return 0;
	if (o->polls_all)
		return poll_all(o);
	if (o->skel->bss->windows_open)
		open += poll_each(o, o->skel->maps.open_windows);
	if (o->skel->bss->entries_made)
		open += poll_each(o, o->skel->maps.made_entries);
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

static void add_programs(const struct observer *o, const struct plan_row *row,
			 struct bpf_prog_info *sum)
{
	static const char *const kinds[] = { "fentry", "fexit", "kprobe", "kretprobe" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct bpf_program *prog = find_program(o, row, kinds[i]);
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = prog ? bpf_program__fd(prog) : -1;

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		sum->recursion_misses += info.recursion_misses;
		sum->run_cnt += info.run_cnt;
		sum->run_time_ns += info.run_time_ns;
	}
}

static uint64_t program_misses(const struct observer *o, const struct plan_choice *choice)
{
	struct bpf_prog_info sum = {};

	add_programs(o, choice->row, &sum);
	return sum.recursion_misses;
}

void observer_cost(const struct observer *o, uint64_t *runs, uint64_t *ns)
{
	struct bpf_prog_info sum = {};
	int i;

	for (i = 0; i < o->plan->nr; i++)
		add_programs(o, o->plan->choices[i].row, &sum);
	*runs = sum.run_cnt;
	*ns = sum.run_time_ns;
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
