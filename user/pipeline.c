/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "evmcs_trace/status.h"
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

int pipeline_item(void *pipeline, const struct trace_item *item)
{
	struct pipeline *p = pipeline;
	int err;

	if (item->type == ITEM_HEADER)
		p->header = *item->header;
	/* what is concluded because nothing more comes belongs before the footer */
	if (item->type == ITEM_FOOTER)
		model_stream_ends(p->model);
	err = tell_sinks(p, item);
	if (err && !p->output_failed)
		tell_output_failure(p);
	/* the model goes on even where a sink cannot: the verdict is of use */
	return tell_judge(p, item) ?: model_item(p->model, item) ?: err;
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
