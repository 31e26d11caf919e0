#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds a Debian package of this tree, below build/deb:
#   scripts/deb.sh VERSION        a version as scripts/version.sh prints it
# from a copy of the tree, so that nothing else is written to it. The package's version
# is VERSION with "+" for "-", which Debian gives another meaning.
# The maintainer in debian/control is a placeholder; whoever builds for others puts
# their own name there: DEBFULLNAME="Jo Doe" DEBEMAIL=jo@example.com make deb

set -eu
cd "$(dirname "$0")/.."
out=build/deb

die() {
	printf 'deb.sh: %s\n' "$@" >&2
	exit 1
}

[ $# = 1 ] || die "usage: deb.sh VERSION"
date=$(git log -1 --format=%cI 2>/dev/null || date -Is -r Makefile)
version=${1//-/+}
source=$out/nolist-xdp-$version

rm -rf "$out"
mkdir -p "$source"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$source"
if [ -n "${DEBEMAIL:-}" ]; then
	maintainer="${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>" awk '
		/^Maintainer: / { $0 = "Maintainer: " ENVIRON["maintainer"] }
		{ print }' debian/control >"$source/debian/control"
fi
cat >"$source/debian/changelog" <<-END
	nolist-xdp ($version) unstable; urgency=medium

	  * Built from the source tree; docs/CHANGELOG.md has what is new.

	 -- $(sed -n 's/^Maintainer: //p' "$source/debian/control")  $(date -uR -d "$date")
END
(cd "$source" && dpkg-buildpackage -b -us -uc) >"$out/log" 2>&1 || {
	cat "$out/log" >&2
	die "dpkg-buildpackage has failed, its words are above"
}
rm -r "$source"
ls "$out"/*.deb
