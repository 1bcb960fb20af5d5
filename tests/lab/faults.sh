#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# In the lab, one CPU: what goes wrong around the tool, and after each fault the next two restores,
# a good one and one whose eVMCS KVM maps in SET. Two tracers at once: the canary (a), in a cgroup
# and with a small ring, and a recorder (b), which comes while a restore is in flight. Not more of
# them: arming is what takes long here. A new one after a tracer was killed is in one-cpu.sh.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

# a small multiple of what a's ring has room for; tests/lab/refused.sh has hundreds of thousands
refused=1000

# restore FAULT WANTED TRACERS [OPTIONS]: who is there to see it, and what they should think of it
restore()
{
	fault=$1 wanted=$2 tracers=$3
	shift 3
	evmcs-restore --rounds 1 "$@" >"$OUT/restore.out" 2>&1 &
	pid=$!
	wait $pid
	echo "$fault $wanted $tracers $pid $?" >>"$OUT/restores"
}

# fault NAME: what follows in the kernel's log is of it
fault()
{
	echo "lab test: fault $1"
	echo "fault: $1" >/dev/kmsg
}

# after FAULT TRACERS
after()
{
	restore "$1" pass "$2" --evmcs-pa 0
	restore "$1" fail "$2"
}

# paused: a restore that stops in its window; its process is $vmm. Its timeout is by the clock
# that is set.
paused()
{
	evmcs-restore --timeout 86400 --rounds 1 --evmcs-pa 0 --pause >"$OUT/paused.out" 2>&1 &
	vmm=$!
	until grep -q '^State:.T' "/proc/$vmm/status"; do
		sleep 0.1
	done
}

# goes_on FAULT WANTED TRACERS [WANTED TRACERS]...
goes_on()
{
	fault=$1
	shift
	kill -CONT "$vmm"
	wait "$vmm"
	status=$?
	while [ $# != 0 ]; do
		echo "$fault $1 $2 $vmm $status" >>"$OUT/restores"
		shift 2
	done
}

# dies FAULT WANTED TRACERS
dies()
{
	kill -KILL "$vmm"
	wait "$vmm"
	echo "$1 $2 $3 $vmm $?" >>"$OUT/restores"
}

# caught_up FILE...: a tracer has written all that there was up to the last restore
caught_up()
{
	n=0
	until tail -n 40 "$@" | grep '"type":"restore"' | grep -q "\"pid\":$pid," || [ $n = 60 ]; do
		sleep 1
		n=$((n + 1))
	done
}

# request NAME: standard input to the canary, and what it answers
request()
{
	timeout 60 nc 127.0.0.1 9758 >"$OUT/$1.answer" 2>/dev/null
}

# More than is read of it. The answer comes before the rest, and nc ends where that is refused.
much()
{
	head -c 20000 /dev/zero | tr '\0' x
	sleep 2
	head -c 280000 /dev/zero | tr '\0' x
}

healthy()
{
	timeout 30 wget -q -O /dev/null http://127.0.0.1:9758/healthz
	echo "$1 $?" >>"$OUT/healthy"
}

ip link set lo up 2>/dev/null || ifconfig lo up
mkdir -p /cg /mnt/traces
mount -t cgroup2 none /cg
echo +memory >/cg/cgroup.subtree_control
mkdir /cg/tool
mount -t tmpfs -o size=64m traces /mnt/traces
cat >/tmp/serve.yml <<'END'
ring-size: 256K
traces:
  directory: /mnt/traces
END
load-kvm direct-map || exit 1

# ---- two tracers at once ----
fault two
# shellcheck disable=SC2016 # for the inner shell
start a sh -c 'echo $$ >/cg/tool/cgroup.procs; exec evmcs-trace serve "$@"' serve -c /tmp/serve.yml
a=$started
paused
start b evmcs-trace record -o "$OUT/b.jsonl"
b=$started
goes_on two pass a unseen b
after two ab

# ---- the VMM dies in the window, and in the middle of SET, where it waits for a page ----
fault vmm-killed
paused
dies vmm-killed dead ab
after vmm-killed ab
fault set-killed
evmcs-restore --rounds 1 --postcopy=10000 >"$OUT/postcopy.out" 2>&1 &
vmm=$!
n=0
until grep -q vmx_set_nested_state "/proc/$vmm"/task/*/stack || [ $n = 200 ]; do
	sleep 0.1
	n=$((n + 1))
done
cat "/proc/$vmm"/task/*/stack >"$OUT/set-killed.stack"
dies set-killed dead-fail ab
after set-killed ab

# ---- it closes everything, and runs nothing: itself, at its end, by a child ----
fault closed
restore closed dead ab --evmcs-pa 0 --no-run
restore closed dead ab --evmcs-pa 0 --no-run --exit-without-close
restore closed dead ab --evmcs-pa 0 --no-run --close-in-child
after closed ab

# ---- the clock is set, an hour forwards and then back, while a restore is in flight ----
fault clock
now=$(date +%s)
paused
date -s "@$((now + 3600))" >/dev/null
goes_on clock pass ab
after clock ab
paused
date -s "@$now" >/dev/null
goes_on clock-back pass ab
after clock-back ab

# ---- clients that mean no good ----
fault clients
n=0
while [ $n -lt 34 ]; do
	(printf 'GET /metr' && sleep 100) | request "slow-$n" &
	n=$((n + 1))
done
sleep 1
healthy slow
much | request endless
(printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nCookie: ' && much) | request header
printf 'GET /metrics HTTP/9.9\r\n\001\002\r\n\r\n' | request broken
(printf 'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n' && much) | request post
healthy huge
sleep 25
# shellcheck disable=SC2010 # no name is strange, and busybox has no find -lname
ls -l "/proc/$a/fd" | grep -c socket: >"$OUT/sockets"
healthy late
after clients ab

# ---- SETs that KVM refuses, one after the other; the canary sleeps, and its ring is full ----
fault ring
kill -STOP "$a"
restore refused pass b --evmcs-pa 0 --refused-sets "$refused"
caught_up "$OUT/b.jsonl"
kill -CONT "$a"
# until it has read what there is, or the next one would still be of a full ring; some 0.3 s of work
sleep 5
after ring ab
caught_up "$OUT/b.jsonl"
caught_up /mnt/traces/*.jsonl
wget -q -O "$OUT/ring.prom" http://127.0.0.1:9758/metrics

# ---- the canary is at its memory limit, and dies in the window; the other one sees it through ----
fault memory
paused
echo 1M >/cg/tool/memory.max
wait "$a"
echo $? >"$OUT/a.status"
goes_on memory pass b
after memory b

# ---- the module is asked to go while it is watched ----
fault module
rmmod kvm_intel 2>/dev/null
echo $? >"$OUT/rmmod.status"
after module b

# ---- the last tracer is killed in the window; the module can go, nothing is left ----
fault tool-killed
paused
kill -KILL "$b"
wait "$b"
echo $? >"$OUT/b.status"
goes_on tool-killed pass -
after tool-killed -
cat /sys/kernel/tracing/enabled_functions >"$OUT/left"
rmmod kvm_intel 2>/dev/null
echo $? >>"$OUT/rmmod.status"

mkdir "$OUT/a"
mv /mnt/traces/evmcs-trace-*.jsonl "$OUT/a"
