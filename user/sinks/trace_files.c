/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/run.h"
#include "sinks/trace_files.h"
#include "util/errstr.h"

#define NAME_PREFIX "evmcs-trace-"
#define NAME_SUFFIX ".jsonl"
#define SEGMENT_DIGITS 6
#define RETRY_NS 5000000000ULL

struct trace_files {
	struct sink sink;
	struct trace_files_options options;
	char *directory; /* options.directory */
	trace_files_trouble_fn tell;
	void *ctx;
	struct sink *file; /* the current one; NULL: none */
	char *path;
	bool has_events; /* in the current one */
	uint64_t room; /* that the current one has been given */
	bool moved; /* the current one is not where it is wanted */
	bool trouble; /* there is no current file, and there should be */
	bool told; /* of it, or of one that may come again */
	bool hopeless; /* the last one failed before its first event */
	bool undeleted; /* told that there are files that cannot be deleted */
	uint64_t now_ns; /* as it was last told */
	uint64_t retry_ns;
	struct trace_files_stats stats;
};

/* ---- telling ---- */

static void tell(const struct trace_files *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void tell(const struct trace_files *t, const char *fmt, ...)
{
	char what[PATH_MAX + 256];
	va_list ap;

	if (!t->tell)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	t->tell(t->ctx, what);
}

static void in_trouble(struct trace_files *t, const char *path, int err)
{
	t->stats.errors++;
	t->retry_ns = t->now_ns + RETRY_NS;
	t->trouble = true;
	if (t->told)
		return;
	t->told = true;
	tell(t,
	     "cannot write the trace file %s (%s): free some space or choose another directory; "
	     "restores are judged as before, but no trace shows them",
	     path, errstr(err));
}

static void out_of_trouble(struct trace_files *t)
{
	if (t->told)
		tell(t, "trace files are written again: %s", t->path);
	t->told = t->hopeless = false;
}

/* ---- what is in the directory ---- */

struct old_file {
	char name[NAME_MAX + 1];
	uint64_t bytes;
	struct timespec mtime;
};

struct old_files {
	struct old_file *file;
	size_t nr;
	size_t room;
	uint64_t bytes;
};

/* "evmcs-trace-RUN-NNNNNN.jsonl": whatever else there is is not ours. */
static bool is_own_name(const char *name)
{
	char run[TRACE_RUN_LEN];
	const char *number;
	size_t len, digits;

	if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
		return false;
	name += strlen(NAME_PREFIX);
	number = strrchr(name, '-');
	len = number ? (size_t)(number - name) : 0;
	if (!len || len >= sizeof(run))
		return false;
	snprintf(run, sizeof(run), "%.*s", (int)len, name);
	digits = strspn(number + 1, "0123456789");
	return run_is_valid(run) && digits >= SEGMENT_DIGITS &&
	       !strcmp(number + 1 + digits, NAME_SUFFIX);
}

static bool is_current(const struct trace_files *t, const char *name)
{
	const char *base = t->file ? strrchr(t->path, '/') : NULL;

	return base && !strcmp(base + 1, name);
}

static int add_old_file(struct old_files *old, const char *name, const struct stat *st)
{
	struct old_file *file;

	if (old->nr == old->room) {
		size_t room = old->room ? 2 * old->room : 64;

		file = realloc(old->file, room * sizeof(*file));
		if (!file)
			return -ENOMEM;
		old->file = file;
		old->room = room;
	}
	file = &old->file[old->nr++];
	snprintf(file->name, sizeof(file->name), "%s", name);
	file->bytes = (uint64_t)st->st_size;
	file->mtime = st->st_mtim;
	old->bytes += file->bytes;
	return 0;
}

static int find_old_files(const struct trace_files *t, DIR *dir, struct old_files *old)
{
	const struct dirent *entry;
	struct stat st;
	int err = 0;

	while (!err && (entry = readdir(dir))) {
		if (!is_own_name(entry->d_name) || is_current(t, entry->d_name))
			continue;
		if (!fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode))
			err = add_old_file(old, entry->d_name, &st);
	}
	return err;
}

