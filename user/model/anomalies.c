/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/kvm.h>

#include "model/anomalies.h"
#include "model/names.h"

/* ---- words that the definitions are made of ---- */

static bool is_evmcs_map(const struct access *a)
{
	return a->touched && a->purpose == PURPOSE_EVMCS;
}

static bool mapped_evmcs(const struct moment_facts *f)
{
	if (f->access)
		return is_evmcs_map(f->access);
	return f->event->ret == EVMPTRLD_SUCCEEDED;
}

/* Did the call that now returned reach for guest memory, be it in vain? */
static bool reached_inside(const struct moment_facts *f)
{
	int i;

	for (i = 0; i < f->restore->nr_accesses; i++)
		if (f->restore->accesses[i]->seq > f->frame->entry.seq)
			return true;
	return false;
}

static bool in_set(const struct moment_facts *f)
{
	return task_inside(f->task, PT_SET_STATE);
}

/* This nested exit throws nested mode away: it is not one that L1 will see. */
static bool discards(const struct frame *exit)
{
	return exit->entry.exit.reason == NESTED_EXIT_FORCED;
}

/* Nested mode is being thrown away, not left by an exit that L1 will see. */
static bool being_discarded(const struct moment_facts *f)
{
	const struct frame *exit = task_innermost(f->task, PT_NESTED_EXIT);

	return !exit || discards(exit);
}

/* What is concluded from something that was not seen needs an unbroken view. */
static bool saw_everything(const struct moment_facts *f)
{
	return !f->restore->why;
}

static bool on_behalf_of(const struct moment_facts *f, enum evmcs_point point)
{
	return task_behalf(f->task) == point;
}

/* Until 278499686b18 (5.14) no mark says so: an eVMCS that is not mapped is 0. */
static bool was_pending(const struct moment_facts *f)
{
	uint64_t evmptr = f->frame->entry.evmptr;

	return evmptr == EVMPTR_MAP_PENDING ||
	       (!evmptr && f->restore->wants_evmcs && !f->restore->mapped);
}

static bool has_vmx_state(const struct moment_facts *f)
{
	return f->event->flags & REC_VMX_STATE;
}

/*
 * Of a point that is not attached silence says nothing: what is concluded from it
 * is no violation.
 */
static bool watched(const struct moment_facts *f, enum evmcs_point point)
{
	return f->attached & (1ULL << point);
}

/* The eVMCS was loaded by the call that now returned, or by what it called. */
static bool loaded_inside(const struct moment_facts *f)
{
	return f->restore->loaded_seq > f->frame->entry.seq;
}

static bool sync_is_due(const struct moment_facts *f)
{
	return f->event->flags & REC_SYNC_DUE;
}

static bool knows_sync(const struct moment_facts *f)
{
	return has_vmx_state(f) && (f->event->flags & REC_NESTED_FLAGS);
}

/* Of the flags of the vCPU: set by the call that now returned? */
static bool newly(const struct moment_facts *f, unsigned int flag)
{
	return (f->event->flags & flag) && !(f->frame->entry.flags & flag);
}

/*
 * Ioctls that reach guest memory because userspace asked for that very thing:
 * MSRs with a page behind them (VP assist, hypercall page, clocks), PDPTRs of
 * SREGS, translations. Not the restore's doing.
 */
#define KVM_PRE_FAULT_MEMORY_CMD 0xc040aed5U /* since 6.11, newer than our headers */

static bool ioctl_touches_by_itself(uint32_t cmd)
{
	switch (cmd) {
	case (uint32_t)KVM_SET_MSRS:
	case (uint32_t)KVM_SET_SREGS:
	case (uint32_t)KVM_SET_SREGS2:
	case (uint32_t)KVM_GET_SREGS2:
	case (uint32_t)KVM_TRANSLATE:
	case (uint32_t)KVM_SET_VAPIC_ADDR:
	case (uint32_t)KVM_KVMCLOCK_CTRL:
	case (uint32_t)KVM_SET_CLOCK:
	case (uint32_t)KVM_SET_ONE_REG:
	case KVM_PRE_FAULT_MEMORY_CMD:
		return true;
	default:
		return false;
	}
}

static bool nested_purpose(unsigned int purpose)
{
	switch (purpose) {
	case PURPOSE_EVMCS:
	case PURPOSE_LINK_POINTER:
	case PURPOSE_VMCS12:
	case PURPOSE_VIRTUAL_APIC:
	case PURPOSE_POSTED_INTERRUPT:
	case PURPOSE_APIC_ACCESS:
	case PURPOSE_MSR_BITMAP:
		return true;
	default:
		return false;
	}
}

