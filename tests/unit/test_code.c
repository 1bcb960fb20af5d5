/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The code of KVM from module files, which are made here: by gcc, objcopy and libbpf. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include <bpf/btf.h>

#include "probes/code_data.h"
#include "probes/split_btf.h"
#include "scratch.h"

/* ---- names that a compiler gives ---- */

static void clones_and_pieces(void **state)
{
	static const struct {
		const char *symbol;
		enum symbol_fit fit;
	} rows[] = {
		{ "hva_to_pfn", SYMBOL_WHOLE },
		{ "hva_to_pfn.llvm.1234567890", SYMBOL_WHOLE },
		{ "hva_to_pfn.lto_priv.0", SYMBOL_WHOLE },
		{ "hva_to_pfn.localalias", SYMBOL_WHOLE },
		{ "hva_to_pfn.isra.0", SYMBOL_CLONE },
		{ "hva_to_pfn.constprop.3", SYMBOL_CLONE },
		{ "hva_to_pfn.constprop.0.isra.0", SYMBOL_CLONE },
		{ "hva_to_pfn.specialized.1", SYMBOL_CLONE },
		{ "hva_to_pfn.part.0", SYMBOL_PIECE },
		{ "hva_to_pfn.isra.0.part.0", SYMBOL_PIECE },
		{ "hva_to_pfn.part.0.isra.0", SYMBOL_PIECE },
		{ "hva_to_pfn.cold", SYMBOL_OTHER },
		{ "hva_to_pfn.part.0.cold", SYMBOL_OTHER },
		{ "hva_to_pfn.unheard_of.0", SYMBOL_OTHER },
		{ "__pfx_hva_to_pfn", SYMBOL_OTHER },
		{ "hva_to_pfn_retry", SYMBOL_OTHER },
		{ "hva_to_pf", SYMBOL_OTHER },
		{ "", SYMBOL_OTHER },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (symbol_fit(rows[i].symbol, "hva_to_pfn") != rows[i].fit)
			fail_msg("%s", rows[i].symbol);
}

/* ---- modules, made ---- */

/* At offset 0 of its section, and the same name twice, as modules have them. */
static const char intel_source[] =
	"static const char info[] __attribute__((section(\".modinfo\"), used)) =\n"
	"	\"license=GPL\\0name=\" NAME \"\\0vermagic=\" RELEASE \" SMP preempt\";\n"
	"void vmx_set_nested_state(void) {}\n"
	"void vmx_get_nested_state(void) {}\n"
	"void nested_vmx_vmexit(void) {}\n"
	"__attribute__((section(\".text.other\"))) void free_vcpu(void) {}\n"
	"asm(\".type \\\"walk.part.0\\\", @function\\n\\\"walk.part.0\\\":\\n ret\\n\"\n"
	"    \".type \\\"walk.part.0.cold\\\", @function\\n\\\"walk.part.0.cold\\\":\\n ret\\n\"\n"
	"    \".type copy.isra.0, @function\\ncopy.isra.0:\\n ret\\n\"\n"
	"    \".type copy.constprop.0, @function\\ncopy.constprop.0:\\n ret\\n\");\n"
	"void fn_a(void) {} void fn_b(void) {} void fn_c(void) {} void fn_d(void) {}\n"
	"asm(\".type elsewhere, @function\");\n"
	"extern void elsewhere(void);\n"
	"void twice(void) { elsewhere(); }\n";

static void make_module(const char *file, const char *name, const char *release)
{
	scratch_run("gcc -x c -c -O0 -DNAME='\"%s\"' -DRELEASE='\"%s\"' module.c -o %s", name,
		    release, file);
}

/* ---- their BTF ---- */

/* Names that a kernel's BTF has, of which modules use some for their own. */
static struct btf *make_base(void)
{
	struct btf *btf = btf__new_empty();

	assert_true(btf__add_int(btf, "int", 4, BTF_INT_SIGNED) > 0);
	assert_true(btf__add_struct(btf, "list_head", 16) > 0);
	assert_true(btf__add_field(btf, "next", 1, 0, 0) == 0);
	assert_true(btf__add_func_proto(btf, 1) > 0);
	assert_true(btf__add_func(btf, "twice", BTF_FUNC_GLOBAL, 3) > 0);
	return btf;
}

static void add_functions(struct btf *btf, int proto)
{
	static const char *const names[] = { "vmx_set_nested_state", "copy", "walk",
					     "nested_vmx_vmexit", "free_vcpu" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(btf__add_func(btf, names[i], BTF_FUNC_STATIC, proto) > 0);
	/* of this name there is one in the kernel, too: the string is not the module's own */
	assert_true(btf__add_func(btf, "twice", BTF_FUNC_STATIC, proto) > 0);
}

/* Something of every kind, with and without names that only the module has. */
static void add_types(struct btf *btf)
{
	int own, proto;

	own = btf__add_struct(btf, "nested_vmx", 8);
	assert_true(own > 0);
	btf__add_field(btf, "next", 1, 0, 0);
	btf__add_field(btf, "hv_evmcs_vmptr", 1, 32, 0);
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
	btf__add_volatile(btf, own);
	btf__add_restrict(btf, own);
	btf__add_float(btf, "double", 8);
	proto = btf__add_func_proto(btf, 1);
	assert_true(proto > 0);
	btf__add_func_param(btf, "vcpu", own);
	btf__add_var(btf, "enable_evmcs", BTF_VAR_STATIC, 1);
	btf__add_datasec(btf, ".data..percpu", 4);
	btf__add_datasec_var_info(btf, 1, 0, 4);
	btf__add_decl_tag(btf, "user_tag", own, -1);
	btf__add_type_tag(btf, "rcu", own);
	add_functions(btf, proto);
}

/* A file with the BTF, into which a module's section .BTF is copied. */
static void save_btf(const char *name, const struct btf *btf)
{
	uint32_t len;
	const void *raw = btf__raw_data(btf, &len);

	assert_non_null(raw);
	scratch_write(name, raw, len);
}

static int make_all(void **state)
{
	struct btf *base, *split, *alone;

	(void)state;
	scratch_make();
	scratch_write("module.c", intel_source, sizeof(intel_source) - 1);
	base = make_base();
	split = btf__new_empty_split(base);
	alone = btf__new_empty();
	assert_true(btf__add_int(alone, "int", 4, BTF_INT_SIGNED) > 0);
	add_types(split);
	add_types(alone);
	save_btf("split.btf", split);
	save_btf("alone.btf", alone);
	save_btf("base.btf", base);
	btf__free(split);
	btf__free(alone);
	btf__free(base);
	make_module("bare.ko", "kvm_intel", "9.9.9-test");
	make_module("kvm.ko", "kvm", "9.9.9-test");
	scratch_run("objcopy --add-section .BTF=split.btf bare.ko kvm-intel.ko");
	scratch_run("for m in kvm kvm-intel; do xz -k $m.ko; zstd -q $m.ko; gzip -k $m.ko; done");
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

/* ---- what is read of them ---- */

static struct code *read_code(const char *file, char why[512])
{
	return code_of_files(scratch_path(file), scratch_path("kvm.ko"), why, 512);
}

static bool has_function(const struct code *code, const char *name)
{
	int times;

	return code_btf_function(code, CODE_KVM_INTEL, name, &times) != 0;
}

/* All that BTF has, but the function whose name is the kernel's own string. */
static void expect_functions(const struct code *code)
{
	assert_true(code_has_btf(code, CODE_KVM_INTEL));
	assert_true(has_function(code, "vmx_set_nested_state"));
	assert_true(has_function(code, "nested_vmx_vmexit"));
	assert_true(has_function(code, "copy"));
	assert_true(has_function(code, "walk"));
	assert_true(has_function(code, "free_vcpu"));
	assert_false(has_function(code, "vmx_get_nested_state"));
	assert_false(has_function(code, "hv_evmcs_vmptr"));
}

static void every_packing(void **state)
{
	static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };
	struct code_sites sites;
	struct code *code;
	char why[512], file[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(file, sizeof(file), "kvm-intel.ko%s", suffixes[i]);
		/* kvm.ko is the one beside it, packed likewise */
		code = code_of_files(scratch_path(file), NULL, why, sizeof(why));
		if (!code)
			fail_msg("%s: %s", file, why);
		assert_string_equal(why, "");
		assert_true(code_has_module(code, CODE_KVM_INTEL));
		assert_true(code_has_module(code, CODE_KVM));
		assert_false(code_has_btf(code, CODE_KVM));
		assert_true(code_find_sites(code, CODE_KVM, "free_vcpu", &sites));
		expect_functions(code);
		assert_false(has_function(code, "twice"));
		code_free(code);
	}
}

static void symbols_of_a_file(void **state)
{
	struct code_sites first, other, sites;
	struct code *code;
	char why[512];

	(void)state;
	code = read_code("kvm-intel.ko", why);
	assert_non_null(code);
	/* both are the first of their sections */
	assert_true(code_find_sites(code, CODE_KVM_INTEL, "vmx_set_nested_state", &first));
	assert_true(code_find_sites(code, CODE_KVM_INTEL, "free_vcpu", &other));
	assert_int_not_equal(first.site[0].address, 0);
	assert_int_not_equal(first.site[0].address, other.site[0].address);
	assert_int_equal(first.fit, SYMBOL_WHOLE);
	assert_true(code_find_sites(code, CODE_KVM_INTEL, "walk", &sites));
	assert_int_equal(sites.nr, 1);
	assert_int_equal(sites.fit, SYMBOL_PIECE);
	assert_string_equal(sites.site[0].name, "walk.part.0");
	assert_true(code_find_sites(code, CODE_KVM_INTEL, "copy", &sites));
	assert_int_equal(sites.nr, 2);
	assert_int_equal(sites.fit, SYMBOL_CLONE);
	/* called, not there */
	assert_false(code_find_sites(code, CODE_KVM_INTEL, "elsewhere", &sites));
	assert_false(code_find_sites(code, CODE_KVM_INTEL, "info", &sites));
	code_free(code);
}

static void btf_with_its_base(void **state)
{
	struct code *code;
	char why[512];

	(void)state;
	scratch_run("objcopy --add-section .BTF=alone.btf bare.ko alone.ko");
	code = read_code("alone.ko", why);
	assert_non_null(code);
	expect_functions(code);
	assert_true(has_function(code, "twice"));
	code_free(code);

	scratch_run("objcopy --add-section .BTF.base=base.btf kvm-intel.ko with-base.ko");
	code = read_code("with-base.ko", why);
	assert_non_null(code);
	expect_functions(code);
	assert_true(has_function(code, "twice"));
	code_free(code);
}

/* Without BTF, or with one that tells nothing, what remains are the symbols. */
static void btf_of_no_use(void **state)
{
	static const struct {
		const char *make;
		const char *why;
	} rows[] = {
		{ "cp bare.ko useless.ko", "" },
		{ "head -c 60 split.btf >cut.btf; objcopy --add-section .BTF=cut.btf bare.ko "
		  "useless.ko",
		  "damaged" },
		{ "objcopy --add-section .BTF=module.c bare.ko useless.ko", "damaged" },
		/* of another module: other functions */
		{ "sed 's/nested/deeper/g;s/copy/clon/;s/walk/rung/;s/free_/lose_/' split.btf "
		  ">x.btf; "
		  "objcopy --add-section .BTF=x.btf bare.ko useless.ko",
		  "do not match its symbols" },
	};
	struct code *code;
	char why[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scratch_run("%s", rows[i].make);
		code = read_code("useless.ko", why);
		assert_non_null(code);
		assert_false(code_has_btf(code, CODE_KVM_INTEL));
		assert_int_equal(code_module(code, CODE_KVM_INTEL)->functions.nr, 0);
		assert_true(code_module(code, CODE_KVM_INTEL)->symbols.nr > 0);
		if (!strstr(why, rows[i].why) || (!rows[i].why[0] && why[0]))
			fail_msg("%s: '%s'", rows[i].make, why);
		code_free(code);
	}
}

static void two_of_one_name(void **state)
{
	struct btf *base = make_base(), *split = btf__new_empty_split(base);
	struct code *code;
	char why[512];
	int times;

	(void)state;
	add_types(split);
	assert_true(btf__add_func(split, "copy", BTF_FUNC_STATIC, 3) > 0);
	save_btf("two.btf", split);
	btf__free(split);
	btf__free(base);
	scratch_run("objcopy --add-section .BTF=two.btf bare.ko two.ko");
	code = read_code("two.ko", why);
	assert_non_null(code);
	assert_int_equal(code_btf_function(code, CODE_KVM_INTEL, "copy", &times), 0);
	assert_int_equal(times, 2);
	assert_int_not_equal(code_btf_function(code, CODE_KVM_INTEL, "walk", &times), 0);
	assert_int_equal(times, 1);
	code_free(code);
}

/* ---- files that are none of that ---- */

static void one_sentence(const char *what, const char *why, const char *fragment)
{
	if (!strstr(why, fragment) || strchr(why, '\n') || strlen(why) > 400)
		fail_msg("%s: '%s' does not say '%s'", what, why, fragment);
}

static void wrong_files(void **state)
{
	static const struct {
		const char *make;
		const char *file;
		const char *why;
	} rows[] = {
		{ "true", "missing.ko", "ENOENT" },
		{ "mkdir folder.ko", "folder.ko", "is not a file" },
		{ ": >empty.ko", "empty.ko", "no ELF file" },
		{ "cp module.c text.ko", "text.ko", "no ELF file" },
		{ "xz -k module.c", "module.c.xz", "no ELF file" },
		{ "head -c 500 kvm-intel.ko.xz >cut.ko.xz", "cut.ko.xz", "damaged" },
		{ "head -c 500 kvm-intel.ko.zst >cut.ko.zst", "cut.ko.zst", "damaged" },
		{ "head -c 700 kvm-intel.ko >cut.ko", "cut.ko", "cut short" },
		{ "strip -o stripped.ko kvm-intel.ko", "stripped.ko", "no symbol table" },
		{ "cp /proc/self/exe program.ko", "program.ko", "not a kernel module" },
		{ "gcc -c -x c /dev/null -o object.ko", "object.ko", "does not say which" },
		{ "printf 'license=GPL\\0name=kvm_intel' >open.info; "
		  "objcopy --update-section .modinfo=open.info kvm-intel.ko open.ko",
		  "open.ko", "does not say which" },
		{ "true", "kvm.ko", "Intel's and AMD's share" },
		{ "gcc -x c -c -DNAME='\"kvm_amd\"' -DRELEASE='\"1\"' module.c -o amd.ko", "amd.ko",
		  "AMD's" },
		{ "gcc -x c -c -DNAME='\"zram\"' -DRELEASE='\"1\"' module.c -o zram.ko", "zram.ko",
		  "the module zram" },
		{ "gcc -x c -c -DNAME='\"kvm_intel\"' -DRELEASE='\"1\"' module.c -o old.ko",
		  "old.ko", "of one kernel" },
		{ "cp kvm-intel.ko arm.ko; printf '\\267' | dd of=arm.ko bs=1 seek=18 conv=notrunc "
		  "status=none",
		  "arm.ko", "another architecture" },
		{ "cp kvm-intel.ko small.ko; printf '\\1' | dd of=small.ko bs=1 seek=4 "
		  "conv=notrunc "
		  "status=none",
		  "small.ko", "another architecture" },
	};
	char why[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scratch_run("%s", rows[i].make);
		why[0] = '\0';
		assert_null(read_code(rows[i].file, why));
		one_sentence(rows[i].file, why, rows[i].why);
	}
}

static void wrong_kvm(void **state)
{
	char why[512];

	(void)state;
	scratch_run("mkdir away && cp kvm-intel.ko away");
	assert_null(code_of_files(scratch_path("away/kvm-intel.ko"), NULL, why, sizeof(why)));
	one_sentence("no kvm.ko beside it", why, "--kvm FILE");
	assert_null(code_of_files(scratch_path("kvm-intel.ko"), scratch_path("kvm-intel.ko"), why,
				  sizeof(why)));
	one_sentence("kvm-intel.ko for kvm.ko", why, "--kvm is for kvm.ko");
}

/* Cut anywhere: refused in a sentence, or all that matters is there. */
static void cut_anywhere(void **state)
{
	static const char *const files[] = { "kvm-intel.ko", "kvm-intel.ko.xz", "kvm-intel.ko.zst",
					     "kvm-intel.ko.gz" };
	size_t i, len, cut, refused;
	struct code *code;
	char why[512], *data;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		data = scratch_read(files[i], &len);
		for (cut = 0, refused = 0; cut < len; cut++) {
			scratch_write("cut-anywhere.ko", data, cut);
			why[0] = '\0';
			code = read_code("cut-anywhere.ko", why);
			if (code && !why[0])
				expect_functions(code);
			else
				one_sentence(files[i], why, "cut-anywhere.ko ");
			refused += !code;
			code_free(code);
		}
		/* a module without its end is no module */
		if (refused < len - 16)
			fail_msg("%s: %zu of %zu refused", files[i], refused, len);
		free(data);
	}
}

/* Where the last byte of a section is, for the shell. */
#define LAST_BYTE(section)                                                                         \
	"$(($(readelf -SW kvm-intel.ko | sed -n 's/.* \\" section                                  \
	" *STRTAB *[0-9a-f]* *\\([0-9a-f]*\\) *\\([0-9a-f]*\\) .*/0x\\1+0x\\2-1/p')))"

#define WITHOUT_END(section, file)                                                                 \
	"cp kvm-intel.ko " file "; printf x | dd of=" file                                         \
	" bs=1 seek=" LAST_BYTE(section) " conv=notrunc status=none"

/* libelf would look for the end of each name from the end of them all. */
static void names_without_end(void **state)
{
	char why[512];

	(void)state;
	scratch_run(WITHOUT_END(".strtab", "endless.ko"));
	assert_null(read_code("endless.ko", why));
	one_sentence("endless.ko", why, "no symbol table");
	scratch_run(WITHOUT_END(".shstrtab", "sections.ko"));
	assert_null(read_code("sections.ko", why));
	one_sentence("sections.ko", why, "names of its sections have no end");
}

/* A megabyte of name, which a million symbols may share, is none of the kernel's. */
static void names_longer_than_the_kernel_has(void **state)
{
	struct code_sites sites;
	struct code *code;
	char why[512];

	(void)state;
	scratch_run("{ cat module.c; printf 'void f'; head -c 511 /dev/zero | tr '\\0' x; "
		    "echo '(void) {}'; printf 'void g'; head -c 510 /dev/zero | tr '\\0' x; "
		    "echo '(void) {}'; } >long.c; "
		    "gcc -x c -c -O0 -DNAME='\"kvm_intel\"' -DRELEASE='\"9.9.9-test\"' long.c "
		    "-o long.ko");
	code = read_code("long.ko", why);
	assert_non_null(code);
	assert_int_equal(code_module(code, CODE_KVM_INTEL)->symbols.nr,
			 code_module(code, CODE_KVM)->symbols.nr + 1);
	assert_true(code_find_sites(code, CODE_KVM_INTEL, "free_vcpu", &sites));
	code_free(code);
}

/* Those of a BTF are looked for among the symbols: not each among all. */
static void functions_by_the_thousand(void **state)
{
	struct btf *base = make_base(), *split = btf__new_empty_split(base);
	struct timespec before, after;
	struct code *code;
	char name[32], why[512];
	int i;

	(void)state;
	add_types(split);
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "elsewhere_%d", i);
		assert_true(btf__add_func(split, name, BTF_FUNC_STATIC, 3) > 0);
	}
	save_btf("thousand.btf", split);
	btf__free(split);
	btf__free(base);
	scratch_run("{ cat module.c; seq -f 'void elsewhere%%.0f(void) {}' 10000; } >thousand.c; "
		    "gcc -x c -c -O0 -DNAME='\"kvm_intel\"' -DRELEASE='\"9.9.9-test\"' thousand.c "
		    "-o few.ko; objcopy --add-section .BTF=thousand.btf few.ko thousand.ko");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	code = read_code("thousand.ko", why);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	assert_non_null(code);
	one_sentence("thousand.ko", why, "do not match its symbols");
	code_free(code);
	/* each with each, as often as a base length is tried, would be half a minute */
	assert_true(after.tv_sec - before.tv_sec < 2);
}

