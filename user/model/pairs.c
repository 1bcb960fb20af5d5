/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/pairs.h"

struct halves {
	struct half *half;
	size_t nr;
	size_t room;
};

/*
 * Halves of one VM to its owner, and of one vCPU: only these may belong together,
 * and only among these is looked for, since a long trace has many VMs.
 *
 * Where they have moved, that costs the square of how many they are, and more where clocks leave a
 * choice: it is not done for more than MAX_HALVES of either. In one process it is a step each, but
 * for saves that differ from what was restored.
 */
#define MAX_HALVES 500
#define MAX_STEPS 20000000

struct group {
	struct half **saves; /* as they came */
	struct half **by_time; /* the same */
	struct half **restores;
	size_t nr_saves;
	size_t nr_restores;
	bool one_process; /* of one host: nothing has moved */
	bool too_many; /* nothing is said of which belong together */
	bool told; /* that there are too many */
	unsigned int steps; /* of find_own() */
};

struct pairs {
	struct pair_trace *traces;
	struct pair_trace *trace; /* the current one */
	void *vms; /* tsearch() tree of struct pair_vm */
	struct halves saves;
	struct halves restores;
	struct half **grouped; /* what the groups' lists are parts of, and the other two: */
	struct half **by_id; /* restores */
	struct half **certain; /* restores that only their partner can be of, from another host */
	size_t nr_certain;
	struct group *groups;
	size_t nr_groups;
	struct pair_list list;
	bool failed; /* there was no memory for all of it */
};

/* Where halves may have gone unseen. */
static const unsigned int doubts_of_halves =
	1U << DOUBT_CUT | 1U << DOUBT_COUNTS | 1U << DOUBT_MISSED | 1U << DOUBT_UNTRACKED |
	1U << DOUBT_OUTPUT | 1U << DOUBT_LOST | 1U << DOUBT_UNPAIRED | 1U << DOUBT_SILENT |
	1U << DOUBT_DETACHED;

#define FIELD_NAME(id, name) name,
#define RESULT_NAME(id, name, verdict, text) name,
#define RESULT_VERDICT(id, name, verdict, text) VERDICT_##verdict,
#define RESULT_TEXT(id, name, verdict, text) text,

static const char *const field_names[] = { PAIR_FIELDS(FIELD_NAME) };
static const char *const result_names[] = { PAIR_RESULTS(RESULT_NAME) };
static const enum verdict_kind result_verdicts[] = { PAIR_RESULTS(RESULT_VERDICT) };
static const char *const result_texts[] = { PAIR_RESULTS(RESULT_TEXT) };

const char *pair_field_name(enum pair_field field)
{
	return field_names[field];
}

const char *pair_result_name(enum pair_result result)
{
	return result_names[result];
}

const char *pair_result_text(enum pair_result result)
{
	return result_texts[result];
}

enum verdict_kind pair_result_verdict(enum pair_result result)
{
	return result_verdicts[result];
}

/* ---- hosts, traces, VMs ---- */

static bool is_same_host(const struct pair_trace *a, const struct pair_trace *b)
{
	return a == b || (*a->boot_id && !strcmp(a->boot_id, b->boot_id));
}

bool same_host(const struct half *a, const struct half *b)
{
	return a->trace->host == b->trace->host;
}

/* Nobody is armed twice in one nanosecond of one boot: it is a copy. */
static bool is_given(const struct pairs *p, const struct pair_trace *trace)
{
	const struct pair_trace *t;

	for (t = p->traces; t; t = t->next)
		if (is_same_host(t, trace) && t->mono_ns == trace->mono_ns &&
		    t->own_wall_ns == trace->own_wall_ns)
			return true;
	return false;
}

/*
 * Times of one host are put in order by its monotonic clock, which is one for all
 * of its traces: the wall clock may have been set between them.
 */
static void set_clock(struct pairs *p, struct pair_trace *trace, const struct trace_header *h)
{
	const struct pair_trace *first;

	trace->wall_ns = h->wall_ns;
	trace->mono_ns = h->mono_ns;
	trace->own_wall_ns = h->wall_ns;
	for (first = p->traces; first && !is_same_host(first, trace); first = first->next)
		;
	trace->again = is_given(p, trace);
	if (!first)
		return;
	trace->host = first;
	trace->wall_ns = first->wall_ns + (h->mono_ns - first->mono_ns);
}

