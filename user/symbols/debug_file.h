/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the debug information (DWARF) of one build of the kernel or of a module is. */
#ifndef DEBUG_FILE_H
#define DEBUG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "symbols/build_id.h"

struct debug_file_query {
	const char *object; /* a module, with underscores, or OBJECT_NAME_KERNEL */
	const char *release; /* of the kernel, for the folders that have its name */
	struct build_id id;
	const char *given; /* the user's file, or folder, which is looked at first; or NULL */
	bool only_given;
	bool debuginfod; /* may be asked, if DEBUGINFOD_URLS is set */
};

/*
 * A descriptor of a file that has DWARF and is of that build, and its path: the user's; what is
 * installed; the module itself; what a debuginfod has (which has no path: "" then). -ENOENT where
 * there is none: another build's is none.
 */
int debug_file_find(const struct debug_file_query *q, char *path, size_t size);

bool debug_file_is_folder(const char *path);

/* The end of a path, which is the part that tells, where not all of it fits. */
void debug_file_path(char *to, size_t size, const char *path);

#endif
