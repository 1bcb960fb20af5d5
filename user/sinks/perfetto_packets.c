/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>

#include "sinks/perfetto_fields.h"
#include "sinks/perfetto_packets.h"
#include "util/utf8.h"

#define SEQUENCE_ID 1

#define NAME_ENTRY(id, name) name,

static const char *const category_names[] = { PACKET_CATEGORIES(NAME_ENTRY) };
static const char *const arg_names[] = { PACKET_ARGS(NAME_ENTRY) };

/* 0 is no interning id. */
static uint64_t iid(unsigned int index)
{
	return index + 1ULL;
}

void packets_free(struct packets *k)
{
	protobuf_free(&k->p);
}

/* ---- packets ---- */

static void open_packet(struct packets *k)
{
	protobuf_reset(&k->p);
	k->packet = protobuf_begin(&k->p, TRACE_PACKET);
	protobuf_uint(&k->p, PACKET_SEQUENCE_ID, SEQUENCE_ID);
}

static void write_packet(struct packets *k)
{
	protobuf_end(&k->p, k->packet);
	if (k->err)
		return;
	errno = 0;
	if (k->p.failed)
		k->err = -ENOMEM;
	else if (fwrite(k->p.data, 1, k->p.len, k->out) != k->p.len)
		k->err = errno ? -errno : -EIO;
}

/* The reader has signed numbers: a clock that no host has must not become the past. */
static void put_time(struct packets *k, uint64_t t_ns)
{
	uint64_t ns = k->mono_ns + t_ns;

	if (ns < t_ns || ns > INT64_MAX)
		ns = INT64_MAX;
	protobuf_uint(&k->p, PACKET_TIMESTAMP, ns);
}

static void open_timed_packet(struct packets *k, uint64_t t_ns)
{
	open_packet(k);
	protobuf_uint(&k->p, PACKET_SEQUENCE_FLAGS, SEQ_NEEDS_INCREMENTAL_STATE);
	put_time(k, t_ns);
}

int packets_flush(struct packets *k)
{
	if (!k->err && fflush(k->out))
		k->err = -errno;
	return k->err;
}

/* ---- the first one ---- */

static void put_clock(struct packets *k, unsigned int id, uint64_t ns)
{
	size_t clock = protobuf_begin(&k->p, SNAPSHOT_CLOCKS);

	protobuf_uint(&k->p, CLOCK_ID, id);
	protobuf_uint(&k->p, CLOCK_TIMESTAMP, ns);
	protobuf_end(&k->p, clock);
}

/*
 * Times are those of CLOCK_MONOTONIC, as in the trace. What CLOCK_BOOTTIME was is not
 * known: a host may have slept.
 */
static void put_clocks(struct packets *k, uint64_t wall_ns)
{
	size_t snapshot = protobuf_begin(&k->p, PACKET_CLOCK_SNAPSHOT);

	put_clock(k, BUILTIN_CLOCK_MONOTONIC, k->mono_ns);
	put_clock(k, BUILTIN_CLOCK_REALTIME, wall_ns);
	protobuf_uint(&k->p, SNAPSHOT_PRIMARY, BUILTIN_CLOCK_MONOTONIC);
	protobuf_end(&k->p, snapshot);
}

static void put_names(struct packets *k, unsigned int field, const char *const *names, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		size_t name = protobuf_begin(&k->p, field);

		protobuf_uint(&k->p, INTERNED_IID, iid((unsigned int)i));
		protobuf_string(&k->p, INTERNED_NAME, names[i]);
		protobuf_end(&k->p, name);
	}
}

void packets_begin(struct packets *k, const struct trace_header *header)
{
	size_t part;

	k->mono_ns = header->mono_ns;
	open_packet(k);
	protobuf_uint(&k->p, PACKET_SEQUENCE_FLAGS, SEQ_INCREMENTAL_STATE_CLEARED);
	protobuf_uint(&k->p, PACKET_FIRST_ON_SEQUENCE, true);
	part = protobuf_begin(&k->p, PACKET_DEFAULTS);
	protobuf_uint(&k->p, DEFAULTS_CLOCK_ID, BUILTIN_CLOCK_MONOTONIC);
	protobuf_end(&k->p, part);
	part = protobuf_begin(&k->p, PACKET_INTERNED_DATA);
	put_names(k, INTERNED_CATEGORIES, category_names, PACKET_NR_CATEGORIES);
	put_names(k, INTERNED_ARG_NAMES, arg_names, PACKET_NR_ARGS);
	protobuf_end(&k->p, part);
	put_clocks(k, header->wall_ns);
	write_packet(k);
}

