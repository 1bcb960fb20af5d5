/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GATHERER_H
#define GATHERER_H

#include <stdbool.h>

#include "model/pairs.h"
#include "sinks/sink.h"

/*
 * A sink of one trace that tells `pairs` what was saved and restored; NULL on -ENOMEM.
 * unnamed: also of VMs that have no name. What would not be shown need not be kept,
 * which it is to the end of all traces.
 */
struct sink *gatherer_new(struct pairs *pairs, const char *label, bool unnamed);

#endif
