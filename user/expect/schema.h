/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The form of an expectation file: which keys there are and where. Every value
 * is a text here; what it means is for load.c.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "expect/facts.h"
#include "yaml/strict.h"

struct raw_facts {
	char *value[FACT_COUNT];
};

struct raw_list {
	char **entry;
	unsigned int nr;
};

struct raw_check {
	char *name;
	char *count;
	struct raw_facts *where;
	struct raw_facts *every;
	struct raw_list order;
	struct raw_list never;
	char *before;
};

/* Keys that are names of a vocabulary: one text for each, then for `others`. */
#define RAW_COUNTS_MAX 129

struct raw_counts {
	char *value[RAW_COUNTS_MAX];
};

struct raw_coverage {
	struct raw_counts *events;
	struct raw_list probes;
};

struct raw_expectation {
	char *restores;
	struct raw_facts *every;
	struct raw_counts *paths;
	struct raw_counts *anomalies;
	struct raw_coverage *coverage;
	struct raw_list tolerate;
	struct raw_check *checks;
	unsigned int nr_checks;
};

/* Its values are a struct raw_expectation. */
const struct yaml_form *expectation_form(void);

#endif
