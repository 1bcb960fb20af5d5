/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that arrives page by page, when it is missed: userfaultfd and a thread that answers.
 * Errors as in vmm.h.
 */
#ifndef POSTCOPY_H
#define POSTCOPY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm.h"

/* Zeroed: idle. */
struct postcopy {
	bool active;
	bool owns_source; /* the pages of the source are this one's to unmap */
	int fault_fd, stop_fd;
	unsigned int delay_ms; /* that a page takes */
	pthread_t thread;
	unsigned int nr_slots;
	struct mem_slot source[VM_MAX_SLOTS], target[VM_MAX_SLOTS];
	uint64_t pages; /* that were waited for; like first_gpa it outlives the stop */
	uint64_t first_gpa; /* of the first of them */
};

/* The target has the same slots as the source and was not touched yet. */
int postcopy_start(struct postcopy *p, const struct vm *target, const struct vm *source,
		   unsigned int delay_ms);
/* The source VM is going: keeps its memory. */
void postcopy_take_source(struct postcopy *p, struct vm *source);
/* Supplies what is still missing. */
void postcopy_fill(struct postcopy *p);
/* Ends the thread; pages that are missing now read as zero. An idle one is fine. */
void postcopy_stop(struct postcopy *p);

#endif /* POSTCOPY_H */
