/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/checks.h"
#include "sinks/owed.h"
#include "sinks/sink.h"
#include "sinks/words.h"
#include "util/plain.h"
#include "util/say.h"
#include "util/terminal.h"
#include "util/wrap.h"

struct text_sink {
	struct sink sink;
	struct text_options options;
	bool colour;
	/* the line that is being made */
	FILE *line;
	char *text;
	size_t len;
	struct owed_lines owed;
};

/* What a continued line begins below: the verdict. */
#define CONTINUED 17
/* What is said of the line above. */
#define INDENT 4

#define RESET "\033[0m"

static const char *const severity_colours[] = { "\033[36m", "\033[33m", "\033[1;31m" };
static const char *const verdict_colours[] = { "\033[32m", "\033[33m", "\033[1;31m" };

/* A line of fields, which is broken where the screen is too narrow for it. */
static bool line_begin(struct text_sink *t)
{
	terminal_clear_status();
	t->text = NULL;
	t->line = open_memstream(&t->text, &t->len);
	return t->line;
}

static void line_end(struct text_sink *t)
{
	FILE *out = t->options.out;
	struct wrap w = { .out = out, .width = terminal_width(out), .indent = CONTINUED };

	if (!fclose(t->line))
		wrap_fields(&w, t->text);
	fputc('\n', out);
	free(t->text);
	t->line = NULL;
	fflush(out);
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
	FILE *out = t->options.out;
	struct wrap w = { .out = out, .width = terminal_width(out), .indent = INDENT };

	w.at = fprintf(out, "%*s", INDENT, "");
	wrap_words(&w, text, strlen(text));
	fputc('\n', out);
}

static void print_access(const struct text_sink *t, const struct access *a)
{
	char text[ACCESS_TEXT_LEN];

	print_sentence(t, access_text(text, a));
}

static void print_line(const struct text_sink *t, const struct source_frame *frame)
{
	if (frame->line && frame->file[0])
		fprintf(t->options.out, "  %s:%u", printable(frame->file), frame->line);
	fputc('\n', t->options.out);
}

/* The function, and below it what was inlined there, each in the one above. */
static void print_frames(const struct text_sink *t, const char *entry,
			 const struct source_frame *frames, int nr)
{
	static const struct source_frame unknown;

	fprintf(t->options.out, "      %s", printable(entry));
	print_line(t, nr > 0 ? &frames[nr - 1] : &unknown);
	for (nr -= 2; nr >= 0; nr--) {
		fprintf(t->options.out, "        inlined: %s", printable(frames[nr].function));
		print_line(t, &frames[nr]);
	}
}

static void print_stack(struct text_sink *t, const struct access *a,
			const struct trace_header *header)
{
	const struct source_frame *frames;
	int i, nr;

	if (!a->nr_stack)
		return;
	fprintf(t->options.out, "    kernel stack:\n");
	for (i = 0; i < a->nr_stack; i++) {
		nr = stack_lines_find(t->options.lines, header, a->stack[i], &frames);
		if (nr == -EAGAIN)
			owed_add(&t->owed, a->stack[i]);
		print_frames(t, a->stack[i], frames, nr);
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
			fprintf(t->options.out, "  lines of the stacks above:\n");
		if (nr > 0)
			print_frames(t, t->owed.entry[i], frames, nr);
	}
	if (late)
		fprintf(t->options.out,
			"  %d lines of stacks were not found in time: 'evmcs-trace check' of a "
			"recorded trace waits for them\n",
			late);
}

static void text_anomaly(struct sink *sink, const struct restore *r, const struct anomaly *a,
			 const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN], entry[ENTRY_TEXT_LEN];

	/* the harmless ones are in the restore's own line */
	if ((a->severity == SEVERITY_INFO || t->options.checks) && !t->options.events)
		return;
	if (!line_begin(t))
		return;
	fprintf(t->line, "%s  %s%s%s %s (%s)  ", clock_time(time, header, a->t_ns),
		t->colour ? severity_colours[a->severity] : "", severity_words[a->severity],
		t->colour ? RESET : "", a->cls->name, a->cls->id);
	print_whose(t->line, r);
	line_end(t);
	print_sentence(t, a->cls->title);
	if (a->access >= 0) {
		print_access(t, r->accesses[a->access]);
		print_stack(t, r->accesses[a->access], header);
	}
	if (a->of_entry)
		print_sentence(t, entry_text(entry, &r->first_entry));
	fflush(t->options.out);
}

static void print_times(const struct text_sink *t, const struct restore *r)
{
	char time[DURATION_LEN];

	/* a SET that had not returned when the trace ended took longer than that */
	fprintf(t->line, "  set %s%s", r->set_done ? "" : ">", duration(time, r->set_duration_ns));
	if (r->set_done && r->set_ret)
		fprintf(t->line, " (refused: %" PRId64 ")", r->set_ret);
	if (r->run_seen)
		fprintf(t->line, "  run %s+%s", r->run_exact ? "" : "<",
			duration(time, r->t_run_ns - r->t_set_ns));
	if (r->mapped)
		fprintf(t->line, "  map +%s", duration(time, r->t_map_ns - r->t_set_ns));
	if (r->end != END_RAN && r->end != END_LEFT)
		fprintf(t->line, "  %s", end_name(r->end));
}

static void print_notes(const struct text_sink *t, const struct restore *r)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		fprintf(t->line, "%s%s", i ? "," : "  ", r->anomalies[i].cls->name);
}

static void print_doubts(const struct text_sink *t, const struct restore *r)
{
	int i;

	for (i = 0; i < WHY_COUNT; i++)
		if (r->why & (1U << i))
			fprintf(t->options.out, "    inconclusive: %s\n", inconclusive_text(i));
	fflush(t->options.out);
}

