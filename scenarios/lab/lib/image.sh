# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the machine finds in its file system: a base archive for each kernel,
# and one more for each boot, appended to it.

# pack FOLDER ARCHIVE
pack() {
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort |
		cpio --quiet -o -H newc -R 0:0) >"$2"
}

# unsign MODULE: checking the signature of kvm.ko takes the emulated CPU three
# seconds. The code stays the distribution's; the kernel notes an unsigned module.
unsign() {
	local size length
	[[ $(tail -c 28 "$1" | tr -d '\0') == "~Module signature appended~" ]] || return 0
	size=$(stat -c %s "$1")
	length=$(tail -c 32 "$1" | od -An -N4 -tu1 |
		awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }')
	truncate -s $((size - 28 - 12 - length)) "$1"
}

# install_module NAME FOLDER: a stock module, as the machine wants it.
install_module() {
	local file
	file=$(kernel_module "$1") || exit
	case $file in
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -dcq "$file" ;;
	*) cat "$file" ;;
	esac >"$2/$1.ko"
	unsign "$2/$1.ko"
}

setup_base() {
	local sum
	need cpio cpio
	need busybox busybox-static
	sum=$(cat "$LAB_DIR"/guest/* "$LAB_DIR/lib/image.sh" "$TOOLS/out-disk" \
		"$(command -v busybox)" | sha256sum | cut -c1-16)
	BASE=$KDIR/base-$sum.cpio
	[[ -e $BASE ]] || with_lock "$(basename "$KDIR")-base" build_base
}

build_base() {
	local dir=$KDIR/base.$$ busybox
	[[ -e $BASE ]] && return
	busybox=$(command -v busybox)
	if ldd "$busybox" >/dev/null 2>&1; then
		die "$busybox is not static; install it: apt-get install busybox-static"
	fi
	rm -rf "$dir"
	mkdir -p "$dir"/{bin,dev,proc,sys,tmp,run,out,root,lab/modules/stock}
	ln -s bin "$dir/sbin"
	mkdir "$dir/usr"
	ln -s ../bin "$dir/usr/bin"
	ln -s ../bin "$dir/usr/sbin"
	cp -L "$busybox" "$dir/bin/busybox"
	install -m 755 "$TOOLS/out-disk" "$LAB_DIR/guest/load-kvm" "$dir/bin"
	install -m 755 "$LAB_DIR/guest/init" "$dir/init"
	install_module irqbypass "$dir/lab/modules"
	install_module kvm "$dir/lab/modules/stock"
	install_module kvm-intel "$dir/lab/modules/stock"
	pack "$dir" "$BASE.tmp"
	mv "$BASE.tmp" "$BASE"
	rm -rf "$dir"
}

# What a program says in its notes that it opens when it runs; where it is.
opened_later() {
	local soname
	readelf -p .note.dlopen "$1" 2>/dev/null | grep -oE '"lib[^"]+\.so\.[0-9]+"' | tr -d '"' |
		while read -r soname; do
			/sbin/ldconfig -p | awk -v soname="$soname" '$1 == soname && !n++ { print $NF }'
		done || true
}

# add_program PROG FOLDER: with the shared libraries it needs, where its
# interpreter looks for them.
add_program() {
	local lib libs
	[[ -f $1 && -x $1 ]] || die "-p $1: no such program"
	mkdir -p "$2/bin"
	cp -L "$1" "$2/bin/$(basename "$1")"
	# ldd fails for a static program, which needs nothing.
	libs=$(ldd "$1" 2>/dev/null) || return 0
	for lib in $(opened_later "$1"); do
		libs+=" $lib "$(ldd "$lib")
	done
	if [[ $libs == *"not found"* ]]; then
		die "-p $1: a library it needs is missing: $(grep -m1 'not found' <<<"$libs" | xargs)"
	fi
	while read -r lib; do
		mkdir -p "$2$(dirname "$lib")"
		cp -Lu "$lib" "$2$lib"
	done < <(grep -oE '/[^ ]+' <<<"$libs" | sort -u)
}

# add_path SRC:DST FOLDER
add_path() {
	local src=${1%%:*} dst=${1#*:}
	[[ $1 == *:/* ]] || usage "-a $1: wanted SRC:DST with an absolute DST"
	[[ -e $src ]] || die "-a $1: there is no $src"
	mkdir -p "$2$(dirname "$dst")"
	if [[ -d $src ]]; then
		mkdir -p "$2$dst"
		cp -a "$src/." "$2$dst"
	else
		cp -L "$src" "$2$dst"
	fi
}

# A word that the machine's shell reads back as it is here.
quote() {
	printf "'%s'" "${1//\'/\'\\\'\'}"
}
