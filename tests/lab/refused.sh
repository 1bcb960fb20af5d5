#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# In the lab, one CPU: hundreds of thousands of SETs that KVM refuses, one after the other, and what
# that does to the tool: what is lost, its memory, how long the trace is, the next restores.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

refused=200000

# memory MOMENT
memory()
{
	awk -v moment="$1" '/^Vm(RSS|HWM):/ { print moment, $1, $2 }' "/proc/$started/status" >>"$OUT/memory"
}

# restore NAME [OPTIONS]: until it is in the trace
restore()
{
	name=$1
	shift
	evmcs-restore --timeout 86400 --rounds 1 "$@" >"$OUT/$name.out" 2>&1 &
	pid=$!
	wait $pid
	echo "$name $pid $?" >>"$OUT/restores"
	n=0
	until tail -n 40 /mnt/traces/refused.jsonl | grep '"type":"restore"' | grep -q "\"pid\":$pid," ||
		[ $n = 600 ]; do
		sleep 1
		n=$((n + 1))
	done
}

# seconds NAME COMMAND...: of the machine's time
seconds()
{
	name=$1 began=$(cut -d' ' -f1 /proc/uptime)
	shift
	"$@"
	echo "$name $began $(cut -d' ' -f1 /proc/uptime)" >>"$OUT/seconds"
}

mkdir -p /mnt/traces
mount -t tmpfs -o size=900m traces /mnt/traces
load-kvm direct-map || exit 1
start refused evmcs-trace record -o /mnt/traces/refused.jsonl
memory armed
restore first --evmcs-pa 0
memory first
seconds refused restore refused --evmcs-pa 0 --refused-sets "$refused"
memory refused
restore good --evmcs-pa 0
restore bad
memory end
finish refused
seconds check run check evmcs-trace check /mnt/traces/refused.jsonl

stat -c %s /mnt/traces/refused.jsonl >"$OUT/bytes"
grep -c '"type":"restore".*"end":"refused".*"set_ret":-22' /mnt/traces/refused.jsonl >"$OUT/seen"
# what is of the others, and not of the refused ones
grep -v '"ret":-22\|"set_ret":-22\|"window":' /mnt/traces/refused.jsonl |
	grep '"type":"\(restore\|loss\|footer\)"' >"$OUT/rest.jsonl"
tail -n 30 "$OUT/check.out" >"$OUT/check.tail"
rm "$OUT/check.out"
exit 0
