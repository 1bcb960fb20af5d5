/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The timeline, and what it is written with. Here it is taken apart by hand; that
 * Perfetto itself makes the same of it is for tests/perfetto.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "sinks/perfetto.h"
#include "stories.h"
#include "util/protobuf.h"
#include "util/utf8.h"

#define L2_EVMCS (NESTED_EVMCS | NESTED_GUEST_MODE)

/* ---- the wire format ---- */

#define expect_bytes(p, ...)                                                                       \
	do {                                                                                       \
		const unsigned char wanted[] = { __VA_ARGS__ };                                    \
                                                                                                   \
		assert_false((p)->failed);                                                         \
		assert_int_equal((p)->len, sizeof(wanted));                                        \
		assert_memory_equal((p)->data, wanted, sizeof(wanted));                            \
		protobuf_reset(p);                                                                 \
	} while (0)

/* The examples of its description, and the ends of the ranges. */
static void wire_numbers(void **state)
{
	struct protobuf p = {};

	(void)state;
	protobuf_uint(&p, 1, 150);
	expect_bytes(&p, 0x08, 0x96, 0x01);
	protobuf_uint(&p, 1, 0);
	expect_bytes(&p, 0x08, 0x00);
	protobuf_uint(&p, 1, 127);
	expect_bytes(&p, 0x08, 0x7f);
	protobuf_uint(&p, 1, 128);
	expect_bytes(&p, 0x08, 0x80, 0x01);
	protobuf_int(&p, 1, -2);
	expect_bytes(&p, 0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
	protobuf_uint(&p, 87, 1);
	expect_bytes(&p, 0xb8, 0x05, 0x01);
	protobuf_free(&p);
}

static void wire_strings(void **state)
{
	struct protobuf p = {};

	(void)state;
	protobuf_string(&p, 2, "testing");
	expect_bytes(&p, 0x12, 0x07, 't', 'e', 's', 't', 'i', 'n', 'g');
	protobuf_string(&p, 2, "");
	expect_bytes(&p, 0x12, 0x00);
	protobuf_bytes(&p, 2, "\0\1", 2);
	expect_bytes(&p, 0x12, 0x02, 0, 1);
	protobuf_free(&p);
}

static void wire_messages(void **state)
{
	struct protobuf p = {};
	size_t outer, inner;

	(void)state;
	outer = protobuf_begin(&p, 3);
	protobuf_uint(&p, 1, 150);
	protobuf_end(&p, outer);
	expect_bytes(&p, 0x1a, 0x03, 0x08, 0x96, 0x01);
	outer = protobuf_begin(&p, 1);
	inner = protobuf_begin(&p, 2);
	protobuf_end(&p, inner);
	protobuf_uint(&p, 3, 4);
	protobuf_end(&p, outer);
	expect_bytes(&p, 0x0a, 0x04, 0x12, 0x00, 0x18, 0x04);
	protobuf_free(&p);
}

/* Where the length takes more bytes, what is in it moves by more. */
static void wire_long_messages(void **state)
{
	static const size_t sizes[] = { 0, 1, 125, 126, 127, 128, 255, 16380, 16384, 2097152 };
	struct protobuf p = {};
	unsigned char *text;
	size_t i, begun, n;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		text = malloc(sizes[i] + 1);
		memset(text, 'x', sizes[i] + 1);
		begun = protobuf_begin(&p, 1);
		protobuf_bytes(&p, 2, text, sizes[i]);
		protobuf_end(&p, begun);
		protobuf_uint(&p, 3, 7);
		assert_false(p.failed);
		n = p.len - sizes[i] - 2; /* but for the text and what follows */
		assert_int_equal(p.data[0], 0x0a);
		assert_memory_equal(p.data + n, text, sizes[i]);
		assert_memory_equal(p.data + p.len - 2, "\x18\x07", 2);
		protobuf_reset(&p);
		free(text);
	}
	protobuf_free(&p);
}

/* ---- text ---- */

#define REPLACED "\xef\xbf\xbd"

static void expect_clean_text(const char *in, const char *wanted)
{
	char out[64];

	assert_int_equal(utf8_clean(out, sizeof(out), in), strlen(wanted));
	assert_string_equal(out, wanted);
}

static void text_that_is_utf8(void **state)
{
	(void)state;
	expect_clean_text("", "");
	expect_clean_text("web1", "web1");
	expect_clean_text("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac "
								    "\xf0\x9f\x98\x80");
	expect_clean_text("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf",
			  "\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf");
}

