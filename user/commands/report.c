/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "pipeline.h"
#include "sinks/perfetto.h"
#include "sinks/report/report.h"
#include "sources/source.h"
#include "symbols/dwarf_finder.h"
#include "util/errstr.h"
#include "util/new_file.h"
#include "util/progress.h"
#include "util/say.h"

struct report_arguments {
	struct model_options model;
	const char *trace;
	const char *output; /* NULL: standard output, where no timeline is asked for */
	const char *perfetto; /* NULL: no timeline */
	const char *title;
	const char *debug_info;
};

enum { OPT_TITLE = 0x100, OPT_PERFETTO, OPT_DEBUG_INFO };

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "the page (default: standard output)", 0 },
	{ "perfetto", OPT_PERFETTO, "FILE", 0,
	  "a timeline for ui.perfetto.dev; the page only with -o", 0 },
	{ "debug-info", OPT_DEBUG_INFO, "FILE|DIR", 0,
	  "of the traced kernel and modules, for lines of stacks, if not installed", 0 },
	{ "title", OPT_TITLE, "TEXT", 0, "what the page is called (default: the trace's name)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_report(int key, char *arg, struct argp_state *state)
{
	struct report_arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->model;
		return 0;
	case 'o':
		a->output = strcmp(arg, "-") ? arg : NULL;
		return 0;
	case OPT_PERFETTO:
		a->perfetto = arg;
		return 0;
	case OPT_DEBUG_INFO:
		a->debug_info = option_readable(state, "--debug-info", arg);
		return 0;
	case OPT_TITLE:
		a->title = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (a->trace)
			argp_error(state, "'%s' is one too many: a page is of one trace", arg);
		a->trace = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a trace is wanted");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- what is written ---- */

/* The page or the timeline. */
struct output {
	FILE *f; /* NULL: not asked for */
	const char *path; /* NULL: standard output */
	struct new_file file; /* what is whole or is not there, */
	bool in_place; /* or what is no regular file */
};

/* Neither a device nor what a link points to is to be replaced by a file. */
static bool is_replaceable(const char *path)
{
	struct stat st;

	return lstat(path, &st) || S_ISREG(st.st_mode);
}

/* It tells addresses, as the trace does: its mode is 0600. */
static int open_output(struct output *o, const char *path)
{
	int err = 0;

	*o = (struct output){ .path = path };
	if (!path) {
		o->f = stdout;
	} else if (is_replaceable(path)) {
		err = new_file_open(&o->file, path, 0600);
		o->f = o->file.f;
	} else {
		o->f = fopen(path, "we");
		o->in_place = true;
		err = o->f ? 0 : -errno;
	}
	if (err)
		say_error("cannot write to %s (%s): choose another place", path, errstr(err));
	return err;
}

/* keep: it is whole. Where it is not, that was told. */
static int close_output(struct output *o, bool keep)
{
	int err = 0;

	if (!o->f || !o->path)
		return 0;
	if (!o->in_place)
		err = new_file_close(&o->file, keep);
	else if (fclose(o->f) && keep)
		err = -errno;
	if (err)
		say_error("cannot write %s (%s): see that there is room, or choose another place",
			  o->path, errstr(err));
	return err;
}

/* ---- what is read, twice ---- */

static uint64_t lines_in(const char *text, size_t len)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Standard input can be read once: a file without a name takes its place. */
static int spool(void)
{
	uint64_t bytes = 0, lines = 0;
	FILE *f = tmpfile();
	struct progress progress;
	char block[1 << 16];
	size_t n;

	progress_begin(&progress, "standard input", 0);
	while (f && (n = fread(block, 1, sizeof(block), stdin)) > 0) {
		if (fwrite(block, 1, n, f) != n)
			break;
		bytes += n;
		lines += lines_in(block, n);
		progress_at(&progress, bytes, lines);
	}
	progress_end(&progress);
	if (!f || ferror(stdin) || ferror(f) || fflush(f) || lseek(fileno(f), 0, SEEK_SET) ||
	    dup2(fileno(f), STDIN_FILENO) < 0) {
		say_error("cannot keep what comes from standard input (%s): give the trace as a "
			  "file",
			  errstr(errno));
		return -EIO;
	}
	fclose(f);
	return 0;
}

/* Why, was told. */
static int unreadable(int err)
{
	return err && err != -ENOMEM ? -EBADMSG : err;
}

/* report: NULL where no page is asked for. -EBADMSG, too, where it cannot be read. */
static int read_trace(struct pipeline *p, struct sink *report, const char *path, int *status)
{
	int err = file_source_run(path, pipeline_item, p);

	if (err)
		return unreadable(err);
	*status = verdict_status(pipeline_finish(p));
	if (!report || !report_wants_lines(report))
		return 0;
	if (!strcmp(path, "-"))
		lseek(STDIN_FILENO, 0, SEEK_SET); /* spool() made a file of it */
	err = file_source_lines(path, report_line, report);
	return err == -ECANCELED ? 0 : unreadable(err);
}

static int status_of(int err)
{
	if (err == -EBADMSG)
		return STATUS_MALFORMED;
	if (err == -ENOMEM)
		say_error("out of memory");
	return STATUS_NOT_ARMED;
}

struct outputs {
	struct output page, perfetto;
};

static int open_outputs(struct outputs *out, const struct report_arguments *a)
{
	int err = 0;

	*out = (struct outputs){};
	if (a->output || !a->perfetto)
		err = open_output(&out->page, a->output);
	if (!err && a->perfetto)
		err = open_output(&out->perfetto, a->perfetto);
	return err;
}

static int close_outputs(struct outputs *out, bool keep)
{
	int err = close_output(&out->page, keep);

	return close_output(&out->perfetto, keep) ?: err;
}

/* Sinks of what is asked for, of which the pipeline frees them. */
static int add_sinks(struct pipeline *p, const struct report_arguments *a,
		     const struct outputs *out, struct stack_lines *lines, struct sink **page,
		     struct sink **perfetto)
{
	struct report_options options = {
		.out = out->page.f,
		.trace = strcmp(a->trace, "-") ? a->trace : "standard input",
		.file = strcmp(a->trace, "-") ? a->trace : NULL,
		.title = a->title,
		.lines = lines,
	};
	int err = 0;

	*page = *perfetto = NULL;
	if (out->page.f) {
		*page = report_sink_new(&options);
		err = pipeline_add(p, *page);
	}
	if (!err && out->perfetto.f) {
		*perfetto = perfetto_sink_new(out->perfetto.f);
		err = pipeline_add(p, *perfetto);
	}
	return err;
}

/* Of standard output output_status() tells. */
static int write_page(struct sink *page, const char *path)
{
	int err = report_write(page);

	/* who reads it had enough */
	if (err && !path && output_reader_went())
		return 0;
	if (err && err != -ENOMEM && path)
		say_error("cannot write %s (%s): see that there is room, or choose another place",
			  path, errstr(err));
	return err;
}

static int write_report(const struct report_arguments *a, const struct outputs *out)
{
	struct stack_lines *lines;
	struct pipeline p;
	struct sink *page, *perfetto;
	int status = STATUS_NOT_ARMED, err;

	err = pipeline_init(&p, &a->model);
	if (err)
		return status_of(err);
	lines = stack_lines_new(dwarf_finder_new(a->debug_info));
	err = add_sinks(&p, a, out, lines, &page, &perfetto)
		      ?: read_trace(&p, page, a->trace, &status);
	if (!err && a->debug_info)
		say_lines_unknown(a->trace, &p.header);
	/* which ends the reading, too */
	if (perfetto && perfetto_sink_error(perfetto))
		err = perfetto_sink_error(perfetto);
	if (!err && page)
		err = write_page(page, out->page.path);
	pipeline_free(&p);
	stack_lines_free(lines);
	return err ? status_of(err) : status;
}

int command_report(int argc, char **argv)
{
	static const struct argp_child children[] = { { &model_argp, 0, NULL, 0 },
						      { NULL, 0, NULL, 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse_report,
		.children = children,
		.args_doc = "TRACE",
		.doc = "Write one page of HTML that shows what a trace tells: the verdict, the "
		       "restores as timelines, what was found and the lines that prove it; or a "
		       "timeline for Perfetto.\vExit status: that of check by the built-in rules "
		       "(an "
		       "expectation is for check alone); 6 where it could not be written.",
	};
	struct report_arguments a = { .model.fail_on = SEVERITY_ERROR };
	struct outputs out;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (!a.output && !a.perfetto && isatty(STDOUT_FILENO)) {
		say_error("a page is nothing for a terminal: name a file with -o FILE");
		return STATUS_USAGE;
	}
	if (!strcmp(a.trace, "-") && spool())
		return STATUS_NOT_ARMED;
	if (open_outputs(&out, &a)) {
		close_outputs(&out, false);
		return STATUS_NOT_ARMED;
	}
	status = write_report(&a, &out);
	if (close_outputs(&out, status != STATUS_MALFORMED && status != STATUS_NOT_ARMED))
		return STATUS_NOT_ARMED;
	return output_status(status);
}
