/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Many hosts in one process: each with a metrics sink of its own, which is fed with recorded
 * traces, by the model, as if they happened now. tests/fleet/simulate has Prometheus scrape them.
 *
 *   fleet_hosts --print text|openmetrics TRACE...
 *       what one host would say after these traces
 *   fleet_hosts [OPTION...] HEALTHY VIOLATING
 *       --hosts N, --period SECONDS between two replays of a host, --changes FILE for the time of
 *       each violation, --alerts FILE for what Alertmanager sends, --textfile FILE of the last host
 *
 * Says "listening on PORT" and serves until SIGTERM, on loopback only:
 *   GET  /host/N/metrics       the exposition that Accept asks for
 *   POST /hosts/A-B/STATE      these hosts are in that state from now on
 *   POST /webhook              Alertmanager's
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "evmcs_trace/version.h"
#include "pipeline.h"
#include "recorded.h"
#include "sinks/metrics.h"

enum state {
	STATE_HEALTHY,
	STATE_REGRESSED, /* every replay is the violating one */
	STATE_ONCE, /* the next one is, and nothing comes after it */
	STATE_IDLE,
	STATE_DEAD, /* does not answer */
	STATE_BLIND, /* a probe that the verdict needs is missing; nothing is seen */
	STATE_OTHER_VERSION,
};

static const char *const states[] = {
	"healthy", "regressed", "once", "idle", "dead", "blind", "other-version",
};

struct host {
	struct sink *metrics;
	enum state state;
	double due; /* its next replay, monotonic */
	char name[24];
	char boot_id[40];
	uint64_t violations;
};

