/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "model/save.h"

/* Neither, where nothing could be read: nothing is guessed. */
static bool is_vmx_known(const struct event *exit)
{
	return exit->nested.size || exit->flags & REC_NESTED_FLAGS;
}

static bool vmx_was_on(const struct event *exit)
{
	if (exit->nested.size)
		return exit->nested.vmxon_pa != INVALID_GPA;
	return exit->flags & REC_VMXON;
}

/* vmx_prepare_switch_to_guest() pays, before it is known whether the entry will be made. */
static enum exit_owed is_exit_owed(const struct save *save, const struct event *exit)
{
	if (save->l2 || !save->has_evmptr || !evmptr_is_valid(save->evmptr) ||
	    !(exit->flags & REC_NESTED_FLAGS))
		return OWED_UNKNOWN;
	return exit->flags & REC_SYNC_DUE ? OWED_YES : OWED_NO;
}

bool save_of_event(struct save *save, const struct event *entry, const struct event *exit)
{
	if (exit->ret < 0 || !is_vmx_known(exit))
		return false;
	memset(save, 0, sizeof(*save));
	save->seq = exit->seq;
	save->vm = exit->vm;
	save->vcpu = exit->vcpu;
	save->pid = exit->pid;
	save->tid = exit->tid;
	save->off = !vmx_was_on(exit);
	save->known = exit->nested.size;
	if (save->known)
		save->header = exit->nested;
	save->has_evmcs_pa = save->known && exit->flags & REC_HAS_EVMCS_PA;
	save->has_evmptr = exit->flags & REC_VMX_STATE;
	save->evmptr = exit->evmptr;
	save->l2 = save->known ? exit->nested.flags & NESTED_GUEST_MODE
			       : save->has_evmptr && exit->flags & REC_L2;
	save->exit_owed = is_exit_owed(save, exit);
	save->t_ns = entry ? entry->t_ns : exit->t_ns;
	save->has_duration = entry;
	/* the clocks of two CPUs may disagree a little */
	if (exit->t_ns > save->t_ns)
		save->duration_ns = exit->t_ns - save->t_ns;
	return true;
}

bool save_tells_same(const struct save *a, const struct save *b)
{
	return a->known == b->known && a->header.flags == b->header.flags &&
	       a->header.format == b->header.format && a->header.size == b->header.size &&
	       a->header.vmxon_pa == b->header.vmxon_pa &&
	       a->header.vmcs12_pa == b->header.vmcs12_pa &&
	       a->header.evmcs_pa == b->header.evmcs_pa &&
	       a->header.smm_flags == b->header.smm_flags &&
	       a->header.hdr_flags == b->header.hdr_flags && a->l2 == b->l2 &&
	       a->has_evmptr == b->has_evmptr && a->evmptr == b->evmptr &&
	       a->exit_owed == b->exit_owed;
}
