/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "util/lazy.h"
#include "util/say.h"

int lazy_open(const char *soname, const struct lazy_function *functions)
{
	/* stays open to the end of the process */
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL), *function;

	for (; library && functions->name; functions++) {
		function = dlsym(library, functions->name);
		if (!function)
			break;
		memcpy(functions->at, &function, sizeof(function));
	}
	if (library && !functions->name)
		return 0;
	say_error("cannot use %s (%s): install the package that it is in", soname, dlerror());
	return -ELIBACC;
}
