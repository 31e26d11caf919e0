#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# A listed sender lifts its listing at the look-up page, from its own address: the lists of this host
# follow, explain and the log say so, and it is no exemption. Nobody else can do it in its name: not
# from another address, by headers, by another site, or with an old token; nor one source often, nor a
# network for many; and nothing of its offences is to be had elsewhere. Why it matters: it is the one
# thing that somebody without any right changes here.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip curl jq sqlite3
topology ''
judge_setup
OWN=203.0.113.1 OWN6=2001:db8:5:1::77
must ip -n client addr add $OWN/32 dev c0
must ip -n client addr add 203.0.113.99/32 dev c0
must ip -n client addr add $OWN6/128 dev c0 nodad
must ip -n server route add 203.0.113.0/24 via $CLIENT4
must ip -n server route add 2001:db8:5::/48 via $CLIENT6
histories
# A network of which many are listed.
inject '198.18.7.1 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0' \
	'198.18.7.2 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0' \
	'198.18.7.3 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0' \
	'198.18.7.4 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0' \
	'198.18.7.5 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0'
LIST=$STATE_DIR/lists/page PLAIN=$STATE_DIR/lists/plain LIFTS=$TMP/page/lifts
mkdir -p "$STATE_DIR/lists" "$TMP/page"
sed -i 's/^never-list-except.*/never-list-except = { 198.51.100.0\/24, 203.0.113.0\/24, 198.18.0.0\/15, 2001:db8::\/32 }/' "$CONF"
cat >>"$CONF" <<-END
	list = { "page $LIST", "plain $PLAIN" }
	page-lifts = $LIFTS
	page-url = http://192.0.2.20/
	dump-interval = 1h
	collect-interval = 1h
END
must nolist dump --all -c "$CONF" --quiet 2>/dev/null
nolist page --listen 192.0.2.20:80 --proxy 192.0.2.1 2>"$TMP/err.page" &
nolist page --listen '[2001:db8::20]:80' 2>"$TMP/err.page6" &
URL=http://192.0.2.20

# from ADDRESS PATH [OPTION...]: the status; head and body are in $TMP.
from() {
	in_client curl -s -m 5 --interface "$1" -D "$TMP/head" -o "$TMP/body" -w '%{http_code}' "${@:3}" "$URL/$2"
}
# as ADDRESS PATH [OPTION...]: through the proxy.
as() {
	in_client curl -s -m 5 -D "$TMP/head" -o "$TMP/body" -w '%{http_code}' -H "X-Forwarded-For: $1" "${@:3}" "$URL/$2"
}
token_of() {
	as "$1" token >/dev/null
	cat "$TMP/body"
}
lift_as() {
	as "$1" lift -d "$(token_of "$1")" "${@:2}"
}
said() {
	jq -r '.error // .lifted' "$TMP/body"
}
is_up() {
	[ "$(from 203.0.113.99 style.css)" = 200 ]
}
on() {
	grep -qxF "$1" "$PLAIN" && echo on || echo off
}
check 'the page is there' wait_for 10 is_up
is "$(on $OWN) $(on 2001:db8:5:1::/64)" 'on on' 'they are listed'

# --- what an address is told of itself ---

is "$(from $OWN "json?address=$OWN") $(jq -c '[.offences[1] % 3600, (.offences | length), .lift, .lift_next]' "$TMP/body")" \
	'200 [0,2,true,0]' 'an address is told the hours of its own offences'
own=$(wc -c <"$TMP/body")
is "$(from 203.0.113.99 "json?address=$OWN") $(jq -c '[.listed, .offences, .lift]' "$TMP/body")" '200 [true,null,null]' \
	'another one is not'
is "$(from 203.0.113.99 "json?address=$OWN" -H "X-Forwarded-For: $OWN") $(jq -c .offences "$TMP/body")" '200 null' \
	'nor by a header'
