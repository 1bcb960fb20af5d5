/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "evmcs_trace/version.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/metrics.h"
#include "trace/format.h"
#include "util/process.h"

#define NSEC_PER_SEC 1000000000ULL
#define PREFIX "evmcs_trace_"

/* OpenMetrics allows 128 characters for the names and values of an exemplar's labels. */
struct exemplar {
	char restore_id[RESTORE_ID_LEN];
	const char *class; /* NULL: of no anomaly */
	double value;
	double time; /* 0: none */
};

#define HISTOGRAM_BOUNDS 3

struct histogram {
	uint64_t count[HISTOGRAM_BOUNDS + 1]; /* of each bucket alone, the last one without bound */
	uint64_t sum_ns;
	struct exemplar exemplar[HISTOGRAM_BOUNDS + 1];
};

/* The six paths would be too many series for histograms. */
enum histogram_path { HISTOGRAM_NATIVE, HISTOGRAM_EVMCS, HISTOGRAM_PATHS };

static const char *const histogram_paths[] = { "native", "evmcs" };

struct metrics {
	struct sink sink;
	struct metrics_options options;
	uint32_t rules; /* checksum */
	enum severity fail_on;
	struct metrics_facts facts;
	uint64_t restores[PATH_COUNT];
	uint64_t verdicts[VERDICT_COUNT];
	uint64_t refused;
	uint64_t anomalies[SEVERITY_COUNT];
	uint64_t violations[RULE_COUNT];
	struct exemplar violation[RULE_COUNT];
	double last_violation;
	double last_restore;
	double last_loss;
	int last_class; /* N of class AN */
	uint64_t lost[LOSS_STAGE_COUNT];
	struct histogram set[HISTOGRAM_PATHS];
	struct histogram run[HISTOGRAM_PATHS];
};

/* ---- what comes in ---- */

/* Points whose absence leaves the verdict as it is, and hides a class. */
static const uint64_t watched_details = 1ULL << PT_GET_STATE | 1ULL << PT_SHADOW_COPY |
					1ULL << PT_UNMAP | 1ULL << PT_MEMSLOT |
					1ULL << PT_MEMSLOT_COMMIT;
/* Most kernels have no such function, and others stand for them where they are absent. */
static const uint64_t not_exported =
	1ULL << PT_EVMCS_PAGE | 1ULL << PT_EVMPTR_LOAD_DIRECT | 1ULL << PT_READ_GUEST_LEAF;

static bool is_exported(enum evmcs_point point)
{
	return point_has_probe(point) && point_class(point) != CLASS_NOTE &&
	       !(not_exported & 1ULL << point);
}

uint64_t metrics_attached(const struct probe_fact *probes, size_t nr)
{
	uint64_t points = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		uint64_t point = 1ULL << probes[i].point;

		if (probes[i].attached || (!probes[i].needed && !(watched_details & point)))
			points |= point;
	}
	return points;
}

static bool sees_all(const struct trace_header *header)
{
	size_t i;

	for (i = 0; i < header->nr_probes; i++)
		if (header->probes[i].needed && !header->probes[i].attached)
			return false;
	return header->nr_probes;
}

static double unix_time(const struct trace_header *header, uint64_t t_ns)
{
	return (double)(header->wall_ns + t_ns) / NSEC_PER_SEC;
}

static void count_loss(struct metrics *m, const struct loss_fact *loss,
		       const struct trace_header *header)
{
	m->lost[loss->stage] += loss->count;
	m->last_loss = unix_time(header, loss->t_ns);
	if (loss->stage == LOSS_SILENT)
		m->facts.seeing = false;
}

static void count_footer(struct metrics *m, const struct trace_footer *footer,
			 const struct trace_header *header)
{
	uint64_t before = m->facts.missed + m->facts.untracked;
	int i;

	for (i = 0; i < PT_COUNT; i++)
		m->facts.missed += footer->count[i].missed;
	m->facts.untracked += footer->tracking_lost;
	if (m->facts.missed + m->facts.untracked != before)
		m->last_loss = unix_time(header, footer->t_ns);
}

static int metrics_item(struct sink *sink, const struct trace_item *item,
			const struct trace_header *header)
{
	struct metrics *m = (struct metrics *)sink;

	if (item->type == ITEM_LOSS)
		count_loss(m, &item->loss, header);
	if (m->options.live)
		return 0;
	if (item->type == ITEM_FOOTER)
		count_footer(m, item->footer, header);
	if (item->type == ITEM_HEADER) {
		m->facts.attached = metrics_attached(header->probes, header->nr_probes);
		m->facts.armed = sees_all(header);
		m->facts.seeing = m->facts.armed;
	}
	return 0;
}

