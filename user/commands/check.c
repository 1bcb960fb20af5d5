/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "evmcs_trace/version.h"
#include "expect/judge.h"
#include "expect/migration.h"
#include "model/pairs.h"
#include "pipeline.h"
#include "sinks/gatherer.h"
#include "sinks/migrations.h"
#include "sources/source.h"
#include "symbols/dwarf_finder.h"
#include "util/errstr.h"
#include "util/say.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_KTAP };

static const char *const formats[] = { "text", "json", "ktap" };

struct check_options {
	struct model_options model;
	enum format format;
	const char *expect_path;
	const char *junit_path;
	const char *debug_info;
	bool verbose;
	bool migration;
	char **traces;
	int nr_traces;
};

/* What is the same for all traces. */
struct checking {
	const struct check_options *o;
	struct expectation *expectation;
	FILE *junit;
	char **names; /* of the traces, for reports; last that of the migration */
	struct pairs *pairs;
	struct stack_lines *lines;
};

enum { OPT_JSON = 0x100, OPT_FORMAT, OPT_JUNIT, OPT_MIGRATION, OPT_DEBUG_INFO };

static const struct argp_option options[] = {
	{ "expect", 'e', "FILE", 0, "what every trace must show: evmcs-trace-expectations(5)", 0 },
	{ "format", OPT_FORMAT, "FORMAT", 0, "text (default), json or ktap", 0 },
	{ "junit", OPT_JUNIT, "FILE", 0, "write a JUnit report as well", 0 },
	{ "json", OPT_JSON, NULL, 0, "the same as --format json", 0 },
	{ "migration", OPT_MIGRATION, NULL, 0,
	  "the traces have both halves: all that was restored must be what was saved last", 0 },
	{ "debug-info", OPT_DEBUG_INFO, "FILE|DIR", 0,
	  "of the traced kernel and modules, for lines of stacks, if not installed", 0 },
	{ "verbose", 'v', NULL, 0, "every restore, event and check, not only findings", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static enum format format_by_name(const struct argp_state *state, const char *arg)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(arg, formats[i]))
			return (enum format)i;
	argp_error(state, "--format wants text, json or ktap, not '%s'", arg);
	return FORMAT_TEXT;
}

static error_t parse_check(int key, char *arg, struct argp_state *state)
{
	struct check_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->model;
		return 0;
	case 'e':
		if (o->expect_path)
			argp_error(state, "-e is for all traces: give it once");
		o->expect_path = arg;
		return 0;
	case OPT_FORMAT:
		o->format = format_by_name(state, arg);
		return 0;
	case OPT_JUNIT:
		o->junit_path = arg;
		return 0;
	case OPT_JSON:
		o->format = FORMAT_JSON;
		return 0;
	case OPT_MIGRATION:
		o->migration = true;
		o->model.half = true;
		return 0;
	case OPT_DEBUG_INFO:
		o->debug_info = option_readable(state, "--debug-info", arg);
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->traces = &state->argv[state->next];
		o->nr_traces = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "at least one trace is wanted");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- names of the traces ---- */

/* The file's own name, of characters that every report can hold. */
static char *report_name(const char *path)
{
	static const char suffix[] = ".jsonl";
	const char *base = strrchr(path, '/');
	size_t len;
	char *name, *c;

	base = base ? base + 1 : path;
	name = strdup(strcmp(path, "-") ? base : "stdin");
	len = name ? strlen(name) : 0;
	if (len > strlen(suffix) && !strcmp(name + len - strlen(suffix), suffix))
		name[len - strlen(suffix)] = '\0';
	for (c = name; c && *c; c++)
		if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr("_.-", *c)))
			*c = '_';
	return name;
}

static bool is_taken(char *const *names, int nr, const char *name)
{
	while (nr--)
		if (!strcmp(names[nr], name))
			return true;
	return false;
}

