/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record that the BPF programs put into the ring buffer. Both sides are
 * built together, so this is no ABI; the trace file is (trace.schema.json).
 *
 * Pointers in it (kvm, vcpu) are keys only. Guest memory contents are never
 * part of a record, with one exception: the clean fields of an eVMCS, a control
 * word by which L1 tells KVM what it need not read.
 */
#ifndef EVMCS_TRACE_RECORD_H
#define EVMCS_TRACE_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#include "points.h"

/*
 * KVM_RUN is about 10 functions above guest memory, the end of a process 24; a
 * trampoline adds three to each that is probed.
 */
#define RECORD_STACK_DEPTH 40
#define RECORD_COMM_LEN 16

/* What the state fields of a record are worth. */
enum record_flags {
	/* evmptr, vmptr, l2: struct vcpu_vmx was known to the kernel's BTF */
	REC_VMX_STATE = 1 << 0,
	/* exits, requests: struct kvm_vcpu was known */
	REC_VCPU_STATE = 1 << 1,
	/* no room to keep track of this window: later events of it are missing */
	REC_UNTRACKED = 1 << 2,
	/* the vCPU is in L2 (loaded VMCS is vmcs02) */
	REC_L2 = 1 << 3,
	/* KVM_REQ_GET_NESTED_STATE_PAGES is pending */
	REC_REQ_PAGES = 1 << 4,
	/* hdr.vmx.evmcs_pa exists in this kernel (the seed's format) */
	REC_HAS_EVMCS_PA = 1 << 5,
	/* REC_VMXON and REC_SYNC_DUE are worth something */
	REC_NESTED_FLAGS = 1 << 6,
	/* vmx->nested.vmxon or .smm.vmxon */
	REC_VMXON = 1 << 7,
	/* vmx->nested.need_vmcs12_to_shadow_sync: the next entry writes vmcs12 out */
	REC_SYNC_DUE = 1 << 8,
	/* access: the task's memory is not that of the VM (kvm->mm) */
	REC_FOREIGN_MM = 1 << 9,
	/* access: the task has no memory any more (it is exiting) */
	REC_NO_MM = 1 << 10,
	/* first-entry: clean_fields could be read */
	REC_CLEAN_FIELDS = 1 << 11,
	/* first-exit: not a VM exit; KVM refused the entry, as vmcs12 tells */
	REC_ENTRY_REFUSED = 1 << 12,
};

/* struct kvm_nested_state as the VMM gave it, or as KVM filled it. */
struct record_nested {
	__u64 vmxon_pa;
	__u64 vmcs12_pa;
	__u64 evmcs_pa;
	__u32 size;
	__u16 flags;
	__u16 format;
	__u16 smm_flags;
	__u16 pad;
	__u32 hdr_flags;
	char comm[RECORD_COMM_LEN]; /* of the task, as SET or GET begins */
};

struct record_access {
	__u64 gpa; /* ~0 where the function does not know it */
	__u64 len; /* bytes */
	__u64 hva; /* pin only: user address */
	__u32 purpose;
	__u32 pad;
};

struct record_nested_exit {
	__u32 reason; /* VM-exit reason; ~0: KVM leaves nested mode by force */
	__u32 intr_info;
	__u64 qualification;
};

/* first-entry: the eVMCS as KVM goes on to use it. */
struct record_entry {
	__s32 status; /* enum nested_evmptrld_status */
	__u32 clean_fields; /* HV_VMX_ENLIGHTENED_CLEAN_FIELD_*: what KVM takes for unchanged */
};

/* What the slot is to be; memslot-commit: and what it was, old_size 0: new. */
struct record_memslot {
	__u64 gpa;
	__u64 size; /* bytes; 0: the slot goes away */
	__u64 hva;
	__u32 slot;
	__u32 flags;
	__u64 old_gpa;
	__u64 old_size;
	__u64 old_hva;
};

struct record {
	__u64 ns; /* CLOCK_MONOTONIC */
	__u64 kvm; /* key of the VM; 0: not known */
	__u64 vcpu; /* key of the vCPU; 0: an access for the VM as a whole */
	__u64 exits; /* VM exits of the vCPU so far: has it run? */
	__u64 evmptr; /* vmx->nested.hv_evmcs_vmptr */
	__u64 vmptr; /* vmx->nested.current_vmptr */
	__u64 window; /* set-state enter, ran, first-*: which window of the vCPU */
	__u64 lost; /* records lost before this one, all CPUs, since arming */
	__s64 ret; /* exit only: what the function returned */
	__u32 tgid;
	__u32 tid;
	__u32 cpu;
	__u32 vcpu_id;
	__u32 ioctl; /* command of the ioctl that the task is in; 0: in none */
	__u32 exit_reason; /* vcpu->run->exit_reason: what KVM_RUN said last */
	__u16 flags; /* enum record_flags */
	__u16 nr_stack;
	__u8 point; /* enum evmcs_point */
	__u8 phase; /* enum evmcs_phase */
	__u8 pad[6];
	union {
		struct record_nested nested;
		struct record_access access;
		struct record_nested_exit exit;
		struct record_entry entry;
		struct record_memslot memslot;
	};
	/* Only in the long form of the record: kernel return addresses. */
	__u64 stack[];
};

#define RECORD_LONG_SIZE (sizeof(struct record) + RECORD_STACK_DEPTH * sizeof(__u64))

/* Key of the maps of open windows, by which user space asks for them. */
struct window_name {
	__u64 vcpu;
	__u64 opened;
};

/* Per point, summed over CPUs by user space. hits == written + lost. */
struct record_counters {
	__u64 hits; /* events that were to be reported */
	__u64 written;
	__u64 lost; /* ring buffer full */
};

/* Losses that are not of one event: something could not be kept track of. */
enum track_loss {
	TRACK_WINDOWS_FULL,
	TRACK_LOSS_COUNT,
};

#endif
