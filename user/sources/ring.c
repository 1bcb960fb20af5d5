/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "sources/backlog.h"
#include "sources/ksyms.h"
#include "sources/source.h"
#include "sources/vmm.h"
#include "util/say.h"

/* A VM that was seen; kernel pointers are keys and may be used again. */
struct vm_key {
	uint64_t kvm;
	uint32_t id;
	uint32_t tgid; /* of its VMM */
	uint32_t told; /* in which segment */
	uint32_t vcpus; /* known vCPUs: with the last one the VM is gone */
	int32_t next_vcpu; /* for kernels where vcpu_id cannot be read */
};

struct vcpu_key {
	uint64_t vcpu;
	uint64_t kvm;
	int32_t id;
};

/* What /proc says of a process. */
struct vmm {
	uint32_t tgid;
	char comm[32];
	char name[VMM_NAME_LEN]; /* of its VM; "": none */
};

/* More of them at once are asked again when they are told of. */
#define MAX_ASKED 64

struct ring_source {
	struct observer *observer;
	const struct trace_header *header;
	struct ring_buffer *ring;
	struct backlog backlog; /* came after what was read, and before what is in the ring */
	struct vmm asked[MAX_ASKED]; /* whose records are in the backlog */
	int nr_asked;
	bool kept_evidence;
	struct ksyms *ksyms;
	void *vms; /* tsearch() trees */
	void *vcpus;
	uint32_t next_vm;
	uint64_t next_seq;
	uint64_t last_lost;
	uint64_t last_t_ns;
	/* since the last cut */
	uint32_t segment;
	uint64_t events;
	uint64_t ring_lost; /* as told */
	uint64_t passed[PT_COUNT]; /* events */
	/* by the footers of all cuts */
	struct point_count told[PT_COUNT];
	uint64_t told_tracking_lost;
	/* of the observers that were left */
	struct point_count counts[PT_COUNT];
	uint64_t tracking_lost;
	item_fn fn;
	void *ctx;
	int err; /* of fn */
};

#define NSEC_PER_SEC 1000000000ULL

/* KVM_PFN_ERR_MASK and KVM_PFN_NOSLOT of include/linux/kvm_host.h */
#define PFN_ERROR_BITS (0xfffULL << 52)

static int compare_vms(const void *a, const void *b)
{
	const struct vm_key *x = a, *y = b;

	return (x->kvm > y->kvm) - (x->kvm < y->kvm);
}

static int compare_vcpus(const void *a, const void *b)
{
	const struct vcpu_key *x = a, *y = b;

	return (x->vcpu > y->vcpu) - (x->vcpu < y->vcpu);
}

static void *find(void *const *tree, const void *key, int (*compare)(const void *, const void *))
{
	void *node = tfind(key, tree, compare);

	return node ? *(void **)node : NULL;
}

static void pass_on(struct ring_source *s, const struct trace_item *item)
{
	int err = s->fn(s->ctx, item);

	if (err < 0 && !s->err)
		s->err = err;
}

/* ---- small numbers for kernel pointers ---- */

static struct vm_key *find_vm(const struct ring_source *s, uint64_t kvm)
{
	struct vm_key key = { .kvm = kvm };

	return find(&s->vms, &key, compare_vms);
}

static void ask_vmm(struct vmm *vmm, uint32_t tgid)
{
	vmm->tgid = tgid;
	vmm_comm(tgid, vmm->comm, sizeof(vmm->comm));
	if (!vmm_vm_name(tgid, vmm->name))
		vmm->name[0] = '\0';
}

static struct vmm *find_asked(struct ring_source *s, uint32_t tgid)
{
	int i;

	for (i = 0; i < s->nr_asked; i++)
		if (s->asked[i].tgid == tgid)
			return &s->asked[i];
	return NULL;
}

/* These ioctls only the VMM itself can make, and a restore begins with the one or the other. */
static bool is_of_vmm(const struct record *rec)
{
	return (rec->point == PT_SET_STATE || rec->point == PT_GET_STATE) && rec->kvm;
}

