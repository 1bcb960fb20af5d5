/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probe plan: which function stands for each logical point on the running
 * kernel. One table (plan.c); a kernel that renames a function is one more
 * alternative in its row.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "probes/code.h"

#define PLAN_MAX_ALTERNATIVES 4

enum plan_need {
	NEED_VERDICT, /* without it "not read" cannot be said */
	NEED_UNLESS, /* likewise, unless row.unless is attached */
	NEED_DETAIL, /* the verdict stands without it, something else is not seen */
	NEED_NOTHING, /* the same is known without it */
};

struct plan_alternative {
	const char *function;
	const char *module;
};

enum plan_arguments {
	ARGS_TOLD, /* without them an event says less: GPA unknown */
	ARGS_NEEDED, /* without them it would mislead: clones and pieces will not do */
};

enum plan_how {
	AS_FUNCTION, /* entry and exit of the function */
	AS_INLINED, /* the places in its callers where the compiler put it */
};

struct plan_row {
	enum evmcs_point point;
	enum plan_how how;
	const char *program; /* stem of the BPF programs' names */
	enum plan_arguments arguments;
	enum plan_need need;
	enum evmcs_point unless;
	const char *when_absent; /* what is not known without it */
	struct plan_alternative alternatives[PLAN_MAX_ALTERNATIVES];
};

/* The first four letters of each function in the rows, each once; returns how many. */
size_t plan_beginnings(uint32_t *beginnings, size_t room);

/* One row per point that is a function. */
extern const struct plan_row plan_rows[];
extern const int plan_nr_rows;

/* What became of a row on the running kernel. */
struct plan_choice {
	const struct plan_row *row;
	struct probe_fact fact;
	struct code_sites sites; /* kprobe: where */
	uint32_t btf_id; /* fentry: the function, in its module's BTF */
	bool forbidden; /* not attached, though it could be */
	char allowed_reason[sizeof(((struct probe_fact *)0)->reason)]; /* before that */
};

struct plan {
	struct plan_choice choices[PT_COUNT];
	int nr;
};

/* Chooses an alternative for every row. Nothing is loaded. */
void plan_resolve(struct plan *plan, struct code *code);

/* Rows that have a function to attach to. */
int plan_nr_chosen(const struct plan *plan);

/* Is there a row for it? Points that are no functions have none. */
bool plan_has_row(enum evmcs_point point);

struct plan_choice *plan_find(const struct plan *plan, enum evmcs_point point);

/*
 * Turns the fentry of a row, or every fentry of the plan, into a kprobe on the
 * same function. False: it has no address, the row is given up.
 */
bool plan_use_kprobe(struct plan_choice *choice, const char *why);
void plan_use_kprobes(struct plan *plan, const char *why);

/* Is any row to be attached in this way? */
bool plan_uses(const struct plan *plan, const char *flavour);

bool plan_is_fentry(const struct plan_choice *choice);

/* Clones and pieces have other arguments than the function in the source. */
bool plan_believes_arguments(const struct plan_choice *choice);

/* Marks which rows the verdict depends on, given what got attached. */
void plan_mark_needed(struct plan *plan);

/* The first needed row that is not attached, or NULL. */
const struct plan_choice *plan_first_missing(const struct plan *plan);

#endif
