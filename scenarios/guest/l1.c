// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * L1: runs L2, checks every exit and everything that a restore could have lost, and says how it
 * went.
 */
#include "guest.h"

#define X86_VMCALL_LENGTH 3

void guest_fail(struct guest_area *area, enum guest_fail fail, uint32_t where, uint64_t want,
		uint64_t got)
{
	area->report.fail = fail;
	area->report.where = where;
	area->report.want = want;
	area->report.got = got;
	for (;;)
		outl(PORT_FAIL, fail);
}

void guest_exception(struct guest_area *area, uint64_t vector, uint64_t rip)
{
	guest_fail(area, FAIL_EXCEPTION, 0, vector, rip);
}

/*
 * With everything dirty KVM reloads the whole eVMCS at each entry. A real L1 marks all clean after
 * each exit, and takes back the bit of what it then changes.
 */
static void mark_clean(struct guest_area *area, enum mark_clean when)
{
	struct evmcs *evmcs = area_page(area, AREA_EVMCS);

	if (area->params.evmcs && area->params.mark_clean == when)
		evmcs->clean_fields |= EVMCS_CLEAN_ALL;
}

static void mark_dirty(struct guest_area *area, uint32_t groups)
{
	struct evmcs *evmcs = area_page(area, AREA_EVMCS);

	if (area->params.evmcs)
		evmcs->clean_fields &= ~groups;
}

/* The fields that L1 wrote once, or that L2 never changes. */
static void check_constant_fields(struct guest_area *area)
{
	uint64_t cr3;

	READ_CR(3, cr3);
	vmcs_check(area, F_LINK_POINTER, ~0ull);
	vmcs_check(area, F_MSR_BITMAP, area_gpa(area, AREA_MSR_BITMAP));
	vmcs_check(area, F_HOST_RIP, (uint64_t)l1_exit_point);
	vmcs_check(area, F_HOST_RSP, area_gpa(area, AREA_EXIT_STACK_TOP));
	vmcs_check(area, F_HOST_GS_BASE, area->self);
	vmcs_check(area, F_GUEST_CR3, cr3);
	vmcs_check(area, F_GUEST_CS, SEL_CODE);
	vmcs_check(area, F_GUEST_CS_AR, AR_CODE64);
	vmcs_check(area, F_GUEST_SS, SEL_DATA);
	vmcs_check(area, F_GUEST_TR, SEL_TSS);
	vmcs_check(area, F_GUEST_TR_BASE, area_gpa(area, AREA_TSS));
	vmcs_check(area, F_GUEST_FS_BASE, L2_FS_BASE(area->self));
	vmcs_check(area, F_GUEST_GS_BASE, area->self);
	vmcs_check(area, F_GUEST_GDTR_BASE, GUEST_GDT_GPA);
	vmcs_check(area, F_GUEST_IDTR_BASE, area_gpa(area, AREA_IDT));
	vmcs_check(area, F_GUEST_EFER, rdmsr(MSR_EFER));
	vmcs_check(area, F_GUEST_PAT, rdmsr(MSR_PAT));
}

static void check_msr(struct guest_area *area, uint32_t msr, uint64_t want)
{
	uint64_t got = rdmsr(msr);

	if (got != want)
		guest_fail(area, FAIL_MSR, msr, want, got);
}

static void check_msrs(struct guest_area *area)
{
	check_msr(area, MSR_FEAT_CTL, FEAT_CTL_LOCKED | FEAT_CTL_VMXON);
	if (!area->params.evmcs)
		return;
	check_msr(area, MSR_HV_GUEST_OS_ID, HV_GUEST_OS_ID);
	check_msr(area, MSR_HV_HYPERCALL, GUEST_HYPERCALL_GPA | HV_MSR_ENABLE);
	check_msr(area, MSR_HV_VP_ASSIST, area_gpa(area, AREA_VP_ASSIST) | HV_MSR_ENABLE);
}

static void check_l2_regs(struct guest_area *area, uint64_t count)
{
	const struct guest_regs *regs = &area->regs;
	const uint64_t got[NR_PAT_GPR] = {
		regs->rbx, regs->rcx, regs->rsi, regs->rdi, regs->rbp, regs->r8,  regs->r9,
		regs->r10, regs->r11, regs->r12, regs->r13, regs->r14, regs->r15,
	};
	uint64_t seed = pattern_seed(count);
	unsigned int i;

	if (regs->rax != (uint32_t)count)
		guest_fail(area, FAIL_COUNT, 0, count, regs->rax);
	for (i = 0; i < NR_PAT_GPR; i++)
		if (got[i] != seed + (uint64_t)i * PATTERN_STEP)
			guest_fail(area, FAIL_L1_REGS, i, seed + (uint64_t)i * PATTERN_STEP,
				   got[i]);
}

static void handle_vmcall(struct guest_area *area)
{
	uint64_t count = ++area->report.l1_count;

	check_l2_regs(area, count);
	vmcs_check(area, F_GUEST_RIP, (uint64_t)l2_checked_vmcall_insn);
	vmcs_check(area, F_EXIT_INSN_LEN, X86_VMCALL_LENGTH);
	vmcs_check(area, F_GUEST_ACTIVITY, ACTIVITY_ACTIVE);
	check_constant_fields(area);
	mark_clean(area, MARK_CLEAN_BEFORE);

	vmcs_snapshot(area);
	outl(PORT_L1_TICK, count); /* L1 may be saved here and go on in another VM */
	vmcs_check_snapshot(area);
	check_msrs(area);

	mark_clean(area, MARK_CLEAN_AFTER);
	vmcs_write(area, F_GUEST_RIP, vmcs_read(area, F_GUEST_RIP) + X86_VMCALL_LENGTH);
}

