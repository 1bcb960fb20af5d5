/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef ERRSTR_H
#define ERRSTR_H

/* "EPERM: Operation not permitted"; knows 524 (ENOTSUPP), which libc does not.
 * The text is valid until the next call. */
const char *errstr(int err);

#endif
