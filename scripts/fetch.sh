#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetches Debian packages without installing them:
#   scripts/fetch.sh PACKAGE...
# downloads each PACKAGE, with those of its dependencies that this machine has
# not installed, and unpacks them below build/debs/PACKAGE/. No maintainer
# script runs, no service starts, nothing outside build/ changes. What was
# fetched once is not fetched again. scripts/inroot.sh runs what lies there.

set -eu
cd "$(dirname "$0")/.."

die() {
	printf 'fetch.sh: %s\n' "$@" >&2
	exit 1
}

# The packages to download for $1: itself, and what an installation would add.
# Upgrades of what is installed ("Inst name [old version] ...") are left out.
resolve() {
	echo "$1"
	apt-get install -s --no-install-recommends -o Debug::NoLocking=true "$1" |
		sed -n "/^Inst $1 /d; s/^Inst \([^ ]*\) (.*/\1/p"
}

# Debian still ships some files below /lib and /sbin, which are links into /usr
# on an installed system; laid over it, directories would hide the links.
merge_usr() {
	local d

	for d in bin sbin lib lib32 lib64 libx32; do
		if [ -d "$1/$d" ] && [ -L "/$d" ]; then
			mkdir -p "$1/usr/$d"
			cp -a "$1/$d/." "$1/usr/$d/"
			rm -r "${1:?}/$d"
		fi
	done
}

fetch() {
	local tree=build/debs/$1 new=build/debs/.$1.$$ packages deb

	rm -rf "$new"
	mkdir -p "$new/debs" "$new/tree"
	packages=$(resolve "$1") || return 1
	# shellcheck disable=SC2086 # a list of words
	(cd "$new/debs" && apt-get -q -o APT::Sandbox::User=root download $packages >&2) || return 1
	for deb in "$new"/debs/*.deb; do
		dpkg -x "$deb" "$new/tree" || return 1
	done
	merge_usr "$new/tree"
	rm -rf "$tree"
	mv "$new/tree" "$tree"
	rm -rf "$new"
}

command -v apt-get >/dev/null || die "needs apt-get and dpkg (Debian, Ubuntu)"
mkdir -p build/debs
# One at a time: tests run side by side, and want the same packages.
exec 9>build/debs/.lock
flock 9
log=build/debs/fetch.log.$$
trap 'rm -rf "$log" build/debs/.*.$$' EXIT
for package in "$@"; do
	if [ -d "build/debs/$package" ]; then
		continue
	fi
	if fetch "$package" >"$log" 2>&1; then
		continue
	fi
	# No package lists yet, or so old that the files are gone.
	if [ "$(id -u)" = 0 ]; then
		apt-get -q update >>"$log" 2>&1 || :
	fi
	if ! fetch "$package" >>"$log" 2>&1; then
		cat "$log" >&2
		die "cannot fetch '$package', apt's words are above"
	fi
done
