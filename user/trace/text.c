/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>

#include "trace/text.h"

#define FIRST_ROOM 4096

bool text_grow(struct text *t, size_t len)
{
	size_t room = 2 * t->room + len + FIRST_ROOM;
	char *more = t->failed ? NULL : realloc(t->bytes, room);

	if (!more) {
		t->failed = true;
		return false;
	}
	t->bytes = more;
	t->room = room;
	return true;
}

void text_put_unsigned(struct text *t, uint64_t value)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	text_put(t, p, (size_t)(digits + sizeof(digits) - p));
}

void text_put_integer(struct text *t, int64_t value)
{
	if (value < 0)
		PUT(t, "-");
	text_put_unsigned(t, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

bool text_is_plain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\')
			return false;
	return true;
}

void text_put_quoted(struct text *t, const char *s, size_t len)
{
	PUT(t, "\"");
	text_put(t, s, len);
	PUT(t, "\"");
}

void text_release(struct text *t)
{
	free(t->bytes);
	*t = (struct text){ 0 };
}
