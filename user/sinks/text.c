/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/checks.h"
#include "sinks/sink.h"
#include "sinks/words.h"
#include "util/plain.h"
#include "util/say.h"

struct text_sink {
	struct sink sink;
	struct text_options options;
	bool colour;
};

#define RESET "\033[0m"

static const char *const severity_colours[] = { "\033[36m", "\033[33m", "\033[1;31m" };
static const char *const verdict_colours[] = { "\033[32m", "\033[33m", "\033[1;31m" };
static const char *const verdict_words[] = { "PASS", "INCONCLUSIVE", "FAIL" };
static const char *const severity_words[] = { "INFO", "WARNING", "ERROR" };

static void print_vcpu(const struct text_sink *t, const char *name, uint32_t pid, uint32_t vm,
		       int32_t vcpu)
{
	fprintf(t->options.out, "%s[%u] vm%u/vcpu%d", printable(name), pid, vm, vcpu);
}

static void print_whose(const struct text_sink *t, const struct restore *r)
{
	print_vcpu(t, r->vm_name ? r->vm_name : r->comm, r->pid, r->vm, r->vcpu);
}

static const char *ioctl_text(char out[32], uint32_t cmd)
{
	const char *name = ioctl_name(cmd);

	if (!cmd)
		snprintf(out, 32, "no ioctl");
	else if (name)
		snprintf(out, 32, "%s", name);
	else
		snprintf(out, 32, "ioctl 0x%x", cmd);
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

static void print_access(const struct text_sink *t, const struct access *a, const char *indent)
{
	char time[DURATION_LEN], cmd[32];

	fprintf(t->options.out, "%sguest address ", indent);
	if (a->gpa == GPA_UNKNOWN)
		fprintf(t->options.out, "unknown");
	else
		fprintf(t->options.out, "0x%" PRIx64, a->gpa);
	fprintf(t->options.out, " (%s, %" PRIu64 " bytes) %s by %s in %s", purpose_name(a->purpose),
		a->len, access_verb(a->point), printable(a->function), ioctl_text(cmd, a->ioctl));
	if (!a->done)
		fprintf(t->options.out, ", still blocked after %s\n",
			duration(time, a->duration_ns));
	else
		fprintf(t->options.out, ", result %" PRId64 ", took %s\n", a->ret,
			duration(time, a->duration_ns));
}

static void print_stack(const struct text_sink *t, const struct access *a)
{
	int i;

	if (!a->nr_stack)
		return;
	fprintf(t->options.out, "    kernel stack:\n");
	for (i = 0; i < a->nr_stack; i++)
		fprintf(t->options.out, "      %s\n", printable(a->stack[i]));
}

/* What told that L1's first nested entry failed, or that it will. */
static void print_entry(const struct text_sink *t, const struct first_entry *e)
{
	fprintf(t->options.out, "    L1's first nested entry: clean fields 0x%x, %s\n",
		e->clean_fields,
		e->failed ? "and it failed (exit reason 0x80000021)"
			  : "what became of it was not seen");
}

static void text_anomaly(struct sink *sink, const struct restore *r, const struct anomaly *a,
			 const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN];

	/* the harmless ones are in the restore's own line */
	if ((a->severity == SEVERITY_INFO || t->options.checks) && !t->options.events)
		return;
	fprintf(t->options.out, "%s  %s%s%s %s (%s)  ", clock_time(time, header, a->t_ns),
		t->colour ? severity_colours[a->severity] : "", severity_words[a->severity],
		t->colour ? RESET : "", a->cls->name, a->cls->id);
	print_whose(t, r);
	fprintf(t->options.out, "\n    %s\n", a->cls->title);
	if (a->access >= 0) {
		print_access(t, r->accesses[a->access], "    ");
		print_stack(t, r->accesses[a->access]);
	}
	if (a->of_entry)
		print_entry(t, &r->first_entry);
	fflush(t->options.out);
}

static void print_times(const struct text_sink *t, const struct restore *r)
{
	char time[DURATION_LEN];

	/* a SET that had not returned when the trace ended took longer than that */
	fprintf(t->options.out, "  set %s%s", r->set_done ? "" : ">",
		duration(time, r->set_duration_ns));
	if (r->set_done && r->set_ret)
		fprintf(t->options.out, " (refused: %" PRId64 ")", r->set_ret);
	if (r->run_seen)
		fprintf(t->options.out, "  run %s+%s", r->run_exact ? "" : "<",
			duration(time, r->t_run_ns - r->t_set_ns));
	if (r->mapped)
		fprintf(t->options.out, "  map +%s", duration(time, r->t_map_ns - r->t_set_ns));
	if (r->end != END_RAN && r->end != END_LEFT)
		fprintf(t->options.out, "  %s", end_name(r->end));
}

