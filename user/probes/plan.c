/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probes/plan.h"
#include "util/say.h"

#define INTEL CODE_KVM_INTEL
#define KVM CODE_KVM

/*
 * nested_get_evmcs_page is inlined in every distribution kernel looked at
 * (Debian 5.10 to 7.2), and __nested_vmx_handle_enlightened_vmptrld exists
 * only with the seed's patch. Where they are absent their place is derived
 * from the frames around evmptr-load, which gives the same answer.
 */
/* clang-format off */
const struct plan_row plan_rows[] = {
	{ PT_SET_STATE, AS_FUNCTION, "set_state", ARGS_NEEDED, NEED_VERDICT, 0,
	  "restores are not seen at all",
	  { { "vmx_set_nested_state", INTEL } } },
	{ PT_GET_STATE, AS_FUNCTION, "get_state", ARGS_TOLD, NEED_DETAIL, 0,
	  "saved states are not seen",
	  { { "vmx_get_nested_state", INTEL } } },
	{ PT_STATE_PAGES, AS_FUNCTION, "state_pages", ARGS_TOLD, NEED_VERDICT, 0,
	  "the deferred path is not recognised",
	  { { "vmx_get_nested_state_pages", INTEL } } },
	{ PT_EVMCS_PAGE, AS_FUNCTION, "evmcs_page", ARGS_TOLD, NEED_NOTHING, 0,
	  "derived from the frames around it",
	  { { "nested_get_evmcs_page", INTEL } } },
	{ PT_EVMCS_PAGE_INLINED, AS_INLINED, "evmcs_page_inlined", ARGS_TOLD, NEED_NOTHING, 0,
	  "what is derived is not compared with it",
	  { { "nested_get_evmcs_page", INTEL } } },
	{ PT_EVMPTR_LOAD, AS_FUNCTION, "evmptr_load", ARGS_TOLD, NEED_VERDICT, 0,
	  "the path of an eVMCS is not known",
	  { { "nested_vmx_handle_enlightened_vmptrld", INTEL } } },
	{ PT_EVMPTR_LOAD_DIRECT, AS_FUNCTION, "evmptr_load_direct", ARGS_TOLD, NEED_NOTHING, 0,
	  "exists only in kernels that can map an eVMCS by address",
	  { { "__nested_vmx_handle_enlightened_vmptrld", INTEL } } },
	{ PT_NESTED_EXIT, AS_FUNCTION, "nested_exit", ARGS_NEEDED, NEED_VERDICT, 0,
	  "forced exits are not told from SET",
	  { { "__nested_vmx_vmexit", INTEL }, { "nested_vmx_vmexit", INTEL } } },
	{ PT_FREE_VCPU, AS_FUNCTION, "free_vcpu", ARGS_NEEDED, NEED_VERDICT, 0,
	  "the end of a vCPU is not seen",
	  { { "nested_vmx_free_vcpu", INTEL } } },
	{ PT_SHADOW_COPY, AS_FUNCTION, "shadow_copy", ARGS_TOLD, NEED_DETAIL, 0,
	  "a vmcs12 overwritten by KVM_GET_NESTED_STATE is not noticed",
	  { { "copy_shadow_to_vmcs12", INTEL } } },
	{ PT_READ_GUEST_LEAF, AS_FUNCTION, "read_guest_leaf", ARGS_TOLD, NEED_NOTHING, 0,
	  "its callers are probed one by one",
	  { { "__kvm_read_guest_page", KVM } } },
	{ PT_READ_GUEST, AS_FUNCTION, "read_guest", ARGS_TOLD, NEED_UNLESS, PT_READ_GUEST_LEAF,
	  "reads are missed",
	  { { "kvm_read_guest", KVM } } },
	{ PT_READ_GUEST_PAGE, AS_FUNCTION, "read_guest_page", ARGS_TOLD, NEED_UNLESS, PT_READ_GUEST_LEAF,
	  "reads are missed",
	  { { "kvm_read_guest_page", KVM } } },
	{ PT_VCPU_READ_GUEST, AS_FUNCTION, "vcpu_read_guest", ARGS_TOLD, NEED_UNLESS, PT_READ_GUEST_LEAF,
	  "reads are missed",
	  { { "kvm_vcpu_read_guest", KVM } } },
	{ PT_VCPU_READ_GUEST_PAGE, AS_FUNCTION, "vcpu_read_guest_page", ARGS_TOLD, NEED_UNLESS, PT_READ_GUEST_LEAF,
	  "reads are missed",
	  { { "kvm_vcpu_read_guest_page", KVM } } },
	{ PT_READ_GUEST_ATOMIC, AS_FUNCTION, "read_guest_atomic", ARGS_TOLD, NEED_VERDICT, 0,
	  "reads are missed",
	  { { "kvm_vcpu_read_guest_atomic", KVM } } },
	{ PT_READ_GUEST_CACHED, AS_FUNCTION, "read_guest_cached", ARGS_TOLD, NEED_VERDICT, 0,
	  "reads of the VP assist page are missed",
	  { { "kvm_read_guest_offset_cached", KVM } } },
	{ PT_WRITE_GUEST_PAGE, AS_FUNCTION, "write_guest_page", ARGS_TOLD, NEED_VERDICT, 0,
	  "writes are missed",
	  { { "__kvm_write_guest_page", KVM } } },
	{ PT_WRITE_GUEST_CACHED, AS_FUNCTION, "write_guest_cached", ARGS_TOLD, NEED_VERDICT, 0,
	  "writes are missed",
	  { { "kvm_write_guest_offset_cached", KVM } } },
	{ PT_MAP, AS_FUNCTION, "map", ARGS_NEEDED, NEED_VERDICT, 0,
	  "maps of the eVMCS are missed",
	  { { "__kvm_vcpu_map", KVM }, { "kvm_vcpu_map", KVM } } },
	{ PT_PIN, AS_FUNCTION, "pin", ARGS_TOLD, NEED_VERDICT, 0,
	  "pinned pages are missed",
	  { { "hva_to_pfn", KVM } } },
	{ PT_WALK_64, AS_FUNCTION, "walk_64", ARGS_TOLD, NEED_VERDICT, 0,
	  "page-table reads are missed",
	  { { "paging64_walk_addr_generic", KVM } } },
	{ PT_WALK_32, AS_FUNCTION, "walk_32", ARGS_TOLD, NEED_VERDICT, 0,
	  "page-table reads are missed",
	  { { "paging32_walk_addr_generic", KVM } } },
	{ PT_WALK_EPT, AS_FUNCTION, "walk_ept", ARGS_TOLD, NEED_VERDICT, 0,
	  "page-table reads are missed",
	  { { "ept_walk_addr_generic", KVM } } },
	{ PT_HYPERV_MSR, AS_FUNCTION, "hyperv_msr", ARGS_NEEDED, NEED_VERDICT, 0,
	  "the store of enabling the VP assist page is missed",
	  { { "kvm_hv_set_msr_common", KVM } } },
	{ PT_UNMAP, AS_FUNCTION, "unmap", ARGS_TOLD, NEED_DETAIL, 0,
	  "unmaps are not shown",
	  { { "kvm_vcpu_unmap", KVM } } },
	{ PT_MEMSLOT, AS_FUNCTION, "memslot", ARGS_NEEDED, NEED_DETAIL, 0,
	  "memslot changes are not shown",
	  { { "__kvm_set_memory_region", KVM }, { "kvm_set_memory_region", KVM } } },
	{ PT_MEMSLOT_COMMIT, AS_FUNCTION, "memslot_commit", ARGS_NEEDED, NEED_DETAIL, 0,
	  "a mapped eVMCS whose memslot changes is not noticed",
	  { { "kvm_arch_commit_memory_region", KVM } } },
};
/* clang-format on */

