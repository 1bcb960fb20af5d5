/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builder.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "sources/source.h"
#include "trace/format.h"

/* 2023-11-14T22:13:20.000000Z */
#define WALL_NS 1700000000000000000ULL
#define STEP_NS 1000

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- streams ---- */

static void add_probe(struct trace_header *h, enum evmcs_point point, const char *function)
{
	struct probe_fact *p = &h->probes[h->nr_probes++];

	p->point = point;
	p->needed = p->attached = true;
	snprintf(p->function, sizeof(p->function), "%s", function);
	snprintf(p->module, sizeof(p->module), "kvm_intel");
	snprintf(p->flavour, sizeof(p->flavour), "fentry");
}

/*
 * A header speaks of every point. Nothing is said of these, to keep it small.
 * Of nested_get_evmcs_page no kernel has a function.
 */
static void add_other_probes(struct trace_header *h)
{
	int point;

	for (point = 0; point < PT_COUNT; point++) {
		bool there = point != PT_EVMCS_PAGE;

		if (point == PT_SET_STATE || point == PT_MAP || point_class(point) == CLASS_NOTE)
			continue;
		h->probes[h->nr_probes] =
			(struct probe_fact){ .point = point, .needed = there, .attached = there };
		snprintf(h->probes[h->nr_probes].function, sizeof(h->probes[0].function), "%s",
			 point_name(point));
		h->nr_probes++;
	}
}

struct stream *stream_new(void)
{
	struct stream *s = must(calloc(1, sizeof(*s)));
	struct trace_header *h = &s->header;

	h->schema_major = TRACE_SCHEMA_MAJOR;
	h->schema_minor = TRACE_SCHEMA_MINOR;
	snprintf(h->tool, sizeof(h->tool), "test");
	snprintf(h->kernel, sizeof(h->kernel), "6.1.0");
	snprintf(h->host, sizeof(h->host), "host");
	/* tests/formats makes a file with the second */
	snprintf(h->build_id[OBJECT_KERNEL], sizeof(h->build_id[0]), "%040x", 1);
	snprintf(h->build_id[OBJECT_KVM_INTEL], sizeof(h->build_id[0]), "%040x", 3);
	h->wall_ns = WALL_NS;
	h->mono_ns = 5000;
	h->filter_vcpu = -1;
	add_probe(h, PT_SET_STATE, "vmx_set_nested_state");
	add_probe(h, PT_MAP, "kvm_vcpu_map");
	add_other_probes(h);
	on(s, 1, 0);
	return s;
}

static void outcome_free(struct outcome *o)
{
	int i, k;

	for (i = 0; i < o->nr; i++)
		for (k = 0; k < o->restores[i].nr_accesses; k++)
			free(o->restores[i].accesses[k]);
	free(o->restores);
	free(o->saves);
	free(o->json);
	free(o);
}

void stream_free(struct stream *s)
{
	struct outcome *o;

	while ((o = s->outcomes)) {
		s->outcomes = o->next;
		outcome_free(o);
	}
	free(s->steps);
	free(s);
}

int stream_setup(void **state)
{
	*state = stream_new();
	return 0;
}

int stream_teardown(void **state)
{
	stream_free(*state);
	return 0;
}

static struct step *add_step(struct stream *s, enum item_type type)
{
	struct step *step;

	if (s->nr == s->room) {
		s->room = s->room ? 2 * s->room : 16;
		s->steps = must(realloc(s->steps, (size_t)s->room * sizeof(*s->steps)));
	}
	step = &s->steps[s->nr++];
	memset(step, 0, sizeof(*step));
	step->type = type;
	return step;
}

struct event *last(struct stream *s)
{
	return &s->steps[s->nr - 1].event;
}

static void stamp(struct stream *s, uint64_t *seq, uint64_t *t_ns)
{
	*seq = ++s->seq;
	*t_ns = s->t_ns += STEP_NS;
}

