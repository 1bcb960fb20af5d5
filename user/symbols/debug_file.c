/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>

#include "model/names.h"
#include "symbols/debug_file.h"

/* Whoever wants to wait longer for a debuginfod sets its variables himself. */
#define DEBUGINFOD_PATIENCE "10" /* seconds for the connection, and for each 100 KiB */
#define DEBUGINFOD_TOTAL "60" /* seconds for all of it */

#define OF_KERNEL 0x1
#define OF_MODULES 0x2

struct folder {
	const char *path; /* %s: the kernel's release */
	bool deep; /* and what is below it */
	unsigned int of;
};

/* Besides .build-id. In this order; the last has modules that were not stripped. */
static const struct folder folders[] = {
	{ "/usr/lib/debug/lib/modules/%s", true, OF_KERNEL | OF_MODULES },
	{ "/usr/lib/debug/usr/lib/modules/%s", true, OF_KERNEL | OF_MODULES },
	{ "/usr/lib/debug/boot", false, OF_KERNEL },
	{ "/lib/modules/%s/build", false, OF_KERNEL },
	{ "/boot", false, OF_KERNEL },
	{ "/lib/modules/%s", true, OF_MODULES },
};

/* ---- is it the one? ---- */

static bool is_kernel(const struct debug_file_query *q)
{
	return !strcmp(q->object, OBJECT_NAME_KERNEL);
}

/* kvm-intel.ko of kvm_intel, packed or not, kvm-intel.ko.debug, kvm-intel.debug */
static bool names_module(const char *file, const char *module)
{
	for (; *module; file++, module++)
		if (*file != *module && !(*file == '-' && *module == '_'))
			return false;
	return !strncmp(file, ".ko", 3) || !strcmp(file, ".debug");
}

/* vmlinux, vmlinux-6.1.0-56-amd64, vmlinux.debug; not vmlinuz */
static bool names_kernel(const char *file)
{
	return !strncmp(file, "vmlinux", 7) && (!file[7] || strchr(".-", file[7]));
}

static bool may_be(const struct debug_file_query *q, const char *file)
{
	return is_kernel(q) ? names_kernel(file) : names_module(file, q->object);
}

/* In files of debug information what is loaded has headers only; of others the DWARF is gone. */
static bool has_dwarf(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	while ((section = elf_nextscn(elf, section))) {
		name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name)
						      : NULL;
		if (name && header.sh_type != SHT_NOBITS &&
		    (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info")))
			return true;
	}
	return false;
}

static bool is_of_build(int fd, const struct build_id *wanted)
{
	struct build_id id = { .len = 0 };
	Elf *elf = dwelf_elf_begin(fd);
	bool is;

	if (elf)
		build_id_of_elf(elf, &id);
	is = build_id_same(&id, wanted) && has_dwarf(elf);
	elf_end(elf);
	return is;
}

static int try_file(const struct debug_file_query *q, const char *file, char *path, size_t size)
{
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -ENOENT;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && is_of_build(fd, &q->id)) {
		debug_file_path(path, size, file);
		return fd;
	}
	close(fd);
	return -ENOENT;
}

/* ---- where it may be ---- */

static int try_entry(const struct debug_file_query *q, FTS *fts, FTSENT *entry, bool deep,
		     char *path, size_t size)
{
	switch (entry->fts_info) {
	case FTS_D:
		if (!deep && entry->fts_level > 0)
			fts_set(fts, entry, FTS_SKIP);
		return -ENOENT;
	case FTS_F:
	case FTS_NSOK:
	case FTS_SL:
		return may_be(q, entry->fts_name) ? try_file(q, entry->fts_path, path, size)
						  : -ENOENT;
	default:
		return -ENOENT;
	}
}

