#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# A real sendmail and a real Postfix ask the policy service as a milter, and a real OpenSMTPD by its filter: a stranger
# is told in the service's words to come back, a sender that has walked passes with the header, and with the service
# killed or stopped in the middle of deliveries no mail is deferred for it. Why it matters: a milter's mail server
# answers 451 for a dead one, if it is told so, and smtpd ends with a filter that ends.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch all"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=selftests/lib/policyd.sh
. "$(dirname "$0")/../lib/policyd.sh"

need jq swaks

# stranger SERVER FROM [OPTION]...: mail from an address of its own; prints the answer to the recipient.
stranger() {
	at bot swaks --server "$1" --helo a.example --from a@a.example --to inbox@example.com \
		--local-interface "$2" "${@:3}" 2>&1 | sed -n 's/^<\(-\|\*\*\) *\([2345].*\)/\2/p' | tail -n 2 | head -n 1
}
mode() {
	at mx cp /etc/nolist-xdp.conf /tmp/conf
	printf '%s\n' 'list = { "policy /var/lib/nolist-xdp/lists/policy" }' 'greylist-wait = 3' 'neighbours-ip4 = 32' \
		"policy = $1" | at mx tee -a /tmp/conf >/dev/null
	must at mx nolist-xdp load -c /tmp/conf
	must at mx nolist-xdp dump --all --quiet -c /tmp/conf
}
start() {
	at mx nolist-xdp policyd --listen 127.0.0.1:9827 --listen 192.0.2.20:9827 --milter 127.0.0.1:9828 \
		--milter 192.0.2.20:9828 2>>"$TMP/err.policyd" &
	must wait_for 10 answers "203.0.115.$((RANDOM % 200))" "$1"
}

lab_up all
for host in sender exim bot; do
	must at "$host" ip -6 route del default
done
for i in {1..15}; do
	must at bot ip addr add "203.0.113.$((100 + i))/24" dev eth0
done
mode defer

