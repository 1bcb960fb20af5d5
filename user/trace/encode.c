/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "model/run.h"
#include "trace/format.h"

#define NSEC_PER_SEC 1000000000ULL

/* Of a restore thirty lines are of the same second. */
struct second {
	time_t sec;
	char text[sizeof("-2147481748-01-01T00:00:00")]; /* "": none yet */
};

static const char *format_second(time_t sec)
{
	static _Thread_local struct second last;
	struct tm tm;

	if (last.text[0] && last.sec == sec)
		return last.text;
	gmtime_r(&sec, &tm);
	strftime(last.text, sizeof(last.text), "%Y-%m-%dT%H:%M:%S", &tm);
	last.sec = sec;
	return last.text;
}

void format_timestamp(char out[TIMESTAMP_LEN], const struct trace_header *header, uint64_t t_ns)
{
	uint64_t ns = header->wall_ns + t_ns, usec = ns % NSEC_PER_SEC / 1000;
	const char *second = format_second((time_t)(ns / NSEC_PER_SEC));
	size_t len = strnlen(second, TIMESTAMP_LEN - sizeof(".000000Z"));
	int i;

	memcpy(out, second, len);
	memcpy(out + len, ".000000Z", sizeof(".000000Z"));
	for (i = 6; i; i--, usec /= 10)
		out[len + (size_t)i] = (char)('0' + usec % 10);
}

json_t *encode_hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

static json_t *hex(uint64_t value)
{
	return encode_hex(value);
}

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Names come from VMMs and guests' owners: what is not UTF-8 becomes '?'. */
static json_t *text(const char *s)
{
	char clean[256];
	json_t *j;
	size_t i;

	if (!s)
		return json_null();
	j = json_string(s);
	if (j)
		return j;
	for (i = 0; i < sizeof(clean) - 1 && s[i]; i++)
		clean[i] = (unsigned char)s[i] < 0x80 ? s[i] : '?';
	clean[i] = '\0';
	return json_string(clean);
}

json_t *encode_text(const char *s)
{
	return text(s);
}

static void put_time(json_t *o, const struct trace_header *header, uint64_t t_ns)
{
	char ts[TIMESTAMP_LEN];

	format_timestamp(ts, header, t_ns);
	json_object_set_new(o, "ts", json_string(ts));
	/* what began in the file before this one */
	json_object_set_new(o, "t_ns",
			    number(t_ns > header->t_base_ns ? t_ns - header->t_base_ns : 0));
}

json_t *encode_probe(const struct probe_fact *p)
{
	return json_pack("{s:s,s:b,s:b,s:o,s:o,s:o,s:o}", "point", point_name(p->point), "needed",
			 p->needed, "attached", p->attached, "function", text(p->function),
			 "module", text(p->module), "flavour", text(p->flavour), "reason",
			 text(p->reason));
}

static json_t *encode_continues(const struct trace_continues *c)
{
	return json_pack("{s:I,s:I,s:I,s:I}", "segment", (json_int_t)c->segment, "seq",
			 (json_int_t)c->seq, "restore", (json_int_t)c->restore, "save",
			 (json_int_t)c->save);
}

/* Those that are known. */
static json_t *encode_builds(const struct trace_header *h)
{
	json_t *o = json_object();
	int i;

	for (i = 0; i < OBJECT_COUNT; i++)
		if (h->build_id[i][0])
			json_object_set_new(o, object_name(i), json_string(h->build_id[i]));
	return o;
}

