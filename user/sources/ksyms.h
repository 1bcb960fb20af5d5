/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names for kernel addresses of stacks. */
#ifndef KSYMS_H
#define KSYMS_H

#include <stdint.h>

struct ksyms;

struct ksyms *ksyms_new(void);

/* A module was unloaded: what was at its addresses may be something else now. */
void ksyms_forget(struct ksyms *ksyms);

/*
 * Addresses of a stack, innermost first. All but the first are where a call returns to,
 * and belong to the function that the call is in: where it is the last of it (it never
 * returns), the address itself is already the next function's.
 *
 * Fills names[i] with "function+0x1f [module]" for each address, or the
 * address itself where it has no symbol. They live until it is told to forget.
 * /proc/kallsyms is read when the first stack comes, not before: stacks are
 * rare, the table is large. It is read again when an address is not in it,
 * since modules and BPF programs come and go.
 */
void ksyms_resolve(struct ksyms *ksyms, const uint64_t *addresses, int nr, const char **names);

#endif
