/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/kallsyms.h"

/* Many lines; one that is longer is none, and the table ends there. */
#define ROOM (16 << 10)

/* A hundred thousand lines are read while someone waits: no strtoull() here. */
static char *parse_hex(char *p, uint64_t *value)
{
	uint64_t n = 0;

	for (;; p++) {
		if (*p >= '0' && *p <= '9')
			n = n << 4 | (uint64_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			n = n << 4 | (uint64_t)(*p - 'a' + 10);
		else
			break;
	}
	*value = n;
	return p;
}

static bool is_text(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

int kallsyms_parse_text(char *line, struct kallsym *symbol)
{
	char *rest = parse_hex(line, &symbol->address), *end;

	if (rest == line || rest[0] != ' ' || !is_text(rest[1]) || rest[2] != ' ')
		return 0;
	symbol->type = rest[1];
	symbol->name = rest + 3;
	symbol->module = "";
	for (end = rest + 3; *end && *end != '\t' && *end != '\n'; end++)
		;
	if (*end == '\t' && end[1] == '[') {
		symbol->module = end + 2;
		end[2 + strcspn(end + 2, "]\n")] = '\0';
	}
	*end = '\0';
	return *symbol->name != '\0';
}

static FILE *kallsyms;

int kallsyms_open(void)
{
	if (kallsyms)
		return 0;
	kallsyms = fopen("/proc/kallsyms", "re");
	if (!kallsyms)
		return -errno;
	/* read in pieces larger than stdio's, which the kernel asks to be 1 KB here */
	setvbuf(kallsyms, NULL, _IONBF, 0);
	return 0;
}

/* All whole lines of the text, which are cut at their ends. Returns how much that was. */
static size_t take_lines(char *text, int (*fn)(void *ctx, const struct kallsym *symbol), void *ctx,
			 int *err)
{
	struct kallsym symbol;
	char *line = text, *end;

	while (!*err && (end = strchr(line, '\n'))) {
		*end = '\0';
		if (kallsyms_parse_text(line, &symbol))
			*err = fn(ctx, &symbol);
		line = end + 1;
	}
	return (size_t)(line - text);
}

static int for_each_text(ssize_t (*more)(int fd, char *text, size_t room), int fd,
			 int (*fn)(void *ctx, const struct kallsym *symbol), void *ctx)
{
	char text[ROOM + 1];
	size_t len = 0, used;
	int err = 0;
	ssize_t n = 0;

	while (!err && (n = more(fd, text + len, ROOM - len)) > 0) {
		len += (size_t)n;
		text[len] = '\0';
		used = take_lines(text, fn, ctx, &err);
		len -= used;
		memmove(text, text + used, len + 1);
	}
	return n < 0 ? -errno : err;
}

static ssize_t read_table(int fd, char *text, size_t room)
{
	(void)fd;
	return (ssize_t)fread(text, 1, room, kallsyms);
}

int kallsyms_for_each_text(int (*fn)(void *ctx, const struct kallsym *symbol), void *ctx)
{
	int err = kallsyms_open();

	if (err)
		return err;
	rewind(kallsyms);
	return for_each_text(read_table, -1, fn, ctx);
}

/* An iterator says so after many symbols of which nothing was printed. */
static ssize_t read_some(int fd, char *text, size_t room)
{
	ssize_t n;

	do
		n = read(fd, text, room);
	while (n < 0 && (errno == EAGAIN || errno == EINTR));
	return n;
}

int kallsyms_fd_for_each_text(int fd, int (*fn)(void *ctx, const struct kallsym *symbol), void *ctx)
{
	return for_each_text(read_some, fd, fn, ctx);
}
