/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "builder.h"
#include "fuzz.h"
#include "model/names.h"
#include "trace/format.h"
#include "trace_lines.h"

#define MAX_LINES 512

struct lines {
	json_t *line[MAX_LINES];
	int nr;
};

static void add(struct lines *l, json_t *line, int at)
{
	if (!line)
		return;
	if (l->nr == MAX_LINES) {
		json_decref(line);
		return;
	}
	memmove(&l->line[at + 1], &l->line[at], (size_t)(l->nr - at) * sizeof(l->line[0]));
	l->line[at] = line;
	l->nr++;
}

static void take_away(struct lines *l, int at)
{
	json_decref(l->line[at]);
	l->nr--;
	memmove(&l->line[at], &l->line[at + 1], (size_t)(l->nr - at) * sizeof(l->line[0]));
}

/* Those that are objects; the others are for the mutations of bytes. */
static void split(struct lines *l, const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;
	json_error_t error;

	l->nr = 0;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = newline ? (size_t)(newline - text) : (size_t)(end - text);
		json_t *line = json_loadb(text, len, 0, &error);

		if (json_is_object(line))
			add(l, line, l->nr);
		else
			json_decref(line);
		text += len + 1;
	}
}

static void forget(struct lines *l)
{
	while (l->nr)
		json_decref(l->line[--l->nr]);
}

static bool is_type(const json_t *line, const char *type)
{
	const char *s = json_string_value(json_object_get(line, "type"));

	return s && !strcmp(s, type);
}

/* ---- put in order ---- */

static void count(json_t *counts, const char *point)
{
	json_t *c = json_object_get(counts, point);
	json_int_t n = 1 + json_integer_value(json_object_get(c, "written"));

	if (!c)
		json_object_set_new(counts, point,
				    c = json_pack("{s:i,s:i}", "lost", 0, "missed", 0));
	json_object_set_new(c, "hits", json_integer(n));
	json_object_set_new(c, "written", json_integer(n));
}

static uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* Numbers without a gap, and a footer that counts what is there. */
static void put_in_order(struct lines *l)
{
	json_t *counts = json_object();
	uint64_t seq = 0, events = 0, lost = 0;
	int i;

	for (i = 0; i < l->nr; i++) {
		json_t *line = l->line[i];
		const char *point = json_string_value(json_object_get(line, "point"));

		if (is_type(line, "header") && json_object_get(line, "continues"))
			seq = json_integer_value(
				      json_object_get(json_object_get(line, "continues"), "seq")) -
			      1;
		if (is_type(line, "loss") || is_type(line, "event"))
			json_object_set_new(line, "seq", json_integer((json_int_t)++seq));
		if (is_type(line, "loss"))
			lost += number(line, "count");
		if (is_type(line, "event") && point) {
			events++;
			count(counts, point);
		}
		if (!is_type(line, "footer"))
			continue;
		json_object_set_new(line, "events", json_integer((json_int_t)events));
		if (lost)
			json_object_set_new(counts, "unmap",
					    json_pack("{s:I,s:I,s:I,s:i}", "hits", (json_int_t)lost,
						      "written", (json_int_t)0, "lost",
						      (json_int_t)lost, "missed", 0));
		json_object_set(line, "counts", counts);
	}
	json_decref(counts);
}

/* The last line's checksum, of what was written before it. */
static void seal(char *text, size_t len)
{
	char *last = text, *key = NULL, *at;
	char digits[TRACE_CRC_DIGITS + 1];

	/* the last one in the text */
	for (at = text; (at = strstr(at, TRACE_CRC_KEY)); at++)
		key = at;
	(void)last;
	if (!key)
		return;
	key += strlen(TRACE_CRC_KEY);
	if ((size_t)(key - text) + TRACE_CRC_DIGITS > len)
		return;
	snprintf(digits, sizeof(digits), "%08lx",
		 crc32(crc32(0, NULL, 0), (const Bytef *)text, (uInt)(key - text)));
	memcpy(key, digits, TRACE_CRC_DIGITS);
}

