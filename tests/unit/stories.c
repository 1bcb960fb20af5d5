/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>

#include "model/names.h"
#include "stories.h"

#define L2_EVMCS (NESTED_EVMCS | NESTED_GUEST_MODE)

static void native_l1(struct stream *s)
{
	set(s, 0);
	ran(s);
}

static void native_l2(struct stream *s)
{
	set(s, NESTED_GUEST_MODE);
	pages_enter(s);
	touch(s, PT_MAP, PURPOSE_MSR_BITMAP, BITMAP_GPA);
	pages_leave(s, 1);
	ran(s);
}

static void deferred(struct stream *s)
{
	name_vm(s, "web1");
	set(s, L2_EVMCS);
	memslot(s, 3, 0x100000, 0x200000);
	run_deferred(s);
}

static void forced_in_run(struct stream *s)
{
	set(s, L2_EVMCS);
	in_ioctl(s, KVM_RUN);
	nested_exit_enter(s, 0);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
}

static void forced_in_teardown(struct stream *s)
{
	set(s, L2_EVMCS);
	enter(s, PT_FREE_VCPU);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	leave(s, PT_FREE_VCPU, 0);
}

static void forced_by_second_set(struct stream *s)
{
	set(s, L2_EVMCS);
	set_enter(s, L2_EVMCS);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	set_leave(s, 0);
	run_deferred(s);
}

static void direct(struct stream *s)
{
	set_enter(s, L2_EVMCS);
	enter(s, PT_EVMPTR_LOAD_DIRECT);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	last(s)->nr_stack = 2;
	last(s)->stack[0] = "kvm_vcpu_map+0x5 [kvm]";
	last(s)->stack[1] = "vmx_set_nested_state+0x300 [kvm_intel]";
	leave(s, PT_MAP, 0);
	leave(s, PT_EVMPTR_LOAD_DIRECT, EVMPTRLD_SUCCEEDED);
	set_leave(s, 0);
	last(s)->evmptr = s->a->evmptr = EVMCS_GPA;
	ran(s);
}

