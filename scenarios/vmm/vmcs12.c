// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Fields of KVM's vmcs12 by name. */
#include <errno.h>
#include <string.h>

#include "vmcs12.h"
#include "vmm.h"

static const struct vmcs12_field fields[] = {
	{ "revision_id", 0, 4 },
	{ "launch_state", 8, 4 },
	{ "msr_bitmap", 56, 8 },
	{ "vm_exit_msr_store_addr", 64, 8 },
	{ "vm_exit_msr_load_addr", 72, 8 },
	{ "vm_entry_msr_load_addr", 80, 8 },
	{ "virtual_apic_page_addr", 96, 8 },
	{ "apic_access_addr", 104, 8 },
	{ "posted_intr_desc_addr", 112, 8 },
	{ "ept_pointer", 120, 8 },
	{ "vmcs_link_pointer", 176, 8 },
	{ "guest_ia32_pat", 192, 8 },
	{ "guest_ia32_efer", 200, 8 },
	{ "host_ia32_pat", 256, 8 },
	{ "host_ia32_efer", 264, 8 },
	{ "guest_cr0", 424, 8 },
	{ "guest_cr3", 432, 8 },
	{ "guest_cr4", 440, 8 },
	{ "guest_rsp", 536, 8 },
	{ "guest_rip", 544, 8 },
	{ "guest_rflags", 552, 8 },
	{ "host_cr0", 584, 8 },
	{ "host_cr3", 592, 8 },
	{ "host_cr4", 600, 8 },
	{ "host_rsp", 664, 8 },
	{ "host_rip", 672, 8 },
	{ "pin_based_vm_exec_control", 744, 4 },
	{ "cpu_based_vm_exec_control", 748, 4 },
	{ "vm_exit_controls", 768, 4 },
	{ "vm_exit_msr_store_count", 772, 4 },
	{ "vm_exit_msr_load_count", 776, 4 },
	{ "vm_entry_controls", 780, 4 },
	{ "vm_entry_msr_load_count", 784, 4 },
	{ "secondary_vm_exec_control", 804, 4 },
	{ "guest_cs_ar_bytes", 884, 4 },
	{ "guest_activity_state", 916, 4 },
	{ "host_cs_selector", 984, 2 },
};

const struct vmcs12_field *vmcs12_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

static int check_room(const struct kvm_nested_state *nested, const struct vmcs12_field *field)
{
	if (nested && nested->size >= sizeof(*nested) + field->offset + field->size)
		return 0;
	return vmm_error(-EINVAL, "the saved nested state has no vmcs12 with a %s", field->name);
}

int vmcs12_read(const struct kvm_nested_state *nested, const struct vmcs12_field *field,
		uint64_t *value)
{
	int ret = check_room(nested, field);

	*value = 0;
	if (ret == 0)
		memcpy(value, (const char *)(nested + 1) + field->offset, field->size);
	return ret;
}

int vmcs12_write(struct kvm_nested_state *nested, const struct vmcs12_field *field, uint64_t value)
{
	int ret = check_room(nested, field);

	if (ret == 0)
		memcpy((char *)(nested + 1) + field->offset, &value, field->size);
	return ret;
}
