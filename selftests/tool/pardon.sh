#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pardon: a pardoned source is on no list until it ends, also where there was no
# store, and whatever kills the tool meanwhile; every command says until when. A
# false listing has to be cured in one command.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sqlite3
topology ''
DB=$STATE_DIR/evidence.db

# --- without tables and store ------------------------------------------------

: >"$TMP/none.conf"
run pardon --list -c "$TMP/none.conf"
is "$status $(cat "$TMP/out")" '0 ' 'without a store there are no pardons'
check 'and it is reported' grep -q 'no pardons in force' "$TMP/err"
fails 1 "'203.0.113.1' is not pardoned" 'nor can a pardon be taken back' \
	pardon --remove -c "$TMP/none.conf" 203.0.113.1
check 'which makes nothing' test ! -e "$STATE_DIR"
run pardon -c "$TMP/none.conf" 203.0.113.1
is "$status $(stat -c %a "$STATE_DIR" "$DB" | tr '\n' ' ')" '0 755 600 ' 'a pardon makes the store'
fails 1 'nothing is attached' 'which holds no evidence: there is no list yet' dump -c "$TMP/none.conf"
must nolist pardon --remove -c "$TMP/none.conf" 203.0.113.1 >/dev/null

# --- pardoned sources --------------------------------------------------------

judge_setup
histories
# Lists are made as of NOW; pardons are of today, and longer than any test.
sed '$a pardon = 31536000' "$CONF" >"$TMP/long.conf"
a_year() {
	run pardon -c "$TMP/long.conf" "$@"
}
listed() {
	run dump -c "$CONF" --at "$NOW" --quiet
	rows "$TMP/out" | tr '\n' ' '
}
# The pardons are of now, and verdicts as of a later NOW.
[ "$(date +%s)" -lt "$NOW" ] || NOW=$(($(date +%s) + 60))
all='203.0.113.1 203.0.113.6 2001:db8:5:1::/64 '
is "$(listed)" "$all" 'before, all are listed'
before=$(date +%s)
a_year 203.0.113.6 2001:db8:5:1:2:3:4:5
is "$status" 0 'an IPv4 and an IPv6 address are pardoned'
until=$(sed -n 's/^203.0.113.6: pardoned until //p' "$TMP/out")
check 'and it is reported until when' test "$(($(date -d "$until" +%s) - before))" -ge 31536000
check 'an IPv6 address is its /64' grep -q '^2001:db8:5:1::/64: pardoned until ' "$TMP/out"
is "$(listed)" '203.0.113.1 ' 'they are on no list'
for f in $(nolist dump --list-formats | awk '/^[a-z]/ { print $1 }'); do
	run dump -c "$CONF" --at "$NOW" --quiet --format "$f"
	if [ "$f" = policy ]; then
		is "$(grep -cE '^E (203\.0\.113\.6|2001:db8:5:1::/64)$' "$TMP/out")" 2 'policy: they are exempt'
		sed -i '/^E /d' "$TMP/out"
	fi
	is "$(grep -cE '203\.0\.113\.6|6\.113\.0\.203|2001:db8:5:1|5\.0\.0\.0\.8\.b\.d' "$TMP/out")" 0 \
		"$f: nor there"
done
run dump -c "$CONF" --at "$NOW" --output "$TMP/list" --json
is "$(jq .lists[0].left_out.pardoned "$TMP/out")" 2 'how many is reported'
check 'also in words' grep -q '2 pardoned are not listed' "$TMP/err"
run explain -c "$CONF" --at "$NOW" 203.0.113.6
check 'explain tells it' grep -q '^203.0.113.6: pardoned$' "$TMP/out"
check 'and until when' grep -q "^  pardoned until $until: 203.0.113.6\$" "$TMP/out"
run explain -c "$CONF" --at "$((before - 3600))" 203.0.113.6
is "$(grep -c pardoned "$TMP/out")" 0 'but not as of before it was made'
run explain -c "$CONF" --at "$NOW" --json 203.0.113.6
is "$(jq -c '[.verdict, .pardoned_until]' "$TMP/out")" "[\"pardoned\",$(date -d "$until" +%s)]" \
	'JSON: the same'
run show -c "$CONF" --at "$NOW"
check 'show tells it' grep -qE "^203\.0\.113\.6 .* pardoned until $until\$" "$TMP/out"
a_year 203.0.113.2
run show -c "$CONF" --at "$NOW"
check 'also of a source that would not be listed' \
	grep -qE '^203\.0\.113\.2 .* few, pardoned until 2' "$TMP/out"
sed "\$a pardon = $((NOW + H - $(date +%s)))" "$CONF" >"$TMP/hour.conf"
run pardon -c "$TMP/hour.conf" 203.0.113.1
is "$(listed)" '' 'a third one is pardoned'
run dump -c "$CONF" --at "$((NOW + 2 * H))" --quiet
is "$(rows "$TMP/out")" 203.0.113.1 'and listed again when that is over'
must nolist pardon --remove 203.0.113.1 >/dev/null

# --- the list of pardons -----------------------------------------------------

