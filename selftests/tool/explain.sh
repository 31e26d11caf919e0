#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# explain: that each verdict is reported with its reason, its times and the rule that
# decided, in words and in JSON. The owner of a listed address has a right to know why.
UPTIME=18000 # what is on a list is asked of now, and hours must be past
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
fails 1 'nothing is attached' 'nothing is loaded: nothing to explain' explain 192.0.2.1
judge_setup
histories

explain() {
	run explain -c "$CONF" --at "$NOW" "$@"
}

# says PATTERN NAME: the last output has such a line.
says() {
	check "$2" grep -qE -- "$1" "$TMP/out"
}

# time SECONDS after the boot, as it is printed.
time_of() {
	date -u -d "@$((BOOT + $1))" +%FT%TZ
}

explain 203.0.113.1
is "$status" 0 'an offender is explained'
is "$(head -n 2 "$TMP/out" | tr -s ' ' | tr '\n' ';')" '203.0.113.1: offender; listed;' \
	'its verdict comes first'
says "^  from $(time_of $((64 * H))) until $(time_of $((40 * H + 7 * D)))\$" \
	'since when, until when'
says "high fakes, contacts +3 SYNs, $(time_of $((20 * H))) to $(time_of $((40 * H))) \(2d ago\)" \
	'its contacts'
says "^  $(time_of $((20 * H))) +first SYN to a high fake\$" 'its history: contacts'
says "^  $(time_of $((20 * H))) 1h +tempfailed, verified by timestamp, no QUIT" 'dialogues by the hour'
says "^  $(time_of $((40 * H))) +tempfailed, verified by timestamp, no QUIT" 'up to the last one'
says "^  $(time_of $((64 * H))) +its listing begins\$" 'when its listing begins'
says "^  $(time_of $((40 * H + 7 * D))) +its listing ends\$" 'and when it ends'
is "$(sed -n '/^  FROM/,/^$/s/^  \(2[^ ]*\) .*/\1/p' "$TMP/out" | sort -c && echo sorted)" sorted \
	'in the order of time'
says '^  offences +yes +2 hours tempfailed without QUIT, 2 of them .*; 2 needed' 'the offences'
says '^  low +yes +not seen at the low fake \(within 7d it is an alibi\)' 'each rule with its value'
says '^  grace +yes +had 2d to come back; 1d needed' 'the grace'

explain 203.0.113.2
says 'not listed: too few offences' 'one offence is not enough'
says '^  offences +no +1 hour tempfailed' 'and this rule decided'
explain 203.0.113.3
says 'no offence recorded' 'a dialogue with QUIT is no offence'
explain 198.51.100.2
says '^198.51.100.2: alibi$' 'Exim, at high for once'
says '^  low +no +seen at the low fake 10h from the nearest offence \(within 7d it is an alibi\)' \
	'was at low ten hours before'
says '^  neighbours +no +1 in 198.51.100.0/24 with a verified alibi, such as 198.51.100.1' \
	'and has a good neighbour'
explain 203.0.113.4
says 'listed with --unverified only' 'SYNs alone are a suspicion'
explain 203.0.113.5
says 'not listed yet: it may still come back' 'within its grace'
says "it would be from $(time_of $((90 * H + D))) until" 'and when that ends'
run explain -c "$CONF" --at "$((NOW + 20 * D))" 203.0.113.1
says 'not listed any more' 'an old listing'
run explain -c "$CONF" --at "$((BOOT + 41 * H))" 203.0.113.1
says '^203.0.113.1: waiting$' 'as of before the end of its grace'
explain 203.0.113.99
is "$status $(tail -n 1 "$TMP/out" | tr -s ' ')" '0  never seen' 'an unknown source'
explain "$REAL4"
says 'on the never-list: 192.0.2.20, ' 'an entry of the never-list is named'

# --- this host's surroundings, which must keep their mail and DNS ---

must ip -n server route add default via 192.0.2.254
must ip -n server route add default via 2001:db8:fe::1 dev s0 onlink
# What systemd-resolved writes, in a /run that hides the host's; its stub is in
# resolv.conf. The namespaces' own tmpfs moves there; the host's files stay put.
must mkdir "$TMP/netns"
must mount --move /run/netns "$TMP/netns"
must mount -t tmpfs tmpfs /run
must mkdir -p /run/netns /run/systemd/resolve
must mount --move "$TMP/netns" /run/netns
echo 'nameserver 203.0.113.53' >/run/systemd/resolve/resolv.conf
printf '# here\nnameserver 127.0.0.53\n nameserver 2001:db8:53::1\n' >"$TMP/resolv.conf"
must mount --bind "$TMP/resolv.conf" /etc/resolv.conf
while read -r addr what; do
	explain "$addr"
	says "on the never-list: $addr, $what of this host\$" "never: $addr, $what of this host"
done <<-END
	192.0.2.254 gateway
	2001:db8:fe::1 gateway
	2001:db8:53::1 resolver
	203.0.113.53 resolver
END

