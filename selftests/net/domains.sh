#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Somebody points the MX of a domain of their own at our high fake, and makes honest mail servers
# write to it. Real servers as Debian ships them, and a library's client that forgets QUIT: with
# 'domains' each is told 450 at RCPT, keeps the mail, and has no offence, however often it comes;
# without it dma, which never says QUIT, is an offender. Our own mail is tempfailed as ever.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch all"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need python3 jq
servers="postfix exim sendmail opensmtpd"
declare -A source=([postfix]='198.51.100.25 2001:db8:100::' [exim]='198.18.1.25 2001:db8:101::'
	[sendmail]='198.18.2.25 2001:db8:102::' [opensmtpd]='198.18.3.25 2001:db8:103::'
	[dma]='198.18.4.25 2001:db8:104::' [smtplib]='198.18.4.26')
# What each logs of a recipient that is refused for now, and when it gives up.
declare -A later never
later[postfix]='status=deferred .*450 4\.1\.2 No mail for that domain'
never[postfix]='status=(bounced|expired)'
later[exim]='== .* defer .*450 4\.1\.2 No mail for that domain'
never[exim]=' \*\* '
later[sendmail]='stat=Deferred: 450 4\.1\.2 No mail for that domain'
never[sendmail]='stat=(Service|User|Data|Remote)|DSN:|dsn=5'
later[opensmtpd]='result="TempFail" stat="450 4\.1\.2 No mail for that domain'
never[opensmtpd]='PermFail'

host_of() {
	case $1 in
	postfix) echo sender ;;
	dma | smtplib) echo client ;;
	*) echo "$1" ;;
	esac
}

log() {
	at "$(host_of "$1")" scripts/mta.sh log "$1" 2>/dev/null
}

# load LINE...: the lab's configuration with these lines.
load() {
	{
		cat scripts/lab/mx/etc/nolist-xdp.conf
		printf '%s\n' "$@"
	} | at mx bash -c 'cat >/etc/nolist-xdp.conf'
	must at mx nolist-xdp load >/dev/null
}

# known PROGRAM FIELD: of all its sources together: an event's count, or "offences".
known() {
	local a

	for a in ${source[$1]}; do
		at mx nolist-xdp explain --json "$a" 2>/dev/null
	done | jq -s --arg field "$2" 'map(if $field == "offences"
		then (.checks[] | select(.check == "offences") | .have)
		else ([.hours[][$field]] | add) end // 0) | add // 0'
}

# by_dma: one message to x@evil.example, and its queue run twice more. It tries, then sleeps.
by_dma() {
	at client bash -c 'mkdir -p /var/spool/dma
		chown root:mail /var/spool/dma && chmod 2775 /var/spool/dma
		rm -f /var/spool/dma/[MQ]*
		printf "Subject: dma\n\nHello.\n" | timeout 6 dma -D -f ann@client.example.org x@evil.example
		for i in 1 2; do timeout 6 dma -D -q; done' >/dev/null 2>&1
	at client dma -bp 2>/dev/null
}

# A client of smtplib as in its manual: what fails is not followed by quit().
by_smtplib() {
	at client python3 - <<-'E'
		import smtplib, time
		for i in range(3):
		    c = smtplib.SMTP("fake1.example.com", 25, timeout=20, source_address=("198.18.4.26", 0))
		    try:
		        c.sendmail("a@client.example.org", ["x@evil.example"], "Subject: x\n\nx")
		    except smtplib.SMTPException as e:
		        print(e)
		    c.sock.close()
	E
}

lab_up all
printf 'evil.example.\tMX\t10 fake1.example.com.\n' |
	at dns bash -c 'cat >>/etc/nsd/world.zone; kill -HUP $(cat /run/nsd/nsd.pid)'
must at client ip address add 198.18.4.26/24 dev eth0
resolves() {
	at client python3 -c '
import socket, sys
q = b"\0\1\1\0\0\1\0\0\0\0\0\0\4evil\7example\0\0\x0f\0\1"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
s.sendto(q, ("198.18.53.53", 53)); sys.exit(s.recv(512)[7] == 0)'
}
must wait_for 10 resolves

# --- without the key: this is the attack ------------------------------------------------

load
by_dma >"$TMP/dma"
by_smtplib >"$TMP/smtplib"
is "$(known dma strong)$(known dma offences)" "$(known dma strong)1" 'without domains dma has an offence'
check 'so has the client without quit()' [ "$(known smtplib offences)" = 1 ]

# --- with it ----------------------------------------------------------------------------

must at mx nolist-xdp forget --all >/dev/null
load 'domains = { example.com }'
by_dma >"$TMP/dma"
by_smtplib >"$TMP/smtplib"
for p in dma smtplib; do
	check "$p: told 450 at RCPT" [ "$(known $p elsewhere)" -ge 3 ]
	is "$(known $p strong) $(known $p tempfailed_weak) $(known $p offences)" '0 0 0' "$p: is no offender"
done
check 'dma: keeps the mail' grep -q evil.example "$TMP/dma"
check 'the client reads our words' grep -q '450, .*No mail for that domain' "$TMP/smtplib"
for p in $servers; do
	at "$(host_of "$p")" scripts/mta.sh submit "$p" x@evil.example "$p"
done
deferred() {
	log "$1" | grep -F evil.example | grep -Eq "${later[$1]}"
}
for p in $servers; do
	check "$p: its log says that it was refused for now" wait_for 40 deferred "$p"
	check "$p: its queue has the mail" bash -c "NOLIST_LAB=$NOLIST_LAB $lab run $(host_of "$p") scripts/mta.sh queue $p | grep -q evil.example"
	check "$p: was told 450 by the high fake" [ "$(known "$p" elsewhere)" -ge 1 ]
	is "$(known "$p" strong) $(known "$p" offences)" '0 0' "$p: that is no offence"
	log "$p" | grep -F evil.example | tail -n 2 | sed 's/^/# /'
done
sleep 3 # grace
verdicts() {
	local p a

	for p in "${!source[@]}"; do
		for a in ${source[$p]}; do
			at mx nolist-xdp explain --json "$a" | jq -r .verdict
		done
	done | sort -u | xargs
}
is "$(verdicts)" none 'nobody is an offender'

# --- our own mail -----------------------------------------------------------------------

must at mx postfix stop >/dev/null 2>&1
at sender scripts/mta.sh submit postfix inbox@example.com ours
told() {
	log postfix | grep -F inbox@example.com | grep -q 'status=deferred .*451 4\.7\.1'
}
check 'mail for us is tempfailed at DATA' wait_for 30 told
must at mx postfix start >/dev/null 2>&1
at sender scripts/mta.sh retry postfix
check 'and delivered when the real MX is up' wait_for 30 in_mailbox ours
for p in $servers; do
	check "$p: its log never says that it gave up" bash -c "! grep -E '${never[$p]}'" < <(log "$p")
done
done_testing
