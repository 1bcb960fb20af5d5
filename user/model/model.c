/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/anomalies.h"
#include "model/context.h"
#include "model/model.h"
#include "model/names.h"

/* A vCPU that was seen, and what is in flight on it. */
struct vcpu {
	uint32_t vm;
	int32_t id;
	struct vm *of;
	struct restore *current; /* the latest SET, until its window ends */
	struct restore *pending; /* an earlier one, while SET runs again */
	struct restore *entering; /* it ran; what L1's first nested entry does is to be seen */
	bool has_set; /* one that is in this trace */
	bool has_saved;
	struct save saved; /* the last one, since the last SET */
	struct vcpu *next, **back; /* list of all */
	bool flying; /* in the list of its VM: it has a current restore, or had one */
	struct vcpu *next_flying, **back_flying;
};

struct vm {
	uint32_t id;
	uint32_t pid;
	char *name;
	char *comm; /* NULL: nothing was said of it yet */
	uint64_t nr_vcpus;
	struct vcpu *flying; /* those with a restore in flight, for what concerns the VM */
};

struct model {
	struct model_options options;
	struct model_hooks hooks;
	struct context *context;
	void *vcpus; /* tsearch() tree of struct vcpu, by vm and id */
	struct vcpu *vcpu_list;
	void *vms; /* tsearch() tree of struct vm, by id */
	struct trace_header header;
	bool blind; /* a needed probe is missing; so until the header came */
	uint64_t attached; /* bits of enum evmcs_point */
	bool has_footer;
	struct trace_footer footer; /* of what came since the last cut */
	bool continues; /* the stream began before its header */
	uint64_t cut_events; /* told of by the footers of earlier cuts, and so on */
	uint64_t cut_lost;
	uint64_t cut_missed;
	uint64_t cut_tracking_lost;
	uint64_t last_t_ns; /* of the events */
	uint64_t last_seq;
	uint64_t next_id;
	uint64_t next_save;
	uint64_t open;
	uint64_t unpaired; /* outside of any restore */
	uint64_t ring_lost;
	uint64_t losses; /* how often any were told */
	bool output_failed;
	bool silent;
	bool detached;
	struct verdict verdict;
};

#define INCONCLUSIVE_TEXT(id, text) text,
static const char *const inconclusive_texts[] = { INCONCLUSIVE_REASONS(INCONCLUSIVE_TEXT) };

const char *inconclusive_text(enum inconclusive_reason why)
{
	return inconclusive_texts[why];
}

/* ---- restores ---- */

static void access_free(struct access *access)
{
	free(access->stack);
	free(access);
}

static void restore_free(struct restore *restore)
{
	int i;

	if (!restore)
		return;
	for (i = 0; i < restore->nr_accesses; i++)
		access_free(restore->accesses[i]);
	for (i = 0; i < restore->nr_anomalies; i++)
		free(restore->anomalies[i].stack);
	free(restore);
}

/* A point that the header does not speak of is one that nobody looked at. */
static bool is_listed(const struct model *m, enum evmcs_point point)
{
	size_t i;

	for (i = 0; i < m->header.nr_probes; i++)
		if (m->header.probes[i].point == point)
			return true;
	return false;
}

static int first_unlisted(const struct model *m)
{
	int point;

	for (point = 0; point < PT_COUNT; point++)
		if (point_class(point) != CLASS_NOTE && !is_listed(m, point))
			return point;
	return -1;
}

static bool is_blind(const struct model *m)
{
	size_t i;

	for (i = 0; i < m->header.nr_probes; i++)
		if (m->header.probes[i].needed && !m->header.probes[i].attached)
			return true;
	return first_unlisted(m) >= 0;
}

static uint64_t attached_points(const struct model *m)
{
	uint64_t points = 0;
	size_t i;

	_Static_assert(PT_COUNT <= 64, "a bit for each point");
	for (i = 0; i < m->header.nr_probes; i++)
		if (m->header.probes[i].attached)
			points |= 1ULL << m->header.probes[i].point;
	return points;
}

static void mark(struct restore *restore, enum inconclusive_reason why)
{
	if (restore)
		restore->why |= 1U << why;
}

/* Instead of a walk over all that is in flight, for each loss. */
static void note_losses(const struct model *m, struct restore *restore)
{
	if (restore->losses_before != m->losses)
		mark(restore, WHY_LOST);
}

static bool has_violation(const struct model *m, const struct restore *restore)
{
	int i;

	for (i = 0; i < restore->nr_anomalies; i++)
		if (restore->anomalies[i].severity >= m->options.fail_on)
			return true;
	return false;
}

/* An access whose exit is missing; it also hid those that came inside it. */
static bool has_unfinished_access(const struct restore *restore)
{
	int i;

	for (i = 0; i < restore->nr_accesses; i++)
		if (!restore->accesses[i]->done)
			return true;
	return false;
}

static void judge(const struct model *m, struct restore *restore)
{
	note_losses(m, restore);
	if (m->blind)
		mark(restore, WHY_BLIND);
	if (restore->end == END_OPEN)
		mark(restore, WHY_NO_RUN_SEEN);
	/* where the trace ends inside of a call, that is why its exit is not there */
	if (restore->end != END_OPEN && (!restore->set_done || has_unfinished_access(restore)))
		mark(restore, WHY_UNPAIRED);
	if (restore->accesses_dropped)
		mark(restore, WHY_TOO_MANY);
	if (has_violation(m, restore))
		restore->verdict = VERDICT_FAIL;
	else if (restore->why)
		restore->verdict = VERDICT_INCONCLUSIVE;
	else
		restore->verdict = VERDICT_PASS;
}

static void count(struct verdict *verdict, const struct restore *restore)
{
	int i;

	if (restore->reset) {
		verdict->resets++;
		return;
	}
	verdict->restores++;
	verdict->by_verdict[restore->verdict]++;
	verdict->by_path[restore->path]++;
	for (i = 0; i < restore->nr_anomalies; i++) {
		const struct anomaly *a = &restore->anomalies[i];

		verdict->anomalies[a->severity]++;
		verdict->classes[a->severity] |= 1ULL << (a->cls - anomaly_classes);
	}
}

/* Its window has ended; ev: by which, NULL: with the trace. */
static struct restore *end_restore(struct model *m, struct restore **slot, enum restore_end end,
				   const struct event *ev)
{
	struct restore *restore = *slot;

	*slot = NULL;
	m->open--;
	restore->end = end;
	restore->last_seq = ev ? ev->seq : m->last_seq;
	if (ev && ev->flags & REC_VMX_STATE)
		restore->evmptr_end = ev->evmptr;
	return restore;
}

/*
 * QEMU sets an empty nested state whenever it resets a vCPU, twice before it takes
 * in a migration, whether or not its guest ever had VMX on.
 */
static bool is_reset(const struct restore *restore)
{
	return restore->path == PATH_LEAVE && restore->end == END_LEFT && restore->vmx_was_off &&
	       restore->verdict == VERDICT_PASS && !restore->nr_anomalies;
}

/* Judge, tell, forget. Frames may still point to it. */
static void conclude(struct model *m, struct restore *restore)
{
	judge(m, restore);
	restore->reset = is_reset(restore);
	count(&m->verdict, restore);
	m->hooks.restore(m->hooks.ctx, restore);
	restore_free(restore);
}

static void close_restore(struct model *m, struct restore **slot, enum restore_end end,
			  const struct event *ev)
{
	conclude(m, end_restore(m, slot, end, ev));
}