static bool is_attached(const struct trace_header *h, enum evmcs_point point)
{
	size_t i;

	for (i = 0; i < h->nr_probes; i++)
		if (h->probes[i].point == point && h->probes[i].attached)
			return true;
	return false;
}

static void set_unreadable(struct pair_trace *trace)
{
	snprintf(trace->gap, sizeof(trace->gap), "it could not be read");
}

static void set_gap(struct pair_trace *trace, const struct trace_header *h)
{
	if (h->filter_pid || h->filter_vcpu >= 0)
		snprintf(trace->gap, sizeof(trace->gap), "it was recorded with a filter");
	if (!is_attached(h, PT_GET_STATE))
		snprintf(trace->gap, sizeof(trace->gap), "what was saved was not watched");
}

const char *pair_trace_gap(const struct pair_trace *trace)
{
	return *trace->gap ? trace->gap : NULL;
}

void pairs_trace(struct pairs *p, const char *label, const struct trace_header *h)
{
	struct pair_trace *trace = calloc(1, sizeof(*trace)), **at;

	p->trace = NULL;
	if (trace)
		trace->label = strdup(label);
	if (!trace || !trace->label) {
		free(trace);
		p->failed = true;
		return;
	}
	trace->host = trace;
	if (!h) {
		set_unreadable(trace);
	} else {
		memcpy(trace->boot_id, h->boot_id, sizeof(trace->boot_id));
		set_gap(trace, h);
		set_clock(p, trace, h);
	}
	for (at = &p->traces; *at; at = &(*at)->next)
		;
	*at = trace;
	p->trace = trace;
}

void pairs_unreadable(struct pairs *p)
{
	if (p->trace)
		set_unreadable(p->trace);
}

