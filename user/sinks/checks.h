/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people read of a check that did not pass, in whichever report. */
#ifndef CHECKS_H
#define CHECKS_H

#include <stdio.h>

#include "expect/judge.h"

/*
 * Expected, seen, and the events around the evidence. Each line begins with
 * prefix; there is nothing in it but printable ASCII.
 */
void put_check(FILE *out, const char *prefix, const struct judgement *judgement,
	       const struct check *check, const struct trace_header *header);

#endif
