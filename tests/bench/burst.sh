#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: more and more vCPUs of one VM restored back to back, with and without the
# tracer: is anything lost, what does each restore cost, how large does the tracer get? And one
# restore with more and more events in it, as fast as they come.
# burst.sh VCPUS...
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

# spread WHO VCPUS: from SET to the end of the first KVM_RUN, the median and the mean
spread()
{
	evmcs-restore --timeout 1200 --vcpus "$2" --rounds 1 --stop-after run --json | tr '{' '\n' |
		sed -n 's/.*"set_to_run_ns":\([0-9]*\).*/\1/p' | sort -n >/tmp/times
	result "$1" "burst_$2" "$(sed -n "$(($2 / 2 + 1))p" /tmp/times)"
	result "$1" "burst_mean_$2" "$(awk '{ n += $1 } END { printf "%.0f", n / NR }' /tmp/times)"
}

# of the trace that the last one wrote
lost()
{
	tail -n 1 /tmp/bench.jsonl | tr ',' '\n' |
		sed -n 's/.*"lost":\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}

# traced WHAT COMMAND...: with a tracer of its own; its peak, and what it lost
traced()
{
	what=$1
	shift
	arm_evmcs_trace || exit 1
	"$@"
	sleep 1
	result evmcs_trace "${what}_peak" "$(awk '/^VmHWM/ { print $2 }' "/proc/$who_pid/status")"
	disarm_evmcs_trace
	result evmcs_trace "${what}_lost" "$(lost)"
	result evmcs_trace "${what}_restores" "$(grep -c '"type":"restore"' /tmp/bench.jsonl)"
	tail -n 1 "$OUT/evmcs_trace.err" >"$OUT/$what.verdict"
}

# Events of one window: how many, and in how many seconds.
rate()
{
	sed -n '/"type":"event"/s/.*"t_ns":\([0-9]*\).*/\1/p' /tmp/bench.jsonl |
		awk 'NR == 1 { a = $1 } { b = $1 } END { printf "%.0f\n", NR * 1e9 / (b - a) }'
}

load-kvm stock || exit 1
for n in "$@"; do
	spread nothing "$n"
	traced "burst_$n" spread evmcs_trace "$n"
done
for n in 1000 10000 100000; do
	traced "stream_$n" evmcs-restore --timeout 1200 --rounds 1 --repeat-msr "$n" --stop-after run
	result evmcs_trace "stream_${n}_events" "$(grep -c '"type":"event"' /tmp/bench.jsonl)"
	result evmcs_trace "stream_${n}_rate" "$(rate)"
done
