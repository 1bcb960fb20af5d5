/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the model makes of a stream; the anomaly classes are in test_anomalies.c. */
#include <errno.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judged.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "stories.h"

#define L2 NESTED_GUEST_MODE
#define EVMCS NESTED_EVMCS

/* ---- paths ---- */

static void every_story_takes_its_path(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < nr_stories; i++) {
		struct stream *s = stream_new();
		const struct outcome *o;

		stories[i].tell(s);
		footer(s);
		o = expect(s, stories[i].verdict);
		assert_true(o->nr > 0);
		assert_int_equal(o->restores[0].path, stories[i].path);
		assert_int_equal(o->verdict.restores, o->nr);
		stream_free(s);
	}
}

static void native_l1(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	tell(s, "native-l1");
	expect_clean(s);
	r = &s->outcomes->restores[0];
	assert_int_equal(r->end, END_RAN);
	assert_false(r->l2);
	assert_false(r->wants_evmcs);
	assert_true(r->run_seen);
	assert_false(r->run_exact); /* nothing was to be done in KVM_RUN */
}

static void native_l2(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	tell(s, "native-l2");
	expect_clean(s);
	r = &s->outcomes->restores[0];
	assert_true(r->l2);
	assert_true(r->run_exact);
	assert_int_equal(r->nr_accesses, 1);
}

static void deferred(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	tell(s, "deferred");
	expect_clean(s);
	r = &s->outcomes->restores[0];
	assert_int_equal(r->end, END_RAN);
	assert_true(r->mapped);
	assert_int_equal(r->mapped_gpa, EVMCS_GPA);
	assert_true(r->run_exact);
	assert_true(r->t_map_ns > r->t_run_ns);
	assert_int_equal(r->nr_memslots, 1);
	assert_int_equal(r->evmptr_before, EVMPTR_INVALID);
	assert_int_equal(r->evmptr_after, EVMPTR_MAP_PENDING);
	assert_int_equal(r->evmptr_end, EVMCS_GPA);
	assert_non_null(strstr(s->outcomes->json, "\"vm_name\":\"web1\""));
}

static void forced_exit_in_run(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-in-run");
	expect_clean(s);
	assert_int_equal(s->outcomes->restores[0].path, PATH_EVMCS_FORCED_EXIT);
}

static void forced_exit_in_teardown(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-in-teardown");
	expect_seen(s, "A5", SEVERITY_INFO);
	assert_int_equal(s->outcomes->restores[0].end, END_FREED);
	assert_int_equal(s->outcomes->restores[0].path, PATH_EVMCS_FORCED_EXIT);
}

/* The map is that of the first restore, the violation that of the second SET. */
static void forced_exit_by_second_set(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	tell(s, "forced-by-second-set");
	expect_seen(s, "A2", SEVERITY_ERROR);
	r = s->outcomes->restores;
	assert_int_equal(s->outcomes->nr, 2);
	assert_int_equal(r[0].end, END_SUPERSEDED);
	assert_int_equal(r[0].path, PATH_EVMCS_FORCED_EXIT);
	assert_int_equal(r[0].mapped_gpa, EVMCS_GPA);
	assert_int_equal(r[0].verdict, VERDICT_PASS);
	assert_int_equal(r[1].end, END_RAN);
	assert_int_equal(r[1].path, PATH_EVMCS_DEFERRED);
	assert_int_equal(r[1].verdict, VERDICT_FAIL);
}

static void none_freed(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	tell(s, "freed-without-run");
	expect_clean(s);
	r = &s->outcomes->restores[0];
	assert_int_equal(r->path, PATH_EVMCS_NONE);
	assert_int_equal(r->end, END_FREED);
	assert_false(r->run_seen);
}

static void leave_vmx(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	tell(s, "leave");
	expect_clean(s);
	r = &s->outcomes->restores[0];
	assert_int_equal(r->path, PATH_LEAVE);
	assert_int_equal(r->end, END_LEFT);
	assert_false(r->reset);
	assert_int_equal(s->outcomes->verdict.restores, 1);
}

/* What QEMU does to every vCPU before a migration comes in is no restore. */
static void resets_alone(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	leave_vmx_enter(s);
	set_leave(s, 0);
	leave_vmx_enter(s);
	set_leave(s, 0);
	footer(s);
	o = expect(s, VERDICT_INCONCLUSIVE);
	assert_true(o->restores[0].reset && o->restores[1].reset);
	assert_int_equal(o->verdict.restores, 0);
	assert_int_equal(o->verdict.resets, 2);
	assert_true(o->verdict.doubts & 1U << DOUBT_NO_RESTORE);
}

static void resets_before_a_restore(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	leave_vmx_enter(s);
	set_leave(s, 0);
	s->a->nested.vmxon_pa = 0x1000;
	tell(s, "deferred");
	footer(s);
	o = expect(s, VERDICT_PASS);
	assert_int_equal(o->verdict.restores, 1);
	assert_int_equal(o->verdict.resets, 1);
}

/* One that was refused was no reset, and is to be seen. */
static void refused_reset(void **state)
{
	struct stream *s = *state;

	leave_vmx_enter(s);
	set_leave(s, -EINVAL);
	expect_clean(s);
	assert_false(s->outcomes->restores[0].reset);
}

/* A kernel that does not tell whether VMX was on. */
static void reset_unknown(void **state)
{
	struct stream *s = *state;

	s->a->flags &= ~(uint32_t)REC_NESTED_FLAGS;
	leave_vmx_enter(s);
	set_leave(s, 0);
	expect_clean(s);
	assert_false(s->outcomes->restores[0].reset);
}

