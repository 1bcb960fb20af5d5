/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "sources/source.h"
#include "trace/format.h"
#include "util/errstr.h"
#include "util/progress.h"
#include "util/say.h"

/* Of what record writes the longest, a restore with all that is kept of it, has some 400 KB. */
#define LINE_MAX_LEN (4 << 20)

/* Grows to the longest line; as much is read at once as there is room. */
#define FIRST_ROOM (256 << 10)

/* A file's lines, in place: one is there until the next is asked for. */
struct lines {
	int fd;
	char *buffer;
	size_t room;
	size_t start; /* of what has not been a line yet */
	size_t end;
	size_t summed; /* what is before it is in crc */
	unsigned long crc;
	uint64_t bytes; /* that were read */
	bool at_end; /* of the file */
};

struct file_source {
	const char *path;
	const char *name; /* for the user */
	bool found; /* not named */
	struct progress progress;
	struct lines lines;
	item_fn fn;
	line_fn line_fn; /* instead of it */
	void *ctx;
	struct decoded decoded;
	uint64_t line_no;
	uint64_t next_seq;
	uint64_t events;
	bool has_header;
	bool has_footer;
};

static int malformed(const struct file_source *s, const char *what)
{
	say_error("%s: line %" PRIu64 ": %s; the trace was damaged or is not one: record it again",
		  s->name, s->line_no, what);
	return -EBADMSG;
}

/* ---- lines ---- */

/* In large pieces, which is twice as fast as line by line. */
static unsigned long crc_until(struct lines *l, size_t offset)
{
	l->crc = crc32(l->crc, (const Bytef *)l->buffer + l->summed, (uInt)(offset - l->summed));
	l->summed = offset;
	return l->crc;
}

static int make_room(struct lines *l)
{
	size_t room = l->room ? 2 * l->room : FIRST_ROOM;
	char *buffer;

	if (l->room)
		crc_until(l, l->start);
	if (l->start) {
		l->end -= l->start;
		memmove(l->buffer, l->buffer + l->start, l->end);
		l->start = l->summed = 0;
	}
	if (l->end < l->room)
		return 0;
	buffer = realloc(l->buffer, room);
	if (!buffer)
		return -ENOMEM;
	l->buffer = buffer;
	l->room = room;
	return 0;
}

