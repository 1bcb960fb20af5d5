/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A timeline for ui.perfetto.dev and Perfetto's trace processor. Below each VM's track
 * is one for each vCPU: what KVM did there, as slices; and below that a restore is a slice
 * from its KVM_SET_NESTED_STATE to its first KVM_RUN, and an anomaly an instant.
 */
#ifndef PERFETTO_H
#define PERFETTO_H

#include <stdio.h>

#include "sinks/sink.h"

/* out is the caller's to close. */
struct sink *perfetto_sink_new(FILE *out);

/* The first failure to write, -errno, which was said already; 0: all is written. */
int perfetto_sink_error(const struct sink *perfetto_sink);

#endif
