/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is told of a restore before its own line, kept to stand beneath it: but not for long, for a
 * restore may wait for a page that comes in minutes.
 */
#ifndef HELD_H
#define HELD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct held_text;

struct held {
	struct held_text *first;
	struct held_text **end; /* NULL: nothing was ever held */
	int nr;
};

/* More would be walked through for each restore: the oldest does not wait then. */
#define HELD_MAX 256

/*
 * Takes text, which is about of: who tells of the same thing again knows better, and what he said
 * before is forgotten if nobody has seen it. Returns 0 or -ENOMEM, and then the text is gone. The
 * caller shows the oldest while there are more than HELD_MAX.
 */
int held_add(struct held *held, uint64_t restore, const void *of, char *text);

/* Is there something of it? */
bool held_has(const struct held *held, uint64_t restore);

/* All of that restore, in the order in which it came. */
void held_show(struct held *held, uint64_t restore, FILE *out);

void held_show_oldest(struct held *held, FILE *out);
/* Whatever was there when this was called hold_ns ago. */
void held_show_older(struct held *held, uint64_t now_ns, uint64_t hold_ns, FILE *out);

void held_free(struct held *held);

#endif
