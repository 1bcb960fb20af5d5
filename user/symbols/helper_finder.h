/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A finder in a process of its own: whoever has a ring to empty does not wait for it
 * longer than he wants to, and a file that it stumbles over does him no harm.
 */
#ifndef HELPER_FINDER_H
#define HELPER_FINDER_H

#include "symbols/stack_lines.h"

struct helper_options {
	int patience_ms; /* how long an answer is waited for; then it is -EAGAIN */
	void (*enter)(void); /* what its process does first, as giving up privileges; or NULL */
};

/*
 * Takes the finder behind over, also where it returns NULL; NULL for NULL. The process is
 * started when something is first asked, and has no descriptors but standard ones and the
 * finder's.
 */
struct line_finder *helper_finder_new(struct line_finder *behind,
				      const struct helper_options *options);

#endif
