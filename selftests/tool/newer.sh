#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A newer program of the same ABI: it counts verdicts and events that this tool has no
# names for, and writes into words in reserve. This tool adds the verdicts up, stores the
# events, judges as if the rest were not there, and frees no record that says more than it
# knows. Why it matters: after a downgrade of the tool, or an upgrade of the program alone,
# nothing may be misread, and nothing thrown away.
# shellcheck disable=SC2317,SC2034 # functions that check() calls, a word for lib.sh
UPTIME=18000 # records are freed when they have been idle for minutes
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq

# shellcheck disable=SC2119
topology
judge_setup
must nolist unload --purge >/dev/null 2>&1
printf 'sources = 1024\ncollect = yes\n' >>"$CONF"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1

# --- verdicts --------------------------------------------------------------------

frames=$(json 's["frames"]')
inject verdict=47:700
is "$(json 's["verdicts"]["verdict_47"], s["frames"] - '"$frames"' >= 700')" '700 True' \
	'a verdict without a name is shown, and counts as frames'
check 'for people as well' grep -qE '^verdict_47 +700 +known to a newer tool$' \
	<(nolist status)
is "$(json '[k for k in s["verdicts"] if k.startswith("verdict_")]')" "['verdict_47']" \
	'others that are zero are not'

# --- events and words in reserve -------------------------------------------------------

inject '203.0.113.1 high=1h:3h:3 talk=1h:3h:2 hour=1:1:0:0:0 hour=2:1:0:0:0' \
	'203.0.113.2 high=1h:3h:3 talk=1h:3h:2 hour=1:1:0:0:0 event=1:15:3 hour=2:1:0:0:0 reserved=9'
# judged SOURCE: all that is known of it and how it is judged, but for its name.
judged() {
	nolist show --json --at "$(at $((3 * D)))" -c "$CONF" |
		jq -c ".sources[] | select(.source == \"$1\") | del(.source)"
}
is "$(judged 203.0.113.2)" "$(judged 203.0.113.1)" 'a source is judged by what is known'
is "$(judged 203.0.113.2 | jq -c '[.strong, (.hours | length)]')" '[2,2]' \
	'which is something'
check 'explain passes over the rest' nolist explain -c "$CONF" 203.0.113.2
inject '203.0.113.3 high=1h:3h:3 talk=1h:3h:1 event=1:12:1'
is "$(judged 203.0.113.3 | jq -c '.hours')" "[{\"start\":$(at 3600)}]" \
	'an hour with nothing else is an hour with dialogues'
must nolist collect -c "$CONF" --log 0 >/dev/null
is "$(nolist collect -c "$CONF" --log 0)" '3 sources, 0 updated, 0 freed' \
	'collect stores them'
inject '203.0.113.3 high=1h:3h:3 talk=1h:3h:1 event=1:12:2'
is "$(nolist collect -c "$CONF" --log 0)" '3 sources, 1 updated, 0 freed' \
	'more of such an event is news'

# --- freeing ---------------------------------------------------------------------------------

# The table is more than half full, and all were idle for longer than five minutes.
up=$(($(cut -d. -f1 /proc/uptime) - 600))
for ((i = 0; i < 600; i++)); do
	echo "198.51.100.$((i % 250)) talk=$up:$up:1 hour=$((up / 3600)):1:0:0:0"
	echo "2001:db8:$i:: talk=$up:$up:1 hour=$((up / 3600)):1:0:0:0 reserved=$((i % 10 == 0))"
done | INJECT_FROM=0 must "$INJECT" "$PIN_DIR"
must nolist collect -c "$CONF" --log 0 >"$TMP/out"
left=$(bpftool -j map dump pinned "$PIN_DIR"/nolist_verified | jq '[.[] | .formatted.value |
	select(.high_last_ns | . > 1000000000 * '"$((up - 60))"' and . < 1000000000 * '"$((up + 60))"')] | [length, all(.reserved[0] == 1)]' -c)
is "$left" '[60,true]' 'no record is freed that says more than is known, and all others are'

done_testing