static void text_that_is_not(void **state)
{
	(void)state;
	expect_clean_text("a\xff z", "a" REPLACED " z");
	expect_clean_text("\x80", REPLACED);
	expect_clean_text("\xc3", REPLACED); /* ends in a character */
	expect_clean_text("\xe2\x82x", REPLACED REPLACED "x");
	expect_clean_text("\xc0\xaf", REPLACED REPLACED); /* there is a shorter form */
	expect_clean_text("\xe0\x80\xaf", REPLACED REPLACED REPLACED);
	expect_clean_text("\xed\xa0\x80", REPLACED REPLACED REPLACED); /* half a pair */
	expect_clean_text("\xf4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED);
	expect_clean_text("\x1b[31m\n\x7f", REPLACED "[31m" REPLACED REPLACED);
	expect_clean_text("\xc2\x9b", REPLACED); /* a control character of two bytes */
}

static void text_that_is_long(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(utf8_clean(out, sizeof(out), "1234567"), 7);
	assert_string_equal(out, "1234567");
	assert_int_equal(utf8_clean(out, sizeof(out), "12345678"), 7);
	assert_string_equal(out, "1234\xe2\x80\xa6");
	assert_int_equal(utf8_clean(out, sizeof(out), "123\xc3\xa9\xc3\xa9\xc3\xa9"), 6);
	assert_string_equal(out, "123\xe2\x80\xa6");
	assert_int_equal(utf8_clean(out, 4, "12345678"), 3);
	assert_string_equal(out, "\xe2\x80\xa6");
}

/* jansson has its own idea of what is UTF-8, and it is the same. */
static void text_of_any_bytes(void **state)
{
	struct rng r = { .state = 8 };
	char in[40], out[32];
	size_t i, len;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		len = rng_below(&r, sizeof(in) - 1);
		for (i = 0; i < len; i++)
			/* bytes that nearly are characters, more often than not */
			in[i] = (char)(rng_below(&r, 3) ? 0x80 + rng_below(&r, 128)
							: 1 + rng_below(&r, 255));
		in[len] = '\0';
		len = utf8_clean(out, sizeof(out), in);
		assert_true(len < sizeof(out) && strlen(out) == len);
		json_t *text = json_string(out);

		assert_non_null(text);
		json_decref(text);
	}
}

/* ---- a timeline, taken apart ---- */

#define MAX_TRACKS 512

struct field {
	uint64_t number;
	uint64_t value; /* of a number; the length of anything else */
	const unsigned char *data;
};

struct shown_track {
	uint64_t uuid;
	uint64_t parent;
	char name[300];
	int depth; /* of slices, while they are played */
};

struct shown_event {
	uint64_t t_ns;
	uint64_t order; /* in the file */
	uint64_t type;
	uint64_t track;
	char name[300];
	char args[4500]; /* "number=value;" */
};

struct timeline {
	char *data;
	size_t len;
	struct shown_track tracks[MAX_TRACKS];
	int nr_tracks;
	struct shown_event *events;
	int nr_events;
	int room;
	char *arg_names[256];
	int nr_arg_names;
	uint64_t clock[8];
	char *text; /* what it comes to */
};

static uint64_t read_varint(const unsigned char **at, const unsigned char *end)
{
	uint64_t value = 0;
	int shift = 0;

	do {
		assert_true(*at < end && shift < 64);
		value |= (uint64_t)(**at & 0x7f) << shift;
		shift += 7;
	} while (*(*at)++ & 0x80);
	return value;
}

static bool read_field(const unsigned char **at, const unsigned char *end, struct field *f)
{
	uint64_t tag;

	if (*at == end)
		return false;
	tag = read_varint(at, end);
	f->number = tag >> 3;
	assert_true((tag & 7) == 0 || (tag & 7) == 2);
	f->value = read_varint(at, end);
	f->data = NULL;
	if (!(tag & 7))
		return true;
	assert_true(f->value <= (uint64_t)(end - *at));
	f->data = *at;
	*at += f->value;
	return true;
}

#define for_each_field(f, data, len)                                                               \
	for (const unsigned char *at_ = (data), *end_ = at_ + (len); read_field(&at_, end_, (f));)

/* Whatever else: it is UTF-8, and not longer than was said. */
static void take_string(const struct field *f, char *out, size_t size)
{
	json_t *text = json_stringn((const char *)f->data, f->value);

	assert_non_null(text);
	json_decref(text);
	assert_true(f->value < size);
	memcpy(out, f->data, f->value);
	out[f->value] = '\0';
}

static void take_arg(struct timeline *t, const struct field *arg, char out[4500])
{
	size_t n = strlen(out);
	struct field f, item;

	for_each_field(&f, arg->data, arg->value)
	{
		if (f.number == 1) {
			assert_true(f.value <= (uint64_t)t->nr_arg_names);
			n += (size_t)sprintf(out + n, "%s=", t->arg_names[f.value - 1]);
		} else if (f.number == 6) {
			take_string(&f, out + n, 4500 - n - 2);
			n += f.value;
		} else if (f.number == 12) {
			for_each_field(&item, f.data, f.value)
			{
				take_string(&item, out + n, 4500 - n - 2);
				n += item.value;
			}
			out[n++] = ',';
			out[n] = '\0';
		} else {
			n += (size_t)sprintf(out + n, f.number == 7 ? "0x%" PRIx64 : "%" PRId64,
					     f.value);
		}
	}
	strcpy(out + n, ";");
}

static void take_event(struct timeline *t, const struct field *event, uint64_t t_ns)
{
	struct shown_event *e;
	struct field f;

	if (t->nr_events == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->events = realloc(t->events, (size_t)t->room * sizeof(*t->events));
		assert_non_null(t->events);
	}
	e = &t->events[t->nr_events];
	memset(e, 0, sizeof(*e));
	e->t_ns = t_ns;
	e->order = (uint64_t)t->nr_events++;
	for_each_field(&f, event->data, event->value)
	{
		if (f.number == 9)
			e->type = f.value;
		else if (f.number == 11)
			e->track = f.value;
		else if (f.number == 23)
			take_string(&f, e->name, 256);
		else if (f.number == 4)
			take_arg(t, &f, e->args);
	}
}

static struct shown_track *track_by_uuid(struct timeline *t, uint64_t uuid)
{
	int i;

