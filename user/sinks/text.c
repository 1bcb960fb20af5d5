/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "model/run.h"
#include "sinks/checks.h"
#include "sinks/held.h"
#include "sinks/owed.h"
#include "sinks/sink.h"
#include "sinks/words.h"
#include "util/errstr.h"
#include "util/plain.h"
#include "util/say.h"
#include "util/terminal.h"
#include "util/wrap.h"

struct text_sink {
	struct sink sink;
	struct text_options options;
	bool colour;
	FILE *to; /* what is written goes here: to out, but for what is held */
	/* the line that is being made */
	FILE *line;
	char *text;
	size_t len;
	struct held held; /* anomalies of restores whose line comes */
	struct owed_lines owed;
	/* the worst of those with a finding, the first of these; how many have one */
	char example[RESTORE_ID_LEN];
	enum severity example_severity;
	uint64_t nr_examples;
	uint64_t shown_infos; /* classes that lines name and nothing else tells of */
};

/* What a continued line begins below: the verdict. */
#define CONTINUED 17
/* What is said of the line above. */
#define INDENT 4
/* What happened, where there is room for columns. */
#define EVENT_COLUMN 28
#define ROOM_FOR_COLUMNS 100
/* A restore that goes on for longer is one that waits: what is wrong with it does not. */
#define HOLD_NS 300000000ULL

#define RESET "\033[0m"

static const char *const severity_colours[] = { "\033[36m", "\033[33m", "\033[1;31m" };
static const char *const verdict_colours[] = { "\033[32m", "\033[33m", "\033[1;31m" };

/* A line that is broken where the screen is too narrow for it. */
static bool line_begin(struct text_sink *t)
{
	t->text = NULL;
	t->line = open_memstream(&t->text, &t->len);
	return t->line;
}

static struct wrap line_wrap(const struct text_sink *t, int lead, int indent)
{
	struct wrap w = { .out = t->to, .width = terminal_width(t->options.out), .indent = indent };

	w.at = fprintf(t->to, "%*s", lead, "");
	return w;
}

static void line_finish(struct text_sink *t)
{
	fputc('\n', t->to);
	free(t->text);
	t->line = NULL;
	fflush(t->to);
}

/* Between fields, of which a line that tells of something has several. */
static void line_end(struct text_sink *t)
{
	struct wrap w = line_wrap(t, 0, CONTINUED);

	if (!fclose(t->line))
		wrap_fields(&w, t->text);
	line_finish(t);
}

/* Between words, so many columns from the left. */
static void line_end_words(struct text_sink *t, int lead)
{
	struct wrap w = line_wrap(t, lead, lead + 2);

	if (!fclose(t->line))
		wrap_words(&w, t->text, strlen(t->text));
	line_finish(t);
}

/* Not at all: a command is one line, for whoever copies it. */
static void line_end_whole(struct text_sink *t, int lead)
{
	fprintf(t->to, "%*s", lead, "");
	if (!fclose(t->line))
		fputs(t->text, t->to);
	line_finish(t);
}

static void __attribute__((format(printf, 3, 4)))
print_words(struct text_sink *t, int lead, const char *fmt, ...)
{
	va_list args;

	if (!line_begin(t))
		return;
	va_start(args, fmt);
	vfprintf(t->line, fmt, args);
	va_end(args);
	line_end_words(t, lead);
}

static void print_vcpu(FILE *out, const char *name, uint32_t pid, uint32_t vm, int32_t vcpu)
{
	fprintf(out, "%s[%u] vm%u/vcpu%d", printable(name), pid, vm, vcpu);
}

static void print_whose(FILE *out, const struct restore *r)
{
	print_vcpu(out, r->vm_name ? r->vm_name : r->comm, r->pid, r->vm, r->vcpu);
}

static void print_sentence(const struct text_sink *t, const char *text)
{
	struct wrap w = line_wrap(t, INDENT, INDENT);

	wrap_words(&w, text, strlen(text));
	fputc('\n', t->to);
}

static void print_access(const struct text_sink *t, const struct access *a)
{
	char text[ACCESS_TEXT_LEN];

	print_sentence(t, access_text(text, a));
}

static void print_line(const struct text_sink *t, const struct source_frame *frame)
{
	if (frame->line && frame->file[0])
		fprintf(t->to, "  %s:%u", printable(frame->file), frame->line);
	fputc('\n', t->to);
}

