/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whole restores, told once for all tests, and random ones. */
#ifndef STORIES_H
#define STORIES_H

#include "builder.h"

struct story {
	const char *name;
	void (*tell)(struct stream *s);
	enum verdict_kind verdict;
	enum restore_path path; /* of the restore that ended first */
};

/* None of them has a footer yet. */
extern const struct story stories[];
extern const int nr_stories;

/* The actor's restores with whatever may happen around them; calls nest. */
void random_story(struct stream *s, struct rng *r);
/* One step of it: never ends in the middle of a function. */
void random_act(struct stream *s, struct rng *r);

/* An event with any point, phase, payload and numbers. */
void random_event(struct stream *s, struct rng *r);

#endif
