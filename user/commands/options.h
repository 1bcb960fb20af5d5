/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arguments of options that several commands have. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <argp.h>

/* What all that judge have: --fail-on, --slow-set. .input is struct model_options. */
extern const struct argp model_argp;

/* A number from 0 to max; ends the program with a usage error for what is none. */
long option_number(const struct argp_state *state, const char *option, const char *arg, long max);

/* What can be read; ends the program with a usage error for what cannot. */
const char *option_readable(const struct argp_state *state, const char *option, const char *path);

#endif
