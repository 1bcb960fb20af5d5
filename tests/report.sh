# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One line a check, in the form that TAP readers know; counts for the total.

ok_count=0
not_ok_count=0

ok()
{
	ok_count=$((ok_count + 1))
	echo "ok - $*"
}

not_ok()
{
	not_ok_count=$((not_ok_count + 1))
	echo "not ok - $*"
}

# check NAME COMMAND...
check()
{
	local name=$1

	shift
	if "$@" >/dev/null 2>&1; then
		ok "$name"
	else
		not_ok "$name"
	fi
}

report_ends()
{
	[ "$not_ok_count" = 0 ]
}
