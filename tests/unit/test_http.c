/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The daemon's endpoint and clients that mean it no good: slow, huge, broken, many. The real
 * server on loopback; after each of them, and in between, /healthz is answered at once, and what
 * it had of descriptors and memory it has again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "serve/http.h"
#include "util/process.h"

/* Time for a request here; the daemon's own is 20 s. */
#define REQUEST_MS 400
/* How late an answer may be on a busy machine; it takes less than a millisecond. */
#define AT_ONCE_MS 300
#define CLIENTS 80

static struct http_server *server;
static uint16_t port;
static uint64_t fds_before, memory_before;

#define BIG (4 << 20)

static int page_big(void *ctx, const char *accept, struct http_answer *a)
{
	(void)ctx;
	(void)accept;
	a->content_type = "text/plain";
	a->body = malloc(BIG);
	a->len = BIG;
	if (a->body)
		memset(a->body, 'x', BIG);
	return a->body ? 0 : -ENOMEM;
}

static int page_health(void *ctx, const char *accept, struct http_answer *a)
{
	(void)ctx;
	(void)accept;
	a->content_type = "text/plain";
	a->body = strdup("armed\n");
	a->len = strlen("armed\n");
	return a->body ? 0 : -ENOMEM;
}

static const struct http_page pages[] = {
	{ "/healthz", page_health },
	{ "/big", page_big },
	{ NULL, NULL },
};

/* ---- the server's turn ---- */

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* As the daemon's loop does, for at most so long. */
static void serve_once(int most_ms)
{
	struct pollfd pfd = { .fd = http_fd(server), .events = POLLIN };
	int ms = http_timeout_ms(server);

	poll(&pfd, 1, ms < 0 || ms > most_ms ? most_ms : ms);
	http_turn(server);
}

static void serve_for(unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		serve_once(5);
}

/* ---- clients ---- */

/* From one of the addresses of loopback. */
static int dial(unsigned int host)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host) };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

/* As much as there is room for. */
static ssize_t say(int fd, const char *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL);
}

/* The beginning of what it answers until it is done or hangs up, at most so late. */
static const char *hear(int fd, unsigned int most_ms)
{
	static char answer[512];
	uint64_t end = now_ms() + most_ms;
	size_t got = 0;
	ssize_t n;

	do {
		serve_once(1);
		n = recv(fd, answer + got, sizeof(answer) - got - 1, 0);
		got += n > 0 ? (size_t)n : 0;
		answer[got] = '\0';
	} while (n && got < sizeof(answer) - 1 && !strstr(answer, "\r\n\r\n") && now_ms() < end);
	return answer;
}

static void expect_healthy_from(unsigned int host)
{
	static const char request[] =
		"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	int fd = dial(host);
	uint64_t start = now_ms();
	const char *answer;

	serve_once(0);
	assert_int_equal(say(fd, request, sizeof(request) - 1), (ssize_t)sizeof(request) - 1);
	answer = hear(fd, AT_ONCE_MS);
	if (strncmp(answer, "HTTP/1.1 200", 12) != 0)
		fail_msg("after %d ms: '%s'", (int)(now_ms() - start), answer);
	close(fd);
}

static void expect_healthy(void)
{
	expect_healthy_from(0);
	expect_healthy_from(100);
}

/* All clients are gone: what it had of them it has given back. */
static void expect_as_before(void)
{
	uint64_t end = now_ms() + 2000, memory __attribute__((unused));

	while (process_open_fds() != fds_before && now_ms() < end)
		serve_once(5);
	assert_int_equal(process_open_fds(), fds_before);
#ifndef UNDER_ASAN /* which keeps what is freed, and finds leaks itself */
	memory = process_resident_bytes();
	if (memory > memory_before + (8 << 20))
		fail_msg("%d kB became %d", (int)(memory_before >> 10), (int)(memory >> 10));
#endif
	expect_healthy();
}

static int start(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 32), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	port = ntohs(at.sin_port);
	server = http_new(fd, NULL, 0, pages, NULL);
	assert_non_null(server);
	http_set_limits(server, 32, REQUEST_MS);
	expect_healthy();
	serve_for(50);
	fds_before = process_open_fds();
	memory_before = process_resident_bytes();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	http_free(server);
	return 0;
}

/* ---- slow ones ---- */

static void hang_up(int *fds, int nr)
{
	while (nr--)
		close(fds[nr]);
}

static void many_that_say_nothing(void **state)
{
	int fds[CLIENTS], i;

	(void)state;
	for (i = 0; i < CLIENTS; i++) {
		fds[i] = dial((unsigned int)i % 4);
		serve_once(0);
	}
	/* also from an address that has the most */
	expect_healthy();
	hang_up(fds, CLIENTS);
	expect_as_before();
}