const int plan_nr_rows = sizeof(plan_rows) / sizeof(plan_rows[0]);

static bool has(const uint32_t *beginnings, size_t nr, uint32_t one)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (beginnings[i] == one)
			return true;
	return false;
}

size_t plan_beginnings(uint32_t *beginnings, size_t room)
{
	const struct plan_alternative *alt;
	size_t nr = 0;
	uint32_t one;
	int row, i;

	for (row = 0; row < plan_nr_rows; row++) {
		alt = plan_rows[row].alternatives;
		for (i = 0; i < PLAN_MAX_ALTERNATIVES && alt[i].function; i++) {
			memcpy(&one, alt[i].function, sizeof(one));
			if (nr < room && !has(beginnings, nr, one))
				beginnings[nr++] = one;
		}
	}
	return nr;
}

static void set_fact(struct probe_fact *fact, const struct plan_alternative *alt,
		     const char *flavour, const char *reason)
{
	snprintf(fact->function, sizeof(fact->function), "%s", alt->function);
	snprintf(fact->module, sizeof(fact->module), "%s", alt->module);
	snprintf(fact->flavour, sizeof(fact->flavour), "%s", flavour);
	snprintf(fact->reason, sizeof(fact->reason), "%s", reason);
}

bool plan_is_fentry(const struct plan_choice *choice)
{
	return !strcmp(choice->fact.flavour, "fentry");
}

