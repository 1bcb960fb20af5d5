/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What holds of every trace, tried on random ones: restores as KVM could do them, right and
 * wrong. EVMCS_ROUNDS is how many of each (the default takes seconds), EVMCS_SEED where the
 * numbers begin; a failure names the seed with which one round shows it again.
 */
#include <inttypes.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "evmcs_trace/status.h"
#include "judged.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "model/pairs.h"
#include "sources/source.h"
#include "stories.h"
#include "trace/format.h"

#define ROUNDS 200

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t first_seed, rounds, seed;

/* Each round has a seed of its own, which is told where it fails. */
#define EACH_ROUND(r)                                                                              \
	for (seed = first_seed; seed < first_seed + rounds; seed++)                                \
		for (struct rng r = { .state = seed * 1000003 }, *once = &r; once; once = NULL)

#define property(holds, ...)                                                                       \
	do {                                                                                       \
		if (holds)                                                                         \
			break;                                                                     \
		print_error("EVMCS_SEED=%" PRIu64 " EVMCS_ROUNDS=1: ", seed);                      \
		fail_msg(__VA_ARGS__);                                                             \
	} while (0)

/* What became of them, so that none of it is tried on nothing. */
static int seen[VERDICT_COUNT];

static void forget_seen(void)
{
	memset(seen, 0, sizeof(seen));
}

static void expect_seen_each(void)
{
	int i;

	if (rounds < ROUNDS)
		return;
	for (i = 0; i < VERDICT_COUNT; i++)
		if (seen[i] < (int)rounds / 50)
			fail_msg("only %d of %d were %s", seen[i], (int)rounds, verdict_name(i));
}

/* ---- what is compared ---- */

/* A26 is about times, which are others among neighbours: without it, a reset. */
static bool is_slow_leave(const struct restore *r)
{
	return r->path == PATH_LEAVE && r->end == END_LEFT && r->vmx_was_off &&
	       r->nr_anomalies == 1 && !strcmp(r->anomalies[0].cls->id, "A26");
}

static void put_restore(FILE *f, const struct restore *r)
{
	int i;

	fprintf(f, "vcpu%d %s %s %s %s why %x set %d %" PRId64 " run %d%d", r->vcpu,
		path_name(r->path), end_name(r->end), verdict_name(r->verdict), r->l2 ? "l2" : "l1",
		r->why, r->set_done, r->set_ret, r->run_seen, r->run_exact);
	fprintf(f, " evmptr %" PRIx64 " %" PRIx64 " %" PRIx64 " map %d %" PRIx64, r->evmptr_before,
		r->evmptr_after, r->evmptr_end, r->mapped, r->mapped_gpa);
	fprintf(f, " held %d leaked %d pages %d%d entry %d%d%d reset %d", r->map_held,
		r->map_leaked, r->pages_done, r->pages_failed, r->first_entry.seen,
		r->first_entry.left, r->first_entry.failed, r->reset || is_slow_leave(r));
	fprintf(f, " accesses %d slots %d:", r->nr_accesses, r->nr_memslots);
	for (i = 0; i < r->nr_anomalies; i++)
		if (strcmp(r->anomalies[i].cls->id, "A26") != 0)
			fprintf(f, " %s/%s/%d", r->anomalies[i].cls->id,
				severity_name(r->anomalies[i].severity), r->anomalies[i].access);
	fputc('\n', f);
}

static void put_save(FILE *f, const struct save *s)
{
	fprintf(f,
		"save vcpu%d %s %x owed %d known %d evmptr %d %" PRIx64 " restored %d again %d\n",
		s->vcpu, s->l2 ? "l2" : "l1", s->header.flags, s->exit_owed, s->known,
		s->has_evmptr, s->has_evmptr ? s->evmptr : 0, s->of_restore != 0, s->repeats);
}

