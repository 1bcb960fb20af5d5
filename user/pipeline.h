/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* source -> model -> sinks. No sink judges, no source judges. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "model/model.h"
#include "sinks/sink.h"

#define PIPELINE_MAX_SINKS 4

struct pipeline {
	struct model *model;
	struct trace_header header;
	struct sink *sinks[PIPELINE_MAX_SINKS];
	int nr_sinks;
	bool output_failed;
};

/* Returns 0 or -ENOMEM. */
int pipeline_init(struct pipeline *p, const struct model_options *options);
/* Takes the sink over. A NULL sink (out of memory) gives -ENOMEM. */
int pipeline_add(struct pipeline *p, struct sink *sink);
/* What a source calls for each item. Returns 0 or -errno of model or sink. */
int pipeline_item(void *pipeline, const struct trace_item *item);
/* After the last item: the verdict, told to every sink. */
const struct verdict *pipeline_finish(struct pipeline *p);
void pipeline_free(struct pipeline *p);

/* The exit status that stands for a verdict. */
int verdict_status(const struct verdict *verdict);

#endif
