/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What watch and record share: arm, pass events through the pipeline, end. */
#ifndef LIVE_H
#define LIVE_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "pipeline.h"
#include "probes/attach.h"

struct live;
struct pollfd;

/* Whoever lives in the same loop, as the daemon's endpoint does. Each may be NULL but ctx. */
struct live_tenant {
	void *ctx;
	/* Fills in at most room of fds, for which the loop wakes up; returns how many. */
	int (*fds)(void *ctx, struct pollfd *fds, int room);
	/* The loop wakes up after so many ms at the latest; -1: it need not. */
	int (*timeout_ms)(void *ctx);
	/* After each time it woke up; also while kvm_intel is waited for. */
	void (*turn)(void *ctx, struct live *live);
	/* SIGHUP or SIGUSR2 came. */
	void (*signalled)(void *ctx, struct live *live, int signal);
};

#define LIVE_TENANT_FDS 2

struct live_options {
	struct observer_options observer;
	struct model_options model;
	bool wait; /* for kvm_intel, where it is not loaded */
	bool kprobes; /* no fentry, even where it would do */
	const char *debug_info; /* file with that of kvm_intel, or folder; NULL: looked for */
	struct stack_lines *lines; /* live_open_lines() */
	uint64_t forbidden; /* bits: points to do without */
	bool json;
	bool quiet;
	bool verbose;
	const char *ready_file;
	int ready_fd; /* -1: none */
	char **command; /* NULL: until interrupted */
	bool batch; /* several traces: stay attached between them */
	/* Goes on where kvm_intel cannot be watched (again), and tries each minute. NULL: none */
	const struct live_tenant *tenant;
	/* Called before the first item, when all is attached; -errno ends the run. */
	int (*armed)(void *ctx);
	void *armed_ctx;
	bool *traced; /* NULL, or set as soon as a trace is being taken */
};

/* The options that both commands have; .input is struct live_options. */
extern const struct argp live_argp;
void live_options_init(struct live_options *options);

/* Source lines for the screen; 0 or -ENOMEM. To be freed with stack_lines_free(). */
int live_open_lines(struct live_options *options);

/* Adds the sink for the screen. */
int live_add_screen(struct pipeline *p, const struct live_options *options);

/* Runs until the command exits or the user interrupts. Returns a status. */
int live_run(struct pipeline *p, const struct live_options *options);

/*
 * The same in steps, for several traces. live_arm() gives NULL after having
 * told the user, with *status set; options stays the caller's and in use.
 */
struct live *live_arm(const struct live_options *options, int *status);
int live_trace(struct live *live, struct pipeline *p, char **command);
/* The traces from now on do without these points, besides those of the options. */
void live_forbid(struct live *live, uint64_t points);
/* Adds the point of that name. False: there is no probe of it. */
bool live_parse_point(const char *name, uint64_t *points);
/* Is every probe attached that a verdict needs, and does the kernel run them? */
bool live_armed(const struct live *live);
bool live_seeing(const struct live *live);
/* As of the last arming; no row is attached where live_watching() is false. */
const struct plan *live_plan(const struct live *live);
bool live_watching(const struct live *live);

/* Trace files are cut here. -EAGAIN: not now, try again after the next turn. */
int live_cut(struct live *live, const char *reason);

/* Over all observers so far. */
struct live_counts {
	uint64_t missed; /* probe hits that the kernel skipped */
	uint64_t untracked;
	uint64_t probe_runs;
	uint64_t probe_ns;
};
void live_count(const struct live *live, struct live_counts *counts);

bool live_interrupted(const struct live *live);
void live_disarm(struct live *live);

#endif
