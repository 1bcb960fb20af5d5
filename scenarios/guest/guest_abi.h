/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the guest (L1 and L2) and the VMM (L0 userspace) agree on: the guest
 * physical layout, the ports, the parameters and the report. Included by C and
 * by assembler, on both sides.
 *
 *   GPA            size             what
 *   0x000000       GUEST_LOW_SIZE   slot 0: page tables, GDT, hypercall page, code
 *   GUEST_AREA_GPA 64 KiB a vCPU    slot 1: one area per vCPU, by vCPU id
 *
 * Nothing in the code image is written after load: all that changes lives in the areas, so that
 * several vCPUs run the same code and a copy of the two slots is the whole machine.
 */
#ifndef GUEST_ABI_H
#define GUEST_ABI_H

#define GUEST_LOW_SIZE 0x40000
#define GUEST_PML4_GPA 0x1000
#define GUEST_PDPT_GPA 0x2000
#define GUEST_PD_GPA 0x3000
#define GUEST_GDT_GPA 0x4000
#define GUEST_GDT_LIMIT 0x2f
#define GUEST_HYPERCALL_GPA 0x5000
#define GUEST_CODE_GPA 0x10000

#define GUEST_AREA_GPA 0x1000000
#define GUEST_AREA_SIZE 0x10000

/* Pages of an area, as byte offsets into it. */
#define AREA_CTL 0x0000 /* struct guest_area */
#define AREA_VMXON 0x1000
#define AREA_EVMCS 0x2000
#define AREA_VMCS 0x3000
#define AREA_VP_ASSIST 0x4000
#define AREA_MSR_BITMAP 0x5000
#define AREA_SNAPSHOT 0x6000
#define AREA_IDT 0x7000
#define AREA_TSS 0x8000
#define AREA_L1_STACK_TOP 0xb000 /* 8 KiB below it */
#define AREA_EXIT_STACK_TOP 0xc000
#define AREA_L2_STACK_TOP 0xf000 /* 8 KiB below it */
#define AREA_SPARE 0xf000 /* the guest leaves it alone: struct guest_spare */

/* Selectors in the GDT that the VMM writes. */
#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_TSS 0x18

/*
 * The port protocol, 32-bit OUTs. L2 does its OUT while it is active: L1 does not intercept I/O, so
 * the exit goes to L0 userspace with the vCPU in guest mode.
 */
#define PORT_L2_TICK 0x510 /* L2 active; the count, from 1 */
#define PORT_L1_TICK 0x511 /* L1 active, after the VMCALL exit of that count */
#define PORT_DONE 0x512 /* all checks passed, VMX is off */
#define PORT_FAIL 0x513 /* enum guest_fail; the rest is in the report */
#define PORT_MARK 0x514 /* start, end and body of the measuring loops */

/* Byte offsets into struct guest_area that the assembler uses. */
#define OFF_SELF 0x00
#define OFF_L1_RSP 0x08
#define OFF_RAX 0x10
#define OFF_RBX 0x18
#define OFF_RCX 0x20
#define OFF_RDX 0x28
#define OFF_RSI 0x30
#define OFF_RDI 0x38
#define OFF_RBP 0x40
#define OFF_R8 0x48
#define OFF_R9 0x50
#define OFF_R10 0x58
#define OFF_R11 0x60
#define OFF_R12 0x68
#define OFF_R13 0x70
#define OFF_R14 0x78
#define OFF_R15 0x80

/* Register n of a checked instruction holds seed + n * PATTERN_STEP; see enum pattern_reg for n. */
#define PATTERN_STEP 0x01010101

/*
 * FS base of L2: no other field of the VMCS holds this value, so that it can be found in a saved
 * vmcs12. Not mapped.
 */
#define L2_FS_BASE(area_gpa) ((area_gpa) + 0x5f4c32000000)

#ifndef __ASSEMBLER__
#include <stdint.h>

enum guest_role {
	ROLE_NESTED = 0, /* L1 and L2, ticking */
	ROLE_NESTED_LOOP = 1, /* L1 and L2, loops VMCALL round trips */
	ROLE_IDLE_OUT = 2, /* no VMX: loops OUTs */
	ROLE_IDLE_CPUID = 3, /* no VMX: loops CPUIDs */
};

enum mark_clean {
	MARK_CLEAN_NEVER = 0, /* hv_clean_fields stays 0: everything is dirty */
	MARK_CLEAN_AFTER = 1, /* all clean after the L1 tick, which is between exit and mark */
	MARK_CLEAN_BEFORE = 2, /* all clean before the L1 tick */
};