static void note_exemplar(struct exemplar *e, const struct restore *restore,
			  const struct trace_header *header, double value, double time)
{
	char *c;

	format_restore_id(e->restore_id, header, restore->id);
	/* a trace's boot ID may be anything: what a label would have to escape is not let in */
	for (c = e->restore_id; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			*c = '_';
	e->value = value;
	e->time = time;
}

static void metrics_anomaly(struct sink *sink, const struct restore *restore,
			    const struct anomaly *anomaly, const struct trace_header *header)
{
	struct metrics *m = (struct metrics *)sink;
	const struct anomaly_class *cls = anomaly->cls;

	m->anomalies[anomaly->severity]++;
	if (anomaly->severity < m->fail_on)
		return;
	m->violations[cls->rule]++;
	m->last_violation = unix_time(header, anomaly->t_ns);
	m->last_class = atoi(cls->id + 1);
	note_exemplar(&m->violation[cls->rule], restore, header, 1, m->last_violation);
	m->violation[cls->rule].class = cls->name;
}

static const uint64_t set_bounds_ns[HISTOGRAM_BOUNDS] = { 1000000, 10000000, 100000000 };
static const uint64_t run_bounds_ns[HISTOGRAM_BOUNDS] = { 100000000, NSEC_PER_SEC,
							  10 * NSEC_PER_SEC };

static void observe(struct histogram *h, const uint64_t *bounds_ns, uint64_t ns,
		    const struct restore *restore, const struct trace_header *header)
{
	int i = 0;

	while (i < HISTOGRAM_BOUNDS && ns > bounds_ns[i])
		i++;
	h->count[i]++;
	h->sum_ns += ns;
	note_exemplar(&h->exemplar[i], restore, header, (double)ns / NSEC_PER_SEC,
		      unix_time(header, restore->t_set_ns));
}

static void metrics_restore(struct sink *sink, const struct restore *r,
			    const struct trace_header *header)
{
	struct metrics *m = (struct metrics *)sink;
	enum histogram_path path = r->wants_evmcs ? HISTOGRAM_EVMCS : HISTOGRAM_NATIVE;

	if (r->reset)
		return;
	m->restores[r->path]++;
	m->verdicts[r->verdict]++;
	m->refused += r->end == END_REFUSED;
	m->last_restore = unix_time(header, r->t_set_ns);
	if (r->path == PATH_LEAVE)
		return;
	if (r->set_done)
		observe(&m->set[path], set_bounds_ns, r->set_duration_ns, r, header);
	if (r->run_seen)
		observe(&m->run[path], run_bounds_ns, r->t_run_ns - r->t_set_ns, r, header);
}

static void metrics_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops metrics_ops = {
	.item = metrics_item,
	.anomaly = metrics_anomaly,
	.restore = metrics_restore,
	.free = metrics_free,
};

/*
 * Hosts that judge by other rules must not be compared: whoever judges as this one does has
 * the same sum.
 */
void metrics_set_rules(struct sink *sink, const struct model_options *model)
{
	struct metrics *m = (struct metrics *)sink;
	uint64_t slow_set_ns = model->slow_set_ns ? model->slow_set_ns : SLOW_SET_NS;
	char line[256];
	uLong crc = crc32(0, NULL, 0);
	int i;

	for (i = 0; i < anomaly_nr_classes; i++) {
		const struct anomaly_class *c = &anomaly_classes[i];

		snprintf(line, sizeof(line), "%s %s %s %s %s\n", c->id, c->name,
			 severity_name(c->severity), anomaly_rule_name(c->rule), c->title);
		crc = crc32(crc, (const Bytef *)line, (uInt)strlen(line));
	}
	snprintf(line, sizeof(line), "%s %" PRIu64 "\n", severity_name(model->fail_on),
		 slow_set_ns);
	m->rules = (uint32_t)crc32(crc, (const Bytef *)line, (uInt)strlen(line));
	m->fail_on = model->fail_on;
}

void metrics_set_facts(struct sink *sink, const struct metrics_facts *facts)
{
	struct metrics *m = (struct metrics *)sink;
	struct timespec now;

	if (facts->missed != m->facts.missed || facts->untracked != m->facts.untracked) {
		clock_gettime(CLOCK_REALTIME, &now);
		m->last_loss = (double)now.tv_sec;
	}
	m->facts = *facts;
}

struct sink *metrics_sink_new(const struct metrics_options *options)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->sink.ops = &metrics_ops;
	m->options = *options;
	m->facts.reload_ok = true;
	metrics_set_rules(&m->sink, options->model);
	return &m->sink;
}

