/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Strict where a verdict depends on it: a known field of the wrong type, or a
 * missing one, is an error. Unknown fields are ignored (additive minors).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/names.h"
#include "model/run.h"
#include "trace/format.h"
#include "trace/quick.h"

#define NSEC_PER_SEC 1000000000ULL

/* A line that is being read: the first error wins, the rest is skipped over. */
struct reader {
	struct decoded *d;
	bool failed;
};

static void fail(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->failed)
		return;
	r->failed = true;
	va_start(ap, fmt);
	vsnprintf(r->d->error, sizeof(r->d->error), fmt, ap);
	va_end(ap);
}

static const char *get_text(struct reader *r, const json_t *o, const char *key)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_string(j)) {
		fail(r, "\"%s\" is not a string", key);
		return "";
	}
	return json_string_value(j);
}

static void copy_text(struct reader *r, const json_t *o, const char *key, char *out, size_t size)
{
	snprintf(out, size, "%s", get_text(r, o, key));
}

static int64_t get_int(struct reader *r, const json_t *o, const char *key, int64_t min, int64_t max)
{
	const json_t *j = json_object_get(o, key);
	int64_t value = json_integer_value(j);

	if (!json_is_integer(j) || value < min || value > max) {
		fail(r, "\"%s\" is not a number in its range", key);
		return 0;
	}
	return value;
}

static uint64_t get_count(struct reader *r, const json_t *o, const char *key)
{
	return (uint64_t)get_int(r, o, key, 0, INT64_MAX);
}

static uint32_t get_u32(struct reader *r, const json_t *o, const char *key)
{
	return (uint32_t)get_int(r, o, key, 0, UINT32_MAX);
}

static bool get_bool(struct reader *r, const json_t *o, const char *key)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_boolean(j))
		fail(r, "\"%s\" is not true or false", key);
	return json_is_true(j);
}

static bool parse_hex(const char *s, uint64_t *value)
{
	char *end;

	if (strncmp(s, "0x", 2) || !s[2] || strspn(s + 2, "0123456789abcdef") != strlen(s + 2))
		return false;
	errno = 0;
	*value = strtoull(s, &end, 16);
	return !errno && !*end;
}

static uint64_t get_hex(struct reader *r, const json_t *o, const char *key, uint64_t max)
{
	uint64_t value = 0;

	if (!parse_hex(get_text(r, o, key), &value) || value > max)
		fail(r, "\"%s\" is not a hex string in its range", key);
	return value;
}

/* null stands for an address that is not known */
static uint64_t get_gpa(struct reader *r, const json_t *o, const char *key)
{
	if (json_is_null(json_object_get(o, key)))
		return GPA_UNKNOWN;
	return get_hex(r, o, key, UINT64_MAX);
}

static int get_name(struct reader *r, const json_t *o, const char *key,
		    int (*by_name)(const char *))
{
	const char *name = get_text(r, o, key);
	int value = by_name(name);

	if (value < 0) {
		fail(r, "\"%s\" is \"%.40s\", which this version does not know", key, name);
		return 0;
	}
	return value;
}

static const json_t *get_object(struct reader *r, const json_t *o, const char *key)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_object(j))
		fail(r, "\"%s\" is not an object", key);
	return j;
}

/* ---- header ---- */

static void read_schema(struct reader *r, const json_t *o, struct trace_header *h)
{
	const char *schema = get_text(r, o, "schema");
	char tail;

	if (sscanf(schema, "evmcs-trace/%d.%d%c", &h->schema_major, &h->schema_minor, &tail) != 2)
		fail(r, "\"schema\" is not that of an evmcs-trace trace");
	else if (h->schema_major != TRACE_SCHEMA_MAJOR)
		fail(r, "the trace has schema %d, this program reads %d", h->schema_major,
		     TRACE_SCHEMA_MAJOR);
}

static uint64_t read_wall(struct reader *r, const json_t *o)
{
	const char *s = get_text(r, o, "wall");
	struct tm tm = {};
	unsigned int usec = 0;
	char *rest;

	rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest || strlen(rest) != 8 || sscanf(rest, ".%6uZ", &usec) != 1 || rest[7] != 'Z') {
		fail(r, "\"wall\" is not a time in UTC with six digits");
		return 0;
	}
	return (uint64_t)timegm(&tm) * NSEC_PER_SEC + usec * 1000ULL;
}