/* Who it is, as long as it is there to be asked: it may have ended when the record is read. */
static void note_vmm(struct ring_source *s, const struct record *rec)
{
	const struct vm_key *vm = find_vm(s, rec->kvm);

	/* else it is another VM, at the place of one whose end is not read yet */
	if (vm && vm->tgid == rec->tgid && vm->told == s->segment)
		return;
	if (s->nr_asked < MAX_ASKED && !find_asked(s, rec->tgid))
		ask_vmm(&s->asked[s->nr_asked++], rec->tgid);
}

/* Once in each file. */
static void tell_vm(struct ring_source *s, struct vm_key *vm, const struct record *rec)
{
	struct trace_item item = { .type = ITEM_VM };
	const struct vmm *vmm = find_asked(s, rec->tgid);
	char comm[RECORD_COMM_LEN] = "";
	struct vmm now;

	/* of the thread, which often is called otherwise: only where the process is gone */
	if (is_of_vmm(rec) && rec->phase == PHASE_ENTER)
		snprintf(comm, sizeof(comm), "%.*s", RECORD_COMM_LEN - 1, rec->nested.comm);

	if (!vmm) {
		ask_vmm(&now, rec->tgid);
		vmm = &now;
	}
	vm->told = s->segment;
	item.vm.vm = vm->id;
	item.vm.pid = rec->tgid;
	item.vm.comm = vmm->comm[0] ? vmm->comm : comm;
	item.vm.name = vmm->name[0] ? vmm->name : NULL;
	pass_on(s, &item);
}

static void forget_vm(struct ring_source *s, struct vm_key *vm)
{
	tdelete(vm, &s->vms, compare_vms);
	free(vm);
}

static struct vm_key *know_vm(struct ring_source *s, const struct record *rec)
{
	struct vm_key *vm = find_vm(s, rec->kvm);

	/* the end of one was missed, or something of it came after its end */
	if (vm && is_of_vmm(rec) && vm->tgid != rec->tgid) {
		forget_vm(s, vm);
		vm = NULL;
	}
	if (vm) {
		if (vm->told != s->segment)
			tell_vm(s, vm, rec);
		return vm;
	}
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return NULL;
	vm->kvm = rec->kvm;
	vm->tgid = rec->tgid;
	vm->id = ++s->next_vm;
	if (!tsearch(vm, &s->vms, compare_vms)) {
		free(vm);
		return NULL;
	}
	tell_vm(s, vm, rec);
	return vm;
}

static void forget_vcpu(struct ring_source *s, struct vcpu_key *vcpu)
{
	struct vm_key *vm = find_vm(s, vcpu->kvm);

	tdelete(vcpu, &s->vcpus, compare_vcpus);
	free(vcpu);
	if (vm && vm->vcpus && !--vm->vcpus)
		forget_vm(s, vm);
}

static struct vcpu_key *know_vcpu(struct ring_source *s, struct vm_key *vm,
				  const struct record *rec)
{
	struct vcpu_key key = { .vcpu = rec->vcpu }, *vcpu;

	vcpu = find(&s->vcpus, &key, compare_vcpus);
	if (vcpu && vcpu->kvm == rec->kvm)
		return vcpu;
	if (vcpu) /* its end was missed, the memory is another VM's now */
		forget_vcpu(s, vcpu);
	vcpu = calloc(1, sizeof(*vcpu));
	if (!vcpu)
		return NULL;
	vcpu->vcpu = rec->vcpu;
	vcpu->kvm = rec->kvm;
	vcpu->id = rec->flags & REC_VCPU_STATE ? (int32_t)rec->vcpu_id : vm->next_vcpu++;
	if (!tsearch(vcpu, &s->vcpus, compare_vcpus)) {
		free(vcpu);
		return NULL;
	}
	vm->vcpus++;
	return vcpu;
}

/* ---- records to events ---- */

/*
 * "bpf_trampoline_19327454224+0x76 [bpf]" and the programs themselves, and where a
 * function returns to that has a kretprobe (the latter since 5.18).
 */
static bool is_own_frame(const char *name)
{
	static const char *const own[] = { "bpf_prog_", "bpf_trampoline_", "kretprobe_trampoline+",
					   "arch_rethook_trampoline+" };
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strncmp(name, own[i], strlen(own[i])))
			return true;
	return false;
}

static bool same_function(const char *a, const char *b)
{
	size_t len = strcspn(a, "+");

	return len == strcspn(b, "+") && !strncmp(a, b, len);
}

