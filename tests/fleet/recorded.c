/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/run.h"
#include "recorded.h"

#define NSEC_PER_SEC 1000000000ULL

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static char *copy_text(const char *s)
{
	return s ? must(strdup(s)) : NULL;
}

static struct event *copy_event(const struct event *ev)
{
	struct event *copy = must(malloc(sizeof(*copy)));
	int i;

	*copy = *ev;
	for (i = 0; i < ev->nr_stack; i++)
		copy->stack[i] = copy_text(ev->stack[i]);
	return copy;
}

/* What an item points to lives only until its source reads the next line. */
static struct trace_item copy_item(const struct trace_item *item)
{
	struct trace_item copy = *item;
	struct trace_footer *footer;

	switch (item->type) {
	case ITEM_EVENT:
		copy.event = copy_event(item->event);
		break;
	case ITEM_VM:
		copy.vm.comm = copy_text(item->vm.comm);
		copy.vm.name = copy_text(item->vm.name);
		break;
	case ITEM_FOOTER:
		footer = must(malloc(sizeof(*footer)));
		*footer = *item->footer;
		copy.footer = footer;
		break;
	default:
		break;
	}
	return copy;
}

static int keep(void *ctx, const struct trace_item *item)
{
	struct recorded *r = ctx;

	if (item->type == ITEM_HEADER) {
		r->header = *item->header;
		return 0;
	}
	if (r->nr == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->items = must(realloc(r->items, (size_t)r->room * sizeof(*r->items)));
	}
	r->items[r->nr++] = copy_item(item);
	if (item->type == ITEM_EVENT && item->event->t_ns > r->end_ns)
		r->end_ns = item->event->t_ns;
	if (item->type == ITEM_FOOTER && item->footer->t_ns > r->end_ns)
		r->end_ns = item->footer->t_ns;
	return 0;
}

int recorded_load(struct recorded *r, const char *path)
{
	memset(r, 0, sizeof(*r));
	return file_source_run(path, keep, r);
}

static void free_item(const struct trace_item *item)
{
	int i;

	switch (item->type) {
	case ITEM_EVENT:
		for (i = 0; i < item->event->nr_stack; i++)
			free((void *)item->event->stack[i]);
		free((void *)item->event);
		break;
	case ITEM_VM:
		free((void *)item->vm.comm);
		free((void *)item->vm.name);
		break;
	case ITEM_FOOTER:
		free((void *)item->footer);
		break;
	default:
		break;
	}
}

void recorded_release(struct recorded *r)
{
	while (r->nr)
		free_item(&r->items[--r->nr]);
	free(r->items);
	r->items = NULL;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void recorded_header(const struct recorded *r, const char *host, const char *boot_id,
		     struct trace_header *header)
{
	*header = r->header;
	snprintf(header->host, sizeof(header->host), "%s", host);
	snprintf(header->boot_id, sizeof(header->boot_id), "%s", boot_id);
	header->wall_ns = now_ns(CLOCK_REALTIME) - r->end_ns;
	/* a restore's name has it: no two replays of a host give the same */
	header->mono_ns = now_ns(CLOCK_MONOTONIC);
	/* a run of its own, not the one that was recorded */
	header->run[0] = '\0';
	header_name_run(header);
}

int recorded_play(const struct recorded *r, const struct trace_header *header, item_fn fn,
		  void *ctx)
{
	struct trace_item first = { .type = ITEM_HEADER, .header = header };
	int err = fn(ctx, &first), i;

	for (i = 0; i < r->nr && !err; i++)
		err = fn(ctx, &r->items[i]);
	return err;
}
