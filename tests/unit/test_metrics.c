/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What Prometheus is told: the series of docs/metrics.md, no more, and numbers that add up. */
#include <errno.h>
#include <jansson.h>
#include <linux/kvm.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "evmcs_trace/version.h"
#include "judged.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/metrics.h"
#include "stories.h"
#include "trace/format.h"

#define L2_EVMCS (NESTED_EVMCS | NESTED_GUEST_MODE)
#define NSEC_PER_SEC 1000000000ULL
#define SERIES_MAX 95 /* of one host, less than */
#define PREFIX "evmcs_trace_"

/* ---- an exposition, as a reader sees it ---- */

struct sample {
	char key[160]; /* name and labels */
	double value;
	char exemplar[256]; /* its labels without braces, "" where there is none */
	double exemplar_value;
	double exemplar_time;
};

struct page {
	char *text;
	struct sample samples[SERIES_MAX + 50];
	int nr;
	int comments;
};

static double number_at(const char *s, char **end)
{
	double value = strtod(s, end);

	assert_ptr_not_equal(s, *end);
	return value;
}

static void read_exemplar(struct sample *sample, const char *s)
{
	char *end;

	assert_int_equal(sscanf(s, " # {%255[^}]}", sample->exemplar), 1);
	sample->exemplar_value = number_at(strchr(s, '}') + 1, &end);
	sample->exemplar_time = number_at(end, &end);
	assert_string_equal(end, "");
}

/* name{labels} value, and perhaps an exemplar */
static void read_sample(struct page *page, const char *line)
{
	struct sample *sample = &page->samples[page->nr++];
	size_t key = strcspn(line, "{ ");
	char *end;

	assert_in_range(page->nr, 1, SERIES_MAX + 49);
	if (line[key] == '{')
		key = (size_t)(strchr(line, '}') + 1 - line);
	assert_in_range(key, 1, sizeof(sample->key) - 1);
	assert_int_equal(line[key], ' ');
	snprintf(sample->key, sizeof(sample->key), "%.*s", (int)key, line);
	sample->exemplar[0] = '\0';
	sample->value = number_at(line + key, &end);
	if (*end)
		read_exemplar(sample, end);
}

static struct page *read_page(char *text)
{
	struct page *page = calloc(1, sizeof(*page));
	char *line, *rest, *copy = strdup(text);

	assert_non_null(page);
	assert_non_null(copy);
	page->text = text;
	for (line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '#')
			page->comments++;
		else
			read_sample(page, line);
	}
	free(copy);
	return page;
}

static struct page *render(struct sink *metrics, enum exposition form)
{
	size_t len = 0;
	char *text = metrics_render(metrics, form, true, &len);

	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	assert_int_equal(text[len - 1], '\n');
	return read_page(text);
}

static void page_free(struct page *page)
{
	free(page->text);
	free(page);
}

static const struct sample *sample_of(const struct page *page, const char *key)
{
	const struct sample *found = NULL;
	int i;

	for (i = 0; i < page->nr; i++) {
		if (strcmp(page->samples[i].key, key) != 0)
			continue;
		assert_null(found); /* a series is there once */
		found = &page->samples[i];
	}
	if (!found)
		fail_msg("there is no %s", key);
	return found;
}

/* ---- a metrics sink and what it is told ---- */

struct watch {
	struct pipeline p;
	struct sink *metrics;
	struct page *page; /* of the last question */
};

static struct watch *watch_at(enum severity fail_on, bool live)
{
	const struct model_options model = { .fail_on = fail_on };
	const struct metrics_options options = { .model = &model, .libbpf = "1.1", .live = live };
	struct watch *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->metrics = metrics_sink_new(&options);
	assert_int_equal(pipeline_init(&w->p, &model), 0);
	assert_int_equal(pipeline_add(&w->p, w->metrics), 0);
	return w;
}

static struct watch *watch_new(void)
{
	return watch_at(SEVERITY_ERROR, false);
}

static void watch_free(struct watch *w)
{
	if (w->page)
		page_free(w->page);
	pipeline_free(&w->p);
	free(w);
}

static void look(struct watch *w, enum exposition form)
{
	if (w->page)
		page_free(w->page);
	w->page = render(w->metrics, form);
}

static void feed(struct watch *w, const struct stream *s)
{
	assert_int_equal(stream_feed(s, pipeline_item, &w->p), 0);
	pipeline_finish(&w->p);
	look(w, EXPOSITION_TEXT);
}

/* A new model and pipeline, as for the next trace; the counters go on. */
static void next_trace(struct watch *w, enum severity fail_on)
{
	const struct model_options model = { .fail_on = fail_on };

	w->p.nr_sinks = 0;
	pipeline_free(&w->p);
	assert_int_equal(pipeline_init(&w->p, &model), 0);
	assert_int_equal(pipeline_add(&w->p, w->metrics), 0);
}

/* Of the last page: fmt is a series without the prefix of its name. */
static double value(const struct watch *w, const char *fmt, ...)
{
	char key[200] = PREFIX;
	va_list args;

	va_start(args, fmt);
	vsnprintf(key + strlen(PREFIX), sizeof(key) - strlen(PREFIX), fmt, args);
	va_end(args);
	return sample_of(w->page, key)->value;
}

static void assert_value(double got, double want)
{
	if (fabs(got - want) > 1e-6)
		fail_msg("%.9f is not %.9f", got, want);
}

/* All samples of a family with what is between its braces. */
static double sum_of(const struct page *page, const char *name)
{
	size_t len = strlen(name);
	double sum = 0;
	int i;

	for (i = 0; i < page->nr; i++)
		if (!strncmp(page->samples[i].key, name, len) && page->samples[i].key[len] == '{')
			sum += page->samples[i].value;
	return sum;
}

/* ---- which series there are ---- */

struct family {
	const char *name;
	const char *type;
	const char *label; /* NULL: none */
	const char *values[25];
};

#define COUNTER "counter"
#define GAUGE "gauge"
#define HISTOGRAM "histogram"

