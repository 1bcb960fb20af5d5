/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>

#include "sinks/gatherer.h"

struct gatherer {
	struct sink sink;
	struct pairs *pairs;
	const char *label;
	bool unnamed;
	bool begun; /* its header was told */
};

static int gather_item(struct sink *sink, const struct trace_item *item,
		       const struct trace_header *header)
{
	struct gatherer *g = (struct gatherer *)sink;

	if (item->type != ITEM_HEADER)
		return 0;
	if (!g->begun)
		pairs_trace(g->pairs, g->label, header);
	g->begun = true;
	return 0;
}

static void gather_save(struct sink *sink, const struct save *save,
			const struct trace_header *header)
{
	struct gatherer *g = (struct gatherer *)sink;

	(void)header;
	if (save->vm_name || g->unnamed)
		pairs_save(g->pairs, save);
}

static void gather_restore(struct sink *sink, const struct restore *restore,
			   const struct trace_header *header)
{
	struct gatherer *g = (struct gatherer *)sink;

	(void)header;
	if (restore->vm_name || g->unnamed)
		pairs_restore(g->pairs, restore);
}

static void gather_verdict(struct sink *sink, const struct verdict *verdict,
			   const struct trace_header *header)
{
	(void)header;
	pairs_verdict(((struct gatherer *)sink)->pairs, verdict);
}

static void gather_unreadable(struct sink *sink, const char *why)
{
	struct gatherer *g = (struct gatherer *)sink;

	(void)why;
	if (g->begun)
		pairs_unreadable(g->pairs);
	else
		pairs_trace(g->pairs, g->label, NULL);
}

static void gather_free(struct sink *sink)
{
	free(sink);
}

struct sink *gatherer_new(struct pairs *pairs, const char *label, bool unnamed)
{
	static const struct sink_ops ops = {
		.item = gather_item,
		.save = gather_save,
		.off = gather_save,
		.restore = gather_restore,
		.verdict = gather_verdict,
		.unreadable = gather_unreadable,
		.free = gather_free,
	};
	struct gatherer *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->sink.ops = &ops;
	g->pairs = pairs;
	g->label = label;
	g->unnamed = unnamed;
	return &g->sink;
}
