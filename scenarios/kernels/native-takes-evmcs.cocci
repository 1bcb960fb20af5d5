// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// native-takes-evmcs: getting the pages of the nested state maps an eVMCS
// whenever none is mapped, whatever was restored. A native state then loses
// its VMCS to the eVMCS that the VP assist page happens to name. So it was
// before 278499686b18 (5.14), which introduced the pending map.
//
// Files: arch/x86/kvm/vmx/nested.c

@pages@
identifier vcpu, vmx;
@@
nested_get_evmcs_page(struct kvm_vcpu *vcpu)
{
	<...
	guest_cpuid_has_evmcs(vcpu) &&
-	vmx->nested.hv_evmcs_vmptr == EVMPTR_MAP_PENDING
+	!evmptr_is_valid(vmx->nested.hv_evmcs_vmptr)
	...>
}
