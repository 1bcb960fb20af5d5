/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds source lines in debug information (DWARF), on this host or from a debuginfod. */
#ifndef DWARF_FINDER_H
#define DWARF_FINDER_H

#include "symbols/stack_lines.h"

/* debug_info: the user's file or folder, which is looked into first; or NULL. It is kept. */
struct line_finder *dwarf_finder_new(const char *debug_info);

#endif
