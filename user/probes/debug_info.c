/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probes/debug_info.h"
#include "util/errstr.h"

/* Whoever wants to wait longer for a debuginfod sets its variables himself. */
#define DEBUGINFOD_PATIENCE "10" /* seconds for the connection, and for each 100 KiB */
#define DEBUGINFOD_TOTAL "60" /* seconds for all of it */

#define NOTE_ALIGN(n) (((size_t)(n) + 3) & ~(size_t)3)

__attribute__((format(printf, 4, 5))) static int explain(char *why, size_t len, int err,
							 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, len, fmt, ap);
	va_end(ap);
	return err;
}

/* ---- build-ids ---- */

int build_id_of_notes(const void *notes, size_t len, struct build_id *id)
{
	const char *p = notes;
	Elf64_Nhdr head;
	size_t name, desc;

	while (len >= sizeof(head)) {
		memcpy(&head, p, sizeof(head));
		p += sizeof(head);
		len -= sizeof(head);
		name = NOTE_ALIGN(head.n_namesz);
		desc = NOTE_ALIGN(head.n_descsz);
		if (name > len || head.n_descsz > len - name)
			return -ENODATA;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof("GNU") &&
		    !memcmp(p, "GNU", sizeof("GNU")) && head.n_descsz &&
		    head.n_descsz <= sizeof(id->bytes)) {
			memcpy(id->bytes, p + name, head.n_descsz);
			id->len = head.n_descsz;
			return 0;
		}
		if (desc > len - name)
			return -ENODATA;
		p += name + desc;
		len -= name + desc;
	}
	return -ENODATA;
}

const char *build_id_text(const struct build_id *id, char text[BUILD_ID_TEXT])
{
	size_t i;

	snprintf(text, BUILD_ID_TEXT, "none");
	for (i = 0; i < id->len; i++)
		snprintf(text + 2 * i, 3, "%02x", id->bytes[i]);
	return text;
}