void pairs_verdict(struct pairs *p, const struct verdict *verdict)
{
	struct pair_trace *trace = p->trace;
	int i;

	for (i = 0; trace && !*trace->gap && i < verdict->nr_reasons; i++)
		if (doubts_of_halves & (1U << verdict->reason_doubt[i]))
			snprintf(trace->gap, sizeof(trace->gap), "%s", verdict->reasons[i]);
	/* there is room for some reasons only */
	if (trace && !*trace->gap && verdict->doubts & doubts_of_halves)
		snprintf(trace->gap, sizeof(trace->gap), "it is not complete");
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* QEMU's process is its VM; who does not name VMs may have several. */
static int compare_vms(const void *a, const void *b)
{
	const struct pair_vm *x = a, *y = b;
	int differ =
		compare_numbers(x->pid, y->pid)
			?: compare_numbers((uintptr_t)x->trace->host, (uintptr_t)y->trace->host);

	if (differ)
		return differ;
	if (x->name && y->name)
		return strcmp(x->name, y->name);
	if (x->name || y->name)
		return x->name ? 1 : -1;
	return compare_numbers((uintptr_t)x->trace, (uintptr_t)y->trace)
		       ?: compare_numbers(x->vm, y->vm);
}

static void free_vm(void *node)
{
	struct pair_vm *vm = node;

	free(vm->name);
	free(vm->comm);
	free(vm);
}

static struct pair_vm *know_vm(struct pairs *p, uint32_t number, uint32_t pid, const char *name,
			       const char *comm)
{
	struct pair_vm key = { .name = (char *)name, .pid = pid, .trace = p->trace, .vm = number };
	void *node = tfind(&key, &p->vms, compare_vms);
	struct pair_vm *vm;

	if (node)
		return *(struct pair_vm **)node;
	vm = malloc(sizeof(*vm));
	if (!vm)
		return NULL;
	*vm = key;
	vm->name = name ? strdup(name) : NULL;
	vm->comm = strdup(comm);
	if (!vm->comm || (name && !vm->name) || !tsearch(vm, &p->vms, compare_vms)) {
		free_vm(vm);
		return NULL;
	}
	return vm;
}

/* 0: the same VM to its owner, wherever it runs. */
static int compare_owned(const struct half *a, const struct half *b)
{
	int differ = compare_numbers((uint32_t)a->vcpu, (uint32_t)b->vcpu);

	if (differ)
		return differ;
	if (a->vm->name && b->vm->name)
		return strcmp(a->vm->name, b->vm->name);
	if (a->vm->name || b->vm->name)
		return a->vm->name ? 1 : -1;
	return compare_numbers(a->vm->pid, b->vm->pid)
		       ?: compare_numbers((uintptr_t)a->trace->host, (uintptr_t)b->trace->host);
}

/* ---- halves ---- */

static bool make_room(struct halves *halves)
{
	size_t room = halves->room ? 2 * halves->room : 16;
	struct half *grown;

	if (halves->nr < halves->room)
		return true;
	grown = realloc(halves->half, room * sizeof(*grown));
	if (!grown)
		return false;
	halves->half = grown;
	halves->room = room;
	return true;
}

static struct half *add_half(struct pairs *p, struct halves *halves, uint32_t number, uint32_t pid,
			     const char *name, const char *comm)
{
	struct pair_vm *vm;
	struct half *half;

	if (p->trace && p->trace->again)
		return NULL;
	vm = p->trace ? know_vm(p, number, pid, name, comm) : NULL;
	if (!vm || !make_room(halves)) {
		p->failed = true;
		return NULL;
	}
	half = &halves->half[halves->nr++];
	memset(half, 0, sizeof(*half));
	half->trace = p->trace;
	half->vm = vm;
	return half;
}

static void put_field(struct half *half, enum pair_field field, uint64_t value)
{
	half->known |= 1U << field;
	half->field[field] = value;
}

/*
 * Not hdr.vmx.flags, which say that there is a deadline of the preemption timer:
 * QEMU does not send them. An evmcs_pa of 0 is of a VMM that does not know it.
 */
static void put_header(struct half *half, const struct record_nested *n, bool has_evmcs_pa)
{
	put_field(half, PAIR_FLAGS, n->flags);
	put_field(half, PAIR_FORMAT, n->format);
	put_field(half, PAIR_SIZE, n->size);
	put_field(half, PAIR_VMXON_PA, n->vmxon_pa);
	put_field(half, PAIR_VMCS12_PA, n->vmcs12_pa);
	put_field(half, PAIR_SMM_FLAGS, n->smm_flags);
	if (has_evmcs_pa && n->evmcs_pa)
		put_field(half, PAIR_EVMCS_PA, n->evmcs_pa);
}

/* An L1 that is active may have named another eVMCS than KVM still held. */
static void put_evmcs(struct half *half, uint64_t gpa)
{
	if (half->l2)
		put_field(half, PAIR_EVMCS, gpa);
}

void pairs_save(struct pairs *p, const struct save *save)
{
	struct half *half = add_half(p, &p->saves, save->vm, save->pid, save->vm_name, save->comm);

	if (!half)
		return;
	half->id = save->id;
	half->vcpu = save->vcpu;
	half->wall_ns = p->trace->wall_ns + save->t_ns;
	half->l2 = save->l2;
	half->exit_owed = save->exit_owed;
	half->of_restore = save->of_restore;
	half->off = save->off;
	if (save->known)
		put_header(half, &save->header, save->has_evmcs_pa);
	if (save->has_evmptr && evmptr_is_valid(save->evmptr))
		put_evmcs(half, save->evmptr);
}

void pairs_restore(struct pairs *p, const struct restore *r)
{
	struct half *half;

	/* QEMU's resets leave VMX operation: nothing is restored */
	if (r->path == PATH_LEAVE || !r->set_done)
		return;
	half = add_half(p, &p->restores, r->vm, r->pid, r->vm_name, r->comm);
	if (!half)
		return;
	half->id = r->id;
	half->vcpu = r->vcpu;
	half->wall_ns = p->trace->wall_ns + r->t_set_ns;
	half->l2 = r->l2;
	half->ret = r->set_ret;
	half->ran = r->run_seen;
	put_header(half, &r->header, r->has_evmcs_pa);
	if (r->mapped_gpa != GPA_UNKNOWN)
		put_evmcs(half, r->mapped_gpa);
}

/* ---- groups ---- */

/* Of one array, where they are in the order in which they came. */
static int compare_grouped(const void *a, const void *b)
{
	const struct half *x = *(struct half *const *)a, *y = *(struct half *const *)b;

	return compare_owned(x, y) ?: compare_numbers((uintptr_t)x, (uintptr_t)y);
}

static int compare_times(const void *a, const void *b)
{
	const struct half *x = *(struct half *const *)a, *y = *(struct half *const *)b;

	return compare_numbers(x->wall_ns, y->wall_ns)
		       ?: compare_numbers((uintptr_t)x, (uintptr_t)y);
}

static int compare_ids(const void *a, const void *b)
{
	const struct half *x = *(struct half *const *)a, *y = *(struct half *const *)b;

	return compare_numbers((uintptr_t)x->trace, (uintptr_t)y->trace)
		       ?: compare_numbers(x->id, y->id);
}

static void sort_by_id(struct pairs *p)
{
	size_t i;

	for (i = 0; i < p->restores.nr; i++)
		p->by_id[i] = &p->restores.half[i];
	qsort(p->by_id, p->restores.nr, sizeof(*p->by_id), compare_ids);
}

static void sort_halves(struct halves *halves, struct half **sorted)
{
	size_t i;

	for (i = 0; i < halves->nr; i++)
		sorted[i] = &halves->half[i];
	qsort(sorted, halves->nr, sizeof(*sorted), compare_grouped);
}

/* Those of the head's VM at the start of a list, which are the group's now. */
static size_t take(struct group *group, const struct half *head, struct half **list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr && !compare_owned(list[i], head); i++) {
		list[i]->group = group;
		group->one_process &= list[i]->vm->pid == head->vm->pid && same_host(list[i], head);
	}
	return i;
}

