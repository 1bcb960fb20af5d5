/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect/judge.h"
#include "expect/sight.h"
#include "model/anomalies.h"
#include "model/context.h"
#include "model/names.h"

enum case_kind {
	CASE_COVERAGE,
	CASE_RESTORES,
	CASE_PATH,
	CASE_ANOMALY,
	CASE_OTHERS,
	CASE_EVENTS,
	CASE_PROBE,
	CASE_RULE,
};

/* A check while the trace goes by; what becomes of it is judgement.checks. */
struct check_case {
	enum case_kind kind;
	int index; /* of path, class, point */
	enum severity from; /* of the anomalies that count */
	struct range want;
	const struct check_rule *rule;
	uint64_t seen;
	uint64_t broken; /* of seen, those that are not as they must be */
	uint64_t unsure; /* the same, but it may be for what was not seen */
};

/* How many events there are before some are forgotten. */
#define FORGET_AT 4096

struct judge {
	const struct expectation *e;
	enum severity fail_on;
	struct check_case *cases;
	struct seen_event *events; /* those that may still be asked for: forget_events() */
	size_t nr_events;
	size_t room;
	size_t forget_at; /* so many */
	uint64_t *open; /* the SETs whose restores are not judged yet, by seq */
	size_t nr_open;
	size_t room_open;
	struct trace_header header;
	uint64_t doubtful; /* restores of which something may be missing */
	struct judgement judgement;
};

/* ---- the list of checks: fixed before the trace is read ---- */

static const struct range any_number = { 1, UINT64_MAX };
static const struct range none = { 0, 0 };

