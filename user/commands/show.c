/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The evidence: all lines of one restore, as they are in the files. Each file is
 * read twice: where a restore begins is known before its events come, whose they
 * are and where they end only from lines behind them, perhaps in a later file.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "model/run.h"
#include "sources/source.h"
#include "trace/format.h"
#include "util/errstr.h"
#include "util/say.h"
#include "util/terminal.h"

/* Of those in a directory. */
#define TRACE_NAMES "evmcs-trace-*.jsonl"

/* What is known of the restore. */
struct sought {
	bool has_set; /* the event with which it begins */
	bool has_end; /* it cannot go on beyond last */
	bool has_restore; /* the line with its verdict */
	bool has_anomaly;
	uint32_t vm;
	int32_t vcpu;
	uint32_t tid;
	uint64_t first; /* seq of its events */
	uint64_t last;
};

struct shown_file {
	char *path;
	bool found; /* in a directory */
	bool of_run;
};

struct show {
	const char *id;
	char run[TRACE_RUN_LEN];
	uint64_t restore;
	struct sought sought;
	struct shown_file *files;
	size_t nr;
	size_t room;
	bool malformed; /* one of them, or it cannot be read */
	bool has_folder;
	/* of the file that is being read */
	struct shown_file *file;
	uint64_t next_restore;
	char *header; /* until there is something to be shown below it, */
	char *vm; /* and likewise */
	uint64_t first_line;
	uint64_t last_line;
};

/* ---- the files ---- */

static int add_file(struct show *s, char *path, bool found)
{
	struct shown_file *files = s->files;

	if (!path)
		return -ENOMEM;
	if (s->nr == s->room) {
		s->room = s->room ? 2 * s->room : 16;
		files = realloc(files, s->room * sizeof(*files));
		if (!files) {
			free(path);
			return -ENOMEM;
		}
		s->files = files;
	}
	files[s->nr++] = (struct shown_file){ .path = path, .found = found };
	return 0;
}

static int is_trace(const struct dirent *entry)
{
	return !fnmatch(TRACE_NAMES, entry->d_name, 0);
}

/* Reading from a FIFO would wait for who writes into it. One that is gone is told by its opening. */
static bool is_no_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return false;
	say_verbose("%s is left out: it is not a file", path);
	return true;
}

static int add_found(struct show *s, char *path)
{
	if (!path || !is_no_file(path))
		return add_file(s, path, true);
	free(path);
	return 0;
}

