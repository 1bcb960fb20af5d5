/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs a command on a terminal of so many columns, whose output goes to a file as it
 * is: what a person would have seen. SIGINT and SIGTERM are passed on.
 *
 *   on_pty COLUMNS FILE COMMAND...
 */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void pass_on(int signal)
{
	kill(child, signal);
}

static int copy(int from, int to)
{
	char block[4096];
	ssize_t n;

	for (;;) {
		n = read(from, block, sizeof(block));
		if (n > 0 && write(to, block, (size_t)n) != n)
			return 1;
		/* the terminal is gone with its last user: EIO */
		if (n == 0 || (n < 0 && errno != EINTR))
			return 0;
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = pass_on };
	struct winsize size = { .ws_row = 40 };
	int terminal, out, status;

	if (argc < 4) {
		fprintf(stderr, "usage: on_pty COLUMNS FILE COMMAND...\n");
		return 64;
	}
	size.ws_col = (unsigned short)atoi(argv[1]);
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	child = out < 0 ? -1 : forkpty(&terminal, NULL, NULL, &size);
	if (child < 0) {
		perror("on_pty");
		return 1;
	}
	if (!child) {
		setenv("TERM", "vt100", 1);
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		_exit(127);
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (copy(terminal, out))
		perror(argv[2]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
