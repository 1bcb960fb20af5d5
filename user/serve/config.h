/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the daemon is told by its configuration file; docs/canary.md describes the keys. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

#define CONFIG_DEFAULT_FILE "/etc/evmcs-trace/serve.yml"
#define CONFIG_PATH_LEN 512

struct config {
	/* "": none */
	char traces[CONFIG_PATH_LEN]; /* directory */
	uint64_t segment_bytes;
	uint32_t segments;
	uint64_t budget_bytes;

	char listen[64]; /* an address, "" for none */
	uint16_t port;

	char textfile[CONFIG_PATH_LEN];
	uint64_t textfile_ms;
	bool textfile_mark; /* what is left on stop says that it is down; else nothing is left */

	uint32_t journal_per_minute; /* 0: nothing goes to the journal */

	enum severity fail_on;
	uint64_t slow_set_ns;

	uint32_t ring_bytes;
};

/* What holds without a file. */
void config_defaults(struct config *config);

/*
 * Returns 0, or -errno after having told the user: config is untouched then. A
 * missing file is an error too, but where may_be_missing.
 */
int config_load(struct config *config, const char *path, bool may_be_missing);

/* What a running daemon cannot change. NULL, or a sentence that says so. */
const char *config_needs_restart(const struct config *now, const struct config *next);

#endif