static const struct half *first_of(struct half *const *saves, size_t nr_saves,
				   struct half *const *restores, size_t nr_restores)
{
	if (!nr_saves || (nr_restores && compare_owned(*saves, *restores) > 0))
		return *restores;
	return *saves;
}

static bool make_groups(struct pairs *p)
{
	size_t nr_saves = p->saves.nr, nr_restores = p->restores.nr;
	struct half **saves, **by_time, **restores;
	const struct half *head;
	struct group *group;

	p->grouped = calloc(2 * nr_saves + 3 * nr_restores + 1, sizeof(*p->grouped));
	p->groups = calloc(nr_saves + nr_restores + 1, sizeof(*p->groups));
	if (!p->grouped || !p->groups)
		return false;
	saves = p->grouped;
	by_time = saves + nr_saves;
	restores = by_time + nr_saves;
	p->by_id = restores + nr_restores;
	p->certain = p->by_id + nr_restores;
	sort_by_id(p);
	sort_halves(&p->saves, saves);
	sort_halves(&p->restores, restores);
	for (group = p->groups; nr_saves || nr_restores; group++) {
		head = first_of(saves, nr_saves, restores, nr_restores);
		*group = (struct group){ saves, by_time, restores, .one_process = true };
		group->nr_saves = take(group, head, saves, nr_saves);
		group->nr_restores = take(group, head, restores, nr_restores);
		memcpy(by_time, saves, group->nr_saves * sizeof(*saves));
		qsort(by_time, group->nr_saves, sizeof(*by_time), compare_times);
		saves += group->nr_saves;
		by_time += group->nr_saves;
		nr_saves -= group->nr_saves;
		restores += group->nr_restores;
		nr_restores -= group->nr_restores;
	}
	p->nr_groups = (size_t)(group - p->groups);
	return true;
}

#define FOR_EACH_SAVE(s, at, group)                                                                \
	for ((at) = (group)->saves; (at) < (group)->saves + (group)->nr_saves && ((s) = *(at));    \
	     (at)++)

#define FOR_EACH_RESTORE(r, at, group)                                                             \
	for ((at) = (group)->restores;                                                             \
	     (at) < (group)->restores + (group)->nr_restores && ((r) = *(at)); (at)++)

/* Which save of a process is its last, and when VMX was first seen off after each. */
static void find_last(struct group *group)
{
	struct half **at = group->by_time + group->nr_saves, *save;

	while (at-- > group->by_time) {
		save = *at;
		save->last = save->vm->group != group;
		save->ends_ns = save->last ? UINT64_MAX : save->vm->ends_ns;
		save->vm->group = group;
		save->vm->ends_ns = save->off ? save->wall_ns : save->ends_ns;
	}
}

/* ---- which belong together ---- */

static unsigned int differing(const struct half *save, const struct half *restore)
{
	unsigned int both = save->known & restore->known, bits = 0;
	int i;

	for (i = 0; i < PAIR_FIELD_COUNT; i++)
		if ((both & (1U << i)) && save->field[i] != restore->field[i])
			bits |= 1U << i;
	return bits;
}

static bool is_known(const struct half *save)
{
	return save->known & (1U << PAIR_FLAGS);
}

