/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How far a file was read, where that takes longer than a second: a line on stderr that is
 * written anew and is gone in the end, and only on a terminal.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *name; /* of the file, for the user */
	uint64_t size; /* in bytes; 0: not known */
	int64_t began_ms;
	int64_t next_ms; /* when something is shown */
};

void progress_begin(struct progress *p, const char *name, uint64_t size);
/* Whenever some of it was read: so much in all. */
void progress_at(struct progress *p, uint64_t bytes, uint64_t lines);
void progress_end(const struct progress *p);

/* What is shown, ms after the beginning. Returns text. */
char *progress_text(char *text, size_t room, const struct progress *p, uint64_t bytes,
		    uint64_t lines, int64_t ms);

#endif