static void read_probe(struct reader *r, const json_t *o, struct probe_fact *p)
{
	p->point = get_name(r, o, "point", point_by_name);
	p->needed = get_bool(r, o, "needed");
	p->attached = get_bool(r, o, "attached");
	copy_text(r, o, "function", p->function, sizeof(p->function));
	copy_text(r, o, "module", p->module, sizeof(p->module));
	copy_text(r, o, "flavour", p->flavour, sizeof(p->flavour));
	copy_text(r, o, "reason", p->reason, sizeof(p->reason));
}

static void read_run(struct reader *r, const json_t *o, struct trace_header *h)
{
	/* since 1.4 */
	if (json_object_get(o, "run")) {
		copy_text(r, o, "run", h->run, sizeof(h->run));
		if (!run_is_valid(h->run))
			fail(r, "\"run\" is not the name of a run");
	}
	header_name_run(h);
}

/* Since 1.5. Files are looked for by what is in it: it must be what it says. */
static void read_builds(struct reader *r, const json_t *o, struct trace_header *h)
{
	const json_t *builds;
	size_t len;
	int i;

	if (!json_object_get(o, "build_ids"))
		return;
	builds = get_object(r, o, "build_ids");
	for (i = 0; i < OBJECT_COUNT; i++) {
		if (!json_object_get(builds, object_name(i)))
			continue;
		copy_text(r, builds, object_name(i), h->build_id[i], sizeof(h->build_id[i]));
		len = json_string_length(json_object_get(builds, object_name(i)));
		if (!len || len % 2 || len > BUILD_ID_DIGITS ||
		    strspn(h->build_id[i], "0123456789abcdef") != len)
			fail(r, "\"%s\" is not a build-id", object_name(i));
	}
}

/* Since 1.4, of all files of a stream but the first. */
static void read_continues(struct reader *r, const json_t *o, struct trace_continues *c)
{
	const json_t *j;

	if (!json_object_get(o, "continues"))
		return;
	j = get_object(r, o, "continues");
	c->segment = (uint64_t)get_int(r, j, "segment", 2, INT64_MAX);
	c->seq = (uint64_t)get_int(r, j, "seq", 1, INT64_MAX);
	c->restore = (uint64_t)get_int(r, j, "restore", 1, INT64_MAX);
	c->save = (uint64_t)get_int(r, j, "save", 1, INT64_MAX);
}

static void read_header(struct reader *r, const json_t *o, struct trace_item *item)
{
	struct trace_header *h = &r->d->header;
	const json_t *probes = json_object_get(o, "probes"), *probe, *clock, *filter;
	size_t i;

	memset(h, 0, sizeof(*h));
	item->type = ITEM_HEADER;
	item->header = h;
	read_schema(r, o, h);
	copy_text(r, o, "tool", h->tool, sizeof(h->tool));
	copy_text(r, o, "kernel", h->kernel, sizeof(h->kernel));
	copy_text(r, o, "host", h->host, sizeof(h->host));
	copy_text(r, o, "boot_id", h->boot_id, sizeof(h->boot_id));
	copy_text(r, o, "kvm_intel", h->srcversion, sizeof(h->srcversion));
	clock = get_object(r, o, "clock");
	h->wall_ns = read_wall(r, clock);
	h->mono_ns = get_hex(r, clock, "mono_ns", UINT64_MAX);
	read_run(r, o, h);
	read_continues(r, o, &h->continues);
	read_builds(r, o, h);
	filter = get_object(r, o, "filter");
	h->filter_pid = get_u32(r, filter, "pid");
	h->filter_vcpu = (int32_t)get_int(r, filter, "vcpu", -1, INT32_MAX);
	if (!json_is_array(probes) || !json_array_size(probes) ||
	    json_array_size(probes) > PT_COUNT)
		fail(r, "\"probes\" is not the list of probes");
	json_array_foreach ((json_t *)probes, i, probe) {
		if (r->failed)
			return;
		read_probe(r, probe, &h->probes[h->nr_probes++]);
	}
}

