/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "sinks/checks.h"
#include "sinks/words.h"
#include "util/plain.h"

struct lines {
	FILE *out;
	const char *prefix;
	const struct trace_header *header;
};

/* A VM's name may hold anything: neither a terminal nor a parser gets it. */
static void put_line(const struct lines *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put_line(const struct lines *l, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(l->out, "%s%s\n", l->prefix, plain(line));
}

static void put_event(const struct lines *l, const struct seen_event *ev, bool marked)
{
	const char *ioctl = ioctl_name(ev->ioctl);
	char time[TIMESTAMP_LEN], what[64] = "", vcpu[24] = "";

	if (ev->vcpu != VCPU_NONE)
		snprintf(vcpu, sizeof(vcpu), "/vcpu%d", ev->vcpu);

	if (ev->phase == PHASE_EXIT)
		snprintf(what, sizeof(what), " = %" PRId64, ev->ret);
	else if (ev->is_access && ev->gpa != GPA_UNKNOWN)
		snprintf(what, sizeof(what), " %s at 0x%" PRIx64, purpose_name(ev->purpose),
			 ev->gpa);
	else if (ev->is_access)
		snprintf(what, sizeof(what), " %s", purpose_name(ev->purpose));
	put_line(l, "%s %6" PRIu64 "  %s  %-5s %s%s  vm%u%s tid %u in %s", marked ? ">" : " ",
		 ev->seq, clock_time(time, l->header, ev->t_ns), phase_name(ev->phase),
		 point_name(ev->point), what, ev->vm, vcpu, ev->tid,
		 ioctl ? ioctl : (ev->ioctl ? "another ioctl" : "no ioctl"));
}

static void put_around(const struct lines *l, const struct judgement *j, uint64_t seq)
{
	size_t at = 0, i;

	/* evidence is rare: no need to search faster */
	while (at < j->nr_events && j->events[at].seq < seq)
		at++;
	for (i = at < JUDGED_EVENTS_AROUND ? 0 : at - JUDGED_EVENTS_AROUND;
	     i <= at + JUDGED_EVENTS_AROUND && i < j->nr_events; i++)
		put_event(l, &j->events[i], j->events[i].seq == seq);
}

void put_check(FILE *out, const char *prefix, const struct judgement *j, const struct check *check,
	       const struct trace_header *header)
{
	const struct lines l = { .out = out, .prefix = prefix, .header = header };
	int i;

	put_line(&l, "expected: %s", check->expected);
	put_line(&l, "seen:     %s", check->seen);
	for (i = 0; i < check->nr_evidence; i++) {
		const struct evidence *e = &check->evidence[i];

		put_line(&l, "restore %" PRIu64 ", seq %" PRIu64 ": %s", e->restore, e->seq,
			 e->what);
		put_around(&l, j, e->seq);
	}
	if (check->more)
		put_line(&l, "and %" PRIu64 " more", check->more);
}
