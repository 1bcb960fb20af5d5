// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A vCPU's state, taken in one go and given back step by step. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"
#include "vmm_ioctl.h"

_Static_assert(offsetof(struct vcpu_msrs, entries) == sizeof(struct kvm_msrs),
	       "struct vcpu_msrs is a struct kvm_msrs");

/*
 * What a guest of this library can change, in an order that KVM_SET_MSRS accepts: an OS id before
 * its hypercall page.
 */
static const uint32_t saved_msrs[] = {
	VMM_MSR_FEAT_CTL,
	0x10, /* TSC */
	0x174,
	0x175,
	0x176, /* SYSENTER_CS, _ESP, _EIP */
	0x1a0, /* MISC_ENABLE */
	0x277, /* PAT */
	0xc0000080, /* EFER */
	0xc0000081,
	0xc0000082,
	0xc0000083,
	0xc0000084, /* STAR, LSTAR, CSTAR, SFMASK */
	0xc0000102, /* KERNEL_GS_BASE */
	0xc0000103, /* TSC_AUX */
	0x40000000, /* HV_X64_MSR_GUEST_OS_ID */
	0x40000001, /* HV_X64_MSR_HYPERCALL */
	0x40000021, /* HV_X64_MSR_REFERENCE_TSC */
	VMM_MSR_HV_VP_ASSIST, /* HV_X64_MSR_VP_ASSIST_PAGE */
};
_Static_assert(sizeof(saved_msrs) / sizeof(saved_msrs[0]) <= VCPU_MAX_MSRS, "VCPU_MAX_MSRS");

const enum vcpu_step vcpu_order_qemu[] = {
	STEP_FEAT_CTL, STEP_SREGS, STEP_LAPIC,	STEP_NESTED,   STEP_REGS,      STEP_XSAVE,
	STEP_XCRS,     STEP_MSRS,  STEP_EVENTS, STEP_MP_STATE, STEP_DEBUGREGS, STEP_END,
};

const enum vcpu_step vcpu_order_msrs_first[] = {
	STEP_SREGS,    STEP_LAPIC,     STEP_MSRS, STEP_XCRS,   STEP_XSAVE, STEP_EVENTS,
	STEP_MP_STATE, STEP_DEBUGREGS, STEP_REGS, STEP_NESTED, STEP_END,
};

/*
 * KVM_GET_MSRS stops at the first MSR it does not know: ask for one at a time and keep those that
 * are there.
 */
static int get_msrs(struct vcpu *vcpu, struct vcpu_msrs *msrs)
{
	unsigned int i;
	int ret;

	msrs->nmsrs = 0;
	for (i = 0; i < sizeof(saved_msrs) / sizeof(saved_msrs[0]); i++) {
		struct vcpu_msrs one = { .nmsrs = 1, .entries[0].index = saved_msrs[i] };

		ret = TRY_IOCTL(vcpu->fd, KVM_GET_MSRS, &one);
		if (ret < 0)
			return vmm_error(ret, "KVM_GET_MSRS failed: %s", strerror(-ret));
		if (ret == 1)
			msrs->entries[msrs->nmsrs++] = one.entries[0];
	}
	return 0;
}

static int set_msrs(struct vcpu *vcpu, const struct vcpu_msrs *msrs)
{
	int ret = DO_IOCTL(vcpu->fd, KVM_SET_MSRS, msrs);

	if (ret < 0)
		return ret;
	if ((uint32_t)ret != msrs->nmsrs)
		return vmm_error(-EINVAL, "KVM_SET_MSRS refused MSR 0x%x = 0x%llx",
				 msrs->entries[ret].index,
				 (unsigned long long)msrs->entries[ret].data);
	return 0;
}

int vcpu_set_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	const struct vcpu_msrs msrs = {
		.nmsrs = 1,
		.entries[0] = { .index = msr, .data = value },
	};

	return set_msrs(vcpu, &msrs);
}

static int set_feat_ctl(struct vcpu *vcpu, const struct vcpu_state *state)
{
	uint64_t value = vcpu_state_msr(state, VMM_MSR_FEAT_CTL);

	return value ? vcpu_set_msr(vcpu, VMM_MSR_FEAT_CTL, value) : 0;
}

void vcpu_state_drop_msrs(struct vcpu_state *state, uint32_t first, uint32_t last)
{
	struct vcpu_msrs *msrs = &state->msrs;
	uint32_t i, kept = 0;

	for (i = 0; i < msrs->nmsrs; i++)
		if (msrs->entries[i].index < first || msrs->entries[i].index > last)
			msrs->entries[kept++] = msrs->entries[i];
	msrs->nmsrs = kept;
}

uint64_t vcpu_state_msr(const struct vcpu_state *state, uint32_t msr)
{
	uint32_t i;

	for (i = 0; i < state->msrs.nmsrs; i++)
		if (state->msrs.entries[i].index == msr)
			return state->msrs.entries[i].data;
	return 0;
}

