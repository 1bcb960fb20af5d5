/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was saved, and which restore is the other half of it. */
#include <errno.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect/migration.h"
#include "judged.h"
#include "model/pairs.h"
#include "sinks/migrations.h"

#define L2 NESTED_GUEST_MODE
#define EVMCS NESTED_EVMCS
#define L2_EVMCS (NESTED_EVMCS | NESTED_GUEST_MODE)

/* ---- saves ---- */

/* KVM holds an eVMCS, and L2 or L1 is active. */
static void holds_evmcs(struct stream *s, bool l2)
{
	s->a->evmptr = EVMCS_GPA;
	s->a->flags |= REC_VMXON;
	if (l2)
		s->a->flags |= REC_L2;
	else
		s->a->flags &= ~(uint32_t)REC_L2;
}

/* No restore is needed for these. */
static const struct outcome *saves_of(struct stream *s)
{
	footer(s);
	return expect(s, VERDICT_INCONCLUSIVE);
}

static void a_save_is_told(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;
	const struct save *save0;
	uint64_t seq, t_ns;

	name_vm(s, "web1");
	holds_evmcs(s, true);
	save(s, L2_EVMCS);
	last(s)->t_ns += 500;
	seq = last(s)->seq;
	t_ns = last(s)->t_ns;
	o = saves_of(s);
	assert_int_equal(o->nr_saves, 1);
	save0 = o->saves;
	assert_int_equal(save0->id, 1);
	assert_int_equal(save0->seq, seq);
	assert_int_equal(save0->vm, 1);
	assert_int_equal(save0->vcpu, 0);
	assert_int_equal(save0->tid, s->a->tid);
	assert_true(save0->known);
	assert_int_equal(save0->header.flags, L2_EVMCS);
	assert_int_equal(save0->header.vmxon_pa, 0x1000);
	assert_true(save0->l2);
	assert_true(save0->has_evmptr);
	assert_int_equal(save0->evmptr, EVMCS_GPA);
	assert_true(save0->has_duration);
	assert_int_equal(save0->duration_ns, 1500);
	assert_int_equal(save0->t_ns + save0->duration_ns, t_ns);
	assert_false(save0->of_restore);
	assert_non_null(strstr(o->json, "\"vm_name\":\"web1\",\"comm\":\"qemu\",\"pid\":1001"));
	assert_int_equal(o->verdict.saves, 1);
	assert_int_equal(o->verdict.nested_saves, 1);
}

static void without_vmx_nothing_is_told(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	s->a->nested.vmxon_pa = INVALID_GPA;
	save(s, 0);
	s->a->nested.vmxon_pa = 0x1000;
	save(s, 0);
	last(s)->ret = -EFAULT;
	o = saves_of(s);
	assert_int_equal(o->nr_saves, 0);
	assert_int_equal(o->verdict.saves, 1);
	assert_int_equal(o->verdict.nested_saves, 0);
}

/* The buffer was too small, or could not be read: nothing is guessed. */
static void a_reply_that_is_not_known(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	holds_evmcs(s, true);
	save(s, L2_EVMCS);
	last(s)->nested = (struct record_nested){ .vmxon_pa = 0x1000 };
	s->a->flags &= ~(uint32_t)REC_VMXON;
	save(s, L2_EVMCS);
	last(s)->nested.size = 0;
	s->a->flags |= REC_VMXON;
	s->a->flags &= ~(uint32_t)REC_NESTED_FLAGS;
	save(s, L2_EVMCS);
	last(s)->nested.size = 0;
	o = saves_of(s);
	assert_int_equal(o->nr_saves, 1);
	assert_false(o->saves->known);
	assert_true(o->saves->l2);
	assert_non_null(strstr(o->json, "\"nested\":null,\"evmptr\":\"0x5000\""));
}

static enum exit_owed owed(struct stream *s, unsigned int flags)
{
	struct outcome *o;

	save(s, flags);
	o = (struct outcome *)judge(s);
	assert_true(o->nr_saves > 0);
	return o->saves[o->nr_saves - 1].exit_owed;
}

static void an_exit_is_owed_to_l1(void **state)
{
	struct stream *s = *state;

	holds_evmcs(s, false);
	assert_int_equal(owed(s, EVMCS), OWED_NO);
	s->a->flags |= REC_SYNC_DUE;
	assert_int_equal(owed(s, EVMCS), OWED_YES);
	assert_non_null(strstr(s->outcomes->json, "\"exit_owed\":true"));
	assert_non_null(strstr(s->outcomes->json, "\"exit_owed\":false"));
	s->a->flags |= REC_L2;
	assert_int_equal(owed(s, L2_EVMCS), OWED_UNKNOWN);
	s->a->flags &= ~(uint32_t)REC_L2;
	s->a->evmptr = EVMPTR_MAP_PENDING;
	assert_int_equal(owed(s, EVMCS), OWED_UNKNOWN);
	s->a->evmptr = EVMPTR_INVALID;
	assert_int_equal(owed(s, 0), OWED_UNKNOWN);
	s->a->evmptr = 0; /* as 5.10 has it */
	assert_int_equal(owed(s, 0), OWED_UNKNOWN);
	holds_evmcs(s, false);
	s->a->flags &= ~(uint32_t)REC_NESTED_FLAGS;
	assert_int_equal(owed(s, EVMCS), OWED_UNKNOWN);
	s->a->flags |= REC_NESTED_FLAGS;
	s->a->flags &= ~(uint32_t)REC_VMX_STATE;
	assert_int_equal(owed(s, EVMCS), OWED_UNKNOWN);
}

static void expect_repeats(struct stream *s, const char *wanted)
{
	const struct outcome *o = judge(s);
	int i;

	assert_int_equal(o->nr_saves, (int)strlen(wanted));
	for (i = 0; i < o->nr_saves; i++)
		assert_int_equal(o->saves[i].repeats, wanted[i] == 'r');
}

