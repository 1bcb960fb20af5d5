/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/btf.h>

#include "probes/whole_btf.h"

struct part {
	char *data;
	size_t size;
	const struct btf_header *header;
};

static int read_file(struct part *part, const char *name)
{
	char path[96];
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !(part->data = malloc((size_t)st.st_size + 1))) {
		close(fd);
		return -ENOMEM;
	}
	while ((n = read(fd, part->data + part->size, (size_t)st.st_size - part->size)) > 0)
		part->size += (size_t)n;
	close(fd);
	return n < 0 ? -EIO : 0;
}

static bool inside(const struct part *part, uint32_t offset, uint32_t len)
{
	return (uint64_t)part->header->hdr_len + offset + len <= part->size;
}

static int read_part(struct part *part, const char *name)
{
	int err = read_file(part, name);

	if (err)
		return err;
	part->header = (const struct btf_header *)part->data;
	if (part->size < sizeof(*part->header) || part->header->magic != BTF_MAGIC ||
	    !inside(part, part->header->type_off, part->header->type_len) ||
	    !inside(part, part->header->str_off, part->header->str_len))
		return -EINVAL;
	return 0;
}

static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * The module's types are numbered on from the kernel's, and its names' offsets
 * go on where those of the kernel end: one after the other they are one.
 */
static int write_whole(int fd, const struct part parts[2])
{
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION };
	int err, i;

	header.hdr_len = sizeof(header);
	header.type_len = parts[0].header->type_len + parts[1].header->type_len;
	header.str_off = header.type_len;
	header.str_len = parts[0].header->str_len + parts[1].header->str_len;
	err = write_all(fd, &header, sizeof(header));
	for (i = 0; !err && i < 2; i++)
		err = write_all(
			fd, parts[i].data + parts[i].header->hdr_len + parts[i].header->type_off,
			parts[i].header->type_len);
	for (i = 0; !err && i < 2; i++)
		err = write_all(fd,
				parts[i].data + parts[i].header->hdr_len + parts[i].header->str_off,
				parts[i].header->str_len);
	return err;
}

int whole_btf_open(const char *module)
{
	struct part parts[2] = {};
	int fd = -1, err;

	err = read_part(&parts[1], module);
	if (!err)
		err = read_part(&parts[0], "vmlinux");
	if (err)
		goto cleanup;
	fd = memfd_create("btf", MFD_CLOEXEC);
	err = fd < 0 ? -errno : write_whole(fd, parts);
cleanup:
	free(parts[0].data);
	free(parts[1].data);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}
