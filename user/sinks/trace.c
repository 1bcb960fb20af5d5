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

static void write_line(struct trace_sink *t, const char *line, size_t len)
{
	int err;

	if (t->err)
		return;
	err = write_all(t->fd, line, len);
	if (err) {
		give_up(t, err);
		return;
	}
	t->written += (off_t)len;
	t->crc = crc32(t->crc, (const Bytef *)line, (uInt)len);
}

/*
 * The footer ends with a checksum of every byte before it, so that a damaged
 * trace cannot be judged: ...,"crc32":"89abcdef"}
 */
static char *seal(const struct trace_sink *t, char *dump)
{
	size_t len = strlen(dump) - 1; /* without the closing brace */
	unsigned long crc;
	char *line = NULL;

	dump[len] = '\0';
	if (asprintf(&line, "%s,%s", dump, TRACE_CRC_KEY) < 0)
		return NULL;
	crc = crc32(t->crc, (const Bytef *)line, (uInt)strlen(line));
	free(line);
	if (asprintf(&line, "%s,%s%08lx\"}", dump, TRACE_CRC_KEY, crc) < 0)
		return NULL;
	return line;
}

static void write_object(struct trace_sink *t, json_t *object, bool is_footer)
{
	char *dump = object ? dump_plain(object, JSON_COMPACT) : NULL;
	char *line = NULL;
	int len;

	json_decref(object);
	if (dump && is_footer) {
		char *sealed = seal(t, dump);

		free(dump);
		dump = sealed;
	}
	if (!dump) {
		if (!t->err)
			give_up(t, -ENOMEM);
		return;
	}
	len = asprintf(&line, "%s\n", dump);
	if (len >= 0)
		write_line(t, line, (size_t)len);
	free(line);
	free(dump);
}

static void write_event(struct trace_sink *t, const struct event *ev,
			const struct trace_header *header)
{
	char line[EVENT_LINE_ROOM], *longer = NULL, *at = line;
	size_t len = encode_event(line, sizeof(line) - 1, ev, header);

	/* names longer than a kernel's, or of what JSON has six characters for */
	if (!len) {
		at = longer = malloc(EVENT_LINE_MAX);
		len = longer ? encode_event(longer, EVENT_LINE_MAX - 1, ev, header) : 0;
	}
	if (len) {
		at[len++] = '\n';
		write_line(t, at, len);
	} else if (!t->err) {
		give_up(t, -ENOMEM);
	}
	free(longer);
}

static int trace_item(struct sink *sink, const struct trace_item *item,
		      const struct trace_header *header)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	if (item->type == ITEM_EVENT) {
		write_event(t, item->event, header);
		return t->err;
	}
	write_object(t, encode_item(item, header), item->type == ITEM_FOOTER);
	t->sealed = item->type == ITEM_FOOTER;
	return t->err;
}

static void trace_anomaly(struct sink *sink, const struct restore *restore,
			  const struct anomaly *anomaly, const struct trace_header *header)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	/* what is found only at the end would follow the footer */
	if (!t->sealed)
		write_object(t, encode_anomaly(restore, anomaly, header), false);
}

static void trace_restore(struct sink *sink, const struct restore *restore,
			  const struct trace_header *header)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	/* one that is open at the end is told after the footer: not here */
	if (!t->sealed)
		write_object(t, encode_restore(restore, header), false);
}

static void trace_save(struct sink *sink, const struct save *save,
		       const struct trace_header *header)
{
	write_object((struct trace_sink *)sink, encode_save(save, header), false);
}

static void trace_free(struct sink *sink)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	if (t->fd != STDOUT_FILENO)
		close(t->fd);
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
