/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * killed N COMMAND...: runs a command that stops itself (evmcs-restore --pause), kills it there,
 * and waits for its end, N times. Prints how long the median of the ends took, in nanoseconds.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* 0 where it did not come to its stop. */
static uint64_t kill_one(char **command)
{
	pid_t pid = fork();
	uint64_t start;
	int status;

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return 0;
	/* the reader of the trace reads 10 ms after SET: not in what is measured */
	usleep(500000);
	start = now();
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return 0;
	return now() - start;
}

static int compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	unsigned int times = argc > 2 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0, n;
	uint64_t *took = times ? calloc(times, sizeof(*took)) : NULL;

	if (!took) {
		fprintf(stderr, "usage: killed N COMMAND...\n");
		return 64;
	}
	for (n = 0; n < times; n++) {
		took[n] = kill_one(argv + 2);
		if (!took[n]) {
			fprintf(stderr, "killed: %s does not stop\n", argv[2]);
			return 1;
		}
	}
	qsort(took, times, sizeof(*took), compare_times);
	printf("%llu\n", (unsigned long long)took[times / 2]);
	free(took);
	return 0;
}
