/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef FIRST_LINE_H
#define FIRST_LINE_H

#include <stddef.h>

/* The first line of a small file, without its newline; "" where there is none. */
void first_line(const char *path, char *line, size_t size);

#endif
