/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that are chosen to make a terminal, a parser or a browser do something. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "every_sink.h"

extern const char *const hostile[];
extern const int nr_hostile;

/*
 * Everywhere that a guest, a VMM or another host can put one, it is: names of VM and tasks, of
 * host and kernel, of functions, in a trace that passes, fails, saves and loses. All sinks.
 */
void hostile_everywhere(const char *name, struct everywhere *e);

/* As why something is no trace, which has the name of its file in it. All sinks. */
void hostile_unreadable(const char *name, struct everywhere *e);

#endif
