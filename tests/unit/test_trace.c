/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The trace file: what is recorded is judged as it was live, and what is not
 * as it was recorded is never given a pass.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "evmcs_trace/status.h"
#include "model/names.h"
#include "model/run.h"
#include "sources/source.h"
#include "stories.h"
#include "trace/format.h"

/* ---- recording and checking ---- */

struct trace {
	struct stream *s;
	char path[32];
	int fd;
};

static struct trace trace_new(void)
{
	struct trace t = { .s = stream_new() };

	t.fd = temp_file(t.path);
	return t;
}

static void trace_free(struct trace *t)
{
	close(t->fd);
	stream_free(t->s);
}

static void put_text(struct trace *t, const char *text, size_t len)
{
	assert_int_equal(ftruncate(t->fd, 0), 0);
	assert_int_equal(pwrite(t->fd, text, len, 0), len);
}

/* Judges without collecting anything: what `evmcs-trace check` would answer. */
static int status_of(const char *path)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	int status = STATUS_MALFORMED;
	struct pipeline p;

	assert_int_equal(pipeline_init(&p, &options), 0);
	if (!file_source_run(path, pipeline_item, &p))
		status = verdict_status(pipeline_finish(&p));
	pipeline_free(&p);
	return status;
}

/* The same, of a text; what is said about it goes to *said. */
static int status_of_text(const char *text, char **said)
{
	struct trace t = trace_new();
	int status;
	char *err;

	put_text(&t, text, strlen(text));
	stderr_off();
	status = status_of(t.path);
	err = stderr_on();
	if (said)
		*said = err;
	else
		free(err);
	trace_free(&t);
	return status;
}

static char *text_of_story(const char *name)
{
	struct trace t = trace_new();
	char *text = NULL;
	size_t len;
	int i;

	for (i = 0; i < nr_stories; i++) {
		if (strcmp(stories[i].name, name))
			continue;
		stories[i].tell(t.s);
		footer(t.s);
		assert_int_equal(record(t.s, t.fd)->err, 0);
		text = slurp(t.fd, &len);
	}
	assert_non_null(text);
	trace_free(&t);
	return text;
}

/* Shows the first line in which they differ, not all. */
static void expect_same_lines(const char *a, const char *b)
{
	size_t i, start = 0;

	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			start = i + 1;
	if (a[i] != b[i])
		fail_msg("live: %.*s\nagain: %.*s", (int)strcspn(a + start, "\n"), a + start,
			 (int)strcspn(b + start, "\n"), b + start);
}

static void expect_same_as_live(struct trace *t)
{
	const struct outcome *live = record(t->s, t->fd);
	const struct outcome *again = check_file(t->s, t->path, SEVERITY_ERROR);

	assert_int_equal(live->err, 0);
	assert_int_equal(again->err, 0);
	expect_same_lines(live->json, again->json);
	assert_int_equal(live->verdict.kind, again->verdict.kind);
	assert_int_equal(live->nr, again->nr);
}

static void stories_are_judged_as_live(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < nr_stories; i++) {
		struct trace t = trace_new();

		stories[i].tell(t.s);
		footer(t.s);
		expect_same_as_live(&t);
		assert_int_equal(t.s->outcomes->verdict.kind, stories[i].verdict);
		trace_free(&t);
	}
}

static void random_stories_are_judged_as_live(void **state)
{
	int by_verdict[VERDICT_COUNT] = {}, i;

	(void)state;
	for (i = 0; i < 400; i++) {
		struct trace t = trace_new();
		struct rng r = { .state = (uint64_t)i };

		random_story(t.s, &r);
		if (!rng_below(&r, 4))
			loss(t.s, 2);
		footer(t.s);
		expect_same_as_live(&t);
		by_verdict[t.s->outcomes->verdict.kind]++;
		trace_free(&t);
	}
	for (i = 0; i < VERDICT_COUNT; i++)
		assert_true(by_verdict[i] > 20);
}

static void any_events_are_judged_as_live(void **state)
{
	int restores = 0, i, j;

	(void)state;
	for (i = 0; i < 200; i++) {
		struct trace t = trace_new();
		struct rng r = { .state = (uint64_t)i };

		for (j = 0; j < 40; j++)
			random_event(t.s, &r);
		footer(t.s);
		expect_same_as_live(&t);
		restores += t.s->outcomes->nr;
		trace_free(&t);
	}
	assert_true(restores > 100);
}

/* The lines that the model added are those that it would add again. */
static void derived_lines_are_what_was_concluded(void **state)
{
	struct trace t = trace_new();
	const struct outcome *o;
	char *text, *line, *rest;
	int derived = 0;
	size_t len;

	(void)state;
	stories[6].tell(t.s);
	footer(t.s);
	o = record(t.s, t.fd);
	text = slurp(t.fd, &len);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "{\"type\":\"restore\"", 17) &&
		    strncmp(line, "{\"type\":\"anomaly\"", 17))
			continue;
		derived++;
		assert_non_null(strstr(o->json, line));
	}
	assert_int_equal(derived, 2);
	free(text);
	trace_free(&t);
}

/* A window that is open at the end is no line of its trace: the footer is last. */
static void open_restore_is_not_in_the_trace(void **state)
{
	struct trace t = trace_new();
	size_t len;
	char *text;

	(void)state;
	set(t.s, NESTED_EVMCS);
	footer(t.s);
	expect_same_as_live(&t);
	text = slurp(t.fd, &len);
	assert_null(strstr(text, "\"type\":\"restore\""));
	free(text);
	trace_free(&t);
}

/* One that waits for L1's first entry has ended: it is told before the footer. */
static void restore_without_entry_is_in_the_trace(void **state)
{
	struct trace t = trace_new();
	size_t len;
	char *text;

	(void)state;
	set(t.s, NESTED_EVMCS);
	run_deferred(t.s);
	footer(t.s);
	expect_same_as_live(&t);
	text = slurp(t.fd, &len);
	assert_non_null(strstr(text, "\"type\":\"restore\""));
	free(text);
	trace_free(&t);
}

/* ---- round trips ---- */

static struct decoded decoded;

/* As jansson dumps it, whatever is in it. */
static void dumped_as_by_jansson(void **state)
{
	static const char *const objects[] = {
		"{}",
		"{\"a\":[],\"b\":{},\"c\":[{},[[]]]}",
		"{\"n\":[0,-1,9223372036854775807,-9223372036854775808,1.5,true,false,null]}",
		"{\"s\":[\"\",\"\\u0000x\",\"\\u00e4\\ud83d\\ude00\",\"\\u001b[31m\\n\"]}",
		"{\"escaped\":\"\\\"\\\\/\"}",
		"{\"\\u00e4 key\":1,\"a\\\"b\":2,\"~ !\":3}",
	};
	char *text, *want;
	json_t *o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		o = json_loads(objects[i], JSON_ALLOW_NUL, NULL);
		assert_non_null(o);
		text = dump_plain(o, JSON_COMPACT);
		want = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
		assert_string_equal(text, want);
		free(text);
		free(want);
		json_decref(o);
	}
	o = json_pack("{s:s}", "s",
		      "a\x7f"
		      "b");
	text = dump_plain(o, JSON_COMPACT);
	assert_string_equal(text, "{\"s\":\"a\\u007fb\"}");
	free(text);
	json_decref(o);
}

