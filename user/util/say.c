/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/plain.h"
#include "util/say.h"
#include "util/terminal.h"
#include "util/wrap.h"

#define WHO "evmcs-trace: "
/* What a line that goes on begins with, on a terminal. */
#define INDENT 4

static enum say_level say_level = SAY_NORMAL;

void say_set_level(enum say_level level)
{
	say_level = level;
}

bool say_is_verbose(void)
{
	return say_level >= SAY_VERBOSE;
}

static char last_error[512];

const char *say_last_error(void)
{
	return last_error;
}

static void print_line(const char *fmt, va_list ap)
{
	int err = errno; /* who has failed may tell of something else first */
	struct wrap w = {
		.out = stderr,
		.width = terminal_width(stderr),
		.at = (int)strlen(WHO),
		.indent = INDENT,
		.plain = true,
	};
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		return;
	terminal_clear_status();
	fputs(WHO, stderr);
	if (w.width)
		wrap_words(&w, text, strlen(text));
	else
		put_plain(stderr, text);
	fputc('\n', stderr);
	free(text);
	errno = err;
}

#define PRINT_IF(cond)                                                                             \
	do {                                                                                       \
		va_list ap;                                                                        \
		if (!(cond))                                                                       \
			return;                                                                    \
		va_start(ap, fmt);                                                                 \
		print_line(fmt, ap);                                                               \
		va_end(ap);                                                                        \
	} while (0)

void say_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last_error, sizeof(last_error), fmt, ap);
	va_end(ap);
	PRINT_IF(true);
}

void say(const char *fmt, ...)
{
	PRINT_IF(say_level >= SAY_NORMAL);
}

void say_verbose(const char *fmt, ...)
{
	PRINT_IF(say_level >= SAY_VERBOSE);
}