static struct check_case *add_case(struct judge *j, enum case_kind kind, const struct range *want,
				   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static struct check_case *add_case(struct judge *j, enum case_kind kind, const struct range *want,
				   const char *fmt, ...)
{
	int at = j->judgement.nr_checks++;
	struct check_case *c = &j->cases[at];
	struct check *check = &j->judgement.checks[at];
	va_list ap;

	c->kind = kind;
	c->want = *want;
	va_start(ap, fmt);
	vsnprintf(check->name, sizeof(check->name), fmt, ap);
	va_end(ap);
	range_text(want, false, check->expected, sizeof(check->expected));
	return c;
}

static void add_counts(struct judge *j, enum case_kind kind, const char *prefix,
		       const struct vocabulary *words, const struct count_rule *rules)
{
	int i, nr = words->count();

	/* what may be seen any number of times is not a check */
	for (i = 0; i < nr; i++)
		if (rules[i].given && range_can_fail(&rules[i].range))
			add_case(j, kind, &rules[i].range, "%s.%s", prefix, words->name(i))->index =
				i;
}

static void add_others(struct judge *j)
{
	const struct count_rule *others = &j->e->others;

	if (others->given && !range_can_fail(&others->range))
		return;
	add_case(j, CASE_OTHERS, others->given ? &others->range : &none, "anomalies.others")->from =
		others->given ? SEVERITY_INFO : j->fail_on;
}

static size_t put_text(char *out, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static size_t put_text(char *out, size_t at, const char *fmt, ...)
{
	va_list ap;

	if (at >= JUDGED_TEXT_LEN)
		return at;
	va_start(ap, fmt);
	at += (size_t)vsnprintf(out + at, JUDGED_TEXT_LEN - at, fmt, ap);
	va_end(ap);
	return at;
}

static size_t put_patterns(char *out, size_t at, const char *before,
			   const struct patterns *patterns)
{
	int i;

	for (i = 0; i < patterns->nr; i++)
		at = put_text(out, at, "%s%s", i ? ", " : before, patterns->pattern[i].text);
	return at;
}

static size_t put_rules(char *out, size_t at, const char *before, const struct rules *rules)
{
	char text[160];
	int i;

	for (i = 0; i < rules->nr; i++) {
		fact_rule_text(&rules->rule[i], text, sizeof(text));
		at = put_text(out, at, "%s%s", i ? ", " : before, text);
	}
	return at;
}

/* "at least 1 with mode l2; each with path native; order a, b; never c before d" */
static void describe_rule(const struct check_rule *rule, char *out)
{
	char count[64];
	size_t at;

	range_text(&rule->count, false, count, sizeof(count));
	at = put_text(out, 0, "%s", count);
	at = put_rules(out, at, " with ", &rule->where);
	at = put_rules(out, at, "; each with ", &rule->every);
	at = put_patterns(out, at, "; each in the order ", &rule->order);
	at = put_patterns(out, at, "; never ", &rule->never);
	put_patterns(out, at, " before ", &rule->before);
}

static void add_rules(struct judge *j)
{
	const struct expectation *e = j->e;
	int i, before;

	for (i = 0; i < e->nr_checks; i++) {
		const struct check_rule *rule = &e->checks[i];

		before = j->judgement.nr_checks;
		/* the file's own `every` has no name of the user's */
		add_case(j, CASE_RULE, &rule->count, "%s%s", rule == e->every ? "" : "check.",
			 rule->name)
			->rule = rule;
		describe_rule(rule, j->judgement.checks[before].expected);
	}
}

static void add_expected(struct judge *j)
{
	const struct expectation *e = j->e;
	int i;

	if (range_can_fail(&e->restores))
		add_case(j, CASE_RESTORES, &e->restores, "restores");
	add_counts(j, CASE_PATH, "paths", &path_words, e->paths);
	add_counts(j, CASE_ANOMALY, "anomalies", &anomaly_words, e->anomalies);
	add_others(j);
	add_counts(j, CASE_EVENTS, "events", &point_words, e->events);
	for (i = 0; i < PT_COUNT; i++)
		if (e->probes[i])
			add_case(j, CASE_PROBE, &any_number, "probes.%s", point_name(i))->index = i;
	add_rules(j);
}

static void add_built_in(struct judge *j)
{
	struct check_case *c;
	int i;

	add_case(j, CASE_RESTORES, &any_number, "restores");
	for (i = 0; i < anomaly_nr_classes; i++) {
		c = add_case(j, CASE_ANOMALY, &none, "anomalies.%s", anomaly_classes[i].name);
		c->index = i;
		c->from = j->fail_on;
	}
}

static size_t most_cases(const struct expectation *e)
{
	/* coverage, restores, others */
	return 3 + PATH_COUNT + (size_t)anomaly_nr_classes + 2 * (size_t)PT_COUNT +
	       (e ? (size_t)e->nr_checks : 0);
}

struct judge *judge_new(const struct expectation *e, enum severity fail_on)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->e = e;
	j->fail_on = fail_on;
	j->forget_at = FORGET_AT;
	j->cases = calloc(most_cases(e), sizeof(*j->cases));
	j->judgement.checks = calloc(most_cases(e), sizeof(*j->judgement.checks));
	if (!j->cases || !j->judgement.checks) {
		judge_free(j);
		return NULL;
	}
	j->judgement.expectation = e ? e->path : NULL;
	add_case(j, CASE_COVERAGE, &none, "coverage");
	snprintf(j->judgement.checks[0].expected, JUDGED_TEXT_LEN, "an unbroken view");
	if (e)
		add_expected(j);
	else
		add_built_in(j);
	return j;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	free(j->cases);
	free(j->judgement.checks);
	free(j->events);
	free(j->open);
	free(j);
}

/* ---- events ---- */

/* The first event with this seq or a later one. */
static size_t event_at(const struct judge *j, uint64_t seq)
{
	size_t low = 0, high = j->nr_events;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (j->events[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int note_set(struct judge *j, uint64_t seq)
{
	if (j->nr_open == j->room_open) {
		size_t room = j->room_open ? 2 * j->room_open : 64;
		uint64_t *open = realloc(j->open, room * sizeof(*open));

		if (!open)
			return -ENOMEM;
		j->open = open;
		j->room_open = room;
	}
	j->open[j->nr_open++] = seq;
	return 0;
}

static void forget_set(struct judge *j, uint64_t seq)
{
	size_t i;

	for (i = 0; i < j->nr_open && j->open[i] != seq; i++)
		;
	if (i == j->nr_open)
		return;
	j->nr_open--;
	memmove(j->open + i, j->open + i + 1, (j->nr_open - i) * sizeof(*j->open));
}

/* Their neighbours are shown with the events that prove something. */
static void mark_neighbours(const struct judge *j, size_t at, bool *kept)
{
	size_t i = at < JUDGED_EVENTS_AROUND ? 0 : at - JUDGED_EVENTS_AROUND;

	for (; i <= at + JUDGED_EVENTS_AROUND && i < j->nr_events; i++)
		kept[i] = true;
}

static void mark_evidence(const struct judge *j, bool *kept)
{
	int i, k;

	for (i = 0; i < j->judgement.nr_checks; i++)
		for (k = 0; k < j->judgement.checks[i].nr_evidence; k++)
			mark_neighbours(j, event_at(j, j->judgement.checks[i].evidence[k].seq),
					kept);
}

/*
 * A trace may be longer than memory is large. What is asked for later is what
 * comes after the oldest SET that is not judged, and what is evidence already;
 * both with their neighbours.
 */
static int forget_events(struct judge *j)
{
	bool *kept = calloc(j->nr_events, sizeof(*kept));
	size_t first = j->nr_open ? event_at(j, j->open[0]) : j->nr_events, i, nr = 0;

	if (!kept)
		return -ENOMEM;
	mark_neighbours(j, first, kept);
	mark_evidence(j, kept);
	for (i = 0; i < j->nr_events; i++)
		if (kept[i] || i >= first)
			j->events[nr++] = j->events[i];
	j->nr_events = nr;
	j->forget_at = 2 * nr > FORGET_AT ? 2 * nr : FORGET_AT;
	free(kept);
	return 0;
}

struct seen_event see_event(const struct event *ev)
{
	enum point_class class = point_class(ev->point);
	/* an unmap says what of, too, and is no access by itself */
	bool access = (class == CLASS_ACCESS || class == CLASS_UNMAP) && ev->phase == PHASE_ENTER;
	bool slot = class == CLASS_MEMSLOT && ev->phase == PHASE_ENTER;

	return (struct seen_event){
		.seq = ev->seq,
		.t_ns = ev->t_ns,
		.gpa = access ? ev->access.gpa
		       : slot ? ev->memslot.gpa
			      : GPA_UNKNOWN,
		.len = access ? ev->access.len
		       : slot ? ev->memslot.size
			      : 0,
		.slot = slot ? ev->memslot.slot & 0xffff : 0,
		.ret = ev->phase == PHASE_EXIT ? ev->ret : 0,
		.vm = ev->vm,
		.vcpu = ev->vcpu,
		.tid = ev->tid,
		.ioctl = ev->ioctl,
		.point = (uint8_t)ev->point,
		.phase = (uint8_t)ev->phase,
		.purpose = (uint8_t)(access ? ev->access.purpose : PURPOSE_UNKNOWN),
		.is_access = access && event_is_access(ev),
	};
}

static int keep_event(struct judge *j, const struct event *ev)
{
	if (j->nr_events == j->room) {
		size_t room = j->room ? 2 * j->room : 256;
		struct seen_event *events = realloc(j->events, room * sizeof(*events));

		if (!events)
			return -ENOMEM;
		j->events = events;
		j->room = room;
	}
	j->events[j->nr_events++] = see_event(ev);
	return 0;
}

static void count_event(struct judge *j, const struct event *ev)
{
	int i;

	if (ev->phase == PHASE_EXIT)
		return;
	for (i = 0; i < j->judgement.nr_checks; i++)
		if (j->cases[i].kind == CASE_EVENTS && j->cases[i].index == (int)ev->point)
			j->cases[i].seen++;
}

int judge_item(struct judge *j, const struct trace_item *item)
{
	if (item->type == ITEM_HEADER)
		j->header = *item->header;
	if (item->type != ITEM_EVENT)
		return 0;
	count_event(j, item->event);
	if (item->event->point == PT_SET_STATE && item->event->phase == PHASE_ENTER &&
	    note_set(j, item->event->seq))
		return -ENOMEM;
	if (j->nr_events == j->forget_at && forget_events(j))
		return -ENOMEM;
	return keep_event(j, item->event);
}

/* ---- a restore ---- */

static void add_evidence(struct check *check, const struct restore *r, uint64_t seq,
			 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void add_evidence(struct check *check, const struct restore *r, uint64_t seq,
			 const char *fmt, ...)
{
	struct evidence *evidence;
	va_list ap;

	if (check->nr_evidence == CHECK_MAX_EVIDENCE) {
		check->more++;
		return;
	}
	evidence = &check->evidence[check->nr_evidence++];
	evidence->restore = r->id;
	evidence->seq = seq;
	va_start(ap, fmt);
	vsnprintf(evidence->what, sizeof(evidence->what), fmt, ap);
	va_end(ap);
}

static unsigned int untolerated_why(const struct judge *j, const struct restore *r)
{
	return j->e ? r->why & ~j->e->tolerated_why : r->why;
}

static void coverage_of(struct judge *j, struct check_case *c, struct check *check,
			const struct restore *r)
{
	unsigned int why = untolerated_why(j, r);
	int i;

	if (!why)
		return;
	c->seen++;
	for (i = 0; !(why & (1U << i)); i++)
		;
	add_evidence(check, r, r->first_seq, "%s", inconclusive_text(i));
}

static void count_restore(struct judge *j, struct check_case *c, struct check *check,
			  const struct restore *r)
{
	(void)j;
	c->seen++;
	add_evidence(check, r, r->first_seq, "%s %s, %s", r->l2 ? "l2" : "l1", path_name(r->path),
		     end_name(r->end));
}

static void count_path(struct judge *j, struct check_case *c, struct check *check,
		       const struct restore *r)
{
	if ((int)r->path == c->index)
		count_restore(j, c, check, r);
}

static bool is_other(const struct judge *j, const struct check_case *c, int class)
{
	return c->kind == CASE_ANOMALY ? class == c->index : !j->e->anomalies[class].given;
}

static void count_anomalies(struct judge *j, struct check_case *c, struct check *check,
			    const struct restore *r)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++) {
		const struct anomaly *a = &r->anomalies[i];

		if (a->severity < c->from || !is_other(j, c, (int)(a->cls - anomaly_classes)))
			continue;
		c->seen++;
		add_evidence(check, r, a->seq, "%s (%s, %s): %s", a->cls->name, a->cls->id,
			     severity_name(a->severity), a->cls->title);
	}
}

/* ---- a restore against a rule ---- */

#define UNSEEN "could not be seen: probe %s was not attached"

struct window {
	const struct seen_event *events; /* all from SET to the end */
	size_t nr;
	const struct restore *restore;
};

/* Its own events, and those of the VM that are of no vCPU. */
static bool is_own(const struct window *w, const struct seen_event *ev)
{
	return ev->vm == w->restore->vm && (ev->vcpu == w->restore->vcpu || ev->vcpu == VCPU_NONE);
}

static struct window window_of(const struct judge *j, const struct restore *r)
{
	uint64_t end = r->end == END_OPEN ? UINT64_MAX : r->last_seq + 1;
	struct window w = { .restore = r };
	size_t first = event_at(j, r->first_seq);

	w.events = j->events + first;
	w.nr = event_at(j, end) - first;
	return w;
}

/* The first event from index on that fits, or nr. */
static size_t find_event(const struct window *w, size_t from, const struct event_pattern *p)
{
	while (from < w->nr && !(is_own(w, &w->events[from]) && pattern_fits(p, &w->events[from])))
		from++;
	return from;
}

static bool selected(const struct rules *where, const struct restore *r)
{
	int i;

	for (i = 0; i < where->nr; i++)
		if (fact_rule_ask(&where->rule[i], r) != FACT_HOLDS)
			return false;
	return true;
}

/* May it have happened without a trace of it, for want of the probe? */
static bool blind_to(const struct judge *j, int point)
{
	if (j->e && j->e->tolerated_doubts & (1U << DOUBT_BLIND))
		return false;
	return point_unseen(&j->header, point);
}

/* What is not there may have been missed; what is there cannot be. */
static void note_missing(struct judge *j, struct check_case *c, const struct restore *r, int point)
{
	if (untolerated_why(j, r) || blind_to(j, point))
		c->unsure++;
	else
		c->broken++;
}

static void ask_facts(struct judge *j, struct check_case *c, struct check *check,
		      const struct restore *r)
{
	const struct rules *every = &c->rule->every;
	char seen[160];
	int i;

	for (i = 0; i < every->nr; i++) {
		enum fact_answer answer = fact_rule_ask(&every->rule[i], r);

		if (answer == FACT_HOLDS)
			continue;
		if (answer == FACT_EXCEEDED)
			c->broken++;
		else
			note_missing(j, c, r, -1);
		fact_seen_text(every->rule[i].fact, r, seen, sizeof(seen));
		add_evidence(check, r, fact_seq(every->rule[i].fact, r), "%s", seen);
	}
}

static void ask_order(struct judge *j, struct check_case *c, struct check *check,
		      const struct window *w)
{
	const struct patterns *order = &c->rule->order;
	uint64_t seq = w->restore->first_seq;
	size_t at = 0;
	int i;

	for (i = 0; i < order->nr; i++, at++) {
		at = find_event(w, at, &order->pattern[i]);
		if (at == w->nr)
			break;
		seq = w->events[at].seq;
	}
	if (i == order->nr)
		return;
	note_missing(j, c, w->restore, order->pattern[i].point);
	add_evidence(check, w->restore, seq, "no %s %s seq %" PRIu64, order->pattern[i].text,
		     i ? "after" : "from", seq);
}

/* An event that was not seen: could it have been? */
static void ask_sight(struct judge *j, struct check_case *c, struct check *check,
		      const struct window *w, const struct event_pattern *p)
{
	if (!blind_to(j, p->point))
		return;
	c->unsure++;
	add_evidence(check, w->restore, w->restore->first_seq, UNSEEN, point_name(p->point));
}

static void ask_never(struct judge *j, struct check_case *c, struct check *check,
		      const struct window *w)
{
	const struct check_rule *rule = c->rule;
	size_t end = w->nr, at;
	int i;

	if (rule->before.nr) {
		end = find_event(w, 0, rule->before.pattern);
		if (end == w->nr) {
			note_missing(j, c, w->restore, rule->before.pattern->point);
			add_evidence(check, w->restore, w->restore->first_seq, "no %s at all",
				     rule->before.pattern->text);
		}
	}
	for (i = 0; i < rule->never.nr; i++) {
		at = find_event(w, 0, &rule->never.pattern[i]);
		if (at >= end) {
			ask_sight(j, c, check, w, &rule->never.pattern[i]);
			continue;
		}
		c->broken++;
		add_evidence(check, w->restore, w->events[at].seq, "%s",
			     rule->never.pattern[i].text);
	}
}

static void ask_rule(struct judge *j, struct check_case *c, struct check *check,
		     const struct restore *r)
{
	struct window w = window_of(j, r);

	if (!selected(&c->rule->where, r))
		return;
	c->seen++;
	ask_facts(j, c, check, r);
	ask_order(j, c, check, &w);
	ask_never(j, c, check, &w);
}

typedef void (*restore_fn)(struct judge *j, struct check_case *c, struct check *check,
			   const struct restore *r);

static const restore_fn of_restore[] = {
	[CASE_COVERAGE] = coverage_of,
	[CASE_RESTORES] = count_restore,
	[CASE_PATH] = count_path,
	[CASE_ANOMALY] = count_anomalies,
	[CASE_OTHERS] = count_anomalies,
	[CASE_EVENTS] = NULL,
	[CASE_PROBE] = NULL,
	[CASE_RULE] = ask_rule,
};

void judge_restore(struct judge *j, const struct restore *r)
{
	int i;

	forget_set(j, r->first_seq);
	/* how often a VMM resets its vCPUs is no one's expectation */
	if (r->reset)
		return;
	j->doubtful += untolerated_why(j, r) != 0;
	for (i = 0; i < j->judgement.nr_checks; i++)
		if (of_restore[j->cases[i].kind])
			of_restore[j->cases[i].kind](j, &j->cases[i], &j->judgement.checks[i], r);
}

/* ---- the end ---- */

/* Each of these has a check of its own. */
#define COUNTED_DOUBTS (1U << DOUBT_NO_RESTORE | 1U << DOUBT_RESTORES)

static unsigned int untolerated_doubts(const struct judge *j, const struct verdict *v)
{
	return v->doubts & ~COUNTED_DOUBTS & (j->e ? ~j->e->tolerated_doubts : ~0U);
}

/* Could there be more than was seen? A failed command hides nothing. */
static bool may_have_missed(const struct judge *j, const struct verdict *v)
{
	return j->doubtful || (untolerated_doubts(j, v) & ~(1U << DOUBT_COMMAND));
}

static void finish_coverage(struct judge *j, struct check_case *c, struct check *check,
			    const struct verdict *v)
{
	unsigned int doubts = untolerated_doubts(j, v);
	size_t at = 0;
	int i;

	for (i = 0; i < v->nr_reasons; i++)
		if (doubts & (1U << v->reason_doubt[i]))
			at = put_text(check->seen, at, "%s%s", at ? "; " : "", v->reasons[i]);
	if (c->seen)
		at = put_text(check->seen, at, "%s%" PRIu64 " of %" PRIu64 " restores are in doubt",
			      at ? "; " : "", c->seen, v->restores);
	if (doubts || c->seen)
		check->result = VERDICT_INCONCLUSIVE;
	else
		put_text(check->seen, 0, "%" PRIu64 " events, none missing", v->events);
}

/* The first point for which there may be more of these than was seen, or -1. */
static int unseen_point(const struct judge *j, const struct check_case *c)
{
	int i;

	if (c->kind == CASE_EVENTS)
		return blind_to(j, c->index) ? c->index : -1;
	if (c->kind != CASE_ANOMALY && c->kind != CASE_OTHERS)
		return -1;
	/* who does not speak of the others is told of those that can be seen */
	if (c->kind == CASE_OTHERS && !j->e->others.given)
		return -1;
	for (i = 0; i < anomaly_nr_classes; i++)
		if (is_other(j, c, i) && blind_to(j, point_of_class(i)))
			return point_of_class(i);
	return -1;
}

static void judge_count(struct judge *j, struct check_case *c, struct check *check,
			const struct verdict *v)
{
	int unseen = unseen_point(j, c);

	if (c->seen > c->want.max)
		check->result = VERDICT_FAIL;
	/* by the built-in rules, a trace that shows nothing proves nothing */
	else if (c->seen < c->want.min && (j->e || v->doubts & (1U << DOUBT_NO_RESTORE)))
		check->result = may_have_missed(j, v) || unseen >= 0 || !j->e ? VERDICT_INCONCLUSIVE
									      : VERDICT_FAIL;
	else if (c->want.max != UINT64_MAX && unseen >= 0)
		check->result = VERDICT_INCONCLUSIVE;
	if (check->result == VERDICT_INCONCLUSIVE && unseen >= 0)
		put_text(check->seen, strlen(check->seen), "; " UNSEEN, point_name(unseen));
}

static void finish_count(struct judge *j, struct check_case *c, struct check *check,
			 const struct verdict *v)
{
	size_t at = put_text(check->seen, 0, "%" PRIu64, c->seen);

	if (c->kind == CASE_RESTORES && !c->seen && v->nested_saves)
		put_text(check->seen, at, ", and %" PRIu64 " saves", v->nested_saves);
	judge_count(j, c, check, v);
}

static const struct probe_fact *probe_of(const struct judge *j, int point)
{
	size_t i;

	for (i = 0; i < j->header.nr_probes; i++)
		if ((int)j->header.probes[i].point == point)
			return &j->header.probes[i];
	return NULL;
}

static void finish_probe(struct judge *j, struct check_case *c, struct check *check,
			 const struct verdict *v)
{
	const struct probe_fact *probe = probe_of(j, c->index);

	(void)v;
	snprintf(check->expected, sizeof(check->expected), "attached");
	if (probe && probe->attached) {
		put_text(check->seen, 0, "attached to %s", probe->function);
		return;
	}
	check->result = VERDICT_FAIL;
	put_text(check->seen, 0, "not attached%s%s", probe && *probe->reason ? ": " : "",
		 probe ? probe->reason : "");
}

static void finish_rule(struct judge *j, struct check_case *c, struct check *check,
			const struct verdict *v)
{
	size_t at = put_text(check->seen, 0, "%" PRIu64 " selected", c->seen);

	judge_count(j, c, check, v);
	if (c->broken)
		check->result = VERDICT_FAIL;
	else if (c->unsure && check->result == VERDICT_PASS)
		check->result = VERDICT_INCONCLUSIVE;
	if (c->broken || c->unsure)
		put_text(check->seen, at, "; restore %" PRIu64 ": %s", check->evidence[0].restore,
			 check->evidence[0].what);
}

typedef void (*finish_fn)(struct judge *j, struct check_case *c, struct check *check,
			  const struct verdict *v);

static const finish_fn finish_case[] = {
	[CASE_COVERAGE] = finish_coverage, [CASE_RESTORES] = finish_count,
	[CASE_PATH] = finish_count,	   [CASE_ANOMALY] = finish_count,
	[CASE_OTHERS] = finish_count,	   [CASE_EVENTS] = finish_count,
	[CASE_PROBE] = finish_probe,	   [CASE_RULE] = finish_rule,
};

/* The built-in rules claim nothing of a class that could not be seen. */
static void leave_out_unseen(struct judge *j)
{
	struct judgement *judgement = &j->judgement;
	int i, kept = 0;

	for (i = 0; i < judgement->nr_checks; i++) {
		const struct check_case *c = &j->cases[i];

		if (!j->e && c->kind == CASE_ANOMALY && !c->seen && unseen_point(j, c) >= 0)
			continue;
		j->cases[kept] = *c;
		judgement->checks[kept++] = judgement->checks[i];
	}
	judgement->nr_checks = kept;
}

const struct judgement *judge_finish(struct judge *j, const struct verdict *v)
{
	struct judgement *judgement = &j->judgement;
	int i;

	leave_out_unseen(j);
	for (i = 0; i < judgement->nr_checks; i++) {
		struct check *check = &judgement->checks[i];

		finish_case[j->cases[i].kind](j, &j->cases[i], check, v);
		judgement->by_result[check->result]++;
		if (check->result > judgement->result)
			judgement->result = check->result;
	}
	judgement->verdict = v;
	judgement->events = j->events;
	judgement->nr_events = j->nr_events;
	return judgement;
}
