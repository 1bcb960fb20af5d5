/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kprobes at the returns of functions that many threads are in at once.
 *
 * A kretprobe remembers the calls under way in a fixed number of instances, and a
 * call beyond them returns unseen. A probe made by perf_event_open(2) has the
 * kernel's default: as many as CPUs; where the kernel preempts twice that, 10 at
 * least (register_kretprobe() in kernel/kprobes.c). vCPUs that sleep in one
 * function, as in the direct map of post-copy memory, are soon more. Only an event
 * of tracefs may say how many it wants ("r1024:").
 */
#ifndef RETURN_PROBES_H
#define RETURN_PROBES_H

#include <stdbool.h>
#include <stdint.h>

/* Calls of one function that are followed at once. */
#define RETURN_PROBES_CALLS 1024

struct return_probes;

/* May this process make such events? Else there are the kernel's defaults. */
bool return_probes_possible(void);

/*
 * NULL: not possible, or no memory. Removes what tracers left that were killed.
 * What is open goes on working when capabilities are given up.
 */
struct return_probes *return_probes_open(void);

/* Closes; what was made and not removed is left to the next return_probes_open(). */
void return_probes_close(struct return_probes *probes);

/*
 * A perf event, for a program of kprobes, at each return of the function at this
 * address: its fd, or -errno. The name, of letters, digits and _, is for removal.
 */
int return_probes_make(struct return_probes *probes, const char *name, uint64_t address);

/* When the event's fd is closed; the kernel keeps an event that is in use. */
void return_probes_remove(struct return_probes *probes, const char *name);

#endif