int vcpu_get_nested(struct vcpu *vcpu, struct kvm_nested_state **nested)
{
	size_t size = vcpu->vm->nested_state_size;
	struct kvm_nested_state *buffer;
	int ret;

	*nested = NULL;
	if (!size)
		return 0;
	buffer = calloc(1, size);
	if (!buffer)
		return vmm_error(-ENOMEM, "no memory for the nested state");
	buffer->size = size;
	ret = DO_IOCTL(vcpu->fd, KVM_GET_NESTED_STATE, buffer);
	if (ret < 0) {
		free(buffer);
		return ret;
	}
	vmm_note("vcpu %u: got nested state flags 0x%x size %u vmxon_pa 0x%llx vmcs12_pa 0x%llx",
		 vcpu->id, buffer->flags, buffer->size,
		 (unsigned long long)buffer->hdr.vmx.vmxon_pa,
		 (unsigned long long)buffer->hdr.vmx.vmcs12_pa);
	*nested = buffer;
	return 0;
}

int vcpu_try_set_nested(struct vcpu *vcpu, const struct kvm_nested_state *nested)
{
	if (!nested)
		return 0;
	vmm_note("vcpu %u: set nested state flags 0x%x size %u vmxon_pa 0x%llx vmcs12_pa 0x%llx",
		 vcpu->id, nested->flags, nested->size,
		 (unsigned long long)nested->hdr.vmx.vmxon_pa,
		 (unsigned long long)nested->hdr.vmx.vmcs12_pa);
	return TRY_IOCTL(vcpu->fd, KVM_SET_NESTED_STATE, nested);
}

static int set_nested(struct vcpu *vcpu, const struct kvm_nested_state *nested)
{
	int ret = vcpu_try_set_nested(vcpu, nested);

	return ret ? vmm_error(ret, "KVM_SET_NESTED_STATE failed: %s", strerror(-ret)) : 0;
}

int vcpu_get_mp_state(struct vcpu *vcpu, struct kvm_mp_state *mp_state)
{
	return DO_IOCTL(vcpu->fd, KVM_GET_MP_STATE, mp_state);
}

/*
 * QEMU's order: what may itself cause a nested exit comes before the rest, the nested state last.
 */
static int save_all(struct vcpu *vcpu, struct vcpu_state *state)
{
	int ret;

	ret = DO_IOCTL(vcpu->fd, KVM_GET_VCPU_EVENTS, &state->events);
	if (ret == 0)
		ret = vcpu_get_mp_state(vcpu, &state->mp_state);
	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_GET_REGS, &state->regs);
	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_GET_XSAVE, &state->xsave);
	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_GET_XCRS, &state->xcrs);
	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_GET_SREGS, &state->sregs);
	if (ret == 0)
		ret = get_msrs(vcpu, &state->msrs);
	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_GET_LAPIC, &state->lapic);
	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_GET_DEBUGREGS, &state->debugregs);
	if (ret == 0)
		ret = vcpu_get_nested(vcpu, &state->nested);
	return ret;
}

int vcpu_save(struct vcpu *vcpu, struct vcpu_state *state)
{
	int ret = 0;

	memset(state, 0, sizeof(*state));
	if (vcpu->io_unfinished)
		ret = vcpu_run_immediate_exit(vcpu);
	if (ret == 0)
		ret = save_all(vcpu, state);
	return ret;
}

void vcpu_state_free(struct vcpu_state *state)
{
	free(state->nested);
	state->nested = NULL;
}

int vcpu_restore_step(struct vcpu *vcpu, const struct vcpu_state *state, enum vcpu_step step)
{
	switch (step) {
	case STEP_FEAT_CTL:
		return set_feat_ctl(vcpu, state);
	case STEP_SREGS:
		return DO_IOCTL(vcpu->fd, KVM_SET_SREGS, &state->sregs);
	case STEP_LAPIC:
		return DO_IOCTL(vcpu->fd, KVM_SET_LAPIC, &state->lapic);
	case STEP_NESTED:
		return set_nested(vcpu, state->nested);
	case STEP_REGS:
		return DO_IOCTL(vcpu->fd, KVM_SET_REGS, &state->regs);
	case STEP_XSAVE:
		return DO_IOCTL(vcpu->fd, KVM_SET_XSAVE, &state->xsave);
	case STEP_XCRS:
		return state->xcrs.nr_xcrs ? DO_IOCTL(vcpu->fd, KVM_SET_XCRS, &state->xcrs) : 0;
	case STEP_MSRS:
		return set_msrs(vcpu, &state->msrs);
	case STEP_EVENTS:
		return DO_IOCTL(vcpu->fd, KVM_SET_VCPU_EVENTS, &state->events);
	case STEP_MP_STATE:
		return DO_IOCTL(vcpu->fd, KVM_SET_MP_STATE, &state->mp_state);
	case STEP_DEBUGREGS:
		return DO_IOCTL(vcpu->fd, KVM_SET_DEBUGREGS, &state->debugregs);
	case STEP_END:
		break;
	}
	return 0;
}

int vcpu_restore(struct vcpu *vcpu, const struct vcpu_state *state, const enum vcpu_step *order)
{
	int ret;

	for (; *order != STEP_END; order++) {
		ret = vcpu_restore_step(vcpu, state, *order);
		if (ret)
			return ret;
	}
	return 0;
}