static json_t *encode_header(const struct trace_header *h)
{
	json_t *o, *probes = json_array();
	char schema[32], ts[TIMESTAMP_LEN];
	size_t i;

	snprintf(schema, sizeof(schema), "evmcs-trace/%d.%d", h->schema_major, h->schema_minor);
	format_timestamp(ts, h, h->t_base_ns);
	for (i = 0; i < h->nr_probes; i++)
		json_array_append_new(probes, encode_probe(&h->probes[i]));
	o = json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:{s:s,s:o},s:{s:I,s:i}}", "type", "header",
		      "schema", schema, "tool", text(h->tool), "kernel", text(h->kernel), "host",
		      text(h->host), "boot_id", text(h->boot_id), "kvm_intel", text(h->srcversion),
		      "clock", "wall", ts, "mono_ns", hex(h->mono_ns + h->t_base_ns), "filter",
		      "pid", (json_int_t)h->filter_pid, "vcpu", (int)h->filter_vcpu);
	if (o)
		json_object_set_new(o, "build_ids", encode_builds(h));
	if (o && h->run[0])
		json_object_set_new(o, "run", json_string(h->run));
	if (o && h->continues.segment > 1)
		json_object_set_new(o, "continues", encode_continues(&h->continues));
	if (o)
		json_object_set_new(o, "probes", probes);
	else
		json_decref(probes);
	return o;
}

static json_t *flag_names(unsigned int flags)
{
	json_t *a = json_array();
	const char *name;
	unsigned int bit;

	for (bit = 0; (name = nested_flag_name(bit)); bit++)
		if (flags & (1U << bit))
			json_array_append_new(a, json_string(name));
	return a;
}

static json_t *encode_nested(const struct record_nested *n, bool has_evmcs_pa)
{
	json_t *o = json_object();

	json_object_set_new(o, "flags", hex(n->flags));
	json_object_set_new(o, "flag_names", flag_names(n->flags));
	json_object_set_new(o, "format", number(n->format));
	json_object_set_new(o, "size", number(n->size));
	json_object_set_new(o, "vmxon_pa", hex(n->vmxon_pa));
	json_object_set_new(o, "vmcs12_pa", hex(n->vmcs12_pa));
	if (has_evmcs_pa)
		json_object_set_new(o, "evmcs_pa", hex(n->evmcs_pa));
	json_object_set_new(o, "smm_flags", hex(n->smm_flags));
	json_object_set_new(o, "hdr_flags", hex(n->hdr_flags));
	return o;
}

static json_t *encode_memslot(const struct record_memslot *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "slot", number(m->slot));
	json_object_set_new(o, "flags", hex(m->flags));
	json_object_set_new(o, "gpa", hex(m->gpa));
	json_object_set_new(o, "size", hex(m->size));
	json_object_set_new(o, "hva", hex(m->hva));
	if (!m->old_size)
		return o;
	json_object_set_new(o, "old_gpa", hex(m->old_gpa));
	json_object_set_new(o, "old_size", hex(m->old_size));
	json_object_set_new(o, "old_hva", hex(m->old_hva));
	return o;
}

static json_t *encode_entry(int status, bool clean_known, uint32_t clean_fields)
{
	json_t *o = json_object();

	json_object_set_new(o, "status", json_integer(status));
	json_object_set_new(o, "clean_fields", clean_known ? hex(clean_fields) : json_null());
	return o;
}

static json_t *encode_ioctl(uint32_t cmd)
{
	const char *name = ioctl_name(cmd);

	if (!cmd)
		return json_null();
	return name ? json_string(name) : hex(cmd);
}

static json_t *encode_vm(const struct vm_fact *vm)
{
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("vm"));
	json_object_set_new(o, "vm", number(vm->vm));
	json_object_set_new(o, "pid", number(vm->pid));
	json_object_set_new(o, "comm", text(vm->comm));
	json_object_set_new(o, "name", text(vm->name));
	return o;
}

static json_t *encode_loss(const struct loss_fact *loss, const struct trace_header *header)
{
	json_t *o = json_pack("{s:s,s:I}", "type", "loss", "seq", (json_int_t)loss->seq);

	put_time(o, header, loss->t_ns);
	json_object_set_new(o, "stage", json_string(loss_stage_name(loss->stage)));
	json_object_set_new(o, "count", number(loss->count));
	return o;
}