	for (i = 0; i < t->nr_tracks; i++)
		if (t->tracks[i].uuid == uuid)
			return &t->tracks[i];
	return NULL;
}

static void take_track(struct timeline *t, const struct field *track)
{
	struct shown_track *shown = &t->tracks[t->nr_tracks++];
	struct field f;

	assert_true(t->nr_tracks < MAX_TRACKS);
	for_each_field(&f, track->data, track->value)
	{
		if (f.number == 1)
			shown->uuid = f.value;
		else if (f.number == 2)
			take_string(&f, shown->name, 256);
		else if (f.number == 5)
			shown->parent = f.value;
	}
	assert_true(shown->uuid);
	/* what it is below of was told before, and it was not */
	assert_true(!shown->parent || track_by_uuid(t, shown->parent));
	assert_ptr_equal(track_by_uuid(t, shown->uuid), shown);
}

static void take_names(struct timeline *t, const struct field *interned)
{
	struct field f, part;
	char name[64] = "";

	for_each_field(&f, interned->data, interned->value)
	{
		if (f.number != 3)
			continue;
		for_each_field(&part, f.data, f.value)
		{
			if (part.number == 1)
				assert_int_equal(part.value, t->nr_arg_names + 1);
			else
				take_string(&part, name, sizeof(name));
		}
		t->arg_names[t->nr_arg_names++] = strdup(name);
	}
}

static void take_clocks(struct timeline *t, const struct field *snapshot)
{
	struct field f, part;
	uint64_t id = 0;

	for_each_field(&f, snapshot->data, snapshot->value)
	{
		if (f.number == 2)
			assert_int_equal(f.value, 3); /* MONOTONIC is the primary one */
		if (f.number != 1)
			continue;
		for_each_field(&part, f.data, f.value)
		{
			assert_in_range(part.number, 1, 2);
			if (part.number == 1)
				id = part.value;
			else
				t->clock[id] = part.value;
		}
	}
}

static void take_packet(struct timeline *t, const struct field *packet)
{
	uint64_t t_ns = 0, flags = 0;
	struct field f;

	for_each_field(&f, packet->data, packet->value)
	{
		if (f.number == 10)
			assert_int_equal(f.value, 1);
		else if (f.number == 13)
			flags = f.value;
		else if (f.number == 8)
			t_ns = f.value;
		else if (f.number == 12)
			take_names(t, &f);
		else if (f.number == 6)
			take_clocks(t, &f);
		else if (f.number == 60)
			take_track(t, &f);
		else if (f.number == 11)
			take_event(t, &f, t_ns);
	}
	/* the first one has what the others need */
	assert_int_equal(flags, t->clock[3] && !t->nr_tracks ? 1 : 2);
	assert_true(t_ns <= INT64_MAX);
}

static int by_time(const void *a, const void *b)
{
	const struct shown_event *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns > y->t_ns ? 1 : -1;
	return x->order > y->order ? 1 : -1;
}

/* "vm1/vcpu0/restore window" */
static void print_path(struct timeline *t, FILE *out, const struct shown_track *track)
{
	const struct shown_track *parent = track_by_uuid(t, track->parent);

	if (parent) {
		print_path(t, out, parent);
		fputc('/', out);
	}
	fputs(track->name, out);
}

/* As a reader plays it: what ends is the innermost slice of the track, and there is one. */
static void play(struct timeline *t)
{
	static const char *const types[] = { "", "begin", "end", "instant" };
	size_t len;
	FILE *out = open_memstream(&t->text, &len);
	int i;

	qsort(t->events, (size_t)t->nr_events, sizeof(t->events[0]), by_time);
	for (i = 0; i < t->nr_events; i++) {
		const struct shown_event *e = &t->events[i];
		struct shown_track *track = track_by_uuid(t, e->track);

		assert_non_null(track);
		assert_in_range(e->type, 1, 3);
		track->depth += e->type == 1 ? 1 : e->type == 2 ? -1 : 0;
		assert_true(track->depth >= 0);
		fprintf(out, "%" PRIu64 " ", e->t_ns - t->clock[3]);
		print_path(t, out, track);
		fprintf(out, " %s%s%s\n", types[e->type], e->name[0] ? " " : "", e->name);
	}
	for (i = 0; i < t->nr_tracks; i++)
		assert_int_equal(t->tracks[i].depth, 0);
	fclose(out);
}

static void timeline_free(struct timeline *t)
{
	while (t->nr_arg_names)
		free(t->arg_names[--t->nr_arg_names]);
	free(t->events);
	free(t->text);
	free(t->data);
	free(t);
}

static struct timeline *timeline_of(struct stream *s)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct timeline *t = calloc(1, sizeof(*t));
	struct pipeline p;
	struct field f;
	FILE *out;

	out = open_memstream(&t->data, &t->len);
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_add(&p, perfetto_sink_new(out)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	assert_int_equal(perfetto_sink_error(p.sinks[0]), 0);
	pipeline_free(&p);
	fclose(out);
	for_each_field(&f, (unsigned char *)t->data, t->len)
	{
		assert_int_equal(f.number, 1);
		take_packet(t, &f);
	}
	play(t);
	return t;
}

static void expect_timeline(struct stream *s, const char *wanted)
{
	struct timeline *t = timeline_of(s);

	assert_string_equal(t->text, wanted);
	timeline_free(t);
}

