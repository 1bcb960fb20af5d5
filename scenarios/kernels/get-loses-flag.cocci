// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// get-loses-flag: KVM_GET_NESTED_STATE says KVM_STATE_NESTED_EVMCS only when
// the eVMCS is mapped, so a state that is saved again before the guest ran
// has lost it and cannot be restored. So it was before 278499686b18 (5.14).
//
// Files: arch/x86/kvm/vmx/nested.c

@get@
identifier vmx, state;
@@
vmx_get_nested_state(...)
{
	<...
-	if (vmx->nested.hv_evmcs_vmptr != EVMPTR_INVALID)
+	if (evmptr_is_valid(vmx->nested.hv_evmcs_vmptr))
		state.flags |= KVM_STATE_NESTED_EVMCS;
	...>
}
