/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/launcher.h"
#include "commands/live.h"
#include "commands/options.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "evmcs_trace/version.h"
#include "model/names.h"
#include "probes/kernel.h"
#include "probes/module_watch.h"
#include "probes/privileges.h"
#include "sources/source.h"
#include "symbols/build_id.h"
#include "symbols/dwarf_finder.h"
#include "symbols/helper_finder.h"
#include "util/errstr.h"
#include "util/first_line.h"
#include "util/owner.h"
#include "util/say.h"
#include "util/terminal.h"

#define NSEC_PER_SEC 1000000000ULL

/*
 * How often an open window is asked whether its vCPU has run, and what was written
 * is read. Not sooner: most restores are over by then, and have had the CPU to themselves.
 * Not later than users are told (README.md).
 */
#define POLL_FIRST_MS 10
#define POLL_SLOWEST_MS 100
/* and takes no more of the time than one in so many */
#define POLL_SHARE 16
/* With more restores than this in flight what they write is kept, so long, and read after that. */
#define BURST_FROM 8
#define BURST_KEEP_MS 500
/* How often the kernel is asked whether it still runs the probes. */
#define BEAT_MS 60000
#define BEAT_IN_WINDOW_MS 1000
/* How often a screen is told that nothing happens. */
#define STATUS_MS 1000
/* How long a stack may wait for its source lines while the ring fills. */
#define LINES_PATIENCE_MS 250

enum {
	OPT_PID = 0x100,
	OPT_VCPU,
	OPT_JSON,
	OPT_READY_FILE,
	OPT_READY_FD,
	OPT_RING,
	OPT_KPROBES,
	OPT_FORBID,
	OPT_BTF,
	OPT_DEBUG_INFO,
	OPT_WAIT,
};

