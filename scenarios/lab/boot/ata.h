/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first ATA channel: its registers, and what the ROM and out-disk need of it. */
#ifndef ATA_H
#define ATA_H

#define ATA_DATA 0x1f0
#define ATA_COUNT 0x1f2
#define ATA_LBA0 0x1f3
#define ATA_LBA1 0x1f4
#define ATA_LBA2 0x1f5
#define ATA_DEVICE 0x1f6
#define ATA_STATUS 0x1f7
#define ATA_COMMAND 0x1f7
#define ATA_CONTROL 0x3f6

#define ATA_ERR 0x01
#define ATA_DRQ 0x08
#define ATA_BSY 0x80

#define ATA_READ_MULTIPLE 0xc4
#define ATA_WRITE_MULTIPLE 0xc5
#define ATA_SET_MULTIPLE 0xc6

#endif