/* ---- events ---- */

static void read_nested(struct reader *r, const json_t *o, struct event *ev)
{
	const json_t *n = get_object(r, o, "nested");

	ev->nested.flags = get_hex(r, n, "flags", UINT16_MAX);
	ev->nested.format = get_int(r, n, "format", 0, UINT16_MAX);
	ev->nested.size = get_u32(r, n, "size");
	ev->nested.vmxon_pa = get_hex(r, n, "vmxon_pa", UINT64_MAX);
	ev->nested.vmcs12_pa = get_hex(r, n, "vmcs12_pa", UINT64_MAX);
	ev->nested.smm_flags = get_hex(r, n, "smm_flags", UINT16_MAX);
	ev->nested.hdr_flags = get_hex(r, n, "hdr_flags", UINT32_MAX);
	if (!json_object_get(n, "evmcs_pa"))
		return;
	ev->flags |= REC_HAS_EVMCS_PA;
	ev->nested.evmcs_pa = get_hex(r, n, "evmcs_pa", UINT64_MAX);
}

static void read_access(struct reader *r, const json_t *o, struct event *ev)
{
	const json_t *a = get_object(r, o, "access");

	ev->access.gpa = get_gpa(r, a, "gpa");
	ev->access.len = get_count(r, a, "len");
	ev->access.purpose = get_name(r, a, "purpose", purpose_by_name);
	if (json_object_get(a, "hva"))
		ev->access.hva = get_hex(r, a, "hva", UINT64_MAX);
}

static void read_exit(struct reader *r, const json_t *o, struct event *ev)
{
	const json_t *e = get_object(r, o, "exit");

	ev->exit.reason = get_hex(r, e, "reason", UINT32_MAX);
	ev->exit.intr_info = get_hex(r, e, "intr_info", UINT32_MAX);
	ev->exit.qualification = get_hex(r, e, "qualification", UINT64_MAX);
}

static void read_entry(struct reader *r, const json_t *o, struct event *ev)
{
	const json_t *e = get_object(r, o, "entry");

	ev->entry.status = (int32_t)get_int(r, e, "status", INT32_MIN, INT32_MAX);
	if (json_is_null(json_object_get(e, "clean_fields")))
		return;
	ev->flags |= REC_CLEAN_FIELDS;
	ev->entry.clean_fields = get_hex(r, e, "clean_fields", UINT32_MAX);
}

static void read_memslot(struct reader *r, const json_t *o, struct event *ev)
{
	const json_t *m = get_object(r, o, "memslot");

	ev->memslot.slot = get_u32(r, m, "slot");
	ev->memslot.flags = get_hex(r, m, "flags", UINT32_MAX);
	ev->memslot.gpa = get_hex(r, m, "gpa", UINT64_MAX);
	ev->memslot.size = get_hex(r, m, "size", UINT64_MAX);
	ev->memslot.hva = get_hex(r, m, "hva", UINT64_MAX);
	if (!json_object_get(m, "old_size"))
		return;
	ev->memslot.old_gpa = get_hex(r, m, "old_gpa", UINT64_MAX);
	ev->memslot.old_size = get_hex(r, m, "old_size", UINT64_MAX);
	ev->memslot.old_hva = get_hex(r, m, "old_hva", UINT64_MAX);
}

static void read_payload(struct reader *r, const json_t *o, struct event *ev)
{
	bool enter = ev->phase == PHASE_ENTER;

	switch (ev->point) {
	case PT_SET_STATE:
		if (!enter)
			break;
		copy_text(r, o, "comm", ev->nested.comm, sizeof(ev->nested.comm));
		read_nested(r, o, ev);
		break;
	case PT_GET_STATE:
		if (!enter && json_object_get(o, "nested"))
			read_nested(r, o, ev);
		break;
	case PT_NESTED_EXIT:
		if (enter)
			read_exit(r, o, ev);
		break;
	case PT_FIRST_ENTRY:
		read_entry(r, o, ev);
		break;
	case PT_FIRST_EXIT:
		read_exit(r, o, ev);
		ev->flags |= get_bool(r, o, "refused") ? REC_ENTRY_REFUSED : 0;
		break;
	case PT_MEMSLOT:
	case PT_MEMSLOT_COMMIT:
		if (enter)
			read_memslot(r, o, ev);
		break;
	default:
		if (enter && point_class(ev->point) != CLASS_FRAME)
			read_access(r, o, ev);
		break;
	}
}

