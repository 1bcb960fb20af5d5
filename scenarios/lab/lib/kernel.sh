# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The distribution's kernel: found through apt, unpacked, never installed.
#
# A kernel's folder is build/lab/kernels/<package>_<version>/ with
#	image/		the package, unpacked
#	vmlinux		the ELF image out of its vmlinuz
#	base.cpio	the part of the initramfs that every boot uses
#	ready		written last; its presence means that the rest is whole

# Options for apt: none for the host's own, else those of resolve_suite.
APT_OPTIONS=()

# What apt would install now: sets IMAGE_PACKAGE, IMAGE_VERSION, KREL, KDIR.
resolve_kernel() {
	local known=$CACHE/resolved-$RELEASE
	need apt-cache apt
	load_release
	mkdir -p "$CACHE"
	if [[ -n $RELEASE_SUITE ]]; then
		resolve_suite "$known"
	else
		resolve_host "$known"
	fi
	read_known "$known"
}

# resolve_host KNOWN: asking apt takes seconds; its answer holds until its lists
# change.
resolve_host() {
	if [[ ! -s $1 || /var/lib/apt/lists -nt $1 || /etc/apt -nt $1 ||
		$LAB_DIR/releases/$RELEASE.sh -nt $1 ]]; then
		ask_apt >"$1.$$"
		mv "$1.$$" "$1"
	fi
}

read_known() {
	read -r IMAGE_PACKAGE IMAGE_VERSION <"$1"
	KREL=${IMAGE_PACKAGE#linux-image-}
	KDIR=$CACHE/kernels/${IMAGE_PACKAGE}_${IMAGE_VERSION//[:~]/_}
}

ask_apt() {
	local dep
	dep=$(apt-cache "${APT_OPTIONS[@]}" depends --no-recommends --no-suggests "$RELEASE_META" 2>/dev/null |
		awk '/Depends: linux-image-[0-9]/ { print $2; exit }') || true
	[[ -n $dep ]] || die "apt knows no image behind $RELEASE_META; run apt-get update"
	[[ -z $RELEASE_SERIES || $dep == "linux-image-$RELEASE_SERIES".* ]] ||
		die "$RELEASE_META is $dep here, not $RELEASE_SERIES; $RELEASE needs a host whose apt sources carry that series"
	printf '%s %s\n' "$dep" "$(apt-cache "${APT_OPTIONS[@]}" policy "$dep" | awk '/Candidate:/ { print $2 }')"
}

# download LOG FOLDER VERSION PACKAGE...: fetch_packages, showing how far it is.
download() {
	local log=$1 bytes
	shift
	bytes=$(apt-get "${APT_OPTIONS[@]}" --print-uris download "${@:3}" 2>/dev/null |
		awk '{ sum += $3 } END { print sum + 0 }') || true
	STEP_FOLDER=$1.tmp.$$/deb STEP_BYTES=$bytes \
		step "downloading $3 $2, $((bytes / 1000000)) MB" "$log" fetch_packages "$@"
}

# fetch_packages FOLDER VERSION PACKAGE...: download and unpack all of them into
# one folder, without installing.
fetch_packages() {
	local folder=$1 version=$2 tmp=$1.tmp.$$ deb
	shift 2
	rm -rf "$tmp"
	mkdir -p "$tmp/deb" "$tmp/root"
	(
		cd "$tmp/deb" || exit
		# Root's apt would drop to a user who cannot write here, and say so.
		apt-get -q "${APT_OPTIONS[@]}" -o APT::Sandbox::User=root \
			download "${@/%/=$version}"
	) || return
	for deb in "$tmp"/deb/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root" || return
	done
	rm -rf "$folder" && mv "$tmp/root" "$folder" && rm -rf "$tmp"
}

# extract_vmlinux VMLINUZ VMLINUX: the payload of a bzImage is a compressed ELF
# file somewhere in it; try whatever looks like the start of one.
extract_vmlinux() {
	local format magic tool at magic_read
	while read -r format magic tool; do
		# Of a line only the number: in what was found there may be a byte
		# that makes the shell take the end of the line for a part of it.
		while read -r at; do
			# The tools complain about what follows the payload.
			# shellcheck disable=SC2086
			tail -c +$((at + 1)) "$1" | $tool >"$2.tmp" 2>/dev/null || true
			magic_read=$(head -c 4 "$2.tmp" | tr -d '\0')
			if [[ $magic_read == $'\x7fELF' ]]; then
				mv "$2.tmp" "$2"
				echo "$format payload at $at"
				return 0
			fi
		done < <(LC_ALL=C grep -aboP "$magic" "$1" | LC_ALL=C cut -d: -f1 || true)
	done <<-'EOF'
		xz \xfd7zXZ\x00 xz -dc
		zstd \x28\xb5\x2f\xfd zstd -dcq
		lz4 \x02\x21\x4c\x18 lz4 -dcq
		gzip \x1f\x8b\x08 gzip -dcq
		bzip2 BZh[1-9] bzip2 -dcq
	EOF
	rm -f "$2.tmp"
	echo "no kernel image in $1"
	return 1
}

setup_tools() {
	local sum
	need gcc gcc
	need make make
	sum=$(cat "$LAB_DIR"/boot/* | sha256sum | cut -c1-16)
	TOOLS=$CACHE/tools-$sum
	[[ -e $TOOLS/ready ]] || with_lock tools build_tools
}

build_tools() {
	[[ -e $TOOLS/ready ]] && return
	mkdir -p "$TOOLS"
	# Built beside its sources: make cannot name a folder with a blank in it.
	cp "$LAB_DIR"/boot/* "$TOOLS"
	step "building the boot ROM and its tools" "$CACHE/log/tools.log" \
		make -C "$TOOLS"
	touch "$TOOLS/ready"
}

setup_kernel() {
	resolve_kernel
	[[ -e $KDIR/ready ]] || with_lock "$(basename "$KDIR")" prepare_kernel
}

prepare_kernel() {
	local image
	[[ -e $KDIR/ready ]] && return
	need dpkg-deb dpkg
	need xz xz-utils
	need zstd zstd
	need lz4 lz4
	mkdir -p "$KDIR"
	download "$KDIR/log/download.log" "$KDIR/image" "$IMAGE_VERSION" \
		"${RELEASE_PARTS[@]/%/-$KREL}"
	image=$(kernel_image) || exit
	step "extracting vmlinux" "$KDIR/log/extract.log" \
		extract_vmlinux "$image" "$KDIR/vmlinux"
	touch "$KDIR/ready"
}

# The bzImage of the unpacked packages: newer ones have it beside its modules.
kernel_image() {
	local file
	for file in "$KDIR/image"/{boot/vmlinuz-"$KREL",{usr/,}lib/modules/"$KREL"/vmlinuz}; do
		if [[ -e $file ]]; then
			printf '%s\n' "$file"
			return
		fi
	done
	die "there is no vmlinuz in $KDIR/image"
}

# kernel_module NAME: the path of a module of the unpacked image.
kernel_module() {
	local file name=${1//-/_}
	file=$(find "$KDIR/image" -path '*/modules/*' -name '*.ko*' |
		awk -F/ -v want="$name" '{
			n = $NF; sub(/\.ko.*/, "", n); gsub(/-/, "_", n)
			if (n == want) { print; exit }
		}')
	[[ -n $file ]] || die "$IMAGE_PACKAGE has no module $1"
	printf '%s\n' "$file"
}
