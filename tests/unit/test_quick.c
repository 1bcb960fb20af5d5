/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two ways to read a line: what the quick one takes, the other one takes for the
 * same, whatever the line looks like; and it takes what traces are full of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stories.h"
#include "trace/quick.h"

static struct decoded quick, slow;

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* A stack's strings are in different places. */
static bool same_event(const struct event *a, const struct event *b)
{
	int i;

	for (i = 0; i < a->nr_stack && i < b->nr_stack; i++)
		if (!same_text(a->stack[i], b->stack[i]))
			return false;
	return a->nr_stack == b->nr_stack && !memcmp(a, b, offsetof(struct event, stack));
}

static bool same_item(const struct trace_item *a, const struct trace_item *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == ITEM_EVENT)
		return same_event(a->event, b->event);
	return a->type == ITEM_VM && a->vm.vm == b->vm.vm && a->vm.pid == b->vm.pid &&
	       same_text(a->vm.comm, b->vm.comm) && same_text(a->vm.name, b->vm.name);
}

/* Returns whether the quick way took it. */
static bool compare_ways(const char *line, size_t len)
{
	struct trace_item item, other;
	/* of its own, so that nothing beyond it can be read unnoticed */
	char *copy = malloc(len ?: 1);
	int type, other_type;
	bool taken;

	assert_non_null(copy);
	memcpy(copy, line, len);
	taken = quick_line(&quick, copy, len, &item, &type);
	other_type = taken ? decode_line(&slow, copy, len, &other) : 0;
	free(copy);
	if (!taken)
		return false;
	if (type != other_type || (type == LINE_ITEM && !same_item(&item, &other)))
		fail_msg("taken as %d, is %d (%s): %.*s", type, other_type, slow.error, (int)len,
			 line);
	return true;
}

/* ---- lines that were written ---- */

struct tally {
	int lines;
	int taken;
};