static void what_was_told_is_a_repetition(void **state)
{
	struct stream *s = *state;

	holds_evmcs(s, true);
	save(s, L2_EVMCS);
	save(s, L2_EVMCS);
	save(s, EVMCS);
	save(s, EVMCS);
	s->a->flags |= REC_SYNC_DUE;
	save(s, EVMCS);
	on(s, 1, 1);
	holds_evmcs(s, false);
	save(s, EVMCS);
	on(s, 1, 0);
	s->a->evmptr = OTHER_GPA;
	save(s, EVMCS);
	s->a->nested.vmcs12_pa = 0x9000;
	save(s, EVMCS);
	save(s, EVMCS);
	expect_repeats(s, "-r-r----r");
	set(s, L2_EVMCS);
	run_deferred(s);
	save(s, L2_EVMCS);
	expect_repeats(s, "-r-r----r-");
	set(s, L2_EVMCS);
	run_deferred(s);
	save(s, L2_EVMCS); /* the same, but of another restore */
	expect_repeats(s, "-r-r----r--");
}

static void saved_before_it_has_run(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	set(s, L2_EVMCS);
	save(s, L2_EVMCS);
	run_deferred(s);
	save(s, L2_EVMCS);
	footer(s);
	o = expect(s, VERDICT_PASS);
	assert_int_equal(o->nr_saves, 2);
	assert_int_equal(o->saves[0].of_restore, 1);
	assert_int_equal(o->saves[1].of_restore, 0);
}

/* We were armed while it was in KVM_GET_NESTED_STATE. */
static void a_save_without_its_entry(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;
	uint64_t t_ns;

	holds_evmcs(s, true);
	leave(s, PT_GET_STATE, 4224);
	last(s)->nested = s->a->nested;
	t_ns = last(s)->t_ns;
	o = saves_of(s);
	assert_int_equal(o->nr_saves, 1);
	assert_false(o->saves->has_duration);
	assert_int_equal(o->saves->t_ns, t_ns);
	assert_non_null(strstr(o->json, "\"get_ns\":null"));
}

static const struct verdict *verdict_of_half(struct stream *s, struct pipeline *p)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR, .half = true };

	footer(s);
	assert_int_equal(pipeline_init(p, &options), 0);
	assert_int_equal(pipeline_judge(p, judge_new(NULL, SEVERITY_ERROR)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, p), 0);
	return pipeline_finish(p);
}

static void saves_are_enough_of_a_half(void **state)
{
	struct stream *s = *state;
	struct pipeline p;

	holds_evmcs(s, true);
	save(s, L2_EVMCS);
	assert_int_equal(verdict_of_half(s, &p)->kind, VERDICT_PASS);
	assert_int_equal(p.judgement->result, VERDICT_PASS);
	assert_string_equal(p.judgement->checks[1].seen, "0, and 1 saves");
	pipeline_free(&p);
	/* as a whole it shows no restore */
	assert_true(has_reason(expect(s, VERDICT_INCONCLUSIVE), "no restore was seen"));
}

static void nothing_is_not_enough_of_a_half(void **state)
{
	struct stream *s = *state;
	struct pipeline p;

	s->a->nested.vmxon_pa = INVALID_GPA;
	save(s, 0);
	assert_int_equal(verdict_of_half(s, &p)->kind, VERDICT_INCONCLUSIVE);
	assert_int_equal(p.judgement->result, VERDICT_INCONCLUSIVE);
	pipeline_free(&p);
}

/* ---- saves on the screen ---- */

