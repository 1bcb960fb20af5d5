// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The 32-bit half of the boot ROM: read the pieces of the kernel from the
 * boot disk to where they belong and enter it the PVH way, which needs no
 * decompressor and no real-mode set-up code. Of a boot of the packaged
 * bzImage more than half the time is its decompressor.
 */
#include "ata.h"
#include "format.h"
#include "layout.h"

#define COM1 0x3f8
#define BLOCK_SECTORS 16u /* sectors for one DRQ */
#define COMMAND_SECTORS 256u /* the most that LBA28 can ask for */

/* A CMOS byte that neither the BIOS nor Linux uses; it survives a reset. */
#define CMOS_BOOTED 0x6f
#define BOOTED 0x4c

struct hvm_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modlist_paddr;
	uint64_t cmdline_paddr;
	uint64_t rsdp_paddr;
	uint64_t memmap_paddr;
	uint32_t memmap_entries;
	uint32_t reserved;
};

struct hvm_modlist_entry {
	uint64_t paddr;
	uint64_t size;
	uint64_t cmdline_paddr;
	uint64_t reserved;
};

_Noreturn void enter_kernel(uint32_t entry, const void *start_info);
_Noreturn void rom_main(uint32_t memmap_end);

static inline void outb(uint8_t val, uint16_t port)
{
	asm volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t val;

	asm volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

/* Bochs moves a whole block at once for 16-bit string input, not for 32. */
static inline void insw(uint16_t port, void *to, uint32_t words)
{
	asm volatile("rep insw" : "+D"(to), "+c"(words) : "d"(port) : "memory");
}

static inline void clear(uint32_t from, uint32_t to)
{
	uint32_t bytes = to - from;

	asm volatile("rep stosb" : "+D"(from), "+c"(bytes) : "a"(0) : "memory");
}

static void say(const char *s)
{
	/* 115200 8n1; the BIOS leaves the port at 9600 5n1. */
	outb(0x83, COM1 + 3);
	outb(1, COM1);
	outb(0, COM1 + 1);
	outb(0x03, COM1 + 3);
	while (*s) {
		while (!(inb(COM1 + 5) & 0x20))
			;
		outb(*s++, COM1);
	}
}

static _Noreturn void power_off(const char *why)
{
	say("\nlab-rom: ");
	say(why);
	say("\n");
	/* wait for the line to drain, then use Bochs' own way out */
	while ((inb(COM1 + 5) & 0x60) != 0x60)
		;
	for (const char *s = "Shutdown"; *s; s++)
		outb(*s, 0x8900);
	for (;;)
		asm volatile("hlt");
}

static void ata_wait(uint8_t want)
{
	uint8_t status;

	do {
		status = inb(ATA_STATUS);
	} while (status & ATA_BSY);
	if ((status & ATA_ERR) || (status & want) != want)
		power_off("cannot read the boot disk");
}

static void ata_command(uint8_t command, uint32_t lba, uint32_t count)
{
	outb(0xe0 | ((lba >> 24) & 0xf), ATA_DEVICE); /* LBA, master */
	outb(count, ATA_COUNT);
	outb(lba, ATA_LBA0);
	outb(lba >> 8, ATA_LBA1);
	outb(lba >> 16, ATA_LBA2);
	outb(command, ATA_COMMAND);
}

static void ata_read(uint32_t lba, uint32_t sectors, uint32_t dest)
{
	while (sectors) {
		uint32_t left = sectors;

		if (left > COMMAND_SECTORS)
			left = COMMAND_SECTORS;
		ata_command(ATA_READ_MULTIPLE, lba, left);
		lba += left;
		sectors -= left;
		while (left) {
			uint32_t n = left < BLOCK_SECTORS ? left : BLOCK_SECTORS;

			ata_wait(ATA_DRQ);
			insw(ATA_DATA, (void *)dest, n * LAB_SECTOR / 2);
			dest += n * LAB_SECTOR;
			left -= n;
		}
	}
}

/* The RSDP lies on a 16-byte boundary in the BIOS area. */
static uint32_t find_rsdp(void)
{
	for (uint32_t at = 0xe0000; at < 0x100000; at += 16) {
		const uint32_t *word = (const uint32_t *)at;

		if (word[0] == 0x20445352 && word[1] == 0x20525450)
			return at; /* "RSD PTR " */
	}
	return 0;
}

void rom_main(uint32_t memmap_end)
{
	const struct lab_header *hdr = (const void *)LOW_HEADER;
	struct hvm_start_info *info = (void *)LOW_START_INFO;
	struct hvm_modlist_entry *initrd = (void *)(info + 1);

	/* A lab machine boots once: a reset is how a dead kernel looks here. */
	outb(CMOS_BOOTED, 0x70);
	if (inb(0x71) == BOOTED)
		power_off("the machine was reset");
	outb(CMOS_BOOTED, 0x70);
	outb(BOOTED, 0x71);

	outb(0x02, ATA_CONTROL); /* polling: no interrupts */
	ata_command(ATA_SET_MULTIPLE, 0, BLOCK_SECTORS);
	ata_wait(0);
	ata_read(0, LAB_HEADER_SECTORS, LOW_HEADER);
	if (hdr->magic != LAB_MAGIC || hdr->nr_pieces > LAB_PIECES_MAX)
		power_off("the boot disk is not one");

	for (uint32_t i = 0; i < hdr->nr_pieces; i++) {
		const struct lab_piece *p = &hdr->piece[i];

		/*
		 * What lies between the pieces, bss above all, is zero in a
		 * machine that was just switched on, and this one was.
		 */
		ata_read(p->lba, p->sectors, p->dest);
	}
	outb(0x00, ATA_CONTROL);

	clear(LOW_START_INFO, LOW_START_INFO + sizeof(*info) + sizeof(*initrd));
	info->magic = 0x336ec578;
	info->version = 1;
	info->nr_modules = 1;
	info->modlist_paddr = (uint32_t)initrd;
	info->cmdline_paddr = (uint32_t)hdr->cmdline;
	info->rsdp_paddr = find_rsdp();
	info->memmap_paddr = LOW_MEMMAP;
	info->memmap_entries = (memmap_end - LOW_MEMMAP) / 24;
	initrd->paddr = hdr->initrd_addr;
	initrd->size = hdr->initrd_size;
	enter_kernel(hdr->entry, info);
}
