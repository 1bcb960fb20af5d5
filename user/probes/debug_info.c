/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probes/debug_info.h"
#include "symbols/debug_file.h"
#include "util/errstr.h"
#include "util/memory_limit.h"

int debug_info_explain(char *why, size_t len, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, len, fmt, ap);
	va_end(ap);
	return err;
}

/* ---- the running kernel ---- */

static int sysfs_section(void *ctx, const char *section, uint64_t *address)
{
	const char *module = ctx;
	char path[256];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "/sys/module/%s/sections/%s", module, section);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fscanf(f, "%lx", address);
	fclose(f);
	return n == 1 ? 0 : -EIO;
}

/* A module that is part of the kernel image has a folder there, but was never initialised. */
static int look_for_module(const char *module, char *why, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (access(path, F_OK))
		return debug_info_explain(why, len, -ENODEV,
					  "%s is not loaded: load it with 'modprobe %s'", module,
					  module);
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	if (access(path, F_OK))
		return debug_info_explain(
			why, len, -EOPNOTSUPP,
			"%s is built into this kernel, and inlined functions are looked for "
			"in loadable modules only",
			module);
	return 0;
}

int debug_info_running(struct debug_info_target *target, const char *module, char *why, size_t len)
{
	int err;

	memset(target, 0, sizeof(*target));
	target->module = module;
	target->section_address = sysfs_section;
	target->ctx = (void *)module;
	err = look_for_module(module, why, len);
	if (err)
		return err;
	err = build_id_running(module, &target->id);
	if (err)
		return debug_info_explain(
			why, len, err,
			"the build-id of the %s that is loaded cannot be read (%s), so no debug "
			"information can be known to be its own: use a kernel whose modules have "
			"one",
			module, errstr(err));
	return 0;
}

/* ---- what libdwfl asks ---- */

static struct debug_info *info_of(void **userdata)
{
	return *userdata;
}

static int find_file(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		     char **file_name, Elf **elf)
{
	struct debug_info *info = info_of(userdata);
	int fd = info->fd;

	(void)module, (void)name, (void)base, (void)elf;
	info->fd = -1;
	*file_name = strdup(info->file);
	return fd;
}

/* It is the answer already: nothing is looked for beside it. */
static int find_nothing(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			const char *file_name, const char *link, GElf_Word crc, char **debug)
{
	(void)module, (void)userdata, (void)name, (void)base;
	(void)file_name, (void)link, (void)crc, (void)debug;
	return -1;
}

static void note_code(struct debug_info *info, const char *section, const GElf_Shdr *header,
		      uint64_t start)
{
	if (!(header->sh_flags & SHF_EXECINSTR) || !strncmp(section, ".init", 5) ||
	    info->nr_code == DEBUG_INFO_MAX_CODE)
		return;
	info->code[info->nr_code].start = start;
	info->code[info->nr_code++].end = start + header->sh_size;
}

/*
 * libdwfl asks once for each section that the DWARF refers to. What is not in memory (the kernel
 * drops some sections) is -1.
 */
static int section_address(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			   const char *section, GElf_Word index, const GElf_Shdr *header,
			   Dwarf_Addr *address)
{
	struct debug_info *info = info_of(userdata);
	uint64_t where = 0;
	int err;

	(void)module, (void)name, (void)base, (void)index;
	err = info->target.section_address(info->target.ctx, section, &where);
	*address = err ? (Dwarf_Addr)-1 : where;
	if (!err)
		note_code(info, section, header, where);
	return DWARF_CB_OK;
}

/* ---- opening ---- */

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_file,
	.find_debuginfo = find_nothing,
	.section_address = section_address,
};

/* How to get what is missing; the rest of a sentence. */
static const char *remedy(char text[static 256])
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	struct utsname u;

	uname(&u);
	snprintf(text, 256,
		 "install it (Debian: 'apt-get install linux-image-%s-dbg'), name a file with "
		 "--debug-info FILE, or %s",
		 u.release,
		 urls && urls[0] ? "see why the servers of DEBUGINFOD_URLS do not give it"
				 : "set DEBUGINFOD_URLS (sudo drops it, sudo -E does not)");
	return text;
}

static int tell_none(const struct debug_info *info, const char *folder, char *why, size_t len)
{
	char how[256], id[BUILD_ID_TEXT];

	build_id_text(&info->target.id, id);
	if (folder)
		return debug_info_explain(
			why, len, -ENOENT,
			"%s has no debug information of the %s that is loaded (build-id %s): %s",
			folder, info->target.module, id, remedy(how));
	return debug_info_explain(why, len, -ENOENT,
				  "no debug information was found for the %s that is loaded "
				  "(build-id %s): %s",
				  info->target.module, id, remedy(how));
}