static char *screen_of(struct stream *s, const struct text_options *wanted)
{
	struct model_options model = { .fail_on = SEVERITY_ERROR };
	struct text_options options = *wanted;
	struct pipeline p;
	char *text = NULL;
	size_t len;

	options.out = open_memstream(&text, &len);
	assert_non_null(options.out);
	assert_int_equal(pipeline_init(&p, &model), 0);
	assert_int_equal(pipeline_add(&p, text_sink_new(&options)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	pipeline_free(&p);
	fclose(options.out);
	return text;
}

static int times_in(const char *text, const char *part)
{
	int n = 0;

	while ((text = strstr(text, part))) {
		text += strlen(part);
		n++;
	}
	return n;
}

static void screen_shows_what_is_new(void **state)
{
	static const struct text_options normal, all = { .events = true },
						 findings = { .only_findings = true };
	struct stream *s = *state;
	char *text;

	name_vm(s, "web\0331");
	holds_evmcs(s, true);
	save(s, L2_EVMCS);
	save(s, L2_EVMCS);
	s->a->flags |= REC_SYNC_DUE;
	s->a->flags &= ~(uint32_t)REC_L2;
	save(s, EVMCS);
	footer(s);
	text = screen_of(s, &normal);
	assert_int_equal(times_in(text, "  save "), 2);
	assert_non_null(strstr(text, "22:13:20.000001  save L2 evmcs              "
				     "web?1[1001] vm1/vcpu0  get 1.0 us  evmcs 0x5000\n"));
	assert_non_null(strstr(text, "evmcs 0x5000  L1 has not run since L2's exit\n"));
	free(text);
	text = screen_of(s, &all);
	assert_int_equal(times_in(text, "  save "), 3);
	free(text);
	text = screen_of(s, &findings);
	assert_int_equal(times_in(text, "  save "), 0);
	free(text);
}

/* A name may hold C1 control characters, which a terminal obeys in UTF-8 as well. */
static void json_is_ascii(void **state)
{
	struct model_options model = { .fail_on = SEVERITY_ERROR };
	struct stream *s = *state;
	struct pipeline p;
	char *text = NULL, *c;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	name_vm(s, "a\302\233m\033[m\303\266");
	holds_evmcs(s, true);
	save(s, L2_EVMCS);
	footer(s);
	assert_int_equal(pipeline_init(&p, &model), 0);
	assert_int_equal(pipeline_add(&p, json_sink_new(out, NULL, NULL)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	pipeline_free(&p);
	fclose(out);
	assert_non_null(strstr(text, "\"type\":\"save\""));
	assert_non_null(strstr(text, "\"a\\u009Bm\\u001B[m\\u00F6\""));
	for (c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
	free(text);
}

/* ---- pairs ---- */

#define SECOND 1000000000ULL

static void tell_save(void *pairs, const struct save *save)
{
	pairs_save(pairs, save);
}

static void tell_restore(void *pairs, const struct restore *restore)
{
	pairs_restore(pairs, restore);
}

static int to_model(void *model, const struct trace_item *item)
{
	return model_item(model, item);
}

static void give(struct pairs *pairs, const struct stream *s, const char *label)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct model_hooks hooks = {
		.ctx = pairs, .save = tell_save, .off = tell_save, .restore = tell_restore
	};
	struct model *m = model_new(&options, &hooks);

	assert_non_null(m);
	pairs_trace(pairs, label, &s->header);
	assert_int_equal(stream_feed(s, to_model, m), 0);
	pairs_verdict(pairs, model_finish(m));
	model_free(m);
}

/* Two hosts, or one of them twice. */
struct hosts {
	struct stream *a;
	struct stream *b;
	struct pairs *pairs;
	const struct pair_list *list;
	bool cut; /* the traces have no footer */
};

static int hosts_setup(void **state)
{
	struct hosts *h = calloc(1, sizeof(*h));

	h->a = stream_new();
	h->b = stream_new();
	strcpy(h->a->header.boot_id, "boot-a");
	strcpy(h->b->header.boot_id, "boot-b");
	h->b->header.wall_ns += 10 * SECOND;
	*state = h;
	return 0;
}

static int hosts_teardown(void **state)
{
	struct hosts *h = *state;

	stream_free(h->a);
	stream_free(h->b);
	pairs_free(h->pairs);
	free(h);
	return 0;
}

/* A story may go on: its footer is not kept. */
static void give_whole(struct hosts *h, struct stream *s, const char *label)
{
	int nr = s->nr;

	if (!nr)
		return;
	if (!h->cut && s->steps[nr - 1].type != ITEM_FOOTER)
		footer(s);
	give(h->pairs, s, label);
	s->nr = nr;
}

static void pair_up(struct hosts *h, bool complete)
{
	pairs_free(h->pairs);
	h->pairs = pairs_new(complete);
	assert_non_null(h->pairs);
	give_whole(h, h->a, "a.jsonl");
	give_whole(h, h->b, "b.jsonl");
	h->list = pairs_finish(h->pairs);
	assert_non_null(h->list);
}

/* All that was concluded, in words. */
static void expect_pairs(struct hosts *h, bool complete, const char *wanted)
{
	char seen[512] = "";
	size_t i;

	pair_up(h, complete);
	for (i = 0; i < h->list->nr; i++) {
		const struct pair *p = &h->list->pair[i];
		size_t at = strlen(seen);

		snprintf(seen + at, sizeof(seen) - at, "%s%d:%d %s%s", i ? ", " : "",
			 p->save ? (int)p->save->id : 0, p->restore ? (int)p->restore->id : 0,
			 pair_result_name(p->result), p->snapshot ? " snapshot" : "");
	}
	assert_string_equal(seen, wanted);
}

static void expect_verdict(struct hosts *h, enum verdict_kind verdict)
{
	pair_up(h, true);
	assert_int_equal(h->list->verdict, verdict);
}

static void begin_vm(struct stream *s, uint32_t vm, int32_t vcpu, const char *name)
{
	on(s, vm, vcpu);
	name_vm(s, name);
	holds_evmcs(s, true);
}

static void restored(struct stream *s, uint32_t vm, int32_t vcpu, const char *name)
{
	on(s, vm, vcpu);
	name_vm(s, name);
	set(s, L2_EVMCS);
	run_deferred(s);
}

static void between_two_processes(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->a, 2, 0, "web1");
	footer(h->a);
	expect_pairs(h, false, "1:1 same");
	expect_pairs(h, true, "1:1 same");
	assert_int_equal(h->list->verdict, VERDICT_PASS);
	assert_int_equal(h->list->pair[0].save->vm->pid, 1001);
	assert_int_equal(h->list->pair[0].restore->vm->pid, 1002);
}

/* The destination's clock may be behind: it restores before it was saved. */
static void between_two_hosts(void **state)
{
	struct hosts *h = *state;
	int i;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, EVMCS);
	save(h->a, L2_EVMCS);
	restored(h->b, 7, 0, "web1");
	for (i = 0; i < 2; i++) {
		expect_pairs(h, true, "2:1 same");
		assert_int_equal(h->list->verdict, VERDICT_PASS);
		assert_false(same_host(h->list->pair[0].save, h->list->pair[0].restore));
		h->b->header.wall_ns -= 20 * SECOND;
	}
}

static void the_last_save_counts(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	save(h->a, L2_EVMCS);
	restored(h->a, 2, 0, "web1");
	save(h->a, L2_EVMCS); /* by the destination, when it runs */
	expect_pairs(h, false, "2:1 same, 3:0 not-restored");
	/* there and back: each restore has the save before it */
	restored(h->a, 3, 0, "web1");
	expect_pairs(h, true, "2:1 same, 3:2 same");
	assert_int_equal(h->list->verdict, VERDICT_PASS);
}

static void there_and_back(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	save(h->b, L2_EVMCS);
	h->a->t_ns += 20 * SECOND;
	restored(h->a, 2, 0, "web1");
	expect_pairs(h, true, "1:1 same, 1:1 same");
	assert_string_equal(h->list->pair[0].save->trace->label, "a.jsonl");
	assert_string_equal(h->list->pair[1].save->trace->label, "b.jsonl");
}

/* Then on to a third one, whose save is not of that restore. */
static void and_on(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->b, 1, 0, "web1");
	save(h->b, L2_EVMCS);
	restored(h->b, 2, 0, "web1");
	h->a->t_ns += 20 * SECOND;
	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	expect_pairs(h, true, "1:1 same, 1:0 not-restored");
	assert_string_equal(h->list->pair[0].save->trace->label, "b.jsonl");
}

/* One host, two traces; its wall clock was set back between them. */
static void clocks_of_one_host(void **state)
{
	struct hosts *h = *state;

	strcpy(h->b->header.boot_id, "boot-a");
	h->b->header.mono_ns = h->a->header.mono_ns + 10 * SECOND;
	h->b->header.wall_ns = h->a->header.wall_ns - 100 * SECOND;
	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->b, 2, 0, "web1");
	expect_pairs(h, true, "1:1 same");
	assert_true(same_host(h->list->pair[0].save, h->list->pair[0].restore));
	assert_true(h->list->pair[0].restore->wall_ns - h->list->pair[0].save->wall_ns >
		    9 * SECOND);
	/* and what is saved later is no half of it */
	h->b->header.mono_ns = h->a->header.mono_ns;
	h->a->header.mono_ns += 10 * SECOND;
	expect_pairs(h, true, "0:1 not-saved, 1:0 not-restored");
	/* an unknown host is another one, and not asked when */
	h->a->header.boot_id[0] = h->b->header.boot_id[0] = '\0';
	expect_pairs(h, true, "1:1 same");
}