/* By their names: those of one run are in order. */
static int add_directory(struct show *s, const char *path)
{
	struct dirent **entries = NULL;
	int nr = scandir(path, &entries, is_trace, alphasort), err = 0, i;
	char *name;

	if (nr < 0) {
		say_error("cannot read %s (%s)", path, errstr(errno));
		s->malformed = true;
		return 0;
	}
	for (i = 0; i < nr; i++) {
		if (!err && asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
			name = NULL;
		err = err ?: add_found(s, name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int add_path(struct show *s, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		s->has_folder = true;
		return add_directory(s, path);
	}
	return add_file(s, strdup(path), false);
}

static int read_file(struct show *s, line_fn fn)
{
	return s->file->found ? file_source_found(s->file->path, fn, s)
			      : file_source_lines(s->file->path, fn, s);
}

/* ---- looking for it ---- */

static uint64_t count_of(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static bool is_of_type(const json_t *o, const char *type)
{
	return !strcmp(json_string_value(json_object_get(o, "type")), type);
}

/* A line that a model concluded of this restore; before 1.4 they had no id. */
static bool is_about(const struct show *s, const json_t *o)
{
	return (is_of_type(o, "restore") || is_of_type(o, "anomaly")) &&
	       count_of(o, "restore") == s->restore;
}

static void look_at_conclusion(struct sought *f, const json_t *o)
{
	const json_t *events = json_object_get(o, "events");
	uint64_t seq = count_of(o, "seq");

	f->vm = (uint32_t)count_of(o, "vm");
	f->vcpu = (int32_t)json_integer_value(json_object_get(o, "vcpu"));
	f->tid = (uint32_t)count_of(o, "tid");
	if (is_of_type(o, "restore")) {
		f->has_restore = f->has_end = true;
		f->first = (uint64_t)json_integer_value(json_array_get(events, 0));
		seq = (uint64_t)json_integer_value(json_array_get(events, 1));
		/* what proves an anomaly may be behind its window */
		f->last = f->has_anomaly && f->last > seq ? f->last : seq;
		return;
	}
	if (!f->has_set && !f->has_restore && (!f->has_anomaly || seq < f->first))
		f->first = seq;
	if (!f->has_anomaly || seq > f->last)
		f->last = seq;
	f->has_anomaly = true;
}

static bool is_set(const struct event *ev)
{
	return ev->point == PT_SET_STATE && ev->phase == PHASE_ENTER && ev->vcpu != VCPU_NONE;
}

/* A restore is what a SET begins: they are numbered in the order of the stream. */
static void look_at_event(struct show *s, const struct event *ev)
{
	struct sought *f = &s->sought;
	uint64_t seq = 0;

	if (is_set(ev) && s->next_restore++ == s->restore) {
		f->has_set = true;
		f->first = ev->seq;
		f->vm = ev->vm;
		f->vcpu = ev->vcpu;
		f->tid = ev->tid;
		seq = ev->seq;
	} else if (f->has_set && !f->has_end && ev->vm == f->vm && ev->vcpu == f->vcpu) {
		f->has_end = is_set(ev);
		seq = is_set(ev) ? ev->seq - 1 : ev->seq;
	}
	if (seq > f->last)
		f->last = seq;
}

static int look_at_header(struct show *s, const struct trace_header *header)
{
	s->file->of_run = !strcmp(header->run, s->run);
	s->next_restore = header->continues.restore ?: 1;
	return s->file->of_run ? 0 : -ECANCELED;
}

static int look_at_line(void *ctx, const struct trace_line *line)
{
	struct show *s = ctx;

	if (!line->item) {
		if (is_about(s, line->object))
			look_at_conclusion(&s->sought, line->object);
		return 0;
	}
	if (line->item->type == ITEM_HEADER)
		return look_at_header(s, line->item->header);
	if (line->item->type == ITEM_EVENT)
		look_at_event(s, line->item->event);
	return 0;
}

/* What a damaged file says is not evidence. */
static int look_for(struct show *s)
{
	struct sought before;
	size_t i;
	int err;

	for (i = 0; i < s->nr; i++) {
		before = s->sought;
		s->file = &s->files[i];
		err = read_file(s, look_at_line);
		if (err == -ENOMEM)
			return err;
		if (err && err != -ECANCELED) {
			s->malformed = true;
			s->sought = before;
			s->file->of_run = false;
		}
	}
	return 0;
}

/* ---- showing it ---- */

static bool is_plain(const struct trace_line *line)
{
	size_t i;

	for (i = 0; i < line->len; i++)
		if ((unsigned char)line->text[i] >= 0x7f)
			return false;
	return true;
}

/*
 * As it is in the file: what record and serve write is plain ASCII. A line that somebody else
 * wrote may hold what a terminal obeys, and is shown with that escaped.
 */
static char *copy_line(const struct trace_line *line)
{
	char *text = is_plain(line) ? strndup(line->text, line->len)
				    : dump_plain(line->object, JSON_COMPACT);

	if (text)
		text[strcspn(text, "\n")] = '\0'; /* the last one of a growing file has none */
	return text;
}

static int hold(char **held, const struct trace_line *line)
{
	free(*held);
	*held = copy_line(line);
	return *held ? 0 : -ENOMEM;
}

static void let_go(char **held)
{
	terminal_clear_status();
	if (*held)
		puts(*held);
	free(*held);
	*held = NULL;
}

static int show_line(struct show *s, const struct trace_line *line)
{
	char *text = copy_line(line);

	if (!text)
		return -ENOMEM;
	let_go(&s->header);
	let_go(&s->vm);
	puts(text);
	free(text);
	s->first_line = s->first_line ?: line->no;
	s->last_line = line->no;
	return 0;
}

static bool is_in_range(const struct sought *f, uint64_t seq)
{
	return seq >= f->first && seq <= f->last;
}

static bool is_own_event(const struct sought *f, const struct event *ev)
{
	return is_in_range(f, ev->seq) && event_concerns(ev, f->vm, f->vcpu, f->tid);
}

static int pick_line(void *ctx, const struct trace_line *line)
{
	const struct trace_item *item = line->item;
	struct show *s = ctx;

	if (!item)
		return is_about(s, line->object) ? show_line(s, line) : 0;
	switch (item->type) {
	case ITEM_HEADER:
		return hold(&s->header, line);
	case ITEM_VM:
		return item->vm.vm == s->sought.vm ? hold(&s->vm, line) : 0;
	case ITEM_EVENT:
		return is_own_event(&s->sought, item->event) ? show_line(s, line) : 0;
	case ITEM_LOSS:
		return is_in_range(&s->sought, item->loss.seq) ? show_line(s, line) : 0;
	default:
		return 0;
	}
}

static int show_file(struct show *s)
{
	int err;

	s->first_line = 0;
	err = read_file(s, pick_line);
	if (err == -EBADMSG)
		s->malformed = true;
	free(s->header);
	free(s->vm);
	s->header = s->vm = NULL;
	/* one after the other, also where both go to one file */
	fflush(stdout);
	if (s->first_line)
		say("%s is in %s:%" PRIu64 "-%" PRIu64, s->id, s->file->path, s->first_line,
		    s->last_line);
	return err == -ENOMEM ? err : 0;
}

static int show_files(struct show *s)
{
	size_t i;
	int err = 0;

	for (i = 0; i < s->nr && !err; i++) {
		s->file = &s->files[i];
		if (s->file->of_run)
			err = show_file(s);
	}
	fflush(stdout);
	if (!s->sought.has_set)
		say("its KVM_SET_NESTED_STATE is in none of these files");
	if (!s->sought.has_restore)
		say("its verdict is in none of these files: it goes on, or its file was cut");
	return err;
}

static int show(struct show *s)
{
	int err = look_for(s);

	if (!err && (s->sought.has_set || s->sought.has_restore || s->sought.has_anomaly)) {
		err = show_files(s);
	} else if (!err) {
		say_error(
			"%s is in none of these files (%zu%s): it may be in one that was deleted, "
			"or of another host",
			s->id, s->nr,
			s->has_folder ? "; of a directory only " TRACE_NAMES
					", give others by their names"
				      : "");
		return s->malformed ? STATUS_MALFORMED : STATUS_INCONCLUSIVE;
	}
	if (err) {
		say_error("out of memory");
		return STATUS_NOT_ARMED;
	}
	return output_status(s->malformed ? STATUS_MALFORMED : STATUS_PASS);
}

/* ---- the command ---- */

struct show_arguments {
	char **args;
	int nr;
};

static error_t parse_show(int key, char *arg, struct argp_state *state)
{
	struct show_arguments *a = state->input;

	(void)arg;
	if (key != ARGP_KEY_ARGS)
		return ARGP_ERR_UNKNOWN;
	a->args = &state->argv[state->next];
	a->nr = state->argc - state->next;
	return 0;
}

static int add_paths(struct show *s, const struct show_arguments *a)
{
	int i, err = 0;

	for (i = 1; i < a->nr && !err; i++) {
		if (!strcmp(a->args[i], "-")) {
			say_error("show reads a trace twice: give it a file, not standard input");
			return -EINVAL;
		}
		err = add_path(s, a->args[i]);
	}
	return err;
}

int command_show(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_show,
		.args_doc = "RESTORE_ID TRACE...|DIRECTORY",
		.doc = "Print the lines of one restore, as they are in the traces: header, VM, "
		       "events, losses, anomalies, verdict.\vRESTORE_ID is \"restore_id\" of a "
		       "trace. In a DIRECTORY it is looked for in all files " TRACE_NAMES ".\n\n"
		       "Exit status: 0 it was found; 5 it was not; 65 a trace cannot be read.",
	};
	struct show_arguments a = {};
	struct show s = {};
	int status = STATUS_USAGE, err;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.nr < 2 || !restore_id_parse(a.args[0], s.run, &s.restore)) {
		say_error("show wants the id of a restore (such as 1f2e3d4c-5a6b7c8d-17, the "
			  "\"restore_id\" of a trace) and traces or a directory of them");
		return STATUS_USAGE;
	}
	s.id = a.args[0];
	err = add_paths(&s, &a);
	if (!err)
		status = show(&s);
	else if (err == -ENOMEM)
		status = STATUS_NOT_ARMED;
	for (i = 0; i < s.nr; i++)
		free(s.files[i].path);
	free(s.files);
	return status;
}
