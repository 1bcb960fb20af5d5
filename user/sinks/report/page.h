/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A page of HTML as it is written: whatever a trace says goes through page_text(),
 * whatever page_put() is given is the program's own.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct page {
	FILE *out;
	size_t bytes; /* so far */
};

/* Markup. */
void page_put(struct page *page, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Text: escaped, and printable ASCII only, whatever a VMM called its VM. */
void page_text(struct page *page, const char *text);
void page_textf(struct page *page, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, where a line may end: not after the hyphen of "-EINVAL" or "--pid". Not in attributes. */
void page_words(struct page *page, const char *text);
/* The same, in one line where it is short. */
void page_whole(struct page *page, const char *text);

/* Paragraphs of text, which "\n\n" parts. */
void page_paragraphs(struct page *page, const char *text);
void page_paragraph(struct page *page, const char *text, size_t len);

#endif
