// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// no-shadow-sync: the eVMCS is mapped after a restore, but what was restored
// is not written to it, so L1 sees the exit before the last. So it was before
// 8629b625e015 (5.14): need_vmcs12_to_shadow_sync is not part of the state.
//
// Files: arch/x86/kvm/vmx/nested.c

@pages@
identifier vmx;
@@
nested_get_evmcs_page(...)
{
	<...
-	vmx->nested.need_vmcs12_to_shadow_sync = true;
	...>
}