/* All of one vCPU that does not depend on numbers, times and neighbours. */
static char *account(const struct outcome *o, uint32_t vm, int32_t vcpu)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int i;

	assert_non_null(f);
	for (i = 0; i < o->nr; i++)
		if (o->restores[i].vm == vm && o->restores[i].vcpu == vcpu)
			put_restore(f, &o->restores[i]);
	for (i = 0; i < o->nr_saves; i++)
		if (o->saves[i].vm == vm && o->saves[i].vcpu == vcpu)
			put_save(f, &o->saves[i]);
	fclose(f);
	return text;
}

/* ---- what is done to a stream ---- */

#define MAX_TOGETHER 4

/* A vCPU, alone; the memslots are the whole VM's: without them, unless it has no other vCPU. */
static struct stream *vcpu_alone(uint32_t vm, int32_t vcpu, bool slots, struct rng *r)
{
	struct stream *told = stream_new(), *s = stream_new();
	int i;

	on(told, vm, vcpu);
	random_story(told, r);
	for (i = 0; i < told->nr; i++)
		if (slots || told->steps[i].event.vcpu != VCPU_NONE)
			take_step(s, &told->steps[i]);
	stream_free(told);
	return s;
}

/* In one of the orders that there are, each stream in its own; for some time one is the fastest. */
static struct stream *interleave(struct stream *const *of, int n, struct rng *r)
{
	int at[MAX_TOGETHER] = { 0 }, i, fastest = 0, left = 0;
	unsigned int share = 1 + rng_below(r, 9);
	struct stream *s = stream_new();

	for (i = 0; i < n; i++)
		left += of[i]->nr;
	while (left) {
		if (!rng_below(r, 8))
			fastest = (int)rng_below(r, (unsigned int)n);
		i = rng_below(r, 10) < share ? fastest : (int)rng_below(r, (unsigned int)n);
		if (at[i] == of[i]->nr)
			continue;
		take_step(s, &of[i]->steps[at[i]++]);
		left--;
	}
	return s;
}

/* Two VMs, one of which has a name, and what may happen to them. */
static struct stream *anything(struct rng *r)
{
	static const char *const names[] = { "web1", "", "\x1b[31m\n", "\xc3", "a\"b\\" };
	struct stream *s = stream_new();
	unsigned int n = 1 + rng_below(r, 4);

	if (rng_below(r, 2))
		name_vm(s, names[rng_below(r, sizeof(names) / sizeof(names[0]))]);
	while (n--) {
		on(s, 1 + rng_below(r, 2), (int32_t)rng_below(r, 2));
		random_story(s, r);
		if (!rng_below(r, 6))
			loss_of(s, rng_below(r, LOSS_STAGE_COUNT), 1 + rng_below(r, 3));
		if (!rng_below(r, 4))
			random_event(s, r);
	}
	return s;
}

/* ---- is it random enough? ---- */

struct tried {
	int points[PT_COUNT][PHASE_COUNT];
	int stages[LOSS_STAGE_COUNT];
	int l2, foreign, refused; /* events with such flags */
	int vms; /* traces with several */
};

static void note_tried(struct tried *t, const struct stream *s)
{
	bool second = false;
	int i;

	for (i = 0; i < s->nr; i++) {
		const struct step *step = &s->steps[i];

		if (step->type == ITEM_LOSS)
			t->stages[step->loss.stage]++;
		if (step->type != ITEM_EVENT)
			continue;
		t->points[step->event.point][step->event.phase]++;
		t->l2 += !!(step->event.flags & REC_L2);
		t->foreign += !!(step->event.flags & REC_FOREIGN_MM);
		t->refused += !!(step->event.flags & REC_ENTRY_REFUSED);
		second |= step->event.vm > 1;
	}
	t->vms += second;
}

