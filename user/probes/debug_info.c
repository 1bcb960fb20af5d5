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
#include "util/errstr.h"
#include "util/memory_limit.h"

/* Whoever wants to wait longer for a debuginfod sets its variables himself. */
#define DEBUGINFOD_PATIENCE "10" /* seconds for the connection, and for each 100 KiB */
#define DEBUGINFOD_TOTAL "60" /* seconds for all of it */

#define NOTE_ALIGN(n) (((size_t)(n) + 3) & ~(size_t)3)

int debug_info_explain(char *why, size_t len, int err, const char *fmt, ...)
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
	err = read_build_id(module, &target->id);
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
 * libdwfl finds the module in /lib/modules, and its twin below one of these by the same name.
 * Packages of a distribution with a merged /usr may say /usr/lib/modules, hence the last.
 */
static char *twin_path = ":.debug:/usr/lib/debug:/usr/lib/debug/usr";

/* The twin of a compressed module is not compressed. */
static int find_twin(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		     const char *file_name, const char *link, GElf_Word crc, char **debug)
{
	char plain[512];
	char *suffix;

	snprintf(plain, sizeof(plain), "%s", file_name);
	suffix = strstr(plain, ".ko.");
	if (suffix)
		suffix[strlen(".ko")] = '\0';
	return dwfl_standard_find_debuginfo(module, userdata, name, base, plain, link, crc, debug);
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
	    .find_debuginfo = find_twin,
	    .section_address = section_address,
	    .debuginfo_path = &twin_path },
	  false },
	{ { .find_elf = find_by_build_id,
	    .find_debuginfo = find_nothing,
	    .section_address = section_address },
	  false },
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
	return debug_info_explain(
		why, len, -ESTALE,
		"%s is not of the %s that is loaded: its build-id is %s, the loaded module's is "
		"%s; give the file of that build",
		info->file, info->target.module, build_id_text(&id, found),
		build_id_text(&info->target.id, loaded));
}

static void note_file(struct debug_info *info)
{
	const char *main_file = NULL, *debug_file = NULL, *file;

	dwfl_module_info(info->module, NULL, NULL, NULL, NULL, NULL, &main_file, &debug_file);
	file = debug_file ?: main_file;
	/* what came from a server has no name */
	debug_info_path(info->file, sizeof(info->file),
			file && file[0] ? file : "the debuginfod's file");
}

static int load_dwarf(struct debug_info *info, char *why, size_t len)
{
	Dwarf_Addr bias;
	char how[256];

	info->dwarf = dwfl_module_getdwarf(info->module, &bias);
	note_file(info);
	if (!info->dwarf)
		return debug_info_explain(why, len, -ENODATA,
					  "%s has no debug information that can be read (%s): %s",
					  info->file, dwfl_errmsg(-1), remedy(how));
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
		return debug_info_explain(why, len, err, "no memory for debug information");
	if (!dwfl_module_getelf(info->module, &bias)) {
		if (source->wants_file)
			return debug_info_explain(
				why, len, -ENOEXEC,
				"%s cannot be read as a module (%s): give a kvm-intel.ko or its "
				".debug file",
				info->file, dwfl_errmsg(-1));
		return debug_info_explain(
			why, len, -ENOENT,
			"no debug information was found for the %s that is loaded (build-id "
			"%s): %s",
			info->target.module, build_id_text(&info->target.id, id), remedy(how));
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
	return debug_info_explain(
		why, len, -EPERM,
		"the kernel does not tell where %s is in memory (%s): run as root, with "
		"CAP_SYSLOG and kernel.kptr_restrict below 2",
		target->module, err ? errstr(err) : "its addresses are shown as 0");
}

/* No server may keep the tool waiting for ever, which is what libdebuginfod does by itself. */
static void limit_debuginfod(void)
{
	setenv("DEBUGINFOD_TIMEOUT", DEBUGINFOD_PATIENCE, 0);
	setenv("DEBUGINFOD_MAXTIME", DEBUGINFOD_TOTAL, 0);
	setenv("DEBUGINFOD_RETRY_LIMIT", "0", 0);
}

static int open_given(struct debug_info *info, const char *file, char *why, size_t len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int err = -errno;

	if (fd < 0)
		return debug_info_explain(why, len, err, "cannot read %s (%s)", file, errstr(err));
	info->fd = fd;
	debug_info_path(info->file, sizeof(info->file), file);
	return 0;
}

/* Debug information of kvm_intel has some 60 MB, and libdwfl unpacks what is packed. */
#define MOST_MEMORY (1UL << 30)

int debug_info_open(struct debug_info *info, const struct debug_info_target *target,
		    const char *file, char *why, size_t len)
{
	struct memory_limit limit;
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
	memory_limit_begin(&limit, MOST_MEMORY);
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (sources[i].wants_file != !!file)
			continue;
		err = try_source(info, &sources[i], why, len);
		if (!err)
			break;
		debug_info_close(info);
	}
	memory_limit_end(&limit);
	if (!err)
		why[0] = '\0'; /* what an earlier one lacked is no matter */
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

void debug_info_path(char *to, size_t size, const char *path)
{
	size_t len = strlen(path);

	snprintf(to, size, "%s", len < size ? path : path + len - size + 1);
}

/* Not dwfl_module_getsrc(), which needs an index that clang does not write (.debug_aranges). */
static Dwarf_Line *find_line(const struct debug_info *info, uint64_t address)
{
	Dwarf_Addr pc = address - info->bias;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;

	while (!dwarf_get_units(info->dwarf, cu, &cu, NULL, NULL, &die, NULL))
		if (dwarf_haspc(&die, pc) > 0)
			return dwarf_getsrc_die(&die, pc);
	return NULL;
}

int debug_info_line(const struct debug_info *info, uint64_t address, char *file, size_t size,
		    unsigned int *line)
{
	Dwarf_Line *found = find_line(info, address);
	const char *path;
	int n;

	path = found && !dwarf_lineno(found, &n) ? dwarf_linesrc(found, NULL, NULL) : NULL;
	if (!path)
		return -ENOENT;
	debug_info_path(file, size, path);
	*line = (unsigned int)n;
	return 0;
}