/* Is nested code on the stack, or one of its own maps the target? */
static bool for_nested_state(const struct moment_facts *f)
{
	return task_inside(f->task, PT_NESTED_EXIT) || task_inside_evmptr(f->task) ||
	       nested_purpose(f->access->purpose);
}

bool access_was_asked_for(const struct moment_facts *f)
{
	return !in_set(f) && !for_nested_state(f) && ioctl_touches_by_itself(f->access->ioctl);
}

/* ---- the classes ---- */

/* A1: the eVMCS loaded in SET, whatever by, with no nested exit in between. */
static bool direct_map_in_set(const struct moment_facts *f)
{
	if (!in_set(f) || task_inside(f->task, PT_NESTED_EXIT))
		return false;
	return f->access ? mapped_evmcs(f) : true;
}

/* A2: SET leaves the nested mode of an earlier restore, which maps its eVMCS. */
static bool leave_map_in_set(const struct moment_facts *f)
{
	return in_set(f) && on_behalf_of(f, PT_NESTED_EXIT) &&
	       (mapped_evmcs(f) || (!f->access && reached_inside(f)));
}

/*
 * A3: any other access inside SET. Also one in vain: the memory that it did not
 * find is what userspace may bring later.
 */
static bool mem_in_set(const struct moment_facts *f)
{
	return in_set(f) && f->access->purpose != PURPOSE_EVMCS && !task_inside_evmptr(f->task);
}

static enum severity grade_mem_in_set(const struct moment_facts *f)
{
	/* every kernel checks the link pointer of a native L2 state in SET */
	return f->access->purpose == PURPOSE_LINK_POINTER ? SEVERITY_INFO : SEVERITY_ERROR;
}

/* A4: an access after SET and before KVM_RUN, in another ioctl. */
static bool mem_before_run(const struct moment_facts *f)
{
	uint32_t cmd = f->access->ioctl;

	if (!f->access->touched || cmd == (uint32_t)KVM_RUN || in_set(f) ||
	    task_inside(f->task, PT_FREE_VCPU))
		return false;
	if (f->restore->run_seen) /* a KVM_RUN that did not get as far as the guest */
		return false;
	/* in no ioctl, as teardown is, which nobody looked for */
	if (!cmd && !watched(f, PT_FREE_VCPU))
		return false;
	/* in no ioctl that we know: a KVM_RUN would be in the pages handler */
	if (!cmd && (on_behalf_of(f, PT_STATE_PAGES) || on_behalf_of(f, PT_NESTED_EXIT)))
		return false;
	return for_nested_state(f) || !ioctl_touches_by_itself(cmd);
}

/* A5: an access while the vCPU is destroyed; nobody will run it any more. */
static bool teardown_access(const struct moment_facts *f)
{
	return f->access->touched && task_inside(f->task, PT_FREE_VCPU);
}

/* A6: reached, or tried to, through the memory of a task that is not the VMM. */
static bool foreign_mm(const struct moment_facts *f)
{
	return f->frame->entry.flags & (REC_FOREIGN_MM | REC_NO_MM);
}

static enum severity grade_foreign_mm(const struct moment_facts *f)
{
	/* a VMM that exits with the restore pending: nothing is there to reach */
	return f->frame->entry.flags & REC_NO_MM && !f->access->touched ? SEVERITY_INFO
									: SEVERITY_WARNING;
}

/* A7: the eVMCS loaded by something that the path does not know. */
static bool vmptrld_unknown_caller(const struct moment_facts *f)
{
	enum evmcs_point behalf = task_behalf(f->task);

	if (!saw_everything(f) || !watched(f, PT_STATE_PAGES) || !watched(f, PT_NESTED_EXIT))
		return false;
	/* the vCPU has not run, so it cannot be a VMLAUNCH of L1 */
	return behalf == PT_COUNT || behalf == PT_GET_STATE || behalf == PT_FREE_VCPU;
}

/* A8: KVM_RUN could not get the pages of the nested state. */
static bool pages_fail(const struct moment_facts *f)
{
	return !f->event->ret;
}

