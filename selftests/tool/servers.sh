#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What would take mail down is not loaded: swapped roles, no addresses, a file that was cut
# off. What may mend itself or only costs evidence is an error of check, and a warning of
# load: no server at the real MX, as at a boot; one at an address without a role; a real MX
# behind DNAT; AUTH where a list is enforced. Why it matters: load exits with 0, and the
# mail is gone.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq nft python3

# shellcheck disable=SC2119
topology
CONF=$TMP/nolist.conf

# conf LOW REAL HIGH [LINE]...
conf() {
	printf 'interface = { s0 }\nlow = { %s }\nreal = { %s }\nhigh = { %s }\n' "$1" "$2" "$3" >"$CONF"
	shift 3
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$CONF"
}

# listens ADDR...: a mail server there, which offers $offers; end_services ends it.
offers=PIPELINING
listens() {
	rm -f "$TMP/listens"
	background server "$PYTHON" -c '
import socket, sys, threading
def talk(s, c):
	f = c.makefile("rwb", 0)
	f.write(b"220-mx ready\r\n220 go on\r\n")
	for line in f:
		if line.upper().startswith(b"EHLO"):
			f.write(b"250-mx\r\n250-SIZE 1000\r\n250 " + sys.argv[2].encode() + b"\r\n")
		elif line.upper().startswith(b"QUIT"):
			f.write(b"221 bye\r\n")
			open(sys.argv[1] + ".quit", "a").write("x")
			c.close()
			return
def serve(s):
	while True:
		threading.Thread(target=talk, args=(s, s.accept()[0]), daemon=True).start()
all = []
for a in sys.argv[3:]:
	s = socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	if ":" in a:
		s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
	s.bind((a, 25))
	s.listen()
	all.append(s)
open(sys.argv[1], "w")
for s in all[1:]:
	threading.Thread(target=serve, args=(s,), daemon=True).start()
serve(all[0])' "$TMP/listens" "$offers" "$@"
	must wait_for 5 test -e "$TMP/listens"
}

look() {
	nolist check -c "$CONF" --json >"$TMP/doc" 2>"$TMP/err"
	status=$?
}

# found ABOUT SUBJECT: "error refused", "error", "warning" ... of the findings about that.
found() {
	jq -r --arg a "$1" --arg s "$2" '[.findings[] | select(.about == $a and .subject == $s) |
		.grade + if .refused then " refused" else "" end] | join(", ")' "$TMP/doc"
}

hint_of() {
	jq -r --arg a "$1" '[.findings[] | select(.about == $a and .hint) | .hint] | join("\n")' "$TMP/doc"
}

# loads STATUS TEXT NAME [OPTION]...: load exits so, and says TEXT; where it fails the
# program and its configuration are as before.
loads() {
	local want=$1 text=$2 name=$3 before status

	shift 3
	before=$(in_force)
	nolist load -c "$CONF" "$@" >"$TMP/load" 2>&1
	status=$?
	is "$status $(grep -cF -- "$text" "$TMP/load")" "$want 1" "$name"
	[ "$want" = 0 ] || is "$(in_force)" "$before" "$name: all is as before"
}

in_force() {
	nolist status --json 2>/dev/null | jq -c '[.interfaces[].name, (.tables[0].mx[] | [.address, .role])]'
}

# --- swapped roles ---

listens "$REAL4"
conf "$REAL4" "$LOW4" "$HIGH4"
look
is "$status $(found roles "$REAL4")" '1 error refused' 'low and real swapped is refused'
is "$(hint_of roles)" "real = { $REAL4 } and low = { $LOW4 }; or bind the mail server to $LOW4" \
	'with the line that mends it'
loads 1 "and not on '$LOW4', the real MX: no mail would be accepted" 'by load as well'
conf "$LOW4" "$HIGH4" "$REAL4"
loads 1 "which is configured as high, and not on '$HIGH4'" 'so is high and real swapped'
loads 0 "warning: $CONF:4: the mail server listens on" 'unless forced' --force
must nolist unload --purge >/dev/null
conf "$LOW4, $REAL6" "$REAL4, $LOW6" "$HIGH4"
look
is "$status $(found roles "$REAL6") $(found listener "$LOW6")" '1  error' \
	'where nobody listens at the fake either they may be right'
end_services
listens "$REAL4" "$REAL6"
look
is "$status $(found roles "$REAL6")" '1 error refused' 'in IPv6 alone, though IPv4 is right'
conf "$LOW4, $LOW6" "$REAL4, $REAL6" "$HIGH4"
look
is "$status" 0 'as it should be: no error'
end_services

# --- the mail server starts later, as at a boot ---

look
is "$status $(found listener "$REAL4") $(found listener "$REAL6")" '1 error error' \
	'a real MX without a server is an error of check'
loads 0 "warning: $CONF:3: no server listens on '$REAL4' port 25, the real MX" 'and a warning of load'
listens "$REAL4" "$REAL6"
look
is "$status $(found listener "$REAL4")" '0 ' 'when it has started all is well'
is "$(nolist load -c "$CONF" 2>&1 >/dev/null)" '' 'and load says nothing'
end_services

# --- addresses without a role ---

conf "$LOW4" "$REAL4" "$HIGH4"
listens "$REAL4" "$REAL6"
look
is "$status $(found listener "$REAL6")" '1 error' 'a server at an address without a role'
case $(hint_of listener) in
*"real = { $REAL6 }"*) ok 'the line that names it' ;;
*) is "$(hint_of listener)" "real = { $REAL6 }" 'the line that names it' ;;
esac
loads 0 "warning: a server listens on '$REAL6' port 25, an address of this host without a role" \
	'load warns of it'
