/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What runs in the kernel: thin entry points, one per probe point, phase and
 * flavour, over shared handlers.
 *
 * A window is open for a vCPU from KVM_SET_NESTED_STATE until the vCPU has
 * really run. While no window is open anywhere, every program but those of
 * set-state, get-state and free-vcpu returns at its first test. No program is
 * attached to KVM_RUN or to VM entry: whether a vCPU has run is told by its
 * own exit counter (vcpu->stat.exits), read at the next event of that vCPU or
 * when user space runs poll_windows.
 *
 * One thing is looked for after that: where L1 was active and had an eVMCS, its
 * first nested entry, by the programs that its VMRESUME passes anyway.
 *
 * Context (what was KVM doing when it touched memory?) is not decided here:
 * the events carry task and vCPU, and the model folds them into a stack.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "evmcs_trace/record.h"
#include "kvm_types.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EVMPTR_UNREAD (~0ULL)
#define EVMPTR_MAP_PENDING (~0ULL - 1) /* since 278499686b18 (5.14); before it, 0 */
#define GPA_UNKNOWN (~0ULL)
#define INVALID_GPA (~0ULL)
#define STATE_GUEST_MODE 0x1 /* KVM_STATE_NESTED_* */
#define STATE_EVMCS 0x4
#define EVMPTRLD_SUCCEEDED 1 /* enum nested_evmptrld_status */
#define EXIT_INVALID_GUEST_STATE 0x80000021 /* VM entry failed: EXIT_REASON_INVALID_STATE */
#define CLEAN_FIELD_ALL 0xffff /* HV_VMX_ENLIGHTENED_CLEAN_FIELD_ALL */
#define REQ_GET_NESTED_STATE_PAGES_BIT 32 /* KVM_ARCH_REQ(24), 5.10 to 7.3 */
#define IOCTL_SYSCALL 16
#define IOCTL_SYSCALL_32 54
#define USER32_CS 0x23
#define KVM_RUN_CMD 0xAE80
#define KVM_SET_MSRS_CMD 0x4008AE89
#define HV_X64_MSR_VP_ASSIST_PAGE 0x40000073
#define HV_VP_ASSIST_PAGE_LEN 4096
#define PAGE_SHIFT 12
#define PF_KTHREAD 0x00200000
#define THREAD_SIZE 16384 /* x86-64 without KASAN; only used before 5.15 */

/* Set by user space before load. */
const volatile __u32 target_tgid = 0; /* 0: every VMM */
const volatile __s32 target_vcpu = -1; /* -1: every vCPU */
const volatile __u32 evmcs_pa_offset = 0; /* 0: the kernel has no evmcs_pa */

/* With each so much more in the ring user space is woken: a power of two. */
const volatile __u64 wake_at = 1 << 20;

/*
 * Points (bits) whose functions are attached to as clones or pieces, which do
 * not have the arguments that the source has.
 */
const volatile __u64 no_arguments = 0;

/* Flipped by user space when everything is attached. */
__u32 armed = 0;

/* The first test of every accessor program. */
__u64 windows_open = 0;

/* vCPUs whose L1 was restored and has not made its first nested entry yet. */
__u64 entries_awaited = 0;
/* Of them, those that were made and may fail. */
__u64 entries_made = 0;

/* Changes of memslots that were reported and have not ended: the first test of their ends. */
__u64 changes_told = 0;

/*
 * Calls that user space makes, at no vCPU, to see whether the kernel still runs
 * what it has attached (observer_is_alive()).
 */
__u64 heartbeats = 0;

/* How often user space was woken to read at once. */
__u64 urgent = 0;

/* Records that found the ring full, all CPUs: stamped on the next one. */
__u64 lost_total = 0;
__u64 track_lost[TRACK_LOSS_COUNT] = {};

/* L1's first nested entry after it was restored with an eVMCS. */
enum first_entry {
	ENTRY_OF_NO_INTEREST,
	ENTRY_AWAITED,
	ENTRY_MADE, /* KVM believes L1's clean fields: what will the exit say? */
};

/* What is_window_open() returns, of a window that is. */
#define WINDOW_OPEN 1
#define WINDOW_EVMCS 2 /* an eVMCS is to be mapped in it */

/* A vCPU stays in here until it is freed; most of its time its window is closed. */
struct window {
	__u64 opened; /* when: tells one window of a vCPU from the next */
	__u64 kvm;
	__u64 base_exits;
	__u8 leave; /* vmxon_pa == -1: nothing is restored */
	__u8 was_open; /* a restore was already in flight at this SET */
	__u8 l1_evmcs; /* this SET is of an L1 that has an eVMCS */
	__u8 evmcs; /* WINDOW_EVMCS where this SET has an eVMCS */
	__u8 entry; /* enum first_entry */
	__u32 told_before; /* that entry: the exit reason that L1 had been told */
};

#define MAX_VCPUS 16384

/*
 * Preallocated, as all of the maps are: programs on kprobes may not allocate
 * (5.10 warns of it in its log). An element may so be another vCPU's by the
 * time it is looked at, which open_windows notices.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_VCPUS);
	__type(key, __u64); /* struct kvm_vcpu * */
	__type(value, struct window);
} windows SEC(".maps");

/*
 * The windows that are open. The poller (user space) and the vCPU's own thread
 * both close them, the latter opens them again: whoever takes the element away
 * has closed the window, which is what a compare-and-exchange would do, had
 * kernels before 5.12 one (5ffa25502b5a, bpf: Add instructions for
 * atomic_[cmp]xchg).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_VCPUS);
	__type(key, struct window_name);
	__type(value, __u8);
} open_windows SEC(".maps");

/* First entries that were made, by their windows: who takes one away tells its end. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_VCPUS);
	__type(key, struct window_name);
	__type(value, __u8);
} made_entries SEC(".maps");

/* Open windows per VM, for accesses that no loaded vCPU explains. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* struct kvm * */
	__type(value, __s64);
} vms SEC(".maps");

/*
 * The vCPUs of a VM that were restored, by vcpu_id. Of ids that are 64 apart
 * one is forgotten: its run is then noticed by poll_windows only, up to 100 ms
 * later, and what the VM does until then counts as before it.
 */
#define VM_VCPU_SLOTS 64

struct vcpu_slot {
	__u64 kvm;
	__u64 nr;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vcpu_slot);
	__type(value, __u64); /* struct kvm_vcpu * */
} vm_vcpus SEC(".maps");

/*
 * Which vCPU a task is freeing, and of which VM it is changing a memslot: with
 * no vCPU loaded, and without arguments at a kretprobe, an exit has no other way
 * to know.
 */
struct task_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u32); /* tid */
	__type(value, __u64);
};