static bool same_build_id(const struct build_id *a, const struct build_id *b)
{
	return a->len && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
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

static int read_build_id(const char *module, struct build_id *id)
{
	char path[128], notes[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/module/%s/notes/.note.gnu.build-id", module);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, notes, sizeof(notes));
	close(fd);
	return n < 0 ? -EIO : build_id_of_notes(notes, (size_t)n, id);
}

/* A module that is part of the kernel image has a folder there, but was never initialised. */
static int look_for_module(const char *module, char *why, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (access(path, F_OK))
		return explain(why, len, -ENODEV, "%s is not loaded: load it with 'modprobe %s'",
			       module, module);
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	if (access(path, F_OK))
		return explain(why, len, -EOPNOTSUPP,
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
	err = read_build_id(module, &target->id);
	if (err)
		return explain(
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

static int find_given(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		      char **file_name, Elf **elf)
{
	struct debug_info *info = info_of(userdata);
	int fd = info->fd;

	(void)module, (void)name, (void)base, (void)elf;
	info->fd = -1;
	*file_name = strdup(info->file);
	return fd;
}

/* What was given is the answer: nothing is looked for beside it. */
static int find_nothing(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			const char *file_name, const char *link, GElf_Word crc, char **debug)
{
	(void)module, (void)userdata, (void)name, (void)base;
	(void)file_name, (void)link, (void)crc, (void)debug;
	return -1;
}

/*
 * Where the module was not loaded from /lib/modules, its debug information can only be found by
 * build-id, and stands for the module itself.
 */
static int find_by_build_id(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			    char **file_name, Elf **elf)
{
	const struct build_id *id = &info_of(userdata)->target.id;

	(void)elf;
	if (dwfl_module_report_build_id(module, id->bytes, id->len, 0))
		return -1;
	return dwfl_standard_find_debuginfo(module, userdata, name, base, NULL, NULL, 0, file_name);
}

/*
 * libdwfl looks for the module in /lib/modules and for its twin under /usr/lib/debug/lib/modules;
 * packages of distributions with a merged /usr may say /usr/lib/modules.
 */
static int find_installed(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file_name, const char *link, GElf_Word crc, char **debug)
{
	char merged[512], twin[sizeof(merged) + 16];

	if (file_name && !strncmp(file_name, "/lib/", 5)) {
		snprintf(merged, sizeof(merged), "/usr%s", file_name);
		snprintf(twin, sizeof(twin), "/usr/lib/debug%s", merged);
		if (!access(twin, F_OK))
			file_name = merged;
	}
	return dwfl_standard_find_debuginfo(module, userdata, name, base, file_name, link, crc,
					    debug);
}

/* What is not in memory (the kernel drops some sections) is -1 for libdwfl. */
static int section_address(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			   const char *section, GElf_Word index, const GElf_Shdr *header,
			   Dwarf_Addr *address)
{
	struct debug_info *info = info_of(userdata);
	uint64_t where = 0;
	int err;

	(void)module, (void)name, (void)base, (void)index, (void)header;
	err = info->target.section_address(info->target.ctx, section, &where);
	*address = err ? (Dwarf_Addr)-1 : where;
	return DWARF_CB_OK;
}

/* ---- opening ---- */

struct source {
	Dwfl_Callbacks callbacks;
	bool wants_file;
};

/* In this order: what costs nothing and asks nobody first. */
static const struct source sources[] = {
	{ { .find_elf = find_given,
	    .find_debuginfo = find_nothing,
	    .section_address = section_address },
	  true },
	{ { .find_elf = dwfl_linux_kernel_find_elf,
	    .find_debuginfo = find_installed,
	    .section_address = section_address },
	  false },
	{ { .find_elf = find_by_build_id,
	    .find_debuginfo = find_nothing,
	    .section_address = section_address },
	  false },
};

/* How to get what is missing; the rest of a sentence. */
static const char *remedy(char text[static 256])
{
	struct utsname u;

	uname(&u);
	snprintf(text, 256,
		 "install it (Debian: 'apt-get install linux-image-%s-dbg', from the archive "
		 "debian-debug where the main one does not have it), name a file with "
		 "--debug-info FILE, or set DEBUGINFOD_URLS",
		 u.release);
	return text;
}

static int check_build_id(struct debug_info *info, char *why, size_t len)
{
	char loaded[BUILD_ID_TEXT], found[BUILD_ID_TEXT];
	struct build_id id = { .len = 0 };
	const unsigned char *bits;
	GElf_Addr address;
	int n = dwfl_module_build_id(info->module, &bits, &address);

	if (n > 0 && (size_t)n <= sizeof(id.bytes)) {
		memcpy(id.bytes, bits, (size_t)n);
		id.len = (size_t)n;
	}
	if (same_build_id(&id, &info->target.id))
		return 0;
	return explain(
		why, len, -ESTALE,
		"%s is not of the %s that is loaded: its build-id is %s, the loaded module's is "
		"%s; give the file of that build",
		info->file, info->target.module, build_id_text(&id, found),
		build_id_text(&info->target.id, loaded));
}

static void note_file(struct debug_info *info)
{
	const char *main_file = NULL, *debug_file = NULL;

	dwfl_module_info(info->module, NULL, NULL, NULL, NULL, NULL, &main_file, &debug_file);
	if (debug_file || main_file)
		debug_info_path(info->file, sizeof(info->file),
				debug_file ? debug_file : main_file);
}

static int load_dwarf(struct debug_info *info, char *why, size_t len)
{
	Dwarf_Addr bias;
	char how[256];

	info->dwarf = dwfl_module_getdwarf(info->module, &bias);
	note_file(info);
	if (!info->dwarf)
		return explain(why, len, -ENODATA,
			       "%s has no debug information that can be read (%s): %s", info->file,
			       dwfl_errmsg(-1), remedy(how));
	info->bias = bias;
	return 0;
}

static int begin(struct debug_info *info, const struct source *source)
{
	void **userdata;

	info->dwfl = dwfl_begin(&source->callbacks);
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

static int try_source(struct debug_info *info, const struct source *source, char *why, size_t len)
{
	GElf_Addr bias;
	char how[256], id[BUILD_ID_TEXT];
	int err = begin(info, source);

	if (err)
		return explain(why, len, err, "no memory for debug information");
	if (!dwfl_module_getelf(info->module, &bias)) {
		if (source->wants_file)
			return explain(
				why, len, -ENOEXEC,
				"%s cannot be read as a module (%s): give a kvm-intel.ko or its "
				".debug file",
				info->file, dwfl_errmsg(-1));
		return explain(why, len, -ENOENT,
			       "no debug information was found for the %s that is loaded (build-id "
			       "%s): %s",
			       info->target.module, build_id_text(&info->target.id, id),
			       remedy(how));
	}
	note_file(info);
	err = check_build_id(info, why, len);
	return err ? err : load_dwarf(info, why, len);
}

/* 0 is what the kernel shows of an address to those whom it does not trust with it. */
static int check_addresses(const struct debug_info_target *target, char *why, size_t len)
{
	uint64_t text = 0;
	int err = target->section_address(target->ctx, ".text", &text);

	if (!err && text)
		return 0;
	return explain(why, len, -EPERM,
		       "the kernel does not tell where %s is in memory (%s): run as root, with "
		       "CAP_SYSLOG and kernel.kptr_restrict below 2",
		       target->module, err ? errstr(err) : "its addresses are shown as 0");
}

/* No server may keep the tool waiting for ever, which is what libdebuginfod does by itself. */
static void limit_debuginfod(void)
{
	setenv("DEBUGINFOD_TIMEOUT", DEBUGINFOD_PATIENCE, 0);
	setenv("DEBUGINFOD_MAXTIME", DEBUGINFOD_TOTAL, 0);
}

static int open_given(struct debug_info *info, const char *file, char *why, size_t len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int err = -errno;

	if (fd < 0)
		return explain(why, len, err, "cannot read %s (%s)", file, errstr(err));
	info->fd = fd;
	debug_info_path(info->file, sizeof(info->file), file);
	return 0;
}

int debug_info_open(struct debug_info *info, const struct debug_info_target *target,
		    const char *file, char *why, size_t len)
{
	size_t i;
	int err;

	memset(info, 0, sizeof(*info));
	info->target = *target;
	info->fd = -1;
	err = check_addresses(target, why, len);
	if (!err && file)
		err = open_given(info, file, why, len);
	if (err)
		return err;
	limit_debuginfod();
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (sources[i].wants_file != !!file)
			continue;
		err = try_source(info, &sources[i], why, len);
		if (!err)
			return 0;
		debug_info_close(info);
	}
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
	info->fd = -1;
}

/* ---- lines ---- */

void debug_info_path(char *to, size_t size, const char *path)
{
	size_t len = strlen(path);

	snprintf(to, size, "%s", len < size ? path : path + len - size + 1);
}

int debug_info_line(const struct debug_info *info, uint64_t address, char *file, size_t size,
		    unsigned int *line)
{
	Dwfl_Line *found = dwfl_module_getsrc(info->module, address);
	const char *path;
	int n;

	path = found ? dwfl_lineinfo(found, NULL, &n, NULL, NULL, NULL) : NULL;
	if (!path)
		return -ENOENT;
	debug_info_path(file, size, path);
	*line = (unsigned int)n;
	return 0;
}