# As docs/policy.md has it.
must at mx postconf -e "smtpd_milters = $(sed -n 's/^ *smtpd_milters = //p' docs/policy.md)"
must at mx postfix reload
# A sendmail that takes the mail, and leaves it in its queue.
at sendmail tee /tmp/in.mc >/dev/null <<-END
	include(\`/usr/share/sendmail/cf/m4/cf.m4')dnl
	OSTYPE(\`linux')dnl
	DOMAIN(\`generic')dnl
	define(\`confTO_IDENT', \`0s')dnl
	define(\`confDELIVERY_MODE', \`queueonly')dnl
	FEATURE(\`accept_unresolvable_domains')dnl
	DAEMON_OPTIONS(\`Port=smtp, Addr=198.18.2.25')dnl
	$(sed -n 's/127\.0\.0\.1/192.0.2.20/; s/^ *\(INPUT_MAIL_FILTER(\)/\1/p' docs/policy.md)
	MAILER(\`local')dnl
	MAILER(\`smtp')dnl
	LOCAL_CONFIG
	Cwexample.com
END
must at sendmail bash -c 'm4 /tmp/in.mc >/tmp/in.cf && mkdir -p /var/spool/in && chmod 700 /var/spool/in'
at sendmail /usr/libexec/sendmail/sendmail -bd -C /tmp/in.cf -O QueueDirectory=/var/spool/in -O PidFile=/run/in.pid
# An OpenSMTPD that takes it, and sends it on to the postfix.
{
	sed -n "s/127\.0\.0\.1/192.0.2.20/; s/^ *\(filter nolist.*\)/\1/p; s/^ *\(listen on eth0 filter\)/\1/p" \
		docs/policy.md
	printf '%s\n' 'listen on socket' 'action "in" relay host smtp://192.0.2.20' 'match from any for domain example.com action "in"'
} | at opensmtpd tee /etc/smtpd.conf >/dev/null
# Its filters are another user's, who need not reach this tree.
must at opensmtpd bash -c "mkdir -p /usr/local/sbin && cp $BUILD/nolist-xdp $BUILD/nolist-xdp-policyd /usr/local/sbin/ && chmod 755 /usr/local/sbin /usr/local/sbin/*"
must at opensmtpd pkill -f 'smtpd -d'
must wait_for 10 eval '! at opensmtpd pgrep smtpd'
at opensmtpd bash -c 'smtpd -d >>/var/log/mail.log 2>&1' &
taken() {
	[[ "$(stranger "$1" 203.0.113.109 --quit-after EHLO)" == 250* ]]
}
check 'sendmail takes mail' wait_for 20 taken 198.18.2.25
check 'so does OpenSMTPD, before the service is there' wait_for 20 taken 198.18.3.25
start DEFER_IF_PERMIT

# --- a stranger, and one that comes back ---

said='first contact: please try again in 3 seconds, or begin with the first MX'
is "$(stranger 192.0.2.20 203.0.113.101)" "450 4.7.1 $said" 'postfix: a stranger has to wait'
is "$(stranger 198.18.2.25 203.0.113.102)" "450 4.7.1 <inbox@example.com>... $said" 'sendmail: a stranger has to wait'
is "$(stranger 198.18.3.25 203.0.113.110)" "450 4.7.1 $said" 'OpenSMTPD: a stranger has to wait'
is "$(stranger 198.18.2.25 203.0.113.103 --to postmaster@example.com | cut -c-3)" 250 'not to write to postmaster'
sleep 3.1
is "$(stranger 192.0.2.20 203.0.113.101 --header 'Subject: again' | cut -c-3)" 250 'postfix: and then it may'
is "$(stranger 198.18.2.25 203.0.113.102 --header 'Subject: again' | cut -c-3)" 250 'sendmail: and then it may'

is "$(stranger 198.18.3.25 203.0.113.110 --header 'Subject: again' | cut -c-3)" 250 'OpenSMTPD: and then it may'
is "$(stranger 198.18.3.25 203.0.113.111 --to postmaster@example.com | cut -c-3)" 250 'and anybody to postmaster'

# header_of POSTFIX|SENDMAIL SUBJECT
header_of() {
	case $1 in
	postfix) at mx bash -c "cat \$(grep -rlx 'Subject: $2' /var/mail/example.com/new | head -n 1)" ;;
	sendmail) at sendmail bash -c "cat \$(grep -rl '^H.*Subject: $2\$' /var/spool/in | head -n 1)" | sed 's/^H?[^?]*?//' ;;
	esac 2>/dev/null | sed -n 's/^X-Nolist: //p'
}
marked() {
	[ -n "$(header_of "$@")" ]
}
check 'postfix: its mail has the header' wait_for 20 marked postfix again
is "$(header_of postfix again)" 'mx.example.com; returned; score=2.0 nameless' 'which says why'
check 'sendmail: its mail has the header' wait_for 20 marked sendmail again
is "$(header_of sendmail again)" 'mx.example.com; returned; score=2.0 nameless' 'which says the same'
check 'no process of it knows what was in the mail' eval \
	'! at mx bash -c "cat /var/lib/nolist-xdp/policyd/* | grep -qaE \"a@a.example|inbox|This is a test\""'

# --- a sender that walks ---

at exim bash -c "printf 'Subject: walker\n\nHello.\n' | sendmail -f joe@example.org inbox@example.com"
check 'postfix: one that was never seen before and walks is delivered' wait_for 20 marked postfix walker
is "$(header_of postfix walker | cut -d' ' -f-2)" 'mx.example.com; walked;' 'because it has just walked'
check 'it was not deferred' eval '! at mx grep "milter-reject:.*198\.18\.1\.25" /var/log/mail.log'
walks() {
	at sender bash -c 'exec 3<>/dev/tcp/192.0.2.10/25' 2>/dev/null
	at sender swaks --server 198.18.2.25 --from joe@example.net --to inbox@example.com --header 'Subject: walked' \
		>"$TMP/walks" 2>&1
}
check 'sendmail: so is one that was at the low fake' walks
is "$(wait_for 20 marked sendmail walked; header_of sendmail walked | cut -d' ' -f-2)" 'mx.example.com; walked;' 'for the same reason'

# --- killed, and stopped ---

# many SERVER FROM NAME: deliveries one after the other; how many were accepted.
many() {
	local i n=0

	for i in {1..8}; do
		[[ "$(stranger "$1" "$2")" == 250* ]] && n=$((n + 1))
		echo "$i" >"$TMP/many.$3"
	done
	echo "$n" >"$TMP/accepted.$3"
}
some() {
	local who

	for who in postfix sendmail opensmtpd; do
		[ "$(cat "$TMP/many.$who" 2>/dev/null || echo 0)" -ge 3 ] || return 1
	done
}
# under SIGNAL: sends it in the middle of deliveries of those that pass.
under() {
	rm -f "$TMP"/many.* "$TMP"/accepted.*
	many 192.0.2.20 203.0.113.101 postfix &
	one=$!
	many 198.18.2.25 203.0.113.102 sendmail &
	two=$!
	many 198.18.3.25 203.0.113.110 opensmtpd &
	three=$!
	must wait_for 60 some
	# shellcheck disable=SC2046 # words
	at mx kill "-$1" $(pids)
	wait "$one" "$two" "$three"
	cat "$TMP"/accepted.{postfix,sendmail,opensmtpd} | tr '\n' ' '
}
is "$(under KILL)" '8 8 8 ' 'killed in the middle of deliveries: no mail is deferred'
is "$(stranger 192.0.2.20 203.0.113.104 | cut -c-3) $(stranger 198.18.2.25 203.0.113.105 | cut -c-3) $(stranger 198.18.3.25 203.0.113.112 | cut -c-3)" '250 250 250' \
	'nor a stranger meanwhile'
start DEFER_IF_PERMIT
is "$(stranger 198.18.2.25 203.0.113.106 | cut -c-3)" 450 'it is back'
is "$(under STOP)" '8 8 8 ' 'nor when it hangs'
# shellcheck disable=SC2046
at mx kill -CONT $(pids)
is "$(stranger 192.0.2.20 203.0.113.107 | cut -c-3) $(stranger 198.18.2.25 203.0.113.108 | cut -c-3)" '450 450' \
	'and it goes on where it was'
defers() {
	[ "$(stranger 198.18.3.25 203.0.113.113 | cut -c-3)" = 450 ]
}
check 'OpenSMTPD asks again, ten seconds later' wait_for 20 defers

# --- warn ---

# shellcheck disable=SC2046
at mx kill $(pids)
mode warn
start WARN
is "$(stranger 198.18.2.25 203.0.113.109 | cut -c-3)" 250 'policy = warn: a stranger passes'
check 'and the service logs whom it would defer' wait_for 5 grep -q '203\.0\.113\.109: nolist-xdp would defer it: new: first contact' \
	"$TMP/err.policyd"
is "$(stranger 198.18.3.25 203.0.113.115 | cut -c-3)" 250 'OpenSMTPD: so does one there'
check 'and smtpd logs whom it would defer' wait_for 5 at opensmtpd grep -q 'nolist.*203\.0\.113\.115: nolist-xdp would defer it: new' \
	/var/log/mail.log
# shellcheck disable=SC2046
at mx kill $(pids)
done_testing
