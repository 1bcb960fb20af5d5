# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What the benchmark's jobs in the lab's machine share: who is armed, and what is
# measured then. Lines of $OUT/results: WHO WHAT NUMBER; times are nanoseconds of the
# machine's clock, which counts instructions (20 ns each).
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

tracing=/sys/kernel/tracing
uname -r >"$OUT/kernel"

result()
{
	echo "$*" | tee -a "$OUT/results"
}

now()
{
	cut -d' ' -f1 /proc/uptime
}

# wait_for FILE PID
wait_for()
{
	until [ -e "$1" ] || ! kill -0 "$2" 2>/dev/null; do
		sleep 0.1
	done
	[ -e "$1" ]
}

# rss WHO WHAT PID: what is resident of it
rss()
{
	result "$1" "$2" "$(awk '/^VmRSS/ { print $2 }' "/proc/$3/status")"
}

# What evmcs-trace attaches to here by fentry, "module:function".
traced_functions()
{
	[ -s /tmp/functions ] || {
		evmcs-trace record -q -o /tmp/functions.jsonl -- true >/dev/null 2>&1
		head -n 1 /tmp/functions.jsonl | tr '{' '\n' |
			sed -n 's/.*"attached":true,"function":"\([^"]*\)","module":"\([^"]*\)".*/\2:\1/p' \
				>/tmp/functions
	}
	cat /tmp/functions
}

# ---- who: arm_WHO, disarm_WHO; $who_pid is its process ----

arm_nothing() { :; }
disarm_nothing() { :; }

arm_evmcs_trace()
{
	rm -f /tmp/ready
	evmcs-trace record -q -o /tmp/bench.jsonl --ready-file /tmp/ready 2>"$OUT/evmcs_trace.err" &
	who_pid=$!
	wait_for /tmp/ready "$who_pid"
}

disarm_evmcs_trace()
{
	kill -INT "$who_pid"
	wait "$who_pid"
}

arm_empty()
{
	rm -f /tmp/ready
	# shellcheck disable=SC2046 # one word each
	empty /tmp/ready $(traced_functions) &
	who_pid=$!
	wait_for /tmp/ready "$who_pid"
}

disarm_empty()
{
	kill "$who_pid"
	wait "$who_pid"
}

# bpftrace starts the command when all is attached.
arm_bpftrace()
{
	rm -f /tmp/armed
	bpftrace "/peers/$1.bt" -o /tmp/bpftrace.out -c "/bin/busybox sh /bin/tell-armed" &
	who_pid=$!
	wait_for /tmp/armed "$who_pid"
}

disarm_bpftrace()
{
	kill -INT "$who_pid"
	wait "$who_pid"
	kill "$(cat /tmp/told.pid)" 2>/dev/null
	head -n 3 /tmp/bpftrace.out >"$OUT/$1.head"
	wc -l </tmp/bpftrace.out >"$OUT/$1.lines"
}

arm_bpftrace_kfunc() { arm_bpftrace kfunc; }
arm_bpftrace_kprobe() { arm_bpftrace kprobe; }
disarm_bpftrace_kfunc() { disarm_bpftrace bpftrace_kfunc; }
disarm_bpftrace_kprobe() { disarm_bpftrace bpftrace_kprobe; }

# The function tracer, off until SET turns it on and the end of the vCPU off again.
arm_ftrace()
{
	echo 0 >$tracing/tracing_on
	traced_functions | sed 's/.*://' >$tracing/set_ftrace_filter
	echo function >$tracing/current_tracer
	echo 'vmx_set_nested_state:traceon' >>$tracing/set_ftrace_filter
	echo 'nested_vmx_free_vcpu:traceoff' >>$tracing/set_ftrace_filter
	cat $tracing/trace_pipe >/tmp/ftrace.out &
	who_pid=$!
}