/* What others have in their rules and dashboards: a change here breaks them. */
static const struct family promised[] = {
	{ PREFIX "armed", GAUGE, NULL, { 0 } },
	{ PREFIX "seeing", GAUGE, NULL, { 0 } },
	{ PREFIX "probe_attached",
	  GAUGE,
	  "probe",
	  { "set-state",
	    "get-state",
	    "state-pages",
	    "evmptr-load",
	    "nested-exit",
	    "free-vcpu",
	    "shadow-copy",
	    "read-guest",
	    "read-guest-page",
	    "vcpu-read-guest",
	    "vcpu-read-guest-page",
	    "read-guest-atomic",
	    "read-guest-cached",
	    "write-guest-page",
	    "write-guest-cached",
	    "map",
	    "pin",
	    "walk-64",
	    "walk-32",
	    "walk-ept",
	    "hyperv-msr",
	    "unmap",
	    "memslot",
	    "memslot-commit" } },
	{ PREFIX "restores_total",
	  COUNTER,
	  "path",
	  { "native", "evmcs-deferred", "evmcs-forced-exit", "evmcs-direct", "evmcs-early",
	    "evmcs-none", "leave" } },
	{ PREFIX "restore_verdicts_total", COUNTER, "verdict", { "pass", "fail", "inconclusive" } },
	{ PREFIX "restores_refused_total", COUNTER, NULL, { 0 } },
	{ PREFIX "restores_in_flight", GAUGE, NULL, { 0 } },
	{ PREFIX "anomalies_total", COUNTER, "severity", { "info", "warning", "error" } },
	{ PREFIX "violations_total",
	  COUNTER,
	  "rule",
	  { "early-access", "evmcs-lost", "wrong-vmcs", "wrong-state", "pages-failed", "leak" } },
	{ PREFIX "last_violation_timestamp_seconds", GAUGE, NULL, { 0 } },
	{ PREFIX "last_violation_class", GAUGE, NULL, { 0 } },
	{ PREFIX "last_restore_timestamp_seconds", GAUGE, NULL, { 0 } },
	{ PREFIX "last_loss_timestamp_seconds", GAUGE, NULL, { 0 } },
	{ PREFIX "events_lost_total",
	  COUNTER,
	  "stage",
	  { "ring", "tracking", "missed", "silent", "detached" } },
	{ PREFIX "set_duration_seconds", HISTOGRAM, "path", { "native", "evmcs" } },
	{ PREFIX "restore_to_run_seconds", HISTOGRAM, "path", { "native", "evmcs" } },
	{ PREFIX "probe_runs_total", COUNTER, NULL, { 0 } },
	{ PREFIX "probe_run_seconds_total", COUNTER, NULL, { 0 } },
	{ PREFIX "output_errors_total", COUNTER, "sink", { "traces", "textfile", "journal" } },
	{ PREFIX "config_last_reload_success_timestamp_seconds", GAUGE, NULL, { 0 } },
};

/* Those that are not 0 from the start. */
static const struct family promised_others[] = {
	{ PREFIX "build_info", GAUGE, NULL, { 0 } },
	{ PREFIX "rules_info", GAUGE, NULL, { 0 } },
	{ PREFIX "config_last_reload_successful", GAUGE, NULL, { 0 } },
	{ "process_start_time_seconds", GAUGE, NULL, { 0 } },
	{ "process_cpu_seconds_total", COUNTER, NULL, { 0 } },
	{ "process_resident_memory_bytes", GAUGE, NULL, { 0 } },
	{ "process_open_fds", GAUGE, NULL, { 0 } },
};

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))

