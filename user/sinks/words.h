/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What several reports for people have in common. */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

#include "trace/format.h"

#define DURATION_LEN 24

/* "1.50 ms" */
const char *duration(char out[DURATION_LEN], uint64_t ns);

/* hh:mm:ss.uuuuuu */
const char *clock_time(char out[TIMESTAMP_LEN], const struct trace_header *header, uint64_t t_ns);

/*
 * A VMM's name for its VM may hold anything: keep it off the terminal. Valid until
 * the next call.
 */
const char *printable(const char *s);

#endif
