/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An expectation file; where it is one, traces are judged by it and every report is made. */
#include "every_sink.h"
#include "expect/expectation.h"
#include "lib/fuzz.h"
#include "stories.h"

#define NR_TRACES 3

static struct stream *traces[NR_TRACES];

/* All that the stories tell, one after the other; and what is missing in it. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int i, j;

	(void)argc;
	(void)argv;
	for (i = 0; i < NR_TRACES; i++) {
		traces[i] = stream_new();
		for (j = 0; j < nr_stories; j++)
			if (i || stories[j].verdict == VERDICT_PASS)
				stories[j].tell(traces[i]);
	}
	blind_to(traces[1], PT_PIN);
	blind_to(traces[1], PT_UNMAP);
	footer(traces[0]);
	footer(traces[1]);
	fuzz_listen();
	return 0;
}

static void judge_by(const struct expectation *expectation, const struct stream *trace)
{
	const struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct everywhere e;
	struct pipeline p;
	int i;

	fuzz_assert(!pipeline_init(&p, &options));
	fuzz_assert(!pipeline_add(&p, everywhere_open(&e)));
	fuzz_assert(!pipeline_judge(&p, judge_new(expectation, SEVERITY_ERROR)));
	fuzz_assert(!stream_feed(trace, pipeline_item, &p));
	pipeline_finish(&p);
	/* nothing can be shown to be as expected where something is missing */
	fuzz_assert(trace != traces[0] || p.judgement->result != VERDICT_INCONCLUSIVE);
	pipeline_free(&p);
	everywhere_close(&e);
	for (i = 0; i < e.nr; i++)
		fuzz_check_sink(i, &e);
	everywhere_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct expectation *e = expectation_load(fuzz_file(FUZZ_INPUT, data, size));

	if (e)
		judge_by(e, traces[size % NR_TRACES]);
	expectation_free(e);
	return 0;
}
