/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What each sink makes of each name of hostile.c: DIR/SINK/NUMBER, for tests/hostile.py. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hostile.h"

static void write_text(const char *dir, const char *sink, int name, const char *text, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, sink);
	if (mkdir(path, 0755) && errno != EEXIST)
		goto failed;
	snprintf(path, sizeof(path), "%s/%s/%02d", dir, sink, name);
	f = fopen(path, "we");
	if (!f || fwrite(text, 1, len, f) != len || fclose(f))
		goto failed;
	return;

failed:
	perror(path);
	exit(1);
}

int main(int argc, char **argv)
{
	struct everywhere e;
	int i, j;

	if (argc != 2) {
		fprintf(stderr, "usage: make_hostile DIR\n");
		return 64;
	}
	for (i = 0; i < nr_hostile; i++) {
		hostile_everywhere(hostile[i], &e);
		for (j = 0; j < e.nr; j++)
			write_text(argv[1], every_sinks[j].name, i, e.text[j], e.len[j]);
		everywhere_free(&e);
		hostile_unreadable(hostile[i], &e);
		for (j = 0; j < e.nr; j++)
			if (every_sinks[j].tells_why)
				write_text(argv[1], every_sinks[j].name, nr_hostile + i, e.text[j],
					   e.len[j]);
		everywhere_free(&e);
	}
	return 0;
}
