/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One VM from its first KVM_RUN over all its restores to its end. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest_host.h"
#include "options.h"
#include "postcopy.h"

/* Nanoseconds. */
struct round_times {
	uint64_t save; /* all KVM_GET ioctls */
	uint64_t set; /* KVM_SET_NESTED_STATE alone, the last one of the round */
	uint64_t restore; /* from the first restore ioctl to the last */
	uint64_t first_run; /* the first KVM_RUN that enters, up to its exit; 0: none */
	uint64_t set_to_run; /* from the last KVM_SET_NESTED_STATE to the end of that; 0: none */
	uint64_t drop; /* closing a VM that is not kept, and its vCPUs; 0: it was kept */
	unsigned int nr_runs; /* of --stop-after */
	struct vcpu_run_result *runs;
};

/* All threads of a scenario meet here between its phases; whoever failed ends it for all. */
struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t all_here;
	unsigned int expected, arrived, generation;
	int error; /* the first one; it stays */
};

/* One vCPU and its thread. */
struct worker {
	struct scenario *scenario;
	unsigned int id; /* of the vCPU */
	pthread_t thread;
	pid_t tid;
	struct vcpu vcpu; /* the one that runs, or ran last */
	struct vcpu fresh; /* the one being restored */
	struct vcpu_state state;
	struct kvm_nested_state *reread; /* of --get-after-set */
	uint64_t l2_ticks, l1_ticks; /* the last ones seen */
	uint64_t set_calls; /* KVM_SET_NESTED_STATE that succeeded */
	uint64_t set_errors; /* those that failed as they had to */
	uint64_t reread_differences; /* bytes of vmcs12, over all rounds */
	size_t reread_first; /* offset of the first of them, in the last round */
	uint64_t loop_ns; /* of a measuring role */
	uint64_t set_start; /* when KVM_SET_NESTED_STATE was called last */
	struct round_times *times; /* by round */
	struct guest_report report; /* the guest's last word */
	bool done; /* the guest said that all was correct */
};

struct scenario {
	const struct options *options;
	struct meeting meeting;
	struct vm vm, fresh_vm; /* as in struct worker */
	struct postcopy postcopy; /* of the VM that was restored last */
	struct worker *workers;
};

/*
 * 0: everything went as the options ask; -errno otherwise, already said on stderr. Free in both
 * cases.
 */
int scenario_run(struct scenario *scenario, const struct options *options);
void scenario_free(struct scenario *scenario);

#endif /* SCENARIO_H */
