#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# A tarpit without lines ("tarpit-lines = 0") before real clients: each connection gets our SYN,ACK, nothing
# whatever it waits for, and a reset when it leaves, after its own timeout; Python's smtplib reports that, and
# postfix defers and delivers once it is pardoned. Why it matters: it is the cheapest way to hold somebody,
# and one more answer for each retransmission would make it a load.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch all"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq tcpdump
postfix=198.51.100.25
python4=198.18.5.25
python6=2001:db8:105::25
bounced='status=bounced|status=expired'

# talk ADDRESS SOURCE: with smtplib, which gives up after twenty seconds; how it ended, and after how many.
talk() {
	at client /usr/bin/python3 - "$1" "$2" <<-'END'
		import smtplib, sys, time
		began = time.monotonic()
		smtp = smtplib.SMTP(timeout=20, source_address=(sys.argv[2], 0))
		try:
		    print(*smtp.connect(sys.argv[1], 25))
		except (OSError, smtplib.SMTPException) as e:
		    print(type(e).__name__, round((time.monotonic() - began) / 10) * 10)
	END
}

tcpdump_is_up() {
	grep -q 'listening on' "$TMP/capture.log"
}

# most ADDRESS: how many connections of it there were, and the most segments of ours that one got.
most() {
	awk -v to="$1" '{
		at = $5; sub(/:$/, "", at); a = at; sub(/\.[0-9]*$/, "", a)
		if (a == to && ++n[$3 " " at] == 1)
			k++
	}
	END { for (i in n) if (n[i] > m) m = n[i]; print k + 0, m + 0 }' "$TMP/capture"
}

defers() {
	at sender scripts/mta.sh log postfix | grep -E "$1"
}

retried() {
	at sender scripts/mta.sh retry postfix >/dev/null 2>&1
	in_mailbox silence
}

lab_up all
lab_straight
# Its default of five minutes is for the same.
must at sender postconf -e smtp_helo_timeout=15s
must at sender postfix reload
must at sender ip -6 route del default
at mx bash -c "printf 'enforce = tempfail\nenforce-list = { \"/etc/foes tempfail\" }\ntarpit = real\n\
tarpit-lines = 0\n' >>/etc/nolist-xdp.conf; : >/etc/foes"
# shellcheck disable=SC2016 # lab_key's
must lab_key '[[ " $* " != *" "[01]" "* ]]' $postfix $python4 2001:db8:105::/64
must at mx "$BUILD/selftests/lib/held" /sys/fs/bpf/nolist-xdp $postfix $python4 2001:db8:105::/64
at net tcpdump -Z root --immediate-mode -U -l -tt -n -i mx \
	'tcp src port 25 and (host 192.0.2.20 or host 2001:db8:25::20)' </dev/null 2>"$TMP/capture.log" >"$TMP/capture" &
must wait_for 10 tcpdump_is_up

at sender scripts/mta.sh submit postfix inbox@straight4.example silence
talk 2001:db8:25::20 $python6 >"$TMP/python6" &
is "$(talk 192.0.2.20 $python4)" 'SMTPServerDisconnected 20' 'smtplib waits for its own timeout'
wait $!
is "$(cat "$TMP/python6")" 'SMTPServerDisconnected 20' 'over IPv6, too'
check 'postfix waits for its own, and defers' wait_for 60 defers 'status=deferred.*timed out while receiving the initial server greeting'
for a in $python4 $python6 $postfix; do
	is "$(most $a | cut -d ' ' -f 2)" 2 "$a: a connection gets our SYN,ACK, and a reset when it leaves"
	check "$a: there was one" test "$(most $a | cut -d ' ' -f 1)" -ge 1
done
must at mx nolist-xdp pardon $postfix >/dev/null
check 'pardoned, its mail arrives' wait_for 120 retried
is "$(defers "$bounced")" '' 'nothing has bounced'
is "$(at mx nolist-xdp dump --quiet 2>/dev/null | grep -c '^[0-9]')" 0 'and nobody is listed for it'
done_testing
