# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What every part of the lab uses: places, messages, locks.

ROOT=$(cd -- "$LAB_DIR/../.." && pwd -P)
# shellcheck disable=SC2034 # the modified kernels; read by source.sh
KERNELS_DIR=$ROOT/scenarios/kernels
# shellcheck disable=SC2034 # read by source.sh; users who are not root have no sbin in their path
BPFTOOL=$(command -v bpftool || echo /usr/sbin/bpftool)
CACHE=$ROOT/build/lab
RELEASE=debian-6.1

SECONDS=0

# Progress goes to standard error: standard output is for results (a path, the
# guest's own output).
say() {
	printf 'lab: %s\n' "$*" >&2
}

die() {
	printf 'lab: %s\n' "$*" >&2
	exit "${DIE_STATUS:-1}"
}

usage() {
	printf 'lab: %s; see "lab help"\n' "$*" >&2
	exit 64
}

# need COMMAND PACKAGE
need() {
	command -v "$1" >/dev/null 2>&1 ||
		die "$1 is missing; install it: apt-get install $2"
}

# need_file FILE PACKAGE
need_file() {
	[[ -e $1 ]] || die "$1 is missing; install it: apt-get install $2"
}

# with_lock NAME COMMAND...: several labs may start at once; one of them does
# the work and the others wait for it.
with_lock() {
	local name=$1
	shift
	mkdir -p "$CACHE/locks"
	(
		exec {fd}>"$CACHE/locks/$name"
		if ! flock -n "$fd"; then
			say "waiting for another lab that prepares $name"
			flock "$fd"
		fi
		"$@"
	)
}

# How much is there of the STEP_BYTES that the step leaves in STEP_FOLDER.
step_part() {
	local bytes
	((${STEP_BYTES:-0})) || return 0
	bytes=$(du -sb "$STEP_FOLDER" 2>/dev/null | cut -f1) || true
	printf '%3d %% ' $((${bytes:-0} * 100 / STEP_BYTES))
}

# step TEXT LOG COMMAND...: run a command that takes a while, its output in LOG,
# showing that it is alive. With LAB_ABREAST set others report on the same
# terminal: one line, at the end.
step() {
	local text=$1 log=$2 pid status=0 start=$SECONDS
	shift 2
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	if [[ -n ${LAB_ABREAST:-} ]]; then
		:
	elif [[ -t 2 ]]; then
		while kill -0 "$pid" 2>/dev/null; do
			printf '\rlab: %s ... %s%d s' "$text" "$(step_part)" \
				$((SECONDS - start)) >&2
			sleep 0.5
		done
		printf '\r' >&2
	else
		printf 'lab: %s ...' "$text" >&2
	fi
	wait "$pid" || status=$?
	if [[ -n ${LAB_ABREAST:-} || -t 2 ]]; then
		say "$text ... $((SECONDS - start)) s"
	else
		printf ' %d s\n' $((SECONDS - start)) >&2
	fi
	if ((status)); then
		tail -n 15 "$log" | sed 's/^/lab:   | /' >&2
		die "that failed; the whole log is $log"
	fi
}

# The definition of a kernel release: releases/NAME.sh.
load_release() {
	local file=$LAB_DIR/releases/$RELEASE.sh known
	if [[ ! $RELEASE =~ ^[A-Za-z0-9._-]+$ || ! -r $file ]]; then
		known=$(cd "$LAB_DIR/releases" && printf '%s ' *.sh)
		usage "no kernel release $RELEASE (there is: ${known//.sh/})"
	fi
	# What a release need not say; kernel.sh and the others read it.
	# shellcheck disable=SC2034
	RELEASE_SUITE='' RELEASE_SERIES='' RELEASE_GCC='' RELEASE_CMDLINE=''
	# shellcheck disable=SC2034
	RELEASE_PARTS=(linux-image)
	# shellcheck source=/dev/null
	. "$file"
}