static void others_are_no_half(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->a, 2, 1, "web1");
	restored(h->a, 3, 0, "web2");
	expect_pairs(h, false, "1:0 not-restored, 0:1 not-saved, 0:2 not-saved");
	expect_verdict(h, VERDICT_INCONCLUSIVE);
}

static void vms_without_a_name(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, NULL);
	save(h->a, L2_EVMCS);
	on(h->a, 2, 0);
	h->a->a->pid = 1001; /* another VM of that process */
	name_vm(h->a, NULL);
	set(h->a, L2_EVMCS);
	run_deferred(h->a);
	expect_pairs(h, true, "1:1 same");
	restored(h->a, 3, 0, NULL);
	expect_pairs(h, true, "1:1 same, 0:2 not-saved");
	/* a process of another host has nothing to do with it, and a name is no none */
	restored(h->b, 1, 0, NULL);
	restored(h->b, 2, 0, "web1");
	expect_pairs(h, true, "1:1 same, 0:2 not-saved, 0:1 not-saved, 0:2 not-saved");
}

/* Which of them was saved last says nothing of the one that is restored. */
static void several_vms_without_a_name(void **state)
{
	struct hosts *h = *state;
	uint32_t vm;

	for (vm = 1; vm <= 3; vm++) {
		on(h->a, vm, 0);
		h->a->a->pid = 1001;
		name_vm(h->a, NULL);
		holds_evmcs(h->a, true);
		if (vm < 3)
			save(h->a, vm == 1 ? L2_EVMCS : EVMCS);
	}
	set(h->a, L2_EVMCS);
	run_deferred(h->a);
	expect_pairs(h, true, "2:0 not-restored, 1:1 same");
}

/* ---- one restore for one save ---- */

/* What web1's second process saved was not seen. */
static void a_save_is_restored_once(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	save(h->a, L2_EVMCS);
	restored(h->a, 2, 0, "web1");
	restored(h->a, 3, 0, "web1");
	expect_pairs(h, true, "2:1 same, 0:2 not-saved");
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
	/* nor is it an older one, of before the VM was elsewhere */
	expect_pairs(h, false, "2:1 same, 0:2 not-saved");
}

static void a_save_is_restored_on_one_host(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	restored(h->b, 2, 0, "web1");
	expect_pairs(h, true, "1:1 same, 0:2 not-saved");
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
}

static void a_snapshot_is_restored_often(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->a, 1, 0, "web1");
	restored(h->a, 1, 0, "web1");
	expect_pairs(h, true, "1:1 same snapshot, 1:2 same snapshot");
	assert_int_equal(h->list->verdict, VERDICT_PASS);
}

static void refused(struct stream *s, uint32_t vm, const char *name)
{
	on(s, vm, 0);
	name_vm(s, name);
	set_enter(s, L2_EVMCS);
	set_leave(s, -EINVAL);
}

/* The source goes on, and tries again. */
static void refused_and_tried_again(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	refused(h->b, 1, "web1");
	restored(h->b, 2, 0, "web1");
	expect_pairs(h, true, "1:1 refused, 1:2 same");
}

/* ---- hosts whose clocks differ ---- */

static void there_and_back_and_there(struct hosts *h, unsigned int second)
{
	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	h->a->t_ns += 20 * SECOND;
	if (second == EVMCS)
		refused(h->a, 3, "web1");
	on(h->a, 2, 0);
	name_vm(h->a, "web1");
	set(h->a, second);
	run_deferred(h->a);
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	save(h->b, L2_EVMCS | NESTED_RUN_PENDING);
	h->b->t_ns += 20 * SECOND;
	restored(h->b, 2, 0, "web1");
}

