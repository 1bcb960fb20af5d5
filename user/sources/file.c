/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sources/source.h"
#include "trace/format.h"
#include "util/errstr.h"
#include "util/say.h"

/* Of what record writes the longest, a restore with all that is kept of it, has some 400 KB. */
#define LINE_MAX_LEN (4 << 20)

struct file_source {
	const char *path;
	FILE *f;
	item_fn fn;
	line_fn line_fn; /* instead of it */
	void *ctx;
	struct decoded decoded;
	uint64_t line_no;
	uint64_t next_seq;
	uint64_t events;
	unsigned long crc; /* of the lines before the current one */
	bool has_header;
	bool has_footer;
};

static int malformed(const struct file_source *s, const char *what)
{
	say_error("%s: line %" PRIu64 ": %s; the trace was damaged or is not one: record it again",
		  s->path, s->line_no, what);
	return -EBADMSG;
}

/* The checksum at the end of the footer covers every byte before its digits. */
static bool crc_holds(const struct file_source *s, const char *line, size_t len)
{
	const size_t tail = TRACE_CRC_DIGITS + 2; /* digits, quote, brace */
	char digits[TRACE_CRC_DIGITS + 1], wanted[TRACE_CRC_DIGITS + 1];
	size_t key = strlen(TRACE_CRC_KEY);

	if (len && line[len - 1] == '\n')
		len--;
	if (len < tail + key || strncmp(line + len - tail - key, TRACE_CRC_KEY, key) ||
	    line[len - 2] != '"' || line[len - 1] != '}')
		return false;
	snprintf(digits, sizeof(digits), "%08lx",
		 crc32(s->crc, (const Bytef *)line, (uInt)(len - tail)));
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
static bool is_cut(const struct file_source *s, const char *line, size_t len)
{
	return line[len - 1] != '\n' && !crc_holds(s, line, len);
}

struct line {
	char *text;
	size_t len;
	size_t room;
};

static bool make_room(struct line *line)
{
	size_t room = line->room ? 2 * line->room : 4096;
	char *text;

	if (line->len < line->room)
		return true;
	text = realloc(line->text, room);
	if (!text)
		return false;
	line->text = text;
	line->room = room;
	return true;
}

/*
 * Not getline(): a file without newlines would be read until there is no memory left. Returns 0,
 * with an empty line at the end of the file, or -errno.
 */
static int read_line(struct file_source *s, struct line *line)
{
	int c;

	line->len = 0;
	while ((c = getc_unlocked(s->f)) != EOF) {
		if (line->len == LINE_MAX_LEN)
			return malformed(s, "it is longer than any line of a trace");
		if (!make_room(line))
			return -ENOMEM;
		line->text[line->len++] = (char)c;
		if (c == '\n')
			break;
	}
	if (!ferror(s->f))
		return 0;
	c = -errno;
	say_error("cannot read %s (%s)", s->path, errstr(c));
	return c;
}

/* 1 where there is one more, 0 where there is none, or what is left of it; -errno. */
static int next_line(struct file_source *s, struct line *line)
{
	int err;

	s->line_no++;
	err = read_line(s, line);
	if (err || !line->len)
		return err;
	if (!is_cut(s, line->text, line->len))
		return 1;
	say_verbose("%s: line %" PRIu64 " is cut off", s->path, s->line_no);
	return 0;
}

static int read_lines(struct file_source *s)
{
	struct line line = {};
	int n, err = 0;

	while (!err && (n = next_line(s, &line)) > 0) {
		err = take_line(s, line.text, line.len);
		s->crc = crc32(s->crc, (const Bytef *)line.text, (uInt)line.len);
	}
	free(line.text);
	return err ?: n;
}

static int run(struct file_source *s)
{
	int err;

	s->f = strcmp(s->path, "-") ? fopen(s->path, "re") : stdin;
	if (!s->f) {
		err = -errno;
		say_error("cannot open %s (%s)", s->path, errstr(err));
		return err;
	}
	s->next_seq = 1;
	s->crc = crc32(0, NULL, 0);
	err = read_lines(s);
	if (!err && !s->has_header) {
		say_error("%s: there is no trace in it: it is empty or was cut in its first line",
			  s->path);
		err = -EBADMSG;
	}
	decoded_release(&s->decoded);
	if (s->f != stdin)
		fclose(s->f);
	return err;
}

int file_source_run(const char *path, item_fn fn, void *ctx)
{
	struct file_source s = { .path = path, .fn = fn, .ctx = ctx };

	return run(&s);
}

int file_source_lines(const char *path, line_fn fn, void *ctx)
{
	struct file_source s = { .path = path, .line_fn = fn, .ctx = ctx };

	return run(&s);
}
