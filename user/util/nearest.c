/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "util/nearest.h"

#define LONGEST_WORD 40

static int min(int a, int b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * How many letters of a have to be changed, left out, put in or taken in the other order than
 * their neighbour to make it b; that the end of b is left out counts as one.
 */
static int edits(const char *a, const char *b)
{
	/* of the letters of a until now: the last one, and the two before it */
	int rows[3][LONGEST_WORD + 1] = {}, len = (int)strlen(b), i, j, best;
	int *row = rows[0], *above = rows[1], *higher = rows[2], *spare;

	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		spare = higher;
		higher = above;
		above = row;
		row = spare;
		row[0] = i;
		for (j = 1; j <= len; j++) {
			row[j] = min(min(above[j], row[j - 1]) + 1,
				     above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = min(row[j], higher[j - 2] + 1);
		}
	}
	for (best = row[len], j = len; j > 0; j--)
		best = min(best, row[j - 1] + 1);
	return best;
}

void nearest_begin(struct nearest *n, const char *word)
{
	int len = (int)strnlen(word, LONGEST_WORD + 1);

	/* a typing error or two, more in a long name */
	*n = (struct nearest){ .word = word, .distance = len / 3 + 1 };
	if (!len || len > LONGEST_WORD)
		n->distance = 0;
}

/* A piece of a name is as near as one wrong letter. */
void nearest_consider(struct nearest *n, const char *name)
{
	int distance;

	if (!n->distance || strlen(name) > LONGEST_WORD)
		return;
	distance = edits(n->word, name);
	if (strlen(n->word) > 2 && strcasestr(name, n->word))
		distance = 1;
	if (distance < n->distance) {
		n->distance = distance;
		n->found = name;
	}
}
