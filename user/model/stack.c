/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "model/restore.h"
#include "model/stack.h"

struct kernel_stack *kernel_stack_new(const char *const *entries, int nr)
{
	struct kernel_stack *stack;
	size_t len = 0;
	char *room;
	int i;

	for (i = 0; i < nr; i++)
		len += strlen(entries[i]) + 1;
	if (!nr)
		return NULL;
	stack = malloc(sizeof(*stack) + len);
	if (!stack)
		return NULL;
	room = (char *)(stack + 1);
	for (i = 0; i < nr; i++) {
		stack->entry[i] = room;
		room = stpcpy(room, entries[i]) + 1;
	}
	stack->nr = nr;
	return stack;
}

bool kernel_stack_copy(struct kernel_stack **to, const struct kernel_stack *from)
{
	*to = from ? kernel_stack_new((const char *const *)from->entry, from->nr) : NULL;
	return *to || !from;
}

const struct kernel_stack *anomaly_stack(const struct restore *restore,
					 const struct anomaly *anomaly)
{
	if (anomaly->stack || anomaly->access < 0)
		return anomaly->stack;
	return restore->accesses[anomaly->access]->stack;
}
