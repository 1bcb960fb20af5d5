/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The probe plan, made from the code of kernels that there may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/names.h"
#include "probes/code_data.h"
#include "probes/module_watch.h"
#include "probes/plan.h"

struct kernel {
	struct code *code;
	struct plan plan;
};

static void add_symbol(struct kernel *k, const char *module, const char *name, uint64_t address)
{
	assert_int_equal(code_add_name(&code_module(k->code, module)->symbols, name, strlen(name),
				       address),
			 0);
}

static void add_btf(struct kernel *k, const char *module, const char *name, uint32_t id)
{
	struct code_module *m = code_module(k->code, module);

	m->has_btf = true;
	assert_int_equal(code_add_name(&m->functions, name, strlen(name), id), 0);
}

static void add_function(struct kernel *k, const char *module, const char *name, uint32_t n)
{
	add_symbol(k, module, name, 0xffffffffc0000000ULL + n * 16);
	add_btf(k, module, name, 100 + n);
}

static int setup(void **state)
{
	struct kernel *k = calloc(1, sizeof(*k));

	if (k)
		k->code = code_new();
	*state = k;
	return k && k->code ? 0 : -1;
}

static int teardown(void **state)
{
	struct kernel *k = *state;

	code_free(k->code);
	free(k);
	return 0;
}

static const struct plan_choice *resolved(struct kernel *k, enum evmcs_point point)
{
	plan_resolve(&k->plan, k->code);
	return plan_find(&k->plan, point);
}

static void has_reason(const struct plan_choice *choice, const char *part)
{
	if (!strstr(choice->fact.reason, part))
		fail_msg("'%s' does not say '%s'", choice->fact.reason, part);
}

static void by_fentry(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_function(k, CODE_KVM, "hva_to_pfn", 1);
	choice = resolved(k, PT_PIN);
	assert_string_equal(choice->fact.flavour, "fentry");
	assert_int_equal(choice->btf_id, 101);
	assert_true(plan_believes_arguments(choice));
	assert_int_equal(plan_nr_chosen(&k->plan), 1);
}

static void without_btf(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_symbol(k, CODE_KVM, "hva_to_pfn", 0x1000);
	choice = resolved(k, PT_PIN);
	assert_string_equal(choice->fact.flavour, "kprobe");
	assert_int_equal(choice->sites.site[0].address, 0x1000);
	has_reason(choice, "no BTF of the module");
}

static void btf_without_it(void **state)
{
	struct kernel *k = *state;

	add_symbol(k, CODE_KVM, "hva_to_pfn", 0x1000);
	add_btf(k, CODE_KVM, "kvm_vcpu_map", 7);
	has_reason(resolved(k, PT_PIN), "does not have it");
}

static void two_of_a_name(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_function(k, CODE_KVM, "hva_to_pfn", 1);
	add_symbol(k, CODE_KVM, "hva_to_pfn", 0x2000);
	choice = resolved(k, PT_PIN);
	assert_string_equal(choice->fact.flavour, "kprobe");
	assert_int_equal(choice->sites.nr, 2);
	has_reason(choice, "several of this name");
}

static void btf_has_two(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_function(k, CODE_KVM, "hva_to_pfn", 1);
	add_btf(k, CODE_KVM, "hva_to_pfn", 9);
	choice = resolved(k, PT_PIN);
	assert_string_equal(choice->fact.flavour, "kprobe");
	has_reason(choice, "BTF has several");
}

/* The same name elsewhere is another function. */
static void of_another_module(void **state)
{
	struct kernel *k = *state;

	add_function(k, CODE_KVM_INTEL, "hva_to_pfn", 1);
	assert_string_equal(resolved(k, PT_PIN)->fact.flavour, "");
}

static void clone_beside_it(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_function(k, CODE_KVM, "hva_to_pfn", 1);
	add_symbol(k, CODE_KVM, "hva_to_pfn.constprop.0", 0x3000);
	add_symbol(k, CODE_KVM, "hva_to_pfn.cold", 0x4000);
	add_symbol(k, CODE_KVM, "__pfx_hva_to_pfn", 0x0ff0);
	choice = resolved(k, PT_PIN);
	assert_string_equal(choice->fact.flavour, "kprobe");
	assert_int_equal(choice->sites.nr, 2);
	assert_false(plan_believes_arguments(choice));
	has_reason(choice, "clones or pieces");
}

