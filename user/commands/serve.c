/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The canary: ring -> model -> metrics and journal, for months. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <jansson.h>

#include "commands/commands.h"
#include "commands/live.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "evmcs_trace/version.h"
#include "serve/config.h"
#include "serve/http.h"
#include "serve/systemd.h"
#include "serve/textfile.h"
#include "sinks/journal.h"
#include "sinks/metrics.h"
#include "sinks/trace_files.h"
#include "util/errstr.h"
#include "util/say.h"

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
/* The text that systemctl status shows need not be newer. */
#define STATUS_MS 5000
/* Arming takes seconds, and nothing is said meanwhile. */
#define EXTEND_USEC "120000000"
/* How often it is tried again where a trace file cannot be written or cut. */
#define CUT_AGAIN_MS 1000

/* What it is in, for the journal and for those who ask. */
enum canary_state {
	CANARY_WAITING, /* for kvm_intel */
	CANARY_SEEING,
	CANARY_BLIND, /* a probe is missing */
	CANARY_DEAF, /* the kernel does not run the probes */
	CANARY_AWAY, /* kvm_intel is not watched */
};

static const struct {
	const char *name;
	const char *text;
} states[] = {
	[CANARY_WAITING] = { "waiting", "not armed: waiting for kvm_intel to be loaded" },
	[CANARY_SEEING] = { "seeing", "armed" },
	[CANARY_BLIND] = { "blind", "not armed: a probe that verdicts need is not attached; see "
				    "'evmcs-trace doctor'" },
	[CANARY_DEAF] = { "deaf", "not seeing: the kernel does not run the probes; see 'sysctl "
				  "kernel.ftrace_enabled' and /sys/kernel/debug/kprobes/enabled" },
	[CANARY_AWAY] = { "away", "not armed: kvm_intel is not watched; see 'evmcs-trace doctor'" },
};

