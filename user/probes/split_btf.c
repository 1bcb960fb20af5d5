/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Type ids and offsets of strings in a split BTF go on where those of its base
 * end. Of functions only the name is wanted, and no type's size depends on
 * another type, so the base is needed for one number: how long its strings are.
 *
 * That number is found: whoever wrote the BTF left no string in it that is not
 * used, so the largest offset in use is that of the last string, or of one of
 * the last. With the right length every offset behind it is the beginning of
 * a string, and those of functions are names that the symbol table has, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/btf.h>

#include "probes/split_btf.h"

/* That many of the last strings may be used by nothing. */
#define MAX_CANDIDATES 64

/* What follows a type: so many bytes, and vlen times some more, which may begin with a name. */
static const struct kind {
	bool known;
	uint8_t fixed;
	uint8_t each;
	bool named;
} kinds[] = {
	[BTF_KIND_INT] = { true, 4, 0, false },	      [BTF_KIND_PTR] = { true, 0, 0, false },
	[BTF_KIND_ARRAY] = { true, 12, 0, false },    [BTF_KIND_STRUCT] = { true, 0, 12, true },
	[BTF_KIND_UNION] = { true, 0, 12, true },     [BTF_KIND_ENUM] = { true, 0, 8, true },
	[BTF_KIND_FWD] = { true, 0, 0, false },	      [BTF_KIND_TYPEDEF] = { true, 0, 0, false },
	[BTF_KIND_VOLATILE] = { true, 0, 0, false },  [BTF_KIND_CONST] = { true, 0, 0, false },
	[BTF_KIND_RESTRICT] = { true, 0, 0, false },  [BTF_KIND_FUNC] = { true, 0, 0, false },
	[BTF_KIND_FUNC_PROTO] = { true, 0, 8, true }, [BTF_KIND_VAR] = { true, 4, 0, false },
	[BTF_KIND_DATASEC] = { true, 0, 12, false },  [BTF_KIND_FLOAT] = { true, 0, 0, false },
	[BTF_KIND_DECL_TAG] = { true, 4, 0, false },  [BTF_KIND_TYPE_TAG] = { true, 0, 0, false },
	[BTF_KIND_ENUM64] = { true, 0, 12, true },
};

struct strings {
	const char *data;
	uint32_t len;
};

struct walk {
	const unsigned char *types;
	uint32_t types_len;
	struct strings own;
	struct strings base; /* NULL: not at hand */
	uint32_t *used; /* offsets of names, in order */
	size_t nr_used;
	uint32_t *functions; /* those of functions, by index */
	size_t nr_functions;
};

