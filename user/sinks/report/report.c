/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "expect/judge.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "model/run.h"
#include "sinks/report/explained.h"
#include "sinks/report/kept.h"
#include "sinks/report/page.h"
#include "sinks/report/report.h"
#include "sinks/report/style.h"
#include "sinks/report/timeline.h"
#include "sinks/words.h"
#include "util/errstr.h"

/* Lines with small drawings are left out of a page that has grown to this. */
#define PAGE_BYTES (4 << 20)

#define MAX_LOSSES 20

struct report {
	struct sink sink;
	struct report_options options;
	struct page page;
	struct trace_header header;
	struct trace_footer footer;
	bool has_footer;
	struct kept kept;
	struct loss_fact losses[MAX_LOSSES];
	int nr_losses;
	uint64_t more_losses;
	uint64_t last_ns;
	struct verdict verdict;
	uint64_t last_wanted; /* seq */
	int err;
};

/* ---- what is kept ---- */

static int report_item(struct sink *sink, const struct trace_item *item,
		       const struct trace_header *header)
{
	struct report *r = (struct report *)sink;

	switch (item->type) {
	case ITEM_HEADER:
		r->header = *header;
		break;
	case ITEM_EVENT:
		r->last_ns = item->event->t_ns;
		break;
	case ITEM_LOSS:
		if (r->nr_losses < MAX_LOSSES)
			r->losses[r->nr_losses++] = item->loss;
		else
			r->more_losses++;
		break;
	case ITEM_FOOTER:
		r->footer = *item->footer;
		r->has_footer = true;
		break;
	default:
		break;
	}
	return 0;
}

static void report_restore(struct sink *sink, const struct restore *restore,
			   const struct trace_header *header)
{
	struct report *r = (struct report *)sink;

	(void)header;
	if (!r->err)
		r->err = kept_restore(&r->kept, restore);
}

static void report_verdict(struct sink *sink, const struct verdict *verdict,
			   const struct trace_header *header)
{
	struct report *r = (struct report *)sink;
	int i, k;

	(void)header;
	r->verdict = *verdict;
	kept_sort(&r->kept);
	for (i = 0; i < r->kept.nr_groups; i++)
		for (k = 0; k < r->kept.groups[i].nr_details; k++)
			if (r->kept.groups[i].details[k]->last_seq > r->last_wanted)
				r->last_wanted = r->kept.groups[i].details[k]->last_seq;
}

static void report_free(struct sink *sink)
{
	struct report *r = (struct report *)sink;

	kept_free(&r->kept);
	free(r);
}

static const struct sink_ops report_ops = {
	.item = report_item,
	.restore = report_restore,
	.verdict = report_verdict,
	.free = report_free,
};

struct sink *report_sink_new(const struct report_options *options)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->sink.ops = &report_ops;
	r->options = *options;
	r->page.out = options->out;
	return &r->sink;
}

/* ---- the lines of the trace ---- */

bool report_wants_lines(const struct sink *sink)
{
	return ((const struct report *)sink)->last_wanted;
}

static void describe_state(FILE *out, const struct event *ev)
{
	if (!(ev->flags & REC_VMX_STATE))
		return;
	fprintf(out, "; %s, eVMCS ", ev->flags & REC_L2 ? "in L2" : "in L1");
	if (ev->evmptr == EVMPTR_MAP_PENDING)
		fputs("to be mapped", out);
	else if (evmptr_is_valid(ev->evmptr))
		fprintf(out, "0x%" PRIx64, ev->evmptr);
	else
		fputs("none", out);
}

/*
 * As the watch tells it, and what it does not tell: what VMX is about. own: of the restore's vCPU;
 * else it is what its task did for another meanwhile.
 */
static void describe_event(FILE *out, const struct event *ev, bool own)
{
	const struct seen_event seen = see_event(ev);
	char what[EVENT_TEXT_LEN], cmd[IOCTL_TEXT_LEN];

	fputs(event_text(what, &seen), out);
	if (!own && ev->vcpu != VCPU_NONE)
		fprintf(out, ", of vm%u/vcpu%d", ev->vm, ev->vcpu);
	if (ev->ioctl)
		fprintf(out, ", in %s", ioctl_text(cmd, ev->ioctl));
	describe_state(out, ev);
}

