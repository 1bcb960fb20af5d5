/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the daemon has of systemd: readiness and the watchdog, sockets, the journal. A build
 * without libsystemd has none of it, and all of these do nothing.
 */
#ifndef SYSTEMD_H
#define SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

bool systemd_built_in(void);

/* sd_notify(3): "READY=1\nSTATUS=..." */
void systemd_notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* How often the watchdog wants to hear of us, in ms; 0: there is none. */
uint64_t systemd_watchdog_ms(void);

/* The listening stream socket that systemd gave us; -1: none, -errno: it is not one. */
int systemd_socket(void);

/* sd_journal_sendv(3): 0 where there is no journal. */
int systemd_journal_send(const struct iovec *fields, int nr);

#endif
