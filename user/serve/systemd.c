/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "serve/systemd.h"
#include "util/lazy.h"

#ifdef HAVE_SYSTEMD

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

/* Where its source is, which libsystemd would add to what is sent, is of no use to anybody. */
#undef sd_journal_sendv

#define FUNCTIONS(X)                                                                               \
	X(sd_notify)                                                                               \
	X(sd_watchdog_enabled)                                                                     \
	X(sd_listen_fds)                                                                           \
	X(sd_is_socket)                                                                            \
	X(sd_journal_sendv)

#define POINTER(name) __typeof__(name) *name;
#define NAMED(name) { #name, &sd.name },

static struct {
	FUNCTIONS(POINTER)
} sd;

static const struct lazy_function functions[] = { FUNCTIONS(NAMED){ NULL, NULL } };

LAZY_NOTE(SONAME_SYSTEMD, "readiness, watchdog, sockets and journal of serve");

/* Asked for by each; tried and told once. */
static bool is_open(void)
{
	static bool tried;

	if (!tried)
		lazy_open(SONAME_SYSTEMD, functions);
	tried = true;
	return sd.sd_journal_sendv;
}

bool systemd_built_in(void)
{
	return is_open();
}

void systemd_notify(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (is_open())
		sd.sd_notify(0, text);
}

uint64_t systemd_watchdog_ms(void)
{
	uint64_t usec;

	return is_open() && sd.sd_watchdog_enabled(0, &usec) > 0 ? usec / 1000 : 0;
}

int systemd_socket(void)
{
	int nr = is_open() ? sd.sd_listen_fds(1) : 0;

	if (nr <= 0)
		return nr < 0 ? nr : -1;
	if (nr > 1 || sd.sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return -EINVAL;
	return SD_LISTEN_FDS_START;
}

int systemd_journal_send(const struct iovec *fields, int nr)
{
	return is_open() ? sd.sd_journal_sendv(fields, nr) : -ELIBACC;
}

#else

bool systemd_built_in(void)
{
	return false;
}

void systemd_notify(const char *fmt, ...)
{
	(void)fmt;
}

uint64_t systemd_watchdog_ms(void)
{
	return 0;
}

int systemd_socket(void)
{
	return -1;
}

int systemd_journal_send(const struct iovec *fields, int nr)
{
	(void)fields;
	(void)nr;
	return -ENOSYS;
}

#endif
