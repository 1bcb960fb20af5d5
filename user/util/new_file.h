/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that is whole or is not there: whoever reads it finds what was there before, to the end,
 * until what is new is whole.
 */
#ifndef NEW_FILE_H
#define NEW_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct new_file {
	FILE *f; /* to be written to; NULL: not open */
	const char *path;
	char *temporary;
};

/* Beside path, which must stay valid: its name, a dot and six characters. Returns 0 or -errno. */
int new_file_open(struct new_file *n, const char *path, mode_t mode);

/*
 * keep: it takes the place of what path was, if all of it could be written; else it is gone, and
 * what went wrong is of no interest. Returns 0 or -errno.
 */
int new_file_close(struct new_file *n, bool keep);

#endif