/* The function, and below it what was inlined there, each in the one above. */
static void print_frames(const struct text_sink *t, const char *entry,
			 const struct source_frame *frames, int nr)
{
	static const struct source_frame unknown;

	fprintf(t->to, "      %s", printable(entry));
	print_line(t, nr > 0 ? &frames[nr - 1] : &unknown);
	for (nr -= 2; nr >= 0; nr--) {
		fprintf(t->to, "        inlined: %s", printable(frames[nr].function));
		print_line(t, &frames[nr]);
	}
}

static void print_stack(struct text_sink *t, const struct kernel_stack *stack,
			const struct trace_header *header)
{
	const struct source_frame *frames;
	int i, nr;

	if (!stack)
		return;
	fprintf(t->to, "    kernel stack:\n");
	for (i = 0; i < stack->nr; i++) {
		nr = stack_lines_find(t->options.lines, header, stack->entry[i], &frames);
		if (nr == -EAGAIN)
			owed_add(&t->owed, stack->entry[i]);
		print_frames(t, stack->entry[i], frames, nr);
	}
}

/* Now they may be there. */
static void print_owed(struct text_sink *t, const struct trace_header *header)
{
	const struct source_frame *frames;
	int late = 0, shown = 0, i, nr;

	for (i = 0; i < t->owed.nr; i++) {
		nr = stack_lines_find(t->options.lines, header, t->owed.entry[i], &frames);
		late += nr == -EAGAIN;
		if (nr > 0 && !shown++)
			fprintf(t->to, "  lines of the stacks above:\n");
		if (nr > 0)
			print_frames(t, t->owed.entry[i], frames, nr);
	}
	if (late)
		fprintf(t->to,
			"  %d lines of stacks were not found in time: 'evmcs-trace check' of a "
			"recorded trace waits for them\n",
			late);
}

static void print_anomaly(struct text_sink *t, const struct restore *r, const struct anomaly *a,
			  const struct trace_header *header)
{
	char time[TIMESTAMP_LEN], entry[ENTRY_TEXT_LEN];

	if (!line_begin(t))
		return;
	fprintf(t->line, "%s  %s%s%s %s (%s)  ", clock_time(time, header, a->t_ns),
		t->colour ? severity_colours[a->severity] : "", severity_words[a->severity],
		t->colour ? RESET : "", a->cls->name, a->cls->id);
	print_whose(t->line, r);
	line_end(t);
	print_sentence(t, a->cls->title);
	if (a->access >= 0)
		print_access(t, r->accesses[a->access]);
	if (a->of_entry)
		print_sentence(t, entry_text(entry, &r->first_entry));
	print_stack(t, anomaly_stack(r, a), header);
}

/* Those that do no harm are in the restore's own line, and no more. */
static bool is_harmless(const struct text_sink *t, const struct anomaly *a)
{
	return a->severity == SEVERITY_INFO && !t->options.info_fails;
}

static bool is_told(const struct text_sink *t, const struct anomaly *a)
{
	return t->options.events || (!is_harmless(t, a) && !t->options.checks);
}

/* Beneath its restore's line, which comes when the restore is over: text_restore(). */
static void text_anomaly(struct sink *sink, const struct restore *r, const struct anomaly *a,
			 const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char *text = NULL;
	size_t len;

	if (!is_told(t, a))
		return;
	t->to = open_memstream(&text, &len);
	if (t->to) {
		print_anomaly(t, r, a, header);
		if (!fclose(t->to))
			held_add(&t->held, r->id, a->cls, text);
	}
	t->to = t->options.out;
	if (t->held.nr > HELD_MAX) {
		terminal_clear_status();
		held_show_oldest(&t->held, t->to);
	}
}

static void text_look(struct sink *sink, uint64_t now_ns)
{
	struct text_sink *t = (struct text_sink *)sink;

	if (!t->held.nr)
		return;
	terminal_clear_status();
	held_show_older(&t->held, now_ns, HOLD_NS, t->to);
	fflush(t->to);
}

/* Nothing comes any more. */
static void text_unreadable(struct sink *sink, const char *why)
{
	struct text_sink *t = (struct text_sink *)sink;

	(void)why;
	while (t->held.nr)
		held_show_oldest(&t->held, t->to);
	fflush(t->to);
}