static bool is_of(const struct kept_detail *d, const struct event *ev)
{
	const struct restore *r = &d->restore;

	return ev->seq >= r->first_seq && ev->seq <= d->last_seq &&
	       event_concerns(ev, r->vm, r->vcpu, r->tid);
}

static struct kept_doing *add_doing(struct kept_detail *d, const struct event *ev)
{
	struct kept_doing *doing;

	if (d->nr_doings == KEPT_DOINGS)
		return NULL;
	doing = &d->doings[d->nr_doings++];
	*doing = (struct kept_doing){ .from_ns = ev->t_ns, .to_ns = ev->t_ns };
	return doing;
}

/* One that goes on has no other ioctl of the vCPU in between. */
static void keep_ioctl(struct kept_detail *d, const struct event *ev)
{
	struct kept_doing *doing = NULL;
	int i;

	if (!ev->ioctl || ev->ioctl == (uint32_t)KVM_RUN ||
	    ev->ioctl == (uint32_t)KVM_SET_NESTED_STATE)
		return;
	for (i = d->nr_doings - 1; i >= 0 && !doing; i--)
		if (d->doings[i].ioctl)
			doing = &d->doings[i];
	if (!doing || doing->ioctl != ev->ioctl)
		doing = add_doing(d, ev);
	if (!doing)
		return;
	doing->ioctl = ev->ioctl;
	doing->to_ns = ev->t_ns;
}

/* A KVM_RUN that cannot get the pages comes back from there. */
static void keep_failed_run(struct kept_detail *d, const struct event *ev, uint64_t from_ns)
{
	struct kept_doing *doing;

	if (ev->point != PT_STATE_PAGES || ev->ret || ev->ioctl != (uint32_t)KVM_RUN)
		return;
	doing = add_doing(d, ev);
	if (!doing)
		return;
	doing->from_ns = from_ns;
	doing->ioctl = ev->ioctl;
	doing->failed = true;
}

static void keep_frame(struct kept_detail *d, const struct event *ev)
{
	struct kept_doing *doing;
	int i;

	if (point_class(ev->point) != CLASS_FRAME || ev->point == PT_SET_STATE ||
	    ev->point == PT_GET_STATE)
		return;
	if (ev->phase == PHASE_ENTER) {
		doing = add_doing(d, ev);
		if (!doing)
			return;
		doing->point = ev->point;
		doing->open = true;
		return;
	}
	for (i = d->nr_doings - 1; i >= 0; i--) {
		doing = &d->doings[i];
		if (doing->ioctl || !doing->open || doing->point != ev->point)
			continue;
		doing->to_ns = ev->t_ns;
		doing->open = false;
		keep_failed_run(d, ev, doing->from_ns);
		return;
	}
}

static int keep_event(struct kept_detail *d, const struct event *ev, const struct trace_line *line)
{
	bool proves = restore_proved_by(&d->restore, ev->seq);
	bool own = ev->vm == d->restore.vm && ev->vcpu == d->restore.vcpu;
	struct kept_event *e;
	size_t len;
	FILE *out;

	if (own && restore_has_at(&d->restore, ev->t_ns)) {
		keep_ioctl(d, ev);
		keep_frame(d, ev);
		if (ev->point == PT_RAN && !d->ran_ns)
			d->ran_ns = ev->t_ns;
	}
	if (d->nr_events == KEPT_EVENTS) {
		d->events_dropped++;
		return 0;
	}
	e = &d->events[d->nr_events];
	*e = (struct kept_event){ line->no, ev->seq, ev->t_ns, NULL, NULL, proves };
	out = open_memstream(&e->what, &len);
	if (!out)
		return -ENOMEM;
	describe_event(out, ev, own);
	if (fclose(out))
		return -ENOMEM;
	d->nr_events++;
	if (proves)
		e->json = strndup(line->text, strcspn(line->text, "\n"));
	return proves && !e->json ? -ENOMEM : 0;
}

