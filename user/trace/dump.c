/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The text of an object. Jansson's own looks for loops in it, by the printed address of each
 * of its parts, which is most of the time that a restore's line takes; and it knows of no
 * terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/format.h"

#define DEL 0x7f

/* jansson takes DEL for printable; there is nothing but strings in which it can be. */
static char *escape_del(const char *dump)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	for (; *dump; dump++)
		if (*dump == DEL)
			fputs("\\u007f", f);
		else
			fputc(*dump, f);
	return fclose(f) ? NULL : text;
}

static char *dump_by_jansson(const json_t *value, size_t flags)
{
	char *dump = json_dumps(value, flags | JSON_ENSURE_ASCII | JSON_ENCODE_ANY), *text;

	if (!dump || !strchr(dump, DEL))
		return dump;
	text = escape_del(dump);
	free(dump);
	return text;
}

static void put_other(struct text *t, const json_t *value)
{
	char *dump = dump_by_jansson(value, JSON_COMPACT);

	if (dump)
		text_put(t, dump, strlen(dump));
	else
		t->failed = true;
	free(dump);
}

static void put_string(struct text *t, const json_t *string)
{
	const char *s = json_string_value(string);
	size_t len = json_string_length(string);

	if (text_is_plain(s, len))
		text_put_quoted(t, s, len);
	else
		put_other(t, string);
}

static void put_value(struct text *t, const json_t *value);

static void put_object(struct text *t, const json_t *object)
{
	json_t *o = (json_t *)(uintptr_t)object;
	const char *key, *before = "";
	json_t *value;

	PUT(t, "{");
	json_object_foreach (o, key, value) {
		text_put(t, before, strlen(before));
		/* names are our own but in a line that somebody else wrote */
		if (text_is_plain(key, strlen(key))) {
			text_put_quoted(t, key, strlen(key));
		} else {
			json_t *name = json_string_nocheck(key);

			put_other(t, name);
			json_decref(name);
		}
		PUT(t, ":");
		put_value(t, value);
		before = ",";
	}
	PUT(t, "}");
}

static void put_array(struct text *t, const json_t *array)
{
	size_t i;

	PUT(t, "[");
	for (i = 0; i < json_array_size(array); i++) {
		if (i)
			PUT(t, ",");
		put_value(t, json_array_get(array, i));
	}
	PUT(t, "]");
}

static void put_value(struct text *t, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_object(t, value);
		break;
	case JSON_ARRAY:
		put_array(t, value);
		break;
	case JSON_STRING:
		put_string(t, value);
		break;
	case JSON_INTEGER:
		text_put_integer(t, json_integer_value(value));
		break;
	case JSON_TRUE:
		PUT(t, "true");
		break;
	case JSON_FALSE:
		PUT(t, "false");
		break;
	case JSON_NULL:
		PUT(t, "null");
		break;
	default:
		put_other(t, value);
		break;
	}
}

void dump_object(struct text *t, json_t *object)
{
	if (object)
		put_value(t, object);
	else
		t->failed = true;
	json_decref(object);
}

char *dump_plain(const json_t *object, size_t flags)
{
	struct text t = { 0 };

	if (flags != JSON_COMPACT)
		return dump_by_jansson(object, flags);
	put_value(&t, object);
	text_put(&t, "", 1);
	if (t.failed)
		text_release(&t);
	return t.bytes;
}
