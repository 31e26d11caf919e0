#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Sources that are held: real clients, with the timers of a real kernel. Python's smtplib, which has
# no timeout, is held at the real MX and at a high fake to the end of the reply, over IPv4 and IPv6;
# postfix and exim are held at the real MX, and defer their mail, which arrives once they are
# pardoned. After its first two minutes a connection costs us at most 1.5 packets a minute. Why it
# matters: a tarpit that sends more than its clients' timers ask for is a load of its own, and one
# that bounces, or does not let go, costs mail.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch all"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq tcpdump
LINES=10 # with Linux's timer the last line is due after 335 seconds
words='Held for a while'
postfix=198.51.100.25
exim=198.18.1.25
python4=198.18.5.25
python6=2001:db8:105::25
bounced='status=bounced|status=expired| \*\* |Bounce'

# talk NAME ADDRESS SOURCE: with smtplib; what it was told, and after how many seconds.
talk() {
	at client /usr/bin/python3 - "$2" "$3" >"$TMP/$1" 2>&1 <<-'END' &
		import smtplib, sys, time
		began = time.monotonic()
		smtp = smtplib.SMTP(source_address=(sys.argv[2], 0))
		print(smtp.connect(sys.argv[1], 25)[0], flush=True)
		code, words = smtp.ehlo("client.example.org")
		print(code, words.decode().split("\n")[-1], "%.0f" % (time.monotonic() - began), flush=True)
	END
}

tcpdump_is_up() {
	grep -q 'listening on' "$TMP/capture.log"
}

# What we send, seen by the router.
capture_start() {
	at net tcpdump -Z root --immediate-mode -U -l -tt -n -i mx 'tcp src port 25' \
		</dev/null 2>"$TMP/capture.log" >"$TMP/capture" &
	must wait_for 10 tcpdump_is_up
}

# rate ADDRESS: of the connections to it that lasted longer than two minutes, by their last packet: how
# many there are, and the most packets a minute of one of them after that.
rate() {
	awk -v to="$1" '{
		at = $5; sub(/:$/, "", at); a = at; sub(/\.[0-9]*$/, "", a)
		if (a != to)
			next
		key = $3 " " at
		if (!(key in first))
			first[key] = $1
		last[key] = $1
		if ($1 - first[key] > 120)
			late[key]++
	}
	END {
		for (k in late) {
			n++
			# Held until now: the last packet was an answer to a probe.
			m = 60 * late[k] / (last[k] - first[k] - 120 > 60 ? last[k] - first[k] - 120 : 60)
			if (m > most)
				most = m
		}
		printf "%d %.2f\n", n, most
	}' "$TMP/capture"
}

is_cheap() {
	echo "$1: $(rate "$1") (connections, packets of ours a minute)"
	rate "$1" | awk '{ exit !($1 >= 1 && $2 <= 1.5) }'
}

counter() {
	at mx nolist-xdp status --json | jq ".verdicts.$1"
}

is_over() {
	grep -q ^421 "$TMP/$1"
}

defers() {
	at "$1" scripts/mta.sh log "$2" | grep -E "$3"
}

arrived() {
	in_mailbox 'held postfix' && in_mailbox 'held exim'
}

retried() {
	at sender scripts/mta.sh retry postfix >/dev/null 2>&1
	at exim scripts/mta.sh retry exim >/dev/null 2>&1
	arrived
}

lab_up all
must at client ip address add $python4/32 dev eth0
must at client ip address add $python6/128 dev eth0 nodad preferred_lft 0
must at net ip route add 198.18.5.0/24 via 198.18.4.25
must at net ip route add $python6/128 via 2001:db8:104::25
must at sender ip -6 route del default
must at exim ip -6 route del default
at mx bash -c "printf 'enforce = tempfail\nenforce-list = { \"/etc/foes tempfail\" }\ntarpit = both\n\
tarpit-lines = $LINES\nenforce-text = \"$words\"\n' >>/etc/nolist-xdp.conf; : >/etc/foes"
must at mx nolist-xdp load >/dev/null 2>&1
must at mx "$BUILD/selftests/lib/held" /sys/fs/bpf/nolist-xdp $postfix $exim $python4 2001:db8:105::/64

capture_start
talk real4 192.0.2.20 $python4
talk real6 2001:db8:25::20 $python6
# Of these one in eight is not held.
for i in 1 2 3 4 5 6; do
	talk high4.$i 192.0.2.30 $python4
done
at sender scripts/mta.sh submit postfix inbox@example.com 'held postfix'
at exim scripts/mta.sh submit exim inbox@example.com 'held exim'
all_are_held() {
	[ "$(counter tarpit_banner)" -ge 6 ]
}
check 'they are held' wait_for 60 all_are_held
for name in real4 real6; do
	check "$name: smtplib is told at the end" wait_for 500 is_over $name
	is "$(sed -n 1p "$TMP/$name") $(sed -n '2s/ [0-9]*$//p' "$TMP/$name" | sed 's/ (.*\|\.$//')" \
		"220 421 4.7.1 $words" "$name: and what"
	seconds=$(awk 'END { print $NF }' "$TMP/$name")
	echo "# $name: held for $seconds seconds"
	check "$name: after minutes" test "$seconds" -ge 240
done
high_is_over() {
	grep -l ^421 "$TMP"/high4.*
}
check 'at a high fake, too' wait_for 60 high_is_over
for a in $python4 $python6 $postfix; do
	check "$a: few packets of ours" is_cheap $a
done
check 'postfix reads our words, and defers' wait_for 60 defers sender postfix "status=deferred.*$words|421 4.7.1 $words"
# It goes on to the high fake, where it is held once more.
check 'exim gives up after its five minutes' wait_for 60 defers exim exim 'SMTP timeout|=='
is "$(at mx nolist-xdp status --json | jq '.tables[0].enforce | [.tarpits, .tarpit_real, .tarpit_high] | tostring')" \
	'"[4,true,true]"' 'status tells where'
must at mx nolist-xdp pardon $postfix $exim >/dev/null
check 'pardoned, their mail arrives' wait_for 400 retried
for m in 'sender postfix' 'exim exim'; do
	# shellcheck disable=SC2086 # two words
	is "$(defers $m "$bounced")" '' "${m#* } has bounced nothing"
done
is "$(at mx nolist-xdp dump --quiet 2>/dev/null | grep -c '^[0-9]')" 0 'and nobody is listed for it'
echo "# SYN,ACKs $(counter tarpit_syn_ack), greetings $(counter tarpit_banner), lines $(counter tarpit_line)," \
	"ends $(counter tarpit_end), resets $(counter tarpit_rst)"
done_testing
