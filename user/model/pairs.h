/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A migration's two halves: which save is the other end of a restore, in one
 * trace or in several. Pure, as the model is, whose saves and restores it is
 * told. Halves belong together by the name of their VM and by vcpu_id; VMs
 * without a name only within one process.
 */
#ifndef PAIRS_H
#define PAIRS_H

#include "model/event.h"
#include "model/restore.h"
#include "model/save.h"

/* What must arrive as it was saved. */
#define PAIR_FIELDS(X)                                                                             \
	X(FLAGS, "flags")                                                                          \
	X(FORMAT, "format")                                                                        \
	X(SIZE, "size")                                                                            \
	X(VMXON_PA, "vmxon_pa")                                                                    \
	X(VMCS12_PA, "vmcs12_pa")                                                                  \
	X(SMM_FLAGS, "smm_flags")                                                                  \
	X(EVMCS_PA, "evmcs_pa")                                                                    \
	X(EVMCS, "evmcs") /* held by KVM when saved, mapped by KVM when restored */

enum pair_field {
#define PAIR_FIELD_ENUM(id, name) PAIR_##id,
	PAIR_FIELDS(PAIR_FIELD_ENUM)
#undef PAIR_FIELD_ENUM
		PAIR_FIELD_COUNT
};

/* Columns: enumerator, name, verdict where both halves must be there, in words. */
#define PAIR_RESULTS(X)                                                                            \
	X(SAME, "same", PASS, "restored as it was saved")                                          \
	X(DIFFERS, "differs", FAIL, "not restored as it was saved")                                \
	X(UNSURE, "unsure", INCONCLUSIVE,                                                          \
	  "not restored as it was saved, or of another save: clocks of hosts do not tell")         \
	X(UNKNOWN, "unknown", INCONCLUSIVE, "restored; what was saved is not known")               \
	X(REFUSED, "refused", INCONCLUSIVE, "saved; KVM refused to restore it")                    \
	X(NOT_SAVED, "not-saved", INCONCLUSIVE, "restored; not saved in these traces")             \
	X(NOT_RESTORED, "not-restored", INCONCLUSIVE, "saved; not restored in these traces")       \
	X(TOO_MANY, "too-many", INCONCLUSIVE,                                                      \
	  "one of more than 500 saves or restores of this vCPU: give traces of less time")

enum pair_result {
#define PAIR_RESULT_ENUM(id, name, verdict, text) RESULT_##id,
	PAIR_RESULTS(PAIR_RESULT_ENUM)
#undef PAIR_RESULT_ENUM
		RESULT_COUNT
};

struct group;

/* A VMM process and its VM, in one trace or several of one host. */
struct pair_vm {
	char *name; /* NULL: not named */
	char *comm;
	uint32_t pid;
	struct pair_trace *trace; /* the first one */
	uint32_t vm; /* its number there */
	/* scratch: the group that it was last met in, and when VMX was off there */
	const struct group *group;
	uint64_t ends_ns;
};

struct pair_trace {
	char *label;
	char boot_id[40];
	const struct pair_trace *host; /* the first one of the same */
	uint64_t wall_ns; /* at the t_ns 0 of this trace, by the host's first trace */
	uint64_t mono_ns;
	uint64_t own_wall_ns; /* as its header has it */
	bool again; /* given before: counts once */
	char gap[160]; /* why halves may be missing in it; empty: they are not */
	struct pair_trace *next; /* in the order in which they were given */
};

/* A save or a restore. */
struct half {
	const struct pair_trace *trace;
	struct pair_vm *vm;
	struct group *group;
	uint64_t id; /* number of the save or restore in its trace */
	int32_t vcpu;
	uint64_t wall_ns;
	bool l2;
	unsigned int known; /* bits of enum pair_field */
	uint64_t field[PAIR_FIELD_COUNT];
	/* of a save */
	enum exit_owed exit_owed;
	uint64_t of_restore; /* whose vCPU had not run when it was saved; 0: it had */
	bool off; /* VMX was: it only ends what was saved before it */
	bool looked; /* at a restore that ran later: what is not its VM's any more */
	bool last; /* of this vCPU in this process */
	uint64_t ends_ns; /* when VMX was first seen off after it */
	bool paired;
	bool consumed; /* certainly by the restore that it is matched with */
	bool visited;
	struct half *match; /* in another process: none has two */
	/* of a restore */
	int64_t ret;
	bool ran;
	bool done; /* matched, as far as it can be */
	bool sure; /* nothing else could have been its partner */
	struct half *partner;
	const struct half *before[2]; /* last restores on this host, in different processes */
	const struct half *near; /* the save of this host that it must be, if of this host */
};

struct pair {
	const struct half *save; /* NULL: RESULT_NOT_SAVED */
	const struct half *restore; /* NULL: RESULT_NOT_RESTORED */
	enum pair_result result;
	unsigned int differing; /* bits of enum pair_field */
	bool snapshot; /* saved and restored by the same process */
};

struct pairs;

/* complete: both halves of each migration must be there, and be the same. */
struct pairs *pairs_new(bool complete);
void pairs_free(struct pairs *pairs);

/*
 * What follows is of this trace; header NULL: it could not be read. Where memory
 * ran out in any of these, pairs_finish() says so.
 */
void pairs_trace(struct pairs *pairs, const char *label, const struct trace_header *header);
/* The last of them could not be read to its end. */
void pairs_unreadable(struct pairs *pairs);
void pairs_save(struct pairs *pairs, const struct save *save);
/* What the model says of the whole trace: were there losses, is its end missing? */
void pairs_verdict(struct pairs *pairs, const struct verdict *verdict);
void pairs_restore(struct pairs *pairs, const struct restore *restore);

/* Each restore of a nested state, and each save that was the last and is restored nowhere. */
struct pair_list {
	struct pair *pair; /* by time */
	size_t nr;
	const struct pair_trace *traces;
	bool complete;
	enum verdict_kind verdict; /* where it must be complete */
};

/* Valid until pairs_free(), NULL on -ENOMEM. Call once. */
const struct pair_list *pairs_finish(struct pairs *pairs);

/* Why halves may have gone unseen in this trace, or NULL. */
const char *pair_trace_gap(const struct pair_trace *trace);

bool same_host(const struct half *a, const struct half *b);
const char *pair_field_name(enum pair_field field);
const char *pair_result_name(enum pair_result result);
const char *pair_result_text(enum pair_result result);
enum verdict_kind pair_result_verdict(enum pair_result result);

#endif
