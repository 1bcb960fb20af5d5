/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first and only process of the L1 Linux that QEMU runs and migrates: loads
 * KVM and runs an L2 that counts. L2 keeps its count in a register and in its
 * memory, spins, and says the count by an `out`; this process compares the three
 * and prints each tick on L1's console. A migration that damages L2's state, its
 * memory or L1 is seen by whoever reads the ticks.
 *
 * The word l2_spin=N on L1's command line: how long L2 spins between ticks. Long:
 * a stopped vCPU was most likely in L2. Short: just on its way out of it, in L1.
 * Not every one of many short ticks is printed, else L1 did nothing but print.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define L2_MEMORY 0x10000
#define L2_CODE 0x1000
#define L2_COUNT 0x2000 /* where L2 keeps its count in memory */
#define L2_PORT 0x10
#define L2_SPIN 1000000 /* a tick every 40 ms of the lab's machine */

/* Real mode; the operand of the first instruction is how long it spins. */
static uint8_t l2_code[] = {
	0x66,
	0xb9,
	0,
	0,
	0,
	0, /* 1: mov $spin, %ecx */
	0x66,
	0x49, /* 2: dec %ecx */
	0x75,
	0xfc, /*    jnz 2b */
	0x43, /*    inc %bx */
	0xff,
	0x06,
	L2_COUNT & 0xff,
	L2_COUNT >> 8, /*    incw L2_COUNT */
	0x89,
	0xd8, /*    mov %bx, %ax */
	0xe7,
	L2_PORT, /*    out %ax, $L2_PORT */
	0xeb,
	0xeb, /*    jmp 1b */
};

struct l2 {
	int vcpu;
	uint8_t *memory;
	struct kvm_run *run;
};

/* The last process of a machine must not end: it would panic. */
static void stop(const char *what)
{
	printf("L1: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		stop(path);
	close(fd);
}

/*
 * Where the processor continues in L1 after an exit from L2: who stops L1 just there
 * has it between the exit and its first own instruction.
 */
static void tell_exit_address(void)
{
	char line[256], *name;
	FILE *f;

	mkdir("/proc", 0555);
	mount("proc", "/proc", "proc", 0, NULL);
	f = fopen("/proc/kallsyms", "re");
	if (!f)
		stop("/proc/kallsyms");
	while (fgets(line, sizeof(line), f)) {
		name = strrchr(line, ' ');
		if (name && !strncmp(name, " vmx_vmexit\t", 12))
			printf("L1: exits return to %.16s\n", line);
	}
	fclose(f);
}

static uint32_t wanted_spin(void)
{
	const char *value = getenv("l2_spin"); /* the kernel hands on what it does not know */
	unsigned long spin = value ? strtoul(value, NULL, 10) : 0;

	return spin ? (uint32_t)spin : L2_SPIN;
}

static void l2_create(struct l2 *l2)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;
	struct kvm_userspace_memory_region slot = { .memory_size = L2_MEMORY };
	int run_size;

	if (kvm < 0)
		stop("/dev/kvm");
	run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (run_size < 0 || vm < 0)
		stop("KVM_CREATE_VM");
	l2->memory =
		mmap(NULL, L2_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (l2->memory == MAP_FAILED)
		stop("L2's memory");
	slot.userspace_addr = (uintptr_t)l2->memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot))
		stop("KVM_SET_USER_MEMORY_REGION");
	l2->vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (l2->vcpu < 0)
		stop("KVM_CREATE_VCPU");
	l2->run = mmap(NULL, (size_t)run_size, PROT_READ | PROT_WRITE, MAP_SHARED, l2->vcpu, 0);
	if (l2->run == MAP_FAILED)
		stop("the vCPU's run structure");
}

static void l2_prepare(struct l2 *l2)
{
	struct kvm_regs regs = { .rip = L2_CODE, .rflags = 0x2 };
	struct kvm_sregs sregs;
	uint32_t spin = wanted_spin();

	memcpy(&l2_code[2], &spin, sizeof(spin));
	memcpy(l2->memory + L2_CODE, l2_code, sizeof(l2_code));
	if (ioctl(l2->vcpu, KVM_GET_SREGS, &sregs))
		stop("KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(l2->vcpu, KVM_SET_SREGS, &sregs) || ioctl(l2->vcpu, KVM_SET_REGS, &regs))
		stop("KVM_SET_SREGS");
}

/* One round: returns L2's count as it said it. */
static uint16_t l2_tick(struct l2 *l2)
{
	const struct kvm_run *run = l2->run;
	uint16_t said;

	while (ioctl(l2->vcpu, KVM_RUN, 0)) {
		if (errno != EINTR)
			stop("KVM_RUN");
	}
	if (run->exit_reason != KVM_EXIT_IO || run->io.port != L2_PORT) {
		/* 9: the entry failed, with the reason that the hardware gave */
		printf("L1: L2 ended with KVM_EXIT_%u, hardware reason 0x%llx\n", run->exit_reason,
		       run->exit_reason == KVM_EXIT_FAIL_ENTRY
			       ? run->fail_entry.hardware_entry_failure_reason
			       : run->hw.hardware_exit_reason);
		errno = EIO;
		stop("L2");
	}
	memcpy(&said, (const uint8_t *)run + run->io.data_offset, sizeof(said));
	return said;
}

static void l2_follow(struct l2 *l2)
{
	uint32_t every = L2_SPIN / wanted_spin();
	uint16_t expected = 1, said, stored;
	uint32_t ticks = 0;

	for (;; expected++) {
		said = l2_tick(l2);
		memcpy(&stored, l2->memory + L2_COUNT, sizeof(stored));
		if (said != expected || stored != expected) {
			printf("L1: L2 counts %u, its memory %u, expected %u\n", said, stored,
			       expected);
			errno = EILSEQ;
			stop("L2");
		}
		if (++ticks < every)
			continue;
		ticks = 0;
		printf("L2 tick %u\n", said);
		fflush(stdout);
	}
}

int main(void)
{
	struct l2 l2;

	mount("dev", "/dev", "devtmpfs", 0, NULL);
	load_module("/irqbypass.ko");
	load_module("/kvm.ko");
	load_module("/kvm-intel.ko");
	tell_exit_address();
	l2_create(&l2);
	l2_prepare(&l2);
	printf("L1: running L2\n");
	l2_follow(&l2);
}
