/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect/expectation.h"
#include "expect/schema.h"
#include "model/names.h"
#include "util/say.h"

struct loader {
	struct yaml_file file;
	struct expectation *e;
};

/* What a trace lacks, by the name under which a file may put up with it. */
static const struct {
	const char *name;
	unsigned int doubts;
	unsigned int why;
} tolerances[] = {
	{ "cut", 1U << DOUBT_CUT, 0 },
	{ "lost", 1U << DOUBT_LOST, 1U << WHY_LOST },
	{ "missed", 1U << DOUBT_MISSED, 0 },
	{ "untracked", 1U << DOUBT_UNTRACKED, 1U << WHY_UNTRACKED },
	{ "unpaired", 1U << DOUBT_UNPAIRED, 1U << WHY_UNPAIRED },
	{ "blind", 1U << DOUBT_BLIND, 1U << WHY_BLIND | 1U << WHY_NO_STATE },
	{ "open", 0, 1U << WHY_NO_RUN_SEEN },
	{ "too-many", 0, 1U << WHY_TOO_MANY },
	{ "silent", 1U << DOUBT_SILENT, 0 },
	{ "detached", 1U << DOUBT_DETACHED, 0 },
	{ "command", 1U << DOUBT_COMMAND, 0 },
};

static int tolerance_count(void)
{
	return sizeof(tolerances) / sizeof(tolerances[0]);
}

static const char *tolerance_name(int i)
{
	return tolerances[i].name;
}

static const struct vocabulary tolerance_words = { "defect to tolerate", tolerance_count,
						   tolerance_name, NULL };

/* -ENOMEM is told by the caller, with all other places where memory may end. */
static int told(const struct loader *l, const char *place, const char *key, const char *text,
		int err)
{
	return err == -EINVAL ? yaml_file_wrong(&l->file, place, key, text) : err;
}

/* ---- pieces ---- */

static int load_range(const struct loader *l, const char *place, const char *key, const char *text,
		      struct range *range)
{
	char error[VALUE_ERROR_LEN];

	return text ? told(l, place, key, error, value_range(text, range, error)) : 0;
}

static int load_facts(const struct loader *l, const char *place, const struct raw_facts *raw,
		      struct rules *rules)
{
	char error[VALUE_ERROR_LEN];
	int i, err = 0;

	if (!raw)
		return 0;
	rules->rule = calloc(FACT_COUNT, sizeof(*rules->rule));
	if (!rules->rule)
		return -ENOMEM;
	for (i = 0; i < FACT_COUNT && !err; i++)
		if (raw->value[i])
			err = told(l, place, fact_key(i), error,
				   fact_rule_parse(&rules->rule[rules->nr++], i, raw->value[i],
						   error));
	if (!err && !rules->nr)
		err = yaml_file_wrong(&l->file, place, "",
				      "this asks for nothing: add a key or leave it out");
	return err;
}

static int load_patterns(const struct loader *l, const char *place, const char *key,
			 char *const *entries, unsigned int nr, struct patterns *patterns)
{
	char error[VALUE_ERROR_LEN], entry[64];
	unsigned int i;
	int err = 0;

	if (!nr)
		return 0;
	patterns->pattern = calloc(nr, sizeof(*patterns->pattern));
	if (!patterns->pattern)
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++) {
		snprintf(entry, sizeof(entry), "%s[%u]", key, i);
		err = told(l, place, entry, error,
			   value_pattern(entries[i], &patterns->pattern[patterns->nr++], error));
	}
	return err;
}

/* One text for each word, or for its other name; rules is by word. */
static int load_counts(const struct loader *l, const char *place, const struct raw_counts *raw,
		       const struct vocabulary *words, struct count_rule *rules)
{
	int i, err = 0, nr = words->count(), given = 0;

	for (i = 0; raw && i < nr * (words->other_name ? 2 : 1) && !err; i++) {
		struct count_rule *rule = &rules[i % nr];

		if (!raw->value[i])
			continue;
		if (rule->given)
			return yaml_file_wrong(
				&l->file, place, words->other_name(i % nr),
				"this class is here by its other name as well: keep one");
		rule->given = true;
		given++;
		err = load_range(l, place, i < nr ? words->name(i) : words->other_name(i - nr),
				 raw->value[i], &rule->range);
	}
	if (!err && raw && !given && !(words->other_name && raw->value[2 * nr]))
		err = yaml_file_wrong(&l->file, place, "",
				      "this asks for nothing: add a key or leave it out");
	return err;
}

static bool counts_can_fail(const struct count_rule *rules, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (rules[i].given && range_can_fail(&rules[i].range))
			return true;
	return false;
}

/* A count that any number meets: a section of nothing else asks for nothing. */
static int need_counts(const struct loader *l, const char *place, bool given,
		       const struct count_rule *rules, int nr)
{
	if (!given || counts_can_fail(rules, nr))
		return 0;
	return yaml_file_wrong(
		&l->file, place, "",
		"nothing of this can fail: ask for a count that not every trace has, or "
		"leave it out");
}

