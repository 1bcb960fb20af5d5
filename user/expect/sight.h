/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a trace cannot show when a probe was not attached that the verdict does
 * without: nothing was seen then, and that says nothing.
 */
#ifndef SIGHT_H
#define SIGHT_H

#include <stdbool.h>

#include "model/event.h"

/* A class that is seen by one point only, which not every kernel has. */
struct class_need {
	const char *id; /* "A16" */
	enum evmcs_point point;
};

extern const struct class_need class_needs[];
extern const int nr_class_needs;

/* The point without which this class (by its place in anomaly_classes) stays silent, or -1. */
int point_of_class(int cls);

/* Is this point (-1: any access) one that is missing in the header where it need not be? */
bool point_unseen(const struct trace_header *header, int point);

#endif