static void refused_alone(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	set_enter(s, EVMCS);
	set_leave(s, -EINVAL);
	expect_clean(s);
	r = &s->outcomes->restores[0];
	assert_int_equal(r->end, END_REFUSED);
	assert_int_equal(r->set_ret, -EINVAL);
}

/* In a trace that was cut, what is missing may be the exit. */
static void blocked_is_not_said_of_a_cut_trace(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	expect(s, VERDICT_INCONCLUSIVE);
}

/* Nor where its exit may be among what was lost after the last record, */
static void blocked_is_not_said_where_the_end_was_lost(void **state)
{
	struct stream *s = *state;
	struct trace_footer *f;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	f = footer(s);
	f->count[PT_READ_GUEST].hits++;
	f->count[PT_READ_GUEST].lost++;
	expect(s, VERDICT_INCONCLUSIVE);
}

/* or what the kernel skipped. */
static void blocked_is_not_said_where_something_was_missed(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	footer(s)->count[PT_READ_GUEST].missed++;
	expect(s, VERDICT_INCONCLUSIVE);
}

static void header_that_leaves_out_a_probe(void **state)
{
	struct stream *s = *state;

	s->header.nr_probes--;
	tell(s, "deferred");
	footer(s);
	expect_why(s, WHY_BLIND);
	assert_true(has_reason(s->outcomes, "the header does not speak of the probe memslot"));
}

static void footer_that_counts_other_losses(void **state)
{
	struct stream *s = *state;
	struct trace_footer *f;

	tell(s, "deferred");
	f = footer(s);
	f->count[PT_MAP].hits += 5;
	f->count[PT_MAP].lost += 5;
	expect(s, VERDICT_INCONCLUSIVE);
}

/* ---- context ---- */

