/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect/facts.h"
#include "model/anomalies.h"
#include "model/names.h"

/* ---- the words ---- */

#define VOCABULARY(what, nr)                                                                       \
	static int what##_count(void)                                                              \
	{                                                                                          \
		return nr;                                                                         \
	}                                                                                          \
	static const char *what##_word(int i)                                                      \
	{                                                                                          \
		return what##_name(i);                                                             \
	}

VOCABULARY(path, PATH_COUNT)
VOCABULARY(end, END_COUNT)
VOCABULARY(verdict, VERDICT_COUNT)
VOCABULARY(point, PT_COUNT)

static const char *mode_name(int i)
{
	return i ? "l2" : "l1";
}

static const char *format_name(int i)
{
	return i ? "evmcs" : "native";
}

VOCABULARY(mode, 2)
VOCABULARY(format, 2)

static int anomaly_count(void)
{
	return anomaly_nr_classes;
}

static const char *anomaly_name(int i)
{
	return anomaly_classes[i].name;
}

static const char *anomaly_id(int i)
{
	return anomaly_classes[i].id;
}

const struct vocabulary path_words = { "path", path_count, path_word, NULL };
const struct vocabulary point_words = { "probe point", point_count, point_word, NULL };
const struct vocabulary anomaly_words = { "anomaly class", anomaly_count, anomaly_name,
					  anomaly_id };
static const struct vocabulary mode_words = { "mode", mode_count, mode_word, NULL };
static const struct vocabulary format_words = { "format", format_count, format_word, NULL };
static const struct vocabulary end_words = { "end", end_count, end_word, NULL };
static const struct vocabulary verdict_words = { "verdict", verdict_count, verdict_word, NULL };

/* ---- the facts ---- */

static uint64_t bits_of_path(const struct restore *r)
{
	return 1ULL << r->path;
}

static uint64_t bits_of_mode(const struct restore *r)
{
	return 1ULL << r->l2;
}

static uint64_t bits_of_format(const struct restore *r)
{
	return 1ULL << r->wants_evmcs;
}

static uint64_t bits_of_end(const struct restore *r)
{
	return 1ULL << r->end;
}

static uint64_t bits_of_verdict(const struct restore *r)
{
	return 1ULL << r->verdict;
}

static uint64_t bits_of_anomaly(const struct restore *r)
{
	uint64_t bits = 0;
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		bits |= 1ULL << (r->anomalies[i].cls - anomaly_classes);
	return bits;
}

static bool restore_of(const struct restore *r, uint64_t *n)
{
	*n = r->id;
	return true;
}

static bool pid_of(const struct restore *r, uint64_t *n)
{
	*n = r->pid;
	return true;
}

static bool vcpu_of(const struct restore *r, uint64_t *n)
{
	*n = (uint64_t)r->vcpu;
	return r->vcpu >= 0;
}

static bool in_set(const struct restore *r, const struct access *a)
{
	if (a->ioctl)
		return a->ioctl == (uint32_t)KVM_SET_NESTED_STATE;
	/* no ioctl is known: a vCPU is in one at a time */
	return a->before_run && r->set_done && a->t_ns - r->t_set_ns <= r->set_duration_ns;
}

static bool accesses_of(const struct restore *r, uint64_t *n)
{
	int i;

	for (i = 0, *n = r->accesses_dropped; i < r->nr_accesses; i++)
		*n += r->accesses[i]->touched;
	return true;
}

static bool accesses_in_set_of(const struct restore *r, uint64_t *n)
{
	int i;

	for (i = 0, *n = 0; i < r->nr_accesses; i++)
		*n += r->accesses[i]->touched && in_set(r, r->accesses[i]);
	return true;
}

/* What userspace asks for in so many words is no harm that KVM does. */
static bool is_before_run(const struct access *a)
{
	return a->touched && a->before_run && !a->asked_for;
}

static bool accesses_before_run_of(const struct restore *r, uint64_t *n)
{
	int i;

	for (i = 0, *n = 0; i < r->nr_accesses; i++)
		*n += is_before_run(r->accesses[i]);
	return true;
}

static bool memslots_of(const struct restore *r, uint64_t *n)
{
	*n = (uint64_t)r->nr_memslots + r->memslots_dropped;
	return true;
}

static bool anywhere(const struct restore *r, const struct access *a)
{
	return r && a;
}

static bool in_run(const struct restore *r, const struct access *a)
{
	(void)r;
	return !a->before_run;
}

typedef bool (*place_fn)(const struct restore *r, const struct access *a);

