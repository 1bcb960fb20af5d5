/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An expectation file, read: what a trace must show. docs/expectations.md. */
#ifndef EXPECTATION_H
#define EXPECTATION_H

#include "expect/facts.h"
#include "expect/values.h"

#define CHECK_NAME_LEN 64

/* How often something is to be seen. */
struct count_rule {
	bool given;
	struct range range;
};

struct rules {
	struct fact_rule *rule;
	int nr;
};

struct patterns {
	struct event_pattern *pattern;
	int nr;
};

/* Restores that are selected, how many there are, and what each must show. */
struct check_rule {
	char name[CHECK_NAME_LEN];
	struct rules where;
	struct range count;
	struct rules every;
	struct patterns order;
	struct patterns never;
	struct patterns before; /* none or one */
};

struct expectation {
	char *path;
	struct range restores; /* 1.. unless the file says otherwise */
	struct count_rule paths[PATH_COUNT];
	struct count_rule *anomalies; /* by class */
	struct count_rule others; /* all other anomalies, whatever their severity */
	struct count_rule events[PT_COUNT];
	bool probes[PT_COUNT]; /* must be attached */
	unsigned int tolerated_doubts; /* bits of enum doubt */
	unsigned int tolerated_why; /* bits of enum inconclusive_reason */
	struct check_rule *checks;
	int nr_checks;
	const struct check_rule *every; /* of the file, without a selection: one of checks */
};

/* NULL after having told the user what is wrong, where, and what to do. */
struct expectation *expectation_load(const char *path);
void expectation_free(struct expectation *expectation);

#endif
