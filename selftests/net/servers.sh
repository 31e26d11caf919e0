#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# What tool/servers shows with made-up servers, with a real postfix: roles that are swapped
# are not loaded, and mail goes on; at a boot postfix starts after the load; AUTH at port 25
# is found where a list is enforced. Why it matters: the first deployment stands or falls
# with it.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq python3
low=192.0.2.10 real=192.0.2.20 CONF=/etc/nolist-xdp.conf

# found ABOUT ADDR: grades of the findings of check at mx.
found() {
	at mx nolist-xdp check --json | jq -r --arg a "$1" --arg s "$2" \
		'[.findings[] | select(.about == $a and .subject == $s) |
		.grade + if .refused then " refused" else "" end] | join(", ")'
}

greets() {
	at dns bash -c "exec 3<>/dev/tcp/$1/25; read -r -t 15 line <&3; [[ \$line == 220* ]]"
}

lab_up
must at mx cp $CONF $CONF.good
is "$(found listener $real)$(found roles $real)$(found auth $real)" '' 'a postfix as it should be'

# --- as at a boot ---

must at mx postfix stop
is "$(found listener $real)" error 'postfix has not started yet: an error of check'
out=$(at mx nolist-xdp load 2>&1)
is "$? $(grep -c "warning: .*no server listens on '$real' port 25" <<<"$out")" '0 1' \
	'load warns of it, and does not fail'
must at mx postfix start
check 'when it starts mail is taken' wait_for 20 greets $real
is "$(found listener $real)" '' 'and all is well'
is "$(at mx nolist-xdp load 2>&1 | grep -c 'server listens')" 0 'nor does a reload warn'

# --- swapped ---

must at mx sed -i "s/$low/SWAP/; s/$real/$low/; s/SWAP/$real/" $CONF
is "$(found roles $real)" 'error refused' 'low and real swapped'
at mx nolist-xdp load >/dev/null 2>"$TMP/err"
is "$? $(grep -c "the mail server listens on '$real', which is configured as low" "$TMP/err")" '1 1' \
	'is not loaded'
check 'and mail is taken as before' greets $real
must at mx cp $CONF.good $CONF

# --- AUTH ---

must at mx "$PYTHON" -c '
import os, socket, sys
if os.fork():
	sys.exit()
os.setsid()
s = socket.socket(socket.AF_UNIX)
s.bind("/var/spool/postfix/private/fakeauth")
os.chmod("/var/spool/postfix/private/fakeauth", 0o666)
s.listen()
held = []
while True:
	c = s.accept()[0]
	c.send(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0\nDONE\n")
	held.append(c)' </dev/null >/dev/null 2>&1
must at mx postconf -e smtpd_sasl_type=dovecot smtpd_sasl_path=private/fakeauth \
	smtpd_sasl_auth_enable=yes
must at mx postfix reload
is "$(found auth $real)" '' 'AUTH hurts nobody while no list is enforced'
must at mx sh -c "echo 'list = { \"postfix /etc/postfix/nolist.cidr postfix reload\" }' >>$CONF"
is "$(found auth $real)" error 'AUTH at port 25, and a list that postfix reads'
hint=$(at mx nolist-xdp check --json | jq -r '.findings[] | select(.about == "auth") | .hint' |
	sed -n 's/^postfix: \([^;]*\);.*/\1/p' | head -n 1)
# shellcheck disable=SC2086 # words
must at mx $hint
must at mx postfix reload
is "$(found auth $real)" ok "the hint, '$hint', mends it"
done_testing