struct fleet {
	int nr;
	double period;
	const char *changes_path;
	const char *alerts_path;
	const char *textfile;
	const char *print;
	const char *healthy_path;
	const char *violating_path;
	char **traces;
	FILE *changes;
	FILE *alerts;
	struct recorded healthy;
	struct recorded violating;
	struct host *hosts;
	pthread_mutex_t lock; /* of all that changes */
	struct MHD_Daemon *daemon;
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static double clock_seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- a host ---- */

/* Pipeline and model are of one replay; the counters must outlive them. */
struct forwarder {
	struct sink sink;
	struct host *host;
};

static struct sink *metrics_of(struct sink *sink)
{
	return ((struct forwarder *)sink)->host->metrics;
}

static int forward_item(struct sink *sink, const struct trace_item *item,
			const struct trace_header *header)
{
	struct sink *to = metrics_of(sink);

	return to->ops->item(to, item, header);
}

static void forward_anomaly(struct sink *sink, const struct restore *restore,
			    const struct anomaly *anomaly, const struct trace_header *header)
{
	struct sink *to = metrics_of(sink);

	to->ops->anomaly(to, restore, anomaly, header);
	if (anomaly->severity == SEVERITY_ERROR)
		((struct forwarder *)sink)->host->violations++;
}

static void forward_restore(struct sink *sink, const struct restore *restore,
			    const struct trace_header *header)
{
	struct sink *to = metrics_of(sink);

	to->ops->restore(to, restore, header);
}

static void forwarder_free(struct sink *sink)
{
	free(sink);
}

static struct sink *forwarder_new(struct host *host)
{
	static const struct sink_ops ops = {
		.item = forward_item,
		.anomaly = forward_anomaly,
		.restore = forward_restore,
		.free = forwarder_free,
	};
	struct forwarder *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->sink.ops = &ops;
	f->host = host;
	return &f->sink;
}

static const struct model_options rules = { .fail_on = SEVERITY_ERROR };

static void host_init(struct host *host, int number)
{
	const struct metrics_options options = { .model = &rules, .libbpf = "1.1" };

	host->metrics = metrics_sink_new(&options);
	if (!host->metrics)
		abort();
	snprintf(host->name, sizeof(host->name), "host-%d", number);
	snprintf(host->boot_id, sizeof(host->boot_id), "%08x-0000-4000-8000-000000000000",
		 (unsigned int)number);
}

static int play(struct host *host, const struct recorded *trace, const struct trace_header *header)
{
	struct pipeline p;
	int err = pipeline_init(&p, &rules) ?: pipeline_add(&p, forwarder_new(host));

	if (!err)
		err = recorded_play(trace, header, pipeline_item, &p);
	if (!err)
		pipeline_finish(&p);
	pipeline_free(&p);
	return err;
}

/* As on a kernel in which a function that the verdict needs cannot be probed. */
static int play_blind(struct host *host, struct trace_header *header)
{
	const struct recorded nothing = { .nr = 0 };
	size_t i;

	for (i = 0; i < header->nr_probes; i++)
		if (header->probes[i].point == PT_MAP)
			header->probes[i].attached = false;
	return play(host, &nothing, header);
}

static void host_turn(struct fleet *f, struct host *host)
{
	bool violating = host->state == STATE_REGRESSED || host->state == STATE_ONCE;
	const struct recorded *trace = violating ? &f->violating : &f->healthy;
	uint64_t before = host->violations;
	struct trace_header header;

	if (host->state == STATE_IDLE)
		return;
	recorded_header(trace, host->name, host->boot_id, &header);
	if (host->state == STATE_BLIND ? play_blind(host, &header) : play(host, trace, &header))
		abort();
	if (host->state == STATE_ONCE)
		host->state = STATE_IDLE;
	if (host->violations == before || !f->changes)
		return;
	fprintf(f->changes, "%.3f %s %" PRIu64 "\n", clock_seconds(CLOCK_REALTIME), host->name,
		host->violations);
	fflush(f->changes);
}

/* A later version says what this one says, but for its name. */
static char *other_version(char *text)
{
	static const char label[] = "version=\"";
	char *at = text ? strstr(text, label) : NULL;

	if (at)
		at[sizeof(label) - 1] = '9';
	return text;
}

static char *host_render(const struct host *host, enum exposition form, bool process, size_t *len)
{
	char *text = metrics_render(host->metrics, form, process, len);

	return host->state == STATE_OTHER_VERSION ? other_version(text) : text;
}

/* ---- HTTP ---- */

#define BODY_MAX (1 << 20)

struct request {
	char *body;
	size_t len;
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned int status,
			     const char *type, char *text, size_t len)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result reply_status(struct MHD_Connection *connection, unsigned int status)
{
	return reply(connection, status, NULL, strdup("\n"), 1);
}

static enum exposition wanted_form(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");

	return accept && strstr(accept, "application/openmetrics-text") ? EXPOSITION_OPENMETRICS
									: EXPOSITION_TEXT;
}

static enum MHD_Result get_metrics(struct fleet *f, struct MHD_Connection *connection, int number)
{
	enum exposition form = wanted_form(connection);
	struct host *host;
	char *text = NULL;
	size_t len;

	if (number < 1 || number > f->nr)
		return reply_status(connection, MHD_HTTP_NOT_FOUND);
	host = &f->hosts[number - 1];
	pthread_mutex_lock(&f->lock);
	if (host->state != STATE_DEAD)
		text = host_render(host, form, true, &len);
	pthread_mutex_unlock(&f->lock);
	if (!text)
		return reply_status(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	return reply(connection, MHD_HTTP_OK, metrics_content_type(form), text, len);
}

/* "A-B/STATE" */
static enum MHD_Result post_state(struct fleet *f, struct MHD_Connection *connection,
				  const char *what)
{
	char name[24];
	int first, last;
	size_t state;

	if (sscanf(what, "%d-%d/%23s", &first, &last, name) != 3 || first < 1 || last > f->nr)
		return reply_status(connection, MHD_HTTP_BAD_REQUEST);
	for (state = 0; state < sizeof(states) / sizeof(states[0]); state++)
		if (!strcmp(states[state], name))
			break;
	if (state == sizeof(states) / sizeof(states[0]))
		return reply_status(connection, MHD_HTTP_BAD_REQUEST);
	pthread_mutex_lock(&f->lock);
	for (; first <= last; first++)
		f->hosts[first - 1].state = state;
	pthread_mutex_unlock(&f->lock);
	return reply_status(connection, MHD_HTTP_OK);
}

/* One line: when it came, and what it says. */
static enum MHD_Result post_webhook(struct fleet *f, struct MHD_Connection *connection,
				    const struct request *request)
{
	pthread_mutex_lock(&f->lock);
	if (f->alerts) {
		fprintf(f->alerts, "{\"received\":%.3f,\"message\":%s}\n",
			clock_seconds(CLOCK_REALTIME), request->body);
		fflush(f->alerts);
	}
	pthread_mutex_unlock(&f->lock);
	return reply_status(connection, MHD_HTTP_OK);
}

static enum MHD_Result take_body(struct request *r, const char *data, size_t *size)
{
	char *body = r->len + *size < BODY_MAX ? realloc(r->body, r->len + *size + 1) : NULL;

