/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arguments of options that several commands have. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <argp.h>

#include "evmcs_trace/paths.h"

/* --fail-on; ends the program with a usage error for what is no severity. */
enum severity option_severity(const struct argp_state *state, const char *arg);

/* A number from 0 to max, likewise. */
long option_number(const struct argp_state *state, const char *option, const char *arg, long max);

#endif