struct canary {
	const char *config_file;
	bool default_config; /* it may be missing */
	bool check_config;
	struct config config;
	struct live_options live;
	struct live_tenant tenant;
	struct pipeline pipeline;
	struct sink *files;
	struct sink *metrics;
	struct sink *journal;
	struct http_server *http;
	const struct live *watching; /* as of the last turn; NULL before the first */
	enum canary_state state;
	bool state_told;
	bool ready_told;
	struct metrics_facts facts;
	bool textfile_fails; /* and told so */
	bool cut_asked; /* by SIGUSR2 */
	uint64_t next_cut_ns; /* when it is looked whether the trace file is to be cut */
	uint64_t next_textfile_ns;
	uint64_t next_status_ns;
	uint64_t next_watchdog_ns;
	uint64_t watchdog_ms;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static double unix_now(void)
{
	return (double)clock_ns(CLOCK_REALTIME) / NSEC_PER_SEC;
}

/* ---- what is known now ---- */

static enum canary_state state_of(const struct canary *c)
{
	if (!c->watching)
		return CANARY_WAITING;
	if (!live_watching(c->watching))
		return c->ready_told ? CANARY_AWAY : CANARY_WAITING;
	if (!live_armed(c->watching))
		return CANARY_BLIND;
	return live_seeing(c->watching) ? CANARY_SEEING : CANARY_DEAF;
}

static uint64_t attached_now(const struct live *live)
{
	const struct plan *plan = live_plan(live);
	struct probe_fact probes[PT_COUNT];
	int i;

	if (!live_watching(live))
		return 0;
	for (i = 0; i < plan->nr; i++)
		probes[i] = plan->choices[i].fact;
	return metrics_attached(probes, (size_t)plan->nr);
}

static void refresh(struct canary *c)
{
	struct metrics_facts *f = &c->facts;
	struct trace_files_stats files;
	struct live_counts counts;

	if (c->watching) {
		live_count(c->watching, &counts);
		f->armed = live_armed(c->watching);
		f->seeing = live_seeing(c->watching);
		f->attached = attached_now(c->watching);
		f->missed = counts.missed;
		f->untracked = counts.untracked;
		f->probe_runs = counts.probe_runs;
		f->probe_ns = counts.probe_ns;
	}
	trace_files_stats(c->files, &files);
	f->output_errors[OUTPUT_TRACES] = files.errors;
	f->in_flight = model_open_windows(c->pipeline.model);
	f->output_errors[OUTPUT_JOURNAL] = journal_errors(c->journal);
	metrics_set_facts(c->metrics, f);
}

/* ---- pages ---- */

#define OPENMETRICS_FORM "application/openmetrics-text"

static int page_metrics(void *ctx, const char *accept, struct http_answer *a)
{
	struct canary *c = ctx;
	enum exposition form = http_prefers(accept, OPENMETRICS_FORM, "text/plain")
				       ? EXPOSITION_OPENMETRICS
				       : EXPOSITION_TEXT;

	refresh(c);
	a->content_type = metrics_content_type(form);
	a->body = metrics_render(c->metrics, form, true, &a->len);
	return a->body ? 0 : -ENOMEM;
}

static int answer_text(struct http_answer *a, const char *type, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int answer_text(struct http_answer *a, const char *type, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&a->body, fmt, ap);
	va_end(ap);
	if (len < 0) {
		a->body = NULL;
		return -ENOMEM;
	}
	a->len = (size_t)len;
	a->content_type = type;
	return 0;
}

static int page_health(void *ctx, const char *accept, struct http_answer *a)
{
	const struct canary *c = ctx;
	enum canary_state state = state_of(c);

	(void)accept;
	if (state != CANARY_SEEING)
		a->status = 503;
	return answer_text(a, "text/plain; charset=utf-8", "%s\n", states[state].text);
}

static int page_versions(void *ctx, const char *accept, struct http_answer *a)
{
	const struct canary *c = ctx;
	json_t *o =
		json_pack("{s:s,s:s,s:o,s:s,s:s}", "evmcs_trace", EVMCS_TRACE_VERSION, "libbpf",
			  libbpf_version_string(), "schema",
			  json_sprintf("%d.%d", TRACE_SCHEMA_MAJOR, TRACE_SCHEMA_MINOR), "kernel",
			  c->pipeline.header.kernel, "kvm_intel", c->pipeline.header.srcversion);

	(void)accept;
	a->content_type = "application/json";
	a->body = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	a->len = a->body ? strlen(a->body) : 0;
	json_decref(o);
	return a->body ? 0 : -ENOMEM;
}

static int page_landing(void *ctx, const char *accept, struct http_answer *a)
{
	const struct canary *c = ctx;

	(void)accept;
	return answer_text(a, "text/html; charset=utf-8",
			   "<!doctype html><html lang=\"en\"><title>evmcs-trace</title>"
			   "<h1>evmcs-trace %s</h1><p>%s</p><ul>"
			   "<li><a href=\"/metrics\">/metrics</a> for Prometheus"
			   "<li><a href=\"/healthz\">/healthz</a> 200 while armed and seeing"
			   "<li><a href=\"/versions\">/versions</a></ul></html>\n",
			   EVMCS_TRACE_VERSION, states[state_of(c)].text);
}

static const struct http_page pages[] = {
	{ "/metrics", page_metrics },
	{ "/healthz", page_health },
	{ "/versions", page_versions },
	{ "/", page_landing },
	{ NULL, NULL },
};

static int open_http(struct canary *c)
{
	int fd = systemd_socket();

	if (fd == -1 && !c->config.listen[0])
		return 0;
	if (fd < -1) {
		say_error("the socket that systemd gave is not one listening stream socket: see "
			  "ListenStream= of evmcs-trace.socket");
		return fd;
	}
	c->http = http_new(fd, c->config.listen, c->config.port, pages, c);
	if (c->http)
		return 0;
	say_error("cannot listen on %s port %u (%s): choose another address with http.listen in %s",
		  c->config.listen, c->config.port, errstr(errno), c->config_file);
	return -EIO;
}

/* ---- the textfile ---- */

static void tell_textfile(struct canary *c, int err)
{
	if (err)
		c->facts.output_errors[OUTPUT_TEXTFILE]++;
	if (!!err == c->textfile_fails)
		return;
	c->textfile_fails = err;
	if (err) {
		say_error("cannot write %s (%s): see that its directory is there, writable and "
			  "has room",
			  c->config.textfile, errstr(err));
		journal_output(c->journal, "textfile", "cannot write %s (%s)", c->config.textfile,
			       errstr(err));
	} else {
		say("%s is written again", c->config.textfile);
		journal_output(c->journal, "textfile", "%s is written again", c->config.textfile);
	}
}

static void write_textfile(struct canary *c)
{
	char *text;
	size_t len;
	int err;

	if (!c->config.textfile[0])
		return;
	refresh(c);
	/* process_* would be node_exporter's own there */
	text = metrics_render(c->metrics, EXPOSITION_TEXT, false, &len);
	err = text ? textfile_write(c->config.textfile, text, len) : -ENOMEM;
	free(text);
	tell_textfile(c, err);
}

/* A dead daemon must not be read as a healthy one. */
static void leave_textfile(struct canary *c)
{
	if (!c->config.textfile[0])
		return;
	if (!c->config.textfile_mark) {
		unlink(c->config.textfile);
		return;
	}
	c->watching = NULL;
	c->facts.armed = c->facts.seeing = false;
	c->facts.attached = 0;
	write_textfile(c);
}

/* ---- trace files ---- */

static void tell_trouble(void *ctx, const char *what)
{
	struct canary *c = ctx;

	say_error("%s", what);
	journal_output(c->journal, "traces", "%s", what);
}

static const char *trace_file(void *ctx)
{
	const struct canary *c = ctx;
	struct trace_files_stats files;

	trace_files_stats(c->files, &files);
	return files.path;
}

static struct trace_files_options files_options(const struct config *config)
{
	return (struct trace_files_options){
		.directory = config->traces[0] ? config->traces : NULL,
		.segment_bytes = config->segment_bytes,
		.max_files = config->segments,
		.budget_bytes = config->budget_bytes,
	};
}

/* A restore is not torn apart for a file's size, unless it has grown out of all bounds. */
static void cut_where_wanted(struct canary *c, struct live *live)
{
	enum cut_wish wish = trace_files_wants_cut(c->files, now_ns());
	bool quiet = !model_in_flight(c->pipeline.model);

	if (c->cut_asked && wish == CUT_NONE)
		wish = CUT_WHEN_QUIET;
	if (wish != CUT_NOW && (wish != CUT_WHEN_QUIET || !quiet))
		return;
	if (!live_cut(live, c->cut_asked ? "asked for" : "size"))
		c->cut_asked = false;
}

/* ---- in the loop ---- */

static int canary_fds(void *ctx, struct pollfd *fds, int room)
{
	const struct canary *c = ctx;

	if (!c->http || room < 1)
		return 0;
	fds[0] = (struct pollfd){ .fd = http_fd(c->http), .events = POLLIN };
	return 1;
}

static void sooner(int *timeout_ms, uint64_t at_ns, uint64_t now)
{
	uint64_t ms = at_ns > now ? (at_ns - now) / NSEC_PER_MSEC + 1 : 0;

	if (*timeout_ms < 0 || ms < (uint64_t)*timeout_ms)
		*timeout_ms = (int)ms;
}

static bool trouble(const struct canary *c)
{
	struct trace_files_stats files;

	trace_files_stats(c->files, &files);
	return files.trouble;
}

static int canary_timeout_ms(void *ctx)
{
	const struct canary *c = ctx;
	int timeout_ms = c->http ? http_timeout_ms(c->http) : -1;
	uint64_t now = now_ns();

	if (c->config.textfile[0])
		sooner(&timeout_ms, c->next_textfile_ns, now);
	if (trouble(c) || c->cut_asked)
		sooner(&timeout_ms, c->next_cut_ns, now);
	if (c->watchdog_ms)
		sooner(&timeout_ms, c->next_watchdog_ns, now);
	return timeout_ms;
}

static void tell_status(struct canary *c)
{
	const struct model *m = c->pipeline.model;

	/* kvm_intel may be waited for longer than a service may take to start */
	systemd_notify("STATUS=%s; %" PRIu64 " restores in flight%s", states[c->state].text,
		       model_open_windows(m),
		       c->ready_told ? "" : "\nEXTEND_TIMEOUT_USEC=" EXTEND_USEC);
}

static void notice_state(struct canary *c)
{
	enum canary_state state = state_of(c);

	if (state == c->state && c->state_told)
		return;
	c->state = state;
	c->state_told = true;
	journal_state(c->journal, states[state].name, "%s", states[state].text);
	c->next_status_ns = 0;
	c->next_textfile_ns = 0;
}

static bool is_due(uint64_t *next_ns, uint64_t period_ms)
{
	uint64_t now = now_ns();

	if (now < *next_ns)
		return false;
	*next_ns = now + period_ms * NSEC_PER_MSEC;
	return true;
}

static void canary_turn(void *ctx, struct live *live)
{
	struct canary *c = ctx;

	c->watching = live_watching(live) || c->ready_told ? live : NULL;
	if (!c->ready_told && live_watching(live)) {
		c->ready_told = true;
		systemd_notify("READY=1");
	}
	notice_state(c);
	if (c->http)
		http_turn(c->http);
	cut_where_wanted(c, live);
	is_due(&c->next_cut_ns, CUT_AGAIN_MS);
	if (is_due(&c->next_textfile_ns, c->config.textfile_ms))
		write_textfile(c);
	if (is_due(&c->next_status_ns, STATUS_MS))
		tell_status(c);
	/* thrice in the time after which it would be missed */
	if (c->watchdog_ms && is_due(&c->next_watchdog_ns, c->watchdog_ms / 3))
		systemd_notify("WATCHDOG=1");
}

/* ---- configuration ---- */

static void take_config(struct canary *c, const struct config *config)
{
	c->config = *config;
	c->live.model.fail_on = config->fail_on;
	c->live.model.slow_set_ns = config->slow_set_ns;
	c->live.observer.ring_bytes = config->ring_bytes;
	c->facts.reload_time = unix_now();
}

static void apply_config(struct canary *c)
{
	const struct trace_files_options files = files_options(&c->config);

	model_set_options(c->pipeline.model, &c->live.model);
	metrics_set_rules(c->metrics, &c->live.model);
	journal_configure(c->journal, c->config.fail_on,
			  systemd_built_in() ? c->config.journal_per_minute : 0);
	if (trace_files_configure(c->files, &files))
		say_error("out of memory: the trace files stay as they were");
}

/* The new one is looked at as a whole before anything of the old one goes. */
static void reload(struct canary *c)
{
	struct config next;
	const char *why;
	int err = config_load(&next, c->config_file, c->default_config);

	why = err ? say_last_error() : config_needs_restart(&c->config, &next);
	if (!err && why)
		say_error("%s: %s", c->config_file, why);
	c->facts.reload_ok = !why;
	if (why) {
		journal_state(c->journal, "reload-failed", "the configuration stays as it was: %s",
			      why);
		return;
	}
	if (strcmp(c->config.textfile, next.textfile))
		leave_textfile(c);
	/* another directory is that of the next file */
	c->cut_asked |= strcmp(c->config.traces, next.traces) != 0;
	take_config(c, &next);
	apply_config(c);
	c->next_textfile_ns = 0;
	say("the configuration was read again");
	journal_state(c->journal, "reloaded", "the configuration was read again");
}

static void canary_signalled(void *ctx, struct live *live, int signal)
{
	struct canary *c = ctx;

	(void)live;
	if (signal == SIGUSR2) {
		c->cut_asked = true;
		return;
	}
	systemd_notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_ns() / 1000);
	reload(c);
	systemd_notify("READY=1");
}

