/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "sinks/sink.h"
#include "trace/format.h"
#include "util/errstr.h"
#include "util/say.h"

struct trace_sink {
	struct sink sink;
	int fd;
	const char *name; /* NULL: failures are asked for, not said */
	off_t written; /* whole lines */
	unsigned long crc;
	bool sealed; /* the footer is written: it is the last line */
	int err; /* the first failure: nothing is written after it */
	struct text line; /* the one that is being written */
};

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static void give_up(struct trace_sink *t, int err)
{
	t->err = err;
	/* a pipe cannot be cut, and need not be */
	if (ftruncate(t->fd, t->written))
		errno = 0;
	if (!t->name)
		return;
	say_error("cannot write %s (%s): free some space or choose another place with -o; what was "
		  "recorded until now stays readable, its verdict is inconclusive",
		  t->name, errstr(err));
}

/*
 * The footer ends with a checksum of every byte before it, so that a damaged
 * trace cannot be judged: ...,"crc32":"89abcdef"}
 */
static void seal(struct trace_sink *t)
{
	char digits[TRACE_CRC_DIGITS + 1];
	unsigned long crc;

	if (t->line.failed)
		return;
	t->line.len--; /* without the closing brace */
	PUT(&t->line, "," TRACE_CRC_KEY);
	crc = crc32(t->crc, (const Bytef *)t->line.bytes, (uInt)t->line.len);
	snprintf(digits, sizeof(digits), "%08lx", crc);
	text_put(&t->line, digits, TRACE_CRC_DIGITS);
	PUT(&t->line, "\"}");
}

/* What is in t->line; the next one begins. */
static void write_line(struct trace_sink *t)
{
	struct text *line = &t->line;
	int err;

	PUT(line, "\n");
	err = line->failed ? -ENOMEM : write_all(t->fd, line->bytes, line->len);
	if (err) {
		give_up(t, err);
	} else {
		t->written += (off_t)line->len;
		t->crc = crc32(t->crc, (const Bytef *)line->bytes, (uInt)line->len);
	}
	line->len = 0;
}

static int trace_item(struct sink *sink, const struct trace_item *item,
		      const struct trace_header *header)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	if (t->err)
		return t->err;
	encode_item(&t->line, item, header);
	if (item->type == ITEM_FOOTER)
		seal(t);
	write_line(t);
	t->sealed = item->type == ITEM_FOOTER;
	return t->err;
}

static void write_object(struct trace_sink *t, json_t *object)
{
	if (t->err) {
		json_decref(object);
		return;
	}
	dump_object(&t->line, object);
	write_line(t);
}

static void trace_anomaly(struct sink *sink, const struct restore *restore,
			  const struct anomaly *anomaly, const struct trace_header *header)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	/* what is found only at the end would follow the footer */
	if (!t->sealed)
		write_object(t, encode_anomaly(restore, anomaly, header));
}

static void trace_restore(struct sink *sink, const struct restore *restore,
			  const struct trace_header *header)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	/* one that is open at the end is told after the footer: not here */
	if (!t->sealed)
		write_object(t, encode_restore(restore, header));
}

static void trace_save(struct sink *sink, const struct save *save,
		       const struct trace_header *header)
{
	write_object((struct trace_sink *)sink, encode_save(save, header));
}

static void trace_free(struct sink *sink)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	if (t->fd != STDOUT_FILENO)
		close(t->fd);
	text_release(&t->line);
	free(t);
}

static const struct sink_ops trace_ops = {
	.item = trace_item,
	.anomaly = trace_anomaly,
	.restore = trace_restore,
	.save = trace_save,
	.free = trace_free,
};

struct sink *trace_sink_new(int fd, const char *name)
{
	struct trace_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink.ops = &trace_ops;
	t->fd = fd;
	t->name = name;
	t->crc = crc32(0, NULL, 0);
	return &t->sink;
}

struct sink *trace_sink_quiet_new(int fd)
{
	return trace_sink_new(fd, NULL);
}

int trace_sink_error(const struct sink *sink)
{
	return ((const struct trace_sink *)sink)->err;
}

uint64_t trace_sink_bytes(const struct sink *sink)
{
	return (uint64_t)((const struct trace_sink *)sink)->written;
}
