/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "sources/backlog.h"

#define GROW (256 << 10)
#define ALIGN 8

static size_t place_of(size_t size)
{
	return sizeof(size) + (size + ALIGN - 1) / ALIGN * ALIGN;
}

static bool make_room(struct backlog *backlog, size_t len)
{
	size_t room = (backlog->end + len + GROW - 1) / GROW * GROW;
	char *data;

	if (backlog->end + len <= backlog->room)
		return true;
	if (room > BACKLOG_MOST)
		return false;
	data = realloc(backlog->data, room);
	if (!data)
		return false;
	backlog->data = data;
	backlog->room = room;
	return true;
}

bool backlog_add(struct backlog *backlog, const void *record, size_t size)
{
	if (!make_room(backlog, place_of(size)))
		return false;
	memcpy(backlog->data + backlog->end, &size, sizeof(size));
	memcpy(backlog->data + backlog->end + sizeof(size), record, size);
	backlog->end += place_of(size);
	return true;
}

const void *backlog_take(struct backlog *backlog, size_t *size)
{
	const char *record;

	if (!backlog_any(backlog)) {
		backlog->at = backlog->end = 0;
		/* a burst is rare: what it took goes back */
		if (backlog->room > GROW)
			backlog_free(backlog);
		return NULL;
	}
	memcpy(size, backlog->data + backlog->at, sizeof(*size));
	record = backlog->data + backlog->at + sizeof(*size);
	backlog->at += place_of(*size);
	return record;
}

void backlog_free(struct backlog *backlog)
{
	free(backlog->data);
	memset(backlog, 0, sizeof(*backlog));
}
