/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "every_sink.h"
#include "sinks/journal.h"
#include "sinks/metrics.h"
#include "sinks/perfetto.h"
#include "sinks/report/report.h"
#include "sources/source.h"

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- one that tells others ---- */

struct fan {
	struct sink sink;
	struct sink *to[EVERY_SINK_MAX];
	int nr;
	/* what is done before the others are freed; NULL: nothing */
	void (*end)(struct fan *fan);
	FILE *out;
	int fd;
	bool judged; /* it was a trace */
};

#define FAN_OUT(op, ...)                                                                           \
	do {                                                                                       \
		struct fan *fan = (struct fan *)sink;                                              \
		int i;                                                                             \
		for (i = 0; i < fan->nr; i++)                                                      \
			if (fan->to[i]->ops->op)                                                   \
				fan->to[i]->ops->op(fan->to[i], __VA_ARGS__);                      \
	} while (0)

static int fan_item(struct sink *sink, const struct trace_item *item,
		    const struct trace_header *header)
{
	FAN_OUT(item, item, header);
	return 0;
}

static int fan_cut(struct sink *sink, const struct trace_footer *footer,
		   const struct trace_header *header, const struct trace_header *next)
{
	FAN_OUT(cut, footer, header, next);
	return 0;
}

static void fan_anomaly(struct sink *sink, const struct restore *restore,
			const struct anomaly *anomaly, const struct trace_header *header)
{
	FAN_OUT(anomaly, restore, anomaly, header);
}

static void fan_restore(struct sink *sink, const struct restore *restore,
			const struct trace_header *header)
{
	FAN_OUT(restore, restore, header);
}

static void fan_save(struct sink *sink, const struct save *save, const struct trace_header *header)
{
	FAN_OUT(save, save, header);
}

static void fan_off(struct sink *sink, const struct save *save, const struct trace_header *header)
{
	FAN_OUT(off, save, header);
}

static void fan_verdict(struct sink *sink, const struct verdict *verdict,
			const struct trace_header *header)
{
	((struct fan *)sink)->judged = true;
	FAN_OUT(verdict, verdict, header);
}

static void fan_judgement(struct sink *sink, const struct judgement *judgement,
			  const struct trace_header *header)
{
	FAN_OUT(judgement, judgement, header);
}

static void fan_unreadable(struct sink *sink, const char *why)
{
	FAN_OUT(unreadable, why);
}

static void fan_free(struct sink *sink)
{
	struct fan *fan = (struct fan *)sink;
	int i;

	if (fan->end)
		fan->end(fan);
	for (i = 0; i < fan->nr; i++)
		fan->to[i]->ops->free(fan->to[i]);
	free(fan);
}

static struct fan *fan_new(FILE *out)
{
	static const struct sink_ops ops = {
		.item = fan_item,
		.cut = fan_cut,
		.anomaly = fan_anomaly,
		.restore = fan_restore,
		.save = fan_save,
		.off = fan_off,
		.verdict = fan_verdict,
		.judgement = fan_judgement,
		.unreadable = fan_unreadable,
		.free = fan_free,
	};
	struct fan *fan = must(calloc(1, sizeof(*fan)));

	fan->sink.ops = &ops;
	fan->out = out;
	return fan;
}

static void fan_add(struct fan *fan, struct sink *to)
{
	if (fan->nr == EVERY_SINK_MAX)
		abort();
	fan->to[fan->nr++] = must(to);
}

/* ---- the rows ---- */

static struct sink *text_all(FILE *out)
{
	const struct text_options options = { .out = out, .events = true, .label = "a trace" };

	return text_sink_new(&options);
}

static struct sink *text_findings(FILE *out)
{
	const struct text_options options = { .out = out, .only_findings = true };

	return text_sink_new(&options);
}

static struct sink *text_checks(FILE *out)
{
	const struct text_options options = { .out = out, .checks = true, .events = true };

	return text_sink_new(&options);
}

static struct sink *json(FILE *out)
{
	return json_sink_new(out, "a trace", NULL);
}

static struct sink *ktap(FILE *out)
{
	ktap_plan(out, 1);
	return ktap_sink_new(out, 1, "trace");
}

static void end_junit(struct fan *fan)
{
	junit_end(fan->out);
}

static struct sink *junit(FILE *out)
{
	struct fan *fan = fan_new(out);

	junit_begin(out);
	fan_add(fan, junit_sink_new(out, "trace"));
	fan->end = end_junit;
	return &fan->sink;
}

