/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "expect/schema.h"
#include "model/anomalies.h"
#include "yaml/strict.h"

#define LIST_FIELD(key, type, member)                                                              \
	CYAML_FIELD_SEQUENCE_COUNT(key, YAML_OPTIONAL, type, member.entry, member.nr,              \
				   &text_schema, 1, 64)

static const cyaml_schema_value_t text_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

#define FACT_KEY(id, key, form) YAML_TEXT(key, struct raw_facts, value[FACT_##id]),

static const cyaml_schema_field_t fact_fields[] = { FACTS(FACT_KEY) CYAML_FIELD_END };

static const cyaml_schema_field_t check_fields[] = {
	YAML_TEXT("name", struct raw_check, name),
	YAML_TEXT("count", struct raw_check, count),
	YAML_MAPPING("where", struct raw_check, where, fact_fields),
	YAML_MAPPING("every", struct raw_check, every, fact_fields),
	LIST_FIELD("order", struct raw_check, order),
	LIST_FIELD("never", struct raw_check, never),
	YAML_TEXT("before", struct raw_check, before),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t check_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_check, check_fields),
};

/* Made of the tables of names when they are first needed. */
static cyaml_schema_field_t path_fields[RAW_COUNTS_MAX + 1];
static cyaml_schema_field_t point_fields[RAW_COUNTS_MAX + 1];
static cyaml_schema_field_t anomaly_fields[RAW_COUNTS_MAX + 1];

static const cyaml_schema_field_t coverage_fields[] = {
	YAML_MAPPING("events", struct raw_coverage, events, point_fields),
	LIST_FIELD("probes", struct raw_coverage, probes),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
	YAML_TEXT("restores", struct raw_expectation, restores),
	YAML_MAPPING("every", struct raw_expectation, every, fact_fields),
	YAML_MAPPING("paths", struct raw_expectation, paths, path_fields),
	YAML_MAPPING("anomalies", struct raw_expectation, anomalies, anomaly_fields),
	YAML_MAPPING("coverage", struct raw_expectation, coverage, coverage_fields),
	LIST_FIELD("tolerate", struct raw_expectation, tolerate),
	CYAML_FIELD_SEQUENCE_COUNT("checks", YAML_OPTIONAL, struct raw_expectation, checks,
				   nr_checks, &check_schema, 1, 256),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_expectation, top_fields),
};

static void add_field(cyaml_schema_field_t *fields, int index, const char *key)
{
	const cyaml_schema_field_t field = YAML_TEXT("", struct raw_counts, value[0]);

	fields[index] = field;
	fields[index].key = key;
	fields[index].data_offset = (uint32_t)((size_t)index * sizeof(char *));
}

/* Both names of a class are keys: the second half is for the other names. */
static void make_fields(cyaml_schema_field_t *fields, const struct vocabulary *words,
			const char *last)
{
	const cyaml_schema_field_t end = CYAML_FIELD_END;
	int i, at = 0, nr = words->count();

	for (i = 0; i < nr; i++)
		add_field(fields, at++, words->name(i));
	for (i = 0; i < nr && words->other_name; i++)
		add_field(fields, at++, words->other_name(i));
	if (last)
		add_field(fields, at++, last);
	fields[at] = end;
}

const struct yaml_form *expectation_form(void)
{
	static const struct yaml_form form = { &top_schema, "expectation file",
					       "evmcs-trace-expectations(5)", "add a check" };

	make_fields(path_fields, &path_words, NULL);
	make_fields(point_fields, &point_words, NULL);
	make_fields(anomaly_fields, &anomaly_words, "others");
	return &form;
}