struct task_map freeing SEC(".maps"); /* struct kvm_vcpu * */
struct task_map changing SEC(".maps"); /* struct kvm * */
/* where KVM_GET_NESTED_STATE writes, and how much it may: a kretprobe cannot ask */
struct task_map saves_to SEC(".maps");
struct task_map saves_up_to SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PT_COUNT);
	__type(key, __u32);
	__type(value, struct record_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ring SEC(".maps");

/* ---- who is running, and in what ---- */

/* Since 5.15, dd6e10fbd9f (bpf: Add bpf_task_pt_regs() helper); the task itself since 5.11. */
#define HAS_TYPED_TASK bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)

/*
 * The verifier knows the type of this, so that its fields are read without a helper,
 * each of which takes eighty instructions more.
 */
static __always_inline struct task_struct *typed_task(void)
{
	return (void *)bpf_get_current_task_btf();
}

/* A pointer that was read from it, of which the verifier knows the type too: as a number. */
static __always_inline __u64 task_number(const void *pointer, const struct task_struct *typed)
{
	__u64 distance = (__u64)pointer - (__u64)typed;

	barrier_var(distance);
	return distance + bpf_get_current_task();
}

/*
 * The command of the ioctl that the current task is in, from the registers
 * that the task entered the kernel with. This makes a probe on kvm_vcpu_ioctl,
 * which would run in every KVM_RUN round trip, unnecessary.
 */
static __always_inline __u32 ioctl_in(__u64 cs, __u64 nr, __u64 cmd, __u64 compat_cmd)
{
	if (cs == USER32_CS && nr == IOCTL_SYSCALL_32)
		return compat_cmd;
	return (cs & 3) && nr == IOCTL_SYSCALL ? cmd : 0;
}

static __always_inline __u32 current_ioctl(void)
{
	__u64 cs = 0, nr = 0, cmd = 0, compat_cmd = 0;
	const struct pt_regs *regs;
	struct task_struct *task;

	if (HAS_TYPED_TASK) {
		regs = (void *)bpf_task_pt_regs((void *)bpf_get_current_task_btf());
		return ioctl_in(regs->cs, regs->orig_rax, regs->rsi, regs->rcx);
	}
	task = (void *)bpf_get_current_task();
	regs = BPF_CORE_READ(task, stack) + THREAD_SIZE - sizeof(*regs);
	bpf_probe_read_kernel(&cs, sizeof(cs), &regs->cs);
	bpf_probe_read_kernel(&nr, sizeof(nr), &regs->orig_rax);
	bpf_probe_read_kernel(&cmd, sizeof(cmd), &regs->rsi);
	bpf_probe_read_kernel(&compat_cmd, sizeof(compat_cmd), &regs->rcx);
	return ioctl_in(cs, nr, cmd, compat_cmd);
}

/*
 * The vCPU that the current task has loaded. Every vCPU ioctl that can reach
 * guest memory, and the teardown of a vCPU, runs between vcpu_load() and
 * vcpu_put(), which register and unregister the vCPU's preempt notifier with
 * the task. Nothing but KVM uses preempt notifiers.
 */
static __always_inline __u64 loaded_vcpu(void)
{
	struct task_struct *task;
	__u64 node;

	if (!bpf_core_field_exists(struct task_struct, preempt_notifiers) ||
	    !bpf_core_field_exists(struct kvm_vcpu, preempt_notifier))
		return 0;
	if (HAS_TYPED_TASK) {
		task = typed_task();
		node = task_number(task->preempt_notifiers.first, task);
	} else {
		task = (void *)bpf_get_current_task();
		node = (__u64)BPF_CORE_READ(task, preempt_notifiers.first);
	}
	if (!node)
		return 0;
	return node - bpf_core_field_offset(struct kvm_vcpu, preempt_notifier) -
	       bpf_core_field_offset(struct preempt_notifier, link);
}

static __always_inline __u64 vcpu_exits(__u64 vcpu)
{
	if (!bpf_core_field_exists(struct kvm_vcpu_stat, exits))
		return 0;
	return BPF_CORE_READ((struct kvm_vcpu *)vcpu, stat.exits);
}

static __always_inline __u64 vcpu_kvm(__u64 vcpu)
{
	return (__u64)BPF_CORE_READ((struct kvm_vcpu *)vcpu, kvm);
}

/* ---- records ---- */

/*
 * What a vCPU begins with, read at once: a field that is farther away on this kernel,
 * which is known when the program is loaded, is read by itself. There is no room for
 * it on the stack but where the record will be.
 */
#define HEAD_SIZE 112
#define HEAD_READ(head, v, field)                                                                  \
	(bpf_core_field_offset(struct kvm_vcpu, field) +                                           \
				 bpf_core_field_size(struct kvm_vcpu, field) <=                    \
			 HEAD_SIZE                                                                 \
		 ? *(__typeof__((v)->field) *)((head) +                                            \
					       bpf_core_field_offset(struct kvm_vcpu, field))      \
		 : BPF_CORE_READ(v, field))

struct vcpu_head {
	__u64 kvm;
	struct kvm_run *run;
	__u64 requests;
	__u32 vcpu_id;
};

static __always_inline struct vcpu_head read_head(char *scratch, __u64 vcpu)
{
	struct kvm_vcpu *v = (struct kvm_vcpu *)vcpu;
	struct vcpu_head head = { .vcpu_id = ~0U };

	if (!vcpu)
		return head;
	if (!bpf_core_field_exists(struct kvm_vcpu, stat)) {
		head.kvm = vcpu_kvm(vcpu);
		return head;
	}
	bpf_probe_read_kernel(scratch, HEAD_SIZE, v);
	head.kvm = (__u64)HEAD_READ(scratch, v, kvm);
	head.run = HEAD_READ(scratch, v, run);
	head.requests = HEAD_READ(scratch, v, requests);
	head.vcpu_id = HEAD_READ(scratch, v, vcpu_id);
	return head;
}

/* The same of what struct nested_vmx begins with. */
#define NESTED_HEAD_SIZE 136
#define NESTED_HEAD_AT                                                                             \
	(bpf_core_field_offset(struct vcpu_vmx, nested) +                                          \
	 bpf_core_field_offset(struct nested_vmx, vmxon))
#define FROM_VMXON(field)                                                                          \
	(bpf_core_field_offset(struct nested_vmx, field) -                                         \
	 bpf_core_field_offset(struct nested_vmx, vmxon))
#define NESTED_READ(head, vmx, field)                                                              \
	(FROM_VMXON(field) + bpf_core_field_size(struct nested_vmx, field) <= NESTED_HEAD_SIZE     \
		 ? *(__typeof__((vmx)->nested.field) *)((head) + FROM_VMXON(field))                \
		 : BPF_CORE_READ(vmx, nested.field))

struct nested_head {
	__u64 vmptr;
	bool flags_known;
	bool vmxon;
	bool sync_due;
};

static __always_inline struct nested_head read_nested_head(char *scratch, __u64 vcpu)
{
	struct vcpu_vmx *vmx = (struct vcpu_vmx *)vcpu;
	struct nested_head head = {};

	if (!vcpu || !bpf_core_field_exists(struct nested_vmx, vmxon))
		return head;
	bpf_probe_read_kernel(scratch, NESTED_HEAD_SIZE, (char *)vmx + NESTED_HEAD_AT);
	if (bpf_core_field_exists(struct nested_vmx, need_vmcs12_to_shadow_sync)) {
		head.flags_known = true;
		head.vmxon = NESTED_READ(scratch, vmx, vmxon);
		head.sync_due = NESTED_READ(scratch, vmx, need_vmcs12_to_shadow_sync);
	}
	if (bpf_core_field_exists(struct nested_vmx, current_vmptr))
		head.vmptr = NESTED_READ(scratch, vmx, current_vmptr);
	return head;
}

static __always_inline void fill_vmx_state(struct record *rec, struct vcpu_vmx *vmx,
					   const struct nested_head *head)
{
	if (head->flags_known) {
		rec->flags |= REC_NESTED_FLAGS;
		if (head->vmxon || BPF_CORE_READ(vmx, nested.smm.vmxon))
			rec->flags |= REC_VMXON;
		if (head->sync_due)
			rec->flags |= REC_SYNC_DUE;
	}
	if (!bpf_core_field_exists(struct nested_vmx, hv_evmcs_vmptr))
		return;
	rec->flags |= REC_VMX_STATE;
	rec->evmptr = BPF_CORE_READ(vmx, nested.hv_evmcs_vmptr);
	rec->vmptr = head->vmptr;
	/*
	 * is_guest_mode() is a bit that moved between kernels and is not in
	 * BTF; the VMCS in use says the same.
	 */
	if ((__u64)BPF_CORE_READ(vmx, loaded_vmcs) ==
	    (__u64)vmx + bpf_core_field_offset(struct vcpu_vmx, nested) +
		    bpf_core_field_offset(struct nested_vmx, vmcs02))
		rec->flags |= REC_L2;
}

static __always_inline void fill_state(struct record *rec, __u64 vcpu, const struct vcpu_head *head,
				       const struct nested_head *nested)
{
	rec->evmptr = EVMPTR_UNREAD;
	rec->vmptr = EVMPTR_UNREAD;
	rec->vcpu_id = head->vcpu_id;
	rec->exit_reason = ~0U;
	if (!vcpu || !bpf_core_field_exists(struct kvm_vcpu, stat))
		return;
	rec->flags |= REC_VCPU_STATE;
	rec->exits = vcpu_exits(vcpu);
	bpf_probe_read_kernel(&rec->exit_reason, sizeof(rec->exit_reason), &head->run->exit_reason);
	if (head->requests & (1ULL << REQ_GET_NESTED_STATE_PAGES_BIT))
		rec->flags |= REC_REQ_PAGES;
	fill_vmx_state(rec, (struct vcpu_vmx *)vcpu, nested);
}

/*
 * Of the VM that the vCPU is of, where kvm is 0. What was in the record is gone. Called, not
 * inlined: so each of a hundred programs is half as long, and loaded as much sooner.
 */
static __noinline void start_record(struct record *rec, __u8 point, __u8 phase, __u64 kvm,
				    __u64 vcpu)
{
	struct vcpu_head head = read_head((char *)rec, vcpu);
	struct nested_head nested = read_nested_head((char *)rec, vcpu);
	__u64 id = bpf_get_current_pid_tgid();

	_Static_assert(HEAD_SIZE <= sizeof(*rec) && NESTED_HEAD_SIZE <= sizeof(*rec),
		       "it has room");
	__builtin_memset(rec, 0, sizeof(*rec));
	rec->ns = bpf_ktime_get_ns();
	rec->kvm = kvm ?: head.kvm;
	rec->vcpu = vcpu;
	rec->tgid = id >> 32;
	rec->tid = id;
	rec->cpu = bpf_get_smp_processor_id();
	rec->ioctl = current_ioctl();
	rec->point = point;
	rec->phase = phase;
	rec->lost = lost_total;
	fill_state(rec, vcpu, &head, &nested);
}

/*
 * While a restore is in flight user space looks every few milliseconds, and need not
 * be woken for each record, which costs the vCPU's thread more than to write it, nor
 * read it while the vCPU wants to run. It is woken when that begins (a SET), and to
 * read at once what is written when nothing is in flight, or may be evidence. With
 * unread records before it the kernel would not wake anybody by itself.
 */
static __always_inline __u64 wake_to_read(void)
{
	__sync_fetch_and_add(&urgent, 1);
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline __u64 wakes(void)
{
	__u64 unread;

	if (!windows_open)
		return wake_to_read();
	unread = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	if (unread >= wake_at && (unread & (wake_at - 1)) < RECORD_LONG_SIZE)
		return wake_to_read();
	return BPF_RB_NO_WAKEUP;
}

static __always_inline void count_record(__u32 point, bool lost)
{
	struct record_counters *count = bpf_map_lookup_elem(&counters, &point);

	if (!count)
		return;
	__sync_fetch_and_add(&count->hits, 1);
	__sync_fetch_and_add(lost ? &count->lost : &count->written, 1);
	if (lost)
		__sync_fetch_and_add(&lost_total, 1);
}

/* In the ring, where it is filled in; NULL where that is full, of which nobody knows yet. */
static __always_inline struct record *new_record(__u8 point, __u8 phase, __u64 kvm, __u64 vcpu)
{
	struct record *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);

	if (rec)
		start_record(rec, point, phase, kvm, vcpu);
	return rec;
}

/* NULL: it is lost, and counted so. */
static __always_inline struct record *begin_record(__u8 point, __u8 phase, __u64 kvm, __u64 vcpu)
{
	struct record *rec = new_record(point, phase, kvm, vcpu);

	if (!rec)
		count_record(point, true);
	return rec;
}

static __always_inline void submit(struct record *rec, __u8 point, __u64 wakeup)
{
	bpf_ringbuf_submit(rec, wakeup);
	count_record(point, false);
}

/* For who must know what it says though it may be lost: it was made on the stack. */
static __always_inline void send(const struct record *rec, __u64 wakeup)
{
	long err = bpf_ringbuf_output(&ring, (void *)rec, sizeof(*rec), wakeup);

	count_record(rec->point, err);
}

/* With the kernel stack, which costs more: only where it may be evidence. */
static __noinline void submit_evidence(void *ctx, struct record *rec, __u8 point)
{
	struct record *slot = bpf_ringbuf_reserve(&ring, RECORD_LONG_SIZE, 0);
	long len;

	if (!slot) {
		submit(rec, point, wake_to_read());
		return;
	}
	__builtin_memcpy(slot, rec, sizeof(*rec));
	bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
	len = bpf_get_stack(ctx, slot->stack, RECORD_STACK_DEPTH * sizeof(__u64), 0);
	slot->nr_stack = len > 0 ? len / sizeof(__u64) : 0;
	submit(slot, point, wake_to_read());
}

/* ---- windows ---- */

static __always_inline void count_vm(__u64 kvm, __s64 delta)
{
	__s64 *n;

	n = bpf_map_lookup_elem(&vms, &kvm);
	if (!n && delta >= 0 && !bpf_map_update_elem(&vms, &kvm, &delta, BPF_NOEXIST))
		return;
	n = n ?: bpf_map_lookup_elem(&vms, &kvm);
	if (n)
		__sync_fetch_and_add(n, delta);
}

/* Returns false where another was quicker, or where it is a later window now. */
static __always_inline bool take_window(__u64 vcpu, __u64 opened)
{
	struct window_name name = { .vcpu = vcpu, .opened = opened };

	return !bpf_map_delete_elem(&open_windows, &name);
}

static __always_inline void count_window(__u64 kvm, __s64 delta)
{
	__sync_fetch_and_add(&windows_open, (__u64)delta);
	count_vm(kvm, delta);
}

static __always_inline bool close_window(__u64 vcpu, struct window *win, __u64 opened)
{
	__u64 kvm = win->kvm;

	if (!take_window(vcpu, opened))
		return false;
	count_window(kvm, -1);
	return true;
}

/* Only the vCPU's own thread comes here, and not while the entry is made. */
static __always_inline void await_entry(struct window *win, bool awaited)
{
	if (!win->entry && awaited)
		__sync_fetch_and_add(&entries_awaited, 1);
	if (win->entry && !awaited)
		__sync_fetch_and_add(&entries_awaited, (__u64)-1);
	win->entry = awaited ? ENTRY_AWAITED : ENTRY_OF_NO_INTEREST;
}

/* Returns false where another was quicker, as take_window() does. */
static __always_inline bool take_entry(__u64 vcpu, struct window *win)
{
	struct window_name name = { .vcpu = vcpu, .opened = win->opened };

	if (bpf_map_delete_elem(&made_entries, &name))
		return false;
	__sync_fetch_and_add(&entries_made, (__u64)-1);
	await_entry(win, false);
	return true;
}

/* Another SET, or the end of the vCPU. */
static __always_inline void forget_entry(__u64 vcpu, struct window *win)
{
	if (win->entry == ENTRY_MADE)
		take_entry(vcpu, win);
}

static __always_inline void remember_vcpu(__u64 vcpu, __u64 kvm)
{
	struct vcpu_slot slot = { .kvm = kvm };

	if (!bpf_core_field_exists(struct kvm_vcpu, vcpu_id))
		return;
	slot.nr = (__u32)BPF_CORE_READ((struct kvm_vcpu *)vcpu, vcpu_id) % VM_VCPU_SLOTS;
	bpf_map_update_elem(&vm_vcpus, &slot, &vcpu, BPF_ANY);
}

static __always_inline struct window *window_of(__u64 vcpu)
{
	struct window fresh = {}, *win;

	win = bpf_map_lookup_elem(&windows, &vcpu);
	if (win)
		return win;
	bpf_map_update_elem(&windows, &vcpu, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&windows, &vcpu);
}

/* Returns the window's name, 0 where there is no room to keep track of it. */
static __always_inline __u64 open_window(__u64 vcpu, __u64 kvm, const struct record_nested *state)
{
	struct window_name name = { .vcpu = vcpu, .opened = bpf_ktime_get_ns() };
	struct window *win = window_of(vcpu);
	__u8 value = 0;

	if (!win) {
		__sync_fetch_and_add(&track_lost[TRACK_WINDOWS_FULL], 1);
		return 0;
	}
	forget_entry(vcpu, win);
	win->was_open = take_window(vcpu, win->opened);
	win->opened = name.opened;
	win->base_exits = vcpu_exits(vcpu);
	win->leave = state->vmxon_pa == INVALID_GPA;
	win->evmcs = !win->leave && (state->flags & STATE_EVMCS) ? WINDOW_EVMCS : 0;
	win->l1_evmcs = win->evmcs && !(state->flags & STATE_GUEST_MODE);
	win->kvm = kvm;
	if (!win->was_open) {
		count_window(kvm, 1);
		remember_vcpu(vcpu, kvm);
	}
	if (!bpf_map_update_elem(&open_windows, &name, &value, BPF_NOEXIST))
		return name.opened;
	count_window(kvm, -1);
	__sync_fetch_and_add(&track_lost[TRACK_WINDOWS_FULL], 1);
	return 0;
}

static __always_inline struct record *new_note(__u8 point, const struct window *win, __u64 vcpu)
{
	return new_record(point, PHASE_NOTE, win->kvm, vcpu);
}

/*
 * The vCPU has run: the restore is over, and whoever closes its window tells.
 * The vCPU is read before that, so that it is not of its next SET; the
 * note may still come into the ring after that SET, so it names the window. User space
 * looks soon, for it believes the window open.
 */
static __always_inline void end_window(__u64 vcpu, struct window *win, __u64 opened)
{
	struct record *rec = new_note(PT_RAN, win, vcpu);

	if (!rec) {
		if (close_window(vcpu, win, opened))
			count_record(PT_RAN, true);
		return;
	}
	rec->window = opened;
	if (!close_window(vcpu, win, opened)) {
		bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
		return;
	}
	submit(rec, PT_RAN, BPF_RB_NO_WAKEUP);
}

/* Global, as settle_vm() is: the verifier looks at it once, not at each call. */
__noinline int is_window_open(__u64 vcpu)
{
	struct window *win = bpf_map_lookup_elem(&windows, &vcpu);
	struct window_name name = { .vcpu = vcpu };

	if (!win)
		return 0;
	name.opened = win->opened;
	if (!bpf_map_lookup_elem(&open_windows, &name))
		return 0;
	if (vcpu_exits(vcpu) == win->base_exits)
		return WINDOW_OPEN | win->evmcs;
	end_window(vcpu, win, name.opened);
	return 0;
}

/* Is this vCPU in a restore that has not run yet? */
static __always_inline bool in_window(__u64 vcpu)
{
	return is_window_open(vcpu);
}

static __always_inline bool wanted(__u64 vcpu)
{
	if (target_tgid && target_tgid != bpf_get_current_pid_tgid() >> 32)
		return false;
	if (target_vcpu >= 0 && bpf_core_field_exists(struct kvm_vcpu, vcpu_id) &&
	    target_vcpu != BPF_CORE_READ((struct kvm_vcpu *)vcpu, vcpu_id))
		return false;
	return true;
}

/*
 * What the VM does now is not before the KVM_RUN of a vCPU that has run and of
 * which nobody has taken notice: such windows end here.
 */
__noinline int settle_vm(__u64 kvm)
{
	struct vcpu_slot slot = { .kvm = kvm };
	__u64 *vcpu;
	__u32 i;

	for (i = 0; i < VM_VCPU_SLOTS; i++) {
		slot.nr = i;
		vcpu = bpf_map_lookup_elem(&vm_vcpus, &slot);
		if (vcpu)
			is_window_open(*vcpu);
	}
	return 0;
}

/* Is any vCPU of this VM in a restore that has not run yet? */
static __always_inline bool vm_in_window(__u64 kvm)
{
	__s64 *in_flight = bpf_map_lookup_elem(&vms, &kvm);

	if (!in_flight || *in_flight <= 0)
		return false;
	settle_vm(kvm);
	return *in_flight > 0;
}

/*
 * Whose access is it? The vCPU that the function was given, else the one that
 * the task has loaded; an access with none is the VM's own (a VM ioctl).
 * Returns 0 where nothing of this is in a restore, else WINDOW_OPEN and what is known
 * of the vCPU's window.
 */
static __always_inline int attribute(__u64 *vcpu, __u64 *kvm)
{
	if (!*vcpu)
		*vcpu = loaded_vcpu();
	if (*vcpu) {
		*kvm = 0; /* start_record() asks the vCPU */
		return is_window_open(*vcpu);
	}
	return *kvm && vm_in_window(*kvm);
}

/* ---- L1's first nested entry ---- */

/* What came of it will be told by its exit, or by settle_entry(). */
static __always_inline void keep_entry(__u64 vcpu, struct window *win)
{
	struct window_name name = { .vcpu = vcpu, .opened = win->opened };
	__u8 value = 0;

	if (win->entry == ENTRY_MADE)
		return;
	__sync_fetch_and_add(&entries_made, 1);
	win->entry = ENTRY_MADE;
	if (!bpf_map_update_elem(&made_entries, &name, &value, BPF_NOEXIST))
		return;
	__sync_fetch_and_add(&entries_made, (__u64)-1);
	__sync_fetch_and_add(&track_lost[TRACK_WINDOWS_FULL], 1);
	await_entry(win, false);
}

/* What KVM told L1 last, or is about to; it is KVM's copy of the VMCS. */
static __always_inline __u32 told_exit_reason(__u64 vcpu)
{
	struct vcpu_vmx *vmx = (struct vcpu_vmx *)vcpu;

	if (!bpf_core_field_exists(struct nested_vmx, cached_vmcs12) ||
	    !bpf_core_field_exists(struct vmcs12, vm_exit_reason))
		return 0;
	return BPF_CORE_READ(vmx, nested.cached_vmcs12, vm_exit_reason);
}

static __always_inline void read_clean_fields(struct record *rec, struct vcpu_vmx *vmx)
{
	struct hv_enlightened_vmcs *evmcs;
	__u32 clean = 0;

	if (!bpf_core_field_exists(struct nested_vmx, hv_evmcs) ||
	    !bpf_core_field_exists(struct hv_enlightened_vmcs, hv_clean_fields))
		return;
	evmcs = BPF_CORE_READ(vmx, nested.hv_evmcs);
	if (bpf_core_read(&clean, sizeof(clean), &evmcs->hv_clean_fields))
		return;
	rec->entry.clean_fields = clean & CLEAN_FIELD_ALL;
	rec->flags |= REC_CLEAN_FIELDS;
}

static __always_inline void tell_entry_end(__u64 vcpu, struct window *win, __u32 reason,
					   __u16 flags)
{
	struct record *rec = new_note(PT_FIRST_EXIT, win, vcpu);

	if (!rec) {
		if (take_entry(vcpu, win))
			count_record(PT_FIRST_EXIT, true);
		return;
	}
	rec->window = win->opened;
	rec->exit.reason = reason;
	rec->flags |= flags;
	if (!take_entry(vcpu, win)) {
		bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
		return;
	}
	submit(rec, PT_FIRST_EXIT, wake_to_read());
}

/*
 * An entry that KVM refuses by itself, having looked at what is in vmcs02 (an L2
 * that is no unrestricted guest), is no exit: it is in vmcs12 only, and noticed at
 * the vCPU's next event or when user space asks. Returns 1 while nothing is known.
 */
__noinline int settle_entry(__u64 vcpu)
{
	struct window *win = bpf_map_lookup_elem(&windows, &vcpu);
	__u32 reason;

	if (!win || win->entry != ENTRY_MADE)
		return 0;
	reason = told_exit_reason(vcpu);
	if (reason != EXIT_INVALID_GUEST_STATE || win->told_before == reason)
		return 1;
	tell_entry_end(vcpu, win, reason, REC_ENTRY_REFUSED);
	return 0;
}

/* Returns whether KVM may believe what it should not. */
static __always_inline bool tell_entry(__u64 vcpu, struct window *win, __s64 status)
{
	struct record *rec = new_note(PT_FIRST_ENTRY, win, vcpu);
	bool believed = false;

	if (!rec) {
		count_record(PT_FIRST_ENTRY, true);
		return false;
	}
	rec->window = win->opened;
	rec->entry.status = status;
	if (status == EVMPTRLD_SUCCEEDED) {
		read_clean_fields(rec, (struct vcpu_vmx *)vcpu);
		believed = rec->entry.clean_fields || !(rec->flags & REC_CLEAN_FIELDS);
	}
	submit(rec, PT_FIRST_ENTRY, wake_to_read());
	return believed;
}

/*
 * L1 has loaded its eVMCS, for the first time since it was restored, to enter L2.
 * vmcs02 is as new as the restore: what L1 calls clean it has not got. That is
 * asked again until L2 exits, since this entry may come to nothing.
 */
__noinline int note_first_entry(__u64 vcpu, __s64 status)
{
	struct window *win = bpf_map_lookup_elem(&windows, &vcpu);

	if (!win || !win->entry)
		return 0;
	settle_entry(vcpu);
	if (!win->entry)
		return 0;
	win->told_before = told_exit_reason(vcpu);
	if (tell_entry(vcpu, win, status))
		keep_entry(vcpu, win);
	else if (win->entry == ENTRY_MADE)
		take_entry(vcpu, win);
	else
		await_entry(win, false);
	return 0;
}

/* The first exit from L2 to L1 after that. */
__noinline int note_first_exit(__u64 vcpu, __u64 reason)
{
	struct window *win = bpf_map_lookup_elem(&windows, &vcpu);

	if (win && win->entry == ENTRY_MADE)
		tell_entry_end(vcpu, win, reason, 0);
	return 0;
}

/* ---- handlers ---- */

static __always_inline void fill_nested(struct record *rec, const void *from, bool user)
{
	struct nested_state_header hdr = {};
	__u64 evmcs_pa = 0;
	long err;

	err = user ? bpf_probe_read_user(&hdr, sizeof(hdr), from)
		   : bpf_probe_read_kernel(&hdr, sizeof(hdr), from);
	if (err)
		return;
	rec->nested.flags = hdr.flags;
	rec->nested.format = hdr.format;
	rec->nested.size = hdr.size;
	rec->nested.vmxon_pa = hdr.vmxon_pa;
	rec->nested.vmcs12_pa = hdr.vmcs12_pa;
	rec->nested.smm_flags = hdr.smm_flags;
	rec->nested.hdr_flags = hdr.hdr_flags;
	if (!evmcs_pa_offset)
		return;
	rec->flags |= REC_HAS_EVMCS_PA;
	if (user)
		bpf_probe_read_user(&evmcs_pa, sizeof(evmcs_pa), from + evmcs_pa_offset);
	else
		bpf_probe_read_kernel(&evmcs_pa, sizeof(evmcs_pa), from + evmcs_pa_offset);
	rec->nested.evmcs_pa = evmcs_pa;
}

static __always_inline int set_state_enter(__u64 vcpu, __u64 state)
{
	struct record rec;
	__u64 kvm;

	if (!armed || !wanted(vcpu))
		return 0;
	if (windows_open)
		in_window(vcpu); /* a run since the last SET ends that one first */
	if (entries_made)
		settle_entry(vcpu);
	kvm = vcpu_kvm(vcpu);
	start_record(&rec, PT_SET_STATE, PHASE_ENTER, kvm, vcpu);
	fill_nested(&rec, (const void *)state, false);
	bpf_get_current_comm(rec.nested.comm, sizeof(rec.nested.comm));
	rec.window = open_window(vcpu, kvm, &rec.nested);
	if (!rec.window)
		rec.flags |= REC_UNTRACKED;
	send(&rec, BPF_RB_FORCE_WAKEUP);
	return 0;
}

static __always_inline int set_state_exit(__s64 ret)
{
	__u64 vcpu = loaded_vcpu(), kvm;
	struct record rec;
	struct window *win;
	bool over;

	if (!windows_open || !vcpu)
		return 0;
	win = bpf_map_lookup_elem(&windows, &vcpu);
	if (!win)
		return 0;
	kvm = win->kvm;
	start_record(&rec, PT_SET_STATE, PHASE_EXIT, kvm, vcpu);
	rec.ret = ret;
	/*
	 * Nothing is in flight after leaving VMX, nor after a refused SET that
	 * was the first and left no request behind.
	 */
	over = ret ? !win->was_open && !(rec.flags & REC_REQ_PAGES) : win->leave;
	if (!ret)
		await_entry(win, win->l1_evmcs);
	if (over)
		close_window(vcpu, win, win->opened);
	send(&rec, wakes());
	return 0;
}

static __always_inline int get_state_enter(__u64 vcpu)
{
	struct record *rec;

	/* a NULL vcpu is KVM_CHECK_EXTENSION asking for the size */
	if (!vcpu)
		__sync_fetch_and_add(&heartbeats, 1);
	if (!armed || !vcpu || !wanted(vcpu))
		return 0;
	if (windows_open)
		in_window(vcpu);
	if (entries_made)
		settle_entry(vcpu);
	count_vm(vcpu_kvm(vcpu), 0); /* so that its end is told */
	rec = begin_record(PT_GET_STATE, PHASE_ENTER, vcpu_kvm(vcpu), vcpu);
	if (!rec)
		return 0;
	/* a VMM that saves and ends may be gone when this is read */
	bpf_get_current_comm(rec->nested.comm, sizeof(rec->nested.comm));
	submit(rec, PT_GET_STATE, wakes());
	return 0;
}

static __always_inline int get_state_kenter(__u64 vcpu, __u64 user, __u64 size)
{
	__u32 tid = bpf_get_current_pid_tgid();

	if (vcpu && armed) {
		bpf_map_update_elem(&saves_to, &tid, &user, BPF_ANY);
		bpf_map_update_elem(&saves_up_to, &tid, &size, BPF_ANY);
	}
	return get_state_enter(vcpu);
}

/*
 * What was saved is not known where user is 0 (the entry was not seen), nor where
 * the buffer is too small: KVM then returns the size and writes nothing.
 */
static __always_inline int get_state_exit(__u64 user, __u32 size, __s64 ret)
{
	__u64 vcpu = loaded_vcpu();
	struct record *rec;

	if (!armed || !vcpu || !wanted(vcpu))
		return 0;
	rec = begin_record(PT_GET_STATE, PHASE_EXIT, vcpu_kvm(vcpu), vcpu);
	if (!rec)
		return 0;
	rec->ret = ret;
	if (user && ret >= 0 && size >= ret)
		fill_nested(rec, (const void *)user, true);
	submit(rec, PT_GET_STATE, wakes());
	return 0;
}

static __always_inline int get_state_kexit(__s64 ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *user = bpf_map_lookup_elem(&saves_to, &tid);
	__u64 *size = bpf_map_lookup_elem(&saves_up_to, &tid);
	__u64 to = user ? *user : 0, up_to = size ? *size : 0;

	if (user)
		bpf_map_delete_elem(&saves_to, &tid);
	if (size)
		bpf_map_delete_elem(&saves_up_to, &tid);
	return get_state_exit(to, (__u32)up_to, ret);
}

/*
 * A stack is evidence, and costs user space a look into kallsyms: only for what is
 * no part of a restore that goes well. Of the accesses, one by an ioctl other than
 * KVM_RUN, by none (teardown), or through memory that is not the VM's: a task that
 * was killed in KVM_RUN frees the vCPU as if it were in there. KVM_SET_MSRS stores
 * into the pages behind Hyper-V's MSRs in every restore (QEMU sets them after the
 * nested state): that is what userspace asked it for.
 */
static __always_inline bool wants_stack(const struct record *rec)
{
	if (rec->point == PT_UNMAP)
		return false;
	if (rec->ioctl == KVM_RUN_CMD)
		return rec->flags & (REC_FOREIGN_MM | REC_NO_MM);
	return rec->ioctl != KVM_SET_MSRS_CMD ||
	       (rec->point != PT_HYPERV_MSR && rec->point != PT_WRITE_GUEST_PAGE);
}

/* Still to be mapped, though nothing asks for that any more. */
static __always_inline bool is_forgotten(const struct record *rec, int window)
{
	return !(rec->flags & REC_REQ_PAGES) &&
	       (rec->evmptr == EVMPTR_MAP_PENDING || (!rec->evmptr && window & WINDOW_EVMCS));
}

/*
 * Of the frames: an eVMCS that could not be loaded, or is loaded elsewhere than in
 * KVM_RUN or without the request for it being served (whoever serves it has taken it
 * away before); pages that could not be had; a nested exit after which nobody will
 * load it; a shadow VMCS that has nothing yet. Not of teardown, of which accesses tell.
 */
static __always_inline bool proves_failure(const struct record *rec, __u8 point, __u8 phase,
					   int window)
{
	if (point == PT_SHADOW_COPY && phase == PHASE_ENTER)
		return rec->evmptr == EVMPTR_MAP_PENDING;
	if (phase != PHASE_EXIT)
		return false;
	if (point == PT_EVMPTR_LOAD || point == PT_EVMPTR_LOAD_DIRECT)
		return rec->ioctl && (rec->ioctl != KVM_RUN_CMD || rec->flags & REC_REQ_PAGES ||
				      (rec->ret != EVMPTRLD_SUCCEEDED && window & WINDOW_EVMCS));
	if (point == PT_STATE_PAGES)
		return !rec->ret;
	return point == PT_NESTED_EXIT && rec->ioctl && is_forgotten(rec, window);
}

static __always_inline int frame_in(void *ctx, int window, __u8 point, __u8 phase, __u64 vcpu,
				    __s64 ret)
{
	struct record *rec = begin_record(point, phase, 0, vcpu);

	if (!rec)
		return 0;
	rec->ret = ret;
	if (proves_failure(rec, point, phase, window))
		submit_evidence(ctx, rec, point);
	else
		submit(rec, point, wakes());
	return 0;
}

static __always_inline int frame(void *ctx, __u8 point, __u8 phase, __u64 vcpu, __s64 ret)
{
	__u64 kvm = 0;
	int window = attribute(&vcpu, &kvm);

	return window ? frame_in(ctx, window, point, phase, vcpu, ret) : 0;
}

/* In a window a frame like others; after it, L1's own doing. */
static __always_inline int evmptr_load_exit(void *ctx, __s64 ret)
{
	__u64 vcpu = loaded_vcpu();
	int window = is_window_open(vcpu);

	if (!window)
		return note_first_entry(vcpu, ret);
	return frame_in(ctx, window, PT_EVMPTR_LOAD, PHASE_EXIT, vcpu, ret);
}

static __always_inline int nested_exit_enter(__u64 vcpu, __u64 reason, __u64 intr_info,
					     __u64 qualification)
{
	struct record *rec;
	__u64 kvm = 0;

	if (!attribute(&vcpu, &kvm))
		return note_first_exit(vcpu, reason);
	rec = begin_record(PT_NESTED_EXIT, PHASE_ENTER, kvm, vcpu);
	if (!rec)
		return 0;
	rec->exit.reason = reason;
	rec->exit.intr_info = intr_info;
	rec->exit.qualification = qualification;
	submit(rec, PT_NESTED_EXIT, wakes());
	return 0;
}

static __always_inline int free_vcpu_enter(__u64 vcpu)
{
	__u64 kvm = vcpu_kvm(vcpu);
	struct record *rec;
	__u32 tid;

	/* rare enough to be asked of every VM that was ever seen here */
	if (!armed || !bpf_map_lookup_elem(&vms, &kvm))
		return 0;
	if (windows_open)
		in_window(vcpu);
	if (entries_made)
		settle_entry(vcpu);
	tid = bpf_get_current_pid_tgid();
	bpf_map_update_elem(&freeing, &tid, &vcpu, BPF_ANY);
	rec = begin_record(PT_FREE_VCPU, PHASE_ENTER, kvm, vcpu);
	if (!rec)
		return 0;
	submit(rec, PT_FREE_VCPU, wakes());
	return 0;
}

static __always_inline int free_vcpu_exit(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct record rec;
	struct window *win;
	__u64 vcpu, kvm, *v;

	v = bpf_map_lookup_elem(&freeing, &tid);
	if (!v)
		return 0;
	vcpu = *v;
	kvm = vcpu_kvm(vcpu);
	bpf_map_delete_elem(&freeing, &tid);
	start_record(&rec, PT_FREE_VCPU, PHASE_EXIT, kvm, vcpu);
	win = bpf_map_lookup_elem(&windows, &vcpu);
	if (win) {
		close_window(vcpu, win, win->opened);
		forget_entry(vcpu, win);
		await_entry(win, false);
	}
	bpf_map_delete_elem(&windows, &vcpu);
	send(&rec, wakes());
	return 0;
}

/*
 * Which of KVM's own caches is it? Told by the address of the cache. Global, as map_purpose()
 * and whose_memory() are: the verifier does not go on with each of the answers.
 */
__noinline __u32 cache_purpose(__u64 vcpu, __u64 cache, __u64 len)
{
	if (!vcpu)
		return PURPOSE_UNKNOWN;
	if (bpf_core_field_exists(struct kvm_vcpu_arch, pv_eoi) &&
	    cache == vcpu + bpf_core_field_offset(struct kvm_vcpu, arch) +
			     bpf_core_field_offset(struct kvm_vcpu_arch, pv_eoi.data))
		return len >= 16 ? PURPOSE_VP_ASSIST : PURPOSE_PV_EOI;
	if (bpf_core_field_exists(struct nested_vmx, shadow_vmcs12_cache) &&
	    cache == vcpu + bpf_core_field_offset(struct vcpu_vmx, nested) +
			     bpf_core_field_offset(struct nested_vmx, shadow_vmcs12_cache))
		return PURPOSE_LINK_POINTER;
	if (bpf_core_field_exists(struct nested_vmx, vmcs12_cache) &&
	    cache == vcpu + bpf_core_field_offset(struct vcpu_vmx, nested) +
			     bpf_core_field_offset(struct nested_vmx, vmcs12_cache))
		return PURPOSE_VMCS12;
	return PURPOSE_UNKNOWN;
}

#define IS_NESTED_MAP(field)                                                                       \
	(bpf_core_field_exists(struct nested_vmx, field) &&                                        \
	 map == vcpu + bpf_core_field_offset(struct vcpu_vmx, nested) +                            \
			 bpf_core_field_offset(struct nested_vmx, field))

__noinline __u32 map_purpose(__u64 vcpu, __u64 map)
{
	if (IS_NESTED_MAP(hv_evmcs_map))
		return PURPOSE_EVMCS;
	if (IS_NESTED_MAP(virtual_apic_map))
		return PURPOSE_VIRTUAL_APIC;
	if (IS_NESTED_MAP(pi_desc_map))
		return PURPOSE_POSTED_INTERRUPT;
	if (IS_NESTED_MAP(apic_access_page_map))
		return PURPOSE_APIC_ACCESS;
	if (IS_NESTED_MAP(msr_bitmap_map))
		return PURPOSE_MSR_BITMAP;
	return PURPOSE_UNKNOWN;
}

/*
 * Guest memory is reached through the memory of whoever runs: is that the VM's?
 * Kernel threads (async page faults) look into the VM's by themselves.
 */
__noinline __u32 whose_memory(__u64 kvm)
{
	struct task_struct *task;
	__u64 mm, vm_mm;
	__u32 flags;

	if (!kvm || !bpf_core_field_exists(struct kvm, mm))
		return 0;
	if (HAS_TYPED_TASK) {
		task = typed_task();
		flags = task->flags;
		mm = task_number(task->mm, task);
	} else {
		task = (void *)bpf_get_current_task();
		flags = BPF_CORE_READ(task, flags);
		mm = (__u64)BPF_CORE_READ(task, mm);
	}
	if (flags & PF_KTHREAD)
		return 0;
	vm_mm = (__u64)BPF_CORE_READ((struct kvm *)kvm, mm);
	if (!mm)
		return REC_NO_MM;
	return mm == vm_mm ? 0 : REC_FOREIGN_MM;
}

static __always_inline bool args_unknown(__u8 point)
{
	return no_arguments & (1ULL << point);
}

static __always_inline int access_enter(void *ctx, __u8 point, __u64 vcpu, __u64 kvm,
					const struct record_access *access)
{
	struct record *rec;

	if (!attribute(&vcpu, &kvm))
		return 0;
	rec = begin_record(point, PHASE_ENTER, kvm, vcpu);
	if (!rec)
		return 0;
	rec->flags |= whose_memory(rec->kvm);
	rec->access = *access;
	if (args_unknown(point))
		rec->access.gpa = GPA_UNKNOWN;
	if (wants_stack(rec))
		submit_evidence(ctx, rec, point);
	else
		submit(rec, point, wakes());
	return 0;
}

static __always_inline int cached_enter(void *ctx, __u8 point, __u64 kvm, __u64 cache, __u64 offset,
					__u64 len)
{
	struct record_access access = { .len = len, .gpa = GPA_UNKNOWN };
	__u64 vcpu = loaded_vcpu();

	if (bpf_core_field_exists(struct gfn_to_hva_cache, gpa))
		access.gpa = BPF_CORE_READ((struct gfn_to_hva_cache *)cache, gpa) + (__u32)offset;
	access.purpose = cache_purpose(vcpu, cache, len);
	return access_enter(ctx, point, vcpu, kvm, &access);
}

static __always_inline int map_enter(void *ctx, __u8 point, __u64 vcpu, __u64 gfn, __u64 map)
{
	struct record_access access = {
		.gpa = gfn << PAGE_SHIFT,
		.len = 1 << PAGE_SHIFT,
		.purpose = map_purpose(vcpu, map),
	};

	return access_enter(ctx, point, vcpu, 0, &access);
}

static __always_inline int unmap_enter(void *ctx, __u64 vcpu, __u64 map)
{
	struct record_access access = {
		.gpa = GPA_UNKNOWN,
		.len = 1 << PAGE_SHIFT,
		.purpose = map_purpose(vcpu, map),
	};

	if (bpf_core_field_exists(struct kvm_host_map, gfn))
		access.gpa = BPF_CORE_READ((struct kvm_host_map *)map, gfn) << PAGE_SHIFT;
	return access_enter(ctx, PT_UNMAP, vcpu, 0, &access);
}

static __always_inline int gpa_enter(void *ctx, __u8 point, __u64 vcpu, __u64 kvm, __u64 gpa,
				     __u64 len)
{
	struct record_access access = { .gpa = gpa, .len = len };

	return access_enter(ctx, point, vcpu, kvm, &access);
}

static __always_inline int pin_enter(void *ctx, __u64 hva)
{
	struct record_access access = { .gpa = GPA_UNKNOWN, .len = 1 << PAGE_SHIFT };

	/* since 6.13 the first argument is a structure of the kernel's (struct kvm_follow_pfn) */
	if ((__s64)hva > 0)
		access.hva = hva;
	return access_enter(ctx, PT_PIN, 0, 0, &access);
}

static __always_inline int walk_enter(void *ctx, __u8 point, __u64 vcpu)
{
	struct record_access access = { .gpa = GPA_UNKNOWN, .purpose = PURPOSE_PAGE_WALK };

	return access_enter(ctx, point, vcpu, 0, &access);
}

/*
 * Enabling the VP assist page stores four zero bytes in it, with a plain
 * put_user: no accessor sees that. The other Hyper-V MSRs are reported with
 * length 0, so that entry and exit pair without arguments at the exit.
 */
static __always_inline int hyperv_msr_enter(void *ctx, __u64 vcpu, __u64 msr, __u64 data)
{
	struct record_access access = { .gpa = GPA_UNKNOWN };

	if ((__u32)msr == HV_X64_MSR_VP_ASSIST_PAGE && (data & 1)) {
		access.gpa = data & ~((1ULL << PAGE_SHIFT) - 1);
		access.len = 4;
		access.purpose = PURPOSE_VP_ASSIST;
	}
	return access_enter(ctx, PT_HYPERV_MSR, vcpu, 0, &access);
}

static __always_inline int memslot_enter(__u64 kvm, __u64 mem)
{
	struct memory_region region = {};
	__u32 tid = bpf_get_current_pid_tgid();
	struct record *rec;

	if (!vm_in_window(kvm))
		return 0;
	if (!bpf_map_update_elem(&changing, &tid, &kvm, BPF_ANY))
		__sync_fetch_and_add(&changes_told, 1);
	rec = begin_record(PT_MEMSLOT, PHASE_ENTER, kvm, 0);
	if (!rec)
		return 0;
	bpf_probe_read_kernel(&region, sizeof(region), (const void *)mem);
	rec->memslot.slot = region.slot;
	rec->memslot.flags = region.flags;
	rec->memslot.gpa = region.guest_phys_addr;
	rec->memslot.size = region.memory_size;
	rec->memslot.hva = region.userspace_addr;
	submit(rec, PT_MEMSLOT, wakes());
	return 0;
}

static __always_inline int memslot_exit(__u8 point, __s64 ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 kvm, *changed;
	struct record *rec;

	changed = bpf_map_lookup_elem(&changing, &tid);
	if (!changed)
		return 0;
	kvm = *changed;
	if (point == PT_MEMSLOT && !bpf_map_delete_elem(&changing, &tid))
		__sync_fetch_and_add(&changes_told, (__u64)-1);
	rec = begin_record(point, PHASE_EXIT, kvm, 0);
	if (!rec)
		return 0;
	rec->ret = ret;
	submit(rec, point, wakes());
	return 0;
}

/* As userspace numbers it: the address space (1: SMM) in the upper half. */
static __always_inline __u32 slot_number(struct kvm_memory_slot *slot)
{
	return (__u32)BPF_CORE_READ(slot, as_id) << 16 | (__u16)BPF_CORE_READ(slot, id);
}

/* A slot has been changed. */
static __always_inline int memslot_commit_enter(__u64 kvm, __u64 old_slot, __u64 new_slot)
{
	struct kvm_memory_slot *old = (void *)old_slot, *slot = (void *)new_slot;
	__u32 tid = bpf_get_current_pid_tgid();
	struct record *rec;

	/* inside of a memslot that was reported */
	if (!bpf_map_lookup_elem(&changing, &tid))
		return 0;
	rec = begin_record(PT_MEMSLOT_COMMIT, PHASE_ENTER, kvm, 0);
	if (!rec)
		return 0;
	if (old) {
		rec->memslot.slot = slot_number(old);
		rec->memslot.old_gpa = BPF_CORE_READ(old, base_gfn) << PAGE_SHIFT;
		rec->memslot.old_size = BPF_CORE_READ(old, npages) << PAGE_SHIFT;
		rec->memslot.old_hva = BPF_CORE_READ(old, userspace_addr);
	}
	if (slot) {
		rec->memslot.slot = slot_number(slot);
		rec->memslot.flags = BPF_CORE_READ(slot, flags);
		rec->memslot.gpa = BPF_CORE_READ(slot, base_gfn) << PAGE_SHIFT;
		rec->memslot.size = BPF_CORE_READ(slot, npages) << PAGE_SHIFT;
		rec->memslot.hva = BPF_CORE_READ(slot, userspace_addr);
	}
	submit(rec, PT_MEMSLOT_COMMIT, wakes());
	return 0;
}

/*
 * What userspace asked for is the first of them until 5.17, 6a99c6e3f52a (KVM: Stop
 * passing kvm_userspace_memory_region to arch memslot hooks), which came with the
 * interval tree in the slots.
 */
static __always_inline int memslot_commit_args(__u64 kvm, __u64 first, __u64 second, __u64 third)
{
	/* or the compiler chooses between addresses in ctx, which no verifier takes */
	barrier_var(first);
	barrier_var(second);
	barrier_var(third);
	if (bpf_core_field_exists(struct kvm_memory_slot, hva_node))
		return memslot_commit_enter(kvm, first, second);
	return memslot_commit_enter(kvm, second, third);
}

#define PAGE_GPA(gfn, offset) (((__u64)(gfn) << PAGE_SHIFT) + (__u32)(offset))

/* ---- entry points ---- */

#define KPROBE_ARG0 ((struct pt_regs *)ctx)->rdi
#define KPROBE_ARG1 ((struct pt_regs *)ctx)->rsi
#define KPROBE_ARG2 ((struct pt_regs *)ctx)->rdx
#define KPROBE_ARG3 ((struct pt_regs *)ctx)->rcx
#define KPROBE_ARG4 ((struct pt_regs *)ctx)->r8
#define KPROBE_ARG5 ((struct pt_regs *)ctx)->r9

/* An accessor's first test, before anything else is looked at. */
#define GATED                                                                                      \
	if (!*(volatile __u64 *)&windows_open)                                                     \
	return 0

/* Of what L1's first nested entry passes. */
#define GATED_ENTRY                                                                                \
	if (!*(volatile __u64 *)&windows_open && !*(volatile __u64 *)&entries_awaited)             \
	return 0

/* Whoever's entry was reported has its exit reported, though the last window closed since. */
#define GATED_CHANGE                                                                               \
	if (!*(volatile __u64 *)&changes_told)                                                     \
	return 0

#define UNGATED
#define UNUSED __attribute__((unused))

/*
 * name_fentry and name_kprobe call the same expression; A(n) is the n-th
 * argument in each flavour. The user side finds programs by these names.
 *
 * The first test is in a function of its own, which saves no registers and has
 * next to no stack: so it costs six instructions more than a program that does
 * nothing. Within the handler it would be fifteen.
 */
#define ENTER(name, pt, gate, expr_fentry, expr_kprobe)                                            \
	static __noinline int name##_entered(void *ctx)                                            \
	{                                                                                          \
		return expr_fentry;                                                                \
	}                                                                                          \
	SEC("?evmcs_fentry")                                                                       \
	int name##_fentry(void *ctx)                                                               \
	{                                                                                          \
		gate;                                                                              \
		return name##_entered(ctx);                                                        \
	}                                                                                          \
	SEC("?kprobe")                                                                             \
	int name##_kprobe(void *ctx)                                                               \
	{                                                                                          \
		const __u8 point = pt;                                                             \
		gate;                                                                              \
		return expr_kprobe;                                                                \
	}

/*
 * As a number, which an argument of the context is not to the verifier where it is a
 * pointer. Both of these are no calls: the verifier puts in what they do, since 5.17,
 * f92c1e183604 (bpf: Add get_func_[arg|ret|arg_cnt] helpers).
 */
static __always_inline __u64 fentry_arg(void *ctx, __u32 n)
{
	__u64 value = 0;

	bpf_get_func_arg(ctx, n, &value);
	return value;
}

#define F(n) fentry_arg(ctx, n)
#define K(n) (args_unknown(point) ? 0 : KPROBE_ARG##n)

/* The return value: a fexit program has it after the arguments. */
static __always_inline __s64 fexit_ret(void *ctx)
{
	__u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	return ret;
}

#define EXIT(name, gate, expr_fexit, expr_kretprobe)                                               \
	static __noinline int name##_left(void *ctx UNUSED)                                        \
	{                                                                                          \
		return expr_fexit;                                                                 \
	}                                                                                          \
	SEC("?evmcs_fexit")                                                                        \
	int name##_fexit(void *ctx UNUSED)                                                         \
	{                                                                                          \
		gate;                                                                              \
		return name##_left(ctx);                                                           \
	}                                                                                          \
	SEC("?kretprobe")                                                                          \
	int name##_kretprobe(void *ctx UNUSED)                                                     \
	{                                                                                          \
		gate;                                                                              \
		return expr_kretprobe;                                                             \
	}

#define FRAME_EXIT(name, pt, ret_type)                                                             \
	EXIT(name, GATED, frame(ctx, pt, PHASE_EXIT, 0, (ret_type)fexit_ret(ctx)),                 \
	     frame(ctx, pt, PHASE_EXIT, 0, (ret_type)((struct pt_regs *)ctx)->rax))

#define RET ((struct pt_regs *)ctx)->rax

/* int vmx_set_nested_state(vcpu, user, kvm_state) */
ENTER(set_state, PT_SET_STATE, UNGATED, set_state_enter(F(0), F(2)), set_state_enter(K(0), K(2)))
EXIT(set_state, GATED, set_state_exit((int)fexit_ret(ctx)), set_state_exit((int)RET))

/* int vmx_get_nested_state(vcpu, user, size) */
ENTER(get_state, PT_GET_STATE, UNGATED, get_state_enter(F(0)),
      get_state_kenter(K(0), K(1), (__u32)K(2)))
EXIT(get_state, UNGATED, get_state_exit(F(1), F(2), (int)fexit_ret(ctx)), get_state_kexit((int)RET))

/* bool vmx_get_nested_state_pages(vcpu) */
ENTER(state_pages, PT_STATE_PAGES, GATED, frame(ctx, PT_STATE_PAGES, PHASE_ENTER, F(0), 0),
      frame(ctx, PT_STATE_PAGES, PHASE_ENTER, K(0), 0))
FRAME_EXIT(state_pages, PT_STATE_PAGES, __u8)

/* bool nested_get_evmcs_page(vcpu) */
ENTER(evmcs_page, PT_EVMCS_PAGE, GATED, frame(ctx, PT_EVMCS_PAGE, PHASE_ENTER, F(0), 0),
      frame(ctx, PT_EVMCS_PAGE, PHASE_ENTER, K(0), 0))
FRAME_EXIT(evmcs_page, PT_EVMCS_PAGE, __u8)

/*
 * A place where it was inlined: in the middle of a function, where the registers
 * hold whatever they hold.
 */
SEC("?kprobe")
int evmcs_page_inlined_kprobe(void *ctx)
{
	GATED;
	return frame(ctx, PT_EVMCS_PAGE_INLINED, PHASE_NOTE, 0, 0);
}

/* enum nested_evmptrld_status nested_vmx_handle_enlightened_vmptrld(vcpu, from_launch) */
ENTER(evmptr_load, PT_EVMPTR_LOAD, GATED, frame(ctx, PT_EVMPTR_LOAD, PHASE_ENTER, F(0), 0),
      frame(ctx, PT_EVMPTR_LOAD, PHASE_ENTER, K(0), 0))
EXIT(evmptr_load, GATED_ENTRY, evmptr_load_exit(ctx, (int)fexit_ret(ctx)),
     evmptr_load_exit(ctx, (int)RET))

/* enum nested_evmptrld_status __nested_vmx_handle_enlightened_vmptrld(vcpu, gpa, from_launch) */
ENTER(evmptr_load_direct, PT_EVMPTR_LOAD_DIRECT, GATED,
      frame(ctx, PT_EVMPTR_LOAD_DIRECT, PHASE_ENTER, F(0), 0),
      frame(ctx, PT_EVMPTR_LOAD_DIRECT, PHASE_ENTER, K(0), 0))
FRAME_EXIT(evmptr_load_direct, PT_EVMPTR_LOAD_DIRECT, int)

/* void nested_vmx_vmexit(vcpu, reason, intr_info, qualification) */
ENTER(nested_exit, PT_NESTED_EXIT, GATED_ENTRY, nested_exit_enter(F(0), F(1), F(2), F(3)),
      nested_exit_enter(K(0), K(1), K(2), K(3)))
EXIT(nested_exit, GATED, frame(ctx, PT_NESTED_EXIT, PHASE_EXIT, 0, 0),
     frame(ctx, PT_NESTED_EXIT, PHASE_EXIT, 0, 0))

/* void nested_vmx_free_vcpu(vcpu) */
ENTER(free_vcpu, PT_FREE_VCPU, UNGATED, free_vcpu_enter(F(0)), free_vcpu_enter(K(0)))
EXIT(free_vcpu, UNGATED, free_vcpu_exit(), free_vcpu_exit())

/* void copy_shadow_to_vmcs12(vmx); a struct vcpu_vmx begins with its kvm_vcpu */
ENTER(shadow_copy, PT_SHADOW_COPY, GATED, frame(ctx, PT_SHADOW_COPY, PHASE_ENTER, F(0), 0),
      frame(ctx, PT_SHADOW_COPY, PHASE_ENTER, K(0), 0))
EXIT(shadow_copy, GATED, frame(ctx, PT_SHADOW_COPY, PHASE_EXIT, 0, 0),
     frame(ctx, PT_SHADOW_COPY, PHASE_EXIT, 0, 0))

/* int kvm_read_guest(kvm, gpa, data, len) */
ENTER(read_guest, PT_READ_GUEST, GATED, gpa_enter(ctx, PT_READ_GUEST, 0, F(0), F(1), F(3)),
      gpa_enter(ctx, PT_READ_GUEST, 0, K(0), K(1), K(3)))
FRAME_EXIT(read_guest, PT_READ_GUEST, int)

/* int kvm_read_guest_page(kvm, gfn, data, offset, len) */
ENTER(read_guest_page, PT_READ_GUEST_PAGE, GATED,
      gpa_enter(ctx, PT_READ_GUEST_PAGE, 0, F(0), PAGE_GPA(F(1), F(3)), (__u32)F(4)),
      gpa_enter(ctx, PT_READ_GUEST_PAGE, 0, K(0), PAGE_GPA(K(1), K(3)), (__u32)K(4)))
FRAME_EXIT(read_guest_page, PT_READ_GUEST_PAGE, int)

/* int kvm_vcpu_read_guest(vcpu, gpa, data, len) */
ENTER(vcpu_read_guest, PT_VCPU_READ_GUEST, GATED,
      gpa_enter(ctx, PT_VCPU_READ_GUEST, F(0), 0, F(1), F(3)),
      gpa_enter(ctx, PT_VCPU_READ_GUEST, K(0), 0, K(1), K(3)))
FRAME_EXIT(vcpu_read_guest, PT_VCPU_READ_GUEST, int)

/* int kvm_vcpu_read_guest_page(vcpu, gfn, data, offset, len) */
ENTER(vcpu_read_guest_page, PT_VCPU_READ_GUEST_PAGE, GATED,
      gpa_enter(ctx, PT_VCPU_READ_GUEST_PAGE, F(0), 0, PAGE_GPA(F(1), F(3)), (__u32)F(4)),
      gpa_enter(ctx, PT_VCPU_READ_GUEST_PAGE, K(0), 0, PAGE_GPA(K(1), K(3)), (__u32)K(4)))
FRAME_EXIT(vcpu_read_guest_page, PT_VCPU_READ_GUEST_PAGE, int)

/* int __kvm_read_guest_page(slot, gfn, data, offset, len), out of line since 6.12 */
ENTER(read_guest_leaf, PT_READ_GUEST_LEAF, GATED,
      gpa_enter(ctx, PT_READ_GUEST_LEAF, 0, 0, PAGE_GPA(F(1), F(3)), (__u32)F(4)),
      gpa_enter(ctx, PT_READ_GUEST_LEAF, 0, 0, PAGE_GPA(K(1), K(3)), (__u32)K(4)))
FRAME_EXIT(read_guest_leaf, PT_READ_GUEST_LEAF, int)

/* int kvm_vcpu_read_guest_atomic(vcpu, gpa, data, len) */
ENTER(read_guest_atomic, PT_READ_GUEST_ATOMIC, GATED,
      gpa_enter(ctx, PT_READ_GUEST_ATOMIC, F(0), 0, F(1), F(3)),
      gpa_enter(ctx, PT_READ_GUEST_ATOMIC, K(0), 0, K(1), K(3)))
FRAME_EXIT(read_guest_atomic, PT_READ_GUEST_ATOMIC, int)

/* int kvm_read_guest_offset_cached(kvm, cache, data, offset, len) */
ENTER(read_guest_cached, PT_READ_GUEST_CACHED, GATED,
      cached_enter(ctx, PT_READ_GUEST_CACHED, F(0), F(1), F(3), F(4)),
      cached_enter(ctx, PT_READ_GUEST_CACHED, K(0), K(1), K(3), K(4)))
FRAME_EXIT(read_guest_cached, PT_READ_GUEST_CACHED, int)

/*
 * int __kvm_write_guest_page(kvm, slot, gfn, data, offset, len); until 5.11,
 * 28bd726aa404 (KVM: Pass in kvm pointer into mark_page_dirty_in_slot()), without
 * kvm: then only what a vCPU's ioctl writes is known to be of a VM. The dirty ring
 * came with that series. By fentry it is always the later one.
 */
#define WRITE_HAS_KVM bpf_core_field_exists(struct kvm, dirty_ring_size)
ENTER(write_guest_page, PT_WRITE_GUEST_PAGE, GATED,
      gpa_enter(ctx, PT_WRITE_GUEST_PAGE, 0, F(0), PAGE_GPA(F(2), F(4)), (__u32)F(5)),
      WRITE_HAS_KVM
	      ? gpa_enter(ctx, PT_WRITE_GUEST_PAGE, 0, K(0), PAGE_GPA(K(2), K(4)), (__u32)K(5))
	      : gpa_enter(ctx, PT_WRITE_GUEST_PAGE, 0, 0, PAGE_GPA(K(1), K(3)), (__u32)K(4)))
FRAME_EXIT(write_guest_page, PT_WRITE_GUEST_PAGE, int)

/* int kvm_write_guest_offset_cached(kvm, cache, data, offset, len) */
ENTER(write_guest_cached, PT_WRITE_GUEST_CACHED, GATED,
      cached_enter(ctx, PT_WRITE_GUEST_CACHED, F(0), F(1), F(3), F(4)),
      cached_enter(ctx, PT_WRITE_GUEST_CACHED, K(0), K(1), K(3), K(4)))
FRAME_EXIT(write_guest_cached, PT_WRITE_GUEST_CACHED, int)

/* int kvm_vcpu_map(vcpu, gfn, map); __kvm_vcpu_map has the same first three */
ENTER(map, PT_MAP, GATED, map_enter(ctx, PT_MAP, F(0), F(1), F(2)),
      map_enter(ctx, PT_MAP, K(0), K(1), K(2)))
FRAME_EXIT(map, PT_MAP, int)

/* kvm_pfn_t hva_to_pfn(hva, ...) */
ENTER(pin, PT_PIN, GATED, pin_enter(ctx, F(0)), pin_enter(ctx, K(0)))
FRAME_EXIT(pin, PT_PIN, __s64)

/* int *_walk_addr_generic(walker, vcpu, mmu, addr, access) */
ENTER(walk_64, PT_WALK_64, GATED, walk_enter(ctx, PT_WALK_64, F(1)),
      walk_enter(ctx, PT_WALK_64, K(1)))
FRAME_EXIT(walk_64, PT_WALK_64, int)
ENTER(walk_32, PT_WALK_32, GATED, walk_enter(ctx, PT_WALK_32, F(1)),
      walk_enter(ctx, PT_WALK_32, K(1)))
FRAME_EXIT(walk_32, PT_WALK_32, int)
ENTER(walk_ept, PT_WALK_EPT, GATED, walk_enter(ctx, PT_WALK_EPT, F(1)),
      walk_enter(ctx, PT_WALK_EPT, K(1)))
FRAME_EXIT(walk_ept, PT_WALK_EPT, int)

/* int kvm_hv_set_msr_common(vcpu, msr, data, host) */
ENTER(hyperv_msr, PT_HYPERV_MSR, GATED, hyperv_msr_enter(ctx, F(0), F(1), F(2)),
      hyperv_msr_enter(ctx, K(0), K(1), K(2)))
FRAME_EXIT(hyperv_msr, PT_HYPERV_MSR, int)

/* void kvm_vcpu_unmap(vcpu, map, ...) */
ENTER(unmap, PT_UNMAP, GATED, unmap_enter(ctx, F(0), F(1)), unmap_enter(ctx, K(0), K(1)))
EXIT(unmap, GATED, frame(ctx, PT_UNMAP, PHASE_EXIT, 0, 0), frame(ctx, PT_UNMAP, PHASE_EXIT, 0, 0))

/* int __kvm_set_memory_region(kvm, mem) */
ENTER(memslot, PT_MEMSLOT, GATED, memslot_enter(F(0), F(1)), memslot_enter(K(0), K(1)))
EXIT(memslot, GATED_CHANGE, memslot_exit(PT_MEMSLOT, (int)fexit_ret(ctx)),
     memslot_exit(PT_MEMSLOT, (int)RET))

/* void kvm_arch_commit_memory_region(kvm, old, new, change); until 5.16 (kvm, mem, old, new, ...) */
ENTER(memslot_commit, PT_MEMSLOT_COMMIT, GATED, memslot_commit_args(F(0), F(1), F(2), F(3)),
      memslot_commit_args(K(0), K(1), K(2), K(3)))
EXIT(memslot_commit, GATED_CHANGE, memslot_exit(PT_MEMSLOT_COMMIT, 0),
     memslot_exit(PT_MEMSLOT_COMMIT, 0))

/*
 * Run by user space (BPF_PROG_RUN), never attached: has this vCPU run, and has L1's
 * first entry failed? Returns 1 while there is more to come of either. The vCPU may be freed at any
 * moment: what was read of it is only believed if the window that was open before is the one that
 * is closed.
 */
SEC("?raw_tp")
int poll_window(void *ctx)
{
	__u64 vcpu = *(__u64 *)ctx;

	return in_window(vcpu) | settle_entry(vcpu);
}

static long poll_one(void *map UNUSED, const struct window_name *name, void *value UNUSED,
		     __u32 *open)
{
	*open += in_window(name->vcpu) | settle_entry(name->vcpu);
	return 0;
}

/*
 * The same of all that there are, which spares three system calls for each; returns of how many
 * there is more to come. Since 5.13, 69c087ba6225 (bpf: Add bpf_for_each_map_elem() helper).
 */
SEC("?raw_tp")
int poll_windows(void *ctx UNUSED)
{
	__u32 open = 0;

	if (windows_open)
		bpf_for_each_map_elem(&open_windows, poll_one, &open, 0);
	if (entries_made)
		bpf_for_each_map_elem(&made_entries, poll_one, &open, 0);
	return (int)open;
}
