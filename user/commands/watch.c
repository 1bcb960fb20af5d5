/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>

#include "commands/commands.h"
#include "commands/live.h"
#include "evmcs_trace/status.h"
#include "util/say.h"

static const struct argp_child children[] = { { &live_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };

static error_t parse_watch(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is not a command", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_watch(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_watch,
		.children = children,
		.doc = "Watch: print each nested restore as it completes, anomalies at once, and "
		       "the "
		       "verdict at the end.",
	};
	struct live_options options;
	struct pipeline pipeline;
	int status = STATUS_NOT_ARMED;

	live_options_init(&options);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (!pipeline_init(&pipeline, &options.model) && !live_open_lines(&options) &&
	    !live_add_screen(&pipeline, &options))
		status = live_run(&pipeline, &options);
	else
		say_error("out of memory");
	pipeline_free(&pipeline);
	stack_lines_free(options.lines);
	return status;
}
