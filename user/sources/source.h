/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where trace items come from. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/event.h"
#include "probes/attach.h"

/* Takes one item; a negative value ends the source with that error. */
typedef int (*item_fn)(void *ctx, const struct trace_item *item);

/*
 * A trace file, "-" for standard input. Returns 0 (also where the trace is
 * cut: then no footer came), or a negative errno after having told the user:
 * -EBADMSG for a file that is not a trace or was damaged.
 */
int file_source_run(const char *path, item_fn fn, void *ctx);

/* A whole line of a trace, as it is in the file, that has been found to be in order. */
struct json_t;
struct trace_line {
	const char *text; /* the newline is part of it */
	size_t len;
	uint64_t no; /* from 1 */
	const struct trace_item *item; /* NULL: what a model concluded */
	const struct json_t *object;
};
typedef int (*line_fn)(void *ctx, const struct trace_line *line);

/* The same, line by line; a negative value of fn ends it and is returned. */
int file_source_lines(const char *path, line_fn fn, void *ctx);

/*
 * Likewise, of a file that nobody named: it was found, and what has been put in its place since
 * is not waited for, as a FIFO is.
 */
int file_source_found(const char *path, line_fn fn, void *ctx);

struct ring_source;

struct ring_source *ring_source_new(struct observer *observer, const struct trace_header *header,
				    item_fn fn, void *ctx);
void ring_source_free(struct ring_source *source);

/*
 * Passes on all that is there, what was kept first. Returns the number of records or
 * -errno.
 */
int ring_source_consume(struct ring_source *source);

/*
 * Takes all that is there out of the ring, to be passed on later, which is quick. Returns
 * how many records that were, or -errno. Some of them may be evidence, which should not wait.
 */
int ring_source_keep(struct ring_source *source);
bool ring_source_has_kept(const struct ring_source *source);
bool ring_source_has_evidence(const struct ring_source *source);

/*
 * Between two observers of one trace: what the first one still has, to be called
 * when its programs are detached; that something may have been missed since; and
 * the next one.
 */
void ring_source_leave(struct ring_source *source);
void ring_source_gap(struct ring_source *source);
int ring_source_join(struct ring_source *source, struct observer *observer);

/*
 * Trace files are cut here: all that is there is passed on, then ITEM_CUT with the
 * counts of what came since the last one. -EAGAIN where the kernel has lost records
 * that are not told yet (it is told with the next one): nothing is cut then, try later.
 * The next file's header has the modules and probes of the one given; NULL: as the last one.
 */
int ring_source_cut(struct ring_source *source, const char *reason,
		    const struct trace_header *watched);

/* Tells that the kernel does not run the programs that are attached. */
void ring_source_silent(struct ring_source *source);

/* After the programs were detached: the rest, and the footer. */
int ring_source_end(struct ring_source *source, const char *reason, const int *command_status);

#endif
