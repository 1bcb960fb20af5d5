/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text that grows, of lines: of JSON's values those that are written straight. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Zeroed at first; its bytes are kept from line to line, and freed by text_release(). */
struct text {
	char *bytes; /* without a terminating zero */
	size_t len;
	size_t room;
	bool failed; /* there was no memory: what is there is not all */
};

/* More room, or it has failed. */
bool text_grow(struct text *t, size_t len);

static inline void text_put(struct text *t, const char *bytes, size_t len)
{
	if (t->room - t->len < len && !text_grow(t, len))
		return;
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

#define PUT(t, string) text_put(t, string, sizeof(string) - 1)

void text_put_unsigned(struct text *t, uint64_t value);
void text_put_integer(struct text *t, int64_t value);

/* May it be written as it is, between quotes? */
bool text_is_plain(const char *s, size_t len);
void text_put_quoted(struct text *t, const char *s, size_t len);

void text_release(struct text *t);

#endif
