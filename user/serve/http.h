/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small HTTP server for scrapes: GET and HEAD of a fixed table of pages, no threads. What it
 * is connected to is bounded in number and time, so that a slow client keeps nobody waiting:
 * where there are too many, who has the most connections loses its oldest.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdint.h>
#include <stddef.h>

struct http_answer {
	unsigned int status; /* 200 where it is not set */
	const char *content_type;
	char *body; /* freed by the server */
	size_t len;
};

struct http_page {
	const char *path;
	/* accept: what the client asks for, never NULL. Returns 0 or -ENOMEM. */
	int (*answer)(void *ctx, const char *accept, struct http_answer *answer);
};

struct http_server;

/*
 * Listens on fd, which it takes over, or where that is -1 on address and port. pages ends with
 * a path of NULL. Returns NULL with errno set.
 */
struct http_server *http_new(int fd, const char *address, uint16_t port,
			     const struct http_page *pages, void *ctx);
/* Other ones than are its own, for tests. Clients: not more than it has. */
void http_set_limits(struct http_server *server, int clients, unsigned int request_ms);
/* Readable when there is something to do. */
int http_fd(const struct http_server *server);
/* Until when http_turn() wants to be called; -1: until http_fd() is readable. */
int http_timeout_ms(const struct http_server *server);
void http_turn(struct http_server *server);
void http_free(struct http_server *server);

/* Is this form of the content wanted, and not with a lower weight than that one? */
int http_prefers(const char *accept, const char *form, const char *other);

#endif