/* What comes once a trace, or less. */
static bool is_rare(const char *line, size_t len)
{
	static const char *const rare[] = { "{\"type\":\"header\"", "{\"type\":\"footer\"",
					    "{\"type\":\"loss\"", "\"point\":\"memslot",
					    "\"point\":\"first-" };
	size_t i;

	for (i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (memmem(line, len, rare[i], strlen(rare[i])))
			return true;
	return false;
}

static void for_each_line(const char *text, void (*fn)(const char *line, size_t len, void *arg),
			  void *arg)
{
	size_t len;

	for (; *text; text += len) {
		len = strcspn(text, "\n");
		len += text[len] == '\n';
		fn(text, len, arg);
	}
}

static void read_line(const char *line, size_t len, void *arg)
{
	struct tally *tally = arg;
	bool taken = compare_ways(line, len);

	tally->lines++;
	tally->taken += taken;
	if (!taken && !is_rare(line, len))
		fail_msg("not read the quick way: %.*s", (int)len, line);
}

static char *text_of(struct stream *s)
{
	char path[32], *text;
	int fd = temp_file(path);
	size_t len;

	footer(s);
	assert_int_equal(record(s, fd)->err, 0);
	text = slurp(fd, &len);
	close(fd);
	stream_free(s);
	return text;
}

static char *random_text(unsigned int seed)
{
	struct stream *s = stream_new();
	struct rng r = { .state = seed };
	int i;

	if (seed % 2)
		random_story(s, &r);
	for (i = 0; !(seed % 2) && i < 40; i++)
		random_event(s, &r);
	return text_of(s);
}

static char *story_text(int i)
{
	struct stream *s = stream_new();

	stories[i].tell(s);
	return text_of(s);
}

static void what_is_written_is_read_quickly(void **state)
{
	struct tally tally = {};
	unsigned int seed;
	char *text;
	int i;

	(void)state;
	for (i = 0; i < nr_stories; i++) {
		text = story_text(i);
		for_each_line(text, read_line, &tally);
		free(text);
	}
	for (seed = 0; seed < 200; seed++) {
		text = random_text(seed);
		for_each_line(text, read_line, &tally);
		free(text);
	}
	assert_true(tally.lines > 5000);
	assert_true(tally.taken > tally.lines / 2);
}

/* ---- lines that were damaged ---- */

/* What JSON is made of, and what it is not. */
static const char bytes[] = "\"\\{}[]:,0123456789abcdefxtrnul-+.eE \t\r\n\x01\x1f\x7f\x80\xc3\xff";

static size_t damage(char *line, size_t len, size_t room, struct rng *r)
{
	size_t at = rng_below(r, (unsigned int)len), n = 1 + rng_below(r, 12);

	switch (rng_below(r, 6)) {
	case 0:
	case 1:
		line[at] = bytes[rng_below(r, sizeof(bytes))];
		return len;
	case 2: /* some are gone */
		n = n < len - at ? n : len - at;
		memmove(line + at, line + at + n, len - at - n);
		return len - n;
	case 3: /* a piece is there twice */
		n = n < len - at && len + n <= room ? n : 0;
		memmove(line + at + n, line + at, len - at);
		return len + n;
	case 4: /* one more */
		memmove(line + at + 1, line + at, len - at);
		line[at] = bytes[rng_below(r, sizeof(bytes))];
		return len + 1;
	default: /* cut */
		return at;
	}
}

static void damage_line(const char *line, size_t len, void *arg)
{
	struct tally *tally = arg;
	struct rng r = { .state = (uint64_t)tally->lines };
	char buffer[8192];
	size_t damaged;
	int i, k;

	if (len > sizeof(buffer) - 128)
		return;
	for (i = 0; i < 60; i++) {
		memcpy(buffer, line, len);
		damaged = len;
		for (k = 1 + (int)rng_below(&r, 3); k && damaged; k--)
			damaged = damage(buffer, damaged, sizeof(buffer) - 16, &r);
		tally->taken += compare_ways(buffer, damaged);
		tally->lines++;
	}
}

static void damaged_lines_are_not_taken_for_others(void **state)
{
	struct tally tally = {};
	unsigned int seed;
	char *text;
	int i;

	(void)state;
	for (i = 0; i < nr_stories; i++) {
		text = story_text(i);
		for_each_line(text, damage_line, &tally);
		free(text);
	}
	for (seed = 0; seed < 20; seed++) {
		text = random_text(seed);
		for_each_line(text, damage_line, &tally);
		free(text);
	}
	assert_true(tally.lines > 50000);
	/* a changed digit is another number: else nothing was compared here */
	assert_true(tally.taken > tally.lines / 50);
}

/* One thing is another, and the rest as it was written. */
static const struct {
	const char *from;
	const char *to;
} changes[] = {
	{ "\"format\":0", "\"format\":65535" },
	{ "\"format\":0", "\"format\":65536" },
	{ "\"vcpu\":0", "\"vcpu\":2147483647" },
	{ "\"vcpu\":0", "\"vcpu\":2147483648" },
	{ "\"vcpu\":0", "\"vcpu\":null" },
	{ "\"vcpu\":0", "\"vcpu\":-1" },
	{ "\"phase\":\"enter\"", "\"phase\":\"note\"" },
	{ "\"phase\":\"note\"", "\"phase\":\"enter\"" },
	{ "\"phase\":\"exit\"", "\"phase\":\"enter\"" },
	{ "\"exit_reason\":0,", "" },
	{ "\"exit_reason\":0", "\"exit_reason\":4294967295" },
	{ "\"exit_reason\":0", "\"exit_reason\":4294967296" },
	{ ",\"ret\":0", "" },
	{ "\"ret\":0", "\"ret\":-999999999999999999" },
	{ "\"ret\":0", "\"ret\":9223372036854775807" },
	{ "\"ret\":0", "\"ret\":9223372036854775808" },
	{ ",\"state\":{\"exits\":0", ",\"state\":{\"exits\":18446744073709551615" },
	{ ",\"state\":{\"exits\":", ",\"state\":{\"exit\":" },
	{ "\"l2\":true", "\"l2\":1" },
	{ ",\"l2\":true", "" },
	{ "\"ioctl\":\"KVM_RUN\"", "\"ioctl\":null" },
	{ "\"ioctl\":\"KVM_RUN\"", "\"ioctl\":\"0xae80\"" },
	{ "\"ioctl\":\"KVM_RUN\"", "\"ioctl\":\"0x100000000\"" },
	{ "\"ioctl\":\"KVM_RUN\"", "\"ioctl\":\"KVM_RAN\"" },
	{ "\"ioctl\":\"KVM_RUN\"", "\"ioctl\":\"\"" },
	{ "\"flags\":\"0x", "\"flags\":\"0x1000" },
	{ "\"flags\":\"0x", "\"flags\":\"0x00000000000000" },
	{ "\"gpa\":\"0x", "\"gpa\":\"0X" },
	{ "\"gpa\":\"0x5000\"", "\"gpa\":null" },
	{ "\"gpa\":\"0x5000\"", "\"gpa\":\"0x\"" },
	{ "\"purpose\":\"evmcs\"", "\"purpose\":\"EVMCS\"" },
	{ ",\"window\"", ",\"untracked\":true,\"window\"" },
	{ ",\"window\"", ",\"untracked\":false,\"window\"" },
	{ ",\"access\"", ",\"memory_of\":\"another\",\"access\"" },
	{ ",\"access\"", ",\"memory_of\":\"nobody\",\"access\"" },
	{ ",\"access\"", ",\"memory_of\":\"me\",\"access\"" },
	{ ",\"access\"", ",\"new\":1,\"access\"" },
	{ "\"type\":\"restore\"", "\"type\":\"event\"" },
	{ "\"type\":\"restore\"", "\"type\":\"restored\"" },
	{ "\"type\":\"event\"", "\"type\":\"restore\"" },
	{ "\"type\":\"event\"", "\"type\":\"save\",\"type\":\"event\"" },
	{ "\"comm\":\"", "\"comm\":\"longer than any task's can ever be \"" },
	{ "\"comm\":\"", "\"comm\":\"of more than fifteen letters " },
	{ "}\n", "}" },
	{ "}\n", "}\r\n" },
	{ "}\n", "} \n" },
	{ "}\n", "}}\n" },
};

struct changed {
	struct tally tally[sizeof(changes) / sizeof(changes[0])];
};

static void change_line(const char *line, size_t len, void *arg)
{
	struct changed *c = arg;
	const char *at;
	char *other;
	size_t i;
	int n;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		at = memmem(line, len, changes[i].from, strlen(changes[i].from));
		if (!at)
			continue;
		n = asprintf(&other, "%.*s%s%.*s", (int)(at - line), line, changes[i].to,
			     (int)(line + len - at - strlen(changes[i].from)),
			     at + strlen(changes[i].from));
		assert_true(n >= 0);
		c->tally[i].taken += compare_ways(other, (size_t)n);
		c->tally[i].lines++;
		free(other);
	}
}

