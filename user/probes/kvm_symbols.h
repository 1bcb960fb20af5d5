/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the kernel's symbol table that the probe plan asks for. The kernel prints
 * all of /proc/kallsyms, 170,000 lines, for whoever wants 2,000 of them: that, and to parse
 * them, took a fifth of the time until armed.
 */
#ifndef KVM_SYMBOLS_H
#define KVM_SYMBOLS_H

struct btf;

/*
 * A descriptor from which lines as in /proc/kallsyms can be read: all of KVM's modules, and
 * what begins as a function in the plan does. -errno where this kernel has no such thing, or
 * does not let us.
 */
int kvm_symbols_open(const struct btf *vmlinux);

#endif
