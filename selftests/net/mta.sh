#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that check() calls
#
# Real mail servers walk past the low fake: postfix and exim, as they come, get an
# RST from it and call the real MX within 100 ms, in native and in
# generic mode; what people probe with (nmap, nc, swaks) sees a closed port. No
# good sender is listed, and each frame was counted once. Why it matters: a sender
# that stumbles at the low fake delays or bounces its mail, and nobody would load
# this. The lab leaves nothing behind: it runs on people's own machines.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=../scripts/wire.sh
. scripts/wire.sh

need nc nmap swaks
# shellcheck disable=SC2034 # used by name
postfix='(198\.51\.100\.25|2001:db8:100:)'
# shellcheck disable=SC2034
exim='(198\.18\.1\.25|2001:db8:101:)'
by_postfix='sendmail -f joe@example.net inbox@example.com'
by_exim='exim4 -f ann@example.org inbox@example.com'

answered_by_us() {
	at mx nolist-xdp status | grep -E '^low_rst_ack +[1-9]'
}

is_quick() {
	echo "milliseconds: $1"
	awk -v ms="$1" -v p="${NOLIST_PATIENCE:-1}" 'BEGIN { exit !(ms != "" && ms < 100 * p) }'
}

# Frames sent to the mail host, less those that the program counted, at a moment
# when none is under way.
uncounted() {
	local sent counted again

	while :; do
		sent=$(at net cat /sys/class/net/mx/statistics/tx_packets)
		counted=$(at mx nolist-xdp status --json |
			python3 -c 'import json, sys; print(sum(json.load(sys.stdin)["verdicts"].values()))')
		again=$(at net cat /sys/class/net/mx/statistics/tx_packets)
		[ "$sent" != "$again" ] || break
	done
	echo $((sent - counted))
}

# Mail from each sender, with the program in mode $1.
delivers() {
	local mode=$1 mta before

	check "$mode: loads" at mx nolist-xdp load --mode "$mode"
	# Exim remembers the servers that refused it, and would not ask the low fake again.
	at exim bash -c 'rm -f /var/spool/exim4/db/*'
	before=$(uncounted)
	must wire_start
	at sender bash -c "printf 'Subject: postfix $mode\n\nHello.\n' | $by_postfix"
	at exim bash -c "printf 'Subject: exim $mode\n\nHello.\n' | $by_exim"
	for mta in postfix exim; do
		check "$mode: mail from $mta arrives" wait_for 20 in_mailbox "$mta $mode"
		check "$mode: the low fake refuses $mta first" wire_refused_first "${!mta}"
		check "$mode: $mta calls the real MX within 100 ms of it" is_quick "$(wire_walk "${!mta}")"
		echo "# $mode: $mta has delivered $(wire_delay "${!mta}") ms after it"
	done
	check "$mode: the program answered, not the kernel" answered_by_us
	wire_stop
	is "$(uncounted)" "$before" "$mode: each frame was counted once"
	check "$mode: unloads" at mx nolist-xdp unload
}

# What a program says of the low fake: looks_closed NAME PATTERN COMMAND...
looks_closed() {
	local name=$1 pattern=$2 out

	shift 2
	out=$(at bot timeout 10 "$@" 2>&1)
	check "$name sees a closed port" grep -E "$pattern" <<<"$out"
}

none_is_left() {
	local pid

	for pid in $pids; do
		[ ! -e "/proc/$pid" ] || return 1
	done
}

lab_up

# What a server starts for its first mail must not count as delay.
at sender bash -c "printf 'Subject: warm\n\n' | $by_postfix"
must wait_for 20 in_mailbox warm

delivers native
delivers generic

must at mx nolist-xdp load
looks_closed nmap '^25/tcp +closed' nmap -Pn -n -p 25 192.0.2.10
looks_closed nc 'refused' nc -v -n -w 5 192.0.2.10 25
looks_closed swaks 'refused' swaks --server 192.0.2.10 --to inbox@example.com --quit-after CONNECT

check "a list can be written" at mx nolist-xdp dump --unverified --output /tmp/list
check "no good sender is in it" at mx bash -c '! grep -E "^(198|2001:db8:10[01]:)" /tmp/list'

pids=$(cut -d " " -f 1 "$NOLIST_LAB"/*/pid)
"$lab" down
check "no host is left" none_is_left
check "no mount is left" bash -c "! grep build/root /proc/self/mounts"

done_testing
