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
#include "util/say.h"

struct report_arguments {
	struct model_options model;
	const char *trace;
	const char *output; /* NULL: standard output, where no timeline is asked for */
	const char *perfetto; /* NULL: no timeline */
	const char *title;
	const char *debug_info;
};

/* A file that is whole or is not there: what was there before stays until then. */
struct new_file {
	const char *path; /* NULL: standard output */
	char *temporary;
	bool in_place; /* of what is no regular file */
	FILE *f;
};

enum { OPT_TITLE = 0x100, OPT_PERFETTO, OPT_DEBUG_INFO };

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "the page (default: standard output)", 0 },
	{ "perfetto", OPT_PERFETTO, "FILE", 0,
	  "a timeline for ui.perfetto.dev; the page only with -o", 0 },
	{ "debug-info", OPT_DEBUG_INFO, "FILE|DIR", 0,
	  "of the traced kernel and modules, for lines of stacks, if it is not installed", 0 },
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
			argp_error(state, "report is of one trace: '%s' is one too many", arg);
		a->trace = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "report wants a trace");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- what is written ---- */

static int new_file_open(struct new_file *n, const char *path)
{
	struct stat st;
	int fd, err;

	*n = (struct new_file){ .path = path };
	if (!path) {
		n->f = stdout;
		return 0;
	}
	/* neither a device nor what a link points to is to be replaced by a file */
	if (!lstat(path, &st) && !S_ISREG(st.st_mode)) {
		n->f = fopen(path, "we");
		n->in_place = true;
		if (n->f)
			return 0;
		goto fail;
	}
	if (asprintf(&n->temporary, "%s.XXXXXX", path) < 0) {
		n->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkstemp(n->temporary);
	n->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (n->f)
		return 0;
fail:
	err = -errno;
	say_error("cannot write to %s (%s): choose another place", path, errstr(err));
	return err;
}

/* keep: it is whole. A page tells addresses, as the trace does: its mode stays 0600. */
static int new_file_close(struct new_file *n, bool keep)
{
	int err = 0;

	if (!n->temporary && !n->in_place)
		return 0;
	if (n->f && fclose(n->f))
		err = -errno;
	if (!err && keep && n->temporary && rename(n->temporary, n->path) < 0)
		err = -errno;
	if (err)
		say_error("cannot write %s (%s): see that there is room, or choose another place",
			  n->path, errstr(err));
	if (n->temporary && (err || !keep))
		unlink(n->temporary);
	free(n->temporary);
	return err;
}

/* ---- what is read, twice ---- */

/* Standard input can be read once: it goes to a file without a name. */
static int spool(char path[32])
{
	FILE *f = tmpfile();
	char block[1 << 16];
	size_t n;

	while (f && (n = fread(block, 1, sizeof(block), stdin)) > 0)
		if (fwrite(block, 1, n, f) != n)
			break;
	if (!f || ferror(stdin) || ferror(f) || fflush(f)) {
		say_error("cannot keep what comes from standard input (%s): give the trace as a "
			  "file",
			  errstr(errno));
		return -EIO;
	}
	/* stays open as long as the program */
	snprintf(path, 32, "/proc/self/fd/%d", fileno(f));
	return 0;
}

/* report: NULL where no page is asked for */
static int read_trace(struct pipeline *p, struct sink *report, const char *path, int *status)
{
	int err = file_source_run(path, pipeline_item, p);

	if (err)
		return err;
	*status = verdict_status(pipeline_finish(p));
	if (!report || !report_wants_lines(report))
		return 0;
	err = file_source_lines(path, report_line, report);
	return err == -ECANCELED ? 0 : err;
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
	struct new_file page; /* f is NULL where none is asked for, */
	struct new_file perfetto; /* likewise */
};

static int open_outputs(struct outputs *out, const struct report_arguments *a)
{
	int err = 0;

	*out = (struct outputs){};
	if (a->output || !a->perfetto)
		err = new_file_open(&out->page, a->output);
	if (!err && a->perfetto)
		err = new_file_open(&out->perfetto, a->perfetto);
	return err;
}

static int close_outputs(struct outputs *out, bool keep)
{
	int err = new_file_close(&out->page, keep);

	return new_file_close(&out->perfetto, keep) ?: err;
}

/* Sinks of what is asked for, of which the pipeline frees them. */
static int add_sinks(struct pipeline *p, const struct report_arguments *a,
		     const struct outputs *out, struct stack_lines *lines, struct sink **page,
		     struct sink **perfetto)
{
	struct report_options options = {
		.out = out->page.f,
		.trace = strcmp(a->trace, "-") ? a->trace : "standard input",
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

static int write_report(const struct report_arguments *a, const char *path,
			const struct outputs *out)
{
	struct stack_lines *lines;
	struct pipeline p;
	struct sink *page, *perfetto;
	int status, err;

	err = pipeline_init(&p, &a->model);
	if (err)
		return status_of(err);
	lines = stack_lines_new(dwarf_finder_new(a->debug_info));
	err = add_sinks(&p, a, out, lines, &page, &perfetto) ?: read_trace(&p, page, path, &status);
	if (!err && perfetto)
		err = perfetto_sink_error(perfetto);
	if (!err && page)
		err = report_write(page);
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
		       "timeline for Perfetto.",
	};
	struct report_arguments a = { .model.fail_on = SEVERITY_ERROR };
	char spooled[32];
	struct outputs out;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (!a.output && !a.perfetto && isatty(STDOUT_FILENO)) {
		say_error("a page is nothing for a terminal: name a file with -o FILE");
		return STATUS_USAGE;
	}
	if (!strcmp(a.trace, "-") && spool(spooled))
		return STATUS_NOT_ARMED;
	if (open_outputs(&out, &a)) {
		close_outputs(&out, false);
		return STATUS_NOT_ARMED;
	}
	status = write_report(&a, strcmp(a.trace, "-") ? a.trace : spooled, &out);
	if (close_outputs(&out, status != STATUS_MALFORMED && status != STATUS_NOT_ARMED))
		return STATUS_NOT_ARMED;
	return output_status(status);
}