disarm_ftrace()
{
	kill "$who_pid"
	wait "$who_pid"
	head -n 3 /tmp/ftrace.out >"$OUT/ftrace.head"
	wc -l </tmp/ftrace.out >"$OUT/ftrace.lines"
	echo nop >$tracing/current_tracer
	echo >$tracing/set_ftrace_filter
	echo '!vmx_set_nested_state:traceon' >>$tracing/set_ftrace_filter
	echo '!nested_vmx_free_vcpu:traceoff' >>$tracing/set_ftrace_filter
	echo 1 >$tracing/tracing_on
}

# perf: kprobes and kretprobes of all. perf-probe(8) wants debug information or the
# module's file for functions of modules, so they are made as it would make them.
arm_perf()
{
	traced_functions | while IFS=: read -r module function; do
		echo "p:bench/$function $module:$function"
		echo "r:bench/${function}_ret $module:$function"
	done >$tracing/kprobe_events
	rm -f /tmp/armed
	perf record -q -a -e 'bench:*' -o /tmp/perf.data -- sh /bin/tell-armed &
	who_pid=$!
	wait_for /tmp/armed "$who_pid"
}

disarm_perf()
{
	kill "$(cat /tmp/told.pid)"
	wait "$who_pid"
	perf script -i /tmp/perf.data 2>/dev/null | wc -l >"$OUT/perf.lines"
	echo >$tracing/kprobe_events
}

cat >/bin/tell-armed <<'END'
cp /proc/uptime /tmp/armed
echo $$ >/tmp/told.pid
exec sleep 100000
END

# ---- what ----

# loop_ns LOOP KIND TURNS: how long so many took
loop_ns()
{
	# shellcheck disable=SC2086 # one has no kind
	evmcs-restore --"$1" $2 "$3" --json | sed 's/.*"loop_ns":\([0-9]*\).*/\1/'
}

# per_turn WHO WHAT NS-OF-FEW FEW NS-OF-MANY MANY: what begin and end cost is the same in both
per_turn()
{
	result "$1" "$2" "$(awk -v a="$3" -v n="$4" -v b="$5" -v m="$6" \
		'BEGIN { printf "%.1f", (b - a) / (m - n) }')"
}

# A KVM_RUN round trip, and an exit that KVM handles itself.
measure_idle_loops()
{
	for loop in out cpuid; do
		loop_ns idle-loop $loop 100 >/dev/null
		few=$(loop_ns idle-loop $loop 1000)
		many=$(loop_ns idle-loop $loop 11000)
		per_turn "$1" "$loop" "$few" 1000 "$many" 11000
	done
}

# Calls of accessors, with no restore in flight.
measure_accessors()
{
	few=$(loop_ns nested-loop '' 200)
	many=$(loop_ns nested-loop '' 2200)
	per_turn "$1" nested "$few" 200 "$many" 2200
	for action in msr memslot translate; do
		accessors $action 200 >/dev/null
		result "$1" $action "$(accessors $action 2001)"
	done
}

# restores WHO WHAT ROUNDS OPTIONS...: from SET to the end of the first KVM_RUN, the median
measure_restore()
{
	who=$1 what=$2 rounds=$3
	shift 3
	evmcs-restore --rounds "$rounds" --stop-after run --json "$@" | tr '{' '\n' |
		sed -n 's/.*"set_to_run_ns":\([0-9]*\).*/\1/p' | sort -n >/tmp/times
	result "$who" "$what" "$(sed -n "$((rounds / 2 + 1))p" /tmp/times)"
}

# once WHO: all of it with WHO armed
once()
{
	begun=$(now)
	if ! "arm_$1"; then
		result "$1" failed 1
		return
	fi
	result "$1" armed_after "$(awk -v a="$begun" -v b="$(now)" 'BEGIN { printf "%.0f", (b - a) * 1e9 }')"
	[ "$1" = nothing ] || rss "$1" rss_idle "$who_pid"
	measure_idle_loops "$1"
	measure_accessors "$1"
	measure_restore "$1" restore 11
	if [ "$1" != nothing ]; then
		# what it costs while nobody reads what is written
		kill -STOP "$who_pid"
		measure_restore "$1" restore_unread 11
		kill -CONT "$who_pid"
		sleep 1
	fi
	[ "$1" = nothing ] || rss "$1" rss_after "$who_pid"
	"disarm_$1"
}