/* run-1/t.jsonl and run-2/t.jsonl: the second is called t.2 */
static char *unique_name(char *const *names, int nr, char *name)
{
	char *numbered = NULL;
	int i = 1;

	if (!name || !is_taken(names, nr, name))
		return name;
	do {
		free(numbered);
		if (asprintf(&numbered, "%s.%d", name, ++i) < 0)
			numbered = NULL;
	} while (numbered && is_taken(names, nr, numbered));
	free(name);
	return numbered;
}

static int name_traces(struct checking *c)
{
	int nr = c->o->nr_traces, i;

	c->names = calloc((size_t)nr + 1, sizeof(*c->names));
	if (!c->names)
		return -ENOMEM;
	for (i = 0; i <= nr; i++) {
		c->names[i] = unique_name(
			c->names, i, i < nr ? report_name(c->o->traces[i]) : strdup("migration"));
		if (!c->names[i])
			return -ENOMEM;
	}
	return 0;
}

/* ---- what all traces are looked at together for ---- */

/* What tests do with VMs that they do not name is no migration to a person. */
static bool shows_unnamed(const struct check_options *o)
{
	return o->migration || o->verbose || o->format == FORMAT_JSON;
}

/* ---- one trace ---- */

/* What a report is about: a trace, or what came before all of them. */
struct subject {
	int number; /* in the plan, from 1 */
	const char *label; /* as the user gave it */
	const char *name;
};

static struct sink *screen(const struct checking *c, const struct subject *of, bool checks)
{
	const struct check_options *o = c->o;
	struct text_options text = {
		.out = stdout,
		.only_findings = !o->verbose,
		.events = o->verbose,
		.info_fails = o->model.fail_on == SEVERITY_INFO,
		.checks = checks,
		.label = of->label,
		.lines = c->lines,
	};

	switch (o->format) {
	case FORMAT_JSON:
		return json_sink_new(stdout, of->label, c->lines);
	case FORMAT_KTAP:
		return ktap_sink_new(stdout, of->number, of->name);
	default:
		return text_sink_new(&text);
	}
}

static int connect(const struct checking *c, const struct subject *of, struct pipeline *p)
{
	int err = pipeline_init(p, &c->o->model) ?: pipeline_add(p, screen(c, of, c->expectation));

	if (!err && c->junit)
		err = pipeline_add(p, junit_sink_new(c->junit, of->name));
	if (!err && c->pairs)
		err = pipeline_add(p, gatherer_new(c->pairs, of->label, shows_unnamed(c->o)));
	return err;
}

static int check_trace(const struct checking *c, int i)
{
	const struct subject of = { i + 1, c->o->traces[i], c->names[i] };
	struct pipeline p;
	int status = STATUS_MALFORMED, err;

	err = connect(c, &of, &p)
		      ?: pipeline_judge(&p, judge_new(c->expectation, c->o->model.fail_on));
	if (!err)
		err = file_source_run(c->o->traces[i], pipeline_item, &p);
	if (err == -ENOMEM)
		say_error("out of memory");
	if (!err) {
		pipeline_finish(&p);
		if (c->o->debug_info)
			say_lines_unknown(of.label, &p.header);
		status = judgement_status(p.judgement);
	} else {
		pipeline_abort(&p, say_last_error());
	}
	pipeline_free(&p);
	return status;
}

/* ---- all of them ---- */

static void begin_reports(const struct checking *c, int subjects)
{
	if (c->o->format == FORMAT_KTAP)
		ktap_plan(stdout, subjects);
	if (c->junit)
		junit_begin(c->junit);
}

/* No trace is judged: who reads only the report must not miss that. */
static void report_no_expectation(const struct checking *c)
{
	const struct subject of = { 1, c->o->expect_path, "expectation" };
	struct pipeline p;

	begin_reports(c, 1);
	if (!connect(c, &of, &p))
		pipeline_abort(&p, say_last_error());
	pipeline_free(&p);
	if (c->junit)
		junit_end(c->junit);
}

