/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judged.h"
#include "model/anomalies.h"
#include "stories.h"

const struct outcome *expect(struct stream *s, enum verdict_kind verdict)
{
	const struct outcome *o = judge(s);

	assert_int_equal(o->err, 0);
	if (o->verdict.kind != verdict)
		print_error("%s", o->json);
	assert_int_equal(o->verdict.kind, verdict);
	return o;
}

/* The story is over: footer, and this is what was to be found in it. */
void expect_seen(struct stream *s, const char *id, enum severity severity)
{
	const struct anomaly *a;
	const struct outcome *o;

	footer(s);
	o = expect(s, severity == SEVERITY_ERROR ? VERDICT_FAIL : VERDICT_PASS);
	a = find_anomaly(o, id);
	assert_non_null(a);
	assert_int_equal(a->severity, severity);
}

void expect_not_seen(struct stream *s, const char *id, enum verdict_kind verdict)
{
	footer(s);
	assert_null(find_anomaly(expect(s, verdict), id));
}

void expect_clean(struct stream *s)
{
	const struct outcome *o;
	int i;

	footer(s);
	o = expect(s, VERDICT_PASS);
	for (i = 0; i < o->nr; i++)
		assert_int_equal(o->restores[i].nr_anomalies, 0);
}

/* Of the last restore: why nothing certain is said. */
void expect_why(struct stream *s, enum inconclusive_reason why)
{
	const struct outcome *o = expect(s, VERDICT_INCONCLUSIVE);

	assert_true(o->nr > 0);
	assert_int_equal(o->restores[o->nr - 1].verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(o->restores[o->nr - 1].why, 1U << why);
}

void tell(struct stream *s, const char *name)
{
	int i;

	for (i = 0; i < nr_stories; i++) {
		if (strcmp(stories[i].name, name))
			continue;
		stories[i].tell(s);
		return;
	}
	fail_msg("there is no story %s", name);
}
