#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# audit: the list against the log of a real MX that did not use it. Whose mail was
# accepted while it was listed is a false listing, and named; and no client can have
# another one named, by what it says in a dialogue. Why it matters: an admin looks
# here before the list may refuse anything. net/audit.sh has real logs.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
judge_setup
histories
export TZ=UTC

# Syslog's time, RFC 3339, exim's: hours after the boot.
short() {
	date -d "@$((BOOT + $1 * H))" '+%b %e %H:%M:%S'
}
rfc() {
	date -d "@$((BOOT + $1 * H))" +%FT%T.123456+00:00
}
dated() {
	date -d "@$((BOOT + $1 * H))" '+%F %T'
}

# audit FILE [WORD]...: as of NOW; the document is in out.
audit() {
	run audit "$1" -c "$CONF" --at "$NOW" --json "${@:2}"
}

# found EXPRESSION: in the document.
found() {
	jq -c "$1" "$TMP/out"
}

# delivers TIME ID CLIENT: what postfix logs of a message; refuses TIME CLIENT.
delivers() {
	cat <<-END
		$1 mx postfix/smtpd[101]: connect from $3
		$1 mx postfix/smtpd[101]: $2: client=$3
		$1 mx postfix/cleanup[102]: $2: message-id=<x@example.net>
		$1 mx postfix/qmgr[103]: $2: from=<a@example.net>, size=300, nrcpt=1 (queue active)
		$1 mx postfix/smtpd[101]: disconnect from $3 ehlo=1 mail=1 rcpt=1 data=1 quit=1
		$1 mx postfix/virtual[104]: $2: to=<inbox@example.com>, relay=virtual, delay=0.01, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)
		$1 mx postfix/qmgr[103]: $2: removed
	END
}
refuses() {
	echo "$1 mx postfix/smtpd[101]: NOQUEUE: reject: RCPT from $2: 550 5.1.1 <no@example.com>: Recipient address rejected; from=<a@example.net> to=<no@example.com> proto=ESMTP helo=<x>"
}

# --- postfix -----------------------------------------------------------------

{
	delivers "$(short 30)" 0A1B2C3D4E 'unknown[2001:db8:5:1::77]'
	delivers "$(short 90)" 4fZ1Xk2sNwz1B 'one.example.net[203.0.113.1]'
	delivers "$(short 91)" 4fZ1Xk2sNwz1C 'one.example.net[203.0.113.1]'
	delivers "$(rfc 90)" 5A1B2C3D4E 'good.example.net[198.51.100.1]'
	refuses "$(rfc 90)" 'unknown[203.0.113.6]'
	refuses "$(short 90)" 'unknown[198.51.100.77]'
	echo "$(short 90) mx postfix/postscreen[9]: NOQUEUE: reject: RCPT from [198.51.100.78]:4711: 450 4.3.2 Service currently unavailable; from=<a@example.net>, to=<x@example.com>, proto=ESMTP, helo=<x>"
	echo "$(short 90) mx postfix/smtpd[9]: NOQUEUE: milter-reject: RCPT from unknown[198.51.100.78]: 451 4.7.1 Try again later"
	echo "$(short 90) mx postfix/submission/smtpd[9]: NOQUEUE: reject: RCPT from unknown[198.51.100.79]: 550 5.7.1 no"
} >"$TMP/postfix"
audit "$TMP/postfix"
is "$status $(found '[.accepted, .refused, .listed, .listed_accepted, .listed_refused, .unlisted_refused]')" \
	'0 [3,3,3,1,1,2]' 'sources of a postfix log are counted'
is "$(found '[.false_listings[] | .source, .accepted]')" '["203.0.113.1",2]' \
	'a listed source whose mail was accepted is named'
is "$(found '.false_listings[0] | .delivered_at, .since <= .delivered_at')" "$((BOOT + 90 * H))
true" 'with the time, and since when it was listed'
is "$(found '.precision | [.value, .low, .high | . * 1000 | round]')" '[667,208,939]' \
	"precision with Wilson's interval, as from a table: 2 of 3"
run audit "$TMP/postfix" -c "$CONF" --at "$NOW"
check 'in words' grep -qx 'false listing: 203.0.113.1, listed since 20[^ ]*Z, delivered at 20[^ ]*Z' "$TMP/out"
check 'with confidence' grep -qx 'precision 0.6667, with 95 % confidence between 0.2077 and 0.9385' "$TMP/out"
run audit - -c "$CONF" --at "$NOW" --json <"$TMP/postfix"
is "$(found .listed_accepted)" 1 'from standard input'
: >"$TMP/none"