static void check_forced(struct guest_area *area, enum vmcs_field field, uint64_t want)
{
	uint64_t got = vmcs_read(area, field);

	if (got != want)
		guest_fail(area, FAIL_FORCED, field, want, got);
}

/*
 * An exit that the VMM forced before the restored L2 ran at all. The RIP is the one after L2's OUT
 * and stays.
 */
static void handle_forced_exit(struct guest_area *area, uint32_t reason)
{
	uint64_t activity = vmcs_read(area, F_GUEST_ACTIVITY);

	area->report.forced++;
	area->report.forced_halted += activity == ACTIVITY_HLT;
	check_constant_fields(area);
	if (reason == EXIT_EXCEPTION_NMI) {
		check_forced(area, F_EXIT_INTR_INFO,
			     INTR_INFO_VALID | INTR_INFO_TYPE_NMI | NMI_VECTOR);
		l1_unblock_nmi();
	} else if (reason == EXIT_EXTERNAL_INTERRUPT) {
		check_forced(area, F_EXIT_INTR_INFO, INTR_INFO_VALID | FORCED_IRQ_VECTOR);
		wrmsr(MSR_X2APIC_EOI, 0);
	} else {
		check_forced(area, F_GUEST_ACTIVITY, ACTIVITY_ACTIVE);
	}
	if (activity != ACTIVITY_HLT)
		check_forced(area, F_GUEST_ACTIVITY, ACTIVITY_ACTIVE);
	mark_clean(area, MARK_CLEAN_BEFORE);
	mark_clean(area, MARK_CLEAN_AFTER);
	/* L2 did not execute HLT: the VMM put it there, to have the exit taken inside KVM_RUN. */
	vmcs_write(area, F_GUEST_ACTIVITY, ACTIVITY_ACTIVE);
	mark_dirty(area, EVMCS_CLEAN_GUEST_GRP1);
}

static uint32_t enter_l2(struct guest_area *area, int launch)
{
	if (l1_enter(area, launch))
		guest_fail(area, FAIL_VMENTRY, launch, 0, vmcs_read(area, F_INSTRUCTION_ERROR));
	return vmcs_read(area, F_EXIT_REASON);
}

static void run_nested(struct guest_area *area)
{
	uint32_t reason;
	int launch = 1;

	do {
		reason = enter_l2(area, launch);
		launch = 0;
		if (reason == EXIT_VMCALL)
			handle_vmcall(area);
		else if (reason == area->params.forced_reason)
			handle_forced_exit(area, reason);
		else
			guest_fail(area, FAIL_EXIT_REASON, 0, EXIT_VMCALL, reason);
	} while (!*(volatile uint32_t *)&area->params.stop);
}

/* As short as an L1 can be, so that what is measured is the round trip. */
static void run_nested_loop(struct guest_area *area)
{
	uint64_t i;

	outl(PORT_MARK, 0);
	for (i = 0; i < area->params.loops; i++) {
		uint32_t reason = enter_l2(area, i == 0);

		if (reason != EXIT_VMCALL)
			guest_fail(area, FAIL_EXIT_REASON, 0, EXIT_VMCALL, reason);
		mark_clean(area, MARK_CLEAN_BEFORE);
		mark_clean(area, MARK_CLEAN_AFTER);
		vmcs_write(area, F_GUEST_RIP, vmcs_read(area, F_GUEST_RIP) + X86_VMCALL_LENGTH);
		area->report.l1_count++;
	}
	outl(PORT_MARK, 1);
}

static void run_idle(struct guest_area *area)
{
	uint64_t i;

	outl(PORT_MARK, 0);
	for (i = 0; i < area->params.loops; i++) {
		uint32_t eax = 0, ebx, ecx = 0, edx;

		if (area->params.role == ROLE_IDLE_OUT)
			outl(PORT_MARK, 2);
		else
			__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	}
	outl(PORT_MARK, 1);
}

static void leave_vmx(struct guest_area *area)
{
	struct vp_assist_page *assist = area_page(area, AREA_VP_ASSIST);
	uint8_t failed;

	if (area->params.evmcs) {
		assist->enlighten_vmentry = 0;
		assist->current_nested_vmcs = 0;
	}
	__asm__ volatile("vmxoff; setna %0" : "=qm"(failed) : : "cc", "memory");
	if (failed)
		guest_fail(area, FAIL_VMX_SETUP, 0, 0, 0);
}

void l1_main(struct guest_area *area)
{
	l1_load_idt(area);
	if (area->params.role == ROLE_IDLE_OUT || area->params.role == ROLE_IDLE_CPUID) {
		run_idle(area);
	} else {
		l1_setup_vmx(area);
		if (area->params.role == ROLE_NESTED)
			run_nested(area);
		else
			run_nested_loop(area);
		leave_vmx(area);
	}
	for (;;)
		outl(PORT_DONE, 0);
}
