/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dwarf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <elfutils/libdw.h>

#include "probes/inlined.h"
#include "symbols/source_place.h"

/* Blocks within blocks; compilers nest some 20 deep. */
#define MAX_DEPTH 200

struct search {
	const struct debug_info *info;
	const char *function;
	struct inlined_function *found;
	char *why;
	size_t len;
};

/* Where the walk through the DIEs is. */
struct place {
	Dwarf_Die *body; /* the nearest function that has code of its own */
	bool in_copy; /* within a copy of the wanted function */
	int depth;
};

#define explain(s, err, ...) debug_info_explain((s)->why, (s)->len, err, __VA_ARGS__)

static bool is_wanted(const struct search *s, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attr));

	return name && !strcmp(name, s->function);
}

/* ---- the entry of a copy ---- */

struct entry {
	Dwarf_Addr address;
	enum inlined_entry kind;
};

/* Empty pieces are markers that GCC leaves behind, not code. */
static int count_pieces(Dwarf_Die *die, Dwarf_Addr *first)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	int pieces = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0)
		if (start < end && !pieces++)
			*first = start;
	return offset < 0 ? -1 : pieces;
}

/* An offset is from where the first range begins, empty or not. */
static int entry_base(Dwarf_Die *die, Dwarf_Addr *address)
{
	Dwarf_Addr base, end;

	return dwarf_ranges(die, 0, &base, address, &end) > 0 ? 0 : -1;
}

/* An address, or from DWARF 5 on also an offset. */
static int named_entry(Dwarf_Die *die, Dwarf_Addr *address)
{
	Dwarf_Attribute attr;
	Dwarf_Word offset;

	if (!dwarf_attr(die, DW_AT_entry_pc, &attr))
		return -1;
	if (!dwarf_formaddr(&attr, address))
		return 0;
	if (dwarf_formudata(&attr, &offset) || entry_base(die, address))
		return -1;
	*address += offset;
	return 0;
}

/* 1 where the copy has an entry, 0 where nothing of it is left, -1 where it cannot be read. */
static int find_entry(Dwarf_Die *die, struct entry *entry)
{
	int pieces;

	entry->kind = ENTRY_NAMED;
	if (!named_entry(die, &entry->address))
		return 1;
	pieces = count_pieces(die, &entry->address);
	entry->kind = pieces == 1 ? ENTRY_LOWEST : ENTRY_FIRST_PIECE;
	return pieces < 0 ? -1 : pieces > 0;
}

/* ---- sites ---- */

/* The symbol has the suffix of a clone, which DWARF does not have. */
static void name_caller(const struct search *s, Dwarf_Die *body, struct inlined_site *site)
{
	GElf_Off offset = 0;
	const char *name;
	GElf_Sym sym;

	name = dwfl_module_addrinfo(s->info->module, site->address, &offset, &sym, NULL, NULL,
				    NULL);
	snprintf(site->caller, sizeof(site->caller), "%s", name ?: dwarf_diename(body) ?: "?");
	site->offset = offset;
}

static void name_call(Dwarf_Die *die, struct inlined_site *site)
{
	struct source_place call;

	source_call(die, &call);
	snprintf(site->file, sizeof(site->file), "%s", call.file);
	site->line = call.line;
}

static int add_site(struct search *s, Dwarf_Die *die, Dwarf_Die *body, const struct entry *entry)
{
	struct inlined_site *site;

	if (dwarf_haspc(body, entry->address) <= 0)
		return explain(s, -EBADMSG,
			       "%s has a copy of %s at 0x%" PRIx64
			       ", outside of the function that it "
			       "is in: such debug information is not believed",
			       s->info->file, s->function, entry->address + s->info->bias);
	if (s->found->nr_sites == INLINED_MAX_SITES)
		return explain(
			s, -E2BIG,
			"%s is inlined in more than %d places: evmcs-trace cannot probe so many",
			s->function, INLINED_MAX_SITES);
	site = &s->found->sites[s->found->nr_sites++];
	site->address = entry->address + s->info->bias;
	site->entry = entry->kind;
	name_caller(s, body, site);
	name_call(die, site);
	return 0;
}

