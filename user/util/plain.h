/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a guest, a VMM or a file chose is shown as printable ASCII, with '?' for all else: a
 * terminal would obey it, and a reader of lines would take a newline for the end of one.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdio.h>

char plain_char(char c);
/* In place; returns it. */
char *plain(char *text);
void put_plain(FILE *out, const char *text);
void put_plain_part(FILE *out, const char *text, size_t len);

#endif
