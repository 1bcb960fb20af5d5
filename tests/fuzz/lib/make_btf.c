/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a module's BTF and that of its kernel, with something of every kind in them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/btf.h>

static struct btf *make_base(void)
{
	struct btf *btf = btf__new_empty();

	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(btf, "list_head", 16);
	btf__add_field(btf, "next", 1, 0, 0);
	btf__add_func_proto(btf, 1);
	btf__add_func(btf, "twice", BTF_FUNC_GLOBAL, 3);
	return btf;
}

static void add_functions(struct btf *btf, int proto)
{
	static const char *const names[] = { "vmx_set_nested_state", "hva_to_pfn",
					     "nested_vmx_vmexit", "free_vcpu", "twice" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		btf__add_func(btf, names[i], BTF_FUNC_STATIC, proto);
}

static void add_types(struct btf *btf)
{
	int own = btf__add_struct(btf, "nested_vmx", 8), proto;

	btf__add_field(btf, "next", 1, 0, 0);
	btf__add_ptr(btf, own);
	btf__add_array(btf, 1, own, 3);
	btf__add_union(btf, NULL, 4);
	btf__add_field(btf, "in_union", 1, 0, 0);
	btf__add_enum(btf, "evmptrld_status", 4);
	btf__add_enum_value(btf, "EVMPTRLD_DISABLED", 0);
	btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "WIDE", 1ULL << 40);
	btf__add_fwd(btf, "not_told", BTF_FWD_STRUCT);
	btf__add_typedef(btf, "gpa_type", 1);
	btf__add_const(btf, own);
	btf__add_float(btf, "double", 8);
	proto = btf__add_func_proto(btf, 1);
	btf__add_func_param(btf, "vcpu", own);
	btf__add_var(btf, "enable_evmcs", BTF_VAR_STATIC, 1);
	btf__add_datasec(btf, ".data..percpu", 4);
	btf__add_datasec_var_info(btf, 1, 0, 4);
	btf__add_decl_tag(btf, "user_tag", own, -1);
	btf__add_type_tag(btf, "rcu", own);
	add_functions(btf, proto);
}

static void write_to(const char *path, const struct btf *btf)
{
	FILE *f = fopen(path, "we");
	const void *raw;
	uint32_t len;

	raw = btf__raw_data(btf, &len);
	if (!raw || !f || fwrite(raw, 1, len, f) != len || fclose(f))
		exit(1);
}

int main(int argc, char **argv)
{
	struct btf *base = make_base(), *split = btf__new_empty_split(base);

	if (argc != 3)
		return 64;
	add_types(split);
	write_to(argv[1], split);
	write_to(argv[2], base);
	btf__free(split);
	btf__free(base);
	return 0;
}
