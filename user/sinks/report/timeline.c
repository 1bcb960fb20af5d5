/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/report/timeline.h"
#include "sinks/words.h"

/* In units of the drawing; the browser scales it to its width. */
#define LANE 26.0
#define ROW 16.0 /* of anomalies */
#define TOP 22.0
#define MIN_BAR 3.0
#define FAILED_BAR 13.0 /* of a KVM_RUN that failed: its cross is to be seen */
#define LABEL_CHAR 6.7 /* as wide as a bold letter is, where fonts are wide */
#define LABEL_GAP 5.0 /* between two labels in one row */
#define MAX_LABELS 64
#define LABEL_LEN 80
/* KVM_SET_NESTED_STATE is drawn again where it has less than this part of the whole. */
#define NARROW 0.15

/*
 * Each drawing is there twice, and the style shows one: on a telephone all of it has to be seen at
 * once, with letters that can be read.
 */
struct shape {
	const char *cls;
	double left;
	double width;
	double right;
	double text_from; /* no label begins before */
	double names; /* of lanes, above them; 0: left of them */
	double ticks; /* at most */
	bool telling; /* has texts for who points at it */
};

static const struct shape shapes[] = {
	{ "wide", .left = 92, .width = 800, .right = 18, .text_from = 92, .ticks = 8, true },
	{ "narrow", .left = 14, .width = 312, .right = 14, .names = 14, .ticks = 4 },
};

enum lane { LANE_IOCTL, LANE_MEMORY, LANE_SLOTS, LANE_COUNT };

/* Text beside a mark. It is drawn when all marks are: none of them crosses it. */
struct label {
	double from, to; /* what it covers */
	double y;
	double mark_x, mark_y; /* of its mark, to which a line leads where it is not beside it */
	double reach; /* so much right of its mark it may begin, where marks lie close together */
	bool left; /* of its mark */
	const char *cls;
	char text[LABEL_LEN];
};

struct drawing {
	struct page *page;
	const struct shape *shape;
	const struct restore *r;
	const struct kept_detail *detail;
	uint64_t from; /* after SET began */
	uint64_t to;
	double y[LANE_COUNT]; /* of the lane's middle; 0: there is none */
	double top; /* of the anomalies */
	double bottom;
	struct label labels[MAX_LABELS];
	int nr_labels;
};

static double x_of(const struct drawing *d, uint64_t after)
{
	const struct shape *s = d->shape;

	if (after <= d->from)
		return s->left;
	if (after >= d->to)
		return s->left + s->width;
	return s->left + s->width * (double)(after - d->from) / (double)(d->to - d->from);
}

static bool is_inside(const struct drawing *d, uint64_t after)
{
	return after >= d->from && after <= d->to;
}

static uint64_t after_set(const struct restore *r, uint64_t t_ns)
{
	return t_ns > r->t_set_ns ? t_ns - r->t_set_ns : 0;
}

/* What ends the ban: KVM_RUN, or another restore. */
static bool has_end(const struct restore *r)
{
	return r->run_seen || r->superseded_by;
}

static uint64_t end_after(const struct restore *r)
{
	return after_set(r, r->run_seen ? r->t_run_ns : r->t_superseded_ns);
}

static uint64_t ban_ends(const struct drawing *d)
{
	return has_end(d->r) ? end_after(d->r) : d->to;
}

