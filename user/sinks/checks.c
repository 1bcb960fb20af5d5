/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sinks/checks.h"
#include "sinks/words.h"
#include "util/plain.h"
#include "util/terminal.h"
#include "util/wrap.h"

struct lines {
	FILE *out;
	const char *prefix;
	int width; /* 0: lines may be of any length */
	const struct trace_header *header;
};

/* How far what goes on is to the right of what it goes on from. */
#define CONTINUED 10

/* Made narrower between its words, or between its fields. */
static void put_text(const struct lines *l, char *text, bool fields)
{
	int blanks = (int)strspn(text, " ");
	struct wrap w = { .out = l->out, .width = l->width };

	/* a VM's name may hold anything: neither a terminal nor a parser gets it */
	plain(text);
	w.at = fprintf(l->out, "%s%*s", l->prefix, blanks, "");
	w.indent = w.at + CONTINUED;
	if (fields || !l->width)
		wrap_fields(&w, text + blanks);
	else
		wrap_words(&w, text + blanks, strlen(text + blanks));
	fputc('\n', l->out);
}

static void put_line(const struct lines *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put_line(const struct lines *l, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	put_text(l, line, false);
}

static void put_event(const struct lines *l, const struct seen_event *ev, bool marked)
{
	char time[TIMESTAMP_LEN], what[EVENT_TEXT_LEN], where[PLACE_TEXT_LEN], line[512];

	snprintf(line, sizeof(line), "%s %6" PRIu64 "  %s  %s  %s", marked ? ">" : " ", ev->seq,
		 clock_time(time, l->header, ev->t_ns), event_text(what, ev),
		 place_text(where, ev));
	put_text(l, line, true);
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
	/* who reads another prefix takes each line by itself */
	bool for_people = strspn(prefix, " ") == strlen(prefix);
	const struct lines l = { .out = out,
				 .prefix = prefix,
				 .width = for_people ? terminal_width(out) : 0,
				 .header = header };
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
