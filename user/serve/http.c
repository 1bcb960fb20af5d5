/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "serve/http.h"
#include "util/lazy.h"

/* A scraper needs one or two; a request is a few hundred bytes. */
#define CONNECTIONS 32
#define CONNECTIONS_PER_ADDRESS 16
#define IDLE_SECONDS 10
#define CONNECTION_BYTES (16 * 1024)

#define FUNCTIONS(X)                                                                               \
	X(add_response_header)                                                                     \
	X(create_response_from_buffer)                                                             \
	X(destroy_response)                                                                        \
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
};

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
	s->daemon = mhd.start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, s,
				     MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     (unsigned int)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
				     (unsigned int)CONNECTIONS_PER_ADDRESS,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
				     MHD_OPTION_END);
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

int http_timeout_ms(const struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (mhd.get_timeout(s->daemon, &ms) != MHD_YES)
		return -1;
	return ms > 60000 ? 60000 : (int)ms;
}

void http_turn(struct http_server *s)
{
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
