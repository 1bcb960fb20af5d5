/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What each task is doing: a stack of the probed functions that it is in. It
 * says on whose behalf guest memory was reached.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "model/event.h"
#include "model/restore.h"

#define CONTEXT_DEPTH 24

struct frame {
	enum evmcs_point point;
	struct event entry; /* its stack strings are not valid any more */
	struct access *access; /* class ACCESS: what it became, or NULL */
	uint64_t restore_id; /* that access' owner, */
	int32_t owner; /* of this vCPU */
	bool evmcs_page; /* an inlined nested_get_evmcs_page in it was passed */
};

struct task {
	uint32_t tid;
	int depth;
	struct frame frames[CONTEXT_DEPTH];
};

struct context;

struct context *context_new(void);
void context_free(struct context *context);

/* The task, made where it is not known yet; NULL on -ENOMEM. */
struct task *context_task(struct context *context, uint32_t tid);

/* Of those that are in something. */
size_t context_nr_tasks(const struct context *context);

/* Forgets the task if it is in nothing. */
void context_release(struct context *context, struct task *task);

void context_for_each(struct context *context, void (*fn)(struct task *task, void *arg), void *arg);

/* Pushes a frame; NULL where the stack is deeper than any kernel's. */
struct frame *task_push(struct task *task, const struct event *entry);

/*
 * The frame that this exit ends, or NULL. *skipped says how many frames above
 * it never had an exit. The frame stays on top until task_pop().
 */
struct frame *task_unwind_to(struct task *task, enum evmcs_point point, int *skipped);
void task_pop(struct task *task);

/* Is a frame of the point on the stack below the top frame? */
bool task_inside(const struct task *task, enum evmcs_point point);

/* The innermost frame that nested_get_evmcs_page is called from, or NULL. */
struct frame *task_server(struct task *task);

/* Does this entry of an accessor stand for a possible access? */
bool event_is_access(const struct event *entry);

/* Is any accessor on the stack below the top frame? */
bool task_inside_access(const struct task *task);

/* Is an evmptr-load of either kind on the stack below the top frame? */
bool task_inside_evmptr(const struct task *task);

/* The innermost frame of the point below the top frame, or NULL. */
const struct frame *task_innermost(const struct task *task, enum evmcs_point point);

/*
 * On whose behalf: the innermost of set-state, state-pages, nested-exit,
 * get-state and free-vcpu below the top frame; PT_COUNT where there is none.
 */
enum evmcs_point task_behalf(const struct task *task);

#endif
