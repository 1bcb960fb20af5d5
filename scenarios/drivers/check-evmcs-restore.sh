#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs evmcs-restore in every combination that makes sense and compares its exit status with what
# a stock kernel gives. Needs a host with nested VMX, such as the lab; busybox's shell will do.
# usage: check-evmcs-restore.sh; exit status 0: all as expected.

failed=0
ran=0

# expect STATUS OPTION...
expect() {
	want=$1
	shift
	ran=$((ran + 1))
	message=$(evmcs-restore --timeout 30 "$@" 2>&1 >/dev/null)
	got=$?
	if [ "$got" -ne "$want" ]; then
		failed=$((failed + 1))
		echo "not ok: evmcs-restore $*: status $got, not $want: $message"
	fi
}

# Both orders, where nothing in the options depends on one.
both_orders() {
	expect 0 "$@" --order qemu
	expect 0 "$@" --order msrs-first
}

shadow_vmcs=$(cat /sys/module/kvm_intel/parameters/enable_shadow_vmcs)
clobbered=0
[ "$shadow_vmcs" != Y ] || clobbered=1

for format in evmcs native; do
	for mode in l2 l1; do
		base="--format $format --mode $mode"
		# shellcheck disable=SC2086 # both are several options
		for extra in --rounds=3 --set-twice --immediate-exit --no-run --vcpus=3 \
			"--vms=2 --vcpus=2" --evmcs-pa=0 --evmcs-pa=-1; do
			both_orders $base $extra
		done
		# shellcheck disable=SC2086
		expect 0 $base --memslots-after
		# shellcheck disable=SC2086
		expect 0 $base --memslots-after --set-twice --immediate-exit --vcpus 2 --vms 2
		# shellcheck disable=SC2086
		expect 1 $base --corrupt counter
		# shellcheck disable=SC2086
		expect 1 $base --corrupt vmcs12
	done
	for forced in run run-irq mp-state; do
		both_orders --format $format --forced-exit=$forced
		both_orders --format $format --forced-exit=$forced --set-twice --immediate-exit
		both_orders --format $format --forced-exit=$forced --get-after-set --vcpus 2
		expect 0 --format $format --forced-exit=$forced --memslots-after
	done
	expect 1 --format $format --corrupt reg
	both_orders --format $format --get-after-set
	expect 0 --format $format --forced-exit=mp-state --no-run
	expect 0 --format $format --nested-loop 500
done

# KVM_GET_NESTED_STATE right after an L1-mode SET takes an ordinary VMCS from the shadow VMCS as it
# should, and an enlightened one too, from a shadow VMCS that was never written.
both_orders --format native --mode l1 --get-after-set
expect $clobbered --mode l1 --get-after-set
expect 0 --mode l1 --get-after-set --no-run

# Clean fields that L1 marks after the save point: KVM believes them, with a new vmcs02.
expect 1 --mode l1 --mark-clean=after
both_orders --mode l1 --mark-clean=before
both_orders --mode l2 --mark-clean=after
both_orders --mode l2 --mark-clean=before
both_orders --mode l2 --mark-clean --forced-exit
both_orders --mode l2 --mark-clean --forced-exit=mp-state

expect 0 --idle-loop out 1000
expect 0 --idle-loop cpuid 1000
expect 1 --idle-loop out 100000000 --timeout 1
expect 0 --help
expect 64 --forced-exit --mode l1
expect 64 --memslots-after --order msrs-first
expect 64 --rounds 0
expect 64 --idle-loop out
expect 64 surplus

echo "evmcs-restore: $ran combinations, $failed not as expected"
[ "$failed" -eq 0 ]