/* ---- who, and in which ioctl ---- */

void on(struct stream *s, uint32_t vm, int32_t vcpu)
{
	int i;

	for (i = 0; i < s->nr_actors; i++)
		if (s->actors[i].vm == vm && s->actors[i].vcpu == vcpu)
			break;
	s->a = &s->actors[i];
	if (i < s->nr_actors)
		return;
	if (s->nr_actors++ == STREAM_MAX_ACTORS)
		abort();
	s->a->vm = vm;
	s->a->vcpu = vcpu;
	s->a->pid = 1000 + vm;
	s->a->tid = 1000 * (vm + 1) + (uint32_t)vcpu;
	s->a->flags = REC_VCPU_STATE | REC_VMX_STATE | REC_NESTED_FLAGS;
	s->a->evmptr = EVMPTR_INVALID;
	s->a->vmptr = UINT64_MAX;
	s->a->nested.size = 4224;
	s->a->nested.vmxon_pa = 0x1000;
	s->a->nested.vmcs12_pa = UINT64_MAX;
	snprintf(s->a->nested.comm, sizeof(s->a->nested.comm), "CPU %d/KVM", (int)vcpu);
}

void in_ioctl(struct stream *s, unsigned long cmd)
{
	s->a->ioctl = (uint32_t)cmd;
}

void name_vm(struct stream *s, const char *name)
{
	struct vm_fact *vm = &add_step(s, ITEM_VM)->vm;

	vm->vm = s->a->vm;
	vm->pid = s->a->pid;
	vm->comm = "qemu";
	vm->name = name;
}

/* ---- events ---- */

static struct event *add_event(struct stream *s, enum evmcs_point point, enum evmcs_phase phase)
{
	struct event *ev = &add_step(s, ITEM_EVENT)->event;

	stamp(s, &ev->seq, &ev->t_ns);
	ev->point = point;
	ev->phase = phase;
	ev->vm = s->a->vm;
	ev->vcpu = s->a->vcpu;
	ev->pid = s->a->pid;
	ev->tid = s->a->tid;
	ev->ioctl = s->a->ioctl;
	ev->flags = s->a->flags;
	ev->exits = s->a->exits;
	ev->exit_reason = ev->flags & REC_VCPU_STATE ? s->a->exit_reason : EXIT_REASON_UNREAD;
	/* what cannot be read is all ones, as in the kernel */
	ev->evmptr = ev->flags & REC_VMX_STATE ? s->a->evmptr : UINT64_MAX;
	ev->vmptr = ev->flags & REC_VMX_STATE ? s->a->vmptr : UINT64_MAX;
	return ev;
}

void enter(struct stream *s, enum evmcs_point point)
{
	struct event *ev = add_event(s, point, PHASE_ENTER);

	if (point_class(point) == CLASS_ACCESS || point_class(point) == CLASS_UNMAP)
		ev->access.gpa = GPA_UNKNOWN;
}

void leave(struct stream *s, enum evmcs_point point, int64_t ret)
{
	if (point == PT_NESTED_EXIT)
		s->a->flags &= ~(uint32_t)REC_L2;
	add_event(s, point, PHASE_EXIT)->ret = ret;
}

void set_enter(struct stream *s, unsigned int flags)
{
	struct event *ev;

	in_ioctl(s, KVM_SET_NESTED_STATE);
	s->a->nested.flags = (uint16_t)flags;
	ev = add_event(s, PT_SET_STATE, PHASE_ENTER);
	ev->nested = s->a->nested;
	/* each SET names the window anew, also where one is open already */
	ev->window = ++s->a->window;
}

