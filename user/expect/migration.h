/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The halves of migrations as checks, for every report that shows checks. */
#ifndef MIGRATION_H
#define MIGRATION_H

#include "expect/judge.h"
#include "model/pairs.h"

/*
 * A check for what was watched, and one for each pair. NULL on -ENOMEM; freed by
 * migration_judgement_free().
 */
struct judgement *migration_judge(const struct pair_list *pairs);
void migration_judgement_free(struct judgement *judgement);

/* "flags 0x5 -> 0x4, ...": as saved, as restored. */
void pair_differences(const struct pair *pair, char *out, size_t size);

#endif
