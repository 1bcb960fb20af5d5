/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "util/utf8.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
static const char ellipsis[] = "\xe2\x80\xa6"; /* U+2026 */

#define MARK_LEN (sizeof(ellipsis) - 1)

/* How many bytes a character has that begins so; 0: none does. */
static size_t length_by_lead(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* Not one that a shorter form has, no half of a surrogate pair, none that is no character. */
static int is_scalar(uint32_t c, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return c >= least[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static int is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* The character that s begins with, or NULL and a length of 1: not one to be shown. */
static const char *next(const char *s, size_t *len)
{
	size_t n = length_by_lead((unsigned char)*s), i;
	uint32_t c = (unsigned char)*s & (n == 1 ? 0x7f : 0xff >> (n + 1));

	*len = 1;
	for (i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return NULL;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (!n || !is_scalar(c, n))
		return NULL;
	*len = n;
	return is_control(c) ? NULL : s;
}

size_t utf8_clean(char *out, size_t size, const char *in)
{
	size_t at = 0, fits = 0, taken, len;
	const char *from;

	for (; *in; in += taken) {
		from = next(in, &taken);
		len = from ? taken : sizeof(replacement) - 1;
		if (at + len > size - 1)
			break;
		memcpy(out + at, from ? from : replacement, len);
		at += len;
		/* so much and the ellipsis */
		if (at + MARK_LEN <= size - 1)
			fits = at;
	}
	if (*in) {
		memcpy(out + fits, ellipsis, MARK_LEN);
		at = fits + MARK_LEN;
	}
	out[at] = '\0';
	return at;
}
