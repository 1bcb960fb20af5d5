// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// evmcs-pa-ignored: the state says where the eVMCS is (the field that the
// proposal of May 2021 added, see direct-map), KVM_SET_NESTED_STATE takes it,
// and the restore maps what the VP assist page names all the same. No kernel
// did that: it stands for a half of such a change, with the deferred path
// as it is.
//
// Files: arch/x86/include/uapi/asm/kvm.h arch/x86/kvm/vmx/nested.c

@header@
typedef __u64;
@@
struct kvm_vmx_nested_state_hdr {
	...
	__u64 preemption_timer_deadline;
+	__u64 evmcs_pa;
};

@get@
identifier vmx, state;
@@
vmx_get_nested_state(...)
{
	...
	struct kvm_nested_state state = {
		...,
		.hdr.vmx.preemption_timer_deadline = 0,
+		.hdr.vmx.evmcs_pa = -1ull,
	};
	<...
-	if (vmx->nested.hv_evmcs_vmptr != EVMPTR_INVALID)
-		state.flags |= KVM_STATE_NESTED_EVMCS;
+	if (vmx->nested.hv_evmcs_vmptr != EVMPTR_INVALID) {
+		state.flags |= KVM_STATE_NESTED_EVMCS;
+		/* Not mapped yet: nobody knows it. */
+		state.hdr.vmx.evmcs_pa = evmptr_is_valid(vmx->nested.hv_evmcs_vmptr) ?
+			vmx->nested.hv_evmcs_vmptr : 0;
+	}
	...>
}
