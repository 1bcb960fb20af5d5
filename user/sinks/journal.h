/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Structured records for the systemd journal: violations, restores in doubt, losses, changes of
 * state. Never one for each event, and never more than so many a minute.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdint.h>
#include <sys/uio.h>

#include "model/model.h"
#include "sinks/sink.h"

/* MESSAGE_ID of a record, for `journalctl MESSAGE_ID=...`; docs/canary.md lists the fields. */
#define JOURNAL_KINDS(X)                                                                           \
	X(VIOLATION, "violation", "61691b4211a8444bb966e310ab95696d", 2)                           \
	X(INCONCLUSIVE, "inconclusive", "0a03b99884e44b559c0908b6b149becf", 4)                     \
	X(LOSS, "loss", "a997c6c4c23c49738be6db060a40957a", 4)                                     \
	X(STATE, "state", "313b9cb344704593a8f55114deb4ee55", 5)                                   \
	X(OUTPUT, "output", "4780d7eeb7b245d7b019effe3f6ce172", 4)                                 \
	X(HELD_BACK, "held-back", "22bf46124235415b9c65e180f4987fba", 4)

enum journal_kind {
#define JOURNAL_KIND_ENUM(id, name, message_id, priority) JOURNAL_##id,
	JOURNAL_KINDS(JOURNAL_KIND_ENUM)
#undef JOURNAL_KIND_ENUM
		JOURNAL_KIND_COUNT
};

struct journal_options {
	enum severity fail_on;
	uint32_t per_minute; /* 0: none at all */
	/* sd_journal_sendv(), or what a test puts there; NULL: this build has no journal */
	int (*send)(const struct iovec *fields, int nr);
	uint64_t (*now_ns)(void); /* monotonic */
	/* the file that the trace is being written to, or NULL */
	const char *(*trace_file)(void *ctx);
	void *ctx;
};

struct sink *journal_sink_new(const struct journal_options *options);
void journal_configure(struct sink *journal, enum severity fail_on, uint32_t per_minute);

/* Of the daemon itself. state: one word, EVMCS_STATE. */
void journal_state(struct sink *journal, const char *state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void journal_output(struct sink *journal, const char *output, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Records that were held back or that the journal did not take. */
uint64_t journal_errors(const struct sink *journal);

#endif
