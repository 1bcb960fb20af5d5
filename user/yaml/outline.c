/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "yaml/outline.h"

#define OUTLINE_DEPTH 8 /* more than the schema has: no recursion to fear */
#define OUTLINE_PATH 256

struct reader {
	struct outline *outline;
	const char *text;
	size_t len;
	yaml_parser_t parser;
	int depth;
};

static int wrong(struct reader *r, const yaml_mark_t *mark, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct reader *r, const yaml_mark_t *mark, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->outline->error, sizeof(r->outline->error), fmt, ap);
	va_end(ap);
	r->outline->error_line = (int)mark->line + 1;
	return -EINVAL;
}

/* libyaml knows the line of what it could decode only, else the offset. */
static yaml_mark_t problem_mark(const struct reader *r)
{
	yaml_mark_t mark = r->parser.problem_mark;
	size_t i;

	if (r->parser.error != YAML_READER_ERROR)
		return mark;
	mark.line = 0;
	for (i = 0; i < r->parser.problem_offset && i < r->len; i++)
		mark.line += r->text[i] == '\n';
	return mark;
}

static int next_event(struct reader *r, yaml_event_t *ev)
{
	yaml_mark_t mark;

	if (yaml_parser_parse(&r->parser, ev))
		return 0;
	if (r->parser.error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	mark = problem_mark(r);
	return wrong(r, &mark, "this is not YAML (%s): see the lines before it",
		     r->parser.problem ? r->parser.problem : "unreadable");
}

static const char *find_place(const struct outline *o, const char *path, int *line)
{
	size_t i;

	for (i = 0; i < o->nr; i++)
		if (!strcmp(o->places[i].path, path)) {
			*line = o->places[i].line;
			return o->places[i].path;
		}
	return NULL;
}

static int add_place(struct outline *o, const char *path, const yaml_mark_t *mark)
{
	if (o->nr == o->room) {
		size_t room = o->room ? 2 * o->room : 64;
		struct place *places = realloc(o->places, room * sizeof(*places));

		if (!places)
			return -ENOMEM;
		o->places = places;
		o->room = room;
	}
	o->places[o->nr].path = strdup(path);
	o->places[o->nr].line = (int)mark->line + 1;
	return o->places[o->nr++].path ? 0 : -ENOMEM;
}

static int read_node(struct reader *r, const yaml_event_t *ev, const char *path);

static int read_child(struct reader *r, const char *path)
{
	yaml_event_t ev;
	int err = next_event(r, &ev);

	if (err)
		return err;
	err = read_node(r, &ev, path);
	yaml_event_delete(&ev);
	return err;
}

/* C would see only what is before a NUL. */
static bool is_text(const yaml_event_t *ev)
{
	return strlen((const char *)ev->data.scalar.value) == ev->data.scalar.length;
}

static int read_key(struct reader *r, const yaml_event_t *key, const char *path)
{
	char child[OUTLINE_PATH];
	const char *name;
	int line;

	if (key->type != YAML_SCALAR_EVENT || !is_text(key))
		return wrong(r, &key->start_mark, "a key must be a plain word");
	name = (const char *)key->data.scalar.value;
	if (snprintf(child, sizeof(child), "%s%s%s", path, *path ? "." : "", name) >=
	    (int)sizeof(child))
		return wrong(r, &key->start_mark, "the key is too long to be one");
	if (find_place(r->outline, child, &line))
		return wrong(r, &key->start_mark,
			     "'%.60s' is here a second time, first in line %d: keep one of them",
			     name, line);
	return add_place(r->outline, child, &key->start_mark) ?: read_child(r, child);
}

static int read_mapping(struct reader *r, const char *path)
{
	yaml_event_t ev;
	bool end = false;
	int err = 0;

	while (!err && !end) {
		err = next_event(r, &ev);
		if (err)
			break;
		end = ev.type == YAML_MAPPING_END_EVENT;
		if (!end)
			err = read_key(r, &ev, path);
		yaml_event_delete(&ev);
	}
	return err;
}

static int read_sequence(struct reader *r, const char *path)
{
	char child[OUTLINE_PATH];
	yaml_event_t ev;
	bool end = false;
	int err = 0, i;

	for (i = 0; !err && !end; i++) {
		err = next_event(r, &ev);
		if (err)
			break;
		end = ev.type == YAML_SEQUENCE_END_EVENT;
		if (!end && snprintf(child, sizeof(child), "%s[%d]", path, i) >= (int)sizeof(child))
			err = wrong(r, &ev.start_mark, "this is nested too deep");
		else if (!end)
			err = add_place(r->outline, child, &ev.start_mark)
				      ?: read_node(r, &ev, child);
		yaml_event_delete(&ev);
	}
	return err;
}

static int read_node(struct reader *r, const yaml_event_t *ev, const char *path)
{
	int err = 0;

	if (ev->type == YAML_ALIAS_EVENT)
		return wrong(r, &ev->start_mark, "aliases are not read: write the value out");
	if (ev->type == YAML_SCALAR_EVENT)
		return is_text(ev) ? 0 : wrong(r, &ev->start_mark, "a value must be plain text");
	if (++r->depth > OUTLINE_DEPTH)
		return wrong(r, &ev->start_mark, "this is nested too deep");
	if (ev->type == YAML_MAPPING_START_EVENT)
		err = read_mapping(r, path);
	else
		err = read_sequence(r, path);
	r->depth--;
	return err;
}

/* Takes events up to one that is not of the given type. */
static int skip(struct reader *r, yaml_event_t *ev, yaml_event_type_t type)
{
	int err = next_event(r, ev);

	while (!err && ev->type == type) {
		yaml_event_delete(ev);
		err = next_event(r, ev);
	}
	return err;
}

static int read_document(struct reader *r)
{
	yaml_event_t ev;
	int err = skip(r, &ev, YAML_STREAM_START_EVENT);

	if (!err && ev.type == YAML_DOCUMENT_START_EVENT) {
		yaml_event_delete(&ev);
		err = next_event(r, &ev);
	}
	if (err)
		return err;
	if (ev.type == YAML_STREAM_END_EVENT) {
		wrong(r, &ev.start_mark, "the file says nothing");
		err = -ENODATA;
	} else if (ev.type != YAML_MAPPING_START_EVENT) {
		err = wrong(r, &ev.start_mark, "'key: value' lines are wanted here");
	} else {
		err = read_node(r, &ev, "");
	}
	yaml_event_delete(&ev);
	if (err)
		return err;
	err = skip(r, &ev, YAML_DOCUMENT_END_EVENT);
	if (err)
		return err;
	if (ev.type != YAML_STREAM_END_EVENT)
		err = wrong(r, &ev.start_mark,
			    "a second document begins here: put it into a file of its own");
	yaml_event_delete(&ev);
	return err;
}

int outline_read(struct outline *outline, const char *text, size_t len)
{
	struct reader r = { .outline = outline, .text = text, .len = len };
	int err;

	if (!yaml_parser_initialize(&r.parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	err = read_document(&r);
	yaml_parser_delete(&r.parser);
	return err;
}

void outline_free(struct outline *outline)
{
	size_t i;

	for (i = 0; i < outline->nr; i++)
		free(outline->places[i].path);
	free(outline->places);
	memset(outline, 0, sizeof(*outline));
}

int outline_line(const struct outline *outline, const char *path)
{
	char shorter[OUTLINE_PATH];
	int line = 1;

	snprintf(shorter, sizeof(shorter), "%s", path);
	while (!find_place(outline, shorter, &line)) {
		char *dot = strrchr(shorter, '.'), *bracket = strrchr(shorter, '[');
		char *end = dot > bracket ? dot : bracket;

		if (!end)
			return 1;
		*end = '\0';
	}
	return line;
}
