/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a VMM process says of itself. */
#ifndef VMM_H
#define VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMM_NAME_LEN 128

void vmm_comm(uint32_t pid, char *comm, size_t size);

/* The VM's name as QEMU was given it (-name guest=web1,... or -name web1). */
bool vmm_vm_name(uint32_t pid, char name[VMM_NAME_LEN]);

/* The same from a command line as /proc has it: NUL between arguments. */
bool vmm_name_of_cmdline(const char *cmdline, size_t len, char name[VMM_NAME_LEN]);

#endif
