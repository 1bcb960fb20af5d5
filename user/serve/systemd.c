/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "serve/systemd.h"

#ifdef HAVE_SYSTEMD

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

bool systemd_built_in(void)
{
	return true;
}

void systemd_notify(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sd_notify(0, text);
}

uint64_t systemd_watchdog_ms(void)
{
	uint64_t usec;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec / 1000 : 0;
}

int systemd_socket(void)
{
	int nr = sd_listen_fds(1);

	if (nr <= 0)
		return nr < 0 ? nr : -1;
	if (nr > 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return -EINVAL;
	return SD_LISTEN_FDS_START;
}

int systemd_journal_send(const struct iovec *fields, int nr)
{
	return sd_journal_sendv(fields, nr);
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
