/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests to the daemon's endpoint: the real server, on a socket of the Unix domain. In the
 * input 0xff lets the server do its part, 0xfe is the next of three clients, 0xfd hangs up; all
 * else is sent. After it /healthz must be answered at once, and no descriptor may be left.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "every_sink.h"
#include "lib/fuzz.h"
#include "serve/http.h"
#include "sinks/metrics.h"
#include "stories.h"
#include "util/process.h"

#define CLIENTS 3

static struct http_server *server;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_len;
static struct sink *metrics;

/* ---- the pages of serve ---- */

static int page_metrics(void *ctx, const char *accept, struct http_answer *a)
{
	enum exposition form = http_prefers(accept, "application/openmetrics-text", "text/plain")
				       ? EXPOSITION_OPENMETRICS
				       : EXPOSITION_TEXT;

	(void)ctx;
	a->content_type = metrics_content_type(form);
	a->body = metrics_render(metrics, form, true, &a->len);
	return 0;
}

static int page_health(void *ctx, const char *accept, struct http_answer *a)
{
	(void)ctx;
	(void)accept;
	a->content_type = "text/plain";
	a->body = strdup("armed\n");
	a->len = 6;
	return 0;
}

static const struct http_page pages[] = {
	{ "/metrics", page_metrics },
	{ "/healthz", page_health },
	{ NULL, NULL },
};

/* ---- clients ---- */

static int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	fuzz_assert(fd >= 0);
	if (!connect(fd, (struct sockaddr *)&address, address_len))
		return fd;
	close(fd);
	return -1;
}

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What it answers is read, or it would wait for that. */
static size_t turn(int fd, char *answer, size_t size)
{
	size_t got = 0;
	ssize_t n;
	int i;

	for (i = 0; i < 3; i++) {
		http_turn(server);
		while (fd >= 0 && (n = recv(fd, answer + got, size - got - 1, 0)) > 0)
			got = got + (size_t)n < size - 1 ? got + (size_t)n : 0;
	}
	answer[got] = '\0';
	return got;
}

static void send_all(int fd, const uint8_t *data, size_t size)
{
	if (fd >= 0 && size)
		send(fd, data, size, MSG_NOSIGNAL);
}

static void expect_healthy(void)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	char answer[4096];
	int fd = dial();

	fuzz_assert(fd >= 0);
	send_all(fd, (const uint8_t *)request, sizeof(request) - 1);
	turn(fd, answer, sizeof(answer));
	if (!strstr(answer, "200 OK") || !strstr(answer, "armed"))
		fuzz_fail("no healthy answer: '%s'", answer);
	close(fd);
}

static uint64_t idle_fds;

/* The server closes what clients have left, when it has answered what they sent: one a turn. */
static void settle(void)
{
	int i;

	for (i = 0; i < 4 || (i < 2000 && process_open_fds() != idle_fds); i++)
		http_turn(server);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct model_options rules = { .fail_on = SEVERITY_ERROR };
	const struct metrics_options options = { .model = &rules, .libbpf = "1.1" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), i;

	(void)argc;
	(void)argv;
	metrics = metrics_sink_new(&options);
	/* an abstract name, which the kernel chooses */
	address_len = sizeof(address);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) ||
	    listen(fd, 32) || getsockname(fd, (struct sockaddr *)&address, &address_len))
		fuzz_fail("no socket");
	server = http_new(fd, NULL, 0, pages, NULL);
	fuzz_assert(server && metrics);
	expect_healthy();
	for (i = 0; i < 4; i++)
		http_turn(server);
	fuzz_listen();
	return 0;
}

static void play(int clients[CLIENTS], const uint8_t *data, size_t size)
{
	char answer[64 * 1024];
	size_t from = 0, i, client = 0;

	for (i = 0; i <= size; i++) {
		if (i < size && data[i] < 0xfd)
			continue;
		if (clients[client] < 0)
			clients[client] = dial();
		send_all(clients[client], data + from, i - from);
		from = i + 1;
		if (i == size || data[i] == 0xff)
			turn(clients[client], answer, sizeof(answer));
		else if (data[i] == 0xfe)
			client = (client + 1) % CLIENTS;
		else
			hang_up(&clients[client]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int clients[CLIENTS] = { -1, -1, -1 }, i;

	/* not before: with -merge=1 libFuzzer opens a file when all is initialized */
	if (!idle_fds)
		idle_fds = process_open_fds();
	play(clients, data, size);
	expect_healthy();
	for (i = 0; i < CLIENTS; i++)
		hang_up(&clients[i]);
	settle();
	fuzz_assert(process_open_fds() == idle_fds);
	return 0;
}