static void print_times(const struct text_sink *t, const struct restore *r)
{
	char times[TIMES_MAX][TIMES_TEXT_LEN];
	int i, nr = times_text(times, r);

	for (i = 0; i < nr; i++)
		fprintf(t->line, "  %s", times[i]);
}

static const char *print_classes_of(struct text_sink *t, const struct restore *r,
				    enum severity severity, bool harmless, const char *before)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++) {
		const struct anomaly *a = &r->anomalies[i];

		if (a->severity != severity || is_harmless(t, a) != harmless)
			continue;
		fprintf(t->line, "%s%s", before, a->cls->name);
		before = ",";
		if (harmless)
			t->shown_infos |= 1ULL << (a->cls - anomaly_classes);
	}
	return before;
}

/* Those that are told of beneath, the worst first, and those that are not since they do no harm. */
static void print_classes(struct text_sink *t, const struct restore *r, bool harmless)
{
	const char *before = harmless ? "  info: " : "  ";
	int severity;

	for (severity = SEVERITY_COUNT - 1; severity >= 0; severity--)
		before = print_classes_of(t, r, severity, harmless, before);
}

static void print_doubts(struct text_sink *t, const struct restore *r)
{
	int i;

	for (i = 0; i < WHY_COUNT; i++)
		if (r->why & (1U << i))
			print_words(t, INDENT, "inconclusive: %s", inconclusive_text(i));
}

/* What the verdict's last lines name: the first that failed, or else that has a warning. */
static void remember_example(struct text_sink *t, const struct restore *r,
			     const struct trace_header *header)
{
	enum severity worst = r->verdict == VERDICT_FAIL ? SEVERITY_ERROR : SEVERITY_INFO;
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		if (r->anomalies[i].severity > worst)
			worst = r->anomalies[i].severity;
	t->nr_examples += worst > SEVERITY_INFO;
	if (worst <= t->example_severity)
		return;
	restore_id(t->example, header, r->id);
	t->example_severity = worst;
}

/* What proves a finding was told when it was found, and may not have been all. */
static void print_more(struct text_sink *t, const struct restore *r)
{
	char more[ACCESS_TEXT_LEN];
	int i;

	for (i = 0; i < r->nr_anomalies; i++) {
		const struct anomaly *a = &r->anomalies[i];

		if (is_told(t, a) && more_text(more, r, a))
			print_words(t, INDENT, "%s (%s) also %s", a->cls->name, a->cls->id, more);
	}
}

static bool shows(const struct text_sink *t, const struct restore *r)
{
	if (held_has(&t->held, r->id))
		return true;
	if (t->options.only_findings && (r->verdict == VERDICT_PASS || t->options.checks))
		return false;
	return !r->reset || t->options.events;
}

static void text_restore(struct sink *sink, const struct restore *r,
			 const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN], id[RESTORE_ID_LEN];

	remember_example(t, r, header);
	if (!shows(t, r) || !line_begin(t))
		return;
	terminal_clear_status();
	fprintf(t->line, "%s  %s%-4s%s %s %-17s  ", clock_time(time, header, r->t_set_ns),
		t->colour ? verdict_colours[r->verdict] : "", verdict_words[r->verdict],
		t->colour ? RESET : "", r->l2 ? "L2" : "L1", path_name(r->path));
	print_whose(t->line, r);
	print_times(t, r);
	print_classes(t, r, false);
	print_classes(t, r, true);
	line_end(t);
	if (t->options.events) {
		restore_id(id, header, r->id);
		print_words(t, INDENT, "restore %s", id);
	}
	print_doubts(t, r);
	held_show(&t->held, r->id, t->to);
	print_more(t, r);
	fflush(t->to);
}

/* By which VMCS L1 runs its guest. */
static const char *save_kind(const struct save *s)
{
	if (!s->known)
		return "unknown";
	return s->header.flags & NESTED_EVMCS ? "evmcs" : "native";
}

