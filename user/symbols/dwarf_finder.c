/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks come as symbols and offsets, so it does not matter where a module was in
 * memory: its sections are laid out here as libdwfl likes.
 */
#include <dwarf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include "symbols/build_id.h"
#include "symbols/debug_file.h"
#include "symbols/dwarf_finder.h"
#include "symbols/source_place.h"
#include "util/say.h"

_Static_assert(SOURCE_FILE_LEN == SOURCE_PATH_LEN, "a place's file is a frame's");

/* What one build is, opened when something is first asked of it. */
struct object {
	struct object *next;
	char build_id[BUILD_ID_DIGITS + 1];
	char path[256];
	int fd; /* found, and not yet libdwfl's; -1: not */
	bool opened; /* or tried to */
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwarf *dwarf; /* NULL: there is none */
	Dwarf_Addr bias;
};

struct dwarf_finder {
	struct line_finder finder;
	const char *debug_info;
	bool of_use; /* it was, for one of those that were asked for */
	struct object *objects;
};

/* ---- objects ---- */

static struct object *know_object(struct dwarf_finder *f, const struct code_place *place)
{
	struct object *o;

	for (o = f->objects; o; o = o->next)
		if (!strcmp(o->build_id, place->build_id))
			return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	snprintf(o->build_id, sizeof(o->build_id), "%s", place->build_id);
	o->fd = -1;
	o->next = f->objects;
	f->objects = o;
	return o;
}

static void look_for_file(struct dwarf_finder *f, struct object *o, const struct code_place *place,
			  bool only_given)
{
	struct debug_file_query query = {
		.object = place->object,
		.release = place->release,
		.given = f->debug_info,
		.only_given = only_given,
		.debuginfod = true,
	};

	if (build_id_parse(place->build_id, &query.id))
		o->fd = debug_file_find(&query, o->path, sizeof(o->path));
	f->of_use |= only_given && o->fd >= 0;
}

/* The descriptor is libdwfl's from here on, or closed. */
static bool load(struct object *o, const char *name)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	int fd = o->fd;

	o->fd = -1;
	o->dwfl = dwfl_begin(&callbacks);
	if (o->dwfl)
		o->module = dwfl_report_offline(o->dwfl, name, o->path[0] ? o->path : name, fd);
	if (!o->module)
		close(fd);
	else if (!dwfl_report_end(o->dwfl, NULL, NULL))
		o->dwarf = dwfl_module_getdwarf(o->module, &o->bias);
	return o->dwarf;
}

static void open_object(struct dwarf_finder *f, struct object *o, const struct code_place *place)
{
	if (o->opened)
		return;
	o->opened = true;
	if (o->fd < 0 && f->debug_info)
		look_for_file(f, o, place, true);
	if (o->fd < 0)
		look_for_file(f, o, place, false);
	if (o->fd < 0)
		say_verbose("source lines: no debug information of %s, build-id %s", place->object,
			    place->build_id);
	else if (load(o, place->object))
		say_verbose("source lines of %s: %s", place->object,
			    o->path[0] ? o->path : "from the debuginfod");
	else
		say_verbose("source lines: %s cannot be read (%s)", o->path, dwfl_errmsg(-1));
}

static void free_object(struct object *o)
{
	if (o->dwfl)
		dwfl_end(o->dwfl);
	if (o->fd >= 0)
		close(o->fd);
	free(o);
}

/* ---- from an entry to an address ---- */

static bool is_code(const GElf_Sym *symbol, GElf_Word section)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	/* what is written in assembler may have no type */
	return (type == STT_FUNC || type == STT_NOTYPE) && section != SHN_UNDEF &&
	       section != SHN_ABS;
}

/*
 * A return address is behind the call, perhaps in another line or function: the call is before
 * it. So is what a probe reports of the function that it is on, but for one at its very first
 * byte.
 */
static uint64_t call_offset(const struct code_place *place)
{
	return place->offset ? place->offset - 1 : 0;
}

/* Two of the same name that may both be meant are none. */
static bool find_address(const struct object *o, const struct code_place *place, uint64_t *address)
{
	int nr = dwfl_module_getsymtab(o->module), i;
	uint64_t offset = call_offset(place);
	bool found = false;
	GElf_Word section;
	GElf_Addr begin;
	GElf_Sym symbol;
	const char *name;

	for (i = 1; i < nr; i++) {
		name = dwfl_module_getsym_info(o->module, i, &symbol, &begin, &section, NULL, NULL);
		if (!name || strcmp(name, place->function) != 0 || !is_code(&symbol, section) ||
		    (symbol.st_size && offset >= symbol.st_size))
			continue;
		if (found && *address != begin + offset)
			return false;
		*address = begin + offset;
		found = true;
	}
	return found;
}

/* ---- from an address to functions ---- */