/* The state that a SET leaves in the vCPU. */
static void take_state(struct actor *a)
{
	bool vmx = a->nested.vmxon_pa != UINT64_MAX;
	bool evmcs = vmx && a->nested.flags & NESTED_EVMCS;
	bool l2 = vmx && a->nested.flags & NESTED_GUEST_MODE;

	a->flags &= ~(uint32_t)(REC_REQ_PAGES | REC_L2 | REC_VMXON | REC_SYNC_DUE);
	a->flags |= vmx ? REC_VMXON : 0;
	a->vmptr = vmx && !evmcs ? NATIVE_VMPTR : UINT64_MAX;
	a->evmptr = evmcs ? EVMPTR_MAP_PENDING : EVMPTR_INVALID;
	if (evmcs || l2)
		a->flags |= REC_REQ_PAGES;
	if (l2)
		a->flags |= REC_L2;
}

void set_leave(struct stream *s, int64_t ret)
{
	if (!ret)
		take_state(s->a);
	leave(s, PT_SET_STATE, ret);
	if (!ret)
		s->a->in_flight = s->a->nested.vmxon_pa != UINT64_MAX;
	in_ioctl(s, 0);
}

void set(struct stream *s, unsigned int flags)
{
	set_enter(s, flags);
	set_leave(s, 0);
}

void save(struct stream *s, unsigned int flags)
{
	in_ioctl(s, KVM_GET_NESTED_STATE);
	enter(s, PT_GET_STATE);
	leave(s, PT_GET_STATE, s->a->nested.size);
	last(s)->nested = s->a->nested;
	last(s)->nested.flags = (uint16_t)flags;
	in_ioctl(s, 0);
}

void leave_vmx_enter(struct stream *s)
{
	s->a->nested.vmxon_pa = UINT64_MAX;
	set_enter(s, 0);
}

void reach(struct stream *s, enum evmcs_point point, unsigned int purpose, uint64_t gpa)
{
	struct event *ev;

	enter(s, point);
	ev = last(s);
	ev->access.gpa = gpa;
	ev->access.purpose = purpose;
	ev->access.len = point == PT_MAP || point == PT_PIN ? 4096 : 8;
}

void touch(struct stream *s, enum evmcs_point point, unsigned int purpose, uint64_t gpa)
{
	reach(s, point, purpose, gpa);
	leave(s, point, 0);
}

void nested_exit_enter(struct stream *s, uint32_t reason)
{
	enter(s, PT_NESTED_EXIT);
	last(s)->exit.reason = reason;
}

void load_evmcs(struct stream *s, uint64_t gpa)
{
	enter(s, PT_EVMPTR_LOAD);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_VP_ASSIST, ASSIST_GPA);
	reach(s, PT_MAP, PURPOSE_EVMCS, gpa);
	touch(s, PT_PIN, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	leave(s, PT_MAP, 0);
	s->a->evmptr = gpa;
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_SUCCEEDED);
	s->a->flags |= REC_SYNC_DUE;
}

void load_fails(struct stream *s, enum evmptrld_status status)
{
	enter(s, PT_EVMPTR_LOAD);
	s->a->evmptr = EVMPTR_INVALID;
	leave(s, PT_EVMPTR_LOAD, status);
}

void pages_enter(struct stream *s)
{
	in_ioctl(s, KVM_RUN);
	s->a->flags &= ~(uint32_t)REC_REQ_PAGES;
	enter(s, PT_STATE_PAGES);
}

void pages_leave(struct stream *s, int64_t ret)
{
	leave(s, PT_STATE_PAGES, ret);
	if (!ret)
		s->a->exit_reason = KVM_EXIT_INTERNAL_ERROR;
}

void run_deferred(struct stream *s)
{
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	pages_leave(s, 1);
	ran(s);
}

void ran(struct stream *s)
{
	in_ioctl(s, KVM_RUN);
	s->a->exits++;
	s->a->exit_reason = KVM_EXIT_IO;
	s->a->flags &= ~(uint32_t)REC_SYNC_DUE;
	s->a->in_flight = false;
	add_event(s, PT_RAN, PHASE_NOTE)->window = s->a->window;
	in_ioctl(s, 0);
}

