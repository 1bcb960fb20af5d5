/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small VMM over /dev/kvm for the scenario drivers: a VM with an in-kernel irqchip, its memory,
 * vCPUs that run in 64-bit mode with Hyper-V enlightenments, and the whole of a vCPU's state saved
 * and restored in a chosen order.
 *
 * Every function that returns int returns 0, or a negative errno after one sentence on stderr.
 * Addresses are guest physical (GPA) unless said otherwise; sizes are bytes; times are nanoseconds
 * of CLOCK_MONOTONIC. A struct vm and a struct vcpu belong to one thread at a time; different vCPUs
 * of a VM may be used by different threads.
 */
#ifndef VMM_H
#define VMM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_MAX_SLOTS 8
#define VM_MAX_VCPUS 1024

/*
 * The byte of struct kvm_nested_state where hdr.vmx.evmcs_pa of the 2021 proposal is; padding in
 * every released kernel.
 */
#define NESTED_EVMCS_PA_OFFSET 40

/* Set both before use. vmm_verbose: each ioctl on stderr. */
extern bool vmm_verbose;
extern const char *vmm_program;

/*
 * Once set, from any thread: vcpu_run_to_out() returns -ETIMEDOUT instead of entering or
 * re-entering the guest. A vCPU that is inside needs a signal to its thread, and again until it
 * came out: it may be just before the ioctl.
 */
extern volatile bool vmm_cancelled;

/* ---- errors and time ---- */

/* Prints "program: sentence" and returns err, for `return vmm_error(-EINVAL, ...)`. */
__attribute__((format(printf, 2, 3))) int vmm_error(int err, const char *format, ...);
__attribute__((format(printf, 1, 2))) void vmm_note(const char *format,
						    ...); /* only when vmm_verbose */
uint64_t vmm_now(void);

/* ---- the host ---- */

struct vmm_host {
	bool vmx; /* CPUID of KVM's guests has VMX: kvm_intel with nested=1 */
	bool evmcs; /* KVM_CAP_HYPERV_ENLIGHTENED_VMCS */
	int nested_state_size; /* of KVM_CAP_NESTED_STATE; 0: none */
};

/* -ENODEV when there is no usable /dev/kvm. */
int vmm_probe_host(struct vmm_host *host);

/* ---- VM and memory ---- */

struct mem_slot {
	uint64_t gpa;
	uint64_t size;
	void *host; /* where it is mapped in this process */
	bool set; /* known to KVM */
};

struct vm {
	int kvm_fd;
	int fd;
	unsigned int nr_slots;
	struct mem_slot slots[VM_MAX_SLOTS];
	struct mem_slot replaced; /* memory that vm_move_memory() left behind; size 0: none */
	size_t run_size; /* of a vCPU's kvm_run mapping */
	int nested_state_size; /* of KVM_GET_NESTED_STATE's buffer; 0: none */
};

/*
 * A VM with TSS, identity map and irqchip, without memory and vCPUs. vm_destroy() takes a failed or
 * zeroed one too.
 */
int vm_create(struct vm *vm);
void vm_destroy(struct vm *vm);

/*
 * Zeroed memory for slot number nr_slots; KVM does not know it before vm_set_memslots().
 * Page-aligned.
 */
int vm_add_memory(struct vm *vm, uint64_t gpa, uint64_t size);
/* The same slots as another VM has, zeroed. */
int vm_add_memory_like(struct vm *vm, const struct vm *other);
/* KVM_SET_USER_MEMORY_REGION for each slot that is not set yet. */
int vm_set_memslots(struct vm *vm);
/*
 * The slot of a GPA is deleted and set again with new host memory of the same contents. The old
 * memory stays mapped until vm_destroy(); once per VM.
 */
int vm_move_memory(struct vm *vm, uint64_t gpa);
/* Copies the contents of all slots of src, which has the same ones. */
void vm_copy_memory(struct vm *dst, const struct vm *src);
/* Host address of a GPA range that lies in one slot, or NULL. */
void *vm_memory(const struct vm *vm, uint64_t gpa, uint64_t size);

/* ---- vCPU ---- */

struct vcpu {
	struct vm *vm;
	int fd;
	unsigned int id;
	struct kvm_run *run;
	bool io_unfinished; /* the last exit was port I/O that no KVM_RUN completed yet */
};

enum vcpu_flags {
	VCPU_EVMCS = 1, /* KVM_CAP_HYPERV_ENLIGHTENED_VMCS */
	VCPU_HYPERV = 2, /* Hyper-V CPUID instead of KVM's own */
};

/*
 * With CPUID set: all that KVM supports, APIC id = vCPU id. vcpu_destroy() takes a failed or zeroed
 * one too.
 */
int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned int id, unsigned int flags);
void vcpu_destroy(struct vcpu *vcpu);

struct vcpu_entry {
	uint64_t rip, rsp, rdi; /* rdi: the entry's first argument */
	uint64_t cr3, gs_base;
	uint64_t gdt_base, tss_base;
	uint16_t gdt_limit;
	uint16_t code_selector, data_selector, tss_selector;
};

