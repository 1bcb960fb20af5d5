/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process is permitted, what it gives up, and that its commands keep it.
 * Each test in a process of its own, with whatever privileges this one has: as
 * root there is more to lose.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include <cmocka.h>

#include "commands/launcher.h"
#include "evmcs_trace/status.h"
#include "probes/privileges.h"
#include "util/say.h"

/* A line of a process' status, as a number. */
static uint64_t status_of(const char *file, const char *key, int base)
{
	char line[256];
	uint64_t value = UINT64_MAX;
	FILE *f = fopen(file, "re");

	if (!f)
		return value;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
			value = strtoull(line + strlen(key) + 1, NULL, base);
	fclose(f);
	return value;
}

static uint64_t own(const char *key)
{
	return status_of("/proc/self/status", key, 16);
}

/* In a child: its privileges go, this process' stay. */
static int in_child(int (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		alarm(60); /* who waits for ever has failed */
		say_set_level(SAY_QUIET);
		if (!freopen("/dev/null", "w", stderr))
			_exit(255);
		_exit(test());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		if (!(cond))                                                                       \
			return __LINE__ % 200 + 1;                                                 \
	} while (0)

static void lose_all(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = {};

	syscall(SYS_capset, &header, none);
}

static void table_is_whole(void **state)
{
	const struct privilege *table;
	uint64_t seen[PRIVILEGE_OPTIONAL + 1] = {};
	int nr, i;

	(void)state;
	table = privileges_table(&nr);
	assert_true(nr > 4);
	for (i = 0; i < nr; i++) {
		assert_int_equal(strncmp(table[i].name, "CAP_", 4), 0);
		/* once as needed, once for what it makes better */
		assert_false(seen[table[i].need] >> table[i].cap & 1);
		seen[table[i].need] |= 1ULL << table[i].cap;
		assert_true(table[i].what_for[0]);
		assert_true(table[i].without[0]);
		/* what is not always asked for says when it is */
		assert_true(table[i].need == PRIVILEGE_NEEDED || table[i].refused);
	}
}

static int check_without(void)
{
	const struct privilege *table;
	char list[128];
	int nr, i;

	lose_all();
	EXPECT(privileges_check() == STATUS_NOT_ARMED);
	privileges_list(list, sizeof(list));
	EXPECT(list[0] && strstr(say_last_error(), list));
	EXPECT(strstr(say_last_error(), "sudo setcap cap_"));
	table = privileges_table(&nr);
	for (i = 0; i < nr; i++) {
		EXPECT(!privilege_held(&table[i]));
		if (table[i].need == PRIVILEGE_NEEDED)
			EXPECT(!strstr(say_last_error(), table[i].name) ==
			       !privilege_missing(&table[i]));
		if (table[i].need == PRIVILEGE_OPTIONAL)
			EXPECT(!strstr(say_last_error(), table[i].name));
	}
	return 0;
}

static void nothing_held_is_named(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_without), 0);
}

static uint64_t bits_kept(unsigned int later)
{
	uint64_t bits = 1ULL << CAP_BPF | 1ULL << CAP_SYS_PTRACE;

	if (later & LATER_FILES)
		bits |= 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER;
	if (later & LATER_OWNER)
		bits |= 1ULL << CAP_CHOWN;
	return bits;
}

static int drop_for(unsigned int later)
{
	uint64_t held = own("CapPrm"), left, permitted;
	uint64_t arming = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_SYSLOG |
			  1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_RESOURCE;
	char line[64] = "";
	FILE *f;

	EXPECT(privileges_drop(later) == 0);
	left = own("CapEff");
	permitted = own("CapPrm");
	EXPECT(!(left & ~(held & bits_kept(later))));
	EXPECT((permitted & ~left) == (later & LATER_ARM ? held & arming & ~left : 0));
	EXPECT(own("CapInh") == 0 && own("CapAmb") == 0);
	EXPECT(own("NoNewPrivs") == 1);
	if (later & LATER_FILES)
		EXPECT((left & 1ULL << CAP_DAC_OVERRIDE) == (held & 1ULL << CAP_DAC_OVERRIDE));
	if (later & LATER_OWNER)
		EXPECT((left & 1ULL << CAP_CHOWN) == (held & 1ULL << CAP_CHOWN));
	privileges_raise();
	EXPECT(own("CapEff") == permitted);
	privileges_lower();
	EXPECT(own("CapEff") == left && own("CapPrm") == permitted);
	/* root does not get more by executing something */
	f = popen("grep CapPrm /proc/self/status", "re");
	EXPECT(f && fgets(line, sizeof(line), f));
	EXPECT(!(strtoull(line + strlen("CapPrm:"), NULL, 16) & ~permitted));
	return pclose(f);
}