static void nested_accessors_count_once(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	touch(s, PT_PIN, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	leave(s, PT_MAP, 0);
	ran(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->restores[0].nr_accesses, 1);
	assert_int_equal(s->outcomes->verdict.accesses_before_run, 1);
	assert_non_null(strstr(s->outcomes->json, "\"kind\":\"map\""));
}

/* A frame of length 0 is no access and hides none. */
static void empty_hyperv_msr_hides_nothing(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	enter(s, PT_HYPERV_MSR);
	touch(s, PT_WRITE_GUEST_PAGE, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_HYPERV_MSR, 0);
	run_deferred(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
	assert_non_null(strstr(s->outcomes->json, "\"kind\":\"write-guest-page\""));
}

static void empty_hyperv_msr_is_no_access(void **state)
{
	struct stream *s = *state;

	set(s, 0);
	in_ioctl(s, KVM_GET_MP_STATE);
	enter(s, PT_HYPERV_MSR);
	leave(s, PT_HYPERV_MSR, 0);
	ran(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->restores[0].nr_accesses, 0);
}

/* What one task does is no context for another. */
static void context_is_of_the_task(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	on(s, 1, 1);
	set_enter(s, EVMCS);
	on(s, 1, 0);
	run_deferred(s);
	on(s, 1, 1);
	set_leave(s, 0);
	run_deferred(s);
	expect_clean(s);
}

static void memslots_are_of_the_vm(void **state)
{
	struct stream *s = *state;

	set(s, 0);
	on(s, 2, 0);
	set(s, 0);
	memslot(s, 1, 0x1000, 0x1000);
	ran(s);
	on(s, 1, 0);
	ran(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->restores[0].vm, 2);
	assert_int_equal(s->outcomes->restores[0].nr_memslots, 1);
	assert_int_equal(s->outcomes->restores[1].nr_memslots, 0);
}

static void names_are_of_their_vm(void **state)
{
	struct stream *s = *state;

	name_vm(s, "one");
	on(s, 2, 0);
	name_vm(s, "two");
	set(s, 0);
	ran(s);
	expect_clean(s);
	assert_non_null(strstr(s->outcomes->json, "\"vm_name\":\"two\""));
	assert_null(strstr(s->outcomes->json, "\"vm_name\":\"one\""));
}

/* The VM's number is used again, as it is when the vCPUs are gone. */
static void second_life_of_a_vm(void **state)
{
	struct stream *s = *state;

	name_vm(s, "first");
	set(s, 0);
	ran(s);
	free_vcpu(s);
	name_vm(s, "second");
	set(s, 0);
	ran(s);
	free_vcpu(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->nr, 2);
	assert_non_null(strstr(s->outcomes->json, "\"vm_name\":\"second\""));
}

static void saves_are_counted(void **state)
{
	struct stream *s = *state;

	set(s, 0);
	enter(s, PT_GET_STATE);
	leave(s, PT_GET_STATE, 0);
	enter(s, PT_GET_STATE);
	leave(s, PT_GET_STATE, -EFAULT);
	ran(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->verdict.saves, 1);
}

static void refused_second_set_leaves_the_first(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	set(s, EVMCS);
	set_enter(s, EVMCS);
	set_leave(s, -EINVAL);
	run_deferred(s);
	expect_clean(s);
	r = s->outcomes->restores;
	assert_int_equal(s->outcomes->nr, 2);
	assert_int_equal(r[0].id, 2);
	assert_int_equal(r[0].end, END_REFUSED);
	assert_int_equal(r[1].id, 1);
	assert_int_equal(r[1].end, END_RAN);
	assert_int_equal(r[1].path, PATH_EVMCS_DEFERRED);
}

/* The note of a run may reach the ring after the SET that follows the run. */
static void late_note_is_of_the_window_before(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	pages_leave(s, 1);
	s->a->exits++;
	set_enter(s, EVMCS);
	ran(s);
	last(s)->window--;
	last(s)->exits = --s->a->exits;
	in_ioctl(s, KVM_SET_NESTED_STATE);
	set_leave(s, 0);
	run_deferred(s);
	expect_clean(s);
	r = s->outcomes->restores;
	assert_int_equal(s->outcomes->nr, 2);
	assert_int_equal(r[0].id, 1);
	assert_int_equal(r[0].end, END_RAN);
	assert_int_equal(r[1].end, END_RAN);
	assert_int_equal(r[1].path, PATH_EVMCS_DEFERRED);
}

/* A note of a window that is over ends no other. */
static void note_of_no_window(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	ran(s);
	last(s)->window = 99;
	last(s)->exits = --s->a->exits;
	run_deferred(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->nr, 1);
	assert_int_equal(s->outcomes->restores[0].path, PATH_EVMCS_DEFERRED);
}

/* Refused, but it had thrown the first away before it found out. */
static void refused_second_set_that_left(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	set(s, EVMCS | L2);
	set_enter(s, EVMCS | L2);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	leave(s, PT_NESTED_EXIT, 0);
	s->a->evmptr = EVMPTR_INVALID;
	s->a->flags &= ~(uint32_t)REC_REQ_PAGES;
	set_leave(s, -EINVAL);
	expect_clean(s);
	r = s->outcomes->restores;
	assert_int_equal(s->outcomes->nr, 2);
	assert_int_equal(r[0].id, 1);
	assert_int_equal(r[0].end, END_SUPERSEDED);
	assert_int_equal(r[1].end, END_REFUSED);
}

/* A refused SET that left its request: what KVM_RUN then does is its doing. */
static void refused_set_that_is_served(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	s->a->flags |= REC_REQ_PAGES;
	s->a->evmptr = EVMPTR_MAP_PENDING;
	set_leave(s, -EINVAL);
	run_deferred(s);
	expect_seen(s, "A21", SEVERITY_ERROR);
	assert_non_null(find_anomaly(s->outcomes, "A20"));
	assert_int_equal(s->outcomes->nr, 1);
	assert_int_equal(s->outcomes->restores[0].end, END_REFUSED);
	assert_int_equal(s->outcomes->restores[0].path, PATH_EVMCS_DEFERRED);
}

/* ---- never a false green ---- */

static void loss_in_a_window(void **state)
{
	struct stream *s = *state;

	tell(s, "lost-in-window");
	footer(s);
	expect_why(s, WHY_LOST);
	assert_int_equal(s->outcomes->verdict.lost, 3);
}

/* A SET that ended VMX operation may be what was lost: this is of no restore then. */
static void found_after_a_loss_is_no_proof(void **state)
{
	struct stream *s = *state;
	const struct anomaly *a;

	set(s, EVMCS);
	loss(s, 2);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_LOST);
	a = find_anomaly(s->outcomes, "A4");
	assert_non_null(a);
	assert_int_equal(a->severity, SEVERITY_WARNING);
}

/* But one that was found before it is; and so is what a later restore does wrong. */
static void found_before_a_loss_is_proof(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	loss(s, 2);
	run_deferred(s);
	footer(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

static void found_after_a_loss_in_another_restore_is_proof(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	loss(s, 2);
	tell(s, "direct");
	footer(s);
	expect_seen(s, "A1", SEVERITY_ERROR);
}

static void loss_outside_of_windows(void **state)
{
	const struct outcome *o;
	struct stream *s = *state;

	tell(s, "deferred");
	loss(s, 1);
	footer(s);
	o = expect(s, VERDICT_INCONCLUSIVE);
	assert_int_equal(o->restores[0].verdict, VERDICT_PASS);
	assert_true(has_reason(o, "1 records were lost"));
}

static void loss_while_set_runs_again(void **state)
{
	const struct outcome *o;
	struct stream *s = *state;

	set(s, EVMCS);
	set_enter(s, EVMCS);
	loss(s, 1);
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	o = expect(s, VERDICT_INCONCLUSIVE);
	assert_int_equal(o->restores[0].why, 1U << WHY_LOST);
	assert_int_equal(o->restores[1].why, 1U << WHY_LOST);
}

static void missing_exit_of_set(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	s->a->evmptr = EVMPTR_MAP_PENDING;
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
}

/* Nothing but the poller's note comes after it: no other event can tell. */
static void missing_exit_of_set_and_then_a_note(void **state)
{
	struct stream *s = *state;

	set_enter(s, 0);
	ran(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
}

static void missing_exit_inside_set(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	nested_exit_enter(s, 0);
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
}

static void missing_entry(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	leave(s, PT_MAP, 0);
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
}

static void missing_entry_outside_of_windows(void **state)
{
	const struct outcome *o;
	struct stream *s = *state;

	tell(s, "deferred");
	leave(s, PT_MAP, 0);
	footer(s);
	o = expect(s, VERDICT_INCONCLUSIVE);
	assert_int_equal(o->restores[0].verdict, VERDICT_PASS);
	assert_true(has_reason(o, "lack their entry or exit"));
}

/* We may have come while it was in KVM_GET_NESTED_STATE. */
static void missing_entry_of_get_is_forgiven(void **state)
{
	struct stream *s = *state;

	leave(s, PT_GET_STATE, 0);
	tell(s, "deferred");
	expect_clean(s);
}

/* Deeper than the stack that is kept: what is on top is not known. */
static void too_deep(void **state)
{
	struct stream *s = *state;
	int i;

	set(s, EVMCS);
	in_ioctl(s, KVM_RUN);
	for (i = 0; i < CONTEXT_DEPTH + 1; i++)
		enter(s, PT_STATE_PAGES);
	for (i = 0; i < CONTEXT_DEPTH; i++)
		pages_leave(s, 1);
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
}

static void blind(struct stream *s)
{
	struct probe_fact *p = &s->header.probes[1];

	p->attached = false;
	snprintf(p->reason, sizeof(p->reason), "it is inlined");
}

static void blind_spot_spoils_a_pass(void **state)
{
	struct stream *s = *state;

	blind(s);
	tell(s, "deferred");
	footer(s);
	expect_why(s, WHY_BLIND);
	assert_true(has_reason(s->outcomes, "probe map was not attached: it is inlined"));
}

static void blind_spot_spoils_no_violation(void **state)
{
	const struct outcome *o;
	struct stream *s = *state;

	blind(s);
	tell(s, "direct");
	footer(s);
	o = expect(s, VERDICT_FAIL);
	assert_int_equal(o->restores[0].verdict, VERDICT_FAIL);
	assert_true(has_reason(o, "was not attached"));
}

static void unneeded_probe_may_be_missing(void **state)
{
	struct stream *s = *state;

	blind(s);
	s->header.probes[1].needed = false;
	tell(s, "deferred");
	expect_clean(s);
}

static void no_header(void **state)
{
	struct stream *s = *state;

	s->no_header = true;
	tell(s, "deferred");
	footer(s);
	expect_why(s, WHY_BLIND);
}

static void no_footer(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	expect(s, VERDICT_INCONCLUSIVE);
	assert_true(has_reason(s->outcomes, "no footer"));
}

static void no_restore(void **state)
{
	struct stream *s = *state;

	enter(s, PT_GET_STATE);
	leave(s, PT_GET_STATE, 0);
	footer(s);
	expect(s, VERDICT_INCONCLUSIVE);
	assert_true(has_reason(s->outcomes, "no restore was seen"));
}

static void nothing_at_all(void **state)
{
	expect(*state, VERDICT_INCONCLUSIVE);
}

static void not_run_yet(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	footer(s);
	expect_why(s, WHY_NO_RUN_SEEN);
	assert_int_equal(s->outcomes->restores[0].end, END_OPEN);
}

/* In the middle of SET: it took longer than that, and all that came is the restore's. */
static void ends_in_set(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	set_enter(s, EVMCS);
	s->t_ns += 5000000;
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	r = expect(s, VERDICT_INCONCLUSIVE)->restores;
	assert_int_equal(r->end, END_OPEN);
	assert_false(r->set_done);
	assert_int_equal(r->set_duration_ns, last(s)->t_ns - r->t_set_ns);
	assert_int_equal(r->last_seq, last(s)->seq);
	assert_false(r->accesses[0]->done);
}

/* Its exit may be among what was lost. */
static void ends_after_a_loss_in_set(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	s->t_ns += 5000000;
	loss(s, 3);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	expect(s, VERDICT_INCONCLUSIVE);
	assert_int_equal(s->outcomes->restores[0].set_duration_ns, 0);
}

/* What came since that SET began is its own, whatever may become of it. */
static void ends_in_second_set(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	set(s, EVMCS);
	set_enter(s, EVMCS);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	expect(s, VERDICT_INCONCLUSIVE);
	r = s->outcomes->restores;
	assert_int_equal(s->outcomes->nr, 2);
	assert_int_equal(r[0].end, END_OPEN);
	assert_int_equal(r[0].superseded_by, 2);
	assert_int_equal(r[0].t_superseded_ns, r[1].t_set_ns);
	assert_int_equal(r[0].last_seq, last(s)->seq);
	assert_non_null(strstr(s->outcomes->json, "\"superseded_by\":2,\"superseded_after_ns\":"));
	assert_non_null(
		strstr(s->outcomes->json, "\"superseded_by\":null,\"superseded_after_ns\":null"));
	assert_int_equal(r[1].end, END_OPEN);
	assert_int_equal(r[1].superseded_by, 0);
}

static void untracked(void **state)
{
	struct stream *s = *state;

	s->a->flags |= REC_UNTRACKED;
	set_enter(s, EVMCS);
	s->a->flags &= ~(uint32_t)REC_UNTRACKED;
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_UNTRACKED);
}

static void state_unknown(void **state)
{
	static const uint32_t flags[] = { REC_VCPU_STATE, REC_VMX_STATE, 0 };
	struct stream *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		s = stream_new();
		s->a->flags = flags[i];
		tell(s, "deferred");
		footer(s);
		expect_why(s, WHY_NO_STATE);
		stream_free(s);
	}
}

static void failed_command(void **state)
{
	struct trace_footer *f;
	struct stream *s = *state;

	tell(s, "deferred");
	f = footer(s);
	f->has_command = true;
	f->command_status = 2;
	expect(s, VERDICT_INCONCLUSIVE);
	assert_true(has_reason(s->outcomes, "ended with status 2"));
}

static void command_that_succeeded(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	footer(s)->has_command = true;
	expect(s, VERDICT_PASS);
}

static void failed_command_hides_no_violation(void **state)
{
	struct trace_footer *f;
	struct stream *s = *state;

	tell(s, "direct");
	f = footer(s);
	f->has_command = true;
	f->command_status = 2;
	expect(s, VERDICT_FAIL);
}

static void tracking_lost(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	footer(s)->tracking_lost = 1;
	expect(s, VERDICT_INCONCLUSIVE);
	assert_true(has_reason(s->outcomes, "could not be kept track of"));
}

/* Each kind of count, by one. */
static void counts_that_do_not_add_up(void **state)
{
	static const char *const reasons[] = { "the counts of map do not",
					       "the counts of map do not", "probe hits (recursion)",
					       "events were recorded of" };
	struct stream *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct point_count *c;

		s = stream_new();
		tell(s, "deferred");
		c = &footer(s)->count[PT_MAP];
		c->hits += i == 0;
		c->lost += i == 1;
		c->missed += i == 2;
		if (i == 3) { /* one was written that is not here */
			c->hits++;
			c->written++;
		}
		expect(s, VERDICT_INCONCLUSIVE);
		assert_true(has_reason(s->outcomes, reasons[i]));
		stream_free(s);
	}
}

/* ---- blocked at the end ---- */

static void blocked_in_set(void **state)
{
	const struct outcome *o;
	struct stream *s = *state;

	set_enter(s, L2);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	s->t_ns += 5000;
	on(s, 2, 0);
	tell(s, "native-l1"); /* time passes */
	footer(s);
	o = expect(s, VERDICT_FAIL);
	assert_non_null(find_anomaly(o, "A3"));
	assert_non_null(strstr(o->json, "\"ret\":null"));
}

static void blocked_map_in_set(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	expect_seen(s, "A1", SEVERITY_ERROR);
}

static void blocked_before_run(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

/* In KVM_RUN it may wait for its page as long as it likes. */
static void blocked_in_run(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	footer(s);
	expect_why(s, WHY_NO_RUN_SEEN);
}

/* Did it reach memory? Its exit would have told. */
static void missing_exit_of_access(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
}

/* A frame that stayed open is of another system call: it hides nothing. */
static void missing_exit_hides_no_access(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_SET_MSRS);
	reach(s, PT_HYPERV_MSR, PURPOSE_VP_ASSIST, ASSIST_GPA);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	footer(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

/* The restore before is over all the same, when the vCPU has run the later. */
static void missing_exit_of_second_set(void **state)
{
	const struct restore *r;
	struct stream *s = *state;

	set(s, EVMCS);
	set_enter(s, EVMCS);
	run_deferred(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
	r = s->outcomes->restores;
	assert_int_equal(s->outcomes->nr, 2);
	assert_int_equal(r[0].id, 1);
	assert_int_equal(r[0].end, END_SUPERSEDED);
	assert_int_equal(r[0].superseded_by, 2);
	assert_int_equal(r[0].t_superseded_ns, r[1].t_set_ns);
	assert_int_equal(r[1].end, END_RAN);
	assert_int_equal(r[1].superseded_by, 0);
}

/* Did KVM_RUN get the pages? Nobody knows. */
static void missing_exit_of_pages(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	ran(s);
	footer(s);
	expect_why(s, WHY_UNPAIRED);
}

/* Where a map waits for its page, it is the pin inside it that waits. */
static void blocked_pin_in_map(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	reach(s, PT_PIN, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	expect_seen(s, "A1", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->verdict.accesses_in_set, 1);
	assert_int_equal(s->outcomes->verdict.accesses_before_run, 1);
}

/* No room to keep an access is no reason not to look at it. */
static void violation_after_many_accesses(void **state)
{
	struct stream *s = *state;
	int i;

	set(s, EVMCS);
	in_ioctl(s, KVM_SET_MSRS);
	for (i = 0; i < RESTORE_MAX_ACCESSES; i++)
		touch(s, PT_WRITE_GUEST_PAGE, PURPOSE_UNKNOWN, OTHER_GPA);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	footer(s);
	assert_int_not_equal(judge(s)->verdict.kind, VERDICT_PASS);
}

/* The same where all of them are in SET. */
static void violation_after_many_in_set(void **state)
{
	struct stream *s = *state;
	int i;

	set_enter(s, EVMCS);
	for (i = 0; i < RESTORE_MAX_ACCESSES; i++)
		touch(s, PT_READ_GUEST_CACHED, PURPOSE_LINK_POINTER, OTHER_GPA);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	assert_int_not_equal(judge(s)->verdict.kind, VERDICT_PASS);
}

/* ---- severity ---- */

static void fail_on_warning(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	pages_enter(s);
	pages_leave(s, 0);
	free_vcpu(s);
	footer(s);
	assert_int_equal(judge_at(s, SEVERITY_ERROR)->verdict.kind, VERDICT_PASS);
	assert_int_equal(judge_at(s, SEVERITY_WARNING)->verdict.kind, VERDICT_FAIL);
	assert_int_equal(judge_at(s, SEVERITY_INFO)->verdict.kind, VERDICT_FAIL);
}

static void fail_on_info(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-in-teardown");
	footer(s);
	assert_int_equal(judge_at(s, SEVERITY_ERROR)->verdict.kind, VERDICT_PASS);
	assert_int_equal(judge_at(s, SEVERITY_WARNING)->verdict.kind, VERDICT_PASS);
	assert_int_equal(judge_at(s, SEVERITY_INFO)->verdict.kind, VERDICT_FAIL);
	assert_int_equal(s->outcomes->verdict.anomalies[SEVERITY_INFO], 1);
}

static void evidence_is_kept_once(void **state)
{
	struct stream *s = *state;
	int i;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	for (i = 0; i < 5; i++)
		touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->verdict.anomalies[SEVERITY_ERROR], 1);
	assert_int_equal(s->outcomes->restores[0].nr_accesses, 5 + 2);
}

static void many_of_everything(void **state)
{
	const struct restore *r;
	struct stream *s = *state;
	int i;

	set(s, EVMCS);
	for (i = 0; i < RESTORE_MAX_MEMSLOTS + 5; i++)
		memslot(s, (uint32_t)i, 0x1000, 0x1000);
	in_ioctl(s, KVM_GET_MP_STATE);
	for (i = 0; i < RESTORE_MAX_ACCESSES + 7; i++)
		touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	ran(s);
	footer(s);
	r = &expect(s, VERDICT_FAIL)->restores[0];
	assert_int_equal(r->nr_memslots, RESTORE_MAX_MEMSLOTS);
	assert_int_equal(r->memslots_dropped, 5);
	assert_int_equal(r->nr_accesses, RESTORE_MAX_ACCESSES);
	assert_int_equal(r->accesses_dropped, 7);
}

static void open_windows_are_counted(void **state)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct model_hooks hooks = {};
	struct model *m = model_new(&options, &hooks);
	struct stream *s = *state;
	struct trace_item item = { .type = ITEM_EVENT };
	static const uint64_t open[] = { 1, 1, 2, 2, 1, 0 };
	int i;

	set(s, 0);
	on(s, 1, 1);
	set(s, 0);
	ran(s);
	on(s, 1, 0);
	ran(s);
	assert_int_equal(model_open_windows(m), 0);
	for (i = 0; i < s->nr; i++) {
		item.event = &s->steps[i].event;
		assert_int_equal(model_item(m, &item), 0);
		assert_int_equal(model_open_windows(m), open[i]);
	}
	model_finish(m);
	model_free(m);
}

/* ---- nested_get_evmcs_page: derived, and probed ---- */

static void deferred_by(struct stream *s, bool noted)
{
	set(s, L2 | EVMCS);
	pages_enter(s);
	if (noted)
		note(s, PT_EVMCS_PAGE_INLINED);
	load_evmcs(s, EVMCS_GPA);
	pages_leave(s, 1);
	ran(s);
	footer(s);
}

static void expect_difference(struct stream *s, uint64_t compared)
{
	const struct outcome *o = expect(s, VERDICT_INCONCLUSIVE);

	assert_int_equal(o->verdict.compared, compared);
	assert_int_equal(o->verdict.differing, 1);
	assert_true(o->verdict.doubts & 1U << DOUBT_DIFFERS);
	assert_true(o->restores[0].why & 1U << WHY_DIFFERS);
}

static void inlined_where_derived(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	attach(s, PT_EVMCS_PAGE_INLINED, "inlined");
	deferred_by(s, true);
	o = expect(s, VERDICT_PASS);
	assert_int_equal(o->verdict.compared, 1);
	assert_int_equal(o->verdict.differing, 0);
	assert_int_equal(o->restores[0].path, PATH_EVMCS_DEFERRED);
}

static void inlined_not_where_derived(void **state)
{
	struct stream *s = *state;

	attach(s, PT_EVMCS_PAGE_INLINED, "inlined");
	deferred_by(s, false);
	expect_difference(s, 1);
}

static void inlined_where_nothing_was_derived(void **state)
{
	struct stream *s = *state;

	attach(s, PT_EVMCS_PAGE_INLINED, "inlined");
	set(s, L2 | EVMCS);
	in_ioctl(s, KVM_RUN);
	note(s, PT_EVMCS_PAGE_INLINED);
	run_deferred(s);
	footer(s);
	/* the one is of no place that is known, the other of no note */
	assert_int_equal(expect(s, VERDICT_INCONCLUSIVE)->verdict.differing, 2);
}

static void out_of_line_where_derived(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	attach(s, PT_EVMCS_PAGE, "fentry");
	set(s, L2 | EVMCS);
	pages_enter(s);
	enter(s, PT_EVMCS_PAGE);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_EVMCS_PAGE, 1);
	pages_leave(s, 1);
	ran(s);
	footer(s);
	o = expect(s, VERDICT_PASS);
	assert_int_equal(o->verdict.compared, 1);
	assert_int_equal(o->verdict.differing, 0);
}

static void out_of_line_not_where_derived(void **state)
{
	struct stream *s = *state;

	attach(s, PT_EVMCS_PAGE, "fentry");
	deferred_by(s, false);
	expect_difference(s, 1);
}

static void nothing_to_compare_with(void **state)
{
	struct stream *s = *state;

	deferred_by(s, false);
	assert_int_equal(expect(s, VERDICT_PASS)->verdict.compared, 0);
}

/* What is not seen is no violation, whatever it is. */
static void blind_on_any_point(void **state)
{
	int i, point;

	(void)state;
	for (i = 0; i < nr_stories; i++) {
		if (stories[i].verdict != VERDICT_PASS)
			continue;
		for (point = PT_SET_STATE + 1; point < PT_COUNT; point++) {
			struct stream *s = stream_new();

			if (point == PT_EVMCS_PAGE || point_class(point) == CLASS_NOTE) {
				stream_free(s);
				continue;
			}
			stories[i].tell(s);
			blind_to(s, point);
			footer(s);
			if (judge(s)->verdict.kind != VERDICT_INCONCLUSIVE)
				fail_msg("%s, blind on %s: %d", stories[i].name, point_name(point),
					 judge(s)->verdict.kind);
			stream_free(s);
		}
	}
}

static void probes_that_are_not_run(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	loss_of(s, LOSS_SILENT, 1);
	footer(s);
	assert_true(expect(s, VERDICT_INCONCLUSIVE)->verdict.doubts & 1U << DOUBT_SILENT);
}

static void probes_that_were_away(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	tell(s, "deferred");
	loss_of(s, LOSS_DETACHED, 1);
	footer(s);
	o = expect(s, VERDICT_INCONCLUSIVE);
	assert_true(o->verdict.doubts & 1U << DOUBT_DETACHED);
	assert_int_equal(o->verdict.lost, 0);
}

/* ---- properties ---- */

#define SEEDS 2000

/* What a property was tried on: one that only saw passes proves nothing. */
struct coverage {
	int verdicts[VERDICT_COUNT];
	int paths[PATH_COUNT];
	int ends[END_COUNT];
	int anomalies[32];
};

static void cover(struct coverage *c, const struct outcome *o)
{
	int i, j;

	c->verdicts[o->verdict.kind]++;
	for (i = 0; i < o->nr; i++) {
		c->paths[o->restores[i].path]++;
		c->ends[o->restores[i].end]++;
		for (j = 0; j < o->restores[i].nr_anomalies; j++)
			c->anomalies[o->restores[i].anomalies[j].cls - anomaly_classes]++;
	}
}

static void expect_covered(const struct coverage *c)
{
	int i;

	for (i = 0; i < VERDICT_COUNT; i++)
		assert_true(c->verdicts[i] > 10);
	for (i = 0; i < PATH_COUNT; i++)
		assert_true(c->paths[i] > 10);
	for (i = 0; i < END_COUNT; i++)
		assert_true(c->ends[i] > 10);
	for (i = 0; i < anomaly_nr_classes; i++)
		if (c->anomalies[i] <= 3)
			fail_msg("%s was hardly ever tried", anomaly_classes[i].id);
}

static void expect_same_digest(const struct outcome *together, uint32_t vm,
			       const struct outcome *alone)
{
	char *a = digest(together, vm), *b = digest(alone, vm);

	assert_string_equal(a, b);
	free(a);
	free(b);
}

/* Two streams become one, each in its own order. */
static struct stream *interleave(const struct stream *a, const struct stream *b, struct rng *r)
{
	struct stream *s = stream_new();
	int i = 0, j = 0;

	while (i < a->nr || j < b->nr) {
		if (j == b->nr || (i < a->nr && rng_below(r, 2)))
			take_step(s, &a->steps[i++]);
		else
			take_step(s, &b->steps[j++]);
	}
	footer(s);
	return s;
}

static void interleaved_stories_are_judged_as_alone(void **state)
{
	struct rng r = { .state = 1 };
	int i, j;

	(void)state;
	for (i = 0; i < nr_stories * nr_stories; i++) {
		struct stream *a = stream_new(), *b = stream_new(), *s;

		on(b, 2, 0);
		if (stories[i % nr_stories].verdict == VERDICT_INCONCLUSIVE ||
		    stories[i / nr_stories].verdict == VERDICT_INCONCLUSIVE)
			goto out; /* a loss is everybody's */
		stories[i % nr_stories].tell(a);
		stories[i / nr_stories].tell(b);
		for (j = 0; j < 10; j++) {
			s = interleave(a, b, &r);
			expect_same_digest(judge(s), 1, judge(a));
			expect_same_digest(judge(s), 2, judge(b));
			stream_free(s);
		}
	out:
		stream_free(a);
		stream_free(b);
	}
}

static void interleaved_random_streams_are_judged_as_alone(void **state)
{
	struct coverage c = {};
	struct rng r;
	int i;

	(void)state;
	for (i = 0; i < SEEDS; i++) {
		struct stream *a = stream_new(), *b = stream_new(), *s;

		r.state = (uint64_t)i;
		random_story(a, &r);
		on(b, 2, 0);
		random_story(b, &r);
		s = interleave(a, b, &r);
		cover(&c, judge(s));
		expect_same_digest(s->outcomes, 1, judge(a));
		expect_same_digest(s->outcomes, 2, judge(b));
		stream_free(s);
		stream_free(a);
		stream_free(b);
	}
	expect_covered(&c);
}

/* Two vCPUs of one VM share its memslots, and nothing else. */
static void vcpus_of_one_vm_do_not_mix(void **state)
{
	struct rng r;
	int i;

	(void)state;
	for (i = 0; i < SEEDS / 4; i++) {
		struct stream *a = stream_new(), *b = stream_new(), *s;
		const struct outcome *o;
		int fails = 0, j;

		r.state = (uint64_t)i;
		random_story(a, &r);
		on(b, 1, 1);
		tell(b, "deferred");
		s = interleave(a, b, &r);
		o = judge(s);
		for (j = 0; j < o->nr; j++)
			if (o->restores[j].vcpu == 1)
				fails += o->restores[j].verdict != VERDICT_PASS;
		assert_int_equal(fails, 0);
		stream_free(s);
		stream_free(a);
		stream_free(b);
	}
}

/* Once seen, nothing that comes later makes a violation a pass. */
static void appending_never_turns_fail_into_pass(void **state)
{
	int failed = 0, i, j;
	struct rng r;

	(void)state;
	for (i = 0; i < SEEDS; i++) {
		struct stream *s = stream_new();

		r.state = (uint64_t)i;
		random_story(s, &r);
		if (judge(s)->verdict.kind == VERDICT_FAIL) {
			failed++;
			for (j = 0; j < 5; j++)
				random_act(s, &r);
			assert_int_equal(judge(s)->verdict.kind, VERDICT_FAIL);
			for (j = 0; j < 10; j++)
				random_event(s, &r);
			footer(s);
			assert_int_equal(judge(s)->verdict.kind, VERDICT_FAIL);
		}
		stream_free(s);
	}
	assert_true(failed > SEEDS / 10);
}

/* Whatever comes: no crash, and nothing is lost count of. */
static void any_event_in_any_order(void **state)
{
	int restores = 0, i, j;
	struct rng r;

	(void)state;
	for (i = 0; i < SEEDS; i++) {
		struct stream *s = stream_new();
		const struct outcome *o;
		int sets = 0;

		r.state = (uint64_t)i;
		for (j = 0; j < 70; j++) {
			on(s, 1 + rng_below(&r, 2), 0);
			random_event(s, &r);
			if (last(s)->point == PT_SET_STATE && last(s)->phase == PHASE_ENTER)
				sets++;
		}
		footer(s);
		o = judge(s);
		assert_int_equal(o->nr, sets);
		assert_int_equal(o->verdict.restores, sets);
		assert_int_equal(o->verdict.events, s->nr - 1);
		restores += sets;
		stream_free(s);
	}
	assert_true(restores > SEEDS);
}

/* A pass is lost, never won, by what spoils a trace. */
static void spoiling_never_gives_a_pass(void **state)
{
	int passed = 0, i;
	struct rng r;

	(void)state;
	for (i = 0; i < SEEDS; i++) {
		struct stream *s = stream_new();
		enum verdict_kind before;

		r.state = (uint64_t)i;
		random_story(s, &r);
		footer(s);
		before = judge(s)->verdict.kind;
		passed += before == VERDICT_PASS;
		blind(s);
		assert_int_equal(judge(s)->verdict.kind,
				 before == VERDICT_FAIL ? VERDICT_FAIL : VERDICT_INCONCLUSIVE);
		stream_free(s);
	}
	assert_true(passed > SEEDS / 10);
}

static const struct CMUnitTest tests[] = {
	/* paths */
	TEST(every_story_takes_its_path),
	TEST(native_l1),
	TEST(native_l2),
	TEST(deferred),
	TEST(forced_exit_in_run),
	TEST(forced_exit_in_teardown),
	TEST(forced_exit_by_second_set),
	TEST(none_freed),
	TEST(leave_vmx),
	TEST(resets_alone),
	TEST(resets_before_a_restore),
	TEST(refused_reset),
	TEST(reset_unknown),
	TEST(refused_alone),
	TEST(blocked_is_not_said_of_a_cut_trace),
	TEST(blocked_is_not_said_where_the_end_was_lost),
	TEST(blocked_is_not_said_where_something_was_missed),
	TEST(header_that_leaves_out_a_probe),
	TEST(footer_that_counts_other_losses),
	/* context */
	TEST(nested_accessors_count_once),
	TEST(empty_hyperv_msr_hides_nothing),
	TEST(empty_hyperv_msr_is_no_access),
	TEST(context_is_of_the_task),
	TEST(memslots_are_of_the_vm),
	TEST(names_are_of_their_vm),
	TEST(second_life_of_a_vm),
	TEST(saves_are_counted),
	TEST(refused_second_set_leaves_the_first),
	TEST(late_note_is_of_the_window_before),
	TEST(note_of_no_window),
	TEST(refused_second_set_that_left),
	TEST(refused_set_that_is_served),
	/* never a false green */
	TEST(loss_in_a_window),
	TEST(found_after_a_loss_is_no_proof),
	TEST(found_before_a_loss_is_proof),
	TEST(found_after_a_loss_in_another_restore_is_proof),
	TEST(loss_outside_of_windows),
	TEST(loss_while_set_runs_again),
	TEST(missing_exit_of_set),
	TEST(missing_exit_of_set_and_then_a_note),
	TEST(missing_exit_inside_set),
	TEST(missing_entry),
	TEST(missing_entry_outside_of_windows),
	TEST(missing_entry_of_get_is_forgiven),
	TEST(too_deep),
	TEST(blind_spot_spoils_a_pass),
	TEST(blind_spot_spoils_no_violation),
	TEST(unneeded_probe_may_be_missing),
	TEST(no_header),
	TEST(no_footer),
	TEST(no_restore),
	TEST(nothing_at_all),
	TEST(not_run_yet),
	TEST(ends_in_set),
	TEST(ends_after_a_loss_in_set),
	TEST(ends_in_second_set),
	TEST(untracked),
	TEST(state_unknown),
	TEST(failed_command),
	TEST(command_that_succeeded),
	TEST(failed_command_hides_no_violation),
	TEST(tracking_lost),
	TEST(counts_that_do_not_add_up),
	/* blocked at the end */
	TEST(blocked_in_set),
	TEST(blocked_map_in_set),
	TEST(blocked_before_run),
	TEST(blocked_in_run),
	TEST(missing_exit_of_access),
	TEST(missing_exit_hides_no_access),
	TEST(missing_exit_of_second_set),
	TEST(missing_exit_of_pages),
	TEST(blocked_pin_in_map),
	TEST(violation_after_many_accesses),
	TEST(violation_after_many_in_set),
	/* severity, limits */
	TEST(fail_on_warning),
	TEST(fail_on_info),
	TEST(evidence_is_kept_once),
	TEST(many_of_everything),
	TEST(open_windows_are_counted),
	/* nested_get_evmcs_page */
	TEST(inlined_where_derived),
	TEST(inlined_not_where_derived),
	TEST(inlined_where_nothing_was_derived),
	TEST(out_of_line_where_derived),
	TEST(out_of_line_not_where_derived),
	TEST(nothing_to_compare_with),
	TEST(blind_on_any_point),
	TEST(probes_that_are_not_run),
	TEST(probes_that_were_away),
	/* properties */
	TEST(interleaved_stories_are_judged_as_alone),
	TEST(interleaved_random_streams_are_judged_as_alone),
	TEST(vcpus_of_one_vm_do_not_mix),
	TEST(appending_never_turns_fail_into_pass),
	TEST(any_event_in_any_order),
	TEST(spoiling_never_gives_a_pass),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
