/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the compiler put copies of a function's body into its callers, so that a kprobe can be put
 * on each. Debug information (DWARF) is what tells.
 *
 * What is guaranteed of a site: its address is where the compiler says that the copy begins, is
 * within the code of the function around it, and is the beginning of an instruction (compilers
 * name places between instructions only; the kernel checks that once more when the kprobe is
 * registered).
 *
 * What is not: that the copy's body as a whole is behind it. After optimisation
 * some of it may run before (a load or a test moved up); where the copy begins with a test that is
 * made in another way (jump threading), a second way into it has no entry of its own; and where
 * nothing of the copy is left at its beginning, the instruction at the address is the next one of
 * the caller, which may be reached past the call as well. What is found here is therefore to be
 * compared with what is derived from the calls around it, not to be believed instead.
 */
#ifndef INLINED_H
#define INLINED_H

#include <stddef.h>
#include <stdint.h>

#include "probes/debug_info.h"

#define INLINED_MAX_SITES 16

/* How the address of a copy's entry is known, best first. */
enum inlined_entry {
	ENTRY_NAMED, /* the debug information names it */
	ENTRY_LOWEST, /* the copy is in one piece: where that begins */
	ENTRY_FIRST_PIECE, /* in several: where the first of them begins */
};

/* One place where the compiler put a copy of the function's body. */
struct inlined_site {
	uint64_t address; /* in the running kernel */
	enum inlined_entry entry;
	char caller[64]; /* the symbol it is in, with a compiler's suffix */
	uint64_t offset; /* from that symbol */
	char file[128]; /* the call, as the source has it */
	unsigned int line;
};

/* What debug information tells of a function. */
struct inlined_function {
	int known; /* 0: there is no function of that name */
	int nr_sites;
	int nr_outlined; /* bodies of its own: itself, or clones as .isra and .part */
	int nr_unplaced; /* copies that have no address: nothing is left of them */
	int nr_discarded; /* copies in code that is not in memory, or not for long */
	struct inlined_site sites[INLINED_MAX_SITES];
};

/*
 * Finds all copies of the function in what is open. How many sites there are; 0 where it is
 * not inlined or not known; -errno with a sentence in why:
 *   -EBADMSG  the debug information contradicts itself
 *   -E2BIG    there are more than INLINED_MAX_SITES
 */
int inlined_in(const struct debug_info *info, const char *function, struct inlined_function *found,
	       char *why, size_t len);

/* The addresses hold until the module is unloaded; loaded again, it is elsewhere. */
struct inlined_query {
	const char *module; /* loaded, with underscores */
	const char *function;
	const char *debug_file; /* NULL: what is installed, or served by a debuginfod */
};

/* The same for the running kernel; also with the errors of debug_info_open(). */
int inlined_find(const struct inlined_query *query, struct inlined_function *found, char *why,
		 size_t len);

#endif
