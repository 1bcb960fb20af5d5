#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# In the lab, with preempt=full: a program that is preempted is not run again on
# that CPU for another task; the kernel counts that, and so the trace does.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

load-kvm stock || exit 1
mkdir -p /sys/kernel/debug
mount -t debugfs none /sys/kernel/debug
cat /sys/kernel/debug/sched/preempt >"$OUT/preempt"
record missed sh -c 'evmcs-restore --rounds 1 --repeat-msr 3000 --stop-after set &
	evmcs-restore --rounds 1 --repeat-msr 3000 --stop-after set; wait'
