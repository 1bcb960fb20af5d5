/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/names.h"
#include "sinks/words.h"
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

	if (a->gpa != GPA_UNKNOWN)
		snprintf(address, sizeof(address), "0x%" PRIx64, a->gpa);
	if (a->done)
		snprintf(end, sizeof(end), "result %" PRId64 ", took %s", a->ret,
			 duration(time, a->duration_ns));
	else
		snprintf(end, sizeof(end), "still blocked after %s",
			 duration(time, a->duration_ns));
	snprintf(out, ACCESS_TEXT_LEN,
		 "guest address %s (%s, %" PRIu64 " bytes) %s by %.64s in %s, %s", address,
		 purpose_name(a->purpose), a->len, access_verb(a->point), printable(a->function),
		 ioctl_text(cmd, a->ioctl), end);
	return out;
}

const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
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
		snprintf(out, ANSWER_TEXT_LEN,
			 "%" PRIu64
			 " restore%s; the restore path touched no guest memory before KVM_RUN",
			 v->restores, plural(v->restores));
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
