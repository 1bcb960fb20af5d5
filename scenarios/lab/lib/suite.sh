# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A Debian suite that the host's apt does not follow: read by an apt with a
# state of its own, in build/lab/apt/<release>/, so that the host's apt, its
# sources and its packages stay as they are, and nobody has to be root.

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Where the host's apt gets Debian from: a mirror near it, a cache, a proxy's
# name for it. Backports and security updates have another label.
debian_mirror() {
	local uri
	# shellcheck disable=SC2016 # apt's own variables
	uri=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }') || true
	[[ -n $uri ]] ||
		die "$RELEASE needs a Debian archive among the apt sources of this host, and its lists; run apt-get update"
	printf '%s\n' "$uri"
}

# apt reads this after the host's own configuration, whose proxies and
# credentials go on to hold.
write_apt_conf() {
	cat <<-EOF
		// What the host's apt does after an update is about the host.
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		APT::Default-Release "";
		APT::Sandbox::User "root";
		Acquire::AllowInsecureRepositories "false";
		Acquire::AllowWeakRepositories "false";
		Acquire::GzipIndexes "true";
		APT::Get::AllowUnauthenticated "false";
		Dir::State "$1/state";
		Dir::State::status "/dev/null";
		Dir::Cache "$1/cache";
		Dir::Etc::SourceList "$1/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
	EOF
}

# put FILE: standard input becomes FILE, which others may be reading, at once.
put() {
	cat >"$1.$$" && mv "$1.$$" "$1"
}

# ask_suite FOLDER KNOWN: an answer as of now, into the file KNOWN; FOLDER is
# apt's.
ask_suite() {
	local mirror answer
	need_file "$DEBIAN_KEYRING" debian-archive-keyring
	mirror=$(debian_mirror) || exit
	mkdir -p "$1"/state/lists/partial "$1"/cache/archives/partial
	write_apt_conf "$1" | put "$1/apt.conf"
	printf 'deb [arch=amd64 target=Packages signed-by=%s] %s %s main\n' \
		"$DEBIAN_KEYRING" "$mirror" "$RELEASE_SUITE" | put "$1/sources.list"
	# Without --error-on a mirror that cannot be reached is only a warning.
	step "reading what Debian $RELEASE_SUITE has" "$CACHE/log/apt-$RELEASE.log" \
		apt-get "${APT_OPTIONS[@]}" -q --error-on=any update
	answer=$(ask_apt) || exit
	put "$2" <<<"$answer"
}

# resolve_suite KNOWN: a suite moves on, and a boot is not the time to follow
# it: the answer holds while its kernel is here, until "lab setup".
resolve_suite() {
	local dir=$CACHE/apt/$RELEASE
	APT_OPTIONS=(-c "$dir/apt.conf")
	if [[ -s $1 ]]; then
		read_known "$1"
		[[ -n ${LOOK_AGAIN:-} || ! -e $KDIR/ready ||
			$LAB_DIR/releases/$RELEASE.sh -nt $1 ]] || return 0
	fi
	if ! with_lock "apt-$RELEASE" ask_suite "$dir" "$1"; then
		[[ -s $1 && -e $KDIR/ready ]] || exit 1
		say "going on with $IMAGE_PACKAGE $IMAGE_VERSION, which is here"
	fi
}