static struct event *add_entry_note(struct stream *s, enum evmcs_point point)
{
	struct event *ev;

	in_ioctl(s, KVM_RUN);
	s->a->exits++;
	ev = add_event(s, point, PHASE_NOTE);
	ev->window = s->a->window;
	in_ioctl(s, 0);
	return ev;
}

void first_entry(struct stream *s, enum evmptrld_status status, uint32_t clean_fields)
{
	struct event *ev = add_entry_note(s, PT_FIRST_ENTRY);

	ev->entry.status = status;
	ev->entry.clean_fields = clean_fields;
	ev->flags |= REC_CLEAN_FIELDS;
}

void first_exit(struct stream *s, uint32_t reason)
{
	add_entry_note(s, PT_FIRST_EXIT)->exit.reason = reason;
}

void entry_refused(struct stream *s)
{
	/* noticed when L1 has gone on already */
	s->a->exits += 3;
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	last(s)->flags |= REC_ENTRY_REFUSED;
}

void memslot(struct stream *s, uint32_t slot, uint64_t gpa, uint64_t size)
{
	struct event *ev;

	in_ioctl(s, KVM_SET_USER_MEMORY_REGION);
	enter(s, PT_MEMSLOT);
	ev = last(s);
	ev->vcpu = VCPU_NONE;
	ev->memslot.slot = slot;
	ev->memslot.gpa = gpa;
	ev->memslot.size = size;
	leave(s, PT_MEMSLOT, 0);
	last(s)->vcpu = VCPU_NONE;
	in_ioctl(s, 0);
}

void memslot_commit(struct stream *s, const struct record_memslot *change)
{
	in_ioctl(s, KVM_SET_USER_MEMORY_REGION);
	enter(s, PT_MEMSLOT_COMMIT);
	last(s)->vcpu = VCPU_NONE;
	last(s)->memslot = *change;
	leave(s, PT_MEMSLOT_COMMIT, 0);
	last(s)->vcpu = VCPU_NONE;
	in_ioctl(s, 0);
}

void unmap_evmcs(struct stream *s)
{
	enter(s, PT_UNMAP);
	last(s)->access.purpose = PURPOSE_EVMCS;
	leave(s, PT_UNMAP, 0);
}

void load_is_not_accepted(struct stream *s, uint64_t gpa)
{
	enter(s, PT_EVMPTR_LOAD);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_VP_ASSIST, ASSIST_GPA);
	touch(s, PT_MAP, PURPOSE_EVMCS, gpa);
	s->a->evmptr = EVMPTR_INVALID;
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_VMFAIL);
}

void free_vcpu(struct stream *s)
{
	in_ioctl(s, 0);
	enter(s, PT_FREE_VCPU);
	leave(s, PT_FREE_VCPU, 0);
	s->a->in_flight = false;
}

void loss_of(struct stream *s, enum loss_stage stage, uint64_t count)
{
	struct loss_fact *l = &add_step(s, ITEM_LOSS)->loss;

	stamp(s, &l->seq, &l->t_ns);
	l->stage = stage;
	l->count = count;
}

void loss(struct stream *s, uint64_t count)
{
	loss_of(s, LOSS_RING, count);
}

void note(struct stream *s, enum evmcs_point point)
{
	add_event(s, point, PHASE_NOTE);
}

void blind_to(struct stream *s, enum evmcs_point point)
{
	size_t i;
	int n = 0;

	for (i = 0; i < s->header.nr_probes; i++)
		if (s->header.probes[i].point == point)
			s->header.probes[i].attached = false;
	for (i = 0; i < (size_t)s->nr; i++)
		if (s->steps[i].type != ITEM_EVENT || s->steps[i].event.point != point)
			s->steps[n++] = s->steps[i];
	s->nr = n;
}