/* 700 MB of zeros, packed twice. */
static const char bomb[] =
	"/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4aGTAfRdAH6Ny0WC5oM4+eHt0vlHXxXkfZoM64Er1xqIMdzdnIfRQtvc/"
	"a\n"
	"g8AJrVJBMbZdCcqY7mOwX8i6OSKYHl4dm3bj19iKtO35bDFDMDrkiCXtre6fZCJAbVEhf7zhaBIDtr9J0hZ9omIZJR"
	"\n"
	"W53u0HaE1uAX/R2mjlriJPmp6r4OxqZi1xMLl2MuFXOVxKbFAFG0tsjPzrLOUCZuyefUloFADqeQ2/"
	"nDwX9trVfd1a\n"
	"JS+WJIfJ0Dnj6g62f4+MjWSdnPNK5QYpZuv7BxmagkIVJOxLTR2aeScsMbrL2/BDhOv2zKTF+Lij46r0nmvo/"
	"BR5Vd\n"
	"mVtvVxNkpR8Nz9wNC26O/lDfuwV9V+lXSEyQ/GMWauHc6519pNyA98IHfpH1ZeW/8UC4k7qdlp3gqFdN/"
	"9LoD2jUgT\n"
	"4SnGM78yx14Le2OO5/"
	"0BW2S0LYNhXZQICVxSIH6HfjCyitQPx2X2d22rZI4kQgF6wTjOUhqCs1IJlM7+jZ9lcCKt67\n"
	"GKuvZAbfPnOnVobYIGdNVybRS1/"
	"N8jk9vp6sQZMS5O8xZKBq8+ukOx55I1u9mUg5c7FBfz5ajwe5nGmXfLjHe5PLpQ\n"
	"ou55bT8Bjz9IF3pXUfe+w/"
	"EzG3shg0ZrPUN0F0gwW7Ir489sQSOLufsrh0V18vN7w5iWPgHj+zDg8AANWGvYhwjdBx\n"
	"AAGQBJTDBgAynSLcscRn+wIAAAAABFla\n";

