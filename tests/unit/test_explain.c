/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said of the classes: all of it is there, and arrives as it was written. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/explain.h"
#include "explain/layout.h"
#include "model/names.h"

/* ---- the texts ---- */

/* Sentences in plain ASCII, an empty line between paragraphs and no other break. */
static void is_text(const char *name, const char *text)
{
	size_t i, len = text ? strlen(text) : 0;

	if (len < 10 || text[len - 1] != '.')
		fail_msg("%s: no sentence: '%s'", name, text);
	for (i = 0; i < len; i++) {
		if (text[i] != '\n' && !isprint((unsigned char)text[i]))
			fail_msg("%s: byte %d", name, text[i]);
		if (isspace((unsigned char)text[i]) && !i)
			fail_msg("%s: begins with a space", name);
		if (text[i] == ' ' && isspace((unsigned char)text[i + 1]))
			fail_msg("%s: two spaces after '%.*s'", name, (int)i, text);
		if (text[i] != '\n')
			continue;
		if (i++, text[i] != '\n' || !isalnum((unsigned char)text[i + 1]))
			fail_msg("%s: a line break after '%.*s'", name, (int)i, text);
	}
}

static void every_class_has_its_texts(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		const struct explanation *e = &explanations[i];

		assert_string_equal(e->name, anomaly_classes[i].name);
		assert_ptr_equal(explanation_of(&anomaly_classes[i]), e);
		is_text(e->name, e->means);
		is_text(e->name, e->matters);
		is_text(e->name, e->todo);
		is_text(e->name, e->kernels);
	}
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void each_role_has_its_paragraph(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		const char *todo = explanations[i].todo;

		if (strncmp(todo, "Kernel developer: ", 18) ||
		    count(todo, "\n\nVMM author: ") != 1 || count(todo, "\n\nOperator: ") != 1 ||
		    count(todo, "\n\n") != 2)
			fail_msg("%s: not three roles: %s", explanations[i].name, todo);
	}
}

static void scenarios_have_names(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		const char *const *s = explanations[i].scenarios;

		assert_non_null(s[0]);
		assert_null(s[5]);
		for (j = 0; s[j]; j++)
			assert_int_equal(strspn(s[j], "abcdefghijklmnopqrstuvwxyz-0123456789"),
					 strlen(s[j]));
	}
}

static void kernels_begin_with_what_was_seen(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		const char *seen = explanations[i].kernels;
		size_t len = strcspn(seen, "\n");

		assert_int_equal(strncmp(seen, "Seen in the lab on: ", 20), 0);
		assert_int_equal(seen[len - 1], '.');
	}
}

/* A class that is not always as severe as its row is says when it is not. */
static void other_severities_are_told(void **state)
{
	char word[16];
	int i, s;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		const struct anomaly_class *cls = &anomaly_classes[i];
		bool told = !cls->graded;

		for (s = 0; s < (int)cls->severity; s++) {
			snprintf(word, sizeof(word), " %s", severity_name(s));
			told = told || strstr(explanation_of(cls)->means, word);
		}
		if (!told)
			fail_msg("%s: graded, and no word of it", cls->name);
	}
}

/* "A17" in a text is another class than its own, and one that exists. */
static void looks_for_classes(const char *name, const char *id, const char *text)
{
	const char *at;
	char word[8];

	for (at = text; (at = strchr(at, 'A')); at++) {
		if (!isdigit((unsigned char)at[1]) || (at > text && isalnum((unsigned char)at[-1])))
			continue;
		snprintf(word, sizeof(word), "A%d", atoi(at + 1));
		if (!class_by_word(word) || !strcmp(word, id))
			fail_msg("%s: speaks of %s", name, word);
	}
}

static void other_classes_exist(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		const struct explanation *e = &explanations[i];
		const char *id = anomaly_classes[i].id;

		looks_for_classes(e->name, id, e->means);
		looks_for_classes(e->name, id, e->matters);
		looks_for_classes(e->name, id, e->todo);
		looks_for_classes(e->name, id, e->kernels);
	}
}

/* ---- the doubts ---- */

static void every_doubt_has_its_text(void **state)
{
	char number[32];
	int i;

	(void)state;
	for (i = 0; i < WHY_COUNT; i++) {
		assert_string_equal(restore_doubts[i].says, inconclusive_text(i));
		is_text(restore_doubts[i].says, restore_doubts[i].text);
		assert_non_null(strstr(restore_doubts[i].text, "Do: "));
	}
	for (i = 0; i < DOUBT_COUNT; i++) {
		assert_non_null(run_doubts[i].says);
		is_text(run_doubts[i].says, run_doubts[i].text);
	}
	snprintf(number, sizeof(number), "Of one restore %d accesses", RESTORE_MAX_ACCESSES);
	assert_non_null(strstr(restore_doubts[WHY_TOO_MANY].text, number));
}

