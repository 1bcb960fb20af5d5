// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// outline-evmcs-page: nested_get_evmcs_page() stays a function of its own.
// Distributions' compilers put it into both of its callers, where no probe finds
// it by name; here it can be attached to, and what it does is as in stock.
//
// Files: arch/x86/kvm/vmx/nested.c

@outline@
typedef bool;
attribute name noinline;
identifier vcpu;
@@
-static bool nested_get_evmcs_page(struct kvm_vcpu *vcpu)
+static bool noinline nested_get_evmcs_page(struct kvm_vcpu *vcpu)
{
	...
}
