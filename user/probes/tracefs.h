/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACEFS_H
#define TRACEFS_H

#include <stdbool.h>

#define TRACEFS_PATH_LEN 192

/* Where tracefs has this file, if it may be used so (R_OK, W_OK; F_OK: if it is there). */
bool tracefs_find(char path[TRACEFS_PATH_LEN], const char *file, int mode);

#endif