/* Without the marks that probing leaves: our frames, and a probed function
 * twice where its body was called by the trampoline. */
static void take_stack(struct ring_source *s, const struct record *rec, struct event *ev)
{
	const char *names[RECORD_STACK_DEPTH];
	int nr = rec->nr_stack < RECORD_STACK_DEPTH ? rec->nr_stack : RECORD_STACK_DEPTH, i;

	ksyms_resolve(s->ksyms, (const uint64_t *)rec->stack, nr, names);
	for (i = 0; i < nr && ev->nr_stack < EVENT_STACK_DEPTH; i++) {
		if (is_own_frame(names[i]) ||
		    (ev->nr_stack && same_function(names[i], ev->stack[ev->nr_stack - 1])))
			continue;
		ev->stack[ev->nr_stack++] = names[i];
	}
}

static int64_t result_of(const struct record *rec)
{
	if (rec->point == PT_PIN && rec->phase == PHASE_EXIT)
		return (uint64_t)rec->ret & PFN_ERROR_BITS ? -EFAULT : 0;
	return rec->ret;
}

static void take_payload(const struct record *rec, struct event *ev)
{
	/* the union of the record is that of the event, member for member */
	_Static_assert(sizeof(ev->nested) >= sizeof(ev->access) &&
			       sizeof(ev->nested) >= sizeof(ev->memslot) &&
			       sizeof(ev->nested) >= sizeof(ev->exit) &&
			       sizeof(ev->nested) >= sizeof(ev->entry),
		       "nested is the largest member");
	ev->nested = rec->nested;
}

static void take_event(struct ring_source *s, const struct record *rec, uint32_t vm, int32_t vcpu)
{
	struct event ev = {
		.seq = s->next_seq++,
		.t_ns = rec->ns > s->header->mono_ns ? rec->ns - s->header->mono_ns : 0,
		.exits = rec->exits,
		.evmptr = rec->evmptr,
		.vmptr = rec->vmptr,
		.window = rec->window,
		.ret = result_of(rec),
		.vm = vm,
		.vcpu = vcpu,
		.pid = rec->tgid,
		.tid = rec->tid,
		.cpu = rec->cpu,
		.ioctl = rec->ioctl,
		.exit_reason = rec->exit_reason,
		.point = rec->point,
		.phase = rec->phase,
		.flags = rec->flags,
	};
	struct trace_item item = { .type = ITEM_EVENT, .event = &ev };

	take_payload(rec, &ev);
	if (rec->nr_stack)
		take_stack(s, rec, &ev);
	s->events++;
	s->passed[ev.point]++;
	s->last_t_ns = ev.t_ns;
	pass_on(s, &item);
}

/* Where records are missing is told by the next one that found room. */
static void tell_loss(struct ring_source *s, uint64_t lost, uint64_t t_ns, enum loss_stage stage)
{
	struct trace_item item = { .type = ITEM_LOSS };

	item.loss.seq = s->next_seq++;
	item.loss.t_ns = t_ns;
	item.loss.stage = stage;
	item.loss.count = lost;
	if (stage == LOSS_RING)
		s->ring_lost += lost;
	pass_on(s, &item);
}

static void take_record(struct ring_source *s, const struct record *rec)
{
	struct vcpu_key *vcpu = NULL;
	struct vm_key *vm = NULL;

	if (rec->lost > s->last_lost) {
		tell_loss(s, rec->lost - s->last_lost, s->last_t_ns, LOSS_RING);
		s->last_lost = rec->lost;
	}
	if (rec->kvm)
		vm = know_vm(s, rec);
	if (vm && rec->vcpu)
		vcpu = know_vcpu(s, vm, rec);
	take_event(s, rec, vm ? vm->id : VM_UNKNOWN, vcpu ? vcpu->id : VCPU_NONE);
	if (vcpu && rec->point == PT_FREE_VCPU && rec->phase == PHASE_EXIT)
		forget_vcpu(s, vcpu);
}

/* ---- the order of records ---- */