# A message counts when it was delivered, as its own.
{
	delivers "$(short 90)" 0A1B2C3D40 'x[203.0.113.6]' | grep -v status=
	delivers "$(short 90)" 0A1B2C3D41 'x[203.0.113.6]' | sed 's/2\.0\.0, status=sent/5.0.0, status=bounced/'
	delivers "$(short 90)" 0A1B2C3D42 'x[198.51.100.7]'
	delivers "$(short 90)" 0A1B2C3D42 'x[198.51.100.8]'
	delivers "$(short 90)" 0A1B2C3D43 'x[203.0.113.6]' | grep client=
	echo "$(short 90) mx postfix/qmgr[103]: 0A1B2C3D43: removed"
	delivers "$(short 90)" 0A1B2C3D43 'x[198.51.100.9]' | grep -v client=
} >"$TMP/log"
audit "$TMP/log"
is "$(found '[.accepted, .listed_accepted]')" '[2,0]' 'a message counts when it was delivered, by its own name'

# --- what others say ---------------------------------------------------------

victim=203.0.113.6
{
	delivers "$(short 90)" 0A1B2C3D4E 'x[198.51.100.7]'
	# Whoever chooses a HELO, an envelope, a message-id, or another program's words.
	sed "s/inbox@example.com/\"a>, client=x[$victim], dsn=2.0.0, status=sent (\"@example.com/" \
		< <(delivers "$(short 90)" 0A1B2C3D4F 'x[198.51.100.7]')
	echo "$(short 90) mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[198.51.100.7]: 550 5.1.1 <a>: no; from=<\"RCPT from x[$victim]: 550 \"@x> to=<x> proto=SMTP helo=<[$victim]>"
	echo "$(short 90) mx postfix/cleanup[1]: 0A1B2C3D50: message-id=<client=x[$victim]>"
	echo "$(short 90) mx postfix/smtpd[1]: warning: hostname x[$victim] does not resolve to address 198.51.100.7"
	echo "$(short 90) mx postfix/smtpd[1]: lost connection after DATA from client=x[$victim]"
	echo "$(short 90) mx sshd[1]: Invalid user postfix/smtpd[1]: 0A1B2C3D51: client=x[$victim]"
	echo "$(short 90) mx sshd[1]: postfix/smtpd[1]: 0A1B2C3D51: client=x[$victim]"
	echo "x $(short 90) mx postfix/smtpd[1]: 0A1B2C3D51: client=x[$victim]"
	echo "$(short 90) mx postfix/smtpd[1]: 0A1B2C3D51: client=x y[$victim]"
	echo "$(short 90) mx postfix/smtpd[1]: 0A1B2C3D51: client=x[$victim]z"
	echo "$(short 90) mx postfix/virtual[1]: 0A1B2C3D51: to=<x>, dsn=2.0.0, status=sent ()"
	exim="$(dated 90) 1vMabc-000000001Ab-2XyZ"
	echo "$exim <= a@example.net H=x.example.net ([$victim]) [198.51.100.8] P=esmtp S=1 id=x"
	echo "$exim <= \"a H=(x) [$victim] P=esmtp\"@example.net H=(x) [198.51.100.8] P=esmtp S=1"
	echo "$exim <= \"a\\\" H=(x) [$victim] P=esmtp\"@example.net H=(x) [198.51.100.8]:99 I=[192.0.2.20]:25 P=esmtp S=1"
	echo "$exim <= a@example.net H=(x) [198.51.100.8] P=esmtp S=1 id=x T=\"H=(x) [$victim] P=esmtp\""
	echo "$exim <= a@example.net H=(x) [$victim] y) [198.51.100.8] P=esmtp S=1"
	echo "$exim <= a@example.net H=(x y) [$victim] P=esmtp"
	echo "$exim => x@example.com H=mail.example.com [$victim] C=\"250 ok\""
	echo "$(dated 90) H=(x) [198.51.100.8] F=<\"H=(x) [$victim] rejected RCPT\"@x> rejected RCPT <x>: no"
	echo "$(dated 90) SMTP call from H=(x) [$victim] rejected RCPT"
} >"$TMP/hostile"
audit "$TMP/hostile"
is "$(found '[.accepted, .refused, .listed_accepted, .listed_refused]')" '[2,0,0,0]' \
	'what a sender says is nobody else'
is "$(found .left_out.odd)" 3 'lines with two addresses are left out, and counted'
{
	cat "$TMP/postfix"
	for i in {10..49}; do
		delivers "$(short 90)" "5B1B2C3D$i" 'good.example.net[198.51.100.1]'
	done
	head -c 200000 /dev/urandom
	echo
	head -c 100000 /dev/zero
	echo
	head -c 60000 /dev/zero | tr '\0' '"'
	echo
	echo "$(dated 90) 1vMabc-000000001Ab-2XyZ <= $(head -c 7999 /dev/zero | tr '\0' '"') H=(x) [$victim] P=esmtp"
	cat "$TMP/hostile"
} >"$TMP/noise"
audit "$TMP/noise"
is "$status $(found '[.accepted, .listed_accepted]')" '3 [5,1]' 'noise changes nothing'
check 'and what is left out of it is told' grep -q 'lines of a mail server are not understood, such as: ' "$TMP/err"
is "$(LC_ALL=C tr -d '\n\40-\176' <"$TMP/err" | wc -c)" 0 'without a byte that could harm a terminal'