/* ---- life ---- */

static int add_sinks(struct canary *c)
{
	const struct metrics_options metrics = {
		.model = &c->live.model,
		.libbpf = libbpf_version_string(),
		.live = true,
	};
	const struct journal_options journal = {
		.fail_on = c->config.fail_on,
		.per_minute = systemd_built_in() ? c->config.journal_per_minute : 0,
		.send = systemd_journal_send,
		.now_ns = now_ns,
		.trace_file = trace_file,
		.ctx = c,
	};
	const struct trace_files_options files = files_options(&c->config);

	c->journal = journal_sink_new(&journal);
	c->files = trace_files_sink_new(&files, tell_trouble, c);
	/* first, so that a record names the file that has the restore */
	if (pipeline_add(&c->pipeline, c->files))
		return -ENOMEM;
	c->metrics = metrics_sink_new(&metrics);
	if (pipeline_add(&c->pipeline, c->metrics))
		return -ENOMEM;
	return pipeline_add(&c->pipeline, c->journal);
}

/* What the traces say is for check: that the service ended as asked is no failure of it. */
static int service_status(int status)
{
	return status == STATUS_FAIL || status == STATUS_INCONCLUSIVE ? STATUS_PASS : status;
}

static int serve(struct canary *c)
{
	int status = STATUS_NOT_ARMED;

	if (pipeline_init(&c->pipeline, &c->live.model) || add_sinks(c)) {
		say_error("out of memory");
		goto cleanup;
	}
	if (open_http(c))
		goto cleanup;
	c->facts.reload_ok = true;
	c->watchdog_ms = systemd_watchdog_ms();
	c->tenant = (struct live_tenant){
		.ctx = c,
		.fds = canary_fds,
		.timeout_ms = canary_timeout_ms,
		.turn = canary_turn,
		.signalled = canary_signalled,
	};
	c->live.tenant = &c->tenant;
	c->live.wait = true;
	status = service_status(live_run(&c->pipeline, &c->live));
	systemd_notify("STOPPING=1");
	c->watching = NULL;
	leave_textfile(c);
cleanup:
	http_free(c->http);
	pipeline_free(&c->pipeline);
	return status;
}

