/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each anomaly class has a test in which it is seen, named after it, and tests
 * of its nearest harmless neighbours.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judged.h"
#include "model/anomalies.h"
#include "stories.h"

#define L2 NESTED_GUEST_MODE
#define EVMCS NESTED_EVMCS

/* ---- A1: direct-map-in-set ---- */

static void a1_direct_map(void **state)
{
	struct stream *s = *state;

	tell(s, "direct");
	expect_seen(s, "A1", SEVERITY_ERROR);
	assert_null(find_anomaly(s->outcomes, "A2"));
	assert_null(find_anomaly(s->outcomes, "A3"));
}

/* The map alone tells it, where evmptr-load is inlined. */
static void a1_map_without_load(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	touch(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	set_leave(s, 0);
	run_deferred(s);
	expect_seen(s, "A1", SEVERITY_ERROR);
}

/* An attempt that failed is the wrong path all the same. */
/* A kernel that serves its own request at once, inside SET. */
static void a1_through_state_pages(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	enter(s, PT_STATE_PAGES);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_STATE_PAGES, 1);
	set_leave(s, 0);
	last(s)->evmptr = s->a->evmptr = EVMCS_GPA;
	ran(s);
	expect_seen(s, "A1", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->restores[0].path, PATH_EVMCS_DIRECT);
}

static void a1_load_that_failed(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	load_fails(s, EVMPTRLD_ERROR);
	set_leave(s, 0);
	run_deferred(s);
	expect_seen(s, "A1", SEVERITY_ERROR);
}

static void a1_not_in_state_pages(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD_DIRECT);
	touch(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	s->a->evmptr = EVMCS_GPA;
	leave(s, PT_EVMPTR_LOAD_DIRECT, EVMPTRLD_SUCCEEDED);
	s->a->flags |= REC_SYNC_DUE;
	pages_leave(s, 1);
	ran(s);
	expect_clean(s);
}

static void a1_not_under_nested_exit(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-by-second-set");
	expect_not_seen(s, "A1", VERDICT_FAIL);
}

/* ---- A2: leave-map-in-set ---- */

static void a2_second_set_maps(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-by-second-set");
	expect_seen(s, "A2", SEVERITY_ERROR);
}

/* The assist page was read, then the map failed. */
static void a2_second_set_reads_only(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	set_enter(s, EVMCS | L2);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	enter(s, PT_EVMPTR_LOAD);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_VP_ASSIST, ASSIST_GPA);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_ERROR);
	leave(s, PT_NESTED_EXIT, 0);
	set_leave(s, 0);
	run_deferred(s);
	expect_seen(s, "A2", SEVERITY_ERROR);
}

static void a2_not_on_pending_l1(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	set(s, EVMCS);
	run_deferred(s);
	expect_not_seen(s, "A2", VERDICT_PASS);
}

/* The nested exit found the eVMCS disabled and touched nothing. */
static void a2_not_without_access(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	set_enter(s, EVMCS | L2);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_fails(s, EVMPTRLD_DISABLED);
	leave(s, PT_NESTED_EXIT, 0);
	set_leave(s, 0);
	run_deferred(s);
	expect_not_seen(s, "A2", VERDICT_PASS);
}

/* ---- A3: mem-in-set ---- */

static void a3_read_in_set(void **state)
{
	struct stream *s = *state;

	set_enter(s, L2);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	set_leave(s, 0);
	ran(s);
	expect_seen(s, "A3", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->verdict.accesses_in_set, 1);
	assert_int_equal(s->outcomes->verdict.accesses_before_run, 1);
}

static void a3_link_pointer_is_info(void **state)
{
	struct stream *s = *state;

	set_enter(s, L2);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_LINK_POINTER, OTHER_GPA);
	set_leave(s, 0);
	ran(s);
	expect_seen(s, "A3", SEVERITY_INFO);
}

/* In vain, and the state is refused for it: memory may come after SET. */
static void a3_for_failed_read(void **state)
{
	struct stream *s = *state;

	set_enter(s, L2);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_READ_GUEST, -EFAULT);
	set_leave(s, -EFAULT);
	expect_seen(s, "A3", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->verdict.accesses_in_set, 0);
}

/* A page walk reads the tables whatever it answers. */
static void a3_for_failed_walk(void **state)
{
	struct stream *s = *state;

	set_enter(s, L2);
	reach(s, PT_WALK_64, PURPOSE_PAGE_WALK, GPA_UNKNOWN);
	leave(s, PT_WALK_64, -EFAULT);
	set_leave(s, 0);
	ran(s);
	expect_seen(s, "A3", SEVERITY_ERROR);
}

static void a3_not_in_run(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	in_ioctl(s, KVM_RUN);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	ran(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->verdict.accesses_before_run, 0);
}

/* ---- A4: mem-before-run ---- */

static void a4_mp_state_maps(void **state)
{
	const struct anomaly *a;
	struct stream *s = *state;

	tell(s, "mp-state-maps");
	expect_seen(s, "A4", SEVERITY_ERROR);
	a = find_anomaly(s->outcomes, "A4");
	assert_int_equal(a->access, 0); /* the assist page is the first evidence */
}

static void a4_any_read_in_other_ioctl(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

/* No vCPU is loaded in a VM ioctl: it counts for the restore in its VM. */
static void a4_read_in_vm_ioctl(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_CREATE_IRQCHIP);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	last(s)->vcpu = VCPU_NONE;
	run_deferred(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

static void a4_not_for_vm_ioctl_of_another_vm(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	on(s, 2, 0);
	in_ioctl(s, KVM_CREATE_IRQCHIP);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	last(s)->vcpu = VCPU_NONE;
	on(s, 1, 0);
	run_deferred(s);
	expect_clean(s);
}

/* KVM_SET_MSRS of FEAT_CTL leaves nested mode: not what was asked for. */
static void a4_set_msrs_that_leaves(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_SET_MSRS);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

static void a4_nested_page_in_set_msrs(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	in_ioctl(s, KVM_SET_MSRS);
	touch(s, PT_MAP, PURPOSE_MSR_BITMAP, BITMAP_GPA);
	ran(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

static void a4_not_for_enabling_vp_assist(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_SET_MSRS);
	touch(s, PT_HYPERV_MSR, PURPOSE_VP_ASSIST, ASSIST_GPA);
	run_deferred(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->verdict.accesses_before_run, 1);
}

static void a4_not_for_writing_hypercall_page(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_SET_MSRS);
	enter(s, PT_HYPERV_MSR);
	touch(s, PT_WRITE_GUEST_PAGE, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_HYPERV_MSR, 0);
	run_deferred(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->restores[0].nr_accesses, 3);
}

static void a4_not_for_failed_read(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_READ_GUEST, -EFAULT);
	run_deferred(s);
	expect_clean(s);
}

/* Signals end a KVM_RUN before the guest; what follows is not before it. */
static void a4_not_after_a_run_that_did_not_enter(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	pages_leave(s, 1);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_VCPU_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	ran(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->verdict.accesses_before_run, 0);
}

/* The reference TSC page, of kernels whose KVM_SET_CLOCK stops it. */
static void a4_not_for_setting_the_clock(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_SET_CLOCK);
	touch(s, PT_WRITE_GUEST_PAGE, PURPOSE_UNKNOWN, OTHER_GPA);
	last(s)->vcpu = VCPU_NONE;
	run_deferred(s);
	expect_not_seen(s, "A4", VERDICT_PASS);
}

static void a4_not_after_run(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	run_deferred(s);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	expect_clean(s);
}

/* ---- A5: teardown-access ---- */

