/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "builder.h"
#include "fuzz.h"
#include "yaml_values.h"

#define AMOUNT_LEN 40

static const char *one_of(const char *const *texts, struct rng *r)
{
	unsigned int n;

	for (n = 0; texts[n]; n++)
		;
	return n ? texts[rng_below(r, n)] : "";
}

/* Where limits are: about a power of two or of ten, or any, with each unit. */
static void make_amount(const struct yaml_values *v, char amount[AMOUNT_LEN], struct rng *r)
{
	uint64_t n = 1;
	unsigned int times;

	switch (rng_below(r, 3)) {
	case 0:
		n <<= rng_below(r, 64);
		break;
	case 1:
		for (times = rng_below(r, 20); times--;)
			n *= 10;
		break;
	default:
		n = rng_next(r) >> rng_below(r, 64);
		break;
	}
	if (!rng_below(r, 2))
		n += rng_below(r, 3) - 1;
	snprintf(amount, AMOUNT_LEN, "%" PRIu64 "%s", n, one_of(v->units, r));
}

/* Puts text in the place of old bytes at data + at. Returns the new size, 0 where it has no room. */
static size_t put(uint8_t *data, size_t size, size_t max, size_t at, size_t old, const char *text)
{
	size_t len = strlen(text);

	if (size - old + len > max)
		return 0;
	memmove(data + at + len, data + at + old, size - at - old);
	memcpy(data + at, text, len);
	return size - old + len;
}

/* One of the values that are there: what follows ": " up to the end of its line. */
static size_t change_value(const struct yaml_values *v, uint8_t *data, size_t size, size_t max,
			   struct rng *r)
{
	char amount[AMOUNT_LEN];
	size_t i, end, at = 0;
	unsigned int n = 0;

	for (i = 0; i + 1 < size; i++)
		if (data[i] == ':' && data[i + 1] == ' ' && !rng_below(r, ++n))
			at = i + 2;
	if (!at)
		return 0;
	for (end = at; end < size && data[end] != '\n'; end++)
		;
	make_amount(v, amount, r);
	return put(data, size, max, at, end - at, amount);
}

/* At the end; or in the place of all that is there, since no key may be there twice. */
static size_t add_line(const struct yaml_values *v, uint8_t *data, size_t size, size_t max,
		       struct rng *r)
{
	char line[128], amount[AMOUNT_LEN];

	if (rng_below(r, 2))
		size = 0;
	make_amount(v, amount, r);
	snprintf(line, sizeof(line), "%s%s%s\n", size && data[size - 1] != '\n' ? "\n" : "",
		 one_of(v->lines, r), amount);
	return put(data, size, max, size, 0, line);
}

size_t yaml_values_mutate(const struct yaml_values *values, uint8_t *data, size_t size, size_t max,
			  unsigned int seed)
{
	struct rng r = { .state = seed };
	size_t len = 0;

	switch (rng_below(&r, 4)) {
	case 0:
		len = change_value(values, data, size, max, &r);
		break;
	case 1:
		len = add_line(values, data, size, max, &r);
		break;
	}
	return len ?: LLVMFuzzerMutate(data, size, max);
}