enum { OPT_CHECK_CONFIG = 0x400, OPT_READY_FILE, OPT_KPROBES, OPT_BTF };

static const struct argp_option options[] = {
	{ "config", 'c', "FILE", 0, "configuration (" CONFIG_DEFAULT_FILE ", if it is there)", 0 },
	{ "check-config", OPT_CHECK_CONFIG, NULL, 0, "say whether it is right, and end", 0 },
	{ "ready-file", OPT_READY_FILE, "FILE", 0, "create FILE when armed", 0 },
	{ "kprobes", OPT_KPROBES, NULL, 0, "attach by kprobe, not by fentry", 0 },
	{ "btf", OPT_BTF, "FILE", 0, "types of kvm_intel, where the kernel has no BTF of it", 0 },
	{ "verbose", 'v', NULL, 0, "what libbpf says, too", 0 },
	{ "quiet", 'q', NULL, 0, "only errors", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_serve(int key, char *arg, struct argp_state *state)
{
	struct canary *c = state->input;

	switch (key) {
	case 'c':
		c->config_file = arg;
		c->default_config = false;
		return 0;
	case OPT_CHECK_CONFIG:
		c->check_config = true;
		return 0;
	case OPT_READY_FILE:
		c->live.ready_file = arg;
		return 0;
	case OPT_KPROBES:
		c->live.kprobes = true;
		return 0;
	case OPT_BTF:
		c->live.observer.btf_file = arg;
		return 0;
	case 'v':
		c->live.verbose = true;
		return 0;
	case 'q':
		c->live.quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is not an option", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_serve(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_serve,
		.doc = "The canary of a host: watch for months, with metrics for Prometheus and "
		       "records in the journal.\vSIGHUP reads the configuration again, and keeps "
		       "the old one where the new one is wrong; SIGUSR2 begins another trace file; "
		       "SIGUSR1 lets go of kvm_intel, or "
		       "watches it again. It ends with 0 when it is asked to, whatever it saw.",
	};
	struct canary c = { .config_file = CONFIG_DEFAULT_FILE, .default_config = true };
	struct config config;

	live_options_init(&c.live);
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	if (config_load(&config, c.config_file, c.default_config))
		return STATUS_MALFORMED;
	if (c.check_config) {
		printf("%s: right\n", c.config_file);
		return output_status(STATUS_PASS);
	}
	take_config(&c, &config);
	return serve(&c);
}
