#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that check() calls
#
# Exim remembers that the low fake refused it, and asks it no more; when the real MX
# then greylists, it goes to the high one, and so does postfix: from the fakes alone
# both look like a bot that tries only the highest. Neither is listed, and the bot
# beside them is. Why it matters: this is how a
# list of such fakes would list the largest mail servers.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq swaks

mail_by() {
	local sender="sendmail -f joe@example.net"

	[ "$1" = sender ] || sender='exim4 -f ann@example.org'
	at "$1" bash -c "printf 'Subject: $2\n\nHello.\n' | $sender inbox@example.com"
}

# explained ADDRESS FILTER: what explain says of it.
explained() {
	at mx nolist-xdp explain --json "$1" | jq -c "$2"
}

# was_told ADDRESS: it has talked to the high fake.
was_told() {
	[ "$(explained "$1" '.talk != null')" = true ]
}

listed() {
	at mx nolist-xdp dump --quiet | grep -q "^$1"
}

# There is a list, and it has no such line.
unlisted() {
	at mx nolist-xdp dump --quiet >"$TMP/list" && ! grep -q "^$1" "$TMP/list"
}

lab_up
# IPv4 alone, so that each sender is one source.
must at mx nolist-xdp load
for host in sender exim bot; do
	must at "$host" ip -6 route del default
done

# It asks a host again that refused it after minutes, as by default, not after seconds.
must at exim sed -i 's/F,1h,3s/F,1h,10m/' /etc/exim4/exim4.conf
mail_by exim first
mail_by sender first-too
check 'exim delivers' wait_for 20 in_mailbox first
check 'so does postfix' wait_for 20 in_mailbox first-too
low=$(explained 198.18.1.25 .low.opens)
check 'exim was at the low fake' [ "$low" -ge 1 ]

# Greylisting, as senders see it.
must at mx postconf -e 'smtpd_recipient_restrictions = check_recipient_access static:{450 4.2.0 Greylisted}'
must at mx postfix reload
greylists() {
	at mx swaks --server 192.0.2.20 --helo a.example --from a@a.example --to inbox@example.com \
		--quit-after RCPT | grep -q Greylisted
}
check 'the real MX greylists' wait_for 20 greylists
mail_by exim second
mail_by sender second-too
check 'exim goes to the high fake' wait_for 20 was_told 198.18.1.25
is "$(explained 198.18.1.25 .low.opens)" "$low" 'without a word to the low one: it remembers'
check 'postfix goes there, too' wait_for 20 was_told 198.51.100.25
at bot spambot >/dev/null 2>&1
check 'the bot is listed' wait_for 30 listed '203\.0\.113\.66$'
check 'exim is not' unlisted '198\.18\.1\.25'
check 'nor is postfix' unlisted '198\.51\.100\.25'
is "$(explained 198.18.1.25 '.verdict == "offender" or .verdict == "waiting"')" false 'nor is it about to be'
is "$(explained 198.51.100.25 '.verdict == "offender" or .verdict == "waiting"')" false 'nor postfix'
is "$(explained 198.18.1.25 '[.data != null, .real.opens >= 2]' )" '[true,true]' \
	'what it did at the real MX is known'

must at mx postconf -X smtpd_recipient_restrictions
must at mx postfix reload
# Exim waits for its retry time else.
delivered() {
	at exim exim4 -qff
	in_mailbox second
}
check 'exim delivers, now that it may' wait_for 60 delivered
must at sender postqueue -f
check 'so does postfix' wait_for 60 in_mailbox second-too
check 'neither is listed' unlisted 198
done_testing
