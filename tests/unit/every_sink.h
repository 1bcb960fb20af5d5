/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Everything that shows what came in, in a table: what holds for all of it is tested for each row. */
#ifndef EVERY_SINK_H
#define EVERY_SINK_H

#include "pipeline.h"

/* A new sink is a new row, and is then fuzzed and fed with odd names as all the others are. */
struct every_sink {
	const char *name;
	/* writes to out until it is freed */
	struct sink *(*make)(FILE *out);
	bool binary; /* no text, but for what of it is one */
	bool tells_why; /* something is no trace */
	const char *head; /* how what is the same for any trace ends; NULL: there is none */
};

extern const struct every_sink every_sinks[];

/* What of a sink's text may have something in it that was in a trace, *len bytes; NULL: is no text.
 */
const char *every_sink_text(const struct every_sink *row, const char *text, size_t *len);

#define EVERY_SINK_MAX 16

/* All of them at once, each into a text of its own. */
struct everywhere {
	int nr;
	FILE *out[EVERY_SINK_MAX];
	char *text[EVERY_SINK_MAX]; /* of every_sinks[i], after everywhere_close() */
	size_t len[EVERY_SINK_MAX];
};

/* The one sink for a pipeline that tells them all; it must be freed before the texts are read. */
struct sink *everywhere_open(struct everywhere *e);
void everywhere_close(struct everywhere *e);
void everywhere_free(struct everywhere *e);

#endif