static int zero_at(const struct page *page, const char *fmt, ...)
{
	char key[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(key, sizeof(key), fmt, args);
	va_end(args);
	assert_value(sample_of(page, key)->value, 0);
	return 1;
}

static int zero_histogram(const struct page *page, const struct family *f, const char *path)
{
	static const char *const bounds[][4] = { { "0.001", "0.01", "0.1", "+Inf" },
						 { "0.1", "1.0", "10.0", "+Inf" } };
	const char *const *le = bounds[!strstr(f->name, "set_duration")];
	int i, n = 0;

	for (i = 0; i < 4; i++)
		n += zero_at(page, "%s_bucket{path=\"%s\",le=\"%s\"}", f->name, path, le[i]);
	n += zero_at(page, "%s_sum{path=\"%s\"}", f->name, path);
	return n + zero_at(page, "%s_count{path=\"%s\"}", f->name, path);
}

static int zero_family(const struct page *page, const struct family *f)
{
	int i, n = 0;

	if (!f->label)
		return zero_at(page, "%s", f->name);
	for (i = 0; f->values[i]; i++)
		n += strcmp(f->type, HISTOGRAM) != 0
			     ? zero_at(page, "%s{%s=\"%s\"}", f->name, f->label, f->values[i])
			     : zero_histogram(page, f, f->values[i]);
	return n;
}

/* In the older format a counter's family is called as its samples are. */
static void assert_head(const struct page *page, const struct family *f, bool openmetrics)
{
	char line[200];
	int len = (int)strlen(f->name);

	if (openmetrics && !strcmp(f->type, COUNTER))
		len -= (int)strlen("_total");
	snprintf(line, sizeof(line), "\n# TYPE %.*s %s\n%s", len, f->name, f->type, f->name);
	if (!strstr(page->text, line))
		fail_msg("there is no%s", line);
	snprintf(line, sizeof(line), "# HELP %.*s ", len, f->name);
	assert_non_null(strstr(page->text, line));
}

static void every_series_is_there_at_0(void **state)
{
	struct watch *w = watch_new();
	size_t i, n = SIZE(promised_others);
	char key[200];

	(void)state;
	look(w, EXPOSITION_TEXT);
	for (i = 0; i < SIZE(promised); i++)
		n += (size_t)zero_family(w->page, &promised[i]);
	/* and none that was not promised */
	assert_int_equal(w->page->nr, n);
	assert_in_range(n, 1, SERIES_MAX - 1);
	assert_int_equal(w->page->comments, 2 * (SIZE(promised) + SIZE(promised_others)));
	snprintf(key, sizeof(key),
		 PREFIX "build_info{version=\"%s\",libbpf=\"1.1\",schema=\"%d.%d\"}",
		 EVMCS_TRACE_VERSION, TRACE_SCHEMA_MAJOR, TRACE_SCHEMA_MINOR);
	assert_value(sample_of(w->page, key)->value, 1);
	assert_value(value(w, "config_last_reload_successful"), 1);
	watch_free(w);
}

static void families_are_described(void **state)
{
	struct watch *w = watch_new();
	int form;
	size_t i;

	(void)state;
	for (form = 0; form < EXPOSITION_COUNT; form++) {
		look(w, form);
		for (i = 0; i < SIZE(promised); i++)
			assert_head(w->page, &promised[i], form == EXPOSITION_OPENMETRICS);
		for (i = 1; i < SIZE(promised_others); i++)
			assert_head(w->page, &promised_others[i], form == EXPOSITION_OPENMETRICS);
	}
	watch_free(w);
}

static void assert_same_series(const struct page *a, const struct page *b)
{
	int i;

	assert_int_equal(a->nr, b->nr);
	for (i = 0; i < a->nr; i++)
		assert_string_equal(a->samples[i].key, b->samples[i].key);
}

#define HOSTILE "x\",path=\"y\"} 1\nfake{a=\"\xff\x1b"

/* All that can be named by a guest's owner, a VMM, or who runs a process. */
static void name_badly(struct stream *s)
{
	int i;

	for (i = 1; i <= 3; i++) {
		on(s, (uint32_t)i, 0);
		name_vm(s, HOSTILE);
		s->steps[s->nr - 1].vm.comm = HOSTILE;
		memcpy(s->a->nested.comm, HOSTILE, sizeof(s->a->nested.comm) - 1);
	}
}

static void no_event_makes_a_series(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	struct rng r = { 7 };
	struct page *before;
	int i, form;

	look(w, EXPOSITION_TEXT);
	before = w->page;
	w->page = NULL;
	name_badly(s);
	for (i = 0; i < 300; i++)
		random_story(s, &r);
	for (i = 0; i < 3000; i++)
		random_event(s, &r);
	for (i = 0; i < LOSS_STAGE_COUNT; i++)
		loss_of(s, i, 1);
	footer(s);
	feed(w, s);
	for (form = 0; form < EXPOSITION_COUNT; form++) {
		look(w, form);
		assert_same_series(before, w->page);
		assert_null(strstr(w->page->text, "fake"));
	}
	assert_true(sum_of(w->page, PREFIX "restores_total") > 100);
	page_free(before);
	watch_free(w);
}

/* node_exporter has a process of its own, and a replay is none. */
static void the_process_may_be_left_out(void **state)
{
	struct watch *w = watch_new();
	struct page *page;
	size_t len;
	char *text = metrics_render(w->metrics, EXPOSITION_TEXT, false, &len);

	(void)state;
	assert_non_null(text);
	page = read_page(text);
	look(w, EXPOSITION_TEXT);
	assert_int_equal(page->nr + 4, w->page->nr);
	assert_null(strstr(text, "process_"));
	assert_true(sample_of(w->page, "process_start_time_seconds")->value > 1e9);
	assert_true(sample_of(w->page, "process_start_time_seconds")->value <=
		    (double)time(NULL) + 1);
	assert_true(sample_of(w->page, "process_resident_memory_bytes")->value > 1e5);
	assert_true(sample_of(w->page, "process_open_fds")->value >= 3);
	page_free(page);
	watch_free(w);
}

/* ---- the numbers add up ---- */

/* What the sink beside it was told, counted another way. */
struct tally {
	struct sink sink;
	int set[2];
	int run[2];
	int buckets[2][3]; /* of set: not longer than the bound */
	int refused;
	double sum;
};

static void tally_restore(struct sink *sink, const struct restore *r,
			  const struct trace_header *header)
{
	static const double bounds[] = { 0.001, 0.01, 0.1 };
	struct tally *t = (struct tally *)sink;
	bool evmcs = r->wants_evmcs;
	int i;

	(void)header;
	t->refused += r->end == END_REFUSED;
	if (r->path == PATH_LEAVE)
		return;
	t->run[evmcs] += r->run_seen;
	t->set[evmcs] += r->set_done;
	for (i = 0; i < 3 && r->set_done; i++)
		t->buckets[evmcs][i] += (double)r->set_duration_ns / 1e9 <= bounds[i];
	if (r->set_done)
		t->sum += (double)r->set_duration_ns / 1e9;
}

static void tally_free(struct sink *sink)
{
	free(sink);
}

static struct tally *tally_new(void)
{
	static const struct sink_ops ops = { .restore = tally_restore, .free = tally_free };
	struct tally *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->sink.ops = &ops;
	return t;
}

/* What a trace says line by line: those of a type in which a key has this value. */
static int lines(const char *trace, const char *type, const char *key, const char *wanted)
{
	const char *line;
	int n = 0;

	for (line = trace; *line; line = strchr(line, '\n') + 1) {
		json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);

		assert_non_null(o);
		n += !strcmp(json_string_value(json_object_get(o, "type")), type) &&
		     !json_is_true(json_object_get(o, "reset")) &&
		     (!key || !strcmp(json_string_value(json_object_get(o, key)), wanted));
		json_decref(o);
	}
	return n;
}