/* A byte of a request now and then: to its own clock each of them is busy. */
static void slow_ones(unsigned int hosts)
{
	static const char request[] =
		"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaa";
	int fds[CLIENTS], i, gone = 0;
	size_t at;

	for (i = 0; i < CLIENTS; i++) {
		fds[i] = dial((unsigned int)i % hosts);
		serve_once(0);
	}
	for (at = 0; at < sizeof(request) - 1; at++) {
		for (i = 0; i < CLIENTS; i++)
			say(fds[i], request + at, 1);
		serve_for(REQUEST_MS / 20);
		expect_healthy();
	}
	/* the limit of a request has passed: nobody is waited for any more */
	for (i = 0; i < CLIENTS; i++) {
		char byte;

		gone += recv(fds[i], &byte, 1, 0) >= 0 || errno != EAGAIN;
	}
	assert_int_equal(gone, CLIENTS);
	hang_up(fds, CLIENTS);
	expect_as_before();
}

static void slow_ones_of_one_address(void **state)
{
	(void)state;
	slow_ones(1);
}

static void slow_ones_of_many_addresses(void **state)
{
	(void)state;
	slow_ones(CLIENTS);
}

static void ask_for(int fd, const char *page)
{
	char request[128];
	int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", page);

	assert_int_equal(say(fd, request, (size_t)len), len);
}

/* They want megabytes, and read none of it. */
static void some_that_do_not_read(void **state)
{
	int fds[8], small = 4096, i;

	(void)state;
	for (i = 0; i < 8; i++) {
		fds[i] = dial((unsigned int)i);
		setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		serve_once(0);
		ask_for(fds[i], "/big");
		serve_for(5);
		expect_healthy();
	}
	serve_for(REQUEST_MS + 100);
	/* what is in the kernel's buffers is theirs; the connection is not there any more */
	assert_int_equal(process_open_fds(), fds_before + 8);
	hang_up(fds, 8);
	expect_as_before();
}

/* A byte each time, so that there is always some progress. */
static void one_that_reads_slowly(void **state)
{
	uint64_t end = now_ms() + 2 * REQUEST_MS;
	int fd, small = 4096;
	char byte;

	(void)state;
	fd = dial(0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	serve_once(0);
	ask_for(fd, "/big");
	while (now_ms() < end) {
		if (recv(fd, &byte, 1, 0) < 0)
			assert_int_equal(errno, EAGAIN);
		serve_for(10);
	}
	assert_int_equal(process_open_fds(), fds_before + 1);
	close(fd);
	expect_as_before();
}

static void one_that_stays_is_kept(void **state)
{
	uint64_t end = now_ms() + 3 * REQUEST_MS;
	int fd = dial(0), answered = 0;

	(void)state;
	serve_once(0);
	while (now_ms() < end) {
		ask_for(fd, "/healthz");
		answered += !strncmp(hear(fd, AT_ONCE_MS), "HTTP/1.1 200", 12);
		serve_for(REQUEST_MS / 4);
	}
	assert_true(answered > 6);
	close(fd);
	expect_as_before();
}

/* A scraper's, from an address of its own: the oldest of all, and not one of those that are many. */
static void one_beside_many_of_one_address(void **state)
{
	int fds[CLIENTS], scraper = dial(1), i;

	(void)state;
	/* the time that it may be silent is not what this is about */
	http_set_limits(server, 32, 100 * REQUEST_MS);
	serve_once(0);
	ask_for(scraper, "/healthz");
	assert_int_equal(strncmp(hear(scraper, AT_ONCE_MS), "HTTP/1.1 200", 12), 0);
	for (i = 0; i < CLIENTS; i++) {
		fds[i] = dial(0);
		serve_once(0);
	}
	serve_for(20);
	ask_for(scraper, "/healthz");
	assert_int_equal(strncmp(hear(scraper, AT_ONCE_MS), "HTTP/1.1 200", 12), 0);
	hang_up(fds, CLIENTS);
	close(scraper);
	expect_as_before();
}

/* Pages and refusals: a browser takes them for what they are said to be. */
static void types_are_not_guessed(void **state)
{
	static const char *const requests[] = { "GET /healthz", "HEAD /healthz", "GET /nothing",
						"POST /healthz" };
	const char *answer;
	char text[128];
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		fd = dial(0);
		serve_once(0);
		snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: x\r\n\r\n", requests[i]);
		say(fd, text, strlen(text));
		answer = hear(fd, AT_ONCE_MS);
		if (!strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n") ||
		    !strstr(answer, "\r\nContent-Type: text/plain"))
			fail_msg("%s: '%s'", requests[i], answer);
		close(fd);
	}
	expect_as_before();
}

/* ---- huge ones ---- */

/* Begins so, goes on with this for so many bytes, or until the server has had enough. */
static const char *pour(const char *begin, const char *more, size_t bytes)
{
	uint64_t end = now_ms() + 5 * REQUEST_MS;
	size_t len = strlen(more), sent = 0;
	static char answer[512];
	int fd = dial(0);
	ssize_t n;

	serve_once(0);
	say(fd, begin, strlen(begin));
	while (sent < bytes && now_ms() < end) {
		n = say(fd, more, len);
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		serve_once(0);
	}
	snprintf(answer, sizeof(answer), "%s", hear(fd, AT_ONCE_MS));
	close(fd);
	expect_as_before();
	return answer;
}

