/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the model concludes: restores, their anomalies, the verdict. */
#ifndef RESTORE_H
#define RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evmcs_trace/paths.h"
#include "model/event.h"
#include "model/stack.h"

/* More than this of one restore is counted, not kept. */
#define RESTORE_MAX_ACCESSES 128
#define RESTORE_MAX_MEMSLOTS 64
#define RESTORE_MAX_ANOMALIES 32

/* One access to guest memory: the outermost accessor, from entry to exit. */
struct access {
	enum evmcs_point point;
	unsigned int purpose; /* enum evmcs_purpose */
	uint64_t gpa; /* GPA_UNKNOWN where the accessor does not know it */
	uint64_t len; /* bytes */
	uint64_t hva; /* pin only */
	uint64_t t_ns;
	uint64_t duration_ns;
	int64_t ret;
	bool done; /* it returned; else it was still blocked */
	bool touched; /* done and guest memory was reached */
	bool before_run; /* not in a KVM_RUN */
	bool asked_for; /* by the ioctl itself, as userspace asked: KVM_SET_MSRS of a page's MSR */
	uint32_t ioctl;
	uint64_t seq; /* of the entry event */
	const char *function; /* as probed */
	struct kernel_stack *stack; /* at its entry; NULL: none was taken */
};

struct memslot_change {
	uint64_t t_ns;
	uint64_t seq;
	struct record_memslot slot;
};

/* What the vCPU's VMCS was at an event. */
struct vmcs_state {
	bool known;
	bool l2;
	bool vmx_off; /* known to be out of VMX operation */
	uint64_t evmptr;
	uint64_t vmptr;
};

/* L1's first nested entry after it was restored with an eVMCS, while L2 was not active. */
struct first_entry {
	bool seen;
	bool clean_known;
	uint32_t clean_fields; /* what KVM takes for unchanged since the last entry */
	int status; /* enum evmptrld_status */
	uint64_t t_ns;
	uint64_t seq;
	uint64_t exits; /* of the vCPU, at the entry */
	bool left; /* L2 has exited, or is known to have run */
	bool failed; /* no instruction of L2 ran: its state was not valid */
};

struct anomaly_class;

struct anomaly {
	const struct anomaly_class *cls;
	enum severity severity;
	uint64_t t_ns;
	uint64_t seq; /* the event that proves it */
	int access; /* index into accesses, -1: none */
	int map; /* likewise: of the eVMCS, where that is one of more; -1: none */
	unsigned int more; /* accesses of the same class and severity */
	bool of_entry; /* the restore's first_entry is the evidence */
	struct kernel_stack *stack; /* of that event itself, NULL: none; see anomaly_stack() */
};

/* Why nothing certain can be said of a restore or of a trace. */
#define INCONCLUSIVE_REASONS(X)                                                                    \
	X(LOST, "records were lost while it was in flight")                                        \
	X(UNTRACKED, "the kernel had no room to keep track of it")                                 \
	X(UNPAIRED, "an entry or exit event is missing")                                           \
	X(NO_RUN_SEEN, "the trace ended before the vCPU entered the guest")                        \
	X(BLIND, "a probe that the verdict needs was not attached")                                \
	X(NO_STATE, "the state of the vCPU could not be read on this kernel")                      \
	X(TOO_MANY, "it had more accesses than are looked at")                                     \
	X(DIFFERS, "its eVMCS was not mapped where that was derived to be: a bug of evmcs-trace")  \
	X(GOES_ON, "what became of it is in the next file of the trace")

enum inconclusive_reason {
#define INCONCLUSIVE_ENUM(id, text) WHY_##id,
	INCONCLUSIVE_REASONS(INCONCLUSIVE_ENUM)
#undef INCONCLUSIVE_ENUM
		WHY_COUNT
};

const char *inconclusive_text(enum inconclusive_reason why);

struct restore {
	uint64_t id; /* from 1, in the order of the SETs */
	uint64_t window; /* the kernel side's name for it */
	uint32_t vm;
	int32_t vcpu;
	uint32_t pid;
	uint32_t tid;
	char comm[RECORD_COMM_LEN];
	const char *vm_name; /* NULL: not named */

	struct record_nested header;
	bool has_evmcs_pa;
	bool wants_evmcs;
	bool l2; /* the state is of a running L2 */

	uint64_t t_set_ns;
	uint64_t set_duration_ns;
	bool set_done;
	int64_t set_ret;

	uint64_t evmptr_before; /* at the entry of SET */
	uint64_t evmptr_after; /* at its exit */
	uint64_t evmptr_end; /* when the window closed */

