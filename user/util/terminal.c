/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/plain.h"
#include "util/terminal.h"

#define NARROWEST 20
#define CLEAR_LINE "\r\033[K"

int terminal_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {};

	if (!isatty(fileno(out)))
		return 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		size.ws_col = (unsigned short)(columns ? atoi(columns) : 80);
	return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

/* What is not one of these shows an escape sequence as the characters that it is made of. */
static bool obeys_sequences(void)
{
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb") != 0;
}

bool terminal_has_colour(FILE *out)
{
	const char *no_colour = getenv("NO_COLOR");

	return isatty(fileno(out)) && obeys_sequences() && !(no_colour && *no_colour);
}

/* ---- the status ---- */

static char status_shown[256]; /* "": none */

bool terminal_rewrites_stderr(void)
{
	return isatty(STDERR_FILENO) && obeys_sequences();
}

bool terminal_has_status(void)
{
	return isatty(STDOUT_FILENO) && terminal_rewrites_stderr();
}

void terminal_status(const char *fmt, ...)
{
	char text[sizeof(status_shown)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	plain(text);
	if (!strcmp(text, status_shown))
		return;
	memcpy(status_shown, text, sizeof(text));
	/* one that is wrapped could not be cleared */
	fprintf(stderr, CLEAR_LINE "%.*s", terminal_width(stderr) - 1, text);
	fflush(stderr);
}

void terminal_clear_status(void)
{
	if (!*status_shown)
		return;
	fputs(CLEAR_LINE, stderr);
	fflush(stderr);
	*status_shown = '\0';
}
