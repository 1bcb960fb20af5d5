/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * BTF: a module's section without its base, with one, and as the kernel's /sys/kernel/btf, of
 * which a whole one is made. The first two bytes are the length of the base, which comes first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lib/fuzz.h"
#include "probes/split_btf.h"
#include "probes/whole_btf.h"

static const char *in_place_of[2]; /* the module's, the kernel's */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

/* By the linker (--wrap): what is in /sys/kernel is the input here. */
int __wrap_open(const char *path, int flags, ...)
{
	static const char sys[] = "/sys/kernel/btf/";

	if (strncmp(path, sys, sizeof(sys) - 1))
		return __real_open(path, flags);
	return __real_open(in_place_of[!strcmp(path, "/sys/kernel/btf/vmlinux")], flags);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	libbpf_set_print(NULL);
	fuzz_listen();
	return 0;
}

/* As if every other name were in the symbol table. */
static bool is_function(void *ctx, const char *name)
{
	(void)ctx;
	return *name & 1;
}

static int take(void *ctx, const char *name, uint32_t index)
{
	size_t *taken = ctx;

	*taken += strlen(name) + index;
	return 0;
}

static void split(const uint8_t *base, size_t base_size, const uint8_t *data, size_t size)
{
	size_t taken = 0;
	struct split_btf btf = {
		.data = data,
		.size = size,
		.base = base_size ? base : NULL,
		.base_size = base_size,
		.is_function = is_function,
		.take = take,
		.ctx = &taken,
	};
	int err = split_btf_functions(&btf);

	fuzz_assert(!err || err == -EINVAL || err == -ENODATA);
}

/* What comes out of it is for libbpf, as --btf FILE is. */
static void whole(const uint8_t *base, size_t base_size, const uint8_t *data, size_t size)
{
	char path[32];
	struct btf *btf;
	int fd;

	in_place_of[0] = fuzz_file(FUZZ_INPUT, data, size);
	in_place_of[1] = fuzz_file(FUZZ_SECOND, base, base_size);
	fd = whole_btf_open("kvm_intel");
	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	btf = btf__parse(path, NULL);
	if (!libbpf_get_error(btf))
		btf__free(btf);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t base;

	if (size < 2)
		return 0;
	base = data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	if (base > size)
		base = size;
	split(data, base, data + base, size - base);
	split(NULL, 0, data + base, size - base);
	whole(data, base, data + base, size - base);
	return 0;
}
