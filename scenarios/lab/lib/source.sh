# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What is built from the kernel's own source: the modified KVM modules and the
# kernel's own selftests.
#
# $KDIR/source is the distribution's source, configured like the image, with
# stock KVM objects in it, so that a variant compiles only what it changes.

# Only KVM is built from it; the rest is there for its Kconfig and its headers.
SOURCE_EXCLUDE=(--exclude='*/Documentation/*/*' --exclude='*/drivers/*.[cS]'
	--exclude='*/sound/*.[cS]' --exclude='*/fs/*.c' --exclude='*/net/*.c'
	--exclude='*/drivers/gpu/drm/amd/include/*')

list_variants() {
	local file
	for file in "$KERNELS_DIR"/*.cocci; do
		basename "$file" .cocci
	done | xargs
}

kmake() {
	make -s -j"$(nproc)" CC="$KCC" HOSTCC="$KCC" KERNELRELEASE="$KREL" "$@"
}

# Modified modules and selftests are built for the releases that name the
# compiler for it.
need_source() {
	load_release
	[[ -n $RELEASE_GCC ]] || DIE_STATUS=64 \
		die "$RELEASE has stock modules only: no variants, no selftests; debian-6.1 has them"
}

setup_source() {
	[[ $ROOT != *[[:space:]:]* ]] ||
		die "a kernel cannot be built in a folder with a blank or a colon in its path: $ROOT"
	setup_kernel
	KCC=gcc-${RELEASE_GCC}
	need "$KCC" "$KCC"
	[[ -e $KDIR/source/ready ]] ||
		with_lock "$(basename "$KDIR")-source" prepare_source
}

prepare_source() {
	local src=$KDIR/source log=$KDIR/log
	[[ -e $src/ready ]] && return
	need flex flex
	need bison bison
	need bc bc
	need pahole dwarves
	need_file /usr/include/gelf.h libelf-dev
	need_file /usr/include/openssl/evp.h libssl-dev
	step "unpacking the kernel source" "$log/source.log" unpack_source "$src"
	download "$log/headers.log" "$KDIR/headers" "$IMAGE_VERSION" "linux-headers-$KREL"
	step "configuring the kernel source" "$log/prepare.log" configure_source "$src"
	step "building the stock KVM objects" "$log/stock-kvm.log" build_kvm "$src"
	touch "$src/ready"
}

# The tarball of the installed source package, if it is the image's version;
# else the package is fetched like the image.
unpack_source() {
	local package=linux-source-$RELEASE_SERIES tarball
	tarball=/usr/src/$package.tar.xz
	if [[ ! -e $tarball || $(dpkg-query -W -f '${Version}' "$package") != "$IMAGE_VERSION" ]]; then
		fetch_packages "$KDIR/source-package" "$IMAGE_VERSION" "$package"
		tarball=$KDIR/source-package$tarball
	fi
	rm -rf "$1"
	mkdir -p "$1"
	tar -xf "$tarball" -C "$1" --strip-components=1 "${SOURCE_EXCLUDE[@]}"
}

configure_source() {
	cp "$KDIR/image/boot/config-$KREL" "$1/.config" &&
		(
			cd "$1" &&
				# Debian's keys are not here, and nothing here is signed.
				scripts/config --set-str SYSTEM_TRUSTED_KEYS '' \
					--set-str MODULE_SIG_KEY '' &&
				kmake olddefconfig &&
				kmake modules_prepare
		) &&
		cp "$KDIR/headers/usr/src/linux-headers-$KREL/Module.symvers" "$1" &&
		# The modules' BTF is split: it builds on that of the image.
		cp "$KDIR/vmlinux" "$1/vmlinux"
}

# Not kvm-amd.ko: no machine of the lab loads it.
build_kvm() {
	kmake -C "$1" M=arch/x86/kvm CONFIG_KVM_AMD= modules
}

# variant_place VARIANT: sets VDIR, where its kvm.ko and kvm-intel.ko are, or
# will be when it is built.
variant_place() {
	local sum
	[[ $1 =~ ^[a-z0-9][a-z0-9-]*$ && -e $KERNELS_DIR/$1.cocci ]] ||
		die "no modified kernel $1 (there is: $(list_variants))"
	[[ -n ${KDIR:-} ]] || setup_kernel
	sum=$(sha256sum <"$KERNELS_DIR/$1.cocci" | cut -c1-16)
	VDIR=$KDIR/variants/$1-$sum
}

# The same, and build it unless it is there.
variant_dir() {
	variant_place "$1"
	[[ -e $VDIR/ready ]] || {
		setup_source
		with_lock "$(basename "$KDIR")-$1" build_variant "$1"
	}
}

# not_ready VARIANT...: sets NOT_READY, those of them that are not built.
not_ready() {
	local name
	NOT_READY=()
	for name; do
		variant_place "$name"
		[[ -e $VDIR/ready ]] || NOT_READY+=("$name")
	done
}

# build_variants VARIANT...: as many at once as there are CPUs, each by a lab of
# its own. Most change one file, whose compilation keeps one CPU busy, not two.
# One that fails does not stop the others.
build_variants() {
	not_ready "$@"
	case ${#NOT_READY[@]} in
	0) return ;;
	1)
		variant_dir "${NOT_READY[0]}"
		return
		;;
	esac
	# Once, before each of them would want it.
	setup_source
	printf '%s\0' "${NOT_READY[@]}" |
		LAB_ABREAST=1 xargs -0 -n 1 -P "$(nproc)" \
			"$LAB_DIR/lab" module -k "$RELEASE" >/dev/null || true
	not_ready "${NOT_READY[@]}"
	((!${#NOT_READY[@]})) ||
		die "not built: ${NOT_READY[*]}; their logs, named above, say why"
}

# debug_info VARIANT: print the file with the DWARF of its kvm-intel.ko; kvm.debug
# is beside it. One that was built before there were any is built again.
debug_info() {
	variant_place "$1"
	[[ -e $VDIR/kvm-intel.debug && -e $VDIR/kvm.debug ]] || rm -f "$VDIR/ready"
	variant_dir "$1"
	printf '%s\n' "$VDIR/kvm-intel.debug"
}

# types_btf: print the path of a BTF file, whole and not split, with the types of
# kvm-intel as the image has them: for kernels whose modules have no BTF.
types_btf() {
	local file
	setup_source
	file=$KDIR/kvm-intel.btf
	[[ -e $file ]] || with_lock "$(basename "$KDIR")-btf" build_btf "$file"
	printf '%s\n' "$file"
}

build_btf() {
	[[ -e $1 ]] && return
	need pahole dwarves
	need "$BPFTOOL" bpftool
	step "encoding the types of kvm-intel" "$KDIR/log/btf.log" \
		pahole --btf_encode_detached "$1.tmp" "$KDIR/source/arch/x86/kvm/kvm-intel.ko"
	step "comparing them with the image's" "$KDIR/log/btf-compare.log" \
		same_types "$1.tmp" "$KDIR/vmlinux"
	# pahole keeps it to its owner.
	chmod a+r "$1.tmp"
	mv "$1.tmp" "$1"
}

# layouts FILE: the structures in its BTF, one a line: name, size, and what of
# its members is where.
layouts() {
	"$BPFTOOL" btf dump file "$1" format raw | awk '
		/^\[/ { if (line != "") print line; line = "" }
		/^\[[0-9]+\] (STRUCT|UNION) \047/ && $3 !~ /anon/ { line = $2 " " $3 " " $4 }
		/^\t/ && line != "" { sub(/type_id=[0-9]+ /, ""); line = line " " $1 " " $2 " " $3 ";" }
		END { if (line != "") print line }' | LC_ALL=C sort -u
}

# same_types FILE IMAGE: every structure of the one that the other knows by name
# is there with this layout. The compiler and the configuration could make it
# another one, and whoever reads by such types reads nonsense.
same_types() {
	local name
	layouts "$1" >"$1.layouts"
	layouts "$2" >"$1.image"
	for name in kvm_vcpu kvm_vcpu_arch kvm kvm_memory_slot task_struct mm_struct; do
		if ! grep -q "^STRUCT '$name' " "$1.layouts" || ! grep -q "^STRUCT '$name' " "$1.image"; then
			echo "there is no struct $name to compare in both"
			return 1
		fi
	done
	LC_ALL=C awk '
		{ kind = $1 $2 }
		NR == FNR { known[kind]; image[$0]; next }
		!(kind in known) { next }
		{ compared++ }
		!($0 in image) { print "not as in the image: " $1, $2, $3; differ++ }
		END { print compared + 0 " structures compared, " differ + 0 " differ"; exit differ > 0 }
	' "$1.image" "$1.layouts" || return
	rm "$1.layouts" "$1.image"
}

# The files that a semantic patch says it changes, on a line "// Files: ...";
# "none" for a build of the source as it is.
variant_files() {
	sed -n 's|^// Files: ||p' "$KERNELS_DIR/$1.cocci" | xargs
}

build_variant() {
	local tree=$KDIR/trees/$1
	[[ -e $VDIR/ready ]] && return
	need spatch coccinelle
	mkdir -p "$VDIR" "$KDIR/trees"
	step "$1: applying the semantic patch" "$VDIR/patch.log" patch_variant "$1" "$tree"
	step "$1: building kvm.ko and kvm-intel.ko" "$VDIR/build.log" build_kvm "$tree"
	cp "$tree"/arch/x86/kvm/{kvm,kvm-intel}.ko "$VDIR"
	objcopy --only-keep-debug "$VDIR/kvm.ko" "$VDIR/kvm.debug"
	objcopy --only-keep-debug "$VDIR/kvm-intel.ko" "$VDIR/kvm-intel.debug"
	# The machine has no use for DWARF, and 20 times the size of the code it is.
	strip --strip-debug "$VDIR"/*.ko
	rm -rf "$tree"
	touch "$VDIR/ready"
}

# A tree of its own, sharing with the base tree what no build writes to.
patch_variant() {
	local file files src=$KDIR/source
	files=$(variant_files "$1")
	if [[ -z $files ]]; then
		echo "$1.cocci has no line '// Files: ...' that says what it changes"
		return 1
	fi
	rm -rf "$2" "$VDIR/change.diff"
	cp -al "$src" "$2" || return
	rm -rf "$2/arch/x86/kvm" "$2/virt/kvm" "$2/ready" "$2/Module.symvers"
	cp -a "$src/arch/x86/kvm" "$2/arch/x86/kvm" || return
	cp -a "$src/virt/kvm" "$2/virt/kvm" || return
	cp -a "$src/Module.symvers" "$2/Module.symvers" || return
	[[ $files != none ]] || return 0
	for file in $files; do
		rm -f "$2/$file"
		spatch --very-quiet --no-show-diff --sp-file "$KERNELS_DIR/$1.cocci" \
			"$src/$file" -o "$2/$file" || return
		if [[ ! -e $2/$file ]] || cmp -s "$src/$file" "$2/$file"; then
			echo "$1.cocci changed nothing in $file: it does not fit $KREL"
			return 1
		fi
		diff -u --label "a/$file" --label "b/$file" "$src/$file" "$2/$file" \
			>>"$VDIR/change.diff" || true
	done
	cat "$VDIR/change.diff"
}

# selftests NAME...: print the paths of KVM selftests, built as the kernel
# builds them; in one make, so that what they share is built once.
selftests() {
	local name missing=()
	for name; do
		[[ $name =~ ^[A-Za-z0-9_]+$ ]] || usage "selftest: $name is not a test's name"
	done
	setup_kernel
	for name; do
		[[ -x $KDIR/selftests/$name ]] || missing+=("$name")
	done
	if ((${#missing[@]})); then
		setup_source
		with_lock "$(basename "$KDIR")-selftests" build_selftests "${missing[@]}"
	fi
	for name; do
		printf '%s\n' "$KDIR/selftests/$name"
	done
}

build_selftests() {
	local name src=$KDIR/source
	for name; do
		[[ -e $src/tools/testing/selftests/kvm/x86_64/$name.c ]] ||
			die "the kernel has no KVM selftest $name"
	done
	need rsync rsync
	if [[ ! -e $src/usr/include/linux/kvm.h ]]; then
		step "installing the kernel's headers for the selftests" \
			"$KDIR/log/selftest-headers.log" kmake -C "$src" headers_install
	fi
	step "building $# of the kernel's selftests" "$KDIR/log/selftests.log" \
		make_selftests "$src/tools/testing/selftests/kvm" "$@"
}

# make_selftests FOLDER NAME...: one that does not build costs the others nothing.
make_selftests() {
	local kvm=$1 name failed=()
	shift
	kmake -k -C "$kvm" ARCH=x86_64 "${@/#/$kvm/x86_64/}" || true
	mkdir -p "$KDIR/selftests"
	for name; do
		if [[ -x $kvm/x86_64/$name ]]; then
			cp "$kvm/x86_64/$name" "$KDIR/selftests/$name.tmp"
			mv "$KDIR/selftests/$name.tmp" "$KDIR/selftests/$name"
		else
			failed+=("$name")
		fi
	done
	((${#failed[@]})) || return 0
	echo "not built: ${failed[*]}"
	return 1
}