void attach(struct stream *s, enum evmcs_point point, const char *flavour)
{
	size_t i;

	for (i = 0; i < s->header.nr_probes; i++) {
		struct probe_fact *p = &s->header.probes[i];

		if (p->point != point)
			continue;
		p->attached = true;
		snprintf(p->flavour, sizeof(p->flavour), "%s", flavour);
		return;
	}
	add_probe(&s->header, point, "nested_get_evmcs_page");
}

static void count_since_cut(const struct stream *s, struct trace_footer *f)
{
	int i = s->nr;

	/* the step of the footer itself may be a cut */
	for (i--; i > 0 && s->steps[i - 1].type != ITEM_CUT; i--)
		;
	for (; i < s->nr; i++) {
		const struct step *step = &s->steps[i];

		if (step->type == ITEM_LOSS && step->loss.stage == LOSS_RING) {
			f->count[PT_UNMAP].hits += step->loss.count;
			f->count[PT_UNMAP].lost += step->loss.count;
		}
		if (step->type != ITEM_EVENT)
			continue;
		f->events++;
		f->count[step->event.point].hits++;
		f->count[step->event.point].written++;
	}
}

struct trace_footer *footer(struct stream *s)
{
	struct trace_footer *f = &add_step(s, ITEM_FOOTER)->footer;

	f->t_ns = s->t_ns;
	snprintf(f->reason, sizeof(f->reason), "interrupted");
	count_since_cut(s, f);
	return f;
}

struct trace_cut *cut(struct stream *s)
{
	struct trace_cut *c = &add_step(s, ITEM_CUT)->cut;

	c->footer.t_ns = c->t_ns = s->t_ns;
	c->footer.continued = true;
	snprintf(c->footer.reason, sizeof(c->footer.reason), "next file");
	count_since_cut(s, &c->footer);
	c->wall_ns = s->header.wall_ns;
	c->next_seq = s->seq + 1;
	return c;
}

void take_step(struct stream *s, const struct step *step)
{
	struct step *copy = add_step(s, step->type);

	*copy = *step;
	/* where time was passed, it passes here as well */
	if (step->type == ITEM_EVENT && s->t_ns < step->event.t_ns)
		s->t_ns = step->event.t_ns;
	if (copy->type == ITEM_EVENT)
		stamp(s, &copy->event.seq, &copy->event.t_ns);
	if (copy->type == ITEM_LOSS)
		stamp(s, &copy->loss.seq, &copy->loss.t_ns);
}

/* ---- feeding ---- */

static struct trace_item item_of(const struct step *step)
{
	struct trace_item item = { .type = step->type };

	switch (step->type) {
	case ITEM_VM:
		item.vm = step->vm;
		break;
	case ITEM_EVENT:
		item.event = &step->event;
		break;
	case ITEM_LOSS:
		item.loss = step->loss;
		break;
	case ITEM_CUT:
		item.cut = &step->cut;
		break;
	default:
		item.footer = &step->footer;
		break;
	}
	return item;
}

int stream_feed(const struct stream *s, int (*fn)(void *ctx, const struct trace_item *item),
		void *ctx)
{
	struct trace_item item = { .type = ITEM_HEADER, .header = &s->header };
	int i, err = s->no_header ? 0 : fn(ctx, &item);

	for (i = 0; i < s->nr && !err; i++) {
		item = item_of(&s->steps[i]);
		err = fn(ctx, &item);
	}
	return err;
}

/* ---- collecting ---- */

static struct outcome *outcome_new(struct stream *s)
{
	struct outcome *o = must(calloc(1, sizeof(*o)));

	o->out = must(open_memstream(&o->json, &o->json_len));
	o->next = s->outcomes;
	s->outcomes = o;
	return o;
}

static void print_json(struct outcome *o, json_t *object)
{
	must(object);
	json_dumpf(object, o->out, JSON_COMPACT);
	fputc('\n', o->out);
	json_decref(object);
}

static void keep_anomaly(void *ctx, const struct restore *restore, const struct anomaly *anomaly)
{
	struct outcome *o = ctx;

	print_json(o, encode_anomaly(restore, anomaly, &o->header));
}

