#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds a Debian package of this tree, below build/deb:
#   scripts/deb.sh VERSION        a version as git describes it
# from a copy of the tree, so that nothing else is written to it. The version is
# Debian's way of saying VERSION: of a tag its number, else 0.1 and the commit.

set -eu
cd "$(dirname "$0")/.."
out=build/deb

die() {
	printf 'deb.sh: %s\n' "$@" >&2
	exit 1
}

[ $# = 1 ] || die "usage: deb.sh VERSION"
# What deps.sh installs to build, but for what every build has.
for package in $(sed -n '/^build="/,/"$/{s/build=//;s/"//g;p}' scripts/deps.sh); do
	case $package in
	make | gcc | libc6-dev | linux-libc-dev) continue ;;
	esac
	grep -q "^ $package,\$" debian/control || die "debian/control does not name '$package'"
done
date=$(git log -1 --format=%cI 2>/dev/null || date -Is -r Makefile)
case $1 in
v[0-9]* | [0-9]*.*) version=${1#v} ;;
*) version=0.1~git$(date -u -d "$date" +%Y%m%d.%H%M%S).$1 ;;
esac
version=${version//-/+}
source=$out/nolist-xdp-$version

rm -rf "$out"
mkdir -p "$source"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$source"
cat >"$source/debian/changelog" <<-END
	nolist-xdp ($version) unstable; urgency=medium

	  * Built from the source tree, see its commits.

	 -- $(sed -n 's/^Maintainer: //p' debian/control)  $(date -uR -d "$date")
END
(cd "$source" && dpkg-buildpackage -b -us -uc) >"$out/log" 2>&1 || {
	cat "$out/log" >&2
	die "dpkg-buildpackage has failed, its words are above"
}
rm -r "$source"
ls "$out"/*.deb