/* The nth event of this name. */
static const struct shown_event *event_named(const struct timeline *t, const char *name, int nth)
{
	int i;

	for (i = 0; i < t->nr_events; i++)
		if (!strcmp(t->events[i].name, name) && !nth--)
			return &t->events[i];
	fail_msg("no %s in\n%s", name, t->text);
	return NULL;
}

/* Where the slice ends that begins there. */
static const struct shown_event *end_of(const struct timeline *t, const struct shown_event *begin)
{
	const struct shown_event *e;
	int depth = 0;

	for (e = begin; e < t->events + t->nr_events; e++) {
		if (e->track != begin->track)
			continue;
		depth += e->type == 1 ? 1 : e->type == 2 ? -1 : 0;
		if (!depth)
			return e;
	}
	fail_msg("%s has no end in\n%s", begin->name, t->text);
	return NULL;
}

static void expect_arg(const struct shown_event *e, const char *arg)
{
	char sought[512], all[4502];

	snprintf(sought, sizeof(sought), ";%s;", arg);
	snprintf(all, sizeof(all), ";%s", e->args);
	if (!strstr(all, sought))
		fail_msg("no '%s' in '%s'", arg, e->args);
}

static void story(struct stream *s, const char *name)
{
	int i;

	for (i = 0; i < nr_stories; i++)
		if (!strcmp(stories[i].name, name))
			stories[i].tell(s);
}

/* ---- what is shown ---- */

static void a_deferred_restore(void **state)
{
	struct stream *s = *state;

	story(s, "deferred");
	footer(s);
	expect_timeline(s,
			"0 evmcs-trace instant trace begins\n"
			"1000 web1 [1001] vm1/vcpu0 begin KVM_SET_NESTED_STATE\n"
			"1000 web1 [1001] vm1/vcpu0/restore window begin evmcs-deferred: pass\n"
			"2000 web1 [1001] vm1/vcpu0 end\n"
			"3000 web1 [1001] vm1/no vCPU begin memslot 3 0x100000+0x200000\n"
			"4000 web1 [1001] vm1/no vCPU end\n"
			"5000 web1 [1001] vm1/vcpu0 begin state-pages\n"
			"5000 web1 [1001] vm1/vcpu0/restore window end\n"
			"5000 web1 [1001] vm1/vcpu0 instant first KVM_RUN\n"
			"6000 web1 [1001] vm1/vcpu0 begin evmptr-load\n"
			"7000 web1 [1001] vm1/vcpu0 begin read-guest-cached vp-assist-page 0x4000\n"
			"8000 web1 [1001] vm1/vcpu0 end\n"
			"9000 web1 [1001] vm1/vcpu0 begin map evmcs 0x5000\n"
			"10000 web1 [1001] vm1/vcpu0 begin pin\n"
			"11000 web1 [1001] vm1/vcpu0 end\n"
			"12000 web1 [1001] vm1/vcpu0 end\n"
			"13000 web1 [1001] vm1/vcpu0 end\n"
			"14000 web1 [1001] vm1/vcpu0 end\n"
			"15000 web1 [1001] vm1/vcpu0 instant ran\n"
			"15000 evmcs-trace instant trace ends\n"
			"15000 evmcs-trace instant verdict: pass\n");
}

static void what_is_told_of_a_restore(void **state)
{
	const struct shown_event *e;
	struct stream *s = *state;
	struct timeline *t;

	story(s, "direct");
	footer(s);
	t = timeline_of(s);
	e = event_named(t, "evmcs-direct: fail", 0);
	assert_int_equal(e->t_ns, 6000);
	expect_arg(e, "restore_id=00000000-1388-1");
	expect_arg(e, "verdict=fail");
	expect_arg(e, "path=evmcs-direct");
	expect_arg(e, "mode=l2");
	expect_arg(e, "end=ran");
	expect_arg(e, "anomalies=direct-map-in-set,");
	expect_arg(e, "inconclusive=");
	expect_arg(e, "evmcs=0x5000");
	expect_arg(e, "set_ns=5000");
	expect_arg(e, "set_ret=0");
	expect_arg(e, "run_after_ns=6000");
	expect_arg(e, "exact=0");
	expect_arg(e, "map_after_ns=4000");
	expect_arg(e, "accesses=1");
	expect_arg(e, "pid=1001");
	expect_arg(e, "tid=2000");
	expect_arg(e, "comm=CPU 0/KVM");
	e = event_named(t, "direct-map-in-set", 0);
	assert_int_equal(e->type, 3);
	assert_int_equal(e->t_ns, 9000);
	assert_string_equal(track_by_uuid(t, e->track)->name, "anomalies");
	expect_arg(e, "severity=error");
	expect_arg(e, "title=the enlightened VMCS was mapped inside KVM_SET_NESTED_STATE");
	expect_arg(e, "id=A1");
	expect_arg(e, "restore_id=00000000-1388-1");
	expect_arg(e, "gpa=0x5000");
	expect_arg(e, "stack=kvm_vcpu_map+0x5 [kvm]\nvmx_set_nested_state+0x300 [kvm_intel]");
	timeline_free(t);
}