/* ---- words ---- */

static void classes_by_word(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		assert_ptr_equal(class_by_word(anomaly_classes[i].name), &anomaly_classes[i]);
		assert_ptr_equal(class_by_word(anomaly_classes[i].id), &anomaly_classes[i]);
	}
	assert_ptr_equal(class_by_word("a2"), &anomaly_classes[1]);
	assert_ptr_equal(class_by_word("Slow-SET"), &anomaly_classes[25]);
	assert_null(class_by_word("A"));
	assert_null(class_by_word("A29"));
	assert_null(class_by_word(""));
	assert_null(class_by_word("direct-map"));
	for (i = 0; i < RULE_COUNT; i++)
		assert_int_equal(rule_by_word(anomaly_rule_name(i)), i);
	assert_int_equal(rule_by_word("LEAK"), RULE_LEAK);
	assert_int_equal(rule_by_word("lea"), RULE_COUNT);
}

static void what_was_meant(void **state)
{
	static const char *const meant[][2] = {
		{ "direct-map", "direct-map-in-set" }, /* its beginning, */
		{ "pin-leak", "evmcs-pin-leak" }, /* its end, */
		{ "drect-map", "direct-map-in-set" }, /* a letter too few, */
		{ "stale-mapp", "stale-map" }, /* too many, */
		{ "slow_set", "slow-set" }, /* a wrong one, */
		{ "PAGES-FIAL", "pages-fail" }, /* two in the wrong order */
		{ "satle-map", "stale-map" }, /* which is one error, */
		{ "satle-mpa", "stale-map" }, /* and these are two */
		{ "early-acces", "early-access" },
		{ "inconclusiv", "inconclusive" },
	};
	static const char *const nothing[] = {
		"",
		"x",
		"foo",
		"A29",
		"-",
		"constantinople",
		"a-word-that-is-longer-than-any-name-there-is-here",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(meant) / sizeof(meant[0]); i++) {
		const char *near = nearest_word(meant[i][0]);

		if (!near || strcmp(near, meant[i][1]))
			fail_msg("%s: %s, not %s", meant[i][0], near ? near : "nothing",
				 meant[i][1]);
	}
	for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		assert_null(nearest_word(nothing[i]));
	for (i = 0; i < (size_t)anomaly_nr_classes; i++)
		assert_string_equal(nearest_word(anomaly_classes[i].name), anomaly_classes[i].name);
}

/* ---- layout ---- */

struct paper {
	char *text;
	size_t len;
	FILE *out;
};

static FILE *begin(struct paper *p)
{
	p->out = open_memstream(&p->text, &p->len);
	assert_non_null(p->out);
	return p->out;
}

static void expect_paper(struct paper *p, const char *wanted)
{
	fclose(p->out);
	assert_string_equal(p->text, wanted);
	free(p->text);
}

static void lines_are_wrapped(void **state)
{
	struct paper p;

	(void)state;
	print_wrapped(begin(&p), 10, 0, 2, "one two three four");
	expect_paper(&p, "  one two\n  three\n  four\n");
	/* a word that ends where the line does, and one more letter */
	print_wrapped(begin(&p), 9, 0, 2, "one two x");
	expect_paper(&p, "  one two\n  x\n");
	print_wrapped(begin(&p), 8, 0, 2, "one two");
	expect_paper(&p, "  one\n  two\n");
	print_wrapped(begin(&p), 8, 0, 0, "a\n\nb c");
	expect_paper(&p, "a\n\nb c\n");
	print_wrapped(begin(&p), 6, 0, 1, "one-word-too-long a");
	expect_paper(&p, " one-word-too-long\n a\n");
	/* something is on the line already */
	print_wrapped(begin(&p), 10, 4, 4, "a b c d");
	expect_paper(&p, "a b c\n    d\n");
	print_wrapped(begin(&p), 10, 2, 4, "a");
	expect_paper(&p, "  a\n");
	print_wrapped(begin(&p), 10, 0, 0, "");
	expect_paper(&p, "\n");
}

/* What is in lines and between them, apart from spaces, is the text. */
static void expect_same_words(const char *paper, const char *text)
{
	paper += strspn(paper, " ");
	while (*paper || *text) {
		size_t paragraph = strspn(text, " \n"), breaks = strspn(paper, " \n");

		if (*text && *paper && (paragraph != 0) != (breaks != 0))
			fail_msg("a break that is not in '%.30s'", text);
		if (!strncmp(text, "\n\n", 2) != !strncmp(paper, "\n\n", 2) && *text)
			fail_msg("another paragraph than '%.30s'", text);
		text += paragraph;
		paper += breaks;
		if (*text != *paper)
			fail_msg("'%.20s' became '%.20s'", text, paper);
		text += *text != '\0';
		paper += *paper != '\0';
	}
}

