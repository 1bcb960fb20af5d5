# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The distribution's kernel: found through apt, unpacked, never installed.
#
# A kernel's folder is build/lab/kernels/<package>_<version>/ with
#	image/		the package, unpacked
#	vmlinux		the ELF image out of its vmlinuz
#	base.cpio	the part of the initramfs that every boot uses
#	ready		written last; its presence means that the rest is whole

# What apt would install now: sets IMAGE_PACKAGE, IMAGE_VERSION, KREL, KDIR.
resolve_kernel() {
	local known=$CACHE/resolved-$RELEASE
	need apt-cache apt
	load_release
	# Asking apt takes seconds; its answer holds until its lists change.
	if [[ ! -s $known || /var/lib/apt/lists -nt $known || /etc/apt -nt $known ||
		$LAB_DIR/releases/$RELEASE.sh -nt $known ]]; then
		mkdir -p "$CACHE"
		ask_apt >"$known.$$"
		mv "$known.$$" "$known"
	fi
	read -r IMAGE_PACKAGE IMAGE_VERSION <"$known"
	KREL=${IMAGE_PACKAGE#linux-image-}
	KDIR=$CACHE/kernels/${IMAGE_PACKAGE}_${IMAGE_VERSION//[:~]/_}
}

ask_apt() {
	local dep
	dep=$(apt-cache depends --no-recommends --no-suggests "$RELEASE_META" 2>/dev/null |
		awk '/Depends: linux-image-[0-9]/ { print $2; exit }') || true
	[[ -n $dep ]] || die "apt knows no image behind $RELEASE_META; run apt-get update"
	[[ $dep == "linux-image-$RELEASE_SERIES".* ]] ||
		die "$RELEASE_META is $dep here, not $RELEASE_SERIES; $RELEASE needs a host whose apt sources carry that series"
	printf '%s %s\n' "$dep" "$(apt-cache policy "$dep" | awk '/Candidate:/ { print $2 }')"
}

# fetch_package PACKAGE VERSION FOLDER: download and unpack, without installing.
fetch_package() {
	local tmp=$3.tmp.$$
	rm -rf "$tmp"
	mkdir -p "$tmp/deb" "$tmp/root"
	(
		cd "$tmp/deb"
		# Root's apt would drop to a user who cannot write here, and say so.
		apt-get -q -o APT::Sandbox::User=root download "$1=$2"
	) && dpkg-deb -x "$tmp"/deb/*.deb "$tmp/root" &&
		rm -rf "$3" && mv "$tmp/root" "$3" && rm -rf "$tmp"
}

# extract_vmlinux VMLINUZ VMLINUX: the payload of a bzImage is a compressed ELF
# file somewhere in it; try whatever looks like the start of one.
extract_vmlinux() {
	local format magic tool at magic_read
	while read -r format magic tool; do
		while IFS=: read -r at _; do
			# The tools complain about what follows the payload.
			# shellcheck disable=SC2086
			tail -c +$((at + 1)) "$1" | $tool >"$2.tmp" 2>/dev/null || true
			magic_read=$(head -c 4 "$2.tmp" | tr -d '\0')
			if [[ $magic_read == $'\x7fELF' ]]; then
				mv "$2.tmp" "$2"
				echo "$format payload at $at"
				return 0
			fi
		done < <(LC_ALL=C grep -aboP "$magic" "$1" || true)
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
	[[ -e $KDIR/ready ]] && return
	need dpkg-deb dpkg
	need xz xz-utils
	need zstd zstd
	need lz4 lz4
	mkdir -p "$KDIR"
	step "downloading $IMAGE_PACKAGE $IMAGE_VERSION" "$KDIR/log/download.log" \
		fetch_package "$IMAGE_PACKAGE" "$IMAGE_VERSION" "$KDIR/image"
	step "extracting vmlinux" "$KDIR/log/extract.log" \
		extract_vmlinux "$KDIR/image/boot/vmlinuz-$KREL" "$KDIR/vmlinux"
	touch "$KDIR/ready"
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
