/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a scenario does to a restore to have KVM show a certain anomaly. Each does nothing unless
 * its option was given. Errors as in vmm.h.
 */
#ifndef PROVOKE_H
#define PROVOKE_H

#include "scenario.h"

/* The saved state, before anything is restored from it: what is set, and what is left out. */
int provoke_edit_state(struct worker *w);
/* The source leaves L2 for L1, which does not run any more; saved once more. */
int provoke_exit_before_save(struct worker *w);
/*
 * The memory of the source, which the fresh VM gets its contents from, however and whenever it
 * gets them.
 */
void provoke_damage_memory(struct worker *w);
/* KVM_SET_NESTED_STATE; 0 when it ends as --expect-set-error says. */
int provoke_set_nested(struct worker *w);
/* Before it those of --refused-sets. */
int provoke_refused_sets(struct worker *w);
/* The process stops; a timeout goes on. */
int provoke_pause(struct worker *w);
/* An ioctl that makes KVM leave nested mode. */
int provoke_leave(struct worker *w);
/* Many ioctls that a probe looks at, in the window. */
int provoke_repeat_msr(struct worker *w);
/* For the whole VM: the leader's, while the others wait. */
int provoke_move_memslot(struct scenario *s);
/* The KVM_RUNs of --stop-after; what they gave goes to times. */
int provoke_runs(struct worker *w, struct round_times *times);
/* The leader's: the fresh VM with its vCPUs goes, without having gone on. */
int provoke_drop(struct scenario *s);

#endif /* PROVOKE_H */
