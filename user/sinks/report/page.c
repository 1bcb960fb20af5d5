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

void page_textn(struct page *page, const char *text, size_t len)
{
	for (; len && *text; text++, len--)
		put_char(page, *text);
}

void page_text(struct page *page, const char *text)
{
	page_textn(page, text, text ? strlen(text) : 0);
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

/* A browser breaks lines after any hyphen that letters follow. */
static size_t put_word(struct page *page, const char *word, size_t most)
{
	size_t len = strcspn(word, " \n");
	bool whole = *word == '-' && (isalpha((unsigned char)word[1]) || word[1] == '-');

	if (len > most)
		len = most;
	page_put(page, "%s", whole ? "<span class=nb>" : "");
	page_textn(page, word, len);
	page_put(page, "%s", whole ? "</span>" : "");
	return len;
}

void page_paragraph(struct page *page, const char *text, size_t len)
{
	size_t at = 0;

	page_put(page, "<p>");
	while (at < len) {
		at += put_word(page, text + at, len - at);
		if (at < len) {
			put_char(page, ' ');
			at++;
		}
	}
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