static void what_is_told_of_an_access(void **state)
{
	const struct shown_event *e;
	struct stream *s = *state;
	struct timeline *t;

	story(s, "direct");
	footer(s);
	t = timeline_of(s);
	e = event_named(t, "map evmcs 0x5000", 0);
	assert_int_equal(e->type, 1);
	expect_arg(e, "seq=3");
	expect_arg(e, "ioctl=KVM_SET_NESTED_STATE");
	expect_arg(e, "function=kvm_vcpu_map");
	expect_arg(e, "purpose=evmcs");
	expect_arg(e, "gpa=0x5000");
	expect_arg(e, "len=4096");
	expect_arg(e, "evmptr=0xffffffffffffffff");
	expect_arg(e, "l2=0");
	expect_arg(e, "tid=2000");
	expect_arg(e, "stack=kvm_vcpu_map+0x5 [kvm]\nvmx_set_nested_state+0x300 [kvm_intel]");
	e = end_of(t, e);
	assert_non_null(e);
	assert_int_equal(e->t_ns, 9000);
	expect_arg(e, "result=0");
	e = end_of(t, event_named(t, "evmptr-load-direct", 0));
	expect_arg(e, "result=1");
	timeline_free(t);
}

static void what_is_told_of_a_load(void **state)
{
	static const char stack[] = "stack=nested_vmx_vmexit+0x1a3 [kvm_intel]\n"
				    "kvm_arch_vcpu_ioctl_get_mpstate+0x40 [kvm]";
	struct stream *s = *state;
	struct timeline *t;

	story(s, "swallowed");
	footer(s);
	t = timeline_of(s);
	expect_arg(end_of(t, event_named(t, "evmptr-load", 0)), stack);
	expect_arg(event_named(t, "swallowed-exit-fail", 0), stack);
	timeline_free(t);
}

static void what_is_told_of_ioctls(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	on(s, 1, 3);
	s->a->nested.vmcs12_pa = 0x9000;
	set_enter(s, NESTED_GUEST_MODE);
	last(s)->flags |= REC_HAS_EVMCS_PA;
	last(s)->nested.evmcs_pa = 0x7000;
	set_leave(s, -EINVAL);
	in_ioctl(s, 0x12345678);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	s->a->flags |= REC_L2;
	save(s, NESTED_GUEST_MODE);
	memslot(s, 5, 0, 0);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0x30);
	leave(s, PT_NESTED_EXIT, 0);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	leave(s, PT_NESTED_EXIT, 0);
	footer(s)->continued = true;
	t = timeline_of(s);
	expect_arg(event_named(t, "KVM_SET_NESTED_STATE", 0), "flags=0x1");
	expect_arg(event_named(t, "KVM_SET_NESTED_STATE", 0), "vmcs12_pa=0x9000");
	expect_arg(event_named(t, "KVM_SET_NESTED_STATE", 0), "evmcs_pa=0x7000");
	expect_arg(end_of(t, event_named(t, "KVM_SET_NESTED_STATE", 0)), "result=-22");
	expect_arg(event_named(t, "read-guest 0x6000", 0), "ioctl=0x12345678");
	expect_arg(end_of(t, event_named(t, "KVM_GET_NESTED_STATE", 0)), "result=4224");
	expect_arg(end_of(t, event_named(t, "KVM_GET_NESTED_STATE", 0)), "vmcs12_pa=0x9000");
	expect_arg(event_named(t, "memslot 5 removed", 0), "ioctl=KVM_SET_USER_MEMORY_REGION");
	expect_arg(event_named(t, "nested-exit", 0), "exit_reason=0x30");
	event_named(t, "nested-exit, forced", 0);
	event_named(t, "native: pass", 0);
	timeline_free(t);
}

static void what_is_told_of_an_entry(void **state)
{
	const struct shown_event *e;
	struct stream *s = *state;
	struct timeline *t;

	story(s, "entry-fails");
	footer(s);
	t = timeline_of(s);
	expect_arg(event_named(t, "first-entry", 0), "clean_fields=0xdfff");
	expect_arg(event_named(t, "first-exit", 0), "exit_reason=0x80000021");
	e = event_named(t, "clean-fields-believed", 0);
	expect_arg(e, "status=1");
	expect_arg(e, "clean_fields=0xdfff");
	timeline_free(t);
}

static void losses_and_doubt(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	story(s, "lost-in-window");
	footer(s);
	t = timeline_of(s);
	expect_arg(event_named(t, "3 lost (ring)", 0), "count=3");
	assert_string_equal(track_by_uuid(t, event_named(t, "3 lost (ring)", 0)->track)->name,
			    "evmcs-trace");
	expect_arg(event_named(t, "evmcs-deferred: inconclusive", 0),
		   "inconclusive=records were lost while it was in flight,");
	expect_arg(event_named(t, "verdict: inconclusive", 0),
		   "reasons=3 records were lost,1 restore is inconclusive,");
	timeline_free(t);
}

static void the_header(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	s->header.wall_ns = 1700000000123456000;
	s->header.mono_ns = 77000;
	footer(s);
	t = timeline_of(s);
	assert_int_equal(t->clock[3], 77000);
	assert_int_equal(t->clock[1], 1700000000123456000);
	assert_int_equal(t->clock[6], 0); /* BOOTTIME is not known */
	expect_arg(event_named(t, "trace begins", 0), "host=host");
	expect_arg(event_named(t, "trace begins", 0), "kernel=6.1.0");
	expect_arg(event_named(t, "trace begins", 0), "not_attached=evmcs-page,");
	timeline_free(t);
}

