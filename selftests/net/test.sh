#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# test with a real MX that is a real postfix, from another host: all is well, and then each
# thing that can be wrong is made so. Postfix never gets a message from it. Why it matters: what
# says "OK" while mail is lost is worse than no test.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq nft
low=192.0.2.10 real=192.0.2.20 high=192.0.2.30

# asks STATUS NAME PATTERN...: from the host of another network; a line matches each pattern.
asks() {
	local wanted=$1 name=$2 out status p

	shift 2
	out=$(at dns nolist-xdp test --low $low --real $real --real 2001:db8:25::20 \
		--high $high --high 2001:db8:25::30 2>&1)
	status=$?
	for p in "$@"; do
		grep -qE "$p" <<<"$out" || status="$status, without '$p'"
	done
	if [ "$status" = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name"
		diag "status $status" "$out"
	fi
}

banner_is() {
	at dns bash -c "exec 3<>/dev/tcp/$real/25; read -r -t 15 line <&3; [[ \$line == $1* ]]"
}

mails() {
	at mx postconf -e "$@" && at mx postfix stop 2>/dev/null
	at mx postfix start
}

lab_up
must at mx nolist-xdp load
asks 0 'all is well' '^OK: 5 of 5 as they should be$' "^ok +low +$low +refused at once" \
	"^ok +real +2001:db8:25::20 +\"220 mx.example.com ESMTP Postfix" \
	"^ok +high +$high .* to DATA \"451 4.7.1 .*, to QUIT \"221"
is "$(at mx nolist-xdp explain --json 198.18.53.53 |
	jq -c '[.low.opens, .real.opens, .high.opens, .data.connections, .talk.hours]')" '[1,1,1,1,1]' \
	'the mail host has noted all of it'
is "$(at mx nolist-xdp explain --json 198.18.53.53 | jq -r .verdict)" test 'as a test'
out=$(at mx nolist-xdp test 2>&1)
is "$? $(head -n 1 <<<"$out")" '0 OK: 7 of 7 as they should be' 'the mail host says so, too'
check 'and how to ask from elsewhere' grep -q \
	"hint: nolist-xdp test --low $low --real $real --real 2001:db8:25::20 --high $high" <<<"$out"

must at mx postfix stop
asks 1 'the real MX is down' '^WRONG: 2 of 5: real ' "^wrong +real +$real +refused"
out=$(at mx nolist-xdp test 2>&1)
check 'the mail host sees it as well' grep -q "^wrong *real *$real *refused" <<<"$out"
must mails smtpd_delay_reject=no smtpd_client_restrictions=static:reject
check 'postfix refuses' wait_for 20 banner_is 554
asks 1 'the real MX says 554' "^wrong +real +$real +greets with \"554 5.7.1 "
must mails 'smtpd_client_restrictions=sleep 4, permit'
check 'postfix delays its greeting' wait_for 20 banner_is 220
asks 0 'a greeting that comes late is one' '^OK: 5 of 5'
must mails smtpd_delay_reject=yes smtpd_client_restrictions=
check 'postfix is back' wait_for 20 banner_is 220
must at net nft 'add table ip t; add chain ip t f { type filter hook forward priority 0; };
	add rule ip t f ip daddr 192.0.2.10 drop; add rule ip t f ip daddr 192.0.2.30 reject with icmp host-prohibited'
asks 1 'a firewall drops and forbids' \
	"^wrong +low +$low +no answer within 2 s \(a firewall drops it\?\)" \
	"^wrong +high +$high +cannot be reached: "
must at net nft delete table ip t

must at mx sed -i 's/^high = .*/high = {"2001:db8:25::30"}/' /etc/nolist-xdp.conf
must at mx nolist-xdp load
asks 1 'a high fake is not configured' "^WRONG: 1 of 5: high $high: refused" \
	'is the program loaded, with this address as high'
must at mx nolist-xdp unload
asks 1 'the program is away' "^wrong +high +$high +refused" "^wrong +high +2001:db8:25::30 +refused" \
	"^ok +low "

# The fakes' addresses are this host's, and a mail server that listens at all answers there.
must mails inet_interfaces=all
check 'postfix listens everywhere' wait_for 20 banner_is 220
asks 1 'a server listens at the low fake' \
	"^wrong +low +$low +not refused: a server says \"220 mx.example.com" \
	"^wrong +high +$high +says \"[235]"
is "$(at mx postqueue -p)" 'Mail queue is empty' 'postfix got no message'
check 'nor delivered one' at mx test ! -e /var/mail/example.com/new
done_testing
