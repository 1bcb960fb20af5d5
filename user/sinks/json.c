/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>

#include "sinks/sink.h"
#include "trace/format.h"

struct json_sink {
	struct sink sink;
	FILE *out;
	const char *trace;
};

static void print_object(struct json_sink *s, json_t *object)
{
	if (!object)
		return;
	if (s->trace)
		json_object_set_new(object, "trace", json_string(s->trace));
	json_dumpf(object, s->out, JSON_COMPACT);
	fputc('\n', s->out);
	fflush(s->out);
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

static void json_verdict(struct sink *sink, const struct verdict *verdict,
			 const struct trace_header *header)
{
	(void)header;
	print_object((struct json_sink *)sink, encode_verdict(verdict));
}

static void json_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops json_ops = {
	.anomaly = json_anomaly,
	.restore = json_restore,
	.verdict = json_verdict,
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