static void assert_lines(const struct watch *w, const char *trace)
{
	static const struct {
		const char *metric, *label, *type, *key;
		const char *values[8];
	} kinds[] = {
		{ "restores_total",
		  "path",
		  "restore",
		  "path",
		  { "native", "evmcs-deferred", "evmcs-forced-exit", "evmcs-direct", "evmcs-early",
		    "evmcs-none", "leave" } },
		{ "restore_verdicts_total",
		  "verdict",
		  "restore",
		  "verdict",
		  { "pass", "fail", "inconclusive" } },
		{ "anomalies_total",
		  "severity",
		  "anomaly",
		  "severity",
		  { "info", "warning", "error" } },
	};
	size_t i;
	int j;

	for (i = 0; i < SIZE(kinds); i++)
		for (j = 0; kinds[i].values[j]; j++)
			assert_value(value(w, "%s{%s=\"%s\"}", kinds[i].metric, kinds[i].label,
					   kinds[i].values[j]),
				     lines(trace, kinds[i].type, kinds[i].key, kinds[i].values[j]));
	assert_value(sum_of(w->page, PREFIX "restores_total"), lines(trace, "restore", NULL, NULL));
	assert_value(sum_of(w->page, PREFIX "restore_verdicts_total"),
		     lines(trace, "restore", NULL, NULL));
	assert_value(sum_of(w->page, PREFIX "violations_total"),
		     lines(trace, "anomaly", "severity", "error"));
}

static void assert_tally(const struct watch *w, const struct tally *t)
{
	static const char *const paths[] = { "native", "evmcs" };
	static const char *const bounds[] = { "0.001", "0.01", "0.1" };
	int i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < 3; j++)
			assert_value(value(w, "set_duration_seconds_bucket{path=\"%s\",le=\"%s\"}",
					   paths[i], bounds[j]),
				     t->buckets[i][j]);
		assert_value(value(w, "set_duration_seconds_count{path=\"%s\"}", paths[i]),
			     t->set[i]);
		assert_value(value(w, "set_duration_seconds_bucket{path=\"%s\",le=\"+Inf\"}",
				   paths[i]),
			     t->set[i]);
		assert_value(value(w, "restore_to_run_seconds_count{path=\"%s\"}", paths[i]),
			     t->run[i]);
	}
	assert_value(sum_of(w->page, PREFIX "set_duration_seconds_sum"), t->sum);
	assert_value(value(w, "restores_refused_total"), t->refused);
}

/* The lines of a trace are what a person counts. */
static void counters_are_what_the_trace_says(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	struct tally *t = tally_new();
	struct rng r = { 20 };
	int i;

	assert_int_equal(pipeline_add(&w->p, &t->sink), 0);
	for (i = 0; i < nr_stories; i++) {
		on(s, 1, i % 3);
		stories[i].tell(s);
	}
	for (i = 0; i < 400; i++)
		random_story(s, &r);
	footer(s);
	feed(w, s);
	assert_lines(w, judge(s)->json);
	assert_tally(w, t);
	assert_true(t->set[0] > 10 && t->set[1] > 10 && t->refused > 10 && t->run[1] > 10);
	watch_free(w);
}

/* A restore that nobody saw; it is all that is asked of a sink. */
static struct restore a_restore(uint64_t set_ns, uint64_t run_ns)
{
	return (struct restore){
		.id = 5,
		.wants_evmcs = true,
		.path = PATH_EVMCS_DEFERRED,
		.end = END_RAN,
		.verdict = VERDICT_PASS,
		.t_set_ns = 1000,
		.set_done = true,
		.set_duration_ns = set_ns,
		.run_seen = true,
		.t_run_ns = 1000 + run_ns,
	};
}

static void tell_restore(struct watch *w, const struct restore *r, const struct stream *s)
{
	w->metrics->ops->restore(w->metrics, r, &s->header);
}

#define MSEC 1000000ULL

static void bounds_are_inclusive(void **state)
{
	static const uint64_t set_ns[] = {
		0, MSEC, MSEC + 1, 10 * MSEC, 10 * MSEC + 1, 100 * MSEC, 100 * MSEC + 1
	};
	static const char *const set_bounds[] = { "0.001", "0.01", "0.1", "+Inf" };
	static const char *const run_bounds[] = { "0.1", "1.0", "10.0", "+Inf" };
	static const double below[] = { 2, 4, 6, 7 };
	struct stream *s = *state;
	struct watch *w = watch_new();
	struct restore r;
	double sum = 0;
	size_t i;

	for (i = 0; i < SIZE(set_ns); i++) {
		/* its bounds are a hundred times as long */
		uint64_t run_ns = set_ns[i] / MSEC * 100 * MSEC + set_ns[i] % MSEC;

		r = a_restore(set_ns[i], run_ns);
		tell_restore(w, &r, s);
		sum += (double)run_ns / 1e9;
	}
	look(w, EXPOSITION_TEXT);
	for (i = 0; i < 4; i++) {
		assert_value(value(w, "set_duration_seconds_bucket{path=\"evmcs\",le=\"%s\"}",
				   set_bounds[i]),
			     below[i]);
		assert_value(value(w, "restore_to_run_seconds_bucket{path=\"evmcs\",le=\"%s\"}",
				   run_bounds[i]),
			     below[i]);
	}
	assert_value(value(w, "set_duration_seconds_sum{path=\"evmcs\"}"), 0.222000003);
	assert_value(value(w, "restore_to_run_seconds_sum{path=\"evmcs\"}"), sum);
	assert_value(value(w, "set_duration_seconds_count{path=\"native\"}"), 0);
	watch_free(w);
}

static void what_was_not_seen_is_not_timed(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	struct restore r = a_restore(5, 5);

	r.set_done = false;
	tell_restore(w, &r, s);
	r = a_restore(5, 5);
	r.run_seen = false;
	tell_restore(w, &r, s);
	r = a_restore(5, 5);
	r.path = PATH_LEAVE; /* nothing was restored that could run */
	tell_restore(w, &r, s);
	look(w, EXPOSITION_TEXT);
	assert_value(value(w, "set_duration_seconds_count{path=\"evmcs\"}"), 1);
	assert_value(value(w, "restore_to_run_seconds_count{path=\"evmcs\"}"), 1);
	assert_value(sum_of(w->page, PREFIX "restores_total"), 3);
	watch_free(w);
}