/* The line of an item, with a zero after it. */
static char *dump_item(const struct trace_item *item, const struct trace_header *header)
{
	struct text line = { 0 };
	char *text;
	json_t *o;

	encode_item(&line, item, header);
	text_put(&line, "", 1);
	assert_false(line.failed);
	o = json_loads(line.bytes, 0, NULL);
	assert_non_null(o);
	/* by way of an object it would be the same */
	text = dump_plain(o, JSON_COMPACT);
	json_decref(o);
	assert_string_equal(text, line.bytes);
	free(text);
	return line.bytes;
}

static void round_trip(const struct trace_item *item, struct trace_item *back)
{
	struct trace_header header = { .wall_ns = 0 };
	char *line = dump_item(item, &header);
	int type = decode_line(&decoded, line, strlen(line), back);

	if (type != LINE_ITEM)
		print_error("%s\n%s\n", decoded.error, line);
	assert_int_equal(type, LINE_ITEM);
	assert_int_equal(back->type, item->type);
	free(line);
}

static struct event sample(enum evmcs_point point, enum evmcs_phase phase)
{
	struct event ev = {
		.seq = 7,
		.t_ns = 123456789,
		.exits = 99,
		.evmptr = EVMPTR_MAP_PENDING,
		.vmptr = 0x123000,
		.ret = phase == PHASE_EXIT ? -524 : 0,
		.vm = 3,
		.vcpu = 2,
		.pid = 4000000,
		.tid = 4000001,
		.cpu = 255,
		.ioctl = (uint32_t)KVM_GET_MP_STATE,
		.point = point,
		.phase = phase,
		.flags = REC_VCPU_STATE | REC_VMX_STATE | REC_L2 | REC_REQ_PAGES | REC_UNTRACKED,
	};

	if (event_has_window(&ev))
		ev.window = UINT64_MAX;
	return ev;
}

static void fill_payload(struct event *ev)
{
	static const struct record_nested nested = {
		.vmxon_pa = UINT64_MAX,
		.vmcs12_pa = 0xfedcba9876543210,
		.evmcs_pa = 1,
		.size = UINT32_MAX,
		.flags = UINT16_MAX,
		.format = UINT16_MAX,
		.smm_flags = 3,
		.hdr_flags = UINT32_MAX,
		.comm = "CPU 0/KVM",
	};
	static const struct record_memslot slot = { UINT64_MAX, 0x1000, 0x7fff00000000, 9, 3,
						    0x5000,	0x2000, 0x7ffe00000000 };

	switch (ev->point) {
	case PT_SET_STATE:
	case PT_GET_STATE:
		ev->nested = nested;
		ev->flags |= REC_HAS_EVMCS_PA;
		break;
	case PT_NESTED_EXIT:
		ev->exit.reason = UINT32_MAX;
		ev->exit.intr_info = 0x80000b0e;
		ev->exit.qualification = UINT64_MAX;
		break;
	case PT_FIRST_EXIT:
		ev->exit.reason = EXIT_INVALID_GUEST_STATE;
		ev->flags |= REC_ENTRY_REFUSED;
		break;
	case PT_FIRST_ENTRY:
		ev->entry.status = -1;
		ev->entry.clean_fields = 0xdfff;
		ev->flags |= REC_CLEAN_FIELDS;
		break;
	case PT_MEMSLOT:
		ev->memslot = slot;
		break;
	default:
		if (point_class(ev->point) == CLASS_FRAME || point_class(ev->point) == CLASS_NOTE)
			break;
		ev->access.gpa = 0xfffffffff000;
		ev->access.len = 4096;
		ev->access.hva = 0x7f0000001000;
		ev->access.purpose = PURPOSE_VMCS12;
		ev->nr_stack = 2;
		ev->stack[0] = "kvm_vcpu_map+0x5 [kvm]";
		ev->stack[1] = "0xffffffffc0de0000";
		break;
	}
}

/* Which phases have the payload in the trace. */
static bool has_payload(enum evmcs_point point, enum evmcs_phase phase)
{
	if (point_class(point) == CLASS_NOTE)
		return true;
	return phase == (point == PT_GET_STATE ? PHASE_EXIT : PHASE_ENTER);
}

static void expect_same_payload(const struct event *a, const struct event *b)
{
	switch (a->point) {
	case PT_SET_STATE:
	case PT_GET_STATE:
		assert_int_equal(a->nested.vmxon_pa, b->nested.vmxon_pa);
		assert_int_equal(a->nested.vmcs12_pa, b->nested.vmcs12_pa);
		assert_int_equal(a->nested.evmcs_pa, b->nested.evmcs_pa);
		assert_int_equal(a->nested.size, b->nested.size);
		assert_int_equal(a->nested.flags, b->nested.flags);
		assert_int_equal(a->nested.format, b->nested.format);
		assert_int_equal(a->nested.smm_flags, b->nested.smm_flags);
		assert_int_equal(a->nested.hdr_flags, b->nested.hdr_flags);
		if (a->point == PT_SET_STATE)
			assert_string_equal(a->nested.comm, b->nested.comm);
		break;
	case PT_NESTED_EXIT:
	case PT_FIRST_EXIT:
		assert_memory_equal(&a->exit, &b->exit, sizeof(a->exit));
		break;
	case PT_FIRST_ENTRY:
		assert_memory_equal(&a->entry, &b->entry, sizeof(a->entry));
		break;
	case PT_MEMSLOT:
		assert_memory_equal(&a->memslot, &b->memslot, sizeof(a->memslot));
		break;
	default:
		assert_memory_equal(&a->access, &b->access, sizeof(a->access));
		break;
	}
}

static void expect_same_event(const struct event *a, const struct event *b)
{
	int i;

	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->t_ns, b->t_ns);
	assert_int_equal(a->exits, b->exits);
	assert_int_equal(a->evmptr, b->evmptr);
	assert_int_equal(a->vmptr, b->vmptr);
	assert_int_equal(a->window, b->window);
	assert_int_equal(a->ret, b->ret);
	assert_int_equal(a->vm, b->vm);
	assert_int_equal(a->vcpu, b->vcpu);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->tid, b->tid);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->ioctl, b->ioctl);
	assert_int_equal(a->point, b->point);
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->nr_stack, b->nr_stack);
	for (i = 0; i < a->nr_stack; i++)
		assert_string_equal(a->stack[i], b->stack[i]);
}

static void round_trip_event(const struct event *ev)
{
	struct trace_item item = { .type = ITEM_EVENT, .event = ev }, back;

	round_trip(&item, &back);
	expect_same_event(ev, back.event);
	if (has_payload(ev->point, ev->phase) &&
	    (point_class(ev->point) != CLASS_FRAME || ev->point == PT_SET_STATE ||
	     ev->point == PT_GET_STATE || ev->point == PT_NESTED_EXIT))
		expect_same_payload(ev, back.event);
}

