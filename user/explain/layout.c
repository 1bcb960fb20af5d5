/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "explain/layout.h"
#include "util/wrap.h"

static int word_len(const char *text)
{
	return (int)strcspn(text, " \n");
}

static const char *next_word(const char *text)
{
	text += word_len(text);
	return text + strspn(text, " ");
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
	struct wrap w = { .out = out, .width = width, .at = at, .indent = indent };
	const char *end;

	if (at < indent)
		w.at += fprintf(out, "%*s", indent - at, "");
	while (*text) {
		end = end_of_paragraph(text);
		wrap_words(&w, text, (size_t)(end - text));
		text = after_paragraph(end);
		if (*text) {
			fputc('\n', out);
			wrap_break(&w);
		}
	}
	fputc('\n', out);
}

#define CONTINUED " \\"

/* A word, and where it is an option what it wants. */
static int argument_len(const char *command)
{
	const char *next = next_word(command);

	if (*command == '-' && *next && *next != '-')
		return (int)(next - command) + word_len(next);
	return word_len(command);
}

void print_command(FILE *out, int width, int indent, const char *command)
{
	struct wrap w = { .out = out, .indent = indent + 4, .more = CONTINUED };
	int len;

	w.width = width - (int)strlen(CONTINUED);
	w.at = fprintf(out, "%*s", indent, "");
	for (; *command; command += len + strspn(command + len, " ")) {
		len = argument_len(command);
		wrap_piece(&w, command, (size_t)len, 1);
	}
	fputc('\n', out);
}

/* ---- roff ---- */

#define ROFF_WIDTH 78

/* What roff would take for something else, or show as another character. */
static const struct {
	char c;
	const char *escape;
} roff_escapes[] = {
	{ '\\', "\\e" },  { '-', "\\-" },   { '\'', "\\(aq" }, { '`', "\\(ga" },
	{ '"', "\\(dq" }, { '^', "\\(ha" }, { '~', "\\(ti" },
};

static const char *roff_escape(char c)
{
	size_t i;

	for (i = 0; i < sizeof(roff_escapes) / sizeof(roff_escapes[0]); i++)
		if (roff_escapes[i].c == c)
			return roff_escapes[i].escape;
	return NULL;
}

/*
 * At the beginning of a line a dot makes a request of it. A name is not to be
 * hyphenated: nobody could tell which of its hyphens belong to it.
 */
static const char *roff_prefix(const char *word, int len, int at)
{
	if (!at && *word == '.')
		return "\\&";
	return strcspn(word, "-_/") < (size_t)len ? "\\%" : "";
}

static int roff_len(const char *word, int len, int at)
{
	int i, sum = (int)strlen(roff_prefix(word, len, at));

	for (i = 0; i < len; i++)
		sum += roff_escape(word[i]) ? (int)strlen(roff_escape(word[i])) : 1;
	return sum;
}

static void print_roff_word(FILE *out, const char *word, int len, int at)
{
	const char *escape;
	int i;

	fputs(roff_prefix(word, len, at), out);
	for (i = 0; i < len; i++) {
		escape = roff_escape(word[i]);
		if (escape)
			fputs(escape, out);
		else
			fputc(word[i], out);
	}
}

/* A sentence begins on a line of its own, as man pages have it. */
static bool ends_sentence(const char *word, int len)
{
	return word[len - 1] == '.' || (len > 1 && !strncmp(&word[len - 2], ".)", 2));
}

static void print_roff_paragraph(FILE *out, const char *text, const char *end)
{
	int at = 0, len;

	for (; text < end; text = next_word(text)) {
		len = word_len(text);
		if (at && at + 1 + roff_len(text, len, at) > ROFF_WIDTH) {
			fputc('\n', out);
			at = 0;
		} else if (at) {
			at += fprintf(out, " ");
		}
		print_roff_word(out, text, len, at);
		at += roff_len(text, len, at);
		if (ends_sentence(text, len)) {
			fputc('\n', out);
			at = 0;
		}
	}
	if (at)
		fputc('\n', out);
}

void print_roff(FILE *out, const char *text, const char *new)
{
	const char *end;

	while (*text) {
		end = end_of_paragraph(text);
		print_roff_paragraph(out, text, end);
		text = after_paragraph(end);
		if (*text)
			fprintf(out, "%s\n", new);
	}
}

void print_roff_line(FILE *out, const char *text)
{
	int len;

	for (; *text; text = next_word(text)) {
		len = word_len(text);
		print_roff_word(out, text, len, 1);
		if (text[len])
			fputc(' ', out);
	}
	fputc('\n', out);
}

void print_roff_command(FILE *out, int width, int indent, const char *command)
{
	char *text = NULL, *line, *next;
	size_t len;
	FILE *lines = open_memstream(&text, &len);

	if (!lines)
		return;
	print_command(lines, width, indent, command);
	if (!fclose(lines))
		for (line = text; *line; line = next + 1) {
			next = strchr(line, '\n');
			for (; *line == ' '; line++)
				fputc(' ', out);
			print_roff_word(out, line, (int)(next - line), 0);
			fputc('\n', out);
		}
	free(text);
}
