/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The anomaly classes: one row each, with a function that reads like its
 * definition. A class is asked at the moments that its row names.
 */
#ifndef ANOMALIES_H
#define ANOMALIES_H

#include "model/context.h"
#include "model/restore.h"

/* When a class is asked. */
enum moment {
	AT_ACCESS = 1 << 0, /* an accessor returned, or was blocked at the end */
	AT_EVMPTR = 1 << 1, /* the outermost evmptr-load returned */
	AT_PAGES = 1 << 2, /* the state-pages handler returned */
	AT_SET = 1 << 3, /* KVM_SET_NESTED_STATE returned */
	AT_RAN = 1 << 4, /* the vCPU has run */
	AT_EXIT = 1 << 5, /* a nested exit was made */
	AT_GET = 1 << 6, /* KVM_GET_NESTED_STATE returned */
	AT_SHADOW_COPY = 1 << 7, /* vmcs12 is about to be read from the shadow VMCS */
	AT_MEMSLOT = 1 << 8, /* a change of a memslot took effect */
	AT_AFTER_FAILURE = 1 << 9, /* seen again after a KVM_RUN whose pages failed */
	AT_FREED = 1 << 10, /* the vCPU is gone */
	AT_BLOCKED = 1 << 11, /* the trace ended inside SET, in an access */
	AT_FIRST_ENTRY = 1 << 12, /* L1's first nested entry is over, or was all that was seen */
};

/* What a class may look at: everything is of one moment. */
struct moment_facts {
	const struct restore *restore; /* of the vCPU, the latest SET */
	const struct event *event;
	const struct task *task; /* frame is on top of its stack */
	const struct frame *frame; /* what returned; NULL at AT_RAN, AT_MEMSLOT */
	const struct access *access; /* AT_ACCESS only */
	const struct access *slowest; /* AT_SET, AT_BLOCKED: the one inside that took longest */
	bool after_pending; /* another restore was pending at this SET */
	uint64_t attached; /* bits of enum evmcs_point */
	uint64_t slow_set_ns; /* an access inside SET that takes longer waits */
};

/*
 * What a class breaks: few enough to be the label of a metric, where one value for
 * each class would be too many for a fleet.
 */
#define ANOMALY_RULES(X)                                                                           \
	X(EARLY_ACCESS, "early-access") /* guest memory, or what rests on it, before KVM_RUN */    \
	X(EVMCS_LOST, "evmcs-lost") /* it ran without the VMCS that was restored */                \
	X(WRONG_VMCS, "wrong-vmcs") /* it runs on another one */                                   \
	X(WRONG_STATE, "wrong-state") /* the right one, with another content */                    \
	X(PAGES_FAILED, "pages-failed") /* KVM_RUN could not get its pages */                      \
	X(LEAK, "leak") /* a page is not given back */

enum anomaly_rule {
#define ANOMALY_RULE_ENUM(id, name) RULE_##id,
	ANOMALY_RULES(ANOMALY_RULE_ENUM)
#undef ANOMALY_RULE_ENUM
		RULE_COUNT
};

const char *anomaly_rule_name(enum anomaly_rule rule);

struct anomaly_class {
	const char *id; /* in the catalogue: "A1" */
	const char *name; /* "direct-map-in-set" */
	enum anomaly_rule rule;
	enum severity severity;
	unsigned int when; /* enum moment bits */
	bool (*seen)(const struct moment_facts *f);
	/* less than the row's severity in some cases; NULL: always the row's */
	enum severity (*graded)(const struct moment_facts *f);
	/* what it was about, where no access itself is the moment; NULL: nothing */
	const struct access *(*about)(const struct moment_facts *f);
	const char *title; /* one sentence */
};

/* AT_ACCESS: by the ioctl itself, as userspace asked; not the restore's doing. */
bool access_was_asked_for(const struct moment_facts *f);

extern const struct anomaly_class anomaly_classes[];
extern const int anomaly_nr_classes;

#endif
