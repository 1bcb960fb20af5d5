/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyaml/cyaml.h>

#include "expect/schema.h"
#include "model/anomalies.h"

#define OPTIONAL_TEXT (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

#define TEXT_FIELD(key, type, member)                                                              \
	CYAML_FIELD_STRING_PTR(key, OPTIONAL_TEXT, type, member, 0, CYAML_UNLIMITED)
#define MAPPING_FIELD(key, type, member, fields)                                                   \
	CYAML_FIELD_MAPPING_PTR(key, OPTIONAL_TEXT, type, member, fields)
#define LIST_FIELD(key, type, member)                                                              \
	CYAML_FIELD_SEQUENCE_COUNT(key, OPTIONAL_TEXT, type, member.entry, member.nr,              \
				   &text_schema, 1, 64)

static const cyaml_schema_value_t text_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

#define FACT_FIELD(id, key, form) TEXT_FIELD(key, struct raw_facts, value[FACT_##id]),

static const cyaml_schema_field_t fact_fields[] = { FACTS(FACT_FIELD) CYAML_FIELD_END };

static const cyaml_schema_field_t check_fields[] = {
	TEXT_FIELD("name", struct raw_check, name),
	TEXT_FIELD("count", struct raw_check, count),
	MAPPING_FIELD("where", struct raw_check, where, fact_fields),
	MAPPING_FIELD("every", struct raw_check, every, fact_fields),
	LIST_FIELD("order", struct raw_check, order),
	LIST_FIELD("never", struct raw_check, never),
	TEXT_FIELD("before", struct raw_check, before),
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
	MAPPING_FIELD("events", struct raw_coverage, events, point_fields),
	LIST_FIELD("probes", struct raw_coverage, probes),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
	TEXT_FIELD("restores", struct raw_expectation, restores),
	MAPPING_FIELD("every", struct raw_expectation, every, fact_fields),
	MAPPING_FIELD("paths", struct raw_expectation, paths, path_fields),
	MAPPING_FIELD("anomalies", struct raw_expectation, anomalies, anomaly_fields),
	MAPPING_FIELD("coverage", struct raw_expectation, coverage, coverage_fields),
	LIST_FIELD("tolerate", struct raw_expectation, tolerate),
	CYAML_FIELD_SEQUENCE_COUNT("checks", OPTIONAL_TEXT, struct raw_expectation, checks,
				   nr_checks, &check_schema, 1, 256),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_expectation, top_fields),
};

static void add_field(cyaml_schema_field_t *fields, int index, const char *key)
{
	const cyaml_schema_field_t field = TEXT_FIELD("", struct raw_counts, value[0]);

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

/*
 * libcyaml tells what is wrong only to its log: the first line says what, then
 * from the inside out where: "in mapping field 'where'", "in sequence entry
 * '1'", or "in mapping" alone.
 */
static void prepend(struct schema_error *e, const char *part)
{
	char rest[sizeof(e->path)];

	snprintf(rest, sizeof(rest), "%s", e->path);
	snprintf(e->path, sizeof(e->path), "%.100s%s%.140s", part, *rest && *rest != '[' ? "." : "",
		 rest);
}

static void take_place(struct schema_error *e, const char *line)
{
	char name[100], part[104];
	int entry;

	if (sscanf(line, " in mapping field '%99[^']'", name) == 1) {
		prepend(e, name);
	} else if (sscanf(line, " in sequence entry '%d'", &entry) == 1) {
		snprintf(part, sizeof(part), "[%d]", entry ? entry - 1 : 0);
		prepend(e, part);
	}
}

static void take_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct schema_error *e = ctx;
	char line[200];

	(void)level;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	if (!*e->text)
		snprintf(e->text, sizeof(e->text), "%s", line);
	else
		take_place(e, line);
}

static const cyaml_config_t *config(struct schema_error *error)
{
	static cyaml_config_t c = {
		.log_fn = take_log,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};

	c.log_ctx = error;
	return &c;
}

static const struct {
	const char *said; /* what libcyaml's line has in it */
	const char *text;
} meanings[] = {
	{ "Expecting STRING", "a single value is wanted here" },
	{ "Expecting MAPPING", "'key: value' lines are wanted here, indented, at least one" },
	{ "Expecting SEQUENCE", "a list is wanted here: [a, b], or lines that begin with '- '" },
	{ "Insufficient entries", "the list is empty: add an entry or leave it out" },
	{ "Excessive entries", "the list is too long: split the file" },
};

static void explain(struct schema_error *e)
{
	static const char unknown[] = "Unexpected key: ";
	const char *key = strstr(e->text, unknown);
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strstr(e->text, meanings[i].said)) {
			snprintf(e->text, sizeof(e->text), "%s", meanings[i].text);
			return;
		}
	if (!key)
		return;
	snprintf(name, sizeof(name), "%.60s", key + strlen(unknown));
	if (*e->path)
		snprintf(e->path + strlen(e->path), sizeof(e->path) - strlen(e->path), ".%s", name);
	else
		snprintf(e->path, sizeof(e->path), "%s", name);
	snprintf(e->text, sizeof(e->text),
		 "there is no key '%s' here: docs/expectations.md lists those that there are",
		 name);
}

int schema_read(const char *text, size_t len, struct raw_expectation **raw,
		struct schema_error *error)
{
	cyaml_err_t err;

	make_fields(path_fields, &path_words, NULL);
	make_fields(point_fields, &point_words, NULL);
	make_fields(anomaly_fields, &anomaly_words, "others");
	memset(error, 0, sizeof(*error));
	err = cyaml_load_data((const uint8_t *)text, len, config(error), &top_schema,
			      (cyaml_data_t **)raw, NULL);
	if (err == CYAML_OK)
		return 0;
	if (err == CYAML_ERR_OOM)
		return -ENOMEM;
	if (!*error->text)
		snprintf(error->text, sizeof(error->text), "%s", cyaml_strerror(err));
	explain(error);
	return -EINVAL;
}

void schema_free(struct raw_expectation *raw)
{
	struct schema_error unused = { .text = "" };

	cyaml_free(config(&unused), &top_schema, raw, 0);
}
