/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "evmcs_trace/status.h"
#include "probes/kernel.h"
#include "util/errstr.h"
#include "util/first_line.h"
#include "util/kallsyms.h"
#include "util/say.h"

#define MAX_FUNCTIONS 16384

struct module_function {
	struct kernel_function fn;
	char module[16];
};

/* The functions of the modules of interest, as kallsyms lists them. */
static struct module_function *functions;
static size_t nr_functions;
static bool kallsyms_read; /* only when BTF does not answer: it is large */

static const char *const modules[] = { "kvm", "kvm_intel" };
#define NR_MODULES (sizeof(modules) / sizeof(modules[0]))

/* Base BTF first: the modules' BTF are split from it. */
static struct btf *vmlinux_btf;
static struct btf *module_btf[NR_MODULES];

bool kernel_has_module(const char *module)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return !access(path, F_OK);
}

/* Index into modules[], -1 where it is none of them. */
static int module_index(const char *module)
{
	size_t i;

	for (i = 0; i < NR_MODULES; i++)
		if (!strcmp(module, modules[i]))
			return (int)i;
	return -1;
}

static int add_function(const char *name, const char *module, unsigned long long address)
{
	struct module_function *f;

	if (!(nr_functions % 1024)) {
		f = realloc(functions, (nr_functions + 1024) * sizeof(*f));
		if (!f)
			return -ENOMEM;
		functions = f;
	}
	f = &functions[nr_functions++];
	memset(f, 0, sizeof(*f));
	snprintf(f->fn.name, sizeof(f->fn.name), "%s", name);
	snprintf(f->module, sizeof(f->module), "%s", module);
	f->fn.address = address;
	return 0;
}

/* Of a built-in KVM no module is told: then the name must speak for it. */
static int take_symbol(void *ctx, const struct kallsym *symbol)
{
	const bool *built_in = ctx;

	if (symbol->module[0])
		return module_index(symbol->module) < 0
			       ? 0
			       : add_function(symbol->name, symbol->module, symbol->address);
	if (*built_in && nr_functions < MAX_FUNCTIONS &&
	    (strstr(symbol->name, "kvm") || strstr(symbol->name, "vmx") ||
	     strstr(symbol->name, "walk_addr") || strstr(symbol->name, "hva_to_pfn")))
		return add_function(symbol->name, "", symbol->address);
	return 0;
}

static int read_kallsyms(void)
{
	bool built_in = access("/sys/module/kvm_intel/initstate", F_OK) != 0;
	int err;

	err = kallsyms_for_each_text(take_symbol, &built_in);
	if (err)
		say_error("cannot read /proc/kallsyms (%s): run as root", errstr(err));
	return err;
}

void kernel_load_btf(void)
{
	size_t i;

	kernel_free_functions();
	vmlinux_btf = btf__load_vmlinux_btf();
	if (!vmlinux_btf)
		return;
	for (i = 0; i < NR_MODULES; i++)
		module_btf[i] = btf__load_module_btf(modules[i], vmlinux_btf);
}

void kernel_free_functions(void)
{
	size_t i;

	free(functions);
	functions = NULL;
	nr_functions = 0;
	kallsyms_read = false;
	for (i = 0; i < NR_MODULES; i++) {
		btf__free(module_btf[i]);
		module_btf[i] = NULL;
	}
	btf__free(vmlinux_btf);
	vmlinux_btf = NULL;
}

/*
 * How well a symbol stands for the wanted function: 2 it is the function, 1 it
 * is a part of it that still has its arguments in place (.part: what is left
 * after its head was inlined), 0 it does not. The arguments of .isra and
 * .constprop clones are not where the source says, and .cold is only the
 * unlikely half.
 */
static int symbol_stands_for(const char *symbol, const char *function)
{
	size_t len = strlen(function);

	if (strncmp(symbol, function, len))
		return 0;
	if (!symbol[len])
		return 2;
	return !strncmp(symbol + len, ".part.", 6) && !strstr(symbol + len, ".cold");
}

bool kernel_module_has_btf(const char *module)
{
	int i = module_index(module);

	return i >= 0 && module_btf[i];
}

/* A module's functions are in its own part; the base is 15 times as large. */
unsigned int kernel_btf_function(const char *name, const char *module)
{
	const struct btf_type *type;
	const struct btf *btf;
	__u32 id = 1;
	int i = module_index(module);

	if (i < 0 || !vmlinux_btf)
		return 0;
	btf = module_btf[i];
	if (btf)
		id = btf__type_cnt(vmlinux_btf);
	else
		btf = vmlinux_btf;
	for (; id < btf__type_cnt(btf); id++) {
		type = btf__type_by_id(btf, id);
		if (btf_is_func(type) && !strcmp(btf__name_by_offset(btf, type->name_off), name))
			return id;
	}
	return 0;
}

