/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A trace that was read once and happens again and again, on any host. */
#ifndef RECORDED_H
#define RECORDED_H

#include "model/event.h"
#include "sources/source.h"

struct recorded {
	struct trace_header header;
	struct trace_item *items; /* all but the header */
	int nr;
	int room;
	uint64_t end_ns; /* of the last item */
};

/* Returns 0 or -errno after having told the user. */
int recorded_load(struct recorded *r, const char *path);
void recorded_release(struct recorded *r);

/* Of the host with this boot ID, so that it ends now. */
void recorded_header(const struct recorded *r, const char *host, const char *boot_id,
		     struct trace_header *header);
int recorded_play(const struct recorded *r, const struct trace_header *header, item_fn fn,
		  void *ctx);

#endif
