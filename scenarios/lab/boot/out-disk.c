// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * out-disk TOKEN STATUS: copy standard input to the second disk of a lab
 * machine, and when all of it is there write the first sector, which says so:
 * "lab-out TOKEN STATUS BYTES". The host believes nothing without it.
 *
 * The machine has no disk driver loaded, on purpose: libata, SCSI and sd cost
 * seconds of an emulated boot. Writing sectors by port I/O from user space
 * costs none, and the emulator moves them in blocks.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

#include "ata.h"

#define SECTOR 512u
#define BLOCK 16u /* sectors for one DRQ */
#define DATA_LBA 8u

static void ata_wait(uint8_t want)
{
	uint8_t status;

	do {
		status = inb(ATA_STATUS);
	} while (status & ATA_BSY);
	if ((status & ATA_ERR) || (status & want) != want) {
		fprintf(stderr, "out-disk: the disk refused (status %#x)\n", status);
		exit(1);
	}
}

static void ata_command(uint8_t command, uint32_t lba, uint32_t count)
{
	outb(0xf0 | ((lba >> 24) & 0xf), ATA_DEVICE); /* LBA, slave */
	outb(count, ATA_COUNT);
	outb(lba, ATA_LBA0);
	outb(lba >> 8, ATA_LBA1);
	outb(lba >> 16, ATA_LBA2);
	outb(command, ATA_COMMAND);
}

static void ata_write(uint32_t lba, const void *data, uint32_t sectors)
{
	ata_command(ATA_WRITE_MULTIPLE, lba, sectors);
	ata_wait(ATA_DRQ);
	outsw(ATA_DATA, data, sectors * SECTOR / 2);
	ata_wait(0);
}

int main(int argc, char **argv)
{
	static char buf[BLOCK * SECTOR];
	uint32_t lba = DATA_LBA;
	uint64_t total = 0;

	if (argc != 3) {
		fputs("usage: out-disk TOKEN STATUS\n", stderr);
		return 64;
	}
	if (iopl(3)) {
		perror("out-disk: iopl");
		return 1;
	}
	outb(0x02, ATA_CONTROL); /* polling: no interrupts */
	ata_command(ATA_SET_MULTIPLE, 0, BLOCK);
	ata_wait(0);
	for (;;) {
		size_t have = 0;

		while (have < sizeof(buf)) {
			ssize_t r = read(0, buf + have, sizeof(buf) - have);

			if (r < 0 && errno == EINTR)
				continue;
			if (r < 0) {
				perror("out-disk: read");
				return 1;
			}
			if (!r)
				break;
			have += r;
		}
		if (!have)
			break;
		memset(buf + have, 0, sizeof(buf) - have);
		ata_write(lba, buf, (have + SECTOR - 1) / SECTOR);
		lba += BLOCK;
		total += have;
	}
	memset(buf, 0, SECTOR);
	snprintf(buf, SECTOR, "lab-out %s %s %llu\n", argv[1], argv[2], (unsigned long long)total);
	ata_write(0, buf, 1);
	return 0;
}