int report_line(void *sink, const struct trace_line *line)
{
	struct report *r = sink;
	int i, k, err = 0;

	if (!line->item || line->item->type != ITEM_EVENT)
		return 0;
	if (line->item->event->seq > r->last_wanted)
		return -ECANCELED;
	for (i = 0; i < r->kept.nr_groups && !err; i++)
		for (k = 0; k < r->kept.groups[i].nr_details && !err; k++)
			if (is_of(r->kept.groups[i].details[k], line->item->event))
				err = keep_event(r->kept.groups[i].details[k], line->item->event,
						 line);
	return err;
}

/* ---- the answer ---- */

static void put_verdict_word(struct page *p, enum verdict_kind kind)
{
	page_put(p, "<span class='word %s'>%s</span>", verdict_name(kind), verdict_words[kind]);
}

static void put_class(struct page *p, enum severity severity, const struct anomaly_class *cls,
		      uint64_t times)
{
	page_put(p, "<li>");
	link_class(p, severity, cls);
	page_put(p, ": ");
	page_words(p, cls->title);
	page_textf(p, " (%" PRIu64 " time%s)", times, plural(times));
	page_put(p, "</li>\n");
}

/* The worst first. */
static void put_found(struct report *r)
{
	int severity, i;

	for (severity = SEVERITY_COUNT - 1; severity >= 0; severity--)
		for (i = 0; i < anomaly_nr_classes; i++)
			if (r->kept.class_counts[severity][i])
				put_class(&r->page, severity, &anomaly_classes[i],
					  r->kept.class_counts[severity][i]);
}

/* What lies behind "1 restore is inconclusive". */
static void put_restore_doubts(struct report *r)
{
	unsigned int why = kept_doubts(&r->kept);
	int i;

	for (i = 0; i < WHY_COUNT; i++) {
		if (!(why & (1U << i)))
			continue;
		page_put(&r->page, "<li>in doubt: ");
		link_restore_doubt(&r->page, i);
		page_put(&r->page, "</li>\n");
	}
}

static void put_answer(struct report *r)
{
	const struct verdict *v = &r->verdict;
	bool doubted = v->kind == VERDICT_INCONCLUSIVE && v->nr_reasons;
	struct page *p = &r->page;
	char answer[ANSWER_TEXT_LEN];
	int i;

	page_put(p, "<div class='answer %s%s'><b>%s</b>\n<p>", verdict_name(v->kind),
		 v->kind == VERDICT_PASS && v->anomalies[SEVERITY_WARNING] ? " warned" : "",
		 verdict_words[v->kind]);
	if (doubted)
		link_run_doubt(p, v->reason_doubt[0], answer_text(answer, v));
	else
		page_text(p, answer_text(answer, v));
	page_put(p, "</p>\n<ul>\n");
	put_found(r);
	for (i = doubted; i < v->nr_reasons; i++) {
		page_put(p, "<li>in doubt: ");
		link_run_doubt(p, v->reason_doubt[i], v->reasons[i]);
		page_put(p, "</li>\n");
	}
	put_restore_doubts(r);
	page_put(p, "</ul></div>\n");
}