static void read_state(struct reader *r, const json_t *o, struct event *ev)
{
	const json_t *s = json_object_get(o, "state");

	ev->evmptr = ev->vmptr = UINT64_MAX;
	ev->exit_reason = EXIT_REASON_UNREAD;
	if (!s)
		return;
	s = get_object(r, o, "state");
	ev->flags |= REC_VCPU_STATE;
	ev->exits = get_count(r, s, "exits");
	if (get_bool(r, s, "pages_pending"))
		ev->flags |= REC_REQ_PAGES;
	/* these three since 1.1 */
	if (json_object_get(s, "exit_reason"))
		ev->exit_reason = get_u32(r, s, "exit_reason");
	if (json_object_get(s, "vmxon")) {
		ev->flags |= REC_NESTED_FLAGS;
		ev->flags |= get_bool(r, s, "vmxon") ? REC_VMXON : 0;
		ev->flags |= get_bool(r, s, "sync_due") ? REC_SYNC_DUE : 0;
	}
	if (!json_object_get(s, "evmptr"))
		return;
	ev->flags |= REC_VMX_STATE;
	ev->evmptr = get_hex(r, s, "evmptr", UINT64_MAX);
	ev->vmptr = get_hex(r, s, "vmptr", UINT64_MAX);
	if (get_bool(r, s, "l2"))
		ev->flags |= REC_L2;
}

static void read_stack(struct reader *r, const json_t *o, struct event *ev)
{
	json_t *stack = json_object_get(o, "stack"), *line;
	size_t i;

	if (!stack)
		return;
	if (!json_is_array(stack) || json_array_size(stack) > EVENT_STACK_DEPTH) {
		fail(r, "\"stack\" is not a list of at most %d", EVENT_STACK_DEPTH);
		return;
	}
	json_array_foreach (stack, i, line) {
		if (!json_is_string(line)) {
			fail(r, "\"stack\" has an entry that is not a string");
			return;
		}
		ev->stack[ev->nr_stack++] = json_string_value(line);
	}
}

static uint32_t read_memory_of(struct reader *r, const json_t *o)
{
	const char *whose = get_text(r, o, "memory_of");

	if (!strcmp(whose, "another"))
		return REC_FOREIGN_MM;
	if (strcmp(whose, "nobody"))
		fail(r, "\"memory_of\" is neither \"another\" nor \"nobody\"");
	return REC_NO_MM;
}

static uint32_t read_ioctl(struct reader *r, const json_t *o)
{
	const json_t *j = json_object_get(o, "ioctl");
	uint64_t cmd;

	if (json_is_null(j))
		return 0;
	cmd = ioctl_by_name(get_text(r, o, "ioctl"));
	return cmd ? cmd : get_hex(r, o, "ioctl", UINT32_MAX);
}

static void read_event(struct reader *r, const json_t *o, struct trace_item *item)
{
	struct event *ev = &r->d->event;

	memset(ev, 0, sizeof(*ev));
	item->type = ITEM_EVENT;
	item->event = ev;
	ev->seq = get_count(r, o, "seq");
	ev->t_ns = get_count(r, o, "t_ns");
	ev->point = get_name(r, o, "point", point_by_name);
	ev->phase = get_name(r, o, "phase", phase_by_name);
	if ((ev->phase == PHASE_NOTE) != (point_class(ev->point) == CLASS_NOTE))
		fail(r, "\"phase\" does not fit the point");
	ev->vm = get_u32(r, o, "vm");
	ev->vcpu = json_is_null(json_object_get(o, "vcpu"))
			   ? VCPU_NONE
			   : (int32_t)get_int(r, o, "vcpu", 0, INT32_MAX);
	ev->pid = get_u32(r, o, "pid");
	ev->tid = get_u32(r, o, "tid");
	ev->cpu = get_u32(r, o, "cpu");
	ev->ioctl = read_ioctl(r, o);
	if (ev->phase == PHASE_EXIT)
		ev->ret = get_int(r, o, "ret", INT64_MIN, INT64_MAX);
	if (json_object_get(o, "untracked") && get_bool(r, o, "untracked"))
		ev->flags |= REC_UNTRACKED;
	if (json_object_get(o, "memory_of"))
		ev->flags |= read_memory_of(r, o);
	if (event_has_window(ev))
		ev->window = get_hex(r, o, "window", UINT64_MAX);
	read_state(r, o, ev);
	read_payload(r, o, ev);
	read_stack(r, o, ev);
}