static int take_copy(struct search *s, Dwarf_Die *die, Dwarf_Die *body)
{
	struct entry entry;
	int n = find_entry(die, &entry);

	if (n < 0)
		return explain(
			s, -EBADMSG,
			"%s does not tell where a copy of %s is (%s): such debug information is "
			"not believed",
			s->info->file, s->function, dwarf_errmsg(-1));
	if (!n)
		s->found->nr_unplaced++;
	else if (!debug_info_is_code(s->info, entry.address + s->info->bias))
		s->found->nr_discarded++;
	else
		return add_site(s, die, body, &entry);
	return 0;
}

/* ---- the walk ---- */

static int walk(struct search *s, Dwarf_Die *parent, const struct place *at);

/*
 * A copy within a copy is not another call: the compiler had split the function into head and rest
 * before it inlined both (Debian 5.10 does), and the entry is that of the head.
 */
static int see_copy(struct search *s, Dwarf_Die *die, struct place *at)
{
	bool first = !at->in_copy;

	if (!at->body || !is_wanted(s, die))
		return 0;
	at->in_copy = true;
	return first ? take_copy(s, die, at->body) : 0;
}

/*
 * The body that all copies are of has no code; one that has is the function itself or a clone, and
 * a copy of its split-off rest in it is no call either.
 */
static void see_function(struct search *s, Dwarf_Die *die, struct place *at)
{
	bool wanted = is_wanted(s, die);

	at->body = NULL;
	if (dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges))
		at->body = die;
	at->in_copy = wanted;
	s->found->known |= wanted;
	s->found->nr_outlined += wanted && at->body;
}

static int see(struct search *s, Dwarf_Die *die, const struct place *parent)
{
	struct place at = *parent;
	int err = 0;

	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		see_function(s, die, &at);
		if (!at.body)
			return 0;
		break;
	case DW_TAG_inlined_subroutine:
		err = see_copy(s, die, &at);
		break;
	case DW_TAG_lexical_block:
	case DW_TAG_compile_unit:
	case DW_TAG_partial_unit:
		break;
	default: /* nothing else has code in it */
		return 0;
	}
	if (err || !dwarf_haschildren(die))
		return err;
	at.depth++;
	return walk(s, die, &at);
}

static int walk(struct search *s, Dwarf_Die *parent, const struct place *at)
{
	Dwarf_Die die;
	int n, err;

	if (at->depth > MAX_DEPTH)
		return explain(s, -EBADMSG, "%s has blocks nested more than %d deep: not believed",
			       s->info->file, MAX_DEPTH);
	for (n = dwarf_child(parent, &die); !n; n = dwarf_siblingof(&die, &die)) {
		err = see(s, &die, at);
		if (err)
			return err;
	}
	if (n < 0)
		return explain(s, -EBADMSG, "the debug information of %s is broken (%s)",
			       s->info->file, dwarf_errmsg(-1));
	return 0;
}

int inlined_in(const struct debug_info *info, const char *function, struct inlined_function *found,
	       char *why, size_t len)
{
	struct search s = {
		.info = info, .function = function, .found = found, .why = why, .len = len
	};
	struct place top = { .depth = 0 };
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	int n, err;

	memset(found, 0, sizeof(*found));
	while (!(n = dwarf_get_units(info->dwarf, cu, &cu, NULL, NULL, &die, NULL))) {
		err = see(&s, &die, &top);
		if (err)
			return err;
	}
	if (n < 0)
		return explain(&s, -EBADMSG, "the debug information of %s is broken (%s)",
			       info->file, dwarf_errmsg(-1));
	return found->nr_sites;
}

int inlined_find(const struct inlined_query *query, struct inlined_function *found, char *why,
		 size_t len)
{
	struct debug_info_target target;
	struct debug_info info = { .fd = -1 };
	int n;

	memset(found, 0, sizeof(*found));
	n = debug_info_running(&target, query->module, why, len);
	if (!n)
		n = debug_info_open(&info, &target, query->debug_file, why, len);
	if (!n)
		n = inlined_in(&info, query->function, found, why, len);
	debug_info_close(&info);
	return n;
}
