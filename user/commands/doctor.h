/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What doctor found, for those who show it. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "probes/host.h"
#include "probes/plan.h"

struct diagnosis {
	struct host host;
	const char *debug_info; /* a file, given by the user; or NULL */
	char kernel[128]; /* its release, of the file or of the running one */
	struct host_answer answers[HOST_MAX_FACTS]; /* as host_facts[], if asked() */
	struct plan plan; /* nr 0: there is no kvm_intel to plan for */
	bool armed; /* and let go again: attached is what really happened */
	char not_armed[512]; /* why not */
	int status; /* what watch would end with */
	char answer[768];
	char remedy[160];
};

/* Is this fact one that is asked here? */
bool doctor_asked(const struct diagnosis *d, int fact);

void doctor_print_text(const struct diagnosis *d, FILE *out, bool verbose);

/* One object. What cannot be written shows in out. */
void doctor_print_json(const struct diagnosis *d, FILE *out);

#endif