static void resets_are_not_counted(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();

	leave_vmx_enter(s); /* out of VMX operation before and after */
	set_leave(s, 0);
	footer(s);
	feed(w, s);
	assert_value(sum_of(w->page, PREFIX "restores_total"), 0);
	assert_value(sum_of(w->page, PREFIX "restore_verdicts_total"), 0);
	assert_value(value(w, "last_restore_timestamp_seconds"), 0);
	watch_free(w);
}

static void a_leave_is_counted(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();

	tell(s, "leave");
	footer(s);
	feed(w, s);
	assert_value(value(w, "restores_total{path=\"leave\"}"), 1);
	assert_value(value(w, "restore_verdicts_total{verdict=\"pass\"}"), 1);
	watch_free(w);
}

static void a_refusal_is_counted(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();

	set_enter(s, L2_EVMCS);
	set_leave(s, -EINVAL);
	footer(s);
	feed(w, s);
	assert_value(value(w, "restores_refused_total"), 1);
	assert_value(sum_of(w->page, PREFIX "restores_total"), 1);
	watch_free(w);
}

static void the_last_restore_is_told(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	uint64_t t_ns;

	set(s, L2_EVMCS);
	t_ns = s->steps[0].event.t_ns;
	run_deferred(s);
	footer(s);
	feed(w, s);
	assert_value(value(w, "last_restore_timestamp_seconds"),
		     (double)(s->header.wall_ns + t_ns) / 1e9);
	assert_value(value(w, "last_violation_timestamp_seconds"), 0);
	watch_free(w);
}

static void counters_go_on_in_the_next_trace(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	int i;

	tell(s, "direct");
	loss(s, 2);
	footer(s)->count[PT_MAP].missed = 3;
	for (i = 1; i <= 3; i++) {
		feed(w, s);
		next_trace(w, SEVERITY_ERROR);
		assert_value(value(w, "restores_total{path=\"evmcs-direct\"}"), i);
		assert_value(value(w, "violations_total{rule=\"early-access\"}"), i);
		assert_value(value(w, "events_lost_total{stage=\"ring\"}"), 2 * i);
		assert_value(value(w, "events_lost_total{stage=\"missed\"}"), 3 * i);
	}
	watch_free(w);
}

/* ---- violations ---- */

/* By the list that alerts and the runbook go by. */
static const char *rule_of(const char *id)
{
	static const struct {
		const char *rule;
		const char *ids;
	} rules[] = {
		{ "early-access", " A1 A2 A3 A4 A5 A6 A18 A22 A26 " },
		{ "evmcs-lost", " A9 A10 A11 A12 A13 A14 A27 " },
		{ "wrong-vmcs", " A7 A19 A25 " },
		{ "wrong-state", " A15 A16 A20 A21 A23 A28 " },
		{ "pages-failed", " A8 A24 " },
		{ "leak", " A17 " },
	};
	char word[16];
	size_t i;

	snprintf(word, sizeof(word), " %s ", id);
	for (i = 0; i < SIZE(rules); i++)
		if (strstr(rules[i].ids, word))
			return rules[i].rule;
	fail_msg("%s has no rule", id);
	return NULL;
}

static void tell_anomaly(struct watch *w, const struct stream *s, const struct anomaly_class *cls,
			 enum severity severity)
{
	const struct restore r = a_restore(5, 5);
	const struct anomaly anomaly = { .cls = cls, .severity = severity, .t_ns = 77000 };

	w->metrics->ops->anomaly(w->metrics, &r, &anomaly, &s->header);
}

static void each_class_has_its_rule(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	char key[64];
	double before;
	int i;

	look(w, EXPOSITION_TEXT);
	for (i = 0; i < anomaly_nr_classes; i++) {
		const struct anomaly_class *cls = &anomaly_classes[i];

		snprintf(key, sizeof(key), "violations_total{rule=\"%s\"}", rule_of(cls->id));
		before = value(w, "%s", key);
		tell_anomaly(w, s, cls, SEVERITY_ERROR);
		look(w, EXPOSITION_TEXT);
		assert_value(value(w, "%s", key), before + 1);
		assert_value(sum_of(w->page, PREFIX "violations_total"), i + 1);
		assert_value(value(w, "last_violation_class"), i + 1);
	}
	watch_free(w);
}

/* Row: what is judged by; column: what is seen. */
static void a_violation_is_what_the_judge_calls_one(void **state)
{
	struct stream *s = *state;
	int fail_on, severity;

	for (fail_on = 0; fail_on < SEVERITY_COUNT; fail_on++) {
		for (severity = 0; severity < SEVERITY_COUNT; severity++) {
			struct watch *w = watch_at(fail_on, false);

			tell_anomaly(w, s, &anomaly_classes[0], severity);
			look(w, EXPOSITION_TEXT);
			assert_value(sum_of(w->page, PREFIX "violations_total"),
				     severity >= fail_on);
			assert_value(value(w, "anomalies_total{severity=\"%s\"}",
					   severity_name(severity)),
				     1);
			assert_value(sum_of(w->page, PREFIX "anomalies_total"), 1);
			assert_value(value(w, "last_violation_class"), severity >= fail_on);
			watch_free(w);
		}
	}
}

static void warnings_of_a_story_are_violations(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_at(SEVERITY_WARNING, false);

	set(s, L2_EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_VMFAIL);
	pages_leave(s, 0); /* A8, a warning */
	footer(s);
	feed(w, s);
	assert_value(value(w, "anomalies_total{severity=\"warning\"}"), 1);
	assert_value(value(w, "violations_total{rule=\"pages-failed\"}"), 1);
	assert_value(value(w, "last_violation_class"), 8);
	watch_free(w);
}

static void the_last_violation_is_told(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	const struct anomaly *a;

	tell(s, "read-in-set");
	s->t_ns += 5 * NSEC_PER_SEC;
	tell(s, "direct");
	footer(s);
	feed(w, s);
	a = find_anomaly(judge(s), "A1");
	assert_non_null(a);
	assert_value(value(w, "last_violation_timestamp_seconds"),
		     (double)(s->header.wall_ns + a->t_ns) / 1e9);
	assert_value(value(w, "last_violation_class"), 1);
	assert_value(value(w, "violations_total{rule=\"early-access\"}"), 2);
	watch_free(w);
}

