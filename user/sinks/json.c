/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>

#include "model/names.h"
#include "sinks/sink.h"
#include "trace/format.h"

struct json_sink {
	struct sink sink;
	FILE *out;
	const char *trace;
};

static void print_object(struct json_sink *s, json_t *object)
{
	char *text;

	if (!object)
		return;
	if (s->trace)
		json_object_set_new(object, "trace", encode_text(s->trace));
	text = dump_plain(object, JSON_COMPACT);
	if (text)
		fprintf(s->out, "%s\n", text);
	fflush(s->out);
	free(text);
	json_decref(object);
}

static void json_anomaly(struct sink *sink, const struct restore *restore,
			 const struct anomaly *anomaly, const struct trace_header *header)
{
	print_object((struct json_sink *)sink, encode_anomaly(restore, anomaly, header));
}

static void json_restore(struct sink *sink, const struct restore *restore,
			 const struct trace_header *header)
{
	print_object((struct json_sink *)sink, encode_restore(restore, header));
}

static void json_save(struct sink *sink, const struct save *save, const struct trace_header *header)
{
	print_object((struct json_sink *)sink, encode_save(save, header));
}

static void json_verdict(struct sink *sink, const struct verdict *verdict,
			 const struct trace_header *header)
{
	(void)header;
	print_object((struct json_sink *)sink, encode_verdict(verdict));
}

static json_t *encode_evidence(const struct check *check)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < check->nr_evidence; i++) {
		const struct evidence *e = &check->evidence[i];

		json_array_append_new(
			list, json_pack("{s:I,s:I,s:o}", "restore", (json_int_t)e->restore, "seq",
					(json_int_t)e->seq, "what", encode_text(e->what)));
	}
	return list;
}

static void print_check(struct json_sink *s, const struct check *check)
{
	print_object(s, json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:I}", "type", "check", "name",
				  check->name, "result", verdict_name(check->result), "expected",
				  encode_text(check->expected), "seen", encode_text(check->seen),
				  "evidence", encode_evidence(check), "more",
				  (json_int_t)check->more));
}

static void json_judgement(struct sink *sink, const struct judgement *j,
			   const struct trace_header *header)
{
	struct json_sink *s = (struct json_sink *)sink;
	int i;

	(void)header;
	/* the built-in rules are the verdict, which is told already */
	if (!j->expectation)
		return;
	for (i = 0; i < j->nr_checks; i++)
		print_check(s, &j->checks[i]);
	print_object(s, json_pack("{s:s,s:s,s:o,s:i,s:i,s:i}", "type", "judgement", "result",
				  verdict_name(j->result), "expectation",
				  encode_text(j->expectation), "passed", j->by_result[VERDICT_PASS],
				  "failed", j->by_result[VERDICT_FAIL], "inconclusive",
				  j->by_result[VERDICT_INCONCLUSIVE]));
}

static void json_unreadable(struct sink *sink, const char *why)
{
	struct json_sink *s = (struct json_sink *)sink;

	print_object(s, json_pack("{s:s,s:o}", "type", "error", "error", encode_text(why)));
}

static void json_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops json_ops = {
	.anomaly = json_anomaly,
	.restore = json_restore,
	.save = json_save,
	.verdict = json_verdict,
	.judgement = json_judgement,
	.unreadable = json_unreadable,
	.free = json_free,
};

struct sink *json_sink_new(FILE *out, const char *trace)
{
	struct json_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &json_ops;
	s->out = out;
	s->trace = trace;
	return &s->sink;
}
