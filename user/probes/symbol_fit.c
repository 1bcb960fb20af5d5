/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "probes/symbol_fit.h"

/* A compiler's suffixes, each with a number or hash behind another dot. */
static const struct {
	const char *name;
	enum symbol_fit fit;
} suffixes[] = {
	{ "cold", SYMBOL_OTHER }, /* gcc, clang: entered in the middle */
	{ "part", SYMBOL_PIECE }, /* gcc: partial inlining */
	{ "isra", SYMBOL_CLONE }, /* gcc: arguments split or removed */
	{ "constprop", SYMBOL_CLONE }, /* gcc: an argument is known */
	{ "specialized", SYMBOL_CLONE }, /* clang: likewise */
	{ "llvm", SYMBOL_WHOLE }, /* clang: a static made global for ThinLTO */
	{ "lto_priv", SYMBOL_WHOLE }, /* gcc: likewise */
	{ "localalias", SYMBOL_WHOLE }, /* gcc: another name of the same address */
};

static enum symbol_fit suffix_fit(const char *suffix, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strlen(suffixes[i].name) == len && !strncmp(suffix, suffixes[i].name, len))
			return suffixes[i].fit;
	return SYMBOL_OTHER;
}

static int is_number(const char *word, size_t len)
{
	return len && strspn(word, "0123456789abcdef") >= len;
}

enum symbol_fit symbol_fit(const char *symbol, const char *function)
{
	size_t len = strlen(function);
	enum symbol_fit fit = SYMBOL_WHOLE, one;
	const char *word;

	if (strncmp(symbol, function, len))
		return SYMBOL_OTHER;
	for (word = symbol + len; *word; word += len) {
		if (*word++ != '.')
			return SYMBOL_OTHER;
		len = strcspn(word, ".");
		if (is_number(word, len))
			continue;
		one = suffix_fit(word, len);
		if (one < fit)
			fit = one;
	}
	return fit;
}