static json_t *encode_counts(const struct point_count counts[PT_COUNT])
{
	json_t *o = json_object();
	int i;

	for (i = 0; i < PT_COUNT; i++)
		json_object_set_new(o, point_name(i),
				    json_pack("{s:I,s:I,s:I,s:I}", "hits",
					      (json_int_t)counts[i].hits, "written",
					      (json_int_t)counts[i].written, "lost",
					      (json_int_t)counts[i].lost, "missed",
					      (json_int_t)counts[i].missed));
	return o;
}

static json_t *encode_footer(const struct trace_footer *f, const struct trace_header *header)
{
	json_t *o = json_pack("{s:s}", "type", "footer");

	put_time(o, header, f->t_ns);
	json_object_set_new(o, "reason", text(f->reason));
	json_object_set_new(o, "command_status",
			    f->has_command ? json_integer(f->command_status) : json_null());
	json_object_set_new(o, "events", number(f->events));
	json_object_set_new(o, "tracking_lost", number(f->tracking_lost));
	if (f->continued)
		json_object_set_new(o, "continued", json_true());
	json_object_set_new(o, "counts", encode_counts(f->count));
	return o;
}

void encode_item(struct text *line, const struct trace_item *item,
		 const struct trace_header *header)
{
	switch (item->type) {
	case ITEM_HEADER:
		dump_object(line, encode_header(item->header));
		break;
	case ITEM_VM:
		dump_object(line, encode_vm(&item->vm));
		break;
	case ITEM_EVENT:
		encode_event(line, item->event, header);
		break;
	case ITEM_LOSS:
		dump_object(line, encode_loss(&item->loss, header));
		break;
	case ITEM_FOOTER:
		dump_object(line, encode_footer(item->footer, header));
		break;
	case ITEM_CUT:
		dump_object(line, encode_footer(&item->cut->footer, header));
		break;
	}
}

/* ---- what the model concluded ---- */

static void put_stack(json_t *o, const struct kernel_stack *stack)
{
	json_t *entries;
	int i;

	if (!stack)
		return;
	entries = json_array();
	for (i = 0; i < stack->nr; i++)
		json_array_append_new(entries, text(stack->entry[i]));
	json_object_set_new(o, "stack", entries);
}

static json_t *encode_access(const struct access *a, uint64_t since_ns)
{
	json_t *o = json_object();

	json_object_set_new(o, "seq", number(a->seq));
	json_object_set_new(o, "after_ns", number(a->t_ns - since_ns));
	json_object_set_new(o, "kind", json_string(point_name(a->point)));
	json_object_set_new(o, "purpose", json_string(purpose_name(a->purpose)));
	json_object_set_new(o, "gpa", a->gpa == GPA_UNKNOWN ? json_null() : hex(a->gpa));
	json_object_set_new(o, "len", number(a->len));
	json_object_set_new(o, "function", json_string(a->function));
	json_object_set_new(o, "ioctl", encode_ioctl(a->ioctl));
	json_object_set_new(o, "before_run", json_boolean(a->before_run));
	json_object_set_new(o, "touched", json_boolean(a->touched));
	json_object_set_new(o, "ret", a->done ? json_integer(a->ret) : json_null());
	json_object_set_new(o, "duration_ns", number(a->duration_ns));
	put_stack(o, a->stack);
	return o;
}

static json_t *encode_finding(const struct anomaly *a)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:I,s:i}", "id", a->cls->id, "name", a->cls->name,
			      "severity", severity_name(a->severity), "title", a->cls->title, "seq",
			      (json_int_t)a->seq, "access", a->access);

	put_stack(o, a->stack);
	return o;
}

static json_t *encode_first_entry(const struct restore *r)
{
	const struct first_entry *e = &r->first_entry;
	json_t *o;

	if (!e->seen)
		return json_null();
	o = encode_entry(e->status, e->clean_known, e->clean_fields);
	json_object_set_new(o, "failed", json_boolean(e->failed));
	return o;
}

