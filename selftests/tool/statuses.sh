#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Exit statuses are what the manual says: 0, 1, 2, and 3 for "done, with warnings", which
# each command that the manual names there has, and no other. Why it matters: cron, units and
# scripts act on them, and what was done must not be taken for a failure, nor the reverse.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need mandoc
topology ''
judge_setup
histories
tried=

# exits STATUS WORDS COMMAND...: it does, and says why.
exits() {
	local wanted=$1 words=$2 name

	shift 2
	name="$1: $wanted: ${words//$TMP/}"
	run "$@"
	if [ "$status" = "$wanted" ] && grep -qE -- "$words" "$TMP/err"; then
		ok "$name"
	else
		not_ok "$name"
		diag "$* exited $status"
		diag "$(cat "$TMP/err")"
	fi
	[ "$wanted" != 3 ] || tried+="$1 "
}

sed "\$a allow = { $TMP/nowhere }" "$CONF" >"$TMP/files.conf"
now=$(date +%s)
printf '%s\n' "$(date -d "@$((now - 60))" '+%b %e %T') mx postfix/smtpd[1]: 4A1B2C3D02: client=unknown[203.0.113.77]" \
	"$(date -d "@$((now - 60))" '+%b %e %T') mx postfix/local[2]: 4A1B2C3D02: to=<a@example.com>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)" >"$TMP/log"
missing="files.conf:[0-9]+: cannot read '$TMP/nowhere'"
exits 3 "$missing" load -c "$TMP/files.conf"
exits 3 "$missing" show -c "$TMP/files.conf"
exits 3 "$missing" explain -c "$TMP/files.conf" 203.0.113.1
exits 3 "$missing" collect -c "$TMP/files.conf"
exits 3 "$missing" dump -c "$TMP/files.conf"
exits 3 "$missing" audit -c "$TMP/files.conf" "$TMP/log"
exits 0 '' dump -c "$CONF" --at "$NOW" --output "$TMP/list"
sed 's/^learning = .*/learning = 864000/' "$CONF" >"$TMP/learning.conf"
exits 3 'learning: [0-9]+ held back' dump -c "$TMP/learning.conf" --at "$NOW" --output "$TMP/held"
exits 3 "'false' failed: it exited with status 1" dump -c "$CONF" --at "$NOW" --output "$TMP/written" \
	--reload-command false
check 'the list is in its place' grep -q 203.0.113.1 "$TMP/written"
sed "\$a list = { \"plain $TMP/one\", \"plain $TMP/none/two\" }" "$CONF" >"$TMP/two.conf"
exits 3 "cannot write '$TMP/none/two'" dump --all -c "$TMP/two.conf" --at "$NOW"
check 'the other list is written' test -s "$TMP/one"
echo "203.0.113.9 $now"$'\nnonsense' >"$TMP/lines"
exits 3 '1 line refused' import --role low "$TMP/lines"
echo '203.0.113.0/24,64496,DE' >"$TMP/origins.csv"
touch -d '-91 days' "$TMP/origins.csv"
exits 3 'networks have moved since' origin -c "$CONF" --file "$TMP/origins.csv" 203.0.113.1

# Failures change nothing.
sed "\$a list = { \"plain $TMP/none/two\" }" "$CONF" >"$TMP/none.conf"
exits 1 "cannot write '$TMP/none/two'" dump --all -c "$TMP/none.conf" --at "$NOW"
exits 1 "cannot write '$TMP/none/x'" dump -c "$CONF" --output "$TMP/none/x" --reload-command "touch $TMP/ran"
check 'no reload command is run' [ ! -e "$TMP/ran" ]
exits 2 'colour' dump -c "$CONF" --format colour
exits 2 "cannot read '$TMP/nowhere'" dump -c "$CONF" --allow "$TMP/nowhere"

# The manual: the commands of status 3. lint asks name servers: lint/zones tries it.
tried+=$'\nlint'
mandoc -Tascii -O width=1000,indent=5 "$TOP/user/nolist-xdp.8" | sed 's/.\x08//g' |
	sed -n '/^EXIT STATUS/,/^[A-Z]/{/^ *3  */,$p}' >"$TMP/three"
named=$(grep -oE '^ +[a-z, -]+:' "$TMP/three" | sed 's/--all//' | grep -oE '[a-z]+' | grep -vx and | sort -u)
is "$named" "$(tr ' ' '\n' <<<"$tried" | sort -u | sed '/^$/d')" 'the manual names the commands that exit with 3'
done_testing