/* For who points at the mark. What holds it is closed by the caller. */
static void put_title(struct drawing *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put_title(struct drawing *d, const char *fmt, ...)
{
	char text[ACCESS_TEXT_LEN];
	va_list args;

	if (!d->shape->telling)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page_put(d->page, "<title>");
	page_text(d->page, text);
	page_put(d->page, "</title>");
}

/* ---- labels ---- */

#define NEAR 40.0 /* a label is no further from its mark than this */

static bool is_beside(const struct label *a, const struct label *b)
{
	return fabs(a->y - b->y) < ROW - 2;
}

static bool is_in_way(const struct label *other, const struct label *l)
{
	return is_beside(other, l) && l->from < other->to + LABEL_GAP &&
	       other->from < l->to + LABEL_GAP;
}

static double width_of(const struct shape *s)
{
	return s->left + s->width + s->right;
}

static bool is_free(const struct drawing *d, const struct label *l)
{
	int i;

	if (l->from < d->shape->text_from || l->to > width_of(d->shape))
		return false;
	for (i = 0; i < d->nr_labels; i++)
		if (is_in_way(&d->labels[i], l))
			return false;
	return true;
}

/* A line goes down from where KVM_RUN began, or another restore, through what happened. */
static double line_ends(const struct drawing *d)
{
	return d->top > 0 ? d->top : d->bottom;
}

/* Less than 0: there is none at this height. */
static double end_line(const struct drawing *d, double y)
{
	if (!has_end(d->r) || !is_inside(d, end_after(d->r)))
		return -1;
	return y > d->y[LANE_IOCTL] && y - ROW < line_ends(d) ? x_of(d, end_after(d->r)) : -1;
}

static bool is_clear(const struct drawing *d, const struct label *l)
{
	double line = end_line(d, l->y);

	return is_free(d, l) && !(l->from < line && l->to > line);
}

static void put_beside(struct label *l, double x, double gap, bool left)
{
	double width = (double)strlen(l->text) * LABEL_CHAR;

	l->left = left;
	l->to = left ? x - gap : x + gap + width;
	l->from = l->to - width;
}

/* Behind the labels that are in its way; false: it would be too far. */
static bool put_behind(const struct drawing *d, struct label *l)
{
	double width = l->to - l->from, start = l->from;
	int i = 0;

	while (i < d->nr_labels) {
		const struct label *other = &d->labels[i++];

		if (!is_in_way(other, l))
			continue;
		l->from = other->to + LABEL_GAP;
		l->to = l->from + width;
		i = 0; /* there it may be in the way of another */
	}
	return l->from - start < fmax(NEAR, l->reach);
}

/* Above its mark, which so is at some place of it. */
static bool put_over(const struct drawing *d, struct label *l, double x)
{
	double width = (double)strlen(l->text) * LABEL_CHAR;
	int quarter;

	l->left = false;
	for (quarter = 1; quarter < 4; quarter++) {
		l->from = x - width * quarter / 4;
		l->to = l->from + width;
		if (is_clear(d, l))
			return true;
	}
	return false;
}

/* Right of x, else left of it, or above it. */
static bool find_near(const struct drawing *d, struct label *l, double x, double gap)
{
	int left;

	for (left = 0; left < 2; left++) {
		put_beside(l, x, gap, left);
		if (is_clear(d, l))
			return true;
	}
	return gap == 0 && put_over(d, l, x);
}

/* Else behind what is there, or before the line. */
static bool find_place(const struct drawing *d, struct label *l, double x, double gap)
{
	double line = end_line(d, l->y);

	if (find_near(d, l, x, gap))
		return true;
	put_beside(l, x, gap, false);
	if (put_behind(d, l) && is_clear(d, l))
		return true;
	if (line >= 0 && x >= line && x - line < NEAR) {
		put_beside(l, line, 3, true);
		if (is_free(d, l))
			return true;
	}
	return false;
}

static void keep_inside(const struct drawing *d, struct label *l)
{
	double over = l->to - width_of(d->shape), under = d->shape->text_from - l->from;
	double by = over > 0 ? -over : under > 0 ? under : 0;

	l->from += by;
	l->to += by;
}

/* must: rather over something else than not at all, and that where it is wholly seen. */
static void put_label(struct drawing *d, struct label *l, double x, double gap, bool must)
{
	bool found;

	if (d->nr_labels == MAX_LABELS)
		return;
	l->mark_x = x;
	found = find_place(d, l, x, gap);
	if (!found && must) {
		put_beside(l, x, gap, x > d->shape->left + d->shape->width / 2);
		keep_inside(d, l);
	}
	if (found || must)
		d->labels[d->nr_labels++] = *l;
}

#define BESIDE 12.0 /* so near there is no doubt which mark a label is of */

/* From a label that does not begin at its mark. */
static void draw_leader(struct drawing *d, const struct label *l)
{
	double from = fmin(fmax(l->mark_x, l->from), l->to);
	bool over = l->mark_y > l->y;

	if (over ? fabs(l->from - l->mark_x) < 1 : fabs(from - l->mark_x) < BESIDE)
		return;
	if (over)
		page_put(d->page, "<path class=leader d='M%.1f %.1fL%.1f %.1f'/>\n", from, l->y + 2,
			 l->mark_x, l->mark_y);
	else if (l->mark_y > 0)
		page_put(d->page, "<path class=leader d='M%.1f %.1fH%.1f'/>\n", from, l->mark_y,
			 l->mark_x);
}

static void draw_labels(struct drawing *d)
{
	int i;

	for (i = 0; i < d->nr_labels; i++)
		draw_leader(d, &d->labels[i]);
	for (i = 0; i < d->nr_labels; i++) {
		const struct label *l = &d->labels[i];

		page_put(d->page, "<text class='at%s%s%s' x=%.1f y=%.1f>%s</text>\n",
			 l->left ? " left" : "", l->cls[0] ? " " : "", l->cls,
			 l->left ? l->to : l->from, l->y, l->text);
	}
}

/* ---- the lanes ---- */

/* Above the lane its name takes the place of a label. */
static void name_lane(struct drawing *d, double y, const char *name)
{
	struct label label = { .y = y, .cls = "name" };

	double x = d->shape->text_from;

	snprintf(label.text, sizeof(label.text), "%s", name);
	if (!find_place(d, &label, x, 0)) /* the line of a KVM_RUN that comes early */
		x = end_line(d, y) + 3;
	put_label(d, &label, x, 0, true);
}

static void draw_lane(struct drawing *d, enum lane lane, const char *name)
{
	/* above what else is above its middle */
	static const double above[LANE_COUNT] = { 25, 28, 9 };
	const struct shape *s = d->shape;

	if (s->names > 0)
		name_lane(d, d->y[lane] - above[lane], name);
	else
		page_put(d->page, "<text class=lane x=%.0f y=%.1f>%s</text>", s->left - 8,
			 d->y[lane] + 4, name);
	page_put(d->page, "<path class=line d='M%.0f %.1fh%.0f'/>\n", s->left, d->y[lane],
		 s->width);
}

static void draw_ban(struct drawing *d)
{
	double x = x_of(d, 0), end = x_of(d, ban_ends(d));

	if (end - x < 1)
		return;
	page_put(d->page, "<rect class=ban x=%.1f y=%.1f width=%.1f height=%.1f>", x,
		 d->y[LANE_MEMORY] - LANE / 2 + 2, end - x, LANE - 4);
	put_title(d, "from SET to KVM_RUN: no guest memory may be touched");
	page_put(d->page, "</rect>\n");
}

static void draw_bar(struct drawing *d, enum lane lane, const char *cls, uint64_t from, uint64_t to)
{
	double x = x_of(d, from), width = x_of(d, to) - x;

	page_put(d->page, "<rect class=%s x=%.1f y=%.1f width=%.1f height=12 rx=2>", cls, x,
		 d->y[lane] - 6, width > MIN_BAR ? width : MIN_BAR);
}

#define ABOVE 10.0 /* a label over the middle of its lane */
#define HIGHER (TOP - 12) /* one that has no room there, over the ioctls */

/* One whose return is not in the trace goes on to where something else is known to have begun. */
static uint64_t set_ends(const struct drawing *d)
{
	return d->r->set_done ? d->r->set_duration_ns : ban_ends(d);
}

static void draw_set(struct drawing *d)
{
	struct label label = { .y = d->y[LANE_IOCTL] - ABOVE, .cls = "", .text = "SET" };
	char time[DURATION_LEN];
	double x = x_of(d, 0), end = x_of(d, set_ends(d));

	draw_bar(d, LANE_IOCTL, d->r->set_done ? "set" : "'set open'", 0, set_ends(d));
	if (d->r->set_done)
		put_title(d, "KVM_SET_NESTED_STATE, %s", duration(time, d->r->set_duration_ns));
	else
		put_title(d, "KVM_SET_NESTED_STATE, whose return is not in the trace");
	page_put(d->page, "</rect>");
	/* in the bar where it has room, else above it */
	if (end - x > 4 * LABEL_CHAR)
		page_put(d->page, "<text class=in x=%.1f y=%.1f>SET</text>\n", (x + end) / 2,
			 d->y[LANE_IOCTL] + 4);
	else
		put_label(d, &label, x, 0, true);
}

/* What is no surprise in a restore is named where it is pointed at. */
static bool is_named(const struct kept_doing *doing)
{
	if (doing->failed) /* KVM_RUN's label is its */
		return false;
	return doing->ioctl || doing->point == PT_NESTED_EXIT || doing->point == PT_SHADOW_COPY ||
	       doing->point == PT_FREE_VCPU;
}

static const char *doing_name(char cmd[IOCTL_TEXT_LEN], const struct kept_doing *doing)
{
	return doing->ioctl ? ioctl_text(cmd, doing->ioctl) : point_name(doing->point);
}

static bool proves_something(const struct restore *r, const struct kept_doing *doing)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		if (r->anomalies[i].t_ns >= doing->from_ns && r->anomalies[i].t_ns <= doing->to_ns)
			return true;
	return false;
}