static const struct argp_option live_argp_options[] = {
	{ "pid", OPT_PID, "PID", 0, "only this VMM", 0 },
	{ "vcpu", OPT_VCPU, "ID", 0, "only vCPUs of this id", 0 },
	{ "json", OPT_JSON, NULL, 0, "print JSON Lines", 0 },
	{ "ready-file", OPT_READY_FILE, "FILE", 0, "create FILE when armed", 0 },
	{ "ready-fd", OPT_READY_FD, "FD", 0, "write a line to FD when armed", 0 },
	{ "ring-size", OPT_RING, "KB", 0, "ring buffer, a power of two (4096)", 0 },
	{ "kprobes", OPT_KPROBES, NULL, 0, "attach by kprobe, not by fentry", 0 },
	{ "forbid", OPT_FORBID, "POINT", 0, "do without a probe point (for tests)", 0 },
	{ "btf", OPT_BTF, "FILE", 0, "types of kvm_intel, where the kernel has no BTF of it", 0 },
	{ "wait", OPT_WAIT, NULL, 0, "until kvm_intel is loaded", 0 },
	{ "debug-info", OPT_DEBUG_INFO, "FILE|DIR", 0,
	  "that of the kernel and its modules, if it is not installed", 0 },
	{ "verbose", 'v', NULL, 0, "every event, and what libbpf says", 0 },
	{ "quiet", 'q', NULL, 0, "only errors and the verdict", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static uint32_t parse_ring(struct argp_state *state, const char *arg)
{
	long kb = option_number(state, "--ring-size", arg, 1 << 20);

	if (kb < 4 || (kb & (kb - 1)))
		argp_error(state, "--ring-size wants a power of two of at least 4, not '%s'", arg);
	return (uint32_t)kb * 1024;
}

bool live_parse_point(const char *name, uint64_t *points)
{
	int point = point_by_name(name);

	if (point < 0 || !plan_has_row(point))
		return false;
	*points |= 1ULL << point;
	return true;
}

static error_t parse_live(int key, char *arg, struct argp_state *state)
{
	struct live_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->model;
		return 0;
	case OPT_PID:
		o->observer.pid = (uint32_t)option_number(state, "--pid", arg, 1 << 22);
		return 0;
	case OPT_VCPU:
		o->observer.vcpu = (int32_t)option_number(state, "--vcpu", arg, 4095);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_READY_FILE:
		o->ready_file = arg;
		return 0;
	case OPT_READY_FD:
		o->ready_fd = (int)option_number(state, "--ready-fd", arg, 1 << 16);
		return 0;
	case OPT_RING:
		o->observer.ring_bytes = parse_ring(state, arg);
		return 0;
	case OPT_KPROBES:
		o->kprobes = true;
		return 0;
	case OPT_FORBID:
		if (!live_parse_point(arg, &o->forbidden))
			argp_error(state,
				   "--forbid wants a probe point, as the header of a trace "
				   "lists them, not '%s'",
				   arg);
		return 0;
	case OPT_BTF:
		o->observer.btf_file = arg;
		return 0;
	case OPT_WAIT:
		o->wait = true;
		return 0;
	case OPT_DEBUG_INFO:
		o->debug_info = arg;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child live_children[] = { { &model_argp, 0, NULL, 0 },
						   { NULL, 0, NULL, 0 } };

const struct argp live_argp = {
	live_argp_options, parse_live, NULL, NULL, live_children, NULL, NULL,
};

void live_options_init(struct live_options *o)
{
	memset(o, 0, sizeof(*o));
	o->observer.vcpu = -1;
	o->model.fail_on = SEVERITY_ERROR;
	o->ready_fd = -1;
}

int live_open_lines(struct live_options *o)
{
	const struct helper_options helper = {
		.patience_ms = LINES_PATIENCE_MS,
		.enter = privileges_renounce,
	};

	o->lines = stack_lines_new(helper_finder_new(dwarf_finder_new(o->debug_info), &helper));
	return o->lines ? 0 : -ENOMEM;
}

int live_add_screen(struct pipeline *p, const struct live_options *o)
{
	struct text_options text = {
		.out = stdout,
		.events = o->verbose,
		.only_findings = o->quiet,
		.info_fails = o->model.fail_on == SEVERITY_INFO,
		.lines = o->lines,
	};

	if (o->json)
		return pipeline_add(p, json_sink_new(stdout, NULL, o->lines));
	return pipeline_add(p, text_sink_new(&text));
}

/* ---- header ---- */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* What is loaded now. */
static void fill_builds(struct trace_header *h)
{
	struct build_id id;
	int i;

	_Static_assert(sizeof(h->build_id[0]) == BUILD_ID_TEXT, "all digits of any build-id");
	for (i = 0; i < OBJECT_COUNT; i++) {
		h->build_id[i][0] = '\0';
		if (!build_id_running(object_name(i), &id))
			build_id_text(&id, h->build_id[i]);
	}
}

static void fill_watched(struct trace_header *h, const struct plan *plan)
{
	int i;

	h->srcversion[0] = '\0';
	first_line("/sys/module/kvm_intel/srcversion", h->srcversion, sizeof(h->srcversion));
	fill_builds(h);
	h->nr_probes = 0;
	for (i = 0; i < plan->nr; i++)
		h->probes[h->nr_probes++] = plan->choices[i].fact;
}

static void fill_header(struct trace_header *h, const struct live_options *o,
			const struct plan *plan)
{
	struct utsname uts;

	memset(h, 0, sizeof(*h));
	h->schema_major = TRACE_SCHEMA_MAJOR;
	h->schema_minor = TRACE_SCHEMA_MINOR;
	snprintf(h->tool, sizeof(h->tool), "%s", EVMCS_TRACE_VERSION);
	uname(&uts);
	snprintf(h->kernel, sizeof(h->kernel), "%s", uts.release);
	snprintf(h->host, sizeof(h->host), "%s", uts.nodename);
	first_line("/proc/sys/kernel/random/boot_id", h->boot_id, sizeof(h->boot_id));
	fill_watched(h, plan);
	h->mono_ns = clock_ns(CLOCK_MONOTONIC);
	/* the header has six digits of it: all times are reckoned from those */
	h->wall_ns = clock_ns(CLOCK_REALTIME) / 1000 * 1000;
	h->filter_pid = o->observer.pid;
	h->filter_vcpu = o->observer.vcpu;
}

/* ---- readiness ---- */

static int tell_ready(const struct live_options *o)
{
	int fd;

	if (o->ready_fd >= 0 && write(o->ready_fd, "ready\n", 6) != 6) {
		say_error("cannot write to --ready-fd %d (%s)", o->ready_fd, errstr(errno));
		return STATUS_USAGE;
	}
	if (!o->ready_file)
		return 0;
	fd = open(o->ready_file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		say_error("cannot create the ready file %s (%s): choose another place",
			  o->ready_file, errstr(errno));
		return STATUS_USAGE;
	}
	close(fd);
	return 0;
}

/* What the verdict stands without, but people may look for. */
static void tell_unseen(const struct trace_header *h, const struct plan *plan)
{
	int i;

	if (h->filter_pid)
		say("watching only process %u", h->filter_pid);
	if (h->filter_vcpu >= 0)
		say("watching only vCPUs with the id %d", h->filter_vcpu);
	for (i = 0; i < plan->nr; i++) {
		const struct plan_choice *c = &plan->choices[i];

		if (!c->fact.attached && c->row->need == NEED_DETAIL)
			say("without %s: %s", c->fact.function, c->row->when_absent);
	}
}

static void tell_armed(const struct pipeline *p, const struct plan *plan)
{
	const struct plan_choice *missing = plan_first_missing(plan);
	int fentry = 0, kprobe = 0, i;

	for (i = 0; i < plan->nr; i++) {
		if (!plan->choices[i].fact.attached)
			continue;
		if (!strcmp(plan->choices[i].fact.flavour, "fentry"))
			fentry++;
		else
			kprobe++;
	}
	say("armed on Linux %s: %d functions by fentry, %d by kprobe; waiting for "
	    "KVM_SET_NESTED_STATE",
	    p->header.kernel, fentry, kprobe);
	if (fentry)
		say("kvm_intel cannot be unloaded meanwhile: 'pkill -USR1 evmcs-trace' lets go of "
		    "it");
	tell_unseen(&p->header, plan);
	if (missing)
		say_error("blind on %s (%s): %s; no restore can pass", missing->fact.function,
			  missing->fact.reason, missing->row->when_absent);
}

/* ---- the traced command ---- */

struct command {
	pid_t pid; /* 0: none */
	bool exited;
	bool told; /* a signal was passed on to it */
	int status; /* as a shell reports it */
};

static int start_command(struct command *command, struct launcher *launcher, char **argv)
{
	command->pid = launcher_start(launcher, argv);
	if (command->pid > 0)
		return 0;
	say_error("cannot start %s (%s)", argv[0], errstr(command->pid));
	command->pid = 0;
	return STATUS_NOT_ARMED;
}

static void reap_command(struct command *command)
{
	int status;

	if (!command->pid || command->exited || waitpid(command->pid, &status, WNOHANG) <= 0)
		return;
	command->exited = true;
	command->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- the loop ---- */

struct live {
	const struct live_options *options;
	struct plan plan;
	struct observer *observer;
	struct launcher *launcher; /* NULL: there is no command */
	sigset_t mask;
	int signal_fd;
	bool ready; /* and told so */
	bool interrupted; /* the user wants it to end */
	/* of the trace that is being taken */
	struct pipeline *pipeline;
	struct ring_source *source;
	struct command command;
	int module_fd; /* module_watch_open(); -1: the kernel does not tell */
	int timeout_ms; /* until windows are asked again; BEAT_MS: there is none */
	uint64_t next_look_ns; /* when that is over */
	uint64_t kept_since_ns; /* the oldest of what is kept in the source */
	uint64_t urgent; /* observer_urgent() at the last look */
	uint64_t next_beat_ns;
	uint64_t forbidden; /* points that this trace does without */
	bool deaf; /* and told so */
	bool let_go; /* on request, not to be undone but on request */
	struct live_counts past; /* of the observers that are gone */
	bool gap_told; /* the one that there is while nothing is attached */
	bool has_status; /* a line that tells that it is still there */
	uint64_t began_ns;
	const char *end_reason; /* set when it is over */
};

/* One command is over soon: it is traced without the rights to arm anew. */
static bool keeps_nothing(const struct live_options *o)
{
	return o->command && !o->batch;
}

static struct observer *arm(struct live *live, int *status)
{
	const struct live_options *o = live->options;
	struct code *code = code_of_running_kernel(o->debug_info);
	struct plan *plan = &live->plan;
	struct observer *observer;

	*status = STATUS_NOT_ARMED;
	if (!code)
		return NULL;
	plan_resolve(plan, code);
	if (o->kprobes)
		plan_use_kprobes(plan, "kprobes were asked for");
	say("arming: loading and attaching to %d functions", plan_nr_chosen(plan));
	observer_adapt_plan(plan, code);
	observer = observer_arm(&o->observer, plan, code, status);
	code_free(code);
	/* twenty megabytes of BTF and symbols were read for it: back to the host they go */
	malloc_trim(0);
	if (observer)
		observer_forbid(observer, o->forbidden | live->forbidden);
	return observer;
}

/* ---- kvm_intel comes and goes ---- */

/*
 * As long as fentry programs are attached the kernel does not unload the module
 * that they are attached to: it says "in use". On request we let go.
 */
static void let_module_go(struct live *live, const char *why)
{
	if (!live->observer)
		return;
	observer_poll_windows(live->observer);
	observer_detach(live->observer);
	live_count(live, &live->past);
	ring_source_leave(live->source);
	observer_free(live->observer);
	live->observer = NULL;
	live->gap_told = false;
	say("%s: not watching", why);
}

/* While nothing was attached, kvm_intel was there. */
static void tell_gap(struct live *live)
{
	if (!live->gap_told)
		ring_source_gap(live->source);
	live->gap_told = true;
}

static struct observer *arm_again(struct live *live, int *status)
{
	struct observer *observer;

	privileges_raise();
	observer = arm(live, status);
	privileges_lower();
	return observer;
}

/* What the header says is watched, and is not any more. */
static const struct probe_fact *first_unseen(const struct trace_header *h, const struct plan *plan)
{
	size_t i;

	for (i = 0; i < h->nr_probes; i++) {
		const struct plan_choice *c = plan_find(plan, h->probes[i].point);

		if (h->probes[i].attached && !(c && c->fact.attached))
			return &h->probes[i];
	}
	return NULL;
}

/*
 * The module may be another one, in which not all can be watched: restores must not pass by
 * what the header says of its predecessor. serve begins another file, with a header of its own;
 * a trace that is one file cannot have a second header.
 */
static int renew_header(struct live *live)
{
	struct trace_header *header = &live->pipeline->header, now = *header;
	const struct probe_fact *unseen = first_unseen(header, &live->plan);

	fill_watched(&now, &live->plan);
	if (live->options->tenant)
		return ring_source_cut(live->source, "kvm_intel is watched again", &now);
	if (unseen) {
		say_error("%s, which this trace says is watched, cannot be in the kvm_intel that "
			  "is loaded now: start a new trace",
			  unseen->function);
		return -ENOENT;
	}
	/* they were forgotten with the gap */
	memcpy(header->build_id, now.build_id, sizeof(header->build_id));
	return 0;
}

static void watch_again(struct live *live)
{
	int status;

	if (live->observer)
		return;
	tell_gap(live);
	live->let_go = false;
	if (keeps_nothing(live->options)) {
		say_error("not watching kvm_intel again: what that takes was given up when the "
			  "command was started");
		return;
	}
	live->observer = arm_again(live, &status);
	if (live->observer && renew_header(live) < 0) {
		observer_free(live->observer);
		live->observer = NULL;
	}
	if (!live->observer) {
		say_error("not watching any more: the trace is inconclusive from here on%s",
			  live->options->tenant ? ", until arming succeeds; it is tried each minute"
						: "");
		return;
	}
	if (ring_source_join(live->source, live->observer) < 0) {
		live->end_reason = "out of memory";
		return;
	}
	observer_let_go(live->observer);
	tell_armed(live->pipeline, &live->plan);
}

static void toggle(struct live *live)
{
	if (!live->observer) {
		watch_again(live);
		return;
	}
	let_module_go(live, "let go of kvm_intel: it can be unloaded, and once it is loaded "
			    "again (or on another SIGUSR1) it is watched again");
	live->let_go = true;
	tell_gap(live);
}

static void follow_module(struct live *live)
{
	if (live->module_fd < 0)
		return;
	switch (module_watch_read(live->module_fd, CODE_KVM_INTEL)) {
	case MODULE_LOADED:
		/* it may have been gone and come within one look */
		let_module_go(live, "kvm_intel was loaded anew");
		watch_again(live);
		break;
	case MODULE_UNLOADED:
		let_module_go(live, "kvm_intel was unloaded");
		break;
	default:
		break;
	}
}

/* Attached programs that are not run are as bad as none, and nothing says so. */
static void look_for_life(struct live *live)
{
	bool deaf;

	live->next_beat_ns =
		clock_ns(CLOCK_MONOTONIC) +
		(live->timeout_ms < BEAT_MS ? BEAT_IN_WINDOW_MS : BEAT_MS) * 1000000ULL;
	/* without the module there is nothing to be run */
	if (!kernel_has_kvm_intel())
		return;
	if (!live->observer && live->options->tenant && !live->let_go)
		watch_again(live);
	if (!live->observer)
		return;
	deaf = !observer_is_alive(live->observer);
	if (deaf && !live->deaf) {
		say_error("the kernel does not run the probes any more: look at 'sysctl "
			  "kernel.ftrace_enabled' and /sys/kernel/debug/kprobes/enabled");
		ring_source_silent(live->source);
	}
	live->deaf = deaf;
}

static void take_signals(struct live *live)
{
	struct signalfd_siginfo info;

	while (read(live->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap_command(&live->command);
			if (live->command.exited)
				live->end_reason = "command exited";
		} else if (info.ssi_signo == SIGUSR1) {
			if (live->source)
				toggle(live);
		} else if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGUSR2) {
			live->options->tenant->signalled(live->options->tenant->ctx, live,
							 (int)info.ssi_signo);
		} else if (live->command.pid && !live->command.told) {
			/* it ends the trace when it exits; a second signal does at once */
			live->interrupted = true;
			live->command.told = true;
			kill(live->command.pid, (int)info.ssi_signo);
			say("ending the command; once more ends the trace without it");
		} else {
			live->interrupted = true;
			live->end_reason = info.ssi_signo == SIGTERM ? "terminated" : "interrupted";
		}
	}
}

/*
 * After a SET its vCPU is looked at soon, then less and less often; and once more after
 * something was read, for what was being written when the last window closed.
 */
static int next_timeout(const struct live *live, int open, bool had_events)
{
	if (!open && !had_events)
		return BEAT_MS;
	if (had_events || live->timeout_ms == BEAT_MS)
		return POLL_FIRST_MS;
	return live->timeout_ms * 2 < POLL_SLOWEST_MS ? live->timeout_ms * 2 : POLL_SLOWEST_MS;
}

/*
 * The kernel has woken us, or so has something else. What a restore writes waits until its
 * window is asked next, also where that is over by then: the vCPU is still in the KVM_RUN
 * that ended it.
 */
static bool is_time_to_look(struct live *live)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), urgent;
	bool woken;

	if (!live->observer)
		return true;
	woken = observer_take_wakeup(live->observer);
	urgent = observer_urgent(live->observer);
	if (urgent != live->urgent) {
		live->urgent = urgent;
		return true;
	}
	if (woken && live->timeout_ms == BEAT_MS) {
		live->timeout_ms = POLL_FIRST_MS;
		live->next_look_ns = now + POLL_FIRST_MS * 1000000ULL;
	}
	return now >= live->next_look_ns;
}

static void look_again(struct live *live, int timeout_ms)
{
	live->timeout_ms = timeout_ms;
	live->next_look_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * 1000000ULL;
}

static int ms_until_look(const struct live *live)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	return now < live->next_look_ns ? (int)((live->next_look_ns - now) / 1000000) + 1 : 0;
}