is "$(wc -c <"$TMP/body")" "$own" 'in as many bytes'
from $OWN "?address=$OWN" >/dev/null
is "$(grep -c '<li>20[0-9-]*T[0-9]*:00</li>' "$TMP/body") $(grep -c 'action="lift"' "$TMP/body") $(grep -cF "curl -4 -d &quot;" "$TMP/body") $(grep -oE 'curl -4 -d .*lift<' "$TMP/body")" \
	'2 1 0 curl -4 -d "$(curl -4 -s http://192.0.2.20/token)" http://192.0.2.20/lift<' 'the page has them, a button and a line for a shell'
own=$(wc -c <"$TMP/body")
from 203.0.113.99 "?address=$OWN" >/dev/null
is "$(grep -c '<li>\|action="lift"' "$TMP/body") $(grep -c 'From the address itself' "$TMP/body") $(wc -c <"$TMP/body")" "0 1 $own" \
	'others have neither, in as many bytes'

# --- who may not ---

none() {
	[ ! -e "$LIFTS" ] || [ ! -s "$LIFTS" ]
}
is "$(from $OWN lift)" 404 'a GET changes nothing'
is "$(from $OWN lift -X PUT) $(from $OWN json -d x)" '405 405' 'nor does another method, or another place'
is "$(from $OWN lift -d '') $(from $OWN lift -d token=) $(from $OWN lift -d token=1.2)" '403 403 403' 'nor a POST without a token'
token=$(token_of $OWN)
is "$(from 203.0.113.99 lift -d "$token") $(said)" '403 Load the page again, from the listed address, and ask within five minutes' \
	'nor from another address, with the token of the listed one'
is "$(from 203.0.113.99 lift -d "$token" -H "X-Forwarded-For: $OWN")" 403 'whatever it says it is'
is "$(from 203.0.113.99 lift -d "$(from 203.0.113.99 token >/dev/null; cat "$TMP/body")") $(said)" \
	'409 The address that you ask from is not listed' 'nor with its own'
