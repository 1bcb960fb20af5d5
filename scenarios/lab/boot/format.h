/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The boot disk of a lab machine: one header, then the pieces to load, each
 * starting on a sector. Written by mkboot on the host, read by the boot ROM.
 */
#ifndef LAB_BOOT_FORMAT_H
#define LAB_BOOT_FORMAT_H

#include <stdint.h>

#define LAB_SECTOR 512u
#define LAB_HEADER_SECTORS 8u
#define LAB_CMDLINE_MAX 2048u
#define LAB_PIECES_MAX 16u
#define LAB_MAGIC 0x3142414c /* "LAB1" */

struct lab_piece {
	uint32_t lba;
	uint32_t sectors;
	uint32_t dest; /* physical address */
};

struct lab_header {
	uint32_t magic;
	uint32_t entry; /* 32-bit PVH entry point, physical */
	uint32_t initrd_addr;
	uint32_t initrd_size;
	uint32_t nr_pieces;
	struct lab_piece piece[LAB_PIECES_MAX];
	char cmdline[LAB_CMDLINE_MAX];
};

_Static_assert(sizeof(struct lab_header) <= LAB_HEADER_SECTORS * LAB_SECTOR,
	       "the header outgrew the sectors set aside for it");

#endif