static bool is_btf_of(int fd, const char *module)
{
	char name[64] = "";
	struct bpf_btf_info info = { .name = (__u64)(unsigned long)name, .name_len = sizeof(name) };
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf && !strcmp(name, module);
}

int kernel_btf_fd(const char *module)
{
	__u32 id = 0;
	int fd;

	if (!kernel_module_has_btf(module))
		return 0;
	while (!bpf_btf_get_next_id(id, &id)) {
		fd = bpf_btf_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (is_btf_of(fd, module))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

const struct kernel_function *kernel_find_symbol(const char *name, const char *module)
{
	struct module_function *best = NULL;
	int best_rank = 0, rank;
	size_t i;

	if (!kallsyms_read && read_kallsyms())
		return NULL;
	kallsyms_read = true;
	for (i = 0; i < nr_functions; i++) {
		struct module_function *f = &functions[i];

		if (f->module[0] && strcmp(f->module, module))
			continue;
		rank = symbol_stands_for(f->fn.name, name);
		if (rank <= best_rank)
			continue;
		best = f;
		best_rank = rank;
	}
	if (!best)
		return NULL;
	best->fn.suffixed = best_rank == 1;
	return &best->fn;
}

/* Asking libbpf to probe for it does not work for tracing programs. */
bool kernel_has_bpf_helper(const char *name)
{
	const struct btf_type *type;
	const struct btf_enum *value;
	int id, i;

	id = btf__find_by_name_kind(vmlinux_btf, "bpf_func_id", BTF_KIND_ENUM);
	if (id < 0)
		return false;
	type = btf__type_by_id(vmlinux_btf, (__u32)id);
	value = btf_enum(type);
	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(vmlinux_btf, value[i].name_off), name))
			return true;
	return false;
}

/*
 * libbpf would take struct kvm_nested_state from the kernel's own BTF, where a
 * rebuilt module's additional field is not to be seen.
 */
unsigned int kernel_evmcs_pa_offset(void)
{
	const struct btf_type *type;
	const struct btf_member *member;
	int id, i, last = -1;

	if (!module_btf[1])
		return 0;
	for (id = (int)btf__type_cnt(vmlinux_btf); id < (int)btf__type_cnt(module_btf[1]); id++) {
		type = btf__type_by_id(module_btf[1], id);
		if (btf_is_struct(type) &&
		    !strcmp(btf__name_by_offset(module_btf[1], type->name_off),
			    "kvm_vmx_nested_state_hdr"))
			last = id;
	}
	if (last < 0)
		return 0;
	type = btf__type_by_id(module_btf[1], last);
	member = btf_members(type);
	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(module_btf[1], member[i].name_off), "evmcs_pa"))
			/* behind flags, format and size: 8 bytes */
			return 8 + btf_member_bit_offset(type, i) / 8;
	return 0;
}

/* "none integrity [confidentiality]": the mode in force is in brackets */
static bool locked_down(void)
{
	char modes[128];

	first_line("/sys/kernel/security/lockdown", modes, sizeof(modes));
	return strstr(modes, "[confidentiality]");
}

int kernel_preflight(void)
{
	char nested[8];

	if (geteuid() != 0) {
		say_error("tracing KVM needs root: run it with sudo");
		return STATUS_NOT_ARMED;
	}
	if (!kernel_has_module("kvm_intel")) {
		say_error(
			"kvm_intel is not loaded, so no nested VMX guest can be restored here: "
			"load it with 'modprobe kvm_intel nested=1' (needs an Intel CPU with VMX)");
		return STATUS_UNSUPPORTED;
	}
	first_line("/sys/module/kvm_intel/parameters/nested", nested, sizeof(nested));
	if (nested[0] == 'N') {
		say_error(
			"kvm_intel was loaded with nested=0, so no nested guest can be restored "
			"here: load it with 'modprobe -r kvm_intel; modprobe kvm_intel nested=1'");
		return STATUS_UNSUPPORTED;
	}
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		say_error(
			"this kernel has no BTF (/sys/kernel/btf/vmlinux), without which its "
			"structures cannot be read: use a kernel built with CONFIG_DEBUG_INFO_BTF");
		return STATUS_NOT_ARMED;
	}
	if (locked_down()) {
		say_error("kernel lockdown is in confidentiality mode, which forbids BPF to read "
			  "kernel memory: boot with lockdown=integrity or none");
		return STATUS_NOT_ARMED;
	}
	return 0;
}