static void label_doing(struct drawing *d, const struct kept_doing *doing)
{
	struct label label = { .y = d->y[LANE_IOCTL] - ABOVE, .cls = "" };
	double x = x_of(d, after_set(d->r, doing->from_ns));
	char cmd[IOCTL_TEXT_LEN];

	if (!is_named(doing) || !is_inside(d, after_set(d->r, doing->from_ns)))
		return;
	snprintf(label.text, sizeof(label.text), "%s", doing_name(cmd, doing));
	label.mark_y = d->y[LANE_IOCTL] + (doing->ioctl ? -4 : 8);
	/* a long bar need not have it where it begins */
	label.reach = x_of(d, after_set(d->r, doing->to_ns)) - x;
	if (!find_near(d, &label, x, 0)) {
		label.y = HIGHER;
		if (!find_near(d, &label, x, 0))
			label.y = d->y[LANE_IOCTL] - ABOVE;
	}
	put_label(d, &label, x, 0, false);
}

/* Other ioctls as bars in the lane of them, what KVM did in any as lines beneath. */
static void draw_doing(struct drawing *d, const struct kept_doing *doing)
{
	uint64_t from = after_set(d->r, doing->from_ns), to = after_set(d->r, doing->to_ns);
	char cmd[IOCTL_TEXT_LEN], time[DURATION_LEN];
	double x = x_of(d, from), width = x_of(d, to) - x;

	if (doing->failed || !is_inside(d, from))
		return;
	page_put(d->page, "<rect class=%s x=%.1f y=%.1f width=%.1f height=%d>",
		 doing->ioctl ? "other" : "inner", x, d->y[LANE_IOCTL] + (doing->ioctl ? -4 : 8),
		 width > MIN_BAR ? width : MIN_BAR, doing->ioctl ? 8 : 4);
	put_title(d, "%s, %s", doing_name(cmd, doing),
		  doing->open ? "which has not returned" : duration(time, to - from));
	page_put(d->page, "</rect>\n");
}

static void draw_doings(struct drawing *d)
{
	int i;

	for (i = 0; i < d->detail->nr_doings; i++)
		draw_doing(d, &d->detail->doings[i]);
	/* where there is not room for all, what an anomaly came of has it */
	for (i = 0; i < d->detail->nr_doings; i++)
		if (proves_something(d->r, &d->detail->doings[i]))
			label_doing(d, &d->detail->doings[i]);
	for (i = 0; i < d->detail->nr_doings; i++)
		if (!proves_something(d->r, &d->detail->doings[i]))
			label_doing(d, &d->detail->doings[i]);
}