static char *repeated(char c, size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, c, len);
	text[len] = '\0';
	return text;
}

static void huge_requests(void **state)
{
	static const struct {
		const char *begin, *more, *answer;
		size_t bytes;
	} rows[] = {
		{ "GET /", NULL, "HTTP/1.1 414", 1 << 20 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nX: ", NULL, "HTTP/1.1 431", 1 << 20 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n", "X: y\r\n", "HTTP/1.1 431", 1 << 20 },
		{ "", NULL, "", 1 << 20 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", NULL,
		  "HTTP/1.1 405", 8 << 20 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		  "5\r\nhello\r\n", "", 8 << 20 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", NULL, "",
		  64 << 20 },
	};
	char *block = repeated('a', 65536);
	const char *answer;
	int told = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer = pour(rows[i].begin, rows[i].more ? rows[i].more : block, rows[i].bytes);
		told += *answer != '\0';
		/* who is still sending when it hangs up may get nothing to read */
		if (*answer && strncmp(answer, rows[i].answer, strlen(rows[i].answer)) != 0)
			fail_msg("%s...: '%s'", rows[i].begin, answer);
	}
	/* but those that ask for too much in the header do */
	assert_true(told >= 3);
	free(block);
}

/* Thousands of requests at once, on one connection. */
static void pipelined(void **state)
{
	pour("", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
	     1 << 18);
	(void)state;
}

/* ---- broken ones ---- */

static void broken_requests(void **state)
{
#define REQUEST(text)                                                                              \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		REQUEST("\r\n\r\n\r\n\r\n"),
		REQUEST("\0\0\0\0\0\0\0\0"),
		REQUEST("GET\r\n\r\n"),
		REQUEST("GET /\r\n\r\n"),
		REQUEST("GET / HTTP/9.9\r\n\r\n"),
		REQUEST("get /healthz http/1.1\r\nhost: x\r\n\r\n"),
		REQUEST("GET /healthz HTTP/1.1\r\nHost\r\n\r\n"),
		REQUEST("GET /healthz HTTP/1.1\r\n: x\r\n\r\n"),
		REQUEST("GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"),
		REQUEST("GET /healthz HTTP/1.1\nHost: x\n\n"),
		REQUEST("GET /health\0z HTTP/1.1\r\nHost: x\r\n\r\n"),
		REQUEST("GET /%00%0d%0aX:%20y HTTP/1.1\r\nHost: x\r\n\r\n"),
		REQUEST("GET //../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"),
		REQUEST("GET /healthz?%zz=%&&&=== HTTP/1.1\r\nHost: x\r\n\r\n"),
		REQUEST("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
		REQUEST("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1e9\r\n\r\n"),
		REQUEST("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: "
			"18446744073709551616\r\n\r\n"),
		REQUEST("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
			"ffffffffffffffffffff\r\n"),
		REQUEST("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"),
		REQUEST("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
			"9\r\n\r\n"),
		REQUEST("GET /healthz HTTP/1.1\r\nHost: x\r\nAccept: "
			";q=,;;q=nan,text/plain;q=1e999\r\n\r\n"),
		REQUEST("GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: a=\"\r\nAuthorization: Digest "
			"\r\n\r\n"),
		REQUEST("GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: "
			"Upgrade\r\n\r\n"),
		REQUEST("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"),
		REQUEST("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
		REQUEST("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
		REQUEST("\xff\xfe\xfd\x80\x81\r\n\r\n"),
	};
	size_t i, cut;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* whole, and cut in the middle and hung up on */
		for (cut = 1; cut <= 2; cut++) {
			fd = dial(0);
			serve_once(0);
			say(fd, rows[i].text, rows[i].len / cut);
			serve_for(2);
			close(fd);
			expect_healthy();
		}
	}
	expect_as_before();
}

/* Reset in the middle of the answer, by a RST. */
static void some_that_reset(void **state)
{
	struct linger now = { .l_onoff = 1 };
	int fd, i;

	(void)state;
	for (i = 0; i < 50; i++) {
		fd = dial((unsigned int)i);
		serve_once(0);
		ask_for(fd, i % 2 ? "/big" : "/healthz");
		if (i % 3)
			serve_for(1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(fd);
	}
	expect_as_before();
}

#define HTTP_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HTTP_TEST(many_that_say_nothing),
		HTTP_TEST(slow_ones_of_one_address),
		HTTP_TEST(slow_ones_of_many_addresses),
		HTTP_TEST(some_that_do_not_read),
		HTTP_TEST(one_that_reads_slowly),
		HTTP_TEST(one_that_stays_is_kept),
		HTTP_TEST(one_beside_many_of_one_address),
		HTTP_TEST(types_are_not_guessed),
		HTTP_TEST(huge_requests),
		HTTP_TEST(pipelined),
		HTTP_TEST(broken_requests),
		HTTP_TEST(some_that_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
