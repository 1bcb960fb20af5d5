#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: the end of a VM, whose vCPU has run since its restore or was never run. In the
# latter case KVM reaches for guest memory when it frees the vCPU, and each such access has a stack.
# tests/bench/boot ends ends 1 nothing empty evmcs_trace; no part of make bench.
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

# dropped WHO WHAT OPTIONS...: closing a VM and its vCPU, the median of 11
dropped()
{
	who=$1 what=$2
	shift 2
	evmcs-restore --rounds 11 --json "$@" | tr '{' '\n' |
		sed -n 's/.*"drop_ns":\([0-9]*\).*/\1/p' | sort -n >/tmp/times
	result "$who" "$what" "$(sed -n 6p /tmp/times)"
}

ends()
{
	dropped "$1" close_run --stop-after run
	dropped "$1" close --no-run
	result "$1" kill "$(killed 11 evmcs-restore --rounds 1 --no-run --pause)"
}

load-kvm stock || exit 1
for tracer in "$@"; do
	"arm_$tracer" || exit 1
	ends "$tracer"
	[ "$tracer" != evmcs_trace ] || {
		kill -STOP "$who_pid"
		ends evmcs_trace_unread
		kill -CONT "$who_pid"
	}
	"disarm_$tracer"
	[ "$tracer" != evmcs_trace ] || cp /tmp/bench.jsonl "$OUT/ends.jsonl"
done