/* ---- KVM_RUN ---- */

static const char *run_name(const struct restore *r)
{
	if (!r->run_exact)
		return "has run by here";
	return r->pages_failed ? "KVM_RUN failed" : "KVM_RUN";
}

/* One that came back without having entered the guest: no bar, but a frame with a cross in it. */
static void draw_failed_run(struct drawing *d, const struct kept_doing *doing)
{
	uint64_t from = after_set(d->r, doing->from_ns), to = after_set(d->r, doing->to_ns);
	double x = x_of(d, from), width = fmax(x_of(d, to) - x, FAILED_BAR);
	double y = d->y[LANE_IOCTL];
	char time[DURATION_LEN];

	if (!is_inside(d, from))
		return;
	page_put(d->page, "<rect class=failed x=%.1f y=%.1f width=%.1f height=12 rx=2>", x, y - 6,
		 width);
	put_title(d, "KVM_RUN that failed after %s: the guest did not run",
		  duration(time, to - from));
	page_put(d->page, "</rect><path class=failed d='M%.1f %.1fl8 8m0 -8l-8 8'/>\n",
		 x + width / 2 - 4, y - 4);
}

static bool has_run_bar(const struct kept_detail *detail)
{
	return detail->restore.run_seen && (!detail->restore.pages_failed || detail->ran_ns);
}

/* From where the vCPU is known to have run, to the end of the drawing. */
static void draw_run_bar(struct drawing *d)
{
	uint64_t from = after_set(d->r, d->r->pages_failed ? d->detail->ran_ns : d->r->t_run_ns);

	if (!is_inside(d, from) || !has_run_bar(d->detail))
		return;
	draw_bar(d, LANE_IOCTL, "run", from, d->to);
	put_title(d, "%s",
		  !d->r->run_exact     ? "it has run by here at the latest"
		  : d->r->pages_failed ? "KVM_RUN, in which the vCPU ran after one that failed"
				       : "KVM_RUN");
	page_put(d->page, "</rect>");
}

/* Beside SET where there is room for both, else higher. */
static void put_end_label(struct drawing *d, struct label *label, double x)
{
	label->mark_y = d->y[LANE_IOCTL] - 6;
	if (!find_place(d, label, x, 0))
		label->y = HIGHER;
	put_label(d, label, x, 0, true);
}

static void draw_run(struct drawing *d)
{
	struct label label = { .y = d->y[LANE_IOCTL] - ABOVE,
			       .cls = d->r->pages_failed ? "warn" : "" };
	uint64_t run = after_set(d->r, d->r->t_run_ns);
	double x = x_of(d, run);
	int i;

	if (!d->r->run_seen || !is_inside(d, run))
		return;
	draw_run_bar(d);
	for (i = 0; i < d->detail->nr_doings; i++)
		if (d->detail->doings[i].failed)
			draw_failed_run(d, &d->detail->doings[i]);
	page_put(d->page, "<path class='ran%s%s' d='M%.1f %.1fV%.1f'/>\n",
		 d->r->run_exact ? "" : " late", d->r->pages_failed ? " failed" : "", x,
		 d->y[LANE_IOCTL] - 6, line_ends(d));
	snprintf(label.text, sizeof(label.text), "%s", run_name(d->r));
	put_end_label(d, &label, x);
}

/* The SET that ended this restore: where it began; of what it did nothing is this restore's. */
static void draw_superseding(struct drawing *d)
{
	struct label label = { .y = d->y[LANE_IOCTL] - ABOVE, .cls = "" };
	uint64_t from = after_set(d->r, d->r->t_superseded_ns);

	if (!d->r->superseded_by || !is_inside(d, from))
		return;
	draw_bar(d, LANE_IOCTL, "next", from, d->to);
	put_title(d, "KVM_SET_NESTED_STATE of restore %" PRIu64 "%s", d->r->superseded_by,
		  d->r->end == END_OPEN ? ", whose return is not in the trace"
					: ", which ends this one");
	page_put(d->page, "</rect><path class=ended d='M%.1f %.1fV%.1f'/>\n", x_of(d, from),
		 d->y[LANE_IOCTL] - 6, line_ends(d));
	snprintf(label.text, sizeof(label.text), "SET of restore %" PRIu64, d->r->superseded_by);
	put_end_label(d, &label, x_of(d, from));
}

/* ---- what reached guest memory ---- */

static enum severity worst_of_access(const struct restore *r, int index)
{
	enum severity worst = SEVERITY_INFO;
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		if (r->anomalies[i].access == index && r->anomalies[i].severity > worst)
			worst = r->anomalies[i].severity;
	return worst;
}

static bool has_anomaly(const struct restore *r, int index)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		if (r->anomalies[i].access == index)
			return true;
	return false;
}

static bool is_in_vain(const struct access *a)
{
	return a->done && !a->touched;
}

/* Whether it touched guest memory its return would have told, which is not in the trace. */
static bool is_unknown(const struct access *a)
{
	return !a->done && !a->touched;
}

