// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One VM from its first KVM_RUN over all its restores to its end. Every vCPU has a thread; the
 * thread of vCPU 0 leads: it does what belongs to the VM, while the others wait at the meeting.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "provoke.h"
#include "scenario.h"

#define LAPIC_IRR 0x200

/* ---- meeting ---- */

/*
 * Waits for all. Whoever brings an error waits for nobody and ends the scenario: all who wait here,
 * and all who come later, get that error at once.
 */
static int meet(struct scenario *s, int error)
{
	struct meeting *m = &s->meeting;
	unsigned int generation;

	pthread_mutex_lock(&m->lock);
	if (!m->error)
		m->error = error;
	generation = m->generation;
	if (!m->error && ++m->arrived == m->expected) {
		m->arrived = 0;
		m->generation++;
	}
	if (m->error || generation != m->generation)
		pthread_cond_broadcast(&m->all_here);
	while (!m->error && generation == m->generation)
		pthread_cond_wait(&m->all_here, &m->lock);
	error = m->error;
	pthread_mutex_unlock(&m->lock);
	return error;
}

/* A phase of the leader alone, between two meetings. */
static int leader_does(struct worker *w, int error, int (*phase)(struct scenario *s))
{
	struct scenario *s = w->scenario;

	error = meet(s, error);
	if (error)
		return error;
	return meet(s, w->id == 0 ? phase(s) : 0);
}

/* ---- running ---- */

static uint32_t forced_reason(const struct options *options)
{
	static const uint32_t reasons[] = {
		[FORCED_NONE] = NO_FORCED_EXIT,
		[FORCED_RUN] = EXIT_EXCEPTION_NMI,
		[FORCED_RUN_IRQ] = EXIT_EXTERNAL_INTERRUPT,
		[FORCED_MP_STATE] = EXIT_INIT,
	};

	return reasons[options->mode == MODE_EXIT ? FORCED_MP_STATE : options->forced];
}

static int start_vm(struct scenario *s)
{
	const struct options *o = s->options;
	unsigned int i;
	int ret;

	ret = vm_create(&s->vm);
	if (ret == 0)
		ret = guest_load(&s->vm, o->vcpus);
	if (ret)
		return ret;
	for (i = 0; i < o->vcpus; i++)
		guest_area(&s->vm, i)->params = (struct guest_params){
			.role = o->role,
			.vcpu = i,
			.evmcs = o->evmcs,
			.mark_clean = o->mark_clean,
			.forced_reason = forced_reason(o),
			.spin = o->spin,
			.loops = o->loops,
		};
	return vm_set_memslots(&s->vm);
}

static unsigned int vcpu_options(const struct options *o)
{
	bool nested = o->role == ROLE_NESTED || o->role == ROLE_NESTED_LOOP;

	return nested && o->evmcs ? VCPU_EVMCS | VCPU_HYPERV : 0;
}

static unsigned int fresh_vcpu_options(const struct options *o)
{
	return vcpu_options(o) & ~(o->no_hyperv_cpuid ? VCPU_HYPERV : 0u);
}

static int start_vcpu(struct worker *w)
{
	struct scenario *s = w->scenario;
	int ret;

	ret = vcpu_create(&w->vcpu, &s->vm, w->id, vcpu_options(s->options));
	if (ret == 0)
		ret = guest_enter(&w->vcpu);
	return ret;
}

static int guest_failed(struct worker *w)
{
	char text[256];

	guest_describe_failure(&guest_area(w->vcpu.vm, w->id)->report, text, sizeof(text));
	return vmm_error(-EPROTO, "vCPU %u: the guest found an error: %s", w->id, text);
}

