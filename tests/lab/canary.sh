#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab: the canary over a healthy kernel, restores all the while, told on the console for
# tests/fleet/console_bridge.py until the machine is ended from outside.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

ip link set lo up 2>/dev/null || ifconfig lo up
load-kvm stock || exit 1
start canary evmcs-trace serve
while kill -0 "$started" 2>/dev/null; do
	evmcs-restore --rounds 2 >/dev/null
	echo "METRICS restores"
	wget -q -O - http://127.0.0.1:9758/metrics
	echo "METRICS END"
done
exit 1