static int keep_record(void *ctx, void *data, size_t size)
{
	struct ring_source *s = ctx;
	const struct record *rec = data;
	const void *older;
	size_t older_size;

	if (size < sizeof(*rec))
		return 0;
	if (is_of_vmm(rec))
		note_vmm(s, rec);
	s->kept_evidence |= rec->nr_stack;
	if (backlog_add(&s->backlog, rec, size))
		return 0;
	while ((older = backlog_take(&s->backlog, &older_size)))
		take_record(s, older);
	take_record(s, rec);
	return 0;
}

int ring_source_keep(struct ring_source *s)
{
	int n = s->ring ? ring_buffer__consume(s->ring) : 0;

	return s->err ? s->err : n;
}

bool ring_source_has_kept(const struct ring_source *s)
{
	return backlog_any(&s->backlog);
}

bool ring_source_has_evidence(const struct ring_source *s)
{
	return s->kept_evidence;
}

/* So often the ring is emptied meanwhile. */
#define READ_AT_ONCE 64

int ring_source_consume(struct ring_source *s)
{
	int n = ring_source_keep(s), read = 0;
	const void *rec;
	size_t size;

	while (n >= 0 && (rec = backlog_take(&s->backlog, &size))) {
		take_record(s, rec);
		if (!(++read % READ_AT_ONCE))
			n = ring_source_keep(s);
	}
	s->kept_evidence = false;
	if (!backlog_any(&s->backlog))
		s->nr_asked = 0;
	if (n < 0)
		return n;
	return s->err ? s->err : read;
}

/* ---- life ---- */

/*
 * Read once, for all the traces of a batch: it takes seconds on a slow machine.
 * One that is not in it makes it be read again.
 */
static struct ksyms *all_symbols(void)
{
	static struct ksyms *symbols;

	if (!symbols)
		symbols = ksyms_new();
	return symbols;
}

struct ring_source *ring_source_new(struct observer *observer, const struct trace_header *header,
				    item_fn fn, void *ctx)
{
	struct ring_source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->observer = observer;
	s->header = header;
	s->next_seq = 1;
	s->segment = 1;
	s->last_lost = observer_lost(observer);
	s->fn = fn;
	s->ctx = ctx;
	s->ksyms = all_symbols();
	s->ring = ring_buffer__new(observer_ring_fd(observer), keep_record, s, NULL);
	if (s->ring && s->ksyms)
		return s;
	ring_source_free(s);
	return NULL;
}

void ring_source_free(struct ring_source *s)
{
	if (!s)
		return;
	tdestroy(s->vms, free);
	tdestroy(s->vcpus, free);
	ring_buffer__free(s->ring);
	backlog_free(&s->backlog);
	free(s);
}

void ring_source_silent(struct ring_source *s)
{
	ring_source_consume(s);
	tell_loss(s, 1, s->last_t_ns, LOSS_SILENT);
}

static void add_counts(struct point_count *sum, const struct point_count *counts)
{
	int i;

	for (i = 0; i < PT_COUNT; i++) {
		sum[i].hits += counts[i].hits;
		sum[i].written += counts[i].written;
		sum[i].lost += counts[i].lost;
		sum[i].missed += counts[i].missed;
	}
}

/* Nothing of the observer is needed afterwards. */
void ring_source_leave(struct ring_source *s)
{
	struct point_count counts[PT_COUNT];
	uint64_t lost;

	if (!s->observer)
		return;
	ring_source_consume(s);
	lost = observer_lost(s->observer);
	if (lost > s->last_lost)
		tell_loss(s, lost - s->last_lost, s->last_t_ns, LOSS_RING);
	observer_counts(s->observer, counts);
	add_counts(s->counts, counts);
	s->tracking_lost += observer_tracking_lost(s->observer);
	ring_buffer__free(s->ring);
	s->ring = NULL;
	s->observer = NULL;
}

void ring_source_gap(struct ring_source *s)
{
	tell_loss(s, 1, s->last_t_ns, LOSS_DETACHED);
}

/* The module was away, and with it every VM: their addresses may come again. */
int ring_source_join(struct ring_source *s, struct observer *observer)
{
	tdestroy(s->vms, free);
	tdestroy(s->vcpus, free);
	s->vms = s->vcpus = NULL;
	ksyms_forget(s->ksyms);
	s->last_lost = observer_lost(observer);
	s->ring = ring_buffer__new(observer_ring_fd(observer), keep_record, s, NULL);
	if (!s->ring)
		return -errno;
	s->observer = observer;
	return 0;
}

