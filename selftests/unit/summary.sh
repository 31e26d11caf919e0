#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What run.sh says at the end of a run: each check that failed, each test that ended
# early, each skip with its reason. Why it matters: a check that vanishes without a word
# is taken for one that passed.
set -u

cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
count=0
failed=0

# is GOT WANTED NAME
is() {
	count=$((count + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $count - $3"
		return
	fi
	echo "not ok $count - $3"
	printf '# got:    %s\n# wanted: %s\n' "${1//$'\n'/$'\n# '}" "${2//$'\n'/$'\n# '}"
	failed=$((failed + 1))
}

# ran NAME LIMIT COMMAND: a test of that name, run as run.sh does.
ran() {
	mkdir -p "$tmp/selftests/${1%/*}"
	printf '#!/bin/bash\n%s\n' "$3" >"$tmp/selftests/$1.sh"
	chmod +x "$tmp/selftests/$1.sh"
	(cd "$tmp" && NOLIST_RESULTS=$tmp NOLIST_LIMIT=$2 \
		"$OLDPWD/selftests/lib/run-one.sh" "selftests/$1.sh") >"$tmp/said" 2>"$tmp/warned"
}

summary() {
	selftests/lib/summary.awk "$@" "$tmp"/*.tap
	rm -f "$tmp"/*.tap
}

ran unit/good 9 'echo "ok 1 - all is well"; echo 1..1'
is "$? $(cat "$tmp/said")" $'0 ok 1 - all is well\n1..1' 'a test that passes is handed on'
is "$(summary)" '' 'and needs no words'

ran tool/bad 9 'echo "ok 1 - this"; echo "not ok 2 - that"; echo 1..2; exit 1'
is "$?" 1 'so is the status of one that fails'
ran unit/good 9 'echo "ok 1 - all is well"; echo 1..1'
is "$(summary)" $'Failed:\n  tool/bad: that\nTo repeat:\n  make check T=tool/bad' \
	'the check that failed is named, and how to repeat it'
ran tool/bad 9 'echo "not ok 1 - that"; echo 1..1; exit 1'
is "$(summary -v more=yes | tail -n 1)" '  make check-more T=tool/bad' 'in its circle'

ran tool/warns 9 'echo "the tool warns" >&2; echo "ok 1 - this"; echo 1..1'
is "$(cat "$tmp/warned")" '' 'what a good test prints to standard error is not shown'
ran tool/warns 9 'echo "the tool warns" >&2; echo "not ok 1 - this"; echo 1..1'
is "$(cat "$tmp/warned")" 'the tool warns' 'what a bad one prints there is'
summary >"$tmp/summary"

ran net/dead 9 'echo "ok 1 - this"; exit 3'
ran net/less 9 'echo "ok 1 - this"; echo 1..2'
ran net/late 9 'echo "ok 1 - this"; echo 1..1; exit 4'
ran net/slow 1 'echo "ok 1 - this"; exec sleep 20'
ran net/bail 9 'echo "Bail out! no wire"; exit 1'
is "$(summary | sed '/^To repeat/,$d')" "Failed:
  net/bail: cannot go on: no wire
  net/dead: ended before its plan, with exit status 3
  net/late: exit status 4
  net/less: 1 checks of 2 that it planned
  net/slow: took more than 1 seconds" 'a test that ends in another way has failed'

ran tool/some 9 'echo "ok 1 - a bond # SKIP no bonds"; echo "ok 2 - this"; echo 1..2'
ran prog/none 9 'echo "1..0 # SKIP needs root"'
ran tool/none 9 'echo "1..0 # SKIP needs root"'
is "$(summary)" "Skipped:
  tool/some: a bond (no bonds)
  all of prog/none tool/none (needs root)" 'what was skipped is named, and why'
ran prog/none 9 'echo "1..0 # SKIP needs root"'
ran unit/good 9 'echo "ok 1 - all is well"; echo 1..1'
is "$(summary | tail -n 1)" 'NOTHING BUT unit/ WAS RUN: all 1 other tests were skipped' \
	'a run without root says that it was little'
echo "1..$count"
exit $((failed > 0))