static void a_file_that_unpacks_to_gigabytes(void **state)
{
	char why[512];

	(void)state;
#ifdef UNDER_ASAN
	skip(); /* it ends where memory does */
#endif
	scratch_write("bomb.b64", bomb, sizeof(bomb) - 1);
	scratch_run("base64 -d bomb.b64 | xz -dc >bomb.ko.xz; "
		    "head -c 400M /dev/zero | zstd -q -1 -f -o bomb.ko.zst");
	assert_null(read_code("bomb.ko.xz", why));
	one_sentence("bomb.ko.xz", why, "cannot be unpacked");
	assert_null(read_code("bomb.ko.zst", why));
	one_sentence("bomb.ko.zst", why, "cannot be unpacked");
}

/* ---- the BTF alone ---- */

static bool takes_any(void *ctx, const char *name)
{
	(void)ctx;
	return *name;
}

static int count(void *ctx, const char *name, uint32_t index)
{
	assert_true(strlen(name) < 4096);
	assert_true(index > 0);
	++*(int *)ctx;
	return 0;
}

static int functions_in(const void *data, size_t size, int *nr)
{
	struct split_btf btf = {
		.data = data, .size = size, .is_function = takes_any, .take = count, .ctx = nr
	};

	*nr = 0;
	return split_btf_functions(&btf);
}

