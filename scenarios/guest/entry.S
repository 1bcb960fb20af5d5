/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few instructions that C cannot say: the entry points, the switch between L1 and L2, the
 * exception stubs, and the instructions around which every register is checked.
 */
#include "guest_abi.h"

	.section .text.entry, "ax"
	.globl	guest_start
guest_start:			/* the VMM enters here: long mode, RDI = area, RSP = L1 stack */
	call	l1_main
0:	hlt
	jmp	0b

	.text
/*
 * int l1_enter(struct guest_area *area, int launch)
 * 0: L2 ran and exited to l1_exit_point; 1: VMLAUNCH or VMRESUME failed.
 */
	.globl	l1_enter
l1_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, OFF_L1_RSP(%rdi)
	test	%esi, %esi		/* no MOV below changes ZF */
	mov	OFF_RAX(%rdi), %rax
	mov	OFF_RBX(%rdi), %rbx
	mov	OFF_RCX(%rdi), %rcx
	mov	OFF_RDX(%rdi), %rdx
	mov	OFF_RSI(%rdi), %rsi
	mov	OFF_RBP(%rdi), %rbp
	mov	OFF_R8(%rdi), %r8
	mov	OFF_R9(%rdi), %r9
	mov	OFF_R10(%rdi), %r10
	mov	OFF_R11(%rdi), %r11
	mov	OFF_R12(%rdi), %r12
	mov	OFF_R13(%rdi), %r13
	mov	OFF_R14(%rdi), %r14
	mov	OFF_R15(%rdi), %r15
	mov	OFF_RDI(%rdi), %rdi
	jnz	1f
	vmresume
	jmp	2f
1:	vmlaunch
2:	mov	$1, %eax		/* only a failed entry falls through */
	jmp	l1_leave

	.globl	l1_exit_point
l1_exit_point:			/* HOST_RIP; GS base is the area again */
	mov	%rax, %gs:OFF_RAX
	mov	%rbx, %gs:OFF_RBX
	mov	%rcx, %gs:OFF_RCX
	mov	%rdx, %gs:OFF_RDX
	mov	%rsi, %gs:OFF_RSI
	mov	%rdi, %gs:OFF_RDI
	mov	%rbp, %gs:OFF_RBP
	mov	%r8, %gs:OFF_R8
	mov	%r9, %gs:OFF_R9
	mov	%r10, %gs:OFF_R10
	mov	%r11, %gs:OFF_R11
	mov	%r12, %gs:OFF_R12
	mov	%r13, %gs:OFF_R13
	mov	%r14, %gs:OFF_R14
	mov	%r15, %gs:OFF_R15
	xor	%eax, %eax
l1_leave:
	mov	%gs:OFF_L1_RSP, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* void l1_unblock_nmi(void): an NMI exit leaves NMIs blocked in L1 until an IRET. */
	.globl	l1_unblock_nmi
l1_unblock_nmi:
	mov	%rsp, %rax
	push	$SEL_DATA
	push	%rax
	pushfq
	push	$SEL_CODE
	push	$0f
	iretq
0:	ret

/* All registers from the seed in RDX; the order is enum pattern_reg. */
	.macro	load_pattern
	movq	%rdx, %xmm7
	lea	0x00 * PATTERN_STEP(%rdx), %rbx
	lea	0x01 * PATTERN_STEP(%rdx), %rcx
	lea	0x02 * PATTERN_STEP(%rdx), %rsi
	lea	0x03 * PATTERN_STEP(%rdx), %rdi
	lea	0x04 * PATTERN_STEP(%rdx), %rbp
	lea	0x05 * PATTERN_STEP(%rdx), %r8
	lea	0x06 * PATTERN_STEP(%rdx), %r9
	lea	0x07 * PATTERN_STEP(%rdx), %r10
	lea	0x08 * PATTERN_STEP(%rdx), %r11
	lea	0x09 * PATTERN_STEP(%rdx), %r12
	lea	0x0a * PATTERN_STEP(%rdx), %r13
	lea	0x0b * PATTERN_STEP(%rdx), %r14
	lea	0x0c * PATTERN_STEP(%rdx), %r15
	.endm

/*
 * Sets bit n in the mask on the stack unless reg is seed (RDX) + n * PATTERN_STEP. RFLAGS are free
 * by then.
 */
	.macro	check_reg n, reg
	sub	%rdx, \reg
	cmp	$(\n * PATTERN_STEP), \reg
	je	8f
	orl	$(1 << \n), (%rsp)
8:
	.endm

	.macro	check_pattern
	check_reg 0, %rbx
	check_reg 1, %rcx
	check_reg 2, %rsi
	check_reg 3, %rdi
	check_reg 4, %rbp
	check_reg 5, %r8
	check_reg 6, %r9
	check_reg 7, %r10
	check_reg 8, %r11
	check_reg 9, %r12
	check_reg 10, %r13
	check_reg 11, %r14
	check_reg 12, %r15
	movq	%xmm7, %rcx
	cmp	%rdx, %rcx
	je	9f
	orl	$(1 << 13), (%rsp)
9:
	.endm

	.macro	save_callee
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.endm

	.macro	restore_callee
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	.endm

/*
 * uint32_t l2_checked_out(uint32_t port, uint32_t value, uint64_t seed)
 * uint32_t l2_checked_vmcall(uint32_t unused, uint32_t value, uint64_t seed)
 * Do the instruction with every register at a known value and CF set; return one bit for each that
 * is not so after it.
 */
	.macro	checked name, insn, dx_is_port
	.globl	\name
\name:
	save_callee
	push	%rdx			/* seed: 16(%rsp) below */
	push	%rsi			/* value: 8(%rsp) */
	push	$0			/* mask: (%rsp) */
	mov	%esi, %eax
	.if	\dx_is_port
	push	%rdi
	load_pattern
	pop	%rdx
	.else
	load_pattern
	.endif
	stc
	.globl	\name\()_insn
\name\()_insn:
	\insn
	jc	7f
	orl	$(1 << 15), (%rsp)
7:	cmp	%eax, 8(%rsp)
	je	7f
	orl	$(1 << 14), (%rsp)
7:	mov	16(%rsp), %rdx
	check_pattern
	pop	%rax
	add	$16, %rsp
	restore_callee
	ret
	.endm

	checked	l2_checked_out, "out %eax, %dx", 1
	checked	l2_checked_vmcall, "vmcall", 0

/* Exception stubs, 16 bytes each, for L1 and L2: report the vector and RIP and never return. */
	.balign	16
	.globl	exception_stubs
exception_stubs:
	.set	vec, 0
	.rept	32
	.balign	16
	.if	!(vec == 8 || (vec >= 10 && vec <= 14) || vec == 17 || vec == 21)
	push	$0
	.endif
	push	$vec
	jmp	exception_common
	.set	vec, vec + 1
	.endr

exception_common:
	mov	%gs:OFF_SELF, %rdi
	pop	%rsi			/* vector */
	pop	%rdx			/* error code */
	mov	(%rsp), %rdx		/* RIP */
	call	guest_exception
0:	hlt
	jmp	0b

	.section .note.GNU-stack, "", @progbits