static uint32_t word(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static bool within(uint64_t offset, uint64_t len, uint64_t size)
{
	return offset <= size && len <= size - offset;
}

/* The strings of a BTF, which end with a 0. */
static int find_strings(const unsigned char *data, size_t size, struct btf_header *header,
			struct strings *strings)
{
	if (!data || size < sizeof(*header))
		return -EINVAL;
	memcpy(header, data, sizeof(*header));
	if (header->magic != BTF_MAGIC || header->version != BTF_VERSION ||
	    header->hdr_len < sizeof(*header) ||
	    !within((uint64_t)header->hdr_len + header->str_off, header->str_len, size))
		return -EINVAL;
	strings->data = (const char *)data + header->hdr_len + header->str_off;
	strings->len = header->str_len;
	return !strings->len || strings->data[strings->len - 1] ? -EINVAL : 0;
}

static int find_parts(const struct split_btf *btf, struct walk *walk)
{
	const unsigned char *data = btf->data;
	struct btf_header header;
	int err = find_strings(data, btf->size, &header, &walk->own);

	if (err)
		return err;
	if (!within((uint64_t)header.hdr_len + header.type_off, header.type_len, btf->size))
		return -EINVAL;
	walk->types = data + header.hdr_len + header.type_off;
	walk->types_len = header.type_len;
	return btf->base ? find_strings(btf->base, btf->base_size, &header, &walk->base) : 0;
}

/* What a type says of names; returns its size, 0 where there is no more type. */
static uint32_t walk_type(struct walk *walk, uint32_t at)
{
	const unsigned char *type = walk->types + at;
	uint32_t left = walk->types_len - at, size = sizeof(struct btf_type), vlen, info, i;
	const struct kind *kind;

	if (left < size)
		return 0;
	info = word(type + offsetof(struct btf_type, info));
	vlen = BTF_INFO_VLEN(info);
	if (BTF_INFO_KIND(info) >= sizeof(kinds) / sizeof(kinds[0]))
		return 0;
	kind = &kinds[BTF_INFO_KIND(info)];
	size += kind->fixed + vlen * kind->each;
	if (!kind->known || left < size)
		return 0;
	walk->used[walk->nr_used++] = word(type);
	if (BTF_INFO_KIND(info) == BTF_KIND_FUNC)
		walk->functions[walk->nr_functions++] = word(type);
	for (i = 0; kind->named && i < vlen; i++)
		walk->used[walk->nr_used++] = word(type + sizeof(struct btf_type) + i * kind->each);
	return size;
}

static int walk_types(struct walk *walk)
{
	/* a type has 12 bytes, and what names something else in it at least 8 */
	size_t most = walk->types_len / 8 + 1;
	uint32_t at, size;

	walk->used = calloc(most, sizeof(*walk->used));
	walk->functions = calloc(most, sizeof(*walk->functions));
	if (!walk->used || !walk->functions)
		return -ENOMEM;
	for (at = 0; at < walk->types_len; at += size) {
		size = walk_type(walk, at);
		if (!size)
			return -EINVAL;
	}
	return 0;
}

/* NULL: its name is not at hand, or not where a string begins. */
static const char *name_at(const struct walk *walk, uint32_t base_len, uint32_t offset)
{
	const struct strings *from = offset < base_len ? &walk->base : &walk->own;

	if (offset >= base_len)
		offset -= base_len;
	if (offset >= from->len || (offset && from->data[offset - 1]))
		return NULL;
	return from->data + offset;
}

static bool all_begin_strings(const struct walk *walk, uint32_t base_len)
{
	size_t i;

	for (i = 0; i < walk->nr_used; i++)
		if (walk->used[i] >= base_len && !name_at(walk, base_len, walk->used[i]))
			return false;
	return true;
}

/* Most functions have a name of their own, and the symbol table has it. */
static bool fits(const struct split_btf *btf, const struct walk *walk, uint32_t base_len)
{
	size_t known = 0, i;

	if (!all_begin_strings(walk, base_len))
		return false;
	for (i = 0; i < walk->nr_functions; i++) {
		const char *name = name_at(walk, base_len, walk->functions[i]);

		known += name && *name && btf->is_function(btf->ctx, name);
	}
	return 2 * known > walk->nr_functions;
}

/* From the last string on backwards, each taken for the largest offset in use. */
static int find_base_len(const struct split_btf *btf, const struct walk *walk, uint32_t *base_len)
{
	uint32_t largest = 0, at = walk->own.len - 1, start, tries;
	size_t i;

	if (walk->base.data) {
		*base_len = walk->base.len;
		return fits(btf, walk, *base_len) ? 0 : -ENODATA;
	}
	for (i = 0; i < walk->nr_used; i++)
		if (walk->used[i] > largest)
			largest = walk->used[i];
	for (tries = 0; tries < MAX_CANDIDATES && at; tries++) {
		/* from the end of a string to its beginning */
		for (at--; at && walk->own.data[at]; at--)
			;
		start = walk->own.data[at] ? at : at + 1;
		*base_len = largest - start;
		if (largest >= start && fits(btf, walk, *base_len))
			return 0;
	}
	return -ENODATA;
}

int split_btf_functions(const struct split_btf *btf)
{
	struct walk walk = {};
	uint32_t base_len = 0;
	const char *name;
	size_t i;
	int err;

	err = find_parts(btf, &walk);
	if (!err)
		err = walk_types(&walk);
	if (!err && walk.nr_functions)
		err = find_base_len(btf, &walk, &base_len);
	for (i = 0; !err && i < walk.nr_functions; i++) {
		name = name_at(&walk, base_len, walk.functions[i]);
		if (name)
			err = btf->take(btf->ctx, name, (uint32_t)i + 1);
	}
	free(walk.used);
	free(walk.functions);
	return err;
}