static void a5_teardown(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-in-teardown");
	expect_seen(s, "A5", SEVERITY_INFO);
	assert_null(find_anomaly(s->outcomes, "A4"));
}

/* The vCPU's file may be closed in an ioctl's task: still no A4. */
static void a5_teardown_in_ioctl(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	enter(s, PT_FREE_VCPU);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_FREE_VCPU, 0);
	expect_seen(s, "A5", SEVERITY_INFO);
	assert_null(find_anomaly(s->outcomes, "A4"));
}

static void a5_not_for_failed_access(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	enter(s, PT_FREE_VCPU);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_READ_GUEST, -EFAULT);
	leave(s, PT_FREE_VCPU, 0);
	expect_clean(s);
}

/* Nothing is known of what the task is in: it is in no KVM_RUN either. */
static void a4_in_no_ioctl(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	touch(s, PT_VCPU_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
}

/* What broke the rule first is not all that did: the map of the eVMCS is remembered. */
static void a4_more_than_one(void **state)
{
	const struct anomaly *a;
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_GET_MP_STATE);
	nested_exit_enter(s, 3);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	load_evmcs(s, EVMCS_GPA);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
	footer(s);
	a = find_anomaly(expect(s, VERDICT_FAIL), "A4");
	assert_int_equal(a->access, 0);
	assert_true(a->more >= 2);
	assert_int_equal(s->outcomes->restores[0].accesses[a->map]->purpose, PURPOSE_EVMCS);
	assert_int_equal(s->outcomes->restores[0].accesses[a->map]->gpa, EVMCS_GPA);
}

static void a4_no_more_than_one(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	run_deferred(s);
	expect_seen(s, "A4", SEVERITY_ERROR);
	assert_int_equal(find_anomaly(s->outcomes, "A4")->more, 0);
	assert_int_equal(find_anomaly(s->outcomes, "A4")->map, -1);
}

/* ---- A7: vmptrld-unknown-caller ---- */

static void a7_no_caller(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_RUN);
	load_evmcs(s, EVMCS_GPA);
	ran(s);
	expect_seen(s, "A7", SEVERITY_ERROR);
}

static void a7_in_get_state(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_RUN); /* so that A4 does not hide it */
	enter(s, PT_GET_STATE);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_GET_STATE, 0);
	ran(s);
	expect_seen(s, "A7", SEVERITY_ERROR);
}

static void a7_not_in_state_pages(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	run_deferred(s);
	expect_clean(s);
}

static void a7_not_in_nested_exit_of_teardown(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-in-teardown");
	expect_not_seen(s, "A7", VERDICT_PASS);
}

/* ---- A8: pages-fail ---- */

static void a8_pages_fail(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	pages_enter(s);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_seen(s, "A8", SEVERITY_WARNING);
}

/* The access that an anomaly is about, which is not the moment it is seen at. */
static const struct access *about(const struct outcome *o, const char *id)
{
	const struct anomaly *a = find_anomaly(o, id);

	assert_non_null(a);
	assert_in_range(a->access, 0, o->restores[0].nr_accesses - 1);
	return o->restores[0].accesses[a->access];
}

static void a8_tells_what_failed(void **state)
{
	const struct access *failed;
	struct stream *s = *state;

	set(s, L2);
	in_ioctl(s, KVM_SET_MSRS);
	reach(s, PT_HYPERV_MSR, PURPOSE_VP_ASSIST, ASSIST_GPA);
	leave(s, PT_HYPERV_MSR, -EFAULT);
	pages_enter(s);
	reach(s, PT_MAP, PURPOSE_MSR_BITMAP, OTHER_GPA);
	leave(s, PT_MAP, -EINVAL);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, EVMCS_GPA);
	pages_leave(s, 0);
	free_vcpu(s);
	footer(s);
	failed = about(expect(s, VERDICT_PASS), "A8");
	assert_int_equal(failed->gpa, OTHER_GPA);
	assert_int_equal(failed->ret, -EINVAL);
	assert_non_null(strstr(s->outcomes->json, "\"run_failed\":true"));
}

/* What failed before KVM_RUN is not what it could not get. */
static void a8_of_no_access(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	in_ioctl(s, KVM_SET_MSRS);
	reach(s, PT_HYPERV_MSR, PURPOSE_VP_ASSIST, ASSIST_GPA);
	leave(s, PT_HYPERV_MSR, -EFAULT);
	pages_enter(s);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_seen(s, "A8", SEVERITY_WARNING);
	assert_int_equal(find_anomaly(s->outcomes, "A8")->access, -1);
}

static void a8_not_when_served(void **state)
{
	struct stream *s = *state;

	tell(s, "native-l2");
	expect_clean(s);
}

/* ---- A10: silent-disabled ---- */

static void a10_disabled(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	free_vcpu(s); /* so that A14 does not hide it */
	expect_seen(s, "A10", SEVERITY_ERROR);
}

/* 5.10 has no mark for an eVMCS that is to be mapped: its address is 0 until it is. */
static void a10_without_a_mark(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	set(s, EVMCS | L2);
	s->a->evmptr = 0;
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	ran(s);
	footer(s);
	o = expect(s, VERDICT_FAIL);
	assert_non_null(find_anomaly(o, "A10"));
	assert_non_null(find_anomaly(o, "A27"));
}

/* 5.10 asks for a native restore too. */
static void a10_not_for_native(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	pages_enter(s);
	load_fails(s, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	ran(s);
	expect_clean(s);
}

/* Already mapped by a nested exit: asking again and DISABLED says nothing. */
static void a10_not_when_not_pending(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	ran(s);
	expect_clean(s);
}

/* It failed aloud: KVM_RUN says so. */
static void a10_not_for_error(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_not_seen(s, "A10", VERDICT_PASS);
}

/* ---- A11: swallowed-exit-fail ---- */

static void a11_exit_without_evmcs(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	load_fails(s, EVMPTRLD_VMFAIL);
	leave(s, PT_NESTED_EXIT, 0);
	free_vcpu(s); /* so that A14 does not hide it */
	expect_seen(s, "A11", SEVERITY_ERROR);
}

static void a11_not_in_teardown(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	enter(s, PT_FREE_VCPU);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_fails(s, EVMPTRLD_VMFAIL);
	leave(s, PT_NESTED_EXIT, 0);
	leave(s, PT_FREE_VCPU, 0);
	expect_clean(s);
}

static void a11_not_in_second_set(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	set_enter(s, EVMCS | L2);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_fails(s, EVMPTRLD_DISABLED);
	leave(s, PT_NESTED_EXIT, 0);
	set_leave(s, 0);
	run_deferred(s);
	expect_not_seen(s, "A11", VERDICT_PASS);
}

static void a11_not_when_mapped(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-in-run");
	expect_clean(s);
}

/* ---- A13: pending-stuck, A14: pending-lost ---- */

static void a13_ran_while_pending(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	ran(s);
	expect_seen(s, "A13", SEVERITY_ERROR);
}

static void a13_not_when_mapped(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	expect_clean(s);
}

/* Without the state nothing is guessed from what stands in its place. */
static void a13_not_without_state(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	ran(s);
	last(s)->flags &= ~(uint32_t)REC_VMX_STATE;
	expect_not_seen(s, "A13", VERDICT_PASS);
}

static void a14_ran_and_forgotten(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	s->a->evmptr = EVMPTR_INVALID;
	ran(s);
	expect_seen(s, "A14", SEVERITY_ERROR);
}

/* Mapped, and then given up by L1 itself (VMCLEAR, VMXOFF). */
static void a14_not_when_it_was_mapped(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	pages_leave(s, 1);
	s->a->evmptr = EVMPTR_INVALID;
	ran(s);
	expect_clean(s);
}

/* By the time it is looked at, L1 may have loaded another eVMCS. */
static void a14_never_mapped_but_another_is(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	s->a->evmptr = OTHER_GPA;
	ran(s);
	expect_seen(s, "A14", SEVERITY_ERROR);
}

/* KVM_SET_MSRS of FEAT_CTL: L1 will not see that exit. */
static void a11_not_when_left_by_force(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_SET_MSRS);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_fails(s, EVMPTRLD_DISABLED);
	leave(s, PT_NESTED_EXIT, 0);
	free_vcpu(s);
	expect_clean(s);
}

