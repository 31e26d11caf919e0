#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# docs/security.md: each row of what can be sent, can happen or can fail names the test that shows
# what bounds it, and that test is there. Why it matters: a bound that no test shows is a hope.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/is_ok.sh
. ./selftests/lib/is_ok.sh
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

# wrong PAGE: each row without a test, and each test that is not there.
wrong() {
	awk -F'|' '
	!/^\|/ { in_table = 0; next }
	!in_table { in_table = 1; has_tests = $(NF - 1) ~ /^ test $/; next }
	/^\|---/ || !has_tests { next }
	{
		cell = $(NF - 1)
		if (cell !~ /`/ && cell !~ /every test of/ && cell != " none " && cell != " the same ")
			print "no test:" $2
		while (match(cell, /`[a-z]+\/[a-z_-]+`/)) {
			print "test " substr(cell, RSTART + 1, RLENGTH - 2)
			cell = substr(cell, RSTART + RLENGTH)
		}
	}' "$1" | sort -u | while read -r what test rest; do
		if [ "$what" != test ]; then
			echo "$what $test $rest"
		elif [ ! -e "selftests/$test.sh" ] && [ ! -e "selftests/$test.c" ]; then
			echo "no such test: $test"
		fi
	done
}

cat >"$tmp" <<'END'
| who | reaches |
|---|---|
| anybody | frames |

| what can be sent | what bounds it | test |
|---|---|---|
| a | b | `unit/security` |
| c | d | hope |
| e | f | `unit/none_at_all`, `unit/security` |
END
is_ok 'a row without a test is found, and a test that is not there' "$(wrong "$tmp")" 'no test: c
no such test: unit/none_at_all'
is_ok 'each row has its tests' "$(wrong docs/security.md)" ''
echo "1..$n"
exit $failed
