/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/doctor.h"
#include "model/names.h"
#include "util/plain.h"
#include "util/terminal.h"
#include "util/wrap.h"

#define WIDTH 80
#define RESET "\033[0m"

enum mark { MARK_OK, MARK_COST, MARK_BAD, MARK_NONE, MARK_COUNT };

static const struct {
	const char *word;
	const char *colour;
} marks[MARK_COUNT] = {
	[MARK_OK] = { "ok", "\033[32m" },
	[MARK_COST] = { "less", "\033[33m" },
	[MARK_BAD] = { "no", "\033[1;31m" },
	[MARK_NONE] = { "-", "" },
};

struct screen {
	FILE *out;
	bool colour;
	bool verbose;
};

static void print_mark(const struct screen *s, enum mark mark)
{
	fprintf(s->out, "  %s%-4s%s  ", s->colour ? marks[mark].colour : "", marks[mark].word,
		s->colour && marks[mark].colour[0] ? RESET : "");
}

/* From column at on, the lines that follow indented by so much; ends the line. */
static void print_wrapped(const struct screen *s, int at, int indent, const char *text)
{
	struct wrap w = { .out = s->out, .width = WIDTH, .at = at, .indent = indent, .plain = true };

	wrap_words(&w, text, strlen(text));
	fputc('\n', s->out);
}

static void print_labelled(const struct screen *s, int indent, const char *label, const char *text)
{
	if (!text[0])
		return;
	fprintf(s->out, "%*s%s", indent, "", label);
	print_wrapped(s, indent + (int)strlen(label), indent + (int)strlen(label), text);
}

/* where the last column of facts, and of points, begins */
#define FACT_COLUMN 22
#define POINT_COLUMN 39

static void print_fact(const struct screen *s, const struct host_fact *fact,
		       const struct host_answer *a)
{
	static const enum mark of[HOST_STATE_COUNT] = { MARK_OK, MARK_NONE, MARK_COST, MARK_BAD };

	if ((fact->scope & HOST_DETAIL) && a->state <= HOST_NOT_ASKED && !s->verbose)
		return;
	print_mark(s, of[a->state]);
	fprintf(s->out, "%-*s", FACT_COLUMN - 8, fact->name);
	print_wrapped(s, FACT_COLUMN, FACT_COLUMN, a->value);
	print_labelled(s, 8, "cost: ", a->cost);
	print_labelled(s, 8, "do:   ", a->remedy);
}

static enum mark point_mark(const struct diagnosis *d, const struct probe_fact *p)
{
	bool there = d->armed ? p->attached : p->flavour[0] != '\0';

	if (there)
		return MARK_OK;
	return p->needed ? MARK_BAD : MARK_NONE;
}

static void print_point(const struct screen *s, const struct diagnosis *d,
			const struct plan_choice *choice)
{
	const struct probe_fact *p = &choice->fact;
	enum mark mark = point_mark(d, p);

	print_mark(s, mark);
	fprintf(s->out, "%-20s  %-7s  ", point_name(p->point),
		mark == MARK_OK ? p->flavour : "absent");
	print_wrapped(s, POINT_COLUMN, POINT_COLUMN,
		      mark == MARK_OK ? p->function : choice->row->when_absent);
	if (s->verbose)
		print_labelled(s, POINT_COLUMN, "", p->reason);
}

/* Why a point is not as one would have it; "" where it is, or where it does not matter. */
static const char *complaint(const struct diagnosis *d, const struct plan_choice *choice)
{
	const struct probe_fact *p = &choice->fact;

	if (point_mark(d, p) == MARK_BAD)
		return "absent: ";
	return !strcmp(p->flavour, "kprobe") ? "kprobe, not fentry: " : "";
}

static bool same_complaint(const struct diagnosis *d, int a, int b)
{
	const struct plan_choice *c = d->plan.choices;

	return !strcmp(complaint(d, &c[a]), complaint(d, &c[b])) &&
	       !strcmp(c[a].fact.reason, c[b].fact.reason);
}

/* Each reason once, with how many points have it. */
static void print_reasons(const struct screen *s, const struct diagnosis *d)
{
	int i, j, first, times;
	char text[256];

	for (i = 0; i < d->plan.nr; i++) {
		const char *label = complaint(d, &d->plan.choices[i]);

		for (j = d->plan.nr - 1, times = 0, first = i; j >= 0; j--)
			if (same_complaint(d, i, j)) {
				times++;
				first = j;
			}
		if (!label[0] || first < i)
			continue;
		snprintf(text, sizeof(text), "%s (%d)", d->plan.choices[i].fact.reason, times);
		print_labelled(s, 2, label, text);
	}
}

static void print_plan(const struct screen *s, const struct diagnosis *d)
{
	int i;

	/* of no use before what is in the way is gone */
	if (!d->armed && !d->host.kvm_intel && !s->verbose) {
		fprintf(s->out, "nothing attached; -v shows what would be\n");
		return;
	}
	fprintf(s->out, "%s\n",
		d->armed ? "attached, and let go again:" : "planned, not attached:");
	for (i = 0; i < d->plan.nr; i++)
		print_point(s, d, &d->plan.choices[i]);
	if (!s->verbose)
		print_reasons(s, d);
}

static void print_answer(const struct screen *s, const struct diagnosis *d)
{
	enum mark mark = d->status ? MARK_BAD : MARK_OK;
	char start[32];

	if (d->status)
		snprintf(start, sizeof(start), "NO (%d)", d->status);
	else
		snprintf(start, sizeof(start), "YES");
	fprintf(s->out, "%s%s%s: ", s->colour ? marks[mark].colour : "", start,
		s->colour ? RESET : "");
	print_wrapped(s, (int)strlen(start) + 2, 2, d->answer);
	print_labelled(s, 2, "do: ", d->remedy);
}

void doctor_print_text(const struct diagnosis *d, FILE *out, bool verbose)
{
	struct screen s = { .out = out, .verbose = verbose };
	int i;

	s.colour = terminal_has_colour(out);
	if (d->host.kvm_intel) {
		put_plain(out, d->host.kvm_intel);
		fputs(":\n", out);
	}
	for (i = 0; i < host_nr_facts; i++)
		if (doctor_asked(d, i))
			print_fact(&s, &host_facts[i], &d->answers[i]);
	if (d->plan.nr)
		print_plan(&s, d);
	print_answer(&s, d);
}