/* ---- tracks ---- */

static void put_name(struct packets *k, unsigned int field, const char *name)
{
	char clean[PACKET_NAME_MAX];

	protobuf_bytes(&k->p, field, clean, utf8_clean(clean, sizeof(clean), name));
}

void packets_track(struct packets *k, const struct packet_track *track)
{
	size_t descriptor;

	open_timed_packet(k, track->t_ns);
	descriptor = protobuf_begin(&k->p, PACKET_TRACK_DESCRIPTOR);
	protobuf_uint(&k->p, TRACK_UUID, track->uuid);
	put_name(k, TRACK_NAME, track->name);
	if (track->parent)
		protobuf_uint(&k->p, TRACK_PARENT, track->parent);
	protobuf_uint(&k->p, TRACK_CHILD_ORDERING, CHILD_ORDERING_EXPLICIT);
	protobuf_int(&k->p, TRACK_RANK, track->rank);
	protobuf_end(&k->p, descriptor);
	write_packet(k);
}

/* ---- events ---- */

void packets_event(struct packets *k, const struct packet_event *event)
{
	open_timed_packet(k, event->t_ns);
	k->body = protobuf_begin(&k->p, PACKET_TRACK_EVENT);
	protobuf_uint(&k->p, EVENT_TYPE, event->type);
	protobuf_uint(&k->p, EVENT_TRACK, event->track);
	/* an end that has neither is that of the innermost slice, whatever it is called */
	if (!event->name)
		return;
	protobuf_uint(&k->p, EVENT_CATEGORY_IIDS, iid(event->category));
	put_name(k, EVENT_NAME, event->name);
}

void packets_end(struct packets *k)
{
	protobuf_end(&k->p, k->body);
	write_packet(k);
}

static size_t open_arg(struct packets *k, enum packet_arg arg)
{
	size_t begun = protobuf_begin(&k->p, EVENT_ARGS);

	protobuf_uint(&k->p, ANNOTATION_NAME_IID, iid(arg));
	return begun;
}

static void put_number(struct packets *k, enum packet_arg arg, unsigned int field, uint64_t value)
{
	size_t begun = open_arg(k, arg);

	protobuf_uint(&k->p, field, value);
	protobuf_end(&k->p, begun);
}

void packets_uint(struct packets *k, enum packet_arg arg, uint64_t value)
{
	put_number(k, arg, ANNOTATION_UINT, value);
}

void packets_int(struct packets *k, enum packet_arg arg, int64_t value)
{
	put_number(k, arg, ANNOTATION_INT, (uint64_t)value);
}

void packets_bool(struct packets *k, enum packet_arg arg, bool value)
{
	put_number(k, arg, ANNOTATION_BOOL, value);
}

void packets_address(struct packets *k, enum packet_arg arg, uint64_t value)
{
	put_number(k, arg, ANNOTATION_POINTER, value);
}

static void put_text(struct packets *k, const char *text)
{
	char clean[PACKET_TEXT_MAX];

	protobuf_bytes(&k->p, ANNOTATION_STRING, clean, utf8_clean(clean, sizeof(clean), text));
}

void packets_text(struct packets *k, enum packet_arg arg, const char *text)
{
	size_t begun = open_arg(k, arg);

	put_text(k, text);
	protobuf_end(&k->p, begun);
}

void packets_lines(struct packets *k, enum packet_arg arg, const char *const *lines, int nr)
{
	size_t begun = open_arg(k, arg), len = 0;
	char text[PACKET_TEXT_MAX];
	int i;

	for (i = 0; i < nr && len + PACKET_NAME_MAX < sizeof(text); i++) {
		if (i)
			text[len++] = '\n';
		len += utf8_clean(text + len, PACKET_NAME_MAX, lines[i]);
	}
	protobuf_bytes(&k->p, ANNOTATION_STRING, text, len);
	protobuf_end(&k->p, begun);
}

void packets_list(struct packets *k, enum packet_arg arg)
{
	k->list = open_arg(k, arg);
}

void packets_list_item(struct packets *k, const char *text)
{
	size_t begun = protobuf_begin(&k->p, ANNOTATION_ARRAY_VALUES);

	put_text(k, text);
	protobuf_end(&k->p, begun);
}

void packets_list_end(struct packets *k)
{
	protobuf_end(&k->p, k->list);
}