static unsigned long rules_sum(struct watch *w)
{
	static const char key[] = PREFIX "rules_info{rules=\"";
	unsigned long sum = 0;
	int i, digits = 0, found = 0;

	look(w, EXPOSITION_TEXT);
	for (i = 0; i < w->page->nr; i++)
		if (!strncmp(w->page->samples[i].key, key, strlen(key))) {
			found++;
			sscanf(w->page->samples[i].key + strlen(key), "%8lx%n", &sum, &digits);
			assert_value(w->page->samples[i].value, 1);
		}
	assert_int_equal(found, 1);
	assert_int_equal(digits, 8);
	return sum;
}

static void other_rules_have_another_sum(void **state)
{
	struct model_options model = { .fail_on = SEVERITY_ERROR };
	struct watch *w = watch_new();
	unsigned long sum = rules_sum(w);

	(void)state;
	metrics_set_rules(w->metrics, &model);
	assert_int_equal(rules_sum(w), sum);
	model.slow_set_ns = SLOW_SET_NS; /* what 0 stands for */
	metrics_set_rules(w->metrics, &model);
	assert_int_equal(rules_sum(w), sum);
	model.slow_set_ns++;
	metrics_set_rules(w->metrics, &model);
	assert_int_not_equal(rules_sum(w), sum);
	model = (struct model_options){ .fail_on = SEVERITY_WARNING };
	metrics_set_rules(w->metrics, &model);
	assert_int_not_equal(rules_sum(w), sum);
	watch_free(w);
}

static void new_rules_count_from_now_on(void **state)
{
	const struct model_options strict = { .fail_on = SEVERITY_WARNING };
	struct stream *s = *state;
	struct watch *w = watch_new();

	tell_anomaly(w, s, &anomaly_classes[7], SEVERITY_WARNING);
	metrics_set_rules(w->metrics, &strict);
	tell_anomaly(w, s, &anomaly_classes[7], SEVERITY_WARNING);
	look(w, EXPOSITION_TEXT);
	assert_value(value(w, "violations_total{rule=\"pages-failed\"}"), 1);
	assert_value(value(w, "anomalies_total{severity=\"warning\"}"), 2);
	watch_free(w);
}

/* ---- exemplars ---- */

#define BOOT_ID "0123abcd-1111-2222-3333-444444444444"

static int nr_exemplars(const struct page *page)
{
	int i, n = 0;

	for (i = 0; i < page->nr; i++)
		n += *page->samples[i].exemplar != '\0';
	return n;
}

static void exemplars_name_the_restore(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	const struct sample *violation, *bucket;
	const struct anomaly *a;

	snprintf(s->header.boot_id, sizeof(s->header.boot_id), BOOT_ID);
	s->header.mono_ns = 0xfeed;
	tell(s, "deferred");
	tell(s, "direct");
	footer(s);
	feed(w, s);
	assert_int_equal(nr_exemplars(w->page), 0); /* the older format has none */
	a = find_anomaly(judge(s), "A1");
	look(w, EXPOSITION_OPENMETRICS);
	violation = sample_of(w->page, PREFIX "violations_total{rule=\"early-access\"}");
	assert_string_equal(violation->exemplar,
			    "restore_id=\"0123abcd-feed-2\",class=\"direct-map-in-set\"");
	assert_value(violation->exemplar_value, 1);
	/* it has milliseconds, and is not cut to them: rounded */
	assert_true(fabs(violation->exemplar_time - (double)(s->header.wall_ns + a->t_ns) / 1e9) <
		    0.000501);
	bucket = sample_of(w->page,
			   PREFIX "set_duration_seconds_bucket{path=\"evmcs\",le=\"0.001\"}");
	assert_string_equal(bucket->exemplar, "restore_id=\"0123abcd-feed-2\"");
	assert_true(bucket->exemplar_value > 0 && bucket->exemplar_value <= 0.001);
	bucket = sample_of(w->page,
			   PREFIX "set_duration_seconds_bucket{path=\"evmcs\",le=\"+Inf\"}");
	assert_string_equal(bucket->exemplar, "");
	watch_free(w);
}

/* An exemplar stands at the bucket in which its value is, not at those above. */
static void exemplars_are_of_their_bucket(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	struct restore r = a_restore(50 * MSEC, 20 * NSEC_PER_SEC);
	const struct sample *sample;

	tell_restore(w, &r, s);
	look(w, EXPOSITION_OPENMETRICS);
	assert_int_equal(nr_exemplars(w->page), 2);
	sample =
		sample_of(w->page, PREFIX "set_duration_seconds_bucket{path=\"evmcs\",le=\"0.1\"}");
	assert_value(sample->exemplar_value, 0.05);
	assert_value(sample->exemplar_time, (double)s->header.wall_ns / 1e9);
	sample = sample_of(w->page,
			   PREFIX "restore_to_run_seconds_bucket{path=\"evmcs\",le=\"+Inf\"}");
	assert_value(sample->exemplar_value, 20);
	watch_free(w);
}

/* Names and values together, without what is between them; as OpenMetrics counts. */
static size_t label_set_len(const char *labels)
{
	size_t n = 0;

	for (; *labels; labels++)
		n += !strchr("=\",", *labels);
	return n;
}

static void exemplars_are_short_enough(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	struct restore r = a_restore(5, 5);
	struct anomaly anomaly = { .severity = SEVERITY_ERROR };
	int i, j;

	snprintf(s->header.boot_id, sizeof(s->header.boot_id), BOOT_ID);
	s->header.mono_ns = UINT64_MAX;
	r.id = UINT64_MAX;
	for (i = 0; i < anomaly_nr_classes; i++) {
		anomaly.cls = &anomaly_classes[i];
		w->metrics->ops->anomaly(w->metrics, &r, &anomaly, &s->header);
		look(w, EXPOSITION_OPENMETRICS);
		assert_in_range(nr_exemplars(w->page), 1, RULE_COUNT);
		for (j = 0; j < w->page->nr; j++)
			assert_in_range(label_set_len(w->page->samples[j].exemplar), 0, 128);
		assert_non_null(strstr(w->page->text, anomaly.cls->name));
		assert_non_null(strstr(w->page->text, "-18446744073709551615\""));
	}
	watch_free(w);
}

