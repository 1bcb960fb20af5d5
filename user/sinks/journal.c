/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/journal.h"
#include "model/run.h"
#include "util/plain.h"

#define NSEC_PER_SEC 1000000000ULL
#define MINUTE_NS (60 * NSEC_PER_SEC)
#define MAX_FIELDS 24
#define FIELD_LEN 400

struct journal_sink {
	struct sink sink;
	struct journal_options options;
	uint64_t tokens_ns; /* a record costs MINUTE_NS / per_minute of them */
	uint64_t last_ns;
	uint64_t held_back; /* since the last one that was let through */
	uint64_t errors;
};

/* A record while it is made: one "NAME=value" a field. */
struct entry {
	char text[MAX_FIELDS][FIELD_LEN];
	int nr;
};

static const struct {
	const char *name;
	const char *message_id;
	int priority; /* as syslog(3) has them */
} kinds[] = {
#define JOURNAL_KIND_ROW(id, name, message_id, priority) { name, message_id, priority },
	JOURNAL_KINDS(JOURNAL_KIND_ROW)
#undef JOURNAL_KIND_ROW
};

static void add(struct entry *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * A newline would be no trouble here, for fields are counted; but journalctl shows of a field
 * with a control character in it only how long it is, and a VMM could so hide a violation.
 */
static void add(struct entry *e, const char *fmt, ...)
{
	va_list ap;

	if (e->nr == MAX_FIELDS)
		return;
	va_start(ap, fmt);
	vsnprintf(e->text[e->nr], FIELD_LEN, fmt, ap);
	va_end(ap);
	plain(e->text[e->nr++]);
}

static void begin(struct entry *e, enum journal_kind kind, int priority)
{
	e->nr = 0;
	add(e, "MESSAGE_ID=%s", kinds[kind].message_id);
	add(e, "PRIORITY=%d", priority < 0 ? kinds[kind].priority : priority);
	add(e, "SYSLOG_IDENTIFIER=evmcs-trace");
	add(e, "EVMCS_KIND=%s", kinds[kind].name);
}

static void deliver(struct journal_sink *j, const struct entry *e)
{
	struct iovec fields[MAX_FIELDS];
	int i;

	for (i = 0; i < e->nr; i++) {
		fields[i].iov_base = (void *)(uintptr_t)e->text[i];
		fields[i].iov_len = strlen(e->text[i]);
	}
	if (!j->options.send || j->options.send(fields, e->nr) < 0)
		j->errors++;
}

static void tell_held_back(struct journal_sink *j)
{
	struct entry e;

	begin(&e, JOURNAL_HELD_BACK, -1);
	add(&e,
	    "MESSAGE=%" PRIu64 " records were held back: more than %u a minute; the trace has "
	    "all of them",
	    j->held_back, j->options.per_minute);
	add(&e, "EVMCS_COUNT=%" PRIu64, j->held_back);
	j->held_back = 0;
	deliver(j, &e);
}

/* A bucket that a minute fills. */
static bool let_through(struct journal_sink *j)
{
	uint64_t now = j->options.now_ns(), price = MINUTE_NS / j->options.per_minute;

	j->tokens_ns += now - j->last_ns;
	if (j->tokens_ns > MINUTE_NS)
		j->tokens_ns = MINUTE_NS;
	j->last_ns = now;
	if (j->tokens_ns < price)
		return false;
	j->tokens_ns -= price;
	return true;
}

static void send_entry(struct journal_sink *j, const struct entry *e)
{
	if (!j->options.per_minute)
		return;
	if (!let_through(j)) {
		j->held_back++;
		j->errors++;
		return;
	}
	if (j->held_back)
		tell_held_back(j);
	deliver(j, e);
}

static void add_restore(struct journal_sink *j, struct entry *e, const struct restore *r,
			const struct trace_header *header)
{
	const char *file = j->options.trace_file ? j->options.trace_file(j->options.ctx) : NULL;
	char id[RESTORE_ID_LEN];

	restore_id(id, header, r->id);
	add(e, "EVMCS_RESTORE_ID=%s", id);
	add(e, "EVMCS_VM=%.200s", r->vm_name ? r->vm_name : r->comm);
	add(e, "EVMCS_VCPU=%d", r->vcpu);
	add(e, "EVMCS_PID=%u", r->pid);
	add(e, "EVMCS_PATH=%s", path_name(r->path));
	if (file)
		add(e, "EVMCS_TRACE_FILE=%s", file);
}

static void journal_anomaly(struct sink *sink, const struct restore *r, const struct anomaly *a,
			    const struct trace_header *header)
{
	struct journal_sink *j = (struct journal_sink *)sink;
	char id[RESTORE_ID_LEN];
	struct entry e;

	if (a->severity < j->options.fail_on)
		return;
	restore_id(id, header, r->id);
	begin(&e, JOURNAL_VIOLATION, -1);
	add(&e, "MESSAGE=%s (%s): %s; vCPU %d of %.100s[%u], restore %s", a->cls->name, a->cls->id,
	    a->cls->title, r->vcpu, r->vm_name ? r->vm_name : r->comm, r->pid, id);
	add(&e, "EVMCS_CLASS=%s", a->cls->name);
	add(&e, "EVMCS_CLASS_ID=%s", a->cls->id);
	add(&e, "EVMCS_RULE=%s", anomaly_rule_name(a->cls->rule));
	add(&e, "EVMCS_SEVERITY=%s", severity_name(a->severity));
	add_restore(j, &e, r, header);
	send_entry(j, &e);
}

static const char *first_reason(const struct restore *r)
{
	int i;

	for (i = 0; i < WHY_COUNT; i++)
		if (r->why & 1U << i)
			return inconclusive_text(i);
	return "no reason is known";
}

static void journal_restore(struct sink *sink, const struct restore *r,
			    const struct trace_header *header)
{
	struct journal_sink *j = (struct journal_sink *)sink;
	struct entry e;

	if (r->verdict != VERDICT_INCONCLUSIVE)
		return;
	begin(&e, JOURNAL_INCONCLUSIVE, -1);
	add(&e, "MESSAGE=a restore of vCPU %d of %.100s[%u] could not be judged: %s", r->vcpu,
	    r->vm_name ? r->vm_name : r->comm, r->pid, first_reason(r));
	add(&e, "EVMCS_REASON=%s", first_reason(r));
	add_restore(j, &e, r, header);
	send_entry(j, &e);
}

static int journal_item(struct sink *sink, const struct trace_item *item,
			const struct trace_header *header)
{
	struct journal_sink *j = (struct journal_sink *)sink;
	struct entry e;

	(void)header;
	if (item->type != ITEM_LOSS)
		return 0;
	begin(&e, JOURNAL_LOSS, -1);
	add(&e, "MESSAGE=%" PRIu64 " lost (%s): restores in flight cannot be judged",
	    item->loss.count, loss_stage_name(item->loss.stage));
	add(&e, "EVMCS_STAGE=%s", loss_stage_name(item->loss.stage));
	add(&e, "EVMCS_COUNT=%" PRIu64, item->loss.count);
	send_entry(j, &e);
	return 0;
}

static void add_message(struct entry *e, const char *fmt, va_list ap)
{
	char text[FIELD_LEN - 16];

	vsnprintf(text, sizeof(text), fmt, ap);
	add(e, "MESSAGE=%s", text);
}

void journal_state(struct sink *sink, const char *state, const char *fmt, ...)
{
	struct journal_sink *j = (struct journal_sink *)sink;
	struct entry e;
	va_list ap;

	begin(&e, JOURNAL_STATE, -1);
	va_start(ap, fmt);
	add_message(&e, fmt, ap);
	va_end(ap);
	add(&e, "EVMCS_STATE=%s", state);
	send_entry(j, &e);
}

void journal_output(struct sink *sink, const char *output, const char *fmt, ...)
{
	struct journal_sink *j = (struct journal_sink *)sink;
	struct entry e;
	va_list ap;

	begin(&e, JOURNAL_OUTPUT, -1);
	va_start(ap, fmt);
	add_message(&e, fmt, ap);
	va_end(ap);
	add(&e, "EVMCS_OUTPUT=%s", output);
	send_entry(j, &e);
}

uint64_t journal_errors(const struct sink *sink)
{
	return ((const struct journal_sink *)sink)->errors;
}

void journal_configure(struct sink *sink, enum severity fail_on, uint32_t per_minute)
{
	struct journal_sink *j = (struct journal_sink *)sink;

	j->options.fail_on = fail_on;
	j->options.per_minute = per_minute;
}

static void journal_free(struct sink *sink)
{
	struct journal_sink *j = (struct journal_sink *)sink;

	if (j->held_back && j->options.per_minute)
		tell_held_back(j);
	free(j);
}

static const struct sink_ops journal_ops = {
	.item = journal_item,
	.anomaly = journal_anomaly,
	.restore = journal_restore,
	.free = journal_free,
};

struct sink *journal_sink_new(const struct journal_options *options)
{
	struct journal_sink *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->sink.ops = &journal_ops;
	j->options = *options;
	j->tokens_ns = MINUTE_NS;
	j->last_ns = options->now_ns();
	return &j->sink;
}
