#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What frees a listed source. Its attempt at the real MX, refused or not, took it off its own list
# with the next dump, and its next mail was accepted: so a contact must not, and two walks must, with
# tables alone and with a store, and as of a time before they had not.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
judge_setup
BOT=203.0.113.1
TALK="high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0"

# Senders that the real MX sees all the time.
others() {
	local h

	for h in 59 69 79 82 89; do
		echo "198.51.100.$h low=${h}h:${h}h:1 real=${h}h:${h}h:1 data=${h}h:${h}h:1"
	done | must "$INJECT" "$PIN_DIR"
}

# on HOUR: is it on the list that is made then?
on() {
	nolist dump -c "$CONF" --at "$(at $(($1 * H)))" --format plain 2>/dev/null | grep -qx $BOT && echo on || echo off
}

explains() {
	run explain -c "$CONF" --at "$(at $(($1 * H)))" $BOT
	if grep -qE -- "$2" "$TMP/out"; then
		ok "explain: $3"
	else
		not_ok "explain: $3"
		diag "$(head -n 6 "$TMP/out")"
	fi
}

for how in 'tables alone' 'a store'; do
	collected() {
		[ "$how" = 'tables alone' ] || must nolist collect -c "$CONF" --log 0 >/dev/null
	}
	others
	inject "$BOT $TALK"
	collected
	is "$(on 60) $(on 70)" 'off on' "$how: it is listed when its grace is over"
	inject "$BOT $TALK real=80h:80h:1"
	collected
	is "$(on 90)" on "$how: a SYN to the real MX does not take it off"
	inject "$BOT $TALK real=80h:82h:2 low=82h:82h:1 data=82h:82h:1"
	collected
	is "$(on 90)" on "$how: nor do data, nor a SYN to the low fake"
	explains 90 'what frees it: walks: 0 of 2; or days' "$how: it has not walked"
	inject "$BOT $TALK real=80h:83h:3 low=82h:83h:2 data=82h:83h:2 walk=0:83h"
	collected
	is "$(on 90)" on "$how: nor does one walk"
	explains 90 'walks: 1 of 2, the next counts from 20[-0-9T:]*Z;' "$how: and when the next one counts"
	inject "$BOT $TALK real=80h:84h:4 low=82h:84h:3 data=82h:84h:3 walk=83h:84h"
	collected
	is "$(on 90)" off "$how: two do"
	explains 90 'freed at 20.*: it walked from the low fake to the real MX, twice' "$how: and that"
	is "$(nolist explain -c "$CONF" --at "$(at $((90 * H)))" --json $BOT | jq -r .freed.by)" walks "$how: in JSON"
	is "$(on 83)" on "$how: as of before the second it is still listed"
	must nolist unload >/dev/null
	must nolist unload --purge >/dev/null
	rm -rf "$STATE_DIR"
	must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
done
done_testing
