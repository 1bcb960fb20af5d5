/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Places in the source, as DWARF has them. */
#ifndef SOURCE_PLACE_H
#define SOURCE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <elfutils/libdw.h>

#define SOURCE_FILE_LEN 128

struct source_place {
	char file[SOURCE_FILE_LEN]; /* from the top of the kernel's source, "": not known */
	unsigned int line; /* 0: not known */
};

/* The unit that has code at an address. False: none. */
bool source_unit(Dwarf *dwarf, Dwarf_Addr pc, Dwarf_Die *unit);

/* The line that the code at an address was made of. */
void source_line(Dwarf_Die *unit, Dwarf_Addr pc, struct source_place *place);

/* Where the call was that an inlined copy stands for. */
void source_call(Dwarf_Die *copy, struct source_place *place);

/*
 * The path of a source file from where the source and the place that it was compiled in part:
 * "arch/x86/kvm/vmx/nested.c". Of one that does not fit the end, which is the part that tells.
 */
void source_path(char *to, size_t size, const char *path, const char *compiled_in);

#endif