static int load_words(const struct loader *l, const char *place, const struct raw_list *list,
		      const struct vocabulary *words, uint64_t *bits)
{
	char error[VALUE_ERROR_LEN], entry[32];
	unsigned int i;
	int err = 0;

	*bits = 0;
	for (i = 0; i < list->nr && !err; i++) {
		uint64_t one;

		snprintf(entry, sizeof(entry), "[%u]", i);
		err = told(l, place, entry, error, value_words(list->entry[i], words, &one, error));
		*bits |= err ? 0 : one;
	}
	return err;
}

/* ---- the file from its top ---- */

static int load_anomalies(struct loader *l, const struct raw_expectation *raw)
{
	const struct vocabulary *words = &anomaly_words;
	const char *others = raw->anomalies ? raw->anomalies->value[2 * words->count()] : NULL;
	struct expectation *e = l->e;
	int err;

	e->anomalies = calloc((size_t)words->count(), sizeof(*e->anomalies));
	if (!e->anomalies)
		return -ENOMEM;
	err = load_counts(l, "anomalies", raw->anomalies, words, e->anomalies);
	if (err || !others)
		return err;
	e->others.given = true;
	return load_range(l, "anomalies", "others", others, &e->others.range);
}

static int load_coverage(struct loader *l, const struct raw_coverage *raw)
{
	struct expectation *e = l->e;
	uint64_t points = 0;
	int i, err;

	if (!raw)
		return 0;
	if (!raw->events && !raw->probes.nr)
		return yaml_file_wrong(&l->file, "coverage", "",
				       "this asks for nothing: add a key or leave it out");
	err = load_counts(l, "coverage.events", raw->events, &point_words, e->events)
		      ?: need_counts(l, "coverage.events", raw->events, e->events, PT_COUNT)
		      ?: load_words(l, "coverage.probes", &raw->probes, &point_words, &points);
	for (i = 0; i < PT_COUNT; i++)
		e->probes[i] = points & (1ULL << i);
	for (i = 0; i < PT_COUNT && !err; i++)
		if (e->probes[i] && !point_has_probe(i))
			err = yaml_file_wrong(
				&l->file, "coverage.probes", "",
				"'ran', 'first-entry' and 'first-exit' have no probe of their "
				"own: ask for them under events");
	return err;
}

static int load_tolerances(struct loader *l, const struct raw_list *list)
{
	uint64_t bits;
	int i, err = load_words(l, "tolerate", list, &tolerance_words, &bits);

	for (i = 0; i < tolerance_count(); i++)
		if (bits & (1ULL << i)) {
			l->e->tolerated_doubts |= tolerances[i].doubts;
			l->e->tolerated_why |= tolerances[i].why;
		}
	return err;
}

static bool is_name(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";

	return *name && strlen(name) < CHECK_NAME_LEN && !name[strspn(name, plain)];
}

/* What CI systems compare from run to run. */
static int load_name(const struct loader *l, const char *place, const char *name,
		     struct check_rule *check)
{
	int i;

	if (!name)
		return yaml_file_wrong(&l->file, place, "",
				       "this check has no name: add 'name: what-it-says'");
	if (!is_name(name))
		return yaml_file_wrong(&l->file, place, "name",
				       "a name is up to 63 letters, digits, and any of _ . - here: "
				       "choose such a one");
	for (i = 0; i < l->e->nr_checks; i++)
		if (&l->e->checks[i] != check && !strcmp(l->e->checks[i].name, name))
			return yaml_file_wrong(&l->file, place, "name",
					       "another check has this name: choose a new one");
	snprintf(check->name, sizeof(check->name), "%s", name);
	return 0;
}

static int check_before(const struct loader *l, const char *place, const struct raw_check *raw)
{
	if (raw->before && !raw->never.nr)
		return yaml_file_wrong(
			&l->file, place, "before",
			"'before' belongs to 'never': say what must not come before it");
	if (!raw->count && !raw->where && !raw->every && !raw->order.nr && !raw->never.nr)
		return yaml_file_wrong(
			&l->file, place, "",
			"this checks nothing: add where, count, every, order or never");
	return 0;
}

static int load_check(struct loader *l, const struct raw_check *raw, const char *place,
		      struct check_rule *check)
{
	char where[64], every[64];

	snprintf(where, sizeof(where), "%.40s.where", place);
	snprintf(every, sizeof(every), "%.40s.every", place);
	check->count.min = 1; /* what selects nothing has checked nothing */
	check->count.max = UINT64_MAX;
	return load_name(l, place, raw->name, check) ?:
	       check_before(l, place, raw) ?:
	       load_range(l, place, "count", raw->count, &check->count) ?:
	       load_facts(l, where, raw->where, &check->where) ?:
	       load_facts(l, every, raw->every, &check->every) ?:
	       load_patterns(l, place, "order", raw->order.entry, raw->order.nr, &check->order) ?:
	       load_patterns(l, place, "never", raw->never.entry, raw->never.nr, &check->never) ?:
	       load_patterns(l, place, "before", &raw->before, raw->before ? 1 : 0,
			     &check->before);
}

