/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a source yields, in order: the header, then events, VMs and losses,
 * then the footer. The model cannot tell whether they come from the ring
 * buffer or from a trace file, but for a cut: a file ends there.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evmcs_trace/record.h"

#define TRACE_SCHEMA_MAJOR 1
#define TRACE_SCHEMA_MINOR 7

#define VM_UNKNOWN 0
#define VCPU_NONE (-1)

/* vmx->nested.hv_evmcs_vmptr, since 1e9dfbd748f3 and 278499686b18 (5.14) */
#define EVMPTR_INVALID UINT64_MAX
#define EVMPTR_MAP_PENDING (UINT64_MAX - 1)

/* Is it the address of an eVMCS? Before 5.14 it is 0 where there is none. */
static inline bool evmptr_is_valid(uint64_t evmptr)
{
	return evmptr && evmptr != EVMPTR_INVALID && evmptr != EVMPTR_MAP_PENDING;
}

#define GPA_UNKNOWN UINT64_MAX
#define INVALID_GPA UINT64_MAX

/* KVM_STATE_NESTED_* of struct kvm_nested_state.flags */
#define NESTED_GUEST_MODE 0x1
#define NESTED_RUN_PENDING 0x2
#define NESTED_EVMCS 0x4

/* enum nested_evmptrld_status, the same in every kernel since 5.7 */
enum evmptrld_status {
	EVMPTRLD_DISABLED,
	EVMPTRLD_SUCCEEDED,
	EVMPTRLD_VMFAIL,
	EVMPTRLD_ERROR,
};

/* of an event without the state of the vCPU, or of an older trace */
#define EXIT_REASON_UNREAD UINT32_MAX

/*
 * The groups of clean fields by which KVM decides what vmcs02 gets of L2's state
 * (prepare_vmcs02_rare()): without the second it has no segments.
 */
#define CLEAN_FIELD_GUEST_GRP1 (1U << 11)
#define CLEAN_FIELD_GUEST_GRP2 (1U << 12)
#define CLEAN_FIELDS_GUEST (CLEAN_FIELD_GUEST_GRP1 | CLEAN_FIELD_GUEST_GRP2)

/* VMX_EXIT_REASONS_FAILED_VMENTRY | EXIT_REASON_INVALID_STATE */
#define EXIT_INVALID_GUEST_STATE 0x80000021U

/* nested_vmx_vmexit(reason): leave nested mode by force, no real VM exit */
#define NESTED_EXIT_FORCED UINT32_MAX

/* Functions of a stack that a trace has at most: a part of its format. */
#define EVENT_STACK_DEPTH 24

struct event {
	uint64_t seq; /* of the trace, from 1, without gaps */
	uint64_t t_ns; /* monotonic, since the clock of the header */
	uint64_t exits; /* VM exits of the vCPU so far */
	uint64_t evmptr; /* hv_evmcs_vmptr, if flags has REC_VMX_STATE */
	uint64_t vmptr; /* current_vmptr, likewise */
	uint64_t window; /* set-state enter, ran, first-*: which window of the vCPU */
	int64_t ret; /* exits: 0 or a positive status, or -errno */
	uint32_t vm; /* small number, unique in the trace */
	int32_t vcpu; /* vcpu_id or VCPU_NONE */
	uint32_t pid;
	uint32_t tid;
	uint32_t cpu;
	uint32_t ioctl; /* command that the task is in; 0: none */
	uint32_t exit_reason; /* KVM_EXIT_*, what KVM_RUN said last, or EXIT_REASON_UNREAD */
	enum evmcs_point point;
	enum evmcs_phase phase;
	uint32_t flags; /* enum record_flags */
	union {
		struct record_nested nested; /* set-state enter, get-state exit */
		struct record_access access; /* class ACCESS and UNMAP, enter */
		struct record_nested_exit exit; /* nested-exit enter, first-exit */
		struct record_entry entry; /* first-entry */
		struct record_memslot memslot; /* memslot enter */
	};
	int nr_stack; /* of what is no part of a restore that goes well */
	const char *stack[EVENT_STACK_DEPTH]; /* "function+0x1f [module]" */
};

static inline bool event_has_window(const struct event *ev)
{
	return ev->point == PT_RAN || ev->point == PT_FIRST_ENTRY || ev->point == PT_FIRST_EXIT ||
	       (ev->point == PT_SET_STATE && ev->phase == PHASE_ENTER);
}

