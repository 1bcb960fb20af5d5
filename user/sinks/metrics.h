/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the model concluded, as numbers for Prometheus. Every series is there from the start and
 * no label holds what a guest or a VMM chooses: a host has fewer than a hundred.
 * docs/metrics.md is the list.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "sinks/sink.h"

enum metrics_output {
	OUTPUT_TRACES,
	OUTPUT_TEXTFILE,
	OUTPUT_JOURNAL,
	OUTPUT_COUNT,
};

/* What no event tells. Set whenever it is known anew; counters never go down. */
struct metrics_facts {
	bool armed;
	bool seeing;
	uint64_t attached; /* bits of enum evmcs_point: watched, or not needed on this kernel */
	uint64_t in_flight;
	uint64_t missed; /* probe hits that the kernel skipped */
	uint64_t untracked; /* restores that the kernel had no room for */
	uint64_t probe_runs;
	uint64_t probe_ns;
	uint64_t output_errors[OUTPUT_COUNT];
	bool reload_ok;
	double reload_time; /* Unix time of the last one that succeeded */
};

enum exposition {
	EXPOSITION_TEXT, /* Prometheus' text format 0.0.4: the textfile collector takes no other */
	EXPOSITION_OPENMETRICS, /* 1.0.0, with exemplars */
	EXPOSITION_COUNT,
};

struct metrics_options {
	const struct model_options *model; /* by what is judged */
	const char *libbpf; /* its version, or NULL */
	bool live; /* facts tell what a trace's header and footer tell in a replay */
};

struct sink *metrics_sink_new(const struct metrics_options *options);

/* The judge's settings have changed. */
void metrics_set_rules(struct sink *metrics, const struct model_options *model);
void metrics_set_facts(struct sink *metrics, const struct metrics_facts *facts);

/* What metrics_facts.attached is for these probes. */
uint64_t metrics_attached(const struct probe_fact *probes, size_t nr);

/* The Content-Type of an exposition. */
const char *metrics_content_type(enum exposition form);

/*
 * Returns a text of *len bytes that the caller frees, or NULL. process: with what is known of
 * this process (its memory, CPU time, start), which a replay has not.
 */
char *metrics_render(struct sink *metrics, enum exposition form, bool process, size_t *len);

#endif