/* Sleeps until there is something to do for us or the tenant, or for so long. */
static int wait_for_work(const struct live *live, int timeout_ms)
{
	const struct live_tenant *tenant = live->options->tenant;
	struct pollfd fds[3 + LIVE_TENANT_FDS] = {
		{ .fd = live->observer ? observer_wake_fd(live->observer) : -1, .events = POLLIN },
		{ .fd = live->signal_fd, .events = POLLIN },
		{ .fd = live->module_fd, .events = POLLIN },
	};
	int nr = 3, sooner;

	if (live->has_status && timeout_ms > STATUS_MS)
		timeout_ms = STATUS_MS;
	if (tenant) {
		nr += tenant->fds(tenant->ctx, fds + nr, LIVE_TENANT_FDS);
		sooner = tenant->timeout_ms(tenant->ctx);
		if (sooner >= 0 && sooner < timeout_ms)
			timeout_ms = sooner;
	}
	return poll(fds, (nfds_t)nr, timeout_ms) < 0 && errno != EINTR ? -errno : 0;
}

static void let_tenant_turn(struct live *live)
{
	const struct live_tenant *tenant = live->options->tenant;

	if (tenant)
		tenant->turn(tenant->ctx, live);
}

/* On a screen where nothing happens: that it is watching, and for how long. */
static void show_status(const struct live *live)
{
	uint64_t seconds, restores;

	if (!live->has_status)
		return;
	seconds = (clock_ns(CLOCK_MONOTONIC) - live->began_ns) / NSEC_PER_SEC;
	restores = model_next_restore(live->pipeline->model) - 1;
	terminal_status("%s for %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ", %" PRIu64
			" restore%s; Ctrl-C ends it",
			live->deaf	 ? "NOT SEEING"
			: live->observer ? "watching"
					 : "NOT watching",
			seconds / 3600, seconds / 60 % 60, seconds % 60, restores,
			restores == 1 ? "" : "s");
}

