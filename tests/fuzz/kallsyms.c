/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* /proc/kallsyms, and the names that stacks get by it. The first 8 bytes are one of the addresses. */
#include <stdlib.h>
#include <string.h>

#include "lib/fuzz.h"
#include "sources/ksyms.h"

static const char *text;
static size_t text_len, text_at;

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

static ssize_t read_text(void *ctx, char *to, size_t size)
{
	size_t n = text_len - text_at < size ? text_len - text_at : size;

	(void)ctx;
	memcpy(to, text + text_at, n);
	text_at += n;
	return (ssize_t)n;
}

static int seek_text(void *ctx, off64_t *offset, int whence)
{
	(void)ctx;
	if (whence != SEEK_SET)
		return -1;
	text_at = (size_t)*offset;
	return 0;
}

/* By the linker (--wrap). It is opened once and read often: nothing of it may be kept in between. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	FILE *f;

	if (strcmp(path, "/proc/kallsyms") != 0)
		return __real_fopen(path, mode);
	f = fopencookie(NULL, "r", (cookie_io_functions_t){ .read = read_text, .seek = seek_text });
	if (f)
		setvbuf(f, NULL, _IONBF, 0);
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t addresses[] = { 0, 0xffffffffc0100000, 0xffffffffc0100123, UINT64_MAX, 0 };
	enum { NR = sizeof(addresses) / sizeof(addresses[0]) };
	const char *names[NR];
	struct ksyms *ksyms;
	int i;

	if (size < sizeof(uint64_t))
		return 0;
	memcpy(&addresses[NR - 1], data, sizeof(uint64_t));
	text = (const char *)data + sizeof(uint64_t);
	text_len = size - sizeof(uint64_t);
	ksyms = ksyms_new();
	fuzz_assert(ksyms);
	ksyms_resolve(ksyms, addresses, NR, names);
	for (i = 0; i < NR; i++)
		fuzz_assert(strlen(names[i]) < 112);
	ksyms_forget(ksyms);
	free(ksyms);
	return 0;
}
