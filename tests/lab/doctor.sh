#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, any release: what doctor says, and what then happens.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

# doctor NAME [COMMAND...]: NAME.json, NAME.err, NAME.status; COMMAND runs what follows it
doctor()
{
	name=$1
	shift
	echo "lab test: $name"
	"$@" evmcs-trace doctor --json >"$OUT/$name.json" 2>"$OUT/$name.err"
	echo $? >"$OUT/$name.status"
}

as_nobody()
{
	su nobody -c "$*"
}

doctor no-module
load-kvm stock nested=0 || exit 1
doctor not-nested
load-kvm stock || exit 1
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
doctor not-root as_nobody
# what it prints for people; not of root, for whom arming takes a minute here
run screen su nobody -c "evmcs-trace doctor"
mount -t tmpfs none /sys/kernel/btf
doctor no-btf
umount /sys/kernel/btf

# events of tracefs: of a tracer that was killed, of one that lives, and of others
[ -e /sys/kernel/tracing/kprobe_events ] || mount -t tracefs nodev /sys/kernel/tracing
events=/sys/kernel/tracing/kprobe_events
dead=$(cat /proc/sys/kernel/pid_max)
# on a function of a module: of the kernel's own ftrace does not know all here
for event in "r1024:evmcs_trace_$dead/set_state_0" r1024:evmcs_trace_1/set_state_0 r:others/evmcs_trace; do
	echo "$event kvm:kvm_get_kvm" >>$events
done
cat $events >"$OUT/events.planted"

doctor stock
cat $events >"$OUT/events.doctor"
record restore sh -c "cat $events >$OUT/events.armed; evmcs-restore --rounds 1"
cat $events >"$OUT/events.left"
