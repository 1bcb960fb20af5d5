#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the lab: what the tracer does not see, it must say.
# shellcheck source=tests/lab/job.sh
. /lib/job.sh

# until COMMAND...: a minute at most
until_true()
{
	n=0
	until "$@"; do
		n=$((n + 1))
		[ "$n" -lt 300 ] || return 1
		sleep 0.2
	done
}

# armed NAME TIMES: has it said so as often?
armed()
{
	[ "$(grep -c "armed on Linux" "$OUT/$1.out")" = "$2" ]
}

# background NAME COMMAND...
background()
{
	name=$1
	shift
	echo "lab test: $name"
	"$@" >"$OUT/$name.out" 2>&1 &
	started=$!
}

# ---- kvm_intel comes later ----
run no-wait evmcs-trace record -o "$OUT/no-wait.jsonl"
background waits evmcs-trace record --wait -o "$OUT/waits.jsonl"
until_true grep -q "waiting for" "$OUT/waits.out"
load-kvm stock || exit 1
until_true armed waits 1
evmcs-restore --rounds 1 >/dev/null
finish waits

# ---- every row of the plan, forbidden ----
evmcs-trace schema | awk '/"point": \{/ { p = 1 } p && /"enum"/ { e = 1; next }
	e && /\]/ { exit } e { gsub(/[", \t]/, ""); print }' >/tmp/points
{
	echo "whole evmcs-restore --rounds 1"
	while read -r point; do
		case $point in
		# notes of other rows' programs, and what needs debug information
		ran | first-entry | first-exit | evmcs-page-inlined) continue ;;
		esac
		echo "without-$point --forbid=$point evmcs-restore --rounds 1"
	done </tmp/points
} >/tmp/batch
run forbidden evmcs-trace record -q --batch /tmp/batch -o "$OUT"

# ---- a function that the kernel takes no more fentry programs on ----
run crowded fill-trampoline kvm hva_to_pfn -- evmcs-trace record -o "$OUT/crowded.jsonl" -- \
	evmcs-restore --rounds 1

# ---- unloaded and loaded again while it is watched: another one has a function less ----
load-kvm outline-evmcs-page || exit 1
background reload evmcs-trace record -o "$OUT/reload.jsonl"
until_true armed reload 1
evmcs-restore --rounds 1 >/dev/null
run held rmmod kvm_intel
kill -USR1 "$started"
until_true grep -q "let go of kvm_intel" "$OUT/reload.out"
evmcs-restore --rounds 1 >/dev/null # not seen
load-kvm stock || exit 1
until_true grep -q "not watching any more" "$OUT/reload.out"
evmcs-restore --rounds 1 >/dev/null # not watched
load-kvm outline-evmcs-page || exit 1
until_true armed reload 2
evmcs-restore --rounds 1 >/dev/null
finish reload
load-kvm stock || exit 1

# ---- let go of, and never watched again; a batch goes on ----
background let-go evmcs-trace record -o "$OUT/let-go.jsonl"
until_true armed let-go 1
evmcs-restore --rounds 1 >/dev/null
kill -USR1 "$started"
until_true grep -q "let go of kvm_intel" "$OUT/let-go.out"
evmcs-restore --rounds 1 --set-twice >/dev/null # not seen
finish let-go
cat >/tmp/batch <<'END'
gone evmcs-restore --rounds 1; kill -USR1 $PPID; sleep 2
back evmcs-restore --rounds 1
END
run batch-let-go evmcs-trace record --batch /tmp/batch -o "$OUT"

background reload-kprobes evmcs-trace record --kprobes -o "$OUT/reload-kprobes.jsonl"
until_true armed reload-kprobes 1
run not-held load-kvm stock
until_true armed reload-kprobes 2
evmcs-restore --rounds 1 >/dev/null
finish reload-kprobes

# ---- attached, and not run ----
background silent evmcs-trace record -o "$OUT/silent.jsonl"
until_true armed silent 1
evmcs-restore --rounds 1 >/dev/null
echo 0 >/proc/sys/kernel/ftrace_enabled
evmcs-restore --rounds 1 >/dev/null # not seen
finish silent
run deaf evmcs-trace record -o "$OUT/deaf.jsonl"
