/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of the functions in a module's BTF, where the BTF that it is split
 * from (its kernel's) is not at hand.
 */
#ifndef SPLIT_BTF_H
#define SPLIT_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct split_btf {
	const void *data; /* section .BTF */
	size_t size;
	const void *base; /* section .BTF.base, which few modules have; else NULL */
	size_t base_size;
	/* is it the name of a function in the module's symbol table? */
	bool (*is_function)(void *ctx, const char *name);
	/* called for each function; 0 or -errno, which ends it */
	int (*take)(void *ctx, const char *name, uint32_t index);
	void *ctx;
};

/*
 * 0, or -EINVAL: no BTF, damaged, or of a kind that is not known here; -ENODATA:
 * which of its strings are the kernel's cannot be told.
 */
int split_btf_functions(const struct split_btf *btf);

#endif
