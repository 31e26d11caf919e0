#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# docs/licences.md has a row for each library that the programs are linked with, and none of them is one
# whose licence does not go with ours. Why it matters: a library comes with one word in the Makefile, and
# with it conditions for all who pass the program on.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/is_ok.sh
. ./selftests/lib/is_ok.sh
build=${NOLIST_BUILD:-build}

# Of each "libNAME.so.N" that is needed directly, NAME without a version.
needed=$(for p in "$build"/nolist-xdp "$build"/nolist-xdp-*; do
	[ ! -x "$p" ] || readelf -d "$p"
done | sed -n 's/.*(NEEDED).*\[lib\([A-Za-z]*[0-9]*[A-Za-z]*\).*/\1/p' | sort -u |
	grep -vxE 'c|m|gcc|asan|ubsan|resolv|pthread|dl')
rows=$(sed -n 's/^| \([^|]*\) |.*| *\(.*\) |$/\1: \2/p' docs/licences.md)
missing=$(for name in $needed; do
	# libsqlite3 is SQLite, libtinfo a part of ncurses.
	case $name in sqlite3) name=sqlite ;; tinfo) name=ncurses ;; confuse) name=libconfuse ;; esac
	grep -qiE "^[^:]*\b(lib)?$name\b" <<<"$rows" || echo "$name"
done)
is_ok 'there are libraries' "$(wc -w <<<"$needed" | sed 's/^[2-9][0-9]$/many/')" many
is_ok 'each has a row' "$missing" ''
is_ok 'none is one that does not go with ours' "$(grep 'milter' <<<"$needed")" ''
echo "1..$n"
exit "$failed"