/* A9: KVM_RUN could not get the pages, and another one ran without them. */
static bool run_after_fail(const struct moment_facts *f)
{
	const struct restore *r = f->restore;

	return r->pages_failed && watched(f, PT_EVMPTR_LOAD) &&
	       (!r->pages_done || (r->wants_evmcs && !r->mapped)) && saw_everything(f);
}

/* A10: KVM_RUN goes on without the eVMCS, as if there were none. */
static bool silent_disabled(const struct moment_facts *f)
{
	return on_behalf_of(f, PT_STATE_PAGES) && f->restore->wants_evmcs && was_pending(f) &&
	       f->event->ret == EVMPTRLD_DISABLED;
}

/* A11: a nested exit that L1 will see, whose eVMCS could not be mapped. */
static bool swallowed_exit_fail(const struct moment_facts *f)
{
	return on_behalf_of(f, PT_NESTED_EXIT) && !being_discarded(f) && was_pending(f) &&
	       f->event->ret != EVMPTRLD_SUCCEEDED;
}

/* A12: a nested exit took the request for the pages away and did not serve it. */
static bool req_dropped(const struct moment_facts *f)
{
	return f->restore->wants_evmcs && was_pending(f) &&
	       (f->frame->entry.flags & REC_REQ_PAGES) && !(f->event->flags & REC_REQ_PAGES) &&
	       !discards(f->frame) && f->restore->load_seq < f->frame->entry.seq &&
	       watched(f, PT_EVMPTR_LOAD) && saw_everything(f);
}

/* A13: it has run, and the map is still to be made. */
static bool pending_stuck(const struct moment_facts *f)
{
	return has_vmx_state(f) && f->restore->wants_evmcs &&
	       f->event->evmptr == EVMPTR_MAP_PENDING;
}

/*
 * A14: it has run, and the map was not made and is not to be made. What evmptr
 * is by now says nothing: L1 may have loaded another one since. Userspace may
 * have ended VMX operation before the run: then there is nothing to map.
 */
static bool pending_lost(const struct moment_facts *f)
{
	return has_vmx_state(f) && f->restore->wants_evmcs && !f->restore->mapped &&
	       !f->restore->last_state.vmx_off && saw_everything(f) && watched(f, PT_EVMPTR_LOAD) &&
	       f->event->evmptr != EVMPTR_MAP_PENDING;
}

/* A15: KVM_GET_NESTED_STATE before the first run does not say that there is an eVMCS. */
static bool get_flag_lost(const struct moment_facts *f)
{
	/* KVM said how large the state is, and could not give it */
	if (f->event->ret < 0 || !f->event->nested.size || !f->restore->wants_evmcs)
		return false;
	/* nested mode was left since: then it is right */
	if (has_vmx_state(f) && f->event->evmptr == EVMPTR_INVALID)
		return false;
	return !(f->event->nested.flags & NESTED_EVMCS);
}

/* A16: vmcs12 is overwritten from a shadow VMCS that has nothing of it. */
static bool shadow_clobber(const struct moment_facts *f)
{
	return f->restore->wants_evmcs && has_vmx_state(f) &&
	       f->event->evmptr == EVMPTR_MAP_PENDING;
}

/* A17: a load failed after it had mapped the page, and nobody gave that back. */
static bool evmcs_pin_leak(const struct moment_facts *f)
{
	bool set_accepted = f->frame && f->frame->point == PT_SET_STATE && !f->event->ret;

	if (set_accepted) /* there is time yet */
		return false;
	return f->restore->map_leaked && watched(f, PT_UNMAP) && saw_everything(f);
}

/* A18: what is mapped is no longer where the guest has its eVMCS. */
static bool stale_map(const struct moment_facts *f)
{
	const struct record_memslot *m = &f->event->memslot;

	if (m->gpa == m->old_gpa && m->size == m->old_size && m->hva == m->old_hva)
		return false; /* only its flags: dirty logging */
	if (m->slot >> 16)
		return false; /* of another address space: SMM */
	/* once in KVM_RUN it is not before it any more */
	return f->restore->map_held && !f->restore->map_leaked && !f->restore->run_seen &&
	       f->restore->held_gpa - m->old_gpa < m->old_size;
}

/* A19: an ordinary VMCS was restored, and an eVMCS put in its place. */
static bool wrong_path_native(const struct moment_facts *f)
{
	return on_behalf_of(f, PT_STATE_PAGES) && !f->restore->wants_evmcs &&
	       f->event->ret == EVMPTRLD_SUCCEEDED;
}

