#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# The order gate before real mail servers. Those that walk past the low fake are not held up. Those
# that come straight to the real MX, over IPv4 and IPv6, have their first SYN dropped: their own
# retransmission gets through, in the same attempt, after the seconds that the gate was given; the
# mail arrives, nothing bounces and nothing is deferred, and their next mail does not wait. Why it
# matters: a gate that makes a sender give up, or go on to the next MX, costs somebody's mail.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch all"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq tcpdump
seconds=3
servers="postfix exim sendmail opensmtpd dma"
declare -A at4=([postfix]=198.51.100.25 [exim]=198.18.1.25 [sendmail]=198.18.2.25
	[opensmtpd]=198.18.3.25 [dma]=198.18.4.25 [smtplib]=198.18.5.25)
declare -A at6=([postfix]=2001:db8:100::25 [exim]=2001:db8:101::25 [sendmail]=2001:db8:102::25
	[opensmtpd]=2001:db8:103::25 [dma]=2001:db8:104::25 [smtplib]=2001:db8:105::25)
bad='status=(bounced|expired|deferred)| (\*\*|==) |stat=(Deferred|Service|User|Data|Host)|(Temp|Perm)Fail|Bounce|deferred'

host_of() {
	case $1 in
	postfix) echo sender ;;
	dma | smtplib) echo client ;;
	*) echo "$1" ;;
	esac
}

# submit MTA DOMAIN SUBJECT
submit() {
	if [ "$1" = dma ]; then
		at client bash -c "printf 'Subject: $3\n\nHello.\n' | dma -f joe@client.example.org inbox@$2"
	else
		at "$(host_of "$1")" scripts/mta.sh submit "$1" "inbox@$2" "$3"
	fi
}

logs() {
	if [ "$1" = dma ]; then
		at client cat /var/log/mail.log 2>/dev/null
	else
		at "$(host_of "$1")" scripts/mta.sh log "$1" 2>/dev/null
	fi
}

# Mail by a program that is given the address, from a source of its own: smtplib ADDRESS SOURCE
smtplib() {
	at client /usr/bin/python3 - "$1" "$2" <<-'END'
		import smtplib, sys
		with smtplib.SMTP(sys.argv[1], 25, "client.example.org", timeout=30,
		                  source_address=(sys.argv[2], 0)) as smtp:
		    smtp.sendmail("ann@client.example.org", ["inbox@example.com"],
		                  "Subject: smtplib %s\n\nHello.\n" % (6 if ":" in sys.argv[1] else 4))
	END
}

furnish() {
	must at mx ip address add 2001:db8:25::10/64 dev eth0 nodad
	# A low fake in both families, for which the gate may close in both.
	printf 'low = { "2001:db8:25::10" }\ngate = %s\n' $seconds |
		at mx bash -c 'cat >>/etc/nolist-xdp.conf'
	at dns bash -c 'sed -i "s/^fake0.*A.*192.0.2.10.*/&\n\tAAAA\t2001:db8:25::10/" /etc/nsd/example.com.zone'
	lab_straight
}

tcpdump_is_up() {
	grep -q 'listening on' "$TMP/capture.log"
}

# The SYNs to the real MX, seen by the router.
capture_start() {
	at net tcpdump -Z root --immediate-mode -U -l -tt -n -i mx \
		'(dst host 192.0.2.20 and tcp dst port 25 and tcp[13] & 0x12 == 2) or
		 (dst host 2001:db8:25::20 and tcp dst port 25 and ip6[53] & 0x12 == 2)' \
		</dev/null 2>"$TMP/capture.log" >"$TMP/capture" &
	must wait_for 10 tcpdump_is_up
}

# delays SOURCE: how many connections it tried, how many SYNs, and the seconds between the
# first and the last of them.
delays() {
	awk -v src="$1" '{
		port = $3; sub(/.*\./, "", port); a = $3; sub(/\.[0-9]*$/, "", a)
		if (a != src)
			next
		if (!n++)
			first = $1
		ports[port] = 1
		last = $1
	}
	END { for (p in ports) k++; printf "%d %d %.1f\n", k, n, last - first }' "$TMP/capture"
}

arrived() {
	local p f

	for p in $servers smtplib; do
		for f in 4 6; do
			in_mailbox "$p $f" || return 1
		done
	done
}

has_waited() {
	echo "$1: $(delays "$1") (connections, SYNs, seconds)"
	delays "$1" | awk -v s=$seconds '{ exit !($1 == 1 && $2 > 1 && $3 >= s - 0.2 && $3 < 8) }'
}

nothing_bad() {
	logs "$1" | grep -E "$bad"
	! logs "$1" | grep -Eq "$bad"
}

gate() {
	at mx nolist-xdp status --json | jq ".tables[0].gate$1"
}

again() {
	local n

	n=$(gate .dropped)
	for p in $servers; do
		submit "$p" straight4.example "again $p"
	done
	for p in $servers; do
		wait_for 30 in_mailbox "again $p" || return 1
	done
	echo "dropped: $n, and now $(gate .dropped)"
	[ "$(gate .dropped)" = "$n" ]
}

lab_up all
furnish
must at mx nolist-xdp load
is "$(gate '| [.seconds, .by, .ip4, .ip6]' | jq -c .)" "[$seconds,\"network\",true,true]" \
	'status shows the gate'

# In their order: the low fake is refused first, so nobody waits.
for p in postfix exim; do
	submit $p example.com "walk $p"
	check "$p: mail by a walk arrives" wait_for 30 in_mailbox "walk $p"
done
is "$(gate .dropped)" 0 'who was at the low fake does not wait'
check 'and is counted so' test "$(gate .passed.low)" -ge 2

# Everybody is a stranger again.
must at mx nolist-xdp unload --purge
must at mx nolist-xdp load
must at exim bash -c 'rm -f /var/spool/exim4/db/*'
capture_start
for f in 4 6; do
	for p in $servers; do
		submit $p straight$f.example "$p $f" &
	done
done
smtplib 192.0.2.20 198.18.5.25 &
smtplib 2001:db8:25::20 2001:db8:105::25 &
check 'all mail arrives' wait_for 60 arrived
for p in $servers smtplib; do
	check "$p: waits over IPv4, in one connection" has_waited "${at4[$p]}"
	check "$p: waits over IPv6, in one connection" has_waited "${at6[$p]}"
	echo "# $p: seconds $(delays "${at4[$p]}" | cut -d ' ' -f 3) over IPv4," \
		"$(delays "${at6[$p]}" | cut -d ' ' -f 3) over IPv6"
done
for p in $servers; do
	check "$p: nothing was deferred or bounced" nothing_bad $p
done
# Each connection of a stranger would wait now, and these are none.
at mx bash -c 'echo "gate-by = connection" >>/etc/nolist-xdp.conf'
must at mx nolist-xdp load
check 'their next mail does not wait' again
# OpenSMTPD's connection may still be up.
check 'since they have delivered' test "$(gate .passed.verified)" -ge 4
n=$(gate .dropped)
must smtplib 192.0.2.20 198.18.5.26
is "$(gate .dropped)" "$n" 'nor does that of their neighbours'
done_testing
