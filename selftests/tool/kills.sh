#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two collects and a dump at once, while the tables change, and all three are killed at
# a random instant, again and again: no count that was committed is lost, none counts
# twice, the list is never half of one, the store always opens. A count too many would
# accuse somebody, and an alibi that is lost as well.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sha256sum sqlite3
kills=$(((${NOLIST_FULL:+180} + 20) / ${NOLIST_PATIENCE:-1}))
topology ''
judge_setup
sed -i '$a real-mx-unseen = accept' "$CONF"
LIST=$TMP/list

# opens [NETNS PIN_DIR]: of the source whose count grows; of the store alone from where
# there are no tables.
opens() {
	nsenter --net=/run/netns/"${1:-server}" "$TOOL" explain -c "$CONF" --json --at "$((NOW + 30 * D))" \
		--pin-dir "${2:-$PIN_DIR}" --state-dir "$STATE_DIR" 203.0.113.1 2>"$TMP/err" |
		jq '.high.opens // 0'
}

stored() {
	opens client /nowhere
}

# The list has as many rows as it says, and just these.
is_whole() {
	[ ! -e "$LIST" ] && return
	[ "$(sed -n 's/^# count: //p' "$LIST") $(sed -n 's/^# sha256: //p' "$LIST")" = \
		"$(rows "$LIST" | wc -l) $(rows "$LIST" | sha256sum | cut -d' ' -f1)" ]
}

# start COMMAND...: in the background; its number is in pids.
start() {
	nsenter --net=/run/netns/server "$TOOL" "$@" -c "$CONF" --pin-dir "$PIN_DIR" \
		--state-dir "$STATE_DIR" >/dev/null 2>>"$TMP/background" &
	pids+=($!)
}

inject many=2000 "203.0.113.1 high=50h:51h:1"
while :; do
	echo "203.0.113.2 high=50h:$((SECONDS + 60))h:$((RANDOM + 1))" "talk=50h:52h:1 hour=50:1:0:0:0"
done | "$INJECT" "$PIN_DIR" &
load=$!
whole=0 before=0
for ((i = 2; i < kills + 2; i++)); do
	inject "203.0.113.1 high=50h:$((51 + i))h:$i" "later=$((2000 + i))"
	pids=()
	start collect
	start dump --quiet --at "$NOW" --output "$LIST"
	start collect
	sleep "0.$(printf %03d $((RANDOM % 250 + 5)))"
	kill -9 "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	if now=$(opens) && store=$(stored) && [ "$now" = "$i" ] && is_whole &&
		{ [ "${store:-0}" = "$before" ] || [ "$store" = "$i" ]; }; then
		whole=$((whole + 1))
	else
		diag "kill $((i - 1)): $now opens of $i, stored $store after $before: $(cat "$TMP/err")"
	fi
	before=${store:-0}
	# Each third attempt is let through, so that there is something to lose.
	if [ $((i % 3)) = 0 ]; then
		pids=()
		start collect
		start collect
		for pid in "${pids[@]}"; do
			wait "$pid" || diag "kill $((i - 1)): a collect beside another one failed: $(tail -n 2 "$TMP/background")"
		done
		before=$(stored)
		[ "$before" = "$i" ] || whole=-1000
	fi
done
kill $load
wait $load 2>/dev/null
is $whole $kills "killed $kills times, nothing is lost, doubled or half"
is "$(sqlite3 "$STATE_DIR/evidence.db" 'PRAGMA integrity_check')" ok 'the store is sound'
run collect
is "$status $(stored)" "0 $((i - 1))" 'and the next collect does its work'
run dump --quiet -c "$CONF" --at "$NOW" --output "$LIST"
check 'as does the next dump' is_whole

# --- two at once -------------------------------------------------------------

inject many=20000
pids=()
start collect
start collect
failed=0
for pid in "${pids[@]}"; do
	wait "$pid" || failed=$((failed + 1))
done
is $failed 0 'of two collects one waits for the other'
is "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT count(DISTINCT source) FROM source')" 40002 'and all is there once'
if [ "${NOLIST_FULL:-}" ]; then
	flock "$STATE_DIR" sleep 15 &
	fails 1 'Device or resource busy' 'but not for ever' collect
	kill $!
fi
done_testing