/* A20: a refused SET left something of the state behind. */
static bool partial_set(const struct moment_facts *f)
{
	bool pending = has_vmx_state(f) && f->event->evmptr == EVMPTR_MAP_PENDING;

	if (f->event->ret >= 0)
		return false;
	/* the earlier state is gone, this one is there instead */
	if (f->restore->left_by_set && (pending || (f->event->flags & REC_REQ_PAGES)))
		return true;
	if (has_vmx_state(f) && f->event->vmptr != INVALID_GPA &&
	    f->event->vmptr != f->frame->entry.vmptr)
		return true;
	return newly(f, REC_REQ_PAGES) || newly(f, REC_VMXON) || (pending && !was_pending(f));
}

/* A21: KVM writes into the guest's eVMCS what it refused in SET. */
static bool unvalidated_sync(const struct moment_facts *f)
{
	return f->restore->set_ret < 0 && f->event->ret && loaded_inside(f) && knows_sync(f) &&
	       evmptr_is_valid(f->event->evmptr) && sync_is_due(f);
}

/* A22: a restore on top of one that never ran. */
static bool double_set(const struct moment_facts *f)
{
	return !f->event->ret && f->after_pending;
}

/* A23: mapped with L1 active, and what was restored will not be written to it. */
static bool no_sync_after_map(const struct moment_facts *f)
{
	bool failed = f->frame->point == PT_STATE_PAGES && !f->event->ret;
	bool discarded = f->frame->point == PT_NESTED_EXIT && discards(f->frame);

	return f->restore->wants_evmcs && !failed && !discarded && loaded_inside(f) &&
	       knows_sync(f) && !(f->event->flags & REC_L2) && !sync_is_due(f);
}

/* A24: KVM_RUN failed for want of the pages and does not say so. */
static bool exit_reason_unset(const struct moment_facts *f)
{
	/* of another KVM_RUN, which a signal ended: the first one's is not known */
	if (f->event->exit_reason == KVM_EXIT_INTR)
		return false;
	return f->event->exit_reason != EXIT_REASON_UNREAD &&
	       f->event->exit_reason != KVM_EXIT_INTERNAL_ERROR;
}

/* A25: another page than the header of SET names. */
static bool evmptr_mismatch(const struct moment_facts *f)
{
	uint64_t wanted = f->restore->header.evmcs_pa;

	return f->restore->has_evmcs_pa && wanted && wanted != INVALID_GPA && mapped_evmcs(f) &&
	       f->access->gpa != wanted;
}

/* A26: SET waited for a page of guest memory; a busy host is no reason. */
static bool slow_set(const struct moment_facts *f)
{
	return f->slowest && f->slowest->duration_ns > f->slow_set_ns;
}

/*
 * A27: the vCPU ran L2 with neither kind of VMCS behind it. Judged by the last
 * that was seen before it ran: by the time it is known to have run, L1 may have
 * loaded another.
 */
static bool lost_both(const struct moment_facts *f)
{
	const struct vmcs_state *last = &f->restore->last_state;

	return last->known && last->l2 && last->vmptr == INVALID_GPA &&
	       !evmptr_is_valid(last->evmptr) && saw_everything(f);
}

/*
 * A28: vmcs02 is as new as the restore, and what L1 calls clean it never got. KVM
 * clears the clean fields when it maps the eVMCS, in the guest's memory, where an L1
 * that was saved between its VM exit and its own "all clean" sets them again. One
 * whose L2 runs all the same was not believed.
 */
static bool clean_fields_believed(const struct moment_facts *f)
{
	const struct first_entry *e = &f->restore->first_entry;

	return e->status == EVMPTRLD_SUCCEEDED && e->clean_fields & CLEAN_FIELDS_GUEST &&
	       (e->failed || !e->left);
}

static enum severity grade_clean_fields_believed(const struct moment_facts *f)
{
	/* about to die, and nobody saw it */
	return f->restore->first_entry.failed ? SEVERITY_ERROR : SEVERITY_WARNING;
}

/* ---- what they are about ---- */

static const struct access *what_was_waited_for(const struct moment_facts *f)
{
	return f->slowest;
}

/* What was tried in vain inside of what now returned, the last of it. */
static const struct access *what_failed(const struct moment_facts *f)
{
	const struct restore *r = f->restore;
	int i;

	for (i = r->nr_accesses - 1; i >= 0 && r->accesses[i]->seq > f->frame->entry.seq; i--)
		if (r->accesses[i]->done && !r->accesses[i]->touched)
			return r->accesses[i];
	return NULL;
}