/* The ticks have one possible order: L2 n, L1 n, L2 n + 1. */
static int check_tick(struct worker *w, const struct vcpu_io *io)
{
	bool l2 = io->port == PORT_L2_TICK;
	uint64_t want = (l2 ? w->l2_ticks : w->l1_ticks) + 1;

	if (io->value != want || (l2 ? w->l1_ticks != w->l2_ticks : w->l2_ticks != want))
		return vmm_error(-EPROTO,
				 "vCPU %u: %s tick %u is out of sequence after "
				 "L2 tick %llu and L1 tick %llu",
				 w->id, l2 ? "L2" : "L1", io->value,
				 (unsigned long long)w->l2_ticks, (unsigned long long)w->l1_ticks);
	if (l2)
		w->l2_ticks++;
	else
		w->l1_ticks++;
	return 0;
}

static int handle_out(struct worker *w, const struct vcpu_io *io)
{
	switch (io->port) {
	case PORT_L2_TICK:
	case PORT_L1_TICK:
		return check_tick(w, io);
	case PORT_DONE:
		w->done = true;
		return 0;
	case PORT_FAIL:
		return guest_failed(w);
	default:
		return vmm_error(-EPROTO, "vCPU %u: unexpected OUT to port 0x%x", w->id, io->port);
	}
}

/* times, when not NULL, get that of the first KVM_RUN. */
static int run_to_save_point(struct worker *w, struct round_times *times)
{
	const struct options *o = w->scenario->options;
	const uint64_t *ticks = o->mode == MODE_L1 ? &w->l1_ticks : &w->l2_ticks;
	uint64_t target = *ticks + o->ticks, start = vmm_now();
	struct vcpu_io io;
	int ret;

	while (*ticks < target) {
		ret = vcpu_run_to_out(&w->vcpu, &io);
		if (times) {
			times->first_run = vmm_now() - start;
			times->set_to_run = vmm_now() - w->set_start;
			times = NULL;
		}
		if (ret == 0)
			ret = handle_out(w, &io);
		if (ret)
			return ret;
		if (w->done)
			return vmm_error(-EPROTO, "vCPU %u: the guest ended before it was told to",
					 w->id);
	}
	return 0;
}

static int run_to_end(struct worker *w)
{
	struct guest_area *area = guest_area(w->vcpu.vm, w->id);
	struct vcpu_io io;
	int ret;

	area->params.stop = 1;
	while (!w->done) {
		ret = vcpu_run_to_out(&w->vcpu, &io);
		if (ret == 0)
			ret = handle_out(w, &io);
		if (ret)
			return ret;
	}
	return 0;
}