static void clocks_of_hosts_differ(void **state)
{
	struct hosts *h = *state;
	uint64_t wall_ns = h->a->header.wall_ns;
	int skew;
	size_t i;

	there_and_back_and_there(h, L2_EVMCS | NESTED_RUN_PENDING);
	for (skew = -40; skew <= 40; skew += 4) {
		h->b->header.wall_ns = wall_ns + (uint64_t)((int64_t)SECOND * skew);
		pair_up(h, true);
		assert_int_equal(h->list->nr, 3);
		for (i = 0; i < 3; i++)
			assert_int_equal(h->list->pair[i].result, RESULT_SAME);
		assert_int_equal(h->list->verdict, VERDICT_PASS);
	}
}

/* It is nobody's: but of which save it should have been, nobody knows. */
static void clocks_of_hosts_leave_a_doubt(void **state)
{
	struct hosts *h = *state;
	struct judgement *j;

	there_and_back_and_there(h, EVMCS);
	expect_pairs(h, true, "1:1 same, 1:1 refused, 1:2 unsure, 2:2 same");
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
	j = migration_judge(h->list);
	assert_int_equal(j->checks[3].result, VERDICT_INCONCLUSIVE);
	assert_string_equal(j->checks[3].seen, "flags 0x7 -> 0x4, or of another save");
	migration_judgement_free(j);
}

/* One save, and which of two restores was of it is open. */
static void one_save_for_two_restores(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, EVMCS);
	restored(h->a, 2, 0, "web1");
	restored(h->b, 1, 0, "web1");
	expect_pairs(h, true, "1:1 unsure, 0:1 not-saved");
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
}

/* The nearer save is the only one that the other restore may be of. */
static void who_has_a_choice_gives_way(void **state)
{
	struct hosts *h = *state;

	restored(h->a, 1, 0, "web1");
	begin_vm(h->a, 2, 0, "web1");
	save(h->a, EVMCS);
	h->b->header.wall_ns = h->a->header.wall_ns;
	begin_vm(h->b, 1, 0, "web1");
	save(h->b, L2_EVMCS);
	h->b->t_ns += 20 * SECOND;
	restored(h->b, 2, 0, "web1");
	save(h->b, L2_EVMCS);
	expect_pairs(h, true, "2:1 same, 1:0 not-restored, 1:1 same");
}

/* web2 went from a to b between what a restored and what b saved. */
static void another_vm_tells_the_order(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, EVMCS);
	restored(h->a, 2, 0, "web1");
	begin_vm(h->b, 2, 0, "web1");
	save(h->b, L2_EVMCS);
	expect_pairs(h, true, "1:0 not-restored, 1:1 same");
	h->b->nr = 0;
	begin_vm(h->a, 3, 0, "web2");
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web2");
	begin_vm(h->b, 2, 0, "web1");
	save(h->b, L2_EVMCS);
	expect_pairs(h, true, "1:1 differs, 2:1 same, 1:0 not-restored");
	assert_int_equal(h->list->verdict, VERDICT_FAIL);
}

/* ---- what ends a save ---- */

static void save_off(struct stream *s)
{
	s->a->nested.vmxon_pa = INVALID_GPA;
	save(s, 0);
	s->a->nested.vmxon_pa = 0x1000;
}

static void vmx_was_left_after_it(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->a, 2, 0, "web1");
	save(h->a, L2_EVMCS);
	expect_pairs(h, true, "1:1 same, 2:0 not-restored");
	save_off(h->a);
	expect_pairs(h, true, "1:1 same");
	assert_int_equal(h->list->verdict, VERDICT_PASS);
	/* what comes after that on this host or another is of nothing that was seen */
	restored(h->a, 3, 0, "web1");
	expect_pairs(h, true, "1:1 same, 0:2 not-saved");
	restored(h->b, 1, 0, "web1");
	expect_pairs(h, true, "1:1 same, 0:2 not-saved, 0:1 not-saved");
}

/* From a to b, and on before it runs: the last half is missing. */
static void on_before_it_has_run(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	on(h->b, 1, 0);
	name_vm(h->b, "web1");
	set(h->b, L2_EVMCS);
	save(h->b, L2_EVMCS);
	expect_pairs(h, true, "1:1 same, 1:0 not-restored");
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
	restored(h->b, 2, 0, "web1");
	expect_pairs(h, true, "1:1 same, 1:2 same");
	assert_int_equal(h->list->verdict, VERDICT_PASS);
}

/* It was looked at, ran and went on: what was saved then was not seen. */
static void a_look_is_not_what_left(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	on(h->b, 1, 0);
	name_vm(h->b, "web1");
	set(h->b, L2_EVMCS);
	save(h->b, L2_EVMCS);
	run_deferred(h->b);
	restored(h->b, 2, 0, "web1");
	expect_pairs(h, true, "1:1 same, 0:2 not-saved");
}

/* ---- what differs ---- */

static void expect_differs(struct hosts *h, const char *wanted)
{
	char text[320];

	expect_pairs(h, false, "1:1 differs");
	pair_differences(h->list->pair, text, sizeof(text));
	assert_string_equal(text, wanted);
	expect_verdict(h, VERDICT_FAIL);
}

