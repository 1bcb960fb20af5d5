/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect/migration.h"

void pair_differences(const struct pair *pair, char *out, size_t size)
{
	size_t at = 0;
	int i;

	*out = '\0';
	for (i = 0; i < PAIR_FIELD_COUNT && at < size; i++)
		if (pair->differing & (1U << i))
			at += (size_t)snprintf(out + at, size - at,
					       "%s%s 0x%" PRIx64 " -> 0x%" PRIx64, at ? ", " : "",
					       pair_field_name(i), pair->save->field[i],
					       pair->restore->field[i]);
}

/* Letters, digits, _ . - : what every report can hold. */
static void name_check(struct check *check, const struct half *half)
{
	char *c;

	snprintf(check->name, sizeof(check->name), "%.60s.vcpu%d",
		 half->vm->name ? half->vm->name : half->vm->comm, half->vcpu);
	for (c = check->name; *c; c++)
		if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr("_.-", *c)))
			*c = '_';
}

/* A vCPU that was migrated twice: web1.vcpu0, web1.vcpu0.2 */
static void number_check(struct check *checks, int at)
{
	size_t len = strlen(checks[at].name);
	int n = 1, i;

	for (i = 0; i < at; i++)
		if (!strncmp(checks[i].name, checks[at].name, len) &&
		    (!checks[i].name[len] || checks[i].name[len] == '.'))
			n++;
	if (n > 1)
		snprintf(checks[at].name + len, sizeof(checks[at].name) - len, ".%d", n);
}

static void judge_pair(struct check *check, const struct pair *pair)
{
	char differences[JUDGED_TEXT_LEN];

	name_check(check, pair->save ? pair->save : pair->restore);
	check->result = pair_result_verdict(pair->result);
	snprintf(check->expected, sizeof(check->expected), "%s", pair_result_text(RESULT_SAME));
	pair_differences(pair, differences, sizeof(differences));
	if (pair->result == RESULT_DIFFERS)
		snprintf(check->seen, sizeof(check->seen), "%s", differences);
	else if (pair->result == RESULT_UNSURE)
		snprintf(check->seen, sizeof(check->seen), "%.200s, or of another save",
			 differences);
	else if (pair->result == RESULT_REFUSED)
		snprintf(check->seen, sizeof(check->seen), "%s (%" PRId64 ")",
			 pair_result_text(pair->result), pair->restore->ret);
	else
		snprintf(check->seen, sizeof(check->seen), "%s", pair_result_text(pair->result));
}

/* Whether the halves could be seen at all. */
static void judge_coverage(struct check *check, const struct pair_list *pairs)
{
	const struct pair_trace *t;
	size_t at = 0;

	snprintf(check->name, sizeof(check->name), "coverage");
	snprintf(check->expected, sizeof(check->expected), "both halves were watched");
	for (t = pairs->traces; t && at < sizeof(check->seen); t = t->next)
		if (pair_trace_gap(t))
			at += (size_t)snprintf(check->seen + at, sizeof(check->seen) - at,
					       "%s%.100s: %s", at ? "; " : "", t->label,
					       pair_trace_gap(t));
	if (!at && !pairs->nr)
		at = (size_t)snprintf(check->seen, sizeof(check->seen),
				      "no nested state was saved or restored");
	if (at)
		check->result = VERDICT_INCONCLUSIVE;
	else
		snprintf(check->seen, sizeof(check->seen), "%zu pairs", pairs->nr);
}

static uint64_t restores_in(const struct pair_list *pairs)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < pairs->nr; i++)
		n += pairs->pair[i].restore && !pairs->pair[i].restore->ret;
	return n;
}

struct judgement *migration_judge(const struct pair_list *pairs)
{
	struct judgement *j = calloc(1, sizeof(*j));
	struct verdict *verdict = calloc(1, sizeof(*verdict));
	int i;

	if (j)
		j->checks = calloc(pairs->nr + 1, sizeof(*j->checks));
	if (!verdict || !j || !j->checks) {
		free(verdict);
		migration_judgement_free(j);
		return NULL;
	}
	judge_coverage(&j->checks[0], pairs);
	for (i = 0; i < (int)pairs->nr; i++) {
		judge_pair(&j->checks[i + 1], &pairs->pair[i]);
		number_check(j->checks, i + 1);
	}
	j->nr_checks = (int)pairs->nr + 1;
	for (i = 0; i < j->nr_checks; i++)
		j->by_result[j->checks[i].result]++;
	j->result = pairs->verdict;
	j->expectation = "both halves";
	verdict->kind = pairs->verdict;
	verdict->restores = restores_in(pairs);
	j->verdict = verdict;
	return j;
}

void migration_judgement_free(struct judgement *j)
{
	if (!j)
		return;
	free((void *)j->verdict);
	free(j->checks);
	free(j);
}
