/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A sink shows what came in and what the model concluded. */
#ifndef SINK_H
#define SINK_H

#include <stdio.h>

#include "expect/judge.h"
#include "model/event.h"
#include "model/restore.h"
#include "model/save.h"
#include "symbols/stack_lines.h"

struct sink;

/* Each may be NULL but free. item and cut return 0 or -errno. */
struct sink_ops {
	int (*item)(struct sink *sink, const struct trace_item *item,
		    const struct trace_header *header);
	/*
	 * Of ITEM_CUT, which item is not told: files end here with this footer and
	 * begin anew with the next header. What is shown otherwise goes on.
	 */
	int (*cut)(struct sink *sink, const struct trace_footer *footer,
		   const struct trace_header *header, const struct trace_header *next);
	void (*anomaly)(struct sink *sink, const struct restore *restore,
			const struct anomaly *anomaly, const struct trace_header *header);
	void (*restore)(struct sink *sink, const struct restore *restore,
			const struct trace_header *header);
	void (*save)(struct sink *sink, const struct save *save, const struct trace_header *header);
	/* a save that has nothing nested, for VMX was off */
	void (*off)(struct sink *sink, const struct save *save, const struct trace_header *header);
	void (*verdict)(struct sink *sink, const struct verdict *verdict,
			const struct trace_header *header);
	void (*judgement)(struct sink *sink, const struct judgement *judgement,
			  const struct trace_header *header);
	/* in a watch, now and then while a restore is in flight */
	void (*look)(struct sink *sink, uint64_t now_ns);
	/* instead of both: there is no trace to speak of */
	void (*unreadable)(struct sink *sink, const char *why);
	void (*free)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops;
};

/* What a person reads. */
struct text_options {
	FILE *out;
	bool only_findings; /* not the restores that passed */
	bool events; /* every event as well */
	bool info_fails; /* what else does no harm is a violation: it is told in full */
	bool checks; /* the checks of an expectation decide, not the verdict */
	const char *label; /* before the verdict: which trace */
	struct stack_lines *lines; /* of stacks; NULL: none. The caller's. */
};
struct sink *text_sink_new(const struct text_options *options);

/* What several traces come to, where each has had its own last line. */
void text_overall(FILE *out, enum verdict_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same facts, one JSON object a line: anomalies, saves, restores, verdict, and
 * where there is a judge its checks and their sum. lines: of the stacks of
 * anomalies, the caller's; NULL: none. Those that were late come before the verdict.
 */
struct sink *json_sink_new(FILE *out, const char *trace, struct stack_lines *lines);

/*
 * KTAP: number is the trace's place in the plan, for which the
 * caller prints the plan; name is letters, digits, _ . - and new for each.
 */
void ktap_plan(FILE *out, int traces);
struct sink *ktap_sink_new(FILE *out, int number, const char *name);

/* JUnit: a <testsuite> for the trace; the caller has the file around it. */
void junit_begin(FILE *out);
void junit_end(FILE *out);
struct sink *junit_sink_new(FILE *out, const char *name);

/*
 * The trace file. Written to fd, which the sink closes; name is for messages.
 * When a write fails the file is cut back to its last whole line and nothing
 * more is written.
 */
struct sink *trace_sink_new(int fd, const char *name);

/* One that says nothing of a failure, for who asks, and how far it has written. */
struct sink *trace_sink_quiet_new(int fd);
int trace_sink_error(const struct sink *trace_sink); /* the first one, 0: none */
uint64_t trace_sink_bytes(const struct sink *trace_sink); /* of whole lines */

#endif