/* Without what is not its own. */
static struct access *copy_access(const struct access *from)
{
	struct access *access = must(malloc(sizeof(*access)));

	*access = *from;
	access->function = NULL;
	access->stack = NULL;
	return access;
}

static void keep_restore(void *ctx, const struct restore *restore)
{
	struct outcome *o = ctx;
	size_t size = (size_t)(o->nr + 1) * sizeof(*restore);
	int i;

	print_json(o, encode_restore(restore, &o->header));
	o->restores = must(realloc(o->restores, size));
	o->restores[o->nr] = *restore;
	for (i = 0; i < restore->nr_accesses; i++)
		o->restores[o->nr].accesses[i] = copy_access(restore->accesses[i]);
	o->restores[o->nr].vm_name = NULL;
	for (i = 0; i < restore->nr_anomalies; i++)
		o->restores[o->nr].anomalies[i].stack = NULL;
	o->nr++;
}

static void keep_save(void *ctx, const struct save *save)
{
	struct outcome *o = ctx;

	print_json(o, encode_save(save, &o->header));
	o->saves = must(realloc(o->saves, (size_t)(o->nr_saves + 1) * sizeof(*save)));
	o->saves[o->nr_saves] = *save;
	o->saves[o->nr_saves].vm_name = o->saves[o->nr_saves].comm = NULL;
	o->nr_saves++;
}

static void keep_verdict(struct outcome *o, const struct verdict *verdict)
{
	o->verdict = *verdict;
	print_json(o, encode_verdict(verdict));
	fclose(o->out);
	o->out = NULL;
}

static int to_model(void *model, const struct trace_item *item)
{
	return model_item(model, item);
}

const struct outcome *judge_at(struct stream *s, enum severity fail_on)
{
	struct model_options options = { .fail_on = fail_on };
	struct outcome *o = outcome_new(s);
	struct model_hooks hooks = {
		.ctx = o,
		.anomaly = keep_anomaly,
		.restore = keep_restore,
		.save = keep_save,
	};
	struct model *m = must(model_new(&options, &hooks));

	o->header = s->header;
	o->err = stream_feed(s, to_model, m);
	keep_verdict(o, model_finish(m));
	model_free(m);
	return o;
}

const struct outcome *judge(struct stream *s)
{
	return judge_at(s, SEVERITY_ERROR);
}

/* A sink that collects: what every other sink is told as well. */
struct collector {
	struct sink sink;
	struct outcome *o;
};

static void collect_anomaly(struct sink *sink, const struct restore *restore,
			    const struct anomaly *anomaly, const struct trace_header *header)
{
	struct outcome *o = ((struct collector *)sink)->o;

	o->header = *header;
	keep_anomaly(o, restore, anomaly);
}

static void collect_restore(struct sink *sink, const struct restore *restore,
			    const struct trace_header *header)
{
	struct outcome *o = ((struct collector *)sink)->o;

	o->header = *header;
	keep_restore(o, restore);
}

static void collect_save(struct sink *sink, const struct save *save,
			 const struct trace_header *header)
{
	struct outcome *o = ((struct collector *)sink)->o;

	o->header = *header;
	keep_save(o, save);
}

static void collect_free(struct sink *sink)
{
	free(sink);
}

static struct sink *collector_new(struct outcome *o)
{
	static const struct sink_ops ops = {
		.anomaly = collect_anomaly,
		.restore = collect_restore,
		.save = collect_save,
		.free = collect_free,
	};
	struct collector *c = must(calloc(1, sizeof(*c)));

	c->sink.ops = &ops;
	c->o = o;
	return &c->sink;
}

static struct outcome *start(struct stream *s, struct pipeline *p, enum severity fail_on)
{
	struct model_options options = { .fail_on = fail_on };
	struct outcome *o = outcome_new(s);