static void changed_lines_are_not_taken_for_others(void **state)
{
	struct changed c = {};
	char *text;
	size_t i;
	int k;

	(void)state;
	for (k = 0; k < nr_stories; k++) {
		text = story_text(k);
		for_each_line(text, change_line, &c);
		free(text);
	}
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (!c.tally[i].lines)
			fail_msg("no line has %s", changes[i].from);
}

/* Each is JSON and none is as a trace writes it, or is not even JSON. */
static bool compare_keys(size_t nr)
{
	char line[2048];
	size_t i, len = (size_t)sprintf(line, "{\"type\":\"anomaly\"");

	for (i = 0; i < nr; i++)
		len += (size_t)sprintf(line + len, ",\"k%zu\":%zu", i, i);
	line[len++] = '}';
	return compare_ways(line, len);
}

/* The deepest that there is, and one deeper; each of its lines so long. */
static bool compare_stack(int depth, int width)
{
	char line[8192];
	int i, len;

	len = sprintf(line,
		      "{\"type\":\"event\",\"seq\":1,\"ts\":\"\",\"t_ns\":1,\"point\":\"map\","
		      "\"phase\":\"enter\",\"vm\":1,\"vcpu\":0,\"pid\":1,\"tid\":1,\"cpu\":0,"
		      "\"ioctl\":null,\"access\":{\"gpa\":null,\"len\":1,\"purpose\":"
		      "\"evmcs\"},\"stack\":[");
	for (i = 0; i < depth; i++)
		len += sprintf(line + len, "%s\"%0*d\"", i ? "," : "", width, i);
	len += sprintf(line + len, "]}\n");
	return compare_ways(line, (size_t)len);
}

static void stacks(void **state)
{
	(void)state;
	assert_false(compare_stack(0, 1));
	assert_true(compare_stack(1, 1));
	assert_true(compare_stack(EVENT_STACK_DEPTH, 90));
	assert_false(compare_stack(EVENT_STACK_DEPTH, 96));
	assert_false(compare_stack(EVENT_STACK_DEPTH + 1, 1));
}

static void what_is_not_taken(void **state)
{
	static const char *const lines[] = {
		"",
		"{",
		"{\"type\":\"event\"}",
		"{ \"type\":\"restore\"}",
		"{\"type\":\"restore\",\"a\":1,\"a\":1}",
		"{\"type\":\"restore\",\"a\":{\"b\":1,\"b\":2}}",
		"{\"type\":\"restore\",\"a\":01}",
		"{\"type\":\"restore\",\"a\":-0}",
		"{\"type\":\"restore\",\"a\":1.5}",
		"{\"type\":\"restore\",\"a\":9999999999999999999}",
		"{\"type\":\"restore\",\"a\":\"\\u0041\"}",
		"{\"type\":\"restore\",\"a\":\"\x7f\"}",
		"{\"type\":\"restore\",\"a\":\"\xc3\xa4\"}",
		"{\"type\":\"restore\",\"a\":[1,]}",
		"{\"type\":\"restore\",}",
		"{\"type\":\"restore\"} ",
		"{\"type\":\"restore\"}\n\n",
		"{\"type\":\"restore\",\"a\":[[[[[[[[[[1]]]]]]]]]]}",
		"{\"type\":\"vm\",\"vm\":1,\"pid\":1,\"comm\":\"a\"}",
		"{\"type\":\"vm\",\"vm\":4294967296,\"pid\":1,\"comm\":\"a\",\"name\":null}",
	};
	static const char taken[] = "{\"type\":\"restore\",\"a\":[{},[],-1,0,null,\"\"]}\n";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (compare_ways(lines[i], strlen(lines[i])))
			fail_msg("taken: %s", lines[i]);
	assert_true(compare_ways(taken, strlen(taken)));
	for (i = 1; i < 100; i++)
		assert_int_equal(compare_keys(i), i < 48);
}

static int teardown(void **state)
{
	(void)state;
	decoded_release(&slow);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_quickly),
		cmocka_unit_test(damaged_lines_are_not_taken_for_others),
		cmocka_unit_test(changed_lines_are_not_taken_for_others),
		cmocka_unit_test(stacks),
		cmocka_unit_test(what_is_not_taken),
	};

	slow.wants_root = true;
	return cmocka_run_group_tests(tests, NULL, teardown);
}
