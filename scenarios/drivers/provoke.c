// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a scenario does to a restore to have KVM show a certain anomaly. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "provoke.h"
#include "vmcs12.h"
#include "vmx_defs.h"

/* ---- the saved state ---- */

static uint64_t edit_value(const struct worker *w, const struct vmcs12_edit *edit)
{
	uint64_t area = guest_area_gpa(w->id);

	switch (edit->kind) {
	case VMCS12_NUMBER:
		return edit->number;
	case VMCS12_EVMCS:
		return area + AREA_EVMCS;
	case VMCS12_FREE_PAGE:
		return area + AREA_SPARE;
	case VMCS12_BAD_PDPT:
		return area + AREA_SPARE + offsetof(struct guest_spare, bad_pdpt);
	case VMCS12_MSR_LIST:
		return area + AREA_SPARE + offsetof(struct guest_spare, msr_list);
	}
	return 0;
}

static int edit_vmcs12(struct worker *w, const struct vmcs12_edit *edit)
{
	uint64_t value;
	int ret = vmcs12_read(w->state.nested, edit->field, &value);

	if (ret)
		return ret;
	value = (value & edit->keep) | edit_value(w, edit);
	return vmcs12_write(w->state.nested, edit->field, value);
}

/*
 * A 32-bit L2 in PAE paging: KVM reads its PDPTEs in the first KVM_RUN, once per restore, and they
 * are invalid. KVM checks neither EFER nor segments of a state whose entry is not pending.
 */
static const struct {
	const char *field;
	struct vmcs12_edit edit;
} pae_l2[] = {
	{ "vm_entry_controls", { .keep = ~(uint64_t)ENTRY_GUEST_64BIT } },
	{ "guest_ia32_efer", { .keep = 0 } },
	{ "guest_cr3", { .kind = VMCS12_BAD_PDPT } },
};

static int make_pae_l2(struct worker *w)
{
	struct vmcs12_edit edit;
	int ret = 0;
	size_t i;

	for (i = 0; ret == 0 && i < sizeof(pae_l2) / sizeof(pae_l2[0]); i++) {
		edit = pae_l2[i].edit;
		edit.field = vmcs12_find(pae_l2[i].field);
		ret = edit_vmcs12(w, &edit);
	}
	return ret;
}

static int make_native(struct worker *w)
{
	struct kvm_nested_state *nested = w->state.nested;

	if (!nested)
		return vmm_error(-EINVAL, "the host gives no nested state to change");
	nested->flags &= ~KVM_STATE_NESTED_EVMCS;
	nested->hdr.vmx.vmcs12_pa = guest_area_gpa(w->id) + AREA_EVMCS;
	return 0;
}

int provoke_edit_state(struct worker *w)
{
	const struct options *o = w->scenario->options;
	unsigned int i;
	int ret = 0;

	if (o->skip_vp_assist)
		vcpu_state_drop_msrs(&w->state, VMM_MSR_HV_VP_ASSIST, VMM_MSR_HV_VP_ASSIST);
	if (o->no_hyperv_cpuid)
		vcpu_state_drop_msrs(&w->state, VMM_MSR_HV_FIRST, VMM_MSR_HV_LAST);
	if (o->as_native)
		ret = make_native(w);
	if (ret == 0 && o->pae_l2)
		ret = make_pae_l2(w);
	for (i = 0; ret == 0 && i < o->nr_edits; i++)
		ret = edit_vmcs12(w, &o->edits[i]);
	return ret;
}

/*
 * L2 was active: KVM_GET_MP_STATE makes a latched INIT an exit to L1 (since 5.11, 1c96dcceaeb3),
 * and L1 does not run before it is saved. QEMU asks for mp_state before the nested state, too.
 */
int provoke_exit_before_save(struct worker *w)
{
	struct kvm_mp_state mp_state;
	int ret;

	w->state.events.flags |= KVM_VCPUEVENT_VALID_SMM;
	w->state.events.smi.latched_init = 1;
	ret = vcpu_restore_step(&w->vcpu, &w->state, STEP_EVENTS);
	if (ret == 0)
		ret = vcpu_get_mp_state(&w->vcpu, &mp_state);
	if (ret)
		return ret;
	vcpu_state_free(&w->state);
	return vcpu_save(&w->vcpu, &w->state);
}

/* ---- memory ---- */

/* Above every memslot, and below what the smallest physical address width can address. */
#define UNBACKED_GPA 0x80000000ull

void provoke_damage_memory(struct worker *w)
{
	uint64_t area = guest_area_gpa(w->id);
	struct vp_assist_page *assist = vm_memory(w->vcpu.vm, area + AREA_VP_ASSIST, 4096);
	struct evmcs *evmcs = vm_memory(w->vcpu.vm, area + AREA_EVMCS, 4096);

	switch (w->scenario->options->damage) {
	case DAMAGE_EVMCS_REVISION:
		evmcs->version ^= 0x100;
		break;
	case DAMAGE_EVMCS_GPA:
		assist->current_nested_vmcs = UNBACKED_GPA;
		break;
	case DAMAGE_ENLIGHTEN:
		assist->enlighten_vmentry = 0;
		break;
	}
}

int provoke_move_memslot(struct scenario *s)
{
	return vm_move_memory(&s->fresh_vm, guest_area_gpa(0) + AREA_EVMCS);
}

