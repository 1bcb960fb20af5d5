/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kernel module as a file: FILE.ko, also as .xz, .zst, .gz or .bz2. */
#ifndef MODULE_FILE_H
#define MODULE_FILE_H

#include <stddef.h>
#include <stdint.h>

struct module_file;

/* NULL with a sentence in why, which names the remedy. */
struct module_file *module_file_open(const char *path, char *why, size_t len);
void module_file_close(struct module_file *file);

/* Of its .modinfo ("name", "vermagic", "srcversion"); NULL: it does not say. */
const char *module_file_info(const struct module_file *file, const char *key);

/* Contents of a section, valid until the file is closed; NULL: none, or cut off. */
const void *module_file_section(const struct module_file *file, const char *name, size_t *size);

/*
 * Calls fn for every function of its symbol table. Its address is made of the
 * number of its section and the place in it: no two functions share one, and
 * none is at 0. What fn returns other than 0 ends it and is returned.
 */
int module_file_for_each_function(const struct module_file *file,
				  int (*fn)(void *ctx, const char *name, uint64_t address),
				  void *ctx);

/* "6.1.0-18-amd64" of "6.1.0-18-amd64 SMP preempt mod_unload modversions" */
void module_file_release(const struct module_file *file, char *release, size_t len);

/* The file beside it that has the other module: DIR/kvm.ko.xz of DIR/kvm-intel.ko.xz */
void module_file_beside(const char *path, const char *name, char *beside, size_t len);

#endif
