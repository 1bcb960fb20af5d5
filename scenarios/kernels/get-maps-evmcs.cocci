// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// get-maps-evmcs: KVM_GET_NESTED_STATE, asked while the map is still to be
// made, makes it first, to answer from the eVMCS itself. No kernel did that:
// it stands for every new caller of the eVMCS load that forgets that before
// KVM_RUN neither guest memory nor the VP assist page need be there.
//
// Files: arch/x86/kvm/vmx/nested.c

@get@
identifier vmx, vcpu;
@@
vmx_get_nested_state(struct kvm_vcpu *vcpu, ...)
{
	...
	vmx = to_vmx(vcpu);
+	if (vmx->nested.hv_evmcs_vmptr == EVMPTR_MAP_PENDING)
+		(void)nested_vmx_handle_enlightened_vmptrld(vcpu, false);
	...
}
