/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this host, or a module file, allows: one table of facts, each a function
 * that answers. Nothing is attached by asking.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/code.h"
#include "probes/plan.h"

/* What is asked about, and what the answers need. */
struct host {
	const char *kvm_intel; /* a file; NULL: the running kernel */
	const char *kvm;
	const char *btf_file; /* types of kvm_intel, given by the user; or NULL */
	struct code *code; /* NULL: no memory */
	const struct plan *plan;
	const char *note; /* what was told when the files were read; "" */
};

enum host_state {
	HOST_OK,
	HOST_NOT_ASKED, /* makes no sense here: another fact says why */
	HOST_COST, /* tracing works and says less */
	HOST_BAD, /* no full verdict: status */
	HOST_STATE_COUNT,
};

struct host_answer {
	enum host_state state;
	int status; /* HOST_BAD: what watch ends with because of it */
	char value[192];
	char cost[256]; /* what it costs; "" where it is fine */
	char remedy[160]; /* a command, or what else to do */
};

enum host_scope {
	HOST_RUNNING = 1, /* asked of the running kernel */
	HOST_FILE = 2, /* asked of a module file */
	HOST_DETAIL = 4, /* on the screen only where it is not fine */
};

struct host_fact {
	const char *name; /* kebab-case, in the JSON too */
	unsigned int scope;
	void (*ask)(const struct host *host, struct host_answer *answer);
};

extern const struct host_fact host_facts[];
extern const int host_nr_facts;

#define HOST_MAX_FACTS 32

const char *host_state_name(enum host_state state);

#endif
