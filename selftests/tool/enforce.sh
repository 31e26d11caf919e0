#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# enforce: what dump puts in force at the real MX is what the lists say, at once, for real
# connections: tempfailed, reset or dropped. Who is allowed, pardoned or not listed gets through
# to the mail server, and a list that would refuse known senders is braked. Why it matters: it
# refuses mail before any mail server can tell that this is wrong.
# shellcheck disable=SC2317 # functions that check() calls
# Made-up evidence of the last days is judged as of now. shellcheck disable=SC2034 # of lib.sh
UPTIME=345900
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/meets.sh
. "$(dirname "$0")/../lib/meets.sh"

need jq
topology ''
FOES=$TMP/foes.txt
for net in 198.51.100 203.0.113 198.18.5; do
	must ip -n server route add $net.0/24 via $CLIENT4
	for i in 1 2 3 4 5 6 7 8 9; do
		must ip -n client addr add $net.$i/32 dev c0
	done
done
for net in 2001:db8:5:1 2001:db8:6:1; do
	must ip -n server route add $net::/64 via $CLIENT6
	must ip -n client addr add $net::9/128 dev c0 nodad
done
greet_as_real

# conf LINE...: the configuration, and these.
conf() {
	printf '%s\n' "$(cat "$TMP/first.conf")" "$@" >"$CONF"
}

# put NAME: dump --all goes well.
put() {
	run dump --all --quiet -c "$CONF"
	is "$status$(sed 's/^/ /' "$TMP/err")" 0 "$1"
}

enforce() {
	json "s['tables'][0]['enforce']$1"
}

judge_setup
histories
# Senders that walk, in the last day.
walkers() {
	local i

	for i in 1 2 3 4 5 6 7 8 9; do
		inject "198.51.100.$i low=80h:95h:2 real=80h:95h:2 data=80h:95h:2 walk=90h:95h"
	done
}
walkers
# A dialogue of now, by the kernel's clock, may take the place of one of these hours.
must nolist collect --log 0 -c "$CONF" >/dev/null
# What the kernel notes is of its own clock, earlier than the evidence: no alibi.
sed 's|^never-list-except = { |&198.18.0.0/15, |' "$CONF" >"$TMP/first.conf"
echo 'window = 1' >>"$TMP/first.conf"
printf '; a list of others\n198.18.5.0/30 ; SBL1\n198.18.5.4\n198.51.100.9\n\n' >"$FOES"
printf '198.51.100.9 # a sender\n' >"$TMP/allow"
lists=("list = { \"xdp $TMP/own\" }" "allow = { \"$TMP/allow\" }" "enforce-list = { \"$FOES reset\" }")

# --- note ---

conf 'enforce = note' "${lists[@]}"
must nolist load -c "$CONF" >/dev/null
is "$(enforce "['mode']") $(meets 203.0.113.4)" 'none accepted' 'before the first dump all pass'
put 'dump --all makes the table'
is "$(enforce "['mode']") $(meets 203.0.113.6 2001:db8:5:1::9 198.18.5.1)" 'noted accepted' \
	'note: the listed pass'
check 'and are counted' test "$(enforce "['passed']['note']")" -ge 3
is "$(rows "$TMP/own" | tr '\n' ' ')" '203.0.113.1 203.0.113.6 2001:db8:5:1::/64 ' \
	'the file is a plain list'

# --- tempfail, reset, drop ---

conf 'enforce = tempfail' 'enforce-text = "Held here, see bl.example"' "${lists[@]}"
must nolist load -c "$CONF" >/dev/null
put 'the table is made anew'
is "$(meets 203.0.113.6 2001:db8:5:1::9)" '451 4.7.1 Held here, see bl.example.' \
	'tempfail: listed sources read our words, over both families'
is "$(meets 203.0.113.4 198.51.100.1 198.51.100.9 2001:db8:6:1::9)" accepted \
	'others, and an allowed one that a list has, come through'
check 'reset: those of a file of others' grep -q refused <<<"$(meets 198.18.5.1 198.18.5.2 198.18.5.3 198.18.5.4)"
is "$(meets 198.18.5.5)" accepted 'which ends where it ends'
is "$(enforce "['mode']") $(enforce "['senders']") $(enforce "['senders_refused']")" 'enforced 9 0' \
	'none of the known senders is refused: the brake is off'
run explain -c "$CONF" 203.0.113.6
check 'explain tells it' grep -q '^  at the real MX: tempfail (the table is enforced)$' "$TMP/out"
run explain -c "$CONF" --json 198.18.5.4
is "$(jq -r .at_real "$TMP/out")" reset 'also of a source that it knows nothing of'
check 'status tells the table' grep -q 'listed sources at the real MX: enforced, 6 prefixes' \
	<<<"$(nolist status)"
check 'metrics, too' grep -qx 'nolist_enforced 1' <<<"$(nolist metrics -c "$CONF")"
# As in its unit.
in_server setpriv --bounding-set -all,+bpf --inh-caps -all "$TOOL" dump --all --quiet -c "$CONF" \
	--pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" >"$TMP/few" 2>&1
