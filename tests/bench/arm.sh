#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: from exec until armed; and loading and attaching everything. How long the
# peers need is part of idle.sh.
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

load-kvm stock || exit 1

begun=$(now)
evmcs-trace record -q -o /tmp/t.jsonl -- /bin/busybox cp /proc/uptime /tmp/armed >"$OUT/armed.out" 2>&1
result evmcs_trace arming \
	"$(cut -d' ' -f1 /tmp/armed | awk -v a="$begun" '{ printf "%.0f", ($1 - a) * 1e9 }')"

at() { sed -n "s/^$1 //p" "$OUT/eager.out"; }
eager >"$OUT/eager.out"
result eager arming $(($(at attached) - $(at begin)))
result eager loading $(($(at loaded) - $(at begin)))
