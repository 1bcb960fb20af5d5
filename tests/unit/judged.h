/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a story must come to: each fails the running test where it does not. */
#ifndef JUDGED_H
#define JUDGED_H

#include "builder.h"

const struct outcome *expect(struct stream *s, enum verdict_kind verdict);

/* The story is over: footer, and this is what was to be found in it. */
void expect_seen(struct stream *s, const char *id, enum severity severity);
void expect_not_seen(struct stream *s, const char *id, enum verdict_kind verdict);
/* Likewise: a pass, and no anomaly of any severity. */
void expect_clean(struct stream *s);
/* Of the last restore: why nothing certain is said. No footer is added. */
void expect_why(struct stream *s, enum inconclusive_reason why);

/* A story of stories.h, by its name. */
void tell(struct stream *s, const char *name);

#define TEST(name) cmocka_unit_test_setup_teardown(name, stream_setup, stream_teardown)

#endif