/* The VM exits that L1 knows; the numbers are the architecture's. */
enum {
	EXIT_EXCEPTION_NMI = 0,
	EXIT_EXTERNAL_INTERRUPT = 1,
	EXIT_INIT = 3,
	EXIT_VMCALL = 18,
	NO_FORCED_EXIT = 0xffff,
};

/* The vector of --forced-exit=run-irq, above the exceptions and of no other use. */
#define FORCED_IRQ_VECTOR 0x51

enum guest_fail {
	FAIL_NONE = 0,
	FAIL_EXCEPTION = 1, /* want: vector, got: RIP */
	FAIL_L2_REGS = 2, /* got: a bit per wrong register, enum pattern_reg; want: count */
	FAIL_L2_SPIN = 3,
	FAIL_L1_REGS = 4, /* where: enum pattern_reg */
	FAIL_COUNT = 5, /* the count that L2 gave with its VMCALL */
	FAIL_VMX_SETUP = 6, /* where: control MSR or step */
	FAIL_VMENTRY = 7, /* got: VM-instruction error */
	FAIL_EXIT_REASON = 8,
	FAIL_FIELD = 9, /* where: the VMCS field encoding */
	FAIL_SNAPSHOT = 10, /* where: eVMCS offset or field encoding */
	FAIL_MSR = 11, /* where: MSR */
	FAIL_FORCED = 12, /* a forced exit with wrong particulars; where: field */
};

enum pattern_reg {
	PAT_RBX,
	PAT_RCX,
	PAT_RSI,
	PAT_RDI,
	PAT_RBP,
	PAT_R8,
	PAT_R9,
	PAT_R10,
	PAT_R11,
	PAT_R12,
	PAT_R13,
	PAT_R14,
	PAT_R15,
	PAT_XMM7,
	PAT_RAX,
	PAT_RFLAGS,
	NR_PAT_GPR = PAT_XMM7,
};

struct guest_regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

/* Written by the VMM before the first KVM_RUN; stop and forced_reason at any save point. */
struct guest_params {
	uint32_t role; /* enum guest_role */
	uint32_t vcpu; /* vCPU id */
	uint32_t evmcs; /* 1: enlightened VMCS; 0: ordinary VMCS */
	uint32_t mark_clean; /* enum mark_clean */
	uint32_t forced_reason; /* exit that L1 accepts besides VMCALL, or NO_FORCED_EXIT */
	uint32_t spin; /* iterations of the L2 busy loop between tick and VMCALL */
	uint64_t loops; /* for the measuring roles */
	uint32_t stop; /* 1: L1 ends at its next VMCALL exit */
	uint32_t pad;
};

/* Written by the guest; valid at any exit to userspace. */
struct guest_report {
	uint32_t fail; /* enum guest_fail */
	uint32_t where;
	uint64_t want;
	uint64_t got;
	uint64_t l2_count; /* ticks of L2 */
	uint64_t l1_count; /* VMCALL exits that L1 took */
	uint64_t forced; /* forced exits that L1 took */
	uint64_t forced_halted; /* those of them that found L2 halted */
	uint64_t vmxon_gpa;
	uint64_t vmcs_gpa; /* eVMCS or VMCS */
	uint64_t vp_assist_gpa;
};

struct guest_area {
	uint64_t self; /* its own GPA; GS base points here in L1 and L2 */
	uint64_t l1_rsp;
	struct guest_regs regs; /* of L2, while L1 is active */
	struct guest_params params;
	struct guest_report report;
};

_Static_assert(__builtin_offsetof(struct guest_area, l1_rsp) == OFF_L1_RSP, "asm offset");
_Static_assert(__builtin_offsetof(struct guest_area, regs.rax) == OFF_RAX, "asm offset");
_Static_assert(__builtin_offsetof(struct guest_area, regs.r15) == OFF_R15, "asm offset");
_Static_assert(sizeof(struct guest_area) <= AREA_VMXON, "the area's first page is full");

/* What a changed vmcs12 may point to; the VMM's work. */
struct guest_spare {
	uint32_t vmcs12_revision; /* a page that KVM takes for a vmcs12 */
	uint32_t pad[511];
	uint64_t bad_pdpt[4]; /* reserved bits set: no PAE guest can load them */
	struct {
		uint32_t msr, pad;
		uint64_t value;
	} msr_list[1]; /* for VM exits */
};

_Static_assert(__builtin_offsetof(struct guest_spare, bad_pdpt) % 32 == 0, "a PAE CR3");
_Static_assert(__builtin_offsetof(struct guest_spare, msr_list) % 16 == 0, "an MSR list");

static inline uint64_t guest_area_gpa(unsigned int vcpu)
{
	return GUEST_AREA_GPA + (uint64_t)vcpu * GUEST_AREA_SIZE;
}

#endif /* __ASSEMBLER__ */
#endif /* GUEST_ABI_H */
