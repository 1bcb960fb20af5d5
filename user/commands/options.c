/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands/options.h"
#include "model/model.h"
#include "model/names.h"
#include "util/errstr.h"

#define NSEC_PER_MSEC 1000000ULL
#define MSEC_PER_DAY 86400000L

enum { OPT_FAIL_ON = 0x200, OPT_SLOW_SET };

static const struct argp_option model_options[] = {
	{ "fail-on", OPT_FAIL_ON, "SEVERITY", 0, "error (default), warning or info", 0 },
	{ "slow-set", OPT_SLOW_SET, "MS", 0, "an access in SET that takes longer waits (10)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static enum severity option_severity(const struct argp_state *state, const char *arg)
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

const char *option_readable(const struct argp_state *state, const char *option, const char *path)
{
	if (access(path, R_OK))
		argp_error(state, "%s: cannot read %s (%s)", option, path, errstr(errno));
	return path;
}

static error_t parse_model(int key, char *arg, struct argp_state *state)
{
	struct model_options *o = state->input;
	long ms;

	switch (key) {
	case OPT_FAIL_ON:
		o->fail_on = option_severity(state, arg);
		return 0;
	case OPT_SLOW_SET:
		ms = option_number(state, "--slow-set", arg, MSEC_PER_DAY);
		if (!ms)
			argp_error(state, "--slow-set wants at least 1 ms");
		o->slow_set_ns = (uint64_t)ms * NSEC_PER_MSEC;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp model_argp = { model_options, parse_model, NULL, NULL, NULL, NULL, NULL };