/* KVM_SET_MSRS with IA32_FEAT_CTL = 0, as in a reset: the maps are given back. */
static void a14_not_after_vmx_operation_was_ended(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_SET_MSRS);
	s->a->flags &= ~(uint32_t)(REC_VMXON | REC_REQ_PAGES);
	s->a->evmptr = EVMPTR_INVALID;
	enter(s, PT_UNMAP);
	leave(s, PT_UNMAP, 0);
	ran(s);
	expect_clean(s);
}

static void a14_not_for_native(void **state)
{
	struct stream *s = *state;

	tell(s, "native-l1");
	expect_clean(s);
}

/* ---- A20: partial-set ---- */

static void a20_request_left_behind(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	s->a->flags |= REC_REQ_PAGES;
	set_leave(s, -EINVAL);
	free_vcpu(s);
	expect_seen(s, "A20", SEVERITY_WARNING);
}

static void a20_evmptr_left_behind(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	s->a->evmptr = EVMPTR_MAP_PENDING;
	set_leave(s, -EINVAL);
	expect_seen(s, "A20", SEVERITY_WARNING);
}

static void a20_not_for_clean_refusal(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	set_leave(s, -EINVAL);
	expect_clean(s);
}

/* What is pending is of the restore before, which still stands. */
static void a20_not_while_earlier_is_pending(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	set_enter(s, EVMCS);
	set_leave(s, -EINVAL);
	run_deferred(s);
	expect_not_seen(s, "A20", VERDICT_PASS);
}

/* ---- A22: double-set ---- */

static void a22_set_twice(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	set(s, EVMCS);
	run_deferred(s);
	expect_seen(s, "A22", SEVERITY_INFO);
	assert_int_equal(s->outcomes->restores[0].path, PATH_EVMCS_NONE);
	assert_int_equal(s->outcomes->restores[0].end, END_SUPERSEDED);
}

static void a22_not_after_a_run(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	run_deferred(s);
	set(s, EVMCS);
	run_deferred(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->nr, 2);
}

static void a22_not_when_refused(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	set_enter(s, EVMCS);
	set_leave(s, -EINVAL);
	run_deferred(s);
	expect_not_seen(s, "A22", VERDICT_PASS);
}

/* ---- A25: evmptr-mismatch ---- */

static void set_naming(struct stream *s, uint64_t evmcs_pa)
{
	s->a->flags |= REC_HAS_EVMCS_PA;
	s->a->nested.evmcs_pa = evmcs_pa;
	set(s, EVMCS);
	run_deferred(s);
}

static void a25_other_page(void **state)
{
	struct stream *s = *state;

	set_naming(s, OTHER_GPA);
	expect_seen(s, "A25", SEVERITY_ERROR);
}

static void a25_not_for_the_named_page(void **state)
{
	struct stream *s = *state;

	set_naming(s, EVMCS_GPA);
	expect_clean(s);
}

static void a25_not_when_none_is_named(void **state)
{
	struct stream *s = *state;

	set_naming(s, 0);
	set_naming(s, UINT64_MAX);
	expect_clean(s);
}

/* On a kernel without the field, what stands there is not a name. */
static void a25_not_without_the_field(void **state)
{
	struct stream *s = *state;

	s->a->nested.evmcs_pa = OTHER_GPA;
	set(s, EVMCS);
	run_deferred(s);
	expect_clean(s);
}

/* Other pages that KVM maps meanwhile are not the eVMCS. */
static void a25_not_for_other_maps(void **state)
{
	struct stream *s = *state;

	s->a->flags |= REC_HAS_EVMCS_PA;
	s->a->nested.evmcs_pa = EVMCS_GPA;
	set(s, EVMCS | L2);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	touch(s, PT_MAP, PURPOSE_MSR_BITMAP, BITMAP_GPA);
	pages_leave(s, 1);
	ran(s);
	expect_clean(s);
}

/* Evidence of a class that is graded less must not hide what comes after it. */
static void a3_after_the_link_pointer(void **state)
{
	struct stream *s = *state;

	set_enter(s, L2);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_LINK_POINTER, OTHER_GPA);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	set_leave(s, 0);
	ran(s);
	expect_seen(s, "A3", SEVERITY_ERROR);
	assert_int_equal(find_anomaly(s->outcomes, "A3")->access, 1);
	assert_int_equal(s->outcomes->restores[0].nr_anomalies, 1);
}

/* ---- A6: foreign-mm ---- */

/* The vCPU is destroyed by a task whose memory is this. */
static void torn_down_by(struct stream *s, unsigned int whose, int64_t ret)
{
	set(s, EVMCS | L2);
	in_ioctl(s, 0);
	enter(s, PT_FREE_VCPU);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	enter(s, PT_EVMPTR_LOAD);
	reach(s, PT_READ_GUEST_CACHED, PURPOSE_VP_ASSIST, ASSIST_GPA);
	last(s)->flags |= whose;
	leave(s, PT_READ_GUEST_CACHED, ret);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_DISABLED);
	leave(s, PT_NESTED_EXIT, 0);
	leave(s, PT_FREE_VCPU, 0);
}

static void a6_another_process(void **state)
{
	struct stream *s = *state;

	torn_down_by(s, REC_FOREIGN_MM, 0);
	expect_seen(s, "A6", SEVERITY_WARNING);
}

static void a6_attempt_of_another_process(void **state)
{
	struct stream *s = *state;

	torn_down_by(s, REC_FOREIGN_MM, -EFAULT);
	expect_seen(s, "A6", SEVERITY_WARNING);
}

static void a6_attempt_of_an_exiting_vmm_is_info(void **state)
{
	struct stream *s = *state;

	torn_down_by(s, REC_NO_MM, -EFAULT);
	expect_seen(s, "A6", SEVERITY_INFO);
}

static void a6_not_for_the_vmm_itself(void **state)
{
	struct stream *s = *state;

	torn_down_by(s, 0, 0);
	expect_not_seen(s, "A6", VERDICT_PASS);
}

/* ---- A9: run-after-fail ---- */

static void a9_runs_after_all(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	ran(s);
	expect_seen(s, "A9", SEVERITY_ERROR);
}

/* Since 10180a277549 the request comes again, and finds nothing left to map. */
static void a9_asked_again_for_nothing(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	pages_enter(s);
	pages_leave(s, 1);
	ran(s);
	expect_seen(s, "A9", SEVERITY_ERROR);
}

static void a9_native_without_its_pages(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	pages_enter(s);
	pages_leave(s, 0);
	ran(s);
	expect_seen(s, "A9", SEVERITY_ERROR);
}

static void a9_not_when_the_second_try_maps(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	run_deferred(s);
	expect_not_seen(s, "A9", VERDICT_PASS);
}

static void a9_not_for_native_that_is_served_later(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	pages_enter(s);
	pages_leave(s, 0);
	pages_enter(s);
	pages_leave(s, 1);
	ran(s);
	expect_not_seen(s, "A9", VERDICT_PASS);
}

static void a9_not_without_a_run(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_not_seen(s, "A9", VERDICT_PASS);
}

