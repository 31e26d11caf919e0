#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Stories of unit/scenarios with real mail servers, in seconds for days: a bot at the
# high fake only is listed after its grace, and not for ever; a source of a provider
# with a good sender is not; and while the real MX is down nobody is added. Why it
# matters: the pure verdict knows only what the program and the servers let it see.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq
BOT=203.0.113.66 GOOD=198.51.100.25

mail() {
	at sender bash -c "printf 'Subject: $1\n\nHello.\n' | sendmail -f joe@example.net inbox@example.com"
}

# explained FILTER: what explain says of the bot; is_verdict: what it is judged to be.
explained() {
	at mx nolist-xdp explain --json "$BOT" | jq -r "$1"
}

is_verdict() {
	[ "$(explained .verdict)" = "$1" ]
}

has_talked() {
	[ "$(explained '.talk != null')" = true ]
}

listed() {
	at mx nolist-xdp dump --quiet >"$TMP/list"
	grep -qx "$1" "$TMP/list"
}

unlisted() {
	! listed "$1"
}

# rules LINE...: the configuration, and these instead of its own.
rules() {
	local rule

	at mx cp /etc/nolist-xdp.conf.first /etc/nolist-xdp.conf
	for rule; do
		at mx sed -i "/^${rule%% *} = /d" /etc/nolist-xdp.conf
		at mx bash -c "echo '$rule' >>/etc/nolist-xdp.conf"
	done
}

# anew: tables that know nothing, but that a good sender is there.
anew() {
	at mx nolist-xdp unload >/dev/null 2>&1
	at mx nolist-xdp unload --purge >/dev/null 2>&1
	must at mx nolist-xdp load >/dev/null 2>&1
	mail "$1"
	check "$1: a good sender delivers" wait_for 20 in_mailbox "$1"
}

lab_up
at mx cp /etc/nolist-xdp.conf /etc/nolist-xdp.conf.first
for host in sender bot; do
	must at "$host" ip -6 route del default
done

# --- a bot, from its grace to the end of its listing ---

rules 'grace = 4' 'listing = 10'
anew bot
at bot spambot >/dev/null 2>&1
check 'the bot has its grace' is_verdict waiting
check 'and is not listed before that is over' unlisted "$BOT"
check 'then it is' wait_for 10 listed "$BOT"
is "$(explained '.until - .since')" 6 'for as long as was said'
check 'and no more after that' wait_for 15 unlisted "$BOT"
is "$(explained .verdict)" expired 'since its time is over'
check 'the good sender never was' unlisted "$GOOD"

# --- one provider ---

at mx bash -c "printf 'pool.example $GOOD/32\npool.example $BOT/32\n' >/etc/pool"
rules 'providers = { "/etc/pool" }'
anew pool
at bot spambot >/dev/null 2>&1
check 'an address of a provider at the high fake only' wait_for 10 has_talked
is "$(explained '[.verdict, .provider, .neighbours] | join(" ")')" "alibi pool.example 1" \
	'is excused by another one, which was at low and delivered'
rules
check 'and is listed where they are not known as one' wait_for 10 listed "$BOT"

# --- the real MX is down ---

# Health goes by the hours of the tables' clock, which counts from the boot.
in_one_hour() {
	[ $(($(cut -d. -f1 /proc/uptime) % 3600)) -lt 3480 ]
}
must wait_for 130 in_one_hour
rules
anew before
must at mx postfix stop >/dev/null 2>&1
for i in 1 2 3 4 5 6; do
	mail "down$i"
done
is_ill() {
	at mx nolist-xdp dump --json --output /tmp/list >"$TMP/json" 2>/dev/null
	[ "$(jq '.lists[0].held_back.unhealthy' "$TMP/json")" = 1 ]
}
knows_opens() {
	at mx nolist-xdp show --json | jq -e --arg a "$GOOD" \
		'.sources[] | select(.source == $a) | .real.opens >= 5'
}
check 'the real MX is down: known senders come in vain' wait_for 20 knows_opens
at bot spambot >/dev/null 2>&1
check 'the bot would be due, and is held back' wait_for 10 is_ill
check 'and is not listed' unlisted "$BOT"
is "$(explained .hold)" unhealthy 'explain says why'
must at mx postfix start >/dev/null 2>&1
must at sender postqueue -f
check 'all mail arrives' wait_for 40 in_mailbox down6
# How often they had come in vain depends on how long it took.
is_well() {
	mail up
	listed "$BOT"
}
for i in 1 2 3 4 5 6 7 8 9; do
	mail "up$i"
done
check 'the real MX is well again: the bot is listed' wait_for 40 is_well
check 'the good sender is not' unlisted "$GOOD"
done_testing
