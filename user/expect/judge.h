/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holds what the model concludes against an expectation file, or against the
 * built-in rules. Pure: it is told what the model is told and what it found.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "expect/expectation.h"
#include "model/event.h"
#include "model/restore.h"

#define JUDGED_NAME_LEN 96
#define JUDGED_TEXT_LEN 320
#define CHECK_MAX_EVIDENCE 3
/* So many before and after an event that is evidence are shown with it. */
#define JUDGED_EVENTS_AROUND 3

/* Where in the trace it shows. */
struct evidence {
	uint64_t restore; /* 0: of none */
	uint64_t seq;
	char what[JUDGED_TEXT_LEN];
};

struct check {
	char name[JUDGED_NAME_LEN]; /* letters, digits, _ . - */
	enum verdict_kind result;
	char expected[JUDGED_TEXT_LEN];
	char seen[JUDGED_TEXT_LEN];
	struct evidence evidence[CHECK_MAX_EVIDENCE];
	int nr_evidence;
	uint64_t more; /* evidence that is not kept */
};

struct judgement {
	enum verdict_kind result;
	const char *expectation; /* the file, or NULL: the built-in rules */
	struct check *checks;
	int nr_checks;
	int by_result[VERDICT_COUNT];
	const struct verdict *verdict; /* the model's */
	const struct seen_event *events; /* those around evidence are there, by seq */
	size_t nr_events;
};

struct judge;

/* What is kept, and shown, of an event. */
struct seen_event see_event(const struct event *event);

/* expectation may be NULL and must outlive it. NULL on -ENOMEM. */
struct judge *judge_new(const struct expectation *expectation, enum severity fail_on);
void judge_free(struct judge *judge);

/* Each item before the model is given it. Returns 0 or -ENOMEM. */
int judge_item(struct judge *judge, const struct trace_item *item);
/* Each restore when its window has ended. */
void judge_restore(struct judge *judge, const struct restore *restore);
/* Valid until judge_free(). Call once, with the model's last word. */
const struct judgement *judge_finish(struct judge *judge, const struct verdict *verdict);

#endif