static void a9_not_after_another_set(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	set(s, EVMCS);
	run_deferred(s);
	expect_not_seen(s, "A9", VERDICT_PASS);
}

/* ---- A12: req-dropped ---- */

static void drop_request(struct stream *s, uint32_t reason)
{
	set(s, EVMCS | L2);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, reason);
	s->a->flags &= ~(uint32_t)(REC_REQ_PAGES | REC_L2);
	leave(s, PT_NESTED_EXIT, 0);
	free_vcpu(s);
}

static void a12_request_taken_away(void **state)
{
	struct stream *s = *state;

	drop_request(s, 0);
	expect_seen(s, "A12", SEVERITY_ERROR);
}

static void a12_not_when_nested_mode_is_discarded(void **state)
{
	struct stream *s = *state;

	drop_request(s, NESTED_EXIT_FORCED);
	expect_not_seen(s, "A12", VERDICT_PASS);
}

/* It was tried and failed: that is A11. */
static void a12_not_when_the_load_failed(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	s->a->flags &= ~(uint32_t)REC_REQ_PAGES;
	load_fails(s, EVMPTRLD_ERROR);
	leave(s, PT_NESTED_EXIT, 0);
	free_vcpu(s);
	expect_not_seen(s, "A12", VERDICT_FAIL);
	assert_non_null(find_anomaly(s->outcomes, "A11"));
}

static void a12_not_when_served(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	s->a->flags &= ~(uint32_t)REC_REQ_PAGES;
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
	expect_clean(s);
}

static void a12_not_for_native(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	s->a->flags &= ~(uint32_t)(REC_REQ_PAGES | REC_L2);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
	expect_clean(s);
}

/* ---- A15: get-flag-lost ---- */

static struct event *get(struct stream *s, unsigned int flags)
{
	in_ioctl(s, KVM_GET_NESTED_STATE);
	enter(s, PT_GET_STATE);
	leave(s, PT_GET_STATE, 4224);
	last(s)->nested.flags = flags;
	last(s)->nested.size = 4224;
	in_ioctl(s, 0);
	return last(s);
}

static void a15_flag_is_missing(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	get(s, L2);
	run_deferred(s);
	expect_seen(s, "A15", SEVERITY_ERROR);
}

static void a15_not_when_it_is_there(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	get(s, EVMCS | L2);
	run_deferred(s);
	expect_clean(s);
}

/* KVM_GET_NESTED_STATE with a buffer that is too small answers its size only. */
static void a15_not_when_nothing_was_given(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	get(s, 0)->nested.size = 0;
	run_deferred(s);
	expect_clean(s);
}

static void a15_not_for_native(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	get(s, L2);
	pages_enter(s);
	pages_leave(s, 1);
	ran(s);
	expect_clean(s);
}

static void a15_not_after_the_run(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	run_deferred(s);
	get(s, 0);
	expect_clean(s);
}

static void a15_not_after_nested_mode_was_left(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	s->a->evmptr = EVMPTR_INVALID; /* KVM_SET_MSRS, IA32_FEAT_CTL = 0 */
	get(s, 0);
	free_vcpu(s);
	expect_clean(s);
}

/* ---- A16: shadow-clobber ---- */

static void copy_shadow(struct stream *s)
{
	in_ioctl(s, KVM_GET_NESTED_STATE);
	enter(s, PT_GET_STATE);
	enter(s, PT_SHADOW_COPY);
	leave(s, PT_SHADOW_COPY, 0);
	leave(s, PT_GET_STATE, 4224);
	in_ioctl(s, 0);
}

static void a16_get_while_pending(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	copy_shadow(s);
	run_deferred(s);
	expect_seen(s, "A16", SEVERITY_ERROR);
}

static void a16_not_for_native(void **state)
{
	struct stream *s = *state;

	set(s, 0);
	copy_shadow(s);
	ran(s);
	expect_clean(s);
}

static void a16_not_after_the_run(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	run_deferred(s);
	copy_shadow(s);
	expect_clean(s);
}

/* ---- what has a stack ---- */

static const char own_stack[] = "\"stack\":[\"some_function+0x1 [m]\"]";

static void give_stack(struct stream *s)
{
	last(s)->nr_stack = 1;
	last(s)->stack[0] = "some_function+0x1 [m]";
}

/* How often its anomaly's line has it, and the restore's. */
static int stacks_of(struct stream *s)
{
	footer(s);
	return count_of(judge(s)->json, own_stack);
}

static void stack_of_what_returned(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_GET_MP_STATE);
	nested_exit_enter(s, 0);
	load_fails(s, EVMPTRLD_DISABLED);
	give_stack(s);
	leave(s, PT_NESTED_EXIT, 0);
	free_vcpu(s);
	assert_int_equal(stacks_of(s), 2);
	assert_non_null(find_anomaly(s->outcomes, "A11"));
}

static void stack_of_what_began(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	in_ioctl(s, KVM_GET_NESTED_STATE);
	enter(s, PT_GET_STATE);
	enter(s, PT_SHADOW_COPY);
	give_stack(s);
	leave(s, PT_SHADOW_COPY, 0);
	leave(s, PT_GET_STATE, 4224);
	run_deferred(s);
	assert_int_equal(stacks_of(s), 2);
	assert_non_null(find_anomaly(s->outcomes, "A16"));
}

/* That it has run is noticed by any event, which has not made it so. */
static void no_stack_of_what_it_was_noticed_by(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	s->a->exits++;
	in_ioctl(s, KVM_GET_MP_STATE);
	nested_exit_enter(s, 0);
	give_stack(s);
	leave(s, PT_NESTED_EXIT, 0);
	assert_int_equal(stacks_of(s), 0);
	assert_non_null(find_anomaly(s->outcomes, "A13"));
}

/* ---- A17: evmcs-pin-leak ---- */

static void refuse_page(struct stream *s)
{
	set(s, EVMCS);
	pages_enter(s);
	load_is_not_accepted(s, EVMCS_GPA);
}

static void a17_never_given_back(void **state)
{
	struct stream *s = *state;

	refuse_page(s);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_seen(s, "A17", SEVERITY_WARNING);
}

