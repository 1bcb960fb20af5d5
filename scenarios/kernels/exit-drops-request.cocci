// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// exit-drops-request: an exit from L2 to L1 cancels the request to get the
// pages of the nested state, and the eVMCS is never mapped. That is what
// f2c7ef3ba955 did (5.11, 5.10.13), until f5c7e8425f18 mapped it there
// (5.13, 5.12.5, 5.11.22, 5.10.38): CVE-2021-46978.
//
// Files: arch/x86/kvm/vmx/nested.c

@exit@
identifier vcpu;
@@
nested_vmx_vmexit(struct kvm_vcpu *vcpu, ...)
{
	...
-	if (kvm_check_request(KVM_REQ_GET_NESTED_STATE_PAGES, vcpu)) {
-		(void)nested_get_evmcs_page(vcpu);
-	}
+	kvm_clear_request(KVM_REQ_GET_NESTED_STATE_PAGES, vcpu);
	...
}
