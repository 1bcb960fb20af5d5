#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Do the jobs of the lab notice? Breaks the tool in a copy of the sources in several places that
# have nothing to do with each other, runs the job once, and looks for a check of each that fails.
# Exit status 1 where one stayed unnoticed, or was not broken. Minutes for each job.
#
#   tests/lab/mutate.sh [-n] [JOB...]
#       -n    whether each still changes its files, and no more: seconds
#       JOB   faults clock sight serve one-cpu: default all
#
# The lab must be set up (make test does it). What is seen: docs/security.md.

set -eu
cd "$(dirname "$0")/../.."
root=$PWD
dry=0
while getopts n option; do
	case $option in
	n) dry=1 ;;
	*) exit 64 ;;
	esac
done
shift $((OPTIND - 1))
jobs=" ${*:-faults clock sight serve one-cpu} "
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp -r --parents -t "$copy"
mkdir -p "$copy/build/lab"
[ $dry = 1 ] || cp -al build/lab/kernels "$copy/build/lab/"
unseen=0
names=() wanted=() broken=()

# breaks NAME CHECK SED-EXPRESSION FILE...: CHECK is the beginning of one that must fail then
breaks()
{
	local name=$1 check=$2 expression=$3 file

	shift 3
	for file; do
		sed -E "$expression" "$copy/$file" >"$copy/mutated"
		if cmp -s "$copy/mutated" "$copy/$file"; then
			echo "$name: changes nothing in $file"
			unseen=$((unseen + 1))
		fi
		cp "$copy/mutated" "$copy/$file"
		broken+=("$file")
	done
	names+=("$name")
	wanted+=("$check")
}

# seen_by JOB BOOT CHECKS: both are commands, of the copy
seen_by()
{
	local i said file

	if [ $dry = 0 ] && [[ $jobs = *" $1 "* ]]; then
		if make -s -j2 -C "$copy" CFLAGS='-O2 -Wno-error' all test-traces \
			build/tests/{verifier_log.so,journal_socket,on_pty} \
			>"$copy/log" 2>&1; then
			# a job that fails, or a machine that dies, is what its checks are for
			(cd "$copy" && $2) >>"$copy/log" 2>&1 || :
			(cd "$copy" && $3) >"$copy/checks" 2>&1 || :
			if ! grep -q 'lab: exit status [0-9]* after' "$copy/log"; then
				echo "$1: the machine did not run it to an end"
				tail -n 5 "$copy/log"
				unseen=$((unseen + 1))
			fi
			for i in "${!names[@]}"; do
				if said=$(grep -m 1 "^not ok - ${wanted[i]}" "$copy/checks"); then
					echo "${names[i]}: $1: $said"
				else
					echo "${names[i]}: $1: NOT SEEN"
					unseen=$((unseen + 1))
				fi
			done
		else
			echo "$1: does not compile"
			tail -n 5 "$copy/log"
			unseen=$((unseen + 1))
		fi
	fi
	names=() wanted=()
	# newer than what was made of the broken ones
	for file in "${broken[@]}"; do
		cp "$root/$file" "$copy/$file"
	done
	broken=()
}

# One process of a killed tracer keeps its programs attached.
breaks "the programs outlive the tool" "module: it stays" \
	'/^void observer_let_go/,/^}/s/^(\tall_counts.*)$/\1\n\tif (!fork())\n\t\tpause();/' user/probes/attach.c
breaks "the end of a vCPU is not its restore's" "\(vmm-killed\|closed\): dead" \
	's/close_restore\(m, &vcpu->current, END_FREED, ev\);/;/' user/model/model.c
breaks "what the ring lost is not told" "ring: " 's/if \(rec->lost > s->last_lost\)/if (0)/' user/sources/ring.c
breaks "slow clients may stay" "clients: who is slow" \
	's/^(#define IDLE_SECONDS) .*/\1 1000/; s/^(#define REQUEST_MS) .*/\1 1000000/' user/serve/http.c
seen_by faults "tests/lab/boot faults 1" tests/lab/faults-checks

breaks "times are of the clock that is set" "clock: " \
	's/bpf_ktime_get_ns/bpf_ktime_get_tai_ns/; s/CLOCK_MONOTONIC/CLOCK_TAI/' \
	bpf/evmcs_trace.bpf.c user/commands/live.c user/sources/ring.c
seen_by clock "tests/lab/boot faults 1" tests/lab/faults-checks

breaks "a trace goes on with less than its header says" "reload: status" \
	's/if \(h->probes\[i\]\.attached && .*/if (0)/' user/commands/live.c
breaks "that it let go is not told" "let-go: says" \
	'/^static void toggle/,/^}/s/^\ttell_gap\(live\);//' user/commands/live.c
breaks "programs that are not run are not noticed" "silent: check says" \
	's/^\t\tring_source_silent\(live->source\);/\t\t;/' user/commands/live.c
seen_by sight "tests/lab/boot sight 1 -V outline-evmcs-page -p build/scenarios/fill-trampoline" tests/lab/sight-checks

breaks "a full disk is not counted" "no room for a trace file is counted" \
	'/^static void in_trouble/,/^}/s/^\tt->stats\.errors\+\+;//' user/sinks/trace_files.c
breaks "the header is of the module that went" "that of the kernel that came" \
	's/if \(cut->watched\)/if (0)/' user/pipeline.c
breaks "the textfile of a dead canary stays" "and takes its textfile along" \
	's/^\t\tunlink\(c->config\.textfile\);/\t\t;/' user/commands/serve.c
seen_by serve tests/fleet/end-to-end tests/lab/serve-checks

breaks "a full disk is no matter" "full: " 's/^\t\t\treturn -errno;/\t\t\treturn 0;/' user/sinks/trace.c
seen_by one-cpu "tests/lab/boot one-cpu 1 -a build/tests/verifier_log.so:/lib/verifier_log.so" "tests/lab/checks one-cpu"

[ $dry = 1 ] || echo "$unseen not seen, or not broken"
[ $unseen = 0 ]