static void a17_mapped_again_over_it(void **state)
{
	struct stream *s = *state;

	refuse_page(s);
	pages_leave(s, 0);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	load_evmcs(s, OTHER_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	footer(s);
	assert_int_equal(about(expect(s, VERDICT_INCONCLUSIVE), "A17")->gpa, EVMCS_GPA);
}

static void a17_still_there_when_it_runs(void **state)
{
	struct stream *s = *state;

	refuse_page(s);
	pages_leave(s, 0);
	ran(s);
	expect_not_seen(s, "A2", VERDICT_FAIL);
	assert_non_null(find_anomaly(s->outcomes, "A17"));
}

static void refuse_page_in_set(struct stream *s, int64_t ret)
{
	set_enter(s, EVMCS);
	enter(s, PT_EVMPTR_LOAD_DIRECT);
	touch(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	leave(s, PT_EVMPTR_LOAD_DIRECT, EVMPTRLD_VMFAIL);
	set_leave(s, ret);
}

static void a17_in_a_set_that_is_refused(void **state)
{
	struct stream *s = *state;

	refuse_page_in_set(s, -EINVAL);
	footer(s);
	assert_non_null(find_anomaly(expect(s, VERDICT_FAIL), "A17"));
}

static void a17_not_yet_in_a_set_that_is_accepted(void **state)
{
	struct stream *s = *state;

	refuse_page_in_set(s, 0);
	unmap_evmcs(s);
	run_deferred(s);
	footer(s);
	assert_null(find_anomaly(expect(s, VERDICT_FAIL), "A17"));
}

/* As since efaaabc6c6d3: released before the load returns, or later. */
static void a17_not_when_given_back(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD);
	touch(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	unmap_evmcs(s);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_VMFAIL);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_not_seen(s, "A17", VERDICT_PASS);
}

static void a17_not_when_given_back_later(void **state)
{
	struct stream *s = *state;

	refuse_page(s);
	pages_leave(s, 0);
	in_ioctl(s, 0);
	enter(s, PT_FREE_VCPU);
	unmap_evmcs(s);
	leave(s, PT_FREE_VCPU, 0);
	expect_not_seen(s, "A17", VERDICT_PASS);
}

static void a17_not_without_the_probe(void **state)
{
	struct stream *s = *state;
	size_t i;

	for (i = 0; i < s->header.nr_probes; i++)
		if (s->header.probes[i].point == PT_UNMAP)
			s->header.probes[i].needed = s->header.probes[i].attached = false;
	refuse_page(s);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_not_seen(s, "A17", VERDICT_PASS);
}

static void a17_not_for_a_map_that_failed(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	leave(s, PT_MAP, -EINVAL);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	free_vcpu(s);
	expect_not_seen(s, "A17", VERDICT_PASS);
}

/* ---- A18: stale-map ---- */

static const struct record_memslot moved = { .gpa = 0x4000,
					     .size = 0x2000,
					     .hva = 0x7f0000000000,
					     .old_gpa = 0x4000,
					     .old_size = 0x2000,
					     .old_hva = 0x7f1000000000 };

/* The eVMCS at 0x5000 is mapped before the first run. */
static void map_early(struct stream *s)
{
	set(s, EVMCS | L2);
	in_ioctl(s, KVM_GET_MP_STATE);
	nested_exit_enter(s, 3);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	in_ioctl(s, 0);
}

static void expect_stale(struct stream *s, bool stale)
{
	const struct outcome *o;

	ran(s);
	footer(s);
	o = expect(s, VERDICT_FAIL); /* A4 in any case */
	if (stale)
		assert_int_equal(about(o, "A18")->gpa, EVMCS_GPA);
	else
		assert_null(find_anomaly(o, "A18"));
}

static void a18_slot_moves_elsewhere(void **state)
{
	struct stream *s = *state;

	map_early(s);
	memslot_commit(s, &moved);
	expect_stale(s, true);
}

static void a18_slot_goes_away(void **state)
{
	const struct record_memslot gone = { .old_gpa = 0x5000, .old_size = 0x1000 };
	struct stream *s = *state;

	map_early(s);
	memslot_commit(s, &gone);
	expect_stale(s, true);
}

static void a18_not_for_dirty_logging(void **state)
{
	struct record_memslot logged = moved;
	struct stream *s = *state;

	logged.old_hva = logged.hva;
	logged.flags = 1; /* KVM_MEM_LOG_DIRTY_PAGES */
	map_early(s);
	memslot_commit(s, &logged);
	expect_stale(s, false);
}

static void a18_not_for_other_slots(void **state)
{
	const struct record_memslot below = { .old_gpa = 0x4000, .old_size = 0x1000 };
	const struct record_memslot above = { .old_gpa = 0x6000, .old_size = 0x1000 };
	const struct record_memslot fresh = { .gpa = 0x4000, .size = 0x2000 };
	struct stream *s = *state;

	map_early(s);
	memslot_commit(s, &below);
	memslot_commit(s, &above);
	memslot_commit(s, &fresh);
	expect_stale(s, false);
}

/* The same address in the memory that only SMM has. */
static void a18_not_for_another_address_space(void **state)
{
	struct record_memslot smm = moved;
	struct stream *s = *state;

	smm.slot = 1 << 16;
	map_early(s);
	memslot_commit(s, &smm);
	expect_stale(s, false);
}

static void a18_not_for_another_vm(void **state)
{
	struct stream *s = *state;

	map_early(s);
	on(s, 2, 0);
	memslot_commit(s, &moved);
	on(s, 1, 0);
	expect_stale(s, false);
}

static void a18_not_when_given_back(void **state)
{
	struct stream *s = *state;

	map_early(s);
	unmap_evmcs(s);
	memslot_commit(s, &moved);
	expect_stale(s, false);
}

static void a18_not_once_it_runs(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	pages_leave(s, 1);
	memslot_commit(s, &moved);
	ran(s);
	expect_clean(s);
}

static void a18_not_before_the_map(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	memslot_commit(s, &moved);
	run_deferred(s);
	expect_clean(s);
}

/* ---- A19: wrong-path-native ---- */

static void a19_native_gets_an_evmcs(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	run_deferred(s);
	expect_seen(s, "A19", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->restores[0].path, PATH_NATIVE);
}

static void a19_not_when_it_is_disabled(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	ran(s);
	expect_clean(s);
}

static void a19_not_for_evmcs(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	expect_clean(s);
}

/* ---- A20, more ---- */

static void a20_vmxon_left_behind(void **state)
{
	struct stream *s = *state;

	set_enter(s, 0);
	s->a->flags |= REC_VMXON;
	set_leave(s, -EINVAL);
	expect_seen(s, "A20", SEVERITY_WARNING);
}

/* Refused before anything was done: what was there stays. */
static void a20_not_for_what_was_there_before(void **state)
{
	struct stream *s = *state;

	s->a->flags |= REC_VMXON;
	set_enter(s, 0);
	set_leave(s, -EINVAL);
	expect_clean(s);
}

/* free_nested() is the only sign that what was there is gone. */
static void refuse_over_l1(struct stream *s)
{
	set(s, EVMCS);
	set_enter(s, EVMCS);
	s->a->flags &= ~(uint32_t)(REC_VMXON | REC_REQ_PAGES);
	enter(s, PT_UNMAP);
	leave(s, PT_UNMAP, 0);
	s->a->flags |= REC_VMXON | REC_REQ_PAGES;
	set_leave(s, -EINVAL);
}

static void a20_in_the_place_of_an_earlier_one_of_l1(void **state)
{
	const struct outcome *o;
	struct stream *s = *state;

	refuse_over_l1(s);
	free_vcpu(s);
	expect_seen(s, "A20", SEVERITY_WARNING);
	o = s->outcomes;
	assert_int_equal(o->nr, 2);
	assert_int_equal(o->restores[0].end, END_SUPERSEDED);
}

static void a20_another_vmcs_is_current(void **state)
{
	struct stream *s = *state;

	set(s, 0);
	ran(s);
	set_enter(s, 0);
	s->a->vmptr = OTHER_GPA;
	set_leave(s, -EINVAL);
	expect_seen(s, "A20", SEVERITY_WARNING);
}

static void a20_in_the_place_of_an_earlier_one(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	set_enter(s, EVMCS | L2);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	s->a->evmptr = EVMPTR_MAP_PENDING;
	set_leave(s, -EINVAL);
	free_vcpu(s);
	footer(s);
	assert_non_null(find_anomaly(expect(s, VERDICT_FAIL), "A20"));
}

/* ---- A21: unvalidated-sync ---- */

static void refuse_in_part(struct stream *s)
{
	set_enter(s, EVMCS);
	s->a->flags |= REC_REQ_PAGES | REC_VMXON;
	s->a->evmptr = EVMPTR_MAP_PENDING;
	set_leave(s, -EINVAL);
}

static void a21_refused_and_written(void **state)
{
	struct stream *s = *state;

	refuse_in_part(s);
	run_deferred(s);
	expect_seen(s, "A21", SEVERITY_ERROR);
	assert_int_equal(s->outcomes->restores[0].end, END_REFUSED);
}

static void a21_refused_over_an_earlier_one(void **state)
{
	struct stream *s = *state;

	refuse_over_l1(s);
	run_deferred(s);
	expect_seen(s, "A21", SEVERITY_ERROR);
}

static void a21_not_when_set_again(void **state)
{
	struct stream *s = *state;

	refuse_in_part(s);
	set(s, EVMCS);
	run_deferred(s);
	expect_not_seen(s, "A21", VERDICT_PASS);
}

static void a21_not_when_it_cannot_be_mapped(void **state)
{
	struct stream *s = *state;

	refuse_in_part(s);
	pages_enter(s);
	load_fails(s, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	free_vcpu(s);
	expect_not_seen(s, "A21", VERDICT_FAIL);
}

static void a21_not_when_nothing_is_written(void **state)
{
	struct stream *s = *state;

	refuse_in_part(s);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	s->a->flags &= ~(uint32_t)REC_SYNC_DUE;
	pages_leave(s, 1);
	free_vcpu(s);
	expect_not_seen(s, "A21", VERDICT_FAIL);
	assert_non_null(find_anomaly(s->outcomes, "A23"));
}

/* ---- A23: no-sync-after-map ---- */

static void map_without_sync(struct stream *s, unsigned int flags)
{
	set(s, flags);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	s->a->flags &= ~(uint32_t)REC_SYNC_DUE;
	pages_leave(s, 1);
	ran(s);
}

static void a23_nothing_will_be_written(void **state)
{
	struct stream *s = *state;

	map_without_sync(s, EVMCS);
	expect_seen(s, "A23", SEVERITY_ERROR);
}

static void a23_after_a_nested_exit(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	load_evmcs(s, EVMCS_GPA);
	s->a->flags &= ~(uint32_t)(REC_SYNC_DUE | REC_L2);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
	expect_seen(s, "A23", SEVERITY_ERROR);
}

/* With L2 active the next exit to L1 writes all of it. */
static void a23_not_in_l2(void **state)
{
	struct stream *s = *state;

	map_without_sync(s, EVMCS | L2);
	expect_clean(s);
}

static void a23_not_when_discarded(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	enter(s, PT_FREE_VCPU);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_evmcs(s, EVMCS_GPA);
	s->a->flags &= ~(uint32_t)(REC_SYNC_DUE | REC_L2);
	leave(s, PT_NESTED_EXIT, 0);
	leave(s, PT_FREE_VCPU, 0);
	expect_not_seen(s, "A23", VERDICT_PASS);
}

static void a23_not_in_a_trace_that_does_not_know(void **state)
{
	struct stream *s = *state;

	s->a->flags &= ~(uint32_t)REC_NESTED_FLAGS;
	map_without_sync(s, EVMCS);
	expect_clean(s);
}

static void a23_not_when_the_pages_failed(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	s->a->flags &= ~(uint32_t)REC_SYNC_DUE;
	pages_leave(s, 0);
	free_vcpu(s);
	expect_not_seen(s, "A23", VERDICT_PASS);
}

/* ---- A24: exit-reason-unset ---- */

/* The VMM sees KVM_RUN return 0 with this reason, and gives up. */
static void fail_with(struct stream *s, uint32_t exit_reason)
{
	set(s, L2);
	pages_enter(s);
	pages_leave(s, 0);
	s->a->exit_reason = exit_reason;
	free_vcpu(s);
}

static void a24_stale_reason(void **state)
{
	struct stream *s = *state;

	fail_with(s, KVM_EXIT_IO);
	expect_seen(s, "A24", SEVERITY_WARNING);
}

static void a24_unknown_reason(void **state)
{
	struct stream *s = *state;

	fail_with(s, KVM_EXIT_UNKNOWN);
	expect_seen(s, "A24", SEVERITY_WARNING);
}

static void a24_not_when_it_is_told(void **state)
{
	struct stream *s = *state;

	fail_with(s, KVM_EXIT_INTERNAL_ERROR);
	expect_not_seen(s, "A24", VERDICT_PASS);
}

static void a24_not_in_an_older_trace(void **state)
{
	struct stream *s = *state;

	fail_with(s, EXIT_REASON_UNREAD);
	expect_not_seen(s, "A24", VERDICT_PASS);
}

/* Another KVM_RUN came, and a signal ended it: the failed one's reason is gone. */
static void a24_not_when_interrupted_since(void **state)
{
	struct stream *s = *state;

	fail_with(s, KVM_EXIT_INTR);
	expect_not_seen(s, "A24", VERDICT_PASS);
}

static void a24_told_once_is_told(void **state)
{
	struct stream *s = *state;

	set(s, L2);
	pages_enter(s);
	pages_leave(s, 0);
	get(s, L2);
	s->a->exit_reason = KVM_EXIT_IO; /* of what the VMM did since */
	free_vcpu(s);
	expect_not_seen(s, "A24", VERDICT_PASS);
}

/* What a KVM_RUN has not returned yet may still be filled in. */
static void a24_not_inside_the_run(void **state)
{
	struct stream *s = *state;

	s->a->exit_reason = KVM_EXIT_IO;
	set(s, L2);
	pages_enter(s);
	leave(s, PT_STATE_PAGES, 0);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	s->a->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	free_vcpu(s);
	expect_not_seen(s, "A24", VERDICT_PASS);
}

/* ---- A26: slow-set ---- */

static void wait_in_set(struct stream *s, uint64_t ns, int64_t ret)
{
	set_enter(s, L2);
	reach(s, PT_READ_GUEST_CACHED, PURPOSE_LINK_POINTER, OTHER_GPA);
	s->t_ns += ns;
	leave(s, PT_READ_GUEST_CACHED, ret);
	set_leave(s, 0);
	pages_enter(s);
	pages_leave(s, 1);
	ran(s);
}

static void a26_waits_for_a_page(void **state)
{
	struct stream *s = *state;

	wait_in_set(s, SLOW_SET_NS + 1000, 0);
	expect_seen(s, "A26", SEVERITY_WARNING);
	assert_int_equal(find_anomaly(s->outcomes, "A26")->access, 0);
}

/* A host that is busy elsewhere in SET does not wait for the guest's memory. */
static void a26_not_when_only_set_is_slow(void **state)
{
	struct stream *s = *state;

	set_enter(s, L2);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_LINK_POINTER, OTHER_GPA);
	s->t_ns += 10 * SLOW_SET_NS;
	set_leave(s, 0);
	pages_enter(s);
	pages_leave(s, 1);
	ran(s);
	expect_not_seen(s, "A26", VERDICT_PASS);
}

static void a26_not_when_it_is_quick(void **state)
{
	struct stream *s = *state;

	wait_in_set(s, SLOW_SET_NS / 2, 0);
	expect_not_seen(s, "A26", VERDICT_PASS);
}

/* The host was busy: nothing was waited for. */
static void a26_not_without_an_access(void **state)
{
	struct stream *s = *state;

	set_enter(s, 0);
	s->t_ns += 10 * SLOW_SET_NS;
	set_leave(s, 0);
	ran(s);
	expect_clean(s);
}

static void a26_for_an_access_in_vain(void **state)
{
	struct stream *s = *state;

	wait_in_set(s, 10 * SLOW_SET_NS, -EFAULT);
	expect_seen(s, "A26", SEVERITY_WARNING);
}

/* The page never came while the trace was taken. */
static void a26_still_waiting(void **state)
{
	const struct anomaly *a;
	struct stream *s = *state;

	set_enter(s, EVMCS);
	enter(s, PT_EVMPTR_LOAD_DIRECT);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	enter(s, PT_PIN);
	s->t_ns += 500 * SLOW_SET_NS;
	on(s, 2, 0);
	tell(s, "native-l1"); /* time passes */
	footer(s);
	a = find_anomaly(expect(s, VERDICT_FAIL), "A26");
	assert_non_null(a);
	assert_int_equal(a->access, 0);
	assert_true(s->outcomes->restores[1].set_duration_ns > 500 * SLOW_SET_NS);
}

/* ---- A27: lost-both ---- */

static void a27_neither(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	pages_enter(s);
	load_fails(s, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	ran(s);
	expect_seen(s, "A27", SEVERITY_ERROR);
}

static void a27_map_never_tried(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	ran(s);
	expect_seen(s, "A27", SEVERITY_ERROR);
}

static void a27_not_in_l1(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	ran(s);
	expect_not_seen(s, "A27", VERDICT_FAIL);
}

static void a27_not_for_native(void **state)
{
	struct stream *s = *state;

	tell(s, "native-l2");
	expect_clean(s);
}

static void a27_not_for_what_L1_does_later(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	pages_enter(s);
	load_evmcs(s, EVMCS_GPA);
	pages_leave(s, 1);
	s->a->evmptr = EVMPTR_INVALID; /* by the time it is looked at again */
	ran(s);
	expect_clean(s);
}

/* ---- A28: clean-fields-believed ---- */

#define ALL_CLEAN 0xffff
#define EXIT_VMCALL 18

/* L1 was active, its eVMCS is mapped, and it has run. */
static void l1_runs(struct stream *s)
{
	set(s, EVMCS);
	run_deferred(s);
}

static void a28_entry_fails(void **state)
{
	struct stream *s = *state;
	const struct first_entry *e;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_seen(s, "A28", SEVERITY_ERROR);
	e = &s->outcomes->restores[0].first_entry;
	assert_true(e->seen && e->failed && e->clean_known);
	assert_int_equal(e->clean_fields, ALL_CLEAN);
	assert_int_equal(s->outcomes->restores[0].end, END_RAN);
	assert_int_equal(find_anomaly(s->outcomes, "A28")->seq, e->seq);
}

/* By KVM itself: there is no exit, and it is noticed later. */
static void a28_entry_is_refused(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, CLEAN_FIELD_GUEST_GRP2);
	entry_refused(s);
	expect_seen(s, "A28", SEVERITY_ERROR);
}

/* The trace ends between the entry and what comes of it. */
static void a28_about_to_fail(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	expect_seen(s, "A28", SEVERITY_WARNING);
	assert_false(s->outcomes->restores[0].first_entry.failed);
}

static void a28_about_to_fail_when_set_again(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	set(s, EVMCS | L2);
	run_deferred(s);
	expect_seen(s, "A28", SEVERITY_WARNING);
}

/* The first came to nothing, and has not changed anything. */
static void a28_second_attempt_fails(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	s->a->exits += 5;
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_seen(s, "A28", SEVERITY_ERROR);
}

static void a28_mapped_inside_set(void **state)
{
	struct stream *s = *state;

	set_enter(s, EVMCS);
	load_evmcs(s, EVMCS_GPA);
	set_leave(s, 0);
	last(s)->evmptr = s->a->evmptr = EVMCS_GPA;
	ran(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_seen(s, "A28", SEVERITY_ERROR);
}

/* The restore is concluded when it is known, and counted once. */
static void a28_told_once_with_its_restore(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	entry_refused(s);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	free_vcpu(s);
	footer(s);
	o = judge(s);
	assert_int_equal(o->verdict.kind, VERDICT_FAIL);
	assert_int_equal(o->verdict.restores, 1);
	assert_int_equal(o->restores[0].nr_anomalies, 1);
	assert_int_equal(o->verdict.anomalies[SEVERITY_ERROR], 1);
}

static void a28_not_when_L2_runs(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	first_exit(s, EXIT_VMCALL);
	expect_clean(s);
	assert_true(s->outcomes->restores[0].first_entry.left);
}

/* An entry that fails later fails for another reason. */
static void a28_not_when_L2_ran_for_a_while(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	s->a->exits++;
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_clean(s);
}

/* L2 exits to KVM only: there is no nested exit, and the next SET finds it alive. */
static void a28_not_when_the_vcpu_goes_on(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	s->a->exits++;
	set(s, EVMCS | L2);
	run_deferred(s);
	expect_clean(s);
}

static void a28_not_when_nothing_is_clean(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, 0);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_clean(s);
}

/* What they stand for goes into vmcs02 by other ways, or is not in it. */
static void a28_not_for_other_groups(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN & ~CLEAN_FIELDS_GUEST);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_clean(s);
}