/* A clock that no host has: what comes of it is not before all other times. */
static void a_clock_that_overflows(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	s->header.mono_ns = UINT64_MAX - 3000;
	story(s, "deferred");
	footer(s);
	t = timeline_of(s);
	assert_int_equal(event_named(t, "ran", 0)->t_ns, INT64_MAX);
	assert_int_equal(event_named(t, "KVM_SET_NESTED_STATE", 0)->t_ns, INT64_MAX);
	timeline_free(t);
}

/* ---- what does not nest ---- */

/* One restore takes the place of another: each has its window, and they overlap. */
static void windows_that_overlap(void **state)
{
	const struct shown_event *first, *second;
	struct stream *s = *state;
	struct timeline *t;

	story(s, "forced-by-second-set");
	footer(s);
	t = timeline_of(s);
	first = event_named(t, "evmcs-forced-exit: pass", 0);
	second = event_named(t, "evmcs-deferred: fail", 0);
	assert_int_not_equal(first->track, second->track);
	assert_int_equal(track_by_uuid(t, first->track)->parent,
			 track_by_uuid(t, second->track)->parent);
	assert_int_equal(second->t_ns, 8000);
	assert_int_equal(end_of(t, first)->t_ns, 19000);
	assert_int_equal(end_of(t, second)->t_ns, 20000);
	expect_arg(first, "end=superseded");
	timeline_free(t);
}

/* Two threads, one vCPU: a track of each, by the same name. */
static void tasks_that_overlap(void **state)
{
	const struct shown_event *first, *second;
	struct stream *s = *state;
	struct timeline *t;

	in_ioctl(s, KVM_RUN);
	enter(s, PT_STATE_PAGES);
	s->a->tid = 77;
	in_ioctl(s, 0);
	enter(s, PT_FREE_VCPU);
	s->a->tid = 2000;
	in_ioctl(s, KVM_RUN);
	leave(s, PT_STATE_PAGES, 1);
	s->a->tid = 77;
	in_ioctl(s, 0);
	leave(s, PT_FREE_VCPU, 0);
	enter(s, PT_FREE_VCPU);
	leave(s, PT_FREE_VCPU, 0);
	footer(s);
	t = timeline_of(s);
	first = event_named(t, "state-pages", 0);
	second = event_named(t, "free-vcpu", 0);
	assert_int_not_equal(first->track, second->track);
	assert_int_equal(second->track, event_named(t, "free-vcpu", 1)->track);
	assert_string_equal(track_by_uuid(t, first->track)->name, "vcpu0");
	assert_string_equal(track_by_uuid(t, second->track)->name, "vcpu0");
	assert_int_equal(track_by_uuid(t, first->track)->parent,
			 track_by_uuid(t, second->track)->parent);
	assert_int_equal(end_of(t, first)->t_ns, 8000);
	assert_int_equal(end_of(t, second)->t_ns, 9000);
	timeline_free(t);
}

/* What is done for the VM inside of what is done for a vCPU is shown in it. */
static void access_for_the_vm(void **state)
{
	struct stream *s = *state;

	set_enter(s, 0);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	last(s)->vcpu = VCPU_NONE;
	leave(s, PT_READ_GUEST, 0);
	last(s)->vcpu = VCPU_NONE;
	set_leave(s, -EINVAL);
	in_ioctl(s, KVM_SET_CLOCK);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	last(s)->vcpu = VCPU_NONE;
	last(s)->vm = VM_UNKNOWN;
	leave(s, PT_READ_GUEST, 0);
	last(s)->vcpu = VCPU_NONE;
	last(s)->vm = VM_UNKNOWN;
	footer(s);
	expect_timeline(s, "0 evmcs-trace instant trace begins\n"
			   "1000 [1001] vm1/vcpu0 begin KVM_SET_NESTED_STATE\n"
			   "1000 [1001] vm1/vcpu0/restore window begin native: fail\n"
			   "2000 [1001] vm1/vcpu0 begin read-guest 0x6000\n"
			   "2000 [1001] vm1/vcpu0/anomalies instant mem-in-set\n"
			   "3000 [1001] vm1/vcpu0 end\n"
			   "4000 [1001] vm1/vcpu0 end\n"
			   "4000 [1001] vm1/vcpu0/restore window end\n"
			   "5000 VM not known/no vCPU begin read-guest\n"
			   "6000 VM not known/no vCPU end\n"
			   "6000 evmcs-trace instant trace ends\n"
			   "6000 evmcs-trace instant verdict: fail\n");
}

/* ---- what is missing ---- */

static void exits_that_are_missing(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	set_enter(s, L2_EVMCS);
	enter(s, PT_EVMPTR_LOAD); /* and is not left */
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA); /* likewise */
	set_leave(s, 0);
	pages_enter(s); /* and is not left */
	in_ioctl(s, KVM_SET_MSRS);
	touch(s, PT_HYPERV_MSR, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	footer(s);
	t = timeline_of(s);
	expect_arg(end_of(t, event_named(t, "map evmcs 0x5000", 0)),
		   "unfinished=its exit was not seen");
	assert_int_equal(end_of(t, event_named(t, "map evmcs 0x5000", 0))->t_ns, 9000);
	expect_arg(end_of(t, event_named(t, "KVM_SET_NESTED_STATE", 0)), "result=0");
	/* it is in another ioctl */
	expect_arg(end_of(t, event_named(t, "state-pages", 0)), "unfinished=its exit was not seen");
	assert_int_equal(end_of(t, event_named(t, "state-pages", 0))->t_ns, 11000);
	timeline_free(t);
}