/* ---- ioctls ---- */

int provoke_set_nested(struct worker *w)
{
	int want = w->scenario->options->set_error, ret;

	if (!want) {
		ret = vcpu_restore_step(&w->fresh, &w->state, STEP_NESTED);
		w->set_calls += ret == 0;
		return ret;
	}
	ret = vcpu_try_set_nested(&w->fresh, w->state.nested);
	if (ret != -want)
		return vmm_error(-EPROTO,
				 "vCPU %u: KVM_SET_NESTED_STATE returned %d (%s), not the error "
				 "that --expect-set-error names",
				 w->id, ret, ret ? strerror(-ret) : "it succeeded");
	w->set_errors++;
	return 0;
}

int provoke_refused_sets(struct worker *w)
{
	struct kvm_nested_state *nested = w->state.nested;
	unsigned int n = w->scenario->options->refused_sets;
	int ret = -EINVAL;

	if (!n || !nested)
		return 0;
	nested->format = KVM_STATE_NESTED_FORMAT_SVM;
	for (; n && ret == -EINVAL; n--) {
		ret = vcpu_try_set_nested(&w->fresh, nested);
		w->set_errors += ret == -EINVAL;
	}
	nested->format = KVM_STATE_NESTED_FORMAT_VMX;
	if (ret == -EINVAL)
		return 0;
	return vmm_error(-EPROTO, "vCPU %u: KVM_SET_NESTED_STATE of another vendor's state: %s",
			 w->id, ret ? strerror(-ret) : "it succeeded");
}

int provoke_pause(struct worker *w)
{
	return w->scenario->options->pause && raise(SIGSTOP) ? -errno : 0;
}

static int toggle_smm(struct worker *w)
{
	struct vcpu_state state = w->state;

	state.events.flags |= KVM_VCPUEVENT_VALID_SMM;
	state.events.smi.smm ^= 1;
	return vcpu_restore_step(&w->fresh, &state, STEP_EVENTS);
}

int provoke_leave(struct worker *w)
{
	switch (w->scenario->options->leave_by) {
	case LEAVE_SMM:
		return toggle_smm(w);
	case LEAVE_FEAT_CTL:
		return vcpu_set_msr(&w->fresh, VMM_MSR_FEAT_CTL, 0);
	}
	return 0;
}

int provoke_repeat_msr(struct worker *w)
{
	uint64_t guest_os_id = vcpu_state_msr(&w->state, VMM_MSR_HV_GUEST_OS_ID);
	unsigned int n;
	int ret = 0;

	for (n = 0; n < w->scenario->options->repeat_msr && ret == 0; n++)
		ret = vcpu_set_msr(&w->fresh, VMM_MSR_HV_GUEST_OS_ID, guest_os_id);
	return ret;
}

int provoke_runs(struct worker *w, struct round_times *times)
{
	unsigned int n = w->scenario->options->stop_runs;
	uint64_t start = vmm_now();
	int ret = 0;

	if (!n)
		return 0;
	times->runs = calloc(n, sizeof(*times->runs));
	if (!times->runs)
		return vmm_error(-ENOMEM, "no memory");
	while (ret == 0 && times->nr_runs < n) {
		ret = vcpu_run_once(&w->fresh, &times->runs[times->nr_runs++]);
		if (times->nr_runs > 1)
			continue;
		times->first_run = vmm_now() - start;
		times->set_to_run = vmm_now() - w->set_start;
	}
	return ret;
}

/* ---- the end ---- */

static void destroy_fresh(struct scenario *s)
{
	unsigned int i;

	for (i = 0; i < s->options->vcpus; i++)
		vcpu_destroy(&s->workers[i].fresh);
	vm_destroy(&s->fresh_vm);
}

/* The end of the process finds the descriptors and mappings, when it has no memory any more. */
static void forget_fresh(struct scenario *s)
{
	unsigned int i;

	for (i = 0; i < s->options->vcpus; i++)
		s->workers[i].fresh = (struct vcpu){ .fd = -1 };
	s->fresh_vm = (struct vm){ .kvm_fd = -1, .fd = -1 };
}

/*
 * The child inherits descriptors and mappings, but is not the process that KVM knows the VM by. It
 * closes them when the parent has closed its own: the end of the pipe.
 */
static int close_in_child(struct scenario *s)
{
	int go[2], status;
	pid_t pid;
	char byte;

	if (pipe(go))
		return vmm_error(-errno, "cannot create a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) < 0)
			_exit(STATUS_NOT_CONTINUED);
		destroy_fresh(s);
		_exit(STATUS_OK);
	}
	destroy_fresh(s);
	close(go[0]);
	close(go[1]);
	if (pid < 0)
		return vmm_error(-EAGAIN, "cannot fork: see ulimit -u");
	if (waitpid(pid, &status, 0) != pid || status)
		return vmm_error(-ECHILD, "the child that should close the VM failed");
	return 0;
}

int provoke_drop(struct scenario *s)
{
	if (s->options->close_in_child)
		return close_in_child(s);
	if (s->options->exit_without_close)
		forget_fresh(s);
	else
		destroy_fresh(s);
	postcopy_stop(&s->postcopy);
	return 0;
}