# --- exim --------------------------------------------------------------------

exim="1vMabc-000000001Ab-2XyZ"
{
	echo "$(dated 90) $exim <= a@example.net H=two.example.net (two) [203.0.113.6] P=esmtps X=TLS1.3 S=700 id=x@y"
	echo "$(dated 90) $exim => inbox <inbox@example.com> R=local T=maildir"
	echo "$(dated 90) $exim Completed"
	echo "$(date -d "@$((BOOT + 90 * H))" '+%F %T.123') +0000 [77] 1abcDE-0001Ab-2F <= a@example.net H=(x) [198.51.100.1]:25 P=smtp S=700"
	echo "$(dated 90) 1abcDE-0001Ab-2G <= root@example.com U=root P=local S=300"
	echo "$(dated 90) H=(x) [198.51.100.77] F=<a@example.net> rejected RCPT <no@example.com>: unknown user"
	echo "$(dated 90) H=x.example.net (x) [198.51.100.78] F=<a@example.net> temporarily rejected RCPT <x@example.com>: greylisted"
	echo "$(dated 90) $exim H=(x) [2001:db8:5:1::5] F=<a@example.net> rejected after DATA: spam"
	echo "$(dated 90) 1abcDE-0001Ab-2H <= a@example.net H=(x) [198.51.100.1] P=smtp S=700 T=\"Report (1) [12]\""
	echo "$(dated 90) H=(x) [198.51.100.1] F=<a@example.net> rejected RCPT <no@example.com>: unknown user"
} >"$TMP/exim"
audit "$TMP/exim"
is "$(found '[.accepted, .refused, .listed, .listed_accepted, .listed_refused, .unlisted_refused]')" \
	'[2,3,3,1,1,2]' "sources of exim's main log are counted"
is "$(found '[.false_listings[].source]')" '["203.0.113.6"]' 'and named'

# --- times -------------------------------------------------------------------

# One line, accepted or refused for its time: TIME...
outside() {
	echo "$* mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[198.51.100.7]: 550 5.1.1 no" >"$TMP/one"
	cat "$TMP/one" "$TMP/exim" >"$TMP/log"
	audit "$TMP/log"
	found '[.left_out.outside, .refused]'
}
is "$(outside "$(rfc 80)")" '[0,4]' 'a time of RFC 3339'
is "$(outside "$(rfc 80 | sed 's/\..*/+0000/')")" '[0,4]' 'and as the journal prints it'
is "$(outside "$(rfc 97)")" '[1,3]' 'the future is left out'
is "$(outside "$(rfc $((96 - 36 * 24)))")" '[1,3]' 'so is what is older than 35 days'
is "$(outside "$(date -d "@$((BOOT + 97 * H))" +%FT%T+02:00)")" '[0,4]' 'a zone counts'
is "$(outside "$(short 97)")" '[1,3]' 'a time without a year, of tomorrow, is not of last year'
is "$(outside "Feb 31 10:00:00")" '[0,3]' 'a day that is not'
is "$(outside "$(short 80 | sed 's/ .* / 99 /')")" '[0,3]' 'and no time at all'
TZ=UTC-5 audit "$TMP/exim"
is "$(found .last)" $((BOOT + 90 * H)) 'a log that tells its zone is not read in ours'
grep -v +0000 "$TMP/exim" >"$TMP/log"
TZ=UTC-5 audit "$TMP/log"
is "$(found .last)" $((BOOT + 85 * H)) 'one that does not is'

refuses 'Dec 31 23:59:59' 'x[198.51.100.7]' >"$TMP/log"
run audit "$TMP/log" -c "$CONF" --at 2027-01-01T00:30:00Z --json
is "$(found .last)" "$(date -d '2026-12-31 23:59:59' +%s)" 'but that of December is, in January'
refuses 'Feb 29 10:00:00' 'x[198.51.100.7]' >"$TMP/log"
run audit "$TMP/log" -c "$CONF" --at 2028-03-01T00:00:00Z --json
is "$(found .last)" "$(date -d '2028-02-29 10:00:00' +%s)" 'a leap day'

# --- usage -------------------------------------------------------------------

fails 2 'no log given' 'no log' audit
fails 2 'one log at a time' 'two logs' audit "$TMP/exim" "$TMP/postfix"
fails 2 "cannot read '$TMP/no'" 'a log that is not there' audit "$TMP/no"
fails 2 'is not a time' 'no time' audit "$TMP/exim" --at noon
fails 2 "cannot read '$TMP': Is a directory" 'a directory' audit "$TMP"
fails 1 "'$TMP/none' has no line" 'an empty log' audit "$TMP/none"
is "$(nolist audit "$TMP/hostile" -c "$CONF" --at "$NOW" 2>&1 | grep -c example)" 0 'nothing of an envelope is repeated'
done_testing
