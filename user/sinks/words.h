/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What several reports for people have in common. */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

#include "expect/values.h"
#include "model/restore.h"
#include "trace/format.h"

/* What catches the eye: by enum verdict_kind and enum severity. */
extern const char *const verdict_words[VERDICT_COUNT];
extern const char *const severity_words[SEVERITY_COUNT];

/* "" or "s" */
const char *plural(uint64_t n);

#define DURATION_LEN 24

/* "1.50 ms" */
const char *duration(char out[DURATION_LEN], uint64_t ns);

/* hh:mm:ss.uuuuuu */
const char *clock_time(char out[TIMESTAMP_LEN], const struct trace_header *header, uint64_t t_ns);

/*
 * A VMM's name for its VM may hold anything: keep it off the terminal. Valid until
 * the next call.
 */
const char *printable(const char *s);

/*
 * The same of a file, as a command's argument: quoted where a shell would take it for something
 * else. Valid until the next call.
 */
const char *shell_word(const char *path);

/* Of a command: its name, or that it has none, or that there is none. */
#define IOCTL_TEXT_LEN 32
const char *ioctl_text(char out[IOCTL_TEXT_LEN], uint32_t cmd);

/* "guest address 0x1002000 (evmcs, 4096 bytes) mapped by kvm_vcpu_map in KVM_RUN, ..." */
#define ACCESS_TEXT_LEN 320
const char *access_text(char out[ACCESS_TEXT_LEN], const struct access *access);

/*
 * What else proves the same: "by 2 more accesses, one of them of guest address ..."; NULL: nothing.
 */
const char *more_text(char out[ACCESS_TEXT_LEN], const struct restore *restore,
		      const struct anomaly *anomaly);

/* "1 at 0x100000, 0x1000 bytes" or "1 goes away" */
#define MEMSLOT_TEXT_LEN 80
const char *memslot_text(char out[MEMSLOT_TEXT_LEN], uint32_t slot, uint64_t gpa, uint64_t size);

/* Wherever one is shown: "enter map evmcs at 0x1002000, 4096 bytes", "exit  map = 0", "enter
 * memslot 1 goes away" */
#define EVENT_TEXT_LEN 128
const char *event_text(char out[EVENT_TEXT_LEN], const struct seen_event *event);
/* "vm2/vcpu0 tid 117 in KVM_SET_NESTED_STATE" */
#define PLACE_TEXT_LEN 96
const char *place_text(char out[PLACE_TEXT_LEN], const struct seen_event *event);

/*
 * What of a restore took how long, each a field: "set 1.50 ms", "run +40.10 ms", "map +1.20 ms",
 * and how it ended where they do not tell.
 */
#define TIMES_MAX 5
#define TIMES_TEXT_LEN 96
int times_text(char out[TIMES_MAX][TIMES_TEXT_LEN], const struct restore *restore);

/* What a trace comes to, in a sentence: the answer that the verdict's word begins. */
#define ANSWER_TEXT_LEN 200
const char *answer_text(char out[ANSWER_TEXT_LEN], const struct verdict *verdict);

/* What told that L1's first nested entry failed, or that it will. */
#define ENTRY_TEXT_LEN 128
const char *entry_text(char out[ENTRY_TEXT_LEN], const struct first_entry *entry);

#endif
