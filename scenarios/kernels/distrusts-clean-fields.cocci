// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// distrusts-clean-fields: the remedy for what A28 names. When KVM maps an eVMCS
// it clears the clean fields in the guest's memory, which an L1 that was saved
// between its VM exit and its own "all clean" sets again. Here the vCPU remembers
// that the next entry has to load everything, whatever the guest says. No
// kernel does that yet.
//
// Files: arch/x86/kvm/vmx/nested.c arch/x86/kvm/vmx/vmx.h

@remembered@
@@
struct nested_vmx {
	...
	bool force_msr_bitmap_recalc;
+	bool clean_fields_distrusted;
	...
};

@believed@
identifier vmx, from_launch, changed;
@@
nested_vmx_handle_enlightened_vmptrld(..., bool from_launch)
{
	<...
-	if (from_launch || changed) {
+	if (from_launch || changed || vmx->nested.clean_fields_distrusted) {
		vmx->nested.hv_evmcs->hv_clean_fields &= ...;
		...
	}
+	/* until L1 has entered once, which is never a change of the eVMCS here */
+	vmx->nested.clean_fields_distrusted = changed;
	...>
}