end_services
must ip -n server addr add 10.1.2.3/24 dev s0
listens "$REAL4" 10.1.2.3
look
is "$status $(found listener 10.1.2.3)" '0 ' 'a private one takes no mail from outside'
end_services
must ip -n server addr del 10.1.2.3/24 dev s0
listens "$REAL4" ::
look
is "$(found listener "$REAL6"), $(found listener fe80::ff:fe00:2)" 'error, ' \
	'a server on all addresses is at them as well'
end_services

# --- a real MX that is elsewhere, though its address is here ---

listens "$REAL4"
dnat() {
	printf '%s\n' 'flush ruleset' "$@" | in_server nft -f - || bail_out 'cannot: nft'
	look
}
dnat 'table ip t { chain pre { type nat hook prerouting priority -100;' \
	"fib daddr type local tcp dport 25 dnat to 172.18.0.2:25" '}' '}'
is "$status $(found dnat "$REAL4") $(hint_of dnat | grep -c 'import --role real')" '1 error 1' \
	'DNAT of the port is an error'
loads 0 "is sent elsewhere by rule" 'and a warning of load'
end_services
look
is "$(found listener "$REAL4")" '' 'nobody has to listen there then'
dnat 'table ip t { chain pre { type nat hook prerouting priority -100;' \
	"ip daddr $REAL4 tcp dport 587 dnat to 172.18.0.2:25" '}' '}'
is "$(found dnat "$REAL4") $(found listener "$REAL4")" ' error' 'of another port it is none'
dnat
if command -v iptables-nft >/dev/null; then
	must in_server iptables-nft -t nat -N DOCKER
	must in_server iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	must in_server iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp --dport 25 -j DNAT \
		--to-destination 172.18.0.2:25
	look
	is "$status $(found dnat "$REAL4")" '1 error' "docker's rules"
	dnat
else
	skip 'iptables is not installed' "docker's rules"
fi

background client "$PYTHON" -c '
import socket, sys, time
s = socket.socket()
s.bind((sys.argv[1], 25))
s.listen()
open(sys.argv[2], "w")
time.sleep(600)' "$CLIENT4" "$TMP/away"
must wait_for 5 test -e "$TMP/away"
dnat 'table ip t { chain out { type nat hook output priority -100;' \
	"ip daddr $REAL4 tcp dport 25 dnat to $CLIENT4" '}' '}'
is "$(found dnat "$REAL4") $(found listener "$REAL4")" 'error ' 'by rules that check does not read'
end_services
dnat

# --- AUTH where a list is enforced ---

offers='AUTH PLAIN LOGIN'
listens "$REAL4"
rm -f "$TMP/listens.quit"
conf "$LOW4" "$REAL4" "$HIGH4" "list = { \"plain $TMP/list\" }"
look
is "$status $(found auth "$REAL4") $(ls "$TMP"/*.quit 2>/dev/null)" '0  ' \
	'no list that refuses anybody: nothing is asked'
conf "$LOW4" "$REAL4" "$HIGH4" "list = { \"postfix $TMP/list\" }"
look
is "$status $(found auth "$REAL4")" '1 error' 'AUTH where one is enforced is an error'
is "$(hint_of auth | grep -c 'postconf -P smtp/inet/smtpd_sasl_auth_enable=no')" 1 'with the line that mends it'
is "$(cat "$TMP/listens.quit")" x 'it was asked once, and left with QUIT'
loads 0 'the real MX offers AUTH on port 25' 'load warns of it'
end_services
offers=STARTTLS
listens "$REAL4"
look
is "$status $(found auth "$REAL4")" '0 ok' 'without AUTH it is none'
end_services
background server "$PYTHON" -c '
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], 25))
s.listen()
open(sys.argv[2], "w")
time.sleep(600)' "$REAL4" "$TMP/mute"
must wait_for 5 test -e "$TMP/mute"
begun=$SECONDS
loads 0 'reconfigured' 'one that says nothing does not hold load up'
is "$((SECONDS - begun < 20))" 1 'for long'
end_services

# --- no addresses, or not all of them ---

listens "$REAL4"
conf "$LOW4" "$REAL4" "$HIGH4"
must nolist load -c "$CONF" >/dev/null
for text in '' 'interface = { s0 }\n' 'interface = { s0 }\nlow = {}\nreal = {}\nhigh = {}\n'; do
	# shellcheck disable=SC2059
	printf "$text" >"$CONF"
	loads 2 "the configuration has no MX addresses" "no addresses: ${text:-an empty file}"
done
nolist check s0 -c "$CONF" >"$TMP/text"
is "$? $(grep -c "^error.*no MX addresses" "$TMP/text")" '1 1' 'check refuses it as well'
loads 0 'the configuration has no MX addresses' 'unless forced' --force
printf 'interface = { s0 }\nport = {}\nlow = { %s }\n' "$LOW4" >"$CONF"
loads 2 "$CONF: 'port' is empty: leave it out for port 25" 'no ports'
conf "$LOW4" "$REAL4" "$HIGH4"
must nolist load -c "$CONF" >/dev/null
printf 'interface = { s0 }\nlow = { %s }\nreal = { %s }' "$LOW4" "$REAL4" >"$CONF"
loads 2 'the last line of the file has no end, and 1 address of the configuration in force is missing' \
	'a file that was cut off'
echo >>"$CONF"
loads 0 'no high fake' 'with a line end it is meant so'
printf 'interface = { s0 }\nlow = { %s }\nreal = { %s }\nhigh = { %s }' "$LOW4" "$REAL4" "$HIGH4" >"$CONF"
loads 0 reconfigured 'a whole one without a last line end is taken'
end_services 2>/dev/null
done_testing
