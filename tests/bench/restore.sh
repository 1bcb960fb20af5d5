#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: a traced restore alone, which is what changes most.
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

load-kvm stock || exit 1
measure_restore nothing restore 11
for who in "$@"; do
	begun=$(now)
	"arm_$who" || exit 1
	result "$who" armed_after "$(awk -v a="$begun" -v b="$(now)" 'BEGIN { printf "%.0f", (b - a) * 1e9 }')"
	rss "$who" rss_idle "$who_pid"
	measure_restore "$who" restore 11
	kill -STOP "$who_pid"
	measure_restore "$who" restore_unread 11
	kill -CONT "$who_pid"
	sleep 1
	rss "$who" rss_after "$who_pid"
	cat "/proc/$who_pid/smaps" >"$OUT/$who.smaps"
	"disarm_$who"
	cp /tmp/bench.jsonl "$OUT/$who.jsonl" 2>/dev/null
done