static const char *access_class(const struct restore *r, int index)
{
	const struct access *a = r->accesses[index];

	switch (worst_of_access(r, index)) {
	case SEVERITY_ERROR:
		return "bad";
	case SEVERITY_WARNING:
		return is_in_vain(a) ? "vain" : "warn";
	default:
		break;
	}
	if (is_in_vain(a))
		return "vain";
	if (is_unknown(a))
		return "unknown";
	if (!a->before_run)
		return "good";
	/* what an anomaly is made of has not all one of its own */
	return r->verdict == VERDICT_FAIL && !a->asked_for && !has_anomaly(r, index) ? "bad"
										     : "asked";
}

static void label_access(struct drawing *d, const struct access *a, double x, const char *cls)
{
	struct label label = { .y = d->y[LANE_MEMORY] - 14,
			       .mark_y = d->y[LANE_MEMORY] - 6,
			       .cls = cls };
	const char *failed = is_in_vain(a) ? " failed" : is_unknown(a) ? " ..." : "";

	if (a->gpa == GPA_UNKNOWN)
		snprintf(label.text, sizeof(label.text), "%s%s", point_name(a->point), failed);
	else
		snprintf(label.text, sizeof(label.text), "%s %s 0x%" PRIx64 "%s",
			 point_name(a->point), a->purpose ? purpose_name(a->purpose) : "", a->gpa,
			 failed);
	put_label(d, &label, x, 0, false);
}

static void draw_access(struct drawing *d, int index)
{
	const struct access *a = d->r->accesses[index];
	uint64_t at = after_set(d->r, a->t_ns);
	/* nothing of its restore came after it */
	bool goes_on = is_unknown(a) && d->r->end == END_OPEN;
	char text[ACCESS_TEXT_LEN];

	if (!is_inside(d, at))
		return;
	draw_bar(d, LANE_MEMORY, access_class(d->r, index), at,
		 goes_on ? ban_ends(d) : at + a->duration_ns);
	put_title(d, "%s", access_text(text, a));
	page_put(d->page, "</rect>\n");
}

/* Those that are no surprise are named where they are pointed at. */
static bool is_access_named(const struct restore *r, int index)
{
	const struct access *a = r->accesses[index];

	return a->purpose == PURPOSE_EVMCS || is_unknown(a) || has_anomaly(r, index) ||
	       !strcmp(access_class(r, index), "bad");
}

/* Where it is what broke the rule, the map of the eVMCS, and else what an anomaly is told with. */
static bool name_matters(const struct restore *r, int index)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		if (r->anomalies[i].map >= 0)
			return r->accesses[index]->purpose == PURPOSE_EVMCS;
	return has_anomaly(r, index);
}

static void name_access(struct drawing *d, int index)
{
	const struct access *a = d->r->accesses[index];
	uint64_t at = after_set(d->r, a->t_ns);

	if (is_inside(d, at))
		label_access(d, a, x_of(d, at), access_class(d->r, index));
}

/* What an anomaly is about lies over the others, and has its name where not all have room. */
static void draw_accesses(struct drawing *d)
{
	int i;

	for (i = 0; i < d->r->nr_accesses; i++)
		if (!has_anomaly(d->r, i))
			draw_access(d, i);
	for (i = 0; i < d->r->nr_accesses; i++)
		if (has_anomaly(d->r, i))
			draw_access(d, i);
	for (i = 0; i < d->r->nr_accesses; i++)
		if (name_matters(d->r, i))
			name_access(d, i);
	for (i = 0; i < d->r->nr_accesses; i++)
		if (!name_matters(d->r, i) && is_access_named(d->r, i))
			name_access(d, i);
}

static void draw_map(struct drawing *d)
{
	uint64_t at = after_set(d->r, d->r->t_map_ns);
	double x = x_of(d, at);

	if (!restore_is_mapped(d->r) || !is_inside(d, at))
		return;
	page_put(d->page, "<path class=map d='M%.1f %.1fl5 9h-10z'>", x, d->y[LANE_MEMORY] + 5);
	put_title(d, "the eVMCS is mapped");
	page_put(d->page, "</path>\n");
}

static void draw_slots(struct drawing *d)
{
	int i;

	for (i = 0; i < d->r->nr_memslots; i++) {
		const struct memslot_change *m = &d->r->memslots[i];
		uint64_t at = after_set(d->r, m->t_ns);
		char text[MEMSLOT_TEXT_LEN];

		if (!is_inside(d, at))
			continue;
		page_put(d->page, "<path class=slot d='M%.1f %.1fl5 5l-5 5l-5 -5z'>", x_of(d, at),
			 d->y[LANE_SLOTS] - 5);
		put_title(d, "memslot %s",
			  memslot_text(text, m->slot.slot & 0xffff, m->slot.gpa, m->slot.size));
		page_put(d->page, "</path>\n");
	}
}

/* ---- anomalies ---- */

static const char *severity_class(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return "bad";
	case SEVERITY_WARNING:
		return "warn";
	default:
		return "asked";
	}
}

/* A row for each class, the marks of one class in one. */
static int row_of(const struct restore *r, int index)
{
	int row = 0, i, k;

	for (i = 0; i < index; i++) {
		if (r->anomalies[i].cls == r->anomalies[index].cls)
			return row_of(r, i);
		for (k = 0; k < i && r->anomalies[k].cls != r->anomalies[i].cls; k++)
			;
		row += k == i;
	}
	return row;
}

static int anomaly_rows(const struct restore *r)
{
	int most = 0, i;

	for (i = 0; i < r->nr_anomalies; i++)
		if (row_of(r, i) >= most)
			most = row_of(r, i) + 1;
	return most;
}