static bool is_same(const struct half *save, const struct half *restore)
{
	return is_known(save) && !differing(save, restore);
}

static bool same_process(const struct half *a, const struct half *b)
{
	return a->vm->pid == b->vm->pid && same_host(a, b);
}

/* Was the VM restored elsewhere in between? Then that save is of the past. */
static bool was_replaced(const struct half *save, const struct half *restore)
{
	int i;

	for (i = 0; i < 2; i++)
		if (restore->before[i] && save->wall_ns < restore->before[i]->wall_ns &&
		    !same_process(save, restore->before[i]))
			return true;
	return false;
}

/*
 * Clocks of two hosts are not compared. But what one host saved after this, and
 * another had restored when it made that save, was there before that save.
 */
static bool is_later(const struct pairs *p, const struct half *save, const struct half *restore)
{
	const struct half *x;
	size_t i;

	for (i = 0; i < p->nr_certain; i++) {
		x = p->certain[i];
		if (same_host(x, save) && x->wall_ns <= save->wall_ns &&
		    same_host(x->partner, restore) && x->partner->wall_ns >= restore->wall_ns)
			return true;
	}
	return false;
}

/* Saved by one process, may it be what another restored? */
static bool may_arrive(const struct pairs *p, const struct half *save, const struct half *restore)
{
	if (save->off || save->looked || (save->consumed && !restore->ret) ||
	    save->group != restore->group || same_process(save, restore))
		return false;
	if (!same_host(save, restore))
		return save->last && !is_later(p, save, restore);
	return save->wall_ns < restore->wall_ns && save->ends_ns > restore->wall_ns &&
	       !was_replaced(save, restore);
}

/*
 * So, and of a host's saves the last one: a VM that was migrated has made it
 * when it left. Who does not assert that both halves are there may have restored
 * an older one.
 */
static bool is_candidate(const struct pairs *p, const struct half *save, const struct half *restore)
{
	return may_arrive(p, save, restore) &&
	       (!p->list.complete || !same_host(save, restore) || save == restore->near);
}

static uint64_t distance(const struct half *a, const struct half *b)
{
	return a->wall_ns > b->wall_ns ? a->wall_ns - b->wall_ns : b->wall_ns - a->wall_ns;
}

static bool is_closer(const struct half *a, const struct half *b, const struct half *restore)
{
	return !b || distance(a, restore) < distance(b, restore);
}

/* ---- in the process that saved it: a snapshot, which may be as old as it likes ---- */

static bool may_be_own(const struct half *save, const struct half *restore, bool only_same)
{
	return same_process(save, restore) && !save->off &&
	       (only_same ? is_same(save, restore) : save->ends_ns > restore->wall_ns);
}

