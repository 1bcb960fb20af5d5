/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A sink shows what came in and what the model concluded. */
#ifndef SINK_H
#define SINK_H

#include <stdio.h>

#include "model/event.h"
#include "model/restore.h"

struct sink;

/* Each may be NULL but free. item returns 0 or -errno. */
struct sink_ops {
	int (*item)(struct sink *sink, const struct trace_item *item,
		    const struct trace_header *header);
	void (*anomaly)(struct sink *sink, const struct restore *restore,
			const struct anomaly *anomaly, const struct trace_header *header);
	void (*restore)(struct sink *sink, const struct restore *restore,
			const struct trace_header *header);
	void (*verdict)(struct sink *sink, const struct verdict *verdict,
			const struct trace_header *header);
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
	const char *label; /* before the verdict: which trace */
};
struct sink *text_sink_new(const struct text_options *options);

/* The same facts, one JSON object a line: anomalies, restores, verdict. */
struct sink *json_sink_new(FILE *out, const char *trace);

/*
 * The trace file. Written to fd, which the sink closes; name is for messages.
 * When a write fails the file is cut back to its last whole line and nothing
 * more is written.
 */
struct sink *trace_sink_new(int fd, const char *name);

#endif
