/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model: folds a stream of trace items into restores, finds anomalies and
 * gives the verdict. No I/O, no clock, no libbpf: the same stream gives the
 * same verdict, live or from a file.
 */
#ifndef MODEL_H
#define MODEL_H

#include "model/event.h"
#include "model/restore.h"
#include "model/save.h"

struct model;

/* An access inside SET takes microseconds; one that waits for its page, much more. */
#define SLOW_SET_NS 10000000ULL

struct model_options {
	enum severity fail_on; /* an anomaly of this severity is a violation */
	uint64_t slow_set_ns; /* an access inside SET that takes longer waits; 0: SLOW_SET_NS */
	bool half; /* of a migration: where nothing is restored, saves are enough to see */
};

/* Called while an item is folded in; what they are given lives until return. */
struct model_hooks {
	void *ctx;
	void (*anomaly)(void *ctx, const struct restore *restore, const struct anomaly *anomaly);
	void (*restore)(void *ctx, const struct restore *restore);
	void (*save)(void *ctx, const struct save *save);
	void (*off)(void *ctx, const struct save *save); /* saved with VMX off: nothing nested */
};

struct model *model_new(const struct model_options *options, const struct model_hooks *hooks);
void model_free(struct model *model);

/* What is found from now on is judged by these. */
void model_set_options(struct model *model, const struct model_options *options);

/* Returns 0 or -ENOMEM. */
int model_item(struct model *model, const struct trace_item *item);

/*
 * Nothing but the footer comes: what has ended is told now. Where the stream goes
 * on in another file, what waits to be concluded is not concluded here.
 */
void model_stream_ends(struct model *model, bool goes_on);

/* The stream has ended, with or without a footer. Call once. */
const struct verdict *model_finish(struct model *model);

/* Restores whose window is open. */
uint64_t model_open_windows(const struct model *model);

/* Those, and the ones that have run and whose first nested entry is waited for. */
uint64_t model_in_flight(const struct model *model);

/* What the next restore and the next save will be called. */
uint64_t model_next_restore(const struct model *model);
uint64_t model_next_save(const struct model *model);

#endif