static void a28_not_for_an_ordinary_vmcs(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_DISABLED, ALL_CLEAN);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_clean(s);
}

/* L1 may be in no hurry. */
static void a28_not_without_an_entry(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	expect_clean(s);
	assert_int_equal(s->outcomes->nr, 1);
	assert_int_equal(s->outcomes->restores[0].end, END_RAN);
	assert_false(s->outcomes->restores[0].first_entry.seen);
}

/* vmcs02 got everything when the state was set. */
static void a28_not_for_L2(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS | L2);
	run_deferred(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_clean(s);
}

static void a28_not_for_native(void **state)
{
	struct stream *s = *state;

	set(s, 0);
	ran(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	expect_clean(s);
}

/* Mapped by the entry itself, when KVM clears the clean fields. */
static void a28_not_when_it_was_not_mapped(void **state)
{
	struct stream *s = *state;

	set(s, EVMCS);
	pages_enter(s);
	load_fails(s, EVMPTRLD_DISABLED);
	pages_leave(s, 1);
	ran(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	entry_refused(s);
	expect_not_seen(s, "A28", VERDICT_FAIL);
}

/* A note that came into the ring late names the window that it is of. */
static void a28_not_of_another_restore(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	last(s)->window--;
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	last(s)->window--;
	expect_clean(s);
}

static void a28_not_of_another_vcpu(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	on(s, 1, 1);
	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, ALL_CLEAN);
	entry_refused(s);
	footer(s);
	judge(s);
	assert_int_equal(s->outcomes->verdict.by_verdict[VERDICT_FAIL], 1);
	assert_int_equal(s->outcomes->verdict.by_verdict[VERDICT_PASS], 1);
}

/* What came of the entry may be what is missing. */
static void a28_in_doubt_when_records_are_lost(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	loss(s, 1);
	footer(s);
	judge(s);
	assert_int_equal(s->outcomes->restores[0].verdict, VERDICT_INCONCLUSIVE);
	assert_null(find_anomaly(s->outcomes, "A28"));
}

static void a28_in_doubt_when_it_cannot_be_read(void **state)
{
	struct stream *s = *state;

	l1_runs(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, 0);
	last(s)->flags &= ~(uint32_t)REC_CLEAN_FIELDS;
	first_exit(s, EXIT_INVALID_GUEST_STATE);
	footer(s);
	judge(s);
	assert_int_equal(s->outcomes->restores[0].verdict, VERDICT_INCONCLUSIVE);
	assert_true(s->outcomes->restores[0].why & 1U << WHY_NO_STATE);
	assert_null(find_anomaly(s->outcomes, "A28"));
}

static const struct CMUnitTest tests[] = {
	TEST(a1_direct_map),
	TEST(a1_map_without_load),
	TEST(a1_through_state_pages),
	TEST(a1_load_that_failed),
	TEST(a1_not_in_state_pages),
	TEST(a1_not_under_nested_exit),
	TEST(a2_second_set_maps),
	TEST(a2_second_set_reads_only),
	TEST(a2_not_on_pending_l1),
	TEST(a2_not_without_access),
	TEST(a3_read_in_set),
	TEST(a3_link_pointer_is_info),
	TEST(a3_for_failed_read),
	TEST(a3_for_failed_walk),
	TEST(a3_not_in_run),
	TEST(a4_mp_state_maps),
	TEST(a4_any_read_in_other_ioctl),
	TEST(a4_read_in_vm_ioctl),
	TEST(a4_not_for_vm_ioctl_of_another_vm),
	TEST(a4_set_msrs_that_leaves),
	TEST(a4_nested_page_in_set_msrs),
	TEST(a4_not_for_enabling_vp_assist),
	TEST(a4_not_for_writing_hypercall_page),
	TEST(a4_not_for_failed_read),
	TEST(a4_not_after_a_run_that_did_not_enter),
	TEST(a4_not_for_setting_the_clock),
	TEST(a4_not_after_run),
	TEST(a5_teardown),
	TEST(a5_teardown_in_ioctl),
	TEST(a5_not_for_failed_access),
	TEST(a4_in_no_ioctl),
	TEST(a11_not_when_left_by_force),
	TEST(a14_never_mapped_but_another_is),
	TEST(a7_no_caller),
	TEST(a7_in_get_state),
	TEST(a7_not_in_state_pages),
	TEST(a7_not_in_nested_exit_of_teardown),
	TEST(a8_pages_fail),
	TEST(a4_more_than_one),
	TEST(a4_no_more_than_one),
	TEST(a8_tells_what_failed),
	TEST(a8_of_no_access),
	TEST(a8_not_when_served),
	TEST(a10_disabled),
	TEST(a10_without_a_mark),
	TEST(a10_not_for_native),
	TEST(a10_not_when_not_pending),
	TEST(a10_not_for_error),
	TEST(a11_exit_without_evmcs),
	TEST(a11_not_in_teardown),
	TEST(a11_not_in_second_set),
	TEST(a11_not_when_mapped),
	TEST(a13_ran_while_pending),
	TEST(a13_not_when_mapped),
	TEST(a13_not_without_state),
	TEST(a14_ran_and_forgotten),
	TEST(a14_not_when_it_was_mapped),
	TEST(a14_not_after_vmx_operation_was_ended),
	TEST(a14_not_for_native),
	TEST(a20_request_left_behind),
	TEST(a20_evmptr_left_behind),
	TEST(a20_not_for_clean_refusal),
	TEST(a20_not_while_earlier_is_pending),
	TEST(a22_set_twice),
	TEST(a22_not_after_a_run),
	TEST(a22_not_when_refused),
	TEST(a25_other_page),
	TEST(a25_not_for_the_named_page),
	TEST(a25_not_when_none_is_named),
	TEST(a25_not_without_the_field),
	TEST(a25_not_for_other_maps),
	TEST(a3_after_the_link_pointer),
	TEST(a6_another_process),
	TEST(a6_attempt_of_another_process),
	TEST(a6_attempt_of_an_exiting_vmm_is_info),
	TEST(a6_not_for_the_vmm_itself),
	TEST(a9_runs_after_all),
	TEST(a9_asked_again_for_nothing),
	TEST(a9_native_without_its_pages),
	TEST(a9_not_when_the_second_try_maps),
	TEST(a9_not_for_native_that_is_served_later),
	TEST(a9_not_without_a_run),
	TEST(a9_not_after_another_set),
	TEST(a12_request_taken_away),
	TEST(a12_not_when_nested_mode_is_discarded),
	TEST(a12_not_when_the_load_failed),
	TEST(a12_not_when_served),
	TEST(a12_not_for_native),
	TEST(a15_flag_is_missing),
	TEST(a15_not_when_it_is_there),
	TEST(a15_not_when_nothing_was_given),
	TEST(a15_not_for_native),
	TEST(a15_not_after_the_run),
	TEST(a15_not_after_nested_mode_was_left),
	TEST(stack_of_what_returned),
	TEST(stack_of_what_began),
	TEST(no_stack_of_what_it_was_noticed_by),
	TEST(a16_get_while_pending),
	TEST(a16_not_for_native),
	TEST(a16_not_after_the_run),
	TEST(a17_never_given_back),
	TEST(a17_mapped_again_over_it),
	TEST(a17_still_there_when_it_runs),
	TEST(a17_in_a_set_that_is_refused),
	TEST(a17_not_yet_in_a_set_that_is_accepted),
	TEST(a17_not_when_given_back),
	TEST(a17_not_when_given_back_later),
	TEST(a17_not_without_the_probe),
	TEST(a17_not_for_a_map_that_failed),
	TEST(a18_slot_moves_elsewhere),
	TEST(a18_slot_goes_away),
	TEST(a18_not_for_dirty_logging),
	TEST(a18_not_for_other_slots),
	TEST(a18_not_for_another_address_space),
	TEST(a18_not_for_another_vm),
	TEST(a18_not_when_given_back),
	TEST(a18_not_before_the_map),
	TEST(a18_not_once_it_runs),
	TEST(a19_native_gets_an_evmcs),
	TEST(a19_not_when_it_is_disabled),
	TEST(a19_not_for_evmcs),
	TEST(a20_vmxon_left_behind),
	TEST(a20_not_for_what_was_there_before),
	TEST(a20_in_the_place_of_an_earlier_one),
	TEST(a20_in_the_place_of_an_earlier_one_of_l1),
	TEST(a20_another_vmcs_is_current),
	TEST(a21_refused_and_written),
	TEST(a21_refused_over_an_earlier_one),
	TEST(a21_not_when_set_again),
	TEST(a21_not_when_it_cannot_be_mapped),
	TEST(a21_not_when_nothing_is_written),
	TEST(a23_nothing_will_be_written),
	TEST(a23_after_a_nested_exit),
	TEST(a23_not_in_l2),
	TEST(a23_not_when_discarded),
	TEST(a23_not_in_a_trace_that_does_not_know),
	TEST(a23_not_when_the_pages_failed),
	TEST(a24_stale_reason),
	TEST(a24_unknown_reason),
	TEST(a24_not_when_it_is_told),
	TEST(a24_not_in_an_older_trace),
	TEST(a24_not_when_interrupted_since),
	TEST(a24_told_once_is_told),
	TEST(a24_not_inside_the_run),
	TEST(a26_waits_for_a_page),
	TEST(a26_not_when_only_set_is_slow),
	TEST(a26_not_when_it_is_quick),
	TEST(a26_not_without_an_access),
	TEST(a26_for_an_access_in_vain),
	TEST(a26_still_waiting),
	TEST(a27_neither),
	TEST(a27_map_never_tried),
	TEST(a27_not_in_l1),
	TEST(a27_not_for_native),
	TEST(a27_not_for_what_L1_does_later),
	TEST(a28_entry_fails),
	TEST(a28_entry_is_refused),
	TEST(a28_about_to_fail),
	TEST(a28_about_to_fail_when_set_again),
	TEST(a28_second_attempt_fails),
	TEST(a28_mapped_inside_set),
	TEST(a28_told_once_with_its_restore),
	TEST(a28_not_when_L2_runs),
	TEST(a28_not_when_L2_ran_for_a_while),
	TEST(a28_not_when_the_vcpu_goes_on),
	TEST(a28_not_when_nothing_is_clean),
	TEST(a28_not_for_other_groups),
	TEST(a28_not_for_an_ordinary_vmcs),
	TEST(a28_not_without_an_entry),
	TEST(a28_not_for_L2),
	TEST(a28_not_for_native),
	TEST(a28_not_when_it_was_not_mapped),
	TEST(a28_not_of_another_restore),
	TEST(a28_not_of_another_vcpu),
	TEST(a28_in_doubt_when_records_are_lost),
	TEST(a28_in_doubt_when_it_cannot_be_read),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