/* first: of its class; the marks of the others may do without a name. */
static void draw_anomaly(struct drawing *d, const struct anomaly *a, double y, bool first)
{
	struct label label = { .y = y + 10, .mark_y = y + 6, .cls = "" };
	double x = x_of(d, after_set(d->r, a->t_ns));

	page_put(d->page, "<g class=%s><path d='M%.1f %.1fl6 11h-12z'/></g>\n",
		 severity_class(a->severity), x, y);
	snprintf(label.text, sizeof(label.text), "%s %s, %s", a->cls->id, a->cls->name,
		 severity_name(a->severity));
	put_label(d, &label, x, 8, first);
}

static void draw_anomalies(struct drawing *d)
{
	uint64_t named = 0; /* rows */
	int i, row;

	if (d->shape->names == 0)
		page_put(d->page, "<text class=lane x=%.0f y=%.1f>anomalies</text>\n",
			 d->shape->left - 8, d->top + 10);
	for (i = 0; i < d->r->nr_anomalies; i++) {
		if (!is_inside(d, after_set(d->r, d->r->anomalies[i].t_ns)))
			continue;
		row = row_of(d->r, i);
		draw_anomaly(d, &d->r->anomalies[i], d->top + ROW * row, !(named & 1ULL << row));
		named |= 1ULL << row;
	}
}

/* ---- the scale ---- */

/* 1, 2 or 5 of a power of ten. */
static double nice_step(double least)
{
	double power = pow(10, floor(log10(least))), rest = least / power;

	return power * (rest > 5 ? 10 : rest > 2 ? 5 : rest > 1 ? 2 : 1);
}

static void draw_scale(struct drawing *d)
{
	double step = nice_step((double)(d->to - d->from) / d->shape->ticks);
	const char *unit = step >= 1e9 ? "s" : step >= 1e6 ? "ms" : step >= 1e3 ? "us" : "ns";
	double per = step >= 1e9 ? 1e9 : step >= 1e6 ? 1e6 : step >= 1e3 ? 1e3 : 1;
	double t;

	for (t = 0; t <= (double)d->to; t += step) {
		double x = x_of(d, (uint64_t)t);

		page_put(d->page,
			 "<path class=tick d='M%.1f %.1fv4'/><text class=tick x=%.1f "
			 "y=%.1f>%g%s%s</text>",
			 x, d->bottom, x, d->bottom + 15, t / per, t == 0 ? " " : "",
			 t == 0 ? unit : "");
	}
	page_put(d->page, "<path class=axis d='M%.0f %.1fh%.0f'/>\n", d->shape->left, d->bottom,
		 d->shape->width);
}

static bool has_anomalies_between(const struct restore *r, uint64_t from, uint64_t to)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++) {
		uint64_t at = after_set(r, r->anomalies[i].t_ns);

		if (at >= from && at <= to)
			return true;
	}
	return false;
}

/* Where lanes are, from the top down. */
static void lay_out(struct drawing *d, bool found)
{
	const struct restore *r = d->r;
	double names = d->shape->names;

	d->y[LANE_IOCTL] = TOP + LANE / 2;
	d->y[LANE_MEMORY] = d->y[LANE_IOCTL] + LANE + 14 + names;
	d->y[LANE_SLOTS] = r->nr_memslots ? d->y[LANE_MEMORY] + LANE + names : 0;
	d->bottom = (r->nr_memslots ? d->y[LANE_SLOTS] : d->y[LANE_MEMORY]) + LANE / 2 + 4;
	if (!found)
		return;
	d->top = d->bottom;
	d->bottom += ROW * anomaly_rows(r) + 4;
}

static void draw_shape(struct page *page, const struct shape *shape,
		       const struct kept_detail *detail, uint64_t to, const char *what)
{
	const struct restore *r = &detail->restore;
	struct drawing d = { .page = page, .shape = shape, .r = r, .detail = detail, .to = to };
	bool found = has_anomalies_between(r, 0, to);

	lay_out(&d, found);
	page_put(page,
		 "<svg class='timeline %s' viewBox='0 0 %.0f %.0f' role=img aria-label='%s'>\n",
		 shape->cls, width_of(shape), d.bottom + 22, what);
	draw_lane(&d, LANE_IOCTL, "ioctl");
	draw_lane(&d, LANE_MEMORY, "guest memory");
	if (r->nr_memslots)
		draw_lane(&d, LANE_SLOTS, "memslots");
	draw_ban(&d);
	draw_set(&d);
	draw_run(&d);
	draw_superseding(&d);
	draw_doings(&d);
	draw_accesses(&d);
	draw_map(&d);
	if (r->nr_memslots)
		draw_slots(&d);
	if (found)
		draw_anomalies(&d);
	draw_scale(&d);
	draw_labels(&d);
	page_put(page, "</svg>\n");
}

static void draw(struct page *page, const struct kept_detail *detail, uint64_t to, const char *what)
{
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		draw_shape(page, &shapes[i], detail, to, what);
}

static void reach(uint64_t *end, uint64_t after)
{
	if (after > *end)
		*end = after;
}

