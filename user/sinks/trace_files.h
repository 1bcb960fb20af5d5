/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A trace in many files, DIRECTORY/evmcs-trace-RUN-NNNNNN.jsonl: a new one at each
 * cut, the oldest deleted. Where one cannot be written the rest goes on without:
 * the sink never fails, it tells of its trouble.
 */
#ifndef TRACE_FILES_H
#define TRACE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "sinks/sink.h"

struct trace_files_options {
	const char *directory; /* NULL: no files are wanted */
	uint64_t segment_bytes; /* when a file has grown to this it is to be ended */
	unsigned int max_files; /* of any run in the directory; 0: any number */
	uint64_t budget_bytes; /* of them, the current one with its room included; 0: any */
};

/* A sentence: once when files cannot be written, or deleted, and once when they can again. */
typedef void (*trace_files_trouble_fn)(void *ctx, const char *what);

/* The options are copied. trouble may be NULL. */
struct sink *trace_files_sink_new(const struct trace_files_options *options,
				  trace_files_trouble_fn trouble, void *ctx);

/* Other limits hold at once, another directory from the next cut on. 0 or -ENOMEM. */
int trace_files_configure(struct sink *trace_files, const struct trace_files_options *options);

enum cut_wish {
	CUT_NONE,
	CUT_WHEN_QUIET, /* when no restore is in flight */
	CUT_NOW, /* it has grown too large to wait for that */
};

/* now_ns: of any clock that goes on. */
enum cut_wish trace_files_wants_cut(struct sink *trace_files, uint64_t now_ns);

struct trace_files_stats {
	uint64_t errors; /* files that could not be written or deleted */
	uint64_t segments; /* begun */
	uint64_t unwritten; /* events that are in no file for that */
	uint64_t bytes; /* in the current file */
	const char *path; /* of the current file, until the next item; NULL: there is none */
	bool trouble; /* nothing is written */
};

void trace_files_stats(const struct sink *trace_files, struct trace_files_stats *stats);

#endif