static void each_field_may_differ(void **state)
{
	struct hosts *h = *state;
	struct record_nested was, *is;

	begin_vm(h->a, 1, 0, "web1");
	h->a->a->flags |= REC_HAS_EVMCS_PA;
	h->a->a->nested.evmcs_pa = EVMCS_GPA;
	save(h->a, L2_EVMCS);
	is = &last(h->a)->nested;
	was = *is;
	begin_vm(h->b, 1, 0, "web1");
	h->b->a->flags |= REC_HAS_EVMCS_PA;
	h->b->a->nested.evmcs_pa = EVMCS_GPA;
	set(h->b, L2_EVMCS);
	run_deferred(h->b);
	expect_pairs(h, true, "1:1 same");
	is->flags |= NESTED_RUN_PENDING;
	expect_differs(h, "flags 0x7 -> 0x5");
	*is = was;
	is->format = 1;
	expect_differs(h, "format 0x1 -> 0x0");
	*is = was;
	is->size = 8320;
	expect_differs(h, "size 0x2080 -> 0x1080");
	*is = was;
	is->vmxon_pa = 0x2000;
	is->vmcs12_pa = 0x3000;
	expect_differs(h, "vmxon_pa 0x2000 -> 0x1000, vmcs12_pa 0x3000 -> 0xffffffffffffffff");
	*is = was;
	is->smm_flags = 2;
	expect_differs(h, "smm_flags 0x2 -> 0x0");
	*is = was;
	is->evmcs_pa = OTHER_GPA;
	expect_differs(h, "evmcs_pa 0x6000 -> 0x5000");
	is->evmcs_pa = 0; /* nobody told */
	expect_pairs(h, true, "1:1 same");
	*is = was;
	last(h->a)->flags &= ~(uint32_t)REC_HAS_EVMCS_PA;
	expect_pairs(h, true, "1:1 same");
	is->hdr_flags = 1; /* a deadline, which QEMU does not send */
	expect_pairs(h, true, "1:1 same");
}

static void another_evmcs_is_mapped(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	h->a->a->evmptr = OTHER_GPA;
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	expect_differs(h, "evmcs 0x6000 -> 0x5000");
	last(h->a)->evmptr = EVMPTR_MAP_PENDING; /* restored itself, not mapped yet */
	expect_pairs(h, true, "1:1 same");
	last(h->a)->evmptr = OTHER_GPA;
	last(h->a)->flags &= ~(uint32_t)REC_VMX_STATE;
	expect_pairs(h, true, "1:1 same");
}

/* L1 may be about to enter another L2, and has said so in its assist page. */
static void l1_may_have_named_another_evmcs(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	h->a->a->evmptr = OTHER_GPA;
	save(h->a, EVMCS);
	on(h->b, 1, 0);
	name_vm(h->b, "web1");
	set(h->b, EVMCS);
	run_deferred(h->b);
	expect_pairs(h, true, "1:1 same");
}

static void never_mapped_is_not_compared(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	on(h->b, 1, 0);
	name_vm(h->b, "web1");
	set(h->b, L2_EVMCS);
	expect_pairs(h, true, "1:1 same");
}

/* An earlier save would fit: a snapshot to whoever does not know better. */
static void an_earlier_save(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	save(h->a, EVMCS);
	restored(h->a, 2, 0, "web1");
	expect_pairs(h, false, "2:0 not-restored, 1:1 same");
	expect_pairs(h, true, "2:1 differs");
	assert_int_equal(h->list->verdict, VERDICT_FAIL);
}

static void a_snapshot_may_be_old(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	save(h->a, EVMCS);
	h->a->a->nested.flags = L2_EVMCS;
	set(h->a, L2_EVMCS);
	run_deferred(h->a);
	expect_pairs(h, true, "2:0 not-restored, 1:1 same snapshot");
	expect_pairs(h, false, "2:0 not-restored, 1:1 same snapshot");
}

/* ---- where a half is missing ---- */

/* QEMU's resets, before the state arrives. */
static void leaving_vmx_restores_nothing(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	on(h->a, 2, 0);
	name_vm(h->a, "web1");
	leave_vmx_enter(h->a);
	set_leave(h->a, 0);
	expect_pairs(h, true, "1:0 not-restored");
	h->a->a->nested.vmxon_pa = 0x1000;
	set(h->a, L2_EVMCS);
	run_deferred(h->a);
	expect_pairs(h, true, "1:2 same");
}

static void a_cancelled_migration(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	expect_pairs(h, false, "1:0 not-restored");
	expect_verdict(h, VERDICT_INCONCLUSIVE);
	/* the second attempt is what counts */
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	expect_pairs(h, true, "2:1 same");
	expect_verdict(h, VERDICT_PASS);
}

/* The destination saves what it has just been given, before it runs. */
static void what_has_not_run_is_no_half(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	on(h->b, 1, 0);
	name_vm(h->b, "web1");
	set(h->b, L2_EVMCS);
	save(h->b, L2_EVMCS);
	run_deferred(h->b);
	expect_pairs(h, true, "1:1 same");
	expect_verdict(h, VERDICT_PASS);
}

static void kvm_refuses(void **state)
{
	struct hosts *h = *state;
	struct judgement *j;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	on(h->b, 1, 0);
	name_vm(h->b, "web1");
	set_enter(h->b, L2_EVMCS);
	set_leave(h->b, -EINVAL);
	expect_pairs(h, true, "1:1 refused");
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
	j = migration_judge(h->list);
	assert_string_equal(j->checks[1].seen, "saved; KVM refused to restore it (-22)");
	migration_judgement_free(j);
	/* what nobody saved is nobody's half */
	h->a->nr = 0;
	expect_pairs(h, true, "");
}

/* It is still in there: nothing was restored. */
static void set_has_not_returned(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	on(h->b, 1, 0);
	name_vm(h->b, "web1");
	set_enter(h->b, L2_EVMCS);
	expect_pairs(h, true, "1:0 not-restored");
}

static void an_unknown_reply_is_not_compared(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	save(h->a, L2_EVMCS);
	last(h->a)->nested.size = 0;
	restored(h->b, 1, 0, "web1");
	expect_pairs(h, true, "2:1 unknown");
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
}

/* ---- the judgement ---- */

