// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// serves-in-set: KVM_SET_NESTED_STATE makes the request for the eVMCS, and
// serves it at once when L1 is active. No released kernel did that: it stands
// for a fix that brings the map back into SET by another way than the proposal.
//
// Files: arch/x86/kvm/vmx/nested.c

@@
identifier kvm_state;
@@
vmx_set_nested_state(...)
{
	<...
	if (!(kvm_state->flags & KVM_STATE_NESTED_GUEST_MODE))
-		return 0;
+		return vmx_get_nested_state_pages(vcpu) ? 0 : -EINVAL;
	...>
}
