/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Small things that others choose: a VMM's command line, a restore's id, what a client accepts,
 * a symbol. Each as the whole input.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fuzz.h"
#include "model/run.h"
#include "probes/symbol_fit.h"
#include "serve/http.h"
#include "sources/vmm.h"

/* As long as that, so that a byte behind it is seen. */
static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	fuzz_assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy(data, size), name[VMM_NAME_LEN], run[TRACE_RUN_LEN];
	uint64_t restore;
	bool named;

	named = vmm_name_of_cmdline(text, size, name);
	fuzz_assert(named == (name[0] != '\0') && strlen(name) < sizeof(name));
	if (restore_id_parse(text, run, &restore))
		fuzz_assert(run_is_valid(run) && restore);
	http_prefers(text, "application/openmetrics-text", "text/plain");
	symbol_fit(text, "hva_to_pfn");
	symbol_fit("hva_to_pfn.constprop.0", text);
	free(text);
	return 0;
}