/*
 * To read what a restore wrote takes longer than the restore, of which many vCPUs that share few
 * CPUs would feel the more the longer it takes: in a burst it is kept, unless it may be evidence.
 */
static int read_or_keep(struct live *live, bool burst)
{
	bool kept = ring_source_has_kept(live->source);
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int n = ring_source_keep(live->source), read;

	if (!kept)
		live->kept_since_ns = now;
	if (n < 0 || (burst && !ring_source_has_evidence(live->source) &&
		      now - live->kept_since_ns < BURST_KEEP_MS * 1000000ULL))
		return n;
	read = ring_source_consume(live->source);
	return read < 0 ? read : n + read;
}

/* To ask a thousand windows takes a while, which no vCPU is to feel. */
static int spare_vcpus(int timeout_ms, uint64_t asked_ns)
{
	uint64_t pause_ms = asked_ns * POLL_SHARE / 1000000;

	if (pause_ms > POLL_SLOWEST_MS)
		pause_ms = POLL_SLOWEST_MS;
	return timeout_ms < (int)pause_ms ? (int)pause_ms : timeout_ms;
}

/* Windows that end now tell so: they are asked before the ring is read. */
static void look(struct live *live)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC), asked_ns;
	int open, n;

	open = live->observer ? observer_poll_windows(live->observer) : 0;
	asked_ns = clock_ns(CLOCK_MONOTONIC) - began;
	n = read_or_keep(live, open > BURST_FROM);
	if (n < 0)
		live->end_reason = "output failed";
	pipeline_look(live->pipeline, clock_ns(CLOCK_MONOTONIC));
	look_again(live, spare_vcpus(next_timeout(live, open, n > 0), asked_ns));
}

