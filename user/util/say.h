/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the program tells its user on stderr. */
#ifndef SAY_H
#define SAY_H

#include <stdbool.h>

enum say_level {
	SAY_QUIET = -1,
	SAY_NORMAL = 0,
	SAY_VERBOSE = 1,
};

void say_set_level(enum say_level level);
bool say_is_verbose(void);

/* An error: always printed. One sentence that names the remedy. */
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What say_error() told last, for reports that are not read on a screen. */
const char *say_last_error(void);

/* Progress and notes: not with -q. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Details for those who asked with -v. */
void say_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
