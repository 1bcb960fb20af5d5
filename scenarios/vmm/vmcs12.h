/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* KVM's vmcs12 inside a saved nested state: its layout is part of KVM's interface. */
#ifndef VMCS12_H
#define VMCS12_H

#include <linux/kvm.h>
#include <stdint.h>

struct vmcs12_field {
	const char *name; /* as in KVM */
	uint16_t offset;
	uint16_t size;
};

/* NULL: no such field. */
const struct vmcs12_field *vmcs12_find(const char *name);
/* -EINVAL after a message when the state has no vmcs12. */
int vmcs12_read(const struct kvm_nested_state *nested, const struct vmcs12_field *field,
		uint64_t *value);
int vmcs12_write(struct kvm_nested_state *nested, const struct vmcs12_field *field, uint64_t value);

#endif /* VMCS12_H */
