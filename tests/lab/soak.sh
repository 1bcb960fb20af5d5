#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab: the canary for twenty (or $1) minutes of the machine's time, with restores all the while;
# what follows $1 runs it.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

minutes=${1-20}
[ $# = 0 ] || shift

# settled: waits until all restores are counted, which takes a slow canary a while
settled()
{
	tries=0
	while [ "$tries" -lt 60 ]; do
		sleep 1
		wget -q -O /tmp/settled http://127.0.0.1:9758/metrics
		awk -v done="$done" '/^evmcs_trace_restores_total/ { n += $2 } END { exit n < done }' /tmp/settled && break
		tries=$((tries + 1))
	done
}

# tell MINUTE: what the canary has done and what it uses
tell()
{
	wget -q -O "$OUT/minute-$1.prom" http://127.0.0.1:9758/metrics
	awk -v minute="$1" -v done="$done" '
		/^process_resident_memory_bytes / { rss = $2 } /^process_open_fds / { fds = $2 }
		/^evmcs_trace_restores_total/ { restores += $2 }
		/^evmcs_trace_restore_verdicts_total.*pass/ { passed = $2 }
		/^evmcs_trace_events_lost_total/ { lost += $2 }
		/^evmcs_trace_restore_to_run_seconds_count/ { ran += $2 }
		END { print minute, done, restores, passed, ran, lost, rss, fds }' \
		"$OUT/minute-$1.prom" | tee -a "$OUT/minutes"
	find /mnt/traces -name 'evmcs-trace-*.jsonl' -exec cat {} + | wc -c >>"$OUT/bytes"
	find /mnt/traces -name 'evmcs-trace-*.jsonl' | wc -l >>"$OUT/files"
}

seconds()
{
	cut -d. -f1 /proc/uptime
}

ip link set lo up 2>/dev/null || ifconfig lo up
mkdir -p /mnt/traces /tmp/textfile
mount -t tmpfs -o size=16m traces /mnt/traces
cat >/tmp/serve.yml <<'END'
traces:
  directory: /mnt/traces
  segment-size: 128K
  segments: 8
  budget: 1M
textfile:
  file: /tmp/textfile/evmcs_trace.prom
  interval: 5s
END
load-kvm stock || exit 1
start soak "$@" evmcs-trace serve -c /tmp/serve.yml
began=$(seconds)
minute=0 done=0
while [ "$minute" -le "$minutes" ]; do
	if [ "$(($(seconds) - began))" -ge "$((minute * 60))" ]; then
		settled
		tell "$minute"
		minute=$((minute + 1))
	fi
	evmcs-restore --rounds 10 >/dev/null || break
	done=$((done + 10))
done
settled
tell end
finish soak TERM
for file in /mnt/traces/evmcs-trace-*.jsonl; do
	evmcs-trace check "$file" >>"$OUT/judged.out" 2>&1
	echo "$? $(grep -c '"type":"restore"' "$file") $file" >>"$OUT/judged"
done
exit 0
