#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# A real Postfix asks the policy service: policy = warn delays nobody and says whom it would; header marks;
# defer answers a stranger 450 once, and a sender that has walked never. The service is killed, and stopped,
# in the middle of deliveries: no mail is deferred for it. Why it matters: a mail server that waits for a
# dead service takes no mail at all, and that is Postfix's own default.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=selftests/lib/policyd.sh
. "$(dirname "$0")/../lib/policyd.sh"

need jq swaks

mail_by() {
	at sender bash -c "printf 'Subject: $1\n\nHello.\n' | sendmail -f joe@example.net inbox@example.com"
}
# stranger FROM [OPTION]...: mail straight to the real MX, from an address of its own; prints the last answer.
stranger() {
	at bot swaks --server 192.0.2.20 --helo a.example --from a@a.example --to inbox@example.com \
		--local-interface "$1" --header "Subject: ${2:-hello}" "${@:3}" 2>&1 |
		sed -n 's/^<\(-\|\*\*\) *\([2345].*\)/\2/p' | tail -n 2 | head -n 1
}
# mode WORD [LINE]...: writes a snapshot with policy = WORD, and waits until the service has it.
mode() {
	at mx cp /etc/nolist-xdp.conf /tmp/conf
	{
		echo 'list = { "policy /var/lib/nolist-xdp/lists/policy" }'
		printf '%s\n' "policy = $1" "${@:2}"
	} | at mx tee -a /tmp/conf >/dev/null
	must at mx nolist-xdp load -c /tmp/conf
	must at mx nolist-xdp dump --all --quiet -c /tmp/conf
}
start() {
	at mx nolist-xdp policyd --listen 127.0.0.1:9827 --listen 192.0.2.20:9827 2>>"$TMP/err.policyd" &
	must wait_for 10 answers 192.0.2.1 ''
}

lab_up
for host in sender exim bot; do
	must at "$host" ip -6 route del default
done
for i in 1 2 3 4; do
	must at bot ip addr add "203.0.113.10$i/24" dev eth0
done
mode warn
start
check 'the snapshot is in use' wait_for 10 answers 203.0.115.25 WARN
# As docs/policy.md has it.
service='{ inet:127.0.0.1:9827, timeout=2s, default_action=DUNNO }'
must at mx postconf -e "smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service $service"
must at mx postfix reload

# --- warn ---

mail_by first
check 'warn: the sender that walks delivers' wait_for 20 in_mailbox first
is "$(stranger 203.0.113.101 straight)" '250 2.0.0 Ok: queued as '"$(at mx sed -n 's/.*smtpd.*: \([0-9A-F]*\): client=.*203\.0\.113\.101.*/\1/p' /var/log/mail.log | tail -n 1)" \
	'so does a stranger'
check 'and the log says whom it would defer' wait_for 5 at mx grep -q '203.0.113.101.*nolist-xdp would defer it: new' /var/log/mail.log

# --- header ---

mode header
check 'header is in use' wait_for 10 answers 203.0.115.99 'PREPEND'
header_of() {
	at mx bash -c "cat \$(grep -rlx 'Subject: $1' /var/mail/example.com/new | head -n 1)" | sed -n 's/^X-Nolist: //p' | sed 's/; score=.*//'
}
marked() {
	[ -n "$(header_of "$1")" ]
}
mail_by second
check 'header: mail gets one' wait_for 20 marked second
check 'which says that it has walked, or was known before' eval '[[ "$(header_of second)" =~ ^[^\ ]*\;\ (walked|verified)$ ]]'
stranger 203.0.113.101 two-of-them --to inbox@example.com,other@example.com >/dev/null
check 'of two recipients it is still one' eval '[ "$(wait_for 20 marked two-of-them; header_of two-of-them | wc -l)" = 1 ]'

# --- defer ---

mode defer 'greylist-wait = 3' 'neighbours-ip4 = 32'
check 'defer is in use' wait_for 10 answers 203.0.115.99 DEFER_IF_PERMIT
is "$(stranger 203.0.113.102 strange)" '450 4.7.1 <inbox@example.com>: Recipient address rejected: first contact: please try again in 3 seconds, or begin with the first MX' \
	'defer: a stranger has to wait'