bool plan_believes_arguments(const struct plan_choice *choice)
{
	return choice->sites.fit == SYMBOL_WHOLE;
}

static void give_up(struct plan_choice *choice, const char *reason)
{
	choice->fact.flavour[0] = '\0';
	snprintf(choice->fact.reason, sizeof(choice->fact.reason), "%s", reason);
}

/* Why not by fentry, of a function that the symbols have. */
static const char *no_fentry(const struct code *code, const char *module,
			     const struct code_sites *sites, int times, bool namesake)
{
	/* before 6.3 the kernel takes the first of that name (31bf1dbccfb0) */
	if (namesake)
		return "another module has a function of this name";
	if (sites->fit != SYMBOL_WHOLE)
		return "the compiler made clones or pieces of it, which BTF does not have";
	if (sites->nr > 1)
		return "there are several of this name";
	if (times > 1)
		return "BTF has several of this name";
	return code_has_btf(code, module) ? "the module's BTF does not have it"
					  : "there is no BTF of the module";
}

static bool choose(struct plan_choice *choice, struct code *code,
		   const struct plan_alternative *alt)
{
	struct code_sites *sites = &choice->sites;
	bool namesake;
	int times;

	choice->btf_id = code_btf_function(code, alt->module, alt->function, &times);
	if (!code_find_sites(code, alt->module, alt->function, sites))
		return false;
	namesake = code_has_namesake(code, alt->function);
	if (choice->btf_id && !namesake && sites->nr == 1 && sites->fit == SYMBOL_WHOLE) {
		set_fact(&choice->fact, alt, "fentry", "");
		return true;
	}
	set_fact(&choice->fact, alt, "kprobe",
		 no_fentry(code, alt->module, sites, times, namesake));
	snprintf(choice->fact.function, sizeof(choice->fact.function), "%s", sites->site[0].name);
	if (sites->more)
		give_up(choice, "there are more copies of it than can be attached to");
	else if (!plan_believes_arguments(choice) && choice->row->arguments == ARGS_NEEDED)
		give_up(choice, "the compiler made clones or pieces of it, whose arguments are "
				"not where the source has them");
	else if (!sites->site[0].address)
		give_up(choice, "the kernel hides its address from this process "
				"(kernel.kptr_restrict, CAP_SYSLOG)");
	return true;
}

