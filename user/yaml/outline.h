/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where everything of a YAML file stands. libcyaml gives the values, but not
 * their lines, and names the line before for a key that it does not know; a
 * user is to be shown the right one. It also lets pass what must not: a second
 * document, a file without a mapping.
 */
#ifndef OUTLINE_H
#define OUTLINE_H

#include <stddef.h>

struct outline {
	struct place {
		char *path; /* "checks[1].where.path" */
		int line;
	} * places;
	size_t nr;
	size_t room;
	char error[200];
	int error_line;
};

/* Returns 0, -ENOMEM, or with error and error_line set -ENODATA (only comments) or -EINVAL. */
int outline_read(struct outline *outline, const char *text, size_t len);
void outline_free(struct outline *outline);

/* The line of what stands at this path, or of the nearest thing around it. */
int outline_line(const struct outline *outline, const char *path);

#endif
