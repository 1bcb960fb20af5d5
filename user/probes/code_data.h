/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What code.c answers from; filled in by code_running.c or code_files.c. */
#ifndef CODE_DATA_H
#define CODE_DATA_H

#include "probes/code.h"

#define CODE_MODULES 2

struct btf;

struct code_name {
	char *name;
	uint64_t at; /* a symbol's address, a BTF function's type id */
};

/* Names in the order in which they were added. */
struct code_names {
	struct code_name *entries;
	size_t nr;
};

struct code_module {
	const char *name;
	bool there;
	bool built_in;
	bool has_btf;
	struct btf *btf; /* NULL: none, or that of a file, of which only the names are known */
	struct code_names functions; /* of its BTF */
	struct code_names symbols; /* functions of its symbol table */
};

struct code {
	struct btf *vmlinux; /* NULL: not at hand */
	struct code_module modules[CODE_MODULES]; /* kvm, kvm_intel */
	struct code_names elsewhere; /* functions of the kernel and of other modules */
	/* fills in the symbols when they are first asked for; NULL: they are in */
	int (*read_symbols)(struct code *code);
	/* NULL: nobody can tell */
	int (*find_inlined)(const struct code *code, const char *module, const char *function,
			    struct code_sites *sites, char *why, size_t len);
	const char *debug_info; /* a file, or NULL */
};

struct code *code_new(void);
struct code_module *code_module(const struct code *code, const char *name);
/* The kernel has no longer names (KSYM_NAME_LEN): who has is no function of it. */
#define CODE_NAME_LEN 512

/* One that is too long is left out. */
int code_add_name(struct code_names *names, const char *name, size_t len, uint64_t at);

void code_free_names(struct code_names *names);

/* Adds the functions of btf from the type id first on. */
int code_add_btf_functions(struct code_module *module, const struct btf *btf, uint32_t first);

#endif
