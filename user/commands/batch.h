/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* record --batch: attached once, a trace for each of several commands. */
#ifndef BATCH_H
#define BATCH_H

#include "commands/live.h"

/*
 * list: a file of lines NAME [--forbid=POINT]... COMMAND, empty ones and # comments aside; - is
 * standard input. COMMAND is the shell's. The traces are folder/NAME.jsonl.
 * Returns the worst status of all.
 */
int record_batch(const struct live_options *options, const char *list, const char *folder);

#endif
