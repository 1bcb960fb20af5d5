// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * L1 before its first VM entry: IDT, Hyper-V enlightenments, VMXON, and a VMCS for an L2 that
 * shares L1's page tables.
 */
#include "guest.h"

struct idt_gate {
	uint16_t offset0;
	uint16_t selector;
	uint16_t type;
	uint16_t offset1;
	uint32_t offset2;
	uint32_t reserved;
};

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

void l1_load_idt(struct guest_area *area)
{
	struct idt_gate *idt = area_page(area, AREA_IDT);
	struct table_register idtr = { 32 * sizeof(*idt) - 1, area_gpa(area, AREA_IDT) };
	uint64_t stub = (uint64_t)exception_stubs;
	unsigned int i;

	for (i = 0; i < 32; i++, stub += 16)
		idt[i] = (struct idt_gate){ stub, SEL_CODE, 0x8e00, stub >> 16, stub >> 32, 0 };
	__asm__ volatile("lidt %0" : : "m"(idtr));
}

static void enable_vmx(struct guest_area *area)
{
	uint64_t cr0, cr4, feat_ctl = rdmsr(MSR_FEAT_CTL);
	uint32_t *region = area_page(area, AREA_VMXON);
	uint64_t region_gpa = area_gpa(area, AREA_VMXON);
	uint8_t failed;

	if (!(feat_ctl & FEAT_CTL_LOCKED))
		wrmsr(MSR_FEAT_CTL, feat_ctl | FEAT_CTL_LOCKED | FEAT_CTL_VMXON);
	READ_CR(0, cr0);
	READ_CR(4, cr4);
	WRITE_CR(0, (cr0 | rdmsr(MSR_VMX_CR0_FIXED0)) & rdmsr(MSR_VMX_CR0_FIXED1));
	WRITE_CR(4, (cr4 | rdmsr(MSR_VMX_CR4_FIXED0)) & rdmsr(MSR_VMX_CR4_FIXED1));

	*region = rdmsr(MSR_VMX_BASIC);
	__asm__ volatile("vmxon %1; setna %0" : "=qm"(failed) : "m"(region_gpa) : "cc", "memory");
	if (failed)
		guest_fail(area, FAIL_VMX_SETUP, MSR_FEAT_CTL, 0, region_gpa);
	area->report.vmxon_gpa = region_gpa;
}

static void load_evmcs(struct guest_area *area)
{
	struct vp_assist_page *assist = area_page(area, AREA_VP_ASSIST);
	struct evmcs *evmcs = area_page(area, AREA_EVMCS);

	wrmsr(MSR_HV_GUEST_OS_ID, HV_GUEST_OS_ID);
	wrmsr(MSR_HV_HYPERCALL, GUEST_HYPERCALL_GPA | HV_MSR_ENABLE);
	wrmsr(MSR_HV_VP_ASSIST, area_gpa(area, AREA_VP_ASSIST) | HV_MSR_ENABLE);
	evmcs->version = EVMCS_VERSION;
	assist->current_nested_vmcs = area_gpa(area, AREA_EVMCS);
	assist->enlighten_vmentry = 1;
	area->report.vmcs_gpa = area_gpa(area, AREA_EVMCS);
	area->report.vp_assist_gpa = area_gpa(area, AREA_VP_ASSIST);
}

static void load_vmcs(struct guest_area *area)
{
	uint32_t *vmcs = area_page(area, AREA_VMCS);
	uint64_t gpa = area_gpa(area, AREA_VMCS);
	uint8_t clear_failed, load_failed;

	*vmcs = rdmsr(MSR_VMX_BASIC);
	__asm__ volatile("vmclear %1; setna %0" : "=qm"(clear_failed) : "m"(gpa) : "cc", "memory");
	__asm__ volatile("vmptrld %1; setna %0" : "=qm"(load_failed) : "m"(gpa) : "cc", "memory");
	if (clear_failed || load_failed)
		guest_fail(area, FAIL_VMX_SETUP, MSR_VMX_BASIC, 0, gpa);
	area->report.vmcs_gpa = gpa;
}

