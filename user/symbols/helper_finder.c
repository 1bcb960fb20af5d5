/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "symbols/helper_finder.h"

/* Asked at once, and no answer taken: a few stacks. */
#define MAX_QUESTIONS 64
#define MAX_FDS 16

struct question {
	uint64_t number;
	struct code_place place;
};

struct answer {
	uint64_t number; /* of the question; 0: none */
	int nr;
	struct source_frame frames[SOURCE_MAX_FRAMES];
};

/* A question that was sent, and its answer, if it has come. */
struct asked {
	struct question question; /* number 0: room for another one */
	struct answer answer;
};

struct helper_finder {
	struct line_finder finder;
	struct line_finder *behind;
	struct helper_options options;
	pid_t pid; /* 0: not started */
	int fd;
	bool gone; /* it could not be started, or is dead: nothing is known any more */
	bool late; /* it was waited for, and has not answered since */
	uint64_t next_number;
	struct asked asked[MAX_QUESTIONS];
};

/* ---- in its process ---- */

static bool is_kept(int fd, const int *kept, int nr)
{
	while (nr--)
		if (kept[nr] == fd)
			return true;
	return fd == STDERR_FILENO;
}

/*
 * What is attached to the kernel must not stay so because a copy is open here, and who
 * reads our standard output waits for nobody else.
 */
static void close_others(struct line_finder *behind, int socket)
{
	int kept[MAX_FDS + 2], nr = 0, fd;
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!fds)
		_exit(1);
	if (behind->ops->fds)
		nr = behind->ops->fds(behind, kept, MAX_FDS);
	kept[nr++] = socket;
	kept[nr++] = dirfd(fds);
	while ((entry = readdir(fds))) {
		fd = atoi(entry->d_name);
		if (!is_kept(fd, kept, nr))
			close(fd);
	}
	closedir(fds);
}

static void serve(const struct helper_finder *h, int fd)
{
	struct question question;
	struct answer answer;

	if (h->options.enter)
		h->options.enter();
	close_others(h->behind, fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "evmcs-lines");
	while (recv(fd, &question, sizeof(question), 0) == sizeof(question)) {
		memset(&answer, 0, sizeof(answer));
		answer.number = question.number;
		answer.nr = h->behind->ops->find(h->behind, &question.place, answer.frames);
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* ---- in the caller's ---- */

static bool start(struct helper_finder *h)
{
	int fds[2];

	if (h->pid || h->gone)
		return !h->gone;
	h->gone = true;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return false;
	h->pid = fork();
	if (!h->pid) {
		close(fds[0]);
		serve(h, fds[1]);
	}
	close(fds[1]);
	if (h->pid < 0) {
		h->pid = 0;
		close(fds[0]);
		return false;
	}
	h->fd = fds[0];
	h->gone = false;
	return true;
}

static void stop(struct helper_finder *h)
{
	h->gone = true;
	if (!h->pid)
		return;
	close(h->fd);
	kill(h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

static struct asked *find_asked(struct helper_finder *h, const struct code_place *place)
{
	int i;

	for (i = 0; i < MAX_QUESTIONS; i++)
		if (h->asked[i].question.number &&
		    !memcmp(&h->asked[i].question.place, place, sizeof(*place)))
			return &h->asked[i];
	return NULL;
}

/* A free one, or else one whose answer nobody has come for. */
static struct asked *find_room(struct helper_finder *h)
{
	struct asked *room = NULL;
	int i;

	for (i = 0; i < MAX_QUESTIONS; i++) {
		if (!h->asked[i].question.number)
			return &h->asked[i];
		if (h->asked[i].answer.number)
			room = &h->asked[i];
	}
	return room;
}

/* Without room for it, it is asked another time. */
static struct asked *ask(struct helper_finder *h, const struct code_place *place)
{
	struct asked *asked = find_room(h);

	if (!asked)
		return NULL;
	memset(asked, 0, sizeof(*asked));
	asked->question.number = ++h->next_number;
	asked->question.place = *place;
	if (send(h->fd, &asked->question, sizeof(asked->question), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    sizeof(asked->question))
		return asked;
	asked->question.number = 0;
	if (errno != EAGAIN)
		stop(h);
	return NULL;
}

static void take_answers(struct helper_finder *h)
{
	struct answer answer;
	ssize_t n;
	int i;

	while ((n = recv(h->fd, &answer, sizeof(answer), MSG_DONTWAIT)) == sizeof(answer)) {
		h->late = false;
		for (i = 0; i < MAX_QUESTIONS; i++)
			if (h->asked[i].question.number == answer.number)
				h->asked[i].answer = answer;
	}
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		stop(h);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Once it was late nobody waits for it, until it has answered. */
static void wait_for(struct helper_finder *h, const struct asked *asked)
{
	int64_t end = now_ms() + (h->late ? 0 : h->options.patience_ms), left;
	struct pollfd fd = { .fd = h->fd, .events = POLLIN };

	while (!h->gone && !asked->answer.number) {
		left = end - now_ms();
		if (poll(&fd, 1, left > 0 ? (int)left : 0) > 0)
			take_answers(h);
		else if (left <= 0)
			break;
	}
	h->late = !asked->answer.number;
}

static int helper_find(struct line_finder *finder, const struct code_place *place,
		       struct source_frame frames[SOURCE_MAX_FRAMES])
{
	struct helper_finder *h = (struct helper_finder *)finder;
	struct asked *asked;

	if (!start(h))
		return 0;
	/* what has come makes room */
	take_answers(h);
	if (h->gone)
		return 0;
	asked = find_asked(h, place) ?: ask(h, place);
	if (!asked)
		return h->gone ? 0 : -EAGAIN;
	wait_for(h, asked);
	if (!asked->answer.number)
		return h->gone ? 0 : -EAGAIN;
	memcpy(frames, asked->answer.frames, sizeof(asked->answer.frames));
	asked->question.number = 0;
	return asked->answer.nr;
}

static void helper_prepare(struct line_finder *finder, const struct code_place *object)
{
	struct helper_finder *h = (struct helper_finder *)finder;

	if (h->behind->ops->prepare)
		h->behind->ops->prepare(h->behind, object);
}

static void helper_free(struct line_finder *finder)
{
	struct helper_finder *h = (struct helper_finder *)finder;

	stop(h);
	h->behind->ops->free(h->behind);
	free(h);
}

struct line_finder *helper_finder_new(struct line_finder *behind,
				      const struct helper_options *options)
{
	static const struct line_finder_ops ops = {
		.find = helper_find,
		.prepare = helper_prepare,
		.free = helper_free,
	};
	struct helper_finder *h = behind ? calloc(1, sizeof(*h)) : NULL;

	if (!h) {
		if (behind)
			behind->ops->free(behind);
		return NULL;
	}
	h->finder.ops = &ops;
	h->behind = behind;
	h->options = *options;
	return &h->finder;
}
