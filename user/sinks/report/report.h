/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One page of HTML for people: the verdict, restores as drawings, what was found
 * and its explanation, the lines that prove it, the host. It needs no network and
 * no script, and its size does not grow with the trace.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "sinks/sink.h"
#include "sources/source.h"
#include "symbols/stack_lines.h"

struct report_options {
	FILE *out; /* the caller's */
	const char *trace; /* its name, for people */
	const char *file; /* by which a command reads it; NULL: none can */
	const char *title; /* NULL: the trace's name */
	struct stack_lines *lines; /* the caller's; NULL: none */
};

/* The page is written by report_write(), not before. */
struct sink *report_sink_new(const struct report_options *options);

/*
 * After the pipeline has come to its end the lines of the restores that are shown
 * as a whole are wanted, by a second look at the trace: a line_fn, whose ctx is the
 * sink. -ECANCELED when it needs no more.
 */
bool report_wants_lines(const struct sink *report);
int report_line(void *report, const struct trace_line *line);

/* Returns 0, or -errno of the file. */
int report_write(struct sink *report);

#endif
