/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "serve/http.h"
#include "util/lazy.h"

/*
 * A scraper needs one or two; a request is a few hundred bytes. A client of which nothing comes is
 * closed by libmicrohttpd, one that sends a byte now and then is not: it has REQUEST_MS for a whole
 * request and its answer.
 */
#define CONNECTIONS 32
#define IDLE_SECONDS 10
#define REQUEST_MS 20000
#define CONNECTION_BYTES (16 * 1024)
/* What is being closed still counts for libmicrohttpd. */
#define MOST_CONNECTIONS (2 * CONNECTIONS)

struct client {
	int fd; /* -1: none */
	bool leaving; /* shut down, and to be closed by libmicrohttpd */
	uint64_t since_ms; /* its beginning, or the end of its last request */
	unsigned char address[8]; /* who it is: an IPv4 address, or the network of an IPv6 one */
};

#define FUNCTIONS(X)                                                                               \
	X(add_response_header)                                                                     \
	X(create_response_from_buffer)                                                             \
	X(destroy_response)                                                                        \
	X(get_connection_info)                                                                     \
	X(get_daemon_info)                                                                         \
	X(get_timeout)                                                                             \
	X(lookup_connection_value)                                                                 \
	X(queue_response)                                                                          \
	X(run)                                                                                     \
	X(start_daemon)                                                                            \
	X(stop_daemon)

#define POINTER(name) __typeof__(MHD_##name) *name;
#define NAMED(name) { "MHD_" #name, &mhd.name },

/* libmicrohttpd's, when it is open */
static struct {
	FUNCTIONS(POINTER)
} mhd;

static const struct lazy_function functions[] = { FUNCTIONS(NAMED){ NULL, NULL } };

LAZY_NOTE(SONAME_MICROHTTPD, "the metrics of serve");

struct http_server {
	struct MHD_Daemon *daemon;
	const struct http_page *pages;
	void *ctx;
	int fd; /* epoll */
	int most; /* clients */
	uint64_t request_ms;
	struct client clients[MOST_CONNECTIONS];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- clients ---- */

static void name_client(struct client *client, const struct sockaddr *address)
{
	memset(client->address, 0, sizeof(client->address));
	if (address && address->sa_family == AF_INET)
		memcpy(client->address, &((const struct sockaddr_in *)address)->sin_addr, 4);
	else if (address && address->sa_family == AF_INET6)
		memcpy(client->address, &((const struct sockaddr_in6 *)address)->sin6_addr,
		       sizeof(client->address));
}

static bool is_there(const struct client *client)
{
	return client->fd >= 0 && !client->leaving;
}

/* How many of the same address there are. */
static int neighbours(const struct http_server *s, const struct client *client)
{
	int i, n = 0;

	for (i = 0; i < MOST_CONNECTIONS; i++)
		n += is_there(&s->clients[i]) &&
		     !memcmp(s->clients[i].address, client->address, sizeof(client->address));
	return n;
}

static void send_away(struct client *client)
{
	client->leaving = true;
	shutdown(client->fd, SHUT_RDWR);
}

/* Who has the most pays for the newest, with the one that has been there for the longest. */
static struct client *who_goes(struct http_server *s, const struct client *newest)
{
	struct client *goes = NULL;
	int i, n, most = 0;

	for (i = 0; i < MOST_CONNECTIONS; i++) {
		struct client *client = &s->clients[i];

		if (!is_there(client) || client == newest)
			continue;
		n = neighbours(s, client);
		if (n > most || (n == most && client->since_ms < goes->since_ms)) {
			most = n;
			goes = client;
		}
	}
	return goes;
}

static void make_way(struct http_server *s, const struct client *newest)
{
	struct client *goes;
	int i, n = 0;

	for (i = 0; i < MOST_CONNECTIONS; i++)
		n += is_there(&s->clients[i]);
	goes = n > s->most ? who_goes(s, newest) : NULL;
	if (goes)
		send_away(goes);
}

static struct client *client_begins(struct http_server *s, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;
	int i;

	for (i = 0; i < MOST_CONNECTIONS && s->clients[i].fd >= 0; i++)
		;
	info = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (i == MOST_CONNECTIONS || !info)
		return NULL;
	s->clients[i].fd = info->connect_fd;
	s->clients[i].leaving = false;
	s->clients[i].since_ms = now_ms();
	info = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	name_client(&s->clients[i], info ? info->client_addr : NULL);
	return &s->clients[i];
}

static void client_changed(void *cls, struct MHD_Connection *connection, void **context,
			   enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = cls;
	struct client *client = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		client = client_begins(s, connection);
		*context = client;
		if (client)
			make_way(s, client);
	} else if (client) {
		client->fd = -1;
	}
}

/* Answered, or given up. */
static void request_ended(void *cls, struct MHD_Connection *connection, void **state,
			  enum MHD_RequestTerminationCode code)
{
	const union MHD_ConnectionInfo *info =
		mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *client = info ? info->socket_context : NULL;

	(void)cls;
	(void)state;
	(void)code;
	if (client)
		client->since_ms = now_ms();
}

static void send_late_ones_away(struct http_server *s)
{
	uint64_t now = now_ms();
	int i;

	for (i = 0; i < MOST_CONNECTIONS; i++)
		if (is_there(&s->clients[i]) && now - s->clients[i].since_ms >= s->request_ms)
			send_away(&s->clients[i]);
}

/* ---- pages ---- */

static int reply(struct MHD_Connection *connection, unsigned int status, const char *type,
		 const char *body, size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response =
		mhd.create_response_from_buffer(len, (void *)(uintptr_t)body, mode);
	int queued;

	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free((void *)(uintptr_t)body);
		return MHD_NO;
	}
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	mhd.add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	queued = (int)mhd.queue_response(connection, status, response);
	mhd.destroy_response(response);
	return queued;
}

