#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# audit: the list against the log of a real MX that did not use it. Whose mail was
# accepted while it was listed is a false listing, and named; and no client can have
# another one named, by what it says in a dialogue. Why it matters: an admin looks
# here before the list may refuse anything. net/audit.sh has real logs.
UPTIME=349200
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

# --- what the log shows of the list ------------------------------------------

LISTED='[.listed, .listed_seen, .listed_unseen, .listed_accepted, .listed_refused, .listed_blocked]'
# shows WANTED NAME [WORD]...: the status, the numbers of listed sources, and the answer.
shows() {
	audit "$TMP/log" "${@:3}"
	is "$status $(found "$LISTED") $(jq -r .safe "$TMP/out")" "$1" "$2"
}
milter() {
	echo "$1 mx postfix/cleanup[9]: $2: milter-reject: END-OF-MESSAGE from $3: 5.7.1 Spam message rejected; from=<a@example.net> to=<inbox@example.com> proto=ESMTP helo=<x>"
}
by_list() {
	echo "$1 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from $2: 554 5.7.1 <$2>: Client host rejected: 203.0.113.6 contacts only fake mail exchangers; from=<a@example.net>"
}

{
	delivers "$(short 90)" 0A1B2C3D4E 'x[203.0.113.1]:50123'
	delivers "$(short 90)" 0A1B2C3D4F 'localhost[127.0.0.1], orig_client=x[2001:db8:5:1::77]'
	echo "$(short 90) mx postfix/smtpd[1]: 0A1B2C3D50: client=unknown[203.0.113.6]"
	milter "$(short 90)" 0A1B2C3D50 'unknown[203.0.113.6]'
} >"$TMP/log"
shows '0 [3,3,0,2,1,0] no' 'a port, a filter before the queue, a milter'

delivers "$(short 90)" 0A1B2C3D4E 'x[198.51.100.7]' >"$TMP/log"
shows '3 [3,0,3,0,0,0] unknown' 'a log that has seen no listed source'
is "$(found .precision)" null 'is no point in favour of the list'
run audit "$TMP/log" -c "$CONF" --at "$NOW"
check 'and it says so' grep -qx 'Is the list safe to enforce? Unknown: no listed source was .*' "$TMP/out"

{
	by_list "$(short 90)" 'unknown[203.0.113.6]'
	echo "$(short 90) mx postfix/postscreen[9]: DENYLISTED [203.0.113.1]:4711"
	echo "$(short 90) mx postfix/postscreen[9]: NOQUEUE: reject: RCPT from [203.0.113.1]:4711: 550 5.3.2 Service currently unavailable; from=<a@example.net>"
} >"$TMP/log"
shows '3 [3,0,1,0,0,2] unknown' 'nor is what the list itself refused'
refuses "$(short 90)" 'unknown[203.0.113.6]' >>"$TMP/log"
shows '0 [3,1,1,0,1,1] unknown' 'but what is refused for another reason, too, is'

{
	refuses "$(short 90)" 'unknown[203.0.113.6]'
	refuses "$(short 260)" 'unknown[198.51.100.7]'
} >"$TMP/log"
NOW=$((BOOT + 270 * H)) shows '0 [1,1,0,0,1,0] unknown' 'a source that was listed when it was refused'

{
	delivers "$(short 30)" 0A1B2C3D4E 'x[203.0.113.6]'
	refuses "$(short 90)" 'unknown[198.51.100.7]'
} >"$TMP/log"
shows '0 [3,1,2,0,0,0] unknown' 'mail before the listing is no false listing'
is "$(found .listed_earlier)" 1 'and has a number of its own'

delivers "$(short 90)" 0A1B2C3D4E 'x[203.0.113.6], sasl_method=PLAIN, sasl_username=joe' >"$TMP/log"
shows '3 [3,0,3,0,0,0] no' 'a listed source that is a user of the MX'
is "$(found '[.accepted, .messages.submitted, .listed_submitted]')" '[0,1,1]' 'is counted as such'
run audit "$TMP/log" -c "$CONF" --at "$NOW"
check 'and the admin is told' grep -q 'Not on a port where users log in' "$TMP/out"
sed -i 's,postfix/smtpd,postfix/submission/smtpd,' "$TMP/log"
shows '3 [3,0,3,0,0,0] unknown' 'but not one that uses submission'