static void follow(struct live *live)
{
	look_again(live, BEAT_MS);
	look_for_life(live);
	let_tenant_turn(live);
	while (!live->end_reason) {
		if (wait_for_work(live, ms_until_look(live)) < 0)
			live->end_reason = "poll failed";
		if (clock_ns(CLOCK_MONOTONIC) >= live->next_beat_ns)
			look_for_life(live);
		take_signals(live);
		follow_module(live);
		if (is_time_to_look(live))
			look(live);
		let_tenant_turn(live);
		show_status(live);
	}
	terminal_clear_status();
}

/* Nothing is reported any more: only then do the counts stand still. */
static void stop_reporting(struct live *live)
{
	if (!live->observer) {
		if (kernel_has_kvm_intel())
			tell_gap(live);
		return;
	}
	look_for_life(live);
	observer_poll_windows(live->observer);
	if (live->options->batch)
		observer_hold(live->observer);
	else
		observer_detach(live->observer);
}

static int end(struct live *live)
{
	const int *status = live->command.exited ? &live->command.status : NULL;
	const struct verdict *verdict;

	stop_reporting(live);
	ring_source_end(live->source, live->end_reason, status);
	verdict = pipeline_finish(live->pipeline);
	if (status)
		say("the command ended with status %d", *status);
	else if (live->command.pid)
		say("the command goes on, untraced");
	return output_status(verdict_status(verdict));
}

