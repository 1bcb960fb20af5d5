#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: the stock kernel, then the one that maps in SET.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

# ---- bad surroundings: one sentence and the documented status ----
run no-module evmcs-trace
load-kvm stock nested=0 || exit 1
run not-nested evmcs-trace
load-kvm stock || exit 1
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
run not-root su nobody -c evmcs-trace
mount -t tmpfs none /sys/kernel/btf
run no-btf evmcs-trace
umount /sys/kernel/btf
run bad-output evmcs-trace record -o /proc/none/trace.jsonl
printf '# comments\n\nfirst true\nsecond\n' >/tmp/batch
run bad-batch-line evmcs-trace record --batch /tmp/batch -o "$OUT/batch"
printf 'twice true\ntwice true\n' >/tmp/batch
run bad-batch-name evmcs-trace record --batch /tmp/batch -o "$OUT/batch"
run empty-batch evmcs-trace record --batch /dev/null -o "$OUT/batch"
run no-batch evmcs-trace record --batch /tmp/none -o "$OUT/batch"
printf 'one true\n' >/tmp/batch
run bad-batch-folder evmcs-trace record --batch /tmp/batch -o /tmp/batch
echo precious >"$OUT/kept"
mount -t tmpfs none /sys/kernel/btf
run not-armed evmcs-trace record -o "$OUT/kept"
run device evmcs-trace record -o /dev/full
umount /sys/kernel/btf
[ -c /dev/full ] && echo still-there >"$OUT/device.left"

# ---- stock: every restore by the right path, none a violation ----
# and what the verifier says of the programs
export LD_PRELOAD=/lib/verifier_log.so
VERIFIER_LOG=$OUT/verifier.fentry
export VERIFIER_LOG
# Each arming takes half a minute: traces that need nothing of their own are one batch.
cat >/tmp/batch <<END
selftest /bin/evmcs_test
matrix sh /bin/matrix $OUT/matrix.driver
END
run stock evmcs-trace record -v --batch /tmp/batch -o "$OUT"
VERIFIER_LOG=$OUT/verifier.kprobe
run kprobes env SUDO_UID=65534 SUDO_GID=65533 evmcs-trace record --kprobes -o /tmp/kprobes.jsonl -- \
	sh /bin/matrix "$OUT/kprobes.driver"
stat -c '%u:%g %a' /tmp/kprobes.jsonl >"$OUT/owners.kprobes"
mv /tmp/kprobes.jsonl "$OUT"
unset LD_PRELOAD

# ---- killed in the middle of a restore, which ends after it; those that come then are judged ----
# shellcheck disable=SC2016 # for the inner shell, whose parent is the tracer
run killed evmcs-trace record -o "$OUT/killed.jsonl" -- \
	sh -c 'evmcs-restore --rounds 1; sleep 1; evmcs-restore --rounds 1 --pause & vmm=$!
		until grep -q "^State:.T" /proc/$vmm/status; do sleep 0.1; done
		kill -9 $PPID; kill -CONT $vmm; wait $vmm; echo $? >'"$OUT"'/killed.driver'

# ---- several traces, attached once: each counts and is judged by itself ----
cat >/tmp/batch <<'END'
nothing true
fails evmcs-restore --rounds 1 --set-twice
# the verdict before does not linger
passes evmcs-restore --rounds 1; exit 3
# what breaks the rule without any modified kernel
habits evmcs-restore --no-run --rounds 1 && evmcs-restore --set-twice --rounds 1 && evmcs-restore --forced-exit=mp-state --rounds 1
END
# in a folder that it makes, called by sudo of the user nobody, who judges one of them then
run batch env SUDO_UID=65534 SUDO_GID=65533 evmcs-trace record --batch /tmp/batch -o /tmp/made
(cd /tmp/made && stat -c '%n %u:%g %a' . ./*) >"$OUT/owners.batch"
run as-nobody su nobody -c 'evmcs-trace check /tmp/made/fails.jsonl'
mv /tmp/made/* "$OUT"

# ---- idle: nothing of ours runs in a KVM_RUN round trip or at VM entry ----
echo 1 >/proc/sys/kernel/bpf_stats_enabled
start idle evmcs-trace
for loop in "idle-loop out" "idle-loop cpuid" nested-loop; do
	for n in 100 1100; do
		before=$(programs_run)
		# shellcheck disable=SC2086
		evmcs-restore --$loop $n >/dev/null
		echo "$loop $n $(($(programs_run) - before))" >>"$OUT/idle.counts"
	done
done
finish idle
echo 0 >/proc/sys/kernel/bpf_stats_enabled

# ---- loss: a tiny ring and a reader that sleeps ----
# Over a file that was there, which keeps its owner.
: >/tmp/lost.jsonl
# shellcheck disable=SC2016 # for the inner shell, whose parent is the tracer
run lost env SUDO_UID=65534 SUDO_GID=65533 evmcs-trace record --ring-size 4 -o /tmp/lost.jsonl -- \
	sh -c 'kill -STOP $PPID; evmcs-restore --rounds 3; s=$?; kill -CONT $PPID; exit $s'
stat -c '%u:%g %a' /tmp/lost.jsonl >"$OUT/owners.lost"
mv /tmp/lost.jsonl "$OUT"

# ---- the end of the trace missing: no room ----
mkdir -p /mnt/small
mount -t tmpfs -o size=32k small /mnt/small
run full evmcs-trace record -o /mnt/small/full.jsonl -- /bin/evmcs_test
cp /mnt/small/full.jsonl "$OUT"

# ---- the seed's proposal ----
load-kvm direct-map || exit 1
cat >/tmp/batch <<'END'
direct-selftest /bin/evmcs_test
direct-old evmcs-restore --evmcs-pa 0 --rounds 2
direct-hole evmcs-restore --evmcs-pa -1 --rounds 1
END
run direct evmcs-trace record -v --batch /tmp/batch -o "$OUT"
