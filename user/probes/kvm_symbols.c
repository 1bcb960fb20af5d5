/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A BPF iterator over the kernel's symbols, since 6.0, 647cafa22349 (bpf: add a ksym BPF
 * iterator). Written by hand, for libbpf would read all of the kernel's BTF once more to load it,
 * which takes a third of what is saved:
 *
 *	if (!ctx->ksym)
 *		return 0;
 *	if (module_name begins with "kvm" || name begins as a function in the plan does)
 *		seq_printf("%llx %c %s\t[%s]\n", show_value ? value : 0, type, name, module_name);
 *	return 0;
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "probes/kvm_symbols.h"
#include "probes/plan.h"

static const char line_format[24] = "%llx %c %s\t[%s]\n";

/* Of struct bpf_iter__ksym, which is part of the kernel's ABI. */
#define CTX_META 0
#define CTX_KSYM 8
#define META_SEQ 0

/* On the stack, below r10. */
#define DATA (-32) /* what is printed: 4 numbers */
#define FORMAT (-56)
#define BEGINNING (-64)

#define MAX_BEGINNINGS 24
#define MAX_INSNS 160
#define TO_PRINT 0x7fff /* a jump whose way is not known yet */

struct program {
	struct bpf_insn insns[MAX_INSNS];
	unsigned int nr;
};

static void add(struct program *p, unsigned int code, unsigned int dst, unsigned int src, int off,
		int imm)
{
	if (p->nr < MAX_INSNS)
		p->insns[p->nr++] = (struct bpf_insn){ .code = (__u8)code,
						       .dst_reg = dst & 15,
						       .src_reg = src & 15,
						       .off = (__s16)off,
						       .imm = imm };
}

#define LOAD(size, dst, src, off) add(p, BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(dst, off, src) add(p, BPF_STX | BPF_MEM | BPF_DW, dst, src, off, 0)
#define SET(dst, imm) add(p, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define COPY(dst, src) add(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ADD(dst, imm) add(p, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define IF_EQUAL(dst, imm, off) add(p, BPF_JMP32 | BPF_JEQ | BPF_K, dst, 0, off, imm)
#define UNLESS_EQUAL(dst, imm, off) add(p, BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, off, imm)
#define CALL(function) add(p, BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define EXIT() add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Where the kernel has what in struct kallsym_iter; -1: it has not. */
struct layout {
	int value, type, name, module_name, show_value;
};

static int offset_of(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *member = btf_members(type);
	__u32 i;

	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, member[i].name_off), name))
			return (int)btf_member_bit_offset(type, i) / 8;
	return -1;
}

static int find_layout(struct layout *at, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "kallsym_iter", BTF_KIND_STRUCT);
	const struct btf_type *type;

	if (id < 0)
		return -EOPNOTSUPP;
	type = btf__type_by_id(btf, (__u32)id);
	at->value = offset_of(btf, type, "value");
	at->type = offset_of(btf, type, "type");
	at->name = offset_of(btf, type, "name");
	at->module_name = offset_of(btf, type, "module_name");
	at->show_value = offset_of(btf, type, "show_value");
	return at->value < 0 || at->type < 0 || at->name < 0 || at->module_name < 0 ||
			       at->show_value < 0
		       ? -EOPNOTSUPP
		       : 0;
}

/* r6 is the context, r7 the symbol. */
static void write_choice(struct program *p, const struct layout *at)
{
	uint32_t beginnings[MAX_BEGINNINGS];
	size_t nr = plan_beginnings(beginnings, MAX_BEGINNINGS), i;

	COPY(6, 1);
	LOAD(BPF_DW, 7, 6, CTX_KSYM);
	add(p, BPF_JMP | BPF_JNE | BPF_K, 7, 0, 2, 0);
	SET(0, 0);
	EXIT();
	LOAD(BPF_B, 1, 7, at->module_name);
	UNLESS_EQUAL(1, 'k', 4);
	LOAD(BPF_B, 1, 7, at->module_name + 1);
	UNLESS_EQUAL(1, 'v', 2);
	LOAD(BPF_B, 1, 7, at->module_name + 2);
	IF_EQUAL(1, 'm', TO_PRINT);
	COPY(1, 10);
	ADD(1, BEGINNING);
	SET(2, sizeof(beginnings[0]));
	COPY(3, 7);
	ADD(3, at->name);
	CALL(BPF_FUNC_probe_read_kernel);
	LOAD(BPF_W, 1, 10, BEGINNING);
	for (i = 0; i < nr; i++)
		IF_EQUAL(1, (int)beginnings[i], TO_PRINT);
	SET(0, 0);
	EXIT();
}

static void write_print(struct program *p, const struct layout *at)
{
	int32_t part;
	size_t i;

	for (i = 0; i < sizeof(line_format); i += sizeof(part)) {
		memcpy(&part, line_format + i, sizeof(part));
		add(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, FORMAT + (int)i, part);
	}
	SET(1, 0);
	LOAD(BPF_W, 2, 7, at->show_value);
	IF_EQUAL(2, 0, 1);
	LOAD(BPF_DW, 1, 7, at->value);
	STORE(10, DATA, 1);
	LOAD(BPF_B, 1, 7, at->type);
	STORE(10, DATA + 8, 1);
	COPY(1, 7);
	ADD(1, at->name);
	STORE(10, DATA + 16, 1);
	COPY(1, 7);
	ADD(1, at->module_name);
	STORE(10, DATA + 24, 1);
	LOAD(BPF_DW, 1, 6, CTX_META);
	LOAD(BPF_DW, 1, 1, META_SEQ);
	COPY(2, 10);
	ADD(2, FORMAT);
	SET(3, (int)strlen(line_format) + 1);
	COPY(4, 10);
	ADD(4, DATA);
	SET(5, 32);
	CALL(BPF_FUNC_seq_printf);
	SET(0, 0);
	EXIT();
}

static void write_program(struct program *p, const struct layout *at)
{
	unsigned int print, i;

	write_choice(p, at);
	print = p->nr;
	write_print(p, at);
	for (i = 0; i < print; i++)
		if (p->insns[i].off == TO_PRINT)
			p->insns[i].off = (__s16)(print - i - 1);
}

/* What is returned holds the program. */
static int open_iterator(int prog)
{
	int link = bpf_link_create(prog, 0, BPF_TRACE_ITER, NULL), fd;

	if (link < 0)
		return link;
	fd = bpf_iter_create(link);
	close(link);
	return fd;
}

int kvm_symbols_open(const struct btf *vmlinux)
{
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_ITER);
	int id = btf__find_by_name_kind(vmlinux, "bpf_iter_ksym", BTF_KIND_FUNC), prog, fd;
	struct program p = {};
	struct layout at;
	int err;

	if (id < 0)
		return -EOPNOTSUPP;
	err = find_layout(&at, vmlinux);
	if (err)
		return err;
	write_program(&p, &at);
	opts.attach_btf_id = (__u32)id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "kvm_symbols", "GPL", p.insns, p.nr, &opts);
	if (prog < 0)
		return prog;
	fd = open_iterator(prog);
	close(prog);
	return fd;
}
