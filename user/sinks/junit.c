/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JUnit: no standard, but what Jenkins, GitLab and the like read. A failed
 * check is a <failure>, one that could not be judged an <error>.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sinks/checks.h"
#include "sinks/sink.h"
#include "trace/format.h"

struct junit_sink {
	struct sink sink;
	FILE *out;
	const char *name;
	uint64_t first_ns; /* of the events */
	uint64_t last_ns;
	bool has_event;
};

void junit_begin(FILE *out)
{
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
}

void junit_end(FILE *out)
{
	fprintf(out, "</testsuites>\n");
}

/* XML 1.0 has no way to write most control characters, not even escaped. */
static void put_escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\n')
			fputs("&#10;", out);
		else
			fputc(c < 0x20 || c >= 0x7f ? '?' : c, out);
	}
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_escaped(out, value);
	fputc('"', out);
}

static int junit_item(struct sink *sink, const struct trace_item *item,
		      const struct trace_header *header)
{
	struct junit_sink *s = (struct junit_sink *)sink;

	(void)header;
	if (item->type != ITEM_EVENT)
		return 0;
	if (!s->has_event)
		s->first_ns = item->event->t_ns;
	s->has_event = true;
	s->last_ns = item->event->t_ns;
	return 0;
}

static void put_details(FILE *out, const struct judgement *j, const struct check *check,
			const struct trace_header *header)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	/* without memory the message has to do */
	if (!f)
		return;
	put_check(f, "", j, check, header);
	fclose(f);
	if (text)
		put_escaped(out, text);
	free(text);
}

static void put_case(const struct junit_sink *s, const struct judgement *j,
		     const struct check *check, const struct trace_header *header)
{
	const char *element = check->result == VERDICT_FAIL ? "failure" : "error";
	char message[2 * JUDGED_TEXT_LEN + 32];

	fprintf(s->out, "    <testcase");
	put_attribute(s->out, "classname", s->name);
	put_attribute(s->out, "name", check->name);
	fprintf(s->out, " time=\"0\"");
	if (check->result == VERDICT_PASS) {
		fprintf(s->out, "/>\n");
		return;
	}
	snprintf(message, sizeof(message), "expected %s, seen %s", check->expected, check->seen);
	fprintf(s->out, ">\n      <%s", element);
	put_attribute(s->out, "message", message);
	put_attribute(s->out, "type", check->result == VERDICT_FAIL ? "violation" : "inconclusive");
	fputc('>', s->out);
	put_details(s->out, j, check, header);
	fprintf(s->out, "</%s>\n    </testcase>\n", element);
}

static void put_property(FILE *out, const char *name, const char *value)
{
	fprintf(out, "      <property");
	put_attribute(out, "name", name);
	put_attribute(out, "value", value);
	fprintf(out, "/>\n");
}

static void put_properties(FILE *out, const struct judgement *j, const struct trace_header *header)
{
	char number[24];

	fprintf(out, "    <properties>\n");
	put_property(out, "kernel", header->kernel);
	put_property(out, "tool", header->tool);
	put_property(out, "expectation", j->expectation ? j->expectation : "built-in rules");
	snprintf(number, sizeof(number), "%" PRIu64, j->verdict->restores);
	put_property(out, "restores", number);
	snprintf(number, sizeof(number), "%" PRIu64, j->verdict->lost);
	put_property(out, "lost", number);
	fprintf(out, "    </properties>\n");
}

/* Times of two CPUs may be out of order: no report is to have a time below 0. */
static double seconds(const struct junit_sink *s)
{
	return s->last_ns > s->first_ns ? (double)(s->last_ns - s->first_ns) / 1e9 : 0;
}

static void junit_judgement(struct sink *sink, const struct judgement *j,
			    const struct trace_header *header)
{
	struct junit_sink *s = (struct junit_sink *)sink;
	char timestamp[TIMESTAMP_LEN];
	int i;

	format_timestamp(timestamp, header, 0);
	timestamp[strcspn(timestamp, ".")] = '\0'; /* its readers want it bare */
	fprintf(s->out, "  <testsuite");
	put_attribute(s->out, "name", s->name);
	fprintf(s->out, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"0\"", j->nr_checks,
		j->by_result[VERDICT_FAIL], j->by_result[VERDICT_INCONCLUSIVE]);
	fprintf(s->out, " time=\"%.6f\"", seconds(s));
	put_attribute(s->out, "timestamp", timestamp);
	put_attribute(s->out, "hostname", header->host);
	fprintf(s->out, ">\n");
	put_properties(s->out, j, header);
	for (i = 0; i < j->nr_checks; i++)
		put_case(s, j, &j->checks[i], header);
	fprintf(s->out, "  </testsuite>\n");
}

static void junit_unreadable(struct sink *sink, const char *why)
{
	struct junit_sink *s = (struct junit_sink *)sink;

	fprintf(s->out, "  <testsuite");
	put_attribute(s->out, "name", s->name);
	fprintf(s->out, " tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0\">\n");
	fprintf(s->out, "    <testcase");
	put_attribute(s->out, "classname", s->name);
	fprintf(s->out, " name=\"readable\" time=\"0\">\n      <error");
	put_attribute(s->out, "message", why);
	put_attribute(s->out, "type", "malformed");
	fprintf(s->out, "/>\n    </testcase>\n  </testsuite>\n");
}

static void junit_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops junit_ops = {
	.item = junit_item,
	.judgement = junit_judgement,
	.unreadable = junit_unreadable,
	.free = junit_free,
};

struct sink *junit_sink_new(FILE *out, const char *name)
{
	struct junit_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &junit_ops;
	s->out = out;
	s->name = name;
	return &s->sink;
}
