/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A folder of its own for a test that makes files; what fails in it fails the test. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

/* Group setup and teardown; once for all tests of a program. */
void scratch_make(void);
void scratch_remove(void);

const char *scratch_folder(void);

/* Where a file of that name is; good until three more were asked for. */
const char *scratch_path(const char *name);

/* A shell command in the folder, which must succeed. */
void scratch_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void scratch_write(const char *name, const void *data, size_t len);
/* To be freed. */
char *scratch_read(const char *name, size_t *len);

#endif