/* Those that tell nothing new are for who asks for all. */
static void text_save(struct sink *sink, const struct save *s, const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN];

	if (t->options.only_findings || (s->repeats && !t->options.events))
		return;
	if (!line_begin(t))
		return;
	terminal_clear_status();
	fprintf(t->line, "%s  save %s %-17s  ", clock_time(time, header, s->t_ns),
		s->l2 ? "L2" : "L1", save_kind(s));
	print_vcpu(t->line, s->vm_name ? s->vm_name : s->comm, s->pid, s->vm, s->vcpu);
	if (s->has_duration)
		fprintf(t->line, "  get %s", duration(time, s->duration_ns));
	if (s->has_evmptr && evmptr_is_valid(s->evmptr))
		fprintf(t->line, "  evmcs 0x%" PRIx64, s->evmptr);
	if (s->exit_owed == OWED_YES)
		fprintf(t->line, "  L1 has not run since L2's exit");
	if (s->of_restore)
		fprintf(t->line, "  restored, not run yet");
	line_end(t);
}

static void print_event(struct text_sink *t, const struct event *ev,
			const struct trace_header *header)
{
	char time[TIMESTAMP_LEN], what[EVENT_TEXT_LEN], where[PLACE_TEXT_LEN];
	const struct seen_event seen = see_event(ev);
	int width = terminal_width(t->options.out);

	if (!line_begin(t))
		return;
	fprintf(t->line, "%s    %-*s  %s", clock_time(time, header, ev->t_ns),
		width && width < ROOM_FOR_COLUMNS ? 0 : EVENT_COLUMN, event_text(what, &seen),
		place_text(where, &seen));
	line_end(t);
}

static int text_item(struct sink *sink, const struct trace_item *item,
		     const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN];

	if (item->type == ITEM_LOSS || (item->type == ITEM_EVENT && t->options.events))
		terminal_clear_status();
	if (item->type == ITEM_LOSS)
		fprintf(t->to, "%s  LOST %" PRIu64 " records (%s)\n",
			clock_time(time, header, item->loss.t_ns), item->loss.count,
			loss_stage_name(item->loss.stage));
	if (item->type == ITEM_EVENT && t->options.events)
		print_event(t, item->event, header);
	return 0;
}

static void put_verdict_word(const struct text_sink *t, FILE *out, enum verdict_kind kind)
{
	fprintf(out, "%s%s%s", t->colour ? verdict_colours[kind] : "", verdict_words[kind],
		t->colour ? RESET : "");
}

static bool is_stdin(const char *label)
{
	return !strcmp(label, "-");
}

/* The line that answers: of which trace, for its path others may have chosen a part. */
static void __attribute__((format(printf, 3, 4)))
print_answer(struct text_sink *t, enum verdict_kind kind, const char *fmt, ...)
{
	va_list args;

	if (!line_begin(t))
		return;
	if (t->options.label) {
		put_plain(t->line,
			  is_stdin(t->options.label) ? "standard input" : t->options.label);
		fputs(": ", t->line);
	}
	put_verdict_word(t, t->line, kind);
	fputs(": ", t->line);
	va_start(args, fmt);
	vfprintf(t->line, fmt, args);
	va_end(args);
	line_end_words(t, 0);
}

static void print_paths(struct text_sink *t, const struct verdict *v)
{
	int i;

	if (!v->restores || !line_begin(t))
		return;
	fprintf(t->line, "paths:");
	for (i = 0; i < PATH_COUNT; i++)
		if (v->by_path[i])
			fprintf(t->line, " %s %" PRIu64, path_name(i), v->by_path[i]);
	line_end_words(t, 2);
}

static void put_classes(FILE *out, uint64_t classes)
{
	int i;

	for (i = 0; i < anomaly_nr_classes; i++)
		if (classes & (1ULL << i))
			fprintf(out, " %s", anomaly_classes[i].name);
}

static void print_explain(struct text_sink *t, const char *why, uint64_t first, uint64_t then)
{
	if (!(first | then) || !line_begin(t))
		return;
	fprintf(t->line, "%s: evmcs-trace explain", why);
	put_classes(t->line, first);
	put_classes(t->line, then);
	line_end_whole(t, 2);
}

static void print_show(struct text_sink *t)
{
	const char *what = "its events";

	if (t->nr_examples > 1)
		what = t->example_severity == SEVERITY_ERROR ? "events of the first that failed"
							     : "events of the first with a warning";
	if (!line_begin(t))
		return;
	fprintf(t->line, "%s: evmcs-trace show %s ", what, t->example);
	/* show reads a trace twice, which standard input cannot be */
	if (is_stdin(t->options.label))
		fputs("FILE, when the trace is in one", t->line);
	else
		fputs(shell_word(t->options.label), t->line);
	line_end_whole(t, 2);
}