printf '# ours\n203.0.113.0/28\n' >"$TMP/allow"
sed "\$a allow = { \"$TMP/allow\" }" "$CONF" >"$TMP/allow.conf"
run explain -c "$TMP/allow.conf" --at "$NOW" 203.0.113.4
says '^203.0.113.4: allowed$' 'an allow list wins'
says "on the allow list: 203.0.113.0/28, $TMP/allow:2\$" 'and its line is named'
inject lost=30h
explain 203.0.113.1
says '^203.0.113.1: held$' 'lost evidence holds a listing back'
says "^  gaps +no +verified evidence was lost, the last time at $(time_of $((30 * H)))" \
	'and this is reported'
says "^  $(time_of $((-FIRST_HOUR * H))) +[0-9]+[hd] +verified evidence was lost" \
	'and is in the history, near the offences'
says "^  held back, 'gaps': verified evidence was lost near their offences\$" 'the hold is named'
says 'held back: not added to a list, and not taken off it' 'and what it means'
explain 2001:db8:5:1:ffff::1234
says '^2001:db8:5:1::/64: held$' 'any address of a /64 is that /64'

explain --json 203.0.113.1
is "$(jq -c '[.schema, .type, .known, .source, .verdict, (.hours | length)]' "$TMP/out")" \
	'[2,"explain",true,"203.0.113.1","held",2]' 'JSON: the verdict'
is "$(jq -c '[.checks[] | select(.lists | not).check]' "$TMP/out")" '["offences","gaps"]' \
	'JSON: the rules that decided'
is "$(jq '.rules.grace' "$TMP/out")" 86400 'JSON: the rules'
explain --json 203.0.113.99
is "$(jq -c '[.known, .verdict, .high]' "$TMP/out")" '[false,"none",null]' 'JSON: an unknown source'
odd=$TMP/a$'"\033\377'
echo 203.0.113.4 >"$odd"
{
	cat "$CONF"
	printf "allow = { '%s' }\n" "$odd"
} >"$TMP/odd.conf"
run explain -c "$TMP/odd.conf" --at "$NOW" --json 203.0.113.4
check 'JSON: an odd name of a file breaks nothing' jq -e '.allow.line == 1' "$TMP/out"
run explain -c "$TMP/odd.conf" --at "$NOW" 203.0.113.4
is "$(tr -d '\n\40-\176' <"$TMP/out" | wc -c)" 0 'and drives no terminal'

# --- the whole document, days, hours ---

explain --json 198.51.100.1
is "$(jq -c '[.history[] | select(.kind == "real") | .first]' "$TMP/out")" \
	"[$(at $((1 * H))),$(at $((80 * H)))]" 'JSON: the history'
is "$(jq -c '.history == (.history | sort_by(.first))' "$TMP/out")" true 'JSON: in the order of time'
run collect
inject "198.51.100.1 low=1h:1h:1 real=1h:90h:10 data=1h:90h:10"
run collect
explain --json 198.51.100.1
is "$(jq -c '[(.data_hours | length >= 2), (.days.real | length >= 2), .days.high]' "$TMP/out")" \
	'[true,true,[]]' 'JSON: hours and days that were collected'
explain 198.51.100.1
says '^  real MX +[.#]{31}#$' 'a mark for each day with SYNs'
says '1h +data to the real MX$' 'and the hours with data'
# An hour of the evidence began before the program was there, but no contact did.
inject "198.51.100.30 data=5000:5100:2"
run collect
explain --json 198.51.100.30
is "$(jq -c '[.history[] | select(.kind == "data") | .first, .last]' "$TMP/out")" \
	"[$(at 5000),$(at 5100)]" 'data is shown from when it came'
run explain -c "$CONF" --at "$(at $((30 * H)))" --json 203.0.113.2
is "$(jq -c "[.history[] | select(.first > $(at $((30 * H)))) | .kind]" "$TMP/out")" '[]' \
	'as of then there is no later contact'

explain 2001:db8:5:1::7
cp "$TMP/out" "$TMP/of_address"
explain 2001:db8:5:1::/64
is "$status" 0 'a source is taken as show and lists write it'
is "$(cat "$TMP/out")" "$(cat "$TMP/of_address")" 'and is that of its addresses'
explain 203.0.113.1/32
says '^203.0.113.1: held' 'an IPv4 address may have its length'

# Looked at between them, its SYNs are known by the hour: as of then it had been away
# for 90 hours, though it came back.
inject "203.0.113.20 low=2h:3h:2 high=300h:301h:2 talk=300h:301h:2 hour=300:1:0:0:0 hour=301:1:0:0:0"
run collect
inject "203.0.113.20 low=2h:400h:3"
run collect
sed '$a window = 3600' "$CONF" >"$TMP/window.conf"
run explain -c "$TMP/window.conf" --at "$(at $((303 * H)))" 203.0.113.20
says '^  low +yes +seen at the low fake 12d from the nearest offence' \
	'as of then, to the hour: not what it did before and after'