/* By the SET that began last, which need not have returned. */
static void supersede(struct model *m, struct vcpu *vcpu, enum restore_end end,
		      const struct event *ev)
{
	vcpu->pending->superseded_by = vcpu->current->id;
	vcpu->pending->t_superseded_ns = vcpu->current->t_set_ns;
	close_restore(m, &vcpu->pending, end, ev);
}

static int compare_vms(const void *a, const void *b)
{
	const struct vm *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static struct vm *find_vm(const struct model *m, uint32_t id)
{
	struct vm key = { .id = id };
	void *node = tfind(&key, &m->vms, compare_vms);

	return node ? *(struct vm **)node : NULL;
}

static struct vm *know_vm(struct model *m, uint32_t id)
{
	struct vm *vm = find_vm(m, id);

	if (vm)
		return vm;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return NULL;
	vm->id = id;
	if (tsearch(vm, &m->vms, compare_vms))
		return vm;
	free(vm);
	return NULL;
}

static void free_vm(void *node)
{
	struct vm *vm = node;

	free(vm->name);
	free(vm->comm);
	free(vm);
}

static const char *vm_name(const struct model *m, uint32_t id)
{
	const struct vm *vm = find_vm(m, id);

	return vm ? vm->name : NULL;
}

static enum restore_path first_path(const struct record_nested *header)
{
	if (header->vmxon_pa == INVALID_GPA)
		return PATH_LEAVE;
	/* until it is mapped */
	return header->flags & NESTED_EVMCS ? PATH_EVMCS_NONE : PATH_NATIVE;
}

static bool vmx_is_off(const struct event *ev)
{
	return (ev->flags & REC_NESTED_FLAGS) && !(ev->flags & REC_VMXON);
}

static struct restore *new_restore(struct model *m, const struct event *ev)
{
	struct restore *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->id = ++m->next_id;
	r->window = ev->window;
	r->losses_before = m->losses;
	r->exits = ev->exits;
	r->has_exits = ev->flags & REC_VCPU_STATE;
	r->vm = ev->vm;
	r->vcpu = ev->vcpu;
	r->pid = ev->pid;
	r->tid = ev->tid;
	r->vm_name = vm_name(m, ev->vm);
	r->header = ev->nested;
	snprintf(r->comm, sizeof(r->comm), "%.*s", RECORD_COMM_LEN - 1, ev->nested.comm);
	r->has_evmcs_pa = ev->flags & REC_HAS_EVMCS_PA;
	r->path = first_path(&ev->nested);
	r->wants_evmcs = r->path == PATH_EVMCS_NONE;
	r->vmx_was_off = vmx_is_off(ev);
	r->l2 = ev->nested.flags & NESTED_GUEST_MODE;
	r->t_set_ns = ev->t_ns;
	r->evmptr_before = r->evmptr_after = r->evmptr_end = ev->evmptr;
	r->mapped_gpa = GPA_UNKNOWN;
	r->first_seq = r->last_seq = ev->seq;
	if (ev->flags & REC_UNTRACKED)
		mark(r, WHY_UNTRACKED);
	if (!(ev->flags & REC_VCPU_STATE) || !(ev->flags & REC_VMX_STATE))
		mark(r, WHY_NO_STATE);
	m->open++;
	return r;
}

/* ---- vCPUs ---- */

static int compare_vcpus(const void *a, const void *b)
{
	const struct vcpu *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm > y->vm ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

static struct vcpu *find_vcpu(struct model *m, uint32_t vm, int32_t id)
{
	struct vcpu key = { .vm = vm, .id = id };
	void *node = tfind(&key, &m->vcpus, compare_vcpus);

	return node ? *(struct vcpu **)node : NULL;
}

static struct vcpu *new_vcpu(struct model *m, uint32_t vm, int32_t id)
{
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		return NULL;
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->of = know_vm(m, vm);
	if (vcpu->of && tsearch(vcpu, &m->vcpus, compare_vcpus))
		return vcpu;
	free(vcpu);
	return NULL;
}

static struct vcpu *add_vcpu(struct model *m, uint32_t vm, int32_t id)
{
	struct vcpu *vcpu = new_vcpu(m, vm, id);

	if (!vcpu)
		return NULL;
	vcpu->of->nr_vcpus++;
	vcpu->next = m->vcpu_list;
	if (vcpu->next)
		vcpu->next->back = &vcpu->next;
	vcpu->back = &m->vcpu_list;
	m->vcpu_list = vcpu;
	return vcpu;
}

static void leave_flying(struct vcpu *vcpu)
{
	if (!vcpu->flying)
		return;
	vcpu->flying = false;
	*vcpu->back_flying = vcpu->next_flying;
	if (vcpu->next_flying)
		vcpu->next_flying->back_flying = vcpu->back_flying;
}

/*
 * The vCPUs of a VM that have a restore in flight, from *at on; those that have none any more
 * leave the list here.
 */
static struct vcpu *flying(struct vcpu **at)
{
	while (*at && !(*at)->current)
		leave_flying(*at);
	return *at;
}

static void takes_off(struct vcpu *vcpu)
{
	if (vcpu->flying)
		return;
	vcpu->flying = true;
	vcpu->next_flying = vcpu->of->flying;
	if (vcpu->next_flying)
		vcpu->next_flying->back_flying = &vcpu->next_flying;
	vcpu->back_flying = &vcpu->of->flying;
	vcpu->of->flying = vcpu;
}

static void forget_vm(struct model *m, struct vm *vm)
{
	tdelete(vm, &m->vms, compare_vms);
	free_vm(vm);
}

static void remove_vcpu(struct model *m, struct vcpu *vcpu)
{
	leave_flying(vcpu);
	tdelete(vcpu, &m->vcpus, compare_vcpus);
	*vcpu->back = vcpu->next;
	if (vcpu->next)
		vcpu->next->back = vcpu->back;
	if (!--vcpu->of->nr_vcpus)
		forget_vm(m, vcpu->of);
	free(vcpu);
}

/* ---- anomalies ---- */

/*
 * Where records were lost since its SET, the window may have ended unseen, and what was found in
 * it be of something else: that is worth a look, and no proof.
 */
static enum severity grade(const struct restore *restore, const struct anomaly_class *cls,
			   const struct moment_facts *f)
{
	enum severity severity = cls->graded ? cls->graded(f) : cls->severity;

	if (severity > SEVERITY_WARNING && restore->why & (1U << WHY_LOST))
		return SEVERITY_WARNING;
	return severity;
}

static int index_of(const struct restore *restore, const struct access *access)
{
	int i;

	for (i = restore->nr_accesses - 1; i >= 0 && restore->accesses[i] != access; i--)
		;
	return i;
}

/* As bad as the first: counted, and remembered if it is what matters most. */
static void add_access(const struct restore *restore, struct anomaly *a, enum severity severity,
		       const struct access *access)
{
	if (!access || a->access < 0 || severity < a->severity)
		return;
	a->more++;
	if (a->map < 0 && access->purpose == PURPOSE_EVMCS &&
	    restore->accesses[a->access]->purpose != PURPOSE_EVMCS)
		a->map = index_of(restore, access);
}

static void add_anomaly(struct model *m, struct restore *restore, const struct anomaly_class *cls,
			const struct moment_facts *f)
{
	enum severity severity = grade(restore, cls, f);
	const struct access *evidence = f->access ?: cls->about ? cls->about(f) : NULL;
	struct anomaly *a;
	int i;

	for (i = 0; i < restore->nr_anomalies; i++)
		if (restore->anomalies[i].cls == cls)
			break;
	/* the first evidence of a class is enough, unless there is worse */
	if (i < restore->nr_anomalies && restore->anomalies[i].severity >= severity) {
		add_access(restore, &restore->anomalies[i], severity, f->access);
		return;
	}
	if (i == RESTORE_MAX_ANOMALIES)
		return;
	if (i == restore->nr_anomalies)
		restore->nr_anomalies++;
	a = &restore->anomalies[i];
	a->cls = cls;
	a->severity = severity;
	a->t_ns = f->event->t_ns;
	a->seq = f->event->seq;
	a->access = a->map = -1;
	a->more = 0;
	a->of_entry = cls->when & AT_FIRST_ENTRY;
	free(a->stack);
	/* where nothing returned, the event is what it was noticed by, not what did it */
	a->stack = f->frame ? kernel_stack_new(f->event->stack, f->event->nr_stack) : NULL;
	a->access = index_of(restore, evidence);
	m->hooks.anomaly(m->hooks.ctx, restore, a);
}

static void ask(struct model *m, enum moment when, struct restore *restore,
		struct moment_facts *facts)
{
	int i;

	if (!restore)
		return;
	note_losses(m, restore);
	facts->restore = restore;
	facts->attached = m->attached;
	facts->slow_set_ns = m->options.slow_set_ns;
	for (i = 0; i < anomaly_nr_classes; i++)
		if ((anomaly_classes[i].when & when) && anomaly_classes[i].seen(facts))
			add_anomaly(m, restore, &anomaly_classes[i], facts);
}

/* ---- L1's first nested entry ---- */

/*
 * L1 was active and its eVMCS was mapped: the vCPU has run, but L2 has not. The
 * restore is concluded when it is known what became of the first nested entry.
 */
static bool entry_is_to_come(const struct restore *r)
{
	return r->wants_evmcs && r->mapped && !r->l2 && !r->set_ret;
}

/* Nothing more will be seen of it. */
static void entry_is_over(struct model *m, struct vcpu *vcpu)
{
	struct restore *r = vcpu->entering;
	struct moment_facts facts = {};
	struct event ev = {};

	if (!r)
		return;
	ev.t_ns = r->first_entry.t_ns;
	ev.seq = r->first_entry.seq;
	facts.event = &ev;
	vcpu->entering = NULL;
	ask(m, AT_FIRST_ENTRY, r, &facts);
	conclude(m, r);
}

/* What KVM does not believe, or what vmcs02 does not get by it, does no harm. */
static bool entry_may_fail(const struct first_entry *entry)
{
	return entry->status == EVMPTRLD_SUCCEEDED &&
	       (!entry->clean_known || entry->clean_fields & CLEAN_FIELDS_GUEST);
}

static void entry_begins(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	struct first_entry *entry = &vcpu->entering->first_entry;

	*entry = (struct first_entry){
		.seen = true,
		.clean_known = ev->flags & REC_CLEAN_FIELDS,
		.clean_fields = ev->entry.clean_fields,
		.status = ev->entry.status,
		.t_ns = ev->t_ns,
		.seq = ev->seq,
		.exits = ev->exits,
	};
	if (!entry_may_fail(entry))
		entry_is_over(m, vcpu);
}

/* A later exit than the next one is of an L2 that has run. */
static bool is_end_of_entry(const struct first_entry *entry, const struct event *ev)
{
	return ev->flags & REC_ENTRY_REFUSED ||
	       (ev->flags & REC_VCPU_STATE && ev->exits == entry->exits + 1);
}

static void entry_ends(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	struct first_entry *entry = &vcpu->entering->first_entry;

	entry->left = true;
	entry->failed = entry->seen && ev->exit.reason == EXIT_INVALID_GUEST_STATE &&
			is_end_of_entry(entry, ev);
	if (entry->failed) {
		entry->t_ns = ev->t_ns;
		entry->seq = ev->seq;
	}
	/* why it failed cannot be said */
	if (entry->failed && !entry->clean_known)
		mark(vcpu->entering, WHY_NO_STATE);
	entry_is_over(m, vcpu);
}

/* Of another restore's first entry nothing is wanted. */
static void entry_noted(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	if (!vcpu || !vcpu->entering || vcpu->entering->window != ev->window)
		return;
	if (ev->point == PT_FIRST_ENTRY)
		entry_begins(m, vcpu, ev);
	else
		entry_ends(m, vcpu, ev);
}

/* The vCPU has exited since, and not by the exit of a failed entry: L2 has run. */
static void notice_entry(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	struct first_entry *entry = vcpu->entering ? &vcpu->entering->first_entry : NULL;

	if (!entry || !entry->seen || !(ev->flags & REC_VCPU_STATE) || ev->exits == entry->exits)
		return;
	entry->left = true;
	entry_is_over(m, vcpu);
}

/* ---- accesses ---- */

/* The clocks of two CPUs, and the ring between them, may disagree a little. */
static uint64_t time_since(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

static const char *probed_function(const struct model *m, enum evmcs_point point)
{
	size_t i;

	for (i = 0; i < m->header.nr_probes; i++)
		if (m->header.probes[i].point == point)
			return m->header.probes[i].function;
	return point_name(point);
}

static struct access *new_access(const struct model *m, const struct event *ev)
{
	struct access *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->point = ev->point;
	a->purpose = ev->access.purpose;
	a->gpa = ev->access.gpa;
	a->len = ev->access.len;
	a->hva = ev->access.hva;
	a->t_ns = ev->t_ns;
	a->seq = ev->seq;
	a->ioctl = ev->ioctl;
	a->function = probed_function(m, ev->point);
	a->stack = kernel_stack_new(ev->stack, ev->nr_stack);
	return a;
}

/* Only the outermost accessor is an access; what it calls is how it is done. */
static int access_begins(struct model *m, struct vcpu *vcpu, const struct task *task,
			 struct frame *frame, const struct event *ev)
{
	struct restore *r = vcpu ? vcpu->current : NULL;
	struct access *access;

	if (!r || !event_is_access(ev) || task_inside_access(task))
		return 0;
	if (r->nr_accesses == RESTORE_MAX_ACCESSES) {
		r->accesses_dropped++;
		return 0;
	}
	access = new_access(m, ev);
	if (!access)
		return -ENOMEM;
	access->before_run = ev->ioctl != (uint32_t)KVM_RUN && !r->run_seen;
	r->accesses[r->nr_accesses++] = access;
	frame->access = access;
	frame->restore_id = r->id;
	frame->owner = r->vcpu;
	return 0;
}

static bool reached_memory(const struct event *ev)
{
	switch (ev->point) {
	case PT_WALK_64:
	case PT_WALK_32:
	case PT_WALK_EPT:
		return true; /* it reads the tables whatever it finds in them */
	default:
		return !ev->ret;
	}
}

/* Whose restore an access was put down to; it may be over, then NULL. */
static struct vcpu *owner_of(struct model *m, const struct frame *frame)
{
	struct vcpu *vcpu = find_vcpu(m, frame->entry.vm, frame->owner);

	return vcpu && vcpu->current && vcpu->current->id == frame->restore_id ? vcpu : NULL;
}

static void count_access(struct model *m, const struct task *task, const struct access *access)
{
	if (access->touched && access->before_run)
		m->verdict.accesses_before_run++;
	if (access->touched && task_inside(task, PT_SET_STATE))
		m->verdict.accesses_in_set++;
}

static void access_ends(struct model *m, const struct task *task, const struct frame *frame,
			const struct event *ev)
{
	struct moment_facts facts = {
		.event = ev,
		.task = task,
		.frame = frame,
		.access = frame->access,
	};
	struct access *access = frame->access;
	struct vcpu *vcpu;

	/* the restore may have ended while a frame was left open by a loss */
	vcpu = owner_of(m, frame);
	if (!access || !vcpu)
		return;
	access->done = true;
	access->ret = ev->ret;
	access->duration_ns = time_since(access->t_ns, ev->t_ns);
	access->touched = reached_memory(ev);
	facts.restore = vcpu->current;
	access->asked_for = access_was_asked_for(&facts);
	count_access(m, task, access);
	if (access->touched && access->purpose == PURPOSE_EVMCS) {
		vcpu->current->map_held = true;
		vcpu->current->held_gpa = access->gpa;
	}
	ask(m, AT_ACCESS, vcpu->current, &facts);
}

/* ---- what the frames mean ---- */

/* A KVM_RUN that got past its first test: immediate_exit does not come here. */
static void saw_run(struct restore *r, const struct event *ev)
{
	if (r->run_seen || ev->ioctl != (uint32_t)KVM_RUN)
		return;
	r->run_seen = true;
	r->run_exact = true;
	r->t_run_ns = ev->t_ns;
}

static uint64_t gpa_of_last_map(const struct restore *r, uint64_t since_seq)
{
	int i;

	for (i = r->nr_accesses - 1; i >= 0 && r->accesses[i]->seq > since_seq; i--)
		if (r->accesses[i]->purpose == PURPOSE_EVMCS && r->accesses[i]->touched)
			return r->accesses[i]->gpa;
	return GPA_UNKNOWN;
}

static enum restore_path path_on_behalf(enum evmcs_point behalf, uint32_t ioctl)
{
	switch (behalf) {
	case PT_STATE_PAGES:
		return PATH_EVMCS_DEFERRED;
	case PT_NESTED_EXIT:
		return PATH_EVMCS_FORCED_EXIT;
	case PT_SET_STATE:
		return PATH_EVMCS_DIRECT;
	default: /* an unknown caller (A7) */
		return ioctl == (uint32_t)KVM_RUN ? PATH_EVMCS_DEFERRED : PATH_EVMCS_EARLY;
	}
}

/* What is called inside SET maps inside SET, but for the exit of an earlier state. */
static enum restore_path path_of_load(const struct task *task, uint32_t ioctl)
{
	if (task_inside(task, PT_SET_STATE) && !task_inside(task, PT_NESTED_EXIT))
		return PATH_EVMCS_DIRECT;
	return path_on_behalf(task_behalf(task), ioctl);
}

static void evmptr_loaded(struct vcpu *vcpu, const struct task *task, const struct frame *frame,
			  const struct event *ev)
{
	enum evmcs_point behalf = task_behalf(task);
	struct restore *served = vcpu->current;

	/* a nested exit inside SET is the end of the restore before it */
	if (behalf == PT_NESTED_EXIT && task_inside(task, PT_SET_STATE) && vcpu->pending)
		served = vcpu->pending;
	if (!served->wants_evmcs || served->mapped)
		return;
	served->mapped = true;
	served->path = path_of_load(task, ev->ioctl);
	served->t_map_ns = ev->t_ns;
	served->mapped_gpa = gpa_of_last_map(vcpu->current, frame->entry.seq);
}

static void evmptr_ends(struct model *m, struct vcpu *vcpu, const struct task *task,
			const struct frame *frame, const struct event *ev)
{
	struct moment_facts facts = { .event = ev, .task = task, .frame = frame };
	struct restore *r;

	/* the direct variant is called by the ordinary one as well */
	if (!vcpu || !vcpu->current || task_inside_evmptr(task))
		return;
	r = vcpu->current;
	if (ev->ret == EVMPTRLD_SUCCEEDED)
		evmptr_loaded(vcpu, task, frame, ev);
	ask(m, AT_EVMPTR, r, &facts);
	r->load_seq = ev->seq;
	if (ev->ret == EVMPTRLD_SUCCEEDED)
		r->loaded_seq = ev->seq;
	r->map_leaked = ev->ret == EVMPTRLD_VMFAIL && r->map_held;
	if (r->map_leaked)
		r->leaked_gpa = r->held_gpa;
}

/*
 * Inside SET, out of VMX operation: free_nested() throws an earlier state away.
 * With L1 active there is no other sign of it.
 */
static bool throws_state_away(const struct task *task, const struct event *ev)
{
	return task_inside(task, PT_SET_STATE) && vmx_is_off(ev);
}

static void unmap_begins(struct restore *r, const struct task *task, const struct event *ev)
{
	if (throws_state_away(task, ev))
		r->left_by_set = true;
	if (ev->access.purpose != PURPOSE_EVMCS)
		return;
	r->map_held = false;
	r->map_leaked = false;
}

static void pages_end(struct model *m, struct vcpu *vcpu, const struct task *task,
		      const struct frame *frame, const struct event *ev)
{
	struct moment_facts facts = { .event = ev, .task = task, .frame = frame };

	if (!vcpu || !vcpu->current)
		return;
	vcpu->current->pages_done = ev->ret;
	if (!ev->ret)
		vcpu->current->pages_failed = true;
	ask(m, AT_PAGES, vcpu->current, &facts);
}

/* A frame that begins or ends is a moment, and nothing else to the model. */
static void ask_of_frame(struct model *m, enum moment when, struct vcpu *vcpu,
			 const struct task *task, const struct frame *frame, const struct event *ev)
{
	struct moment_facts facts = { .event = ev, .task = task, .frame = frame };

	if (vcpu)
		ask(m, when, vcpu->current, &facts);
}

static int set_begins(struct model *m, struct vcpu *vcpu, struct task *task, const struct event *ev)
{
	struct restore *r;

	/* SET runs inside nothing: what is on the stack lost its exit */
	if (task->depth > 1) {
		mark(vcpu->current, WHY_UNPAIRED);
		task->frames[0] = task->frames[task->depth - 1];
		task->depth = 1;
	}
	entry_is_over(m, vcpu);
	if (vcpu->pending) { /* its own SET never returned */
		mark(vcpu->current, WHY_UNPAIRED);
		supersede(m, vcpu, END_SUPERSEDED, ev);
	}
	r = new_restore(m, ev);
	if (!r)
		return -ENOMEM;
	vcpu->pending = vcpu->current;
	vcpu->current = r;
	takes_off(vcpu);
	vcpu->has_set = true;
	vcpu->has_saved = false;
	return 0;
}

/* Refused: it never was. Does an earlier restore still stand? */
static void set_refused(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	if (vcpu->pending && vcpu->current->left_by_set)
		supersede(m, vcpu, END_SUPERSEDED, ev);
	if (!vcpu->pending && (ev->flags & REC_REQ_PAGES))
		return; /* a part of it is there: the window stays open */
	/* the vCPU's window is that of the earlier restore again, by its new name */
	if (vcpu->pending)
		vcpu->pending->window = vcpu->current->window;
	close_restore(m, &vcpu->current, END_REFUSED, ev);
	vcpu->current = vcpu->pending;
	vcpu->pending = NULL;
}

/* Of the accesses inside this SET, also those in vain; NULL: there was none. */
static const struct access *slowest_access(const struct restore *r, uint64_t since_seq)
{
	const struct access *slowest = NULL;
	int i;

	for (i = 0; i < r->nr_accesses; i++)
		if (r->accesses[i]->seq > since_seq &&
		    (!slowest || r->accesses[i]->duration_ns > slowest->duration_ns))
			slowest = r->accesses[i];
	return slowest;
}

static void set_ends(struct model *m, struct vcpu *vcpu, const struct task *task,
		     const struct frame *frame, const struct event *ev)
{
	struct moment_facts facts = { .event = ev, .task = task, .frame = frame };
	struct restore *r;

	if (!vcpu || !vcpu->current)
		return;
	r = vcpu->current;
	r->set_done = true;
	r->set_ret = ev->ret;
	r->set_duration_ns = time_since(r->t_set_ns, ev->t_ns);
	r->evmptr_after = ev->evmptr;
	facts.after_pending = vcpu->pending;
	facts.slowest = slowest_access(r, frame->entry.seq);
	ask(m, AT_SET, r, &facts);
	if (ev->ret) {
		set_refused(m, vcpu, ev);
		return;
	}
	if (vcpu->pending)
		supersede(m, vcpu, END_SUPERSEDED, ev);
	if (r->path == PATH_LEAVE)
		close_restore(m, &vcpu->current, END_LEFT, ev);
}

struct frame_search {
	const struct restore *restore;
	uint64_t end_seq; /* where the next SET begins */
	bool found;
};

/* Those that are only seen in a window; the others may be of what came after. */
static bool is_of_window(enum evmcs_point point)
{
	return point != PT_SET_STATE && point != PT_GET_STATE && point != PT_FREE_VCPU;
}

#define MANY_TASKS 4096

static void find_open_frame(struct task *task, void *arg)
{
	struct frame_search *search = arg;
	int i;

	for (i = 0; i < task->depth; i++) {
		const struct event *entry = &task->frames[i].entry;

		if (entry->vm == search->restore->vm && entry->vcpu == search->restore->vcpu &&
		    entry->seq > search->restore->first_seq && entry->seq < search->end_seq &&
		    is_of_window(entry->point))
			search->found = true;
	}
}

/* Before a vCPU enters the guest, all that it did in KVM has returned. */
static bool has_open_frame(struct model *m, const struct restore *r, uint64_t end_seq)
{
	struct frame_search search = { .restore = r, .end_seq = end_seq };

	/* of so many some are, or the trace is made up: too many to ask at each run */
	if (context_nr_tasks(m->context) > MANY_TASKS)
		return true;
	context_for_each(m->context, find_open_frame, &search);
	return search.found;
}

static struct restore *restore_ran(struct model *m, struct restore **slot, const struct event *ev,
				   uint64_t end_seq)
{
	struct moment_facts facts = { .event = ev };
	struct restore *r = *slot;

	if (has_open_frame(m, r, end_seq))
		mark(r, WHY_UNPAIRED);

	if (!r->run_seen) {
		r->run_seen = true;
		r->t_run_ns = ev->t_ns;
	}
	ask(m, AT_RAN, r, &facts);
	return end_restore(m, slot, r->set_ret ? END_REFUSED : END_RAN, ev);
}

static void current_ran(struct model *m, struct vcpu *vcpu, const struct event *ev,
			uint64_t end_seq)
{
	struct restore *r;

	if (vcpu->pending) /* the exit of the SET after it is missing */
		supersede(m, vcpu, END_SUPERSEDED, ev);
	r = restore_ran(m, &vcpu->current, ev, end_seq);
	if (entry_is_to_come(r))
		vcpu->entering = r;
	else
		conclude(m, r);
}

/*
 * Which restore has run is told by its window: the one before the latest SET
 * where the note came into the ring after that SET.
 */
static void vcpu_ran(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	if (!vcpu || !vcpu->current)
		return;
	if (vcpu->pending && vcpu->pending->window == ev->window)
		conclude(m, restore_ran(m, &vcpu->pending, ev, vcpu->current->first_seq));
	else if (vcpu->current->window == ev->window)
		current_ran(m, vcpu, ev, UINT64_MAX);
}

/*
 * The exit counter has moved since SET: the vCPU has run, whether or not the
 * note of it has come yet (it may be behind this event in the ring).
 */
static void notice_run(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	const struct restore *r = vcpu->current;

	if (r && r->has_exits && (ev->flags & REC_VCPU_STATE) && ev->exits != r->exits)
		current_ran(m, vcpu, ev, ev->seq);
}

/* What is known of the vCPU before this event has an effect of its own. */
static void look_at(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	struct moment_facts facts = { .event = ev };
	struct restore *r;

	notice_entry(m, vcpu, ev);
	notice_run(m, vcpu, ev);
	r = vcpu->current;
	if (!r)
		return;
	if (ev->flags & REC_VMX_STATE)
		r->last_state = (struct vmcs_state){
			.known = true,
			.l2 = ev->flags & REC_L2,
			.vmx_off = vmx_is_off(ev),
			.evmptr = ev->evmptr,
			.vmptr = ev->vmptr,
		};
	if (r->pages_failed && !r->pages_done && !r->failure_seen &&
	    ev->ioctl != (uint32_t)KVM_RUN && (ev->flags & REC_VCPU_STATE)) {
		r->failure_seen = true;
		ask(m, AT_AFTER_FAILURE, r, &facts);
	}
}

static void vcpu_freed(struct model *m, struct vcpu *vcpu, const struct task *task,
		       const struct frame *frame, const struct event *ev)
{
	if (!vcpu)
		return;
	ask_of_frame(m, AT_FREED, vcpu, task, frame, ev);
	entry_is_over(m, vcpu);
	if (vcpu->pending)
		supersede(m, vcpu, END_SUPERSEDED, ev);
	if (vcpu->current)
		close_restore(m, &vcpu->current, END_FREED, ev);
	remove_vcpu(m, vcpu);
}

/* No kernel has a VM with more vCPUs: a trace that has is in doubt, and not looked at for ever. */
#define MOST_VCPUS 4096

static bool too_many(struct model *m, int *nr)
{
	if (++*nr <= MOST_VCPUS)
		return false;
	m->unpaired++;
	return true;
}

/* Concerns the VM: every restore that is in flight in it. */
static void memslot_changed(struct model *m, struct vm *vm, const struct event *ev)
{
	struct memslot_change change = { .t_ns = ev->t_ns, .seq = ev->seq, .slot = ev->memslot };
	struct vcpu **at, *vcpu;
	int nr = 0;

	for (at = &vm->flying; (vcpu = flying(at)) && !too_many(m, &nr); at = &vcpu->next_flying) {
		struct restore *r = vcpu->current;

		if (r->nr_memslots == RESTORE_MAX_MEMSLOTS)
			r->memslots_dropped++;
		else
			r->memslots[r->nr_memslots++] = change;
	}
}

static void memslot_committed(struct model *m, struct vm *vm, const struct event *ev)
{
	struct moment_facts facts = { .event = ev };
	struct vcpu **at, *vcpu;
	int nr = 0;

	for (at = &vm->flying; (vcpu = flying(at)) && !too_many(m, &nr); at = &vcpu->next_flying)
		ask(m, AT_MEMSLOT, vcpu->current, &facts);
}

static void memslot_begins(struct model *m, const struct event *ev)
{
	struct vm *vm = find_vm(m, ev->vm);

	if (vm && ev->point == PT_MEMSLOT)
		memslot_changed(m, vm, ev);
	else if (vm)
		memslot_committed(m, vm, ev);
}

/* ---- saves ---- */

static void state_saved(struct model *m, struct vcpu *vcpu, const struct frame *frame,
			const struct event *ev)
{
	const struct vm *vm = find_vm(m, ev->vm);
	struct save save;

	m->verdict.saves += ev->ret >= 0;
	if (!vcpu || !save_of_event(&save, frame ? &frame->entry : NULL, ev))
		return;
	save.vm_name = vm ? vm->name : NULL;
	save.comm = vm && vm->comm ? vm->comm : "";
	if (save.off) {
		m->hooks.off(m->hooks.ctx, &save);
		return;
	}
	m->verdict.nested_saves++;
	save.id = ++m->next_save;
	save.of_restore = vcpu->current ? vcpu->current->id : 0;
	save.repeats = vcpu->has_saved && save_tells_same(&vcpu->saved, &save);
	vcpu->has_saved = true;
	vcpu->saved = save;
	m->hooks.save(m->hooks.ctx, &save);
}

/* ---- nested_get_evmcs_page: derived, and seen ---- */

static void differ(struct model *m, struct vcpu *vcpu)
{
	m->verdict.differing++;
	if (vcpu)
		mark(vcpu->current, WHY_DIFFERS);
}

/* One of the places where the compiler put it was passed. */
static void evmcs_page_passed(struct model *m, struct vcpu *vcpu, const struct event *ev)
{
	struct task *task = context_task(m->context, ev->tid);
	struct frame *server = task ? task_server(task) : NULL;

	if (server)
		server->evmcs_page = true;
	else
		differ(m, vcpu);
	if (task)
		context_release(m->context, task);
}

/*
 * The eVMCS is being loaded by the pages handler or a nested exit: there it is
 * nested_get_evmcs_page that does it. Where that was probed, it must have been
 * seen, too.
 */
static void evmptr_begins(struct model *m, struct vcpu *vcpu, struct task *task)
{
	const uint64_t seen = 1ULL << PT_EVMCS_PAGE | 1ULL << PT_EVMCS_PAGE_INLINED;
	enum evmcs_point behalf = task_behalf(task);

	if (!(m->attached & seen) || task_inside_evmptr(task) ||
	    (behalf != PT_STATE_PAGES && behalf != PT_NESTED_EXIT))
		return;
	m->verdict.compared++;
	if (!task_inside(task, PT_EVMCS_PAGE) && !task_server(task)->evmcs_page)
		differ(m, vcpu);
}

/* ---- dispatch ---- */

static int event_enters(struct model *m, struct vcpu *vcpu, struct task *task,
			const struct event *ev)
{
	struct frame *frame = task_push(task, ev);

	if (!frame) {
		mark(vcpu ? vcpu->current : NULL, WHY_UNPAIRED);
		return 0;
	}
	if (ev->point == PT_SET_STATE)
		return vcpu ? set_begins(m, vcpu, task, ev) : 0;
	if (vcpu && vcpu->current && (ev->point == PT_STATE_PAGES || ev->point == PT_NESTED_EXIT))
		saw_run(vcpu->current, ev);
	if (vcpu && vcpu->current && ev->point == PT_NESTED_EXIT && task_inside(task, PT_SET_STATE))
		vcpu->current->left_by_set = true;
	if (ev->point == PT_EVMPTR_LOAD || ev->point == PT_EVMPTR_LOAD_DIRECT)
		evmptr_begins(m, vcpu, task);
	if (point_class(ev->point) == CLASS_MEMSLOT)
		memslot_begins(m, ev);
	if (vcpu && vcpu->current && ev->point == PT_UNMAP)
		unmap_begins(vcpu->current, task, ev);
	if (ev->point == PT_SHADOW_COPY)
		ask_of_frame(m, AT_SHADOW_COPY, vcpu, task, frame, ev);
	return access_begins(m, vcpu, task, frame, ev);
}

/* An entry or exit is missing: in a restore, or outside of any. */
static void note_unpaired(struct model *m, struct vcpu *vcpu)
{
	if (vcpu && vcpu->current)
		mark(vcpu->current, WHY_UNPAIRED);
	else
		m->unpaired++;
}

/*
 * A VM ioctl has no vCPU loaded. What it reaches is put down to the first
 * restore in flight in that VM: one that says so is enough.
 */
static struct vcpu *in_flight_in(const struct model *m, uint32_t id)
{
	struct vm *vm = find_vm(m, id);

	return vm ? flying(&vm->flying) : NULL;
}

/*
 * Where the file before this one was cut in the middle of something, its entry is
 * there. No restore of this file is concerned before its vCPU's first SET in it.
 */
static bool is_of_file_before(const struct model *m, const struct vcpu *vcpu,
			      const struct event *ev)
{
	if (!m->continues)
		return false;
	return vcpu ? !vcpu->has_set : !in_flight_in(m, ev->vm);
}

static void event_exits(struct model *m, struct vcpu *vcpu, struct task *task,
			const struct event *ev)
{
	struct frame *frame;
	int skipped;

	frame = task_unwind_to(task, ev->point, &skipped);
	/* outside of a restore, the entry of a GET may be older than we are */
	if ((!frame || skipped) && (ev->point != PT_GET_STATE || (vcpu && vcpu->current)) &&
	    (frame || !is_of_file_before(m, vcpu, ev)))
		note_unpaired(m, vcpu);
	if (ev->point == PT_GET_STATE)
		state_saved(m, vcpu, frame, ev);
	if (!frame)
		return;
	if (point_class(ev->point) == CLASS_ACCESS)
		access_ends(m, task, frame, ev);
	switch (ev->point) {
	case PT_EVMPTR_LOAD:
	case PT_EVMPTR_LOAD_DIRECT:
		evmptr_ends(m, vcpu, task, frame, ev);
		break;
	case PT_STATE_PAGES:
		pages_end(m, vcpu, task, frame, ev);
		break;
	case PT_SET_STATE:
		set_ends(m, vcpu, task, frame, ev);
		break;
	case PT_NESTED_EXIT:
		ask_of_frame(m, AT_EXIT, vcpu, task, frame, ev);
		break;
	case PT_GET_STATE:
		ask_of_frame(m, AT_GET, vcpu, task, frame, ev);
		break;
	case PT_FREE_VCPU:
		vcpu_freed(m, vcpu, task, frame, ev);
		break;
	default:
		break;
	}
	task_pop(task);
}

/*
 * A task is in one system call at a time: frames of another one have lost
 * their exits.
 */
static void drop_stale_frames(struct model *m, struct vcpu *vcpu, struct task *task,
			      const struct event *ev)
{
	if (!task->depth || task->frames[0].entry.ioctl == ev->ioctl)
		return;
	task->depth = 0;
	note_unpaired(m, vcpu);
}

static bool is_vm_access(const struct event *ev)
{
	return ev->vcpu == VCPU_NONE && point_class(ev->point) == CLASS_ACCESS;
}

/* No exit is reported where no vCPU is loaded: the attempt has to do. */
static void vm_access_ends(struct model *m, struct vcpu *vcpu, struct task *task,
			   const struct event *ev)
{
	struct event exit = *ev;

	exit.phase = PHASE_EXIT;
	exit.ret = 0;
	exit.nr_stack = 0;
	event_exits(m, vcpu, task, &exit);
}

static int fold_event(struct model *m, const struct event *ev)
{
	struct vcpu *vcpu = NULL;
	struct task *task;
	int err = 0;

	if (ev->vcpu != VCPU_NONE) {
		vcpu = find_vcpu(m, ev->vm, ev->vcpu);
		if (!vcpu)
			vcpu = add_vcpu(m, ev->vm, ev->vcpu);
		if (!vcpu)
			return -ENOMEM;
	} else if (is_vm_access(ev)) {
		vcpu = in_flight_in(m, ev->vm);
	}
	m->verdict.events++;
	m->last_t_ns = ev->t_ns;
	m->last_seq = ev->seq;
	if (ev->point == PT_RAN) {
		vcpu_ran(m, vcpu, ev);
		return 0;
	}
	if (ev->point == PT_EVMCS_PAGE_INLINED) {
		evmcs_page_passed(m, vcpu, ev);
		return 0;
	}
	if (ev->point == PT_FIRST_ENTRY || ev->point == PT_FIRST_EXIT) {
		entry_noted(m, vcpu, ev);
		return 0;
	}
	if (ev->vcpu != VCPU_NONE)
		look_at(m, vcpu, ev);
	task = context_task(m->context, ev->tid);
	if (!task)
		return -ENOMEM;
	drop_stale_frames(m, vcpu, task, ev);
	if (ev->phase == PHASE_ENTER)
		err = event_enters(m, vcpu, task, ev);
	else
		event_exits(m, vcpu, task, ev);
	if (!err && ev->phase == PHASE_ENTER && is_vm_access(ev))
		vm_access_ends(m, vcpu, task, ev);
	context_release(m->context, task);
	return err;
}

static void fold_loss(struct model *m, const struct loss_fact *loss)
{
	if (loss->stage == LOSS_RING)
		m->ring_lost += loss->count;
	if (loss->stage == LOSS_OUTPUT)
		m->output_failed = true;
	if (loss->stage == LOSS_SILENT)
		m->silent = true;
	else if (loss->stage == LOSS_DETACHED)
		m->detached = true;
	else
		m->verdict.lost += loss->count;
	m->losses++;
}

/* Told again, after a cut: restores hold what it was called before. */
static int fold_known_vm(struct vm *vm, const struct vm_fact *fact)
{
	if (vm->name || !fact->name)
		return 0;
	vm->name = strdup(fact->name);
	return vm->name ? 0 : -ENOMEM;
}

static int fold_vm(struct model *m, const struct vm_fact *fact)
{
	struct vm *vm = know_vm(m, fact->vm);

	if (!vm)
		return -ENOMEM;
	if (vm->comm)
		return fold_known_vm(vm, fact);
	vm->pid = fact->pid;
	vm->comm = strdup(fact->comm);
	return vm->comm ? fold_known_vm(vm, fact) : -ENOMEM;
}

static void watch_by(struct model *m, const struct trace_header *header)
{
	m->header = *header;
	m->blind = is_blind(m);
	m->attached = attached_points(m);
}

static void fold_header(struct model *m, const struct trace_header *header)
{
	watch_by(m, header);
	m->continues = header->continues.segment > 1;
	if (!m->continues)
		return;
	m->next_id = header->continues.restore - 1;
	m->next_save = header->continues.save - 1;
}

/* ---- the counts ---- */

static void reason(struct verdict *v, enum doubt doubt, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void reason(struct verdict *v, enum doubt doubt, const char *fmt, ...)
{
	va_list ap;

	v->doubts |= 1U << doubt;
	if (v->nr_reasons == VERDICT_MAX_REASONS)
		return;
	v->reason_doubt[v->nr_reasons] = doubt;
	va_start(ap, fmt);
	vsnprintf(v->reasons[v->nr_reasons++], sizeof(v->reasons[0]), fmt, ap);
	va_end(ap);
}

static uint64_t lost_of(const struct trace_footer *f)
{
	uint64_t lost = 0;
	int i;

	for (i = 0; i < PT_COUNT; i++)
		lost += f->count[i].lost;
	return lost;
}

/* Of what came since the last cut: do its counts contradict it? */
static void check_segment(const struct model *m, struct verdict *v, const struct trace_footer *f)
{
	uint64_t written = 0, lost = lost_of(f);
	int i;

	for (i = 0; i < PT_COUNT; i++) {
		const struct point_count *c = &f->count[i];

		written += c->written;
		if (c->hits != c->written + c->lost)
			reason(v, DOUBT_COUNTS, "the counts of %s do not add up", point_name(i));
	}
	if (lost != m->ring_lost - m->cut_lost)
		reason(v, DOUBT_COUNTS,
		       "%" PRIu64 " lost records are told of %" PRIu64 " that the footer counts",
		       m->ring_lost - m->cut_lost, lost);
	if (written != v->events - m->cut_events)
		reason(v, DOUBT_COUNTS,
		       "%" PRIu64 " events were recorded of %" PRIu64 " that were written",
		       v->events - m->cut_events, written);
}

static uint64_t missed_of(const struct trace_footer *f)
{
	uint64_t missed = 0;
	int i;

	for (i = 0; i < PT_COUNT; i++)
		missed += f->count[i].missed;
	return missed;
}

/* Nothing was lost after the last record that could tell of it, and nothing ever missed. */
static bool has_all(const struct model *m)
{
	return lost_of(&m->footer) == m->ring_lost - m->cut_lost &&
	       !(m->cut_missed + missed_of(&m->footer));
}

/* Its counts are looked at now; a run of many files is doubted once for them. */
static void fold_cut(struct model *m, const struct trace_cut *cut)
{
	const struct trace_footer *f = &cut->footer;

	if (!(m->verdict.doubts & (1U << DOUBT_COUNTS)))
		check_segment(m, &m->verdict, f);
	m->cut_missed += missed_of(f);
	m->cut_tracking_lost += f->tracking_lost;
	m->cut_events = m->verdict.events;
	m->cut_lost = m->ring_lost;
	if (cut->watched)
		watch_by(m, cut->watched);
}

int model_item(struct model *m, const struct trace_item *item)
{
	switch (item->type) {
	case ITEM_HEADER:
		fold_header(m, item->header);
		return 0;
	case ITEM_VM:
		return fold_vm(m, &item->vm);
	case ITEM_EVENT:
		return fold_event(m, item->event);
	case ITEM_LOSS:
		fold_loss(m, &item->loss);
		return 0;
	case ITEM_FOOTER:
		m->footer = *item->footer;
		m->has_footer = true;
		return 0;
	case ITEM_CUT:
		fold_cut(m, item->cut);
		return 0;
	}
	return -EINVAL;
}

/* ---- the verdict ---- */

static void check_probes(const struct model *m, struct verdict *v)
{
	int unlisted = first_unlisted(m);
	size_t i;

	if (unlisted >= 0)
		reason(v, DOUBT_BLIND, "the header does not speak of the probe %s",
		       point_name(unlisted));

	for (i = 0; i < m->header.nr_probes; i++) {
		const struct probe_fact *p = &m->header.probes[i];

		if (p->needed && !p->attached)
			reason(v, DOUBT_BLIND, "probe %s was not attached: %.100s",
			       point_name(p->point), p->reason);
	}
}

static void check_counts(const struct model *m, struct verdict *v)
{
	uint64_t missed = m->cut_missed + missed_of(&m->footer);
	uint64_t untracked = m->cut_tracking_lost + m->footer.tracking_lost;

	check_segment(m, v, &m->footer);
	if (missed)
		reason(v, DOUBT_MISSED, "the kernel skipped %" PRIu64 " probe hits (recursion)",
		       missed);
	if (untracked)
		reason(v, DOUBT_UNTRACKED, "%" PRIu64 " restores could not be kept track of",
		       untracked);
	if (m->footer.has_command && m->footer.command_status)
		reason(v, DOUBT_COMMAND, "the traced command ended with status %d",
		       m->footer.command_status);
}

static void give_verdict(struct model *m)
{
	struct verdict *v = &m->verdict;

	if (!m->has_footer)
		reason(v, DOUBT_CUT, "the trace has no footer: its end is missing");
	else
		check_counts(m, v);
	check_probes(m, v);
	if (m->output_failed)
		reason(v, DOUBT_OUTPUT, "the trace could not be written to its end");
	if (m->silent)
		reason(v, DOUBT_SILENT,
		       "the kernel ceased to run the probes (kernel.ftrace_enabled, "
		       "kprobes/enabled)");
	if (m->detached)
		reason(v, DOUBT_DETACHED,
		       "kvm_intel was loaded anew, and not watched until the probes were back");
	if (v->differing)
		reason(v, DOUBT_DIFFERS,
		       "%" PRIu64 " of %" PRIu64
		       " calls of nested_get_evmcs_page are not where they "
		       "were derived to be: a bug of evmcs-trace, report it with the trace",
		       v->differing, v->compared);
	if (v->lost)
		reason(v, DOUBT_LOST, "%" PRIu64 " records were lost", v->lost);
	if (m->unpaired)
		reason(v, DOUBT_UNPAIRED, "%" PRIu64 " events lack their entry or exit",
		       m->unpaired);
	if (!v->restores && !(m->options.half && v->nested_saves))
		reason(v, DOUBT_NO_RESTORE, "no restore was seen%s",
		       v->resets ? ", only resets of vCPUs that were out of VMX operation" : "");
	if (v->by_verdict[VERDICT_INCONCLUSIVE] == 1)
		reason(v, DOUBT_RESTORES, "1 restore is inconclusive");
	else if (v->by_verdict[VERDICT_INCONCLUSIVE])
		reason(v, DOUBT_RESTORES, "%" PRIu64 " restores are inconclusive",
		       v->by_verdict[VERDICT_INCONCLUSIVE]);
	if (v->by_verdict[VERDICT_FAIL])
		v->kind = VERDICT_FAIL;
	else if (v->nr_reasons)
		v->kind = VERDICT_INCONCLUSIVE;
	else
		v->kind = VERDICT_PASS;
}

/*
 * An access that had not returned when the trace ended: it waits for a page
 * (post-copy), which is what an access before KVM_RUN must not do.
 */
static void blocked_access(struct task *task, void *arg)
{
	struct model *m = arg;
	struct moment_facts facts = { .task = task };
	const struct frame *frame;
	struct vcpu *vcpu;

	/* what waits is often inside of it: the pin of a map */
	while (task->depth && !task->frames[task->depth - 1].access)
		task->depth--;
	if (!task->depth)
		return;
	frame = &task->frames[task->depth - 1];
	vcpu = owner_of(m, frame);
	if (!vcpu)
		return;
	frame->access->touched = true;
	frame->access->duration_ns = time_since(frame->access->t_ns, m->last_t_ns);
	count_access(m, task, frame->access);
	facts.event = &frame->entry;
	facts.frame = frame;
	facts.access = frame->access;
	ask(m, AT_ACCESS, vcpu->current, &facts);
	if (!task_inside(task, PT_SET_STATE))
		return;
	facts.access = NULL;
	facts.slowest = frame->access;
	ask(m, AT_BLOCKED, vcpu->current, &facts);
}

void model_stream_ends(struct model *m, bool goes_on)
{
	struct vcpu *vcpu;

	for (vcpu = m->vcpu_list; vcpu; vcpu = vcpu->next) {
		if (goes_on)
			mark(vcpu->entering, WHY_GOES_ON);
		entry_is_over(m, vcpu);
	}
}

/* SET took longer than to the end of the trace, unless its exit is among what was lost. */
static void note_end_in_set(struct model *m, struct restore *r)
{
	note_losses(m, r);
	if (!r->set_done && !(r->why & (1U << WHY_LOST)))
		r->set_duration_ns = time_since(r->t_set_ns, m->last_t_ns);
}

static void close_open_restores(struct model *m)
{
	struct vcpu *vcpu;

	model_stream_ends(m, m->footer.continued);
	for (vcpu = m->vcpu_list; vcpu; vcpu = vcpu->next) {
		if (vcpu->current)
			note_end_in_set(m, vcpu->current);
		if (vcpu->pending)
			supersede(m, vcpu, END_OPEN, NULL);
		if (vcpu->current)
			close_restore(m, &vcpu->current, END_OPEN, NULL);
	}
}

const struct verdict *model_finish(struct model *m)
{
	/* else the exit may be what is missing */
	if (m->has_footer && !m->footer.continued && has_all(m))
		context_for_each(m->context, blocked_access, m);
	close_open_restores(m);
	give_verdict(m);
	return &m->verdict;
}

uint64_t model_open_windows(const struct model *m)
{
	return m->open;
}

uint64_t model_in_flight(const struct model *m)
{
	const struct vcpu *vcpu;
	uint64_t entering = 0;

	for (vcpu = m->vcpu_list; vcpu; vcpu = vcpu->next)
		entering += vcpu->entering != NULL;
	return m->open + entering;
}

uint64_t model_next_restore(const struct model *m)
{
	return m->next_id + 1;
}

uint64_t model_next_save(const struct model *m)
{
	return m->next_save + 1;
}

/* ---- life ---- */

static void no_anomaly(void *ctx, const struct restore *restore, const struct anomaly *anomaly)
{
	(void)ctx;
	(void)restore;
	(void)anomaly;
}

static void no_restore(void *ctx, const struct restore *restore)
{
	(void)ctx;
	(void)restore;
}

static void no_save(void *ctx, const struct save *save)
{
	(void)ctx;
	(void)save;
}

void model_set_options(struct model *m, const struct model_options *options)
{
	m->options = *options;
	if (!m->options.slow_set_ns)
		m->options.slow_set_ns = SLOW_SET_NS;
}

struct model *model_new(const struct model_options *options, const struct model_hooks *hooks)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	model_set_options(m, options);
	m->blind = true;
	m->hooks = *hooks;
	if (!m->hooks.anomaly)
		m->hooks.anomaly = no_anomaly;
	if (!m->hooks.restore)
		m->hooks.restore = no_restore;
	if (!m->hooks.save)
		m->hooks.save = no_save;
	if (!m->hooks.off)
		m->hooks.off = no_save;
	m->context = context_new();
	if (!m->context) {
		free(m);
		return NULL;
	}
	return m;
}

static void free_vcpu(void *node)
{
	struct vcpu *vcpu = node;

	restore_free(vcpu->pending);
	restore_free(vcpu->entering);
	restore_free(vcpu->current);
	free(vcpu);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	tdestroy(m->vcpus, free_vcpu);
	tdestroy(m->vms, free_vm);
	context_free(m->context);
	free(m);
}
