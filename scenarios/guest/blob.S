/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flat guest image inside the host program; the build gives its folder with -I. */
	.section .rodata
	.balign	16
	.globl	guest_image
guest_image:
	.incbin	"guest.bin"
	.globl	guest_image_end
guest_image_end:
	.section .note.GNU-stack, "", @progbits
