/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
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