static int refuse(struct MHD_Connection *connection, unsigned int status, const char *why)
{
	return reply(connection, status, "text/plain; charset=utf-8", why, strlen(why),
		     MHD_RESPMEM_PERSISTENT);
}

static int answer(struct http_server *s, struct MHD_Connection *connection,
		  const struct http_page *page)
{
	const char *accept =
		mhd.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	struct http_answer a = { .status = MHD_HTTP_OK };

	if (page->answer(s->ctx, accept ? accept : "", &a) || !a.body)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	return reply(connection, a.status, a.content_type, a.body, a.len, MHD_RESPMEM_MUST_FREE);
}

/* Called with the header of a request, then with its body, which is of no interest. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_len, void **state)
{
	struct http_server *s = cls;
	const struct http_page *page;

	(void)version;
	(void)upload;
	if (!*state) {
		*state = s; /* answered when all of the request is there */
		if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
			return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				      "only GET and HEAD\n");
		return MHD_YES;
	}
	if (*upload_len) {
		*upload_len = 0;
		return MHD_YES;
	}
	for (page = s->pages; page->path; page++)
		if (!strcmp(url, page->path))
			return answer(s, connection, page);
	return refuse(connection, MHD_HTTP_NOT_FOUND,
		      "no such page: / lists those that there are\n");
}

static int listening_socket(const char *address, uint16_t port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const struct sockaddr *where = (const struct sockaddr *)&in4;
	socklen_t len = sizeof(in4);
	int fd, on = 1, err;

	if (inet_pton(AF_INET, address, &in4.sin_addr) != 1) {
		if (inet_pton(AF_INET6, address, &in6.sin6_addr) != 1) {
			errno = EINVAL;
			return -1;
		}
		where = (const struct sockaddr *)&in6;
		len = sizeof(in6);
	}
	fd = socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) && !bind(fd, where, len) &&
	    !listen(fd, CONNECTIONS))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* ---- life ---- */

static void say_nothing(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
}

struct http_server *http_new(int fd, const char *address, uint16_t port,
			     const struct http_page *pages, void *ctx)
{
	struct http_server *s = calloc(1, sizeof(*s));
	const union MHD_DaemonInfo *info;
	int i;

	if (!mhd.run && lazy_open(SONAME_MICROHTTPD, functions)) {
		errno = ELIBACC;
		goto cleanup;
	}
	if (fd < 0)
		fd = listening_socket(address, port);
	if (!s || fd < 0)
		goto cleanup;
	s->pages = pages;
	s->ctx = ctx;
	for (i = 0; i < MOST_CONNECTIONS; i++)
		s->clients[i].fd = -1;
	http_set_limits(s, CONNECTIONS, REQUEST_MS);
	s->daemon = mhd.start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, s,
				     MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     (unsigned int)MOST_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
				     (unsigned int)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				     (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
				     client_changed, s, MHD_OPTION_NOTIFY_COMPLETED, request_ended,
				     s, MHD_OPTION_END);
	info = s->daemon ? mhd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (info) {
		s->fd = info->epoll_fd;
		return s;
	}
	errno = errno ?: ENOMEM;
cleanup:
	if (fd >= 0)
		close(fd);
	free(s);
	return NULL;
}

int http_fd(const struct http_server *s)
{
	return s->fd;
}

void http_set_limits(struct http_server *s, int clients, unsigned int request_ms)
{
	s->most = clients < CONNECTIONS ? clients : CONNECTIONS;
	s->request_ms = request_ms;
}

/* Until the first of them is late; -1 where there is none. */
static int64_t first_is_late_ms(const struct http_server *s)
{
	uint64_t now = now_ms(), late;
	int64_t ms = -1;
	int i;

	for (i = 0; i < MOST_CONNECTIONS; i++) {
		if (!is_there(&s->clients[i]))
			continue;
		late = s->clients[i].since_ms + s->request_ms;
		if (late <= now)
			return 0;
		if (ms < 0 || (int64_t)(late - now) < ms)
			ms = (int64_t)(late - now);
	}
	return ms;
}

int http_timeout_ms(const struct http_server *s)
{
	int64_t ms = first_is_late_ms(s);
	MHD_UNSIGNED_LONG_LONG theirs;

	if (mhd.get_timeout(s->daemon, &theirs) == MHD_YES && (ms < 0 || (int64_t)theirs < ms))
		ms = (int64_t)theirs;
	return ms > 60000 ? 60000 : (int)ms;
}

void http_turn(struct http_server *s)
{
	send_late_ones_away(s);
	mhd.run(s->daemon);
}

void http_free(struct http_server *s)
{
	if (!s)
		return;
	mhd.stop_daemon(s->daemon);
	free(s);
}

/* ---- Accept ---- */

/* Of one entry of the list: 1 where it has none. */
static double weight_in(const char *entry, const char *end)
{
	const char *p;

	for (p = entry; p + 3 < end; p++)
		if ((*p == ';' || *p == ' ') && !strncasecmp(p + 1, "q=", 2))
			return strtod(p + 3, NULL);
	return 1;
}

/* The weight that RFC 9110 gives it: 0 where it is not named; wildcards do not count. */
static double weight_of(const char *accept, const char *form)
{
	size_t len = strlen(form);

	while (*accept) {
		const char *end = accept + strcspn(accept, ",");

		accept += strspn(accept, " \t");
		if (!strncasecmp(accept, form, len) && !strchr("-+./", accept[len] ?: ';'))
			return weight_in(accept, end);
		accept = end + (*end == ',');
	}
	return 0;
}

int http_prefers(const char *accept, const char *form, const char *other)
{
	double weight = weight_of(accept, form);

	return weight > 0 && weight >= weight_of(accept, other);
}
