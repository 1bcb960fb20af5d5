/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the report keeps of a trace: groups of restores that went alike, each with
 * some restores as a whole, more as a line, and all of them as numbers. So its size
 * does not grow with the trace.
 */
#ifndef KEPT_H
#define KEPT_H

#include <stdint.h>

#include "model/event.h"
#include "model/restore.h"

/* Of one group: shown as a whole, and as a line with a small drawing. */
#define KEPT_DETAILS_FAIL 8
#define KEPT_DETAILS_OTHER 3
#define KEPT_ROWS 1000
/* Of all groups together. */
#define KEPT_MAX_DETAILS 120
#define KEPT_MAX_ROWS 6000
/* Events of a restore that is shown as a whole. */
#define KEPT_EVENTS 100
/* In a small drawing. */
#define KEPT_MARKS 4
/* In a large one: what else KVM did for the vCPU. */
#define KEPT_DOINGS 24

/* One event of a restore, as a line of the trace. */
struct kept_event {
	uint64_t line;
	uint64_t seq;
	uint64_t t_ns;
	char *what; /* for people */
	char *json; /* of those that prove something */
	bool proves;
};

/* An ioctl but SET and KVM_RUN, from its first event to its last, or a function of KVM. */
struct kept_doing {
	uint64_t from_ns;
	uint64_t to_ns;
	uint32_t ioctl; /* 0: point */
	enum evmcs_point point;
	bool open; /* its exit has not come */
	bool failed; /* a KVM_RUN: it could not get the pages, and did not enter the guest */
};

/* A copy of its own of all that the model knew of the restore. */
struct kept_detail {
	struct restore restore;
	struct kept_event events[KEPT_EVENTS];
	int nr_events;
	uint64_t events_dropped;
	struct kept_doing doings[KEPT_DOINGS];
	int nr_doings;
	uint64_t ran_ns; /* the vCPU is seen to have run; 0: it is not */
	uint64_t last_seq; /* of the events and what proves the anomalies */
};

struct kept_row {
	uint64_t id;
	uint64_t t_set_ns;
	uint64_t set_ns;
	uint64_t run_ns; /* after SET began; 0: not seen */
	uint64_t superseded_ns; /* likewise */
	uint64_t map_ns; /* likewise */
	uint64_t marks[KEPT_MARKS]; /* accesses that broke the rule, likewise */
	int nr_marks;
	bool run_exact;
	bool run_failed; /* the KVM_RUN of run_ns */
	int32_t vcpu;
	uint32_t vm;
	uint32_t pid;
	char name[40];
};

struct kept_numbers {
	uint64_t nr;
	uint64_t min;
	uint64_t max;
	double sum;
};

/* Restores with the same verdict, anomalies, path and mode. */
struct kept_group {
	enum verdict_kind verdict;
	enum restore_path path;
	bool l2;
	bool reset;
	unsigned int why; /* bits of enum inconclusive_reason */
	uint64_t classes[SEVERITY_COUNT]; /* bits of the index in anomaly_classes */
	enum severity worst; /* of them; where there is none, of no meaning */

	uint64_t restores;
	struct kept_numbers set;
	struct kept_numbers run;
	struct kept_numbers map;
	struct kept_detail *details[KEPT_DETAILS_FAIL];
	int nr_details;
	struct kept_row *rows;
	int nr_rows;
};

struct kept {
	struct kept_group *groups;
	int nr_groups;
	int nr_details;
	int nr_rows;
	/* anomalies, by severity and by the index in anomaly_classes */
	uint64_t class_counts[SEVERITY_COUNT][64];
};

/* Returns 0 or -ENOMEM. */
int kept_restore(struct kept *kept, const struct restore *restore);
/* What failed first, then what is in doubt, then by how much was found. */
void kept_sort(struct kept *kept);
void kept_free(struct kept *kept);
/* Any anomaly of the class. */
bool kept_found(const struct kept *kept, int cls);
/* Why restores are in doubt: bits of enum inconclusive_reason. */
unsigned int kept_doubts(const struct kept *kept);

int anomaly_index(const struct anomaly_class *cls);
bool restore_proved_by(const struct restore *restore, uint64_t seq);

#endif