/* ---- what goes out ---- */

struct writer {
	FILE *f;
	enum exposition form;
	const char *name; /* of the family, without a suffix */
	const char *suffix; /* of its samples: "_total" or "" */
};

static void write_labels(const struct writer *w, const char *label, const char *value,
			 const char *more, const char *more_value)
{
	if (!label)
		return;
	fprintf(w->f, "{%s=\"%s\"", label, value);
	if (more)
		fprintf(w->f, ",%s=\"%s\"", more, more_value);
	fputc('}', w->f);
}

static void write_exemplar(const struct writer *w, const struct exemplar *e)
{
	if (w->form != EXPOSITION_OPENMETRICS || !e || !e->time)
		return;
	fprintf(w->f, " # {restore_id=\"%s\"", e->restore_id);
	if (e->class)
		fprintf(w->f, ",class=\"%s\"", e->class);
	fprintf(w->f, "} %.9g %.3f", e->value, e->time);
}

static void write_count(const struct writer *w, const char *label, const char *value,
			uint64_t count, const struct exemplar *exemplar)
{
	fprintf(w->f, "%s%s", w->name, w->suffix);
	write_labels(w, label, value, NULL, NULL);
	fprintf(w->f, " %" PRIu64, count);
	write_exemplar(w, exemplar);
	fputc('\n', w->f);
}

static void write_number(const struct writer *w, double number)
{
	/* enough for a Unix time with microseconds */
	fprintf(w->f, "%s%s %.16g\n", w->name, w->suffix, number);
}

static void write_bucket(const struct writer *w, const char *path, const char *bound,
			 uint64_t count, const struct exemplar *exemplar)
{
	fprintf(w->f, "%s_bucket", w->name);
	write_labels(w, "path", path, "le", bound);
	fprintf(w->f, " %" PRIu64, count);
	write_exemplar(w, exemplar);
	fputc('\n', w->f);
}

static void write_histogram(const struct writer *w, const char *path, const struct histogram *h,
			    const char *const bounds[HISTOGRAM_BOUNDS + 1])
{
	uint64_t count = 0;
	int i;

	for (i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		count += h->count[i];
		write_bucket(w, path, bounds[i], count, &h->exemplar[i]);
	}
	fprintf(w->f, "%s_sum", w->name);
	write_labels(w, "path", path, NULL, NULL);
	fprintf(w->f, " %.16g\n%s_count", (double)h->sum_ns / NSEC_PER_SEC, w->name);
	write_labels(w, "path", path, NULL, NULL);
	fprintf(w->f, " %" PRIu64 "\n", count);
}

/* ---- the families ---- */

static void samples_build(const struct writer *w, const struct metrics *m)
{
	fprintf(w->f, "%s{version=\"%s\",libbpf=\"%s\",schema=\"%d.%d\"} 1\n", w->name,
		EVMCS_TRACE_VERSION, m->options.libbpf ? m->options.libbpf : "", TRACE_SCHEMA_MAJOR,
		TRACE_SCHEMA_MINOR);
}

static void samples_rules(const struct writer *w, const struct metrics *m)
{
	char sum[16];

	snprintf(sum, sizeof(sum), "%08" PRIx32, m->rules);
	write_count(w, "rules", sum, 1, NULL);
}

static void samples_armed(const struct writer *w, const struct metrics *m)
{
	write_count(w, NULL, NULL, m->facts.armed, NULL);
}

static void samples_seeing(const struct writer *w, const struct metrics *m)
{
	write_count(w, NULL, NULL, m->facts.seeing, NULL);
}

static void samples_attached(const struct writer *w, const struct metrics *m)
{
	int i;

	for (i = 0; i < PT_COUNT; i++)
		if (is_exported(i))
			write_count(w, "probe", point_name(i), m->facts.attached >> i & 1, NULL);
}

static void samples_restores(const struct writer *w, const struct metrics *m)
{
	int i;

	for (i = 0; i < PATH_COUNT; i++)
		write_count(w, "path", path_name(i), m->restores[i], NULL);
}

static void samples_verdicts(const struct writer *w, const struct metrics *m)
{
	int i;

	for (i = 0; i < VERDICT_COUNT; i++)
		write_count(w, "verdict", verdict_name(i), m->verdicts[i], NULL);
}

static void samples_refused(const struct writer *w, const struct metrics *m)
{
	write_count(w, NULL, NULL, m->refused, NULL);
}

