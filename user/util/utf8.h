/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/*
 * Text that others chose, for who insists on UTF-8: what is none, and every control
 * character, becomes U+FFFD. What does not fit in size bytes, NUL included, ends with
 * an ellipsis between whole characters. size is at least 4. Returns the length.
 */
size_t utf8_clean(char *out, size_t size, const char *in);

#endif
