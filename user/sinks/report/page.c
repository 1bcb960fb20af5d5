/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "sinks/report/page.h"
#include "util/plain.h"

void page_put(struct page *page, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vfprintf(page->out, fmt, args);
	va_end(args);
	if (n > 0)
		page->bytes += (size_t)n;
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void put_char(struct page *page, char c)
{
	const char *escaped = entity(c);

	if (escaped) {
		page->bytes += strlen(escaped);
		fputs(escaped, page->out);
		return;
	}
	page->bytes++;
	fputc(plain_char(c), page->out);
}

void page_text(struct page *page, const char *text)
{
	for (; text && *text; text++)
		put_char(page, *text);
}

void page_textf(struct page *page, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page_text(page, text);
}

#define MAX_WHOLE 24 /* is not wider than a telephone */

/* How much of text is a word that begins with a hyphen, and stays in one line; 0: it is none. */
static size_t hyphened(const char *text, size_t len, char before)
{
	size_t n = 1;

	if (*text != '-' || before == '-' || isalnum((unsigned char)before))
		return 0;
	while (n < len && (isalnum((unsigned char)text[n]) || text[n] == '-'))
		n++;
	return n > 1 && n <= MAX_WHOLE ? n : 0;
}

static void put_words(struct page *page, const char *text, size_t len)
{
	size_t i, whole_to = 0, n;

	for (i = 0; i < len; i++) {
		n = i < whole_to ? 0 : hyphened(text + i, len - i, i ? text[i - 1] : ' ');
		if (n) {
			page_put(page, "<span class=whole>");
			whole_to = i + n;
		}
		put_char(page, text[i] == '\n' ? ' ' : text[i]);
		if (i + 1 == whole_to)
			page_put(page, "</span>");
	}
}

void page_words(struct page *page, const char *text)
{
	put_words(page, text, strlen(text));
}

void page_whole(struct page *page, const char *text)
{
	bool whole = strlen(text) <= MAX_WHOLE;

	page_put(page, whole ? "<span class=whole>" : "");
	page_words(page, text);
	page_put(page, whole ? "</span>" : "");
}

void page_paragraph(struct page *page, const char *text, size_t len)
{
	page_put(page, "<p>");
	put_words(page, text, len);
	page_put(page, "</p>\n");
}

void page_paragraphs(struct page *page, const char *text)
{
	const char *end;

	while (text && *text) {
		end = strstr(text, "\n\n");
		page_paragraph(page, text, end ? (size_t)(end - text) : strlen(text));
		text = end ? end + 2 : "";
	}
}