old=$(printf '%x' $(($(date +%s) - 301)))
is "$(from $OWN lift -d "token=$old.${token#*.}")" 403 'nor with another time in it'
is "$(from $OWN lift -d "$token" -H 'Sec-Fetch-Site: cross-site') $(from $OWN lift -d "$token" -H 'Origin: https://evil.example')" \
	'403 403' 'nor from the page of another site'
is "$(from $OWN lift -d "$(printf 'x%.0s' {1..600})&$token") $(from $OWN lift -d "$(printf 'x%.0s' {1..100000})")" '413 413' \
	'nor with more than a form has'
check 'of all that nothing was noted' none
must nolist dump --all -c "$CONF" --quiet 2>/dev/null
is "$(on $OWN)" on 'and it is listed'

# --- who may ---

is "$(from $OWN lift -d "a=b&$token" -H 'Sec-Fetch-Site: same-origin' -H 'Accept: text/html') $(grep -o 'is being lifted' "$TMP/body") $(wc -c <"$TMP/body")" \
	"200 is being lifted $own" 'the listed address itself asks, by the page'
is "$(cut -d' ' -f1 "$LIFTS") $(stat -c %a "$LIFTS")" "$OWN 600" 'which notes it'
run dump --all -c "$CONF"
is "$status $(grep -cE "$OWN asked at the look-up page, from its own address, at 20.*: its listing is lifted" "$TMP/err") $(grep -cE "removed $OWN: lifted at the look-up page, from its own address" "$TMP/err")" \
	'0 1 1' 'dump takes it, and the log says so'
is "$(on $OWN)" off 'it is on no list any more'
is "$(from $OWN "json?address=$OWN") $(jq -c .listed "$TMP/body")" '200 false' 'the page says so'
is "$(nolist explain -c "$CONF" --json $OWN | jq -r '.freed.by')" lifted 'and explain'
nolist explain -c "$CONF" $OWN >"$TMP/out"
check 'in words' grep -q 'it was lifted at the look-up page' "$TMP/out"
is "$(nolist explain -c "$CONF" --json $OWN | jq '[.history[] | select(.kind == "lift")] | length')" 1 'and in its history'
run dump --all -c "$CONF"
is "$(grep -c asked "$TMP/err") $(sqlite3 "$STATE_DIR/evidence.db" 'SELECT count(*) FROM lift')" '0 1' 'once, however long it stays in the file'
# The curl line of the page, from a /64.
URL='http://[2001:db8::20]'
from $OWN6 "?address=$OWN6" >/dev/null
line=$(sed -nE 's/.*<pre>(curl .*)<\/pre>/\1/p' "$TMP/body" | sed "s,http://192.0.2.20/,$URL/,g; s,curl -6,curl -6 --interface $OWN6,g")
is "$(in_client bash -c "$line 2>/dev/null" | jq -c '[.type, .address, .lifted]')" "[\"lift\",\"$OWN6\",true]" 'an IPv6 address does so by the line for a shell'
must nolist dump --all -c "$CONF" --quiet 2>/dev/null
is "$(on 2001:db8:5:1::/64)" off 'which lifts its /64'
URL=http://192.0.2.20

# --- no exemption, and not again ---

inject "$OWN high=20h:69h:5 talk=20h:69h:4 hour=20:1:0:0:0 hour=40:1:0:0:0 hour=67:1:0:0:0 hour=69:1:0:0:0"
inject "198.51.100.7 low=60h:60h:1 real=60h:60h:1 data=60h:60h:1"
# They would have been before the lift: so it is made older.
must sqlite3 "$STATE_DIR/evidence.db" "UPDATE lift SET at = $((BOOT + 66 * H + 1800))"
again() {
	nolist dump -c "$CONF" --at $((BOOT + $1 * H)) --format plain 2>/dev/null | grep -cx $OWN
}
is "$(again 66) $(again 67) $(again 80) $(again 95)" '1 0 0 1' 'further offences list it anew, after a grace of their own'
echo "$OWN $(date +%s)" >"$LIFTS"
run dump --all -c "$CONF"
is "$(grep -c 'asked at' "$TMP/err")" 0 'it is not lifted again within 30 days, whatever the page has noted'

# --- limits ---

rm -f "$LIFTS"
must nolist dump --all -c "$CONF" --quiet 2>/dev/null
answers=
for i in 1 2 3 4 5; do
	answers+="$(lift_as 198.18.7.$i) "
done
is "$answers$(said)" '200 200 200 200 429 Too many addresses of this network had a listing lifted: come back later' \
	'a network may lift four listings'
is "$(lift_as 198.18.7.4)" 200 'one that has asked already may ask again'
echo "198.18.7.5 $(date +%s)" >>"$LIFTS"
run dump --all -c "$CONF"
is "$status $(grep -c 'asked at' "$TMP/err") $(grep -c '1 listings are not lifted, though' "$TMP/err")" '0 4 1' \
	'also where the page has more'
is "$(on 198.18.7.4) $(on 198.18.7.5)" 'off on' 'the fifth stays'
now=$(date +%s)
printf '%s\n' "203.0.113.6 $((now - 86400))" "203.0.113.6 $((now + 86400))" '203.0.113.6' "203.0.113.0/24 $now" "x $now" \
	"$(printf '203.0.113.6%.0s' {1..50}) $now" >"$LIFTS"
run dump --all -c "$CONF"
is "$(grep -c 'asked at' "$TMP/err") $(on 203.0.113.6)" '0 on' 'lines that the page would not write are none'

# --- a file that is not the page's ---

echo "203.0.113.6 $(date +%s)" >"$TMP/real"
refused() {
	run dump --all -c "$CONF"
	is "$status $(grep -c 'no listing is lifted by the look-up page' "$TMP/err") $(on 203.0.113.6)" '3 1 on' "$1 is not used"
}
ln -sf "$TMP/real" "$LIFTS"
refused 'a link'
rm "$LIFTS" && mkfifo "$LIFTS"
refused 'a pipe'
rm "$LIFTS" && head -c 20000 /dev/zero >"$LIFTS"
refused 'a large one'
cp "$TMP/real" "$LIFTS" && chmod 666 "$LIFTS"
refused 'one that others may write'
chmod 600 "$LIFTS" && chmod 777 "$TMP/page"
refused 'one in a directory of everybody'
chmod 755 "$TMP/page"
must chown 65534 "$LIFTS"
refused 'one of a user who is not the directory'"'"'s'
rm "$LIFTS"

# --- run takes it by itself ---

# With the table of those that are refused at the real MX. What the kernel notes is of its own clock, earlier
# than the evidence: no alibi.
inject '203.0.113.8 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0'
sed "s|^list = .*|list = { \"page $LIST\", \"plain $PLAIN\", \"xdp $STATE_DIR/lists/xdp\" }\nenforce = tempfail\nwindow = 1|" \
	"$CONF" >"$TMP/enforce.conf"
must nolist load -c "$TMP/enforce.conf" >/dev/null 2>&1
must ip -n client addr add 203.0.113.8/32 dev c0
# Nothing listens there: who passes is refused by the kernel.
at_real() {
	in_client "$PYTHON" -c '
import socket, sys
try:
	print(socket.create_connection((sys.argv[1], 25), 5, (sys.argv[2], 0)).recv(3).decode())
except ConnectionRefusedError:
	print("passes")' $REAL4 203.0.113.8
}
nolist run --no-load -c "$TMP/enforce.conf" 2>"$TMP/err.run" &
written() {
	grep -q 'writing 3 lists' "$TMP/err.run" && sqlite3 -readonly "$STATE_DIR/evidence.db" 'SELECT max(time) FROM list' | grep -q .
}
must wait_for 30 written
sleep 2
is "$(lift_as 203.0.113.6) $(on 203.0.113.6)" '200 on' 'one more asks'
is_off() {
	[ "$(on 203.0.113.6)" = off ]
}
check 'and run writes the lists within a minute' wait_for 60 is_off
# While nobody can put another table in force, it is this one that changes.
tempfailed() {
	[ "$(at_real)" = 220 ]
}
passes() {
	[ "$(at_real)" = passes ]
}
made_anew() {
	[ "$(json "s['tables'][0]['enforce']['made']")" != "$made" ]
}
check 'one that is tempfailed at the real MX' tempfailed
made=$(json "s['tables'][0]['enforce']['made']")
# It does not write the lists again and again.
sleep 16
exec 8<"$PIN_DIR"
must flock -x 8
began=$(date +%s%N)
is "$(lift_as 203.0.113.8)" 200 'asks'
check 'and passes' wait_for 10 passes
ms=$((($(date +%s%N) - began) / 1000000))
echo "# after $ms ms"
check 'within two seconds' test "$ms" -lt "$(awk -v p="${NOLIST_PATIENCE:-1}" 'BEGIN { print int(2000 * p) }')"
is "$(json "s['tables'][0]['enforce']['made']")" "$made" 'of the table that was in force'
flock -u 8
exec 8<&-
check 'another one is made' wait_for 30 made_anew
check 'which has it no more' passes

# --- what refused clients and senders read ---

is "$(nolist dump -c "$CONF" --format postfix 2>/dev/null | grep -oE 'see http://192.0.2.20/.address=198.18.7.5' | uniq)" \
	'see http://192.0.2.20/?address=198.18.7.5' 'the reason names the page'
is "$(nolist dump -c "$CONF" --format zone 2>/dev/null | grep -c 'TXT.*see http://192.0.2.20/?address=198.18.7.5"')" 1 'so does TXT'
sed '$a stage = greeting' "$CONF" >"$TMP/greeting.conf"
must nolist load -c "$TMP/greeting.conf" >/dev/null 2>&1
is "$(in_client timeout 5 bash -c "exec 3<>/dev/tcp/$HIGH4/25; head -n 1 <&3" | grep -o 'later; see http://192.0.2.20/')" \
	'later; see http://192.0.2.20/' 'and what a high fake says'
sed '/^page-lifts/d' "$CONF" >"$TMP/without.conf"
must nolist dump --all -c "$TMP/without.conf" --quiet 2>/dev/null
is "$(lift_as 198.18.7.5) $(said)" '403 No listing is lifted here' 'without "page-lifts" none is lifted'
done_testing
