/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this process is and uses, as /proc has it. 0 where that cannot be read. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdint.h>

double process_start_time(void); /* Unix time */
double process_cpu_seconds(void);
uint64_t process_resident_bytes(void);
uint64_t process_open_fds(void);

#endif
