/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An option ROM that boots Linux. The BIOS scans for option ROMs after it has
 * set up PCI, ACPI, the MP table and the other CPUs, and before it looks for
 * a boot device: exactly where a boot loader wants to be called, without the
 * boot menu, the boot loader's own file systems and its BIOS disk reads.
 *
 * This half asks the BIOS for the memory map, while it still can, and goes to
 * flat protected mode; rom.c does the rest from there.
 */
#include "layout.h"

#define CODE32	0x08
#define DATA32	0x10

	.section .head, "ax"
	.code16
	.byte	0x55, 0xaa, ROM_SIZE / 512
	/* The BIOS makes a far call to offset 3. */
	jmp	start

	.text
start:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$LOW_STACK, %esp

	/*
	 * An E820 entry is 20 bytes; hvm_memmap_table_entry is the same
	 * followed by a reserved word.
	 */
	xorl	%ebx, %ebx
	movl	$LOW_MEMMAP, %edi
1:	movl	$0xe820, %eax
	movl	$20, %ecx
	movl	$0x534d4150, %edx	/* "SMAP" */
	int	$0x15
	jc	2f
	movl	$0, 20(%edi)
	addl	$24, %edi
	testl	%ebx, %ebx
	jnz	1b
2:	cli

	inb	$0x92, %al		/* A20 */
	orb	$2, %al
	outb	%al, $0x92

	movw	$(ROM_BASE >> 4), %ax
	movw	%ax, %ds
	movl	$gdt_pointer - ROM_BASE, %esi
	lgdtl	(%si)
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	$CODE32, $flat

	.code32
flat:
	movl	$DATA32, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	movl	$LOW_STACK, %esp
	pushl	%edi			/* end of the memory map */
	call	rom_main		/* does not return */
	hlt

	.globl	enter_kernel
	/* void enter_kernel(u32 entry, const void *start_info) */
enter_kernel:
	movl	4(%esp), %eax
	movl	8(%esp), %ebx		/* where the PVH ABI wants it */
	jmp	*%eax

	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9a000000ffff
	.quad	0x00cf92000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.section .note.GNU-stack, "", @progbits
