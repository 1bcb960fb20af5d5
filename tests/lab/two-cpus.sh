#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, two CPUs: several VMs and vCPUs restored at once.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

load-kvm stock || exit 1
record crowd sh -c "evmcs-restore --vms 2 --vcpus 3 --rounds 2 --json >$OUT/crowd.driver"

# the bare watch, as an operator would run it, ended by Ctrl-C
start watch evmcs-trace --json
evmcs-restore --rounds 2 --immediate-exit >/dev/null
finish watch

# as the kernel shows it in that mode (really entering it would take the
# lab's way of bringing results out as well)
mkdir -p /sys/kernel/security
mount -t securityfs none /sys/kernel/security
echo "none integrity [confidentiality]" >/tmp/lockdown
mount --bind /tmp/lockdown /sys/kernel/security/lockdown
run locked-down evmcs-trace
