/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "commands/options.h"
#include "model/names.h"

enum severity option_severity(const struct argp_state *state, const char *arg)
{
	int severity = severity_by_name(arg);

	if (severity < 0)
		argp_error(state, "--fail-on wants error, warning or info, not '%s'", arg);
	return severity;
}

long option_number(const struct argp_state *state, const char *option, const char *arg, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(arg, &end, 10);
	if (errno || *end || end == arg || value < 0 || value > max)
		argp_error(state, "%s wants a number from 0 to %ld, not '%s'", option, max, arg);
	return value;
}