/* 0 where it is longer than it may be. */
static size_t join(struct lines *l, uint8_t *out, size_t max)
{
	char *text = NULL;
	size_t len, n = 0;
	FILE *f = open_memstream(&text, &len);
	int i;

	for (i = 0; f && i < l->nr; i++) {
		if (is_type(l->line[i], "footer")) { /* it must come last in it */
			json_object_del(l->line[i], "crc32");
			json_object_set_new(l->line[i], "crc32", json_string("00000000"));
		}
		json_dumpf(l->line[i], f, JSON_COMPACT | JSON_ENCODE_ANY);
		fputc('\n', f);
	}
	if (!f)
		return 0;
	fclose(f);
	seal(text, len);
	if (len <= max) {
		memcpy(out, text, len);
		n = len;
	}
	free(text);
	return n;
}

/* ---- values ---- */

static json_t *random_number(struct rng *r)
{
	static const json_int_t numbers[] = {
		0, 1, 2, 3, -1, -14, 127, 255, 4096, 65535, INT32_MAX, UINT32_MAX, INT64_MAX,
	};
	json_int_t n = numbers[rng_below(r, sizeof(numbers) / sizeof(numbers[0]))];

	return json_integer(rng_below(r, 4) ? n : (json_int_t)rng_next(r));
}

static json_t *random_hex(struct rng *r)
{
	static const uint64_t values[] = { 0,	       1,	  4,	      5,
					   0x1000,     0x5000,	  UINT32_MAX, UINT64_MAX - 1,
					   UINT64_MAX, 0x80000021 };

	return encode_hex(rng_below(r, 4) ? values[rng_below(r, sizeof(values) / sizeof(values[0]))]
					  : rng_next(r));
}

static const char *random_name(struct rng *r)
{
	static const char *const names[] = { "enter",
					     "exit",
					     "note",
					     "KVM_RUN",
					     "KVM_SET_NESTED_STATE",
					     "KVM_SET_MSRS",
					     "ring",
					     "silent",
					     "detached",
					     "output",
					     "another",
					     "nobody",
					     "web1",
					     "",
					     "\x1b[31m\nok 1 - x",
					     "<script>&\"']]>",
					     "\xc2\x9b\xe2\x80\xa8\x7f",
					     "evmcs-trace/1.4",
					     "event",
					     "loss",
					     "vm" };

	if (rng_below(r, 2))
		return point_name(rng_below(r, PT_COUNT));
	if (!rng_below(r, 4))
		return purpose_name(rng_below(r, PURPOSE_COUNT));
	return names[rng_below(r, sizeof(names) / sizeof(names[0]))];
}

/* Of the same kind, or of any. */
static json_t *another(const json_t *value, struct rng *r)
{
	const char *s = json_string_value(value);

	if (!rng_below(r, 8))
		return rng_below(r, 2) ? json_null() : json_object();
	if (json_is_boolean(value))
		return json_boolean(!json_is_true(value));
	if (json_is_integer(value))
		return random_number(r);
	if (s && !strncmp(s, "0x", 2))
		return random_hex(r);
	if (s)
		return json_string(random_name(r));
	return rng_below(r, 2) ? random_number(r) : random_hex(r);
}

static void change_in(json_t *object, struct rng *r)
{
	size_t size = json_object_size(object), wanted;
	void *at = json_object_iter(object);
	const char *key;
	json_t *value;

	if (!size)
		return;
	for (wanted = rng_below(r, (unsigned int)size); wanted--;)
		at = json_object_iter_next(object, at);
	key = json_object_iter_key(at);
	value = json_object_iter_value(at);
	if (json_is_object(value) && rng_below(r, 8))
		change_in(value, r);
	else if (json_is_array(value) && json_array_size(value) && rng_below(r, 8))
		change_in(json_array_get(value, rng_below(r, (unsigned int)json_array_size(value))),
			  r);
	else if (!rng_below(r, 10))
		json_object_del(object, key);
	else
		json_object_set_new(object, key, another(value, r));
}

