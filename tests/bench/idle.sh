#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab, one CPU: what it costs to be armed and to trace a restore, side by side.
# shellcheck source=tests/bench/lib.sh
. /lib/bench.sh

load-kvm stock || exit 1
traced_functions >"$OUT/functions"
once nothing
for who in "$@"; do
	once "$who"
done
once nothing