static void samples_in_flight(const struct writer *w, const struct metrics *m)
{
	write_count(w, NULL, NULL, m->facts.in_flight, NULL);
}

static void samples_anomalies(const struct writer *w, const struct metrics *m)
{
	int i;

	for (i = 0; i < SEVERITY_COUNT; i++)
		write_count(w, "severity", severity_name(i), m->anomalies[i], NULL);
}

static void samples_violations(const struct writer *w, const struct metrics *m)
{
	int i;

	for (i = 0; i < RULE_COUNT; i++)
		write_count(w, "rule", anomaly_rule_name(i), m->violations[i], &m->violation[i]);
}

static void samples_last_violation(const struct writer *w, const struct metrics *m)
{
	write_number(w, m->last_violation);
}

static void samples_last_class(const struct writer *w, const struct metrics *m)
{
	write_number(w, m->last_class);
}

static void samples_last_restore(const struct writer *w, const struct metrics *m)
{
	write_number(w, m->last_restore);
}

static void samples_last_loss(const struct writer *w, const struct metrics *m)
{
	write_number(w, m->last_loss);
}

static void samples_lost(const struct writer *w, const struct metrics *m)
{
	const struct {
		enum loss_stage stage;
		uint64_t count;
	} stages[] = {
		{ LOSS_RING, m->lost[LOSS_RING] },
		{ LOSS_TRACKING, m->lost[LOSS_TRACKING] + m->facts.untracked },
		{ LOSS_MISSED, m->lost[LOSS_MISSED] + m->facts.missed },
		{ LOSS_SILENT, m->lost[LOSS_SILENT] },
		{ LOSS_DETACHED, m->lost[LOSS_DETACHED] },
	};
	size_t i;

	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		write_count(w, "stage", loss_stage_name(stages[i].stage), stages[i].count, NULL);
}

static void samples_set(const struct writer *w, const struct metrics *m)
{
	static const char *const bounds[] = { "0.001", "0.01", "0.1", "+Inf" };
	int i;

	for (i = 0; i < HISTOGRAM_PATHS; i++)
		write_histogram(w, histogram_paths[i], &m->set[i], bounds);
}

static void samples_run(const struct writer *w, const struct metrics *m)
{
	static const char *const bounds[] = { "0.1", "1.0", "10.0", "+Inf" };
	int i;

	for (i = 0; i < HISTOGRAM_PATHS; i++)
		write_histogram(w, histogram_paths[i], &m->run[i], bounds);
}

static void samples_probe_runs(const struct writer *w, const struct metrics *m)
{
	write_count(w, NULL, NULL, m->facts.probe_runs, NULL);
}

static void samples_probe_time(const struct writer *w, const struct metrics *m)
{
	write_number(w, (double)m->facts.probe_ns / NSEC_PER_SEC);
}

static void samples_output_errors(const struct writer *w, const struct metrics *m)
{
	static const char *const outputs[] = { "traces", "textfile", "journal" };
	int i;

	for (i = 0; i < OUTPUT_COUNT; i++)
		write_count(w, "sink", outputs[i], m->facts.output_errors[i], NULL);
}

static void samples_reload_ok(const struct writer *w, const struct metrics *m)
{
	write_count(w, NULL, NULL, m->facts.reload_ok, NULL);
}

static void samples_reload_time(const struct writer *w, const struct metrics *m)
{
	write_number(w, m->facts.reload_time);
}

static void samples_start_time(const struct writer *w, const struct metrics *m)
{
	(void)m;
	write_number(w, process_start_time());
}

static void samples_cpu_time(const struct writer *w, const struct metrics *m)
{
	(void)m;
	write_number(w, process_cpu_seconds());
}

static void samples_memory(const struct writer *w, const struct metrics *m)
{
	(void)m;
	write_count(w, NULL, NULL, process_resident_bytes(), NULL);
}

static void samples_fds(const struct writer *w, const struct metrics *m)
{
	(void)m;
	write_count(w, NULL, NULL, process_open_fds(), NULL);
}

enum family_kind { GAUGE, COUNTER, HISTOGRAM };

static const char *const kind_names[] = { "gauge", "counter", "histogram" };

struct family {
	const char *name; /* a counter's without its _total */
	enum family_kind kind;
	void (*samples)(const struct writer *w, const struct metrics *m);
	const char *help;
	bool of_process;
};

