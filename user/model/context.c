/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model/context.h"
#include "model/names.h"

struct context {
	void *tasks; /* tsearch() tree of struct task, by tid */
	struct task *spare; /* one that was released: most tasks come and go with each call */
	size_t nr;
};

/* By what a task begins with: a key need not be a whole one, which is large. */
static int compare_tasks(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	_Static_assert(!offsetof(struct task, tid), "the key comes first");
	return (*x > *y) - (*x < *y);
}

struct context *context_new(void)
{
	return calloc(1, sizeof(struct context));
}

void context_free(struct context *context)
{
	if (!context)
		return;
	tdestroy(context->tasks, free);
	free(context->spare);
	free(context);
}

/* Its frames are not cleared: task_push() does that with the one it needs. */
static struct task *new_task(struct context *context, uint32_t tid)
{
	struct task *task = context->spare ?: malloc(sizeof(*task));

	context->spare = NULL;
	if (!task)
		return NULL;
	task->tid = tid;
	task->depth = 0;
	return task;
}

struct task *context_task(struct context *context, uint32_t tid)
{
	void *node = tfind(&tid, &context->tasks, compare_tasks);
	struct task *task;

	if (node)
		return *(struct task **)node;
	task = new_task(context, tid);
	if (!task)
		return NULL;
	if (!tsearch(task, &context->tasks, compare_tasks)) {
		free(task);
		return NULL;
	}
	context->nr++;
	return task;
}

size_t context_nr_tasks(const struct context *context)
{
	return context->nr;
}

void context_release(struct context *context, struct task *task)
{
	if (task->depth)
		return;
	tdelete(task, &context->tasks, compare_tasks);
	free(context->spare);
	context->spare = task;
	context->nr--;
}

struct visit {
	void (*fn)(struct task *task, void *arg);
	void *arg;
};

static void visit_node(const void *node, VISIT which, void *closure)
{
	const struct visit *visit = closure;

	if (which == postorder || which == leaf)
		visit->fn(*(struct task *const *)node, visit->arg);
}

void context_for_each(struct context *context, void (*fn)(struct task *task, void *arg), void *arg)
{
	struct visit visit = { .fn = fn, .arg = arg };

	twalk_r(context->tasks, visit_node, &visit);
}

struct frame *task_push(struct task *task, const struct event *entry)
{
	struct frame *frame;

	if (task->depth == CONTEXT_DEPTH)
		return NULL;
	frame = &task->frames[task->depth++];
	memset(frame, 0, sizeof(*frame));
	frame->point = entry->point;
	frame->entry = *entry;
	frame->entry.nr_stack = 0;
	return frame;
}

struct frame *task_unwind_to(struct task *task, enum evmcs_point point, int *skipped)
{
	int i;

	*skipped = 0;
	for (i = task->depth - 1; i >= 0; i--) {
		if (task->frames[i].point != point)
			continue;
		*skipped = task->depth - 1 - i;
		task->depth = i + 1;
		return &task->frames[i];
	}
	return NULL;
}

void task_pop(struct task *task)
{
	task->depth--;
}

const struct frame *task_innermost(const struct task *task, enum evmcs_point point)
{
	int i;

	for (i = task->depth - 2; i >= 0; i--)
		if (task->frames[i].point == point)
			return &task->frames[i];
	return NULL;
}

bool task_inside(const struct task *task, enum evmcs_point point)
{
	return task_innermost(task, point);
}

struct frame *task_server(struct task *task)
{
	int i;

	for (i = task->depth - 1; i >= 0; i--)
		if (task->frames[i].point == PT_STATE_PAGES ||
		    task->frames[i].point == PT_NESTED_EXIT)
			return &task->frames[i];
	return NULL;
}

/* Hyper-V MSRs other than the VP assist page's are reported with length 0. */
bool event_is_access(const struct event *entry)
{
	return point_class(entry->point) == CLASS_ACCESS &&
	       (entry->point != PT_HYPERV_MSR || entry->access.len);
}

bool task_inside_access(const struct task *task)
{
	int i;

	for (i = 0; i < task->depth - 1; i++)
		if (event_is_access(&task->frames[i].entry))
			return true;
	return false;
}

bool task_inside_evmptr(const struct task *task)
{
	return task_inside(task, PT_EVMPTR_LOAD) || task_inside(task, PT_EVMPTR_LOAD_DIRECT);
}

enum evmcs_point task_behalf(const struct task *task)
{
	int i;

	for (i = task->depth - 2; i >= 0; i--) {
		switch (task->frames[i].point) {
		case PT_SET_STATE:
		case PT_GET_STATE:
		case PT_STATE_PAGES:
		case PT_NESTED_EXIT:
		case PT_FREE_VCPU:
			return task->frames[i].point;
		default:
			break;
		}
	}
	return PT_COUNT;
}