static void expect_coverage(struct hosts *h, enum verdict_kind verdict, const char *seen)
{
	struct judgement *j = migration_judge(h->list);

	assert_non_null(j);
	assert_int_equal(h->list->verdict, verdict);
	assert_int_equal(j->result, verdict);
	assert_string_equal(j->checks[0].name, "coverage");
	assert_int_equal(j->checks[0].result, verdict);
	assert_string_equal(j->checks[0].seen, seen);
	migration_judgement_free(j);
}

static void halves_that_could_not_be_seen(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	pair_up(h, true);
	expect_coverage(h, VERDICT_PASS, "1 pairs");
	blind_to(h->b, PT_GET_STATE);
	pair_up(h, true);
	expect_coverage(h, VERDICT_INCONCLUSIVE, "b.jsonl: what was saved was not watched");
	pairs_free(h->pairs);
	h->pairs = pairs_new(true);
	give(h->pairs, h->a, "a.jsonl");
	pairs_unreadable(h->pairs);
	pairs_trace(h->pairs, "c.jsonl", NULL);
	h->list = pairs_finish(h->pairs);
	expect_coverage(h, VERDICT_INCONCLUSIVE,
			"a.jsonl: it could not be read; c.jsonl: it could not be read");
}

static void halves_that_may_be_missing(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->a, 2, 0, "web1");
	h->a->header.filter_pid = 1001;
	pair_up(h, true);
	expect_coverage(h, VERDICT_INCONCLUSIVE, "a.jsonl: it was recorded with a filter");
	h->a->header.filter_pid = 0;
	h->a->header.filter_vcpu = 0;
	pair_up(h, true);
	expect_coverage(h, VERDICT_INCONCLUSIVE, "a.jsonl: it was recorded with a filter");
	h->a->header.filter_vcpu = VCPU_NONE;
	pair_up(h, true);
	expect_coverage(h, VERDICT_PASS, "1 pairs");
	h->cut = true;
	pair_up(h, true);
	expect_coverage(h, VERDICT_INCONCLUSIVE,
			"a.jsonl: the trace has no footer: its end is missing");
}

/* Else what was saved once were there for two restores. */
static void a_trace_given_twice_counts_once(void **state)
{
	struct hosts *h = *state;

	begin_vm(h->a, 1, 0, "web1");
	save(h->a, L2_EVMCS);
	restored(h->a, 2, 0, "web1");
	footer(h->a);
	pairs_free(h->pairs);
	h->pairs = pairs_new(true);
	give(h->pairs, h->a, "a.jsonl");
	give(h->pairs, h->a, "copy.jsonl");
	h->list = pairs_finish(h->pairs);
	expect_coverage(h, VERDICT_PASS, "1 pairs");
	/* of another moment it is another trace */
	pairs_free(h->pairs);
	h->pairs = pairs_new(true);
	give(h->pairs, h->a, "a.jsonl");
	h->a->header.mono_ns += 20 * SECOND;
	give(h->pairs, h->a, "later.jsonl");
	h->list = pairs_finish(h->pairs);
	assert_int_equal(h->list->nr, 2);
}

static void no_halves_at_all(void **state)
{
	struct hosts *h = *state;

	on(h->a, 1, 0);
	name_vm(h->a, "web1");
	leave_vmx_enter(h->a);
	set_leave(h->a, 0);
	pair_up(h, true);
	expect_coverage(h, VERDICT_INCONCLUSIVE, "no nested state was saved or restored");
}

static void checks_have_plain_names(void **state)
{
	struct hosts *h = *state;
	struct judgement *j;

	begin_vm(h->a, 1, 12, "we b\033[m1");
	save(h->a, L2_EVMCS);
	restored(h->b, 1, 12, "we b\033[m1");
	save(h->b, EVMCS);
	h->a->t_ns += 20 * SECOND;
	restored(h->a, 2, 12, "we b\033[m1");
	pair_up(h, true);
	j = migration_judge(h->list);
	assert_int_equal(j->nr_checks, 3);
	assert_string_equal(j->checks[1].name, "we_b__m1.vcpu12");
	assert_int_equal(j->checks[1].result, VERDICT_PASS);
	assert_string_equal(j->checks[1].seen, "restored as it was saved");
	assert_string_equal(j->checks[2].name, "we_b__m1.vcpu12.2");
	assert_int_equal(j->checks[2].result, VERDICT_FAIL);
	assert_string_equal(j->checks[2].expected, "restored as it was saved");
	assert_string_equal(j->checks[2].seen, "flags 0x4 -> 0x5");
	assert_int_equal(j->result, VERDICT_FAIL);
	assert_int_equal(j->by_result[VERDICT_PASS], 2);
	assert_int_equal(j->by_result[VERDICT_FAIL], 1);
	assert_int_equal(j->verdict->restores, 2);
	migration_judgement_free(j);
}

static char *printed(const struct pair_list *list, bool all)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	migrations_print_text(out, list, all);
	fclose(out);
	return text;
}

static void pairs_on_the_screen(void **state)
{
	struct hosts *h = *state;
	char *text;

	begin_vm(h->a, 1, 0, "we\033b1");
	h->a->a->flags |= REC_SYNC_DUE;
	h->a->a->flags &= ~(uint32_t)REC_L2;
	save(h->a, EVMCS);
	restored(h->a, 2, 0, "we\033b1");
	restored(h->a, 3, 0, NULL);
	pair_up(h, false);
	text = printed(h->list, false);
	assert_string_equal(text, "migrations:\n  we?b1/vcpu0  L1  saved 22:13:20.000001 [1001]  "
				  "restored 22:13:20.000003 [1002] +2.0 us  differs\n"
				  "    saved -> restored: flags 0x4 -> 0x5\n"
				  "    saved when L1 had not run since L2's exit\n");
	free(text);
	text = printed(h->list, true);
	assert_non_null(strstr(text, "  CPU 0/KVM/vcpu0  L2  restored 22:13:20.0"));
	assert_non_null(strstr(text, "[1003]  not-saved\n"));
	free(text);
}

