/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A trace file, by the source of `check` through the model, the checks of an expectation, the
 * halves of migrations and every sink. What is shown must be plain text, and what was recorded
 * of it must come to the same verdict.
 */
#include <stdlib.h>
#include <string.h>

#include "every_sink.h"
#include "expect/expectation.h"
#include "lib/fuzz.h"
#include "lib/trace_lines.h"
#include "model/pairs.h"
#include "sinks/gatherer.h"
#include "sinks/migrations.h"
#include "sources/source.h"

static const char wanted[] = "restores: 1..\n"
			     "every:\n"
			     "  path: evmcs-deferred\n"
			     "  accesses-before-run: 0\n"
			     "anomalies:\n"
			     "  direct-map-in-set: 0..2\n"
			     "coverage:\n"
			     "  events:\n"
			     "    map: 1..\n"
			     "  probes: [map, pin]\n"
			     "tolerate: [unpaired, open]\n"
			     "checks:\n"
			     "- name: l2\n"
			     "  where:\n"
			     "    mode: l2\n"
			     "  order: [set-state, set-state:exit, ran]\n"
			     "  never: [map/evmcs, access]\n"
			     "  before: ran\n";

static struct expectation *expectation;
static int trace_row;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	expectation = expectation_load(fuzz_file(FUZZ_FIXED, wanted, sizeof(wanted) - 1));
	fuzz_assert(expectation);
	while (strcmp(every_sinks[trace_row].name, "trace"))
		trace_row++;
	fuzz_listen();
	return 0;
}

static void finish_pairs(struct pairs *pairs)
{
	const struct pair_list *list = pairs_finish(pairs);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fuzz_assert(list && f);
	migrations_print_text(f, list, true);
	migrations_print_json(f, list);
	fclose(f);
	fuzz_check_plain("migrations", text, len);
	free(text);
	pairs_free(pairs);
}

/* ---- a file ---- */

struct answer {
	int err;
	enum verdict_kind kind;
	uint64_t restores;
	uint64_t events;
	uint64_t anomalies[SEVERITY_COUNT];
};

static struct answer ask(const char *path, struct sink *sink, struct sink *gatherer)
{
	const struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct answer a = {};
	struct pipeline p;

	fuzz_assert(!pipeline_init(&p, &options));
	if (sink)
		fuzz_assert(!pipeline_add(&p, sink) && !pipeline_add(&p, gatherer) &&
			    !pipeline_judge(&p, judge_new(expectation, SEVERITY_ERROR)));
	a.err = file_source_run(path, pipeline_item, &p);
	if (a.err) {
		pipeline_abort(&p, "it is not a trace");
	} else {
		const struct verdict *v = pipeline_finish(&p);

		a.kind = v->kind;
		a.restores = v->restores;
		a.events = v->events;
		memcpy(a.anomalies, v->anomalies, sizeof(a.anomalies));
	}
	pipeline_free(&p);
	return a;
}

/* What `record` would have written of the same events is judged as they were. */
static void check_recorded(const struct everywhere *e, const struct answer *first)
{
	const char *path = fuzz_file(FUZZ_SECOND, e->text[trace_row], e->len[trace_row]);
	struct answer again = ask(path, NULL, NULL);

	if (memcmp(first, &again, sizeof(again)))
		fuzz_fail("recorded again: error %d, verdict %d, not %d; %.*s", again.err,
			  again.kind, first->kind, (int)e->len[trace_row], e->text[trace_row]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pairs *pairs = pairs_new(size & 1);
	struct everywhere e;
	struct answer a;
	int i;

	fuzz_assert(pairs);
	a = ask(fuzz_file(FUZZ_INPUT, data, size), everywhere_open(&e),
		gatherer_new(pairs, "this trace", true));
	everywhere_close(&e);
	finish_pairs(pairs);
	for (i = 0; i < e.nr; i++)
		fuzz_check_sink(i, &e);
	if (!a.err)
		check_recorded(&e, &a);
	everywhere_free(&e);
	return 0;
}

/* ---- how it is changed: also by lines and by values, and put in order again ---- */

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	return trace_lines_mutate(data, size, max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned int seed)
{
	return trace_lines_cross(a, a_size, b, b_size, out, max, seed);
}
