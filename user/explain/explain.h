/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an anomaly class means, and what to do about it, for whoever met one. Plain
 * ASCII; "\n\n" between paragraphs, and no other line breaks: whoever shows them
 * knows how wide his lines are.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "model/anomalies.h"

struct explanation {
	const char *name; /* of the class */
	const char *means; /* what has happened */
	const char *matters; /* what the guest suffers */
	const char *scenarios[6]; /* of scenarios/catalogue, that provoke it; ends with NULL */
	const char *todo; /* a paragraph for each role */
	/*
	 * Begins with a paragraph of one sentence, which tests/explain compares with
	 * docs/kernels.md and docs/catalogue.md: "Seen in the lab on: 5.10, 6.1."
	 */
	const char *kernels;
};

/* In the order of anomaly_classes[]. */
extern const struct explanation explanations[];

const struct explanation *explanation_of(const struct anomaly_class *cls);

/* By name or id, in any case; NULL where there is none. */
const struct anomaly_class *class_by_word(const char *word);

/* By the name of a rule, in any case; RULE_COUNT where there is none. */
enum anomaly_rule rule_by_word(const char *word);

/* All of the inconclusive reasons and doubts go by this one. */
#define INCONCLUSIVE_WORD "inconclusive"

/* What may have been meant by a word that is none of these; NULL: nothing is near. */
const char *nearest_word(const char *word);

/* Why a restore, or a run as a whole, is inconclusive, and what to do. */
struct doubt_explanation {
	const char *says; /* as a verdict says it; N stands for a number, "..." for a name */
	const char *tolerate; /* its word in an expectation file; NULL: always a doubt */
	const char *text;
};

extern const struct doubt_explanation restore_doubts[WHY_COUNT];
extern const struct doubt_explanation run_doubts[DOUBT_COUNT];

#endif
