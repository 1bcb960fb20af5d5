/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The trace: one JSON object a line. encode.c writes what decode.c reads; the
 * public description is trace.schema.json, printed by `evmcs-trace schema`.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <jansson.h>

#include "model/event.h"
#include "model/restore.h"
#include "model/save.h"
#include "trace/text.h"

#define TRACE_CRC_KEY "\"crc32\":\""
#define TRACE_CRC_DIGITS 8

/*
 * Each appends the text of a line, without its end. An event's is written straight
 * (encode_item() calls it).
 */
void encode_item(struct text *line, const struct trace_item *item,
		 const struct trace_header *header);
void encode_event(struct text *line, const struct event *ev, const struct trace_header *header);

/* Each returns a new object, or NULL on -ENOMEM. */
json_t *encode_restore(const struct restore *restore, const struct trace_header *header);
json_t *encode_save(const struct save *save, const struct trace_header *header);
/* null where it is not known. */
json_t *encode_owed(enum exit_owed owed);
json_t *encode_anomaly(const struct restore *restore, const struct anomaly *anomaly,
		       const struct trace_header *header);
json_t *encode_verdict(const struct verdict *verdict);
/* null for NULL; what is not UTF-8 becomes '?'. */
json_t *encode_text(const char *s);
/* "0x1f": above 2^53 a JSON number is not safe with every reader. */
json_t *encode_hex(uint64_t value);

/*
 * Its text, to be freed; NULL on -ENOMEM. A VM's name may hold what a terminal obeys, also beyond
 * ASCII: all of that is escaped.
 */
char *dump_plain(const json_t *object, size_t flags);
/* Likewise at the end of a text, in one line; the object's reference is taken, NULL is -ENOMEM. */
void dump_object(struct text *text, json_t *object);

/* One of the probes of the header, for doctor too. */
json_t *encode_probe(const struct probe_fact *p);

/* RFC 3339 in UTC with six digits. */
#define TIMESTAMP_LEN 32
void format_timestamp(char out[TIMESTAMP_LEN], const struct trace_header *header, uint64_t t_ns);

/* What one line of a trace is. */
enum line_type {
	LINE_ITEM, /* decoded into the item */
	LINE_DERIVED, /* what a model concluded: not read back */
};

/* Names that lines have had, and what they stand for. */
#define KNOWN_NAMES 64
struct known_names {
	struct known_name {
		int64_t value;
		size_t len; /* 0: none yet */
		char text[40];
	} slot[KNOWN_NAMES];
};

/* Room for what a decoded item points to; reused from line to line. Zeroed at first. */
struct decoded {
	struct trace_header header;
	struct trace_footer footer;
	struct event event;
	bool wants_root; /* of every line */
	json_t *root; /* owns the strings, where the line was not read the quick way */
	char comm[64], name[256]; /* of a VM, where it was */
	char stack[EVENT_STACK_DEPTH * 96]; /* of an event, where it was */
	struct known_names points, purposes, ioctls;
	char error[160]; /* why a line was not accepted */
};

/* Returns a line_type, or -EINVAL with decoded->error set. */
int decode_line(struct decoded *decoded, const char *line, size_t len, struct trace_item *item);
void decoded_release(struct decoded *decoded);

#endif
