/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "every_sink.h"
#include "fuzz.h"

struct file {
	int fd;
	char path[32];
};

static void make(struct file *f)
{
	f->fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (f->fd < 0)
		fuzz_fail("no memfd");
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

const char *fuzz_file(enum fuzz_file which, const void *data, size_t size)
{
	static struct file files[FUZZ_FILES];
	struct file *f = &files[which];

	if (!f->path[0])
		make(f);
	if (ftruncate(f->fd, 0) || pwrite(f->fd, data, size, 0) != (ssize_t)size)
		fuzz_fail("no memory for a file of %zu bytes", size);
	return f->path;
}

void fuzz_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(STDERR_FILENO, fmt, ap);
	va_end(ap);
	dprintf(STDERR_FILENO, "\n");
	abort();
}

void fuzz_check_plain(const char *what, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n') ||
		    (unsigned char)text[i] >= 0x7f)
			fuzz_fail("%s: byte %02x at %zu of: %.*s", what, (unsigned char)text[i], i,
				  (int)len, text);
}

void fuzz_check_sink(int row, const struct everywhere *e)
{
	size_t len = e->len[row];
	const char *text = every_sink_text(&every_sinks[row], e->text[row], &len);

	if (text)
		fuzz_check_plain(every_sinks[row].name, text, len);
}

static ssize_t look_at(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	fuzz_check_plain("a message", text, len);
	return (ssize_t)len;
}

void fuzz_listen(void)
{
	FILE *f;

	if (getenv("FUZZ_SHOW"))
		return;
	f = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = look_at });
	if (!f)
		fuzz_fail("no memory");
	setvbuf(f, NULL, _IOLBF, 4096);
	stderr = f;
}