/* Callers may have taken in its head: only the piece is passed by all. */
static void piece_of_it(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;
	const char *name = "nested_vmx_handle_enlightened_vmptrld";

	add_function(k, CODE_KVM_INTEL, name, 1);
	add_symbol(k, CODE_KVM_INTEL, "nested_vmx_handle_enlightened_vmptrld.part.0", 0x5000);
	choice = resolved(k, PT_EVMPTR_LOAD);
	assert_int_equal(choice->sites.nr, 1);
	assert_int_equal(choice->sites.site[0].address, 0x5000);
	assert_string_equal(choice->fact.function, "nested_vmx_handle_enlightened_vmptrld.part.0");
	assert_false(plan_believes_arguments(choice));
}

static void namesake_elsewhere(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_function(k, CODE_KVM, "hva_to_pfn", 1);
	assert_int_equal(code_add_name(&k->code->elsewhere, "hva_to_pfn", 10, 0x7000), 0);
	choice = resolved(k, PT_PIN);
	assert_string_equal(choice->fact.flavour, "kprobe");
	assert_int_equal(choice->sites.nr, 1);
	has_reason(choice, "another module");
}

static void more_copies_than_can_be(void **state)
{
	struct kernel *k = *state;
	char name[64];
	int i;

	for (i = 0; i < CODE_MAX_SITES; i++) {
		snprintf(name, sizeof(name), "hva_to_pfn.constprop.%d", i);
		add_symbol(k, CODE_KVM, name, 0x8000 + (uint64_t)i);
	}
	assert_string_equal(resolved(k, PT_PIN)->fact.flavour, "kprobe");
	add_symbol(k, CODE_KVM, "hva_to_pfn", 0x9000);
	has_reason(resolved(k, PT_PIN), "more copies");
	assert_string_equal(resolved(k, PT_PIN)->fact.flavour, "");
}

static void clone_of_what_needs_its_arguments(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_symbol(k, CODE_KVM_INTEL, "vmx_set_nested_state.isra.0", 0x6000);
	choice = resolved(k, PT_SET_STATE);
	assert_string_equal(choice->fact.flavour, "");
	assert_string_equal(choice->fact.function, "vmx_set_nested_state.isra.0");
	has_reason(choice, "arguments");
}

static void hidden_addresses(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	add_symbol(k, CODE_KVM, "hva_to_pfn", 0);
	choice = resolved(k, PT_PIN);
	assert_string_equal(choice->fact.flavour, "");
	has_reason(choice, "kptr_restrict");
	/* fentry does not need them, and a clone is known by its name */
	add_btf(k, CODE_KVM, "hva_to_pfn", 3);
	assert_string_equal(resolved(k, PT_PIN)->fact.flavour, "fentry");
	add_symbol(k, CODE_KVM, "hva_to_pfn.isra.0", 0);
	assert_string_equal(resolved(k, PT_PIN)->fact.flavour, "");
}

static void better_alternative(void **state)
{
	struct kernel *k = *state;

	add_function(k, CODE_KVM_INTEL, "nested_vmx_vmexit", 1);
	assert_string_equal(resolved(k, PT_NESTED_EXIT)->fact.function, "nested_vmx_vmexit");
	add_function(k, CODE_KVM_INTEL, "__nested_vmx_vmexit", 2);
	assert_string_equal(resolved(k, PT_NESTED_EXIT)->fact.function, "__nested_vmx_vmexit");
}

static void to_a_kprobe(void **state)
{
	struct kernel *k = *state;
	struct plan_choice *choice;

	add_function(k, CODE_KVM, "hva_to_pfn", 1);
	resolved(k, PT_PIN);
	choice = plan_find(&k->plan, PT_PIN);
	assert_true(plan_use_kprobe(choice, "because"));
	assert_string_equal(choice->fact.flavour, "kprobe");
	assert_string_equal(choice->fact.reason, "because");
	choice->sites.site[0].address = 0;
	assert_false(plan_use_kprobe(choice, "because"));
	assert_string_equal(choice->fact.flavour, "");
}

static void needed_unless(void **state)
{
	struct kernel *k = *state;

	add_function(k, CODE_KVM, "__kvm_read_guest_page", 1);
	resolved(k, PT_PIN);
	plan_mark_needed(&k->plan);
	assert_true(plan_find(&k->plan, PT_READ_GUEST)->fact.needed);
	plan_find(&k->plan, PT_READ_GUEST_LEAF)->fact.attached = true;
	plan_mark_needed(&k->plan);
	assert_false(plan_find(&k->plan, PT_READ_GUEST)->fact.needed);
	assert_true(plan_find(&k->plan, PT_PIN)->fact.needed);
	assert_ptr_equal(plan_first_missing(&k->plan), plan_find(&k->plan, PT_SET_STATE));
}

