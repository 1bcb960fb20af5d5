/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "model/names.h"
#include "sinks/owed.h"
#include "sinks/sink.h"
#include "trace/format.h"
#include "util/terminal.h"

struct json_sink {
	struct sink sink;
	FILE *out;
	const char *trace;
	struct stack_lines *lines;
	struct owed_lines owed;
};

static void print_object(struct json_sink *s, json_t *object)
{
	char *text;

	if (!object)
		return;
	if (s->trace)
		json_object_set_new(object, "trace", encode_text(s->trace));
	text = dump_plain(object, JSON_COMPACT);
	terminal_clear_status();
	if (text)
		fprintf(s->out, "%s\n", text);
	fflush(s->out);
	free(text);
	json_decref(object);
}

static json_t *encode_frames(const struct source_frame *frames, int nr)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < nr; i++)
		json_array_append_new(
			list,
			json_pack("{s:o,s:o,s:o}", "function", encode_text(frames[i].function),
				  "file",
				  frames[i].file[0] ? encode_text(frames[i].file) : json_null(),
				  "line",
				  frames[i].line ? json_integer((json_int_t)frames[i].line)
						 : json_null()));
	return list;
}

/*
 * Beside the stack: one list for each entry of it; an empty one where nothing is known
 * of that.
 */
static void put_source(struct json_sink *s, json_t *beside, const struct kernel_stack *stack,
		       const struct trace_header *header)
{
	json_t *source = json_array();
	const struct source_frame *frames;
	bool known = false;
	int i, nr;

	for (i = 0; i < stack->nr; i++) {
		nr = stack_lines_find(s->lines, header, stack->entry[i], &frames);
		if (nr == -EAGAIN)
			owed_add(&s->owed, stack->entry[i]);
		json_array_append_new(source, encode_frames(frames, nr > 0 ? nr : 0));
		known |= nr > 0;
	}
	if (known)
		json_object_set(beside, "stack_source", source);
	json_decref(source);
}

static void json_anomaly(struct sink *sink, const struct restore *restore,
			 const struct anomaly *anomaly, const struct trace_header *header)
{
	struct json_sink *s = (struct json_sink *)sink;
	const struct kernel_stack *stack = anomaly_stack(restore, anomaly);
	json_t *object = encode_anomaly(restore, anomaly, header);

	if (object && stack)
		put_source(s, anomaly->stack ? object : json_object_get(object, "evidence"), stack,
			   header);
	print_object(s, object);
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

/* Those that are still not known are said to be late, too. */
static void print_owed(struct json_sink *s, const struct trace_header *header)
{
	const struct source_frame *frames;
	int i, nr;

	for (i = 0; i < s->owed.nr; i++) {
		nr = stack_lines_find(s->lines, header, s->owed.entry[i], &frames);
		if (nr)
			print_object(s, json_pack("{s:s,s:o,s:o}", "type", "late_source", "entry",
						  encode_text(s->owed.entry[i]), "source",
						  encode_frames(frames, nr > 0 ? nr : 0)));
	}
}

static void json_verdict(struct sink *sink, const struct verdict *verdict,
			 const struct trace_header *header)
{
	struct json_sink *s = (struct json_sink *)sink;

	print_owed(s, header);
	print_object(s, encode_verdict(verdict));
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
	owed_free(&((struct json_sink *)sink)->owed);
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

struct sink *json_sink_new(FILE *out, const char *trace, struct stack_lines *lines)
{
	struct json_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &json_ops;
	s->out = out;
	s->trace = trace;
	s->lines = lines;
	return &s->sink;
}