/* How many saves are older. */
static size_t count_older(const struct group *group, uint64_t wall_ns)
{
	size_t from = 0, to = group->nr_saves, mid;

	while (from < to) {
		mid = (from + to) / 2;
		if (group->by_time[mid]->wall_ns < wall_ns)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* The youngest; of one time the one that came first. */
static struct half *find_own(const struct half *restore, bool only_same)
{
	struct group *group = restore->group;
	size_t i = count_older(group, restore->wall_ns);
	struct half *best = NULL, *save;

	while (i-- && !group->too_many) {
		group->too_many = ++group->steps == MAX_STEPS;
		save = group->by_time[i];
		if (best && save->wall_ns != best->wall_ns)
			break;
		if (may_be_own(save, restore, only_same))
			best = save;
	}
	return best;
}

static void match_own(struct half *restore)
{
	restore->partner = find_own(restore, true) ?: find_own(restore, false);
	restore->done = restore->sure = restore->partner;
}

/* ---- in another process: one restore for one save ---- */

static void consume(struct half *save, struct half *restore)
{
	save->match = restore;
	save->consumed = true;
	restore->partner = save;
	restore->done = true;
}

/* The only save that it may be, or NULL. */
static struct half *only_save(struct pairs *p, const struct half *restore)
{
	struct half *found = NULL, *s, **at;

	if (restore->group->one_process)
		return NULL;
	FOR_EACH_SAVE(s, at, restore->group)
	{
		if (!is_candidate(p, s, restore))
			continue;
		if (found)
			return NULL;
		found = s;
	}
	return found;
}

static bool is_only_restore(const struct pairs *p, const struct half *save,
			    const struct half *restore)
{
	struct half *r, **at;

	FOR_EACH_RESTORE(r, at, restore->group)
	if (r != restore && !r->done && !r->ret && is_candidate(p, save, r))
		return false;
	return true;
}

/* It orders the clocks of two hosts. */
static void note_certain(struct pairs *p, struct half *restore)
{
	if (restore->sure && !same_host(restore, restore->partner))
		p->certain[p->nr_certain++] = restore;
}

/* What leaves no choice; that may leave none to others. */
static void match_the_forced(struct pairs *p)
{
	struct half *r, *end = p->restores.half + p->restores.nr, *save;
	bool found;

	do {
		found = false;
		for (r = p->restores.half; r < end; r++) {
			save = r->done || r->ret ? NULL : only_save(p, r);
			if (!save)
				continue;
			r->sure = is_only_restore(p, save, r);
			consume(save, r);
			note_certain(p, r);
			found = true;
		}
	} while (found);
}

static struct half *next_choice(struct pairs *p, const struct half *restore, bool only_same)
{
	struct half *best = NULL, *s, **at;

	if (restore->group->one_process)
		return NULL;
	FOR_EACH_SAVE(s, at, restore->group)
	if (!s->visited && is_candidate(p, s, restore) && (!only_same || is_same(s, restore)) &&
	    is_closer(s, best, restore))
		best = s;
	return best;
}

static void forget_visits(const struct group *group)
{
	struct half *s, **at;

	FOR_EACH_SAVE(s, at, group)
	s->visited = false;
}

/* An augmenting path: who has taken a save may be content with another one. */
static bool choose(struct pairs *p, struct half *restore)
{
	struct half *save;

	while ((save = next_choice(p, restore, true))) {
		save->visited = true;
		if (save->match && !choose(p, save->match))
			continue;
		save->match = restore;
		restore->partner = save;
		return true;
	}
	return false;
}

/* Where hosts' clocks leave a choice, as many as can are what was saved. */
static void match_the_free(struct pairs *p)
{
	struct half *r, *end = p->restores.half + p->restores.nr, *save;

	for (r = p->restores.half; r < end; r++) {
		if (r->done || r->ret || r->group->one_process)
			continue;
		forget_visits(r->group);
		choose(p, r);
		forget_visits(r->group);
	}
	for (r = p->restores.half; r < end; r++)
		if (!r->done && r->partner)
			consume(r->partner, r);
	for (r = p->restores.half; r < end; r++) {
		save = r->done ? NULL : next_choice(p, r, false);
		if (save && r->ret)
			r->partner = save; /* and it may be restored once more */
		else if (save)
			consume(save, r);
	}
}

/* What a restore that ran later was looked at for is in nobody's hands. */
static void find_looks(const struct pairs *p, struct half *save)
{
	const struct half like = { .trace = save->trace, .id = save->of_restore };
	const struct half *key = &like;
	struct half **at = NULL;

	/* of the whole trace: its VM may have had no name yet */
	if (save->of_restore)
		at = bsearch(&key, p->by_id, p->restores.nr, sizeof(*at), compare_ids);
	if (at)
		save->looked = (*at)->ran;
}

static void find_before(struct half *restore)
{
	struct half *r, **at;
	int i;

	for (i = 0; i < 2; i++)
		FOR_EACH_RESTORE(r, at, restore->group)
	if (!r->ret && same_host(r, restore) && r->wall_ns < restore->wall_ns &&
	    (!i || !same_process(r, restore->before[0])) &&
	    (!restore->before[i] || r->wall_ns > restore->before[i]->wall_ns))
		restore->before[i] = r;
}

static void find_near(const struct pairs *p, struct half *restore)
{
	struct half *s, **at;

	FOR_EACH_SAVE(s, at, restore->group)
	if (same_host(s, restore) && may_arrive(p, s, restore) &&
	    (!restore->near || s->wall_ns > restore->near->wall_ns))
		restore->near = s;
}

/* They are in no search, and have no partner. */
static void leave_out_too_many(struct group *group)
{
	group->too_many = !group->one_process &&
			  (group->nr_saves > MAX_HALVES || group->nr_restores > MAX_HALVES);
	if (group->too_many)
		group->nr_saves = group->nr_restores = 0;
}

static void match_all(struct pairs *p)
{
	struct half *r, *end = p->restores.half + p->restores.nr;
	size_t i;

	for (i = 0; i < p->nr_groups; i++) {
		find_last(&p->groups[i]);
		leave_out_too_many(&p->groups[i]);
	}
	for (i = 0; i < p->saves.nr; i++)
		find_looks(p, &p->saves.half[i]);
	for (r = p->restores.half; r < end; r++) {
		if (!r->group->one_process) {
			find_before(r);
			find_near(p, r);
		}
		match_own(r);
	}
	match_the_forced(p);
	match_the_free(p);
}

static enum pair_result result_of(const struct pair *pair)
{
	if (pair->restore->group->too_many)
		return RESULT_TOO_MANY;
	if (!pair->save)
		return RESULT_NOT_SAVED;
	if (pair->restore->ret)
		return RESULT_REFUSED;
	if (!is_known(pair->save))
		return RESULT_UNKNOWN;
	if (!pair->differing)
		return RESULT_SAME;
	return pair->restore->sure ? RESULT_DIFFERS : RESULT_UNSURE;
}

static void add_restored(struct pairs *p, const struct half *restore)
{
	struct pair *pair = &p->list.pair[p->list.nr];
	struct half *save = restore->group->too_many ? NULL : restore->partner;

	/* what KVM did not take and nobody saved was no half of anything */
	if (!save && restore->ret)
		return;
	p->list.nr++;
	pair->save = save;
	pair->restore = restore;
	if (save) {
		save->paired = true;
		pair->differing = differing(save, restore);
		pair->snapshot = save->vm == restore->vm;
	}
	pair->result = result_of(pair);
}

static void add_unrestored(struct pairs *p, const struct half *save)
{
	struct pair *pair = &p->list.pair[p->list.nr];
	struct group *group = save->group;

	if (save->off || save->looked)
		return;
	/* which one is its half is not known of too many: one stands for them */
	if (group->too_many ? group->told : !save->last || save->paired)
		return;
	group->told = true;
	p->list.nr++;
	pair->save = save;
	pair->result = group->too_many ? RESULT_TOO_MANY : RESULT_NOT_RESTORED;
}

static uint64_t when(const struct pair *pair)
{
	return pair->restore ? pair->restore->wall_ns : pair->save->wall_ns;
}

static int compare_pairs(const void *a, const void *b)
{
	uint64_t x = when(a), y = when(b);

	return (x > y) - (x < y);
}

static enum verdict_kind verdict_of(const struct pair_list *list)
{
	enum verdict_kind worst = list->nr ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
	const struct pair_trace *t;
	size_t i;

	for (t = list->traces; t; t = t->next)
		if (pair_trace_gap(t))
			worst = VERDICT_INCONCLUSIVE;
	for (i = 0; i < list->nr; i++)
		if (pair_result_verdict(list->pair[i].result) > worst)
			worst = pair_result_verdict(list->pair[i].result);
	return worst;
}

const struct pair_list *pairs_finish(struct pairs *p)
{
	struct pair_list *list = &p->list;
	size_t i;

	list->traces = p->traces;
	if (!p->failed)
		list->pair = calloc(p->saves.nr + p->restores.nr + 1, sizeof(*list->pair));
	if (!list->pair || !make_groups(p))
		return NULL;
	match_all(p);
	for (i = 0; i < p->restores.nr; i++)
		add_restored(p, &p->restores.half[i]);
	for (i = 0; i < p->saves.nr; i++)
		add_unrestored(p, &p->saves.half[i]);
	qsort(list->pair, list->nr, sizeof(*list->pair), compare_pairs);
	list->verdict = verdict_of(list);
	return list;
}

/* ---- life ---- */

struct pairs *pairs_new(bool complete)
{
	struct pairs *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->list.complete = complete;
	/* room from the start: there are no pointers into what is not there */
	if (make_room(&p->saves) && make_room(&p->restores))
		return p;
	pairs_free(p);
	return NULL;
}

void pairs_free(struct pairs *p)
{
	struct pair_trace *trace;

	if (!p)
		return;
	while ((trace = p->traces)) {
		p->traces = trace->next;
		free(trace->label);
		free(trace);
	}
	tdestroy(p->vms, free_vm);
	free(p->grouped);
	free(p->groups);
	free(p->saves.half);
	free(p->restores.half);
	free(p->list.pair);
	free(p);
}
