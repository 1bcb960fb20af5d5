/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/batch.h"
#include "commands/live.h"
#include "evmcs_trace/status.h"
#include "util/errstr.h"
#include "util/owner.h"
#include "util/say.h"

struct record_options {
	struct live_options live;
	const char *output;
	const char *batch; /* NULL: one trace */
	int fd;
	bool is_new; /* the file was not there before */
	bool traced; /* there is something in it */
	char default_output[48];
};

static const struct argp_child children[] = { { &live_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "write the trace to FILE, - for standard output", 0 },
	{ "batch", 'b', "LIST", 0,
	  "one trace each for the commands in LIST (lines: NAME COMMAND), in the folder that -o "
	  "names",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_record(int key, char *arg, struct argp_state *state)
{
	struct record_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->live;
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case 'b':
		o->batch = arg;
		o->live.batch = true;
		return 0;
	case ARGP_KEY_ARG:
		/* the command and all that follows is not ours */
		o->live.command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (o->batch && o->live.command)
			argp_error(state, "--batch has its commands in a file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void name_by_time(struct record_options *o)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(o->default_output, sizeof(o->default_output), "evmcs-trace-%Y%m%d-%H%M%S.jsonl",
		 &tm);
	o->output = o->default_output;
}

/*
 * Addresses and names in it are nobody else's business: 0600. What an earlier
 * run left there is only cut off when this one is armed (live_options.armed). But
 * a name that nobody has given must be new: in /tmp it may be somebody else's link.
 */
static int open_output(struct record_options *o)
{
	if (!strcmp(o->output, "-"))
		return STDOUT_FILENO;
	o->fd = open(o->output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	o->is_new = o->fd >= 0;
	if (o->is_new)
		owner_give(o->fd, o->output);
	if (o->fd < 0 && errno == EEXIST && o->output != o->default_output)
		o->fd = open(o->output, O_WRONLY | O_CLOEXEC);
	if (o->fd < 0)
		say_error("cannot write %s (%s): choose another place with -o", o->output,
			  errstr(errno));
	return o->fd;
}

/* Armed: from here on the file is this run's. */
static int take_output(void *ctx)
{
	struct record_options *o = ctx;
	struct stat st;

	if (fstat(o->fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (ftruncate(o->fd, 0) || fchmod(o->fd, 0600)) {
		say_error("cannot empty %s (%s): choose another place with -o", o->output,
			  errstr(errno));
		return -errno;
	}
	return 0;
}

static int record(struct pipeline *pipeline, struct record_options *o)
{
	bool to_stdout = !strcmp(o->output, "-");
	int fd, status;

	fd = open_output(o);
	if (fd < 0)
		return STATUS_NOT_ARMED;
	o->live.armed = to_stdout ? NULL : take_output;
	o->live.traced = &o->traced;
	o->live.armed_ctx = o;
	if (pipeline_add(pipeline, trace_sink_new(fd, to_stdout ? "standard output" : o->output)) ||
	    (!to_stdout && live_add_screen(pipeline, &o->live))) {
		say_error("out of memory");
		return STATUS_NOT_ARMED;
	}
	status = live_run(pipeline, &o->live);
	if (!to_stdout && o->traced)
		say("the trace is in %s; judge it again with 'evmcs-trace check %s'", o->output,
		    o->output);
	else if (o->is_new)
		unlink(o->output); /* nothing was traced: leave nothing behind */
	return status;
}

int command_record(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_record,
		.children = children,
		.args_doc = "[-- COMMAND...]",
		.doc = "Record a trace, until COMMAND exits or until interrupted, and judge it.\v"
		       "A COMMAND that fails makes a verdict that would pass inconclusive.",
	};
	struct record_options o = {};
	struct pipeline pipeline;
	int status = STATUS_NOT_ARMED;

	live_options_init(&o.live);
	/* what follows COMMAND belongs to it, with or without -- */
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &o);
	if (live_open_lines(&o.live)) {
		say_error("out of memory");
		return status;
	}
	if (o.batch) {
		status = record_batch(&o.live, o.batch, o.output ? o.output : ".");
	} else {
		if (!o.output)
			name_by_time(&o);
		if (!pipeline_init(&pipeline, &o.live.model))
			status = record(&pipeline, &o);
		pipeline_free(&pipeline);
	}
	stack_lines_free(o.live.lines);
	return status;
}
