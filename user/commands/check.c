/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "pipeline.h"
#include "sources/source.h"
#include "util/say.h"

struct check_options {
	struct model_options model;
	bool json;
	bool verbose;
	char **traces;
	int nr_traces;
};

enum { OPT_JSON = 0x100, OPT_FAIL_ON };

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "print JSON Lines", 0 },
	{ "fail-on", OPT_FAIL_ON, "SEVERITY", 0, "error (default), warning or info", 0 },
	{ "verbose", 'v', NULL, 0, "every restore and event, not only findings", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_check(int key, char *arg, struct argp_state *state)
{
	struct check_options *o = state->input;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_FAIL_ON:
		o->model.fail_on = option_severity(state, arg);
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->traces = &state->argv[state->next];
		o->nr_traces = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "check wants at least one trace");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int add_screen(struct pipeline *p, const struct check_options *o, const char *path)
{
	struct text_options text = {
		.out = stdout,
		.only_findings = !o->verbose,
		.events = o->verbose,
		.label = path,
	};

	if (o->json)
		return pipeline_add(p, json_sink_new(stdout, path));
	return pipeline_add(p, text_sink_new(&text));
}

static int check_trace(const struct check_options *o, const char *path)
{
	int status = STATUS_MALFORMED, err;
	struct pipeline p;

	err = pipeline_init(&p, &o->model) ?: add_screen(&p, o, path);
	if (!err)
		err = file_source_run(path, pipeline_item, &p);
	if (!err)
		status = verdict_status(pipeline_finish(&p));
	else if (err == -ENOMEM)
		say_error("out of memory");
	pipeline_free(&p);
	return status;
}

/* A seen violation beats everything, then what could not be read, then doubt. */
static int worse(int a, int b)
{
	static const int order[] = { STATUS_FAIL, STATUS_MALFORMED, STATUS_INCONCLUSIVE };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return STATUS_PASS;
}

int command_check(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_check,
		.args_doc = "TRACE...",
		.doc = "Judge recorded traces by the built-in rules: the verdict is exactly the "
		       "one that "
		       "the live run gave. - is standard input.",
	};
	struct check_options o = { .model = { .fail_on = SEVERITY_ERROR } };
	int status = STATUS_PASS, i;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	say_set_level(o.verbose ? SAY_VERBOSE : SAY_NORMAL);
	for (i = 0; i < o.nr_traces; i++)
		status = worse(status, check_trace(&o, o.traces[i]));
	return output_status(status);
}
