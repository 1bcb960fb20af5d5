// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A vCPU: its CPUID, its entry into 64-bit mode, and its run loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"
#include "vmm_ioctl.h"

#define CPUID_ROOM 256
#define HYPERVISOR_LEAVES 0x40000000u /* to 0x4fffffff: KVM's own, or Hyper-V's */

#define CR0_LONG_MODE 0x80010033ull /* PG, WP, NE, ET, MP, PE */
#define CR4_LONG_MODE 0x620ull /* PAE, OSFXSR, OSXMMEXCPT */
#define EFER_LONG_MODE 0x500ull /* LMA, LME */
#define APIC_BASE_X2APIC 0xc00ull
#define LAPIC_SPIV 0xf0
#define LAPIC_SPIV_ENABLE 0x1ff /* enabled, spurious vector 0xff */

static struct kvm_cpuid2 *alloc_cpuid(unsigned int nent)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + nent * sizeof(cpuid->entries[0]));

	if (cpuid)
		cpuid->nent = nent;
	return cpuid;
}

static void set_apic_id(struct kvm_cpuid_entry2 *entry, unsigned int id)
{
	if (entry->function == 1)
		entry->ebx = (entry->ebx & 0x00ffffff) | id << 24;
	else if (entry->function == 0xb || entry->function == 0x1f)
		entry->edx = id;
}

/*
 * KVM_GET_SUPPORTED_HV_CPUID exists as a vCPU ioctl on every kernel that has it; it shows the eVMCS
 * leaf only after the capability was enabled on that vCPU.
 */
static int set_cpuid(struct vcpu *vcpu, bool hyperv)
{
	struct kvm_cpuid2 *all = alloc_cpuid(2 * CPUID_ROOM), *part = alloc_cpuid(CPUID_ROOM);
	uint32_t i, n = 0;
	int ret = -ENOMEM;

	if (!all || !part)
		goto cleanup;
	ret = DO_IOCTL(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, part);
	if (ret)
		goto cleanup;
	for (i = 0; i < part->nent; i++) {
		if (hyperv && part->entries[i].function >> 28 == HYPERVISOR_LEAVES >> 28)
			continue;
		all->entries[n] = part->entries[i];
		set_apic_id(&all->entries[n++], vcpu->id);
	}
	if (hyperv) {
		part->nent = CPUID_ROOM;
		ret = DO_IOCTL(vcpu->fd, KVM_GET_SUPPORTED_HV_CPUID, part);
		if (ret)
			goto cleanup;
		memcpy(&all->entries[n], part->entries, part->nent * sizeof(part->entries[0]));
		n += part->nent;
	}
	all->nent = n;
	ret = DO_IOCTL(vcpu->fd, KVM_SET_CPUID2, all);
cleanup:
	free(all);
	free(part);
	return ret;
}

static int enable_evmcs(struct vcpu *vcpu)
{
	uint16_t version = 0;
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_HYPERV_ENLIGHTENED_VMCS,
		.args = { (uintptr_t)&version },
	};
	int ret = DO_IOCTL(vcpu->fd, KVM_ENABLE_CAP, &cap);

	if (ret == 0)
		vmm_note("vcpu %u: enlightened VMCS versions %u to %u", vcpu->id, version & 0xff,
			 version >> 8);
	return ret;
}

int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned int id, unsigned int flags)
{
	void *run;
	int ret;

	*vcpu = (struct vcpu){ .vm = vm, .fd = -1, .id = id };
	ret = DO_IOCTL(vm->fd, KVM_CREATE_VCPU, (uintptr_t)id);
	if (ret < 0)
		goto cleanup;
	vcpu->fd = ret;
	run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (run == MAP_FAILED) {
		ret = vmm_error(-errno, "cannot map kvm_run of vCPU %u", id);
		goto cleanup;
	}
	vcpu->run = run;
	ret = flags & VCPU_EVMCS ? enable_evmcs(vcpu) : 0;
	if (ret == 0)
		ret = set_cpuid(vcpu, flags & VCPU_HYPERV);
cleanup:
	if (ret < 0)
		vcpu_destroy(vcpu);
	return ret < 0 ? ret : 0;
}

void vcpu_destroy(struct vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->vm->run_size);
	if (vcpu->fd > 0)
		close(vcpu->fd);
	*vcpu = (struct vcpu){ .fd = -1 };
}

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type, bool code)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.s = 1,
		.g = 1,
		.l = code,
		.db = !code,
	};
}