static int compare_age(const void *a, const void *b)
{
	const struct old_file *x = a, *y = b;

	if (x->mtime.tv_sec != y->mtime.tv_sec)
		return x->mtime.tv_sec > y->mtime.tv_sec ? 1 : -1;
	if (x->mtime.tv_nsec != y->mtime.tv_nsec)
		return x->mtime.tv_nsec > y->mtime.tv_nsec ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* ---- retention ---- */

static bool is_too_much(const struct trace_files *t, uint64_t nr, uint64_t bytes)
{
	const struct trace_files_options *o = &t->options;

	return (o->max_files && nr + 1 > o->max_files) ||
	       (o->budget_bytes && bytes + t->room > o->budget_bytes);
}

static void cannot_delete(struct trace_files *t, const char *name, int err)
{
	t->stats.errors++;
	if (!t->undeleted)
		tell(t,
		     "cannot delete %s%s%s (%s): trace files take more room than they may; make %s "
		     "writable",
		     t->directory, *name ? "/" : "", name, errstr(err), t->directory);
	t->undeleted = true;
}

static void delete_oldest(struct trace_files *t, int dir, struct old_files *old)
{
	uint64_t nr = old->nr, bytes = old->bytes;
	size_t i;

	qsort(old->file, old->nr, sizeof(*old->file), compare_age);
	for (i = 0; i < old->nr && is_too_much(t, nr, bytes); i++) {
		if (unlinkat(dir, old->file[i].name, 0) && errno != ENOENT) {
			cannot_delete(t, old->file[i].name, -errno);
			continue;
		}
		nr--;
		bytes -= old->file[i].bytes;
	}
	if (!is_too_much(t, nr, bytes))
		t->undeleted = false;
}

/* The current file, which may not be there yet, is to fit with its room. */
static void make_room(struct trace_files *t)
{
	struct old_files old = {};
	DIR *dir = opendir(t->directory);
	int err = dir ? find_old_files(t, dir, &old) : -errno;

	if (err)
		cannot_delete(t, "", err);
	else if (old.nr)
		delete_oldest(t, dirfd(dir), &old);
	free(old.file);
	if (dir)
		closedir(dir);
}

/* It was not ended when it was full: what is old makes room for some more of it. */
static void grow(struct trace_files *t)
{
	uint64_t bytes = trace_sink_bytes(t->file);

	if (bytes <= t->room || t->moved)
		return;
	t->room = bytes + t->options.segment_bytes / 4;
	make_room(t);
}

/* ---- the current file ---- */

static void drop_file(struct trace_files *t)
{
	if (t->file)
		t->file->ops->free(t->file);
	t->file = NULL;
	free(t->path);
	t->path = NULL;
}

/* What was written until now stays, unless there is nothing to be seen in it. */
static void fail_file(struct trace_files *t, int err)
{
	in_trouble(t, t->path, err);
	t->hopeless = !t->has_events;
	if (t->hopeless && unlink(t->path))
		t->stats.errors++;
	drop_file(t);
}

static bool is_written(struct trace_files *t)
{
	int err = trace_sink_error(t->file);

	if (err)
		fail_file(t, err);
	else
		grow(t);
	return !err;
}

static int open_file(struct trace_files *t, const struct trace_header *header)
{
	int fd;

	if (asprintf(&t->path, "%s/" NAME_PREFIX "%s-%0*" PRIu64 NAME_SUFFIX, t->directory,
		     header->run, SEGMENT_DIGITS, header->continues.segment ?: 1) < 0) {
		t->path = NULL;
		return -ENOMEM;
	}
	fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	t->file = trace_sink_quiet_new(fd);
	if (t->file)
		return 0;
	close(fd);
	unlink(t->path);
	return -ENOMEM;
}

static void begin_file(struct trace_files *t, const struct trace_header *header)
{
	const struct trace_item item = { .type = ITEM_HEADER, .header = header };
	int err;

	t->moved = false;
	t->has_events = false;
	t->trouble = false;
	if (!t->directory)
		return;
	t->room = t->options.segment_bytes;
	make_room(t);
	err = open_file(t, header);
	if (err) {
		in_trouble(t, t->path ?: t->directory, err);
		drop_file(t);
		return;
	}
	t->file->ops->item(t->file, &item, header);
	if (!is_written(t))
		return;
	t->stats.segments++;
	/* on a disk that has room for no more than that it is no news */
	if (!t->hopeless)
		out_of_trouble(t);
}

/* ---- the sink ---- */

static int files_item(struct sink *sink, const struct trace_item *item,
		      const struct trace_header *header)
{
	struct trace_files *t = (struct trace_files *)sink;
	bool written = false;

	if (item->type == ITEM_HEADER) {
		begin_file(t, header);
		return 0;
	}
	if (t->file) {
		t->file->ops->item(t->file, item, header);
		written = is_written(t);
	}
	if (item->type == ITEM_EVENT && written) {
		t->has_events = true;
		out_of_trouble(t);
	} else if (item->type == ITEM_EVENT && t->trouble) {
		t->stats.unwritten++;
	}
	return 0;
}

static int files_cut(struct sink *sink, const struct trace_footer *footer,
		     const struct trace_header *header, const struct trace_header *next)
{
	const struct trace_item item = { .type = ITEM_FOOTER, .footer = footer };
	struct trace_files *t = (struct trace_files *)sink;

	files_item(sink, &item, header);
	drop_file(t);
	begin_file(t, next);
	return 0;
}

static void files_anomaly(struct sink *sink, const struct restore *restore,
			  const struct anomaly *anomaly, const struct trace_header *header)
{
	struct trace_files *t = (struct trace_files *)sink;

	if (!t->file)
		return;
	t->file->ops->anomaly(t->file, restore, anomaly, header);
	is_written(t);
}

static void files_restore(struct sink *sink, const struct restore *restore,
			  const struct trace_header *header)
{
	struct trace_files *t = (struct trace_files *)sink;

	if (!t->file)
		return;
	t->file->ops->restore(t->file, restore, header);
	is_written(t);
}

static void files_save(struct sink *sink, const struct save *save,
		       const struct trace_header *header)
{
	struct trace_files *t = (struct trace_files *)sink;

	if (!t->file)
		return;
	t->file->ops->save(t->file, save, header);
	is_written(t);
}

static void files_free(struct sink *sink)
{
	struct trace_files *t = (struct trace_files *)sink;

	drop_file(t);
	free(t->directory);
	free(t);
}

static const struct sink_ops files_ops = {
	.item = files_item,
	.cut = files_cut,
	.anomaly = files_anomaly,
	.restore = files_restore,
	.save = files_save,
	.free = files_free,
};

struct sink *trace_files_sink_new(const struct trace_files_options *options,
				  trace_files_trouble_fn trouble, void *ctx)
{
	struct trace_files *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink.ops = &files_ops;
	t->tell = trouble;
	t->ctx = ctx;
	if (!trace_files_configure(&t->sink, options)) {
		t->moved = false;
		return &t->sink;
	}
	free(t);
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

int trace_files_configure(struct sink *sink, const struct trace_files_options *options)
{
	struct trace_files *t = (struct trace_files *)sink;
	char *directory = options->directory ? strdup(options->directory) : NULL;

	if (options->directory && !directory)
		return -ENOMEM;
	if (!same_text(directory, t->directory))
		t->moved = true;
	free(t->directory);
	t->directory = directory;
	t->options = *options;
	t->options.directory = directory;
	if (t->file && !t->moved) {
		t->room = trace_sink_bytes(t->file);
		if (t->room < options->segment_bytes)
			t->room = options->segment_bytes;
		make_room(t);
	}
	return 0;
}

enum cut_wish trace_files_wants_cut(struct sink *sink, uint64_t now_ns)
{
	struct trace_files *t = (struct trace_files *)sink;
	uint64_t bytes = t->file ? trace_sink_bytes(t->file) : 0;

	t->now_ns = now_ns;
	if (t->moved)
		return CUT_WHEN_QUIET;
	if (t->trouble)
		return now_ns >= t->retry_ns ? CUT_WHEN_QUIET : CUT_NONE;
	if (!t->file || bytes < t->options.segment_bytes)
		return CUT_NONE;
	return bytes / 2 < t->options.segment_bytes ? CUT_WHEN_QUIET : CUT_NOW;
}

void trace_files_stats(const struct sink *sink, struct trace_files_stats *stats)
{
	const struct trace_files *t = (const struct trace_files *)sink;

	*stats = t->stats;
	stats->bytes = t->file ? trace_sink_bytes(t->file) : 0;
	stats->path = t->file ? t->path : NULL;
	stats->trouble = t->trouble;
}