static int drop(void)
{
	return drop_for(0);
}

static int drop_for_batch(void)
{
	return drop_for(LATER_FILES);
}

static int drop_for_batch_of_sudo(void)
{
	return drop_for(LATER_ARM | LATER_FILES | LATER_OWNER);
}

static int drop_until_armed_again(void)
{
	return drop_for(LATER_ARM | LATER_FILES);
}

static void dropped_are_gone(void **state)
{
	(void)state;
	assert_int_equal(in_child(drop), 0);
	assert_int_equal(in_child(drop_for_batch), 0);
	assert_int_equal(in_child(drop_for_batch_of_sudo), 0);
	assert_int_equal(in_child(drop_until_armed_again), 0);
}

/* Its exit status, and its own account of itself in file. */
static int run(struct launcher *l, const char *script, const char *file)
{
	char *argv[] = { "sh", "-c", (char *)script, "", (char *)file, NULL };
	pid_t pid = launcher_start(l, argv);
	int status;

	if (pid <= 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int launch_after_drop(void)
{
	char file[] = "/tmp/evmcs-privileges-XXXXXX";
	uint64_t held = own("CapPrm"), mask = own("SigBlk");
	char *nowhere[] = { "/nowhere/at-all", NULL };
	struct launcher *l = launcher_new();
	int fd = mkstemp(file), status;
	pid_t pid;

	EXPECT(l && fd >= 0);
	EXPECT(own("SigBlk") == mask);
	EXPECT(privileges_drop(0) == 0);
	/* $0 is empty and $1 the file: words arrive as they are, more than one command */
	EXPECT(run(l, "test -z \"$0\" && cat /proc/self/status >\"$1\"; exit 3", file) == 3);
	EXPECT(status_of(file, "CapPrm", 16) == held);
	EXPECT(status_of(file, "NoNewPrivs", 10) == 0);
	EXPECT(status_of(file, "SigBlk", 16) == mask);
	EXPECT(run(l, "cat /proc/$$/status >\"$1\"", file) == 0);
	EXPECT(status_of(file, "PPid", 10) == (uint64_t)getpid());
	pid = launcher_start(l, nowhere);
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 127);
	launcher_free(l);
	/* nobody is left */
	EXPECT(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
	unlink(file);
	return 0;
}

static void commands_keep_what_the_user_had(void **state)
{
	(void)state;
	assert_int_equal(in_child(launch_after_drop), 0);
}

/* A launcher that was killed is an error, not the end of the tracer. */
static int launch_without_launcher(void)
{
	struct launcher *l = launcher_new();
	char *argv[] = { "true", NULL }, path[64];
	uint64_t child;
	FILE *f;

	EXPECT(l);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	EXPECT(f);
	EXPECT(fscanf(f, "%lu", &child) == 1);
	fclose(f);
	kill((pid_t)child, SIGKILL);
	EXPECT(waitpid((pid_t)child, NULL, 0) == (pid_t)child);
	EXPECT(launcher_start(l, argv) < 0);
	launcher_free(l);
	return 0;
}

static void launcher_that_died_is_told(void **state)
{
	(void)state;
	assert_int_equal(in_child(launch_without_launcher), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_whole),
		cmocka_unit_test(nothing_held_is_named),
		cmocka_unit_test(dropped_are_gone),
		cmocka_unit_test(commands_keep_what_the_user_had),
		cmocka_unit_test(launcher_that_died_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