static int enter_sregs(struct vcpu *vcpu, const struct vcpu_entry *entry)
{
	struct kvm_sregs sregs;
	int ret = DO_IOCTL(vcpu->fd, KVM_GET_SREGS, &sregs);

	if (ret)
		return ret;
	sregs.cs = flat_segment(entry->code_selector, 11, true);
	sregs.ds = flat_segment(entry->data_selector, 3, false);
	sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.ds;
	sregs.gs.base = entry->gs_base;
	sregs.tr = (struct kvm_segment){
		.base = entry->tss_base,
		.limit = 0x67,
		.selector = entry->tss_selector,
		.type = 11,
		.present = 1,
	};
	sregs.ldt = (struct kvm_segment){ .unusable = 1 };
	sregs.gdt.base = entry->gdt_base;
	sregs.gdt.limit = entry->gdt_limit;
	sregs.idt.limit = 0;
	sregs.cr0 = CR0_LONG_MODE;
	sregs.cr3 = entry->cr3;
	sregs.cr4 = CR4_LONG_MODE;
	sregs.efer = EFER_LONG_MODE;
	sregs.apic_base |= APIC_BASE_X2APIC;
	return DO_IOCTL(vcpu->fd, KVM_SET_SREGS, &sregs);
}

static int enable_lapic(struct vcpu *vcpu)
{
	const uint32_t spiv = LAPIC_SPIV_ENABLE;
	struct kvm_lapic_state lapic;
	int ret = DO_IOCTL(vcpu->fd, KVM_GET_LAPIC, &lapic);

	if (ret)
		return ret;
	memcpy(&lapic.regs[LAPIC_SPIV], &spiv, sizeof(spiv));
	return DO_IOCTL(vcpu->fd, KVM_SET_LAPIC, &lapic);
}

int vcpu_enter_long_mode(struct vcpu *vcpu, const struct vcpu_entry *entry)
{
	struct kvm_regs regs = {
		.rip = entry->rip,
		.rsp = entry->rsp,
		.rdi = entry->rdi,
		.rflags = 2,
	};
	/* All but vCPU 0 begin as application processors that wait for a SIPI. */
	struct kvm_mp_state mp_state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	int ret = enter_sregs(vcpu, entry);

	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_SET_REGS, &regs);
	if (ret == 0)
		ret = enable_lapic(vcpu);
	if (ret == 0)
		ret = DO_IOCTL(vcpu->fd, KVM_SET_MP_STATE, &mp_state);
	return ret;
}

static int say_exit(const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		return vmm_error(-EIO, "vCPU %u: KVM_RUN ended with an internal error, suberror %u",
				 vcpu->id, run->internal.suberror);
	if (run->exit_reason == KVM_EXIT_FAIL_ENTRY)
		return vmm_error(-EIO, "vCPU %u: VM entry failed in hardware, reason 0x%llx",
				 vcpu->id,
				 (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
	if (run->exit_reason == KVM_EXIT_SHUTDOWN)
		return vmm_error(-EIO, "vCPU %u: the guest shut down (triple fault)", vcpu->id);
	return vmm_error(-EIO, "vCPU %u: KVM_RUN ended with exit reason %u, not an OUT", vcpu->id,
			 run->exit_reason);
}

int vcpu_run_to_out(struct vcpu *vcpu, struct vcpu_io *io)
{
	const struct kvm_run *run = vcpu->run;
	int ret;

	do {
		ret = vmm_cancelled ? -ETIMEDOUT : TRY_IOCTL(vcpu->fd, KVM_RUN, 0);
	} while (ret == -EINTR || ret == -EAGAIN);
	vcpu->io_unfinished = false;
	if (ret < 0)
		return vmm_error(ret, "KVM_RUN of vCPU %u ended: %s", vcpu->id, strerror(-ret));
	if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.size != 4)
		return say_exit(vcpu);
	io->port = run->io.port;
	memcpy(&io->value, (const char *)run + run->io.data_offset, sizeof(io->value));
	vcpu->io_unfinished = true;
	vmm_note("vcpu %u: out 0x%x, %u", vcpu->id, io->port, io->value);
	return 0;
}

static uint64_t exit_detail(const struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		return run->io.port;
	case KVM_EXIT_INTERNAL_ERROR:
		return run->internal.suberror;
	case KVM_EXIT_FAIL_ENTRY:
		return run->fail_entry.hardware_entry_failure_reason;
	}
	return 0;
}

int vcpu_run_once(struct vcpu *vcpu, struct vcpu_run_result *result)
{
	const struct kvm_run *run = vcpu->run;
	int ret = vmm_cancelled ? -EINTR : TRY_IOCTL(vcpu->fd, KVM_RUN, 0);

	*result = (struct vcpu_run_result){
		.error = -ret,
		.exit_reason = run->exit_reason,
		.detail = exit_detail(run),
	};
	vcpu->io_unfinished = ret == 0 && run->exit_reason == KVM_EXIT_IO;
	vmm_note("vcpu %u: exit reason %u, 0x%llx", vcpu->id, result->exit_reason,
		 (unsigned long long)result->detail);
	return ret == -EINTR && vmm_cancelled ? -ETIMEDOUT : 0;
}

int vcpu_run_immediate_exit(struct vcpu *vcpu)
{
	int ret;

	vcpu->run->immediate_exit = 1;
	ret = TRY_IOCTL(vcpu->fd, KVM_RUN, 0);
	vcpu->run->immediate_exit = 0;
	vcpu->io_unfinished = false;
	if (ret != -EINTR)
		return vmm_error(-EIO,
				 "KVM_RUN of vCPU %u with immediate_exit returned %d, not -EINTR",
				 vcpu->id, ret);
	return 0;
}