/* The wanted bits plus those that must be 1. */
static uint32_t controls(struct guest_area *area, uint32_t msr, uint32_t true_msr, uint32_t wanted)
{
	uint64_t allowed;

	if (rdmsr(MSR_VMX_BASIC) & VMX_BASIC_TRUE_CTLS)
		msr = true_msr;
	allowed = rdmsr(msr);
	if (wanted & ~(uint32_t)(allowed >> 32))
		guest_fail(area, FAIL_VMX_SETUP, msr, wanted, allowed);
	return wanted | (uint32_t)allowed;
}

#define L1_PIN_CONTROLS (PIN_EXT_INTR_EXITING | PIN_NMI_EXITING)
#define L1_EXIT_CONTROLS                                                                           \
	(EXIT_HOST_64BIT | EXIT_ACK_INTR | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER |        \
	 EXIT_LOAD_EFER)
#define L1_ENTRY_CONTROLS (ENTRY_GUEST_64BIT | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER)

static void set_controls(struct guest_area *area)
{
	vmcs_write(area, F_PIN_CONTROLS,
		   controls(area, MSR_VMX_PINBASED, MSR_VMX_TRUE_PINBASED, L1_PIN_CONTROLS));
	vmcs_write(area, F_PROC_CONTROLS,
		   controls(area, MSR_VMX_PROCBASED, MSR_VMX_TRUE_PROCBASED, PROC_USE_MSR_BITMAPS));
	vmcs_write(area, F_EXIT_CONTROLS,
		   controls(area, MSR_VMX_EXIT, MSR_VMX_TRUE_EXIT, L1_EXIT_CONTROLS));
	vmcs_write(area, F_ENTRY_CONTROLS,
		   controls(area, MSR_VMX_ENTRY, MSR_VMX_TRUE_ENTRY, L1_ENTRY_CONTROLS));
	vmcs_write(area, F_MSR_BITMAP, area_gpa(area, AREA_MSR_BITMAP));
	vmcs_write(area, F_EXCEPTION_BITMAP, 0);
	vmcs_write(area, F_LINK_POINTER, ~0ull);
	vmcs_write(area, F_CR0_MASK, 0);
	vmcs_write(area, F_CR4_MASK, 0);
}

static void set_host_state(struct guest_area *area)
{
	uint64_t cr0, cr3, cr4;

	READ_CR(0, cr0);
	READ_CR(3, cr3);
	READ_CR(4, cr4);
	vmcs_write(area, F_HOST_CR0, cr0);
	vmcs_write(area, F_HOST_CR3, cr3);
	vmcs_write(area, F_HOST_CR4, cr4);
	vmcs_write(area, F_HOST_ES, SEL_DATA);
	vmcs_write(area, F_HOST_CS, SEL_CODE);
	vmcs_write(area, F_HOST_SS, SEL_DATA);
	vmcs_write(area, F_HOST_DS, SEL_DATA);
	vmcs_write(area, F_HOST_FS, SEL_DATA);
	vmcs_write(area, F_HOST_GS, SEL_DATA);
	vmcs_write(area, F_HOST_TR, SEL_TSS);
	vmcs_write(area, F_HOST_FS_BASE, 0);
	vmcs_write(area, F_HOST_GS_BASE, area->self);
	vmcs_write(area, F_HOST_TR_BASE, area_gpa(area, AREA_TSS));
	vmcs_write(area, F_HOST_GDTR_BASE, GUEST_GDT_GPA);
	vmcs_write(area, F_HOST_IDTR_BASE, area_gpa(area, AREA_IDT));
	vmcs_write(area, F_HOST_PAT, rdmsr(MSR_PAT));
	vmcs_write(area, F_HOST_EFER, rdmsr(MSR_EFER));
	vmcs_write(area, F_HOST_RSP, area_gpa(area, AREA_EXIT_STACK_TOP));
	vmcs_write(area, F_HOST_RIP, (uint64_t)l1_exit_point);
}