/* Some thousand saves and restores of some VMs: nobody waits for it. */
static void many_of_them(void **state)
{
	struct hosts *h = *state;
	char names[50][8];
	int i;

	on(h->a, 1, 0);
	for (i = 0; i < 2000; i++) {
		snprintf(names[i % 50], sizeof(names[0]), "vm%d", i % 50);
		h->a->a->vm = h->a->a->pid = (uint32_t)i + 1;
		h->a->a->vcpu = i % 4;
		name_vm(h->a, names[i % 50]);
		holds_evmcs(h->a, true);
		save(h->a, L2_EVMCS);
		set(h->a, L2_EVMCS);
		run_deferred(h->a);
	}
	pair_up(h, true);
	assert_int_equal(h->list->nr, 2000);
	assert_int_equal(h->list->verdict, VERDICT_PASS);
}

/* Of one vCPU: nothing is said of which belong together, and that is said. */
static void too_many_of_one_vcpu(void **state)
{
	struct hosts *h = *state;
	size_t i;

	begin_vm(h->a, 1, 0, "web1");
	for (i = 0; i < 501; i++)
		save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	restored(h->b, 2, 1, "web1");
	pair_up(h, true);
	assert_int_equal(h->list->nr, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(h->list->pair[i].result,
				 h->list->pair[i].restore && h->list->pair[i].restore->vcpu
					 ? RESULT_NOT_SAVED
					 : RESULT_TOO_MANY);
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
}

/* In one process any number is looked at, but not each restore at each save. */
static void too_many_that_differ(void **state)
{
	struct hosts *h = *state;
	size_t i, n = 4500;

	begin_vm(h->a, 1, 0, "web1");
	for (i = 0; i < n; i++)
		save(h->a, L2_EVMCS);
	for (i = 0; i < n; i++)
		restored(h->a, 1, 0, "web1");
	pair_up(h, true);
	assert_int_equal(h->list->nr, n);
	assert_int_equal(h->list->verdict, VERDICT_PASS);
	for (i = 0; i < n; i++) {
		set(h->a, EVMCS);
		run_deferred(h->a);
	}
	pair_up(h, true);
	assert_int_equal(h->list->nr, 2 * n + 1);
	for (i = 0; i <= 2 * n; i++)
		assert_int_equal(h->list->pair[i].result, RESULT_TOO_MANY);
	assert_int_equal(h->list->verdict, VERDICT_INCONCLUSIVE);
}

static void as_many_as_are_looked_at(void **state)
{
	struct hosts *h = *state;
	int i;

	begin_vm(h->a, 1, 0, "web1");
	for (i = 0; i < 500; i++)
		save(h->a, L2_EVMCS);
	restored(h->b, 1, 0, "web1");
	expect_pairs(h, true, "500:1 same");
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, hosts_setup, hosts_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_save_is_told),
		TEST(without_vmx_nothing_is_told),
		TEST(a_reply_that_is_not_known),
		TEST(an_exit_is_owed_to_l1),
		TEST(what_was_told_is_a_repetition),
		TEST(saved_before_it_has_run),
		TEST(a_save_without_its_entry),
		TEST(saves_are_enough_of_a_half),
		TEST(nothing_is_not_enough_of_a_half),
		TEST(screen_shows_what_is_new),
		TEST(json_is_ascii),
		PAIR_TEST(between_two_processes),
		PAIR_TEST(between_two_hosts),
		PAIR_TEST(the_last_save_counts),
		PAIR_TEST(there_and_back),
		PAIR_TEST(and_on),
		PAIR_TEST(clocks_of_one_host),
		PAIR_TEST(others_are_no_half),
		PAIR_TEST(vms_without_a_name),
		PAIR_TEST(several_vms_without_a_name),
		PAIR_TEST(each_field_may_differ),
		PAIR_TEST(another_evmcs_is_mapped),
		PAIR_TEST(l1_may_have_named_another_evmcs),
		PAIR_TEST(never_mapped_is_not_compared),
		PAIR_TEST(an_earlier_save),
		PAIR_TEST(a_snapshot_may_be_old),
		PAIR_TEST(leaving_vmx_restores_nothing),
		PAIR_TEST(a_cancelled_migration),
		PAIR_TEST(what_has_not_run_is_no_half),
		PAIR_TEST(kvm_refuses),
		PAIR_TEST(set_has_not_returned),
		PAIR_TEST(an_unknown_reply_is_not_compared),
		PAIR_TEST(halves_that_could_not_be_seen),
		PAIR_TEST(no_halves_at_all),
		PAIR_TEST(checks_have_plain_names),
		PAIR_TEST(pairs_on_the_screen),
		PAIR_TEST(a_save_is_restored_once),
		PAIR_TEST(a_save_is_restored_on_one_host),
		PAIR_TEST(a_snapshot_is_restored_often),
		PAIR_TEST(refused_and_tried_again),
		PAIR_TEST(clocks_of_hosts_differ),
		PAIR_TEST(clocks_of_hosts_leave_a_doubt),
		PAIR_TEST(one_save_for_two_restores),
		PAIR_TEST(who_has_a_choice_gives_way),
		PAIR_TEST(another_vm_tells_the_order),
		PAIR_TEST(vmx_was_left_after_it),
		PAIR_TEST(on_before_it_has_run),
		PAIR_TEST(a_look_is_not_what_left),
		PAIR_TEST(halves_that_may_be_missing),
		PAIR_TEST(a_trace_given_twice_counts_once),
		PAIR_TEST(many_of_them),
		PAIR_TEST(too_many_of_one_vcpu),
		PAIR_TEST(too_many_that_differ),
		PAIR_TEST(as_many_as_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