/* Also of those that reached nothing: they may have waited for it. NULL: none. */
static const struct access *longest(const struct restore *r, place_fn place)
{
	const struct access *found = NULL;
	int i;

	for (i = 0; i < r->nr_accesses; i++) {
		const struct access *a = r->accesses[i];

		if (place(r, a) && (!found || a->duration_ns > found->duration_ns))
			found = a;
	}
	return found;
}

/* The longest of none took no time: no more than any bound, and less than what is wanted. */
#define LONGEST(name, place)                                                                       \
	static bool name(const struct restore *r, uint64_t *n)                                     \
	{                                                                                          \
		const struct access *a = longest(r, place);                                        \
                                                                                                   \
		*n = a ? a->duration_ns : 0;                                                       \
		return true;                                                                       \
	}

LONGEST(longest_access_of, anywhere)
LONGEST(longest_access_in_set_of, in_set)
LONGEST(longest_access_in_run_of, in_run)

static bool set_time_of(const struct restore *r, uint64_t *n)
{
	*n = r->set_duration_ns;
	return r->set_done;
}

static bool run_after_of(const struct restore *r, uint64_t *n)
{
	*n = r->t_run_ns - r->t_set_ns;
	return r->run_seen;
}

static bool map_after_of(const struct restore *r, uint64_t *n)
{
	*n = r->t_map_ns - r->t_set_ns;
	return r->mapped;
}

enum fact_form { FORM_COUNT, FORM_TIMES, FORM_WORDS, FORM_RESULT, FORM_TEXT };

#define FACT_ROW(id, key, form) [FACT_##id] = { key, FORM_##form },

static const struct {
	const char *key;
	enum fact_form form;
} forms[] = { FACTS(FACT_ROW) };

static const struct {
	const struct vocabulary *words;
	uint64_t (*bits)(const struct restore *r);
	bool (*number)(const struct restore *r, uint64_t *n); /* false: there is none */
} facts[FACT_COUNT] = {
	[FACT_RESTORE] = { .number = restore_of },
	[FACT_PID] = { .number = pid_of },
	[FACT_VCPU] = { .number = vcpu_of },
	[FACT_PATH] = { .words = &path_words, .bits = bits_of_path },
	[FACT_MODE] = { .words = &mode_words, .bits = bits_of_mode },
	[FACT_FORMAT] = { .words = &format_words, .bits = bits_of_format },
	[FACT_END] = { .words = &end_words, .bits = bits_of_end },
	[FACT_VERDICT] = { .words = &verdict_words, .bits = bits_of_verdict },
	[FACT_ANOMALY] = { .words = &anomaly_words, .bits = bits_of_anomaly },
	[FACT_ACCESSES] = { .number = accesses_of },
	[FACT_ACCESSES_IN_SET] = { .number = accesses_in_set_of },
	[FACT_ACCESSES_BEFORE_RUN] = { .number = accesses_before_run_of },
	[FACT_MEMSLOTS] = { .number = memslots_of },
	[FACT_LONGEST_ACCESS] = { .number = longest_access_of },
	[FACT_LONGEST_ACCESS_IN_SET] = { .number = longest_access_in_set_of },
	[FACT_LONGEST_ACCESS_IN_RUN] = { .number = longest_access_in_run_of },
	[FACT_SET_TIME] = { .number = set_time_of },
	[FACT_RUN_AFTER] = { .number = run_after_of },
	[FACT_MAP_AFTER] = { .number = map_after_of },
};

/* ---- rules ---- */

const char *fact_key(enum fact_id fact)
{
	return forms[fact].key;
}

static const char *vm_of(const struct restore *r)
{
	return r->vm_name ? r->vm_name : r->comm;
}

int fact_rule_parse(struct fact_rule *rule, enum fact_id fact, const char *text,
		    char error[VALUE_ERROR_LEN])
{
	rule->fact = fact;
	switch (forms[fact].form) {
	case FORM_COUNT:
		return value_range(text, &rule->range, error);
	case FORM_TIMES:
		return value_times(text, &rule->range, error);
	case FORM_WORDS:
		return value_words(text, facts[fact].words, &rule->bits, error);
	case FORM_RESULT:
		return value_results(text, &rule->results, error);
	case FORM_TEXT:
		break;
	}
	if (!*text) {
		snprintf(error, VALUE_ERROR_LEN, "there is no name: write one, * stands for any");
		return -EINVAL;
	}
	rule->text = strdup(text);
	return rule->text ? 0 : -ENOMEM;
}

static enum fact_answer ask_number(const struct fact_rule *rule, const struct restore *r)
{
	uint64_t n;

	if (!facts[rule->fact].number(r, &n))
		return FACT_FAILS;
	if (n > rule->range.max)
		return FACT_EXCEEDED;
	return n < rule->range.min ? FACT_FAILS : FACT_HOLDS;
}

