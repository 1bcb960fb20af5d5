// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// direct-map: the proposal of May 2021, "KVM: nVMX: Map enlightened VMCS upon
// restore when possible", carried to 6.1: the eVMCS is mapped inside
// KVM_SET_NESTED_STATE when the state that is restored says where it is. That
// it reads guest memory there is what was wrong with it. As proposed: a state
// that says -1 is neither mapped nor left to the deferred path.
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

// The half that maps, told where, becomes a function of its own; the other
// half still learns it from the VP assist page.
@split@
typedef u64;
attribute name noinline;
identifier vcpu, from_launch;
statement S;
@@
-static enum nested_evmptrld_status nested_vmx_handle_enlightened_vmptrld(struct kvm_vcpu *vcpu, bool from_launch)
+static enum nested_evmptrld_status noinline __nested_vmx_handle_enlightened_vmptrld(struct kvm_vcpu *vcpu, u64 evmcs_gpa, bool from_launch)
{
	...
-	u64 evmcs_gpa;
-	if (likely(!guest_cpuid_has_evmcs(vcpu)))
-		return EVMPTRLD_DISABLED;
-	if (!nested_enlightened_vmentry(vcpu, &evmcs_gpa)) S
	...
}
+
+static enum nested_evmptrld_status nested_vmx_handle_enlightened_vmptrld(struct kvm_vcpu *vcpu, bool from_launch)
+{
+	u64 evmcs_gpa;
+
+	if (likely(!guest_cpuid_has_evmcs(vcpu)))
+		return EVMPTRLD_DISABLED;
+
+	if (!nested_enlightened_vmentry(vcpu, &evmcs_gpa)) {
+		nested_release_evmcs(vcpu);
+		return EVMPTRLD_DISABLED;
+	}
+
+	return __nested_vmx_handle_enlightened_vmptrld(vcpu, evmcs_gpa, from_launch);
+}

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
+		/* Not mapped yet: 0 leaves it to the deferred path again. */
+		state.hdr.vmx.evmcs_pa = evmptr_is_valid(vmx->nested.hv_evmcs_vmptr) ?
+			vmx->nested.hv_evmcs_vmptr : 0;
+	}
	...>
}

@set@
identifier vcpu, vmx, state;
@@
vmx_set_nested_state(struct kvm_vcpu *vcpu, ..., struct kvm_nested_state *state)
{
	<...
-	vmx->nested.hv_evmcs_vmptr = EVMPTR_MAP_PENDING;
-	kvm_make_request(KVM_REQ_GET_NESTED_STATE_PAGES, vcpu);
+	u64 evmcs_gpa = state->hdr.vmx.evmcs_pa;
+
+	if (evmcs_gpa && evmcs_gpa != -1ull) {
+		if (__nested_vmx_handle_enlightened_vmptrld(vcpu, evmcs_gpa, false) != EVMPTRLD_SUCCEEDED)
+			return -EINVAL;
+		vmx->nested.need_vmcs12_to_shadow_sync = true;
+	} else if (!evmcs_gpa) {
+		/* A state from a kernel that knows nothing of evmcs_pa. */
+		vmx->nested.hv_evmcs_vmptr = EVMPTR_MAP_PENDING;
+		kvm_make_request(KVM_REQ_GET_NESTED_STATE_PAGES, vcpu);
+	}
	...>
}