static void put_whose(json_t *o, const struct restore *r, const struct trace_header *header)
{
	char id[RESTORE_ID_LEN];

	restore_id(id, header, r->id);
	json_object_set_new(o, "restore", number(r->id));
	json_object_set_new(o, "restore_id", json_string(id));
	json_object_set_new(o, "vm", number(r->vm));
	json_object_set_new(o, "vcpu", json_integer(r->vcpu));
	json_object_set_new(o, "vm_name", text(r->vm_name));
	json_object_set_new(o, "comm", text(r->comm));
	json_object_set_new(o, "pid", number(r->pid));
	json_object_set_new(o, "tid", number(r->tid));
}

static json_t *encode_lists(json_t *o, const struct restore *r)
{
	json_t *accesses = json_array(), *memslots = json_array(), *anomalies = json_array();
	json_t *why = json_array();
	int i;

	for (i = 0; i < r->nr_accesses; i++)
		json_array_append_new(accesses, encode_access(r->accesses[i], r->t_set_ns));
	for (i = 0; i < r->nr_memslots; i++) {
		json_t *slot = encode_memslot(&r->memslots[i].slot);

		json_object_set_new(slot, "after_ns", number(r->memslots[i].t_ns - r->t_set_ns));
		json_array_append_new(memslots, slot);
	}
	for (i = 0; i < r->nr_anomalies; i++)
		json_array_append_new(anomalies, encode_finding(&r->anomalies[i]));
	for (i = 0; i < WHY_COUNT; i++)
		if (r->why & (1U << i))
			json_array_append_new(why, json_string(inconclusive_text(i)));
	json_object_set_new(o, "accesses", accesses);
	json_object_set_new(o, "accesses_dropped", number(r->accesses_dropped));
	json_object_set_new(o, "memslots", memslots);
	json_object_set_new(o, "memslots_dropped", number(r->memslots_dropped));
	json_object_set_new(o, "anomalies", anomalies);
	json_object_set_new(o, "inconclusive", why);
	return o;
}

json_t *encode_restore(const struct restore *r, const struct trace_header *header)
{
	json_t *o = json_pack("{s:s}", "type", "restore");

	if (!o)
		return NULL;
	put_whose(o, r, header);
	put_time(o, header, r->t_set_ns);
	json_object_set_new(o, "verdict", json_string(verdict_name(r->verdict)));
	json_object_set_new(o, "path", json_string(path_name(r->path)));
	json_object_set_new(o, "mode", json_string(r->l2 ? "l2" : "l1"));
	json_object_set_new(o, "end", json_string(end_name(r->end)));
	json_object_set_new(o, "reset", json_boolean(r->reset));
	json_object_set_new(o, "nested", encode_nested(&r->header, r->has_evmcs_pa));
	json_object_set_new(o, "set_ret", r->set_done ? json_integer(r->set_ret) : json_null());
	json_object_set_new(o, "set_ns", number(r->set_duration_ns));
	json_object_set_new(o, "run_after_ns",
			    r->run_seen ? number(r->t_run_ns - r->t_set_ns) : json_null());
	json_object_set_new(o, "run_exact", json_boolean(r->run_exact));
	json_object_set_new(o, "run_failed", json_boolean(r->run_seen && r->pages_failed));
	json_object_set_new(o, "map_after_ns",
			    r->mapped ? number(r->t_map_ns - r->t_set_ns) : json_null());
	json_object_set_new(o, "mapped_gpa",
			    r->mapped_gpa == GPA_UNKNOWN ? json_null() : hex(r->mapped_gpa));
	json_object_set_new(o, "superseded_by",
			    r->superseded_by ? number(r->superseded_by) : json_null());
	json_object_set_new(o, "superseded_after_ns",
			    r->superseded_by ? number(r->t_superseded_ns - r->t_set_ns)
					     : json_null());
	json_object_set_new(o, "evmptr",
			    json_pack("{s:o,s:o,s:o}", "before", hex(r->evmptr_before), "after_set",
				      hex(r->evmptr_after), "end", hex(r->evmptr_end)));
	json_object_set_new(o, "first_entry", encode_first_entry(r));
	json_object_set_new(o, "events",
			    json_pack("[I,I]", (json_int_t)r->first_seq, (json_int_t)r->last_seq));
	return encode_lists(o, r);
}

