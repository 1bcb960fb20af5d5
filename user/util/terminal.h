/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a screen is told that a file or a pipe is not. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal that out is; 0: it is none, lines may be of any length. */
int terminal_width(FILE *out);

/* Is out a terminal that has it (TERM), and colour not unwanted (NO_COLOR)? */
bool terminal_has_colour(FILE *out);

/*
 * A line at the bottom of the screen, of stderr, that is written anew for as long as something
 * goes on. Where nothing else is said for hours standard output is to be a terminal, too.
 */
bool terminal_rewrites_stderr(void);
bool terminal_has_status(void);
void terminal_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Before anything else is printed on either. */
void terminal_clear_status(void);

#endif