static int read_more(struct lines *l)
{
	int err = make_room(l);
	ssize_t n;

	if (err)
		return err;
	do
		n = read(l->fd, l->buffer + l->end, l->room - l->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->at_end = !n;
	l->end += (size_t)n;
	l->bytes += (size_t)n;
	return 0;
}

/*
 * Returns its length with its newline, which the last one may lack; 0: there is none; -EMSGSIZE: it
 * is longer than any of a trace, as is a file without newlines, read until there is no memory left.
 */
static ssize_t next_line(struct lines *l, const char **line)
{
	size_t looked_at = 0;
	const char *newline;
	int err;

	for (;;) {
		newline = NULL;
		if (l->start + looked_at < l->end)
			newline = memchr(l->buffer + l->start + looked_at, '\n',
					 l->end - l->start - looked_at);
		if (newline || l->at_end)
			break;
		looked_at = l->end - l->start;
		if (looked_at > LINE_MAX_LEN)
			return -EMSGSIZE;
		err = read_more(l);
		if (err)
			return err;
	}
	*line = l->buffer + l->start;
	l->start = newline ? (size_t)(newline + 1 - l->buffer) : l->end;
	return l->buffer + l->start - *line <= LINE_MAX_LEN ? l->buffer + l->start - *line
							    : -EMSGSIZE;
}

static void close_lines(struct lines *l)
{
	if (l->fd != STDIN_FILENO)
		close(l->fd);
	free(l->buffer);
}

/* ---- what is in them ---- */

/* The checksum at the end of the footer covers every byte before its digits. */
static bool crc_holds(struct file_source *s, const char *line, size_t len)
{
	unsigned long crc;

	const size_t tail = TRACE_CRC_DIGITS + 2; /* digits, quote, brace */
	char digits[TRACE_CRC_DIGITS + 1], wanted[TRACE_CRC_DIGITS + 1];
	size_t key = strlen(TRACE_CRC_KEY);

	if (len && line[len - 1] == '\n')
		len--;
	if (len < tail + key || strncmp(line + len - tail - key, TRACE_CRC_KEY, key) ||
	    line[len - 2] != '"' || line[len - 1] != '}')
		return false;
	crc = crc_until(&s->lines, (size_t)(line - s->lines.buffer));
	snprintf(digits, sizeof(digits), "%08lx",
		 crc32(crc, (const Bytef *)line, (uInt)(len - tail)));
	snprintf(wanted, sizeof(wanted), "%.8s", line + len - tail);
	return !strcmp(digits, wanted);
}

static int check_order(struct file_source *s, const struct trace_item *item)
{
	if (s->has_footer)
		return malformed(s, "something follows the footer");
	if (item->type == ITEM_HEADER) {
		if (s->has_header)
			return malformed(s, "a second header");
		s->has_header = true;
		if (item->header->continues.segment > 1)
			s->next_seq = item->header->continues.seq;
		return 0;
	}
	if (!s->has_header)
		return malformed(s, "the first line is not a header");
	if (item->type != ITEM_EVENT && item->type != ITEM_LOSS)
		return 0;
	if ((item->type == ITEM_EVENT ? item->event->seq : item->loss.seq) != s->next_seq)
		return malformed(s, "\"seq\" has a gap");
	s->next_seq++;
	s->events += item->type == ITEM_EVENT;
	return 0;
}

static int take_footer(struct file_source *s, const struct trace_item *item, const char *line,
		       size_t len)
{
	s->has_footer = true;
	if (!crc_holds(s, line, len))
		return malformed(s, "the checksum does not match what was recorded");
	if (item->footer->events != s->events)
		return malformed(s, "the footer counts other events than there are");
	return 0;
}

/* What a model concluded: not read back, but it has its place. */
static int take_derived(const struct file_source *s)
{
	if (s->has_footer)
		return malformed(s, "something follows the footer");
	return s->has_header ? 0 : malformed(s, "the first line is not a header");
}

static int pass_line(const struct file_source *s, const char *line, size_t len,
		     const struct trace_item *item)
{
	const struct trace_line whole = {
		.text = line,
		.len = len,
		.no = s->line_no,
		.item = item,
		.object = s->decoded.root,
	};

	return s->line_fn ? s->line_fn(s->ctx, &whole) : 0;
}

static int take_line(struct file_source *s, const char *line, size_t len)
{
	struct trace_item item;
	int type, err;

	type = decode_line(&s->decoded, line, len, &item);
	if (type < 0)
		return malformed(s, s->decoded.error);
	if (type == LINE_DERIVED)
		return take_derived(s) ?: pass_line(s, line, len, NULL);
	err = check_order(s, &item);
	if (!err && item.type == ITEM_FOOTER)
		err = take_footer(s, &item, line, len);
	if (err)
		return err;
	return s->fn ? s->fn(s->ctx, &item) : pass_line(s, line, len, &item);
}

/*
 * A last line without its newline was cut off while it was written, unless it
 * is the whole of a footer: that one can tell by its checksum.
 */
static bool is_cut(struct file_source *s, const char *line, size_t len)
{
	return line[len - 1] != '\n' && !crc_holds(s, line, len);
}

static int read_lines(struct file_source *s)
{
	const char *line = NULL;
	uint64_t told = 0;
	ssize_t len;
	int err = 0;

	while (!err && (len = next_line(&s->lines, &line)) > 0) {
		if (s->lines.bytes != told) {
			told = s->lines.bytes;
			progress_at(&s->progress, told, s->line_no);
		}
		s->line_no++;
		if (is_cut(s, line, (size_t)len)) {
			say_verbose("%s: line %" PRIu64 " is cut off", s->name, s->line_no);
			return 0;
		}
		err = take_line(s, line, (size_t)len);
	}
	if (err || !len)
		return err;
	if (len == -EMSGSIZE) {
		s->line_no++;
		return malformed(s, "it is longer than any line of a trace");
	}
	say_error("cannot read %s (%s)", s->name, errstr((int)len));
	return (int)len;
}

static uint64_t size_of(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static int run(struct file_source *s)
{
	bool is_stdin = !strcmp(s->path, "-");
	int err;

	s->name = is_stdin ? "standard input" : s->path;
	s->lines.fd = is_stdin ? STDIN_FILENO
			       : open(s->path, O_RDONLY | O_CLOEXEC | (s->found ? O_NONBLOCK : 0));
	if (s->lines.fd < 0) {
		err = -errno;
		say_error("cannot open %s (%s)", s->name, errstr(err));
		return err;
	}
	s->next_seq = 1;
	s->lines.crc = crc32(0, NULL, 0);
	progress_begin(&s->progress, s->name, size_of(s->lines.fd));
	err = read_lines(s);
	progress_end(&s->progress);
	if (!err && !s->has_header) {
		say_error("%s: there is no trace in it: it is empty or was cut in its first line",
			  s->name);
		err = -EBADMSG;
	}
	decoded_release(&s->decoded);
	close_lines(&s->lines);
	return err;
}

int file_source_run(const char *path, item_fn fn, void *ctx)
{
	struct file_source s = { .path = path, .fn = fn, .ctx = ctx };

	return run(&s);
}

int file_source_lines(const char *path, line_fn fn, void *ctx)
{
	struct file_source s = {
		.path = path, .line_fn = fn, .ctx = ctx, .decoded.wants_root = true
	};

	return run(&s);
}

int file_source_found(const char *path, line_fn fn, void *ctx)
{
	struct file_source s = {
		.path = path, .line_fn = fn, .ctx = ctx, .decoded.wants_root = true, .found = true
	};

	return run(&s);
}