# --- what is not understood --------------------------------------------------

# lines N TEXT
lines() {
	for ((i = 0; i < $1; i++)); do
		echo "$2"
	done
}
good=$(refuses "$(short 90)" 'unknown[203.0.113.6]')
strange="2026/11/28 mx postfix/smtpd[1]: 0A1B2C3D4E: client=x[203.0.113.1] <joe@example.net>"
{ lines 91 "$good" && lines 9 "$strange"; } >"$TMP/log"
shows '3 [3,1,2,0,1,0] unknown' 'less than a tenth that is not understood is told'
check 'with an example' grep -qF 'such as: 2026/11/28 mx postfix/smtpd[1]: 0A1B2C3D4E: client=x[203.0.113.1] <>' "$TMP/err"
{ lines 90 "$good" && lines 10 "$strange"; } >"$TMP/log"
shows '1 [3,1,2,0,1,0] unknown' 'a tenth is too much'
is "$(found '[.precision, .unread, .mail]')" '[null,10,100]' 'for a precision'
check 'and an example is shown' grep -qF 'no precision; the first: 2026/11/28 mx' "$TMP/err"
check 'with what would be understood' grep -q 'hint: postfix. or exim.s lines' "$TMP/err"
lines 3 "$strange" >"$TMP/log"
fails 1 "3 of 3 lines .* not understood" 'a log of which nothing is' audit "$TMP/log" -c "$CONF" --at "$NOW"

{
	lines 40 "$good"
	for i in {1..9}; do
		delivers "$(short 90)" "0A1B2C3D4$i" 'x[198.51.100.7]'
	done
	delivers "$(short 90)" 0A1B2C3D50 'x[203.0.113.1]' | grep -v client=
} >"$TMP/log"
shows '1 [3,1,2,0,1,0] unknown' 'a tenth of the messages without a client is too much'
check 'and told' grep -q 'does not name the client: 1 of 10' "$TMP/err"
{
	lines 40 "$good"
	echo "$(short 90) mx postfix/pickup[9]: 0A1B2C3D4E: uid=0 from=<root>"
	delivers "$(short 90)" 0A1B2C3D4E 'x[198.51.100.7]' | grep -v client=
} >"$TMP/log"
shows '0 [3,1,2,0,1,0] unknown' 'but mail of the host itself has none'

{ lines 40 "$good" && delivers "$(short 90)" 0A1B2C3D4E 'unknown[172.18.0.1]'; } >"$TMP/log"
shows '1 [3,1,2,0,1,0] unknown' 'all mail comes from a proxy'
check 'which is named' grep -q 'never be listed, such as 172.18.0.1: ' "$TMP/err"
delivers "$(short 90)" 0A1B2C3D4F 'unknown[198.51.100.7]' >>"$TMP/log"
shows '0 [3,1,2,0,1,0] unknown' 'half of it may: a filter behind the queue'
is "$(found '[.never, .messages.never]')" '[1,1]' 'and has a number'

# --- the answer --------------------------------------------------------------

then=$(($(date +%s) - 370 * D))
refuses "$(date -d "@$((then - H))" '+%b %e %T')" 'unknown[203.0.113.6]' >"$TMP/log"
run audit "$TMP/log" -c "$CONF" --at "$then"
is "$status" 3 '--at of another year than the log'
check 'is told' grep -q "have no year: --at makes it $(date -d "@$((then - H))" +%Y)" "$TMP/err"

for i in {100..139}; do
	echo "203.0.113.$i high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0"
done | must "$INJECT" "$PIN_DIR"
for i in {100..139}; do
	refuses "$(short 90)" "unknown[203.0.113.$i]"
