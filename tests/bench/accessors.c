/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * accessors ACTION N: an ioctl that calls functions which evmcs-trace attaches to,
 * N times, with no restore anywhere. Prints how long the median of them took, in
 * nanoseconds: a change of a memslot waits for RCU, and some of them much longer.
 *
 *   msr        KVM_SET_MSRS of a Hyper-V MSR: kvm_hv_set_msr_common
 *   memslot    KVM_SET_USER_MEMORY_REGION: __kvm_set_memory_region and the commit
 *   translate  KVM_TRANSLATE: a walk of the guest's page tables
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

#define MEMORY_SIZE 0x200000
#define TABLES 0x1000 /* PML4, PDPT, PD */
#define PRESENT_WRITABLE 3
#define LARGE 0x80

struct machine {
	struct vm vm;
	struct vcpu vcpu;
};

/* The first 2 MB where they are. */
static void make_tables(const struct vm *vm)
{
	uint64_t *entry;
	int level;

	for (level = 0; level < 3; level++) {
		entry = vm_memory(vm, TABLES + 0x1000ull * (unsigned int)level, 0x1000);
		*entry = (TABLES + 0x1000ull * (unsigned int)(level + 1)) | PRESENT_WRITABLE;
	}
	*entry = PRESENT_WRITABLE | LARGE;
}

static int make_machine(struct machine *m)
{
	const struct vcpu_entry entry = { .cr3 = TABLES };
	int ret = vm_create(&m->vm);

	if (ret == 0)
		ret = vm_add_memory(&m->vm, 0, MEMORY_SIZE);
	if (ret)
		return ret;
	make_tables(&m->vm);
	ret = vm_set_memslots(&m->vm);
	if (ret == 0)
		ret = vcpu_create(&m->vcpu, &m->vm, 0, VCPU_HYPERV);
	return ret ?: vcpu_enter_long_mode(&m->vcpu, &entry);
}

static int set_msr(struct machine *m, unsigned int n)
{
	return vcpu_set_msr(&m->vcpu, VMM_MSR_HV_GUEST_OS_ID, n);
}

static int set_memslot(struct machine *m, unsigned int n)
{
	struct kvm_userspace_memory_region region = {
		.flags = n % 2 ? 0 : KVM_MEM_LOG_DIRTY_PAGES,
		.memory_size = MEMORY_SIZE,
		.userspace_addr = (uint64_t)(uintptr_t)m->vm.slots[0].host,
	};

	return ioctl(m->vm.fd, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

static int translate(struct machine *m, unsigned int n)
{
	struct kvm_translation t = { .linear_address = 0x1000ull * (n % 256) };

	if (ioctl(m->vcpu.fd, KVM_TRANSLATE, &t))
		return -errno;
	return t.valid && t.physical_address == t.linear_address ? 0 : -EPROTO;
}

static int compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static const struct {
	const char *name;
	int (*act)(struct machine *m, unsigned int n);
} actions[] = {
	{ "msr", set_msr },
	{ "memslot", set_memslot },
	{ "translate", translate },
};

int main(int argc, char **argv)
{
	struct machine m = { .vm = { .kvm_fd = -1, .fd = -1 }, .vcpu = { .fd = -1 } };
	unsigned int times, i, n;
	uint64_t *took, start;
	int ret;

	vmm_program = "accessors";
	times = argc == 3 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;
	for (i = 0; times && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(argv[1], actions[i].name))
			break;
	if (!times || i == sizeof(actions) / sizeof(actions[0])) {
		fprintf(stderr, "usage: accessors msr|memslot|translate N\n");
		return 64;
	}
	took = calloc(times, sizeof(*took));
	ret = took ? make_machine(&m) : -ENOMEM;
	for (n = 0; n < times && ret == 0; n++) {
		start = vmm_now();
		ret = actions[i].act(&m, n);
		took[n] = vmm_now() - start;
	}
	if (ret == 0) {
		qsort(took, times, sizeof(*took), compare_times);
		printf("%llu\n", (unsigned long long)took[times / 2]);
	} else {
		fprintf(stderr, "accessors: %s: %s\n", argv[1], strerror(-ret));
	}
	free(took);
	vcpu_destroy(&m.vcpu);
	vm_destroy(&m.vm);
	return ret != 0;
}