run explain -c "$TMP/window.conf" --at "$(at $((500 * H)))" 203.0.113.20
says '^  low +yes +seen at the low fake 4d from the nearest offence' 'nor afterwards, when it had come back'

# --- lists ---

cat "$CONF" - >"$TMP/lists.conf" <<-END
	list = { "nft $TMP/list.nft", "plain $TMP/none/list", "spamassassin $TMP/rules" }
	growth-min = 0
END
sed 's/^growth-min.*//' "$TMP/lists.conf" >"$TMP/free.conf"
rm -rf "$STATE_DIR"
printf 'add element\n192.0.2.99 timeout 1s,\n' >"$TMP/list.nft" # somebody else's: 0 % of it
must nolist unload >/dev/null
must nolist unload --purge >/dev/null
# What is on the lists is asked of now: three days are past.
NOW=$(date +%s)
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
sed 's/^growth-min.*/&\ngrace = 1/' "$TMP/lists.conf" >"$TMP/now.conf"
inject "203.0.113.1 high=1h:2h:3 talk=1h:2h:2 hour=1:1:0:0:0 hour=0:1:0:0:0" \
	"198.51.100.1 low=1h:2h:1 real=1h:2h:9 data=1h:2h:9"
run dump -c "$TMP/now.conf" --output "$TMP/list.nft" --format nft
run explain -c "$TMP/now.conf" 203.0.113.1
says "^  not on '$TMP/list.nft' \\(nft\\), waits: the list has grown enough" 'growth is reported'
says "^  no file yet: '$TMP/none/list' \\(plain\\)" 'so is a list that is not there'
sed 's/^growth-min.*/growth-min = 5/' "$TMP/now.conf" >"$TMP/more.conf"
run dump -c "$TMP/more.conf" --output "$TMP/list.nft" --format nft
run explain -c "$TMP/more.conf" 203.0.113.1
says "^  on '$TMP/list.nft' \\(nft\\)\$" 'and a source on the list'
run explain -c "$TMP/more.conf" --json 203.0.113.1
is "$(jq -c '[.lists[] | [.format, .there, .listed, .waits]]' "$TMP/out")" \
	'[["nft",true,true,false],["plain",false,false,false]]' 'JSON: the same'

# --- one source is looked up in the tables, and judged as by a walk over all ---

must nolist unload --purge >/dev/null
rm -rf "$STATE_DIR"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
inject "198.51.100.99 real=1h:3h:2 data=1h:3h:2" "2001:db8:9:1:: real=1h:3h:2 data=1h:3h:2"
must nolist collect -c "$TMP/now.conf" >/dev/null
bad="high=1h:2h:3 talk=1h:2h:2 hour=1:1:0:0:0 hour=0:1:0:0:0"
inject "203.0.113.1 $bad" "198.51.100.2 $bad" "198.51.100.1 low=1h:2h:1 real=1h:3h:9 data=1h:3h:9" \
	"2001:db8:5:1:: $bad" "2001:db8:6:1:: $bad" "2001:db8:6:ffff:: low=1h:2h:1 real=1h:3h:2 data=1h:3h:2" \
	"203.0.113.9 low=1h:2h:1 $bad"
run show -c "$TMP/now.conf" --json
jq -r '.sources[] | "\(.source) \(.verdict)"' "$TMP/out" | sort >"$TMP/walked"
is "$(awk '{ print $2 }' "$TMP/walked" | sort | uniq -c | awk '{ print $2 $1 }' | tr '\n' ' ')" \
	'alibi3 none4 offender2 ' 'a walk knows offenders, and who has an alibi of its own or of others'
while read -r address _; do
	run explain -c "$TMP/now.conf" --json "${address%/*}"
	echo "$address $(jq -r .verdict "$TMP/out")"
done <"$TMP/walked" >"$TMP/looked_up"
is "$(cat "$TMP/looked_up")" "$(cat "$TMP/walked")" 'explain judges each as a walk does'
run explain -c "$TMP/now.conf" 203.0.113.1
says '^  real-mx +yes +a source sent data to the real MX [0-9][^ ]* ago or later; needed within' \
	'when others were at the real MX since the last collect it does not know'
rm -rf "$STATE_DIR"
run explain -c "$TMP/now.conf" 203.0.113.1
says '^  real-mx +yes +a source sent data to the real MX [0-9][^ ]* ago; needed within' \
	'unless it needs to: then it walks'

fails 2 'no address given' 'no address' explain
fails 2 'one address at a time' 'two addresses' explain 192.0.2.1 192.0.2.2
for bad in 192.0.2 mx.example.com 2001:db8::1/64 192.0.2.1/33 '' fe80::1%s0; do
	fails 2 "'$bad' is not an address" "'$bad' is no address" explain "$bad"
done
for wide in 192.0.2.0/24 2001:db8::/63 0.0.0.0/0 ::/0; do
	fails 2 "'$wide' is more than one source" "'$wide' is more than one source" explain "$wide"
done
done_testing