#define EVERY_NAME "every" /* of the file: a check without a selection */

static int load_checks(struct loader *l, const struct raw_expectation *raw)
{
	struct expectation *e = l->e;
	char place[32];
	unsigned int i;
	int err = 0;

	e->checks = calloc(raw->nr_checks + 1, sizeof(*e->checks));
	if (!e->checks)
		return -ENOMEM;
	if (raw->every) {
		struct check_rule *every = &e->checks[e->nr_checks++];

		e->every = every;
		snprintf(every->name, sizeof(every->name), EVERY_NAME);
		every->count = e->restores;
		if (every->count.min) /* how many is the check `restores` */
			every->count.min = 1;
		every->count.max = UINT64_MAX;
		err = load_facts(l, "every", raw->every, &every->every);
	}
	for (i = 0; i < raw->nr_checks && !err; i++) {
		snprintf(place, sizeof(place), "checks[%u]", i);
		err = load_check(l, &raw->checks[i], place, &e->checks[e->nr_checks++]);
	}
	return err;
}

static bool check_can_fail(const struct check_rule *check)
{
	int i;

	if (range_can_fail(&check->count) || check->order.nr || check->never.nr)
		return true;
	for (i = 0; i < check->every.nr; i++)
		if (fact_rule_can_fail(&check->every.rule[i]))
			return true;
	return false;
}

/* Without `others`, what is serious fails. */
static bool can_fail(const struct expectation *e)
{
	int i;

	for (i = 0; i < PT_COUNT; i++)
		if (e->probes[i])
			return true;
	for (i = 0; i < e->nr_checks; i++)
		if (check_can_fail(&e->checks[i]))
			return true;
	return range_can_fail(&e->restores) || !e->others.given || counts_can_fail(&e->others, 1) ||
	       counts_can_fail(e->paths, PATH_COUNT) ||
	       counts_can_fail(e->anomalies, anomaly_words.count()) ||
	       counts_can_fail(e->events, PT_COUNT);
}

static int load_raw(struct loader *l, const struct raw_expectation *raw)
{
	struct expectation *e = l->e;
	int err;

	if (!raw->restores && !raw->every && !raw->paths && !raw->anomalies && !raw->coverage &&
	    !raw->nr_checks)
		return yaml_file_wrong(&l->file, "", "",
				       "there is no check in this file: add 'restores: 1..'");
	e->restores.min = 1;
	e->restores.max = UINT64_MAX;
	err = load_range(l, "", "restores", raw->restores, &e->restores) ?:
	      load_counts(l, "paths", raw->paths, &path_words, e->paths) ?:
	      need_counts(l, "paths", raw->paths, e->paths, PATH_COUNT) ?:
	      load_anomalies(l, raw) ?:
	      load_coverage(l, raw->coverage) ?:
	      load_tolerances(l, &raw->tolerate) ?:
	      load_checks(l, raw);
	if (!err && !can_fail(e))
		err = yaml_file_wrong(
			&l->file, "", "",
			"no check in this file can fail: say how many restores there are, "
			"as by 'restores: 1..'");
	return err;
}

struct expectation *expectation_load(const char *path)
{
	struct loader l = { .file.path = path };
	void *raw = NULL;
	int err = -ENOMEM;

	l.e = calloc(1, sizeof(*l.e));
	if (!l.e)
		goto cleanup;
	err = yaml_file_load(&l.file, expectation_form(), &raw);
	if (err)
		goto cleanup;
	l.e->path = strdup(path);
	err = l.e->path ? load_raw(&l, raw) : -ENOMEM;
cleanup:
	if (err == -ENOMEM)
		say_error("out of memory");
	if (err) {
		expectation_free(l.e);
		l.e = NULL;
	}
	if (raw)
		yaml_values_free(expectation_form(), raw);
	yaml_file_close(&l.file);
	return l.e;
}

static void rules_free(struct rules *rules)
{
	int i;

	for (i = 0; i < rules->nr; i++)
		free(rules->rule[i].text);
	free(rules->rule);
}

void expectation_free(struct expectation *e)
{
	int i;

	if (!e)
		return;
	for (i = 0; i < e->nr_checks; i++) {
		rules_free(&e->checks[i].where);
		rules_free(&e->checks[i].every);
		free(e->checks[i].order.pattern);
		free(e->checks[i].never.pattern);
		free(e->checks[i].before.pattern);
	}
	free(e->checks);
	free(e->anomalies);
	free(e->path);
	free(e);
}
