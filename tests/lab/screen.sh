#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab: the watch as a person sees it, wide and narrow, with and without colour.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

mkdir -p /dev/pts
mount -t devpts devpts /dev/pts 2>/dev/null

# watch NAME COLUMNS [VARIABLE]: quiet for some seconds, then a good restore and a bad one
watch()
{
	start "$1" env ${3+"$3"} on_pty "$2" "$OUT/$1.screen" evmcs-trace
	sleep 4
	evmcs-restore --rounds 1 >/dev/null
	sleep 2
	evmcs-restore --set-twice --rounds 1 >/dev/null
	sleep 1
	finish "$1"
}

load-kvm stock || exit 1
watch wide 132
watch narrow 60 NO_COLOR=1
# a VMM that is gone when its records are read, its VM at the place of one before it
start names evmcs-trace --json
n=0
while [ $((n += 1)) -le 3 ]; do
	evmcs-restore --set-twice --rounds 1 >/dev/null
	sleep 2
	evmcs-restore --rounds 1 >/dev/null
done
sleep 1
finish names
exit 0
