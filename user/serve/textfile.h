/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file that node_exporter's textfile collector reads: always whole, or not there. */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stddef.h>

/* Puts text in the place of what path was. Returns 0 or -errno; path is as it was then. */
int textfile_write(const char *path, const char *text, size_t len);

#endif
