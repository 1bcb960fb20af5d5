# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One run of one machine.

BOCHS_BIOS=/usr/share/bochs/BIOS-bochs-latest
BOCHS_VGA=/usr/share/vgabios/vgabios.bin
# Instructions in one second of the machine's time. Its TSC counts them, whatever
# CPUID says its frequency is; a kernel that believed CPUID would idle through
# 44 times as many ticks, which is minutes where two idle CPUs take turns.
IPS=50000000
# Work of a boot that no scenario is about: the crypto self-tests (8 of 22
# seconds), the page-table walk for writable code, loading certificates.
CMDLINE="console=ttyS0,115200 quiet loglevel=4 panic=-1 nokaslr mitigations=off"
CMDLINE+=" tsc=reliable tsc_early_khz=$((IPS / 1000)) no_timer_check nowatchdog"
CMDLINE+=" random.trust_cpu=on cryptomgr.notests init_on_alloc=0"
CMDLINE+=" rodata=off initcall_blacklist=load_system_certificate_list"
# A CPU that idles in MWAIT and is woken by a write, as Linux does it, sometimes
# sleeps on until its next timer, for minutes of the machine's time.
CMDLINE+=" idle=nomwait"
# A multiple of the emulated disk's cylinder (16 heads, 63 sectors): 252 MiB,
# of which the host stores only what is written.
OUT_DISK_BYTES=$((512 * 16 * 63 * 512))

RUN=
BOCHS_PID=

boot_cleanup() {
	boot_stop
	[[ -z $RUN ]] || rm -rf "$RUN"
}

# End the emulator that this run started, if it still runs.
boot_stop() {
	[[ -n $BOCHS_PID ]] || return 0
	kill "$BOCHS_PID" 2>/dev/null || true
	# Longer than timeout waits with its own SIGKILL.
	for _ in {1..20}; do
		kill -0 "$BOCHS_PID" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$BOCHS_PID" 2>/dev/null || true
	BOCHS_PID=
}

# Bochs runs in the run's folder and has only names without a path in its
# configuration, whose syntax knows no way to write some characters. No sound:
# where ALSA has no device, the thread that would mix it ends the emulator.
write_bochsrc() {
	ln -s "$TOOLS/lab.rom" "$RUN/lab.rom"
	cat >"$RUN/bochsrc" <<-EOF
		config_interface: textconfig
		display_library: rfb, options="timeout=0"
		romimage: file=$BOCHS_BIOS
		vgaromimage: file=$BOCHS_VGA
		optromimage1: file=lab.rom, address=0xd0000
		memory: guest=$2, host=$2
		cpu: model=$RELEASE_CPU, count=$1, quantum=32, ips=$IPS, reset_on_triple_fault=0, ignore_bad_msrs=1
		clock: sync=none, time0=utc
		pci: enabled=1, chipset=i440fx
		ata0-master: type=disk, path=boot.img, mode=flat
		ata0-slave: type=disk, path=out.img, mode=flat
		boot: disk
		sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
		panic: action=fatal
		error: action=report
		info: action=ignore
		log: bochs.log
		com1: enabled=1, mode=file, dev=console
	EOF
	# Debian builds Bochs with its debugger: this is "continue".
	echo c >"$RUN/rc"
}

# Everything this boot adds to the base archive.
write_overlay() {
	local dir=$RUN/root prog path variant arg
	mkdir -p "$dir"/{bin,lab/script}
	cp -L "$SCRIPT" "$dir/lab/script/$(basename "$SCRIPT")"
	{
		printf 'LAB_TOKEN=%s\n' "$TOKEN"
		printf 'LAB_SCRIPT=%s\n' "$(quote "$(basename "$SCRIPT")")"
		printf 'set --'
		for arg; do
			printf ' %s' "$(quote "$arg")"
		done
		printf '\n'
	} >"$dir/lab/args"
	for prog in "${PROGS[@]}"; do
		add_program "$prog" "$dir"
	done
	for path in "${ADDS[@]}"; do
		add_path "$path" "$dir"
	done
	build_variants "${VARIANTS[@]}"
	for variant in "${VARIANTS[@]}"; do
		variant_place "$variant"
		mkdir -p "$dir/lab/modules/$variant"
		cp "$VDIR/kvm.ko" "$VDIR/kvm-intel.ko" "$dir/lab/modules/$variant"
	done
	pack "$dir" "$RUN/overlay.cpio"
}

# The emulator listens on a VNC port that nobody asked for and that two of them
# would fight over. In a network of its own it can have any port it wants.
isolation() {
	if unshare -n true 2>/dev/null; then
		echo unshare -n
	elif unshare -rn true 2>/dev/null; then
		echo unshare -rn
	fi
}

