/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A minimal CO-RE view of the kernel types that the programs look into.
 *
 * Written by hand: a vmlinux.h would tie the build to a host that has KVM's
 * BTF. Only the fields named here are used; libbpf finds their offsets in the
 * BTF of the running kernel, or of its modules where the kernel itself does
 * not have the type. Every read of a type that may be missing is guarded by
 * bpf_core_field_exists().
 */
#ifndef EVMCS_TRACE_KVM_TYPES_H
#define EVMCS_TRACE_KVM_TYPES_H

#define CORE_TYPE __attribute__((preserve_access_index))

struct hlist_node {
	struct hlist_node *next;
} CORE_TYPE;

struct hlist_head {
	struct hlist_node *first;
} CORE_TYPE;

struct preempt_notifier {
	struct hlist_node link;
} CORE_TYPE;

struct mm_struct;

struct task_struct {
	struct mm_struct *mm;
	unsigned int flags; /* PF_* */
	/* vcpu_load() puts the vCPU on this list, vcpu_put() takes it off */
	struct hlist_head preempt_notifiers;
	void *stack;
} CORE_TYPE;

struct kvm_vcpu_stat {
	__u64 exits;
} CORE_TYPE;

struct interval_tree_node {
	unsigned long start;
} CORE_TYPE;

struct kvm_memory_slot {
	struct interval_tree_node hva_node[2]; /* since 5.17 */
	__u64 base_gfn;
	unsigned long npages;
	unsigned long userspace_addr;
	__u32 flags;
	short id;
	__u16 as_id;
} CORE_TYPE;

struct gfn_to_hva_cache {
	__u64 gpa;
} CORE_TYPE;

struct kvm_vcpu_arch {
	struct {
		struct gfn_to_hva_cache data;
	} pv_eoi;
} CORE_TYPE;

struct kvm {
	struct mm_struct *mm;
	__u32 dirty_ring_size; /* since 5.11 */
} CORE_TYPE;

/* uapi: what KVM_RUN shares with user space */
struct kvm_run {
	__u8 request_interrupt_window;
	__u8 immediate_exit;
	__u8 padding1[6];
	__u32 exit_reason;
};

struct kvm_vcpu {
	struct kvm *kvm;
	struct kvm_run *run;
	struct preempt_notifier preempt_notifier;
	int vcpu_id;
	__u64 requests;
	struct kvm_vcpu_arch arch;
	struct kvm_vcpu_stat stat;
} CORE_TYPE;

struct loaded_vmcs {
	void *vmcs;
} CORE_TYPE;

struct kvm_host_map {
	__u64 gfn;
} CORE_TYPE;

struct vmcs12 {
	__u32 vm_exit_reason;
} CORE_TYPE;

/* the TLFS's, in guest memory that KVM has mapped */
struct hv_enlightened_vmcs {
	__u32 hv_clean_fields;
} CORE_TYPE;

struct nested_vmx {
	__u64 current_vmptr;
	struct vmcs12 *cached_vmcs12;
	struct gfn_to_hva_cache shadow_vmcs12_cache; /* since 5.17 */
	struct gfn_to_hva_cache vmcs12_cache; /* since 5.17 */
	struct loaded_vmcs vmcs02;
	struct kvm_host_map apic_access_page_map; /* 6.1 and later */
	struct kvm_host_map virtual_apic_map;
	struct kvm_host_map pi_desc_map;
	struct kvm_host_map msr_bitmap_map; /* gone in 7.x */
	__u64 hv_evmcs_vmptr; /* under CONFIG_KVM_HYPERV since 6.9 */
	struct kvm_host_map hv_evmcs_map;
	struct hv_enlightened_vmcs *hv_evmcs;
	bool vmxon;
	bool need_vmcs12_to_shadow_sync;
	struct {
		bool vmxon;
	} smm;
} CORE_TYPE;

struct vcpu_vmx {
	struct kvm_vcpu vcpu;
	struct loaded_vmcs *loaded_vmcs;
	struct nested_vmx nested;
} CORE_TYPE;

/*
 * The header of KVM_SET_NESTED_STATE. This is the uapi layout, so no CO-RE is
 * needed; evmcs_pa, which only a kernel with the seed's patch has, is read at
 * the offset that user space found in the module's BTF (evmcs_pa_offset).
 */
struct nested_state_header {
	__u16 flags;
	__u16 format;
	__u32 size;
	__u64 vmxon_pa;
	__u64 vmcs12_pa;
	__u16 smm_flags;
	__u16 pad;
	__u32 hdr_flags;
	__u64 preemption_timer_deadline;
};

struct memory_region {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
};

#endif
