// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Loads the guest image and translates its report. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest_host.h"

#define PTE_PRESENT_RW 0x3ull
#define PDE_LARGE 0x80ull
#define LARGE_PAGE 0x200000ull

#define GDT_CODE64 0x00af9b000000ffffull
#define GDT_DATA 0x00cf93000000ffffull

extern const char guest_image[], guest_image_end[];

/*
 * The first GiB onto itself, in 2 MiB pages; L1 and L2 share it. Accessed and dirty bits are KVM's
 * to set.
 */
static void write_page_tables(struct vm *vm)
{
	uint64_t *pml4 = vm_memory(vm, GUEST_PML4_GPA, 4096);
	uint64_t *pdpt = vm_memory(vm, GUEST_PDPT_GPA, 4096);
	uint64_t *pd = vm_memory(vm, GUEST_PD_GPA, 4096);
	unsigned int i;

	pml4[0] = GUEST_PDPT_GPA | PTE_PRESENT_RW;
	pdpt[0] = GUEST_PD_GPA | PTE_PRESENT_RW;
	for (i = 0; i < 512; i++)
		pd[i] = i * LARGE_PAGE | PDE_LARGE | PTE_PRESENT_RW;
}

/* The one id that KVM's VMPTRLD and KVM_SET_NESTED_STATE know: VMCS12_REVISION. */
#define KVM_VMCS12_REVISION 0x11e57ed0u
#define MSR_KERNEL_GS_BASE 0xc0000102u /* no part of the guest uses it */

static void write_spare(struct vm *vm, unsigned int vcpu)
{
	struct guest_spare *spare = vm_memory(vm, guest_area_gpa(vcpu) + AREA_SPARE, 4096);

	*spare = (struct guest_spare){
		.vmcs12_revision = KVM_VMCS12_REVISION,
		.bad_pdpt = { ~0ull, ~0ull, ~0ull, ~0ull },
		.msr_list = { { .msr = MSR_KERNEL_GS_BASE } },
	};
}

int guest_load(struct vm *vm, unsigned int nr_vcpus)
{
	size_t image_size = guest_image_end - guest_image;
	unsigned int i;
	uint64_t *gdt;
	int ret;

	ret = vm_add_memory(vm, 0, GUEST_LOW_SIZE);
	if (ret == 0)
		ret = vm_add_memory(vm, GUEST_AREA_GPA, (uint64_t)nr_vcpus * GUEST_AREA_SIZE);
	if (ret)
		return ret;
	write_page_tables(vm);
	gdt = vm_memory(vm, GUEST_GDT_GPA, GUEST_GDT_LIMIT + 1);
	gdt[SEL_CODE / 8] = GDT_CODE64;
	gdt[SEL_DATA / 8] = GDT_DATA;
	memcpy(vm_memory(vm, GUEST_CODE_GPA, image_size), guest_image, image_size);
	for (i = 0; i < nr_vcpus; i++)
		write_spare(vm, i);
	return 0;
}

struct guest_area *guest_area(const struct vm *vm, unsigned int vcpu)
{
	return vm_memory(vm, guest_area_gpa(vcpu), GUEST_AREA_SIZE);
}

int guest_enter(struct vcpu *vcpu)
{
	uint64_t area = guest_area_gpa(vcpu->id);
	const struct vcpu_entry entry = {
		.rip = GUEST_CODE_GPA,
		.rsp = area + AREA_L1_STACK_TOP,
		.rdi = area,
		.cr3 = GUEST_PML4_GPA,
		.gs_base = area,
		.gdt_base = GUEST_GDT_GPA,
		.gdt_limit = GUEST_GDT_LIMIT,
		.tss_base = area + AREA_TSS,
		.code_selector = SEL_CODE,
		.data_selector = SEL_DATA,
		.tss_selector = SEL_TSS,
	};

	guest_area(vcpu->vm, vcpu->id)->self = area;
	return vcpu_enter_long_mode(vcpu, &entry);
}

static const char *failure_name(uint32_t fail)
{
	static const char *const names[] = {
		[FAIL_NONE] = "nothing",
		[FAIL_EXCEPTION] = "exception (want: vector, got: RIP)",
		[FAIL_L2_REGS] = "L2 registers changed (want: count, got: mask)",
		[FAIL_L2_SPIN] = "L2 computed wrongly",
		[FAIL_L1_REGS] = "L2 register as L1 sees it",
		[FAIL_COUNT] = "L2 counter out of sequence",
		[FAIL_VMX_SETUP] = "VMX setup",
		[FAIL_VMENTRY] = "VM entry failed (got: VM-instruction error)",
		[FAIL_EXIT_REASON] = "unexpected VM exit reason",
		[FAIL_FIELD] = "VMCS field",
		[FAIL_SNAPSHOT] = "the VMCS changed while L1 was active",
		[FAIL_MSR] = "MSR",
		[FAIL_FORCED] = "particulars of the forced exit",
	};

	if (fail >= sizeof(names) / sizeof(names[0]) || !names[fail])
		return "unknown failure";
	return names[fail];
}

void guest_describe_failure(const struct guest_report *report, char *text, size_t size)
{
	snprintf(text, size,
		 "%s: where 0x%x, want 0x%llx, got 0x%llx, L2 count %llu, L1 count %llu",
		 failure_name(report->fail), report->where, (unsigned long long)report->want,
		 (unsigned long long)report->got, (unsigned long long)report->l2_count,
		 (unsigned long long)report->l1_count);
}