start_bochs() {
	local -a isolate
	read -ra isolate <<<"$(isolation)"
	(
		trap - EXIT INT TERM
		cd "$RUN" || exit
		# The timeout of bash's read can be missed: it is a signal, which may
		# come just before the read that it was to end.
		"${isolate[@]}" timeout --foreground -k 1 $((LIMIT + 2)) \
			bochs-bin -q -f bochsrc -rc rc </dev/null >stdout 2>stderr &
		echo $! >pid
		wait $! || true
		printf '\n%s: gone\n' "$TOKEN" >console
	) &
	until [[ -s $RUN/pid ]]; do
		sleep 0.01
	done
	read -r BOCHS_PID <"$RUN/pid"
}

# Strip what a terminal would obey or choke on.
clean() {
	CLEAN=${1//$'\e'\[*([0-9;?])[a-zA-Z]/}
	CLEAN=${CLEAN//[$'\x01'-$'\x08\x0b'-$'\x1f\x7f']/}
}

# The same with its colours, where a person looks at it.
colourful() {
	COLOURFUL=$CLEAN
	[[ -t 1 && -z ${NO_COLOR-} && $1 == *$'\e['* ]] || return 0
	# \x01 stands for the beginning of what is kept
	COLOURFUL=${1//$'\x01'/}
	COLOURFUL=${COLOURFUL//$'\e['/$'\x01'}
	COLOURFUL=${COLOURFUL//[$'\x02'-$'\x08\x0b'-$'\x1f\x7f']/}
	COLOURFUL=${COLOURFUL//$'\x01'*([0-9;?])[a-ln-zA-Z]/}
	COLOURFUL=${COLOURFUL//$'\x01'/$'\e['}
}

# Read the console until the emulator is gone or its time is up.
# Sets TIMED_OUT, PANIC, RESET, STARTED (milliseconds until the script began).
follow_console() {
	local chunk line='' blank='' phase=boot began now shown=-1
	local label="booting Debian $KREL in software VMX"
	TIMED_OUT='' PANIC='' RESET='' STARTED=''
	began=${EPOCHREALTIME/[.,]/}
	[[ -t 2 ]] || say "$label"
	while :; do
		now=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
		if ((now > LIMIT * 1000)); then
			TIMED_OUT=1
			break
		fi
		if [[ $phase == boot && -t 2 && $((now / 1000)) -ne $shown ]]; then
			shown=$((now / 1000))
			printf '\rlab: %s ... %d s' "$label" "$shown" >&2
		fi
		# On a timeout read keeps what it has of the line.
		if ! IFS= read -r -t 0.5 -u "$CONSOLE" chunk; then
			line+=$chunk
			continue
		fi
		line+=$chunk
		clean "$line"
		colourful "$line"
		line=''
		[[ $CLEAN != "$TOKEN: gone" ]] || break
		printf '%s\n' "$CLEAN" >>"$OUTDIR/console.log"
		# what takes long on the host: the machine's own clock skips what it idles
		printf '%6d.%03d %s\n' $((now / 1000)) $((now % 1000)) "$CLEAN" >>"$OUTDIR/console.times"
		case $CLEAN in
		"lab-guest: script")
			STARTED=$now
			phase=script
			if [[ -t 2 ]]; then
				printf '\rlab: %s ... %d s\n' "$label" $((now / 1000)) >&2
			else
				say "the script starts after $((now / 1000)).$((now / 100 % 10)) s"
			fi
			continue
			;;
		"lab-guest: saving")
			phase=saving
			continue
			;;
		*"Kernel panic - "*) PANIC=${CLEAN#*Kernel panic - } ;;
		"lab-rom: "*) RESET=${CLEAN#lab-rom: } ;;
		esac
		[[ $phase == script && -z $QUIET ]] || continue
		# An empty line waits for what follows: the last one is not the
		# script's.
		if [[ -z $CLEAN ]]; then
			blank+=$'\n'
		else
			printf '%s%s\n' "$blank" "$COLOURFUL"
			blank=
		fi
	done
	if [[ $phase == boot && -t 2 ]]; then
		printf '\n' >&2
	fi
	ELAPSED=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	((ELAPSED <= LIMIT * 1000)) || TIMED_OUT=1
}

# What the run came to: read from the out disk, not from the console, where
# kernel messages may cut into any line.
collect() {
	local tag token status bytes seconds=$((ELAPSED / 1000))
	read -r tag token status bytes < <(head -c 512 "$RUN/out.img" | tr -d '\0') || true
	if [[ $tag != lab-out || $token != "$TOKEN" ]]; then
		if [[ -n $TIMED_OUT ]]; then
			say "the machine was still running after $LIMIT s and was ended (-t sets the limit)"
		elif [[ -n $PANIC ]]; then
			say "the guest kernel panicked after $seconds s: $PANIC"
		else
			say "the machine stopped after $seconds s without finishing the script${RESET:+: $RESET}"
			[[ -n $STARTED ]] || tail -n 5 "$RUN/stderr" "$OUTDIR/bochs.log" >&2 || true
		fi
		say "the last lines of its console, $OUTDIR/console.log:"
		tail -n 15 "$OUTDIR/console.log" | sed 's/^/  | /' >&2
		[[ -z $TIMED_OUT ]] || return 124
		return 125
	fi
	# tar stops reading at the end of the archive, which head need not notice.
	tar -x --no-same-owner --warning=no-timestamp -C "$OUTDIR/out" \
		< <(tail -c +4097 "$RUN/out.img" | head -c "$bytes") ||
		say "some of the results could not be unpacked"
	if grep -qE 'WARNING: |BUG: |Oops|general protection|refcount_t' "$OUTDIR/out/dmesg.txt"; then
		say "the guest's kernel complained (the whole log is $OUTDIR/out/dmesg.txt):"
		grep -E 'WARNING: |BUG: |Oops|general protection|refcount_t' "$OUTDIR/out/dmesg.txt" |
			head -n 10 | sed 's/^/  | /' >&2
	fi
	if ((status > 123)); then
		say "the script's exit status was $status; it is reported as 123"
		status=123
	fi
	say "exit status $status after $seconds s; results in $OUTDIR/out"
	return "$status"
}

boot() {
	local cpus=1 memory=1024 opt OPTARG OPTIND=1
	LIMIT=600 OUTDIR='' QUIET='' PROGS=() ADDS=() VARIANTS=()
	while getopts :k:c:m:t:o:qV:p:a: opt; do
		# shellcheck disable=SC2034 # RELEASE is read by load_release
		case $opt in
		k) RELEASE=$OPTARG ;;
		c) cpus=$OPTARG ;;
		m) memory=$OPTARG ;;
		t) LIMIT=$OPTARG ;;
		o) OUTDIR=$OPTARG ;;
		q) QUIET=1 ;;
		# Every machine has the stock modules.
		V) [[ $OPTARG == stock ]] || VARIANTS+=("$OPTARG") ;;
		p) PROGS+=("$OPTARG") ;;
		a) ADDS+=("$OPTARG") ;;
		:) usage "boot: -$OPTARG needs a value" ;;
		*) usage "boot: unknown option -$OPTARG" ;;
		esac
	done
	shift $((OPTIND - 1))
	(($#)) || usage "boot: no script given"
	[[ $cpus =~ ^[1-8]$ ]] || usage "boot: -c wants 1 to 8 CPUs"
	[[ $memory =~ ^[1-9][0-9]{2,3}$ ]] || usage "boot: -m wants 100 to 9999 megabytes"
	[[ $LIMIT =~ ^[1-9][0-9]*$ ]] || usage "boot: -t wants a number of seconds"
	SCRIPT=$1
	shift
	[[ -f $SCRIPT && -r $SCRIPT ]] || die "boot: no script $SCRIPT"
	((!${#VARIANTS[@]})) || need_source
	need bochs-bin bochs
	need_file "$BOCHS_BIOS" bochsbios
	need_file "$BOCHS_VGA" vgabios
	need_file /usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_rfb_gui.so bochs

	setup_all
	TOKEN=lab-$$-$RANDOM$RANDOM
	OUTDIR=${OUTDIR:-$CACHE/runs/$(date +%Y%m%d-%H%M%S)-$$}
	mkdir -p "$OUTDIR/out" "$CACHE/run"
	OUTDIR=$(cd "$OUTDIR" && pwd -P)
	rm -rf "$OUTDIR/out" "$OUTDIR/console.log" "$OUTDIR/console.times"
	mkdir "$OUTDIR/out"
	: >"$OUTDIR/console.log"
	trap boot_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	RUN=$(mktemp -d "$CACHE/run/XXXXXXXX")

	write_overlay "$@"
	cat "$BASE" "$RUN/overlay.cpio" >"$RUN/initramfs"
	"$TOOLS/mkboot" "$RUN/boot.img" "$KDIR/vmlinux" "$RUN/initramfs" \
		"$CMDLINE $RELEASE_CMDLINE ${LAB_CMDLINE:-}"
	truncate -s "$OUT_DISK_BYTES" "$RUN/out.img"
	write_bochsrc "$cpus" "$memory"
	mkfifo "$RUN/console"
	# Opened for both: neither end waits for the other, and none sees an
	# end of file before its time.
	exec {CONSOLE}<>"$RUN/console"
	start_bochs
	follow_console
	boot_stop
	mv "$RUN/bochs.log" "$OUTDIR/bochs.log" || true
	collect
}