	enum restore_path path;
	enum restore_end end;
	/*
	 * Id of the restore whose SET ended this one, or, where the trace ended inside of that SET
	 * (END_OPEN), was about to; 0: none. What reached memory since is counted there.
	 */
	uint64_t superseded_by;
	uint64_t t_superseded_ns; /* that SET began */
	bool mapped;
	uint64_t mapped_gpa; /* GPA_UNKNOWN: not mapped, or map not seen */
	uint64_t t_map_ns;

	/* the eVMCS page: mapped by KVM and not given back, whatever for */
	bool map_held;
	uint64_t held_gpa;
	bool map_leaked; /* so after the load that mapped it has failed */
	uint64_t leaked_gpa; /* the last of those */
	uint64_t load_seq; /* exits of evmptr-load: the last one, */
	uint64_t loaded_seq; /* and the last one that succeeded; 0: none */
	bool pages_failed; /* state-pages has failed */
	bool failure_seen; /* what KVM_RUN said after that was looked at */
	bool pages_done; /* state-pages succeeded, the last time it was called */
	struct vmcs_state last_state; /* at the vCPU's last event before it ran */

	struct first_entry first_entry;

	bool run_seen;
	bool run_exact; /* t_run_ns is the KVM_RUN itself, not a later sign */
	uint64_t t_run_ns;

	bool vmx_was_off; /* at the entry of SET, and known to be */
	bool reset; /* out of VMX operation before and after: a VMM's reset, no restore */
	bool left_by_set; /* this SET has thrown away what was there before */
	uint64_t losses_before; /* how often the model was told of any when it began */
	unsigned int why; /* bits of enum inconclusive_reason */
	enum verdict_kind verdict;

	uint64_t exits; /* of the vCPU at the entry of SET */
	bool has_exits;
	uint64_t first_seq;
	uint64_t last_seq;

	struct access *accesses[RESTORE_MAX_ACCESSES];
	int nr_accesses;
	uint64_t accesses_dropped;
	struct memslot_change memslots[RESTORE_MAX_MEMSLOTS];
	int nr_memslots;
	uint64_t memslots_dropped;
	struct anomaly anomalies[RESTORE_MAX_ANOMALIES];
	int nr_anomalies;
};

/* Before another SET: what comes later is that one's. */
static inline bool restore_has_at(const struct restore *r, uint64_t t_ns)
{
	return !r->superseded_by || t_ns < r->t_superseded_ns;
}

/* Its eVMCS, in its own time: not by the nested exit that another SET came with. */
static inline bool restore_is_mapped(const struct restore *r)
{
	return r->mapped && restore_has_at(r, r->t_map_ns);
}

#define VERDICT_MAX_REASONS 12

/* Why a trace as a whole cannot be sure of what it shows. */
enum doubt {
	DOUBT_CUT, /* no footer */
	DOUBT_COUNTS, /* of the footer: they contradict the trace */
	DOUBT_MISSED, /* the kernel skipped probe hits */
	DOUBT_UNTRACKED, /* the kernel had no room to keep track of a restore */
	DOUBT_COMMAND, /* the traced command failed */
	DOUBT_BLIND, /* a needed probe was not attached */
	DOUBT_OUTPUT, /* the trace could not be written */
	DOUBT_LOST, /* records */
	DOUBT_UNPAIRED, /* entries or exits, outside of any restore */
	DOUBT_SILENT, /* the kernel ceased to run the probes */
	DOUBT_DETACHED, /* there were none for a while */
	DOUBT_DIFFERS, /* derived places are not those that were probed */
	DOUBT_NO_RESTORE, /* none was seen */
	DOUBT_RESTORES, /* some are inconclusive themselves */
	DOUBT_COUNT
};

/* The verdict of a whole trace or run. */
struct verdict {
	enum verdict_kind kind;
	uint64_t restores;
	uint64_t by_verdict[VERDICT_COUNT];
	uint64_t by_path[PATH_COUNT];
	uint64_t resets; /* not among the restores */
	uint64_t anomalies[SEVERITY_COUNT];
	uint64_t classes[SEVERITY_COUNT]; /* those, bits by place in anomaly_classes[] */
	uint64_t accesses_in_set; /* guest memory reached inside SET */
	uint64_t accesses_before_run; /* reached before KVM_RUN, SET included */
	uint64_t saves; /* KVM_GET_NESTED_STATE that succeeded */
	uint64_t nested_saves; /* those with VMX on: each was told */
	uint64_t lost;
	uint64_t events;
	/* Calls of nested_get_evmcs_page, derived from the frames around, that were
	 * also probed where they are; and those of them where the two differ. */
	uint64_t compared;
	uint64_t differing;
	unsigned int doubts; /* bits of enum doubt, also where reasons is full */
	int nr_reasons;
	char reasons[VERDICT_MAX_REASONS][160]; /* why inconclusive */
	enum doubt reason_doubt[VERDICT_MAX_REASONS]; /* which doubt each is of */
};

#endif