/* ---- files of the stream ---- */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* As events have it: since the header's. */
static uint64_t now_ns(const struct ring_source *s)
{
	return clock_ns(CLOCK_MONOTONIC) - s->header->mono_ns;
}

static void begin_footer(const struct ring_source *s, struct trace_footer *f, const char *reason)
{
	f->t_ns = s->last_t_ns;
	f->events = s->events;
	snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

/*
 * While the kernel goes on counting, its counts of what was written are those of
 * another moment: events are counted as they pass. False where what it counts as
 * lost is not what was told, for a record that is being lost right now.
 */
static bool count_segment(const struct ring_source *s, struct trace_footer *f)
{
	struct point_count counts[PT_COUNT] = {};
	uint64_t lost = 0, tracking_lost = s->tracking_lost;
	int i;

	if (s->observer) {
		observer_counts(s->observer, counts);
		tracking_lost += observer_tracking_lost(s->observer);
	}
	add_counts(counts, s->counts);
	for (i = 0; i < PT_COUNT; i++) {
		f->count[i].written = s->passed[i];
		f->count[i].lost = counts[i].lost - s->told[i].lost;
		f->count[i].missed = counts[i].missed - s->told[i].missed;
		f->count[i].hits = f->count[i].written + f->count[i].lost;
		lost += f->count[i].lost;
	}
	f->tracking_lost = tracking_lost - s->told_tracking_lost;
	return lost == s->ring_lost;
}

static void begin_segment(struct ring_source *s, const struct trace_footer *f)
{
	add_counts(s->told, f->count);
	s->told_tracking_lost += f->tracking_lost;
	memset(s->passed, 0, sizeof(s->passed));
	s->events = s->ring_lost = 0;
	s->segment++;
}

/* A record is stamped before it is passed on: the next file begins a little earlier. */
static void stamp_cut(const struct ring_source *s, struct trace_cut *cut)
{
	const uint64_t early_ns = NSEC_PER_SEC / 100;
	uint64_t now = now_ns(s);

	cut->t_ns = now > early_ns ? now - early_ns : 0;
	cut->wall_ns = clock_ns(CLOCK_REALTIME) - now;
	cut->next_seq = s->next_seq;
}

int ring_source_cut(struct ring_source *s, const char *reason, const struct trace_header *watched)
{
	struct trace_cut cut = { .footer.continued = true, .watched = watched };
	struct trace_item item = { .type = ITEM_CUT, .cut = &cut };
	int err = ring_source_consume(s);

	if (err < 0)
		return err;
	if (s->observer && observer_lost(s->observer) != s->last_lost)
		return -EAGAIN;
	begin_footer(s, &cut.footer, reason);
	if (!count_segment(s, &cut.footer))
		return -EAGAIN;
	stamp_cut(s, &cut);
	begin_segment(s, &cut.footer);
	pass_on(s, &item);
	return s->err;
}

/* What was told of and is not in the kernel's counts must not go unseen. */
static void take_told(struct point_count *count, const struct point_count *told)
{
	bool odd = told->hits > count->hits || told->written > count->written;

	count->hits -= odd ? 0 : told->hits;
	count->written = odd ? count->hits + 1 : count->written - told->written;
	count->lost -= told->lost;
	count->missed -= told->missed;
}

/* The kernel's own counts, which stand still: whatever has vanished shows here. */
int ring_source_end(struct ring_source *s, const char *reason, const int *command_status)
{
	struct trace_footer footer = { .has_command = command_status };
	struct trace_item item = { .type = ITEM_FOOTER, .footer = &footer };
	uint64_t now;
	int i;

	ring_source_leave(s);
	begin_footer(s, &footer, reason);
	/* it was watched until now, also where nothing came */
	now = now_ns(s);
	if (now > footer.t_ns)
		footer.t_ns = now;
	footer.tracking_lost = s->tracking_lost - s->told_tracking_lost;
	if (command_status)
		footer.command_status = *command_status;
	memcpy(footer.count, s->counts, sizeof(footer.count));
	for (i = 0; i < PT_COUNT; i++)
		take_told(&footer.count[i], &s->told[i]);
	pass_on(s, &item);
	return s->err;
}