static void read_in_set(struct stream *s)
{
	set_enter(s, NESTED_GUEST_MODE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	set_leave(s, 0);
	free_vcpu(s);
}

static void freed_without_run(struct stream *s)
{
	set(s, L2_EVMCS);
	free_vcpu(s);
}

static void leave_vmx(struct stream *s)
{
	s->a->flags |= REC_VMXON;
	leave_vmx_enter(s);
	set_leave(s, 0);
}

static void mp_state_maps(struct stream *s)
{
	set(s, L2_EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	nested_exit_enter(s, 3);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
}

static void get_maps(struct stream *s)
{
	set(s, L2_EVMCS);
	in_ioctl(s, KVM_GET_NESTED_STATE);
	enter(s, PT_GET_STATE);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_GET_STATE, 4224);
	ran(s);
}

static void lost_in_window(struct stream *s)
{
	set(s, L2_EVMCS);
	loss(s, 3);
	run_deferred(s);
}

static void entry_fails(struct stream *s)
{
	set(s, NESTED_EVMCS);
	run_deferred(s);
	first_entry(s, EVMPTRLD_SUCCEEDED, 0xdfff);
	first_exit(s, EXIT_INVALID_GUEST_STATE);
}

/* Of which the load itself has a stack: nothing was reached. */
static void swallowed(struct stream *s)
{
	set(s, L2_EVMCS);
	in_ioctl(s, KVM_GET_MP_STATE);
	nested_exit_enter(s, 3);
	load_fails(s, EVMPTRLD_DISABLED);
	last(s)->nr_stack = 2;
	last(s)->stack[0] = "nested_vmx_vmexit+0x1a3 [kvm_intel]";
	last(s)->stack[1] = "kvm_arch_vcpu_ioctl_get_mpstate+0x40 [kvm]";
	leave(s, PT_NESTED_EXIT, 0);
	free_vcpu(s);
}

const struct story stories[] = {
	{ "native-l1", native_l1, VERDICT_PASS, PATH_NATIVE },
	{ "native-l2", native_l2, VERDICT_PASS, PATH_NATIVE },
	{ "deferred", deferred, VERDICT_PASS, PATH_EVMCS_DEFERRED },
	{ "forced-in-run", forced_in_run, VERDICT_PASS, PATH_EVMCS_FORCED_EXIT },
	{ "forced-in-teardown", forced_in_teardown, VERDICT_PASS, PATH_EVMCS_FORCED_EXIT },
	{ "forced-by-second-set", forced_by_second_set, VERDICT_FAIL, PATH_EVMCS_FORCED_EXIT },
	{ "direct", direct, VERDICT_FAIL, PATH_EVMCS_DIRECT },
	{ "read-in-set", read_in_set, VERDICT_FAIL, PATH_NATIVE },
	{ "freed-without-run", freed_without_run, VERDICT_PASS, PATH_EVMCS_NONE },
	{ "leave", leave_vmx, VERDICT_PASS, PATH_LEAVE },
	{ "mp-state-maps", mp_state_maps, VERDICT_FAIL, PATH_EVMCS_FORCED_EXIT },
	{ "get-maps", get_maps, VERDICT_FAIL, PATH_EVMCS_EARLY },
	{ "swallowed", swallowed, VERDICT_FAIL, PATH_EVMCS_NONE },
	{ "lost-in-window", lost_in_window, VERDICT_INCONCLUSIVE, PATH_EVMCS_DEFERRED },
	{ "entry-fails", entry_fails, VERDICT_FAIL, PATH_EVMCS_DEFERRED },
};

const int nr_stories = sizeof(stories) / sizeof(stories[0]);

/* ---- random, but as KVM could do it ---- */

static bool chance(struct rng *r, unsigned int percent)
{
	return rng_below(r, 100) < percent;
}

static void random_touch(struct stream *s, struct rng *r)
{
	enum evmcs_point point = PT_READ_GUEST + rng_below(r, PT_UNMAP - PT_READ_GUEST);

	reach(s, point, rng_below(r, PURPOSE_COUNT), 0x1000ULL * rng_below(r, 8));
	if (chance(r, 20))
		last(s)->access.len = 0;
	if (chance(r, 10))
		last(s)->flags |= chance(r, 50) ? REC_FOREIGN_MM : REC_NO_MM;
	if (chance(r, 20))
		s->t_ns += 2 * SLOW_SET_NS;
	if (chance(r, 20))
		touch(s, PT_PIN, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	leave(s, point, chance(r, 20) ? -EFAULT : 0);
}

/* As before 5.8: no helper is between. */
static void random_direct_load(struct stream *s, struct rng *r)
{
	bool mapped = chance(r, 80);

	enter(s, PT_EVMPTR_LOAD_DIRECT);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	leave(s, PT_MAP, mapped ? 0 : -EINVAL);
	s->a->evmptr = mapped ? EVMCS_GPA : EVMPTR_INVALID;
	leave(s, PT_EVMPTR_LOAD_DIRECT, mapped ? EVMPTRLD_SUCCEEDED : EVMPTRLD_ERROR);
}

static void random_load(struct stream *s, struct rng *r)
{
	unsigned int kind = rng_below(r, 11);

	if (kind == 10)
		random_direct_load(s, r);
	else if (kind < 6)
		load_evmcs(s, chance(r, 80) ? EVMCS_GPA : OTHER_GPA);
	else if (kind < 7)
		load_is_not_accepted(s, EVMCS_GPA);
	else
		load_fails(s, rng_below(r, 4));
	if (chance(r, 20))
		unmap_evmcs(s);
	if (chance(r, 20))
		s->a->flags &= ~(uint32_t)REC_SYNC_DUE;
}

static void random_nested_exit(struct stream *s, struct rng *r)
{
	nested_exit_enter(s, chance(r, 50) ? NESTED_EXIT_FORCED : 0);
	if (chance(r, 50))
		s->a->flags &= ~(uint32_t)REC_REQ_PAGES;
	if (chance(r, 70))
		random_load(s, r);
	if (chance(r, 20))
		random_touch(s, r);
	leave(s, PT_NESTED_EXIT, 0);
}

static void random_set(struct stream *s, struct rng *r)
{
	s->a->nested.vmxon_pa = chance(r, 10) ? UINT64_MAX : 0x1000;
	s->a->nested.evmcs_pa = chance(r, 50) ? EVMCS_GPA : 0;
	s->a->flags = REC_VCPU_STATE | REC_VMX_STATE | REC_NESTED_FLAGS;
	if (chance(r, 20))
		s->a->flags |= REC_HAS_EVMCS_PA;
	if (chance(r, 5))
		s->a->flags &= ~(uint32_t)REC_VMX_STATE;
	set_enter(s, rng_below(r, 8) & ~(unsigned int)NESTED_RUN_PENDING);
	if (chance(r, 10))
		random_nested_exit(s, r);
	if (chance(r, 10))
		random_touch(s, r);
	if (chance(r, 5))
		random_load(s, r);
	if (chance(r, 10))
		s->a->flags |= REC_REQ_PAGES;
	set_leave(s, chance(r, 15) ? -EINVAL : 0);
}

static void random_ioctl(struct stream *s, struct rng *r)
{
	static const unsigned long cmds[] = { KVM_GET_MP_STATE,	   KVM_SET_MSRS, KVM_SET_SREGS,
					      KVM_SET_VCPU_EVENTS, KVM_RUN,	 0x1234 };

	in_ioctl(s, cmds[rng_below(r, sizeof(cmds) / sizeof(cmds[0]))]);
	if (chance(r, 20))
		random_nested_exit(s, r);
	if (chance(r, 30))
		random_touch(s, r);
	if (chance(r, 3))
		random_load(s, r);
	in_ioctl(s, 0);
}

static void random_get(struct stream *s, struct rng *r)
{
	in_ioctl(s, KVM_GET_NESTED_STATE);
	enter(s, PT_GET_STATE);
	if (chance(r, 20)) {
		enter(s, PT_SHADOW_COPY);
		leave(s, PT_SHADOW_COPY, 0);
	}
	leave(s, PT_GET_STATE, 4224);
	last(s)->nested.size = chance(r, 80) ? 4224 : 0;
	last(s)->nested.flags = (uint16_t)(rng_below(r, 8) & ~(unsigned int)NESTED_RUN_PENDING);
	in_ioctl(s, 0);
}

static void random_memslot(struct stream *s, struct rng *r)
{
	struct record_memslot change = { .slot = rng_below(r, 4),
					 .gpa = 0x1000ULL * rng_below(r, 8),
					 .size = 0x2000,
					 .hva = 0x7f0000000000 + rng_below(r, 2),
					 .old_gpa = 0x1000ULL * rng_below(r, 8),
					 .old_size = chance(r, 70) ? 0x2000 : 0,
					 .old_hva = 0x7f0000000000 };

	memslot(s, change.slot, change.gpa, change.size);
	memslot_commit(s, &change);
}

static void random_entry(struct stream *s, struct rng *r)
{
	first_entry(s, chance(r, 80) ? EVMPTRLD_SUCCEEDED : rng_below(r, 4),
		    chance(r, 70) ? 0xffff : rng_below(r, 0x10000));
	if (chance(r, 30))
		entry_refused(s);
	else if (chance(r, 80))
		first_exit(s, chance(r, 50) ? EXIT_INVALID_GUEST_STATE : 18);
}

static void random_run(struct stream *s, struct rng *r)
{
	if (s->a->flags & REC_REQ_PAGES) {
		bool named = chance(r, 20); /* a helper that most kernels have inlined */

		pages_enter(s);
		if (named)
			enter(s, PT_EVMCS_PAGE);
		if (chance(r, 90))
			random_load(s, r);
		if (named)
			leave(s, PT_EVMCS_PAGE, 1);
		pages_leave(s, chance(r, 80));
		if (!last(s)->ret && chance(r, 50)) {
			s->a->exit_reason = chance(r, 50) ? KVM_EXIT_IO : s->a->exit_reason;
			return; /* the VMM gives up, or tries something else */
		}
	}
	ran(s);
	if (chance(r, 30))
		random_entry(s, r);
}

static void random_free(struct stream *s, struct rng *r)
{
	in_ioctl(s, 0);
	enter(s, PT_FREE_VCPU);
	if (chance(r, 50))
		random_nested_exit(s, r);
	leave(s, PT_FREE_VCPU, 0);
}

void random_act(struct stream *s, struct rng *r)
{
	switch (rng_below(r, 10)) {
	case 0:
	case 1:
	case 2:
		random_set(s, r);
		break;
	case 3:
	case 4:
		random_ioctl(s, r);
		break;
	case 5:
		random_memslot(s, r);
		break;
	case 6:
		random_get(s, r);
		break;
	case 7:
		if (chance(r, 40))
			random_free(s, r);
		break;
	default:
		random_run(s, r);
		break;
	}
}

void random_story(struct stream *s, struct rng *r)
{
	unsigned int n = 1 + rng_below(r, 10);

	random_set(s, r);
	while (n--)
		random_act(s, r);
	if (chance(r, 80))
		random_run(s, r);
}

/* ---- random, as nothing but a test could do it ---- */

static void random_payload(struct event *ev, struct rng *r)
{
	switch (ev->point) {
	case PT_SET_STATE:
		ev->nested.flags = (uint16_t)rng_below(r, 16);
		ev->nested.vmxon_pa = chance(r, 10) ? UINT64_MAX : rng_next(r);
		ev->nested.vmcs12_pa = rng_next(r);
		ev->nested.evmcs_pa = ev->flags & REC_HAS_EVMCS_PA ? EVMCS_GPA : 0;
		ev->nested.size = (uint32_t)rng_next(r);
		break;
	case PT_NESTED_EXIT:
		ev->exit.reason = (uint32_t)rng_next(r);
		ev->exit.qualification = rng_next(r);
		break;
	case PT_MEMSLOT:
	case PT_MEMSLOT_COMMIT:
		ev->memslot.gpa = rng_next(r);
		ev->memslot.size = rng_next(r);
		break;
	case PT_FIRST_ENTRY:
		ev->entry.status = (int32_t)rng_below(r, 4);
		ev->entry.clean_fields = ev->flags & REC_CLEAN_FIELDS ? rng_below(r, 0x10000) : 0;
		break;
	case PT_FIRST_EXIT:
		ev->exit.reason = chance(r, 50) ? EXIT_INVALID_GUEST_STATE : 18;
		break;
	case PT_EVMCS_PAGE_INLINED:
		break;
	default:
		if (point_class(ev->point) == CLASS_FRAME)
			break;
		ev->access.gpa = chance(r, 20) ? GPA_UNKNOWN : rng_below(r, 3) * EVMCS_GPA;
		ev->access.len = rng_below(r, 3) * 4;
		ev->access.purpose = rng_below(r, PURPOSE_COUNT);
		break;
	}
}

static int64_t random_ret(struct rng *r)
{
	static const int64_t rets[] = { 0, 0, 0, 1, 2, 3, -EFAULT, -EINVAL };

	return rets[rng_below(r, sizeof(rets) / sizeof(rets[0]))];
}

void random_event(struct stream *s, struct rng *r)
{
	enum evmcs_point point = rng_below(r, PT_COUNT);
	struct event *ev;

	in_ioctl(s, chance(r, 50) ? KVM_RUN : KVM_GET_MP_STATE);
	s->a->flags = REC_VCPU_STATE | (rng_below(r, 2048) & ~(uint32_t)REC_VCPU_STATE);
	if (point == PT_FIRST_ENTRY && chance(r, 80))
		s->a->flags |= REC_CLEAN_FIELDS;
	if (point == PT_FIRST_EXIT && chance(r, 50))
		s->a->flags |= REC_ENTRY_REFUSED;
	if (!(s->a->flags & REC_VMX_STATE))
		s->a->flags &= ~(uint32_t)REC_L2;
	s->a->evmptr = UINT64_MAX - rng_below(r, 3);
	s->a->window = rng_below(r, 3);
	if (point == PT_RAN) {
		ran(s);
		return;
	}
	if (point_class(point) == CLASS_NOTE) {
		note(s, point);
		last(s)->window = event_has_window(last(s)) ? s->a->window : 0;
		random_payload(last(s), r);
		return;
	}
	if (chance(r, 50)) {
		enter(s, point);
		ev = last(s);
		if (point == PT_SET_STATE)
			ev->window = s->a->window;
		random_payload(ev, r);
	} else {
		leave(s, point, random_ret(r));
	}
	/* what a VM ioctl does has no vCPU; a SET always has one */
	if (chance(r, 10) && point != PT_SET_STATE)
		last(s)->vcpu = VCPU_NONE;
}
