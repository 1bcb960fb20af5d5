/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses that the two halves of the boot ROM and its link script share. */
#ifndef LAB_BOOT_LAYOUT_H
#define LAB_BOOT_LAYOUT_H

#define ROM_BASE 0xd0000
#define ROM_SIZE 0x2000

/*
 * Conventional memory the ROM works in. Linux keeps its hands off the first
 * 64 KiB, so what is handed over here stays readable until it has been copied.
 */
#define LOW_MEMMAP 0x2000 /* memory map, 24 bytes an entry */
#define LOW_START_INFO 0x3000 /* hvm_start_info and its module list */
#define LOW_STACK 0x7c00
#define LOW_HEADER 0x8000 /* the boot disk's header */

#endif
