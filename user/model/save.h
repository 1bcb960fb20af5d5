/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The other end of a restore: what KVM_GET_NESTED_STATE handed out. */
#ifndef SAVE_H
#define SAVE_H

#include "model/event.h"

/*
 * Does KVM still owe L1 an exit of L2? It does until it writes vmcs12 to the eVMCS, on its way
 * back into the guest (vmx->nested.need_vmcs12_to_shadow_sync): L1 has not executed since. Once
 * it has written, L1 may have executed or not: the entry can still be given up.
 */
enum exit_owed {
	OWED_UNKNOWN, /* also where there is nothing to owe: L2 is active, or no eVMCS held */
	OWED_NO,
	OWED_YES,
};

struct save {
	uint64_t id; /* from 1, in the order in which they ended */
	uint64_t seq; /* of the exit event */
	uint32_t vm;
	int32_t vcpu;
	uint32_t pid;
	uint32_t tid;
	const char *vm_name; /* NULL: not named */
	const char *comm; /* of the VMM */

	bool known; /* header was read; else only that VMX was on */
	struct record_nested header;
	bool has_evmcs_pa;
	bool off; /* VMX was: there is nothing nested in it */
	bool l2; /* L2 was active */
	bool has_evmptr;
	uint64_t evmptr; /* what KVM held as the vCPU's eVMCS */
	enum exit_owed exit_owed;

	uint64_t t_ns;
	bool has_duration; /* else its entry was not seen, and t_ns is its end */
	uint64_t duration_ns;

	uint64_t of_restore; /* the vCPU has not run since that restore; 0: it has */
	bool repeats; /* tells what the vCPU's save before it told */
};

/*
 * Of the exit of a get-state and its entry, which may be NULL. False where it
 * failed, or it is not known whether VMX was on.
 */
bool save_of_event(struct save *save, const struct event *entry, const struct event *exit);

bool save_tells_same(const struct save *a, const struct save *b);

#endif
