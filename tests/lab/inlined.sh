#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# In the lab: nested_get_evmcs_page probed where the compiler put it, by the
# debug information of the module; and where it is a function of its own.
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
