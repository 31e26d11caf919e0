#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two hosts with fakes, and a forged SYN from one's to the other's: neither keeps a
# connection, so what the two say to each other would go on for ever unless one of them
# has nothing to say. One forged packet must not cost more than a few answers. The same where each
# of them holds the other in its tarpit, or one of them does.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need bpftool ip jq
[ -n "$PYTHON" ] || skip_all 'python3 is not installed'
# shellcheck disable=SC2119
topology
must ip -n client link set dev c0 xdp off

# fake NETNS DEV SPLIT ROLE ADDRESS...: that host's only role.
fake() {
	local netns=$1 dev=$2 split=$3 role=$4 addresses

	shift 4
	printf -v addresses '"%s", ' "$@"
	printf 'interface = {%s}\nsplit-handshake = %s\n%s = {%s}\n' "$dev" "$split" "$role" \
		"${addresses%, }" >"$TMP/$netns.conf"
	must nsenter --net="/run/netns/$netns" "$TOOL" load --force -c "$TMP/$netns.conf" \
		--pin-dir "/sys/fs/bpf/$netns" --state-dir "$TMP/$netns" >"$TMP/$netns.load" 2>&1
}

# held NETNS ADDRESS...: that host holds these.
held() {
	local netns=$1

	shift
	printf 'enforce = tempfail\nenforce-list = {"/none tempfail"}\ntarpit = high\n' >>"$TMP/$netns.conf"
	must nsenter --net="/run/netns/$netns" "$TOOL" load --force -c "$TMP/$netns.conf" \
		--pin-dir "/sys/fs/bpf/$netns" --state-dir "$TMP/$netns" >"$TMP/$netns.load" 2>&1
	must "$BUILD/selftests/lib/held" "/sys/fs/bpf/$netns" "$@"
}

# FAMILY SOURCE DESTINATION TIMESTAMPS: a SYN from the client's port to that of the server.
cat >"$TMP/forge.py" <<'END'
import socket, struct, sys
ip6, src, dst, stamps = sys.argv[1] == "6", sys.argv[2], sys.argv[3], sys.argv[4] == "yes"
def sum16(b):
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
family = socket.AF_INET6 if ip6 else socket.AF_INET
a, b = socket.inet_pton(family, src), socket.inet_pton(family, dst)
options = bytes.fromhex("0101080a0000000100000000") if stamps else b""
size = 20 + len(options)
port, seq = int(sys.argv[5]), int(sys.argv[6])
tcp = struct.pack("!HHIIBBHHH", port, port, seq, 0, size << 2, 2, 65535, 0, 0) + options
check = sum16(a + b + struct.pack("!II", size, 6) + tcp)
tcp = tcp[:16] + struct.pack("!H", check) + tcp[18:]
if ip6:
    ip = struct.pack("!IHBB", 6 << 28, size, 6, 64) + a + b
else:
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, 0, 64, 6, 0) + a + b
    ip = ip[:10] + struct.pack("!H", sum16(ip)) + ip[12:]
link = bytes.fromhex("020000000002" "020000000001") + struct.pack("!H", 0x86dd if ip6 else 0x800)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("c0", 0))
s.send(link + ip + tcp)
END

# In both hosts, whatever the role.
answers() {
	local host

	for host in client server; do
		nsenter --net=/run/netns/$host "$TOOL" status --json \
			--pin-dir "/sys/fs/bpf/$host" --state-dir "$TMP/$host"
	done | jq -s '[.[].verdicts | to_entries[] | select(.key | test("^(high|low|tarpit)_")).value] | add'
}

has_begun() {
	[ "$(answers)" -gt "$before" ]
}

is_still() {
	local before

	before=$(answers)
	sleep 0.2
	[ "$(answers)" = "$before" ]
}

try() {
	local name=$1 port=${2:-25} family stamps before n seq=1000

	for family in 4 6; do
		for stamps in yes no; do
			before=$(answers)
			((seq += 1000))
			if [ $family = 4 ]; then
				must in_client "$PYTHON" "$TMP/forge.py" 4 "$CLIENT4" "$HIGH4" $stamps $port $seq
			else
				must in_client "$PYTHON" "$TMP/forge.py" 6 "$CLIENT6" "$HIGH6" $stamps $port $seq
			fi
			must wait_for 5 has_begun
			check "$name, IPv$family, timestamps $stamps: it comes to an end" \
				wait_for 5 is_still
			n=$(($(answers) - before))
			check "$name, IPv$family, timestamps $stamps: after $n segments" \
				test $n -ge 1 -a $n -le 4
		done
	done
}

for splits in 'yes yes' 'yes no' 'no yes' 'no no'; do
	fake client c0 "${splits% *}" high "$CLIENT4" "$CLIENT6"
	fake server s0 "${splits#* }" high "$HIGH4" "$HIGH6"
	try "high and high, split handshakes: $splits"
done
# A port from which clients connect, so that none of the two can tell that it is no client's.
port=40025
tarpits() {
	nsenter --net="/run/netns/$1" "$TOOL" status --json --pin-dir "/sys/fs/bpf/$1" --state-dir "$TMP/$1" |
		jq .verdicts.tarpit_syn_ack
}
for who in 'client server' server; do
	fake client c0 no high "$CLIENT4" "$CLIENT6"
	fake server s0 no high "$HIGH4" "$HIGH6"
	for host in client server; do
		echo "port = {25, $port}" >>"$TMP/$host.conf"
	done
	[ "$who" = server ] || held client "$HIGH4" "${HIGH6%::*}::/64"
	held server "$CLIENT4" "${CLIENT6%::*}::/64"
	before=$(tarpits server)
	try "held by $who" $port
	# One in eight is not held.
	has_answered() {
		must in_client "$PYTHON" "$TMP/forge.py" 4 "$CLIENT4" "$HIGH4" yes $port $((RANDOM + 9000))
		[ "$(tarpits server)" -gt "$before" ]
	}
	check "held by $who: the server's tarpit has answered" wait_for 10 has_answered
done
fake client c0 no low "$CLIENT4" "$CLIENT6"
fake server s0 yes high "$HIGH4" "$HIGH6"
try 'low and high'
done_testing
