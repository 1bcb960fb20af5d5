/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a module comes and goes, as the kernel tells it. */
#ifndef MODULE_WATCH_H
#define MODULE_WATCH_H

#include <stddef.h>

enum module_change {
	MODULE_UNCHANGED,
	MODULE_LOADED,
	MODULE_UNLOADED,
};

/* A descriptor that is readable when some module has changed; -errno. */
int module_watch_open(void);

/* What became of this module, in all that is there to be read: the latest. */
enum module_change module_watch_read(int fd, const char *module);

/* One of the kernel's messages, "add@/module/kvm_intel" and what is behind it. */
enum module_change module_watch_parse(const char *message, size_t len, const char *module);

#endif
