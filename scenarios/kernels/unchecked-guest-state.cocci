// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// unchecked-guest-state: KVM does not look at the state that it has loaded for L2
// before L2 is entered, as it does not where L2 is an unrestricted guest, which the
// driver's is not: the VM entry itself finds that it is not valid, and that comes to
// L1 as a VM exit.
//
// Files: arch/x86/kvm/vmx/vmx.h

@valid@
expression vcpu;
@@
vmx_guest_state_valid(...)
{
-	return is_unrestricted_guest(vcpu) || __vmx_guest_state_valid(vcpu);
+	return enable_unrestricted_guest || __vmx_guest_state_valid(vcpu);
}
