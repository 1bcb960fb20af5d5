/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "model/run.h"
#include "sinks/perfetto.h"
#include "sinks/perfetto_packets.h"
#include "util/errstr.h"
#include "util/say.h"

/* Functions that have not returned, of all tasks; more than hosts have CPUs times depth. */
#define MAX_OPEN 1024

enum track_kind {
	TRACK_OF_TRACE,
	TRACK_OF_VM,
	TRACK_OF_VCPU, /* and of the task that was seen on it first */
	TRACK_OF_TASK, /* another one on the same vCPU */
	TRACK_OF_ANOMALIES,
};

struct track {
	enum track_kind kind;
	uint32_t vm;
	int32_t vcpu;
	uint32_t tid; /* no part of the key but of TRACK_OF_TASK */
	uint64_t uuid;
	uint64_t t_ns; /* of the last slice that began or ended on it */
};

struct open_slice {
	struct track *track;
	uint32_t tid;
	uint32_t ioctl;
	enum evmcs_point point;
};

struct perfetto_sink {
	struct sink sink;
	struct packets packets;
	void *tracks; /* tsearch() tree of struct track */
	struct open_slice open[MAX_OPEN]; /* those of a task in the order of its stack */
	int nr_open;
	uint64_t next_uuid;
	uint64_t now_ns; /* of the last item that had a time */
	bool no_memory;
	bool told; /* the first failure */
};

/* ---- failures ---- */

static int sink_error(const struct perfetto_sink *s)
{
	return s->packets.err ?: s->no_memory ? -ENOMEM : 0;
}

static int tell_failure(struct perfetto_sink *s)
{
	int err = sink_error(s);

	if (err && !s->told)
		say_error("cannot write the timeline (%s): free some space or choose another place "
			  "with --perfetto",
			  errstr(err));
	s->told = err;
	return err;
}

/* ---- tracks ---- */

/* Unlike those of other traces, for whoever looks at several at once. */
static uint64_t first_uuid(const struct trace_header *header)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	const char *c;

	for (c = header->run; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	return (hash & ~0xffffffffULL) | 1;
}

