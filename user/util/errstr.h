/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef ERRSTR_H
#define ERRSTR_H

#include <stdint.h>

/* "EPERM: Operation not permitted"; knows 524 (ENOTSUPP), which libc does not.
 * The text is valid until the next call. */
const char *errstr(int err);

/* What a function of the kernel returned: "0", "4224", "-EINVAL". */
#define RESULT_TEXT_LEN 24
const char *result_text(char out[RESULT_TEXT_LEN], int64_t result);

#endif