static void every_point_and_phase(void **state)
{
	enum evmcs_point point;

	(void)state;
	for (point = 0; point < PT_COUNT; point++) {
		bool is_note = point_class(point) == CLASS_NOTE;
		enum evmcs_phase phase = is_note ? PHASE_NOTE : PHASE_ENTER;

		for (; phase <= (is_note ? PHASE_NOTE : PHASE_EXIT); phase++) {
			struct event ev = sample(point, phase);

			if (has_payload(point, phase))
				fill_payload(&ev);
			round_trip_event(&ev);
		}
	}
}

static void extreme_numbers(void **state)
{
	struct event ev = sample(PT_MAP, PHASE_ENTER);

	(void)state;
	ev.seq = ev.t_ns = ev.exits = INT64_MAX;
	ev.evmptr = ev.vmptr = 0;
	ev.vm = ev.pid = ev.tid = ev.cpu = UINT32_MAX;
	ev.vcpu = INT32_MAX;
	ev.access.gpa = GPA_UNKNOWN;
	ev.access.len = INT64_MAX;
	round_trip_event(&ev);
	ev = sample(PT_MAP, PHASE_EXIT);
	ev.ret = INT64_MIN;
	round_trip_event(&ev);
	ev.ret = INT64_MAX;
	ev.vcpu = VCPU_NONE;
	ev.ioctl = 0xdeadbeef; /* not in the table */
	round_trip_event(&ev);
	ev.ioctl = 0;
	round_trip_event(&ev);
}

static void state_that_is_not_known(void **state)
{
	struct event ev = sample(PT_MAP, PHASE_EXIT);

	(void)state;
	ev.flags = REC_VCPU_STATE;
	ev.evmptr = ev.vmptr = UINT64_MAX;
	round_trip_event(&ev);
	ev.flags = 0;
	ev.exits = 0;
	round_trip_event(&ev);
	ev = sample(PT_SET_STATE, PHASE_ENTER);
	fill_payload(&ev);
	ev.flags &= ~(uint32_t)REC_HAS_EVMCS_PA;
	ev.nested.evmcs_pa = 0;
	round_trip_event(&ev);
}

static void header_round_trip(void **state)
{
	struct trace_header h = {
		.schema_major = TRACE_SCHEMA_MAJOR,
		.schema_minor = 17,
		.tool = "tool \"x\"",
		.kernel = "6.1.0\\1",
		.host = "h\303\266st",
		.boot_id = "0a-1b",
		.srcversion = "ABC",
		.build_id = { "0123456789abcdef", "", "ff" },
		.run = "0a1b0000-ffffffffffffffff",
		.continues = { 2, 1042, INT64_MAX, 9 },
		.wall_ns = 1712345678123456000,
		.mono_ns = UINT64_MAX,
		.filter_pid = 4194304,
		.filter_vcpu = -1,
		.nr_probes = PT_COUNT,
	};
	struct trace_item item = { .type = ITEM_HEADER, .header = &h }, back;
	int i;

	(void)state;
	for (i = 0; i < PT_COUNT; i++) {
		h.probes[i].point = i;
		h.probes[i].needed = i & 1;
		h.probes[i].attached = i & 2;
		snprintf(h.probes[i].function, sizeof(h.probes[i].function), "f%d", i);
		snprintf(h.probes[i].reason, sizeof(h.probes[i].reason), "why\n%d", i);
	}
	round_trip(&item, &back);
	assert_memory_equal(back.header, &h, sizeof(h));
}

static void footer_round_trip(void **state)
{
	struct trace_footer f = { .t_ns = 5,
				  .events = 6,
				  .reason = "command exited",
				  .has_command = 1,
				  .command_status = 255,
				  .tracking_lost = 8 };
	struct trace_item item = { .type = ITEM_FOOTER, .footer = &f }, back;
	int i;

	(void)state;
	for (i = 0; i < PT_COUNT; i++)
		f.count[i] = (struct point_count){ (uint64_t)i, 2, INT64_MAX, 4 };
	round_trip(&item, &back);
	assert_memory_equal(back.footer, &f, sizeof(f));
	f.has_command = false;
	f.command_status = 0;
	round_trip(&item, &back);
	assert_memory_equal(back.footer, &f, sizeof(f));
}

static void vm_and_loss_round_trip(void **state)
{
	struct trace_item vm = { .type = ITEM_VM, .vm = { 4, 5, "qemu", NULL } }, back;
	struct trace_item lost = { .type = ITEM_LOSS, .loss = { 1, 2, LOSS_RING, 3 } };

	(void)state;
	round_trip(&vm, &back);
	assert_int_equal(back.vm.vm, 4);
	assert_int_equal(back.vm.pid, 5);
	assert_string_equal(back.vm.comm, "qemu");
	assert_null(back.vm.name);
	vm.vm.name = "web";
	round_trip(&vm, &back);
	assert_string_equal(back.vm.name, "web");
	for (; lost.loss.stage < LOSS_STAGE_COUNT; lost.loss.stage++) {
		round_trip(&lost, &back);
		assert_int_equal(back.loss.seq, 1);
		assert_int_equal(back.loss.t_ns, 2);
		assert_int_equal(back.loss.stage, lost.loss.stage);
		assert_int_equal(back.loss.count, 3);
	}
}

/* ---- strings from outside ---- */

static const struct {
	const char *in;
	const char *out;
} strings[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "quote\" back\\", "quote\" back\\" },
	{ "\033[31mred\a\b\177", "\033[31mred\a\b\177" },
	{ "line\nfeed\r\t", "line\nfeed\r\t" },
	{ "gr\303\274n", "gr\303\274n" },
	{ "bad\377\300", "bad??" },
	{ "cut\303", "cut?" },
	{ "\303\274 and \377", "?? and ?" },
	{ "\355\240\200", "???" }, /* a surrogate */
	{ "{\"a\":1}", "{\"a\":1}" },
};

/* One line each: no raw control character may end it early. */
static void strings_survive(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct trace_item vm = { .type = ITEM_VM,
					 .vm = { 1, 1, strings[i].in, strings[i].in } };
		struct event ev = sample(PT_SET_STATE, PHASE_ENTER);
		struct trace_item set = { .type = ITEM_EVENT, .event = &ev }, back;
		struct trace_header header = {};
		char *line;

		round_trip(&vm, &back);
		assert_string_equal(back.vm.comm, strings[i].out);
		assert_string_equal(back.vm.name, strings[i].out);
		ev.nr_stack = 1;
		ev.stack[0] = strings[i].in;
		snprintf(ev.nested.comm, sizeof(ev.nested.comm), "%s", strings[i].in);
		round_trip(&set, &back);
		assert_string_equal(back.event->stack[0], strings[i].out);
		assert_string_equal(back.event->nested.comm, strings[i].out);
		line = dump_item(&set, &header);
		assert_null(strpbrk(line, "\n\033\a\b\r\t"));
		free(line);
	}
}

