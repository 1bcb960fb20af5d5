/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Debug information of a module, as --debug-info FILE gives it: inlined copies, source lines. */
#include <errno.h>
#include <string.h>

#include "lib/fuzz.h"
#include "probes/debug_info.h"
#include "probes/inlined.h"
#include "symbols/source_place.h"
#include "util/say.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_listen();
	return 0;
}

static int section_address(void *ctx, const char *section, uint64_t *address)
{
	(void)ctx;
	if (strncmp(section, ".text", 5) != 0)
		return -ENOENT;
	*address = strcmp(section, ".text") ? 0xffffffffc0240000 : 0xffffffffc0100000;
	return 0;
}

/* lib/make-seeds gives all of them this one. */
static struct debug_info_target target_of(void)
{
	struct debug_info_target t = { .module = "fuzz", .section_address = section_address };

	t.id.len = 20;
	memset(t.id.bytes, 0xab, t.id.len);
	return t;
}

/* As finders of stacks' lines look them up, of what is in the file. */
static void look_for_line(const struct debug_info *info, uint64_t address)
{
	struct source_place place;
	Dwarf_Die unit;

	if (source_unit(info->dwarf, address - info->bias, &unit))
		source_line(&unit, address - info->bias, &place);
}

static void look_at(const struct debug_info *info)
{
	struct inlined_function found = { .known = 0 };
	char why[512] = "";
	int n = inlined_in(info, "body", &found, why, sizeof(why)), i;

	say_error("%s", why); /* as doctor does */
	fuzz_assert(n >= 0 ? n == found.nr_sites : *why != '\0');
	for (i = 0; i < found.nr_sites; i++) {
		fuzz_assert(debug_info_is_code(info, found.sites[i].address));
		look_for_line(info, found.sites[i].address);
	}
	look_for_line(info, 0xffffffffc0100000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct debug_info_target t = target_of();
	struct debug_info info;
	struct build_id id;
	char why[512] = "";

	build_id_of_notes(data, size, &id);
	if (!debug_info_open(&info, &t, fuzz_file(FUZZ_INPUT, data, size), why, sizeof(why)))
		look_at(&info);
	say_error("%s", why); /* as doctor does */
	debug_info_close(&info);
	return 0;
}
