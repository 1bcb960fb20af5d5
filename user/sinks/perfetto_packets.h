/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A timeline in Perfetto's own format: tracks, slices and instants on them, and what is
 * known of each. Packets may come in any order of their times: what reads them sorts
 * them. All of them are of one sequence, whose first packet tells the clock and the
 * names of categories and arguments, which the others give by number.
 */
#ifndef PERFETTO_PACKETS_H
#define PERFETTO_PACKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/event.h"
#include "util/protobuf.h"

#define PACKET_NAME_MAX 256 /* bytes of a name; what is longer is cut */
#define PACKET_TEXT_MAX 4096 /* and of an argument */

#define PACKET_CATEGORIES(X)                                                                       \
	X(TRACE, "trace")                                                                          \
	X(LOSS, "loss")                                                                            \
	X(IOCTL, "ioctl")                                                                          \
	X(HANDLER, "handler")                                                                      \
	X(ACCESS, "access")                                                                        \
	X(UNMAP, "unmap")                                                                          \
	X(MEMSLOT, "memslot")                                                                      \
	X(NOTE, "note")                                                                            \
	X(RESTORE, "restore")                                                                      \
	X(ANOMALY, "anomaly")

enum packet_category {
#define PACKET_CATEGORY_ENUM(id, name) CAT_##id,
	PACKET_CATEGORIES(PACKET_CATEGORY_ENUM)
#undef PACKET_CATEGORY_ENUM
		PACKET_NR_CATEGORIES
};

#define PACKET_ARGS(X)                                                                             \
	X(ACCESSES, "accesses")                                                                    \
	X(ANOMALIES, "anomalies")                                                                  \
	X(BOOT_ID, "boot_id")                                                                      \
	X(CLEAN_FIELDS, "clean_fields")                                                            \
	X(COMM, "comm")                                                                            \
	X(COMMAND_STATUS, "command_status")                                                        \
	X(COUNT, "count")                                                                          \
	X(CPU, "cpu")                                                                              \
	X(END, "end")                                                                              \
	X(EVENTS, "events")                                                                        \
	X(EVMCS, "evmcs")                                                                          \
	X(EVMCS_PA, "evmcs_pa")                                                                    \
	X(EVMPTR, "evmptr")                                                                        \
	X(EVMPTR_AFTER, "evmptr_after")                                                            \
	X(EXACT, "exact")                                                                          \
	X(EXIT_QUALIFICATION, "exit_qualification")                                                \
	X(EXIT_REASON, "exit_reason")                                                              \
	X(FLAGS, "flags")                                                                          \
	X(FUNCTION, "function")                                                                    \
	X(GPA, "gpa")                                                                              \
	X(HOST, "host")                                                                            \
	X(HVA, "hva")                                                                              \
	X(ID, "id")                                                                                \
	X(INCONCLUSIVE, "inconclusive")                                                            \
	X(INTR_INFO, "intr_info")                                                                  \
	X(IOCTL, "ioctl")                                                                          \
	X(KERNEL, "kernel")                                                                        \
	X(L2, "l2")                                                                                \
	X(LEN, "len")                                                                              \
	X(LOST, "lost")                                                                            \
	X(MAP_AFTER_NS, "map_after_ns")                                                            \
	X(MODE, "mode")                                                                            \
	X(NOT_ATTACHED, "not_attached")                                                            \
	X(OLD_GPA, "old_gpa")                                                                      \
	X(OLD_SIZE, "old_size")                                                                    \
	X(PATH, "path")                                                                            \
	X(PID, "pid")                                                                              \
	X(PURPOSE, "purpose")                                                                      \
	X(REASON, "reason")                                                                        \
	X(REASONS, "reasons")                                                                      \
	X(REFUSED, "refused")                                                                      \
	X(RESET, "reset")                                                                          \
	X(RESTORE_ID, "restore_id")                                                                \
	X(RESTORES, "restores")                                                                    \
	X(RESULT, "result")                                                                        \
	X(RUN, "run")                                                                              \
	X(RUN_AFTER_NS, "run_after_ns")                                                            \
	X(SEQ, "seq")                                                                              \
	X(SET_NS, "set_ns")                                                                        \
	X(SET_RET, "set_ret")                                                                      \
	X(SEVERITY, "severity")                                                                    \
	X(SIZE, "size")                                                                            \
	X(SLOT, "slot")                                                                            \
	X(STACK, "stack")                                                                          \
	X(STATUS, "status")                                                                        \
	X(TID, "tid")                                                                              \
	X(TITLE, "title")                                                                          \
	X(TOOL, "tool")                                                                            \
	X(UNFINISHED, "unfinished")                                                                \
	X(VERDICT, "verdict")                                                                      \
	X(VMCS12_PA, "vmcs12_pa")                                                                  \
	X(VMXON_PA, "vmxon_pa")

enum packet_arg {
#define PACKET_ARG_ENUM(id, name) ARG_##id,
	PACKET_ARGS(PACKET_ARG_ENUM)
#undef PACKET_ARG_ENUM
		PACKET_NR_ARGS
};

/* TrackEvent.Type */
enum packet_type {
	PACKET_SLICE_BEGIN = 1,
	PACKET_SLICE_END = 2,
	PACKET_INSTANT = 3,
};

/* TrackDescriptor. Tracks of one parent and one name are shown as one, side by side. */
struct packet_track {
	uint64_t uuid;
	uint64_t parent; /* 0: none */
	const char *name;
	int rank; /* among those of its parent */
	uint64_t t_ns;
};

struct packet_event {
	enum packet_type type;
	uint64_t track;
	uint64_t t_ns; /* since the clock of the header */
	enum packet_category category;
	const char *name; /* NULL at the end of a slice */
};

struct packets {
	FILE *out;
	struct protobuf p;
	uint64_t mono_ns; /* CLOCK_MONOTONIC at t_ns 0 */
	size_t packet; /* what is being written: where the packet begins, */
	size_t body; /* the event in it, */
	size_t list; /* and an argument that is a list */
	int err; /* the first failure, -errno: nothing is written after it */
};

void packets_free(struct packets *k);

/* The first packet. */
void packets_begin(struct packets *k, const struct trace_header *header);
void packets_track(struct packets *k, const struct packet_track *track);

/* An event, the arguments that follow, and its end. Text of any kind will do. */
void packets_event(struct packets *k, const struct packet_event *event);
void packets_uint(struct packets *k, enum packet_arg arg, uint64_t value);
void packets_int(struct packets *k, enum packet_arg arg, int64_t value);
void packets_bool(struct packets *k, enum packet_arg arg, bool value);
void packets_text(struct packets *k, enum packet_arg arg, const char *text);
/* One below the other. */
void packets_lines(struct packets *k, enum packet_arg arg, const char *const *lines, int nr);
/* Is shown in hex. */
void packets_address(struct packets *k, enum packet_arg arg, uint64_t value);
void packets_list(struct packets *k, enum packet_arg arg);
void packets_list_item(struct packets *k, const char *text);
void packets_list_end(struct packets *k);
void packets_end(struct packets *k);

/* What is still in a buffer; returns the first failure. */
int packets_flush(struct packets *k);

#endif
