#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# forget: deletes what is known of a source from tables and store, and of no other; and all of
# it, after which nobody is listed before the learning time is over. Why it matters: somebody
# may ask for it by law, and whoever loses the alibis of good senders must not list them.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq bpftool sqlite3
topology ''
fails 1 'there are neither tables nor a store' 'nothing is loaded: nothing to forget' forget 203.0.113.1
judge_setup
histories
must nolist collect -c "$CONF" --log 0 >/dev/null

# bytes HEX: how often these are in the file of the store, or in those beside it.
bytes() {
	cat "$STATE_DIR"/evidence.db* | od -An -v -tx1 | tr -d ' \n' | grep -o "$1" | wc -l
}

# Keys of the store: an IPv4 address is at its end. 203.0.113.1 is cb007101.
key=00000000cb007101
sources() {
	nolist show -c "$CONF" --at "$NOW" --json | jq -r '.sources[].source'
}

in_table() {
	bpftool -j map dump pinned "$PIN_DIR/nolist_verified" | jq length
}
before=$(in_table)
others=$(sources | grep -vx 203.0.113.1)
listed=$(nolist dump -c "$CONF" --at "$NOW" 2>/dev/null | grep -c '^203.0.113.6$')
is "$(bytes "$key" | sed 's/[1-9][0-9]*/some/')" some 'the file has it'
run forget 203.0.113.1
is "$status $(head -n 1 "$TMP/out")" '0 203.0.113.1: forgotten: 2 records in the tables, 1 in the store' \
	'a source is forgotten'
is "$(sources)" "$others" 'it, and no other'
is "$(in_table)" "$before" 'in the place of the record is an empty one: a missing one would be a gap'
is "$(nolist explain 203.0.113.1 -c "$CONF" --json | jq .known)" false 'explain knows nothing'
is "$(bytes "$key")" 0 'no byte of it is left in the files'
is "$(nolist dump -c "$CONF" --at "$NOW" 2>/dev/null | grep -c '^203.0.113.1$')" 0 'nor in a list'
is "$(nolist dump -c "$CONF" --at "$NOW" 2>/dev/null | grep -c '^203.0.113.6$')" "$listed" \
	'while the others stay listed: no evidence was lost'
run forget 203.0.113.1 2001:db8:5:1::77
is "$status $(head -n 2 "$TMP/out" | tr '\n' ' ')" \
	'0 203.0.113.1: nothing was known 2001:db8:5:1::/64: forgotten: 2 records in the tables, 1 in the store ' 'one is unknown, an IPv6 address is its /64'
must nolist collect -c "$CONF" --log 0 >/dev/null
is "$(sources | grep -c '^2001:db8:5:1::\|^203.0.113.1$')" 0 'a collect brings nothing back'
inject "203.0.113.1 high=50h:50h:1 talk=50h:50h:1 hour=50:1:0:0:0"
is "$(nolist show -c "$CONF" --at "$NOW" --json | jq -r '.sources[] | select(.source == "203.0.113.1").high.opens')" 1 \
	'what it does afterwards is noted as of a new one'

# --- all ---

must nolist pardon 203.0.113.99 -c "$CONF" >/dev/null
sed 's/^learning = .*/learning = 5s/' "$CONF" >"$TMP/short.conf"
learns() {
	nolist status -c "$TMP/short.conf" --json | jq -e .learning_until
}
no_more() {
	! learns
}
check 'the learning time is over' wait_for 10 no_more
run forget --all
check 'and begins anew' learns
is "$status $(tail -n 1 "$TMP/out")" '0 the lists become empty at the next dump, pardons stay; the learning time begins anew' \
	'all are forgotten'
is "$(sources)" '' 'nobody is known'
is "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT count(*) FROM source')" 0 'nor stored'
is "$(nolist pardon --list --json | jq '.pardons | length')" 1 'pardons stay'
sed 's/^learning = .*/learning = 1d/' "$CONF" >"$TMP/learning.conf"
until=$(nolist status -c "$TMP/learning.conf" --json | jq .learning_until)
# To the second: the tables and the store round each on their own.
still_learning() {
	nolist status -c "$TMP/learning.conf" --json | jq "(.learning_until - $until) | fabs < 3"
}
sleep 4
must nolist collect -c "$CONF" --log 0 >/dev/null
is "$(still_learning)" true 'also when it is stored'
must nolist load -c "$CONF" >/dev/null 2>&1
is "$(still_learning)" true 'and a load does not begin it again'
is "$(nolist dump -c "$TMP/learning.conf" 2>&1 | grep -c 'dump: warning: learning until .*: no source is added')" 1 \
	'dump says so'

inject "203.0.113.50 high=1h:1h:1"
must nolist collect -c "$CONF" --log 0 >/dev/null
must nolist unload >/dev/null
run unload --purge
check 'a purge tells that the store stays' grep -q 'the store in .* still has 1 record of sources' "$TMP/out"
check 'and what is lost' grep -q "what came after the last collect, at 20.*Z, is lost: no source is listed" "$TMP/out"
run forget --all
is "$status $(head -n 1 "$TMP/out")" '0 all: forgotten: 0 records in the tables, 1 in the store' \
	'without tables the store is emptied'
run forget 203.0.113.50
is "$status $(cat "$TMP/out")" '0 203.0.113.50: nothing was known' 'what is unknown is no failure'

fails 2 'no address given' 'nothing to forget' forget
fails 2 '[-][-]all takes no address' 'both' forget --all 203.0.113.1
fails 2 "'203.0.113.0/24' is more than one source" 'a network' forget 203.0.113.0/24
fails 2 "'x' is not an address" 'no address' forget x
done_testing
