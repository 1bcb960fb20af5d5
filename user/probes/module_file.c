/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <zstd.h>

#include "probes/module_file.h"
#include "util/errstr.h"
#include "util/memory_limit.h"

/* kvm.ko with debug information has some 60 MB. */
#define MAX_UNPACKED (1UL << 28)

struct module_file {
	int fd;
	Elf *elf;
	char *unpacked; /* of .zst: what elf is in */
};

static bool is_zstd(int fd)
{
	static const unsigned char magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	unsigned char start[4];

	return pread(fd, start, sizeof(start), 0) == sizeof(start) &&
	       !memcmp(start, magic, sizeof(magic));
}

static bool is_regular(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

static char *read_whole(int fd, size_t *size)
{
	struct stat st;
	char *data;

	if (fstat(fd, &st))
		return NULL;
	*size = (size_t)st.st_size;
	data = malloc(*size);
	if (data && pread(fd, data, *size, 0) == st.st_size)
		return data;
	free(data);
	return NULL;
}

/* Twice the room, as long as that is not absurd. */
static int grow(ZSTD_outBuffer *out)
{
	size_t size = out->size ? 2 * out->size : 1 << 20;
	void *dst = size > MAX_UNPACKED ? NULL : realloc(out->dst, size);

	if (!dst)
		return -ENOMEM;
	out->dst = dst;
	out->size = size;
	return 0;
}

/* 0 only where the last frame ended with the input. */
static int unpack_into(ZSTD_outBuffer *out, ZSTD_inBuffer *in)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	size_t left = 1;
	int err = stream ? 0 : -ENOMEM;

	while (!err && (in->pos < in->size || left)) {
		size_t before = in->pos, written = out->pos;

		if (out->pos == out->size && grow(out)) {
			err = -ENOMEM;
			break;
		}
		left = ZSTD_decompressStream(stream, out, in);
		if (ZSTD_isError(left) || (in->pos == before && out->pos == written))
			err = -EINVAL;
	}
	ZSTD_freeDStream(stream);
	return err;
}

/* elfutils of Debian 12 knows xz, gzip and bzip2 only. */
static Elf *open_zstd(struct module_file *file)
{
	ZSTD_outBuffer out = {};
	ZSTD_inBuffer in = {};
	char *packed = read_whole(file->fd, &in.size);
	int err;

	in.src = packed;
	err = packed ? unpack_into(&out, &in) : -EIO;
	free(packed);
	file->unpacked = out.dst;
	return err ? NULL : elf_memory(file->unpacked, out.pos);
}

/* elf_strptr() looks for the end of each string from the end of them all. */
static bool ends_strings(const struct module_file *file, size_t section)
{
	Elf_Data *data = elf_rawdata(elf_getscn(file->elf, section), NULL);

	return data && data->d_buf && data->d_size &&
	       !((const char *)data->d_buf)[data->d_size - 1];
}

/* elfutils knows no limit of its own, and takes all that there is. */
static Elf *open_any(int fd)
{
	struct memory_limit limit;
	Elf *elf;

	memory_limit_begin(&limit, MAX_UNPACKED);
	elf = dwelf_elf_begin(fd);
	memory_limit_end(&limit);
	return elf;
}

/* What it is instead of a module of this architecture; NULL where it is one. */
static const char *no_module(const struct module_file *file)
{
	GElf_Ehdr header;
	size_t sections;

	if (!file->elf)
		return "cannot be unpacked, it is cut short or damaged: get it anew";
	if (elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &header))
		return "is not a kernel module (no ELF file, also not one packed by xz, zstd or "
		       "gzip): give a kvm-intel.ko";
	if (header.e_machine != EM_X86_64 || gelf_getclass(file->elf) != ELFCLASS64)
		return "is for another architecture than x86-64, for which alone there is nested "
		       "VMX: give the kvm-intel.ko of an x86-64 kernel";
	if (header.e_type != ET_REL)
		return "is a program or a library and not a kernel module: give a kvm-intel.ko";
	if (elf_getshdrnum(file->elf, &sections) || !sections)
		return "is cut short, its sections are missing: get it anew";
	if (elf_getshdrstrndx(file->elf, &sections) || !ends_strings(file, sections))
		return "is damaged, the names of its sections have no end: get it anew";
	return NULL;
}

