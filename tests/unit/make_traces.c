/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes every story as a trace, by the sink that `record` writes with: what
 * tests of reports judge, with no lab; halves of migrations; and a stream in files.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sinks/trace_files.h"
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

/* One half of a migration, by a host of its own. */
static struct stream *half_on(const char *host)
{
	struct stream *s = new_stream();

	snprintf(s->header.host, sizeof(s->header.host), "%s", host);
	snprintf(s->header.boot_id, sizeof(s->header.boot_id), "boot-of-%s", host);
	name_vm(s, "web1");
	return s;
}

static void write_halves(const char *dir)
{
	struct stream *s = half_on("source");

	s->a->flags |= REC_VMXON | REC_L2;
	s->a->evmptr = EVMCS_GPA;
	save(s, NESTED_EVMCS | NESTED_GUEST_MODE);
	footer(s);
	write_trace(dir, "source", s);

	s = half_on("destination");
	set(s, NESTED_EVMCS | NESTED_GUEST_MODE);
	run_deferred(s);
	footer(s);
	write_trace(dir, "destination", s);

	s = half_on("destination"); /* where L2 was lost on the way */
	set(s, NESTED_EVMCS);
	run_deferred(s);
	footer(s);
	write_trace(dir, "changed", s);
}

/* One stream in three files; a restore is in two of them. */
static void write_segments(const char *dir)
{
	const struct trace_files_options files = { .directory = dir, .segment_bytes = 1 << 20 };
	struct model_options model = { .fail_on = SEVERITY_ERROR };
	struct stream *s = new_stream();
	struct pipeline p;

	stories[2].tell(s);
	cut(s);
	set(s, NESTED_EVMCS | NESTED_GUEST_MODE);
	cut(s);
	run_deferred(s);
	stories[2].tell(s);
	footer(s);
	if (pipeline_init(&p, &model) ||
	    pipeline_add(&p, trace_files_sink_new(&files, NULL, NULL)) ||
	    stream_feed(s, pipeline_item, &p))
		abort();
	pipeline_finish(&p);
	pipeline_free(&p);
	stream_free(s);
}

/* Restores one after the other, of all stories that end by themselves. */
static void write_long(const char *path, long restores)
{
	struct stream *s = new_stream();
	long n;

	for (n = 0; n < restores; n++)
		stories[n % 100 ? 2 : n / 100 % 8].tell(s);
	footer(s);
	write_trace(".", path, s);
}

int main(int argc, char **argv)
{
	struct stream *s;
	int i;

	if (argc == 4 && !strcmp(argv[1], "--restores")) {
		write_long(argv[3], strtol(argv[2], NULL, 10));
		return 0;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: make_traces DIR HALVES-DIR SEGMENTS-DIR\n"
				"       make_traces --restores N NAME\n");
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
	write_halves(argv[2]);
	write_segments(argv[3]);
	return 0;
}