/* clang-format off */
static const struct family families[] = {
	{ PREFIX "build_info", GAUGE, samples_build, "Version of evmcs-trace, of the libbpf it runs with and of its trace format.", false },
	{ PREFIX "rules_info", GAUGE, samples_rules, "Checksum of the anomaly classes and settings by which this host judges.", false },
	{ PREFIX "armed", GAUGE, samples_armed, "Whether every probe that a verdict needs is attached.", false },
	{ PREFIX "seeing", GAUGE, samples_seeing, "Whether the kernel runs what is attached, as last asked.", false },
	{ PREFIX "probe_attached", GAUGE, samples_attached, "Whether this probe point is watched, or not needed on this kernel.", false },
	{ PREFIX "restores", COUNTER, samples_restores, "Restores judged, by the path that ran.", false },
	{ PREFIX "restore_verdicts", COUNTER, samples_verdicts, "Restores judged, by verdict.", false },
	{ PREFIX "restores_refused", COUNTER, samples_refused, "Restores in which KVM_SET_NESTED_STATE failed.", false },
	{ PREFIX "restores_in_flight", GAUGE, samples_in_flight, "Restores that wait for their first KVM_RUN.", false },
	{ PREFIX "anomalies", COUNTER, samples_anomalies, "Anomalies seen, by severity.", false },
	{ PREFIX "violations", COUNTER, samples_violations, "Anomalies that make a restore fail, by what they break.", false },
	{ PREFIX "last_violation_timestamp_seconds", GAUGE, samples_last_violation, "Unix time of the last violation, 0 before the first.", false },
	{ PREFIX "last_violation_class", GAUGE, samples_last_class, "The last violation was of class A and this number, 0 before the first.", false },
	{ PREFIX "last_restore_timestamp_seconds", GAUGE, samples_last_restore, "Unix time of the last restore judged, 0 before the first.", false },
	{ PREFIX "last_loss_timestamp_seconds", GAUGE, samples_last_loss, "Unix time at which something was lost last, 0 before the first.", false },
	{ PREFIX "events_lost", COUNTER, samples_lost, "Events known to be lost, by stage; silent and detached count gaps.", false },
	{ PREFIX "set_duration_seconds", HISTOGRAM, samples_set, "How long KVM_SET_NESTED_STATE took.", false },
	{ PREFIX "restore_to_run_seconds", HISTOGRAM, samples_run, "From KVM_SET_NESTED_STATE to the first KVM_RUN.", false },
	{ PREFIX "probe_runs", COUNTER, samples_probe_runs, "Runs of the probes, counted while kernel.bpf_stats_enabled is 1.", false },
	{ PREFIX "probe_run_seconds", COUNTER, samples_probe_time, "Time spent in the probes, counted while kernel.bpf_stats_enabled is 1.", false },
	{ PREFIX "output_errors", COUNTER, samples_output_errors, "What could not be written, or was held back, by output.", false },
	{ PREFIX "config_last_reload_successful", GAUGE, samples_reload_ok, "Whether the last reload of the configuration succeeded.", false },
	{ PREFIX "config_last_reload_success_timestamp_seconds", GAUGE, samples_reload_time, "Unix time of the last successful load of the configuration.", false },
	{ "process_start_time_seconds", GAUGE, samples_start_time, "Start of the process, Unix time.", true },
	{ "process_cpu_seconds", COUNTER, samples_cpu_time, "CPU time spent, user and system.", true },
	{ "process_resident_memory_bytes", GAUGE, samples_memory, "Resident memory.", true },
	{ "process_open_fds", GAUGE, samples_fds, "Open file descriptors.", true },
};
/* clang-format on */

static void write_family(struct writer *w, const struct family *family, const struct metrics *m)
{
	/* the older format calls the counter as its samples are called */
	const char *suffix = family->kind == COUNTER ? "_total" : "";
	const char *head = w->form == EXPOSITION_TEXT ? suffix : "";

	w->name = family->name;
	w->suffix = suffix;
	fprintf(w->f, "# HELP %s%s %s\n# TYPE %s%s %s\n", w->name, head, family->help, w->name,
		head, kind_names[family->kind]);
	family->samples(w, m);
}

const char *metrics_content_type(enum exposition form)
{
	return form == EXPOSITION_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

char *metrics_render(struct sink *sink, enum exposition form, bool process, size_t *len)
{
	const struct metrics *m = (const struct metrics *)sink;
	struct writer w = { .form = form };
	char *text = NULL;
	size_t i;

	w.f = open_memstream(&text, len);
	if (!w.f)
		return NULL;
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (process || !families[i].of_process)
			write_family(&w, &families[i], m);
	if (form == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", w.f);
	if (fclose(w.f)) {
		free(text);
		return NULL;
	}
	return text;
}
