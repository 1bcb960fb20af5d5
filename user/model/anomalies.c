/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/kvm.h>

#include "model/anomalies.h"
#include "model/names.h"

/* ---- words that the definitions are made of ---- */

static bool mapped_evmcs(const struct moment_facts *f)
{
	if (f->access)
		return f->access->touched && f->access->purpose == PURPOSE_EVMCS;
	return f->event->ret == EVMPTRLD_SUCCEEDED;
}

/* Did the call that now returned reach guest memory at all? */
static bool touched_inside(const struct moment_facts *f)
{
	int i;

	for (i = 0; i < f->restore->nr_accesses; i++)
		if (f->restore->accesses[i]->seq > f->frame->entry.seq &&
		    f->restore->accesses[i]->touched)
			return true;
	return false;
}

static bool in_set(const struct moment_facts *f)
{
	return task_inside(f->task, PT_SET_STATE);
}

/* Nested mode is being thrown away, not left by an exit that L1 will see. */
static bool being_discarded(const struct moment_facts *f)
{
	const struct frame *exit = task_innermost(f->task, PT_NESTED_EXIT);

	return !exit || exit->entry.exit.reason == NESTED_EXIT_FORCED;
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

static bool was_pending(const struct moment_facts *f)
{
	return f->frame->entry.evmptr == EVMPTR_MAP_PENDING;
}

static bool has_vmx_state(const struct moment_facts *f)
{
	return f->event->flags & REC_VMX_STATE;
}

/*
 * Ioctls that reach guest memory because userspace asked for that very thing:
 * MSRs with a page behind them (VP assist, hypercall page, clocks), PDPTRs of
 * SREGS, translations. Not the restore's doing.
 */
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

/* ---- the classes ---- */

/* A1: the eVMCS loaded in SET, with no nested exit in between. */
static bool direct_map_in_set(const struct moment_facts *f)
{
	if (!on_behalf_of(f, PT_SET_STATE))
		return false;
	return f->access ? mapped_evmcs(f) : true;
}

/* A2: SET leaves the nested mode of an earlier restore, which maps its eVMCS. */
static bool leave_map_in_set(const struct moment_facts *f)
{
	return in_set(f) && on_behalf_of(f, PT_NESTED_EXIT) &&
	       (mapped_evmcs(f) || (!f->access && touched_inside(f)));
}

/* A3: any other access inside SET. */
static bool mem_in_set(const struct moment_facts *f)
{
	return in_set(f) && f->access->touched && f->access->purpose != PURPOSE_EVMCS &&
	       !task_inside_evmptr(f->task);
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

/* A7: the eVMCS loaded by something that the path does not know. */
static bool vmptrld_unknown_caller(const struct moment_facts *f)
{
	enum evmcs_point behalf = task_behalf(f->task);

	if (!saw_everything(f))
		return false;
	/* the vCPU has not run, so it cannot be a VMLAUNCH of L1 */
	return behalf == PT_COUNT || behalf == PT_GET_STATE || behalf == PT_FREE_VCPU;
}

/* A8: KVM_RUN could not get the pages of the nested state. */
static bool pages_fail(const struct moment_facts *f)
{
	return !f->event->ret;
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

/* A13: it has run, and the map is still to be made. */
static bool pending_stuck(const struct moment_facts *f)
{
	return has_vmx_state(f) && f->restore->wants_evmcs &&
	       f->event->evmptr == EVMPTR_MAP_PENDING;
}

/*
 * A14: it has run, and the map was not made and is not to be made. What evmptr
 * is by now says nothing: L1 may have loaded another one since.
 */
static bool pending_lost(const struct moment_facts *f)
{
	return has_vmx_state(f) && f->restore->wants_evmcs && !f->restore->mapped &&
	       saw_everything(f) && f->event->evmptr != EVMPTR_MAP_PENDING;
}

/* A20: a refused SET left something of the state behind. */
static bool partial_set(const struct moment_facts *f)
{
	return f->event->ret < 0 && !f->after_pending &&
	       ((f->event->flags & REC_REQ_PAGES) ||
		(has_vmx_state(f) && f->event->evmptr == EVMPTR_MAP_PENDING));
}

/* A22: a restore on top of one that never ran. */
static bool double_set(const struct moment_facts *f)
{
	return !f->event->ret && f->after_pending;
}

/* A25: another page than the header of SET names. */
static bool evmptr_mismatch(const struct moment_facts *f)
{
	uint64_t wanted = f->restore->header.evmcs_pa;

	return f->restore->has_evmcs_pa && wanted && wanted != INVALID_GPA && mapped_evmcs(f) &&
	       f->access->gpa != wanted;
}

#define SEEN_BY(fn) .seen = (fn)

const struct anomaly_class anomaly_classes[] = {
	{ "A1", "direct-map-in-set", SEVERITY_ERROR, AT_ACCESS | AT_EVMPTR,
	  SEEN_BY(direct_map_in_set),
	  .title = "the enlightened VMCS was mapped inside KVM_SET_NESTED_STATE" },
	{ "A2", "leave-map-in-set", SEVERITY_ERROR, AT_ACCESS | AT_EVMPTR,
	  SEEN_BY(leave_map_in_set),
	  .title = "KVM_SET_NESTED_STATE left an earlier nested state and mapped its eVMCS" },
	{ "A3", "mem-in-set", SEVERITY_ERROR, AT_ACCESS, SEEN_BY(mem_in_set),
	  .graded = grade_mem_in_set,
	  .title = "guest memory was reached inside KVM_SET_NESTED_STATE" },
	{ "A4", "mem-before-run", SEVERITY_ERROR, AT_ACCESS, SEEN_BY(mem_before_run),
	  .title = "guest memory was reached after KVM_SET_NESTED_STATE and before KVM_RUN" },
	{ "A5", "teardown-access", SEVERITY_INFO, AT_ACCESS, SEEN_BY(teardown_access),
	  .title = "guest memory was reached while the vCPU was destroyed" },
	{ "A7", "vmptrld-unknown-caller", SEVERITY_ERROR, AT_EVMPTR,
	  SEEN_BY(vmptrld_unknown_caller),
	  .title = "the enlightened VMCS was loaded by an unknown caller before KVM_RUN" },
	{ "A8", "pages-fail", SEVERITY_WARNING, AT_PAGES, SEEN_BY(pages_fail),
	  .title = "KVM_RUN could not get the pages of the nested state" },
	{ "A10", "silent-disabled", SEVERITY_ERROR, AT_EVMPTR, SEEN_BY(silent_disabled),
	  .title = "KVM_RUN went on without the enlightened VMCS that was restored" },
	{ "A11", "swallowed-exit-fail", SEVERITY_ERROR, AT_EVMPTR, SEEN_BY(swallowed_exit_fail),
	  .title = "a nested exit was delivered without the enlightened VMCS" },
	{ "A13", "pending-stuck", SEVERITY_ERROR, AT_RAN, SEEN_BY(pending_stuck),
	  .title = "the vCPU ran with the enlightened VMCS still to be mapped" },
	{ "A14", "pending-lost", SEVERITY_ERROR, AT_RAN, SEEN_BY(pending_lost),
	  .title = "the vCPU ran and its enlightened VMCS was forgotten" },
	{ "A20", "partial-set", SEVERITY_WARNING, AT_SET, SEEN_BY(partial_set),
	  .title = "a refused KVM_SET_NESTED_STATE left a part of the state behind" },
	{ "A22", "double-set", SEVERITY_INFO, AT_SET, SEEN_BY(double_set),
	  .title = "nested state was set twice before the vCPU ran" },
	{ "A25", "evmptr-mismatch", SEVERITY_ERROR, AT_ACCESS, SEEN_BY(evmptr_mismatch),
	  .title = "another page was mapped than KVM_SET_NESTED_STATE named" },
};

const int anomaly_nr_classes = sizeof(anomaly_classes) / sizeof(anomaly_classes[0]);
