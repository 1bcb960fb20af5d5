// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Errors and time, the host, the VM and its memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"
#include "vmm_ioctl.h"

/*
 * Three pages that KVM wants below 4 GiB on hosts without unrestricted guest, then one for the
 * identity map.
 */
#define TSS_GPA 0xfffbd000ul
#define IDENTITY_MAP_GPA 0xfffbc000ul

bool vmm_verbose;
volatile bool vmm_cancelled;
const char *vmm_program = "vmm";

/* One write per line: several threads and processes share stderr. */
static void say(const char *format, va_list args)
{
	char line[512];
	int n;

	n = snprintf(line, sizeof(line), "%s: ", vmm_program);
	n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

int vmm_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return err;
}

void vmm_note(const char *format, ...)
{
	va_list args;

	if (!vmm_verbose)
		return;
	va_start(args, format);
	say(format, args);
	va_end(args);
}

uint64_t vmm_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

int vmm_try_ioctl(int fd, unsigned long request, const char *name, void *arg)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		ret = -errno;
	vmm_note("%s(fd %d) = %d", name, fd, ret);
	return ret;
}

int vmm_ioctl(int fd, unsigned long request, const char *name, void *arg)
{
	int ret = vmm_try_ioctl(fd, request, name, arg);

	if (ret < 0)
		vmm_error(ret, "%s failed: %s", name, strerror(-ret));
	return ret;
}

static int open_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int err = -errno;

	if (fd < 0)
		return vmm_error(err == -EACCES ? err : -ENODEV,
				 "cannot open /dev/kvm (%s): "
				 "load kvm_intel, or get access to the device",
				 strerror(-err));
	return fd;
}