done >"$TMP/log"
shows '0 [43,40,3,0,40,0] yes' 'enough listed sources, and all were refused'
run audit "$TMP/log" -c "$CONF" --at "$NOW"
check 'is safe' grep -qx 'Is the list safe to enforce? Yes, as far as this log shows.' "$TMP/out"
delivers "$(short 90)" 0A1B2C3D4E 'x[203.0.113.100]' >>"$TMP/log"
shows '0 [43,40,3,1,39,0] no' 'one of them that delivered is not'
is "$(found '.precision.value * 1000 | round')" 975 'precision is of those that were seen: 39 of 40'

# --- usage -------------------------------------------------------------------

fails 2 'no log given' 'no log' audit
fails 2 'one log at a time' 'two logs' audit "$TMP/exim" "$TMP/postfix"
fails 2 "cannot read '$TMP/no'" 'a log that is not there' audit "$TMP/no"
is "$(grep -c 'hint: .*journalctl -o short-iso | nolist-xdp audit -' "$TMP/err")" 1 'with where it may be'
fails 2 'is not a time' 'no time' audit "$TMP/exim" --at noon
fails 2 "cannot read '$TMP': Is a directory" 'a directory' audit "$TMP"
fails 1 "'$TMP/none' has no line" 'an empty log' audit "$TMP/none"
run audit "$TMP/exim" -c "$CONF" --at "$((NOW + 40 * D))"
check 'an old log is called that' grep -q 'all 7 are older, or of the future' "$TMP/err"
check 'who may not read it is told what to do' grep -q 'hint: run it as root' < <(
	setpriv --reuid=65534 --clear-groups "$TOOL" audit "$TMP/exim" 2>&1)
is "$(nolist audit "$TMP/hostile" -c "$CONF" --at "$NOW" 2>&1 | grep -c example)" 0 'nothing of an envelope is repeated'
# --- what the policy service's delays cost -------------------------------------

audit "$TMP/postfix"
is "$(found .deferred)" null 'without a policy service nothing is said of it'
mkdir -p "$STATE_DIR/policyd"
# Networks and a provider, by when they were deferred first: seconds after the boot.
"$PYTHON" - "$STATE_DIR/policyd/memory" "$BOOT" >"$TMP/keys" <<-'END'
	import sys, struct, ipaddress
	SETS, WAYS, STEPS = 1 << 17, 4, 14
	def net(text):
	    n = ipaddress.ip_network(text)
	    return int(n[0]) if n.version == 4 else int(n[0]) >> 64
	def provider(name):
	    h = 0xcbf29ce484222325
	    for c in name.encode():
	        h = (h ^ c) * 0x100000001b3 % 2**64
	    return h | 1 << 63
	rows = [(net("45.30.0.0/24"), 40), (net("45.30.1.0/24"), 41), (net("45.30.2.0/24"), 42),
	        (net("45.30.3.0/24"), 43), (net("45.30.4.0/24"), 44), (net("45.30.5.0/24"), 45),
	        (provider("big"), 46), (net("2001:db8:77::/48"), 47), (net("45.30.6.0/24"), 90),
	        (net("45.30.7.0/24"), 20)]
	f = open(sys.argv[1], "wb")
	f.write(b"nolist-policy 1\0" + struct.pack("<II", 0, 0) + struct.pack("<%dQ" % STEPS, *range(100, 100 + STEPS)))
	f.seek(4096)
	for key, hour in rows:
	    at = int(sys.argv[2]) + hour * 3600
	    f.write(struct.pack("<QII", key, at, at))
	f.truncate(4096 + SETS * WAYS * 16)
