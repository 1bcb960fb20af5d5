/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Event streams that read like the story they tell. Sequence numbers, times,
 * the state of the vCPU and the footer's counts are kept by the builder; what
 * a test wants to be odd it sets itself, after the call.
 */
#ifndef BUILDER_H
#define BUILDER_H

#include <stdio.h>

#include "model/model.h"
#include "pipeline.h"

#define EVMCS_GPA 0x5000
#define OTHER_GPA 0x6000
#define ASSIST_GPA 0x4000
#define BITMAP_GPA 0x7000
#define NATIVE_VMPTR 0x8000

#define STREAM_MAX_ACTORS 4

/* A vCPU and the one task that works on it. */
struct actor {
	uint32_t vm;
	int32_t vcpu;
	uint32_t pid;
	uint32_t tid;
	uint32_t ioctl;
	uint32_t flags; /* enum record_flags, of every event */
	uint64_t exits;
	uint64_t evmptr;
	uint64_t vmptr;
	uint32_t exit_reason;
	uint64_t window; /* the kernel's name for the latest SET of the vCPU */
	bool in_flight; /* a restore that has not run */
	struct record_nested nested; /* what SET is given next */
};

struct step {
	enum item_type type;
	struct event event;
	struct vm_fact vm;
	struct loss_fact loss;
	struct trace_footer footer;
	struct trace_cut cut;
};

/* What came out: copies; the accesses of a restore are in json only. */
struct outcome {
	struct outcome *next;
	int err; /* of the source or of a sink */
	struct verdict verdict;
	struct restore *restores; /* in the order in which they ended */
	int nr;
	struct save *saves; /* likewise, without names */
	int nr_saves;
	char *json; /* every anomaly, restore and save, the verdict */
	size_t json_len;
	FILE *out;
	struct trace_header header;
};

struct stream {
	struct trace_header header;
	bool no_header;
	struct step *steps;
	int nr;
	int room;
	uint64_t seq;
	uint64_t t_ns;
	struct actor actors[STREAM_MAX_ACTORS];
	int nr_actors;
	struct actor *a; /* who acts now: VM 1, vCPU 0 unless told */
	struct outcome *outcomes; /* freed with the stream */
};

struct stream *stream_new(void);
void stream_free(struct stream *s);

/* cmocka fixtures: *state is a fresh stream. */
int stream_setup(void **state);
int stream_teardown(void **state);

/* The last event that was added. */
struct event *last(struct stream *s);

/* ---- who, and in which ioctl ---- */

void on(struct stream *s, uint32_t vm, int32_t vcpu);
void in_ioctl(struct stream *s, unsigned long cmd);
void name_vm(struct stream *s, const char *name);

/* ---- events ---- */

void enter(struct stream *s, enum evmcs_point point);
void leave(struct stream *s, enum evmcs_point point, int64_t ret);

/* KVM_SET_NESTED_STATE; set_leave() with 0 makes the state pending. */
void set_enter(struct stream *s, unsigned int flags);
void set_leave(struct stream *s, int64_t ret);
void set(struct stream *s, unsigned int flags);
/* KVM_GET_NESTED_STATE, which finds what SET was given and these flags. */
void save(struct stream *s, unsigned int flags);
/* The SET that ends VMX operation. */
void leave_vmx_enter(struct stream *s);

/* An access that begins, and one that also ends well. */
void reach(struct stream *s, enum evmcs_point point, unsigned int purpose, uint64_t gpa);
void touch(struct stream *s, enum evmcs_point point, unsigned int purpose, uint64_t gpa);

void nested_exit_enter(struct stream *s, uint32_t reason);
/* evmptr-load as KVM does it: assist page read, page mapped (and pinned). */
void load_evmcs(struct stream *s, uint64_t gpa);
/* evmptr-load that reaches nothing and gives this answer. */
void load_fails(struct stream *s, enum evmptrld_status status);
/* The request served in KVM_RUN, as far as the first entry. */
void pages_enter(struct stream *s);
void pages_leave(struct stream *s, int64_t ret);
void run_deferred(struct stream *s);
void ran(struct stream *s);
/* L1 enters L2 for the first time since the restore, with these clean fields; */
void first_entry(struct stream *s, enum evmptrld_status status, uint32_t clean_fields);
/* the next exit is this one; */
void first_exit(struct stream *s, uint32_t reason);
/* or there was none: KVM refused the entry. */
void entry_refused(struct stream *s);
void memslot(struct stream *s, uint32_t slot, uint64_t gpa, uint64_t size);
/* A change of a slot, as it took effect. */
void memslot_commit(struct stream *s, const struct record_memslot *change);
/* The page of the eVMCS is given back. */
void unmap_evmcs(struct stream *s);
/* evmptr-load that maps the page and finds no eVMCS in it. */
void load_is_not_accepted(struct stream *s, uint64_t gpa);
void free_vcpu(struct stream *s);

void loss(struct stream *s, uint64_t count);
void loss_of(struct stream *s, enum loss_stage stage, uint64_t count);
/* What a handler noticed at a place that is no function. */
void note(struct stream *s, enum evmcs_point point);
/* As if the point had not been attached: the header says so, its events are not there. */
void blind_to(struct stream *s, enum evmcs_point point);
/* The header says of the point that it was attached, so. */
void attach(struct stream *s, enum evmcs_point point, const char *flavour);
/* Counts that add up, since the last cut; tests may spoil them. */
struct trace_footer *footer(struct stream *s);
/* Files are cut here. */
struct trace_cut *cut(struct stream *s);

/* Takes a step of another stream over, renumbered. */
void take_step(struct stream *s, const struct step *step);

/* ---- what becomes of it ---- */

/* Through a model with hooks, nothing else. */
const struct outcome *judge(struct stream *s);
const struct outcome *judge_at(struct stream *s, enum severity fail_on);

/* Through the pipeline, with the trace sink writing to a copy of fd. */
const struct outcome *record(struct stream *s, int fd);

/* A trace file, by the source of the program. */
const struct outcome *check_file(struct stream *s, const char *path, enum severity fail_on);

/* All items in order; stops where fn gives an error and returns it. */
int stream_feed(const struct stream *s, int (*fn)(void *ctx, const struct trace_item *item),
		void *ctx);

const struct anomaly *find_anomaly(const struct outcome *o, const char *id);
bool has_reason(const struct outcome *o, const char *part);

/* What must not depend on times, numbers and neighbours, of one VM (0: all). */
char *digest(const struct outcome *o, uint32_t vm);

/* ---- small things that tests of files need ---- */

/* An anonymous file and the path by which it can be opened again. */
int temp_file(char path[32]);
/* All of it, from its start; NUL after it. */
char *slurp(int fd, size_t *len);
/* What the program says on stderr meanwhile is what stderr_on() returns. */
void stderr_off(void);
char *stderr_on(void);
/* For teardown: where a test failed in between, what was said is shown. */
void stderr_restore(void);

/* splitmix64: the same numbers on every host. */
struct rng {
	uint64_t state;
};
uint64_t rng_next(struct rng *r);
unsigned int rng_below(struct rng *r, unsigned int n);

/* How often a part is in what was written. */
int count_of(const char *text, const char *part);

#endif