/* Does KVM offer VMX to its guests? Leaf 1, ECX bit 5. */
static bool supported_cpuid_has_vmx(int kvm_fd)
{
	union {
		struct kvm_cpuid2 list;
		uint8_t room[sizeof(struct kvm_cpuid2) + 256 * sizeof(struct kvm_cpuid_entry2)];
	} cpuid = { .list.nent = 256 };
	uint32_t i;

	if (TRY_IOCTL(kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0)
		return false;
	for (i = 0; i < cpuid.list.nent; i++)
		if (cpuid.list.entries[i].function == 1)
			return cpuid.list.entries[i].ecx & (1u << 5);
	return false;
}

int vmm_probe_host(struct vmm_host *host)
{
	int fd = open_kvm();
	int size;

	if (fd < 0)
		return fd;
	size = TRY_IOCTL(fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE);
	host->nested_state_size = size > 0 ? size : 0;
	host->evmcs = TRY_IOCTL(fd, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_ENLIGHTENED_VMCS) > 0;
	host->vmx = supported_cpuid_has_vmx(fd);
	close(fd);
	return 0;
}

int vm_create(struct vm *vm)
{
	uint64_t identity_map = IDENTITY_MAP_GPA;
	int ret;

	*vm = (struct vm){ .kvm_fd = -1, .fd = -1 };
	ret = open_kvm();
	if (ret < 0)
		goto cleanup;
	vm->kvm_fd = ret;
	ret = DO_IOCTL(vm->kvm_fd, KVM_CREATE_VM, 0);
	if (ret < 0)
		goto cleanup;
	vm->fd = ret;
	ret = DO_IOCTL(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (ret < 0)
		goto cleanup;
	vm->run_size = ret;
	ret = TRY_IOCTL(vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE);
	vm->nested_state_size = ret > 0 ? ret : 0;

	ret = DO_IOCTL(vm->fd, KVM_SET_TSS_ADDR, TSS_GPA);
	if (ret == 0)
		ret = DO_IOCTL(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	if (ret == 0)
		ret = DO_IOCTL(vm->fd, KVM_CREATE_IRQCHIP, 0);
cleanup:
	if (ret < 0)
		vm_destroy(vm);
	return ret < 0 ? ret : 0;
}

void vm_destroy(struct vm *vm)
{
	unsigned int i;

	/* 0 is stdin's: a zeroed VM has no descriptor. */
	if (vm->fd > 0)
		close(vm->fd);
	if (vm->kvm_fd > 0)
		close(vm->kvm_fd);
	for (i = 0; i < vm->nr_slots; i++)
		munmap(vm->slots[i].host, vm->slots[i].size);
	if (vm->replaced.size)
		munmap(vm->replaced.host, vm->replaced.size);
	*vm = (struct vm){ .kvm_fd = -1, .fd = -1 };
}

static void *map_memory(uint64_t size)
{
	void *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (host != MAP_FAILED)
		return host;
	vmm_error(-errno, "cannot map %llu bytes of guest memory: %s", (unsigned long long)size,
		  strerror(errno));
	return NULL;
}

int vm_add_memory(struct vm *vm, uint64_t gpa, uint64_t size)
{
	struct mem_slot *slot = &vm->slots[vm->nr_slots];
	void *host;

	if (vm->nr_slots == VM_MAX_SLOTS)
		return vmm_error(-ENOSPC, "more than %d memslots", VM_MAX_SLOTS);
	host = map_memory(size);
	if (!host)
		return -ENOMEM;
	*slot = (struct mem_slot){ .gpa = gpa, .size = size, .host = host };
	vm->nr_slots++;
	return 0;
}

int vm_add_memory_like(struct vm *vm, const struct vm *other)
{
	unsigned int i;
	int ret;

	for (i = 0; i < other->nr_slots; i++) {
		ret = vm_add_memory(vm, other->slots[i].gpa, other->slots[i].size);
		if (ret)
			return ret;
	}
	return 0;
}

/* Size 0 deletes the slot. */
static int set_region(struct vm *vm, const struct mem_slot *slot, uint64_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot - vm->slots,
		.guest_phys_addr = slot->gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)slot->host,
	};

	return DO_IOCTL(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

int vm_set_memslots(struct vm *vm)
{
	unsigned int i;
	int ret;

	for (i = 0; i < vm->nr_slots; i++) {
		struct mem_slot *slot = &vm->slots[i];

		if (slot->set)
			continue;
		ret = set_region(vm, slot, slot->size);
		if (ret)
			return ret;
		slot->set = true;
	}
	return 0;
}

/* The number of the slot that a GPA range lies in, or -1. */
static int find_slot(const struct vm *vm, uint64_t gpa, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < vm->nr_slots; i++) {
		const struct mem_slot *slot = &vm->slots[i];

		if (gpa >= slot->gpa && size <= slot->size && gpa - slot->gpa <= slot->size - size)
			return i;
	}
	return -1;
}

int vm_move_memory(struct vm *vm, uint64_t gpa)
{
	int number = find_slot(vm, gpa, 1), ret;
	struct mem_slot *slot = &vm->slots[number < 0 ? 0 : number];
	void *host;

	if (number < 0 || vm->replaced.size)
		return vmm_error(-EINVAL, "no memslot to move at 0x%llx", (unsigned long long)gpa);
	host = map_memory(slot->size);
	if (!host)
		return -ENOMEM;
	memcpy(host, slot->host, slot->size);
	ret = set_region(vm, slot, 0);
	vm->replaced = *slot;
	slot->host = host;
	if (ret == 0)
		ret = set_region(vm, slot, slot->size);
	return ret;
}

void vm_copy_memory(struct vm *dst, const struct vm *src)
{
	unsigned int i;

	for (i = 0; i < dst->nr_slots; i++)
		memcpy(dst->slots[i].host, src->slots[i].host, dst->slots[i].size);
}

void *vm_memory(const struct vm *vm, uint64_t gpa, uint64_t size)
{
	int number = find_slot(vm, gpa, size);

	return number < 0 ? NULL : (char *)vm->slots[number].host + (gpa - vm->slots[number].gpa);
}