static void strings_are_judged_as_live(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct trace t = trace_new();

		snprintf(t.s->a->nested.comm, RECORD_COMM_LEN, "%s", strings[i].in);
		name_vm(t.s, strings[i].in);
		set_enter(t.s, NESTED_EVMCS);
		reach(t.s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
		last(t.s)->nr_stack = 1;
		last(t.s)->stack[0] = strings[i].in;
		leave(t.s, PT_MAP, 0);
		set_leave(t.s, 0);
		run_deferred(t.s);
		footer(t.s);
		expect_same_as_live(&t);
		assert_int_equal(t.s->outcomes->verdict.kind, VERDICT_FAIL);
		trace_free(&t);
	}
}

/* ---- decoding errors ---- */

/* text with the first old in it become new. */
static char *replace(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);
	char *out = NULL;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) > 0);
	return out;
}

static int decode_text(const char *line)
{
	struct trace_item item;

	return decode_line(&decoded, line, strlen(line), &item);
}

static int decode_object(const json_t *o)
{
	char *line = json_dumps(o, JSON_COMPACT);
	int type = decode_text(line);

	free(line);
	return type;
}

/* Never read back, so they may be anything or missing. */
static bool is_unread(const char *key)
{
	return !strcmp(key, "ts") || !strcmp(key, "flag_names") || !strcmp(key, "crc32");
}

/* Read where they are; some are optional in some lines only. */
static bool is_optional(const json_t *root, const char *key)
{
	static const char *const keys[] = { "evmcs_pa", "state", "evmptr",	"untracked",
					    "stack",	"vmxon", "exit_reason", "memory_of",
					    "old_size", "run",	 "continues",	"continued",
					    "build_ids" };
	const char *point = json_string_value(json_object_get(root, "point"));
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i]))
			return true;
	if (!strcmp(key, "hva"))
		return !json_object_get(root, "memslot");
	if (!strcmp(key, "nested"))
		return point && !strcmp(point, "get-state");
	/* a count that is missing is zero */
	return json_object_get(root, "counts") && point_by_name(key) >= 0;
}

static bool is_nullable(const char *key)
{
	return !strcmp(key, "vcpu") || !strcmp(key, "clean_fields") || !strcmp(key, "ioctl") ||
	       !strcmp(key, "gpa") || !strcmp(key, "name") || !strcmp(key, "command_status");
}

static int spoiled; /* how many fields were tried: a check of the check */

static void expect_error(const json_t *root, const char *key, const char *how)
{
	spoiled++;
	if (decode_object(root) >= 0)
		fail_msg("%s %s is accepted", key, how);
	assert_true(decoded.error[0]);
}

static void spoil_value(json_t *root, json_t *o, const char *key, const json_t *old)
{
	json_t *const wrong[] = { json_true(),	 json_integer(-1),     json_real(1.5), json_array(),
				  json_object(), json_string("\x01?"), json_null() };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_object_set(o, key, wrong[i]);
		if (json_is_string(old) && json_is_string(wrong[i]) &&
		    (!strcmp(key, "comm") || !strcmp(key, "name") || !strcmp(key, "reason") ||
		     !strcmp(key, "tool") || !strcmp(key, "kernel") || !strcmp(key, "host") ||
		     !strcmp(key, "boot_id") || !strcmp(key, "kvm_intel") ||
		     !strcmp(key, "function") || !strcmp(key, "module") || !strcmp(key, "flavour")))
			continue; /* any string will do */
		if ((json_is_null(wrong[i]) && is_nullable(key)) ||
		    (json_is_boolean(old) && json_is_true(wrong[i])) ||
		    (json_is_array(old) && json_is_array(wrong[i]) && strcmp(key, "probes")) ||
		    ((!strcmp(key, "counts") || !strcmp(key, "build_ids")) &&
		     json_is_object(wrong[i])) ||
		    ((!strcmp(key, "ret") || !strcmp(key, "status")) &&
		     json_is_integer(wrong[i])) ||
		    (json_is_integer(old) && !strcmp(key, "vcpu") && json_is_integer(wrong[i]) &&
		     json_object_get(root, "filter")))
			continue; /* that is right */
		expect_error(root, key, "of another type");
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		json_decref(wrong[i]);
}

static void spoil_object(json_t *root, json_t *o);

static void spoil_member(json_t *root, json_t *o, const char *key, json_t *old)
{
	json_t *element;
	size_t i;

	if (is_unread(key))
		return;
	json_object_del(o, key);
	if (!is_optional(root, key))
		expect_error(root, key, "missing");
	else
		assert_true(decode_object(root) >= 0);
	spoil_value(root, o, key, old);
	json_object_set(o, key, old);
	/* what is in builds has the names of other members, and tests in test_lines */
	if (json_is_object(old) && strcmp(key, "build_ids") != 0)
		spoil_object(root, old);
	json_array_foreach (old, i, element)
		if (json_is_object(element))
			spoil_object(root, element);
}

/* Every member, one at a time, missing and wrong; then all is as before. */
static void spoil_object(json_t *root, json_t *o)
{
	char *keys[64];
	const char *key;
	json_t *value;
	int nr = 0, i;

	/* a key dies with its member */
	json_object_foreach (o, key, value)
		keys[nr++] = strdup(key);
	for (i = 0; i < nr; i++) {
		value = json_incref(json_object_get(o, keys[i]));
		spoil_member(root, o, keys[i], value);
		json_decref(value);
		free(keys[i]);
	}
	assert_int_equal(decode_object(root), LINE_ITEM);
}

static void spoil_line(const char *line)
{
	json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	assert_int_equal(decode_object(root), LINE_ITEM);
	spoil_object(root, root);
	json_decref(root);
}

static void spoil_item(const struct trace_item *item)
{
	struct trace_header header = {};
	char *line = dump_item(item, &header);

	spoil_line(line);
	free(line);
}

static void every_field_of_events(void **state)
{
	enum evmcs_point point;

	(void)state;
	spoiled = 0;
	for (point = 0; point < PT_COUNT; point++) {
		bool is_note = point_class(point) == CLASS_NOTE;
		enum evmcs_phase phase = is_note ? PHASE_NOTE : PHASE_ENTER;

		for (; phase <= (is_note ? PHASE_NOTE : PHASE_EXIT); phase++) {
			struct event ev = sample(point, phase);
			struct trace_item item = { .type = ITEM_EVENT, .event = &ev };

			if (has_payload(point, phase))
				fill_payload(&ev);
			spoil_item(&item);
		}
	}
	assert_true(spoiled > 5000);
}

static void every_field_of_the_rest(void **state)
{
	struct trace_footer f = { .has_command = true, .continued = true };
	struct trace_item items[] = {
		{ .type = ITEM_HEADER },
		{ .type = ITEM_VM, .vm = { 1, 1, "qemu", "web" } },
		{ .type = ITEM_LOSS, .loss = { 1, 2, LOSS_RING, 3 } },
		{ .type = ITEM_FOOTER, .footer = &f },
	};
	struct stream *s = stream_new();
	size_t i;

	(void)state;
	s->header.continues = (struct trace_continues){ 2, 3, 4, 5 };
	header_name_run(&s->header);
	items[0].header = &s->header;
	spoiled = 0;
	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		spoil_item(&items[i]);
	assert_true(spoiled > 300);
	stream_free(s);
}

