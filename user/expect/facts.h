/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What may be asked of a restore: one row each, which gives the key of the
 * expectation file, the form of its value and how it is taken from a restore.
 */
#ifndef FACTS_H
#define FACTS_H

#include "expect/values.h"
#include "model/restore.h"

/* Columns: enumerator, key, form. */
#define FACTS(X)                                                                                   \
	X(RESTORE, "restore", COUNT) /* its number, in the order of the SETs */                    \
	X(PID, "pid", COUNT)                                                                       \
	X(VCPU, "vcpu", COUNT)                                                                     \
	X(VM, "vm", TEXT)                                                                          \
	X(PATH, "path", WORDS)                                                                     \
	X(MODE, "mode", WORDS)                                                                     \
	X(FORMAT, "format", WORDS)                                                                 \
	X(END, "end", WORDS)                                                                       \
	X(VERDICT, "verdict", WORDS)                                                               \
	X(ANOMALY, "anomaly", WORDS)                                                               \
	X(RESULT, "result", RESULT)                                                                \
	X(ACCESSES, "accesses", COUNT)                                                             \
	X(ACCESSES_IN_SET, "accesses-in-set", COUNT)                                               \
	X(ACCESSES_BEFORE_RUN, "accesses-before-run", COUNT)                                       \
	X(MEMSLOTS, "memslots", COUNT)                                                             \
	X(LONGEST_ACCESS, "longest-access", TIMES)                                                 \
	X(LONGEST_ACCESS_IN_SET, "longest-access-in-set", TIMES)                                   \
	X(LONGEST_ACCESS_IN_RUN, "longest-access-in-run", TIMES)                                   \
	X(SET_TIME, "set-time", TIMES)                                                             \
	X(RUN_AFTER, "run-after", TIMES)                                                           \
	X(MAP_AFTER, "map-after", TIMES)

enum fact_id {
#define FACT_ENUM(id, key, form) FACT_##id,
	FACTS(FACT_ENUM)
#undef FACT_ENUM
		FACT_COUNT
};

/* What one key of `where` or `every` asks for. */
struct fact_rule {
	enum fact_id fact;
	struct range range; /* forms COUNT and TIMES */
	uint64_t bits; /* form WORDS */
	struct results results; /* form RESULT */
	char *text; /* form TEXT */
};

const char *fact_key(enum fact_id fact);

/* Returns 0, -ENOMEM, or -EINVAL with the reason in error. */
int fact_rule_parse(struct fact_rule *rule, enum fact_id fact, const char *text,
		    char error[VALUE_ERROR_LEN]);

/* Is there a restore that does not have it? */
bool fact_rule_can_fail(const struct fact_rule *rule);

enum fact_answer {
	FACT_HOLDS,
	FACT_FAILS, /* what is missing may not have been seen */
	FACT_EXCEEDED, /* more than may be: that was seen */
};

enum fact_answer fact_rule_ask(const struct fact_rule *rule, const struct restore *restore);

/* "path evmcs-deferred" and "path evmcs-direct", for the user. */
void fact_rule_text(const struct fact_rule *rule, char *out, size_t size);
void fact_seen_text(enum fact_id fact, const struct restore *restore, char *out, size_t size);

/* The event that shows it best. */
uint64_t fact_seq(enum fact_id fact, const struct restore *restore);

extern const struct vocabulary path_words;
extern const struct vocabulary anomaly_words;
extern const struct vocabulary point_words;

#endif