static void tell_judgement(struct sink *sink, const struct judgement *judgement,
			   const struct pair_list *pairs)
{
	/* of several hosts, perhaps: it is about none of them */
	const struct trace_header header = {
		.tool = EVMCS_TRACE_VERSION,
		.wall_ns = pairs->traces ? pairs->traces->wall_ns : 0,
	};

	if (!sink)
		return;
	sink->ops->judgement(sink, judgement, &header);
	sink->ops->free(sink);
}

static int judge_migration(const struct checking *c, const struct pair_list *pairs)
{
	const struct subject of = { c->o->nr_traces + 1, NULL, c->names[c->o->nr_traces] };
	struct judgement *judgement = migration_judge(pairs);
	int status;

	if (!judgement)
		return STATUS_NOT_ARMED;
	tell_judgement(screen(c, &of, true), judgement, pairs);
	if (c->junit)
		tell_judgement(junit_sink_new(c->junit, of.name), judgement, pairs);
	status = judgement_status(judgement);
	migration_judgement_free(judgement);
	return status;
}

/* Of restores alone nobody wants to hear that they were not saved. */
static bool has_save(const struct pair_list *pairs)
{
	size_t i;

	for (i = 0; i < pairs->nr; i++)
		if (pairs->pair[i].save)
			return true;
	return false;
}

static void show_pairs(const struct checking *c, const struct pair_list *pairs)
{
	if (!has_save(pairs) && !c->o->migration)
		return;
	if (c->o->format == FORMAT_TEXT)
		migrations_print_text(stdout, pairs, shows_unnamed(c->o));
	else if (c->o->format == FORMAT_JSON)
		migrations_print_json(stdout, pairs);
}

static int check_pairs(const struct checking *c)
{
	const struct pair_list *pairs = pairs_finish(c->pairs);
	int status = STATUS_PASS;

	if (pairs)
		show_pairs(c, pairs);
	if (pairs && c->o->migration)
		status = judge_migration(c, pairs);
	if (pairs && status != STATUS_NOT_ARMED)
		return status;
	say_error("out of memory");
	return STATUS_MALFORMED;
}

/* How many of them came to what, and how that is told. */
static const struct outcome {
	int status;
	enum verdict_kind kind;
	const char *text;
} outcomes[] = {
	{ STATUS_FAIL, VERDICT_FAIL, "failed" },
	{ STATUS_MALFORMED, VERDICT_INCONCLUSIVE, "could not be read" },
	{ STATUS_INCONCLUSIVE, VERDICT_INCONCLUSIVE, "inconclusive" },
	{ STATUS_PASS, VERDICT_PASS, "passed" },
};

#define NR_OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

static const struct outcome *outcome_of(int status)
{
	size_t i;

	for (i = 0; i < NR_OUTCOMES - 1 && outcomes[i].status != status; i++)
		;
	return &outcomes[i];
}

/* Who reads the last line alone must not take that of one subject for all of them. */
static void print_overall(const struct checking *c, int status, const int nr[NR_OUTCOMES],
			  int pairs_status)
{
	char text[160] = "";
	int n = 0;
	size_t i;

	if (c->o->format != FORMAT_TEXT || c->o->nr_traces + c->o->migration < 2)
		return;
	for (i = 0; i < NR_OUTCOMES; i++)
		if (nr[i])
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%d %s", n ? ", " : "",
				      nr[i], outcomes[i].text);
	if (c->o->migration)
		snprintf(text + n, sizeof(text) - (size_t)n, "; both halves together: %s",
			 outcome_of(pairs_status)->text);
	text_overall(stdout, outcome_of(status)->kind, "of %d trace%s %s", c->o->nr_traces,
		     c->o->nr_traces == 1 ? "" : "s", text);
}

static int check_traces(const struct checking *c)
{
	int nr[NR_OUTCOMES] = {}, status = STATUS_PASS, one, i;

	begin_reports(c, c->o->nr_traces + c->o->migration);
	for (i = 0; i < c->o->nr_traces; i++) {
		one = check_trace(c, i);
		nr[outcome_of(one) - outcomes]++;
		status = worse_status(status, one);
	}
	one = check_pairs(c);
	status = worse_status(status, one);
	print_overall(c, status, nr, one);
	if (c->junit)
		junit_end(c->junit);
	return status;
}

