#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: more and more vCPUs of one VM restored back to back, with and without the
# tracer: is anything lost, what does each restore cost, how large does the tracer get? And one
# restore with more and more events in it, as fast as they come. One tracer, armed once, takes a
# trace of each.
# burst.sh VCPUS...
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

# spread WHO VCPUS: from SET to the end of the first KVM_RUN, the median, the mean and the last
spread()
{
	evmcs-restore --timeout 1200 --vcpus "$2" --rounds 1 --stop-after run --json | tr '{' '\n' |
		sed -n 's/.*"set_to_run_ns":\([0-9]*\).*/\1/p' | sort -n >/tmp/times
	result "$1" "burst_$2" "$(sed -n "$(($2 / 2 + 1))p" /tmp/times)"
	result "$1" "burst_mean_$2" "$(awk '{ n += $1 } END { printf "%.0f", n / NR }' /tmp/times)"
	result "$1" "burst_last_$2" "$(tail -n 1 /tmp/times)"
}

# peak WHAT COMMAND...: what was resident of the tracer meanwhile, at most
peak()
{
	what=$1
	shift
	echo 5 >"/proc/$(cat /tmp/tracer)/clear_refs"
	"$@"
	sleep 1
	result evmcs_trace "${what}_peak" "$(awk '/^VmHWM/ { print $2 }' "/proc/$(cat /tmp/tracer)/status")"
}

# of a trace
lost()
{
	tail -n 1 "$1" | tr ',' '\n' |
		sed -n 's/.*"lost":\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}

# Events of one window: how many, and in how many seconds.
rate()
{
	sed -n '/"type":"event"/s/.*"t_ns":\([0-9]*\).*/\1/p' "$1" |
		awk 'NR == 1 { a = $1 } { b = $1 } END { printf "%.0f\n", NR * 1e9 / (b - a) }'
}

# two descriptors for each vCPU
# shellcheck disable=SC3045 # busybox has it
ulimit -n 4096
case $1 in
one-burst)
	peak "burst_$2" spread evmcs_trace "$2"
	exit
	;;
one-stream)
	peak "stream_$2" evmcs-restore --timeout 1200 --rounds 1 --repeat-msr "$2" --stop-after run
	exit
	;;
esac
load-kvm stock || exit 1
streams='1000 10000 100000'
for n in "$@"; do
	spread nothing "$n"
	echo "burst_$n sh $0 one-burst $n" >>/tmp/list
done
for n in $streams; do
	echo "stream_$n sh $0 one-stream $n" >>/tmp/list
done
mkdir -p /tmp/traces
evmcs-trace record -q --batch /tmp/list -o /tmp/traces 2>"$OUT/burst.err" &
echo $! >/tmp/tracer
wait
for n in "$@"; do
	trace=/tmp/traces/burst_$n.jsonl
	result evmcs_trace "burst_${n}_lost" "$(lost "$trace")"
	result evmcs_trace "burst_${n}_restores" "$(grep -c '"type":"restore"' "$trace")"
done
for n in $streams; do
	trace=/tmp/traces/stream_$n.jsonl
	result evmcs_trace "stream_${n}_lost" "$(lost "$trace")"
	result evmcs_trace "stream_${n}_events" "$(grep -c '"type":"event"' "$trace")"
	result evmcs_trace "stream_${n}_rate" "$(rate "$trace")"
done