/* In memory of just that size, where a byte too far is noticed. */
static void damaged_btf(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t len, i, v;
	char *data = scratch_read("split.btf", &len), *copy;
	int nr;

	(void)state;
	assert_int_equal(functions_in(data, len, &nr), 0);
	assert_int_equal(nr, 5);
	for (i = 0; i < len; i++) {
		copy = malloc(i + 1);
		memcpy(copy, data, i);
		assert_int_not_equal(functions_in(copy, i, &nr), 0);
		assert_int_equal(nr, 0);
		free(copy);
	}
	copy = malloc(len);
	for (i = 0; i < len; i++)
		for (v = 0; v < sizeof(values); v++) {
			memcpy(copy, data, len);
			copy[i] = (char)values[v];
			functions_in(copy, len, &nr);
		}
	free(copy);
	free(data);
}

/* Strings at the end that nobody uses do not mislead. */
static void unused_strings(void **state)
{
	struct btf *base = make_base(), *split = btf__new_empty_split(base);
	struct code *code;
	char why[512];

	(void)state;
	add_types(split);
	assert_true(btf__add_str(split, "of_no_type") > 0);
	assert_true(btf__add_str(split, "of_none_either") > 0);
	save_btf("unused.btf", split);
	btf__free(split);
	btf__free(base);
	scratch_run("objcopy --add-section .BTF=unused.btf bare.ko unused.ko");
	code = read_code("unused.ko", why);
	assert_non_null(code);
	expect_functions(code);
	code_free(code);
}