static void text_restore(struct sink *sink, const struct restore *r,
			 const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN];

	if (t->options.only_findings && (r->verdict == VERDICT_PASS || t->options.checks))
		return;
	if (r->reset && !t->options.events)
		return;
	if (!line_begin(t))
		return;
	fprintf(t->line, "%s  %s%-4s%s %s %-16s  ", clock_time(time, header, r->t_set_ns),
		t->colour ? verdict_colours[r->verdict] : "", verdict_words[r->verdict],
		t->colour ? RESET : "", r->l2 ? "L2" : "L1", path_name(r->path));
	print_whose(t->line, r);
	print_times(t, r);
	print_notes(t, r);
	line_end(t);
	print_doubts(t, r);
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
	fprintf(t->line, "%s  save %s %-16s  ", clock_time(time, header, s->t_ns),
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

static int text_item(struct sink *sink, const struct trace_item *item,
		     const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN], cmd[IOCTL_TEXT_LEN];
	const struct event *ev;

	if (item->type == ITEM_LOSS || (item->type == ITEM_EVENT && t->options.events))
		terminal_clear_status();
	if (item->type == ITEM_LOSS)
		fprintf(t->options.out, "%s  LOST %" PRIu64 " records (%s)\n",
			clock_time(time, header, item->loss.t_ns), item->loss.count,
			loss_stage_name(item->loss.stage));
	if (item->type != ITEM_EVENT || !t->options.events)
		return 0;
	ev = item->event;
	fprintf(t->options.out, "%s    %-5s %-20s vm%u/vcpu%d tid %u in %s",
		clock_time(time, header, ev->t_ns), phase_name(ev->phase), point_name(ev->point),
		ev->vm, ev->vcpu, ev->tid, ioctl_text(cmd, ev->ioctl));
	if (ev->phase == PHASE_EXIT)
		fprintf(t->options.out, " = %" PRId64, ev->ret);
	fputc('\n', t->options.out);
	return 0;
}

static void print_verdict_word(const struct text_sink *t, enum verdict_kind kind)
{
	fprintf(t->options.out, "%s%s%s", t->colour ? verdict_colours[kind] : "",
		verdict_words[kind], t->colour ? RESET : "");
}

/* The path of the trace, of which others may have chosen a part. */
static void put_label(const struct text_sink *t)
{
	if (!t->options.label)
		return;
	put_plain(t->options.out, t->options.label);
	fputs(": ", t->options.out);
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
	put_label(t);
	print_verdict_word(t, v->kind);
	fputs(": ", t->options.out);
	fprintf(t->options.out, "%s\n", answer_text(answer, v));
	if (v->restores) {
		fprintf(t->options.out, "  paths:");
		for (i = 0; i < PATH_COUNT; i++)
			if (v->by_path[i])
				fprintf(t->options.out, " %s %" PRIu64, path_name(i),
					v->by_path[i]);
		fputc('\n', t->options.out);
	}
	for (i = v->kind == VERDICT_INCONCLUSIVE ? 1 : 0; i < v->nr_reasons; i++)
		fprintf(t->options.out, "  %s: %s\n",
			v->kind == VERDICT_FAIL ? "also" : "inconclusive",
			printable(v->reasons[i]));
	if (v->kind == VERDICT_PASS && v->accesses_before_run)
		fprintf(t->options.out,
			"  %" PRIu64 " %s not its own: userspace asked for that, or teardown\n",
			v->accesses_before_run,
			v->accesses_before_run == 1 ? "access before KVM_RUN was"
						    : "accesses before KVM_RUN were");
	if (v->compared)
		fprintf(t->options.out,
			"  %" PRIu64 " calls of nested_get_evmcs_page probed where they are, %s\n",
			v->compared, v->differing ? "not all as derived" : "all as derived");
	if (v->resets && v->restores)
		fprintf(t->options.out,
			"  %" PRIu64 " reset%s of vCPUs that were out of VMX operation\n",
			v->resets, plural(v->resets));
	fprintf(t->options.out, "  %" PRIu64 " events, %" PRIu64 " lost\n", v->events, v->lost);
	fflush(t->options.out);
}

/* Those that did not pass, with what is around them; with -v the others too. */
static void text_judgement(struct sink *sink, const struct judgement *j,
			   const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	FILE *out = t->options.out;
	int i;

	if (!t->options.checks)
		return;
	for (i = 0; i < j->nr_checks; i++) {
		const struct check *check = &j->checks[i];

		if (check->result == VERDICT_PASS && !t->options.events)
			continue;
		print_verdict_word(t, check->result);
		fprintf(out, " %s\n", check->name);
		if (check->result != VERDICT_PASS)
			put_check(out, "    ", j, check, header);
	}
	put_label(t);
	print_verdict_word(t, j->result);
	fprintf(out, ": %d of %d checks of %s passed, %" PRIu64 " restore%s\n",
		j->by_result[VERDICT_PASS], j->nr_checks,
		j->expectation ? printable(j->expectation) : "the built-in rules",
		j->verdict->restores, plural(j->verdict->restores));
	fflush(out);
}

static void text_free(struct sink *sink)
{
	struct text_sink *t = (struct text_sink *)sink;

	owed_free(&t->owed);
	free(sink);
}

static const struct sink_ops text_ops = {
	.item = text_item,
	.anomaly = text_anomaly,
	.restore = text_restore,
	.save = text_save,
	.verdict = text_verdict,
	.judgement = text_judgement,
	.free = text_free,
};

struct sink *text_sink_new(const struct text_options *options)
{
	struct text_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink.ops = &text_ops;
	t->options = *options;
	t->colour = terminal_has_colour(options->out);
	return &t->sink;
}