/* ---- lines ---- */

/*
 * Another task, vCPU or VM: what one line has is exchanged in all that have the same there, from
 * a line on or in all of them, so that pairs of lines still fit each other.
 */
static void rename_in_lines(struct lines *l, struct rng *r)
{
	static const char *const keys[] = { "tid", "vcpu", "vm", "pid" };
	const char *key = keys[rng_below(r, sizeof(keys) / sizeof(keys[0]))];
	json_t *old = json_object_get(l->line[rng_below(r, (unsigned int)l->nr)], key);
	json_int_t from = json_integer_value(old);
	json_int_t to = from ^ (json_int_t)(1 + rng_below(r, 3));
	int i = rng_below(r, 2) ? 0 : (int)rng_below(r, (unsigned int)l->nr);

	if (!json_is_integer(old))
		return;
	for (; i < l->nr; i++) {
		json_t *value = json_object_get(l->line[i], key);

		if (json_is_integer(value) && json_integer_value(value) == from)
			json_object_set_new(l->line[i], key, json_integer(to));
	}
}

static void change_line(struct lines *l, struct rng *r)
{
	int at = (int)rng_below(r, (unsigned int)l->nr);
	int to = (int)rng_below(r, (unsigned int)l->nr);

	switch (rng_below(r, 10)) {
	case 0:
		take_away(l, at);
		break;
	case 1:
		add(l, json_deep_copy(l->line[at]), to);
		break;
	case 2:
		add(l, json_deep_copy(l->line[at]), to);
		take_away(l, at + (at >= to));
		break;
	case 3:
	case 4:
		rename_in_lines(l, r);
		break;
	default:
		change_in(l->line[at], r);
		break;
	}
}

static size_t mutate_lines(uint8_t *data, size_t size, size_t max, struct rng *r)
{
	struct lines l;
	unsigned int n;

	split(&l, data, size);
	for (n = 1 + rng_below(r, 4); n && l.nr; n--)
		change_line(&l, r);
	if (rng_below(r, 8))
		put_in_order(&l);
	size = join(&l, data, max);
	forget(&l);
	return size;
}

size_t trace_lines_mutate(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	struct rng r = { .state = seed };
	size_t len;

	if (rng_below(&r, 4)) {
		len = mutate_lines(data, size, max, &r);
		if (len)
			return len;
	}
	return LLVMFuzzerMutate(data, size, max);
}

/* Some of y's lines, anywhere in x. */
static void scatter(struct lines *x, const struct lines *y, struct rng *r)
{
	int i;

	for (i = 0; i < y->nr && x->nr; i++)
		if (rng_below(r, 2))
			add(x, json_deep_copy(y->line[i]),
			    1 + (int)rng_below(r, (unsigned int)x->nr));
}

/* y's events among x's, each in their order: as of two tasks that run at the same time. */
static void interleave(struct lines *x, struct lines *y, struct rng *r)
{
	int at = 1, i;

	if (y->nr)
		rename_in_lines(y, r);
	for (i = 0; i < y->nr; i++) {
		while (at < x->nr - 1 && !rng_below(r, 3))
			at++;
		if (is_type(y->line[i], "event") && x->nr)
			add(x, json_deep_copy(y->line[i]), at++);
	}
}

size_t trace_lines_cross(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
			 uint8_t *out, size_t max, unsigned int seed)
{
	struct rng r = { .state = seed };
	struct lines x, y;
	size_t len;

	split(&x, a, a_size);
	split(&y, b, b_size);
	if (rng_below(&r, 2))
		scatter(&x, &y, &r);
	else
		interleave(&x, &y, &r);
	put_in_order(&x);
	len = join(&x, out, max);
	forget(&x);
	forget(&y);
	if (len)
		return len;
	len = a_size < max ? a_size : max;
	memcpy(out, a, len);
	return len;
}