static void print_notes(const struct text_sink *t, const struct restore *r)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		fprintf(t->options.out, "%s%s", i ? "," : "  ", r->anomalies[i].cls->name);
	fputc('\n', t->options.out);
	for (i = 0; i < WHY_COUNT; i++)
		if (r->why & (1U << i))
			fprintf(t->options.out, "    inconclusive: %s\n", inconclusive_text(i));
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
	fprintf(t->options.out, "%s  %s%-4s%s %s %-17s ", clock_time(time, header, r->t_set_ns),
		t->colour ? verdict_colours[r->verdict] : "", verdict_words[r->verdict],
		t->colour ? RESET : "", r->l2 ? "L2" : "L1", path_name(r->path));
	print_whose(t, r);
	print_times(t, r);
	print_notes(t, r);
	fflush(t->options.out);
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
	fprintf(t->options.out, "%s  save %s %-17s ", clock_time(time, header, s->t_ns),
		s->l2 ? "L2" : "L1", save_kind(s));
	print_vcpu(t, s->vm_name ? s->vm_name : s->comm, s->pid, s->vm, s->vcpu);
	if (s->has_duration)
		fprintf(t->options.out, "  get %s", duration(time, s->duration_ns));
	if (s->has_evmptr && evmptr_is_valid(s->evmptr))
		fprintf(t->options.out, "  evmcs 0x%" PRIx64, s->evmptr);
	if (s->exit_owed == OWED_YES)
		fprintf(t->options.out, "  L1 has not run since L2's exit");
	if (s->of_restore)
		fprintf(t->options.out, "  restored, not run yet");
	fputc('\n', t->options.out);
	fflush(t->options.out);
}

static int text_item(struct sink *sink, const struct trace_item *item,
		     const struct trace_header *header)
{
	struct text_sink *t = (struct text_sink *)sink;
	char time[TIMESTAMP_LEN], cmd[32];
	const struct event *ev;

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

static void print_answer(const struct text_sink *t, const struct verdict *v)
{
	if (v->kind == VERDICT_FAIL)
		fprintf(t->options.out, "%" PRIu64 " of %" PRIu64 " restores broke the rule\n",
			v->by_verdict[VERDICT_FAIL], v->restores);
	else if (v->kind == VERDICT_INCONCLUSIVE)
		fprintf(t->options.out, "%s\n", v->nr_reasons ? printable(v->reasons[0]) : "");
	else if (!v->restores)
		fprintf(t->options.out, "%" PRIu64 " saves of nested state; nothing was restored\n",
			v->nested_saves);
	else
		fprintf(t->options.out,
			"%" PRIu64
			" restores; the restore path touched no guest memory before KVM_RUN\n",
			v->restores);
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
	int i;

	(void)header;
	if (t->options.checks)
		return;
	put_label(t);
	print_verdict_word(t, v->kind);
	fputs(": ", t->options.out);
	print_answer(t, v);
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
			"  %" PRIu64
			" accesses before KVM_RUN were not its own: userspace asked for "
			"them, or teardown\n",
			v->accesses_before_run);
	if (v->compared)
		fprintf(t->options.out,
			"  %" PRIu64 " calls of nested_get_evmcs_page probed where they are, %s\n",
			v->compared, v->differing ? "not all as derived" : "all as derived");
	if (v->resets && v->restores)
		fprintf(t->options.out,
			"  %" PRIu64 " resets of vCPUs that were out of VMX operation\n",
			v->resets);
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
	fprintf(out, ": %d of %d checks of %s passed, %" PRIu64 " restores\n",
		j->by_result[VERDICT_PASS], j->nr_checks,
		j->expectation ? printable(j->expectation) : "the built-in rules",
		j->verdict->restores);
	fflush(out);
}

static void text_free(struct sink *sink)
{
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
	const char *no_colour = getenv("NO_COLOR");

	if (!t)
		return NULL;
	t->sink.ops = &text_ops;
	t->options = *options;
	t->colour = isatty(fileno(options->out)) && !(no_colour && *no_colour);
	return &t->sink;
}