/* ---- the rest ---- */

static void read_vm(struct reader *r, const json_t *o, struct trace_item *item)
{
	item->type = ITEM_VM;
	item->vm.vm = get_u32(r, o, "vm");
	item->vm.pid = get_u32(r, o, "pid");
	item->vm.comm = get_text(r, o, "comm");
	item->vm.name = json_is_null(json_object_get(o, "name")) ? NULL : get_text(r, o, "name");
}

static void read_loss(struct reader *r, const json_t *o, struct trace_item *item)
{
	item->type = ITEM_LOSS;
	item->loss.seq = get_count(r, o, "seq");
	item->loss.t_ns = get_count(r, o, "t_ns");
	item->loss.stage = get_name(r, o, "stage", loss_stage_by_name);
	item->loss.count = get_count(r, o, "count");
}

static void read_counts(struct reader *r, const json_t *o, struct trace_footer *f)
{
	const json_t *counts = get_object(r, o, "counts"), *c;
	const char *name;
	int point;

	json_object_foreach ((json_t *)counts, name, c) {
		point = point_by_name(name);
		if (point < 0) {
			fail(r, "\"counts\" has a point that this version does not know");
			return;
		}
		f->count[point].hits = get_count(r, c, "hits");
		f->count[point].written = get_count(r, c, "written");
		f->count[point].lost = get_count(r, c, "lost");
		f->count[point].missed = get_count(r, c, "missed");
	}
}

static void read_footer(struct reader *r, const json_t *o, struct trace_item *item)
{
	struct trace_footer *f = &r->d->footer;

	memset(f, 0, sizeof(*f));
	item->type = ITEM_FOOTER;
	item->footer = f;
	f->t_ns = get_count(r, o, "t_ns");
	f->events = get_count(r, o, "events");
	copy_text(r, o, "reason", f->reason, sizeof(f->reason));
	f->has_command = !json_is_null(json_object_get(o, "command_status"));
	if (f->has_command)
		f->command_status = (int)get_int(r, o, "command_status", 0, 255);
	f->tracking_lost = get_count(r, o, "tracking_lost");
	f->continued = json_object_get(o, "continued") && get_bool(r, o, "continued");
	read_counts(r, o, f);
}

static const struct {
	const char *type;
	void (*read)(struct reader *r, const json_t *o, struct trace_item *item);
} line_readers[] = {
	{ "header", read_header }, { "vm", read_vm },	      { "event", read_event },
	{ "loss", read_loss },	   { "footer", read_footer }, { "restore", NULL },
	{ "anomaly", NULL },	   { "save", NULL },
};

int decode_line(struct decoded *d, const char *line, size_t len, struct trace_item *item)
{
	struct reader r = { .d = d };
	json_error_t error;
	const char *type;
	size_t i;
	int quick;

	decoded_release(d);
	if (!d->wants_root && quick_line(d, line, len, item, &quick))
		return quick;
	d->root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(d->root)) {
		snprintf(d->error, sizeof(d->error), "not a JSON object");
		return -EINVAL;
	}
	type = get_text(&r, d->root, "type");
	for (i = 0; !r.failed && i < sizeof(line_readers) / sizeof(line_readers[0]); i++) {
		if (strcmp(type, line_readers[i].type))
			continue;
		if (!line_readers[i].read)
			return LINE_DERIVED;
		line_readers[i].read(&r, d->root, item);
		return r.failed ? -EINVAL : LINE_ITEM;
	}
	fail(&r, "\"type\" is \"%.40s\", which this version does not know", type);
	return -EINVAL;
}

void decoded_release(struct decoded *d)
{
	json_decref(d->root);
	d->root = NULL;
}
