/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was meant by a word that is none of those there are. */
#ifndef NEAREST_H
#define NEAREST_H

struct nearest {
	const char *word; /* that is looked for */
	const char *found; /* NULL: none is near enough */
	int distance;
};

/* Nothing is near to a word that is empty or very long. */
void nearest_begin(struct nearest *n, const char *word);
void nearest_consider(struct nearest *n, const char *name);

#endif
