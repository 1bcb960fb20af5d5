/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes every story as a trace, by the sink that `record` writes with: what
 * tests of reports judge, with no lab. make_traces DIR
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "stories.h"

static struct stream *new_stream(void)
{
	struct stream *s = stream_new();

	if (!s)
		abort();
	return s;
}

static void write_trace(const char *dir, const char *name, struct stream *s)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.jsonl", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	record(s, fd);
	close(fd);
	stream_free(s);
}

/* A VM whose name is made to break what prints it. */
static struct stream *odd_names(void)
{
	struct stream *s = new_stream();

	name_vm(s, "<&\">]]>\x1b[31m\x01\xff# ok 1 fake");
	stories[0].tell(s);
	footer(s);
	return s;
}

int main(int argc, char **argv)
{
	struct stream *s;
	int i;

	if (argc != 2) {
		fprintf(stderr, "usage: make_traces DIR\n");
		return 64;
	}
	for (i = 0; i < nr_stories; i++) {
		s = new_stream();
		stories[i].tell(s);
		footer(s);
		write_trace(argv[1], stories[i].name, s);
	}
	write_trace(argv[1], "odd-names", odd_names());

	s = new_stream(); /* two restores */
	stories[2].tell(s);
	stories[2].tell(s);
	footer(s);
	write_trace(argv[1], "two-deferred", s);

	s = new_stream();
	stories[2].tell(s);
	write_trace(argv[1], "cut", s);

	s = new_stream();
	footer(s);
	write_trace(argv[1], "no-restore", s);
	return 0;
}