bool fact_rule_can_fail(const struct fact_rule *rule)
{
	static const struct restore blank = { .vcpu = VCPU_NONE };
	const struct vocabulary *words = facts[rule->fact].words;
	uint64_t n;

	switch (forms[rule->fact].form) {
	case FORM_WORDS:
		/* a restore may have no anomaly, but it has one of all other words */
		return rule->fact == FACT_ANOMALY || rule->bits != (1ULL << words->count()) - 1;
	case FORM_COUNT:
	case FORM_TIMES:
		return range_can_fail(&rule->range) || !facts[rule->fact].number(&blank, &n);
	case FORM_TEXT:
		return strcmp(rule->text, "*") != 0;
	default:
		return true;
	}
}

enum fact_answer fact_rule_ask(const struct fact_rule *rule, const struct restore *r)
{
	bool holds = false;

	switch (forms[rule->fact].form) {
	case FORM_COUNT:
	case FORM_TIMES:
		return ask_number(rule, r);
	case FORM_WORDS:
		holds = facts[rule->fact].bits(r) & rule->bits;
		break;
	case FORM_RESULT:
		holds = r->set_done && results_have(&rule->results, r->set_ret);
		break;
	case FORM_TEXT:
		holds = !fnmatch(rule->text, vm_of(r), 0);
		break;
	}
	return holds ? FACT_HOLDS : FACT_FAILS;
}

#define FACT_VALUE_LEN 128

void fact_rule_text(const struct fact_rule *rule, char *out, size_t size)
{
	enum fact_form form = forms[rule->fact].form;
	char value[FACT_VALUE_LEN];

	if (form == FORM_WORDS)
		words_text(facts[rule->fact].words, rule->bits, value, sizeof(value));
	else if (form == FORM_RESULT)
		results_text(&rule->results, value, sizeof(value));
	else if (form == FORM_TEXT)
		snprintf(value, sizeof(value), "'%s'", rule->text);
	else
		range_text(&rule->range, form == FORM_TIMES, value, sizeof(value));
	snprintf(out, size, "%s %s", fact_key(rule->fact), value);
}

static void number_text(enum fact_id fact, const struct restore *r, char *out, size_t size)
{
	uint64_t n;

	if (!facts[fact].number(r, &n))
		snprintf(out, size, "not seen");
	else if (forms[fact].form == FORM_TIMES)
		snprintf(out, size, "%.3f ms", (double)n / 1e6);
	else
		snprintf(out, size, "%" PRIu64, n);
}

void fact_seen_text(enum fact_id fact, const struct restore *r, char *out, size_t size)
{
	struct results result = { .nr = 1, .value = { r->set_ret } };
	char value[FACT_VALUE_LEN];

	switch (forms[fact].form) {
	case FORM_WORDS:
		words_text(facts[fact].words, facts[fact].bits(r), value, sizeof(value));
		break;
	case FORM_RESULT:
		results_text(&result, value, sizeof(value));
		if (!r->set_done)
			snprintf(value, sizeof(value), "not seen");
		break;
	case FORM_TEXT:
		snprintf(value, sizeof(value), "'%s'", vm_of(r));
		break;
	default:
		number_text(fact, r, value, sizeof(value));
		break;
	}
	snprintf(out, size, "%s %s", fact_key(fact), value);
}

/* The access that a fact is about, or NULL. */
static const struct access *access_behind(enum fact_id fact, const struct restore *r)
{
	int i;

	if (fact == FACT_LONGEST_ACCESS)
		return longest(r, anywhere);
	if (fact == FACT_LONGEST_ACCESS_IN_SET)
		return longest(r, in_set);
	if (fact == FACT_LONGEST_ACCESS_IN_RUN)
		return longest(r, in_run);
	for (i = 0; i < r->nr_accesses; i++) {
		const struct access *a = r->accesses[i];

		if (a->touched && (fact == FACT_ACCESSES ||
				   (fact == FACT_ACCESSES_BEFORE_RUN && is_before_run(a)) ||
				   (fact == FACT_ACCESSES_IN_SET && in_set(r, a))))
			return a;
	}
	return NULL;
}

uint64_t fact_seq(enum fact_id fact, const struct restore *r)
{
	const struct access *a = access_behind(fact, r);

	if (a)
		return a->seq;
	if (fact == FACT_END || fact == FACT_RUN_AFTER)
		return r->last_seq;
	if (fact == FACT_MEMSLOTS && r->nr_memslots)
		return r->memslots[r->nr_memslots - 1].seq;
	return r->first_seq;
}