static void set_guest_segments(struct guest_area *area)
{
	static const struct {
		uint8_t selector, limit, ar;
		uint16_t selector_value;
		uint32_t ar_value;
	} segments[] = {
		{ F_GUEST_ES, F_GUEST_ES_LIMIT, F_GUEST_ES_AR, SEL_DATA, AR_DATA },
		{ F_GUEST_CS, F_GUEST_CS_LIMIT, F_GUEST_CS_AR, SEL_CODE, AR_CODE64 },
		{ F_GUEST_SS, F_GUEST_SS_LIMIT, F_GUEST_SS_AR, SEL_DATA, AR_DATA },
		{ F_GUEST_DS, F_GUEST_DS_LIMIT, F_GUEST_DS_AR, SEL_DATA, AR_DATA },
		{ F_GUEST_FS, F_GUEST_FS_LIMIT, F_GUEST_FS_AR, SEL_DATA, AR_DATA },
		{ F_GUEST_GS, F_GUEST_GS_LIMIT, F_GUEST_GS_AR, SEL_DATA, AR_DATA },
		{ F_GUEST_LDTR, F_GUEST_LDTR_LIMIT, F_GUEST_LDTR_AR, 0, AR_UNUSABLE },
	};
	unsigned int i;

	for (i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		vmcs_write(area, segments[i].selector, segments[i].selector_value);
		vmcs_write(area, segments[i].limit, 0xffffffff);
		vmcs_write(area, segments[i].ar, segments[i].ar_value);
	}
	vmcs_write(area, F_GUEST_TR, SEL_TSS);
	vmcs_write(area, F_GUEST_TR_LIMIT, 0x67);
	vmcs_write(area, F_GUEST_TR_AR, AR_TSS_BUSY);
	vmcs_write(area, F_GUEST_TR_BASE, area_gpa(area, AREA_TSS));
	vmcs_write(area, F_GUEST_FS_BASE, L2_FS_BASE(area->self));
	vmcs_write(area, F_GUEST_GS_BASE, area->self);
	vmcs_write(area, F_GUEST_GDTR_BASE, GUEST_GDT_GPA);
	vmcs_write(area, F_GUEST_GDTR_LIMIT, GUEST_GDT_LIMIT);
	vmcs_write(area, F_GUEST_IDTR_BASE, area_gpa(area, AREA_IDT));
	vmcs_write(area, F_GUEST_IDTR_LIMIT, 32 * sizeof(struct idt_gate) - 1);
}

static void set_guest_state(struct guest_area *area)
{
	uint64_t cr0, cr3, cr4;

	READ_CR(0, cr0);
	READ_CR(3, cr3);
	READ_CR(4, cr4);
	vmcs_write(area, F_GUEST_CR0, cr0);
	vmcs_write(area, F_GUEST_CR3, cr3);
	vmcs_write(area, F_GUEST_CR4, cr4);
	vmcs_write(area, F_CR0_SHADOW, cr0);
	vmcs_write(area, F_CR4_SHADOW, cr4);
	set_guest_segments(area);
	vmcs_write(area, F_GUEST_DEBUGCTL, 0);
	vmcs_write(area, F_GUEST_DR7, 0x400);
	vmcs_write(area, F_GUEST_PAT, rdmsr(MSR_PAT));
	vmcs_write(area, F_GUEST_EFER, rdmsr(MSR_EFER));
	vmcs_write(area, F_GUEST_INTERRUPTIBILITY, 0);
	vmcs_write(area, F_GUEST_ACTIVITY, ACTIVITY_ACTIVE);
	vmcs_write(area, F_GUEST_RFLAGS, 2);
	vmcs_write(area, F_GUEST_RSP, area_gpa(area, AREA_L2_STACK_TOP) - 8);
	vmcs_write(area, F_GUEST_RIP, (uint64_t)l2_main);
	area->regs.rdi = area->self;
}

void l1_setup_vmx(struct guest_area *area)
{
	enable_vmx(area);
	if (area->params.evmcs)
		load_evmcs(area);
	else
		load_vmcs(area);
	set_controls(area);
	set_host_state(area);
	set_guest_state(area);
}
