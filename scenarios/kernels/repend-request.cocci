// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// repend-request: 10180a277549 "KVM: x86: Re-pend GET_NESTED_STATE_PAGES if
// getting said pages fails" (7.2.10, 6.18.56), carried to 6.1: the next
// KVM_RUN tries again. For an eVMCS it cannot: the failed attempt has
// forgotten that one was to be mapped, and the second finds nothing to do.
//
// Files: arch/x86/kvm/x86.c

@enter@
identifier vcpu, r;
@@
vcpu_enter_guest(struct kvm_vcpu *vcpu)
{
	<...
	if (unlikely(!kvm_x86_ops.nested_ops->get_nested_state_pages(vcpu))) {
+		/* Still to be done when userspace runs the vCPU again. */
+		kvm_make_request(KVM_REQ_GET_NESTED_STATE_PAGES, vcpu);
		r = 0;
		goto out;
	}
	...>
}
