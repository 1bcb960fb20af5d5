/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What watch and record share: arm, pass events through the pipeline, end. */
#ifndef LIVE_H
#define LIVE_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "pipeline.h"
#include "probes/attach.h"

struct live_options {
	struct observer_options observer;
	struct model_options model;
	bool wait; /* for kvm_intel, where it is not loaded */
	bool kprobes; /* no fentry, even where it would do */
	const char *debug_info; /* file with that of kvm_intel; NULL: looked for */
	uint64_t forbidden; /* bits: points to do without */
	bool json;
	bool quiet;
	bool verbose;
	const char *ready_file;
	int ready_fd; /* -1: none */
	char **command; /* NULL: until interrupted */
	bool batch; /* several traces: stay attached between them */
	/* Called before the first item, when all is attached; -errno ends the run. */
	int (*armed)(void *ctx);
	void *armed_ctx;
};

/* The options that both commands have; .input is struct live_options. */
extern const struct argp live_argp;
void live_options_init(struct live_options *options);

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
bool live_interrupted(const struct live *live);
void live_disarm(struct live *live);

#endif