/* A trace may come from anywhere. */
static void a_hostile_boot_id_stays_a_value(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	int i;

	snprintf(s->header.boot_id, sizeof(s->header.boot_id), "%s", "\"}\n\\x\xff 1");
	tell(s, "direct");
	footer(s);
	feed(w, s);
	look(w, EXPOSITION_OPENMETRICS);
	assert_true(nr_exemplars(w->page) > 0);
	for (i = 0; w->page->text[i]; i++)
		assert_true(w->page->text[i] == '\n' ||
			    (w->page->text[i] >= 0x20 && w->page->text[i] < 0x7f));
	assert_null(strchr(w->page->text, '\\'));
	watch_free(w);
}

static void only_one_format_has_an_end(void **state)
{
	static const char end[] = "\n# EOF\n";
	struct watch *w = watch_new();

	(void)state;
	look(w, EXPOSITION_TEXT);
	assert_null(strstr(w->page->text, "EOF"));
	look(w, EXPOSITION_OPENMETRICS);
	assert_string_equal(w->page->text + strlen(w->page->text) - strlen(end), end);
	assert_ptr_equal(strstr(w->page->text, "# EOF"),
			 w->page->text + strlen(w->page->text) - strlen(end) + 1);
	assert_string_equal(metrics_content_type(EXPOSITION_TEXT),
			    "text/plain; version=0.0.4; charset=utf-8");
	assert_string_equal(metrics_content_type(EXPOSITION_OPENMETRICS),
			    "application/openmetrics-text; version=1.0.0; charset=utf-8");
	watch_free(w);
}

/* ---- what was lost, and what is seen ---- */

static void losses_are_counted_by_stage(void **state)
{
	static const struct {
		enum loss_stage stage;
		const char *name;
	} stages[] = { { LOSS_RING, "ring" },
		       { LOSS_TRACKING, "tracking" },
		       { LOSS_MISSED, "missed" },
		       { LOSS_SILENT, "silent" },
		       { LOSS_DETACHED, "detached" } };
	struct stream *s = *state;
	struct watch *w = watch_new();
	double last_loss;
	size_t i;

	for (i = 0; i < SIZE(stages); i++)
		loss_of(s, stages[i].stage, 3 + i);
	last_loss = (double)(s->header.wall_ns + s->t_ns) / 1e9;
	footer(s);
	feed(w, s);
	for (i = 0; i < SIZE(stages); i++)
		assert_value(value(w, "events_lost_total{stage=\"%s\"}", stages[i].name),
			     (double)(3 + i));
	assert_value(value(w, "last_loss_timestamp_seconds"), last_loss);
	watch_free(w);
}

static void silence_is_not_seeing(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();

	loss_of(s, LOSS_RING, 1);
	assert_int_equal(stream_feed(s, pipeline_item, &w->p), 0);
	look(w, EXPOSITION_TEXT);
	assert_value(value(w, "seeing"), 1);
	loss_of(s, LOSS_SILENT, 1);
	assert_int_equal(stream_feed(s, pipeline_item, &w->p), 0);
	look(w, EXPOSITION_TEXT);
	assert_value(value(w, "seeing"), 0);
	assert_value(value(w, "armed"), 1);
	watch_free(w);
}

static void the_footer_tells_what_was_missed(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();
	struct trace_footer *f;

	s->t_ns = NSEC_PER_SEC;
	f = footer(s);
	f->count[PT_MAP].missed = 4;
	f->count[PT_PIN].missed = 5;
	f->tracking_lost = 7;
	feed(w, s);
	assert_value(value(w, "events_lost_total{stage=\"missed\"}"), 9);
	assert_value(value(w, "events_lost_total{stage=\"tracking\"}"), 7);
	assert_value(sum_of(w->page, PREFIX "events_lost_total"), 16);
	assert_value(value(w, "last_loss_timestamp_seconds"),
		     (double)(s->header.wall_ns + NSEC_PER_SEC) / 1e9);
	watch_free(w);
}

static void a_footer_without_losses_is_none(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();

	footer(s);
	feed(w, s);
	assert_value(value(w, "last_loss_timestamp_seconds"), 0);
	assert_value(sum_of(w->page, PREFIX "events_lost_total"), 0);
	watch_free(w);
}

static struct probe_fact *probe_of(struct stream *s, enum evmcs_point point)
{
	size_t i;

	for (i = 0; i < s->header.nr_probes; i++)
		if (s->header.probes[i].point == point)
			return &s->header.probes[i];
	abort();
}

static void armed_is_with_all_that_is_needed(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_new();

	feed(w, s);
	assert_value(value(w, "armed"), 1);
	assert_value(value(w, "seeing"), 1);
	next_trace(w, SEVERITY_ERROR);
	blind_to(s, PT_WALK_64);
	feed(w, s);
	assert_value(value(w, "armed"), 0);
	assert_value(value(w, "seeing"), 0);
	assert_value(value(w, "probe_attached{probe=\"walk-64\"}"), 0);
	assert_value(sum_of(w->page, PREFIX "probe_attached"), 23);
	next_trace(w, SEVERITY_ERROR);
	probe_of(s, PT_WALK_64)->needed = false; /* so on a kernel without shadow paging */
	feed(w, s);
	assert_value(value(w, "armed"), 1);
	assert_value(value(w, "probe_attached{probe=\"walk-64\"}"), 1);
	next_trace(w, SEVERITY_ERROR);
	s->header.nr_probes = 0;
	feed(w, s);
	assert_value(value(w, "armed"), 0);
	assert_value(sum_of(w->page, PREFIX "probe_attached"), 0);
	watch_free(w);
}

