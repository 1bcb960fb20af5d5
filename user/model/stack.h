/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel stack of an event that may be evidence. */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>

#include "model/event.h"

struct restore;
struct anomaly;

/* One block of memory, to be freed with free(). */
struct kernel_stack {
	int nr;
	char *entry[EVENT_STACK_DEPTH]; /* "function+0x1f [module]", innermost first */
};

/* NULL: there are none, or there is no memory. */
struct kernel_stack *kernel_stack_new(const char *const *entries, int nr);

/* Of NULL, too, there is a copy. False where there was no memory for it. */
bool kernel_stack_copy(struct kernel_stack **to, const struct kernel_stack *from);

/*
 * What an anomaly has to show: the stack of the event that proves it, or, where that
 * is the end of an access, of its beginning. NULL: none was taken.
 */
const struct kernel_stack *anomaly_stack(const struct restore *restore,
					 const struct anomaly *anomaly);

#endif
