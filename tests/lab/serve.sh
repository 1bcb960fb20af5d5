#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: the canary over a healthy kernel and one that maps in SET. It runs as its unit
# lets it: as a user that is not root, with the unit's capabilities and system calls only.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

# fetch NAME PATH: a page of the canary, with its status line and header
fetch()
{
	wget -q -S -O "$OUT/$1" "http://127.0.0.1:9758$2" 2>"$OUT/$1.header"
}

# snapshot NAME: what it says of itself now
snapshot()
{
	fetch "$1.prom" /metrics
	fetch "$1.health" /healthz
	cp /tmp/textfile/evmcs_trace.prom "$OUT/$1.textfile" 2>/dev/null
	echo "METRICS $1"
	cat "$OUT/$1.prom"
	echo "METRICS END"
	find "/proc/$started/fd" -type l | wc -l >"$OUT/$1.fds"
}

# pace N: some N seconds of the host's time, which sleep does not take
pace()
{
	n=0
	while [ "$n" -lt "$(($1 * 20000))" ]; do
		n=$((n + 1))
	done
}

# From now on it is counted which calls are made and which are answered, by the processes that are
# added to set_event_pid, their threads and their children. One that a filter refuses is only answered.
count_calls()
{
	echo 2 >"$tracing/set_event_pid" # which makes none
	echo 1 >"$tracing/options/event-fork"
	for event in $counts; do
		echo "hist:keys=${event#*:}" >"$tracing/events/${event%:*}/trigger"
	done
}

# counted: into calls.EVENT, "VALUE TIMES" of each number, or argument
counted()
{
	for event in $counts; do
		folder=$tracing/events/${event%:*}
		sed -n 's/^{ [a-z]*: *\([0-9]*\) } hitcount: *\([0-9]*\).*/\1 \2/p' \
			"$folder/hist" >"$OUT/calls.${folder##*/}"
		echo "!hist:keys=${event#*:}" >"$folder/trigger"
	done
	echo >"$tracing/set_event_pid"
}

counts="raw_syscalls/sys_enter:id raw_syscalls/sys_exit:id syscalls/sys_enter_socket:family
	syscalls/sys_enter_mmap:prot syscalls/sys_enter_mprotect:prot syscalls/sys_enter_sched_setscheduler:policy"
user=1000
caps=$(cat /lib/unit-caps)
# for words: with what the unit gives (tests/fleet/unit-calls)
as_unit="with-caps -u $user -f /lib/unit-calls"
tracing=/sys/kernel/tracing
ip link set lo up 2>/dev/null || ifconfig lo up
mkdir -p /tmp/textfile
mkdir -p /mnt/traces
mount -t tmpfs -o size=400k,mode=700,uid=$user traces /mnt/traces
chown $user /tmp/textfile
# as it is where something made the node before the module was there
mknod -m 666 /dev/kvm c 10 232
cat >/tmp/serve.yml <<'END'
traces:
  directory: /mnt/traces
textfile:
  file: /tmp/textfile/evmcs_trace.prom
  interval: 1s
END
sed 's/interval: 1s/interval: never/' /tmp/serve.yml >/tmp/wrong.yml
run wrong-config evmcs-trace serve -c /tmp/wrong.yml
run no-config evmcs-trace serve -c /tmp/none.yml
run right-config evmcs-trace serve -c /tmp/serve.yml --check-config

# ---- what goes to the journal ----
journal_socket >"$OUT/journal" 2>&1 &
journal_socket /run/notify >"$OUT/notified" 2>&1 &

# ---- before kvm_intel is there it waits, and says so ----
rm -f /tmp/ready
count_calls
# shellcheck disable=SC2086
NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=60000000 $as_unit -t "$tracing/set_event_pid" "$caps" -- \
	evmcs-trace serve -c /tmp/serve.yml --ready-file /tmp/ready >"$OUT/serve.out" 2>&1 &
started=$!
sleep 3
snapshot waiting
load-kvm stock || exit 1
while [ ! -e /tmp/ready ] && kill -0 "$started"; do
	sleep 0.5
done
snapshot armed

# ---- healthy restores ----
evmcs-restore --rounds 5 >/dev/null
sleep 2
snapshot stock
pace 6
fetch versions /versions
fetch landing /
fetch nowhere /nowhere
wget -q -S -O "$OUT/openmetrics" --header 'Accept: application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5' \
	http://127.0.0.1:9758/metrics 2>"$OUT/openmetrics.header"

# ---- a wrong configuration is refused, the old one stays ----
cp /tmp/serve.yml /tmp/good.yml
cp /tmp/wrong.yml /tmp/serve.yml
kill -HUP "$started"
sleep 1
snapshot refused
cp /tmp/good.yml /tmp/serve.yml
# as ExecReload= does it: by what the unit leaves to that too
# shellcheck disable=SC2086
$as_unit none -- busybox kill -HUP "$started"
sleep 1
snapshot reloaded

# ---- another trace file; no room for one; room again ----
kill -USR2 "$started"
sleep 2
evmcs-restore --rounds 1 >/dev/null
dd if=/dev/zero of=/mnt/traces/filler bs=1k count=1000 2>/dev/null
evmcs-restore --rounds 2 >/dev/null
sleep 2
snapshot full
rm /mnt/traces/filler
sleep 10
evmcs-restore --rounds 1 >/dev/null
sleep 2
snapshot recovered

# ---- let go of the module: not healthy; another kernel: watched again ----
kill -USR1 "$started"
sleep 1
snapshot away
load-kvm direct-map || exit 1
n=0
until wget -q -O /dev/null http://127.0.0.1:9758/healthz || [ $n = 120 ]; do
	sleep 1
	n=$((n + 1))
done
evmcs-restore --rounds 2 >/dev/null
sleep 2
snapshot violated
pace 6
wget -q -O "$OUT/violated.openmetrics" --header 'Accept: application/openmetrics-text' \
	http://127.0.0.1:9758/metrics
id=$(sed -n 's/.*violations_total.*restore_id="\([^"]*\)".*/\1/p' "$OUT/violated.openmetrics")
cat "/proc/$started/status" >"$OUT/serve.proc"
finish serve TERM
ls /tmp/textfile >"$OUT/textfile.left"
run show evmcs-trace show "$id" /mnt/traces

# ---- one call fewer ----
sed '/ bpf$/d' /lib/unit-calls >/tmp/fewer
run one-fewer with-caps -u "$user" -f /tmp/fewer "$caps" -- evmcs-trace serve -c /tmp/serve.yml

# ---- killed: its file has no footer, and is judged as far as it goes ----
mkdir "$OUT/traces" "$OUT/killed"
mv /mnt/traces/evmcs-trace-*.jsonl "$OUT/traces"
load-kvm stock || exit 1
# by kprobe, and with what that takes (docs/privileges.md)
echo 2 >/proc/sys/kernel/perf_event_paranoid
# shellcheck disable=SC2086
start killed $as_unit -t "$tracing/set_event_pid" "${caps%,cap_sys_admin}" -- \
	evmcs-trace serve -q --kprobes -c /tmp/serve.yml
evmcs-restore --rounds 1 >/dev/null
# the first stack takes it seconds here, for it reads the kernel's symbols
sleep 10
finish killed KILL
counted
echo "METRICS GONE"
pace 6
mv /mnt/traces/evmcs-trace-*.jsonl "$OUT/killed"