static void nobody_knows_what_is_inlined(void **state)
{
	struct kernel *k = *state;

	assert_string_equal(resolved(k, PT_EVMCS_PAGE_INLINED)->fact.flavour, "");
}

static int two_places(const struct code *code, const char *module, const char *function,
		      struct code_sites *sites, char *why, size_t len)
{
	(void)code;
	(void)why;
	(void)len;
	assert_string_equal(module, CODE_KVM_INTEL);
	assert_string_equal(function, "nested_get_evmcs_page");
	sites->nr = 2;
	return 2;
}

static void inlined(void **state)
{
	struct kernel *k = *state;
	const struct plan_choice *choice;

	k->code->find_inlined = two_places;
	choice = resolved(k, PT_EVMCS_PAGE_INLINED);
	assert_string_equal(choice->fact.flavour, "inlined");
	assert_int_equal(choice->sites.nr, 2);
}

/* A point that has a row is one that the header can speak of, each once. */
static void every_point_has_a_row(void **state)
{
	int point, i, n;

	(void)state;
	for (point = 0; point < PT_COUNT; point++) {
		for (i = n = 0; i < plan_nr_rows; i++)
			n += (int)plan_rows[i].point == point;
		assert_int_equal(n, point_has_probe(point));
		assert_int_equal(plan_has_row(point), n);
	}
	assert_int_equal(plan_rows[0].point, PT_SET_STATE);
}

#define SAID(text) module_watch_parse(text, sizeof(text), "kvm_intel")

static void messages_of_the_kernel(void **state)
{
	static const char whole[] = "remove@/module/kvm_intel\0ACTION=remove\0SUBSYSTEM=module";

	(void)state;
	assert_int_equal(SAID("add@/module/kvm_intel"), MODULE_LOADED);
	assert_int_equal(SAID(whole), MODULE_UNLOADED);
	assert_int_equal(SAID("add@/module/kvm"), MODULE_UNCHANGED);
	assert_int_equal(SAID("add@/module/kvm_intel2"), MODULE_UNCHANGED);
	assert_int_equal(SAID("change@/module/kvm_intel"), MODULE_UNCHANGED);
	assert_int_equal(SAID(""), MODULE_UNCHANGED);
	/* cut off, without its end */
	assert_int_equal(module_watch_parse(whole, 24, "kvm_intel"), MODULE_UNCHANGED);
	assert_int_equal(module_watch_parse(whole, 10, "kvm_intel"), MODULE_UNCHANGED);
}

#define MAX_BEGINNINGS 24 /* as in probes/kvm_symbols.c */

/* By these the kernel is asked for namesakes: none may be forgotten, and each fits. */
static void beginnings_are_those_of_all(void **state)
{
	uint32_t beginnings[MAX_BEGINNINGS], one;
	const struct plan_alternative *alt;
	size_t nr, n;
	int row, i;

	(void)state;
	nr = plan_beginnings(beginnings, MAX_BEGINNINGS);
	assert_in_range(nr, 1, MAX_BEGINNINGS - 1);
	for (row = 0; row < plan_nr_rows; row++) {
		alt = plan_rows[row].alternatives;
		for (i = 0; i < PLAN_MAX_ALTERNATIVES && alt[i].function; i++) {
			memcpy(&one, alt[i].function, sizeof(one));
			for (n = 0; n < nr && beginnings[n] != one; n++)
				;
			assert_true(n < nr);
		}
	}
	for (n = 1; n < nr; n++)
		assert_int_not_equal(beginnings[n], beginnings[n - 1]);
	assert_int_equal(plan_beginnings(beginnings, 2), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(by_fentry),
		TEST(beginnings_are_those_of_all),
		TEST(without_btf),
		TEST(btf_without_it),
		TEST(two_of_a_name),
		TEST(btf_has_two),
		TEST(of_another_module),
		TEST(clone_beside_it),
		TEST(piece_of_it),
		TEST(namesake_elsewhere),
		TEST(more_copies_than_can_be),
		TEST(clone_of_what_needs_its_arguments),
		TEST(hidden_addresses),
		TEST(better_alternative),
		TEST(to_a_kprobe),
		TEST(needed_unless),
		TEST(nobody_knows_what_is_inlined),
		TEST(inlined),
		TEST(every_point_has_a_row),
		TEST(messages_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