/* The last one of that page. */
static const struct access *map_of(const struct restore *r, uint64_t gpa)
{
	int i;

	for (i = r->nr_accesses - 1; i >= 0; i--)
		if (is_evmcs_map(r->accesses[i]) && r->accesses[i]->gpa == gpa)
			return r->accesses[i];
	return NULL;
}

static const struct access *what_is_held(const struct moment_facts *f)
{
	return map_of(f->restore, f->restore->held_gpa);
}

static const struct access *what_leaked(const struct moment_facts *f)
{
	return map_of(f->restore, f->restore->leaked_gpa);
}

#define ANOMALY_RULE_NAME(id, name) name,
static const char *const rule_names[] = { ANOMALY_RULES(ANOMALY_RULE_NAME) };

const char *anomaly_rule_name(enum anomaly_rule rule)
{
	return rule_names[rule];
}

#define SEEN_BY(fn) .seen = (fn)

const struct anomaly_class anomaly_classes[] = {
	{ "A1", "direct-map-in-set", RULE_EARLY_ACCESS, SEVERITY_ERROR, AT_ACCESS | AT_EVMPTR,
	  SEEN_BY(direct_map_in_set),
	  .title = "the enlightened VMCS was mapped inside KVM_SET_NESTED_STATE" },
	{ "A2", "leave-map-in-set", RULE_EARLY_ACCESS, SEVERITY_ERROR, AT_ACCESS | AT_EVMPTR,
	  SEEN_BY(leave_map_in_set),
	  .title = "KVM_SET_NESTED_STATE left an earlier nested state and mapped its eVMCS" },
	{ "A3", "mem-in-set", RULE_EARLY_ACCESS, SEVERITY_ERROR, AT_ACCESS, SEEN_BY(mem_in_set),
	  .graded = grade_mem_in_set,
	  .title = "guest memory was reached inside KVM_SET_NESTED_STATE" },
	{ "A4", "mem-before-run", RULE_EARLY_ACCESS, SEVERITY_ERROR, AT_ACCESS,
	  SEEN_BY(mem_before_run),
	  .title = "guest memory was reached after KVM_SET_NESTED_STATE and before KVM_RUN" },
	{ "A5", "teardown-access", RULE_EARLY_ACCESS, SEVERITY_INFO, AT_ACCESS,
	  SEEN_BY(teardown_access),
	  .title = "guest memory was reached while the vCPU was destroyed" },
	{ "A6", "foreign-mm", RULE_EARLY_ACCESS, SEVERITY_WARNING, AT_ACCESS, SEEN_BY(foreign_mm),
	  .graded = grade_foreign_mm,
	  .title = "guest memory was reached through the memory of another process" },
	{ "A7", "vmptrld-unknown-caller", RULE_WRONG_VMCS, SEVERITY_ERROR, AT_EVMPTR,
	  SEEN_BY(vmptrld_unknown_caller),
	  .title = "the enlightened VMCS was loaded by an unknown caller before KVM_RUN" },
	{ "A8", "pages-fail", RULE_PAGES_FAILED, SEVERITY_WARNING, AT_PAGES, SEEN_BY(pages_fail),
	  .about = what_failed, .title = "KVM_RUN could not get the pages of the nested state" },
	{ "A9", "run-after-fail", RULE_EVMCS_LOST, SEVERITY_ERROR, AT_RAN, SEEN_BY(run_after_fail),
	  .title = "the vCPU ran without the pages that an earlier KVM_RUN could not get" },
	{ "A10", "silent-disabled", RULE_EVMCS_LOST, SEVERITY_ERROR, AT_EVMPTR,
	  SEEN_BY(silent_disabled), .about = what_failed,
	  .title = "KVM_RUN went on without the enlightened VMCS that was restored" },
	{ "A11", "swallowed-exit-fail", RULE_EVMCS_LOST, SEVERITY_ERROR, AT_EVMPTR,
	  SEEN_BY(swallowed_exit_fail), .about = what_failed,
	  .title = "a nested exit was delivered without the enlightened VMCS" },
	{ "A12", "req-dropped", RULE_EVMCS_LOST, SEVERITY_ERROR, AT_EXIT, SEEN_BY(req_dropped),
	  .title = "a nested exit dropped the request to map the enlightened VMCS" },
	{ "A13", "pending-stuck", RULE_EVMCS_LOST, SEVERITY_ERROR, AT_RAN, SEEN_BY(pending_stuck),
	  .title = "the vCPU ran with the enlightened VMCS still to be mapped" },
	{ "A14", "pending-lost", RULE_EVMCS_LOST, SEVERITY_ERROR, AT_RAN, SEEN_BY(pending_lost),
	  .title = "the vCPU ran and its enlightened VMCS was forgotten" },
	{ "A15", "get-flag-lost", RULE_WRONG_STATE, SEVERITY_ERROR, AT_GET, SEEN_BY(get_flag_lost),
	  .title = "KVM_GET_NESTED_STATE does not tell of the enlightened VMCS to be mapped" },
	{ "A16", "shadow-clobber", RULE_WRONG_STATE, SEVERITY_ERROR, AT_SHADOW_COPY,
	  SEEN_BY(shadow_clobber),
	  .title = "the restored vmcs12 was overwritten from an empty shadow VMCS" },
	{ "A17", "evmcs-pin-leak", RULE_LEAK, SEVERITY_WARNING,
	  AT_EVMPTR | AT_SET | AT_RAN | AT_FREED, SEEN_BY(evmcs_pin_leak), .about = what_leaked,
	  .title = "the page of an enlightened VMCS that was not accepted stays pinned" },
	{ "A18", "stale-map", RULE_EARLY_ACCESS, SEVERITY_ERROR, AT_MEMSLOT, SEEN_BY(stale_map),
	  .about = what_is_held,
	  .title = "the memslot of the mapped enlightened VMCS changed before KVM_RUN" },
	{ "A19", "wrong-path-native", RULE_WRONG_VMCS, SEVERITY_ERROR, AT_EVMPTR,
	  SEEN_BY(wrong_path_native),
	  .title = "an ordinary VMCS was restored and replaced by an enlightened one" },
	{ "A20", "partial-set", RULE_WRONG_STATE, SEVERITY_WARNING, AT_SET, SEEN_BY(partial_set),
	  .title = "a refused KVM_SET_NESTED_STATE left a part of the state behind" },
	{ "A21", "unvalidated-sync", RULE_WRONG_STATE, SEVERITY_ERROR, AT_PAGES,
	  SEEN_BY(unvalidated_sync),
	  .title = "a state that KVM_SET_NESTED_STATE refused goes into the guest's VMCS" },
	{ "A22", "double-set", RULE_EARLY_ACCESS, SEVERITY_INFO, AT_SET, SEEN_BY(double_set),
	  .title = "nested state was set twice before the vCPU ran" },
	{ "A23", "no-sync-after-map", RULE_WRONG_STATE, SEVERITY_ERROR, AT_PAGES | AT_EXIT,
	  SEEN_BY(no_sync_after_map),
	  .title = "the enlightened VMCS was mapped and will not get the restored state" },
	{ "A24", "exit-reason-unset", RULE_PAGES_FAILED, SEVERITY_WARNING, AT_AFTER_FAILURE,
	  SEEN_BY(exit_reason_unset), .title = "KVM_RUN failed and did not say so in exit_reason" },
	{ "A25", "evmptr-mismatch", RULE_WRONG_VMCS, SEVERITY_ERROR, AT_ACCESS,
	  SEEN_BY(evmptr_mismatch),
	  .title = "another page was mapped than KVM_SET_NESTED_STATE named" },
	{ "A26", "slow-set", RULE_EARLY_ACCESS, SEVERITY_WARNING, AT_SET | AT_BLOCKED,
	  SEEN_BY(slow_set), .about = what_was_waited_for,
	  .title = "KVM_SET_NESTED_STATE waited for guest memory" },
	{ "A27", "lost-both", RULE_EVMCS_LOST, SEVERITY_ERROR, AT_RAN, SEEN_BY(lost_both),
	  .title = "L2 ran with neither an enlightened nor an ordinary VMCS behind it" },
	{ "A28", "clean-fields-believed", RULE_WRONG_STATE, SEVERITY_ERROR, AT_FIRST_ENTRY,
	  SEEN_BY(clean_fields_believed), .graded = grade_clean_fields_believed,
	  .title = "KVM takes fields of the restored eVMCS for loaded, which the new vmcs02 "
		   "never got" },
};

const int anomaly_nr_classes = sizeof(anomaly_classes) / sizeof(anomaly_classes[0]);
