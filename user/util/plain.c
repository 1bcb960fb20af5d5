/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "util/plain.h"

char plain_char(char c)
{
	return c < 0x20 || c >= 0x7f ? '?' : c;
}

char *plain(char *text)
{
	char *c;

	for (c = text; *c; c++)
		*c = plain_char(*c);
	return text;
}

void put_plain(FILE *out, const char *text)
{
	put_plain_part(out, text, strlen(text));
}

void put_plain_part(FILE *out, const char *text, size_t len)
{
	for (; len; len--)
		fputc(plain_char(*text++), out);
}
