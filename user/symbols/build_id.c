/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>

#include "model/names.h"
#include "symbols/build_id.h"

#define NOTE_ALIGN(n) (((size_t)(n) + 3) & ~(size_t)3)

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

int build_id_running(const char *object, struct build_id *id)
{
	char path[128] = "/sys/kernel/notes", notes[4096];
	ssize_t n;
	int fd;

	if (strcmp(object, OBJECT_NAME_KERNEL) != 0)
		snprintf(path, sizeof(path), "/sys/module/%s/notes/.note.gnu.build-id", object);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, notes, sizeof(notes));
	close(fd);
	return n < 0 ? -EIO : build_id_of_notes(notes, (size_t)n, id);
}

void build_id_of_elf(Elf *elf, struct build_id *id)
{
	const void *bits;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &bits);

	id->len = 0;
	if (n <= 0 || (size_t)n > sizeof(id->bytes))
		return;
	memcpy(id->bytes, bits, (size_t)n);
	id->len = (size_t)n;
}

const char *build_id_text(const struct build_id *id, char text[BUILD_ID_TEXT])
{
	size_t i;

	snprintf(text, BUILD_ID_TEXT, "none");
	for (i = 0; i < id->len; i++)
		snprintf(text + 2 * i, 3, "%02x", id->bytes[i]);
	return text;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

bool build_id_parse(const char *text, struct build_id *id)
{
	int high, low;

	for (id->len = 0; *text; text += 2) {
		high = digit(text[0]);
		low = high < 0 ? -1 : digit(text[1]);
		if (low < 0 || id->len == sizeof(id->bytes))
			return false;
		id->bytes[id->len++] = (uint8_t)(high << 4 | low);
	}
	return id->len;
}

bool build_id_same(const struct build_id *a, const struct build_id *b)
{
	return a->len && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}