/* A report that could not be written must not be taken for a good one. */
static int close_junit(const struct checking *c, int status)
{
	int err;

	if (!c->junit)
		return status;
	err = ferror(c->junit) ? EIO : 0;
	if (fclose(c->junit) && !err)
		err = errno;
	if (!err)
		return status;
	say_error("cannot write %s (%s): free some space or choose another place with --junit",
		  c->o->junit_path, errstr(err));
	return worse_status(status, STATUS_NOT_ARMED);
}

/* --junit with its FILE forgotten takes the first trace: do not overwrite it. */
static bool may_overwrite(const char *path)
{
	static const char xml[] = "<?xml";
	char begin[sizeof(xml)] = "";
	struct stat st;
	size_t len;
	FILE *f;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return true;
	f = fopen(path, "re");
	if (!f)
		return true; /* the reason is told where it is opened for writing */
	len = fread(begin, 1, strlen(xml), f);
	fclose(f);
	return !len || !strcmp(begin, xml);
}

/* Opened first: when something goes wrong, an old report is gone. */
static int open_junit(struct checking *c)
{
	int err;

	if (!c->o->junit_path)
		return 0;
	if (!may_overwrite(c->o->junit_path)) {
		say_error("%s is there and is no report: name another file after --junit",
			  c->o->junit_path);
		return -EEXIST;
	}
	c->junit = fopen(c->o->junit_path, "we");
	if (c->junit)
		return 0;
	err = -errno;
	say_error("cannot write %s (%s): choose another place with --junit", c->o->junit_path,
		  errstr(err));
	return err;
}

static int run_checks(const struct check_options *o)
{
	struct checking c = { .o = o };
	int status = STATUS_NOT_ARMED, i;

	if (open_junit(&c))
		return status;
	status = STATUS_MALFORMED;
	if (o->expect_path)
		c.expectation = expectation_load(o->expect_path);
	if (o->expect_path && !c.expectation) {
		report_no_expectation(&c);
		goto cleanup;
	}
	c.pairs = pairs_new(o->migration);
	c.lines = stack_lines_new(dwarf_finder_new(o->debug_info));
	if (!c.pairs || !c.lines || name_traces(&c)) {
		say_error("out of memory");
		goto cleanup;
	}
	status = check_traces(&c);
cleanup:
	status = close_junit(&c, status);
	pairs_free(c.pairs);
	stack_lines_free(c.lines);
	for (i = 0; c.names && i <= o->nr_traces; i++)
		free(c.names[i]);
	free(c.names);
	expectation_free(c.expectation);
	return status;
}

int command_check(int argc, char **argv)
{
	static const struct argp_child children[] = { { &model_argp, 0, NULL, 0 },
						      { NULL, 0, NULL, 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse_check,
		.children = children,
		.args_doc = "TRACE...",
		.doc = "Judge recorded traces, each by itself: by an expectation file, or by the "
		       "built-in rules, then the verdict is exactly the one that the live run "
		       "gave. TRACE - is standard input. What was saved and what was restored of "
		       "one VM "
		       "(by its name; unnamed VMs within one process) is shown side by side; with "
		       "--migration it is judged: the header, not the vmcs12. A look at the "
		       "registers "
		       "is a save. A trace given twice counts once there."
		       "\vExit status: 0 all passed; 1 a violation was seen; 5 inconclusive; 64 "
		       "usage; 6 a report could not be written; 65 a trace or the expectation file "
		       "cannot be read or is malformed.",
	};
	struct check_options o = { .model = { .fail_on = SEVERITY_ERROR } };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	say_set_level(o.verbose ? SAY_VERBOSE : SAY_NORMAL);
	return output_status(run_checks(&o));
}
