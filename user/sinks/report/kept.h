/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the report keeps of a trace: groups of restores that went alike, each with
 * some restores as a whole, more as a line, and all of them as numbers. So its size
 * does not grow with the trace.
 */
#ifndef KEPT_H
#define KEPT_H

#include <stdint.h>

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
/* Ioctls and what KVM did in them, in the drawing of such a restore. */
#define KEPT_SPANS 64
/* In a small drawing. */
#define KEPT_MARKS 4

/* One event of a restore, as a line of the trace. */
struct kept_event {
	uint64_t line;
	uint64_t seq;
	uint64_t t_ns;
	char *what; /* for people */
	char *json; /* of those that prove something */
	bool proves;
};

/*
 * What the vCPU was in between SET and the first KVM_RUN that ran it: another ioctl, or
 * something that KVM did. It is as long as its events show.
 */
struct kept_span {
	enum evmcs_point point; /* PT_COUNT: an ioctl */
	uint32_t ioctl; /* of an ioctl; 0: the vCPU is freed */
	uint32_t tid;
	uint64_t t_ns;
	uint64_t end_ns;
	bool open; /* its end was not seen yet */
};

/* A copy of its own of all that the model knew of the restore. */
struct kept_detail {
	struct restore restore;
	struct kept_event events[KEPT_EVENTS];
	int nr_events;
	uint64_t events_dropped;
	struct kept_span spans[KEPT_SPANS];
	int nr_spans;
	uint64_t last_seq; /* of the events and what proves the anomalies */
};

struct kept_row {
	uint64_t id;
	uint64_t t_set_ns;
	uint64_t set_ns;
	uint64_t run_ns; /* after SET began; 0: not seen */
	uint64_t map_ns; /* likewise */
	uint64_t marks[KEPT_MARKS]; /* accesses that broke the rule, likewise */
	int nr_marks;
	bool run_exact;
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
	uint64_t classes; /* bits of the index in anomaly_classes */
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
	uint64_t class_counts[64]; /* anomalies, by the index in anomaly_classes */
};

/* Returns 0 or -ENOMEM. */
int kept_restore(struct kept *kept, const struct restore *restore);
/* An event of the restore's own vCPU, in the order of the trace. */
void kept_span_event(struct kept_detail *detail, const struct event *event);
/* What failed first, then what is in doubt, then by how much was found. */
void kept_sort(struct kept *kept);
void kept_free(struct kept *kept);

/* Bits of enum inconclusive_reason: of any restore. */
unsigned int kept_doubts(const struct kept *kept);

int anomaly_index(const struct anomaly_class *cls);
/* SEVERITY_INFO where nothing was found. */
enum severity restore_worst(const struct restore *restore);
bool restore_proved_by(const struct restore *restore, uint64_t seq);

#endif