a_year --list
is "$(awk 'NR > 1 { print $1 }' "$TMP/out" | tr '\n' ' ')" \
	'203.0.113.2 203.0.113.6 2001:db8:5:1::/64 ' '--list prints them'
run pardon --list --json
is "$(jq -c '[.type, .schema, (.pardons | length), .pardons[1].prefix]' "$TMP/out")" \
	'["pardon",2,3,"203.0.113.6"]' 'also as JSON'
run pardon -c "$CONF" 203.0.113.6
run pardon --list --json
is "$(jq -c '[(.pardons | length), (.pardons[1] | .until - .since < 2592100)]' "$TMP/out")" \
	'[3,true]' 'pardoned again, the time begins anew'

# --- prefixes ----------------------------------------------------------------

a_year 203.0.113.0/24 2001:db8::/32
is "$(listed)" '' 'a prefix is pardoned with all in it'
fails 1 "'203.0.113.1' is not pardoned" 'one address of it cannot be taken out' \
	pardon --remove 203.0.113.1
check 'and it gets the reason' grep -q "it is in '203.0.113.0/24'" "$TMP/err"
fails 1 "'203.0.113.0/25' is not pardoned" 'of several pardons all are taken back, or none' \
	pardon --remove 203.0.113.0/24 203.0.113.0/25
is "$(listed)" '' 'none was'
run pardon --remove 203.0.113.0/24 2001:db8::/32
is "$(cat "$TMP/out")" '203.0.113.0/24: pardon removed
2001:db8::/32: pardon removed' 'a pardon is taken back'
is "$(listed)" '203.0.113.1 ' 'and holds no longer'
must nolist pardon --remove 203.0.113.6 2001:db8:5:1::1 >/dev/null
is "$(listed)" "$all" 'nor do the others'
for wide in 203.0.0.0/15 0.0.0.0/0 2001:da0::/31 ::/0 ::ffff:0:0/96; do
	fails 2 "'$wide' is too wide for a pardon" "$wide is too wide" pardon "$wide"
done
for bad in 203.0.113.1/24 mx.example.com '' 2001:db8::1/64; do
	fails 2 "'$bad' is not an address" "'$bad' is no prefix" pardon "$bad"
done
fails 2 'no address given' 'no address' pardon
fails 2 'no address given' 'no address to be taken back' pardon --remove
fails 2 '--list takes no address' '--list with one' pardon --list 203.0.113.1
fails 2 '--json is for --list' '--json without --list' pardon --json 203.0.113.1

# --- beside a collect, and killed --------------------------------------------

run collect
must nolist pardon 203.0.113.6 >/dev/null
exec 9<"$STATE_DIR"
must flock -x 9
is "$(timeout 5 "$TOOL" pardon 203.0.113.1 --state-dir "$STATE_DIR" | cut -d: -f1)" 203.0.113.1 \
	'nobody waits for a collect'
exec 9<&-
must nolist unload >/dev/null
must nolist unload --purge >/dev/null
run explain -c "$CONF" --at "$NOW" 203.0.113.6
check 'a pardon outlives the tables' grep -q '^  pardoned until ' "$TMP/out"
rm -f "$DB" "$DB"-*
must sqlite3 "$DB" <"$TOP/selftests/lib/store-1.sql"
must sqlite3 "$DB" "INSERT INTO life VALUES (1, 'old', 1, 7, 1000, 5, 6, 7, 8);
	INSERT INTO source VALUES (1, x'0000FFFFCB007106', 1, NULL, zeroblob(68), zeroblob(44), NULL)"
must nolist pardon 203.0.113.6 >/dev/null
is "$(sqlite3 "$DB" 'SELECT user_version > 1 FROM pragma_user_version; SELECT count(*) > 0 FROM source; SELECT count(*) FROM pardon' |
	tr '\n' ' ')" '1 1 1 ' 'a store of version 1 is brought up to date'
rm -rf "$STATE_DIR"
whole=0
kills=$((${NOLIST_FULL:+180} + 20))
for ((i = 0; i < kills; i++)); do
	: >"$TMP/said"
	"$TOOL" pardon "198.51.100.$i" --state-dir "$STATE_DIR" >"$TMP/said" 2>&1 &
	sleep "0.00$((RANDOM % 9 + 1))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	said=$(cut -d: -f1 "$TMP/said")
	run pardon --list --json
	if [ "$status" = 0 ] && jq -e --arg said "$said" \
		'$said == "" or any(.pardons[]; .prefix == $said)' "$TMP/out" >/dev/null; then
		whole=$((whole + 1))
	else
		diag "kill $i: $status, said '$said', $(cat "$TMP/out" "$TMP/err")"
	fi
done
is "$whole" "$kills" 'killed at any instant, the store can be read, and what was said is in it'
must nolist pardon 203.0.113.1 >/dev/null
run pardon --list --json
check 'and written' jq -e '.pardons[] | select(.prefix == "203.0.113.1")' "$TMP/out"
chmod 777 "$STATE_DIR"
fails 1 "cannot trust '$STATE_DIR'" 'a directory that anybody can write is refused' pardon 203.0.113.1
done_testing
