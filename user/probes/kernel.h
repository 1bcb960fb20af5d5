/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the running kernel lets itself be traced. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>

/* A flag of /proc/cpuinfo: "vmx". */
bool kernel_cpu_has(const char *flag);

/* Is it loaded, or built in? */
bool kernel_has_kvm_intel(void);

/* What this host would refuse, told to the user: a status, 0: nothing is in the way. */
int kernel_preflight(void);

/*
 * Whether a task may be preempted inside the kernel, and so inside a program that
 * is attached by fentry. Until it goes on, the kernel skips that program for every
 * other task on the CPU. What runs by kprobe is not preempted.
 */
bool kernel_preempts(void);

#endif
