/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the values of an expectation file may look like. */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

#define VALUE_ERROR_LEN 256
#define PATTERN_TEXT_LEN 96
#define RESULTS_MAX 8

/* Both ends belong to it; UINT64_MAX: no upper end. */
struct range {
	uint64_t min;
	uint64_t max;
};

/* A closed set of words, as bits; no more than 64. */
struct vocabulary {
	const char *what; /* "path" */
	int (*count)(void);
	const char *(*name)(int index);
	const char *(*other_name)(int index); /* NULL: there is none */
};

/* What an ioctl returned. */
struct results {
	int nr;
	int64_t value[RESULTS_MAX];
	bool any_error;
};

/* POINT[/PURPOSE][:PHASE][@IOCTL] */
struct event_pattern {
	int point; /* -1: any access */
	int purpose; /* -1: any */
	enum evmcs_phase phase;
	bool has_ioctl;
	uint32_t ioctl; /* 0: none */
	char text[PATTERN_TEXT_LEN];
};

/* What is kept of an event until the trace has ended. */
struct seen_event {
	uint64_t seq;
	uint64_t t_ns;
	uint64_t gpa; /* of an access, and of a memslot */
	uint64_t len; /* 0: unknown, or a memslot that goes away */
	int64_t ret;
	uint32_t slot;
	uint32_t vm;
	int32_t vcpu;
	uint32_t tid;
	uint32_t ioctl;
	uint8_t point;
	uint8_t phase;
	uint8_t purpose;
	bool is_access;
};

/*
 * Each returns 0, or -EINVAL with the reason and the remedy in error.
 * N, N..M, N.. and ..M; required, allowed and forbidden for 1.., 0.. and 0.
 */
int value_range(const char *text, struct range *range, char error[VALUE_ERROR_LEN]);
/* The same with a unit at each end: ..10ms. An exact time is refused. */
int value_times(const char *text, struct range *range, char error[VALUE_ERROR_LEN]);
/* One word of the vocabulary, or several: a|b. */
int value_words(const char *text, const struct vocabulary *words, uint64_t *bits,
		char error[VALUE_ERROR_LEN]);
/* 0, -EINVAL, -22, error, or several: 0|-EBUSY. */
int value_results(const char *text, struct results *results, char error[VALUE_ERROR_LEN]);
int value_pattern(const char *text, struct event_pattern *pattern, char error[VALUE_ERROR_LEN]);

/* false: every number there is lies in it. */
bool range_can_fail(const struct range *range);
bool range_has(const struct range *range, uint64_t value);
bool results_have(const struct results *results, int64_t value);
bool pattern_fits(const struct event_pattern *pattern, const struct seen_event *ev);

/* "exactly 2", "at most 10.00 ms" */
void range_text(const struct range *range, bool times, char *out, size_t size);
void words_text(const struct vocabulary *words, uint64_t bits, char *out, size_t size);
void results_text(const struct results *results, char *out, size_t size);

#endif
