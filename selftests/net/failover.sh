#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# modes: none
#
# Two MX hosts, keepalived at both as docs/deploy.md has it, one key: the fakes' addresses move by VRRP when the first host is cut
# off, and back when it returns. A dialogue that is open goes on at the other host each time, over IPv4 and
# IPv6, with timestamps and without; with a key of its own the other host resets it. A new connection is answered by whoever
# has the addresses, a closed port included. Why it matters: with a failover every sender that was in the
# middle of a dialogue would be sent away by a reset, and what it did until then would be lost as evidence.
# shellcheck disable=SC2034,SC2317
FETCH="scripts/fetch.sh keepalived"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip python3 ethtool jq
OTHER_MAC=02:00:00:00:00:03
OTHER=(--pin-dir "$PIN_DIR-other" --state-dir "$TMP/other")
KEEPALIVED=$TOP/build/debs/keepalived/usr/sbin/keepalived
export LD_LIBRARY_PATH=$TOP/build/debs/keepalived/usr/lib/x86_64-linux-gnu
[ -x "$KEEPALIVED" ] || bail_out 'keepalived was not unpacked'

# A bridge as the wire: the hosts at p0 and p1.
quiet_netns client
quiet_netns server
quiet_netns other
must ip -n client link add c0 address $CLIENT_MAC type bridge mcast_snooping 0
must ip -n client addr add $CLIENT4/24 dev c0
must ip -n client addr add $CLIENT6/64 dev c0 nodad
must ip -n client link set c0 up
n=0
for host in server other; do
	must ip -n client link add "p$n" type veth peer name s0 netns $host
	must ip -n client link set "p$n" master c0 up
	in_client ethtool -K "p$n" tx off >/dev/null || bail_out 'cannot: ethtool'
	attach_pass client "p$n"
	must ip -n $host link set s0 up
	must ip -n $host addr add 192.0.2.$((2 + n))/24 dev s0
	must wait_for 5 link_is_up $host s0
	n=$((n + 1))
done
must ip -n other link set s0 address $OTHER_MAC
must ip -n server link set s0 address $SERVER_MAC

other() {
	nsenter --net=/run/netns/other "$TOOL" "$@" "${OTHER[@]}"
}
ROLES=(-i s0 --low "$LOW4" --low "$LOW6" --high "$HIGH4" --high "$HIGH6")
load() {
	nolist load "${ROLES[@]}" "$@" >/dev/null && other load "${ROLES[@]}" "$@" >/dev/null
}

# keeps HOST PRIORITY: keepalived there, as docs/deploy.md has it.
keeps() {
	mkdir "$TMP/vrrp-$1"
	sed "s/eth0/s0/; s/priority .*/priority $2/" "$TMP"/blocks/*.keepalived >"$TMP/vrrp-$1/conf"
	background "$1" "$KEEPALIVED" --dont-fork --log-console --vrrp --use-file "$TMP/vrrp-$1/conf" \
		--pid "$TMP/vrrp-$1/pid" --vrrp_pid "$TMP/vrrp-$1/vrrp" >"$TMP/vrrp-$1/log" 2>&1
	keeper+=($!)
}
keeper=()
mkdir "$TMP/blocks"
must awk -v to="$TMP/blocks" -f "$TOP/selftests/lib/blocks.awk" "$TOP/docs/deploy.md"
# has HOST: has it the addresses, and does the client send to no other one?
has() {
	local not=$OTHER_MAC

	[ "$1" = server ] || not=$SERVER_MAC
	[ "$(ip -n "$1" -o addr show dev s0 | grep -cF -e " $HIGH4/" -e " $HIGH6/")" = 2 ] &&
		! in_client ip neigh show | grep -F -e "$HIGH4 " -e "$HIGH6 " | grep -q " $not "
}
# So that the client has entries of both.
asks() {
	in_client bash -c "for a in $HIGH4 $HIGH6; do timeout 2 bash -c \": <>/dev/tcp/\$a/25\" 2>/dev/null; done"
	has server
}
cut_off() {
	must ip -n client link set p0 down
	wait_for 20 has other || bail_out "the addresses do not move: $(tail -n 3 "$TMP/vrrp-other/log")"
}
comes_back() {
	must ip -n client link set p0 up
	wait_for 20 has server || bail_out "the addresses do not come back: $(tail -n 3 "$TMP/vrrp-server/log")"
}

# dialogue ADDRESS MOVE...: smtplib up to each of two points, and what is done there. Prints the codes.
dialogue() {
	local go line

	coproc CLIENT {
		in_client "$PYTHON" -u -c '
import smtplib, sys
def wait():
    print("here")
    sys.stdin.readline()
codes = []
try:
    c = smtplib.SMTP(timeout=20)
    codes.append(c.connect(sys.argv[1], 25)[0])
    codes.append(c.ehlo("client.example")[0])
    codes.append(c.mail("a@client.example")[0])
    wait()
    codes.append(c.rcpt("b@example.com")[0])
    wait()
    codes.append(c.docmd("DATA")[0])
    codes.append(c.quit()[0])
except (smtplib.SMTPServerDisconnected, ConnectionResetError):
    codes.append("reset")
print(*codes)' "$1"
	}
	local to=${CLIENT[1]} from=${CLIENT[0]} pid=$CLIENT_PID
	for go in "${@:2}"; do
		read -r -t 30 line <&"$from" || break
		[ "$line" = here ] || break
		"$go"
		echo >&"$to"
	done
	[ "$line" != here ] || read -r -t 40 line <&"$from"
	wait "$pid" 2>/dev/null
	echo "$line"
}
stays() {
	:
}

ALL='220 250 250 250 451 221'
must "$TOOL" load --new-key "$TMP/numbers" >/dev/null
check 'two hosts with one key' load --key "$TMP/numbers"
keeps server 150
keeps other 100
check 'the first one gets the addresses' wait_for 20 asks
is "$(dialogue "$HIGH4" stays stays)" "$ALL" 'a dialogue there'
is "$(dialogue "$HIGH4" cut_off stays)" "$ALL" 'it is cut off between MAIL and RCPT: the dialogue goes on at the other one'
in_client "$PYTHON" -c "
import socket
s = socket.socket()
s.settimeout(5)
try:
    s.connect(('$LOW4', 25))
except ConnectionRefusedError:
    print('refused')" >"$TMP/low"
is "$(cat "$TMP/low")" refused 'new ones too: the low fake refuses there'
is "$(dialogue "$HIGH4" comes_back stays)" "$ALL" 'one that began there goes on at the first one, which has come back'
is "$(dialogue "$HIGH6" cut_off comes_back)" "$ALL" 'over IPv6 away and back'
must in_client sysctl -qw net.ipv4.tcp_timestamps=0
is "$(dialogue "$HIGH4" cut_off comes_back)" "$ALL" 'without timestamps too'
must in_client sysctl -qw net.ipv4.tcp_timestamps=1
strong() {
	"$@" explain "$CLIENT4" --json | jq '[.hours[] | .strong] | add > 0'
}
is "$(strong nolist) $(strong other)" 'true true' 'both have evidence of the client'
check 'each host with a key of its own' load
is "$(dialogue "$HIGH4" cut_off stays)" '220 250 250 reset' 'then the other one resets it'
kill "${keeper[@]}"
wait "${keeper[@]}" 2>/dev/null
done_testing