json_t *encode_owed(enum exit_owed owed)
{
	return owed == OWED_UNKNOWN ? json_null() : json_boolean(owed == OWED_YES);
}

json_t *encode_save(const struct save *s, const struct trace_header *header)
{
	json_t *o = json_pack("{s:s,s:I,s:I}", "type", "save", "save", (json_int_t)s->id, "seq",
			      (json_int_t)s->seq);

	if (!o)
		return NULL;
	json_object_set_new(o, "vm", number(s->vm));
	json_object_set_new(o, "vcpu", json_integer(s->vcpu));
	json_object_set_new(o, "vm_name", text(s->vm_name));
	json_object_set_new(o, "comm", text(s->comm));
	json_object_set_new(o, "pid", number(s->pid));
	json_object_set_new(o, "tid", number(s->tid));
	put_time(o, header, s->t_ns);
	json_object_set_new(o, "get_ns", s->has_duration ? number(s->duration_ns) : json_null());
	json_object_set_new(o, "mode", json_string(s->l2 ? "l2" : "l1"));
	json_object_set_new(o, "nested",
			    s->known ? encode_nested(&s->header, s->has_evmcs_pa) : json_null());
	json_object_set_new(o, "evmptr", s->has_evmptr ? hex(s->evmptr) : json_null());
	json_object_set_new(o, "exit_owed", encode_owed(s->exit_owed));
	json_object_set_new(o, "of_restore", s->of_restore ? number(s->of_restore) : json_null());
	json_object_set_new(o, "repeats", json_boolean(s->repeats));
	return o;
}

json_t *encode_anomaly(const struct restore *r, const struct anomaly *a,
		       const struct trace_header *header)
{
	json_t *o = json_pack("{s:s}", "type", "anomaly");

	if (!o)
		return NULL;
	put_whose(o, r, header);
	put_time(o, header, a->t_ns);
	json_object_update_new(o, encode_finding(a));
	if (a->access >= 0)
		json_object_set_new(o, "evidence",
				    encode_access(r->accesses[a->access], r->t_set_ns));
	if (a->of_entry)
		json_object_set_new(o, "first_entry", encode_first_entry(r));
	return o;
}

json_t *encode_verdict(const struct verdict *v)
{
	json_t *o = json_object(), *paths = json_object(), *reasons = json_array();
	int i;

	json_object_set_new(o, "type", json_string("verdict"));
	json_object_set_new(o, "verdict", json_string(verdict_name(v->kind)));
	for (i = 0; i < v->nr_reasons; i++)
		json_array_append_new(reasons, text(v->reasons[i]));
	json_object_set_new(o, "reasons", reasons);
	json_object_set_new(o, "restores", number(v->restores));
	json_object_set_new(o, "resets", number(v->resets));
	json_object_set_new(o, "passed", number(v->by_verdict[VERDICT_PASS]));
	json_object_set_new(o, "failed", number(v->by_verdict[VERDICT_FAIL]));
	json_object_set_new(o, "inconclusive", number(v->by_verdict[VERDICT_INCONCLUSIVE]));
	for (i = 0; i < PATH_COUNT; i++)
		json_object_set_new(paths, path_name(i), number(v->by_path[i]));
	json_object_set_new(o, "paths", paths);
	json_object_set_new(o, "accesses_in_set", number(v->accesses_in_set));
	json_object_set_new(o, "accesses_before_run", number(v->accesses_before_run));
	json_object_set_new(o, "saves", number(v->saves));
	json_object_set_new(o, "nested_saves", number(v->nested_saves));
	json_object_set_new(o, "events", number(v->events));
	json_object_set_new(o, "lost", number(v->lost));
	json_object_set_new(o, "compared", number(v->compared));
	json_object_set_new(o, "differing", number(v->differing));
	return o;
}
