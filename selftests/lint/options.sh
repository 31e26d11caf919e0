#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# lint's options against real servers: what --plan prints can be published as it stands, and lint
# then finds nothing; a probe tells a timeout from a refusal, takes silence everywhere for its own
# fault, and comes from the address that it is told; the exit status says what was found.
# shellcheck disable=SC2317 # functions that check() calls

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh nsd ldnsutils"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
# shellcheck source=selftests/lint/lab.sh
. "$(dirname "$0")/lab.sh"

need jq tcpdump
roles="--low 192.175.48.10 --real 192.175.48.20 --real 2620:4f:8000::20 --high 192.175.48.30
	--high 192.175.48.31"

# --- a plan becomes a zone: without a network it is made all the same ------------------------

: >"$DIR/empty.conf"
# shellcheck disable=SC2086 # words
"$TOOL" lint --plan -c "$DIR/empty.conf" $roles --trust-anchor "$DIR/empty.conf" planned.example \
	>"$TMP/plan" 2>"$TMP/err"
is "$? $(cat "$TMP/err")" '0 ' '--plan needs no answer'
export ZONES=$TMP/zones.txt
{
	grep -v '^#' selftests/lint/zones.txt
	printf '\nzone planned\n'
	# Names in the form of zones.txt: relative, and by blanks.
	grep -E '^[a-z0-9.]+\.[[:blank:]]+(MX|A|AAAA)[[:blank:]]' "$TMP/plan" |
		sed 's/^planned\.example\./@/; s/\.planned\.example\.//g; s/\t/ /g'
} >"$ZONES"
is "$(sed -n '/^zone planned/,$p' "$ZONES" | grep -c ' MX ')" 4 'the plan has a record for each MX'
lint_lab

# lints OPTION...: in "$TMP/out"; prints its status.
lints() {
	in_client "$TOOL" lint -c "$DIR/empty.conf" --trust-anchor "$DIR/anchor" "$@" >"$TMP/out" 2>"$TMP/err"
	echo $?
}

# shellcheck disable=SC2086 # words
is "$(lints $roles planned.example)" 0 'the plan, published, has no fault'
diag "$(grep -E '^(error|warning)' "$TMP/out")"
check 'and lint says of each check that it is fine' \
	test "$(grep -c '^ok ' "$TMP/out")" -ge 13
for words in 'postconf -e .inet_interfaces = 192.175.48.20, 2620:4f:8000::20, 127.0.0.1' \
	'dc_local_interfaces=.192.175.48.20 ; 2620:4f:8000::20 ; 127.0.0.1' 'nft insert rule' 'nolist-xdp unload --purge'; do
	check "the plan says: $words" grep -q "$words" "$TMP/plan"
done
# shellcheck disable=SC2086 # words
lints --plan $roles good.example >/dev/null
check 'a plan keeps the names that there are' grep -q '^fake0.good.example..A.192.175.48.10' "$TMP/out"

# --- the status ------------------------------------------------------------------------------

roles="--low 192.175.48.10 --real 192.175.48.20 --high 192.175.48.30"
# shellcheck disable=SC2086 # words
is "$(lints $roles good.example) $(lints $roles spf-mx.example) $(lints $roles equal-low.example) $(lints $roles spf-mx.example equal-low.example good.example)" \
	'0 3 1 1' 'nothing to mend: 0, a warning: 3, an error: 1, the worst of all'
is "$(lints) $(lints 'a b') $(lints --plan good.example) $(lints --source x good.example) $(lints -c /nonexistent good.example)" \
	'2 2 2 2 2' 'wrong usage: 2'
is "$(lints plain.example)" 0 'without roles'
check 'what needs them is not looked at' grep -q 'no role of an address is known' "$TMP/out"
is "$(lints --resolver 192.175.48.53 good.example)" 0 'one server can be asked for all'

# For a cron job that mails what has changed: name servers give records in another order each time.
often="servers-differ servers-same real-dual size-many low-two-records bogus-target sts-all spf-two"
for i in 1 2 3; do
	# shellcheck disable=SC2046,SC2086 # words
	lints $roles $(printf '%s.example ' $often) >/dev/null
	mv "$TMP/out" "$TMP/out.$i"
done
check 'what has not changed is said in the same words' cmp "$TMP/out.1" "$TMP/out.2"
check 'whenever it is asked' cmp "$TMP/out.1" "$TMP/out.3"

# --- the wire ----------------------------------------------------------------------------------

must ip -n client addr add 192.0.2.7/24 dev c0
capture client c0 "$TMP/pcap" 'tcp dst port 25'
# shellcheck disable=SC2086 # words
is "$(lints $roles --source 192.0.2.7 wire-good.example)" 0 '--source probes'
capture_end
is "$(tcpdump -n -r "$TMP/pcap" 2>/dev/null | sed -n 's/.* IP \(.*\)\.[0-9]* > .*/\1/p' | sort -u)" 192.0.2.7 \
	'from that address'
# shellcheck disable=SC2086 # words
is "$(lints ${roles/48.20/48.27} --probe tlsa-silence.example)" 1 'a handshake that never ends is an error'
check 'after ten seconds' grep -q '^error .*tlsa .*the TLS handshake does not end in time' "$TMP/out"
must in_server nft add rule inet f in ip daddr 192.175.48.10 tcp dport 25 drop
# shellcheck disable=SC2086 # words
is "$(lints $roles --probe wire-good.example)" 1 'a low fake that drops is an error'
check 'it is a timeout, and no refusal' \
	grep -q '^error .*wire-low .*192.175.48.10: no answer within 5 s (a firewall drops it?)' "$TMP/out"
must in_server nft add rule inet f in tcp dport 25 drop
# shellcheck disable=SC2086 # words
is "$(lints $roles --probe wire-good.example)" 0 'where nothing answers, nothing is known'
is "$(grep -c 'no address answered at all: port 25 may be blocked here' "$TMP/out")" 3 'and that is said'
# shellcheck disable=SC2086 # words
is "$(lints $roles good.example) $(grep -c 'not probed: --probe asks' "$TMP/out")" '0 3' \
	'what was not probed is not called closed'
done_testing
