/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the running kernel is and has: symbols, BTF, module facts. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>

struct kernel_function {
	char name[64]; /* as in kallsyms, with a compiler's suffix */
	unsigned long long address;
	bool suffixed;
};

/* Is the module there, loaded or built in? */
bool kernel_has_module(const char *module);

/* Reads the BTF of the kernel and of the KVM modules. */
void kernel_load_btf(void);
void kernel_free_functions(void);

/* Its type id in the module's BTF, 0: it is none there. Names use underscores. */
unsigned int kernel_btf_function(const char *name, const char *module);
/* The BTF object that those ids are of, to be closed; 0: the kernel's own. -errno. */
int kernel_btf_fd(const char *module);
bool kernel_module_has_btf(const char *module);

/*
 * The symbol that stands for a function, from kallsyms, which is read when it
 * is first asked for. NULL where the kernel has no such symbol.
 */
const struct kernel_function *kernel_find_symbol(const char *name, const char *module);

/* Does the kernel's BPF have the helper, "BPF_FUNC_..."? */
bool kernel_has_bpf_helper(const char *name);

/*
 * Byte offset of hdr.vmx.evmcs_pa in struct kvm_nested_state, 0 where this
 * kernel's kvm_intel has no such field.
 */
unsigned int kernel_evmcs_pa_offset(void);

/*
 * Says in one sentence why nothing can be traced here, and returns the exit
 * status for it; 0 where nothing is in the way. Checked before load.
 */
int kernel_preflight(void);

#endif
