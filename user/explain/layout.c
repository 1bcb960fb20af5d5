/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include "explain/layout.h"

struct line {
	FILE *out;
	int width; /* that is free for text, of the whole line */
	int at;
	int indent; /* of the lines to come */
	const char *more; /* at the end of a line that goes on in the next one */
};

static void begin_line(struct line *l)
{
	fputs(l->more, l->out);
	fprintf(l->out, "\n%*s", l->indent, "");
	l->at = l->indent;
}

/* Words, up to end. */
static void print_words(struct line *l, const char *text, const char *end)
{
	bool first = true;
	int len;

	for (text += strspn(text, " "); text < end; text += len + strspn(text + len, " ")) {
		len = (int)strcspn(text, " \n");
		if (!first && l->at + 1 + len > l->width)
			begin_line(l);
		else if (!first)
			l->at += fprintf(l->out, " ");
		l->at += fprintf(l->out, "%.*s", len, text);
		first = false;
	}
}

#define PARAGRAPHS "\n\n"

static const char *end_of_paragraph(const char *text)
{
	const char *end = strstr(text, PARAGRAPHS);

	return end ? end : text + strlen(text);
}

static const char *after_paragraph(const char *end)
{
	return *end ? end + strlen(PARAGRAPHS) : end;
}

void print_wrapped(FILE *out, int width, int at, int indent, const char *text)
{
	struct line l = { .out = out, .width = width, .at = at, .indent = indent, .more = "" };
	const char *end;

	if (at < indent)
		l.at += fprintf(out, "%*s", indent - at, "");
	for (; *text; text = after_paragraph(end)) {
		end = end_of_paragraph(text);
		print_words(&l, text, end);
		if (*end) {
			fputc('\n', out);
			begin_line(&l);
		}
	}
	fputc('\n', out);
}

#define CONTINUED " \\"

void print_command(FILE *out, int width, int indent, const char *command)
{
	struct line l = { .out = out, .indent = indent, .more = CONTINUED };

	l.width = width - (int)strlen(CONTINUED);
	l.at = fprintf(out, "%*s", indent, "");
	l.indent += 4;
	print_words(&l, command, command + strlen(command));
	fputc('\n', out);
}

/* ---- roff ---- */

#define ROFF_WIDTH 78

/*
 * The hyphen and these quotes would become others. A dot or quote at the beginning
 * of a line makes it a request.
 */
static void print_roff_char(FILE *out, char c)
{
	switch (c) {
	case '\\':
		fputs("\\e", out);
		break;
	case '-':
		fputs("\\-", out);
		break;
	case '\'':
		fputs("\\(aq", out);
		break;
	case '`':
		fputs("\\(ga", out);
		break;
	case '"':
		fputs("\\(dq", out);
		break;
	case '^':
		fputs("\\(ha", out);
		break;
	case '~':
		fputs("\\(ti", out);
		break;
	default:
		fputc(c, out);
	}
}

/* A sentence begins on a line of its own, as man pages have it. */
static bool ends_sentence(const char *word, int len)
{
	return word[len - 1] == '.' || (len > 1 && !strncmp(&word[len - 2], ".)", 2));
}

static void print_roff_words(FILE *out, const char *text, const char *end)
{
	int at = 0, len, i;

	for (text += strspn(text, " "); text < end; text += len + strspn(text + len, " ")) {
		len = (int)strcspn(text, " \n");
		if (at && at + 1 + len > ROFF_WIDTH)
			at = 0, fputc('\n', out);
		else if (at)
			at += fprintf(out, " ");
		if (!at && *text == '.')
			fputs("\\&", out);
		for (i = 0; i < len; i++)
			print_roff_char(out, text[i]);
		at += len;
		if (ends_sentence(text, len))
			at = 0, fputc('\n', out);
	}
	if (at)
		fputc('\n', out);
}

void print_roff(FILE *out, const char *text, const char *new)
{
	const char *end;
	bool first = true;

	for (; *text; text = after_paragraph(end)) {
		end = end_of_paragraph(text);
		if (!first)
			fprintf(out, "%s\n", new);
		print_roff_words(out, text, end);
		first = false;
	}
}
