/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * long_trace LINES TRACE [NAME] > LONGER: what was recorded happens again and again,
 * each time to another VMM, until the trace has as many lines; with NAME its VMs are
 * NAME-0, NAME-1 and so on. Written by the sink that `record` writes with, so it is
 * what such a recording would have been.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline.h"
#include "recorded.h"

/* Between two times; and pids wrap as the kernel's do. */
#define PAUSE_NS 1000000ULL
#define PID_STEP 16
#define PID_MAX (1 << 22)

struct longer {
	const struct recorded *recorded;
	const char *name; /* of VMs */
	struct pipeline pipeline;
	uint64_t rounds;
	uint64_t events; /* of one round */
	uint64_t vms;
	uint64_t seq;
	uint64_t round;
};

static uint64_t shifted_ns(const struct longer *l, uint64_t t_ns)
{
	return t_ns + l->round * (l->recorded->end_ns + PAUSE_NS);
}

static uint32_t shifted_pid(const struct longer *l, uint32_t pid)
{
	return (uint32_t)((pid + l->round * PID_STEP) % PID_MAX) ?: 1;
}

static int pass_event(struct longer *l, const struct event *recorded)
{
	struct event ev = *recorded;
	const struct trace_item item = { .type = ITEM_EVENT, .event = &ev };

	ev.seq = ++l->seq;
	ev.t_ns = shifted_ns(l, ev.t_ns);
	ev.vm += ev.vm ? (uint32_t)(l->round * l->vms) : 0;
	ev.pid = shifted_pid(l, ev.pid);
	ev.tid = shifted_pid(l, ev.tid);
	if (ev.window)
		ev.window = shifted_ns(l, ev.window);
	return pipeline_item(&l->pipeline, &item);
}

static int pass_vm(struct longer *l, const struct vm_fact *recorded)
{
	struct trace_item item = { .type = ITEM_VM, .vm = *recorded };
	char name[64];

	snprintf(name, sizeof(name), "%s-%" PRIu64, l->name, l->round);
	if (*l->name)
		item.vm.name = name;
	item.vm.vm += (uint32_t)(l->round * l->vms);
	item.vm.pid = shifted_pid(l, item.vm.pid);
	return pipeline_item(&l->pipeline, &item);
}

static int pass_footer(struct longer *l, const struct trace_footer *recorded)
{
	struct trace_footer footer = *recorded;
	const struct trace_item item = { .type = ITEM_FOOTER, .footer = &footer };
	int point;

	footer.t_ns = shifted_ns(l, footer.t_ns);
	footer.events = l->seq;
	for (point = 0; point < PT_COUNT; point++) {
		footer.count[point].hits *= l->rounds;
		footer.count[point].written *= l->rounds;
	}
	return pipeline_item(&l->pipeline, &item);
}

static int pass_round(struct longer *l)
{
	const struct trace_item *item = l->recorded->items;
	int err = 0, i;

	for (i = 0; !err && i < l->recorded->nr; i++, item++) {
		if (item->type == ITEM_EVENT)
			err = pass_event(l, item->event);
		else if (item->type == ITEM_VM)
			err = pass_vm(l, &item->vm);
	}
	return err;
}

static int pass_all(struct longer *l)
{
	const struct trace_item header = { .type = ITEM_HEADER, .header = &l->recorded->header };
	const struct trace_item *last = &l->recorded->items[l->recorded->nr - 1];
	int err = pipeline_item(&l->pipeline, &header);

	for (l->round = 0; !err && l->round < l->rounds; l->round++)
		err = pass_round(l);
	l->round--;
	return err ?: pass_footer(l, last->footer);
}

/* How many VMs a round has, and how many lines it is long but for header and footer. */
static void measure(struct longer *l, const char *path, uint64_t wanted)
{
	FILE *f = fopen(path, "re");
	uint64_t lines = 0;
	int i, c;

	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	for (i = 0; i < l->recorded->nr; i++)
		l->vms += l->recorded->items[i].type == ITEM_VM;
	l->rounds = lines > 2 ? (wanted + lines - 3) / (lines - 2) : 0;
}

int main(int argc, char **argv)
{
	struct model_options model = { .fail_on = SEVERITY_ERROR };
	struct recorded recorded;
	struct longer l = { .recorded = &recorded, .name = argc == 4 ? argv[3] : "" };
	long lines = argc == 3 || argc == 4 ? strtol(argv[1], NULL, 10) : 0;
	int err;

	if (lines <= 0) {
		fprintf(stderr, "usage: long_trace LINES TRACE [NAME] > LONGER\n");
		return 64;
	}
	if (recorded_load(&recorded, argv[2]) || !recorded.nr ||
	    recorded.items[recorded.nr - 1].type != ITEM_FOOTER) {
		fprintf(stderr, "long_trace: %s is no whole trace\n", argv[2]);
		return 1;
	}
	measure(&l, argv[2], (uint64_t)lines);
	err = pipeline_init(&l.pipeline, &model)
		      ?: pipeline_add(&l.pipeline, trace_sink_new(STDOUT_FILENO, "the trace"));
	err = err ?: pass_all(&l);
	pipeline_finish(&l.pipeline);
	pipeline_free(&l.pipeline);
	recorded_release(&recorded);
	return err ? 1 : 0;
}
