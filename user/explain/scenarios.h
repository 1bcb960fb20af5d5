/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a class is provoked: the commands, for whoever shows them. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "explain/explain.h"

/* The commands stand in evmcs-trace's source tree; none is longer than this. */
#define SCENARIO_TEXT_LEN 512

/* What shows them; each is called in the order in which they are to be read. */
struct scenario_steps {
	void (*text)(void *ctx, const char *text);
	void (*command)(void *ctx, const char *command);
	void *ctx;
};

void tell_scenarios(const struct explanation *explanation, const struct scenario_steps *steps);

/* The same where many are told of: once what holds for each, and of each its own. */
void tell_any_scenario(const struct scenario_steps *steps);
void tell_scenarios_only(const struct explanation *explanation, const struct scenario_steps *steps);

#endif
