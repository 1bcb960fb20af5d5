/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/launcher.h"
#include "util/errstr.h"
#include "util/say.h"

#define STATUS_OF_COMMAND_NOT_FOUND 127

struct launcher {
	pid_t pid;
	int fd;
};

static int send_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		/* a launcher that is gone is an error, not a signal */
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int receive_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* ---- the launcher's side ---- */

/* "a\0b\0" to { "a", "b", NULL } */
static char **split(char *words, size_t len)
{
	size_t nr = 0, i;
	char **argv;

	for (i = 0; i < len; i++)
		nr += !words[i];
	argv = calloc(nr + 1, sizeof(*argv));
	if (!argv)
		return NULL;
	for (i = 0; i < nr; i++) {
		argv[i] = words;
		words += strlen(words) + 1;
	}
	return argv;
}

/* NULL: the tracer is gone, or there is no memory. */
static char **receive_command(int fd)
{
	uint64_t len;
	char *words;

	if (receive_all(fd, &len, sizeof(len)))
		return NULL;
	words = malloc(len + 1);
	if (!words || receive_all(fd, words, len))
		return NULL;
	words[len] = '\0';
	return split(words, len);
}

static void run_command(char **argv, const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	say_error("cannot run %s (%s): check its path", argv[0], errstr(errno));
	_exit(STATUS_OF_COMMAND_NOT_FOUND);
}

static void serve(int fd, const sigset_t *mask)
{
	char **argv;

	prctl(PR_SET_NAME, "evmcs-launcher");
	while ((argv = receive_command(fd))) {
		/* a sibling: the tracer waits for it, and is its parent as ever */
		long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
		int32_t answer = pid < 0 ? -errno : (int32_t)pid;

		if (!pid)
			run_command(argv, mask);
		free(argv[0]);
		free(argv);
		if (send_all(fd, &answer, sizeof(answer)))
			break;
	}
	_exit(0);
}

/* ---- the tracer's side ---- */

struct launcher *launcher_new(void)
{
	struct launcher *l = calloc(1, sizeof(*l));
	sigset_t ending, before;
	int fds[2];

	if (!l)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		free(l);
		return NULL;
	}
	/* what is meant for the tracer, such as a terminal's Ctrl-C */
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGUSR1);
	sigprocmask(SIG_BLOCK, &ending, &before);
	l->pid = fork();
	if (!l->pid) {
		close(fds[0]);
		serve(fds[1], &before);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	l->fd = fds[0];
	if (l->pid > 0)
		return l;
	close(l->fd);
	free(l);
	return NULL;
}

void launcher_free(struct launcher *l)
{
	if (!l)
		return;
	close(l->fd); /* which ends it */
	waitpid(l->pid, NULL, 0);
	free(l);
}

pid_t launcher_start(struct launcher *l, char *const argv[])
{
	uint64_t len = 0;
	int32_t answer;
	int i, err;

	for (i = 0; argv[i]; i++)
		len += strlen(argv[i]) + 1;
	err = send_all(l->fd, &len, sizeof(len));
	for (i = 0; !err && argv[i]; i++)
		err = send_all(l->fd, argv[i], strlen(argv[i]) + 1);
	if (!err)
		err = receive_all(l->fd, &answer, sizeof(answer));
	return err ? err : answer;
}
