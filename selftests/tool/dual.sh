#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A sender of both families may walk low and real over the one, and come to a high
# fake over the other. Nobody is listed in a family in which no low fake has an
# address: dump, load and explain say so, and can be switched off.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sqlite3
topology ''
LOWS=$LOW4 judge_setup
histories

explain() {
	run explain -c "$CONF" --at "$NOW" "$@"
}

# numbers: of the MX addresses that came in force, the bits for IPv4 and IPv6.
numbers() {
	must nolist collect -c "$CONF" >/dev/null 2>&1
	sqlite3 "$STATE_DIR/evidence.db" \
		"SELECT (mx >> 63) & 1, (mx >> 62) & 1 FROM mx_change ORDER BY at_s" | tr '\n' ' '
}

# Until the tables' clock tells another second.
pass_second() {
	local until=$(($(date +%s) + 2))

	while [ "$(date +%s)" -lt "$until" ]; do
		sleep 0.1
	done
}

check 'load warns of a high fake over IPv6 without a low one' \
	grep -q 'a high fake over IPv6, but no low fake there: no source is listed over it' "$TMP/load.log"
run dump -c "$CONF" --at "$NOW"
is "$status $(rows "$TMP/out" | tr '\n' ' ')" '0 203.0.113.1 203.0.113.6 ' \
	'the IPv6 source is not listed, and nothing is held back'
check 'the list says why' grep -q '^# warning: IPv6: no source is listed: no low fake over IPv6' "$TMP/out"
run dump -c "$CONF" --at "$NOW" --output "$TMP/list" --json
is "$(jq -c '.lists[0].left_out | [.dual_stack, .held]' "$TMP/out")" '[1,0]' 'JSON: how many'
explain 2001:db8:5:1::9
is "$(head -n 1 "$TMP/out")" '2001:db8:5:1::/64: dual-stack' 'explain says what it may be'
check 'and which rule excused it' grep -qE \
	'^  dual-stack +no +2 offences while no low fake had IPv6: it may have tried low and real over IPv4' \
	"$TMP/out"
explain 203.0.113.1
check 'IPv4 is not concerned' grep -qE '^  dual-stack +yes +a walk over IPv4 would have been seen$' "$TMP/out"
sed '$a dual-stack = accept' "$CONF" >"$TMP/accept.conf"
run dump -c "$TMP/accept.conf" --at "$NOW"
is "$(rows "$TMP/out" | tail -n 1)" 2001:db8:5:1::/64 'dual-stack = accept lists it'
check 'and the list says so' grep -q '^# warning: IPv6: listed all the same: no low fake over IPv6' \
	"$TMP/out"

# What is of before a low fake had the family stays excused: its addresses are dated.
is "$(numbers)" '0|1 ' 'the tables keep that IPv6 had no low fake'
pass_second
sed "s/^low = .*/low = { $LOW4, $LOW6 }/" "$CONF" >"$TMP/both.conf"
must nolist load -c "$TMP/both.conf" >"$TMP/load.log" 2>&1
is "$(grep -c 'low fake' "$TMP/load.log")" 0 'a low fake of each family is no reason to warn'
is "$(numbers)" '0|1 0|0 ' 'and that it has one since'
pass_second
sed "s/^low = .*/low = { $LOW6 }/" "$CONF" >"$TMP/low6.conf"
must nolist load -c "$TMP/low6.conf" >"$TMP/load.log" 2>&1
is "$(numbers)" '0|1 0|0 1|0 ' 'the same of IPv4'
done_testing
