/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text in lines that are not wider than they may be, for whoever shows it. */
#ifndef WRAP_H
#define WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct wrap {
	FILE *out;
	int width; /* 0 or less: lines may be of any length */
	int at; /* the column that the cursor is in */
	int indent; /* of the lines to come */
	const char *more; /* at the end of a line that goes on in the next one; NULL: nothing */
	bool plain; /* others chose the text: what a terminal would obey is not shown as it is */
	bool within; /* something is in the line that blanks separate from more */
};

/*
 * What is not taken apart: so many blanks before it, or a line break where there is no room for
 * both. Only a piece that is wider than a line makes one that is too wide. What colours it is
 * not counted.
 */
void wrap_piece(struct wrap *w, const char *piece, size_t len, int blanks);

/* Words with single blanks between them, whatever they had. */
void wrap_words(struct wrap *w, const char *text, size_t len);

/* Fields, which two blanks or more separate: these are kept. */
void wrap_fields(struct wrap *w, const char *text);

/* The line break between two pieces, wherever there is room. */
void wrap_break(struct wrap *w);

#endif
