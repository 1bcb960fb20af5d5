// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * mkboot: write the boot disk of a lab machine.
 *
 *	mkboot DISK VMLINUX INITRAMFS CMDLINE
 *	mkboot -r ROM		give the flat boot ROM its size and checksum
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"
#include "layout.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18
/* Bochs wants whole cylinders; this is its default geometry. */
#define CYLINDER (16u * 63u * LAB_SECTOR)
/* Well above any distribution kernel and its bss, low enough for 256 MiB. */
#define INITRD_MIN 0x08000000u
/* What a kernel's code and data take at most; how many of its functions ftrace knows at least. */
#define MCOUNT_SPAN 0x04000000u
#define MCOUNT_LEAST 20000u
/* Of so many functions that ftrace may patch it keeps one. */
#define MCOUNT_KEPT 64u

struct file {
	const char *path;
	unsigned char *data; /* a copy of our own */
	size_t size;
};

static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("mkboot: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static struct file map(const char *path)
{
	struct file f = { .path = path };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	if (!st.st_size)
		die("%s is empty", path);
	f.size = st.st_size;
	f.data = mmap(NULL, f.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (f.data == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return f;
}

static void put(int fd, const void *data, size_t size, off_t at)
{
	const char *from = data;

	while (size) {
		ssize_t n = pwrite(fd, from, size, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("write: %s", n ? strerror(errno) : "no progress");
		from += n;
		at += n;
		size -= n;
	}
}

static uint32_t sectors(size_t bytes)
{
	return (bytes + LAB_SECTOR - 1) / LAB_SECTOR;
}

static uint32_t pvh_entry(const struct file *k, const Elf64_Phdr *ph)
{
	size_t at = ph->p_offset, end = ph->p_offset + ph->p_filesz;

	while (at + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *n = (const void *)(k->data + at);
		size_t name = at + sizeof(*n);
		size_t desc = name + ((n->n_namesz + 3u) & ~3u);

		if (desc + n->n_descsz > end)
			break;
		if (n->n_type == XEN_ELFNOTE_PHYS32_ENTRY && n->n_namesz == 4 &&
		    !memcmp(k->data + name, "Xen", 4) && n->n_descsz >= 4) {
			uint32_t entry;

			memcpy(&entry, k->data + desc, sizeof(entry));
			return entry;
		}
		at = desc + ((n->n_descsz + 3u) & ~3u);
	}
	return 0;
}

/*
 * Where the kernel's own functions are that ftrace may patch, the table __mcount_loc: the longest
 * run of addresses in ascending order that all are in the first segment. 0: there is no such run,
 * as before 5.17, which sorts them when it boots. Returns how many there are.
 */
static size_t find_mcount_loc(const struct file *k, uint64_t **table)
{
	const Elf64_Ehdr *eh = (const void *)k->data;
	const Elf64_Phdr *ph = (const void *)(k->data + eh->e_phoff);
	uint64_t *at = (void *)k->data, *end = at + k->size / sizeof(*at), previous = 0;
	uint64_t from = ph->p_vaddr, to = from + MCOUNT_SPAN;
	size_t run = 0, longest = 0;

	for (; at < end; at++) {
		run = *at < from || *at >= to ? 0 : *at > previous ? run + 1 : 1;
		previous = *at;
		if (run > longest) {
			longest = run;
			*table = at - run + 1;
		}
	}
	return longest < MCOUNT_LEAST ? 0 : longest;
}

/*
 * To attach one program the kernel goes through all of them several times, some seconds for the
 * emulated CPU where a tracer attaches fifty. It skips entries that are 0. The modules', which the
 * scenarios are about, are in the modules.
 */
static void thin_ftrace(const struct file *k)
{
	uint64_t *table;
	size_t nr = find_mcount_loc(k, &table), i;

	for (i = 0; i < nr; i++)
		if (i % MCOUNT_KEPT)
			table[i] = 0;
}

static void write_disk(const char *path, const struct file *k, const struct file *initrd,
		       const char *cmdline)
{
	const Elf64_Ehdr *eh = (const void *)k->data;
	struct lab_header hdr = { .magic = LAB_MAGIC };
	uint32_t lba = LAB_HEADER_SECTORS;
	uint64_t top = INITRD_MIN;
	struct lab_piece *p;
	off_t size;
	int fd;

	if (k->size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_phoff + (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr) > k->size)
		die("%s is not a 64-bit ELF file", k->path);
	if (strlen(cmdline) >= sizeof(hdr.cmdline))
		die("the kernel command line is longer than %zu characters",
		    sizeof(hdr.cmdline) - 1);
	strcpy(hdr.cmdline, cmdline);

	if (!getenv("LAB_WHOLE_FTRACE"))
		thin_ftrace(k);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));

	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		const Elf64_Phdr *ph = (const void *)(k->data + eh->e_phoff + i * sizeof(*ph));
		size_t used = ph->p_filesz;

		if (ph->p_offset + ph->p_filesz > k->size)
			die("%s is cut short", k->path);
		if (ph->p_type == PT_NOTE && !hdr.entry)
			hdr.entry = pvh_entry(k, ph);
		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		if (ph->p_paddr + ph->p_memsz > UINT32_MAX)
			die("%s has a segment above 4 GiB", k->path);
		if (hdr.nr_pieces == LAB_PIECES_MAX - 1)
			die("%s has too many segments", k->path);
		/* bss and scratch space are in the file as megabytes of zeros */
		while (used && !k->data[ph->p_offset + used - 1])
			used--;
		p = &hdr.piece[hdr.nr_pieces++];
		p->lba = lba;
		p->sectors = sectors(used);
		p->dest = ph->p_paddr;
		put(fd, k->data + ph->p_offset, used, (off_t)lba * LAB_SECTOR);
		lba += p->sectors;
		if (ph->p_paddr + ph->p_memsz > top)
			top = ph->p_paddr + ph->p_memsz;
	}
	if (!hdr.entry)
		die("%s has no PVH entry point (CONFIG_PVH)", k->path);

	hdr.initrd_addr = (top + 0xfffff) & ~0xfffffu;
	hdr.initrd_size = initrd->size;
	p = &hdr.piece[hdr.nr_pieces++];
	p->lba = lba;
	p->sectors = sectors(initrd->size);
	p->dest = hdr.initrd_addr;
	put(fd, initrd->data, initrd->size, (off_t)lba * LAB_SECTOR);
	lba += p->sectors;

	put(fd, &hdr, sizeof(hdr), 0);
	size = (off_t)lba * LAB_SECTOR;
	size = (size + CYLINDER - 1) / CYLINDER * CYLINDER;
	if (ftruncate(fd, size) || close(fd))
		die("%s: %s", path, strerror(errno));
}

static void finish_rom(const char *path)
{
	unsigned char rom[ROM_SIZE] = { 0 };
	struct file f = map(path);
	unsigned char sum = 0;
	int fd;

	if (f.size > sizeof(rom) - 1)
		die("the boot ROM is %zu bytes, more than %d", f.size, ROM_SIZE - 1);
	memcpy(rom, f.data, f.size);
	for (size_t i = 0; i < sizeof(rom); i++)
		sum += rom[i];
	rom[sizeof(rom) - 1] = -sum;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	put(fd, rom, sizeof(rom), 0);
	if (close(fd))
		die("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "-r")) {
		finish_rom(argv[2]);
	} else if (argc == 5) {
		struct file kernel = map(argv[2]), initrd = map(argv[3]);

		write_disk(argv[1], &kernel, &initrd, argv[4]);
	} else {
		fputs("usage: mkboot DISK VMLINUX INITRAMFS CMDLINE\n"
		      "       mkboot -r ROM\n",
		      stderr);
		return 64;
	}
	return 0;
}