/* Everything that a record can be about: what is never tried holds of nothing. */
static void all_is_tried(void **state)
{
	struct tried t = { 0 };
	int point, stage;

	(void)state;
	if (rounds < ROUNDS)
		return;
	EACH_ROUND(r)
	{
		struct stream *s = anything(&r);

		note_tried(&t, s);
		stream_free(s);
	}
	for (point = 0; point < PT_COUNT; point++) {
		bool is_note = point_class(point) == CLASS_NOTE;

		property(is_note ? t.points[point][PHASE_NOTE]
				 : t.points[point][PHASE_ENTER] && t.points[point][PHASE_EXIT],
			 "%s is never tried", point_name(point));
	}
	for (stage = 0; stage < LOSS_STAGE_COUNT; stage++)
		property(t.stages[stage], "a loss of %s is never tried", loss_stage_name(stage));
	property(t.l2 && t.foreign && t.refused && t.vms,
		 "%d of L2, %d of others' memory, "
		 "%d refused, %d traces of several VMs",
		 t.l2, t.foreign, t.refused, t.vms);
}

/* ---- vCPUs have nothing to do with each other ---- */

static void expect_as_alone(const struct outcome *together, struct stream *alone, uint32_t vm,
			    int32_t vcpu)
{
	char *a = account(together, vm, vcpu), *b = account(judge(alone), vm, vcpu);

	property(!strcmp(a, b), "vm%u/vcpu%d together:\n%salone:\n%s", vm, vcpu, a, b);
	free(a);
	free(b);
}

/* Two vCPUs of one VM, and another VM, which has a vCPU of the same number. */
static int some_vcpus(struct stream *of[MAX_TOGETHER], struct rng *r)
{
	static const struct {
		uint32_t vm;
		int32_t vcpu;
	} vcpus[MAX_TOGETHER] = { { 1, 0 }, { 2, 0 }, { 1, 1 }, { 3, 1 } };
	int n = 2 + (int)rng_below(r, MAX_TOGETHER - 1), i;

	for (i = 0; i < n; i++)
		of[i] = vcpu_alone(vcpus[i].vm, vcpus[i].vcpu, vcpus[i].vm != 1, r);
	return n;
}

static uint32_t vm_of(const struct stream *s)
{
	return s->steps[0].event.vm;
}

static void vcpus_are_judged_as_each_alone(void **state)
{
	struct stream *of[MAX_TOGETHER], *s;
	int order, i, n;

	(void)state;
	forget_seen();
	EACH_ROUND(r)
	{
		n = some_vcpus(of, &r);
		for (order = 0; order < 4; order++) {
			s = interleave(of, n, &r);
			footer(s);
			judge(s);
			for (i = 0; i < n; i++)
				expect_as_alone(s->outcomes, of[i], vm_of(of[i]),
						of[i]->steps[0].event.vcpu);
			stream_free(s);
		}
		footer(of[0]);
		seen[judge(of[0])->verdict.kind]++;
		while (n--)
			stream_free(of[n]);
	}
	expect_seen_each();
}

/* ---- what is lost is not believed to be as if it had not been ---- */

/* What is not there any more, of a stream without its footer. */
struct gap {
	int from, nr;
	int lost; /* of them, events */
};

static struct gap random_gap(const struct stream *s, struct rng *r, bool at_end)
{
	struct gap g = { .nr = 1 + (int)rng_below(r, 4) };
	int i;

	if (g.nr > s->nr)
		g.nr = s->nr;
	g.from = at_end ? s->nr - g.nr : (int)rng_below(r, (unsigned int)(s->nr - g.nr + 1));
	for (i = g.from; i < g.from + g.nr; i++)
		g.lost += s->steps[i].type == ITEM_EVENT;
	return g;
}

static struct stream *without(const struct stream *whole, const struct gap *g, bool told)
{
	struct stream *s = stream_new();
	struct trace_footer *f;
	int i;