/* The same ioctl again: what is outermost ends all before it. */
static void an_ioctl_that_never_ended(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	set_enter(s, 0);
	enter(s, PT_EVMPTR_LOAD);
	set(s, 0);
	ran(s);
	footer(s);
	t = timeline_of(s);
	assert_int_equal(end_of(t, event_named(t, "KVM_SET_NESTED_STATE", 0))->t_ns, 8000);
	assert_int_equal(end_of(t, event_named(t, "KVM_SET_NESTED_STATE", 1))->t_ns, 9000);
	timeline_free(t);
}

static void entries_that_are_missing(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	in_ioctl(s, KVM_RUN);
	leave(s, PT_MAP, 0);
	leave(s, PT_STATE_PAGES, 1);
	footer(s);
	t = timeline_of(s);
	expect_arg(event_named(t, "map returned", 0), "unfinished=its entry was not seen");
	expect_arg(event_named(t, "state-pages returned", 0), "result=1");
	assert_int_equal(event_named(t, "state-pages returned", 0)->type, 3);
	timeline_free(t);
}

static void a_trace_that_ends_inside(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	set_enter(s, L2_EVMCS);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	s->t_ns += 5000;
	footer(s)->t_ns = s->t_ns;
	t = timeline_of(s);
	assert_int_equal(end_of(t, event_named(t, "map evmcs 0x5000", 0))->t_ns, 12000);
	expect_arg(end_of(t, event_named(t, "map evmcs 0x5000", 0)), "unfinished=the trace ended");
	expect_arg(event_named(t, "evmcs-none: fail", 0), "end=open");
	assert_int_equal(end_of(t, event_named(t, "evmcs-none: fail", 0))->t_ns, 12000);
	expect_arg(end_of(t, event_named(t, "evmcs-none: fail", 0)),
		   "unfinished=the trace ended before the vCPU entered the guest");
	timeline_free(t);
}

static void a_trace_that_is_cut(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	set_enter(s, L2_EVMCS);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	t = timeline_of(s);
	expect_arg(end_of(t, event_named(t, "map evmcs 0x5000", 0)),
		   "unfinished=the trace has no footer");
	timeline_free(t);
}

static void a_window_without_run(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	story(s, "freed-without-run");
	story(s, "leave");
	footer(s);
	t = timeline_of(s);
	assert_int_equal(end_of(t, event_named(t, "evmcs-none: pass", 0))->t_ns, 9000);
	assert_int_equal(end_of(t, event_named(t, "leave: pass", 0))->t_ns, 11000);
	expect_arg(event_named(t, "leave: pass", 0), "end=left");
	assert_null(strstr(t->text, "first KVM_RUN"));
	timeline_free(t);
}

/* More open than are kept track of: all of it ends, and nothing is torn. */
static void too_much_is_open(void **state)
{
	struct stream *s = *state;
	int i;

	in_ioctl(s, KVM_RUN);
	for (i = 0; i < 1500; i++) {
		s->a->tid = 5000 + (uint32_t)(i % 300);
		enter(s, PT_EVMPTR_LOAD);
	}
	footer(s);
	timeline_free(timeline_of(s));
}

/* A task moved to a CPU whose clock is behind. */
static void clocks_that_disagree(void **state)
{
	struct stream *s = *state;
	struct timeline *t;

	in_ioctl(s, KVM_RUN);
	enter(s, PT_STATE_PAGES);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	last(s)->t_ns = 1500;
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, BITMAP_GPA);
	last(s)->t_ns = 1200;
	leave(s, PT_READ_GUEST, 0);
	leave(s, PT_STATE_PAGES, 1);
	footer(s);
	t = timeline_of(s);
	assert_int_equal(end_of(t, event_named(t, "read-guest 0x6000", 0))->t_ns, 7000);
	assert_int_equal(event_named(t, "read-guest 0x7000", 0)->t_ns, 7000);
	assert_int_equal(end_of(t, event_named(t, "read-guest 0x7000", 0))->t_ns, 10000);
	timeline_free(t);
}

/* ---- anything at all ---- */

/* timeline_of() plays it: what begins ends, on its own track, in every story. */
static void random_stories(void **state)
{
	struct rng r = { .state = 5 };
	struct timeline *t;
	int round;

	(void)state;
	for (round = 0; round < 60; round++) {
		struct stream *s = stream_new();

		random_story(s, &r);
		if (rng_below(&r, 4))
			footer(s);
		t = timeline_of(s);
		assert_true(t->nr_events > 1);
		timeline_free(t);
		stream_free(s);
	}
}

static void random_events(void **state)
{
	struct rng r = { .state = 6 };
	int round, i;

	(void)state;
	for (round = 0; round < 60; round++) {
		struct stream *s = stream_new();

		for (i = rng_below(&r, 200); i >= 0; i--) {
			random_event(s, &r);
			if (!rng_below(&r, 3))
				last(s)->tid = rng_below(&r, 3);
			if (!rng_below(&r, 3))
				last(s)->vcpu = (int32_t)rng_below(&r, 3) - 1;
		}
		footer(s);
		timeline_free(timeline_of(s));
		stream_free(s);
	}
}

