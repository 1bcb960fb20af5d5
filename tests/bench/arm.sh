#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: from exec until armed.
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

load-kvm stock || exit 1

# armed WHO COMMAND...: which starts /bin/busybox cp /proc/uptime /tmp/armed when it is
armed()
{
	who=$1
	shift
	rm -f /tmp/armed
	begun=$(now)
	"$@" >"$OUT/$who.out" 2>&1
	result "$who" arming "$(cut -d' ' -f1 /tmp/armed | awk -v a="$begun" '{ printf "%.0f", ($1 - a) * 1e9 }')"
}

at() { sed -n "s/^$1 //p" "$OUT/eager.out"; }

tell='/bin/busybox cp /proc/uptime /tmp/armed'
# shellcheck disable=SC2086
armed evmcs_trace evmcs-trace record -q -o /tmp/t.jsonl -- $tell
eager >"$OUT/eager.out"
result eager arming $(($(at attached) - $(at begin)))
result eager loading $(($(at loaded) - $(at begin)))
for peer in kprobe kfunc; do
	armed bpftrace_$peer bpftrace /peers/$peer.bt -c "$tell"
done
traced_functions | while IFS=: read -r module function; do
	echo "p:bench/$function $module:$function"
	echo "r:bench/${function}_ret $module:$function"
done >/tmp/events
# shellcheck disable=SC2086
armed perf sh -c "cat /tmp/events >$tracing/kprobe_events;
	perf record -q -a -e 'bench:*' -o /tmp/perf.data -- $tell"