	if (!body)
		return MHD_NO;
	memcpy(body + r->len, data, *size);
	r->body = body;
	r->len += *size;
	body[r->len] = '\0';
	*size = 0;
	return MHD_YES;
}

static enum MHD_Result serve(void *ctx, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *data,
			     size_t *size, void **state)
{
	struct fleet *f = ctx;
	struct request *request = *state;
	int number, end = 0;

	(void)version;
	if (!request) {
		*state = calloc(1, sizeof(*request));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*size)
		return take_body(request, data, size);
	if (!strcmp(method, "GET") && sscanf(url, "/host/%d/metrics%n", &number, &end) == 1 &&
	    end && !url[end])
		return get_metrics(f, connection, number);
	if (!strcmp(method, "POST") && !strncmp(url, "/hosts/", 7))
		return post_state(f, connection, url + 7);
	if (!strcmp(method, "POST") && !strcmp(url, "/webhook") && request->body)
		return post_webhook(f, connection, request);
	return reply_status(connection, MHD_HTTP_NOT_FOUND);
}

static void completed(void *ctx, struct MHD_Connection *connection, void **state,
		      enum MHD_RequestTerminationCode code)
{
	struct request *request = *state;

	(void)ctx, (void)connection, (void)code;
	if (!request)
		return;
	free(request->body);
	free(request);
}

static int listen_on_loopback(struct fleet *f)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	f->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, serve, f,
				     MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
				     MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
				     MHD_OPTION_CONNECTION_LIMIT, 2000U, MHD_OPTION_END);
	if (!f->daemon) {
		perror("fleet_hosts: cannot listen on 127.0.0.1");
		return -EADDRINUSE;
	}
	printf("listening on %d\n",
	       MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	return 0;
}

/* ---- all of them ---- */

/* As node_exporter wants it: whole, or not there. */
static void write_textfile(const struct fleet *f, const char *text, size_t len)
{
	char temporary[4096];
	FILE *out;

	snprintf(temporary, sizeof(temporary), "%s.new", f->textfile);
	out = fopen(temporary, "we");
	if (!out || fwrite(text, 1, len, out) != len || fclose(out) ||
	    rename(temporary, f->textfile)) {
		perror(f->textfile);
		abort();
	}
}

static void tell_textfile(struct fleet *f)
{
	size_t len;
	char *text;

	pthread_mutex_lock(&f->lock);
	text = host_render(&f->hosts[f->nr - 1], EXPOSITION_TEXT, false, &len);
	pthread_mutex_unlock(&f->lock);
	if (text)
		write_textfile(f, text, len);
	free(text);
}

static void run(struct fleet *f)
{
	const struct timespec tick = { .tv_nsec = 20000000 };
	double now = clock_seconds(CLOCK_MONOTONIC), textfile = now;
	int i;

	/* spread over the period, as on hosts that know nothing of each other */
	for (i = 0; i < f->nr; i++)
		f->hosts[i].due = now + f->period * i / f->nr;
	for (; !ended; nanosleep(&tick, NULL)) {
		now = clock_seconds(CLOCK_MONOTONIC);
		for (i = 0; i < f->nr; i++) {
			if (f->hosts[i].due > now)
				continue;
			f->hosts[i].due = now + f->period;
			pthread_mutex_lock(&f->lock);
			host_turn(f, &f->hosts[i]);
			pthread_mutex_unlock(&f->lock);
		}
		if (f->textfile && now >= textfile) {
			tell_textfile(f);
			textfile = now + 1;
		}
	}
}

static FILE *open_log(const char *path)
{
	FILE *log = path ? fopen(path, "we") : NULL;

	if (path && !log)
		perror(path);
	return log;
}

static int simulate(struct fleet *f)
{
	int status = EXIT_FAILURE, i;

	pthread_mutex_init(&f->lock, NULL);
	f->changes = open_log(f->changes_path);
	f->alerts = open_log(f->alerts_path);
	f->hosts = calloc((size_t)f->nr, sizeof(*f->hosts));
	if (!f->hosts || recorded_load(&f->healthy, f->healthy_path) ||
	    recorded_load(&f->violating, f->violating_path))
		goto cleanup;
	for (i = 0; i < f->nr; i++)
		host_init(&f->hosts[i], i + 1);
	signal(SIGTERM, end);
	signal(SIGINT, end);
	if (listen_on_loopback(f))
		goto cleanup;
	run(f);
	MHD_stop_daemon(f->daemon);
	status = EXIT_SUCCESS;
cleanup:
	for (i = 0; f->hosts && i < f->nr; i++)
		if (f->hosts[i].metrics)
			f->hosts[i].metrics->ops->free(f->hosts[i].metrics);
	free(f->hosts);
	recorded_release(&f->healthy);
	recorded_release(&f->violating);
	if (f->changes)
		fclose(f->changes);
	if (f->alerts)
		fclose(f->alerts);
	return status;
}

/* ---- one host, on standard output ---- */

static int print(const struct fleet *f)
{
	enum exposition form = strcmp(f->print, "text") ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
	struct host host = { .state = STATE_HEALTHY };
	int status = EXIT_SUCCESS;
	struct recorded trace;
	char *const *path;
	char *text;
	size_t len;

	host_init(&host, 1);
	for (path = f->traces; *path; path++) {
		if (recorded_load(&trace, *path) || play(&host, &trace, &trace.header))
			status = EXIT_FAILURE;
		recorded_release(&trace);
	}
	text = host_render(&host, form, true, &len);
	if (!text || fwrite(text, 1, len, stdout) != len || fflush(stdout))
		status = EXIT_FAILURE;
	free(text);
	host.metrics->ops->free(host.metrics);
	return status;
}

enum { OPT_HOSTS = 0x100, OPT_PERIOD, OPT_CHANGES, OPT_ALERTS, OPT_TEXTFILE, OPT_PRINT };

static const struct argp_option options[] = {
	{ "hosts", OPT_HOSTS, "N", 0, "how many", 0 },
	{ "period", OPT_PERIOD, "SECONDS", 0, "between two replays of a host", 0 },
	{ "changes", OPT_CHANGES, "FILE", 0, "when which host saw a violation", 0 },
	{ "alerts", OPT_ALERTS, "FILE", 0, "what Alertmanager sent", 0 },
	{ "textfile", OPT_TEXTFILE, "FILE", 0, "what the last host says", 0 },
	{ "print", OPT_PRINT, "FORM", 0, "text or openmetrics, of one host after the traces", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct fleet *f = state->input;

	switch (key) {
	case OPT_HOSTS:
		f->nr = atoi(arg);
		return 0;
	case OPT_PERIOD:
		f->period = atof(arg);
		return 0;
	case OPT_CHANGES:
		f->changes_path = arg;
		return 0;
	case OPT_ALERTS:
		f->alerts_path = arg;
		return 0;
	case OPT_TEXTFILE:
		f->textfile = arg;
		return 0;
	case OPT_PRINT:
		f->print = arg;
		return 0;
	case ARGP_KEY_ARGS:
		f->traces = &state->argv[state->next];
		if (!f->print && state->argc - state->next != 2)
			argp_error(state, "a healthy and a violating trace");
		f->healthy_path = f->traces[0];
		f->violating_path = f->traces[1];
		return 0;
	case ARGP_KEY_NO_ARGS:
		f->traces = &state->argv[state->argc];
		if (!f->print)
			argp_error(state, "a healthy and a violating trace");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "TRACE...", NULL, NULL, NULL, NULL };
	struct fleet f = { .nr = 10, .period = 4 };

	argp_parse(&argp, argc, argv, 0, NULL, &f);
	if (f.nr < 1 || f.period <= 0)
		return 64;
	return f.print ? print(&f) : simulate(&f);
}
