/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "model/event.h"

/* The status of a command whose standard output may not have been written. */
int output_status(int status);

/*
 * For who named debug information: nothing is believed to be of the kernel of a trace that does
 * not tell its builds, as older ones do not.
 */
void say_lines_unknown(const char *trace, const struct trace_header *header);

/*
 * Of the statuses of several traces: a seen violation beats everything, then
 * what could not be read or armed, then doubt.
 */
int worse_status(int a, int b);

#endif
