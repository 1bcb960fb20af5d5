/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Entries of stacks that were shown before their source lines were known: nothing waits for lines
 * while there are events to be read, so in the end they are asked for again.
 */
#ifndef OWED_H
#define OWED_H

/* More than a few stacks have. */
#define MAX_OWED 64

struct owed_lines {
	char *entry[MAX_OWED];
	int nr;
};

/* Each once. */
void owed_add(struct owed_lines *owed, const char *entry);
void owed_free(struct owed_lines *owed);

#endif
