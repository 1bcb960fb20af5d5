/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dwarf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "symbols/debug_file.h"
#include "symbols/source_place.h"

/* Not by .debug_aranges, which clang does not write. */
bool source_unit(Dwarf *dwarf, Dwarf_Addr pc, Dwarf_Die *unit)
{
	Dwarf_CU *cu = NULL;

	while (!dwarf_get_units(dwarf, cu, &cu, NULL, NULL, unit, NULL))
		if (dwarf_haspc(unit, pc) > 0)
			return true;
	return false;
}

/* ---- paths ---- */

static bool ends_with_parent(const char *begin, const char *end)
{
	return end - begin >= 3 && !memcmp(end - 3, "../", 3) &&
	       (end - begin == 3 || end[-4] == '/');
}

/* "a/./b/../c" to "a/c". What goes up beyond the beginning stays. */
static void simplify(char *path)
{
	char *begin = path + (*path == '/'), *rest = begin, *to = begin, *part, *slash;

	while ((part = strsep(&rest, "/"))) {
		size_t len = strlen(part);

		if (!len || !strcmp(part, "."))
			continue;
		if (!strcmp(part, "..") && to > begin && !ends_with_parent(begin, to)) {
			to[-1] = '\0';
			slash = strrchr(begin, '/');
			to = slash ? slash + 1 : begin;
			continue;
		}
		/* never to the right: what is still to be read stays as it is */
		memmove(to, part, len);
		to[len] = '/';
		to += len + 1;
	}
	if (to > begin)
		to--;
	*to = '\0';
}

/* Of whole folders: what comes behind those that both are in. */
static const char *part_ways(const char *path, const char *folder)
{
	const char *rest = path, *p = path;

	if (*folder == '/' && *p == '/')
		p++, folder++;
	while (*folder) {
		size_t len = strcspn(folder, "/");

		if (strncmp(p, folder, len) != 0 || p[len] != '/')
			break;
		rest = p += len + 1;
		folder += len + (folder[len] == '/');
	}
	return rest;
}

void source_path(char *to, size_t size, const char *path, const char *compiled_in)
{
	char whole[PATH_MAX], folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", compiled_in);
	if (path[0] == '/' || !folder[0])
		snprintf(whole, sizeof(whole), "%s", path);
	else
		snprintf(whole, sizeof(whole), "%.2000s/%.2000s", folder, path);
	simplify(whole);
	simplify(folder);
	debug_file_path(to, size, part_ways(whole, folder));
}

/* ---- places ---- */

static void put_path(struct source_place *place, Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute attr;
	const char *compiled_in = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attr));

	if (path)
		source_path(place->file, sizeof(place->file), path, compiled_in ?: "");
}

void source_line(Dwarf_Die *unit, Dwarf_Addr pc, struct source_place *place)
{
	Dwarf_Line *found = dwarf_getsrc_die(unit, pc);
	int line;

	memset(place, 0, sizeof(*place));
	if (!found || dwarf_lineno(found, &line) || line <= 0)
		return;
	put_path(place, unit, dwarf_linesrc(found, NULL, NULL));
	place->line = (unsigned int)line;
}

void source_call(Dwarf_Die *copy, struct source_place *place)
{
	Dwarf_Word line = 0, file = 0;
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Die unit;
	size_t nr;

	memset(place, 0, sizeof(*place));
	dwarf_formudata(dwarf_attr(copy, DW_AT_call_line, &attr), &line);
	place->line = (unsigned int)line;
	if (!dwarf_formudata(dwarf_attr(copy, DW_AT_call_file, &attr), &file) &&
	    dwarf_diecu(copy, &unit, NULL, NULL) && !dwarf_getsrcfiles(&unit, &files, &nr))
		put_path(place, &unit, dwarf_filesrc(files, file, NULL, NULL));
}
