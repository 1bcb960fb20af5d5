/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that others chose, in everything that is shown: printable ASCII and newlines. Whether
 * it is also well-formed is for the parsers of tests/formats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostile.h"

static void expect_plain(const char *sink, int name, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f)
			fail_msg("%s: byte %02x at %zu, of name %d: %.*s", sink,
				 (unsigned char)text[i], i, name, (int)(len - i), text + i);
}

static int lines_of(const char *text, size_t len)
{
	int n = 0;

	while (len--)
		n += text[len] == '\n';
	return n;
}

/* Nor does a name make more lines than another does. */
static void everything_is_plain(void **state)
{
	int lines[EVERY_SINK_MAX], i, j, n;
	struct everywhere e;
	const char *text;
	size_t len;

	(void)state;
	for (i = 0; i < nr_hostile; i++) {
		hostile_everywhere(hostile[i], &e);
		assert_true(e.nr >= 12);
		for (j = 0; j < e.nr; j++) {
			len = e.len[j];
			assert_true(len > 0);
			text = every_sink_text(&every_sinks[j], e.text[j], &len);
			if (!text)
				continue;
			expect_plain(every_sinks[j].name, i, text, len);
			n = lines_of(e.text[j], e.len[j]);
			assert_true(n > 1);
			if (i && n != lines[j])
				fail_msg("%s: name %d makes %d lines, not %d: %s",
					 every_sinks[j].name, i, n, lines[j], e.text[j]);
			lines[j] = n;
		}
		everywhere_free(&e);
	}
}

/* The name of a file that is no trace is in what is said of it. */
static void what_is_no_trace_is_plain(void **state)
{
	int lines[EVERY_SINK_MAX], i, j, n, told = 0;
	struct everywhere e;

	(void)state;
	for (i = 0; i < nr_hostile; i++) {
		hostile_unreadable(hostile[i], &e);
		for (j = 0; j < e.nr; j++) {
			if (every_sinks[j].binary)
				continue;
			expect_plain(every_sinks[j].name, i, e.text[j], e.len[j]);
			n = lines_of(e.text[j], e.len[j]);
			if (i && n != lines[j])
				fail_msg("%s: name %d makes %d lines, not %d: %s",
					 every_sinks[j].name, i, n, lines[j], e.text[j]);
			lines[j] = n;
			/* of the thousand digits, so that it is said at all */
			told += every_sinks[j].tells_why && strstr(e.text[j], "0123456789");
		}
		everywhere_free(&e);
	}
	assert_int_equal(told, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_plain),
		cmocka_unit_test(what_is_no_trace_is_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