static int check_build_id(struct debug_info *info, char *why, size_t len)
{
	char loaded[BUILD_ID_TEXT], found[BUILD_ID_TEXT];
	struct build_id id = { .len = 0 };
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(info->module, &bias);

	if (!elf)
		return debug_info_explain(
			why, len, -ENOEXEC,
			"%s cannot be read as a module (%s): give a kvm-intel.ko or its "
			".debug file",
			info->file, dwfl_errmsg(-1));
	build_id_of_elf(elf, &id);
	if (build_id_same(&id, &info->target.id))
		return 0;
	return debug_info_explain(
		why, len, -ESTALE,
		"%s is not of the %s that is loaded: its build-id is %s, the loaded module's is "
		"%s; give the file of that build",
		info->file, info->target.module, build_id_text(&id, found),
		build_id_text(&info->target.id, loaded));
}

static int load_dwarf(struct debug_info *info, char *why, size_t len)
{
	Dwarf_Addr bias;
	char how[256];

	info->dwarf = dwfl_module_getdwarf(info->module, &bias);
	if (!info->dwarf)
		return debug_info_explain(why, len, -ENODATA,
					  "%s has no debug information that can be read (%s): %s",
					  info->file, dwfl_errmsg(-1), remedy(how));
	info->bias = bias;
	return 0;
}

static int begin(struct debug_info *info)
{
	void **userdata;

	info->dwfl = dwfl_begin(&callbacks);
	if (!info->dwfl)
		return -ENOMEM;
	dwfl_report_begin(info->dwfl);
	/* Its sections may be anywhere, and nothing is asked by address but this module. */
	info->module = dwfl_report_module(info->dwfl, info->target.module, 0, (Dwarf_Addr)-1);
	if (!info->module)
		return -ENOMEM;
	dwfl_module_info(info->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = info;
	return dwfl_report_end(info->dwfl, NULL, NULL) ? -ENOMEM : 0;
}

/* 0 is what the kernel shows of an address to those whom it does not trust with it. */
static int check_addresses(const struct debug_info_target *target, char *why, size_t len)
{
	uint64_t text = 0;
	int err = target->section_address(target->ctx, ".text", &text);

	if (!err && text)
		return 0;
	return debug_info_explain(
		why, len, -EPERM,
		"the kernel does not tell where %s is in memory (%s): run as root, with "
		"CAP_SYSLOG and kernel.kptr_restrict below 2",
		target->module, err ? errstr(err) : "its addresses are shown as 0");
}

static int open_given(struct debug_info *info, const char *file, char *why, size_t len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int err = -errno;

	if (fd < 0)
		return debug_info_explain(why, len, err, "cannot read %s (%s)", file, errstr(err));
	info->fd = fd;
	debug_file_path(info->file, sizeof(info->file), file);
	return 0;
}

/* folder: the user's, or NULL for what is installed or served. */
static int look_for_file(struct debug_info *info, const char *folder, char *why, size_t len)
{
	struct debug_file_query query = {
		.object = info->target.module,
		.id = info->target.id,
		.given = folder,
		.only_given = folder,
		.debuginfod = true,
	};
	struct utsname u;

	uname(&u);
	query.release = u.release;
	info->fd = debug_file_find(&query, info->file, sizeof(info->file));
	if (info->fd < 0)
		return tell_none(info, folder, why, len);
	/* what came from a server has no name */
	if (!info->file[0])
		debug_file_path(info->file, sizeof(info->file), "the debuginfod's file");
	return 0;
}

static int load(struct debug_info *info, char *why, size_t len)
{
	int err = begin(info);

	if (err)
		return debug_info_explain(why, len, err, "no memory for debug information");
	return check_build_id(info, why, len) ?: load_dwarf(info, why, len);
}

/* Debug information of kvm_intel has some 60 MB, and libdwfl unpacks what is packed. */
#define MOST_MEMORY (1UL << 30)

int debug_info_open(struct debug_info *info, const struct debug_info_target *target,
		    const char *given, char *why, size_t len)
{
	struct memory_limit limit;
	int err;

	memset(info, 0, sizeof(*info));
	info->target = *target;
	info->fd = -1;
	why[0] = '\0';
	err = check_addresses(target, why, len);
	if (err)
		return err;
	memory_limit_begin(&limit, MOST_MEMORY);
	if (given && !debug_file_is_folder(given))
		err = open_given(info, given, why, len);
	else
		err = look_for_file(info, given, why, len);
	if (!err)
		err = load(info, why, len);
	memory_limit_end(&limit);
	if (err)
		debug_info_close(info);
	return err;
}

void debug_info_close(struct debug_info *info)
{
	if (info->dwfl)
		dwfl_end(info->dwfl);
	if (info->fd >= 0)
		close(info->fd);
	info->dwfl = NULL;
	info->module = NULL;
	info->dwarf = NULL;
	info->nr_code = 0;
	info->fd = -1;
}

/* ---- addresses ---- */

bool debug_info_is_code(const struct debug_info *info, uint64_t address)
{
	int i;

	for (i = 0; i < info->nr_code; i++)
		if (address >= info->code[i].start && address < info->code[i].end)
			return true;
	return false;
}