/* No verdict needs them, but a class of anomaly does. */
static void details_that_are_not_watched_are_told(void **state)
{
	static const enum evmcs_point details[] = { PT_GET_STATE, PT_SHADOW_COPY, PT_UNMAP,
						    PT_MEMSLOT, PT_MEMSLOT_COMMIT };
	struct stream *s = *state;
	struct watch *w = watch_new();
	size_t i;

	for (i = 0; i < SIZE(details); i++) {
		probe_of(s, details[i])->needed = false;
		probe_of(s, details[i])->attached = false;
	}
	feed(w, s);
	assert_value(value(w, "armed"), 1);
	for (i = 0; i < SIZE(details); i++)
		assert_value(value(w, "probe_attached{probe=\"%s\"}", point_name(details[i])), 0);
	assert_value(sum_of(w->page, PREFIX "probe_attached"), 24 - SIZE(details));
	watch_free(w);
}

/* ---- live ---- */

static const struct metrics_facts facts = {
	.armed = true,
	.seeing = true,
	.attached = 1ULL << PT_SET_STATE | 1ULL << PT_MEMSLOT_COMMIT,
	.in_flight = 11,
	.missed = 12,
	.untracked = 13,
	.probe_runs = 14,
	.probe_ns = 1500000000,
	.output_errors = { 16, 17, 18 },
	.reload_ok = false,
	.reload_time = 1700000000.25,
};

static void live_the_facts_are_told(void **state)
{
	struct watch *w = watch_at(SEVERITY_ERROR, true);

	(void)state;
	metrics_set_facts(w->metrics, &facts);
	look(w, EXPOSITION_TEXT);
	assert_value(value(w, "armed"), 1);
	assert_value(value(w, "seeing"), 1);
	assert_value(value(w, "probe_attached{probe=\"set-state\"}"), 1);
	assert_value(value(w, "probe_attached{probe=\"memslot-commit\"}"), 1);
	assert_value(sum_of(w->page, PREFIX "probe_attached"), 2);
	assert_value(value(w, "restores_in_flight"), 11);
	assert_value(value(w, "events_lost_total{stage=\"missed\"}"), 12);
	assert_value(value(w, "events_lost_total{stage=\"tracking\"}"), 13);
	assert_value(value(w, "probe_runs_total"), 14);
	assert_value(value(w, "probe_run_seconds_total"), 1.5);
	assert_value(value(w, "output_errors_total{sink=\"traces\"}"), 16);
	assert_value(value(w, "output_errors_total{sink=\"textfile\"}"), 17);
	assert_value(value(w, "output_errors_total{sink=\"journal\"}"), 18);
	assert_value(value(w, "config_last_reload_successful"), 0);
	assert_value(value(w, "config_last_reload_success_timestamp_seconds"), 1700000000.25);
	watch_free(w);
}

static void live_a_loss_has_its_time(void **state)
{
	struct watch *w = watch_at(SEVERITY_ERROR, true);
	struct metrics_facts f = facts;
	double before = (double)time(NULL);

	(void)state;
	f.missed = f.untracked = 0;
	metrics_set_facts(w->metrics, &f);
	look(w, EXPOSITION_TEXT);
	assert_value(value(w, "last_loss_timestamp_seconds"), 0);
	f.untracked = 1;
	metrics_set_facts(w->metrics, &f);
	look(w, EXPOSITION_TEXT);
	assert_true(value(w, "last_loss_timestamp_seconds") >= before);
	assert_true(value(w, "last_loss_timestamp_seconds") <= (double)time(NULL) + 1);
	watch_free(w);
}

/* They say it already, and would say it twice. */
static void live_header_and_footer_say_nothing(void **state)
{
	struct stream *s = *state;
	struct watch *w = watch_at(SEVERITY_ERROR, true);
	struct metrics_facts f = facts;

	f.armed = false;
	metrics_set_facts(w->metrics, &f);
	tell(s, "direct");
	loss_of(s, LOSS_DETACHED, 1);
	footer(s)->count[PT_MAP].missed = 12;
	feed(w, s);
	assert_value(value(w, "armed"), 0);
	assert_value(sum_of(w->page, PREFIX "probe_attached"), 2);
	assert_value(value(w, "events_lost_total{stage=\"missed\"}"), 12);
	assert_value(value(w, "events_lost_total{stage=\"detached\"}"), 1);
	assert_value(value(w, "violations_total{rule=\"early-access\"}"), 1);
	watch_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_series_is_there_at_0),
		TEST(families_are_described),
		TEST(no_event_makes_a_series),
		TEST(the_process_may_be_left_out),
		TEST(counters_are_what_the_trace_says),
		TEST(bounds_are_inclusive),
		TEST(what_was_not_seen_is_not_timed),
		TEST(resets_are_not_counted),
		TEST(a_leave_is_counted),
		TEST(a_refusal_is_counted),
		TEST(the_last_restore_is_told),
		TEST(counters_go_on_in_the_next_trace),
		TEST(each_class_has_its_rule),
		TEST(a_violation_is_what_the_judge_calls_one),
		TEST(warnings_of_a_story_are_violations),
		TEST(the_last_violation_is_told),
		TEST(other_rules_have_another_sum),
		TEST(new_rules_count_from_now_on),
		TEST(exemplars_name_the_restore),
		TEST(exemplars_are_of_their_bucket),
		TEST(exemplars_are_short_enough),
		TEST(a_hostile_boot_id_stays_a_value),
		TEST(only_one_format_has_an_end),
		TEST(losses_are_counted_by_stage),
		TEST(silence_is_not_seeing),
		TEST(the_footer_tells_what_was_missed),
		TEST(a_footer_without_losses_is_none),
		TEST(armed_is_with_all_that_is_needed),
		TEST(details_that_are_not_watched_are_told),
		TEST(live_the_facts_are_told),
		TEST(live_a_loss_has_its_time),
		TEST(live_header_and_footer_say_nothing),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
