#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Two senders have offended, and are listed at a site whose real MX refuses them by the list; an hour is
# ten seconds. One asks at the look-up page from its own address, and is free at once. The other one is
# a Postfix that only has mail to deliver: its refused tries free it, the page says how far it has come,
# and then its mail arrives. Why it matters: these are the two ways off a list, and who is on it wrongly
# has no other.

# shellcheck disable=SC2034 # of lib.sh
FETCH="selftests/lib/trust/fetch.sh postfix"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/trust.sh
. "$(dirname "$0")/../lib/trust.sh"

need jq curl
LIFTS=198.18.1.25 WALKS=198.18.2.25
W=page

# The program that the tool starts lies beside it.
must cp "build-hour-$HOUR_S/nolist-xdp-page" "$DIR/"
router_up
host lifts $LIFTS/24
host s-postfix $WALKS/24
host regular 198.18.200.25/24
families=4 site $W "learning = 0" "grace = $((4 * HOUR_S))" "page-lifts = $DIR/lifts/lifts" \
	"list = {\"plain $DIR/plain\", \"page $DIR/list\", \"postfix $DIR/access $DIR/reload\"}"
URL=http://$(address $W 4 real)
echo "page-url = $URL/" >>"$DIR/$W/conf"
mkdir "$DIR/lifts"
zone_of $W 10 20 30 4 >"$TMP/zone"
names_up "$TMP/zone"
pass_to $W
REAL=$(address $W 4 real) root_of $W postfix -- selftests/lib/trust/at.sh mx $W
root_of s-postfix postfix -- selftests/lib/trust/at.sh serve postfix
real_answers() {
	at $W bash -c "exec 3<>/dev/tcp/$(address $W 4 real)/25; read -r line <&3; [[ \$line == 220* ]]"
}
wait_for 60 real_answers || bail_out "the real MX does not answer: $(cat "$DIR/$W/log/init")"
wait_for 60 test -e "$DIR/s-postfix/pid" || bail_out "Postfix does not start: $(cat "$DIR/s-postfix/log/init")"
: >"$DIR/access"
# 4xx for what the list's 554 says: mail that was refused comes again.
in_root_of $W postconf "smtpd_client_restrictions = check_client_access cidr:$DIR/access" "soft_bounce = yes"
in_root_of $W postfix reload 2>/dev/null
printf '#!/bin/sh\nexec nsenter -t %s -n -m -r -w /usr/sbin/postfix reload\n' "$(cat "$DIR/$W/pid")" >"$DIR/reload"
chmod 755 "$DIR/reload"

load_site $W
begin
mx="$(address $W 4 low) $(address $W 4 real) $(address $W 4 high)"
echo "0.1 + 1 x 30 | 198.18.200.25 | $mx | ?low; real; EHLO r.example; MAIL FROM:<r@r.example>; RCPT TO:<postmaster@$W.example>; DATA; > Subject: r; .; QUIT; close" |
	at regular "$PYTHON" selftests/lib/trust/bot.py "$start" "$HOUR_S" >"$DIR/regular.log" 2>&1 &
for s in lifts:$LIFTS s-postfix:$WALKS; do
	echo "1.2 + 1 x 2 | ${s#*:} | $mx | high; EHLO a; MAIL FROM:<a@a.example>; RCPT TO:<b@$W.example>; DATA; close" |
		at "${s%:*}" "$PYTHON" selftests/lib/trust/bot.py "$start" "$HOUR_S" >"$DIR/seed.${s#*:}" 2>&1 &
done
# As "run" does, with the lab's hours.
while :; do
	nolist_at $W collect --quiet
	nolist_at $W dump --all --quiet
	sleep 1
done >"$DIR/dump.log" 2>&1 &
at $W "$TOOL" page --listen "$(address $W 4 real):80" --list "$DIR/list" --contact 'postmaster@page.example' 2>"$DIR/page.log" &

on() {
	grep -qxF "$1" "$DIR/plain"
}
both_on() {
	on $LIFTS && on $WALKS
}
check 'both are listed' wait_for 180 both_on
# What comes in the second in which the listing begins still counts as before it.
sleep 2
diag "in hour $(now_hour)"
# answer_to HOST ADDRESS: of the real MX to RCPT.
answer_to() {
	at "$1" "$PYTHON" -c '
import smtplib, sys
s = smtplib.SMTP(sys.argv[1], 25, "a.example", 10)
s.ehlo(); s.mail("a@a.example")
print(*s.rcpt("b@page.example"))' "$(address $W 4 real)"
}
is_refused() {
	[[ "$(answer_to "$1")" = [45]5*"see $URL/?address=$2"* ]]
}
check 'the real MX refuses, and says where to look' wait_for 20 is_refused lifts $LIFTS
# page_of HOST ADDRESS FILTER: what the page says there of an address.
page_of() {
	at "$1" curl -s -m 5 "$URL/json?address=$2" | jq -c "$3"
}

# --- by the page ---

is "$(page_of lifts $LIFTS '[.listed, .walks, (.offences | length), .lift]')" '[true,0,2,true]' 'it is told why, and that it may lift that'
is "$(page_of lifts $WALKS '[.listed, .walks, .offences, .lift]')" '[true,0,null,null]' 'nothing of what another did'
is "$(at s-postfix curl -s -d "$(at lifts curl -s $URL/token)" $URL/lift | jq -c .lifted)" null 'which cannot lift in its name'
line=$(at lifts curl -s "$URL/?address=$LIFTS" | sed -nE 's/.*<pre>(curl .*)<\/pre>/\1/p')
is "$(at lifts bash -c "$line" 2>/dev/null | jq -c '[.address, .lifted]')" "[\"$LIFTS\",true]" 'it lifts its own by the line of the page'
off() {
	! on "$1"
}
check 'and is off the list' wait_for 30 off $LIFTS
is_accepted() {
	[[ "$(answer_to "$1")" = 250* ]]
}
is_free() {
	[ "$(page_of lifts $LIFTS .listed)" = false ]
}
check 'as the page says' wait_for 10 is_free
is "$(nolist_at $W explain --json $LIFTS | jq -r .freed.by)" lifted 'and explain'
check 'the real MX takes its mail' wait_for 30 is_accepted lifts
check 'the other one is still listed' on $WALKS

# --- by its mail ---

date +%s >"$TMP/walks"
in_root_of s-postfix "$TOP/selftests/lib/trust/at.sh" send postfix inbox@$W.example >>"$DIR/s-postfix/log/sent" 2>&1
seen=
until off $WALKS || awk -v s="$start" -v h="$HOUR_S" '{ exit ($1 - s) / h < 24 }' /proc/uptime; do
	w=$(page_of s-postfix $WALKS .walks)
	[[ $seen = *"$w" ]] || seen+=" $w"
	sleep 0.3
done
check 'who retries as usual is off the list' off $WALKS
diag "the page counted:$seen; in hour $(now_hour)"
check 'and the page had counted a walk' eval '[[ $seen = *1* ]]'
is "$(nolist_at $W explain --json $WALKS | jq -r .freed.by)" walks 'by two walks'
arrived() {
	grep -q 'status=sent' "$DIR/s-postfix/log/mail.log"
}
check 'then its mail arrives' wait_for 90 arrived
check 'which was refused before' grep -q 'status=deferred' "$DIR/s-postfix/log/mail.log"
[ -z "${TRUST_KEEP:-}" ] || cp -r "$DIR" "$TRUST_KEEP"
done_testing