is "$(stranger 203.0.113.102 abuse --to postmaster@example.com | cut -c-9)" '250 2.0.0' 'not to write to postmaster'
sleep 3.1
is "$(stranger 203.0.113.102 again | cut -c-9)" '250 2.0.0' 'and then it may'
mail_by third
check 'the sender that walks delivers' wait_for 20 in_mailbox third
# Nothing of it, or of its network, is in the snapshot: only the live view of the low fake knows.
at exim bash -c "printf 'Subject: walker\n\nHello.\n' | sendmail -f joe@example.org inbox@example.com"
check 'and so does one that was never seen before, at once' wait_for 20 marked walker
is "$(header_of walker | sed 's/.*; //')" walked 'because it has just walked'
check 'it was not deferred' eval '! at mx grep "reject:.*198\.18\.1\.25" /var/log/mail.log'
check 'without a deferral at the real MX' eval '! at sender grep "192\.0\.2\.20.*status=deferred" /var/log/mail.log'

# --- exim asks, as docs/policy.md says ---

{
	printf 'acl_smtp_rcpt = acl_rcpt\nlog_selector = +all\nbegin acl\nacl_rcpt:\n'
	sed -n '/^```exim/,/^```/{/^```/d; s/127\.0\.0\.1:9827/192.0.2.20:9827/; p}' docs/policy.md
	printf '  accept\n'
} | at exim tee /tmp/ask.conf >/dev/null
# by_exim ADDRESS: what Exim would say to a recipient of a client there, and which header it would add.
by_exim() {
	printf '%s\r\n' 'EHLO mail.example' 'MAIL FROM:<a@a.example>' 'RCPT TO:<inbox@example.com>' QUIT |
		at exim exim4 -C /tmp/ask.conf -bh "$1" 2>&1 | tr -d '\r' >"$TMP/exim"
	sed -n 's/^\([45]5[01] .*\|250 Accepted\)$/\1/p' "$TMP/exim"
}
is "$(by_exim 203.0.113.111)" '451 first contact: please try again in 3 seconds, or begin with the first MX' \
	'exim: a stranger has to wait'
sleep 3.1
is "$(by_exim 203.0.113.111)" '250 Accepted' 'exim: and then it passes'
check 'exim: with the header' grep -q 'X-Nolist: mx.example.com; returned' "$TMP/exim"

# --- killed, and stopped ---

# many NAME: deliveries of one that is known, one after the other; how many were accepted.
many() {
	local i n=0

	for i in {1..12}; do
		[[ "$(stranger 203.0.113.102 "$1-$i")" == 250* ]] && n=$((n + 1))
		echo "$i" >"$TMP/many"
	done
	echo "$n"
}
some() {
	[ "$(cat "$TMP/many" 2>/dev/null || echo 0)" -ge 4 ]
}
many killed >"$TMP/killed" &
delivering=$!
check 'it has answered some' wait_for 60 some
before=$(pids | wc -l)
# shellcheck disable=SC2046 # words
at mx kill -KILL $(pids)
wait "$delivering"
is "$before $(pids | wc -l) $(cat "$TMP/killed")" '2 0 12' 'killed in the middle of deliveries: no mail is deferred'
is "$(stranger 203.0.113.103 nobody | cut -c-9)" '250 2.0.0' 'nor a stranger meanwhile'
is "$(by_exim 203.0.113.112)" '250 Accepted' 'nor by exim'
start
check 'it is back' wait_for 10 answers 203.0.116.99 DEFER_IF_PERMIT
rm -f "$TMP/many"
many stopped >"$TMP/stopped" &
delivering=$!
check 'it has answered some' wait_for 60 some
# shellcheck disable=SC2046
at mx kill -STOP $(pids)
wait "$delivering"
is "$(cat "$TMP/stopped")" 12 'nor when it hangs'
is "$(by_exim 203.0.113.113)" '250 Accepted' 'nor by exim'
# shellcheck disable=SC2046
at mx kill -CONT $(pids)
is "$(stranger 203.0.113.104 last | cut -c-9)" '450 4.7.1' 'and it goes on where it was'
# shellcheck disable=SC2046
at mx kill $(pids)
done_testing
