#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# In the lab: nested_get_evmcs_page probed where the compiler put it, by the
# debug information of the module; and where it is a function of its own. Then
# the source lines of an anomaly's stack, as it comes and of the trace.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

both_ways()
{
	echo "$1-deferred evmcs-restore --rounds 2"
	echo "$1-forced evmcs-restore --rounds 1 --forced-exit=mp-state"
}

load-kvm rebuilt || exit 1
both_ways rebuilt >/tmp/batch
run rebuilt evmcs-trace record -v --debug-info /debug/rebuilt --batch /tmp/batch -o "$OUT"
run wrong-build evmcs-trace record -v --debug-info /debug/outline -o "$OUT/wrong-build.jsonl" -- \
	evmcs-restore --rounds 1
load-kvm outline-evmcs-page || exit 1
both_ways outline >/tmp/batch
run outline evmcs-trace record -v --debug-info /debug/outline --batch /tmp/batch -o "$OUT"
load-kvm direct-map || exit 1
# their owner's alone, as a user's files are: they are opened before privileges are given up
chmod 700 /debug/direct
chown -R 1000 /debug/direct
# what is asked for when the command ends is told then, if it is known by then: the helper has
# answered all when it has nothing to do for a second
# shellcheck disable=SC2016 # for the inner shell
run direct evmcs-trace record -v --debug-info /debug/direct -o "$OUT/direct.jsonl" -- \
	sh -c 'sleeps() {
			for i in 1 2 3 4 5 6 7 8 9 10; do
				grep -q "^State:.S" /proc/$1/status || return 1
				sleep 0.1
			done
		}
		evmcs-restore --rounds 3
		until helper=$(pidof evmcs-lines) || [ $((n += 1)) -gt 300 ]; do sleep 0.1; done
		until sleeps $helper || [ $((n += 1)) -gt 600 ]; do :; done
		cat /proc/$helper/status >$OUT/direct.helper
		ls -l /proc/$helper/fd >$OUT/direct.fds'
run direct-check sh -c "time evmcs-trace check --debug-info /debug/direct $OUT/direct.jsonl"
