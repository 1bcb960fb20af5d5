/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * KTAP, version 1 (Documentation/dev-tools/ktap.rst of the kernel): a subtest
 * for each trace, a case for each check. Some parsers take all that follows
 * the name for a part of it: there is nothing there, details go before.
 */
#include <stdlib.h>

#include "sinks/checks.h"
#include "sinks/sink.h"
#include "util/plain.h"

#define INDENT "  "

struct ktap_sink {
	struct sink sink;
	FILE *out;
	int number;
	const char *name;
};

/* The number of results is told first: a report that was cut shows as such. */
void ktap_plan(FILE *out, int traces)
{
	fprintf(out, "KTAP version 1\n1..%d\n", traces);
}

static void put_result(FILE *out, const char *indent, bool passed, int number, const char *name)
{
	fprintf(out, "%s%s %d %s\n", indent, passed ? "ok" : "not ok", number, name);
}

static void ktap_judgement(struct sink *sink, const struct judgement *j,
			   const struct trace_header *header)
{
	struct ktap_sink *s = (struct ktap_sink *)sink;
	int i;

	fprintf(s->out, INDENT "KTAP version 1\n" INDENT "1..%d\n", j->nr_checks);
	for (i = 0; i < j->nr_checks; i++) {
		const struct check *check = &j->checks[i];

		if (check->result == VERDICT_INCONCLUSIVE)
			fprintf(s->out, INDENT "# inconclusive\n");
		if (check->result != VERDICT_PASS)
			put_check(s->out, INDENT "# ", j, check, header);
		put_result(s->out, INDENT, check->result == VERDICT_PASS, i + 1, check->name);
	}
	put_result(s->out, "", j->result == VERDICT_PASS, s->number, s->name);
	fflush(s->out);
}

static void ktap_unreadable(struct sink *sink, const char *why)
{
	struct ktap_sink *s = (struct ktap_sink *)sink;

	fprintf(s->out, "# ");
	put_plain(s->out, why);
	fputc('\n', s->out);
	put_result(s->out, "", false, s->number, s->name);
	fflush(s->out);
}

static void ktap_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops ktap_ops = {
	.judgement = ktap_judgement,
	.unreadable = ktap_unreadable,
	.free = ktap_free,
};

struct sink *ktap_sink_new(FILE *out, int number, const char *name)
{
	struct ktap_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &ktap_ops;
	s->out = out;
	s->number = number;
	s->name = name;
	return &s->sink;
}
