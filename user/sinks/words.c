/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/words.h"
#include "util/errstr.h"
#include "util/plain.h"

const char *const verdict_words[VERDICT_COUNT] = { "PASS", "INCONCLUSIVE", "FAIL" };
const char *const severity_words[SEVERITY_COUNT] = { "INFO", "WARNING", "ERROR" };

const char *duration(char out[DURATION_LEN], uint64_t ns)
{
	if (ns < 1000)
		snprintf(out, DURATION_LEN, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(out, DURATION_LEN, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(out, DURATION_LEN, "%.2f ms", (double)ns / 1e6);
	else
		snprintf(out, DURATION_LEN, "%.2f s", (double)ns / 1e9);
	return out;
}

const char *clock_time(char out[TIMESTAMP_LEN], const struct trace_header *header, uint64_t t_ns)
{
	char full[TIMESTAMP_LEN];
	const char *t;

	format_timestamp(full, header, t_ns);
	t = strchr(full, 'T');
	snprintf(out, TIMESTAMP_LEN, "%.15s", t ? t + 1 : full);
	return out;
}

const char *printable(const char *s)
{
	static char out[256];

	snprintf(out, sizeof(out), "%s", s);
	return plain(out);
}

#define SHELL_PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

const char *shell_word(const char *path)
{
	static char out[2 * PATH_MAX];
	const char *at = printable(path);
	/* what begins like an option is a file of this folder */
	const char *folder = *at == '-' ? "./" : "";
	size_t n;

	if (*at && !at[strspn(at, SHELL_PLAIN)]) {
		snprintf(out, sizeof(out), "%s%s", folder, at);
		return out;
	}
	n = (size_t)snprintf(out, sizeof(out), "'%s", folder);
	for (; *at && n < sizeof(out) - 6; at++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, *at == '\'' ? "'\\''" : "%c", *at);
	snprintf(out + n, sizeof(out) - n, "'");
	return out;
}

const char *ioctl_text(char out[IOCTL_TEXT_LEN], uint32_t cmd)
{
	const char *name = ioctl_name(cmd);

	if (!cmd)
		snprintf(out, IOCTL_TEXT_LEN, "no ioctl");
	else if (name)
		snprintf(out, IOCTL_TEXT_LEN, "%s", name);
	else
		snprintf(out, IOCTL_TEXT_LEN, "ioctl 0x%x", cmd);
	return out;
}

static const char *access_verb(enum evmcs_point point)
{
	switch (point) {
	case PT_MAP:
		return "mapped";
	case PT_PIN:
		return "pinned";
	case PT_WRITE_GUEST_PAGE:
	case PT_WRITE_GUEST_CACHED:
	case PT_HYPERV_MSR:
		return "written";
	default:
		return "read";
	}
}

const char *access_text(char out[ACCESS_TEXT_LEN], const struct access *a)
{
	char address[24] = "unknown", cmd[IOCTL_TEXT_LEN], time[DURATION_LEN], end[64];
	char result[RESULT_TEXT_LEN];

	if (a->gpa != GPA_UNKNOWN)
		snprintf(address, sizeof(address), "0x%" PRIx64, a->gpa);
	if (a->done)
		snprintf(end, sizeof(end), "result %s, took %s", result_text(result, a->ret),
			 duration(time, a->duration_ns));
	else if (a->touched)
		snprintf(end, sizeof(end), "still blocked after %s",
			 duration(time, a->duration_ns));
	else
		snprintf(end, sizeof(end), "its return is not in the trace");
	snprintf(out, ACCESS_TEXT_LEN,
		 "guest address %s (%s, %" PRIu64 " bytes) %s by %.64s in %s, %s", address,
		 purpose_name(a->purpose), a->len, access_verb(a->point), printable(a->function),
		 ioctl_text(cmd, a->ioctl), end);
	return out;
}

const char *more_text(char out[ACCESS_TEXT_LEN], const struct restore *r, const struct anomaly *a)
{
	char map[ACCESS_TEXT_LEN];
	int n;

	if (!a->more)
		return NULL;
	n = snprintf(out, ACCESS_TEXT_LEN, "by %u more access%s", a->more,
		     a->more == 1 ? "" : "es");
	if (a->map >= 0)
		snprintf(out + n, ACCESS_TEXT_LEN - (size_t)n, "%s: %.280s",
			 a->more == 1 ? "" : ", among them", access_text(map, r->accesses[a->map]));
	return out;
}

static void put_access_words(char *out, size_t size, const struct seen_event *ev)
{
	int n = 0;

	if (ev->purpose != PURPOSE_UNKNOWN)
		n = snprintf(out, size, " %s", purpose_name(ev->purpose));
	if (ev->gpa != GPA_UNKNOWN)
		n += snprintf(out + n, size - (size_t)n, " at 0x%" PRIx64, ev->gpa);
	if (ev->len)
		snprintf(out + n, size - (size_t)n, ", %" PRIu64 " bytes", ev->len);
}

const char *memslot_text(char out[MEMSLOT_TEXT_LEN], uint32_t slot, uint64_t gpa, uint64_t size)
{
	if (size)
		snprintf(out, MEMSLOT_TEXT_LEN, "%u at 0x%" PRIx64 ", 0x%" PRIx64 " bytes", slot,
			 gpa, size);
	else
		snprintf(out, MEMSLOT_TEXT_LEN, "%u goes away", slot);
	return out;
}

const char *event_text(char out[EVENT_TEXT_LEN], const struct seen_event *ev)
{
	int n = snprintf(out, EVENT_TEXT_LEN, "%-5s %s", phase_name(ev->phase),
			 point_name(ev->point));
	size_t room = EVENT_TEXT_LEN - (size_t)n;
	char slot[MEMSLOT_TEXT_LEN], result[RESULT_TEXT_LEN];

	if (ev->phase == PHASE_EXIT)
		snprintf(out + n, room, " = %s", result_text(result, ev->ret));
	else if (ev->phase == PHASE_ENTER && point_class(ev->point) == CLASS_MEMSLOT)
		snprintf(out + n, room, " %s", memslot_text(slot, ev->slot, ev->gpa, ev->len));
	else
		put_access_words(out + n, room, ev);
	return out;
}

const char *place_text(char out[PLACE_TEXT_LEN], const struct seen_event *ev)
{
	char vcpu[24] = "", cmd[IOCTL_TEXT_LEN];

	if (ev->vcpu != VCPU_NONE)
		snprintf(vcpu, sizeof(vcpu), "/vcpu%d", ev->vcpu);
	snprintf(out, PLACE_TEXT_LEN, "vm%u%s tid %u in %s", ev->vm, vcpu, ev->tid,
		 ioctl_text(cmd, ev->ioctl));
	return out;
}

/* NULL where it ran, where all that was seen of it was, and where SET's own result is shown. */
static const char *end_text(const struct restore *r)
{
	if (r->end == END_RAN || r->end == END_LEFT)
		return NULL;
	if (r->end == END_REFUSED && r->set_done && r->set_ret)
		return NULL;
	return end_name(r->end);
}

/* A SET that had not returned when the trace ended took longer than that. */
static void put_set(char out[TIMES_TEXT_LEN], const struct restore *r)
{
	char time[DURATION_LEN], result[RESULT_TEXT_LEN];

	if (!r->set_done && !r->set_duration_ns)
		snprintf(out, TIMES_TEXT_LEN, "set not returned");
	else if (!r->set_done)
		snprintf(out, TIMES_TEXT_LEN, "set >%s", duration(time, r->set_duration_ns));
	else if (r->set_ret)
		snprintf(out, TIMES_TEXT_LEN, "set %s (refused: %s)",
			 duration(time, r->set_duration_ns), result_text(result, r->set_ret));
	else
		snprintf(out, TIMES_TEXT_LEN, "set %s", duration(time, r->set_duration_ns));
}

/* The SET that came before its KVM_RUN; in what that did its own eVMCS may have been mapped. */
static void put_superseded(char out[TIMES_TEXT_LEN], const struct restore *r)
{
	char time[DURATION_LEN], map[DURATION_LEN], mapped[DURATION_LEN + 32] = "";

	if (r->mapped && !restore_is_mapped(r))
		snprintf(mapped, sizeof(mapped), " (mapped by that SET, +%s)",
			 duration(map, r->t_map_ns - r->t_set_ns));
	snprintf(out, TIMES_TEXT_LEN, "%s +%s%s", r->end == END_OPEN ? "SET again" : "superseded",
		 duration(time, r->t_superseded_ns - r->t_set_ns), mapped);
}

int times_text(char out[TIMES_MAX][TIMES_TEXT_LEN], const struct restore *r)
{
	const char *end = end_text(r);
	char time[DURATION_LEN];
	int nr = 0;

	put_set(out[nr++], r);
	if (r->run_seen)
		snprintf(out[nr++], TIMES_TEXT_LEN, "run %s+%s%s", r->run_exact ? "" : "<",
			 duration(time, r->t_run_ns - r->t_set_ns),
			 r->pages_failed ? " (failed)" : "");
	if (restore_is_mapped(r))
		snprintf(out[nr++], TIMES_TEXT_LEN, "map +%s",
			 duration(time, r->t_map_ns - r->t_set_ns));
	if (r->superseded_by)
		put_superseded(out[nr++], r);
	if (end && r->end != END_SUPERSEDED)
		snprintf(out[nr++], TIMES_TEXT_LEN, "%s", end);
	return nr;
}

const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Those that do not keep it from passing are told in the same breath. */
static void put_warnings(char out[ANSWER_TEXT_LEN], int n, const struct verdict *v)
{
	const uint64_t nr = v->anomalies[SEVERITY_WARNING];
	const char *before = ": ";
	int i;

	if (!nr)
		return;
	n += snprintf(out + n, ANSWER_TEXT_LEN - (size_t)n, "; %" PRIu64 " warning%s", nr,
		      plural(nr));
	for (i = 0; i < anomaly_nr_classes && n < ANSWER_TEXT_LEN; i++) {
		if (!(v->classes[SEVERITY_WARNING] & (1ULL << i)))
			continue;
		n += snprintf(out + n, ANSWER_TEXT_LEN - (size_t)n, "%s%s", before,
			      anomaly_classes[i].name);
		before = ", ";
	}
}

const char *answer_text(char out[ANSWER_TEXT_LEN], const struct verdict *v)
{
	if (v->kind == VERDICT_FAIL)
		snprintf(out, ANSWER_TEXT_LEN, "%" PRIu64 " of %" PRIu64 " restores broke the rule",
			 v->by_verdict[VERDICT_FAIL], v->restores);
	else if (v->kind == VERDICT_INCONCLUSIVE)
		snprintf(out, ANSWER_TEXT_LEN, "%s", v->nr_reasons ? printable(v->reasons[0]) : "");
	else if (!v->restores)
		snprintf(out, ANSWER_TEXT_LEN,
			 "%" PRIu64 " save%s of nested state; nothing was restored",
			 v->nested_saves, plural(v->nested_saves));
	else
		put_warnings(out,
			     snprintf(out, ANSWER_TEXT_LEN,
				      "%" PRIu64 " restore%s; the restore path touched no guest "
				      "memory before KVM_RUN",
				      v->restores, plural(v->restores)),
			     v);
	return out;
}

const char *entry_text(char out[ENTRY_TEXT_LEN], const struct first_entry *e)
{
	snprintf(out, ENTRY_TEXT_LEN, "L1's first nested entry: clean fields 0x%x, %s",
		 e->clean_fields,
		 e->failed ? "and it failed (exit reason 0x80000021)"
			   : "what became of it was not seen");
	return out;
}