static void numbers_out_of_range(void **state)
{
	static const char *const events[] = {
		"\"seq\":-1",
		"\"seq\":9223372036854775808",
		"\"vm\":4294967296",
		"\"vcpu\":-1",
		"\"vcpu\":2147483648",
		"\"pid\":-5",
		"\"ioctl\":\"0x100000000\"",
		"\"ioctl\":\"KVM_WARP\"",
		"\"ioctl\":\"0xAB\"",
		"\"ioctl\":\"0x\"",
		"\"ioctl\":\"12\"",
		"\"ioctl\":\"0x1 \"",
		"\"ret\":1e3",
		"\"phase\":\"note\"",
		"\"point\":\"ran\"",
	};
	struct event ev = sample(PT_UNMAP, PHASE_EXIT);
	struct trace_item item = { .type = ITEM_EVENT, .event = &ev };
	struct trace_header header = {};
	char *line = dump_item(&item, &header), text[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		size_t key = (size_t)(strchr(events[i], ':') - events[i] + 1);
		char *at;

		snprintf(text, sizeof(text), "%.*s", (int)key, events[i]);
		at = strstr(line, text);
		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - line), line, events[i],
			 at + key + strcspn(at + key, ",}"));
		assert_int_equal(decode_text(text), -EINVAL);
	}
	free(line);
}

/* Of a line with old, new in its place. */
static int decode_replaced(const struct trace_item *item, const char *old, const char *new)
{
	struct trace_header header = {};
	char *line = dump_item(item, &header), *text = replace(line, old, new);
	int type;

	assert_int_equal(decode_text(line), LINE_ITEM);
	type = decode_text(text);
	free(line);
	free(text);
	return type;
}

static void addresses_out_of_range(void **state)
{
	static const char *const wrong[] = { "\"0x10000000000000000\"",
					     "\"0x12345678123456789\"",
					     "\"0xAB\"",
					     "\"0xg\"",
					     "\"-0x1\"",
					     "\"0x\"",
					     "\"\"" };
	struct event ev = sample(PT_MAP, PHASE_EXIT);
	struct trace_item item = { .type = ITEM_EVENT, .event = &ev };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(decode_replaced(&item, "\"0x123000\"", wrong[i]), -EINVAL);
	assert_int_equal(decode_replaced(&item, "\"0x123000\"", "\"0xffffffffffffffff\""),
			 LINE_ITEM);
}

static void stacks_out_of_range(void **state)
{
	struct event ev = sample(PT_MAP, PHASE_ENTER);
	struct trace_item item = { .type = ITEM_EVENT, .event = &ev };

	(void)state;
	fill_payload(&ev);
	for (ev.nr_stack = 0; ev.nr_stack < EVENT_STACK_DEPTH; ev.nr_stack++)
		ev.stack[ev.nr_stack] = "f";
	round_trip_event(&ev);
	assert_int_equal(decode_replaced(&item, "[\"f\"", "[\"one too many\",\"f\""), -EINVAL);
	assert_int_equal(decode_replaced(&item, "[\"f\"", "[1"), -EINVAL);
}

static void probes_out_of_range(void **state)
{
	struct trace_header h = { .schema_major = TRACE_SCHEMA_MAJOR, .nr_probes = PT_COUNT };
	struct trace_item item = { .type = ITEM_HEADER, .header = &h };
	struct trace_item back;

	(void)state;
	round_trip(&item, &back);
	assert_int_equal(back.header->nr_probes, PT_COUNT);
	assert_int_equal(decode_replaced(&item, "\"probes\":[",
					 "\"probes\":[{\"point\":\"map\",\"needed\":true,"
					 "\"attached\":true,\"function\":\"\",\"module\":\"\","
					 "\"flavour\":\"\",\"reason\":\"\"},"),
			 -EINVAL);
}

static void lines_that_are_none(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"\n",
		"null",
		"1",
		"[]",
		"\"event\"",
		"{",
		"{}",
		"{\"type\":1}",
		"{\"type\":\"evnt\"}",
		"{\"type\":\"event\"",
		"{\"type\":\"loss\",\"type\":\"loss\"}",
		"{\"type\":\"restore\"} {}",
		"{\"type\":\"restore\",\"type\":\"restore\"}",
		"{\"type\":\"\\u0000\"}",
		"{\"type\":\"vm\"}}",
		"{\"type\":\"\377\"}",
		"{'type':'vm'}",
		"nan",
		"{\"type\":\"header\"}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(decode_text(lines[i]), -EINVAL);
		assert_true(decoded.error[0]);
	}
	assert_int_equal(decode_text("{\"type\":\"restore\"}"), LINE_DERIVED);
	assert_int_equal(decode_text("{\"type\":\"anomaly\",\"x\":[{}]}"), LINE_DERIVED);
}

static void deep_nesting(void **state)
{
	size_t depth = 200000;
	char *line = malloc(depth + 1);

	(void)state;
	memset(line, '[', depth);
	line[depth] = '\0';
	assert_int_equal(decode_text(line), -EINVAL);
	free(line);
}

/* ---- the file as a whole ---- */

/* Gives a forged text the checksum that it should have; len is up to its key. */
static void reseal_at(char *text, size_t len)
{
	char digits[16];

	len += strlen(TRACE_CRC_KEY);
	snprintf(digits, sizeof(digits), "%08lx",
		 crc32(crc32(0, NULL, 0), (const Bytef *)text, (uInt)len));
	memcpy(text + len, digits, TRACE_CRC_DIGITS);
}

static char *reseal(char *text)
{
	const char *at = strstr(text, TRACE_CRC_KEY);

	assert_non_null(at);
	reseal_at(text, (size_t)(at - text));
	return text;
}

static void expect_status(char *text, int status, const char *message)
{
	char *said;

	assert_int_equal(status_of_text(text, &said), status);
	if (message && !strstr(said, message))
		fail_msg("'%s' is not in: %s", message, said);
	free(said);
	free(text);
}

static char *forge(const char *old, const char *new)
{
	char *text = text_of_story("deferred"), *forged = replace(text, old, new);

	free(text);
	return reseal(forged);
}

/* First of all: what the others forge from does pass, and resealing is right. */
static void unforged(void **state)
{
	char *text = text_of_story("deferred");

	(void)state;
	assert_int_equal(status_of_text(text, NULL), STATUS_PASS);
	reseal(text);
	expect_status(text, STATUS_PASS, NULL);
}

static void unknown_fields_are_ignored(void **state)
{
	(void)state;
	expect_status(forge("{\"type\":\"header\"", "{\"new\":[{\"x\":1}],\"type\":\"header\""),
		      STATUS_PASS, NULL);
	expect_status(forge("{\"type\":\"event\"", "{\"new\":null,\"type\":\"event\""), STATUS_PASS,
		      NULL);
	expect_status(forge("\"access\":{", "\"access\":{\"new\":0.5,"), STATUS_PASS, NULL);
	expect_status(forge("{\"type\":\"footer\"", "{\"new\":true,\"type\":\"footer\""),
		      STATUS_PASS, NULL);
	expect_status(forge("evmcs-trace/1.7", "evmcs-trace/1.99"), STATUS_PASS, NULL);
}

