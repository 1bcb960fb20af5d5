/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "util/errstr.h"

#define KERNEL_ENOTSUPP 524

const char *errstr(int err)
{
	static char text[128];
	const char *name;

	if (err < 0)
		err = -err;
	if (err == KERNEL_ENOTSUPP)
		return "ENOTSUPP: not supported by this kernel";
	name = strerrorname_np(err);
	snprintf(text, sizeof(text), "%s: %s", name ? name : "error", strerror(err));
	return text;
}

const char *result_text(char out[RESULT_TEXT_LEN], int64_t result)
{
	const char *name = NULL;

	if (result == -KERNEL_ENOTSUPP)
		name = "ENOTSUPP";
	else if (result < 0 && result >= -INT_MAX)
		name = strerrorname_np((int)-result);
	if (name)
		snprintf(out, RESULT_TEXT_LEN, "-%.20s", name);
	else
		snprintf(out, RESULT_TEXT_LEN, "%" PRId64, result);
	return out;
}
