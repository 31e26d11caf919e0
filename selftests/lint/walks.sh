#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# Real mail servers walk through the zones of walks.txt as lint says that they do: in the same
# order, as far, and with the same end. Why it matters: what lint says of senders is read from
# sources, and senders change.
#
# WALKS="postfix haraka" chooses some of the senders of trust/; haraka is one of npm, which
# selftests/lib/trust/fetch.sh gets.

# shellcheck disable=SC2206 # words
senders=(${WALKS:-postfix exim sendmail opensmtpd courier dma})
packages=nsd
for s in "${senders[@]}"; do
	packages+=" $(sed -n 's/^packages="\(.*\)"$/\1/p' \
		"$(dirname "$0")/../lib/trust/senders/$s.sh")"
done
# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh $packages"
export NOLIST_HOUR=3600
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/trust.sh
. "$(dirname "$0")/../lib/trust.sh"

need tcpdump
TOOL=$BUILD/nolist-xdp

sources=() mail=()
sender_up() {
	local s=$1 n=$((${#sources[@]} + 1)) words

	host "s-$s" "198.18.$n.25/24" "2001:db8:$((100 + n))::25/64"
	sources+=("$s=198.18.$n.25,2001:db8:$((100 + n))::25")
	words=$(sed -n 's/^packages="\(.*\)"$/\1/p' "selftests/lib/trust/senders/$s.sh")
	# shellcheck disable=SC2086 # words
	root_of "s-$s" $words -- selftests/lib/trust/at.sh serve "$s"
}

is_up() {
	[ -e "$DIR/s-$1/pid" ]
}

# Does its server take mail?
is_ready() {
	local log=$DIR/s-$1/log

	case $1 in
	postfix) grep -q 'daemon started' "$log/mail.log" ;;
	sendmail) grep -q starting "$log/mail.log" ;;
	exim) grep -q 'daemon started' "$log/exim4/mainlog" ;;
	opensmtpd) grep -q OpenSMTPD "$log/mail.log" ;;
	dma) in_root_of s-dma test -g /usr/sbin/dma ;;
	*) sleep 5 ;;
	esac
}

capture_is_quiet() {
	local before

	before=$(stat -c %s "$TMP/syns")
	[ "$before" -gt 0 ] && sleep 6 && [ "$(stat -c %s "$TMP/syns")" = "$before" ]
}

router_up
"$PYTHON" selftests/lint/walks.py build "$DIR" || bail_out "no zones"
host mx 192.0.2.2/24 2001:db8:25::2/64
ip -n mx -b "$DIR/addresses" || bail_out "no addresses"
must ip -n net route add 192.0.64.0/18 via 192.0.2.2
must ip -n net route add 2001:db8:64::/48 via 2001:db8:25::2
pass_to mx
names_up "$DIR/zone"
at mx "$PYTHON" selftests/lint/walks.py serve "$DIR" &
must wait_for 10 test -e "$DIR/serving"
must at mx "$TOOL" load -c "$DIR/conf" --pin-dir /sys/fs/bpf/mx --state-dir "$TMP/state" >"$TMP/load" 2>&1
for s in "${senders[@]}"; do
	sender_up "$s"
done
for s in "${senders[@]}"; do
	must wait_for 30 is_up "$s"
	wait_for 60 is_ready "$s" || diag "$s is not ready"
done
at net tcpdump -l -n -i mx 'dst port 25 and ((tcp[13] & 18 == 2) or (ip6 and ip6[53] & 18 == 2))' \
	>"$TMP/syns" 2>"$TMP/tcpdump.log" &
must wait_for 10 grep -q 'listening on' "$TMP/tcpdump.log"
# Some take their time to start: a sender that has done nothing is asked again.
has_walked() {
	grep -qE "($(printf '%s\n' "${sources[@]}" | sed -n "s/^$1=//p" | sed 's/\./\\./g; s/,/|/'))\.[0-9]+ > " \
		"$TMP/syns"
}
give_mail() {
	local try

	for try in 1 2 3 4; do
		# shellcheck disable=SC2046 # words
		in_root_of "s-$1" selftests/lib/trust/at.sh send "$1" \
			$(sed -n 's/^\([a-z]*\) .*/to@\1.example/p' selftests/lint/walks.txt) >"$TMP/send.$1.$try" 2>&1
		! wait_for 5 has_walked "$1" || return
	done
}
for s in "${senders[@]}"; do
	give_mail "$s" &
	mail+=($!)
done
wait "${mail[@]}"
wait_for 120 capture_is_quiet || diag "they still walk"

: >"$TMP/no-anchor"
# shellcheck disable=SC2046 # words
at "s-${senders[0]}" "$TOOL" lint --json -c "$DIR/conf" --resolver "$NS4" \
	--trust-anchor "$TMP/no-anchor" $(sed -n 's/^\([a-z]*\) .*/\1.example/p' selftests/lint/walks.txt) \
	>"$TMP/json" 2>"$TMP/lint.log" || [ $? = 1 ] || bail_out "$(cat "$TMP/lint.log")"
"$PYTHON" selftests/lint/walks.py judge "$DIR" "$TMP/syns" "$TMP/json" "${sources[@]}"