static int compare_tracks(const void *a, const void *b)
{
	const struct track *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind > y->kind ? 1 : -1;
	if (x->vm != y->vm)
		return x->vm > y->vm ? 1 : -1;
	if (x->vcpu != y->vcpu)
		return x->vcpu > y->vcpu ? 1 : -1;
	if (x->kind != TRACK_OF_TASK)
		return 0;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

static struct track *find_track(struct perfetto_sink *s, const struct track *key)
{
	void *node = tfind(key, &s->tracks, compare_tracks);

	return node ? *(struct track **)node : NULL;
}

/* A track that is not there yet; NULL on -ENOMEM. */
static struct track *add_track(struct perfetto_sink *s, const struct track *key,
			       const struct packet_track *shown)
{
	struct packet_track described = *shown;
	struct track *track = malloc(sizeof(*track));

	if (!track) {
		s->no_memory = true;
		return NULL;
	}
	*track = *key;
	if (!tsearch(track, &s->tracks, compare_tracks)) {
		s->no_memory = true;
		free(track);
		return NULL;
	}
	track->uuid = described.uuid = s->next_uuid++;
	described.t_ns = s->now_ns;
	packets_track(&s->packets, &described);
	return track;
}

static uint64_t uuid_of(const struct track *track)
{
	return track ? track->uuid : 0;
}

static uint64_t trace_track(struct perfetto_sink *s)
{
	const struct track key = { .kind = TRACK_OF_TRACE };
	const struct packet_track shown = { .name = "evmcs-trace" };

	return uuid_of(find_track(s, &key) ?: add_track(s, &key, &shown));
}

/*
 * No process to the reader, who knows those by their pid: one that has several VMs, as
 * tests do, would be shown as one with the tracks of all.
 */
static uint64_t vm_track(struct perfetto_sink *s, uint32_t vm, uint32_t pid, const char *vm_name)
{
	const struct track key = { .kind = TRACK_OF_VM, .vm = vm };
	char name[PACKET_NAME_MAX] = "VM not known";
	const struct packet_track shown = { .name = name };
	const struct track *track = find_track(s, &key);

	if (track)
		return track->uuid;
	/* what is behind it must not be cut */
	if (vm != VM_UNKNOWN)
		snprintf(name, sizeof(name), "%.160s%s[%u] vm%u", vm_name ?: "", vm_name ? " " : "",
			 pid, vm);
	return uuid_of(add_track(s, &key, &shown));
}

/*
 * What a task does nests. What several do on one vCPU, or for the VM as a whole, need
 * not: each has a track, of the same name, which are shown as one.
 */
static struct track *task_track(struct perfetto_sink *s, uint32_t vm, int32_t vcpu, uint32_t pid,
				uint32_t tid)
{
	struct track key = { .kind = TRACK_OF_VCPU, .vm = vm, .vcpu = vcpu, .tid = tid };
	struct packet_track shown = {};
	char name[32] = "no vCPU";
	struct track *track = find_track(s, &key);

	if (track && track->tid != tid) {
		key.kind = TRACK_OF_TASK;
		track = find_track(s, &key);
	}
	if (track)
		return track;
	if (vcpu != VCPU_NONE)
		snprintf(name, sizeof(name), "vcpu%d", vcpu);
	shown.name = name;
	shown.rank = vcpu;
	shown.parent = vm_track(s, vm, pid, NULL);
	return add_track(s, &key, &shown);
}

/* What the tracks below that of a vCPU are below of. */
static uint64_t vcpu_track(struct perfetto_sink *s, const struct restore *r)
{
	const struct track key = { .kind = TRACK_OF_VCPU, .vm = r->vm, .vcpu = r->vcpu };

	return uuid_of(find_track(s, &key) ?: task_track(s, r->vm, r->vcpu, r->pid, r->tid));
}

static uint64_t anomalies_track(struct perfetto_sink *s, const struct restore *r)
{
	const struct track key = { .kind = TRACK_OF_ANOMALIES, .vm = r->vm, .vcpu = r->vcpu };
	struct packet_track shown = { .name = "anomalies", .rank = 2 };
	const struct track *track = find_track(s, &key);

	if (track)
		return track->uuid;
	shown.parent = vcpu_track(s, r);
	return uuid_of(add_track(s, &key, &shown));
}

/* Windows of a vCPU may overlap: SET may be called again before the first KVM_RUN. */
static uint64_t window_track(struct perfetto_sink *s, const struct restore *r)
{
	struct packet_track shown = { .name = "restore window", .rank = 1, .t_ns = r->t_set_ns };

	shown.parent = vcpu_track(s, r);
	shown.uuid = s->next_uuid++;
	packets_track(&s->packets, &shown);
	return shown.uuid;
}

/* ---- what an event tells ---- */

static void put_ioctl(struct packets *k, uint32_t cmd)
{
	char hex[16];

	if (!cmd)
		return;
	snprintf(hex, sizeof(hex), "0x%x", cmd);
	packets_text(k, ARG_IOCTL, ioctl_name(cmd) ?: hex);
}

static void put_nested(struct packets *k, const struct record_nested *n, bool has_evmcs_pa)
{
	packets_address(k, ARG_FLAGS, n->flags);
	packets_address(k, ARG_VMXON_PA, n->vmxon_pa);
	packets_address(k, ARG_VMCS12_PA, n->vmcs12_pa);
	if (has_evmcs_pa)
		packets_address(k, ARG_EVMCS_PA, n->evmcs_pa);
}

static void put_target(struct packets *k, const struct record_access *a)
{
	packets_text(k, ARG_PURPOSE, purpose_name(a->purpose));
	if (a->gpa != GPA_UNKNOWN)
		packets_address(k, ARG_GPA, a->gpa);
	packets_uint(k, ARG_LEN, a->len);
	if (a->hva)
		packets_address(k, ARG_HVA, a->hva);
}

static void put_memslot(struct packets *k, const struct record_memslot *m)
{
	packets_uint(k, ARG_SLOT, m->slot);
	packets_address(k, ARG_FLAGS, m->flags);
	packets_address(k, ARG_GPA, m->gpa);
	packets_address(k, ARG_SIZE, m->size);
	packets_address(k, ARG_HVA, m->hva);
	if (!m->old_size)
		return;
	packets_address(k, ARG_OLD_GPA, m->old_gpa);
	packets_address(k, ARG_OLD_SIZE, m->old_size);
}

static void put_exit(struct packets *k, const struct record_nested_exit *e)
{
	packets_address(k, ARG_EXIT_REASON, e->reason);
	packets_address(k, ARG_INTR_INFO, e->intr_info);
	packets_address(k, ARG_EXIT_QUALIFICATION, e->qualification);
}

/* What the event of this point and phase has besides the common fields. */
static void put_payload(struct packets *k, const struct event *ev)
{
	bool enter = ev->phase == PHASE_ENTER;

	if (ev->point == PT_FIRST_ENTRY) {
		packets_int(k, ARG_STATUS, ev->entry.status);
		if (ev->flags & REC_CLEAN_FIELDS)
			packets_address(k, ARG_CLEAN_FIELDS, ev->entry.clean_fields);
	} else if (ev->point == PT_FIRST_EXIT) {
		put_exit(k, &ev->exit);
		packets_bool(k, ARG_REFUSED, ev->flags & REC_ENTRY_REFUSED);
	} else if (ev->point == PT_GET_STATE && !enter && ev->nested.size) {
		put_nested(k, &ev->nested, ev->flags & REC_HAS_EVMCS_PA);
	} else if (!enter) {
		return;
	} else if (ev->point == PT_SET_STATE) {
		packets_text(k, ARG_COMM, ev->nested.comm);
		put_nested(k, &ev->nested, ev->flags & REC_HAS_EVMCS_PA);
	} else if (ev->point == PT_NESTED_EXIT) {
		put_exit(k, &ev->exit);
	} else if (point_class(ev->point) == CLASS_MEMSLOT) {
		put_memslot(k, &ev->memslot);
	} else if (point_class(ev->point) == CLASS_ACCESS ||
		   point_class(ev->point) == CLASS_UNMAP) {
		put_target(k, &ev->access);
	}
}

static const char *probed_function(const struct trace_header *header, enum evmcs_point point)
{
	size_t i;

	for (i = 0; i < header->nr_probes; i++)
		if (header->probes[i].point == point)
			return header->probes[i].function;
	return point_name(point);
}

static void put_stack(struct packets *k, const char *const *stack, int nr)
{
	if (nr)
		packets_lines(k, ARG_STACK, stack, nr);
}

static void put_facts(struct packets *k, const struct event *ev, const struct trace_header *header)
{
	packets_uint(k, ARG_SEQ, ev->seq);
	put_ioctl(k, ev->ioctl);
	if (point_has_probe(ev->point))
		packets_text(k, ARG_FUNCTION, probed_function(header, ev->point));
	put_payload(k, ev);
	if (ev->flags & REC_VMX_STATE) {
		packets_address(k, ARG_EVMPTR, ev->evmptr);
		packets_bool(k, ARG_L2, ev->flags & REC_L2);
	}
	packets_uint(k, ARG_TID, ev->tid);
	packets_uint(k, ARG_CPU, ev->cpu);
	put_stack(k, ev->stack, ev->nr_stack);
}

#define EVENT_NAME_MAX 96

static void name_access(char out[EVENT_NAME_MAX], const struct event *ev)
{
	bool known = ev->access.purpose != PURPOSE_UNKNOWN;
	int n = snprintf(out, EVENT_NAME_MAX, "%s%s%s", point_name(ev->point), known ? " " : "",
			 known ? purpose_name(ev->access.purpose) : "");

	if (ev->access.gpa != GPA_UNKNOWN)
		snprintf(out + n, EVENT_NAME_MAX - (size_t)n, " 0x%" PRIx64,
			 (uint64_t)ev->access.gpa);
}

static void name_memslot(char out[EVENT_NAME_MAX], const struct event *ev)
{
	int n = snprintf(out, EVENT_NAME_MAX, "%s %u ", point_name(ev->point), ev->memslot.slot);

	if (ev->memslot.size)
		snprintf(out + n, EVENT_NAME_MAX - (size_t)n, "0x%" PRIx64 "+0x%" PRIx64,
			 (uint64_t)ev->memslot.gpa, (uint64_t)ev->memslot.size);
	else
		snprintf(out + n, EVENT_NAME_MAX - (size_t)n, "removed");
}

/* Where a handler is that of an ioctl, it is called so. */
static const char *plain_name(enum evmcs_point point)
{
	if (point == PT_SET_STATE)
		return "KVM_SET_NESTED_STATE";
	return point == PT_GET_STATE ? "KVM_GET_NESTED_STATE" : point_name(point);
}

static void name_event(char out[EVENT_NAME_MAX], const struct event *ev)
{
	enum point_class class = point_class(ev->point);
	bool enter = ev->phase == PHASE_ENTER;

	if (enter && (class == CLASS_ACCESS || class == CLASS_UNMAP))
		name_access(out, ev);
	else if (enter && class == CLASS_MEMSLOT)
		name_memslot(out, ev);
	else
		snprintf(out, EVENT_NAME_MAX, "%s%s", plain_name(ev->point),
			 enter && ev->point == PT_NESTED_EXIT &&
					 ev->exit.reason == NESTED_EXIT_FORCED
				 ? ", forced"
				 : "");
}

static enum packet_category category_of(enum evmcs_point point)
{
	static const enum packet_category categories[] = {
		[CLASS_FRAME] = CAT_HANDLER, [CLASS_ACCESS] = CAT_ACCESS,
		[CLASS_UNMAP] = CAT_UNMAP,   [CLASS_MEMSLOT] = CAT_MEMSLOT,
		[CLASS_NOTE] = CAT_NOTE,
	};

	if (point == PT_SET_STATE || point == PT_GET_STATE)
		return CAT_IOCTL;
	return categories[point_class(point)];
}

/* ---- slices ---- */

/*
 * Slices of a track are a stack to whoever reads it, in the order of their times. The
 * clocks of two CPUs may disagree a little, which must not tear it.
 */
static uint64_t time_on(struct track *track, uint64_t t_ns)
{
	if (t_ns > track->t_ns)
		track->t_ns = t_ns;
	return track->t_ns;
}

static void begin_end(struct perfetto_sink *s, const struct open_slice *slice, uint64_t t_ns)
{
	const struct packet_event event = {
		.type = PACKET_SLICE_END,
		.track = slice->track->uuid,
		.t_ns = time_on(slice->track, t_ns),
	};

	packets_event(&s->packets, &event);
}

static void forget_slice(struct perfetto_sink *s, int i)
{
	s->nr_open--;
	memmove(&s->open[i], &s->open[i + 1], (size_t)(s->nr_open - i) * sizeof(s->open[0]));
}

static void close_unfinished(struct perfetto_sink *s, int i, uint64_t t_ns, const char *why)
{
	begin_end(s, &s->open[i], t_ns);
	packets_text(&s->packets, ARG_UNFINISHED, why);
	packets_end(&s->packets);
	forget_slice(s, i);
}

#define EXIT_MISSING "its exit was not seen"

/* From the innermost outwards, down to where keep is the lowest. */
static void close_task(struct perfetto_sink *s, uint32_t tid, int keep, uint64_t t_ns)
{
	int i;

	for (i = s->nr_open - 1; i >= keep; i--)
		if (s->open[i].tid == tid)
			close_unfinished(s, i, t_ns, EXIT_MISSING);
}

static int innermost(const struct perfetto_sink *s, uint32_t tid)
{
	int i = s->nr_open - 1;

	while (i >= 0 && s->open[i].tid != tid)
		i--;
	return i;
}

/*
 * A task is in one ioctl at a time, and calls these from nowhere else. What it had not
 * returned from before has returned, unseen.
 */
static void close_stale(struct perfetto_sink *s, const struct event *ev)
{
	bool outermost = ev->phase == PHASE_ENTER &&
			 (ev->point == PT_SET_STATE || ev->point == PT_GET_STATE);
	int i;

	for (i = 0; i < s->nr_open; i++)
		if (s->open[i].tid == ev->tid && (outermost || s->open[i].ioctl != ev->ioctl))
			break;
	close_task(s, ev->tid, i, ev->t_ns);
}

/* What is done for a VM as a whole inside of something is shown there. */
static struct track *track_of_event(struct perfetto_sink *s, const struct event *ev)
{
	int i = ev->vcpu == VCPU_NONE ? innermost(s, ev->tid) : -1;

	if (i >= 0 && (s->open[i].track->vm == ev->vm || ev->vm == VM_UNKNOWN))
		return s->open[i].track;
	return task_track(s, ev->vm, ev->vcpu, ev->pid, ev->tid);
}

static void begin_event(struct perfetto_sink *s, enum packet_type type, struct track *track,
			const struct event *ev, const char *name)
{
	const struct packet_event event = {
		.type = type,
		.track = track->uuid,
		.t_ns = time_on(track, ev->t_ns),
		.category = category_of(ev->point),
		.name = name,
	};

	packets_event(&s->packets, &event);
}

static void show_enter(struct perfetto_sink *s, const struct event *ev,
		       const struct trace_header *header)
{
	char name[EVENT_NAME_MAX];
	struct track *track;

	if (s->nr_open == MAX_OPEN)
		close_task(s, s->open[0].tid, 0, ev->t_ns);
	track = track_of_event(s, ev);
	if (!track)
		return;
	s->open[s->nr_open++] = (struct open_slice){ track, ev->tid, ev->ioctl, ev->point };
	name_event(name, ev);
	begin_event(s, PACKET_SLICE_BEGIN, track, ev, name);
	put_facts(&s->packets, ev, header);
	packets_end(&s->packets);
}

static void show_exit(struct perfetto_sink *s, const struct event *ev)
{
	struct packets *k = &s->packets;
	int i = s->nr_open - 1;

	while (i >= 0 && (s->open[i].tid != ev->tid || s->open[i].point != ev->point))
		i--;
	if (i >= 0) {
		close_task(s, ev->tid, i + 1, ev->t_ns);
		begin_end(s, &s->open[i], ev->t_ns);
		forget_slice(s, i);
	} else {
		struct track *track = track_of_event(s, ev);
		char name[EVENT_NAME_MAX];

		if (!track)
			return;
		snprintf(name, sizeof(name), "%s returned", plain_name(ev->point));
		begin_event(s, PACKET_INSTANT, track, ev, name);
		packets_text(k, ARG_UNFINISHED, "its entry was not seen");
	}
	packets_int(k, ARG_RESULT, ev->ret);
	put_payload(k, ev);
	if (ev->flags & REC_VMX_STATE)
		packets_address(k, ARG_EVMPTR_AFTER, ev->evmptr);
	put_stack(k, ev->stack, ev->nr_stack);
	packets_end(k);
}

static void show_note(struct perfetto_sink *s, const struct event *ev,
		      const struct trace_header *header)
{
	struct track *track = track_of_event(s, ev);
	char name[EVENT_NAME_MAX];

	if (!track)
		return;
	name_event(name, ev);
	begin_event(s, PACKET_INSTANT, track, ev, name);
	put_facts(&s->packets, ev, header);
	packets_end(&s->packets);
}

static void show_event(struct perfetto_sink *s, const struct event *ev,
		       const struct trace_header *header)
{
	close_stale(s, ev);
	if (ev->phase == PHASE_ENTER)
		show_enter(s, ev, header);
	else if (ev->phase == PHASE_EXIT)
		show_exit(s, ev);
	else
		show_note(s, ev, header);
}

/* ---- the trace as a whole ---- */

static void begin_instant(struct perfetto_sink *s, uint64_t track, uint64_t t_ns,
			  enum packet_category category, const char *name)
{
	const struct packet_event event = {
		.type = PACKET_INSTANT,
		.track = track,
		.t_ns = t_ns,
		.category = category,
		.name = name,
	};

	packets_event(&s->packets, &event);
}

static void show_header(struct perfetto_sink *s, const struct trace_header *h)
{
	struct packets *k = &s->packets;
	size_t i;

	s->next_uuid = first_uuid(h);
	packets_begin(k, h);
	begin_instant(s, trace_track(s), 0, CAT_TRACE, "trace begins");
	packets_text(k, ARG_HOST, h->host);
	packets_text(k, ARG_KERNEL, h->kernel);
	packets_text(k, ARG_TOOL, h->tool);
	packets_text(k, ARG_RUN, h->run);
	packets_text(k, ARG_BOOT_ID, h->boot_id);
	packets_list(k, ARG_NOT_ATTACHED);
	for (i = 0; i < h->nr_probes; i++)
		if (!h->probes[i].attached)
			packets_list_item(k, point_name(h->probes[i].point));
	packets_list_end(k);
	packets_end(k);
}

static void show_loss(struct perfetto_sink *s, const struct loss_fact *loss)
{
	char name[EVENT_NAME_MAX];

	snprintf(name, sizeof(name), "%" PRIu64 " lost (%s)", loss->count,
		 loss_stage_name(loss->stage));
	begin_instant(s, trace_track(s), loss->t_ns, CAT_LOSS, name);
	packets_uint(&s->packets, ARG_SEQ, loss->seq);
	packets_uint(&s->packets, ARG_COUNT, loss->count);
	packets_end(&s->packets);
}

static void close_all(struct perfetto_sink *s, const char *why)
{
	while (s->nr_open)
		close_unfinished(s, s->nr_open - 1, s->now_ns, why);
}

static void show_footer(struct perfetto_sink *s, const struct trace_footer *f)
{
	struct packets *k = &s->packets;

	close_all(s, f->continued ? "it goes on in the next file" : "the trace ended");
	begin_instant(s, trace_track(s), s->now_ns, CAT_TRACE, "trace ends");
	packets_text(k, ARG_REASON, f->reason);
	packets_uint(k, ARG_EVENTS, f->events);
	if (f->has_command)
		packets_int(k, ARG_COMMAND_STATUS, f->command_status);
	packets_end(k);
	packets_flush(k);
}

static void take_time(struct perfetto_sink *s, uint64_t t_ns)
{
	if (t_ns > s->now_ns)
		s->now_ns = t_ns;
}

static int perfetto_item(struct sink *sink, const struct trace_item *item,
			 const struct trace_header *header)
{
	struct perfetto_sink *s = (struct perfetto_sink *)sink;

	switch (item->type) {
	case ITEM_HEADER:
		show_header(s, item->header);
		break;
	case ITEM_VM:
		vm_track(s, item->vm.vm, item->vm.pid, item->vm.name ?: item->vm.comm);
		break;
	case ITEM_EVENT:
		take_time(s, item->event->t_ns);
		show_event(s, item->event, header);
		break;
	case ITEM_LOSS:
		take_time(s, item->loss.t_ns);
		show_loss(s, &item->loss);
		break;
	case ITEM_FOOTER:
		take_time(s, item->footer->t_ns);
		show_footer(s, item->footer);
		break;
	case ITEM_CUT: /* files end there; a timeline goes on */
		break;
	}
	return tell_failure(s);
}

/* ---- what the model concluded ---- */

static void put_restore_id(struct packets *k, const struct restore *r,
			   const struct trace_header *header)
{
	char id[RESTORE_ID_LEN];

	restore_id(id, header, r->id);
	packets_text(k, ARG_RESTORE_ID, id);
}

/* Where its first KVM_RUN was not seen: where what ended it was. */
static uint64_t end_of_window(const struct perfetto_sink *s, const struct restore *r)
{
	uint64_t end_ns = s->now_ns;

	if (r->run_seen)
		end_ns = r->t_run_ns;
	else if (r->end == END_LEFT || r->end == END_REFUSED)
		end_ns = r->t_set_ns + r->set_duration_ns;
	return end_ns > r->t_set_ns ? end_ns : r->t_set_ns;
}

static void put_conclusion(struct packets *k, const struct restore *r)
{
	int i;

	packets_text(k, ARG_VERDICT, verdict_name(r->verdict));
	packets_text(k, ARG_PATH, path_name(r->path));
	packets_text(k, ARG_MODE, r->l2 ? "l2" : "l1");
	packets_text(k, ARG_END, end_name(r->end));
	packets_list(k, ARG_ANOMALIES);
	for (i = 0; i < r->nr_anomalies; i++)
		packets_list_item(k, r->anomalies[i].cls->name);
	packets_list_end(k);
	packets_list(k, ARG_INCONCLUSIVE);
	for (i = 0; i < WHY_COUNT; i++)
		if (r->why & (1U << i))
			packets_list_item(k, inconclusive_text(i));
	packets_list_end(k);
	if (r->reset)
		packets_bool(k, ARG_RESET, true);
}

static void put_measures(struct packets *k, const struct restore *r)
{
	if (r->mapped && r->mapped_gpa != GPA_UNKNOWN)
		packets_address(k, ARG_EVMCS, r->mapped_gpa);
	put_nested(k, &r->header, r->has_evmcs_pa);
	packets_uint(k, ARG_SET_NS, r->set_duration_ns);
	if (r->set_done)
		packets_int(k, ARG_SET_RET, r->set_ret);
	if (r->run_seen) {
		packets_int(k, ARG_RUN_AFTER_NS, (int64_t)(r->t_run_ns - r->t_set_ns));
		packets_bool(k, ARG_EXACT, r->run_exact);
	}
	if (r->mapped)
		packets_int(k, ARG_MAP_AFTER_NS, (int64_t)(r->t_map_ns - r->t_set_ns));
	packets_uint(k, ARG_ACCESSES, (uint64_t)r->nr_accesses + r->accesses_dropped);
	packets_uint(k, ARG_PID, r->pid);
	packets_uint(k, ARG_TID, r->tid);
	packets_text(k, ARG_COMM, r->comm);
}

static void show_run(struct perfetto_sink *s, const struct restore *r,
		     const struct trace_header *header)
{
	const struct track *track = task_track(s, r->vm, r->vcpu, r->pid, r->tid);

	if (!track)
		return;
	begin_instant(s, track->uuid, end_of_window(s, r), CAT_RESTORE, "first KVM_RUN");
	put_restore_id(&s->packets, r, header);
	packets_bool(&s->packets, ARG_EXACT, r->run_exact);
	packets_end(&s->packets);
}

static void perfetto_restore(struct sink *sink, const struct restore *r,
			     const struct trace_header *header)
{
	struct perfetto_sink *s = (struct perfetto_sink *)sink;
	char name[EVENT_NAME_MAX];
	struct packet_event event = {
		.type = PACKET_SLICE_BEGIN,
		.track = window_track(s, r),
		.t_ns = r->t_set_ns,
		.category = CAT_RESTORE,
		.name = name,
	};

	snprintf(name, sizeof(name), "%s: %s", path_name(r->path), verdict_name(r->verdict));
	packets_event(&s->packets, &event);
	put_restore_id(&s->packets, r, header);
	put_conclusion(&s->packets, r);
	put_measures(&s->packets, r);
	packets_end(&s->packets);
	event.type = PACKET_SLICE_END;
	event.t_ns = end_of_window(s, r);
	event.name = NULL;
	packets_event(&s->packets, &event);
	if (r->end == END_OPEN)
		packets_text(&s->packets, ARG_UNFINISHED, inconclusive_text(WHY_NO_RUN_SEEN));
	packets_end(&s->packets);
	if (r->run_seen)
		show_run(s, r, header);
	tell_failure(s);
}

static void put_reached(struct packets *k, const struct access *access)
{
	const struct record_access target = {
		.gpa = access->gpa,
		.len = access->len,
		.hva = access->hva,
		.purpose = access->purpose,
	};

	packets_text(k, ARG_FUNCTION, access->function);
	put_ioctl(k, access->ioctl);
	put_target(k, &target);
	if (access->done)
		packets_int(k, ARG_RESULT, access->ret);
}

static void put_evidence(struct packets *k, const struct restore *r, const struct anomaly *a)
{
	const struct kernel_stack *stack = anomaly_stack(r, a);

	if (a->of_entry) {
		packets_int(k, ARG_STATUS, r->first_entry.status);
		if (r->first_entry.clean_known)
			packets_address(k, ARG_CLEAN_FIELDS, r->first_entry.clean_fields);
	}
	if (a->access >= 0)
		put_reached(k, r->accesses[a->access]);
	if (stack)
		put_stack(k, (const char *const *)stack->entry, stack->nr);
}

static void perfetto_anomaly(struct sink *sink, const struct restore *r, const struct anomaly *a,
			     const struct trace_header *header)
{
	struct perfetto_sink *s = (struct perfetto_sink *)sink;
	struct packets *k = &s->packets;

	begin_instant(s, anomalies_track(s, r), a->t_ns, CAT_ANOMALY, a->cls->name);
	packets_text(k, ARG_SEVERITY, severity_name(a->severity));
	packets_text(k, ARG_TITLE, a->cls->title);
	packets_text(k, ARG_ID, a->cls->id);
	put_restore_id(k, r, header);
	packets_uint(k, ARG_SEQ, a->seq);
	put_evidence(k, r, a);
	packets_end(k);
	tell_failure(s);
}

static void perfetto_verdict(struct sink *sink, const struct verdict *v,
			     const struct trace_header *header)
{
	struct perfetto_sink *s = (struct perfetto_sink *)sink;
	struct packets *k = &s->packets;
	char name[EVENT_NAME_MAX];
	int i;

	(void)header;
	close_all(s, "the trace has no footer");
	snprintf(name, sizeof(name), "verdict: %s", verdict_name(v->kind));
	begin_instant(s, trace_track(s), s->now_ns, CAT_TRACE, name);
	packets_uint(k, ARG_RESTORES, v->restores);
	packets_uint(k, ARG_LOST, v->lost);
	packets_list(k, ARG_REASONS);
	for (i = 0; i < v->nr_reasons; i++)
		packets_list_item(k, v->reasons[i]);
	packets_list_end(k);
	packets_end(k);
	packets_flush(k);
	tell_failure(s);
}

/* What could be read of it is a timeline. */
static void perfetto_unreadable(struct sink *sink, const char *why)
{
	struct perfetto_sink *s = (struct perfetto_sink *)sink;

	close_all(s, why);
	packets_flush(&s->packets);
	tell_failure(s);
}

static void perfetto_free(struct sink *sink)
{
	struct perfetto_sink *s = (struct perfetto_sink *)sink;

	tdestroy(s->tracks, free);
	packets_free(&s->packets);
	free(s);
}

static const struct sink_ops perfetto_ops = {
	.item = perfetto_item,
	.anomaly = perfetto_anomaly,
	.restore = perfetto_restore,
	.verdict = perfetto_verdict,
	.unreadable = perfetto_unreadable,
	.free = perfetto_free,
};

struct sink *perfetto_sink_new(FILE *out)
{
	struct perfetto_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &perfetto_ops;
	s->packets.out = out;
	return &s->sink;
}

int perfetto_sink_error(const struct sink *sink)
{
	return sink_error((const struct perfetto_sink *)sink);
}