static void put_fact(struct page *p, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put_fact(struct page *p, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page_put(p, "<dt>%s</dt><dd>", name);
	page_text(p, text);
	page_put(p, "</dd>\n");
}

static void put_paths(struct page *p, const struct verdict *v)
{
	int i, shown = 0;

	page_put(p, "<dt>paths</dt><dd>");
	for (i = 0; i < PATH_COUNT; i++)
		if (v->by_path[i])
			page_textf(p, "%s%s %" PRIu64, shown++ ? ", " : "", path_name(i),
				   v->by_path[i]);
	page_put(p, "</dd>\n");
}

static void put_summary(struct report *r)
{
	char from[TIMESTAMP_LEN], to[TIMESTAMP_LEN], time[DURATION_LEN];
	const struct trace_header *h = &r->header;
	const struct verdict *v = &r->verdict;
	uint64_t end = r->has_footer ? r->footer.t_ns : r->last_ns;
	char resets[48] = "";

	if (v->resets)
		snprintf(resets, sizeof(resets), "; and %" PRIu64 " reset%s", v->resets,
			 plural(v->resets));
	format_timestamp(from, h, 0);
	format_timestamp(to, h, end);
	page_put(&r->page, "<dl class=facts>\n");
	put_fact(&r->page, "host", "%s, Linux %s", h->host, h->kernel);
	put_fact(&r->page, "watched", "%s to %s (%s)", from, to, duration(time, end));
	put_fact(&r->page, "restores",
		 "%" PRIu64 ": %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " in doubt%s",
		 v->restores, v->by_verdict[VERDICT_PASS], v->by_verdict[VERDICT_FAIL],
		 v->by_verdict[VERDICT_INCONCLUSIVE], resets);
	if (v->restores)
		put_paths(&r->page, v);
	put_fact(&r->page, "saves", "%" PRIu64, v->nested_saves);
	put_fact(&r->page, "events", "%" PRIu64 ", %" PRIu64 " lost%s", v->events, v->lost,
		 r->has_footer ? "" : "; the trace is cut: it has no footer");
	page_put(&r->page, "</dl>\n");
}

/* ---- a restore ---- */

static void put_times(struct page *p, const struct restore *r)
{
	char times[TIMES_MAX][TIMES_TEXT_LEN];
	int i, nr = times_text(times, r);

	for (i = 0; i < nr; i++) {
		page_put(p, i ? ", " : "");
		page_whole(p, times[i]);
	}
}

static void put_place(struct page *p, const struct source_frame *frame)
{
	if (frame->line && frame->file[0])
		page_textf(p, "  %s:%u", frame->file, frame->line);
	page_put(p, "\n");
}

/* The function, and below it what was inlined there, each in the one above. */
static void put_frames(struct report *r, const char *entry)
{
	static const struct source_frame unknown;
	const struct source_frame *frames;
	int nr = stack_lines_find(r->options.lines, &r->header, entry, &frames);

	page_text(&r->page, entry);
	put_place(&r->page, nr > 0 ? &frames[nr - 1] : &unknown);
	for (nr -= 2; nr >= 0; nr--) {
		page_textf(&r->page, "  inlined: %s", frames[nr].function);
		put_place(&r->page, &frames[nr]);
	}
}

static void put_stack(struct report *r, const struct kernel_stack *stack)
{
	int i;

	if (!stack)
		return;
	page_put(&r->page, "<pre>");
	for (i = 0; i < stack->nr; i++)
		put_frames(r, stack->entry[i]);
	page_put(&r->page, "</pre>\n");
}

static bool is_same_stack(const struct kernel_stack *a, const struct kernel_stack *b)
{
	int i;

	if (!a || !b || a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (strcmp(a->entry[i], b->entry[i]))
			return false;
	return true;
}

/* The first one above by the same access, or NULL. */
static const struct anomaly *access_above(const struct restore *r, const struct anomaly *a)
{
	const struct anomaly *other;

	for (other = r->anomalies; other < a; other++)
		if (other->access == a->access)
			return other;
	return NULL;
}

/* The first one above with the same stack, or NULL. */
static const struct anomaly *stack_above(const struct restore *r, const struct anomaly *a)
{
	const struct anomaly *other;

	for (other = r->anomalies; other < a; other++)
		if (is_same_stack(anomaly_stack(r, other), anomaly_stack(r, a)))
			return other;
	return NULL;
}

/* Whatever is told above is not told again. */
static void put_evidence(struct report *report, const struct restore *r, const struct anomaly *a)
{
	const struct anomaly *told = a->access >= 0 ? access_above(r, a) : NULL;
	const struct anomaly *shown = stack_above(r, a);
	struct page *p = &report->page;
	char text[ACCESS_TEXT_LEN];

	if (told)
		page_put(p, "<p>By the access that is told with %s, above.</p>\n", told->cls->id);
	else if (a->access >= 0)
		page_paragraphs(p, access_text(text, r->accesses[a->access]));
	if (!shown)
		put_stack(report, anomaly_stack(r, a));
	else if (shown != told)
		page_put(p, "<p>Its stack is that of %s, above.</p>\n", shown->cls->id);
	if (more_text(text, r, a)) {
		page_put(p, "<p>Also ");
		page_words(p, text);
		page_put(p, "</p>\n");
	}
}

static void put_anomaly(struct report *report, const struct restore *r, const struct anomaly *a)
{
	struct page *p = &report->page;
	char entry[ENTRY_TEXT_LEN];

	page_put(p, "<h4>");
	link_class(p, a->severity, a->cls);
	page_put(p, "</h4>\n<p>");
	page_words(p, a->cls->title);
	page_put(p, "</p>\n");
	if (a->of_entry)
		page_paragraphs(p, entry_text(entry, &r->first_entry));
	put_evidence(report, r, a);
}

static void put_event(struct page *p, const struct restore *r, const struct kept_event *e)
{
	char time[DURATION_LEN];

	page_put(p,
		 "<tr%s><td class=n>%" PRIu64 "</td><td class=n>%" PRIu64
		 "</td><td class=n>+%s</td><td class=mono>",
		 e->proves ? " class=proof" : "", e->line, e->seq,
		 duration(time, e->t_ns > r->t_set_ns ? e->t_ns - r->t_set_ns : 0));
	page_text(p, e->what);
	page_put(p, "</td></tr>\n");
}

static void put_proofs(struct page *p, const struct kept_detail *d)
{
	int i, shown = 0;

	for (i = 0; i < d->nr_events; i++) {
		const char *json = d->events[i].json;

		if (!json)
			continue;
		page_put(p, shown++ ? "" : "<pre>");
		page_textf(p, "%" PRIu64 ": ", d->events[i].line);
		page_text(p, json);
		page_put(p, "\n");
	}
	page_put(p, shown ? "</pre>\n" : "");
}

/* Before the first event of the SET that ended the restore. */
static void put_next_begins(struct page *p, const struct kept_detail *d, int i)
{
	const struct restore *r = &d->restore;

	if (restore_has_at(r, d->events[i].t_ns) ||
	    (i && !restore_has_at(r, d->events[i - 1].t_ns)))
		return;
	page_put(p, "<tr><td colspan=4 class=dim>of restore %" PRIu64 ":</td></tr>\n",
		 r->superseded_by);
}

static void put_events(struct report *r, const struct kept_detail *d, bool open)
{
	struct page *p = &r->page;
	char id[RESTORE_ID_LEN];
	int i;

	restore_id(id, &r->header, d->restore.id);
	if (!d->nr_events)
		return;
	page_put(p,
		 "<details%s><summary>its lines in the trace: %d event%s</summary>\n"
		 "<div class=scroll><table><tr><th class=n>line</th><th class=n>seq</th>"
		 "<th class=n>after SET</th><th>event</th></tr>\n",
		 open ? " open" : "", d->nr_events, plural((uint64_t)d->nr_events));
	for (i = 0; i < d->nr_events; i++) {
		put_next_begins(p, d, i);
		put_event(p, &d->restore, &d->events[i]);
	}
	page_put(p, "</table></div>\n");
	if (d->events_dropped)
		page_put(p, "<p>and %" PRIu64 " more.</p>\n", d->events_dropped);
	put_proofs(p, d);
	page_put(p, "<p>All of them, as they are: <code>evmcs-trace show %s ", id);
	/* show reads a trace twice, which standard input cannot be */
	page_text(p, r->options.file ? shell_word(r->options.file) : "FILE");
	page_put(p, "</code>%s</p></details>\n",
		 r->options.file ? "" : ", when the trace is in a file");
}

static bool is_shown_whole(const struct kept *kept, uint64_t id)
{
	int i, k;

	for (i = 0; i < kept->nr_groups; i++)
		for (k = 0; k < kept->groups[i].nr_details; k++)
			if (kept->groups[i].details[k]->restore.id == id)
				return true;
	return false;
}

/* What that one did, also on behalf of this one, is no access of this one. */
static void put_superseding(struct report *r, const struct restore *s)
{
	struct page *p = &r->page;
	bool shown;

	if (!s->superseded_by)
		return;
	shown = is_shown_whole(&r->kept, s->superseded_by);
	page_put(p, "<p class=dim>%s the KVM_SET_NESTED_STATE of ",
		 s->end == END_OPEN ? "the trace ends inside" : "ended by");
	if (shown)
		page_put(p, "<a href='#restore-%" PRIu64 "'>", s->superseded_by);
	page_put(p, "restore %" PRIu64 "%s; what that SET touched is counted with it</p>\n",
		 s->superseded_by, shown ? "</a>" : "");
}

static void put_detail(struct report *r, const struct kept_detail *d, bool open)
{
	const struct restore *s = &d->restore;
	char time[TIMESTAMP_LEN];
	struct page *p = &r->page;
	int i;

	page_put(p, "<article id=restore-%" PRIu64 "><h3>", s->id);
	put_verdict_word(p, s->verdict);
	page_textf(p, " restore %" PRIu64 ": ", s->id);
	page_text(p, s->vm_name ? s->vm_name : s->comm);
	page_textf(p, "[%u] vm%u/vcpu%d", s->pid, s->vm, s->vcpu);
	page_put(p, "</h3>\n<p class=times>%s, ", clock_time(time, &r->header, s->t_set_ns));
	put_times(p, s);
	page_put(p, "</p>\n");
	timeline_draw(p, d);
	put_superseding(r, s);
	for (i = 0; i < WHY_COUNT; i++)
		if (s->why & (1U << i)) {
			page_put(p, "<p class=inconclusive>in doubt: ");
			link_restore_doubt(p, i);
			page_put(p, "</p>\n");
		}
	for (i = 0; i < s->nr_anomalies; i++)
		put_anomaly(r, s, &s->anomalies[i]);
	put_events(r, d, open);
	page_put(p, "</article>\n");
}

/* ---- restores that went alike ---- */

static void put_numbers(struct page *p, const char *name, const struct kept_numbers *n)
{
	char min[DURATION_LEN], mean[DURATION_LEN], max[DURATION_LEN];

	if (!n->nr)
		return;
	page_put(p,
		 "<tr><td>%s</td><td class=n>%" PRIu64 "</td><td class=n>%s</td><td class=n>%s</td>"
		 "<td class=n>%s</td></tr>\n",
		 name, n->nr, duration(min, n->min),
		 duration(mean, (uint64_t)(n->sum / (double)n->nr)), duration(max, n->max));
}

static void put_all_numbers(struct page *p, const struct kept_group *g)
{
	page_put(p, "<div class=scroll><table><tr><th>time</th><th class=n>restores</th><th "
		    "class=n>least</th>"
		    "<th class=n>mean</th><th class=n>most</th></tr>\n");
	put_numbers(p, "KVM_SET_NESTED_STATE", &g->set);
	put_numbers(p, "from SET to KVM_RUN", &g->run);
	put_numbers(p, "from SET to the eVMCS mapped", &g->map);
	page_put(p, "</table></div>\n");
}

static void put_row(struct report *r, const struct kept_row *row)
{
	char time[TIMESTAMP_LEN], set[DURATION_LEN], run[DURATION_LEN];
	struct page *p = &r->page;

	page_put(p, "<tr id=restore-%" PRIu64 "><td class=n>%" PRIu64 "<td>%s<td>", row->id,
		 row->id, clock_time(time, &r->header, row->t_set_ns));
	page_text(p, row->name);
	page_put(p, "[%u] vm%u/vcpu%d<td class=n>%s<td class=n>%s%s<td>", row->pid, row->vm,
		 row->vcpu, duration(set, row->set_ns),
		 row->run_ns && !row->run_exact ? "&lt;" : "",
		 row->run_ns ? duration(run, row->run_ns) : "");
	timeline_draw_small(p, row);
	page_put(p, "\n");
}

static void put_rows(struct report *r, const struct kept_group *g)
{
	struct page *p = &r->page;
	uint64_t left;
	int i = 0;

	if (g->nr_rows) {
		page_put(p,
			 "<details><summary>more like these: %" PRIu64 "</summary>\n"
			 "<div class=scroll><table><tr><th class=n>restore<th>SET at<th>vCPU<th "
			 "class=n>set"
			 "<th class=n>run<th>\n",
			 g->restores - (uint64_t)g->nr_details);
		for (; i < g->nr_rows && p->bytes < PAGE_BYTES; i++)
			put_row(r, &g->rows[i]);
		page_put(p, "</table></div>\n");
	}
	left = g->restores - (uint64_t)(g->nr_details + i);
	if (left)
		page_put(p, "<p>%s%" PRIu64 " more of them are in the trace.</p>\n",
			 i ? "and " : "", left);
	if (g->nr_rows)
		page_put(p, "</details>\n");
}

static void put_group_name(struct page *p, const struct kept_group *g)
{
	int severity, i;

	put_verdict_word(p, g->verdict);
	page_textf(p, " %" PRIu64 " %s%s: %s, %s", g->restores, g->reset ? "reset" : "restore",
		   plural(g->restores), path_name(g->path), g->l2 ? "L2" : "L1");
	for (severity = SEVERITY_COUNT - 1; severity >= 0; severity--)
		for (i = 0; i < anomaly_nr_classes; i++)
			if (g->classes[severity] & (1ULL << i)) {
				page_put(p, ", ");
				link_class(p, severity, &anomaly_classes[i]);
			}
}

static void put_group(struct report *r, const struct kept_group *g)
{
	struct page *p = &r->page;
	int i;

	page_put(p, "<section class=group><h3>");
	put_group_name(p, g);
	page_put(p, "</h3>\n");
	if (g->restores > (uint64_t)g->nr_details)
		put_all_numbers(p, g);
	for (i = 0; i < g->nr_details; i++)
		put_detail(r, g->details[i], g->verdict == VERDICT_FAIL && !i);
	put_rows(r, g);
	page_put(p, "</section>\n");
}

static void put_groups(struct report *r)
{
	int i;

	if (!r->kept.nr_groups)
		return;
	page_put(&r->page, "<h2 id=restores>Restores</h2>\n");
	timeline_legend(&r->page, &r->kept);
	for (i = 0; i < r->kept.nr_groups; i++)
		put_group(r, &r->kept.groups[i]);
}

/* ---- the host ---- */

static void put_probe(struct page *p, const struct probe_fact *f)
{
	page_put(p, "<tr><td>%s<td class=mono>", point_name(f->point));
	page_text(p, f->function);
	page_put(p, " [");
	page_text(p, f->module);
	page_put(p, "]<td%s>%s<td>", f->needed && !f->attached ? " class=fail" : "",
		 f->attached ? "attached"
		 : f->needed ? "NOT attached, and needed"
			     : "not attached");
	page_words(p, f->attached ? f->flavour : f->reason);
	page_put(p, "\n");
}

static bool was_hit(const struct point_count *c)
{
	return c->hits || c->missed;
}

static bool has_counts(const struct trace_footer *footer)
{
	int i;

	for (i = 0; i < PT_COUNT; i++)
		if (was_hit(&footer->count[i]))
			return true;
	return false;
}

static void put_counts(struct report *r)
{
	struct page *p = &r->page;
	int i;

	page_put(p, "<h4>Counts</h4>\n");
	if (!r->has_footer) {
		page_put(p, "<p>There is no footer: the trace was cut.</p>\n");
		return;
	}
	page_put(p, "<p>");
	page_textf(p, "It ended because: %s.", r->footer.reason);
	if (r->footer.has_command)
		page_textf(p, " The command's status was %d.", r->footer.command_status);
	page_put(p, "</p>\n");
	if (!has_counts(&r->footer))
		return;
	page_put(p, "<div class=scroll><table><tr><th>point<th class=n>hits<th class=n>written"
		    "<th class=n>lost<th class=n>missed\n");
	for (i = 0; i < PT_COUNT; i++) {
		const struct point_count *c = &r->footer.count[i];

		if (was_hit(c))
			page_put(p,
				 "<tr><td>%s<td class=n>%" PRIu64 "<td class=n>%" PRIu64
				 "<td class=n>%" PRIu64 "<td class=n>%" PRIu64 "\n",
				 point_name(i), c->hits, c->written, c->lost, c->missed);
	}
	page_put(p, "</table></div>\n");
}

static void put_losses(struct report *r)
{
	char time[TIMESTAMP_LEN];
	struct page *p = &r->page;
	int i;

	page_put(p, "<h4>Lost</h4>\n");
	if (!r->nr_losses) {
		page_put(p, "<p>%s</p>\n",
			 r->verdict.lost ? "Records, at an unknown place." : "Nothing.");
		return;
	}
	page_put(p, "<ul>\n");
	for (i = 0; i < r->nr_losses; i++)
		page_put(p, "<li>%s: %" PRIu64 " (%s)</li>\n",
			 clock_time(time, &r->header, r->losses[i].t_ns), r->losses[i].count,
			 loss_stage_name(r->losses[i].stage));
	page_put(p, "</ul>\n");
	if (r->more_losses)
		page_put(p, "<p>and %" PRIu64 " more.</p>\n", r->more_losses);
}

static void put_host(struct report *r)
{
	const struct trace_header *h = &r->header;
	struct page *p = &r->page;
	size_t i;

	page_put(p, "<h2>Host and probes</h2>\n<dl class=facts>\n");
	put_fact(p, "trace", "%s", r->options.trace);
	put_fact(p, "schema", "evmcs-trace/%d.%d, by evmcs-trace %s", h->schema_major,
		 h->schema_minor, h->tool);
	put_fact(p, "run", "%s", h->run);
	put_fact(p, "boot id", "%s", h->boot_id);
	put_fact(p, "kvm_intel", "srcversion %s", *h->srcversion ? h->srcversion : "not known");
	for (i = 0; i < OBJECT_COUNT; i++)
		if (h->build_id[i][0])
			put_fact(p, "build id", "%s of %s", h->build_id[i], object_name(i));
	if (h->filter_pid || h->filter_vcpu >= 0)
		put_fact(p, "filter", "pid %u (0: any), vCPU %d (-1: any)", h->filter_pid,
			 h->filter_vcpu);
	page_put(p, "</dl>\n");
	put_losses(r);
	put_counts(r);
	page_put(p,
		 "<h4>Probes</h4>\n<div class=scroll><table><tr><th>point<th>function<th><th>how, "
		 "or why not\n");
	for (i = 0; i < h->nr_probes; i++)
		put_probe(p, &h->probes[i]);
	page_put(p, "</table></div>\n");
}

/* ---- the page ---- */

/* Where the trace is says the page further below. */
static const char *title_of(const struct report *r)
{
	const char *slash = strrchr(r->options.trace, '/');

	return r->options.title ?: slash ? slash + 1 : r->options.trace;
}

int report_write(struct sink *sink)
{
	struct report *r = (struct report *)sink;
	struct page *p = &r->page;

	if (r->err)
		return r->err;
	page_put(p,
		 "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
		 "<meta name=viewport content='width=device-width, initial-scale=1'>\n"
		 "<meta name=color-scheme content='light dark'>\n<title>%s: ",
		 verdict_words[r->verdict.kind]);
	page_text(p, title_of(r));
	page_put(p,
		 "</title>\n<style>\n%s</style></head>\n<body>\n<h1>evmcs-trace: ", report_style);
	page_text(p, title_of(r));
	page_put(p, "</h1>\n<main>\n");
	put_answer(r);
	put_summary(r);
	put_groups(r);
	put_explanations(p, &r->kept);
	put_doubts(p, &r->kept, &r->verdict);
	put_host(r);
	page_put(p, "</main>\n<footer>Judged by evmcs-trace: between KVM_SET_NESTED_STATE and the "
		    "first KVM_RUN, KVM must not touch guest memory. No guest memory is in this "
		    "page, but addresses are.</footer>\n</body></html>\n");
	return fflush(p->out) || ferror(p->out) ? -errno ?: -EIO : 0;
}
