#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# import: what a real MX on another host has accepted is an alibi, and makes the
# real MX seen. Its lines may hold anything; none that is not plainly a contact of
# the last 35 days may count, or a log could acquit any source for ever.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
judge_setup
now=$(date +%s)

import() {
	run import --role "$@"
}

opens() {
	run explain -c "$CONF" --json "$1"
	jq -c "[$2]" "$TMP/out"
}

cat >"$TMP/lines" <<-END
	# accepted
	203.0.113.1 $((now - 100))

	203.0.113.1	$((now - 50))
	  203.0.113.2 $(date -u -d "@$((now - 10))" +%FT%TZ)
	203.0.113.3 $(TZ=UTC-5 date -d "@$((now - 10))" +%FT%T.25+05:00)
	2001:db8:9::1 $(TZ=UTC+3 date -d "@$((now - 10))" +%FT%T-03:00)
END
import real "$TMP/lines"
is "$status $(cat "$TMP/out")" '0 5 lines imported' 'lines of address and time, in three forms'
is "$(opens 203.0.113.1 '.data.connections, .data.first')" "[2,$((now - 100))]" 'are data to the real MX'
is "$(opens 203.0.113.3 .data.first)" "[$((now - 10))]" 'an hour ahead of UTC is so'
is "$(opens 2001:db8:9::99 .data.first)" "[$((now - 10))]" 'an IPv6 address is its /64'
run import --role real - <"$TMP/lines"
is "$(cat "$TMP/out"), $(opens 203.0.113.1 '.data.connections')" '5 lines imported, [2]' \
	'a log that is read again adds nothing'
import low "$TMP/lines"
is "$(opens 203.0.113.2 '.low.opens, .low.first')" "[1,$((now - 10))]" 'role low is a contact'

{
	echo "203.0.113.7 $((now + 1000))"
	echo "203.0.113.7 $((now - 36 * D))"
	echo "203.0.113.7"
	echo "203.0.113.7 yesterday"
	echo "203.0.113.7 -1"
	echo "203.0.113.7 99999999999999999999"
	echo "203.0.113.7 $now x"
	echo "203.0.113.0/24 $now"
	echo "mx.example.com $now"
	echo "203.0.113.7 2026-02-31T00:00:00Z"
	echo "203.0.113.7 2026-02-01T00:00:00+99:00"
	echo "203.0.113.7 2026-02-01T00:00:00+02:-5"
	echo "203.0.113.7 2026-02-01T00:00:00+02: 5"
	printf '203.0.113.7\0 %s\n' "$now"
	head -c 100000 /dev/zero | tr '\0' x
	echo " $now"
	head -c 3000 /dev/urandom | tr -d '\n'
} >"$TMP/odd"
import real "$TMP/odd"
is "$status $(cat "$TMP/out")" '1 0 lines imported' 'odd lines are not taken'
check 'future ones are counted' grep -q ' 1 line refused: timestamp in the future' "$TMP/err"
check 'old ones are' grep -q ' 1 line refused: older than 35 days' "$TMP/err"
check 'and all others' grep -q ' 14 lines refused: not an address and a time' "$TMP/err"
check 'the first of them is named' grep -q '; the first is line 3$' "$TMP/err"
check 'with an example' grep -q 'hint: such as "203.0.113.7 2026-01-02T03:04:05Z", or the log' "$TMP/err"
is "$(opens 203.0.113.7 .known)" '[false]' 'and nothing is known of the sources they name'
is "$(tr -d '\n\40-\176' <"$TMP/err" | wc -c)" 0 'nothing of them is repeated'

# --- as logs write it --------------------------------------------------------

export TZ=UTC
hour=$((now - 3 * H))
at_form() {
	date -d "@$hour" "$1"
}
{
	echo "203.0.113.11 $(at_form '+%b %e %T')"
	echo "203.0.113.12 $(at_form '+%F %T +0000')"
	echo "203.0.113.13 $(at_form '+%a %F %T UTC')"
	echo "203.0.113.14 $(at_form +%FT%T+0000)"
	echo "203.0.113.15 99 $(at_form '+%b %e %T')"
} >"$TMP/forms"
import real "$TMP/forms"
is "$status $(cat "$TMP/out")" '3 4 lines imported' "times as audit reads them, and a line that is wrong"
check 'which is told' grep -q '1 line refused: .*; the first is line 5$' "$TMP/err"
is "$(for i in {11..14}; do opens 203.0.113.$i .data.first; done | uniq -c | xargs)" "4 [$hour]" 'each is read'

{
	echo "$(at_form '+%b %e %T') mx dovecot: lmtp(1): saved"
	echo "$(at_form '+%b %e %T') mx postfix/smtpd[1]: 4A1B2C3D02: client=x.example.net[203.0.113.21]:50123"
	echo "$(at_form '+%b %e %T') mx postfix/virtual[1]: 4A1B2C3D02: to=<a@b>, relay=virtual, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered)"
	echo "$(at_form '+%b %e %T') mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.22]: 554 5.7.1 no"
	echo "$(at_form '+%F %T') 1vMabc-000000001Ab-2XyZ <= a@example.net H=x.example.net [203.0.113.23] P=esmtp S=300"
} >"$TMP/maillog"
import real "$TMP/maillog"
is "$status $(cat "$TMP/out")" '0 2 contacts imported, with those of 2 messages in a log' "a mail server's log as it is"
is "$(opens 203.0.113.21 .data.first) $(opens 203.0.113.22 .known) $(opens 203.0.113.23 .data.first)" \
	"[$hour] [false] [$hour]" 'who delivered has an alibi, and nobody else'
import low "$TMP/maillog"
is "$status $(cat "$TMP/out")" '1 0 lines imported' 'which is no log of the low fake'

# --- what it is for ----------------------------------------------------------

# An offender by what happened here, whose mail the real MX elsewhere accepts.
run dump -c "$CONF"
check 'an import shows that the real MX is seen' test "$(grep -c 'nobody was seen.*IPv4' "$TMP/err")" -eq 0
up=$(cut -d. -f1 /proc/uptime)
inject_now "203.0.113.1 talk=$up:$up:1 hour=$((up / 3600)):1:0:0:0"
run explain -c "$CONF" 203.0.113.1
check 'what was imported excuses' grep -q '^203.0.113.1: alibi' "$TMP/out"
run collect
run explain -c "$CONF" 203.0.113.1
check 'also once all is stored' grep -q '^203.0.113.1: alibi' "$TMP/out"

for args in '' "$TMP/lines" "--role high $TMP/lines" '--role real' "--role real $TMP/lines x" \
	"--role real $TMP/none"; do
	# shellcheck disable=SC2086 # words
	fails 2 'no file given|neither --role nor --spam|is not low, real or|one file|cannot read' "wrong usage: import $args" \
		import $args
done
fails 2 "cannot read '$TMP': Is a directory" 'a directory is no file' import --role real "$TMP"
done_testing
