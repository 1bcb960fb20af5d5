#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs evmcs-restore in every combination that makes sense and compares its exit status, and for some
# what its KVM_RUNs returned, with what a stock kernel gives. Needs a host with nested VMX, such as the lab; busybox's shell will do.
# usage: check-evmcs-restore.sh; exit status 0: all as expected.

# The lab's machine comes up without KVM.
if [ ! -e /dev/kvm ] && command -v load-kvm >/dev/null; then
	load-kvm stock || exit 1
fi

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

# expect_json PATTERN OPTION...: status 0, and the JSON has the pattern (of grep).
expect_json() {
	pattern=$1
	shift
	ran=$((ran + 1))
	json=$(evmcs-restore --timeout 30 --rounds 1 --json "$@" 2>&1)
	got=$?
	if [ "$got" -ne 0 ] || ! echo "$json" | grep -q -- "$pattern"; then
		failed=$((failed + 1))
		echo "not ok: evmcs-restore $*: status $got, no $pattern in: $json"
	fi
}

# runs REASON DETAIL...: the pattern of --stop-after's runs, each of which returned 0.
runs() {
	printf '"runs":\\['
	comma=
	while [ $# -gt 0 ]; do
		printf '%s{"ret":0,"errno":0,"exit_reason":%s,"detail":"%s"}' "$comma" "$1" "$2"
		comma=,
		shift 2
	done
	printf ']'
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
	both_orders --format $format --mode exit --rounds 3
	both_orders --format $format --mode exit --set-twice --immediate-exit --vcpus 2
	expect 0 --format $format --mode exit --memslots-after
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
expect 1 --mode exit --mark-clean=after
both_orders --mode l1 --mark-clean=before
both_orders --mode l2 --mark-clean=after
both_orders --mode l2 --mark-clean=before
both_orders --mode l2 --mark-clean --forced-exit
both_orders --mode l2 --mark-clean --forced-exit=mp-state

# ---- what provokes the anomalies ----

# Exit reasons of KVM, with the port or the suberror.
l1_ticks="2 0x511"
l2_ticks="2 0x510"
guest_fails="2 0x513"
emulation_fails="17 0x1"
delivery_fails="17 0x3" # there is no handler in SMRAM
# Since 7.2.10 KVM says so when the PDPTEs of L2 cannot be loaded.
no_reason="0 0x0"
case $(uname -r) in
7.*) no_reason=$emulation_fails ;;
esac

# shellcheck disable=SC2086 # reason and detail are two words
for order in qemu msrs-first; do
	order="--order $order"
	for format in evmcs native; do
		expect_json "$(runs $l1_ticks $l2_ticks $l1_ticks)" $order --format $format \
			--stop-after runs=3
		expect_json "$(runs $l2_ticks)" $order --format $format --mode l1 --stop-after run
		expect_json '"first_run_ns":0}' $order --format $format --stop-after set
		expect 0 $order --format $format --stop-after runs=2 --rounds 2 --vcpus 2 --vms 2
	done

	# Without its eVMCS L2 goes on, and its exit reaches an L1 that finds an old one.
	expect 1 $order --skip-vp-assist
	expect_json "$(runs $guest_fails)" $order --skip-vp-assist --stop-after run
	expect 1 $order --no-hyperv-cpuid
	expect_json "$(runs $guest_fails)" $order --no-hyperv-cpuid --stop-after run
	expect 1 $order --damage enlighten
	expect_json "$(runs $guest_fails)" $order --damage enlighten --stop-after run
	for damage in evmcs-revision evmcs-gpa; do
		expect 1 $order --damage $damage
		expect_json "$(runs $emulation_fails $guest_fails)" $order --damage $damage \
			--stop-after runs=2
		expect_json "$(runs $emulation_fails)" $order --damage $damage --mode l1 \
			--stop-after run
		expect 0 $order --damage $damage --forced-exit=mp-state --stop-after set
	done
	expect 0 $order --skip-vp-assist --forced-exit=mp-state --stop-after set

	for mode in l2 l1; do
		expect 0 $order --mode $mode --move-memslot --set-twice --immediate-exit
		expect 0 $order --mode $mode --move-memslot=same-gpa --vcpus 2
		expect 0 $order --mode $mode --memory-after --set-twice --vcpus 2
		expect_json '"postcopy":{"pages":[1-9]' $order --mode $mode --postcopy=3 --vcpus 2
		expect 0 $order --mode $mode --postcopy=2 --set-twice --rounds 3
		expect 0 $order --mode $mode --postcopy=2 --no-run
		expect_json '"set_nested_state":0,"set_errors":1,' $order --mode $mode \
			--vmcs12 revision_id=0 --expect-set-error EINVAL --stop-after set
		expect_json '"set_nested_state":1,"set_errors":7,' $order --mode $mode \
			--refused-sets 7
		expect 0 $order --mode $mode --refused-sets 3 --set-twice --vcpus 2 --rounds 2
		expect 1 $order --mode $mode --expect-set-error EINVAL --no-run
		expect 1 $order --mode $mode --expect-set-error EFAULT --vmcs12 revision_id=0 \
			--no-run
		expect 1 $order --mode $mode --vmcs12 revision_id=0
		expect 0 $order --mode $mode --no-run --close-in-child --vcpus 2 --vms 2
		expect 0 $order --mode $mode --no-run --exit-without-close --vcpus 2 --vms 2
		expect 0 $order --mode $mode --as-native --stop-after set
	done
	# The exit before the run mapped the eVMCS where the memory was before.
	expect 1 $order --move-memslot --forced-exit=mp-state
	expect 0 --format native $order --postcopy=2

	expect 0 $order --vmcs12 vmcs_link_pointer=free-page
	expect_json '"set_errors":1,' $order --vmcs12 vmcs_link_pointer=@evmcs \
		--expect-set-error EINVAL --no-run
	list="--vmcs12 vm_exit_msr_load_count=1 --vmcs12 vm_exit_msr_load_addr=msr-list"
	expect 0 $order $list
	expect 0 $order $list --set-twice
	expect_json "$(runs $guest_fails)" $order --as-native --stop-after run
	for format in evmcs native; do
		expect 0 $order --format $format --leave-by smm --stop-after set
		expect 0 $order --format $format --leave-by feat-ctl --no-run
		expect_json "$(runs $guest_fails)" $order --format $format --leave-by feat-ctl \
			--stop-after run
		expect_json "$(runs $delivery_fails)" $order --format $format --leave-by smm \
			--stop-after run
	done
done
expect 0 --memslots-after --postcopy=2
# shellcheck disable=SC2086
expect_json "$(runs $no_reason)" --pae-l2 --order msrs-first --stop-after run
expect 1 --pae-l2 --order msrs-first
# The timeout ends a row of KVM_RUNs too.
expect 1 --stop-after runs=100 --spin 1000000 --timeout 1

expect 64 --stop-after runs=0
expect 64 --stop-after sometime
expect 64 --stop-after run --no-run
expect 64 --expect-set-error EINVAL
expect 64 --refused-sets 0
expect 64 --expect-set-error 22 --no-run
expect 64 --vmcs12 revision_id
expect 64 --vmcs12 no_such_field=1
expect 64 --vmcs12 revision_id=0x100000000
expect 64 --vmcs12 revision_id=free-page
expect 64 --damage enlighten --format native
expect 64 --pae-l2
expect 64 --memory-after --memslots-after
expect 64 --move-memslot --postcopy
expect 64 --move-memslot=elsewhere
expect 64 --leave-by smm
expect 64 --as-native
expect 64 --close-in-child
expect 64 --exit-without-close --close-in-child --no-run
expect 64 --close-in-child --postcopy --no-run

expect 0 --idle-loop out 1000
expect 0 --idle-loop cpuid 1000
expect 1 --idle-loop out 100000000 --timeout 1
expect 0 --help
expect 64 --forced-exit --mode l1
expect 64 --forced-exit --mode exit
expect 64 --memslots-after --order msrs-first
expect 64 --rounds 0
expect 64 --idle-loop out
expect 64 surplus

echo "evmcs-restore: $ran combinations, $failed not as expected"
[ "$failed" -eq 0 ]
