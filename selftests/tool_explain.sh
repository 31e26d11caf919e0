#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# explain: that each verdict is told with its reason, its times and the rule that
# decided, in words and in JSON. Whoever is listed has a right to be told why.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/judge.sh
. "$(dirname "$0")/judge.sh"

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

# time SECONDS after the boot, as it is told.
time_of() {
	date -u -d "@$((BOOT + $1))" +%FT%TZ
}

explain 203.0.113.1
is "$status" 0 'an offender is explained'
is "$(head -n 2 "$TMP/out" | tr -s ' ' | tr '\n' ';')" '203.0.113.1: offender; listed;' \
	'its verdict comes first'
says "^  from $(time_of $((64 * H))) until $(time_of $((40 * H + 7 * D)))\$" \
	'since when, until when'
says "high fakes, claimed +3 SYNs, $(time_of $((20 * H))) to $(time_of $((40 * H))) \(2d ago\)" \
	'its contacts'
says "^  $(time_of $((40 * H))) +1 +0" 'its hours'
says '^  offences +yes +2 hours told "later" without QUIT, 2 of them .*; 2 needed' 'the offences'
says '^  low +yes +at the low fake: never; an alibi within 7d' 'each rule with its value'
says '^  grace +yes +had 2d to come back; 1d needed' 'the grace'

explain 203.0.113.2
says 'not listed: too few offences' 'one offence is not enough'
says '^  offences +no +1 hour told' 'and this rule decided'
explain 203.0.113.3
says 'nothing speaks against it' 'a dialogue with QUIT is no offence'
explain 198.51.100.2
says '^198.51.100.2: alibi$' 'Exim, at high for once'
says '^  low +no +at the low fake: 10h from the nearest offence; an alibi within 7d' \
	'was at low ten hours before'
says '^  neighbours +no +1 in 198.51.100.0/24 with a proven alibi, such as 198.51.100.1' \
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
says "^  losses +no +verified evidence was lost, the last time at $(time_of $((30 * H)))" \
	'and this is told'
explain 2001:db8:5:1:ffff::1234
says '^2001:db8:5:1::/64: held$' 'any address of a /64 is that /64'

explain --json 203.0.113.1
is "$(jq -c '[.schema, .type, .known, .source, .verdict, (.hours | length)]' "$TMP/out")" \
	'[1,"explain",true,"203.0.113.1","held",2]' 'JSON: the verdict'
is "$(jq -c '[.checks[] | select(.lists | not).check]' "$TMP/out")" '["offences","losses"]' \
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

fails 2 'which address' 'no address' explain
fails 2 'one address at a time' 'two addresses' explain 192.0.2.1 192.0.2.2
for bad in 192.0.2 192.0.2.0/24 mx.example.com 2001:db8::/64 '' fe80::1%s0; do
	fails 2 "'$bad' is not an address" "'$bad' is no address" explain "$bad"
done
done_testing
