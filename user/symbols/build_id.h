/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tells one build of the kernel or of a module from all others. */
#ifndef BUILD_ID_H
#define BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libelf.h>

struct build_id {
	uint8_t bytes[32];
	size_t len; /* 0: there is none */
};

/*
 * The build-id in ELF notes, as /sys/module/NAME/notes/.note.gnu.build-id has them. -ENODATA
 * where they have none, or are cut off.
 */
int build_id_of_notes(const void *notes, size_t len, struct build_id *id);

/* Of what runs here and now: a module, with underscores, or OBJECT_NAME_KERNEL. -errno. */
int build_id_running(const char *object, struct build_id *id);

/* Of a file; len is 0 where it has none. */
void build_id_of_elf(Elf *elf, struct build_id *id);

#define BUILD_ID_TEXT (2 * sizeof(((struct build_id *)0)->bytes) + 1)
const char *build_id_text(const struct build_id *id, char text[BUILD_ID_TEXT]);

/* False: it is no build-id. */
bool build_id_parse(const char *text, struct build_id *id);

/* None is the same as no other, and not as none. */
bool build_id_same(const struct build_id *a, const struct build_id *b);

#endif