static int try_folder(const struct debug_file_query *q, const char *folder, bool deep, char *path,
		      size_t size)
{
	char *const roots[] = { (char *)folder, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	FTSENT *entry;
	int fd = -ENOENT;

	while (fts && fd < 0 && (entry = fts_read(fts)))
		fd = try_entry(q, fts, entry, deep, path, size);
	if (fts)
		fts_close(fts);
	return fd;
}

static int try_build_id(const struct debug_file_query *q, const char *root, char *path, size_t size)
{
	char text[BUILD_ID_TEXT], file[PATH_MAX];

	build_id_text(&q->id, text);
	snprintf(file, sizeof(file), "%s/.build-id/%.2s/%s.debug", root, text, text + 2);
	return try_file(q, file, path, size);
}

static int try_given(const struct debug_file_query *q, char *path, size_t size)
{
	int fd;

	if (!debug_file_is_folder(q->given))
		return try_file(q, q->given, path, size);
	fd = try_build_id(q, q->given, path, size);
	return fd >= 0 ? fd : try_folder(q, q->given, true, path, size);
}

static int try_installed(const struct debug_file_query *q, char *path, size_t size)
{
	unsigned int of = is_kernel(q) ? OF_KERNEL : OF_MODULES;
	int fd = try_build_id(q, "/usr/lib/debug", path, size);
	char folder[PATH_MAX];
	size_t i;

	/* of a trace, which may say anything */
	if (!q->release[0] || q->release[0] == '.' || strchr(q->release, '/'))
		return fd;
	for (i = 0; fd < 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (!(folders[i].of & of))
			continue;
		snprintf(folder, sizeof(folder), folders[i].path, q->release);
		fd = try_folder(q, folder, folders[i].deep, path, size);
	}
	return fd;
}

/* ---- a debuginfod ---- */

/* No server may keep the tool waiting for ever, which is what libdebuginfod does by itself. */
static void limit_debuginfod(void)
{
	setenv("DEBUGINFOD_TIMEOUT", DEBUGINFOD_PATIENCE, 0);
	setenv("DEBUGINFOD_MAXTIME", DEBUGINFOD_TOTAL, 0);
	setenv("DEBUGINFOD_RETRY_LIMIT", "0", 0);
}

/* Through libdwfl, which loads its client only where there is something to be asked. */
static int ask_debuginfod(const struct debug_file_query *q, char *path, size_t size)
{
	static const Dwfl_Callbacks callbacks = { .find_elf = dwfl_build_id_find_elf };
	Dwfl_Module *module = NULL;
	char *file = NULL;
	void **userdata;
	int fd = -ENOENT;
	Dwfl *dwfl;

	limit_debuginfod();
	dwfl = dwfl_begin(&callbacks);
	if (dwfl) {
		dwfl_report_begin(dwfl);
		module = dwfl_report_module(dwfl, q->object, 0, (Dwarf_Addr)-1);
		dwfl_report_end(dwfl, NULL, NULL);
	}
	if (module && !dwfl_module_report_build_id(module, q->id.bytes, q->id.len, 0)) {
		dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
		fd = dwfl_standard_find_debuginfo(module, userdata, q->object, 0, NULL, NULL, 0,
						  &file);
	}
	if (fd >= 0 && !is_of_build(fd, &q->id)) {
		close(fd);
		fd = -ENOENT;
	}
	if (fd >= 0)
		debug_file_path(path, size, file ?: "");
	free(file);
	dwfl_end(dwfl);
	return fd < 0 ? -ENOENT : fd;
}

/* ---- */

int debug_file_find(const struct debug_file_query *q, char *path, size_t size)
{
	int fd = -ENOENT;

	elf_version(EV_CURRENT);
	path[0] = '\0';
	if (!q->id.len)
		return fd;
	if (q->given)
		fd = try_given(q, path, size);
	if (fd < 0 && !q->only_given)
		fd = try_installed(q, path, size);
	if (fd < 0 && !q->only_given && q->debuginfod)
		fd = ask_debuginfod(q, path, size);
	return fd;
}

bool debug_file_is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

void debug_file_path(char *to, size_t size, const char *path)
{
	size_t len = strlen(path);

	snprintf(to, size, "%s", len < size ? path : path + len - size + 1);
}