/* All that is drawn, and a little more, so that what comes last can be seen. */
static uint64_t span(const struct kept_detail *detail)
{
	const struct restore *r = &detail->restore;
	uint64_t end = r->set_duration_ns;
	int i;

	if (has_end(r))
		reach(&end, end_after(r));
	if (restore_is_mapped(r))
		reach(&end, after_set(r, r->t_map_ns));
	for (i = 0; i < r->nr_accesses; i++)
		reach(&end, after_set(r, r->accesses[i]->t_ns) + r->accesses[i]->duration_ns);
	for (i = 0; i < r->nr_memslots; i++)
		reach(&end, after_set(r, r->memslots[i].t_ns));
	for (i = 0; i < r->nr_anomalies; i++)
		reach(&end, after_set(r, r->anomalies[i].t_ns));
	for (i = 0; i < detail->nr_doings && r->end == END_OPEN; i++)
		reach(&end, after_set(r, detail->doings[i].to_ns));
	/* what is mapped in KVM_RUN, where it ought to be, has room for its name there */
	return end + end / (r->run_seen ? 5 : 16) + 1;
}

static bool touched_in_set(const struct restore *r)
{
	int i;

	for (i = 0; i < r->nr_accesses; i++)
		if (after_set(r, r->accesses[i]->t_ns) < r->set_duration_ns)
			return true;
	return has_anomalies_between(r, 0, r->set_duration_ns);
}

void timeline_draw(struct page *page, const struct kept_detail *detail)
{
	const struct restore *r = &detail->restore;
	char what[80];
	uint64_t whole = span(detail), set = r->set_duration_ns + r->set_duration_ns / 8 + 1;

	snprintf(what, sizeof(what), "restore %" PRIu64 ", %s: timeline", r->id,
		 verdict_words[r->verdict]);
	draw(page, detail, whole, what);
	if ((double)r->set_duration_ns >= NARROW * (double)whole || !touched_in_set(r))
		return;
	page_put(page, "<p class=zoom>KVM_SET_NESTED_STATE alone, %.0f times as wide:</p>\n",
		 (double)whole / (double)set);
	snprintf(what, sizeof(what), "restore %" PRIu64 ": KVM_SET_NESTED_STATE alone", r->id);
	draw(page, detail, set, what);
}

/* ---- small ---- */

#define SMALL 150.0

void timeline_draw_small(struct page *page, const struct kept_row *row)
{
	double end = (double)row->set_ns, ban;
	int i;

	if ((double)row->run_ns > end)
		end = (double)row->run_ns;
	if ((double)row->superseded_ns > end)
		end = (double)row->superseded_ns;
	if ((double)row->map_ns > end)
		end = (double)row->map_ns;
	for (i = 0; i < row->nr_marks; i++)
		if ((double)row->marks[i] > end)
			end = (double)row->marks[i];
	end = end * 1.06 + 1;
	ban = row->run_ns ? (double)row->run_ns : (double)row->superseded_ns;
	ban = ban > 0 ? ban / end * SMALL : SMALL;
	page_put(page,
		 "<svg class=small viewBox='0 0 150 12'><path class=b d='M0 6h%.0f'/>"
		 "<path class=s d='M0 6h%.1f'/>",
		 ban, fmax((double)row->set_ns / end * SMALL, 2));
	if (row->run_ns)
		page_put(page, "<path class=%s d='M%.0f 6H150'/>", row->run_failed ? "f" : "r",
			 ban);
	else if (row->superseded_ns)
		page_put(page, "<path class=n d='M%.0f 6H150'/>", ban);
	if (row->map_ns)
		page_put(page, "<path class=m d='M%.0f 6l3 5h-6z'/>",
			 (double)row->map_ns / end * SMALL);
	for (i = 0; i < row->nr_marks; i++)
		page_put(page, "<path class=x d='M%.0f 0v12'/>",
			 (double)row->marks[i] / end * SMALL);
	page_put(page, "</svg>");
}

/* ---- the legend ---- */

/* Told where it occurs: in the drawings of a restore, in that of a line. */
struct shape_meaning {
	const char *shape;
	const char *text;
	bool (*in_detail)(const struct kept_detail *detail);
	bool (*in_row)(const struct kept_row *row); /* NULL: it is in none */
};

static bool has_access_of(const struct kept_detail *detail, const char *cls)
{
	int i;

	for (i = 0; i < detail->restore.nr_accesses; i++)
		if (!strcmp(access_class(&detail->restore, i), cls))
			return true;
	return false;
}

static bool has_anomaly_of(const struct kept_detail *detail, enum severity severity)
{
	int i;

	for (i = 0; i < detail->restore.nr_anomalies; i++)
		if (detail->restore.anomalies[i].severity == severity)
			return true;
	return false;
}

static bool has_doing_of(const struct kept_detail *detail, bool ioctl, bool failed)
{
	int i;

	for (i = 0; i < detail->nr_doings; i++)
		if (!detail->doings[i].ioctl == !ioctl && detail->doings[i].failed == failed)
			return true;
	return false;
}

#define SHAPE_IN(name, condition)                                                                  \
	static bool name(const struct kept_detail *detail)                                         \
	{                                                                                          \
		return condition;                                                                  \
	}

