/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration of serve: what is accepted is within what docs/canary.md allows. */
#include <string.h>

#include "lib/fuzz.h"
#include "lib/yaml_values.h"
#include "serve/config.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_listen();
	return 0;
}

static void check(const struct config *c)
{
	size_t len = strlen(c->textfile);

	fuzz_assert(!c->traces[0] || c->traces[0] == '/');
	fuzz_assert(c->segment_bytes >= 64 << 10 && c->segment_bytes <= 4ULL << 30);
	fuzz_assert(c->segments >= 2 && c->segments <= 100000);
	fuzz_assert(c->budget_bytes >= 4 * c->segment_bytes && c->budget_bytes <= 1ULL << 40);
	fuzz_assert(c->port && strlen(c->listen) < sizeof(c->listen));
	fuzz_assert(!len || (len >= 6 && !strcmp(c->textfile + len - 5, ".prom")));
	fuzz_assert(c->textfile_ms >= 1000 && c->textfile_ms <= 3600000);
	fuzz_assert(c->journal_per_minute <= 6000);
	fuzz_assert(c->fail_on < SEVERITY_COUNT);
	fuzz_assert(c->slow_set_ns >= 1000000 && c->slow_set_ns <= 86400000ULL * 1000000);
	fuzz_assert(!c->ring_bytes || (c->ring_bytes >= 4096 && c->ring_bytes <= 1 << 30));
	fuzz_assert(!(c->ring_bytes & (c->ring_bytes - 1)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c, defaults;

	config_defaults(&defaults);
	if (config_load(&c, fuzz_file(FUZZ_INPUT, data, size), false))
		return 0;
	check(&c);
	config_needs_restart(&defaults, &c);
	return 0;
}

/* ---- how it is changed: also by values, of which bytes seldom give one that is read ---- */

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	static const char *const lines[] = {
		"traces:\n  segment-size: ",
		"traces:\n  segments: ",
		"traces:\n  budget: ",
		"http:\n  listen: 127.0.0.1:",
		"textfile:\n  interval: ",
		"journal:\n  records-per-minute: ",
		"judge:\n  slow-set: ",
		"ring-size: ",
		NULL,
	};
	static const char *const units[] = {
		"", "K", "M", "G", "T", "ms", "s", "m", "h", NULL,
	};
	static const struct yaml_values values = { lines, units };

	return yaml_values_mutate(&values, data, size, max, seed);
}