static void unknown_names_are_malformed(void **state)
{
	(void)state;
	expect_status(forge("\"point\":\"state-pages\"", "\"point\":\"warp-drive\""),
		      STATUS_MALFORMED, "warp-drive");
	expect_status(forge("\"purpose\":\"evmcs\"", "\"purpose\":\"fun\""), STATUS_MALFORMED,
		      "which this version does not know");
	expect_status(forge("\"map\":{\"hits\"", "\"mop\":{\"hits\""), STATUS_MALFORMED,
		      "\"counts\"");
	expect_status(forge("{\"type\":\"vm\"", "{\"type\":\"tm\""), STATUS_MALFORMED, "line 2:");
}

static void other_schemas_are_malformed(void **state)
{
	static const char *const schemas[] = { "evmcs-trace/2.0", "evmcs-trace/0.9",
					       "evmcs-trace/1",	  "evmcs-trace/1.0x",
					       "other/1.0",	  "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
		expect_status(forge("evmcs-trace/1.7", schemas[i]), STATUS_MALFORMED, "line 1:");
}

static void times_that_are_none(void **state)
{
	static const char *const times[] = {
		"2023-11-14T22:13:20.000000",  "2023-11-14T22:13:20Z",
		"2023-11-14 22:13:20.000000Z", "2023-13-14T22:13:20.000000Z",
		"2023-11-14T22:13:20.00000Z",  "now"
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		expect_status(forge("2023-11-14T22:13:20.000000Z", times[i]), STATUS_MALFORMED,
			      "\"wall\"");
}

/* The n-th line (from 0) of text, with its newline; NULL after the last. */
static const char *line_at(const char *text, int n, size_t *len)
{
	while (n-- && text)
		text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
	if (!text || !*text)
		return NULL;
	*len = strcspn(text, "\n") + 1;
	return text;
}

/* text with copies of line n put before line at, and line n taken out if move. */
static char *with_line(const char *text, int n, int before, bool move)
{
	const char *line, *copied;
	char *out = NULL;
	size_t len, n_len, size;
	FILE *f = open_memstream(&out, &size);
	int i;

	copied = line_at(text, n, &n_len);
	for (i = 0; (line = line_at(text, i, &len)); i++) {
		if (i == before)
			fwrite(copied, 1, n_len, f);
		if (i != n || !move)
			fwrite(line, 1, len, f);
	}
	if (before >= i)
		fwrite(copied, 1, n_len, f);
	fclose(f);
	return out;
}

static int nr_lines(const char *text)
{
	size_t len;
	int n = 0;

	while (line_at(text, n, &len))
		n++;
	return n;
}

static void second_header(void **state)
{
	char *text = text_of_story("deferred");

	(void)state;
	expect_status(reseal(with_line(text, 0, 3, false)), STATUS_MALFORMED, "a second header");
	free(text);
}

static void header_not_first(void **state)
{
	char *text = text_of_story("deferred");

	(void)state;
	expect_status(reseal(with_line(text, 0, 2, true)), STATUS_MALFORMED,
		      "line 1: the first line is not a header");
	free(text);
}

static void derived_before_header(void **state)
{
	char *text = text_of_story("deferred"), *all = NULL;

	(void)state;
	assert_true(asprintf(&all, "{\"type\":\"restore\"}\n%s", text) > 0);
	expect_status(reseal(all), STATUS_MALFORMED, "the first line is not a header");
	free(text);
}

/* Each line after the header twice, and each left out: also with a checksum. */
static void gaps_and_repetitions(void **state)
{
	char *text = text_of_story("deferred");
	int n = nr_lines(text), i;

	(void)state;
	for (i = 1; i < n - 1; i++) {
		size_t len;
		const char *line = line_at(text, i, &len);

		if (strncmp(line, "{\"type\":\"event\"", 15))
			continue;
		expect_status(reseal(with_line(text, i, i, false)), STATUS_MALFORMED,
			      "\"seq\" has a gap");
		expect_status(reseal(with_line(text, i, n, true)), STATUS_MALFORMED, NULL);
	}
	free(text);
}

/* Lines that a model added. */
static bool is_derived(const char *text, int n)
{
	const char *line;
	size_t len;

	line = line_at(text, n, &len);
	return !strncmp(line, "{\"type\":\"restore\"", 17) ||
	       !strncmp(line, "{\"type\":\"anomaly\"", 17);
}

/* Lines moved, doubled or missing never pass under the old checksum. */
static void lines_are_sealed(void **state)
{
	char *text = text_of_story("deferred"), *forged;
	int n = nr_lines(text), i, j;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = 0; j <= n; j++) {
			if (j != i && j != i + 1) {
				forged = with_line(text, i, j, true);
				assert_int_not_equal(status_of_text(forged, NULL), STATUS_PASS);
				free(forged);
			}
			if (j == n && is_derived(text, i))
				continue; /* says nothing, so it may follow the footer */
			forged = with_line(text, i, j, false);
			assert_int_not_equal(status_of_text(forged, NULL), STATUS_PASS);
			free(forged);
		}
	free(text);
}

/* Of a trace that ends with its footer, each line once more after it. */
static void something_after_the_footer(void **state)
{
	char *text = text_of_story("deferred");
	int n = nr_lines(text), i;

	(void)state;
	for (i = 0; i < n; i++)
		if (!is_derived(text, i))
			expect_status(with_line(text, i, n, false), STATUS_MALFORMED,
				      "something follows the footer");
	free(text);
}

/* Also what a model added: it stands before the footer, under its checksum. */
static void derived_after_the_footer(void **state)
{
	char *text = text_of_story("direct");
	int n = nr_lines(text), i, tried = 0;

	(void)state;
	for (i = 0; i < n; i++) {
		if (!is_derived(text, i))
			continue;
		tried++;
		expect_status(with_line(text, i, n, false), STATUS_MALFORMED,
			      "something follows the footer");
	}
	assert_int_equal(tried, 2);
	free(text);
}

/* An anomaly that is only found at the end (a blocked access) comes too late. */
static void footer_is_the_last_line(void **state)
{
	struct trace t = trace_new();
	char *text, *footer_line;
	size_t len;

	(void)state;
	set_enter(t.s, NESTED_GUEST_MODE);
	reach(t.s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	footer(t.s);
	expect_same_as_live(&t);
	assert_int_equal(t.s->outcomes->verdict.kind, VERDICT_FAIL);
	text = slurp(t.fd, &len);
	footer_line = strstr(text, "{\"type\":\"footer\"");
	assert_non_null(footer_line);
	assert_int_equal(strcspn(footer_line, "\n"), strlen(footer_line) - 1);
	free(text);
	trace_free(&t);
}

/* A probe whose reason is no UTF-8 must not vanish from the header. */
static void header_with_any_strings(void **state)
{
	struct trace_header h = { .schema_major = TRACE_SCHEMA_MAJOR, .nr_probes = 1 };
	struct trace_item item = { .type = ITEM_HEADER, .header = &h }, back;

	(void)state;
	snprintf(h.host, sizeof(h.host), "\377");
	h.probes[0].needed = true;
	snprintf(h.probes[0].reason, sizeof(h.probes[0].reason), "bad \377");
	round_trip(&item, &back);
	assert_string_equal(back.header->host, "?");
	assert_int_equal(back.header->nr_probes, 1);
	assert_string_equal(back.header->probes[0].reason, "bad ?");
}

static void garbage_after_the_footer(void **state)
{
	static const char *const tails[] = { "\n", "x\n", "{}\n", "{\"type\":\"x\"}\n" };
	char *text = text_of_story("deferred"), *longer = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		assert_true(asprintf(&longer, "%s%s", text, tails[i]) > 0);
		expect_status(longer, STATUS_MALFORMED, NULL);
	}
	free(text);
}

static void wrong_checksums(void **state)
{
	char *text = text_of_story("deferred"), *bad;

	(void)state;
	bad = strdup(text);
	strcpy(strstr(bad, TRACE_CRC_KEY) + strlen(TRACE_CRC_KEY), "00000000\"}\n");
	expect_status(bad, STATUS_MALFORMED, "the checksum does not match");
	bad = strdup(text);
	strcpy(strstr(bad, TRACE_CRC_KEY) - 1, "}\n");
	expect_status(bad, STATUS_MALFORMED, "the checksum does not match");
	expect_status(replace(text, "\"host\":\"host\"", "\"host\":\"hosd\""), STATUS_MALFORMED,
		      "the checksum does not match");
	free(text);
}

static void wrong_number_of_events(void **state)
{
	char *text = text_of_story("native-l1");

	(void)state;
	assert_non_null(strstr(text, "\"events\":3,"));
	expect_status(reseal(replace(text, "\"events\":3,", "\"events\":4,")), STATUS_MALFORMED,
		      "the footer counts other events");
	free(text);
}

/* What a model is said to have concluded is never believed. */
static void derived_lines_are_not_believed(void **state)
{
	char *text = text_of_story("direct"), *forged;

	(void)state;
	forged = replace(text, "\"verdict\":\"fail\"", "\"verdict\":\"pass\"");
	expect_status(reseal(forged), STATUS_FAIL, NULL);
	forged = replace(text, "{\"type\":\"anomaly\"",
			 "{\"type\":\"restore\",\"x\":1,\"was\":\"a\"");
	expect_status(reseal(forged), STATUS_FAIL, NULL);
	free(text);
}

static void files_that_are_no_traces(void **state)
{
	(void)state;
	expect_status(strdup(""), STATUS_MALFORMED, "there is no trace in it");
	expect_status(strdup("\n"), STATUS_MALFORMED, "line 1:");
	expect_status(strdup("hello\n"), STATUS_MALFORMED, "line 1: not a JSON object");
	expect_status(strdup("hello"), STATUS_MALFORMED, "there is no trace in it");
	stderr_off();
	assert_int_equal(file_source_run("/", pipeline_item, NULL), -EISDIR);
	assert_int_equal(file_source_run("/no/such/trace", pipeline_item, NULL), -ENOENT);
	free(stderr_on());
}

static void bytes_that_are_no_text(void **state)
{
	struct trace t = trace_new();
	struct rng r = { .state = 3 };
	char bytes[512];
	size_t i;
	int n;

	(void)state;
	stderr_off();
	for (n = 0; n < 200; n++) {
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)rng_next(&r);
		put_text(&t, bytes, sizeof(bytes));
		assert_int_equal(status_of(t.path), STATUS_MALFORMED);
	}
	free(stderr_on());
	trace_free(&t);
}

