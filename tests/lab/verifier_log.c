/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the verifier makes of each program, in the lab: LD_PRELOAD of this in the tracer asks the
 * kernel for its log at the level that libbpf asks for where one is refused, and writes into
 * $VERIFIER_LOG, a line for each program that was loaded, in their order: name, instructions,
 * instructions that the verifier went through, bytes that its log had when it was longest.
 *
 * At this level the log has only the path that is looked at: where another one begins, the kernel
 * goes back in it to where they part, and of a program that is taken all but the last line goes.
 * What it has written stays in the buffer beyond that.
 */
#include <dlfcn.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOG_SIZE (8U << 20)
#define NR_ARGS 6

typedef long (*syscall_fn)(long number, ...);

/* Nothing but zeros is where the kernel has never been. */
static size_t longest(const char *log)
{
	size_t len = LOG_SIZE;

	while (len && !log[len - 1])
		len--;
	return len;
}

static void tell(const char *path, const union bpf_attr *attr, const char *log)
{
	const char *processed = strstr(log, "processed ");
	FILE *f = fopen(path, "ae");

	if (!f)
		return;
	fprintf(f, "%.*s %u %ld %zu\n", (int)sizeof(attr->prog_name), attr->prog_name,
		attr->insn_cnt, processed ? strtol(processed + strlen("processed "), NULL, 10) : -1,
		longest(log));
	fclose(f);
}

/* The kernel is given as many bytes of attributes as the program has, and has a log. */
static long load(syscall_fn next, const char *path, const union bpf_attr *attr, size_t size)
{
	union bpf_attr with_log = {};
	char *log = calloc(1, LOG_SIZE);
	long fd;

	if (!log || size > sizeof(with_log)) {
		free(log);
		return next(SYS_bpf, BPF_PROG_LOAD, attr, size);
	}
	memcpy(&with_log, attr, size);
	with_log.log_level = 1;
	with_log.log_buf = (uintptr_t)log;
	with_log.log_size = LOG_SIZE;
	fd = next(SYS_bpf, BPF_PROG_LOAD, &with_log, size);
	/* what libbpf tries out has no name, or a few instructions */
	if (fd >= 0 && attr->prog_name[0] && attr->insn_cnt > 8)
		tell(path, attr, log);
	free(log);
	return fd;
}

/* libbpf's bpf() is this function of libc's. */
long syscall(long number, ...)
{
	static syscall_fn next;
	const char *path = getenv("VERIFIER_LOG");
	long a[NR_ARGS];
	va_list args;
	int i;

	va_start(args, number);
	for (i = 0; i < NR_ARGS; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!next)
		next = (syscall_fn)dlsym(RTLD_NEXT, "syscall");
	if (path && number == SYS_bpf && a[0] == BPF_PROG_LOAD)
		return load(next, path, (const union bpf_attr *)a[1], (size_t)a[2]);
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