	for (i = 0; i < whole->nr; i++) {
		bool gone = i >= g->from && i < g->from + g->nr;

		if (!gone || whole->steps[i].type != ITEM_EVENT)
			take_step(s, &whole->steps[i]);
		if (told && i == g->from + g->nr - 1)
			loss(s, (uint64_t)g->lost);
	}
	f = footer(s);
	/* the kernel has counted them, whether or not it could tell */
	if (!told)
		f->count[PT_SET_STATE].lost += (uint64_t)g->lost;
	if (!told)
		f->count[PT_SET_STATE].hits += (uint64_t)g->lost;
	return s;
}

/* A pass is in doubt, and so is what failed only by what is gone; nothing becomes a violation. */
static bool may_become(enum verdict_kind before, enum verdict_kind after)
{
	if (before == VERDICT_FAIL)
		return after != VERDICT_PASS;
	return after == VERDICT_INCONCLUSIVE;
}

/* One vCPU, or some of several VMs at once. */
static struct stream *a_stream(struct rng *r)
{
	struct stream *of[MAX_TOGETHER], *s;
	int n;

	if (rng_below(r, 2)) {
		s = stream_new();
		random_story(s, r);
		return s;
	}
	n = some_vcpus(of, r);
	s = interleave(of, n, r);
	while (n--)
		stream_free(of[n]);
	return s;
}

static void a_gap_is_in_doubt(bool told)
{
	int i;

	forget_seen();
	EACH_ROUND(r)
	{
		struct stream *s = a_stream(&r), *less;
		enum verdict_kind before, after;
		struct gap g;

		footer(s);
		before = judge(s)->verdict.kind;
		seen[before]++;
		s->nr--;
		for (i = 0; i < 8; i++) {
			g = random_gap(s, &r, !told);
			if (!g.lost)
				continue;
			less = without(s, &g, told);
			after = judge(less)->verdict.kind;
			property(may_become(before, after), "without %d from %d, %s became %s:\n%s",
				 g.nr, g.from, verdict_name(before), verdict_name(after),
				 less->outcomes->json);
			stream_free(less);
		}
		stream_free(s);
	}
	expect_seen_each();
}

/* Told with the next record that there is room for. */
static void what_was_lost_is_in_doubt(void **state)
{
	(void)state;
	a_gap_is_in_doubt(true);
}

/* After which there was no record any more: only the footer tells. */
static void what_was_lost_at_the_end_is_in_doubt(void **state)
{
	(void)state;
	a_gap_is_in_doubt(false);
}

/* Whatever it is that was lost, and wherever it is told; of the events that are there none is gone.
 */
static void any_loss_is_in_doubt(void **state)
{
	enum loss_stage stage;

	(void)state;
	forget_seen();
	EACH_ROUND(r)
	{
		struct stream *s = a_stream(&r), *less;
		enum verdict_kind before, after;
		int i, at = (int)rng_below(&r, (unsigned int)s->nr + 1);

		for (stage = 0; stage < LOSS_STAGE_COUNT; stage++) {
			less = stream_new();
			for (i = 0; i < s->nr; i++) {
				if (i == at)
					loss_of(less, stage, 1 + rng_below(&r, 3));
				take_step(less, &s->steps[i]);
			}
			if (at == s->nr)
				loss_of(less, stage, 1);
			footer(less);
			footer(s);
			before = judge(s)->verdict.kind;
			s->nr--;
			after = judge(less)->verdict.kind;
			property(may_become(before, after) &&
					 (before != VERDICT_INCONCLUSIVE || after == before),
				 "with a loss of %s at %d, %s became %s:\n%s",
				 loss_stage_name(stage), at, verdict_name(before),
				 verdict_name(after), less->outcomes->json);
			stream_free(less);
		}
		seen[before]++;
		stream_free(s);
	}
	expect_seen_each();
}

