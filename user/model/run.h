/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A run is one stream of events, in however many files. Its name, and with the
 * number of a restore that of the restore, is unique over hosts and boots.
 */
#ifndef RUN_H
#define RUN_H

#include "model/event.h"

/* "RUN-N", N of 20 digits at most */
#define RESTORE_ID_LEN (TRACE_RUN_LEN + 21)

/* Where header has none: of its boot id and of when its clock began. */
void header_name_run(struct trace_header *header);

/* "1f2e3d4c-5a6b7c8d9e": the only form that header_name_run() gives. */
bool run_is_valid(const char *run);

void restore_id(char out[RESTORE_ID_LEN], const struct trace_header *header, uint64_t restore);

/* Takes a restore's id apart. False: it is none. */
bool restore_id_parse(const char *id, char run[TRACE_RUN_LEN], uint64_t *restore);

#endif
