/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "probes/code.h"
#include "probes/code_data.h"

#define NAMES_CHUNK 1024

struct code *code_new(void)
{
	struct code *code = calloc(1, sizeof(*code));

	if (!code)
		return NULL;
	code->modules[0].name = CODE_KVM;
	code->modules[1].name = CODE_KVM_INTEL;
	return code;
}

void code_free_names(struct code_names *names)
{
	size_t i;

	for (i = 0; i < names->nr; i++)
		free(names->entries[i].name);
	free(names->entries);
	memset(names, 0, sizeof(*names));
}

void code_free(struct code *code)
{
	size_t i;

	if (!code)
		return;
	for (i = 0; i < CODE_MODULES; i++) {
		code_free_names(&code->modules[i].functions);
		code_free_names(&code->modules[i].symbols);
		btf__free(code->modules[i].btf);
	}
	btf__free(code->vmlinux);
	code_free_names(&code->elsewhere);
	free(code);
}

struct code_module *code_module(const struct code *code, const char *name)
{
	size_t i;

	for (i = 0; i < CODE_MODULES; i++)
		if (!strcmp(code->modules[i].name, name))
			return (struct code_module *)&code->modules[i];
	return NULL;
}

int code_add_name(struct code_names *names, const char *name, size_t len, uint64_t at)
{
	struct code_name *entries = names->entries;

	if (len >= CODE_NAME_LEN)
		return 0;
	if (!(names->nr % NAMES_CHUNK)) {
		entries = realloc(entries, (names->nr + NAMES_CHUNK) * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		names->entries = entries;
	}
	entries[names->nr].name = strndup(name, len);
	if (!entries[names->nr].name)
		return -ENOMEM;
	entries[names->nr++].at = at;
	return 0;
}

int code_add_btf_functions(struct code_module *module, const struct btf *btf, uint32_t first)
{
	const struct btf_type *type;
	const char *name;
	uint32_t id;
	int err = 0;

	for (id = first; id < btf__type_cnt(btf) && !err; id++) {
		type = btf__type_by_id(btf, id);
		if (!btf_is_func(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		err = code_add_name(&module->functions, name, strnlen(name, CODE_NAME_LEN), id);
	}
	module->has_btf = !err;
	return err;
}

bool code_has_module(const struct code *code, const char *name)
{
	const struct code_module *module = code_module(code, name);

	return module && module->there;
}

bool code_is_built_in(const struct code *code, const char *name)
{
	const struct code_module *module = code_module(code, name);

	return module && module->built_in;
}

bool code_has_btf(const struct code *code, const char *name)
{
	const struct code_module *module = code_module(code, name);

	return module && module->has_btf;
}

uint32_t code_btf_function(const struct code *code, const char *name, const char *function,
			   int *times)
{
	const struct code_module *module = code_module(code, name);
	uint32_t id = 0;
	size_t i;

	*times = 0;
	for (i = 0; module && i < module->functions.nr; i++) {
		if (strcmp(module->functions.entries[i].name, function) != 0)
			continue;
		id = (uint32_t)module->functions.entries[i].at;
		++*times;
	}
	return *times == 1 ? id : 0;
}

static bool has_site(const struct code_sites *sites, uint64_t address)
{
	int i;

	for (i = 0; i < sites->nr; i++)
		if (sites->site[i].address == address)
			return true;
	return false;
}

static void add_site(struct code_sites *sites, const struct code_name *symbol, enum symbol_fit fit)
{
	if (symbol->at && has_site(sites, symbol->at))
		return;
	sites->more = sites->nr == CODE_MAX_SITES;
	if (sites->more)
		return;
	snprintf(sites->site[sites->nr].name, sizeof(sites->site[0].name), "%s", symbol->name);
	sites->site[sites->nr++].address = symbol->at;
	if (fit < sites->fit)
		sites->fit = fit;
}

static bool has_pieces(const struct code_names *symbols, const char *function)
{
	size_t i;

	for (i = 0; i < symbols->nr; i++)
		if (symbol_fit(symbols->entries[i].name, function) == SYMBOL_PIECE)
			return true;
	return false;
}

bool code_find_sites(struct code *code, const char *name, const char *function,
		     struct code_sites *sites)
{
	struct code_module *module = code_module(code, name);
	enum symbol_fit fit;
	bool pieces;
	size_t i;

	memset(sites, 0, sizeof(*sites));
	sites->fit = SYMBOL_WHOLE;
	if (code->read_symbols) {
		code->read_symbols(code);
		code->read_symbols = NULL;
	}
	if (!module)
		return false;
	/*
	 * A call of the whole ends up in a piece as well, and one of a caller
	 * that took in its head only there.
	 */
	pieces = has_pieces(&module->symbols, function);
	for (i = 0; i < module->symbols.nr; i++) {
		fit = symbol_fit(module->symbols.entries[i].name, function);
		if (fit == SYMBOL_PIECE || (!pieces && fit > SYMBOL_PIECE))
			add_site(sites, &module->symbols.entries[i], fit);
	}
	return sites->nr;
}

bool code_has_namesake(const struct code *code, const char *function)
{
	size_t i;

	for (i = 0; i < code->elsewhere.nr; i++)
		if (!strcmp(code->elsewhere.entries[i].name, function))
			return true;
	return false;
}

bool code_find_inlined(struct code *code, const char *module, const char *function,
		       struct code_sites *sites, char *why, size_t len)
{
	memset(sites, 0, sizeof(*sites));
	if (code->find_inlined)
		return code->find_inlined(code, module, function, sites, why, len) > 0;
	snprintf(why, len, "looked for when the module runs");
	return false;
}

bool code_has_enumerator(const struct code *code, const char *type_name, const char *name)
{
	const struct btf_type *type;
	const struct btf_enum *value;
	int id, i;

	if (!code->vmlinux)
		return false;
	id = btf__find_by_name_kind(code->vmlinux, type_name, BTF_KIND_ENUM);
	if (id < 0)
		return false;
	type = btf__type_by_id(code->vmlinux, (__u32)id);
	value = btf_enum(type);
	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(code->vmlinux, value[i].name_off), name))
			return true;
	return false;
}

bool code_counts_skipped_kprobes(const struct code *code)
{
	/* of the same series: it tells how many, in one more argument */
	const int with_missed = 7;
	const struct btf_type *type;
	int id;

	if (!code->vmlinux)
		return false;
	id = btf__find_by_name_kind(code->vmlinux, "bpf_get_perf_event_info", BTF_KIND_FUNC);
	if (id < 0)
		return false;
	type = btf__type_by_id(code->vmlinux, btf__type_by_id(code->vmlinux, (__u32)id)->type);
	return btf_vlen(type) >= with_missed;
}

/*
 * libbpf would take struct kvm_nested_state from the kernel's own BTF, where a
 * rebuilt module's additional field is not to be seen.
 */
unsigned int code_evmcs_pa_offset(const struct code *code)
{
	const struct btf *btf = code_module(code, CODE_KVM_INTEL)->btf;
	const struct btf_type *type;
	const struct btf_member *member;
	int id, i, last = -1;

	if (!btf || !code->vmlinux)
		return 0;
	for (id = (int)btf__type_cnt(code->vmlinux); id < (int)btf__type_cnt(btf); id++) {
		type = btf__type_by_id(btf, id);
		if (btf_is_struct(type) &&
		    !strcmp(btf__name_by_offset(btf, type->name_off), "kvm_vmx_nested_state_hdr"))
			last = id;
	}
	if (last < 0)
		return 0;
	type = btf__type_by_id(btf, last);
	member = btf_members(type);
	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, member[i].name_off), "evmcs_pa"))
			/* behind flags, format and size: 8 bytes */
			return 8 + btf_member_bit_offset(type, i) / 8;
	return 0;
}

static bool is_btf_of(int fd, const char *module)
{
	char name[64] = "";
	struct bpf_btf_info info = { .name = (__u64)(unsigned long)name, .name_len = sizeof(name) };
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf && !strcmp(name, module);
}

int code_open_btf(const struct code *code, const char *name)
{
	const struct code_module *module = code_module(code, name);
	__u32 id = 0;
	int fd;

	if (!module || !module->btf)
		return 0;
	while (!bpf_btf_get_next_id(id, &id)) {
		fd = bpf_btf_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (is_btf_of(fd, name))
			return fd;
		close(fd);
	}
	return -ENOENT;
}
