/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* source -> model -> expectation -> sinks. No sink judges, no source judges. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "expect/judge.h"
#include "model/model.h"
#include "sinks/sink.h"

#define PIPELINE_MAX_SINKS 4

struct pipeline {
	struct model *model;
	struct judge *judge; /* NULL: nobody asks for checks */
	const struct judgement *judgement; /* its last word */
	struct trace_header header;
	struct sink *sinks[PIPELINE_MAX_SINKS];
	int nr_sinks;
	bool output_failed;
};

/* Returns 0 or -ENOMEM. */
int pipeline_init(struct pipeline *p, const struct model_options *options);
/* Takes the sink over. A NULL sink (out of memory) gives -ENOMEM. */
int pipeline_add(struct pipeline *p, struct sink *sink);
/* Takes the judge over; it is told all that the model is told and concludes. */
int pipeline_judge(struct pipeline *p, struct judge *judge);
/* What a source calls for each item. Returns 0 or -errno of model or sink. */
int pipeline_item(void *pipeline, const struct trace_item *item);
/* Time goes on, whether or not something has come. */
void pipeline_look(struct pipeline *p, uint64_t now_ns);
/* After the last item: verdict and judgement, told to every sink. */
const struct verdict *pipeline_finish(struct pipeline *p);
/* Instead of it, where the source could not be read to its end. */
void pipeline_abort(struct pipeline *p, const char *why);
void pipeline_free(struct pipeline *p);

/* The exit status that stands for a verdict. */
int verdict_status(const struct verdict *verdict);
int judgement_status(const struct judgement *judgement);

#endif