/* A VM, its tasks and a trace may be called anything: take_string() looks. */
static void names_of_any_kind(void **state)
{
	struct stream *s = *state;
	char stack[600], name[400];
	struct timeline *t;
	int i;

	memset(name, 0xff, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(stack, 'x', sizeof(stack) - 1);
	stack[sizeof(stack) - 1] = '\0';
	name_vm(s, name);
	snprintf(s->a->nested.comm, RECORD_COMM_LEN, "\x1b]0;\xc3");
	snprintf(s->header.host, sizeof(s->header.host), "\xc3(");
	snprintf(s->header.probes[1].function, 32, "map\xe2\x82");
	set_enter(s, L2_EVMCS);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	last(s)->nr_stack = EVENT_STACK_DEPTH;
	for (i = 0; i < EVENT_STACK_DEPTH; i++)
		last(s)->stack[i] = stack;
	leave(s, PT_MAP, 0);
	set_leave(s, 0);
	run_deferred(s);
	snprintf(footer(s)->reason, END_REASON_LEN, "\xff\n");
	t = timeline_of(s);
	/* what follows the name is there */
	assert_non_null(strstr(t->text, REPLACED "\xe2\x80\xa6"));
	expect_arg(event_named(t, "KVM_SET_NESTED_STATE", 0), "comm=" REPLACED "]0;" REPLACED);
	expect_arg(event_named(t, "map evmcs 0x5000", 0), "function=map" REPLACED REPLACED);
	expect_arg(event_named(t, "trace ends", 0), "reason=" REPLACED REPLACED);
	timeline_free(t);
}

/* ---- what cannot be written ---- */

static enum verdict_kind verdict_on_full_device(struct stream *s, int mode, int *err)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	FILE *out = fopen("/dev/full", "w");
	enum verdict_kind kind;
	struct pipeline p;

	assert_non_null(out);
	setvbuf(out, NULL, mode, 4096);
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_add(&p, perfetto_sink_new(out)), 0);
	*err = stream_feed(s, pipeline_item, &p);
	kind = pipeline_finish(&p)->kind;
	assert_int_equal(perfetto_sink_error(p.sinks[0]), -ENOSPC);
	pipeline_free(&p);
	fclose(out);
	return kind;
}

static void full_device(void **state)
{
	struct stream *s = *state;
	char *said;
	int err;

	story(s, "deferred");
	footer(s);
	stderr_off();
	assert_int_equal(verdict_on_full_device(s, _IONBF, &err), VERDICT_INCONCLUSIVE);
	said = stderr_on();
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(count_of(said, "\n"), 1);
	assert_non_null(strstr(said, "cannot write the timeline (ENOSPC: "));
	free(said);
}

/* What fits in a buffer is not written: that is seen at the footer at the latest. */
static void full_device_at_the_end(void **state)
{
	struct stream *s = *state;
	char *said;
	int err;

	story(s, "native-l1");
	footer(s);
	stderr_off();
	assert_int_equal(verdict_on_full_device(s, _IOFBF, &err), VERDICT_INCONCLUSIVE);
	said = stderr_on();
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(count_of(said, "cannot write"), 1);
	free(said);
}

/* Without a footer it is at the verdict, which is told already. */
static void full_device_of_a_cut_trace(void **state)
{
	struct stream *s = *state;
	char *said;
	int err;

	story(s, "native-l1");
	stderr_off();
	verdict_on_full_device(s, _IOFBF, &err);
	said = stderr_on();
	assert_int_equal(err, 0);
	assert_int_equal(count_of(said, "cannot write"), 1);
	free(said);
}

static void unreadable(void **state)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct stream *s = *state;
	struct timeline *t = calloc(1, sizeof(*t));
	struct pipeline p;
	struct field f;
	FILE *out;

	out = open_memstream(&t->data, &t->len);
	set_enter(s, 0);
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_add(&p, perfetto_sink_new(out)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_abort(&p, "line 3: it is damaged");
	pipeline_free(&p);
	fclose(out);
	for_each_field(&f, (unsigned char *)t->data, t->len) take_packet(t, &f);
	play(t);
	expect_arg(end_of(t, event_named(t, "KVM_SET_NESTED_STATE", 0)),
		   "unfinished=line 3: it is damaged");
	timeline_free(t);
}

static int loud_again(void **state)
{
	stderr_restore();
	return stream_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stream_setup, loud_again)

static const struct CMUnitTest tests[] = {
	TEST(wire_numbers),
	TEST(wire_strings),
	TEST(wire_messages),
	TEST(wire_long_messages),
	TEST(text_that_is_utf8),
	TEST(text_that_is_not),
	TEST(text_that_is_long),
	TEST(text_of_any_bytes),
	TEST(a_deferred_restore),
	TEST(what_is_told_of_a_restore),
	TEST(what_is_told_of_an_access),
	TEST(what_is_told_of_a_load),
	TEST(what_is_told_of_ioctls),
	TEST(what_is_told_of_an_entry),
	TEST(losses_and_doubt),
	TEST(the_header),
	TEST(a_clock_that_overflows),
	TEST(windows_that_overlap),
	TEST(tasks_that_overlap),
	TEST(access_for_the_vm),
	TEST(exits_that_are_missing),
	TEST(an_ioctl_that_never_ended),
	TEST(entries_that_are_missing),
	TEST(a_trace_that_ends_inside),
	TEST(a_trace_that_is_cut),
	TEST(a_window_without_run),
	TEST(too_much_is_open),
	TEST(clocks_that_disagree),
	TEST(random_stories),
	TEST(random_events),
	TEST(names_of_any_kind),
	TEST(full_device),
	TEST(full_device_at_the_end),
	TEST(full_device_of_a_cut_trace),
	TEST(unreadable),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
