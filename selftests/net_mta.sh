#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real mail servers walk past the low fake: postfix and exim, as they come, get an
# RST from it and have delivered to the real MX within 100 ms, in native and in
# generic mode; what people probe with (nmap, nc, swaks) sees a closed port. No
# good sender is listed, and each frame was counted once. Why it matters: a sender
# that stumbles at the low fake delays or bounces its mail, and nobody would load
# this. The lab leaves nothing behind: it runs on people's own machines.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
export NOLIST_LAB=build/lab.$$
# shellcheck source=scripts/wire.sh
. scripts/wire.sh

need nc nmap swaks
lab=scripts/lab.sh
postfix='(198\.51\.100\.25|2001:db8:100:)'
exim='(198\.18\.1\.25|2001:db8:101:)'

end() {
	"$lab" down
	rm -rf "$NOLIST_LAB"
	cleanup
}
trap end EXIT

at() {
	"$lab" run "$@"
}

in_mailbox() {
	at mx grep -rqx "Subject: $1" /var/mail/example.com/new
}

is_quick() {
	echo "milliseconds: $1"
	awk -v ms="$1" 'BEGIN { exit !(ms != "" && ms < 100) }'
}

# Mail from each sender, with the program in mode $1.
delivers() {
	local mode=$1 mta

	check "$mode: loads" at mx nolist-xdp load --mode "$mode"
	must wire_start
	at sender bash -c "printf 'Subject: postfix $mode\n\nHello.\n' |
		sendmail -f joe@example.net inbox@example.com"
	at exim bash -c "printf 'Subject: exim $mode\n\nHello.\n' |
		exim4 -f ann@example.org inbox@example.com"
	for mta in postfix exim; do
		check "$mode: mail from $mta arrives" wait_for 20 in_mailbox "$mta $mode"
		check "$mode: the low fake refuses $mta first" wire_refused_first "${!mta}"
		check "$mode: $mta delivers within 100 ms of it" is_quick "$(wire_delay "${!mta}")"
	done
	wire_stop
}

# What a program says of the low fake: look NAME PATTERN COMMAND...
looks_closed() {
	local name=$1 pattern=$2 out

	shift 2
	out=$(at bot timeout 10 "$@" 2>&1)
	check "$name sees a closed port" grep -E "$pattern" <<<"$out"
}

if ! out=$("$lab" up 2>&1); then
	bail_out "the lab does not start: $out"
fi

delivers native
delivers generic

looks_closed nmap '^25/tcp +closed' nmap -Pn -n -p 25 192.0.2.10
looks_closed nc 'refused' nc -v -n -w 5 192.0.2.10 25
looks_closed swaks 'refused' swaks --server 192.0.2.10 --to inbox@example.com --quit-after CONNECT

check "no good sender is in the block list" \
	at mx bash -c '! nolist-xdp dump --unverified | grep -E "^(198|2001:db8:10[01]:)"'

done_testing