/* What has code at an address, outermost first. */
struct nest {
	Dwarf_Addr pc;
	int nr;
	Dwarf_Die functions[SOURCE_MAX_FRAMES];
};

static bool is_function(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

static bool has_code_there(Dwarf_Die *die, Dwarf_Addr pc)
{
	return (is_function(die) || dwarf_tag(die) == DW_TAG_lexical_block) &&
	       dwarf_haspc(die, pc) > 0;
}

/* Deeper than there is room for the innermost are left out. */
static void look_into(struct nest *nest, Dwarf_Die *unit)
{
	Dwarf_Die die, next;
	int n = dwarf_child(unit, &die);

	while (!n) {
		if (!has_code_there(&die, nest->pc)) {
			n = dwarf_siblingof(&die, &next);
		} else {
			if (is_function(&die) && nest->nr == SOURCE_MAX_FRAMES)
				return;
			if (is_function(&die))
				nest->functions[nest->nr++] = die;
			n = dwarf_child(&die, &next);
		}
		die = next;
	}
}

static void name_function(Dwarf_Die *die, struct source_frame *frame)
{
	Dwarf_Attribute attr;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attr));

	snprintf(frame->function, sizeof(frame->function), "%s", name ?: "?");
}

static void put_place(struct source_frame *frame, const struct source_place *place)
{
	memcpy(frame->file, place->file, sizeof(frame->file));
	frame->line = place->line;
}

/* In each but the innermost control is where the next one was called. */
static int describe(struct nest *nest, const struct source_place *innermost,
		    struct source_frame *frames)
{
	struct source_place place = *innermost;
	int nr = 0, i;

	for (i = nest->nr - 1; i >= 0; i--) {
		name_function(&nest->functions[i], &frames[nr]);
		put_place(&frames[nr++], &place);
		source_call(&nest->functions[i], &place);
	}
	return nr;
}

/* What was written in assembler has lines, and no functions. */
static int describe_label(const struct code_place *place, const struct source_place *line,
			  struct source_frame *frames)
{
	if (!line->line)
		return 0;
	snprintf(frames->function, sizeof(frames->function), "%.*s", SOURCE_FUNCTION_LEN - 1,
		 place->function);
	put_place(frames, line);
	return 1;
}

static int find_frames(const struct object *o, const struct code_place *place,
		       struct source_frame *frames)
{
	struct source_place line;
	struct nest nest = { .nr = 0 };
	uint64_t address;
	Dwarf_Die unit;

	if (!find_address(o, place, &address))
		return 0;
	nest.pc = address - o->bias;
	if (!source_unit(o->dwarf, nest.pc, &unit))
		return 0;
	source_line(&unit, nest.pc, &line);
	look_into(&nest, &unit);
	return nest.nr ? describe(&nest, &line, frames) : describe_label(place, &line, frames);
}

/* ---- as a finder ---- */

static int dwarf_find(struct line_finder *finder, const struct code_place *place,
		      struct source_frame frames[SOURCE_MAX_FRAMES])
{
	struct dwarf_finder *f = (struct dwarf_finder *)finder;
	struct object *o = know_object(f, place);

	if (!o)
		return 0;
	open_object(f, o, place);
	return o->dwarf ? find_frames(o, place, frames) : 0;
}

/* What is installed may be read by all. */
static void dwarf_prepare(struct line_finder *finder, const struct code_place *place)
{
	struct dwarf_finder *f = (struct dwarf_finder *)finder;
	struct object *o = f->debug_info ? know_object(f, place) : NULL;

	if (o && !o->opened && o->fd < 0)
		look_for_file(f, o, place, true);
}

/* Those that libdwfl has it had opened by itself. */
static int dwarf_fds(const struct line_finder *finder, int *fds, int max)
{
	const struct dwarf_finder *f = (const struct dwarf_finder *)finder;
	const struct object *o;
	int nr = 0;

	for (o = f->objects; o && nr < max; o = o->next)
		if (o->fd >= 0)
			fds[nr++] = o->fd;
	return nr;
}

static void dwarf_free(struct line_finder *finder)
{
	struct dwarf_finder *f = (struct dwarf_finder *)finder;
	struct object *o;

	if (f->debug_info && f->objects && !f->of_use)
		say("%s has no debug information of a kernel, kvm or kvm_intel that was traced, by "
		    "their build-ids: -v tells which are wanted",
		    f->debug_info);
	while ((o = f->objects)) {
		f->objects = o->next;
		free_object(o);
	}
	free(f);
}

struct line_finder *dwarf_finder_new(const char *debug_info)
{
	static const struct line_finder_ops ops = {
		.find = dwarf_find,
		.prepare = dwarf_prepare,
		.fds = dwarf_fds,
		.free = dwarf_free,
	};
	struct dwarf_finder *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->finder.ops = &ops;
	f->debug_info = debug_info;
	return &f->finder;
}