/*
 * 64-bit mode, paging on, interrupts off, x2APIC with the local APIC enabled, runnable whatever the
 * id.
 */
int vcpu_enter_long_mode(struct vcpu *vcpu, const struct vcpu_entry *entry);

struct vcpu_io {
	uint16_t port;
	uint32_t value;
};

/* Runs until a 32-bit OUT. Any other exit is -EIO with its particulars on stderr. */
int vcpu_run_to_out(struct vcpu *vcpu, struct vcpu_io *io);

/* What one KVM_RUN left behind. */
struct vcpu_run_result {
	int error; /* 0 or an errno */
	uint32_t exit_reason; /* kvm_run's, whoever wrote it */
	uint64_t detail; /* the port, the suberror or the hardware's reason; else 0 */
};

/*
 * One KVM_RUN; whatever it returns is no error. -ETIMEDOUT when vmm_cancelled interrupted it: the
 * result is valid all the same.
 */
int vcpu_run_once(struct vcpu *vcpu, struct vcpu_run_result *result);
/*
 * KVM_RUN with immediate_exit: completes a pending OUT, enters nothing. -EIO unless it is
 * interrupted as expected.
 */
int vcpu_run_immediate_exit(struct vcpu *vcpu);

/* ---- state ---- */

#define VCPU_MAX_MSRS 40

/* struct kvm_msrs with room; a flexible array cannot be inside struct vcpu_state. */
struct vcpu_msrs {
	uint32_t nmsrs;
	uint32_t pad;
	struct kvm_msr_entry entries[VCPU_MAX_MSRS];
};

/* struct kvm_xsave likewise. */
struct vcpu_xsave {
	uint32_t region[1024];
};

struct vcpu_state {
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	struct kvm_regs regs;
	struct vcpu_xsave xsave;
	struct kvm_xcrs xcrs; /* nr_xcrs 0: the host has no XSAVE */
	struct kvm_sregs sregs;
	struct vcpu_msrs msrs; /* those of the library's list that this vCPU has */
	struct kvm_lapic_state lapic;
	struct kvm_debugregs debugregs;
	struct kvm_nested_state *nested; /* NULL: the host has none */
};

/*
 * Takes everything, nested state last; finishes a pending OUT first. Free with vcpu_state_free().
 */
int vcpu_save(struct vcpu *vcpu, struct vcpu_state *state);
void vcpu_state_free(struct vcpu_state *state);
/* KVM_GET_NESTED_STATE into a new buffer of the caller's. */
int vcpu_get_nested(struct vcpu *vcpu, struct kvm_nested_state **nested);
/* KVM_SET_NESTED_STATE; unlike the others -errno without a message. */
int vcpu_try_set_nested(struct vcpu *vcpu, const struct kvm_nested_state *nested);
int vcpu_set_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value);
/* MSRs from first to last are not restored from this state. */
void vcpu_state_drop_msrs(struct vcpu_state *state, uint32_t first, uint32_t last);
/* The value of an MSR in a saved state; 0 when it is not there. */
uint64_t vcpu_state_msr(const struct vcpu_state *state, uint32_t msr);

/* KVM_GET_MP_STATE: since 5.11 it may deliver a pending INIT to L1 first, as a VM exit. */
int vcpu_get_mp_state(struct vcpu *vcpu, struct kvm_mp_state *mp_state);

/* A restore is a list of steps, so that a scenario can do things between them. */
enum vcpu_step {
	STEP_END,
	STEP_FEAT_CTL, /* MSR_IA32_FEAT_CTL alone */
	STEP_SREGS,
	STEP_LAPIC, /* after SREGS, which switch it to x2APIC */
	STEP_NESTED,
	STEP_REGS,
	STEP_XSAVE,
	STEP_XCRS,
	STEP_MSRS, /* VP assist page and hypercall page are here: needs memslots */
	STEP_EVENTS,
	STEP_MP_STATE,
	STEP_DEBUGREGS,
};

/* Nested state before the MSRs: QEMU, Cloud Hypervisor. */
extern const enum vcpu_step vcpu_order_qemu[];
/* MSRs before, nested state last: the kernel's selftests, crosvm. */
extern const enum vcpu_step vcpu_order_msrs_first[];

int vcpu_restore_step(struct vcpu *vcpu, const struct vcpu_state *state, enum vcpu_step step);
/* All steps of an order. */
int vcpu_restore(struct vcpu *vcpu, const struct vcpu_state *state, const enum vcpu_step *order);

/* MSRs that the library's callers need by name. */
#define VMM_MSR_FEAT_CTL 0x3au
#define VMM_MSR_HV_GUEST_OS_ID 0x40000000u
#define VMM_MSR_HV_VP_ASSIST 0x40000073u
#define VMM_MSR_HV_FIRST 0x40000000u
#define VMM_MSR_HV_LAST 0x400001ffu

#endif /* VMM_H */
