/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef OUTPUT_H
#define OUTPUT_H

/* The status of a command whose standard output may not have been written. */
int output_status(int status);

/*
 * Of the statuses of several traces: a seen violation beats everything, then
 * what could not be read or armed, then doubt.
 */
int worse_status(int a, int b);

#endif
