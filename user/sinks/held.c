/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "sinks/held.h"

struct held_text {
	struct held_text *next;
	uint64_t restore;
	const void *of;
	uint64_t since_ns; /* 0: no time was told yet */
	char *text;
};

static void drop(struct held *held, struct held_text **at)
{
	struct held_text *h = *at;

	*at = h->next;
	if (held->end == &h->next)
		held->end = at;
	free(h->text);
	free(h);
	held->nr--;
}

int held_add(struct held *held, uint64_t restore, const void *of, char *text)
{
	struct held_text *h = malloc(sizeof(*h)), **at;

	if (!h) {
		free(text);
		return -ENOMEM;
	}
	if (!held->end)
		held->end = &held->first;
	for (at = &held->first; *at; at = &(*at)->next)
		if ((*at)->restore == restore && (*at)->of == of) {
			drop(held, at);
			break;
		}
	*h = (struct held_text){ .restore = restore, .of = of, .text = text };
	*held->end = h;
	held->end = &h->next;
	held->nr++;
	return 0;
}

bool held_has(const struct held *held, uint64_t restore)
{
	const struct held_text *h;

	for (h = held->first; h; h = h->next)
		if (h->restore == restore)
			return true;
	return false;
}

void held_show(struct held *held, uint64_t restore, FILE *out)
{
	struct held_text **at = &held->first;

	while (*at) {
		if ((*at)->restore != restore) {
			at = &(*at)->next;
			continue;
		}
		fputs((*at)->text, out);
		drop(held, at);
	}
}

void held_show_oldest(struct held *held, FILE *out)
{
	if (!held->first)
		return;
	fputs(held->first->text, out);
	drop(held, &held->first);
}

void held_show_older(struct held *held, uint64_t now_ns, uint64_t hold_ns, FILE *out)
{
	struct held_text **at = &held->first;

	while (*at) {
		if (!(*at)->since_ns)
			(*at)->since_ns = now_ns;
		if (now_ns - (*at)->since_ns < hold_ns) {
			at = &(*at)->next;
			continue;
		}
		fputs((*at)->text, out);
		drop(held, at);
	}
}

void held_free(struct held *held)
{
	while (held->first)
		drop(held, &held->first);
}
