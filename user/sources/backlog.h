/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records that were moved out of the ring and are not read yet. To move one takes a
 * hundredth of what it takes to read it: while restores come thick and fast they are
 * kept, so that the ring has room and the vCPUs have the CPUs.
 */
#ifndef BACKLOG_H
#define BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

/* With more waiting they are read as they come. */
#define BACKLOG_MOST (2 << 20)

struct backlog {
	char *data;
	size_t room, end, at;
};

/* False where there is no room, nor memory, for another. */
bool backlog_add(struct backlog *backlog, const void *record, size_t size);

static inline bool backlog_any(const struct backlog *backlog)
{
	return backlog->at < backlog->end;
}

/* The oldest, good until the next call; NULL: there is none. */
const void *backlog_take(struct backlog *backlog, size_t *size);

void backlog_free(struct backlog *backlog);

#endif
