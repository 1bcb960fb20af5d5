#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab: what each capability is needed for, and what is left of them.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

user=1000
least=cap_bpf,cap_perfmon,cap_syslog
chmod 777 "$OUT"

# ---- what can never be here comes before what is not permitted ----
run stranger-no-module with-caps -u $user none -- evmcs-trace
load-kvm stock nested=0 || exit 1
run stranger-not-nested with-caps -u $user none -- evmcs-trace
load-kvm stock || exit 1
chmod 600 /dev/kvm
echo 2 >/proc/sys/kernel/perf_event_paranoid
run no-dev-kvm with-caps -u $user $least,cap_sys_resource -- evmcs-trace
chmod 666 /dev/kvm
# as it is on hosts that do not start with the lab's
echo 2 >/proc/sys/kernel/unprivileged_bpf_disabled
echo 1 >/proc/sys/kernel/kptr_restrict

# ---- one too few, as an unprivileged user meets it ----
echo 2 >/proc/sys/kernel/perf_event_paranoid
run stranger with-caps -u $user none -- evmcs-trace
run stranger-record with-caps -u $user none -- evmcs-trace record -o "$OUT/stranger.jsonl" -- true
run root-without with-caps none -- evmcs-trace
run no-bpf with-caps -u $user cap_perfmon,cap_syslog -- evmcs-trace
run no-perfmon with-caps -u $user cap_bpf,cap_syslog -- evmcs-trace
run no-syslog with-caps -u $user cap_bpf,cap_perfmon -- evmcs-trace
run refused with-caps -b cap_sys_admin,$least,cap_sys_resource -- evmcs-trace
# Debian's own value, which takes more
echo 3 >/proc/sys/kernel/perf_event_paranoid
run no-sys-admin with-caps -u $user $least,cap_sys_resource -- evmcs-trace
echo 2 >/proc/sys/kernel/perf_event_paranoid

# ---- exactly what is needed: armed, then nothing is left of it ----
[ "$(uname -r | cut -d . -f 1-2)" = 5.10 ] && least=$least,cap_sys_resource
# shellcheck disable=SC2016 # for the inner shell, whose parent is the tracer
run least with-caps -u $user $least -- evmcs-trace record -v -o "$OUT/least.jsonl" -- \
	sh -c 'cat /proc/$PPID/status >$OUT/least.tracer; cat /proc/self/status >$OUT/least.command
		evmcs-restore --rounds 1'

# ---- root: the command keeps all, the tracer what a batch needs ----
mkdir -p /tmp/theirs
chown $user /tmp/theirs
mount -o remount,hidepid=2 /proc
cat /proc/self/status >"$OUT/root.before"
cat >/tmp/batch <<'END'
first cat /proc/$PPID/status >$OUT/batch.tracer; cat /proc/self/status >$OUT/batch.command
theirs with-caps -u 1000 none -- evmcs-restore --rounds 1 --set-twice
polled evmcs-restore --rounds 1 --postcopy=50 && cat /proc/$PPID/fdinfo/* >$OUT/batch.fdinfo
END
echo 1 >/proc/sys/kernel/bpf_stats_enabled
run batch evmcs-trace record --batch /tmp/batch -o /tmp/theirs
cp /tmp/theirs/*.jsonl "$OUT"
chmod 644 "$OUT"/*.jsonl