/* A trace that somebody made shorter: what its footer counts is not there. */
static void what_is_missing_never_passes(void **state)
{
	(void)state;
	EACH_ROUND(r)
	{
		struct stream *s = stream_new(), *less;
		struct gap g;

		random_story(s, &r);
		g = random_gap(s, &r, false);
		less = without(s, &g, false);
		property(!g.lost || judge(less)->verdict.kind != VERDICT_PASS,
			 "without %d from %d it passes", g.nr, g.from);
		stream_free(less);
		stream_free(s);
	}
}

/* ---- what was seen stays seen ---- */

static uint64_t failed_in(struct stream *s)
{
	return judge(s)->verdict.by_verdict[VERDICT_FAIL];
}

static void go_on(struct stream *s, struct rng *r)
{
	switch (rng_below(r, 5)) {
	case 4:
		cut(s);
		break;
	case 0:
		random_event(s, r);
		break;
	case 1:
		loss_of(s, rng_below(r, LOSS_STAGE_COUNT), 1);
		break;
	case 2:
		on(s, 1 + rng_below(r, 2), (int32_t)rng_below(r, 2));
		random_story(s, r);
		break;
	default:
		random_act(s, r);
		break;
	}
}

static void a_violation_stays_one(void **state)
{
	(void)state;
	forget_seen();
	EACH_ROUND(r)
	{
		struct stream *s = anything(&r);
		uint64_t before, after;
		int i;

		seen[judge(s)->verdict.kind]++;
		before = failed_in(s);
		for (i = 0; i < 6; i++) {
			go_on(s, &r);
			after = failed_in(s);
			property(after >= before, "%" PRIu64 " failed restores became %" PRIu64,
				 before, after);
			property(!before || judge(s)->verdict.kind == VERDICT_FAIL,
				 "a violation was forgotten");
			before = after;
		}
		stream_free(s);
	}
	property(rounds < ROUNDS || seen[VERDICT_FAIL] > (int)rounds / 10, "few violations");
}

/* ---- a file says what was seen ---- */

static void expect_same(const struct outcome *live, const struct outcome *again)
{
	int i;

	property(!again->err, "the source says %d", again->err);
	property(live->verdict.kind == again->verdict.kind, "%s became %s",
		 verdict_name(live->verdict.kind), verdict_name(again->verdict.kind));
	property(live->nr == again->nr && live->nr_saves == again->nr_saves,
		 "%d restores became %d, %d saves %d", live->nr, again->nr, live->nr_saves,
		 again->nr_saves);
	for (i = 0; i < live->nr; i++)
		property(live->restores[i].verdict == again->restores[i].verdict &&
				 live->restores[i].why == again->restores[i].why,
			 "restore %d has another verdict", i + 1);
	property(live->verdict.doubts == again->verdict.doubts, "doubts %x became %x",
		 live->verdict.doubts, again->verdict.doubts);
}

static void random_footer(struct stream *s, struct rng *r)
{
	struct trace_footer *f = footer(s);

	f->has_command = rng_below(r, 2);
	if (f->has_command && !rng_below(r, 3))
		f->command_status = (int)rng_below(r, 256);
	if (!rng_below(r, 10))
		f->tracking_lost = rng_below(r, 3);
	if (!rng_below(r, 10))
		f->count[rng_below(r, PT_COUNT)].missed = rng_below(r, 3);
}

static void what_is_recorded_is_judged_the_same(void **state)
{
	char path[32];
	int fd;

	(void)state;
	forget_seen();
	EACH_ROUND(r)
	{
		const struct outcome *live, *again;
		struct stream *s = anything(&r);

		if (rng_below(&r, 8))
			random_footer(s, &r);
		fd = temp_file(path);
		live = record(s, fd);
		again = check_file(s, path, SEVERITY_ERROR);
		seen[live->verdict.kind]++;
		expect_same(live, again);
		property(!strcmp(live->json, again->json), "live:\n%s\nfrom the file:\n%s",
			 live->json, again->json);
		close(fd);
		stream_free(s);
	}
	expect_seen_each();
}

/* ---- nothing passes of which the end is missing ---- */

