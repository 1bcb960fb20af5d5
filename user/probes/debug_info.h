/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The debug information (DWARF) of a kernel module that is loaded, found, checked to be that
 * module's, and moved to where the module is in memory.
 */
#ifndef DEBUG_INFO_H
#define DEBUG_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdwfl.h>

#include "symbols/build_id.h"

/* The module in memory, which the file must be of. */
struct debug_info_target {
	const char *module; /* with underscores */
	struct build_id id;
	/* Where a section was loaded, 0: that is not told. -errno: it is not in memory. */
	int (*section_address)(void *ctx, const char *section, uint64_t *address);
	void *ctx;
};

#define DEBUG_INFO_MAX_CODE 32

struct debug_info {
	struct debug_info_target target;
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwarf *dwarf;
	uint64_t bias; /* added to an address in DWARF: one in memory */
	char file[256]; /* where the DWARF is from */
	struct {
		uint64_t start, end;
	} code[DEBUG_INFO_MAX_CODE]; /* sections with code that stays in memory */
	int nr_code;
	int fd; /* of a file that was given, until libdwfl has it */
};

/* The module as it is loaded here and now. -errno and a sentence in why. */
int debug_info_running(struct debug_info_target *target, const char *module, char *why, size_t len);

/*
 * Opens the file given, or the module's in the folder given, or else what is installed for it, or
 * else asks a debuginfod (only if DEBUGINFOD_URLS is set). 0, or -errno with a sentence in why:
 *   -ENOENT   no debug information was found
 *   -ENOEXEC  the file is no ELF file, or a broken one
 *   -ENODATA  the file has no DWARF
 *   -ESTALE   the file is of another build
 *   -EPERM    the kernel does not tell where the module is
 *   other     the file cannot be opened
 */
int debug_info_open(struct debug_info *info, const struct debug_info_target *target,
		    const char *given, char *why, size_t len);
void debug_info_close(struct debug_info *info);

/*
 * Is it within code of the module that is in memory, and stays there? That of the initialisation
 * does not, and its addresses are soon another's.
 */
bool debug_info_is_code(const struct debug_info *info, uint64_t address);

/* Writes the sentence for the user, and returns err. */
__attribute__((format(printf, 4, 5))) int debug_info_explain(char *why, size_t len, int err,
							     const char *fmt, ...);

#endif
