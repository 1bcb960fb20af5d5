/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "evmcs_trace/status.h"
#include "model/run.h"
#include "pipeline.h"

static void tell_anomaly(void *ctx, const struct restore *restore, const struct anomaly *anomaly)
{
	struct pipeline *p = ctx;
	int i;

	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->anomaly)
			p->sinks[i]->ops->anomaly(p->sinks[i], restore, anomaly, &p->header);
}

static void tell_restore(void *ctx, const struct restore *restore)
{
	struct pipeline *p = ctx;
	int i;

	if (p->judge)
		judge_restore(p->judge, restore);
	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->restore)
			p->sinks[i]->ops->restore(p->sinks[i], restore, &p->header);
}

static void tell_save(void *ctx, const struct save *save)
{
	struct pipeline *p = ctx;
	int i;

	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->save)
			p->sinks[i]->ops->save(p->sinks[i], save, &p->header);
}

static void tell_off(void *ctx, const struct save *save)
{
	struct pipeline *p = ctx;
	int i;

	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->off)
			p->sinks[i]->ops->off(p->sinks[i], save, &p->header);
}

int pipeline_init(struct pipeline *p, const struct model_options *options)
{
	struct model_hooks hooks = {
		.ctx = p,
		.anomaly = tell_anomaly,
		.restore = tell_restore,
		.save = tell_save,
		.off = tell_off,
	};

	memset(p, 0, sizeof(*p));
	p->model = model_new(options, &hooks);
	return p->model ? 0 : -ENOMEM;
}

int pipeline_add(struct pipeline *p, struct sink *sink)
{
	if (!sink)
		return -ENOMEM;
	p->sinks[p->nr_sinks++] = sink;
	return 0;
}

int pipeline_judge(struct pipeline *p, struct judge *judge)
{
	p->judge = judge;
	return judge ? 0 : -ENOMEM;
}

/* Nobody can check a trace that is not there: the run cannot pass. */
static void tell_output_failure(struct pipeline *p)
{
	struct trace_item loss = { .type = ITEM_LOSS, .loss.stage = LOSS_OUTPUT };

	p->output_failed = true;
	model_item(p->model, &loss);
}

static int tell_judge(struct pipeline *p, const struct trace_item *item)
{
	return p->judge ? judge_item(p->judge, item) : 0;
}

static int tell_sinks(struct pipeline *p, const struct trace_item *item)
{
	int i, err = 0;

	for (i = 0; i < p->nr_sinks; i++) {
		int e = p->sinks[i]->ops->item
				? p->sinks[i]->ops->item(p->sinks[i], item, &p->header)
				: 0;

		err = err ?: e;
	}
	return err;
}

static void watch(struct trace_header *h, const struct trace_header *watched)
{
	memcpy(h->srcversion, watched->srcversion, sizeof(h->srcversion));
	memcpy(h->build_id, watched->build_id, sizeof(h->build_id));
	memcpy(h->probes, watched->probes, sizeof(h->probes));
	h->nr_probes = watched->nr_probes;
}

/* The header of the file that begins at the cut; its clock has six digits in it. */
static struct trace_header header_after(const struct pipeline *p, const struct trace_cut *cut)
{
	struct trace_header next = p->header;
	uint64_t wall_ns = (cut->wall_ns + cut->t_ns) / 1000 * 1000;

	if (cut->watched)
		watch(&next, cut->watched);
	next.wall_ns = wall_ns - cut->t_ns;
	next.t_base_ns = cut->t_ns;
	next.continues = (struct trace_continues){
		.segment = (p->header.continues.segment ?: 1) + 1,
		.seq = cut->next_seq,
		.restore = model_next_restore(p->model),
		.save = model_next_save(p->model),
	};
	return next;
}

/* The old header is that of the footer, the new one of all that comes. */
static int tell_cut(struct pipeline *p, const struct trace_cut *cut)
{
	struct trace_header next = header_after(p, cut);
	int i, err = 0;

	for (i = 0; i < p->nr_sinks; i++) {
		int e = p->sinks[i]->ops->cut ? p->sinks[i]->ops->cut(p->sinks[i], &cut->footer,
								      &p->header, &next)
					      : 0;

		err = err ?: e;
	}
	p->header = next;
	return err;
}

/* A run has its name before anybody hears of it. */
static int begin(struct pipeline *p, const struct trace_header *header)
{
	const struct trace_item named = { .type = ITEM_HEADER, .header = &p->header };

	p->header = *header;
	header_name_run(&p->header);
	return tell_sinks(p, &named);
}

/* What is loaded when it goes on may be of another build, and its functions elsewhere. */
static void forget_modules(struct pipeline *p)
{
	p->header.build_id[OBJECT_KVM][0] = '\0';
	p->header.build_id[OBJECT_KVM_INTEL][0] = '\0';
}

int pipeline_item(void *pipeline, const struct trace_item *item)
{
	struct pipeline *p = pipeline;
	int err;

	/* what is concluded because nothing more comes belongs before the footer */
	if (item->type == ITEM_FOOTER)
		model_stream_ends(p->model, item->footer->continued);
	if (item->type == ITEM_HEADER)
		err = begin(p, item->header);
	else if (item->type == ITEM_CUT)
		err = tell_cut(p, item->cut);
	else
		err = tell_sinks(p, item);
	if (err && !p->output_failed)
		tell_output_failure(p);
	if (item->type == ITEM_LOSS && item->loss.stage == LOSS_DETACHED)
		forget_modules(p);
	/* the model goes on even where a sink cannot: the verdict is of use */
	return tell_judge(p, item) ?: model_item(p->model, item) ?: err;
}

void pipeline_look(struct pipeline *p, uint64_t now_ns)
{
	int i;

	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->look)
			p->sinks[i]->ops->look(p->sinks[i], now_ns);
}

const struct verdict *pipeline_finish(struct pipeline *p)
{
	const struct verdict *verdict = model_finish(p->model);
	int i;

	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->verdict)
			p->sinks[i]->ops->verdict(p->sinks[i], verdict, &p->header);
	if (!p->judge)
		return verdict;
	p->judgement = judge_finish(p->judge, verdict);
	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->judgement)
			p->sinks[i]->ops->judgement(p->sinks[i], p->judgement, &p->header);
	return verdict;
}

void pipeline_abort(struct pipeline *p, const char *why)
{
	int i;

	for (i = 0; i < p->nr_sinks; i++)
		if (p->sinks[i]->ops->unreadable)
			p->sinks[i]->ops->unreadable(p->sinks[i], why);
}

void pipeline_free(struct pipeline *p)
{
	int i;

	for (i = 0; i < p->nr_sinks; i++)
		p->sinks[i]->ops->free(p->sinks[i]);
	p->nr_sinks = 0;
	model_free(p->model);
	p->model = NULL;
	judge_free(p->judge);
	p->judge = NULL;
}

static int kind_status(enum verdict_kind kind)
{
	switch (kind) {
	case VERDICT_PASS:
		return STATUS_PASS;
	case VERDICT_FAIL:
		return STATUS_FAIL;
	default:
		return STATUS_INCONCLUSIVE;
	}
}

int verdict_status(const struct verdict *verdict)
{
	return kind_status(verdict->kind);
}

int judgement_status(const struct judgement *judgement)
{
	return kind_status(judgement->result);
}
