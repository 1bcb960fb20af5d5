/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "scratch.h"

static char folder[] = "/tmp/evmcs-trace-test.XXXXXX";

void scratch_make(void)
{
	assert_non_null(mkdtemp(folder));
}

void scratch_remove(void)
{
	scratch_run("rm -rf %s", folder);
}

const char *scratch_folder(void)
{
	return folder;
}

const char *scratch_path(const char *name)
{
	static char paths[4][PATH_MAX];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

void scratch_run(const char *fmt, ...)
{
	char command[4096];
	int n = snprintf(command, sizeof(command), "cd %s && ", folder);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - (size_t)n, fmt, ap);
	va_end(ap);
	if (system(command))
		fail_msg("failed: %s", command);
}

void scratch_write(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(scratch_path(name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

char *scratch_read(const char *name, size_t *len)
{
	FILE *f = fopen(scratch_path(name), "re");
	struct stat st;
	char *data;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*len = (size_t)st.st_size;
	data = malloc(*len);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *len, f), *len);
	fclose(f);
	return data;
}
