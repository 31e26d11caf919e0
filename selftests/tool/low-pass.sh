#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# low-pass: senders that know the first MX only deliver to a mail server at the low fake's address,
# which counts as mail to the real MX; anybody else is refused there as ever, over both families, by
# check's and test's word as well. Why it matters: whoever passes by mistake makes the low fake a mail
# server like any other, and whoever does not pass loses mail.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
CONF=$TMP/nolist-xdp.conf
topology ''
for i in 1 2 3; do
	must ip -n client addr add "198.18.$i.1/32" dev c0
	must ip -n client addr add "2001:db8:5:$i::9/128" dev c0 nodad
done
must ip -n server route add 198.18.0.0/16 dev s0
must ip -n server route add 2001:db8:5::/48 via "$CLIENT6"
# A mail server that takes everything.
background server "$PYTHON" "$TOP/selftests/lib/takes_mail.py" "$TMP/listens" "$LOW4" "$LOW6" "$REAL4" "$REAL6"
must wait_for 10 test -e "$TMP/listens"

# configure LINE...: loads that.
configure() {
	printf '%s\n' "interface = { s0 }" "low = { $LOW4, $LOW6 }" "real = { $REAL4, $REAL6 }" \
		"high = { $HIGH4, $HIGH6 }" "$@" >"$CONF"
	run load -c "$CONF"
	diag "$(cat "$TMP/err")"
}

# mails SOURCE: an application that knows the first MX only: "delivered", or why not.
mails() {
	local low=$LOW4

	[[ $1 != *:* ]] || low=$LOW6
	in_client "$PYTHON" - "$low" "$1" "${NOLIST_PATIENCE:-1}" <<-'END'
		import smtplib, sys
		try:
		    with smtplib.SMTP(sys.argv[1], 25, "app.example", 10 * float(sys.argv[3]), (sys.argv[2], 0)) as s:
		        s.sendmail("news@app.example", ["b@example.com"], "Subject: news\n\nHello.\n" + "x" * 5000)
		    print("delivered")
		except ConnectionRefusedError:
		    print("refused")
		except Exception as e:
		    print(type(e).__name__, e)
	END
}

finding() {
	nolist check -c "$CONF" --json | jq -r '.findings[] | select(.about == "low-pass") | .grade + " " + .text'
}

printf '2001:db8:5:1::/64 # a bank\n198.18.2.0/31 ; another\n' >"$TMP/banks"
configure "low-pass = { 198.18.1.0/24, \"$TMP/banks\" }"
is "$status" 0 'it loads'
is "$(mails 198.18.1.1) $(mails 2001:db8:5:1::9) $(mails 198.18.2.1)" 'delivered delivered delivered' \
	'those named deliver at the low fake, over both families'
is "$(mails 198.18.3.1) $(mails 2001:db8:5:2::9) $(mails "$CLIENT4")" 'refused refused refused' \
	'anybody else is refused there'
for a in 198.18.1.1 2001:db8:5:1::9; do
	is "$(nolist explain -c "$CONF" --json $a | jq -c '[.low.opens == null, .real.opens > 0, .data.connections > 0]')" \
		'[true,true,true]' "$a: it is a contact and mail of the real MX"
done
is "$(nolist explain -c "$CONF" --json 198.18.3.1 | jq -c '[.low.opens > 0, .real.opens == null]')" '[true,true]' \
	'that of others is one of the low fake'
check 'check tells that a server is there' grep -q '^note .*mail server' <<<"$(finding)"
run test -c "$CONF" --from client
is "$status" 0 'test finds a stranger refused'
check 'status tells it' grep -q '^low fake: .*low-pass' <<<"$(nolist status)"
is "$(json "s['tables'][0]['low_pass']")" True 'for scripts, too'

# What is in force is that of the last load.
rm "$TMP/banks"
configure "low-pass = { 198.18.1.0/24, \"$TMP/banks\" }"
check 'a file that is gone is told' grep -q "cannot read '$TMP/banks'" "$TMP/err"
is "$status $(mails 198.18.1.1) $(mails 198.18.2.1)" '3 delivered refused' 'and the rest counts'
configure
is "$status $(mails 198.18.1.1) $(mails 2001:db8:5:1::9)" '0 refused refused' 'without low-pass all are refused'
configure 'low-pass = { 198.18.1.0/33 }'
is "$status" 2 'what is no network is refused'
done_testing
