/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The quick way to read a line of a trace: one pass over it, nothing allocated.
 * It knows the lines that a trace is full of, written exactly as encode.c writes
 * them, and never says that a line is wrong: what it does not know (another
 * order, one key more, an escape, a space) it leaves to decode.c, which alone
 * says what is an error.
 */
#ifndef QUICK_H
#define QUICK_H

#include <stdbool.h>
#include <stddef.h>

#include "trace/format.h"

/*
 * True where the line was known: *type is its line_type, and an item that of
 * decode_line(). False: nothing is said of it.
 */
bool quick_line(struct decoded *decoded, const char *line, size_t len, struct trace_item *item,
		int *type);

#endif
