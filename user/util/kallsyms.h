/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's symbol table. It is large: read it once, and only if needed. */
#ifndef KALLSYMS_H
#define KALLSYMS_H

#include <stdint.h>

struct kallsym {
	uint64_t address; /* 0 where kptr_restrict hides it */
	char type; /* as nm shows it */
	const char *name; /* valid during the call only */
	const char *module; /* "" for the kernel itself */
};

/*
 * Opens the table, once: whether addresses are in it is decided then, by the
 * privileges that the process has then. -errno where it cannot be read.
 */
int kallsyms_open(void);

/*
 * Calls fn for every text symbol; a value other than 0 from fn ends it and is
 * returned. Returns -errno where the table cannot be read.
 */
int kallsyms_for_each_text(int (*fn)(void *ctx, const struct kallsym *symbol), void *ctx);

/* The same of what has such lines and was opened already. */
int kallsyms_fd_for_each_text(int fd, int (*fn)(void *ctx, const struct kallsym *symbol),
			      void *ctx);

/* "ffffffffc0a31230 t nested_vmx_run	[kvm_intel]": false for what is no text symbol. */
int kallsyms_parse_text(char *line, struct kallsym *symbol);

#endif