SHAPE_IN(any_detail, detail)
SHAPE_IN(open_in, !detail->restore.set_done)
SHAPE_IN(ran_in, has_run_bar(detail))
SHAPE_IN(failed_run_in, has_doing_of(detail, true, true))
SHAPE_IN(other_ioctl_in, has_doing_of(detail, true, false))
SHAPE_IN(inner_in, has_doing_of(detail, false, false))
SHAPE_IN(next_in, detail->restore.superseded_by)
SHAPE_IN(bad_in, has_access_of(detail, "bad"))
SHAPE_IN(warn_in, has_access_of(detail, "warn"))
SHAPE_IN(asked_in, has_access_of(detail, "asked"))
SHAPE_IN(good_in, has_access_of(detail, "good"))
SHAPE_IN(vain_in, has_access_of(detail, "vain"))
SHAPE_IN(unknown_in, has_access_of(detail, "unknown"))
SHAPE_IN(map_in, restore_is_mapped(&detail->restore))
SHAPE_IN(slot_in, detail->restore.nr_memslots)
SHAPE_IN(error_in, has_anomaly_of(detail, SEVERITY_ERROR))
SHAPE_IN(warning_in, has_anomaly_of(detail, SEVERITY_WARNING))
SHAPE_IN(info_in, has_anomaly_of(detail, SEVERITY_INFO))

static bool any_row(const struct kept_row *row)
{
	return row;
}

static bool row_ran(const struct kept_row *row)
{
	return row->run_ns && !row->run_failed;
}

static bool row_mapped(const struct kept_row *row)
{
	return row->map_ns;
}

#define TRIANGLE(cls) "<g class=" cls "><path d='M9 2l6 10h-12z'/></g>"
#define TOUCH(cls) "<rect class=" cls " x=7 y=2 width=4 height=10 />"

static const struct shape_meaning meanings[] = {
	{ "<rect class=set x=1 y=2 width=16 height=10 rx=2 />", "KVM_SET_NESTED_STATE", any_detail,
	  any_row },
	{ "<rect class='set open' x=1 y=2 width=16 height=10 rx=2 />",
	  "one whose return is not in the trace", open_in, NULL },
	{ "<rect class=next x=1 y=2 width=16 height=10 rx=2 />", "that of another restore", next_in,
	  NULL },
	{ "<rect class=run x=1 y=2 width=16 height=10 rx=2 />", "KVM_RUN", ran_in, row_ran },
	{ "<rect class=failed x=1 y=1 width=16 height=12 rx=2 />"
	  "<path class=failed d='M5 3l8 8m0 -8l-8 8'/>",
	  "KVM_RUN that failed: the guest did not run", failed_run_in, NULL },
	{ "<rect class=other x=1 y=4 width=16 height=8 />", "another ioctl", other_ioctl_in, NULL },
	{ "<rect class=inner x=1 y=6 width=16 height=4 />",
	  "inside: a nested exit, a load of the eVMCS", inner_in, NULL },
	{ "<rect class=ban x=1 y=1 width=16 height=12 />", "no guest memory may be touched",
	  any_detail, any_row },
	{ TOUCH("bad"), "touched, against the rule", bad_in, NULL },
	{ TOUCH("warn"), "a warning", warn_in, NULL },
	{ TOUCH("asked"), "touched as userspace asked, or harmless", asked_in, NULL },
	{ TOUCH("good"), "touched in KVM_RUN", good_in, NULL },
	{ "<rect class=vain x=6 y=2 width=6 height=10 />", "tried in vain: it was not touched",
	  vain_in, NULL },
	{ "<rect class=unknown x=6 y=2 width=6 height=10 />",
	  "perhaps touched: its return is not in the trace", unknown_in, NULL },
	{ "<path class=map d='M9 2l5 9h-10z'/>", "the eVMCS is mapped", map_in, row_mapped },
	{ "<path class=slot d='M9 2l5 5l-5 5l-5 -5z'/>", "a memslot changes", slot_in, NULL },
	{ TRIANGLE("bad"), "what proves an error", error_in, NULL },
	{ TRIANGLE("warn"), "what proves a warning", warning_in, NULL },
	{ TRIANGLE("asked"), "what is for information", info_in, NULL },
};

static bool is_meant_in(const struct shape_meaning *meaning, const struct kept_group *g)
{
	int i;

	for (i = 0; i < g->nr_details; i++)
		if (meaning->in_detail(g->details[i]))
			return true;
	for (i = 0; i < g->nr_rows && meaning->in_row; i++)
		if (meaning->in_row(&g->rows[i]))
			return true;
	return false;
}

static bool is_meant(const struct shape_meaning *meaning, const struct kept *kept)
{
	int i;

	for (i = 0; i < kept->nr_groups; i++)
		if (is_meant_in(meaning, &kept->groups[i]))
			return true;
	return false;
}

void timeline_legend(struct page *page, const struct kept *kept)
{
	size_t i;

	/* the pattern is defined once, and used by every drawing */
	page_put(page,
		 "<svg width=0 height=0 style='position:absolute' aria-hidden=true><defs><pattern "
		 "id=hatch width=7 height=7 patternUnits=userSpaceOnUse "
		 "patternTransform='rotate(45)'><path class=hatch d='M0 0V7'/></pattern></defs>"
		 "</svg>\n<ul class=legend>\n");
	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (is_meant(&meanings[i], kept))
			page_put(page,
				 "<li><svg width=18 height=14 viewBox='0 0 18 14'>%s</svg> "
				 "%s</li>\n",
				 meanings[i].shape, meanings[i].text);
	page_put(page, "</ul>\n");
}
