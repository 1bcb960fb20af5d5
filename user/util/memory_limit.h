/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * While a library unpacks a file that others made: it would do so as long as there is memory, and
 * a megabyte of xz can be made to hold gigabytes.
 */
#ifndef MEMORY_LIMIT_H
#define MEMORY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

struct memory_limit {
	struct rlimit before;
	bool set;
};

/* So much more than this process has now; what goes beyond it is ENOMEM. */
void memory_limit_begin(struct memory_limit *limit, uint64_t bytes);
void memory_limit_end(const struct memory_limit *limit);

#endif
