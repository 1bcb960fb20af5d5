# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What the jobs in the lab's machine share. They only run things and keep what
# came of it in $OUT; tests/lab/checks judges it on the host.

# run NAME COMMAND...: NAME.out gets what it printed, NAME.status how it ended
run()
{
	name=$1
	shift
	echo "lab test: $name"
	"$@" >"$OUT/$name.out" 2>&1
	echo $? >"$OUT/$name.status"
}

# record NAME COMMAND...: the same with a trace in NAME.jsonl
record()
{
	name=$1
	shift
	run "$name" evmcs-trace record -v -o "$OUT/$name.jsonl" -- "$@"
}

# start NAME COMMAND...: in the background, until it says that it is armed
start()
{
	name=$1
	shift
	echo "lab test: $name"
	rm -f /tmp/ready
	"$@" --ready-file /tmp/ready >"$OUT/$name.out" 2>&1 &
	started=$!
	while [ ! -e /tmp/ready ] && kill -0 "$started" 2>/dev/null; do
		sleep 0.2
	done
}

# finish NAME [SIGNAL]
finish()
{
	kill "-${2-INT}" "$started"
	wait "$started"
	echo $? >"$OUT/$1.status"
}

# How often did any program of the tracer run so far? (BPF run statistics)
programs_run()
{
	cat "/proc/$started"/fdinfo/* 2>/dev/null | awk '/^run_cnt:/ { n += $2 } END { print n + 0 }'
}
