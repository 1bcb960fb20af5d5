/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Starts the commands that are traced: a process that keeps what the tracer
 * gives up when it is armed, so that a command runs with what its user had.
 */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include <sys/types.h>

struct launcher;

/* Forks it, with the signal mask that commands are to have. NULL: errno says why. */
struct launcher *launcher_new(void);
void launcher_free(struct launcher *launcher);

/* Starts a command, which is a child of the caller. Returns its pid, -errno. */
pid_t launcher_start(struct launcher *launcher, char *const argv[]);

#endif