/* Where to read on. */
static void print_ways_on(struct text_sink *t, const struct verdict *v)
{
	/* a class is told as the worst of what it was */
	const uint64_t errors = v->classes[SEVERITY_ERROR];
	const uint64_t warnings = v->classes[SEVERITY_WARNING] & ~errors;
	const uint64_t infos = t->shown_infos & ~(errors | warnings);
	const uint64_t fatal = t->options.info_fails ? v->classes[SEVERITY_INFO] & ~errors : 0;

	if (v->kind == VERDICT_INCONCLUSIVE)
		print_words(t, 2, "what to do: evmcs-trace explain inconclusive");
	print_explain(t, "what to do", errors, warnings | fatal);
	print_explain(t, "for information", infos, 0);
	if (v->kind == VERDICT_FAIL && v->nr_reasons)
		print_words(t, 2, "what is in doubt: evmcs-trace explain inconclusive");
	if (t->nr_examples && t->options.label)
		print_show(t);
}

static void text_verdict(struct sink *sink, const struct verdict *v,
			 const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char answer[ANSWER_TEXT_LEN];
	int i;

	if (t->options.checks)
		return;
	terminal_clear_status();
	print_owed(t, header);
	print_answer(t, v->kind, "%s", answer_text(answer, v));
	print_paths(t, v);
	for (i = v->kind == VERDICT_INCONCLUSIVE ? 1 : 0; i < v->nr_reasons; i++)
		print_words(t, 2, "%s: %s", v->kind == VERDICT_FAIL ? "also" : "inconclusive",
			    printable(v->reasons[i]));
	if (v->kind == VERDICT_PASS && v->accesses_before_run)
		print_words(t, 2,
			    "%" PRIu64 " access%s before KVM_RUN that userspace asked for, or the "
			    "end of a vCPU made",
			    v->accesses_before_run, v->accesses_before_run == 1 ? "" : "es");
	if (v->compared)
		print_words(t, 2,
			    "%" PRIu64 " calls of nested_get_evmcs_page probed where they are, %s",
			    v->compared, v->differing ? "not all as derived" : "all as derived");
	if (v->resets && v->restores)
		print_words(t, 2, "%" PRIu64 " reset%s of vCPUs that were out of VMX operation",
			    v->resets, plural(v->resets));
	print_words(t, 2, "%" PRIu64 " events, %" PRIu64 " lost", v->events, v->lost);
	print_ways_on(t, v);
}

/* Those that did not pass, with what is around them; with -v the others too. */
static void text_judgement(struct sink *sink, const struct judgement *j,
			   const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	int i;

	if (!t->options.checks)
		return;
	for (i = 0; i < j->nr_checks; i++) {
		const struct check *check = &j->checks[i];

		if (check->result == VERDICT_PASS && !t->options.events)
			continue;
		put_verdict_word(t, t->to, check->result);
		fprintf(t->to, " %s\n", check->name);
		if (check->result != VERDICT_PASS)
			put_check(t->to, "    ", j, check, header);
	}
	print_answer(t, j->result, "%d of %d checks of %s passed, %" PRIu64 " restore%s",
		     j->by_result[VERDICT_PASS], j->nr_checks,
		     j->expectation ? printable(j->expectation) : "the built-in rules",
		     j->verdict->restores, plural(j->verdict->restores));
}

static void text_free(struct sink *sink)
{
	struct text_sink *t = (struct text_sink *)sink;

	held_free(&t->held);
	owed_free(&t->owed);
	free(sink);
}

static const struct sink_ops text_ops = {
	.item = text_item,
	.anomaly = text_anomaly,
	.restore = text_restore,
	.save = text_save,
	.look = text_look,
	.verdict = text_verdict,
	.judgement = text_judgement,
	.unreadable = text_unreadable,
	.free = text_free,
};

struct sink *text_sink_new(const struct text_options *options)
{
	struct text_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink.ops = &text_ops;
	t->options = *options;
	t->to = options->out;
	t->colour = terminal_has_colour(options->out);
	return &t->sink;
}

/* ---- several traces ---- */

void text_overall(FILE *out, enum verdict_kind kind, const char *fmt, ...)
{
	struct text_sink t = { .options.out = out, .to = out, .colour = terminal_has_colour(out) };
	char *text;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		print_answer(&t, kind, "%s", text);
	free(text);
}