struct module_file *module_file_open(const char *path, char *why, size_t len)
{
	struct module_file *file = calloc(1, sizeof(*file));
	const char *instead;

	if (!file) {
		snprintf(why, len, "out of memory");
		return NULL;
	}
	elf_version(EV_CURRENT);
	file->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (file->fd < 0) {
		snprintf(why, len, "cannot read %s (%s): check the path", path, errstr(errno));
		goto cleanup;
	}
	if (!is_regular(file->fd)) {
		snprintf(why, len, "%s is not a file: give the path of a kvm-intel.ko", path);
		goto cleanup;
	}
	file->elf = is_zstd(file->fd) ? open_zstd(file) : open_any(file->fd);
	instead = no_module(file);
	if (!instead)
		return file;
	snprintf(why, len, "%s %s", path, instead);

cleanup:
	module_file_close(file);
	return NULL;
}

void module_file_close(struct module_file *file)
{
	if (!file)
		return;
	elf_end(file->elf);
	free(file->unpacked);
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

static Elf_Scn *find_section(const struct module_file *file, const char *name, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	const char *found;
	size_t names;

	if (elf_getshdrstrndx(file->elf, &names))
		return NULL;
	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, header))
			continue;
		found = elf_strptr(file->elf, names, header->sh_name);
		if (found && !strcmp(found, name))
			return section;
	}
	return NULL;
}

const void *module_file_section(const struct module_file *file, const char *name, size_t *size)
{
	GElf_Shdr header;
	Elf_Scn *section = find_section(file, name, &header);
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;

	if (!data || !data->d_buf)
		return NULL;
	*size = data->d_size;
	return data->d_buf;
}

const char *module_file_info(const struct module_file *file, const char *key)
{
	size_t size = 0, key_len = strlen(key);
	const char *info = module_file_section(file, ".modinfo", &size);
	const char *end = info ? info + size : NULL, *entry;

	/* a last one without its end is of a damaged file */
	for (entry = info; entry && entry < end; entry += strlen(entry) + 1) {
		if (!memchr(entry, '\0', (size_t)(end - entry)))
			return NULL;
		if (!strncmp(entry, key, key_len) && entry[key_len] == '=')
			return entry + key_len + 1;
	}
	return NULL;
}

int module_file_for_each_function(const struct module_file *file,
				  int (*fn)(void *ctx, const char *name, uint64_t address),
				  void *ctx)
{
	GElf_Shdr header;
	Elf_Scn *section = find_section(file, ".symtab", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	const char *name;
	GElf_Sym symbol;
	int i, err;

	if (!data || !ends_strings(file, header.sh_link))
		return 0;
	for (i = 0; gelf_getsym(data, i, &symbol); i++) {
		if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF)
			continue;
		name = elf_strptr(file->elf, header.sh_link, symbol.st_name);
		err = name ? fn(ctx, name, (uint64_t)symbol.st_shndx << 32 | symbol.st_value) : 0;
		if (err)
			return err;
	}
	return 0;
}

void module_file_release(const struct module_file *file, char *release, size_t len)
{
	const char *vermagic = module_file_info(file, "vermagic");

	snprintf(release, len, "%.*s", vermagic ? (int)strcspn(vermagic, " ") : 0,
		 vermagic ? vermagic : "");
}

void module_file_beside(const char *path, const char *name, char *beside, size_t len)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	snprintf(beside, len, "%.*s%s%s", (int)(base - path), path, name,
		 base + strcspn(base, "."));
}
