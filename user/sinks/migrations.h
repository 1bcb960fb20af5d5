/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pairs of saves and restores, of all traces together. */
#ifndef MIGRATIONS_H
#define MIGRATIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "model/pairs.h"

/* For people; all: also the pairs of VMs that have no name. */
void migrations_print_text(FILE *out, const struct pair_list *pairs, bool all);

/* One object a line, as everything else of JSON. */
void migrations_print_json(FILE *out, const struct pair_list *pairs);

#endif