/* Names as long as each other, which one string further on are names as well. */
static void names_that_shift(void **state)
{
	static const char *const names[] = { "fn_a", "fn_b", "fn_c" };
	struct btf *base = make_base(), *split = btf__new_empty_split(base);
	struct code *code;
	char why[512];
	size_t i;

	(void)state;
	assert_true(btf__add_struct(split, "of_other_length", 4) > 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(btf__add_func(split, names[i], BTF_FUNC_STATIC, 3) > 0);
	assert_true(btf__add_str(split, "fn_d") > 0);
	save_btf("shift.btf", split);
	btf__free(split);
	btf__free(base);
	scratch_run("objcopy --add-section .BTF=shift.btf bare.ko shift.ko");
	code = read_code("shift.ko", why);
	assert_non_null(code);
	assert_true(has_function(code, "fn_a"));
	assert_true(has_function(code, "fn_c"));
	assert_false(has_function(code, "fn_d"));
	code_free(code);
}

/* What could not be found is known where the base comes with the module. */
static void many_unused_strings(void **state)
{
	struct btf *base = make_base(), *split = btf__new_empty_split(base);
	struct code *code;
	char why[512], unused[32];
	int i;

	(void)state;
	add_types(split);
	for (i = 0; i < 100; i++) {
		snprintf(unused, sizeof(unused), "unused_%d", i);
		assert_true(btf__add_str(split, unused) > 0);
	}
	save_btf("many.btf", split);
	btf__free(split);
	btf__free(base);
	scratch_run("objcopy --add-section .BTF=many.btf bare.ko many.ko");
	code = read_code("many.ko", why);
	assert_non_null(code);
	assert_false(code_has_btf(code, CODE_KVM_INTEL));
	one_sentence("many.ko", why, "do not match its symbols");
	code_free(code);
	scratch_run("objcopy --add-section .BTF.base=base.btf many.ko many-base.ko");
	code = read_code("many-base.ko", why);
	assert_non_null(code);
	expect_functions(code);
	code_free(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clones_and_pieces),
		cmocka_unit_test(every_packing),
		cmocka_unit_test(symbols_of_a_file),
		cmocka_unit_test(btf_with_its_base),
		cmocka_unit_test(btf_of_no_use),
		cmocka_unit_test(two_of_one_name),
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(wrong_kvm),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(damaged_btf),
		cmocka_unit_test(unused_strings),
		cmocka_unit_test(names_that_shift),
		cmocka_unit_test(many_unused_strings),
		cmocka_unit_test(names_without_end),
		cmocka_unit_test(names_longer_than_the_kernel_has),
		cmocka_unit_test(functions_by_the_thousand),
		cmocka_unit_test(a_file_that_unpacks_to_gigabytes),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