/* Is it of that vCPU, of its VM and of none, or what its task did otherwise? */
static inline bool event_concerns(const struct event *ev, uint32_t vm, int32_t vcpu, uint32_t tid)
{
	return ev->tid == tid || (ev->vm == vm && (ev->vcpu == vcpu || ev->vcpu == VCPU_NONE));
}

/* The VM of the events that follow; sent before its first event. */
struct vm_fact {
	uint32_t vm;
	uint32_t pid;
	const char *comm; /* of the task that was seen first */
	const char *name; /* as the VMM was told it (QEMU -name), or NULL */
};

enum loss_stage {
	LOSS_RING, /* the ring buffer was full */
	LOSS_TRACKING, /* a table in the kernel was full */
	LOSS_MISSED, /* the kernel did not run a program (recursion) */
	LOSS_OUTPUT, /* the trace could not be written from here on */
	LOSS_SILENT, /* since some time before the kernel did not run what is attached */
	LOSS_DETACHED, /* nothing was attached for a while: the module was unloaded */
	LOSS_STAGE_COUNT,
};

struct loss_fact {
	uint64_t seq;
	uint64_t t_ns;
	enum loss_stage stage;
	uint64_t count;
};

/* How well a row of the probe plan could be served on the traced kernel. */
struct probe_fact {
	enum evmcs_point point;
	bool needed; /* "guest memory was not read" depends on it here */
	bool attached;
	char function[64];
	char module[32];
	char flavour[16]; /* "fentry", "kprobe", "inlined" (kprobes in its callers), "" */
	char reason[512]; /* why not attached, or why not the better way */
};

/* Where a stream that is written to several files is in the one that begins with a header. */
struct trace_continues {
	uint64_t segment; /* of the files, from 1; 0 and 1: nothing came before it */
	uint64_t seq; /* the first one in it, and likewise */
	uint64_t restore;
	uint64_t save;
};

#define TRACE_RUN_LEN 32

/* What the functions of a stack are of, and can be looked up in. */
enum traced_object {
	OBJECT_KERNEL,
	OBJECT_KVM,
	OBJECT_KVM_INTEL,
	OBJECT_COUNT,
};

#define BUILD_ID_DIGITS 64

struct trace_header {
	int schema_major;
	int schema_minor;
	char tool[32];
	char kernel[128];
	char host[65];
	char boot_id[40];
	char srcversion[64]; /* of kvm_intel */
	char build_id[OBJECT_COUNT][BUILD_ID_DIGITS + 1]; /* in hex; "": not known, or built in */
	char run[TRACE_RUN_LEN]; /* the stream's name, unique over hosts: header_name_run() */
	struct trace_continues continues;
	uint64_t t_base_ns; /* where a file's t_ns begin, of the stream; 0 where it was read */
	uint64_t wall_ns; /* CLOCK_REALTIME at t_ns 0 */
	uint64_t mono_ns; /* CLOCK_MONOTONIC at t_ns 0 */
	uint32_t filter_pid;
	int32_t filter_vcpu;
	size_t nr_probes;
	struct probe_fact probes[PT_COUNT];
};

struct point_count {
	uint64_t hits; /* events that were to be reported */
	uint64_t written;
	uint64_t lost; /* ring full */
	uint64_t missed; /* program not run by the kernel */
};

#define END_REASON_LEN 64

struct trace_footer {
	uint64_t t_ns;
	uint64_t events; /* event lines in the trace */
	char reason[END_REASON_LEN]; /* "interrupted", "command exited", ... */
	bool has_command;
	int command_status; /* as a shell reports it: 128 + signal */
	uint64_t tracking_lost;
	bool continued; /* the stream goes on, in the next file */
	struct point_count count[PT_COUNT];
};

/* The stream goes on; a file of it ends with this footer, and the next one begins. */
struct trace_cut {
	struct trace_footer footer; /* of what came since the cut before */
	uint64_t t_ns; /* where the t_ns of the next file begin */
	uint64_t wall_ns; /* CLOCK_REALTIME at t_ns 0, by the clock as it is set now */
	uint64_t next_seq;
	const struct trace_header *watched; /* modules and probes from there on; NULL: as before */
};

enum item_type {
	ITEM_HEADER,
	ITEM_VM,
	ITEM_EVENT,
	ITEM_LOSS,
	ITEM_FOOTER,
	ITEM_CUT, /* of the ring only: no file has it */
};

struct trace_item {
	enum item_type type;
	union {
		const struct trace_header *header;
		struct vm_fact vm;
		const struct event *event;
		struct loss_fact loss;
		const struct trace_footer *footer;
		const struct trace_cut *cut;
	};
};

#endif
