/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>

#include "model/event.h"

/* Is standard output a pipe whose reader had enough ("| head")? */
bool output_reader_went(void);

/*
 * The status of a command whose standard output may not have been written, which is told. A
 * reader that went had what it wanted: the verdict is what it was.
 */
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