/* What a file was written into, for out. */
static void end_trace(struct fan *fan)
{
	char data[4096];
	ssize_t n;

	if (lseek(fan->fd, 0, SEEK_SET))
		abort();
	while ((n = read(fan->fd, data, sizeof(data))) > 0)
		fwrite(data, 1, (size_t)n, fan->out);
}

static void add_trace(struct fan *fan)
{
	fan->fd = memfd_create("trace", MFD_CLOEXEC);
	if (fan->fd < 0)
		abort();
	fan_add(fan, trace_sink_new(fan->fd, "the trace"));
}

static struct sink *trace(FILE *out)
{
	struct fan *fan = fan_new(out);

	add_trace(fan);
	fan->end = end_trace;
	return &fan->sink;
}

/* By a second look at the trace, as the command has it. */
static void end_page(struct fan *fan)
{
	struct sink *page = fan->to[0];
	char path[32];

	if (!fan->judged)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fan->fd);
	if (report_wants_lines(page))
		file_source_lines(path, report_line, page);
	if (report_write(page))
		abort();
}

static struct sink *page(FILE *out)
{
	const struct report_options options = { .out = out, .trace = "a trace" };
	struct fan *fan = fan_new(out);

	fan_add(fan, report_sink_new(&options));
	add_trace(fan);
	fan->end = end_page;
	return &fan->sink;
}

static const struct model_options rules = { .fail_on = SEVERITY_ERROR };

static void render(struct fan *fan, enum exposition form)
{
	size_t len;
	char *text = must(metrics_render(fan->to[0], form, false, &len));

	fwrite(text, 1, len, fan->out);
	free(text);
}

static void end_metrics(struct fan *fan)
{
	render(fan, EXPOSITION_TEXT);
}

static void end_openmetrics(struct fan *fan)
{
	render(fan, EXPOSITION_OPENMETRICS);
}

static struct sink *metrics_of(FILE *out, void (*end)(struct fan *fan))
{
	const struct metrics_options options = { .model = &rules, .libbpf = "1.1" };
	struct fan *fan = fan_new(out);

	fan_add(fan, metrics_sink_new(&options));
	fan->end = end;
	return &fan->sink;
}

static struct sink *metrics(FILE *out)
{
	return metrics_of(out, end_metrics);
}

static struct sink *openmetrics(FILE *out)
{
	return metrics_of(out, end_openmetrics);
}

static FILE *journal_out;

/* A field a line; where one has a newline, a line begins with no name. */
static int put_record(const struct iovec *fields, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		fwrite(fields[i].iov_base, 1, fields[i].iov_len, journal_out);
		fputc('\n', journal_out);
	}
	return 0;
}

static uint64_t no_time(void)
{
	return 0;
}

static struct sink *journal(FILE *out)
{
	const struct journal_options options = { .per_minute = 6000,
						 .send = put_record,
						 .now_ns = no_time };

	journal_out = out;
	return journal_sink_new(&options);
}

const struct every_sink every_sinks[] = {
	{ .name = "text", .make = text_all },
	{ .name = "findings", .make = text_findings },
	{ .name = "checks", .make = text_checks },
	{ .name = "json", .make = json, .tells_why = true },
	{ .name = "ktap", .make = ktap, .tells_why = true },
	{ .name = "junit", .make = junit, .tells_why = true },
	{ .name = "trace", .make = trace },
	{ .name = "page", .make = page, .head = "</style>" },
	{ .name = "perfetto", .make = perfetto_sink_new, .binary = true },
	{ .name = "metrics", .make = metrics },
	{ .name = "openmetrics", .make = openmetrics },
	{ .name = "journal", .make = journal },
	{},
};

const char *every_sink_text(const struct every_sink *row, const char *text, size_t *len)
{
	const char *from = row->head ? strstr(text, row->head) : NULL;

	if (row->binary)
		return NULL;
	if (!from)
		return text;
	*len -= (size_t)(from - text);
	return from;
}

/* ---- all of them ---- */

struct sink *everywhere_open(struct everywhere *e)
{
	struct fan *fan = fan_new(NULL);

	for (e->nr = 0; every_sinks[e->nr].name; e->nr++) {
		e->text[e->nr] = NULL;
		e->out[e->nr] = must(open_memstream(&e->text[e->nr], &e->len[e->nr]));
		fan_add(fan, every_sinks[e->nr].make(e->out[e->nr]));
	}
	return &fan->sink;
}

void everywhere_close(struct everywhere *e)
{
	int i;

	for (i = 0; i < e->nr; i++)
		fclose(e->out[i]);
}

void everywhere_free(struct everywhere *e)
{
	int i;

	for (i = 0; i < e->nr; i++)
		free(e->text[i]);
}