/* 5 MiB without a newline, as /dev/zero has more of: not read until memory ends. */
static void a_line_that_does_not_end(void **state)
{
	char *text = malloc((5 << 20) + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', 5 << 20);
	text[5 << 20] = '\0';
	expect_status(text, STATUS_MALFORMED, "longer than any line of a trace");
}

static size_t longest_line(const char *text)
{
	size_t longest = 0, len;

	for (; *text; text += len + 1) {
		len = strcspn(text, "\n");
		longest = len > longest ? len : longest;
	}
	return longest;
}

/* All accesses that are kept of a restore, and all stacks, of the longest names. */
static void the_longest_restore(void **state)
{
	char name[112], *text;
	struct trace t = trace_new();
	size_t len;
	int i, j;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	set(t.s, 0);
	in_ioctl(t.s, KVM_GET_MP_STATE);
	for (i = 0; i < RESTORE_MAX_ACCESSES; i++) {
		reach(t.s, PT_READ_GUEST, PURPOSE_UNKNOWN, UINT64_MAX - 1);
		last(t.s)->nr_stack = EVENT_STACK_DEPTH;
		for (j = 0; j < EVENT_STACK_DEPTH; j++)
			last(t.s)->stack[j] = name;
		leave(t.s, PT_READ_GUEST, 0);
	}
	for (i = 0; i < RESTORE_MAX_MEMSLOTS; i++)
		memslot(t.s, UINT32_MAX, UINT64_MAX, UINT64_MAX);
	ran(t.s);
	footer(t.s);
	expect_same_as_live(&t);
	text = slurp(t.fd, &len);
	/* what file.c takes for a line of a trace is ten times as long */
	assert_in_range(longest_line(text), 300000, 420000);
	free(text);
	trace_free(&t);
}

/* A pid that is no Linux's, but that the schema allows. */
static void the_largest_filter(void **state)
{
	struct trace t = trace_new();

	(void)state;
	t.s->header.filter_pid = UINT32_MAX;
	stories[2].tell(t.s);
	footer(t.s);
	expect_same_as_live(&t);
	trace_free(&t);
}

static int stop_at_event(void *ctx, const struct trace_item *item)
{
	int *items = ctx;

	++*items;
	return item->type == ITEM_EVENT ? -ECANCELED : 0;
}

/* What the taker of items answers ends the source. */
static void errors_come_back(void **state)
{
	char *text = text_of_story("native-l1");
	struct trace t = trace_new();
	int items = 0;

	(void)state;
	put_text(&t, text, strlen(text));
	assert_int_equal(file_source_run(t.path, stop_at_event, &items), -ECANCELED);
	assert_int_equal(items, 2);
	free(text);
	trace_free(&t);
}

/* ---- cut and flipped ---- */

struct answers {
	int same;
	int inconclusive;
	int malformed;
};

/* One that was damaged: as before, or 5, or 65; and a pass is never a gift. */
static void take_answer(struct answers *a, int status, int before, size_t where)
{
	if (status == before)
		a->same++;
	else if (status == STATUS_INCONCLUSIVE)
		a->inconclusive++;
	else if (status == STATUS_MALFORMED)
		a->malformed++;
	else
		fail_msg("damaged at %zu, answered with %d instead of %d", where, status, before);
}

static struct answers cut_everywhere(const char *name, int before)
{
	char *text = text_of_story(name);
	size_t len = strlen(text), at;
	struct trace t = trace_new();
	struct answers a = {};

	put_text(&t, text, len);
	stderr_off();
	assert_int_equal(status_of(t.path), before);
	for (at = len; at-- > 0;) {
		assert_int_equal(ftruncate(t.fd, (off_t)at), 0);
		take_answer(&a, status_of(t.path), before, at);
	}
	free(stderr_on());
	free(text);
	trace_free(&t);
	return a;
}

/* The last newline can be spared, for the checksum is whole; nothing else can. */
static void passing_trace_cut_at_every_byte(void **state)
{
	struct answers a = cut_everywhere("deferred", STATUS_PASS);

	(void)state;
	assert_int_equal(a.same, 1);
	assert_true(a.inconclusive > 1000);
	assert_true(a.malformed > 100); /* in the header */
}

static void failing_trace_cut_at_every_byte(void **state)
{
	struct answers a = cut_everywhere("direct", STATUS_FAIL);

	(void)state;
	assert_true(a.same > 1000);
	assert_true(a.inconclusive > 500);
	assert_true(a.malformed > 100);
}

/* Without the counts that are zero, which say nothing: every bit costs a run. */
static char *small_text_of_story(const char *name)
{
	static const char zero[] = ":{\"hits\":0,\"written\":0,\"lost\":0,\"missed\":0}";
	char *text = text_of_story(name), *end, *start;

	while ((end = strstr(text, zero))) {
		start = end - 1;
		while (*--start != '"')
			;
		end += strlen(zero);
		if (*end == ',')
			end++;
		else
			start--;
		memmove(start, end, strlen(end) + 1);
	}
	return reseal(text);
}

static struct answers flip_everything(const char *name, int before)
{
	char *text = small_text_of_story(name);
	size_t len = strlen(text), bit;
	struct trace t = trace_new();
	struct answers a = {};

	put_text(&t, text, len);
	stderr_off();
	for (bit = 0; bit < len * 8; bit++) {
		char byte = (char)(text[bit / 8] ^ (1 << bit % 8));

		assert_int_equal(pwrite(t.fd, &byte, 1, (off_t)(bit / 8)), 1);
		take_answer(&a, status_of(t.path), before, bit / 8);
		assert_int_equal(pwrite(t.fd, text + bit / 8, 1, (off_t)(bit / 8)), 1);
	}
	assert_int_equal(status_of(t.path), before);
	free(stderr_on());
	free(text);
	trace_free(&t);
	return a;
}

static void passing_trace_with_every_bit_flipped(void **state)
{
	struct answers a = flip_everything("native-l1", STATUS_PASS);

	(void)state;
	assert_int_equal(a.same, 0); /* no pass that was not earned */
	assert_true(a.malformed > 10000);
}

static void failing_trace_with_every_bit_flipped(void **state)
{
	struct answers a = flip_everything("read-in-set", STATUS_FAIL);

	(void)state;
	assert_true(a.malformed > 10000);
}

/* A few bytes at a time. */
static void random_damage(void **state)
{
	char *text = text_of_story("deferred"), *bad;
	size_t len = strlen(text);
	struct trace t = trace_new();
	struct rng r = { .state = 9 };
	int i, j;

	(void)state;
	stderr_off();
	for (i = 0; i < 2000; i++) {
		bad = strdup(text);
		for (j = 0; j < 4; j++)
			bad[rng_below(&r, (unsigned int)len)] ^= (char)(1 + rng_below(&r, 255));
		if (memcmp(bad, text, len)) {
			put_text(&t, bad, len);
			assert_int_not_equal(status_of(t.path), STATUS_PASS);
		}
		free(bad);
	}
	free(stderr_on());
	free(text);
	trace_free(&t);
}

/* Damage that comes with the right checksum may mislead, but not crash. */
static void resealed_damage_does_not_crash(void **state)
{
	char *text = text_of_story("direct"), *bad;
	size_t sealed = (size_t)(strstr(text, TRACE_CRC_KEY) - text), len = strlen(text);
	struct trace t = trace_new();
	struct rng r = { .state = 10 };
	int judged = 0, i;

	(void)state;
	stderr_off();
	for (i = 0; i < 20000; i++) {
		char *byte;

		bad = strdup(text);
		byte = &bad[rng_below(&r, (unsigned int)sealed)];
		/* a digit for a digit keeps the syntax */
		*byte = *byte >= '0' && *byte <= '9' ? (char)('0' + rng_below(&r, 10))
						     : (char)(*byte ^ (1 << rng_below(&r, 7)));
		reseal_at(bad, sealed);
		put_text(&t, bad, len);
		judged += status_of(t.path) != STATUS_MALFORMED;
		free(bad);
	}
	free(stderr_on());
	assert_true(judged > 1000);
	free(text);
	trace_free(&t);
}

/* A test that failed while stderr was off: say why after all. */
static int loud_again(void **state)
{
	(void)state;
	stderr_restore();
	return 0;
}

static int decoded_teardown(void **state)
{
	(void)state;
	decoded_release(&decoded);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, loud_again)

static const struct CMUnitTest tests[] = {
	TEST(stories_are_judged_as_live),
	TEST(random_stories_are_judged_as_live),
	TEST(any_events_are_judged_as_live),
	TEST(derived_lines_are_what_was_concluded),
	TEST(open_restore_is_not_in_the_trace),
	TEST(restore_without_entry_is_in_the_trace),
	TEST(dumped_as_by_jansson),
	TEST(every_point_and_phase),
	TEST(extreme_numbers),
	TEST(state_that_is_not_known),
	TEST(header_round_trip),
	TEST(footer_round_trip),
	TEST(vm_and_loss_round_trip),
	TEST(strings_survive),
	TEST(strings_are_judged_as_live),
	TEST(every_field_of_events),
	TEST(every_field_of_the_rest),
	TEST(numbers_out_of_range),
	TEST(addresses_out_of_range),
	TEST(stacks_out_of_range),
	TEST(probes_out_of_range),
	TEST(lines_that_are_none),
	TEST(deep_nesting),
	TEST(unforged),
	TEST(unknown_fields_are_ignored),
	TEST(unknown_names_are_malformed),
	TEST(other_schemas_are_malformed),
	TEST(times_that_are_none),
	TEST(second_header),
	TEST(header_not_first),
	TEST(derived_before_header),
	TEST(gaps_and_repetitions),
	TEST(lines_are_sealed),
	TEST(something_after_the_footer),
	TEST(derived_after_the_footer),
	TEST(footer_is_the_last_line),
	TEST(header_with_any_strings),
	TEST(garbage_after_the_footer),
	TEST(wrong_checksums),
	TEST(wrong_number_of_events),
	TEST(derived_lines_are_not_believed),
	TEST(files_that_are_no_traces),
	TEST(bytes_that_are_no_text),
	TEST(a_line_that_does_not_end),
	TEST(the_longest_restore),
	TEST(the_largest_filter),
	TEST(errors_come_back),
	TEST(passing_trace_cut_at_every_byte),
	TEST(failing_trace_cut_at_every_byte),
	TEST(passing_trace_with_every_bit_flipped),
	TEST(failing_trace_with_every_bit_flipped),
	TEST(random_damage),
	TEST(resealed_damage_does_not_crash),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, decoded_teardown);
}
