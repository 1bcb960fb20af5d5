#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: what is resident of the canary, idle and after a burst.
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

load-kvm stock || exit 1
ip link set lo up 2>/dev/null || ifconfig lo up
mkdir -p /tmp/traces
printf 'traces:\n  directory: /tmp/traces\ntextfile:\n  file: /tmp/evmcs_trace.prom\n' >/tmp/serve.yml
rm -f /tmp/ready
evmcs-trace serve -c /tmp/serve.yml --ready-file /tmp/ready >"$OUT/serve.out" 2>&1 &
who_pid=$!
wait_for /tmp/ready "$who_pid" || exit 1
sleep 2
rss serve rss_idle "$who_pid"
cat "/proc/$who_pid/smaps" >"$OUT/serve.smaps"
# VmRSS has none of it; its data are mapped twice, so that Pss counts them once
result serve ring_pss "$(awk '/^[0-9a-f]+-/ { ring = /anon_inode:bpf-map/ }
	ring && /^Pss:/ { kb += $2 } END { print kb }' "$OUT/serve.smaps")"
# shellcheck disable=SC3045 # busybox has it
ulimit -n 4096
evmcs-restore --timeout 1200 --vcpus 1024 --rounds 1 --stop-after run >/dev/null
wget -q -O "$OUT/metrics" http://127.0.0.1:9758/metrics
sleep 1
result serve rss_burst "$(awk '/^VmHWM/ { print $2 }' "/proc/$who_pid/status")"
kill -INT "$who_pid"
wait "$who_pid"
