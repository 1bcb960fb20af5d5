/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * with-caps [-u UID] [-b] [-f CALLS] [-t FILE] CAP,CAP -- COMMAND...
 *
 * Runs COMMAND with exactly these capabilities, as if it had been installed with
 * them: nothing comes back by being root, nor by executing another program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#define STATUS_CANNOT 125
#define STATUS_USAGE 64
#define STATUS_NOT_FOUND 127

/* More than the kernel has; a filter may have 4,096 instructions. */
#define CALLS_MAX 1000

static const struct {
	const char *name;
	int cap;
} names[] = {
	{ "cap_bpf", CAP_BPF },
	{ "cap_perfmon", CAP_PERFMON },
	{ "cap_syslog", CAP_SYSLOG },
	{ "cap_sys_admin", CAP_SYS_ADMIN },
	{ "cap_sys_resource", CAP_SYS_RESOURCE },
	{ "cap_sys_ptrace", CAP_SYS_PTRACE },
	{ "cap_dac_override", CAP_DAC_OVERRIDE },
	{ "cap_dac_read_search", CAP_DAC_READ_SEARCH },
	{ "cap_fowner", CAP_FOWNER },
	{ "cap_ipc_lock", CAP_IPC_LOCK },
};

#define NR_NAMES (sizeof(names) / sizeof(names[0]))

struct options {
	uint64_t caps;
	uid_t uid;
	int no_bpf;
	const char *calls;
	const char *told;
};

static void usage(void)
{
	size_t i;

	fprintf(stderr,
		"usage: with-caps [-u UID] [-b] [-f CALLS] [-t FILE] CAP,CAP -- COMMAND...\n"
		"  -u UID    as this user (0)\n"
		"  -b        where bpf(2) is refused\n"
		"  -f CALLS  where all system calls but these are refused, and with no new\n"
		"            privileges: a file with a number at the start of each line\n"
		"  -t FILE   its process id is added to FILE before that\n"
		"  CAP       none, or of:");
	for (i = 0; i < NR_NAMES; i++)
		fprintf(stderr, " %s", names[i].name);
	fprintf(stderr, "\n");
	exit(STATUS_USAGE);
}

static void die(const char *what)
{
	fprintf(stderr, "with-caps: %s: %s: run it as root\n", what, strerror(errno));
	exit(STATUS_CANNOT);
}

static uint64_t cap_by_name(const char *name)
{
	size_t i;

	if (!strcmp(name, "none"))
		return 0;
	for (i = 0; i < NR_NAMES; i++)
		if (!strcmp(names[i].name, name))
			return 1ULL << names[i].cap;
	fprintf(stderr, "with-caps: no capability '%s'\n", name);
	usage();
	return 0;
}

static uint64_t parse_caps(char *list)
{
	uint64_t caps = 0;
	char *name;

	for (name = strtok(list, ","); name; name = strtok(NULL, ","))
		caps |= cap_by_name(name);
	return caps;
}

static char **parse(struct options *o, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+u:bf:t:")) != -1) {
		if (opt == 'u')
			o->uid = (uid_t)strtoul(optarg, NULL, 10);
		else if (opt == 'b')
			o->no_bpf = 1;
		else if (opt == 'f')
			o->calls = optarg;
		else if (opt == 't')
			o->told = optarg;
		else
			usage();
	}
	if (argc - optind < 3 || strcmp(argv[optind + 1], "--") != 0)
		usage();
	o->caps = parse_caps(argv[optind]);
	return &argv[optind + 2];
}

/* As the default filters of container engines do it: no such permission. */
static void refuse_bpf(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		die("seccomp");
}

/* Two instructions a call, and a few around them. */
struct filter {
	struct sock_filter ops[2 * CALLS_MAX + 8];
	unsigned short len;
};

static void add(struct filter *f, uint16_t code, uint32_t k, uint8_t unequal)
{
	f->ops[f->len++] = (struct sock_filter){ .code = code, .jf = unequal, .k = k };
}

static void load(struct filter *f, size_t offset)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0);
}

/* Where what was loaded is not it, one instruction is left out. */
static void if_it_is(struct filter *f, uint32_t value, uint32_t then)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, value, 1);
	add(f, BPF_RET | BPF_K, then, 0);
}

/* Calls of i386 have these numbers too, for other things; those of x32 have none of them. */
static void allow_only(struct filter *f, const char *calls)
{
	FILE *list = fopen(calls, "r");
	char line[256];
	char *end;

	if (!list)
		die(calls);
	load(f, offsetof(struct seccomp_data, arch));
	if_it_is(f, AUDIT_ARCH_I386, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
	while (f->len < 2 * CALLS_MAX && fgets(line, sizeof(line), list)) {
		unsigned long nr = strtoul(line, &end, 10);

		if (end != line)
			if_it_is(f, (uint32_t)nr, SECCOMP_RET_ALLOW);
	}
	add(f, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0);
	fclose(list);
}

static void install(struct filter *f)
{
	struct sock_fprog prog = { f->len, f->ops };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		die("seccomp");
}

static void tell(int fd)
{
	if (dprintf(fd, "%d\n", getpid()) < 0)
		die("tell the process id");
}

static void become(uid_t uid)
{
	if (!uid)
		return;
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		die("change the user");
}

/* In this order: each step needs what a later one takes away. */
static void limit_to(const struct options *o)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};
	int cap;

	/* being uid 0 gives nothing, and changing the uid takes nothing */
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP))
		die("securebits");
	for (cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(o->caps >> cap & 1) && prctl(PR_CAPBSET_DROP, cap))
			die("bounding set");
	become(o->uid);
	for (cap = 0; cap < 2; cap++) {
		data[cap].permitted = (uint32_t)(o->caps >> (32 * cap));
		data[cap].effective = data[cap].permitted;
		data[cap].inheritable = data[cap].permitted;
	}
	if (syscall(SYS_capset, &header, data))
		die("capset");
	for (cap = 0; cap < 64; cap++)
		if (o->caps >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			die("ambient set");
}

int main(int argc, char **argv)
{
	static struct filter filter;
	struct options o = {};
	char **command = parse(&o, argc, argv);
	int told = -1;

	if (o.no_bpf)
		refuse_bpf();
	if (o.calls)
		allow_only(&filter, o.calls);
	if (o.told && (told = open(o.told, O_WRONLY | O_APPEND | O_CLOEXEC)) < 0)
		die(o.told);
	limit_to(&o);
	if (o.calls && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no new privileges");
	if (o.told)
		tell(told);
	if (o.calls)
		install(&filter);
	execvp(command[0], command);
	fprintf(stderr, "with-caps: cannot run %s: %s\n", command[0], strerror(errno));
	return STATUS_NOT_FOUND;
}