static void choose_inlined(struct plan_choice *choice, struct code *code,
			   const struct plan_alternative *alt)
{
	char why[sizeof(choice->fact.reason)];

	if (code_find_inlined(code, alt->module, alt->function, &choice->sites, why, sizeof(why)))
		set_fact(&choice->fact, alt, "inlined", "");
	else
		set_fact(&choice->fact, alt, "", why);
}

static void resolve_row(struct plan_choice *choice, struct code *code, const struct plan_row *row)
{
	const struct plan_alternative *alt = row->alternatives;
	int i;

	memset(choice, 0, sizeof(*choice));
	choice->row = row;
	choice->fact.point = row->point;
	if (row->how == AS_INLINED) {
		choose_inlined(choice, code, &alt[0]);
		return;
	}
	for (i = 0; i < PLAN_MAX_ALTERNATIVES && alt[i].function; i++)
		if (choose(choice, code, &alt[i]))
			return;
	set_fact(&choice->fact, &alt[0], "",
		 "not in this kernel as a function of its own (inlined, renamed or absent)");
}

void plan_resolve(struct plan *plan, struct code *code)
{
	int i;

	plan->nr = 0;
	for (i = 0; i < plan_nr_rows; i++) {
		struct plan_choice *choice = &plan->choices[plan->nr++];

		resolve_row(choice, code, &plan_rows[i]);
		say_verbose("plan: %-20s %s%s%s%s%s", plan_rows[i].program,
			    choice->fact.flavour[0] ? choice->fact.flavour : "absent", " ",
			    choice->fact.function, choice->fact.reason[0] ? ": " : "",
			    choice->fact.reason);
	}
}

bool plan_has_row(enum evmcs_point point)
{
	int i;

	for (i = 0; i < plan_nr_rows; i++)
		if (plan_rows[i].point == point)
			return true;
	return false;
}

struct plan_choice *plan_find(const struct plan *plan, enum evmcs_point point)
{
	int i;

	for (i = 0; i < plan->nr; i++)
		if (plan->choices[i].row->point == point)
			return (struct plan_choice *)&plan->choices[i];
	return NULL;
}

bool plan_uses(const struct plan *plan, const char *flavour)
{
	int i;

	for (i = 0; i < plan->nr; i++)
		if (!strcmp(plan->choices[i].fact.flavour, flavour))
			return true;
	return false;
}

int plan_nr_chosen(const struct plan *plan)
{
	int i, n = 0;

	for (i = 0; i < plan->nr; i++)
		n += plan->choices[i].fact.flavour[0] != '\0';
	return n;
}

bool plan_use_kprobe(struct plan_choice *choice, const char *why)
{
	if (!choice->sites.nr || !choice->sites.site[0].address) {
		give_up(choice, why);
		return false;
	}
	snprintf(choice->fact.flavour, sizeof(choice->fact.flavour), "kprobe");
	snprintf(choice->fact.reason, sizeof(choice->fact.reason), "%s", why);
	return true;
}

void plan_use_kprobes(struct plan *plan, const char *why)
{
	int i;

	for (i = 0; i < plan->nr; i++)
		if (plan_is_fentry(&plan->choices[i]))
			plan_use_kprobe(&plan->choices[i], why);
}

static bool is_attached(const struct plan *plan, enum evmcs_point point)
{
	const struct plan_choice *choice = plan_find(plan, point);

	return choice && choice->fact.attached;
}

void plan_mark_needed(struct plan *plan)
{
	int i;

	for (i = 0; i < plan->nr; i++) {
		const struct plan_row *row = plan->choices[i].row;

		plan->choices[i].fact.needed =
			row->need == NEED_VERDICT ||
			(row->need == NEED_UNLESS && !is_attached(plan, row->unless));
	}
}

const struct plan_choice *plan_first_missing(const struct plan *plan)
{
	int i;

	for (i = 0; i < plan->nr; i++)
		if (plan->choices[i].fact.needed && !plan->choices[i].fact.attached)
			return &plan->choices[i];
	return NULL;
}
