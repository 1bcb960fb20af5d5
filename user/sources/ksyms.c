/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources/ksyms.h"
#include "util/kallsyms.h"

struct answer {
	uint64_t address;
	bool is_return; /* the call is before it */
	char name[112];
};

struct symbol {
	uint64_t start;
	uint32_t name; /* offset into the pool: "name" or "name [module]" */
};

struct ksyms {
	struct symbol *symbols; /* sorted by start */
	size_t nr;
	char *pool;
	size_t pool_len;
	void *answers; /* tsearch() tree by address */
};

/* No kernel function is larger; beyond it an address is of something else. */
#define LARGEST_FUNCTION (1 << 20)

static int compare_answers(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;

	if (x->address != y->address)
		return x->address > y->address ? 1 : -1;
	return x->is_return - y->is_return;
}

struct ksyms *ksyms_new(void)
{
	return calloc(1, sizeof(struct ksyms));
}

static void forget_table(struct ksyms *ksyms)
{
	free(ksyms->symbols);
	free(ksyms->pool);
	ksyms->symbols = NULL;
	ksyms->pool = NULL;
	ksyms->nr = ksyms->pool_len = 0;
}

void ksyms_forget(struct ksyms *ksyms)
{
	forget_table(ksyms);
	tdestroy(ksyms->answers, free);
	ksyms->answers = NULL;
}

static struct answer *find_answer(struct ksyms *ksyms, uint64_t address, bool is_return)
{
	struct answer key = { .address = address, .is_return = is_return };
	void *node = tfind(&key, &ksyms->answers, compare_answers);

	return node ? *(struct answer **)node : NULL;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

#define GROW_SYMBOLS 16384
#define GROW_POOL (1 << 20)

static bool make_room(struct ksyms *ksyms, size_t len)
{
	void *p;

	if (!(ksyms->nr % GROW_SYMBOLS)) {
		p = realloc(ksyms->symbols, (ksyms->nr + GROW_SYMBOLS) * sizeof(*ksyms->symbols));
		if (!p)
			return false;
		ksyms->symbols = p;
	}
	if (!ksyms->pool || ksyms->pool_len / GROW_POOL != (ksyms->pool_len + len) / GROW_POOL) {
		p = realloc(ksyms->pool, ((ksyms->pool_len + len) / GROW_POOL + 1) * GROW_POOL);
		if (!p)
			return false;
		ksyms->pool = p;
	}
	return true;
}

static int add_symbol(void *ctx, const struct kallsym *symbol)
{
	struct ksyms *ksyms = ctx;
	size_t room = strlen(symbol->name) + strlen(symbol->module) + sizeof(" []");

	if (!make_room(ksyms, room))
		return -ENOMEM;
	ksyms->symbols[ksyms->nr].start = symbol->address;
	ksyms->symbols[ksyms->nr++].name = (uint32_t)ksyms->pool_len;
	ksyms->pool_len += 1 + (size_t)sprintf(ksyms->pool + ksyms->pool_len,
					       symbol->module[0] ? "%s [%s]" : "%s", symbol->name,
					       symbol->module);
	return 0;
}

static void read_table(struct ksyms *ksyms)
{
	forget_table(ksyms);
	kallsyms_for_each_text(add_symbol, ksyms);
	if (ksyms->nr)
		qsort(ksyms->symbols, ksyms->nr, sizeof(*ksyms->symbols), compare_symbols);
}

static const struct symbol *find_symbol(const struct ksyms *ksyms, uint64_t address)
{
	size_t low = 0, high = ksyms->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ksyms->symbols[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || address - ksyms->symbols[low - 1].start > LARGEST_FUNCTION)
		return NULL;
	return &ksyms->symbols[low - 1];
}

static void write_name(const struct ksyms *ksyms, struct answer *a)
{
	const struct symbol *symbol = find_symbol(ksyms, a->address - a->is_return);
	const char *name, *module;

	if (!symbol) {
		snprintf(a->name, sizeof(a->name), "0x%" PRIx64, a->address);
		return;
	}
	name = ksyms->pool + symbol->name;
	module = strchr(name, ' ') ?: name + strlen(name);
	snprintf(a->name, sizeof(a->name), "%.*s+0x%" PRIx64 "%s", (int)(module - name), name,
		 a->address - symbol->start, module);
}

static const char *answer(struct ksyms *ksyms, uint64_t address, bool is_return, bool *fresh)
{
	struct answer *a = find_answer(ksyms, address, is_return);

	if (a)
		return a->name;
	if (!*fresh && (!ksyms->nr || !find_symbol(ksyms, address - is_return))) {
		read_table(ksyms);
		*fresh = true;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return "?";
	a->address = address;
	a->is_return = is_return;
	write_name(ksyms, a);
	if (!tsearch(a, &ksyms->answers, compare_answers)) {
		free(a);
		return "?";
	}
	return a->name;
}

void ksyms_resolve(struct ksyms *ksyms, const uint64_t *addresses, int nr, const char **names)
{
	bool fresh = false;
	int i;

	for (i = 0; i < nr; i++)
		names[i] = answer(ksyms, addresses[i], i > 0, &fresh);
}
