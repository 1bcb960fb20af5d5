/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads the BPF programs that the plan chose and attaches them. */
#ifndef ATTACH_H
#define ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "probes/plan.h"

struct observer;

struct observer_options {
	uint32_t pid; /* 0: every VMM */
	int32_t vcpu; /* -1: every vCPU */
	uint32_t ring_bytes; /* 0: the default; else a power of two of pages */
	/* BTF that has the types of kvm_intel, for a kernel that has none of them; or NULL */
	const char *btf_file;
};

/* Takes kprobes for all that is to be by fentry, where this kernel or our rights speak for that. */
void observer_adapt_plan(struct plan *plan, const struct code *code);

/*
 * Attaches all that the adapted plan found; the programs stay quiet until
 * observer_let_go(). Where the kernel refuses fentry on a function a kprobe
 * takes its place; rows that could not be attached have their reason in plan.
 * Returns NULL after having told the user, with *status set.
 */
struct observer *observer_arm(const struct observer_options *options, struct plan *plan,
			      struct code *code, int *status);
void observer_free(struct observer *observer);

/*
 * Detaches these points (bits), as if this kernel did not have their functions,
 * and attaches again what was forbidden before and is not now.
 */
void observer_forbid(struct observer *observer, uint64_t points);

/* From now on the programs report: everything is attached. */
void observer_let_go(struct observer *observer);

/*
 * No new restore is reported until observer_let_go(), from which on the
 * counters count anew. What was in flight goes on being reported.
 */
void observer_hold(struct observer *observer);

/* Detaches; maps, counters and what is in the ring stay. */
void observer_detach(struct observer *observer);

/*
 * Does the kernel still run what is attached? Asked by a call that ends up in
 * get-state with no vCPU; who cannot make it cannot tell, and the answer is no.
 * True where there is nothing to ask: get-state is not attached.
 */
bool observer_is_alive(const struct observer *observer);

int observer_ring_fd(const struct observer *observer);

/*
 * Readable when the kernel has woken us since observer_take_wakeup(), which tells whether
 * it has: for a SET, or since it is time to read. What is in the ring besides may wait,
 */
int observer_wake_fd(const struct observer *observer);
bool observer_take_wakeup(const struct observer *observer);
/* unless this has changed. */
uint64_t observer_urgent(const struct observer *observer);

/* Asks the kernel whether the vCPUs in a window have run, and whether L1's first entry
 * has failed; returns of how many vCPUs more is to come. */
int observer_poll_windows(struct observer *observer);

/* What the programs have cost so far, counted while kernel.bpf_stats_enabled is 1. */
void observer_cost(const struct observer *observer, uint64_t *runs, uint64_t *ns);

/* Counters since observer_let_go(). lost: ring full; tracking: tables full. */
uint64_t observer_lost(const struct observer *observer);
uint64_t observer_tracking_lost(const struct observer *observer);
void observer_counts(const struct observer *observer, struct point_count counts[PT_COUNT]);

#endif