	if (pipeline_init(p, &options) || pipeline_add(p, collector_new(o)))
		abort();
	return o;
}

static const struct outcome *finish(struct outcome *o, struct pipeline *p)
{
	keep_verdict(o, pipeline_finish(p));
	pipeline_free(p);
	return o;
}

const struct outcome *record(struct stream *s, int fd)
{
	struct pipeline p;
	struct outcome *o = start(s, &p, SEVERITY_ERROR);

	if (pipeline_add(&p, trace_sink_new(dup(fd), "the trace")))
		abort();
	o->err = stream_feed(s, pipeline_item, &p);
	return finish(o, &p);
}

const struct outcome *check_file(struct stream *s, const char *path, enum severity fail_on)
{
	struct pipeline p;
	struct outcome *o = start(s, &p, fail_on);

	o->err = file_source_run(path, pipeline_item, &p);
	return finish(o, &p);
}

/* ---- asking an outcome ---- */

const struct anomaly *find_anomaly(const struct outcome *o, const char *id)
{
	int i, j;

	for (i = 0; i < o->nr; i++)
		for (j = 0; j < o->restores[i].nr_anomalies; j++)
			if (!strcmp(o->restores[i].anomalies[j].cls->id, id))
				return &o->restores[i].anomalies[j];
	return NULL;
}

bool has_reason(const struct outcome *o, const char *part)
{
	int i;

	for (i = 0; i < o->verdict.nr_reasons; i++)
		if (strstr(o->verdict.reasons[i], part))
			return true;
	return false;
}

char *digest(const struct outcome *o, uint32_t vm)
{
	char *text = NULL;
	size_t len;
	FILE *f = must(open_memstream(&text, &len));
	int i, j;

	for (i = 0; i < o->nr; i++) {
		const struct restore *r = &o->restores[i];

		if (vm && r->vm != vm)
			continue;
		fprintf(f, "%d %s %s %s %s why %x ret %" PRId64 " map %" PRIx64, r->vcpu,
			path_name(r->path), end_name(r->end), verdict_name(r->verdict),
			r->l2 ? "l2" : "l1", r->why, r->set_ret, r->mapped_gpa);
		fprintf(f, " accesses %d slots %d run %d:", r->nr_accesses, r->nr_memslots,
			r->run_exact);
		for (j = 0; j < r->nr_anomalies; j++)
			if (strcmp(r->anomalies[j].cls->id, "A26") != 0) /* it is about times */
				fprintf(f, " %s/%s", r->anomalies[j].cls->id,
					severity_name(r->anomalies[j].severity));
		fputc('\n', f);
	}
	fclose(f);
	return text;
}

/* ---- small things ---- */

int temp_file(char path[32])
{
	int fd = memfd_create("evmcs-trace-test", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

char *slurp(int fd, size_t *len)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *data = must(malloc((size_t)size + 1));

	if (pread(fd, data, (size_t)size, 0) != size)
		abort();
	data[size] = '\0';
	*len = (size_t)size;
	return data;
}

static int real_stderr = -1;
static int said = -1;

void stderr_off(void)
{
	char path[32];

	fflush(stderr);
	real_stderr = dup(STDERR_FILENO);
	said = temp_file(path);
	dup2(said, STDERR_FILENO);
}

char *stderr_on(void)
{
	char *text;
	size_t len;

	fflush(stderr);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	real_stderr = -1;
	text = slurp(said, &len);
	close(said);
	return text;
}

void stderr_restore(void)
{
	char *text;

	if (real_stderr < 0)
		return;
	text = stderr_on();
	fputs(text, stderr);
	free(text);
}

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

unsigned int rng_below(struct rng *r, unsigned int n)
{
	return (unsigned int)(rng_next(r) % n);
}

int count_of(const char *text, const char *part)
{
	int n = 0;

	while ((text = strstr(text, part))) {
		text += strlen(part);
		n++;
	}
	return n;
}
