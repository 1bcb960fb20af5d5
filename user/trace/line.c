/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The line of an event, of which a restore has thirty, while a vCPU may wait for the
 * CPU: written straight, where all else is made an object first, which takes ten times
 * as long. The text is that which jansson would make of such an object.
 */
#include <string.h>

#include "model/names.h"
#include "trace/format.h"

#define PUT_KEY(l, key) PUT(l, ",\"" key "\":")

static void put_hex(struct text *l, uint64_t value)
{
	char digits[16], *p = digits + sizeof(digits);

	do
		*--p = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	PUT(l, "\"0x");
	text_put(l, p, (size_t)(digits + sizeof(digits) - p));
	PUT(l, "\"");
}

static void put_bool(struct text *l, bool value)
{
	if (value)
		PUT(l, "true");
	else
		PUT(l, "false");
}

/* One of our own. */
static void put_name(struct text *l, const char *name)
{
	text_put_quoted(l, name, strlen(name));
}

/* What others chose. */
static void put_text(struct text *l, const char *s)
{
	if (text_is_plain(s, strlen(s)))
		put_name(l, s);
	else
		dump_object(l, encode_text(s));
}

static void put_time(struct text *l, const struct trace_header *header, uint64_t t_ns)
{
	char ts[TIMESTAMP_LEN];

	format_timestamp(ts, header, t_ns);
	PUT_KEY(l, "ts");
	put_name(l, ts);
	PUT_KEY(l, "t_ns");
	/* what began in the file before this one */
	text_put_integer(l, (int64_t)(t_ns > header->t_base_ns ? t_ns - header->t_base_ns : 0));
}

static void put_ioctl(struct text *l, uint32_t cmd)
{
	const char *name = ioctl_name(cmd);

	PUT_KEY(l, "ioctl");
	if (!cmd)
		PUT(l, "null");
	else if (name)
		put_name(l, name);
	else
		put_hex(l, cmd);
}

static void put_state(struct text *l, const struct event *ev)
{
	PUT_KEY(l, "state");
	PUT(l, "{\"exits\":");
	text_put_integer(l, (int64_t)ev->exits);
	PUT_KEY(l, "pages_pending");
	put_bool(l, ev->flags & REC_REQ_PAGES);
	if (ev->exit_reason != EXIT_REASON_UNREAD) {
		PUT_KEY(l, "exit_reason");
		text_put_unsigned(l, ev->exit_reason);
	}
	if (ev->flags & REC_NESTED_FLAGS) {
		PUT_KEY(l, "vmxon");
		put_bool(l, ev->flags & REC_VMXON);
		PUT_KEY(l, "sync_due");
		put_bool(l, ev->flags & REC_SYNC_DUE);
	}
	if (ev->flags & REC_VMX_STATE) {
		PUT_KEY(l, "evmptr");
		put_hex(l, ev->evmptr);
		PUT_KEY(l, "vmptr");
		put_hex(l, ev->vmptr);
		PUT_KEY(l, "l2");
		put_bool(l, ev->flags & REC_L2);
	}
	PUT(l, "}");
}

static void put_flag_names(struct text *l, unsigned int flags)
{
	const char *name, *before = "";
	unsigned int bit;

	PUT(l, "[");
	for (bit = 0; (name = nested_flag_name(bit)); bit++) {
		if (!(flags & (1U << bit)))
			continue;
		text_put(l, before, strlen(before));
		put_name(l, name);
		before = ",";
	}
	PUT(l, "]");
}

static void put_nested(struct text *l, const struct record_nested *n, bool has_evmcs_pa)
{
	PUT_KEY(l, "nested");
	PUT(l, "{\"flags\":");
	put_hex(l, n->flags);
	PUT_KEY(l, "flag_names");
	put_flag_names(l, n->flags);
	PUT_KEY(l, "format");
	text_put_unsigned(l, n->format);
	PUT_KEY(l, "size");
	text_put_unsigned(l, n->size);
	PUT_KEY(l, "vmxon_pa");
	put_hex(l, n->vmxon_pa);
	PUT_KEY(l, "vmcs12_pa");
	put_hex(l, n->vmcs12_pa);
	if (has_evmcs_pa) {
		PUT_KEY(l, "evmcs_pa");
		put_hex(l, n->evmcs_pa);
	}
	PUT_KEY(l, "smm_flags");
	put_hex(l, n->smm_flags);
	PUT_KEY(l, "hdr_flags");
	put_hex(l, n->hdr_flags);
	PUT(l, "}");
}

static void put_memslot(struct text *l, const struct record_memslot *m)
{
	PUT_KEY(l, "memslot");
	PUT(l, "{\"slot\":");
	text_put_unsigned(l, m->slot);
	PUT_KEY(l, "flags");
	put_hex(l, m->flags);
	PUT_KEY(l, "gpa");
	put_hex(l, m->gpa);
	PUT_KEY(l, "size");
	put_hex(l, m->size);
	PUT_KEY(l, "hva");
	put_hex(l, m->hva);
	if (m->old_size) {
		PUT_KEY(l, "old_gpa");
		put_hex(l, m->old_gpa);
		PUT_KEY(l, "old_size");
		put_hex(l, m->old_size);
		PUT_KEY(l, "old_hva");
		put_hex(l, m->old_hva);
	}
	PUT(l, "}");
}

