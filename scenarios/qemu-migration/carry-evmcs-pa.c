/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Preloaded into QEMU: the QEMU that the proposal of 2021 would have needed.
 *
 * QEMU migrates three fields of struct kvm_vmx_nested_state_hdr by name and
 * knows nothing of hdr.evmcs_pa, which the modified kernel direct-map has behind
 * them. This puts what KVM_GET_NESTED_STATE said there into the last bytes of the
 * vmcs12 page, which are migrated and which KVM does not look at, and hands it
 * to KVM_SET_NESTED_STATE on the other side.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "vmm.h" /* NESTED_EVMCS_PA_OFFSET */

#define CARRIED_MAGIC 0x61702d73636d7665 /* "evmcs-pa" */

struct carried {
	uint64_t magic;
	uint64_t evmcs_pa;
};

static struct carried *tail_of(struct kvm_nested_state *state)
{
	return (struct carried *)(state->data.vmx[0].vmcs12 + KVM_STATE_NESTED_VMX_VMCS_SIZE) - 1;
}

static void *header_of(struct kvm_nested_state *state)
{
	return (uint8_t *)state + NESTED_EVMCS_PA_OFFSET;
}

static bool has_evmcs(const struct kvm_nested_state *state)
{
	return state->flags & KVM_STATE_NESTED_EVMCS;
}

static void carry_out(struct kvm_nested_state *state)
{
	struct carried carried = { .magic = CARRIED_MAGIC };

	memcpy(&carried.evmcs_pa, header_of(state), sizeof(carried.evmcs_pa));
	memcpy(tail_of(state), &carried, sizeof(carried));
}

static void carry_in(struct kvm_nested_state *state)
{
	struct carried carried;

	memcpy(&carried, tail_of(state), sizeof(carried));
	if (carried.magic == CARRIED_MAGIC)
		memcpy(header_of(state), &carried.evmcs_pa, sizeof(carried.evmcs_pa));
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int fd, unsigned long request, ...);
	void *arg;
	va_list ap;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!real)
		real = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	/* QEMU keeps a request in an int: its upper half is the sign of the lower. */
	if ((uint32_t)request == KVM_SET_NESTED_STATE && has_evmcs(arg))
		carry_in(arg);
	ret = real(fd, request, arg);
	if ((uint32_t)request == KVM_GET_NESTED_STATE && !ret && has_evmcs(arg))
		carry_out(arg);
	return ret;
}