static const char *after_line(const char *text, int lines)
{
	while (lines--)
		text = strchr(text, '\n') + 1;
	return text;
}

static int lines_of(const char *text)
{
	int n = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

static enum verdict_kind verdict_of_file(struct stream *s, const char *path)
{
	const struct outcome *o = check_file(s, path, SEVERITY_ERROR);

	return o->err ? VERDICT_INCONCLUSIVE : o->verdict.kind;
}

static void cut_everywhere(struct stream *s, enum verdict_kind before)
{
	char path[32], *text;
	int fd = temp_file(path), n, i;
	enum verdict_kind kind;
	size_t len;

	record(s, fd);
	text = slurp(fd, &len);
	n = lines_of(text);
	stderr_off();
	for (i = n - 1; i > 0; i--) {
		assert_int_equal(ftruncate(fd, after_line(text, i) - text), 0);
		kind = verdict_of_file(s, path);
		if (kind == VERDICT_PASS)
			free(stderr_on());
		property(kind != VERDICT_PASS, "%d of %d lines pass", i, n);
		if (kind == VERDICT_FAIL && before == VERDICT_PASS)
			free(stderr_on());
		property(kind != VERDICT_FAIL || before != VERDICT_PASS, "%d of %d lines fail", i,
			 n);
	}
	free(stderr_on());
	free(text);
	close(fd);
}

/* By lines, as a writer leaves it that was killed; test_trace cuts by bytes. */
static void a_trace_that_is_cut_never_passes(void **state)
{
	(void)state;
	forget_seen();
	EACH_ROUND(r)
	{
		enum verdict_kind before;
		struct stream *s;

		/* a trace has some fifty lines: not all of them */
		if (seed % 4)
			break;
		s = stream_new();
		random_story(s, &r);
		footer(s);
		before = judge(s)->verdict.kind;
		seen[before] += 4;
		cut_everywhere(s, before);
		stream_free(s);
	}
	expect_seen_each();
}

/* ---- what a trace costs grows as it does ---- */

static void many_vms(struct stream *s, int n)
{
	while (n--) {
		s->a->vm = (uint32_t)n;
		name_vm(s, "web");
	}
}

/* A vCPU that none of the others is, of the same VM. */
static void another_vcpu(struct stream *s, int n)
{
	s->a->vcpu = n;
	s->a->tid = 1000 + (uint32_t)n;
}

static void many_restores(struct stream *s, int n)
{
	while (n--)
		tell(s, "deferred");
}

static void many_in_flight(struct stream *s, int n)
{
	while (n--) {
		another_vcpu(s, n);
		set(s, 0);
	}
}

static void many_losses(struct stream *s, int n)
{
	int i;

	many_in_flight(s, n);
	for (i = 0; i < n; i++)
		loss(s, 1);
}

static void many_freed(struct stream *s, int n)
{
	int i;

	many_in_flight(s, n);
	for (i = 0; i < n; i++) {
		another_vcpu(s, i);
		free_vcpu(s);
	}
}

/* The one in flight is the last that is asked. */
static void many_that_are_not_in_flight(struct stream *s, int n)
{
	int i;

	many_in_flight(s, 1);
	for (i = 1; i < n; i++) {
		another_vcpu(s, i);
		save(s, 0);
	}
	for (i = 0; i < n; i++)
		memslot(s, 1, 0, 4096);
}

static void many_open_frames(struct stream *s, int n)
{
	int i;

	on(s, 2, 0);
	in_ioctl(s, KVM_RUN);
	for (i = 0; i < n; i++) {
		s->a->tid = 1000000 + (uint32_t)i;
		enter(s, PT_STATE_PAGES);
	}
	on(s, 1, 0);
	many_restores(s, n);
}

static void many_saves(struct stream *s, int n)
{
	s->a->flags |= REC_VMXON;
	while (n--) {
		s->a->vm = s->a->pid = 1 + (uint32_t)n;
		save(s, NESTED_EVMCS);
	}
}

static const struct {
	const char *name;
	void (*tell)(struct stream *s, int n);
	int n;
} large[] = {
	{ "VMs", many_vms, 8000 },
	{ "restores", many_restores, 500 },
	{ "in flight", many_in_flight, 1000 },
	{ "losses", many_losses, 1000 },
	{ "freed", many_freed, 1000 },
	{ "not in flight", many_that_are_not_in_flight, 2000 },
	{ "open frames", many_open_frames, 1000 },
	{ "saves", many_saves, 4000 },
};

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void gather_save(void *ctx, const struct save *save)
{
	pairs_save(ctx, save);
}

static void gather_restore(void *ctx, const struct restore *restore)
{
	pairs_restore(ctx, restore);
}

static int to_model(void *ctx, const struct trace_item *item)
{
	return model_item(ctx, item);
}

/* The model and the halves of migrations; the better of two. */
static uint64_t cost_of(const struct stream *s)
{
	const struct model_options options = { .fail_on = SEVERITY_ERROR };
	uint64_t best = UINT64_MAX, start;
	int i;

	for (i = 0; i < 2; i++) {
		struct pairs *pairs = pairs_new(true);
		const struct model_hooks hooks = { .ctx = pairs,
						   .restore = gather_restore,
						   .save = gather_save };
		struct model *m = model_new(&options, &hooks);

		start = cpu_ns();
		pairs_trace(pairs, "a trace", &s->header);
		assert_int_equal(stream_feed(s, to_model, m), 0);
		model_finish(m);
		assert_non_null(pairs_finish(pairs));
		model_free(m);
		pairs_free(pairs);
		start = cpu_ns() - start;
		best = start < best ? start : best;
	}
	return best;
}

/* What costs the square of its length makes a trace of some megabytes last for minutes. */
static void time_grows_as_the_trace(void **state)
{
	struct stream *s;
	uint64_t cost[2];
	size_t i;
	int j;

	(void)state;
	for (i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		for (j = 0; j < 2; j++) {
			s = stream_new();
			large[i].tell(s, j ? 8 * large[i].n : large[i].n);
			cost[j] = cost_of(s);
			stream_free(s);
		}
		if (getenv("EVMCS_SHOW"))
			print_message("%s: %" PRIu64 " us, %" PRIu64 " us\n", large[i].name,
				      cost[0] / 1000, cost[1] / 1000);
		/* eight times as much, and what memory that is no longer near costs; not 64 times */
		if (cost[1] > 24 * cost[0] + 1000000)
			fail_msg("%s: %" PRIu64 " us became %" PRIu64, large[i].name,
				 cost[0] / 1000, cost[1] / 1000);
	}
}

static int quiet_again(void **state)
{
	(void)state;
	stderr_restore();
	return 0;
}

#define PROPERTY(name) cmocka_unit_test_teardown(name, quiet_again)

static const struct CMUnitTest tests[] = {
	PROPERTY(all_is_tried),
	PROPERTY(vcpus_are_judged_as_each_alone),
	PROPERTY(what_was_lost_is_in_doubt),
	PROPERTY(what_was_lost_at_the_end_is_in_doubt),
	PROPERTY(any_loss_is_in_doubt),
	PROPERTY(what_is_missing_never_passes),
	PROPERTY(a_violation_stays_one),
	PROPERTY(what_is_recorded_is_judged_the_same),
	PROPERTY(a_trace_that_is_cut_never_passes),
	PROPERTY(time_grows_as_the_trace),
};

int main(void)
{
	first_seed = number_of("EVMCS_SEED", 1);
	rounds = number_of("EVMCS_ROUNDS", ROUNDS);
	print_message("EVMCS_SEED=%" PRIu64 " EVMCS_ROUNDS=%" PRIu64 "\n", first_seed, rounds);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
