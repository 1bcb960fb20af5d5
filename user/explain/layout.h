/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Texts on paper of a given width, and as the source of a man page. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdio.h>

/*
 * Paragraphs, each line indented and no wider than width; one empty line between
 * two. at: the column that the cursor is in already. Ends with a line break. Only a
 * word that is wider than a line has one that is too wide.
 */
void print_wrapped(FILE *out, int width, int at, int indent, const char *text);

/* A command: where it is wrapped the shell takes it for one line, too. */
void print_command(FILE *out, int width, int indent, const char *command);

/* A text for man(7), so that it is shown as it is, with new for each paragraph's begin. */
void print_roff(FILE *out, const char *text, const char *new);

/* A command in lines of their own, between .EX and .EE, wrapped as print_command() does. */
void print_roff_command(FILE *out, int width, int indent, const char *command);

/* All of it in one line: what a macro takes as its arguments ends with that. */
void print_roff_line(FILE *out, const char *text);

#endif
