/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "explain/explain.h"

const struct explanation *explanation_of(const struct anomaly_class *cls)
{
	return &explanations[cls - anomaly_classes];
}

const struct anomaly_class *class_by_word(const char *word)
{
	int i;

	for (i = 0; i < anomaly_nr_classes; i++)
		if (!strcasecmp(word, anomaly_classes[i].name) ||
		    !strcasecmp(word, anomaly_classes[i].id))
			return &anomaly_classes[i];
	return NULL;
}

enum anomaly_rule rule_by_word(const char *word)
{
	int rule;

	for (rule = 0; rule < RULE_COUNT; rule++)
		if (!strcasecmp(word, anomaly_rule_name(rule)))
			break;
	return rule;
}

/* ---- what was meant ---- */

#define LONGEST_WORD 40

static int min(int a, int b)
{
	return a < b ? a : b;
}

/*
 * How many letters of a have to be changed, left out or put in to make it b; that
 * the end of b is left out counts as one.
 */
static int edits(const char *a, const char *b)
{
	int row[LONGEST_WORD + 1], i, j, diagonal, above, best;

	for (j = 0; b[j]; j++)
		row[j] = j;
	row[j] = j;
	for (i = 0; a[i]; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (j = 0; b[j]; j++) {
			above = row[j + 1];
			row[j + 1] = min(min(above, row[j]) + 1,
					 diagonal + (strncasecmp(&a[i], &b[j], 1) != 0));
			diagonal = above;
		}
	}
	for (best = row[j]; j > 0; j--)
		best = min(best, row[j - 1] + 1);
	return best;
}

struct nearest {
	const char *word; /* that is looked for */
	const char *found;
	int distance;
};

/* A piece of a name is as near as one wrong letter. */
static void consider(struct nearest *n, const char *name)
{
	int distance = edits(n->word, name);

	if (strlen(n->word) > 2 && strcasestr(name, n->word))
		distance = 1;
	if (distance < n->distance) {
		n->distance = distance;
		n->found = name;
	}
}

const char *nearest_word(const char *word)
{
	struct nearest n = { .word = word };
	int len = (int)strnlen(word, LONGEST_WORD + 1), i;

	if (!len || len > LONGEST_WORD)
		return NULL;
	n.distance = len / 3 + 1; /* a typing error or two, more in a long name */
	for (i = 0; i < anomaly_nr_classes; i++)
		consider(&n, anomaly_classes[i].name);
	for (i = 0; i < RULE_COUNT; i++)
		consider(&n, anomaly_rule_name(i));
	consider(&n, INCONCLUSIVE_WORD);
	return n.found;
}
