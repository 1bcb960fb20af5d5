/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "symbols/stack_lines.h"

/* A trace with more different entries than these is no trace of restores. */
#define MAX_ANSWERS 4096

struct answer {
	struct code_place place;
	int nr;
	struct source_frame *frames;
};

struct stack_lines {
	struct line_finder *finder;
	void *answers; /* tsearch() tree by place */
	int nr_answers;
};

struct stack_lines *stack_lines_new(struct line_finder *finder)
{
	struct stack_lines *lines = finder ? calloc(1, sizeof(*lines)) : NULL;

	if (lines)
		lines->finder = finder;
	else if (finder)
		finder->ops->free(finder);
	return lines;
}

static void free_answer(void *p)
{
	struct answer *a = p;

	free(a->frames);
	free(a);
}

void stack_lines_free(struct stack_lines *lines)
{
	if (!lines)
		return;
	tdestroy(lines->answers, free_answer);
	lines->finder->ops->free(lines->finder);
	free(lines);
}

/* ---- entries ---- */

/* Of what is not of one of these no build is known. */
static bool identify(struct code_place *place, const struct trace_header *header)
{
	int object = object_by_name(place->object);

	if (object < 0 || !header->build_id[object][0])
		return false;
	snprintf(place->build_id, sizeof(place->build_id), "%s", header->build_id[object]);
	snprintf(place->release, sizeof(place->release), "%s", header->kernel);
	return true;
}

/* "function+0x1f" or "function+0x1f [module]"; all of it is in place, zeros behind it. */
static bool parse(const char *entry, struct code_place *place)
{
	size_t len = strcspn(entry, "+ ");
	const char *module;
	int end = -1;

	memset(place, 0, sizeof(*place));
	if (!len || len >= sizeof(place->function) ||
	    sscanf(entry + len, "+0x%" SCNx64 "%n", &place->offset, &end) != 1 || end < 0)
		return false;
	memcpy(place->function, entry, len);
	module = entry + len + end;
	if (!*module) {
		snprintf(place->object, sizeof(place->object), OBJECT_NAME_KERNEL);
		return true;
	}
	len = strlen(module);
	if (len < 4 || strncmp(module, " [", 2) != 0 || module[len - 1] != ']' ||
	    len - 3 >= sizeof(place->object))
		return false;
	memcpy(place->object, module + 2, len - 3);
	/* no module is called so */
	return strcmp(place->object, OBJECT_NAME_KERNEL) != 0;
}

/* ---- answers ---- */

static int compare_answers(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;

	return memcmp(&x->place, &y->place, sizeof(x->place));
}

static struct answer *find_answer(struct stack_lines *lines, const struct code_place *place)
{
	struct answer key = { .place = *place };
	void *node = tfind(&key, &lines->answers, compare_answers);

	return node ? *(struct answer **)node : NULL;
}

static struct answer *keep_answer(struct stack_lines *lines, const struct code_place *place,
				  const struct source_frame *frames, int nr)
{
	struct answer *a;

	if (lines->nr_answers >= MAX_ANSWERS) {
		tdestroy(lines->answers, free_answer);
		lines->answers = NULL;
		lines->nr_answers = 0;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->place = *place;
	a->nr = nr;
	a->frames = calloc((size_t)nr + 1, sizeof(*frames));
	if (a->frames && tsearch(a, &lines->answers, compare_answers)) {
		memcpy(a->frames, frames, (size_t)nr * sizeof(*frames));
		lines->nr_answers++;
		return a;
	}
	free_answer(a);
	return NULL;
}

int stack_lines_find(struct stack_lines *lines, const struct trace_header *header,
		     const char *entry, const struct source_frame **frames)
{
	struct source_frame found[SOURCE_MAX_FRAMES];
	struct code_place place;
	struct answer *a;
	int nr;

	if (!lines || !parse(entry, &place) || !identify(&place, header))
		return 0;
	a = find_answer(lines, &place);
	if (!a) {
		nr = lines->finder->ops->find(lines->finder, &place, found);
		if (nr == -EAGAIN)
			return nr;
		a = keep_answer(lines, &place, found, nr < 0 ? 0 : nr);
	}
	*frames = a ? a->frames : NULL;
	return a ? a->nr : 0;
}

void stack_lines_prepare(struct stack_lines *lines, const struct trace_header *header)
{
	struct code_place place;
	int i;

	if (!lines || !lines->finder->ops->prepare)
		return;
	for (i = 0; i < OBJECT_COUNT; i++) {
		memset(&place, 0, sizeof(place));
		snprintf(place.object, sizeof(place.object), "%s", object_name(i));
		if (identify(&place, header))
			lines->finder->ops->prepare(lines->finder, &place);
	}
}