/* The measuring roles: the guest marks start and end; the loop of OUTs marks its body too. */
static int run_loop(struct worker *w)
{
	uint64_t start = 0;
	struct vcpu_io io;
	int ret;

	while (!w->done) {
		ret = vcpu_run_to_out(&w->vcpu, &io);
		if (ret)
			return ret;
		if (io.port == PORT_MARK) {
			if (io.value == 0)
				start = vmm_now();
			else if (io.value == 1)
				w->loop_ns = vmm_now() - start;
			continue;
		}
		ret = handle_out(w, &io);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- saving ---- */

static int check_flags(struct worker *w)
{
	const struct options *o = w->scenario->options;
	const struct kvm_nested_state *nested = w->state.nested;
	uint16_t want = 0;

	if (o->mode == MODE_L2)
		want |= KVM_STATE_NESTED_GUEST_MODE;
	if (o->evmcs)
		want |= KVM_STATE_NESTED_EVMCS;
	if (nested->flags != want)
		return vmm_error(-EPROTO,
				 "vCPU %u: the saved nested state has flags 0x%x "
				 "where 0x%x was asked for",
				 w->id, nested->flags, want);
	if ((nested->hdr.vmx.vmcs12_pa == ~0ull) != o->evmcs)
		return vmm_error(-EPROTO,
				 "vCPU %u: the saved nested state has vmcs12_pa 0x%llx, "
				 "which does not go with %s",
				 w->id, (unsigned long long)nested->hdr.vmx.vmcs12_pa,
				 o->evmcs ? "an enlightened VMCS" : "an ordinary VMCS");
	return 0;
}

/* L2's FS base is in the saved vmcs12 and nowhere else: found by its value, whatever the layout. */
static int corrupt_vmcs12(struct worker *w)
{
	uint8_t *data = (uint8_t *)w->state.nested + sizeof(*w->state.nested);
	uint64_t fs_base = L2_FS_BASE(guest_area_gpa(w->id));
	size_t i, size = w->state.nested->size - sizeof(*w->state.nested);

	for (i = 0; i + sizeof(fs_base) <= size; i += sizeof(fs_base)) {
		if (memcmp(data + i, &fs_base, sizeof(fs_base)))
			continue;
		data[i] ^= 1;
		return 0;
	}
	return vmm_error(-EPROTO, "vCPU %u: L2's FS base is not in the saved vmcs12", w->id);
}

/* To show that the checks can fail. */
static int corrupt_state(struct worker *w)
{
	switch (w->scenario->options->corrupt) {
	case CORRUPT_COUNTER:
		guest_area(w->vcpu.vm, w->id)->report.l2_count ^= 0x10;
		return 0;
	case CORRUPT_REG:
		w->state.regs.r12 ^= 0x100;
		return 0;
	case CORRUPT_VMCS12:
		return corrupt_vmcs12(w);
	case CORRUPT_NOTHING:
		break;
	}
	return 0;
}

static void set_evmcs_pa(struct worker *w)
{
	const struct options *o = w->scenario->options;

	if (!o->evmcs_pa_auto)
		memcpy((char *)w->state.nested + NESTED_EVMCS_PA_OFFSET, &o->evmcs_pa,
		       sizeof(o->evmcs_pa));
}

/* What makes KVM leave L2 before it ran. Setting it twice does no harm. */
static void arm_forced_exit(struct worker *w)
{
	struct vcpu_state *state = &w->state;
	uint32_t irr;

	switch (w->scenario->options->forced) {
	case FORCED_RUN:
		state->events.flags |= KVM_VCPUEVENT_VALID_NMI_PENDING;
		state->events.nmi.pending = 1;
		state->mp_state.mp_state = KVM_MP_STATE_HALTED;
		break;
	case FORCED_RUN_IRQ:
		irr = 1u << FORCED_IRQ_VECTOR % 32;
		memcpy(&state->lapic.regs[LAPIC_IRR + FORCED_IRQ_VECTOR / 32 * 16], &irr,
		       sizeof(irr));
		state->mp_state.mp_state = KVM_MP_STATE_HALTED;
		break;
	case FORCED_MP_STATE:
		state->events.flags |= KVM_VCPUEVENT_VALID_SMM;
		state->events.smi.latched_init = 1;
		break;
	case FORCED_NONE:
		break;
	}
}

static int save(struct worker *w, unsigned int round)
{
	uint64_t start = vmm_now();
	int ret;

	vcpu_state_free(&w->state);
	ret = vcpu_save(&w->vcpu, &w->state);
	if (ret == 0 && w->scenario->options->mode == MODE_EXIT)
		ret = provoke_exit_before_save(w);
	w->times[round].save = vmm_now() - start;
	if (ret == 0)
		ret = check_flags(w);
	if (ret == 0 && round == 0)
		ret = corrupt_state(w);
	if (ret == 0)
		ret = provoke_edit_state(w);
	if (ret)
		return ret;
	provoke_damage_memory(w);
	set_evmcs_pa(w);
	arm_forced_exit(w);
	return 0;
}

/* ---- restoring ---- */

/* With postcopy the contents come when they are missed. */
static int fill_fresh_vm(struct scenario *s)
{
	if (!s->options->postcopy)
		vm_copy_memory(&s->fresh_vm, &s->vm);
	return vm_set_memslots(&s->fresh_vm);
}

/* The source may itself still be waiting for pages. */
static int start_postcopy(struct scenario *s)
{
	postcopy_fill(&s->postcopy);
	postcopy_stop(&s->postcopy);
	return postcopy_start(&s->postcopy, &s->fresh_vm, &s->vm, s->options->postcopy);
}

static int create_fresh_vm(struct scenario *s)
{
	const struct options *o = s->options;
	int ret;

	ret = vm_create(&s->fresh_vm);
	if (ret == 0)
		ret = vm_add_memory_like(&s->fresh_vm, &s->vm);
	if (ret == 0 && o->postcopy)
		ret = start_postcopy(s);
	if (ret || o->memslots_after)
		return ret;
	return o->memory_after ? vm_set_memslots(&s->fresh_vm) : fill_fresh_vm(s);
}

/*
 * With L2 active KVM answers from the hardware's VMCS, where guest_linear_address is whatever was
 * there: a few bytes are normal. With L1 active nothing may differ.
 */
static void say_differences(struct worker *w, uint64_t differences)
{
	if (w->scenario->options->mode != MODE_L2 && !w->reread_differences)
		vmm_error(0,
			  "vCPU %u: KVM_GET_NESTED_STATE right after SET gives %llu other bytes "
			  "of vmcs12 than were set, the first at 0x%zx",
			  w->id, (unsigned long long)differences, w->reread_first);
	else
		vmm_note("vcpu %u: %llu bytes of vmcs12 differ after SET, the first at 0x%zx",
			 w->id, (unsigned long long)differences, w->reread_first);
}

static int reread_nested(struct worker *w)
{
	const struct kvm_nested_state *set = w->state.nested;
	uint64_t differences = 0;
	size_t i;
	int ret;

	free(w->reread);
	ret = vcpu_get_nested(&w->fresh, &w->reread);
	if (ret)
		return ret;
	if (w->reread->flags != set->flags || w->reread->size != set->size ||
	    memcmp(&w->reread->hdr.vmx, &set->hdr.vmx, sizeof(set->hdr.vmx)))
		return vmm_error(-EPROTO,
				 "vCPU %u: KVM_GET_NESTED_STATE right after SET gives "
				 "flags 0x%x size %u, where flags 0x%x size %u were set",
				 w->id, w->reread->flags, w->reread->size, set->flags, set->size);
	for (i = sizeof(*set); i < set->size; i++)
		if (((uint8_t *)w->reread)[i] != ((const uint8_t *)set)[i] && !differences++)
			w->reread_first = i - sizeof(*set);
	if (differences)
		say_differences(w, differences);
	w->reread_differences += differences;
	return 0;
}

static int restore_nested(struct worker *w, bool fill_now, bool reread, struct round_times *times)
{
	int ret;

	ret = provoke_refused_sets(w);
	if (ret)
		return ret;
	w->set_start = vmm_now();
	ret = provoke_set_nested(w);
	times->set = vmm_now() - w->set_start;
	if (ret == 0 && reread)
		ret = reread_nested(w);
	if (fill_now)
		ret = leader_does(w, ret, fill_fresh_vm);
	return ret;
}

static int restore_sequence(struct worker *w, bool first, bool reread, struct round_times *times)
{
	const struct options *o = w->scenario->options;
	const enum vcpu_step *step = vcpu_order_qemu;
	bool fill = first && (o->memslots_after || o->memory_after);
	int ret;

	if (o->order == ORDER_MSRS_FIRST)
		step = vcpu_order_msrs_first;
	for (; *step != STEP_END; step++) {
		if (*step == STEP_NESTED)
			ret = restore_nested(w, fill, reread, times);
		else
			ret = vcpu_restore_step(&w->fresh, &w->state, *step);
		if (ret)
			return ret;
	}
	return 0;
}

static int restore_fresh_vcpu(struct worker *w, bool reread, struct round_times *times)
{
	const struct options *o = w->scenario->options;
	struct kvm_mp_state mp_state;
	uint64_t start = vmm_now();
	int ret;

	ret = restore_sequence(w, true, reread, times);
	if (ret == 0 && o->set_twice)
		ret = restore_sequence(w, false, reread, times);
	times->restore = vmm_now() - start;
	if (ret == 0)
		ret = provoke_leave(w);
	if (ret == 0)
		ret = provoke_repeat_msr(w);
	if (ret == 0)
		ret = provoke_pause(w);
	if (ret == 0 && o->forced == FORCED_MP_STATE)
		ret = vcpu_get_mp_state(&w->fresh, &mp_state);
	if (o->move_memslot)
		ret = leader_does(w, ret, provoke_move_memslot);
	if (ret == 0 && o->immediate_exit)
		ret = vcpu_run_immediate_exit(&w->fresh);
	return ret;
}

/*
 * The source goes away only after all its vCPUs were restored: a failed restore leaves it as it
 * was.
 */
static int keep_fresh_vm(struct scenario *s)
{
	postcopy_take_source(&s->postcopy, &s->vm);
	vm_destroy(&s->vm);
	s->vm = s->fresh_vm;
	s->fresh_vm = (struct vm){ .kvm_fd = -1, .fd = -1 };
	return 0;
}

/*
 * One fresh VM, all vCPUs restored at the same time; it replaces the one that was saved, or is
 * closed, after the runs of --stop-after if any.
 */
static int restore(struct worker *w, bool keep, bool reread, struct round_times *times)
{
	struct scenario *s = w->scenario;
	uint64_t start;
	int ret;

	ret = leader_does(w, 0, create_fresh_vm);
	if (ret)
		return ret;
	ret = meet(s, vcpu_create(&w->fresh, &s->fresh_vm, w->id, fresh_vcpu_options(s->options)));
	if (ret)
		return ret;
	ret = meet(s, restore_fresh_vcpu(w, reread, times));
	if (ret == 0 && !keep && !reread)
		ret = meet(s, provoke_runs(w, times));
	if (ret)
		return ret;
	if (!keep) {
		start = vmm_now();
		ret = leader_does(w, 0, provoke_drop);
		times->drop = vmm_now() - start;
		return ret;
	}
	vcpu_destroy(&w->vcpu);
	ret = leader_does(w, 0, keep_fresh_vm);
	if (ret)
		return ret;
	w->vcpu = w->fresh;
	w->vcpu.vm = &s->vm;
	w->fresh = (struct vcpu){ .fd = -1 };
	return 0;
}

static int reread_round(struct worker *w, struct round_times *times)
{
	int ret = restore(w, false, true, times);

	if (ret)
		return ret;
	free(w->state.nested);
	w->state.nested = w->reread;
	w->reread = NULL;
	set_evmcs_pa(w);
	return 0;
}

static int one_round(struct worker *w, unsigned int round)
{
	const struct options *o = w->scenario->options;
	struct round_times *times = &w->times[round];
	bool keep = options_continues(o);
	int ret = 0;

	if (round == 0 || keep)
		ret = save(w, round);
	ret = meet(w->scenario, ret);
	if (ret == 0 && o->get_after_set)
		ret = reread_round(w, times);
	if (ret == 0)
		ret = restore(w, keep, false, times);
	if (ret == 0 && keep)
		ret = run_to_save_point(w, times);
	return meet(w->scenario, ret);
}

/* ---- the whole ---- */

static void keep_report(struct worker *w)
{
	const struct guest_area *area = guest_area(&w->scenario->vm, w->id);

	if (area)
		w->report = area->report;
}

/*
 * An exit that finds L2 halted was taken in vcpu_block(), before the request for the pages of the
 * nested state was served. KVM loses the halt when a second KVM_SET_NESTED_STATE comes after
 * KVM_SET_MP_STATE; kernels since 6.4 (from reading) take up the NMI of KVM_SET_VCPU_EVENTS only
 * after they woke up.
 */
static void say_late_exits(const struct worker *w, uint64_t want)
{
	vmm_error(0,
		  "vCPU %u: only %llu of %llu forced exits came before the pages of the nested "
		  "state were loaded",
		  w->id, (unsigned long long)w->report.forced_halted, (unsigned long long)want);
}

static int check_report(struct worker *w)
{
	const struct options *o = w->scenario->options;
	uint64_t want = options_force_exit(o) && options_continues(o) ? o->rounds : 0;

	if (w->report.forced != want)
		return vmm_error(-EPROTO,
				 "vCPU %u: L1 saw %llu forced exits, where there were %llu", w->id,
				 (unsigned long long)w->report.forced, (unsigned long long)want);
	if (o->forced && o->forced != FORCED_MP_STATE && w->report.forced_halted != want)
		say_late_exits(w, want);
	return 0;
}

static int run_rounds(struct worker *w)
{
	const struct options *o = w->scenario->options;
	unsigned int round;
	int ret;

	ret = meet(w->scenario, run_to_save_point(w, NULL));
	for (round = 0; ret == 0 && round < o->rounds; round++)
		ret = one_round(w, round);
	if (ret == 0 && options_continues(o))
		ret = run_to_end(w);
	keep_report(w);
	if (ret == 0)
		ret = check_report(w);
	return ret;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	int ret;

	w->tid = gettid();
	ret = leader_does(w, 0, start_vm);
	if (ret == 0)
		ret = meet(w->scenario, start_vcpu(w));
	if (ret == 0) {
		ret = w->scenario->options->role == ROLE_NESTED ? run_rounds(w) : run_loop(w);
		meet(w->scenario, ret);
	}
	vcpu_destroy(&w->vcpu);
	vcpu_destroy(&w->fresh);
	return NULL;
}

static int alloc_workers(struct scenario *s)
{
	const struct options *o = s->options;
	unsigned int i;

	s->workers = calloc(o->vcpus, sizeof(*s->workers));
	if (!s->workers)
		return vmm_error(-ENOMEM, "no memory");
	for (i = 0; i < o->vcpus; i++) {
		s->workers[i].scenario = s;
		s->workers[i].id = i;
		s->workers[i].times = calloc(o->rounds, sizeof(struct round_times));
		if (!s->workers[i].times)
			return vmm_error(-ENOMEM, "no memory");
	}
	return 0;
}

/* After the time is up, a signal again and again: it may come just before KVM_RUN. */
static void wait_for_workers(struct scenario *s, unsigned int n)
{
	struct timespec end;
	unsigned int i;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += s->options->timeout;
	for (i = 0; i < n; i++) {
		while (pthread_timedjoin_np(s->workers[i].thread, NULL, &end)) {
			if (!vmm_cancelled)
				meet(s, vmm_error(-ETIMEDOUT,
						  "the time is up: the guest did not continue"));
			vmm_cancelled = true;
			pthread_kill(s->workers[i].thread, SIGUSR1);
			clock_gettime(CLOCK_REALTIME, &end);
			end.tv_nsec += 20 * 1000 * 1000;
			end.tv_sec += end.tv_nsec / 1000000000;
			end.tv_nsec %= 1000000000;
		}
	}
}

int scenario_run(struct scenario *s, const struct options *options)
{
	unsigned int started;
	int ret;

	*s = (struct scenario){ .options = options, .meeting.expected = options->vcpus };
	pthread_mutex_init(&s->meeting.lock, NULL);
	pthread_cond_init(&s->meeting.all_here, NULL);
	ret = alloc_workers(s);
	if (ret)
		return ret;
	for (started = 0; started < options->vcpus; started++) {
		struct worker *w = &s->workers[started];

		ret = -pthread_create(&w->thread, NULL, worker_main, w);
		if (ret) {
			meet(s, vmm_error(ret, "cannot create a thread: %s", strerror(-ret)));
			break;
		}
	}
	wait_for_workers(s, started);
	return s->meeting.error;
}

void scenario_free(struct scenario *s)
{
	unsigned int i, round;

	vm_destroy(&s->fresh_vm);
	vm_destroy(&s->vm);
	postcopy_stop(&s->postcopy);
	for (i = 0; s->workers && i < s->options->vcpus; i++) {
		vcpu_state_free(&s->workers[i].state);
		free(s->workers[i].reread);
		for (round = 0; s->workers[i].times && round < s->options->rounds; round++)
			free(s->workers[i].times[round].runs);
		free(s->workers[i].times);
	}
	free(s->workers);
	s->workers = NULL;
}
