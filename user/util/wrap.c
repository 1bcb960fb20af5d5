/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "util/plain.h"
#include "util/wrap.h"

/* Columns that so many bytes take: ASCII, and sequences that colour it. */
static int columns_of(const char *text, size_t len)
{
	bool in_colour = false;
	int columns = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\033')
			in_colour = true;
		else if (!in_colour)
			columns++;
		else if (text[i] == 'm')
			in_colour = false;
	}
	return columns;
}

void wrap_break(struct wrap *w)
{
	fprintf(w->out, "%s\n%*s", w->more ?: "", w->indent, "");
	w->at = w->indent;
	w->within = false;
}

void wrap_piece(struct wrap *w, const char *piece, size_t len, int blanks)
{
	int columns = w->plain ? (int)len : columns_of(piece, len);

	if (w->within && w->width > 0 && w->at + blanks + columns > w->width)
		wrap_break(w);
	if (!w->within)
		blanks = 0;
	fprintf(w->out, "%*s", blanks, "");
	if (w->plain)
		put_plain_part(w->out, piece, len);
	else
		fwrite(piece, 1, len, w->out);
	w->at += blanks + columns;
	w->within = true;
}

void wrap_words(struct wrap *w, const char *text, size_t len)
{
	const char *end = text + len;
	size_t word;

	text += strspn(text, " ");
	for (; text < end; text += word + strspn(text + word, " ")) {
		word = strcspn(text, " ");
		if (word > (size_t)(end - text))
			word = (size_t)(end - text);
		wrap_piece(w, text, word, 1);
	}
}

/* One that has not room in a line of its own is broken between its words. */
static void wrap_field(struct wrap *w, const char *text, size_t len, int blanks)
{
	size_t first = strcspn(text, " ");

	if (w->width <= 0 || w->indent + columns_of(text, len) <= w->width || first >= len) {
		wrap_piece(w, text, len, blanks);
		return;
	}
	wrap_piece(w, text, first, blanks);
	wrap_words(w, text + first, len - first);
}

void wrap_fields(struct wrap *w, const char *text)
{
	const char *end;
	int blanks;

	while (*text) {
		blanks = (int)strspn(text, " ");
		text += blanks;
		end = strstr(text, "  ") ?: text + strlen(text);
		wrap_field(w, text, (size_t)(end - text), blanks);
		text = end;
	}
}
