/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The code of KVM: which functions it has, where, and what BTF knows of them.
 * That of the running kernel, or of module files that are not loaded: the probe
 * plan is made from either.
 */
#ifndef CODE_H
#define CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/symbol_fit.h"

/* Modules by the names that the kernel gives them, with underscores. */
#define CODE_KVM "kvm"
#define CODE_KVM_INTEL "kvm_intel"

/* Copies of one function that are attached to side by side. */
#define CODE_MAX_SITES 8

struct code;

struct code_sites {
	int nr;
	bool more; /* there are more copies than that */
	enum symbol_fit fit; /* the worst of them */
	struct {
		char name[64]; /* as the symbol table has it */
		uint64_t address; /* of module files: in its section */
	} site[CODE_MAX_SITES];
};

/*
 * NULL where there is no memory; what cannot be read is not in it. debug_info: a
 * file with that of kvm_intel; NULL: what is installed or served.
 */
struct code *code_of_running_kernel(const char *debug_info);

/*
 * Of kvm-intel.ko and of kvm.ko (NULL: the file beside it), compressed or not.
 * NULL with a sentence in why, which names the remedy.
 */
struct code *code_of_files(const char *kvm_intel, const char *kvm, char *why, size_t len);

void code_free(struct code *code);

/* Is it there, as a module or in the kernel itself? */
bool code_has_module(const struct code *code, const char *module);
bool code_is_built_in(const struct code *code, const char *module);
bool code_has_btf(const struct code *code, const char *module);

/*
 * The type id of a function in its module's BTF, or in the kernel's where it is
 * built in. 0: BTF does not have it, or has several of this name, which it does
 * not tell apart: *times says how many.
 */
uint32_t code_btf_function(const struct code *code, const char *module, const char *function,
			   int *times);

/*
 * The symbols that a call of the function ends up in: itself, and the clones
 * that were made of it; or its pieces, where it has some. False: none. Addresses
 * are 0 where the kernel hides them from this process.
 */
bool code_find_sites(struct code *code, const char *module, const char *function,
		     struct code_sites *sites);

/*
 * The places where the compiler put the function into its callers, as the
 * module's debug information has them. False, with a sentence in why: there are
 * none, or nobody can tell. Only of the running kernel.
 */
bool code_find_inlined(struct code *code, const char *module, const char *function,
		       struct code_sites *sites, char *why, size_t len);

/*
 * Is there a function of that very name in the kernel itself or another module? To
 * be asked after code_find_sites().
 */
bool code_has_namesake(const struct code *code, const char *function);

/* An enumerator of the kernel's BTF; 0 (none): that BTF is not at hand. */
bool code_has_enumerator(const struct code *code, const char *type, const char *name);

/*
 * Does this kernel count the programs at kprobes that it does not run? Since 6.7,
 * dd8657894c11 (bpf: Count missed stats in trace_call_bpf).
 */
bool code_counts_skipped_kprobes(const struct code *code);

/* Offset of evmcs_pa in struct kvm_nested_state; 0: this kvm_intel has none. */
unsigned int code_evmcs_pa_offset(const struct code *code);

/* The BTF object that the ids of a module are of, to be closed; 0: the kernel's own. -errno. */
int code_open_btf(const struct code *code, const char *module);

#endif
