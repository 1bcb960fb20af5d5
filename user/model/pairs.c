/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/pairs.h"

struct halves {
	struct half **half;
	size_t nr;
	size_t room;
};

/*
 * All halves of one vCPU of one VM, in the order in which they were told: no others belong
 * together. How they do costs the square of how many they are, and more where hosts leave a choice.
 */
#define MAX_HALVES 500

struct half_group {
	const struct pair_vm *vm; /* the first one: by its name, or by process and host */
	int32_t vcpu;
	struct halves saves;
	struct halves restores;
	bool too_many; /* nothing is said of which belong together */
	bool told; /* that there are too many */
	struct half_group *next;
};

struct pairs {
	struct pair_trace *traces;
	struct pair_trace *trace; /* the current one */
	struct pair_vm *vms;
	struct half_group *groups;
	/* tsearch() trees */
	void *vms_by_key;
	void *groups_by_key;
	void *restores_by_id;
	struct halves saves;
	struct halves restores;
	struct halves certain; /* restores that only their partner can be of, from another host */
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
	return is_same_host(a->trace, b->trace);
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
	if (first)
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

/* In some order, in which 0 is what is_same_host() calls the same. */
static int compare_hosts(const struct pair_trace *a, const struct pair_trace *b)
{
	if (*a->boot_id && *b->boot_id)
		return strcmp(a->boot_id, b->boot_id);
	return compare_numbers((uintptr_t)a, (uintptr_t)b);
}

/* 0 is also said of two that have none. */
static int compare_names(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* QEMU's process is its VM; who does not name VMs may have several. */
static int compare_vms(const void *a, const void *b)
{
	const struct pair_vm *x = a, *y = b;
	int order = compare_numbers(x->pid, y->pid) ?:
		    compare_hosts(x->trace, y->trace) ?:
		    compare_names(x->name, y->name);

	if (order || x->name)
		return order;
	return compare_numbers((uintptr_t)x->trace, (uintptr_t)y->trace)
		       ?: compare_numbers(x->vm, y->vm);
}

static void free_vm(struct pair_vm *vm)
{
	free(vm->name);
	free(vm->comm);
	free(vm);
}

/* Of a number, pid, name and trace. */
static const struct pair_vm *add_vm(struct pairs *p, const struct pair_vm *key, const char *comm)
{
	struct pair_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return NULL;
	*vm = *key;
	vm->name = key->name ? strdup(key->name) : NULL;
	vm->comm = strdup(comm);
	if (!vm->comm || (key->name && !vm->name) || !tsearch(vm, &p->vms_by_key, compare_vms)) {
		free_vm(vm);
		return NULL;
	}
	vm->next = p->vms;
	p->vms = vm;
	return vm;
}

static const struct pair_vm *know_vm(struct pairs *p, uint32_t number, uint32_t pid,
				     const char *name, const char *comm)
{
	const struct pair_vm key = {
		.name = (char *)(uintptr_t)name, .pid = pid, .trace = p->trace, .vm = number
	};
	void *node = tfind(&key, &p->vms_by_key, compare_vms);

	return node ? *(struct pair_vm **)node : add_vm(p, &key, comm);
}

/* The same VM to its owner, wherever it runs; without a name the process is what it is. */
static int compare_groups(const void *a, const void *b)
{
	const struct half_group *x = a, *y = b;
	int order = compare_numbers((uint32_t)x->vcpu, (uint32_t)y->vcpu)
			    ?: compare_names(x->vm->name, y->vm->name);

	if (order || x->vm->name)
		return order;
	return compare_numbers(x->vm->pid, y->vm->pid) ?: compare_hosts(x->vm->trace, y->vm->trace);
}

static struct half_group *know_group(struct pairs *p, const struct pair_vm *vm, int32_t vcpu)
{
	struct half_group key = { .vm = vm, .vcpu = vcpu }, *group;
	void *node = tfind(&key, &p->groups_by_key, compare_groups);

	if (node)
		return *(struct half_group **)node;
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	*group = key;
	if (!tsearch(group, &p->groups_by_key, compare_groups)) {
		free(group);
		return NULL;
	}
	group->next = p->groups;
	p->groups = group;
	return group;
}

/* ---- halves ---- */

static bool put_half(struct halves *halves, struct half *half)
{
	size_t room = halves->room ? 2 * halves->room : 16;
	struct half **grown;

	if (halves->nr == halves->room) {
		grown = realloc(halves->half, room * sizeof(*grown));
		if (!grown)
			return false;
		halves->half = grown;
		halves->room = room;
	}
	halves->half[halves->nr++] = half;
	return true;
}

enum which { SAVE, RESTORE };

/* What is beyond the limit is in no list of its group. */
static bool put_into_group(struct half *half, enum which which)
{
	struct half_group *group = half->group;
	struct halves *halves = which == SAVE ? &group->saves : &group->restores;

	if (halves->nr < MAX_HALVES)
		return put_half(halves, half);
	group->too_many = true;
	return true;
}

static struct half *new_half(struct pairs *p, const struct pair_vm *vm, int32_t vcpu,
			     enum which which)
{
	struct half *half = calloc(1, sizeof(*half));

	if (!half)
		return NULL;
	half->trace = p->trace;
	half->vm = vm;
	half->vcpu = vcpu;
	half->group = know_group(p, vm, vcpu);
	if (half->group && put_half(which == SAVE ? &p->saves : &p->restores, half))
		return put_into_group(half, which) ? half : NULL;
	free(half);
	return NULL;
}

/* NULL where it is not to be, or could not be. */
static struct half *add_half(struct pairs *p, enum which which, const struct pair_vm *like,
			     int32_t vcpu)
{
	const struct pair_vm *vm;
	struct half *half;

	if (p->trace && p->trace->again)
		return NULL;
	vm = p->trace ? know_vm(p, like->vm, like->pid, like->name, like->comm) : NULL;
	half = vm ? new_half(p, vm, vcpu, which) : NULL;
	p->failed |= !half;
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

/* Traces of one host may come in any order. */
static void find_last(struct half *save)
{
	const struct halves *saves = &save->group->saves;
	struct half *s, *first, *second;
	size_t i;

	save->last = true;
	save->ends_ns = UINT64_MAX;
	for (i = 0; i < saves->nr && !save->group->too_many; i++) {
		s = saves->half[i];
		if (s == save || s->vm != save->vm)
			continue;
		first = s->wall_ns > save->wall_ns ? save : s;
		second = first == s ? save : s;
		first->last = false;
		if (second->off && second->wall_ns < first->ends_ns)
			first->ends_ns = second->wall_ns;
	}
}

void pairs_save(struct pairs *p, const struct save *save)
{
	const struct pair_vm vm = { .name = (char *)(uintptr_t)save->vm_name,
				    .comm = (char *)(uintptr_t)save->comm,
				    .pid = save->pid,
				    .vm = save->vm };
	struct half *half = add_half(p, SAVE, &vm, save->vcpu);

	if (!half)
		return;
	half->id = save->id;
	half->wall_ns = p->trace->wall_ns + save->t_ns;
	half->l2 = save->l2;
	half->exit_owed = save->exit_owed;
	half->of_restore = save->of_restore;
	half->off = save->off;
	if (save->known)
		put_header(half, &save->header, save->has_evmcs_pa);
	if (save->has_evmptr && evmptr_is_valid(save->evmptr))
		put_evmcs(half, save->evmptr);
	find_last(half);
}

static int compare_ids(const void *a, const void *b)
{
	const struct half *x = a, *y = b;

	return compare_numbers((uintptr_t)x->trace, (uintptr_t)y->trace)
		       ?: compare_numbers(x->id, y->id);
}

void pairs_restore(struct pairs *p, const struct restore *r)
{
	const struct pair_vm vm = { .name = (char *)(uintptr_t)r->vm_name,
				    .comm = (char *)(uintptr_t)r->comm,
				    .pid = r->pid,
				    .vm = r->vm };
	struct half *half;

	/* QEMU's resets leave VMX operation: nothing is restored */
	if (r->path == PATH_LEAVE || !r->set_done)
		return;
	half = add_half(p, RESTORE, &vm, r->vcpu);
	if (!half)
		return;
	half->id = r->id;
	half->wall_ns = p->trace->wall_ns + r->t_set_ns;
	half->l2 = r->l2;
	half->ret = r->set_ret;
	half->ran = r->run_seen;
	put_header(half, &r->header, r->has_evmcs_pa);
	if (r->mapped_gpa != GPA_UNKNOWN)
		put_evmcs(half, r->mapped_gpa);
	p->failed |= !tsearch(half, &p->restores_by_id, compare_ids);
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
	size_t i;

	for (i = 0; i < p->certain.nr; i++) {
		const struct half *x = p->certain.half[i];

		if (same_host(x, save) && x->wall_ns <= save->wall_ns &&
		    same_host(x->partner, restore) && x->partner->wall_ns >= restore->wall_ns)
			return true;
	}
	return false;
}

/* Saved by one process, may it be what another restored? They are of one group. */
static bool may_arrive(const struct pairs *p, const struct half *save, const struct half *restore)
{
	if (save->off || save->looked || (save->consumed && !restore->ret) ||
	    same_process(save, restore))
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

static struct half *find_own(const struct half *restore, bool only_same)
{
	const struct halves *saves = &restore->group->saves;
	struct half *best = NULL, *s;
	size_t i;

	for (i = 0; i < saves->nr; i++) {
		s = saves->half[i];
		if (same_process(s, restore) && !s->off && s->wall_ns < restore->wall_ns &&
		    (only_same ? is_same(s, restore) : s->ends_ns > restore->wall_ns) &&
		    is_closer(s, best, restore))
			best = s;
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
static struct half *only_save(const struct pairs *p, const struct half *restore)
{
	const struct halves *saves = &restore->group->saves;
	struct half *found = NULL;
	size_t i;

	for (i = 0; i < saves->nr; i++) {
		if (!is_candidate(p, saves->half[i], restore))
			continue;
		if (found)
			return NULL;
		found = saves->half[i];
	}
	return found;
}

static bool is_only_restore(const struct pairs *p, const struct half *save,
			    const struct half *restore)
{
	const struct halves *restores = &save->group->restores;
	size_t i;

	for (i = 0; i < restores->nr; i++) {
		const struct half *r = restores->half[i];

		if (r != restore && !r->done && !r->ret && is_candidate(p, save, r))
			return false;
	}
	return true;
}

/* It orders the clocks of two hosts. */
static void note_certain(struct pairs *p, struct half *restore)
{
	if (restore->sure && !same_host(restore, restore->partner))
		p->failed |= !put_half(&p->certain, restore);
}

/* What leaves no choice; that may leave none to others. */
static void match_the_forced(struct pairs *p)
{
	struct half *r, *save;
	bool found;
	size_t i;

	do {
		found = false;
		for (i = 0; i < p->restores.nr; i++) {
			r = p->restores.half[i];
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

static struct half *next_choice(const struct pairs *p, const struct half *restore, bool only_same)
{
	const struct halves *saves = &restore->group->saves;
	struct half *best = NULL, *s;
	size_t i;

	for (i = 0; i < saves->nr; i++) {
		s = saves->half[i];
		if (!s->visited && is_candidate(p, s, restore) &&
		    (!only_same || is_same(s, restore)) && is_closer(s, best, restore))
			best = s;
	}
	return best;
}

static void forget_visits(const struct halves *saves)
{
	size_t i;

	for (i = 0; i < saves->nr; i++)
		saves->half[i]->visited = false;
}

/* An augmenting path: who has taken a save may be content with another one. */
static bool choose(const struct pairs *p, struct half *restore)
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
	struct half *r, *save;
	size_t i;

	for (i = 0; i < p->restores.nr; i++) {
		r = p->restores.half[i];
		if (r->done || r->ret)
			continue;
		forget_visits(&r->group->saves);
		choose(p, r);
	}
	for (i = 0; i < p->restores.nr; i++) {
		r = p->restores.half[i];
		if (!r->done && r->partner)
			consume(r->partner, r);
	}
	forget_visits(&p->saves);
	for (i = 0; i < p->restores.nr; i++) {
		r = p->restores.half[i];
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
	const struct half key = { .trace = save->trace, .id = save->of_restore };
	void *node = save->of_restore ? tfind(&key, &p->restores_by_id, compare_ids) : NULL;

	if (node)
		save->looked = (*(struct half **)node)->ran;
}

static bool is_before(const struct half *a, const struct half *b)
{
	return !a->ret && same_host(a, b) && a->wall_ns < b->wall_ns;
}

static void find_before(struct half *restore)
{
	const struct halves *restores = &restore->group->restores;
	const struct half *r, **at;
	size_t j;
	int i;

	for (i = 0; i < 2; i++) {
		at = &restore->before[i];
		for (j = 0; j < restores->nr; j++) {
			r = restores->half[j];
			if (is_before(r, restore) && (!i || !same_process(r, restore->before[0])) &&
			    (!*at || r->wall_ns > (*at)->wall_ns))
				*at = r;
		}
	}
}

static void find_near(const struct pairs *p, struct half *restore)
{
	const struct halves *saves = &restore->group->saves;
	size_t i;

	for (i = 0; i < saves->nr; i++) {
		const struct half *s = saves->half[i];

		if (same_host(s, restore) && may_arrive(p, s, restore) &&
		    (!restore->near || s->wall_ns > restore->near->wall_ns))
			restore->near = s;
	}
}

/* They are in no search, and have no partner. */
static void leave_out_too_many(struct pairs *p)
{
	struct half_group *group;

	for (group = p->groups; group; group = group->next)
		if (group->too_many)
			group->saves.nr = group->restores.nr = 0;
}

static void match_all(struct pairs *p)
{
	size_t i;

	leave_out_too_many(p);
	for (i = 0; i < p->saves.nr; i++)
		find_looks(p, p->saves.half[i]);
	for (i = 0; i < p->restores.nr; i++) {
		struct half *r = p->restores.half[i];

		/* where nothing was saved there is nothing to look for */
		if (!r->group->saves.nr)
			continue;
		find_before(r);
		find_near(p, r);
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
	struct half *save = restore->partner;

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
	struct half_group *group = save->group;

	if (save->off || save->looked)
		return;
	/* which one is the last is not known of too many: one stands for them */
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
	if (!list->pair)
		return NULL;
	match_all(p);
	if (p->failed)
		return NULL;
	for (i = 0; i < p->restores.nr; i++)
		add_restored(p, p->restores.half[i]);
	for (i = 0; i < p->saves.nr; i++)
		add_unrestored(p, p->saves.half[i]);
	qsort(list->pair, list->nr, sizeof(*list->pair), compare_pairs);
	list->verdict = verdict_of(list);
	return list;
}

/* ---- life ---- */

struct pairs *pairs_new(bool complete)
{
	struct pairs *p = calloc(1, sizeof(*p));

	if (p)
		p->list.complete = complete;
	return p;
}

static void free_list(struct halves *halves)
{
	free(halves->half);
}

static void free_halves(struct halves *halves)
{
	size_t i;

	for (i = 0; i < halves->nr; i++)
		free(halves->half[i]);
	free_list(halves);
}

static void keep(void *node)
{
	(void)node;
}

static void free_groups(struct pairs *p)
{
	struct half_group *group;

	tdestroy(p->groups_by_key, keep);
	while ((group = p->groups)) {
		p->groups = group->next;
		free_list(&group->saves);
		free_list(&group->restores);
		free(group);
	}
}

void pairs_free(struct pairs *p)
{
	struct pair_trace *trace;
	struct pair_vm *vm;

	if (!p)
		return;
	free_groups(p);
	tdestroy(p->vms_by_key, keep);
	tdestroy(p->restores_by_id, keep);
	while ((trace = p->traces)) {
		p->traces = trace->next;
		free(trace->label);
		free(trace);
	}
	while ((vm = p->vms)) {
		p->vms = vm->next;
		free_vm(vm);
	}
	free_halves(&p->saves);
	free_halves(&p->restores);
	free_list(&p->certain);
	free(p->list.pair);
	free(p);
}