is "$? $(cat "$TMP/few") $(enforce "['mode']")" '0  enforced' 'CAP_BPF alone is enough'
conf 'enforce = drop' 'list = { "xdp '"$TMP"'/own" }'
put 'another action'
check 'drop: silence' grep -q silence <<<"$(meets 203.0.113.1 203.0.113.6 2001:db8:5:1::9)"
is "$(meets 198.18.5.1)" accepted 'a file that is no list any more refuses nobody'

# --- off again ---

conf 'enforce = tempfail' "${lists[@]}"
put 'and another one'
must nolist pardon -c "$CONF" 203.0.113.6 2001:db8:5:1::9 >/dev/null
is "$(meets 203.0.113.6 2001:db8:5:1::9)" accepted 'a pardon acts at once'
is "$(meets 203.0.113.1 | cut -c -9)" '451 4.7.1' 'for that source alone'
put 'the next dump'
is "$(meets 203.0.113.6 2001:db8:5:1::9)" accepted 'keeps it so'
rm "$FOES"
run dump --all --quiet -c "$CONF"
check 'a file that is gone is told' grep -q "cannot read '$FOES'" "$TMP/err"
check 'and counts as it was' grep -q refused <<<"$(meets 198.18.5.1 198.18.5.2 198.18.5.3 198.18.5.4)"
find "$STATE_DIR/files" -name 'enforce-list-*' -exec touch -d '2 days ago' {} +
run dump --all --quiet -c "$CONF"
is "$(meets 198.18.5.1 198.18.5.2 198.18.5.3 198.18.5.4)" accepted 'but not for ever'

# --- the brake ---

echo 198.51.100.0/24 >"$FOES"
run dump --all --quiet -c "$CONF"
check 'a list that has known senders is told' grep -q '8 of 9 verified senders' "$TMP/err"
is "$(enforce "['mode']") $(meets 198.51.100.1 203.0.113.1)" 'braked accepted' 'and all pass'
check 'metrics tell it' grep -qx 'nolist_braked 1' <<<"$(nolist metrics -c "$CONF")"
conf 'enforce = tempfail' 'brake = off' "${lists[@]}"
run dump --all --quiet -c "$CONF"
is "$(enforce "['mode']") $(meets 203.0.113.1 | cut -c -9)" 'enforced 451 4.7.1' 'brake = off: none is'
conf 'enforce = tempfail' 'brake = 95%' "${lists[@]}"
run dump --all --quiet -c "$CONF"
is "$(enforce "['mode']")" enforced 'nor where that share is allowed'

# --- tarpit ---

for i in 7 8 9; do
	inject "203.0.113.$i high=20h:62h:4 talk=20h:62h:3 hour=20:1:0:0:0 hour=41:1:0:0:0 hour=62:1:0:0:0"
done
worst=(203.0.113.7 203.0.113.8 203.0.113.9)
tarpit=('enforce = tempfail' 'brake = off' 'tarpit-from = 3' 'tarpit-lines = 1' 'enforce-text = "Held here"'
	'list = { "xdp '"$TMP"'/own" }')
conf "${tarpit[@]}" 'tarpit = both'
must nolist load -c "$CONF" >/dev/null
put 'tarpit: the worst are held'
is "$(enforce "['tarpits']") $(enforce "['tarpit_real']") $(enforce "['tarpit_high']")" '3 True True' \
	'those with so many offences'
is "$(held $REAL4 "${worst[@]}")" '220 250- 421 4.7.1 Held here.' 'at the real MX, and let go with a reason'
is "$(held $HIGH4 "${worst[@]}" "${worst[@]}")" '220 250- 421 4.7.1 Held here.' 'and at a high fake'
is "$(meets 203.0.113.1 | cut -c -19)" '451 4.7.1 Held here' 'one with fewer is tempfailed'
run explain -c "$CONF" 203.0.113.8
check 'explain tells it' grep -q '^  at the real MX: tarpit (the table is enforced)$' "$TMP/out"
check 'of both places' grep -q '^  at the high fakes: tarpit' "$TMP/out"
check 'status counts the held' grep -q '^tarpit: 3 sources, at the real MX and the high fakes; connections: [1-9]' \
	<<<"$(nolist status)"
conf "${tarpit[@]}" 'tarpit = high'
must nolist load -c "$CONF" >/dev/null
put 'tarpit = high'
is "$(meets "${worst[@]}" | cut -c -19)" '451 4.7.1 Held here' 'at the real MX it is what enforce says'
is "$(held $HIGH4 "${worst[@]}" "${worst[@]}")" '220 250- 421 4.7.1 Held here.' 'at a high fake they are held'
printf '203.0.113.8\n203.0.113.0/28\n' >"$FOES"
conf "${tarpit[@]::5}" 'tarpit = real' "enforce-list = { \"$FOES tempfail\" }"
run dump --all --quiet -c "$CONF"
is "$(enforce "['tarpits']") $(meets 203.0.113.8 | cut -c -19)" '0 451 4.7.1 Held here' 'a file of networks holds nobody'

# --- the end ---

conf "${lists[@]}"
must nolist load -c "$CONF" >/dev/null 2>&1
is "$(json "s['tables'][0]['enforce']") $(meets 203.0.113.1 198.51.100.1)" 'None accepted' 'off: all pass'
check 'and the table is gone' test ! -e "$PIN_DIR/nolist_listed"
done_testing