static void put_access(struct text *l, const struct record_access *a)
{
	PUT_KEY(l, "access");
	PUT(l, "{\"gpa\":");
	if (a->gpa == GPA_UNKNOWN)
		PUT(l, "null");
	else
		put_hex(l, a->gpa);
	PUT_KEY(l, "len");
	text_put_integer(l, (int64_t)a->len);
	if (a->hva) {
		PUT_KEY(l, "hva");
		put_hex(l, a->hva);
	}
	PUT_KEY(l, "purpose");
	put_name(l, purpose_name(a->purpose));
	PUT(l, "}");
}

static void put_exit(struct text *l, const struct record_nested_exit *e)
{
	PUT_KEY(l, "exit");
	PUT(l, "{\"reason\":");
	put_hex(l, e->reason);
	PUT_KEY(l, "intr_info");
	put_hex(l, e->intr_info);
	PUT_KEY(l, "qualification");
	put_hex(l, e->qualification);
	PUT(l, "}");
}

static void put_entry(struct text *l, const struct record_entry *e, bool clean_known)
{
	PUT_KEY(l, "entry");
	PUT(l, "{\"status\":");
	text_put_integer(l, e->status);
	PUT_KEY(l, "clean_fields");
	if (clean_known)
		put_hex(l, e->clean_fields);
	else
		PUT(l, "null");
	PUT(l, "}");
}

/* What an event of this point and phase has besides the common fields. */
static void put_payload(struct text *l, const struct event *ev)
{
	bool enter = ev->phase == PHASE_ENTER;

	switch (ev->point) {
	case PT_SET_STATE:
		if (!enter)
			break;
		PUT_KEY(l, "comm");
		put_text(l, ev->nested.comm);
		put_nested(l, &ev->nested, ev->flags & REC_HAS_EVMCS_PA);
		break;
	case PT_GET_STATE:
		if (!enter && ev->nested.size)
			put_nested(l, &ev->nested, ev->flags & REC_HAS_EVMCS_PA);
		break;
	case PT_NESTED_EXIT:
		if (enter)
			put_exit(l, &ev->exit);
		break;
	case PT_FIRST_ENTRY:
		put_entry(l, &ev->entry, ev->flags & REC_CLEAN_FIELDS);
		break;
	case PT_FIRST_EXIT:
		put_exit(l, &ev->exit);
		PUT_KEY(l, "refused");
		put_bool(l, ev->flags & REC_ENTRY_REFUSED);
		break;
	case PT_MEMSLOT:
	case PT_MEMSLOT_COMMIT:
		if (enter)
			put_memslot(l, &ev->memslot);
		break;
	default:
		if (enter && point_class(ev->point) != CLASS_FRAME)
			put_access(l, &ev->access);
		break;
	}
}

static void put_who(struct text *l, const struct event *ev)
{
	PUT_KEY(l, "vm");
	text_put_unsigned(l, ev->vm);
	PUT_KEY(l, "vcpu");
	if (ev->vcpu == VCPU_NONE)
		PUT(l, "null");
	else
		text_put_integer(l, ev->vcpu);
	PUT_KEY(l, "pid");
	text_put_unsigned(l, ev->pid);
	PUT_KEY(l, "tid");
	text_put_unsigned(l, ev->tid);
	PUT_KEY(l, "cpu");
	text_put_unsigned(l, ev->cpu);
}

static void put_stack(struct text *l, const struct event *ev)
{
	int i;

	PUT_KEY(l, "stack");
	for (i = 0; i < ev->nr_stack; i++) {
		text_put(l, i ? "," : "[", 1);
		put_text(l, ev->stack[i]);
	}
	PUT(l, "]");
}

void encode_event(struct text *l, const struct event *ev, const struct trace_header *header)
{
	PUT(l, "{\"type\":\"event\",\"seq\":");
	text_put_integer(l, (int64_t)ev->seq);
	put_time(l, header, ev->t_ns);
	PUT_KEY(l, "point");
	put_name(l, point_name(ev->point));
	PUT_KEY(l, "phase");
	put_name(l, phase_name(ev->phase));
	put_who(l, ev);
	put_ioctl(l, ev->ioctl);
	if (ev->phase == PHASE_EXIT) {
		PUT_KEY(l, "ret");
		text_put_integer(l, ev->ret);
	}
	if (ev->flags & REC_VCPU_STATE)
		put_state(l, ev);
	if (event_has_window(ev)) {
		PUT_KEY(l, "window");
		put_hex(l, ev->window);
	}
	if (ev->flags & REC_UNTRACKED)
		PUT(l, ",\"untracked\":true");
	if (ev->flags & (REC_FOREIGN_MM | REC_NO_MM)) {
		PUT_KEY(l, "memory_of");
		put_name(l, ev->flags & REC_NO_MM ? "nobody" : "another");
	}
	put_payload(l, ev);
	if (ev->nr_stack)
		put_stack(l, ev);
	PUT(l, "}");
}