static void expect_lines(const char *paper, int width, int indent)
{
	while (*paper) {
		int len = (int)strcspn(paper, "\n");
		const char *word = paper + indent;

		if (len && (int)strspn(paper, " ") != indent)
			fail_msg("not indented by %d: %.*s", indent, len, paper);
		if (len > width && word[strcspn(word, " \n")] == ' ')
			fail_msg("wider than %d: %.*s", width, len, paper);
		if (len && paper[len - 1] == ' ')
			fail_msg("a space at the end: %.*s", len, paper);
		paper += len + (paper[len] == '\n');
	}
}

static void every_text_at_every_width(void **state)
{
	struct paper p;
	int i, width;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++)
		for (width = 20; width <= 80; width++) {
			print_wrapped(begin(&p), width, 0, 4, explanations[i].todo);
			fclose(p.out);
			expect_lines(p.text, width, 4);
			expect_same_words(p.text, explanations[i].todo);
			free(p.text);
		}
}

static void commands_stay_commands(void **state)
{
	struct paper p;

	(void)state;
	print_command(begin(&p), 30, 2, "prog --one --two value --three");
	expect_paper(&p, "  prog --one --two value \\\n      --three\n");
	/* an option and its value stay together, two options need not */
	print_command(begin(&p), 24, 2, "prog --one --two value");
	expect_paper(&p, "  prog --one \\\n      --two value\n");
	print_command(begin(&p), 80, 2, "prog --one value more");
	expect_paper(&p, "  prog --one value more\n");
	print_command(begin(&p), 16, 0, "prog a --last");
	expect_paper(&p, "prog a --last\n");
	print_command(begin(&p), 14, 0, "prog a --last");
	expect_paper(&p, "prog a \\\n    --last\n");
}

static void roff_is_escaped(void **state)
{
	struct paper p;

	(void)state;
	print_roff(begin(&p), "a-b 'c' \\d \"e\" `f` ^g ~h", ".IP");
	expect_paper(&p, "\\%a\\-b \\(aqc\\(aq \\ed \\(dqe\\(dq \\(gaf\\(ga \\(hag \\(tih\n");
	print_roff(begin(&p), ".so is no request. 'nor this.", ".IP");
	expect_paper(&p, "\\&.so is no request.\n\\(aqnor this.\n");
	print_roff(begin(&p), "One (two.) Three.\n\n.four", ".IP");
	expect_paper(&p, "One (two.)\nThree.\n.IP\n\\&.four\n");
	print_roff_line(begin(&p),
			"a ... b. which is longer than any line of a text that is filled by a "
			"page, up to c-d");
	expect_paper(&p, "a ... b. which is longer than any line of a text that is filled by a "
			 "page, up to \\%c\\-d\n");
	print_roff(begin(&p), "a_name and/or none", "");
	expect_paper(&p, "\\%a_name \\%and/or none\n");
}

/* Undoes the escapes: what roff would show. */
static void show_roff(char *text)
{
	static const char *const shown[][2] = {
		{ "\\%", "" },	  { "\\&", "" },     { "\\-", "-" },
		{ "\\(aq", "'" }, { "\\(dq", "\"" }, { "\\(ga", "`" },
		{ "\\(ha", "^" }, { "\\(ti", "~" },  { "\n.IP\n", "\n\n" },
	};
	char *out = text;
	size_t i;

	while (*text) {
		for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
			if (!strncmp(text, shown[i][0], strlen(shown[i][0])))
				break;
		if (i == sizeof(shown) / sizeof(shown[0])) {
			*out++ = *text++;
			continue;
		}
		text += strlen(shown[i][0]);
		out = stpcpy(out, shown[i][1]);
	}
	*out = '\0';
}

static void every_text_as_roff(void **state)
{
	struct paper p;
	int i;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		print_roff(begin(&p), explanations[i].matters, ".IP");
		fclose(p.out);
		expect_lines(p.text, 80, 0);
		show_roff(p.text);
		expect_same_words(p.text, explanations[i].matters);
		free(p.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_has_its_texts),
		cmocka_unit_test(each_role_has_its_paragraph),
		cmocka_unit_test(scenarios_have_names),
		cmocka_unit_test(kernels_begin_with_what_was_seen),
		cmocka_unit_test(other_severities_are_told),
		cmocka_unit_test(other_classes_exist),
		cmocka_unit_test(every_doubt_has_its_text),
		cmocka_unit_test(classes_by_word),
		cmocka_unit_test(what_was_meant),
		cmocka_unit_test(lines_are_wrapped),
		cmocka_unit_test(every_text_at_every_width),
		cmocka_unit_test(commands_stay_commands),
		cmocka_unit_test(roff_is_escaped),
		cmocka_unit_test(every_text_as_roff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