END
inject "45.30.3.9 real=155000s:155000s:1 data=154810s:154810s:1" "45.30.4.9 data=158400s:180000s:2"
echo "45.30.5.9 $((BOOT + 45 * H + 600))" >"$TMP/accepted"
must nolist import --role accepted "$TMP/accepted" >/dev/null 2>&1
echo 'big 45.20.0.0/16' >"$TMP/big"
sed "\$a providers = { $TMP/big }" "$CONF" >"$TMP/policy.conf"
# seconds TIME: as rfc.
seconds() {
	date -d "@$((BOOT + $1))" +%FT%T.123456+00:00
}
{
	delivers "$(rfc 30)" 0A1B2C3E40 'x[198.51.100.7]'
	delivers "$(rfc 39)" 0A1B2C3E41 'x[45.30.0.5]'
	delivers "$(seconds $((40 * H + 75)))" 0A1B2C3E42 'x[45.30.0.5]'
	delivers "$(seconds $((40 * H + 7500)))" 0A1B2C3E43 'x[45.30.0.7]'
	delivers "$(seconds $((41 * H + 400)))" 0A1B2C3E44 'x[45.30.1.77]'
	refuses "$(rfc 43)" 'x[45.30.2.9]'
	delivers "$(seconds $((46 * H + 60)))" 0A1B2C3E45 'x[45.20.7.7]'
	delivers "$(seconds $((48 * H)))" 0A1B2C3E46 'x[2001:db8:77:5::1]'
	delivers "$(rfc 91)" 0A1B2C3E47 'x[198.51.100.7]'
} >"$TMP/deferred"
run audit "$TMP/deferred" -c "$TMP/policy.conf" --at "$NOW" --json
is "$(found '.deferred | [.policy, .networks, .accepted, .due, .gone]')" '["warn",9,5,8,2]' \
	'who was deferred: with mail later, and who never came back'
is "$(found '.deferred.waited | [.networks, .seconds, .median, .most]')" '[4,4135,75,3600]' \
	'and the seconds until their mail was accepted'
is "$(found '.deferred.share_gone | map(. * 1000 | round)')" '[250,71,591]' 'a share with its interval'
is "$(found '.deferred.answers | [.exempt, .walked, .new]')" '[100,106,113]' 'and what was answered in all'
sed '$a policy = defer' "$TMP/policy.conf" >"$TMP/defer.conf"
run audit "$TMP/deferred" -c "$TMP/defer.conf" --at "$NOW"
is "$(sed -n '/^policy service/,/^$/p' "$TMP/out" | tr -s ' ')" 'policy service (policy = defer), networks and providers:
 9 deferred while the log was written
 5 of them had mail accepted later
 seconds until then, of 4 in the log: median 75, at most 3600, together 4135
 8 had a day to come back
 2 of these never did: 0.2500, with 95 % confidence between 0.0715 and 0.5907' 'in words'
run audit "$TMP/deferred" -c "$TMP/policy.conf" --at "$NOW"
check 'of one that only warns it is what it would have done' grep -qx ' *9 that it would have deferred while the log was written' "$TMP/out"
rm "$STATE_DIR/policyd/memory"

# --- the table at the real MX ---

audit "$TMP/deferred"
is "$(found .enforce)" null 'without a table nothing is said of it'
printf '45.30.0.5\n45.20.0.0/16\n198.51.100.0/24\n' >"$TMP/foes"
echo 198.51.100.7 >"$TMP/friends"
{ cat "$CONF"; printf 'enforce = note\nenforce-list = { "%s reset" }\nallow = { "%s" }\n' "$TMP/foes" "$TMP/friends"; } \
	>"$TMP/note.conf"
run dump --all --quiet -c "$TMP/note.conf"
audit "$TMP/deferred"
is "$(found '.enforce | [.mode, .accepted, .sources]')" '["noted",3,["45.20.7.7","45.30.0.5"]]' \
	'note: what it would have refused is counted, and whose mail that was'
run audit "$TMP/deferred" -c "$CONF" --at "$NOW"
is "$(grep -A 4 'table at the real MX' "$TMP/out" | tr -s ' ')" 'the table at the real MX (enforce), which is noted, would have refused:
 3 accepted deliveries
 2 sources of them
would be refused: 45.20.7.7, with mail accepted: 1
would be refused: 45.30.0.5, with mail accepted: 2' 'in words'

done_testing