static void open_signals(struct live *live)
{
	sigemptyset(&live->mask);
	sigaddset(&live->mask, SIGINT);
	sigaddset(&live->mask, SIGTERM);
	sigaddset(&live->mask, SIGCHLD);
	sigaddset(&live->mask, SIGUSR1);
	if (live->options->tenant) {
		sigaddset(&live->mask, SIGHUP);
		sigaddset(&live->mask, SIGUSR2);
	}
	sigprocmask(SIG_BLOCK, &live->mask, NULL);
	live->signal_fd = signalfd(-1, &live->mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int begin(struct live *live, struct trace_header *header)
{
	struct trace_item item = { .type = ITEM_HEADER, .header = header };

	fill_header(header, live->options, &live->plan);
	if (pipeline_item(live->pipeline, &item) < 0)
		return STATUS_INCONCLUSIVE;
	live->source = ring_source_new(live->observer, &live->pipeline->header, pipeline_item,
				       live->pipeline);
	if (!live->source) {
		say_error("out of memory");
		return STATUS_NOT_ARMED;
	}
	observer_let_go(live->observer);
	return 0;
}

/* Once, when the first trace can begin. */
static int get_ready(struct live *live)
{
	struct owner owner;
	int status;

	if (live->ready)
		return 0;
	live->ready = true;
	if (!live->options->quiet)
		tell_armed(live->pipeline, &live->plan);
	status = tell_ready(live->options);
	if (status)
		return status;
	stack_lines_prepare(live->options->lines, &live->pipeline->header);
	if (keeps_nothing(live->options))
		return privileges_drop(0);
	if (!live->options->batch)
		return privileges_drop(LATER_ARM);
	return privileges_drop(LATER_ARM | LATER_FILES | (owner_wanted(&owner) ? LATER_OWNER : 0));
}

void live_forbid(struct live *live, uint64_t points)
{
	live->forbidden = points;
	if (!live->observer)
		return;
	privileges_raise();
	observer_forbid(live->observer, live->options->forbidden | points);
	privileges_lower();
}

int live_trace(struct live *live, struct pipeline *p, char **command)
{
	struct trace_header header;
	int status;

	live->pipeline = p;
	live->command = (struct command){};
	live->end_reason = NULL;
	live->deaf = false;
	status = 0;
	/* the module went during the trace before */
	if (!live->observer)
		live->observer = arm_again(live, &status);
	if (!status)
		status = begin(live, &header);
	if (!status)
		status = get_ready(live);
	if (!status && command)
		status = start_command(&live->command, live->launcher, command);
	/* it keeps what the tracer gave up: no longer than it is needed */
	if (keeps_nothing(live->options)) {
		launcher_free(live->launcher);
		live->launcher = NULL;
	}
	live->began_ns = clock_ns(CLOCK_MONOTONIC);
	/* a command may want the screen for itself */
	live->has_status = !live->options->quiet && !live->options->json &&
			   !live->options->tenant && !command && terminal_has_status();
	if (!status) {
		if (live->options->traced)
			*live->options->traced = true;
		follow(live);
		status = end(live);
	}
	ring_source_free(live->source);
	live->source = NULL;
	return status;
}

bool live_watching(const struct live *live)
{
	return live->observer;
}

bool live_armed(const struct live *live)
{
	return live->observer && !plan_first_missing(&live->plan);
}

bool live_seeing(const struct live *live)
{
	return live->observer && !live->deaf;
}

const struct plan *live_plan(const struct live *live)
{
	return &live->plan;
}

int live_cut(struct live *live, const char *reason)
{
	return live->source ? ring_source_cut(live->source, reason, NULL) : -EAGAIN;
}

void live_count(const struct live *live, struct live_counts *c)
{
	struct point_count counts[PT_COUNT];
	uint64_t runs, ns;
	int i;

	*c = live->past;
	if (!live->observer)
		return;
	observer_counts(live->observer, counts);
	for (i = 0; i < PT_COUNT; i++)
		c->missed += counts[i].missed;
	c->untracked += observer_tracking_lost(live->observer);
	observer_cost(live->observer, &runs, &ns);
	c->probe_runs += runs;
	c->probe_ns += ns;
}

bool live_interrupted(const struct live *live)
{
	return live->interrupted;
}

/* Nothing is recorded yet. False: the user wants it to end. */
static bool wait_for_module(struct live *live)
{
	if (!kernel_has_kvm_intel())
		say("kvm_intel is not loaded: waiting for it");
	while (!kernel_has_kvm_intel() && !live->interrupted) {
		/* the timeout is for a kernel that does not tell */
		if (wait_for_work(live, 1000) < 0)
			return false;
		if (live->module_fd >= 0)
			module_watch_read(live->module_fd, CODE_KVM_INTEL);
		take_signals(live);
		let_tenant_turn(live);
	}
	return !live->interrupted;
}

/* Before anything is loaded, and long before privileges are given up. */
static int start_launcher(struct live *live)
{
	if (!live->options->command && !live->options->batch)
		return 0;
	live->launcher = launcher_new();
	if (live->launcher)
		return 0;
	say_error("cannot start a process (%s): see 'ulimit -u' and the memory that is free",
		  errstr(errno));
	return -errno;
}

static struct observer *begin_watching(struct live *live, int *status)
{
	if (live->options->wait && kernel_cpu_has("vmx") && !wait_for_module(live)) {
		*status = STATUS_PASS;
		return NULL;
	}
	*status = kernel_preflight();
	if (*status)
		return NULL;
	*status = STATUS_NOT_ARMED;
	return start_launcher(live) ? NULL : arm(live, status);
}

/*
 * Who is woken in the middle of a restore does not take the CPU from the vCPU: it waits
 * until the scheduler gives it its share. Whoever has set another policy meant it.
 */
static void yield_to_vcpus(void)
{
	const struct sched_param param = {};

	if (sched_getscheduler(0) == SCHED_OTHER)
		sched_setscheduler(0, SCHED_BATCH, &param);
}

struct live *live_arm(const struct live_options *o, int *status)
{
	struct live *live = calloc(1, sizeof(*live));

	yield_to_vcpus();
	say_set_level(o->verbose ? SAY_VERBOSE : o->quiet ? SAY_QUIET : SAY_NORMAL);
	*status = STATUS_NOT_ARMED;
	if (!live)
		return NULL;
	live->options = o;
	live->signal_fd = -1;
	live->module_fd = module_watch_open();
	/* until it is armed they do what they do by default, where nobody else listens */
	if (o->tenant)
		open_signals(live);
	live->observer = begin_watching(live, status);
	if (live->observer) {
		if (!o->tenant)
			open_signals(live);
		return live;
	}
	live_disarm(live);
	return NULL;
}

void live_disarm(struct live *live)
{
	if (!live)
		return;
	observer_free(live->observer);
	launcher_free(live->launcher);
	if (live->signal_fd >= 0)
		close(live->signal_fd);
	if (live->module_fd >= 0)
		close(live->module_fd);
	free(live);
}

int live_run(struct pipeline *p, const struct live_options *o)
{
	struct live *live;
	int status;

	live = live_arm(o, &status);
	if (!live)
		return status;
	if (o->armed && o->armed(o->armed_ctx) < 0)
		status = STATUS_NOT_ARMED;
	else
		status = live_trace(live, p, o->command);
	live_disarm(live);
	return status;
}
