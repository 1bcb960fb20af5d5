/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A kvm-intel.ko as `doctor --module` is given it, packed or not, beside a kvm.ko that is in
 * order; and then the other way round. What is planned by it, too.
 */
#include "lib/fuzz.h"
#include "probes/code_data.h"
#include "probes/plan.h"

#include <bpf/libbpf.h>

#include "util/say.h"

/* Made when this is built: lib/make-seeds. */
#define EMBED(symbol, file)                                                                        \
	asm(".pushsection .rodata\n" #symbol ": .incbin \"" file "\"\n" #symbol                    \
	    "_end:\n.popsection\n");                                                               \
	extern const char symbol[], symbol##_end[]

EMBED(kvm_ko, FUZZ_SEEDS "/kvm.ko");
EMBED(kvm_intel_ko, FUZZ_SEEDS "/module/kvm-intel.ko");

static const char *kvm, *kvm_intel;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	kvm = fuzz_file(FUZZ_FIXED, kvm_ko, (size_t)(kvm_ko_end - kvm_ko));
	kvm_intel =
		fuzz_file(FUZZ_ALSO_FIXED, kvm_intel_ko, (size_t)(kvm_intel_ko_end - kvm_intel_ko));
	libbpf_set_print(NULL);
	fuzz_listen();
	return 0;
}

static void look_at(struct code *code)
{
	static struct plan plan;
	struct code_sites sites;
	int times, i;

	for (i = 0; i < plan_nr_rows; i++) {
		const char *function = plan_rows[i].alternatives[0].function;

		code_btf_function(code, CODE_KVM, function, &times);
		code_find_sites(code, CODE_KVM, function, &sites);
	}
	plan_resolve(&plan, code);
	plan_mark_needed(&plan);
	plan_use_kprobes(&plan, "why not");
}

static void ask(const char *intel, const char *other)
{
	char why[512];
	struct code *code = code_of_files(intel, other, why, sizeof(why));

	fuzz_assert(code || *why);
	say_error("%s", why); /* as doctor does */
	if (code)
		look_at(code);
	code_free(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *file = fuzz_file(FUZZ_INPUT, data, size);

	ask(file, kvm);
	ask(kvm_intel, file);
	return 0;
}
