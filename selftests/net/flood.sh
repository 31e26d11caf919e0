#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A flood of SYNs with forged sources, while the real MX is down: three senders that walk from low to
# high and say no QUIT, as dma and mail applications do. Their SYNs to low and real are not noted, so
# that nothing excuses them; they must not be listed. When they come again, their walks are noted,
# though the flood goes on.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sqlite3
topology ''
must ip -n client addr add 198.51.100.1/24 dev c0
must ip -n server route add 198.51.100.0/24 dev s0
judge_setup
cat >>"$CONF" <<-END
	offences = 1
	grace = 1
	real-mx-unseen = accept
	neighbours-ip4 = 32
	collect = yes
END
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1

# visits SOURCE... floods low and real, and in the same second the first three of these walk; where
# it ended too early, the next three in another second, as long as there are some. Prints which did.
# On one CPU, since each has a budget of its own. The second is that of the packet program.
visits() {
	in_client taskset -c 0 "$PYTHON" - "$LOW4" "$REAL4" "$HIGH4" "$@" <<-'E'
		import random, socket, struct, sys, time
		low, real, high, *senders = sys.argv[1:]
		raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		raw.bind(("c0", 0))

		def total(data):
		    n = sum(struct.unpack(f"!{len(data) // 2}H", data))
		    while n >> 16:
		        n = (n & 0xffff) + (n >> 16)
		    return n

		# The checksums are those of one frame, without the part of the source that differs.
		def template(to):
		    to = socket.inet_aton(to)
		    net = bytes((11, random.randrange(256)))
		    ip = bytearray(struct.pack("!BBHHHBBH2s2s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, net, b"\0\0", to))
		    tcp = bytearray(struct.pack("!HHIIBBHHH", 4025, 25, 1, 0, 0x50, 2, 1024, 0, 0))
		    head = bytes.fromhex("020000000002 020000000001 0800")
		    return head, ip, tcp, total(ip), total(tcp + net + b"\0\0" + to + bytes((0, 6, 0, 20)))

		def flood(to, many):
		    head, ip, tcp, ip_sum, tcp_sum = template(to)
		    pack = struct.Struct("!H").pack_into
		    for host in range(many):
		        pack(ip, 14, host)
		        for where, at, n in ((ip, 10, ip_sum + host), (tcp, 16, tcp_sum + host)):
		            n = (n & 0xffff) + (n >> 16)
		            pack(where, at, 0xffff - ((n & 0xffff) + (n >> 16)))
		        raw.send(head + ip + tcp)

		def refused(sender, to):
		    with socket.socket() as s:
		        s.bind((sender, 0))
		        return s.connect_ex((to, 25)) == 111

		def no_quit(sender):
		    with socket.socket() as s:
		        s.bind((sender, 0))
		        s.settimeout(10)
		        s.connect((high, 25))
		        for line in (b"", b"EHLO a\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<c@d>\r\n", b"DATA\r\n"):
		            if line:
		                s.sendall(line)
		            said = s.recv(999)
		        return said[:3] == b"451"

		def second():
		    return time.monotonic_ns() >> 30

		for tries in range(20):
		    three, senders = senders[:3], senders[3:] or senders
		    now = second()
		    while second() == now:
		        time.sleep(0.005)
		    now = second()
		    flood(low, 5000)
		    flood(real, 5000)
		    walked = [refused(s, low) and refused(s, real) for s in three]
		    if second() == now:
		        break
		else:
		    sys.exit(3)
		if not all(walked) or not all(no_quit(s) for s in three):
		    sys.exit(1)
		print(*three)
	E
}

# verdict SOURCE: of explain, with what holds it.
verdict() {
	nolist explain -c "$CONF" --json "$1" | jq -r '[.verdict, .hold // "-"] | join(" ")'
}

listed() {
	nolist dump -c "$CONF" --format plain 2>/dev/null | grep -v '^#' | sort | tr '\n' ' '
}

for i in {2..60}; do
	must ip -n client addr add "198.51.100.$i/24" dev c0
done
visits 198.51.100.{1..60} >"$TMP/three"
case $? in
0) ;;
3) skip_all 'this machine is too slow for a flood in a second' ;;
*) bail_out 'a sender did not walk' ;;
esac
read -ra good <"$TMP/three"
sleep 2.5
run collect -c "$CONF" --log 0
is "$(json 's["contacts"]["limited"]["low"] > 0 and s["contacts"]["limited"]["real"] > 0')" True \
	'the flood is more than is noted'
for g in "${good[@]}"; do
	is "$(nolist explain -c "$CONF" --json "$g" | jq -c '[.low, .real, .talk.hours]')" '[null,null,1]' \
		"$g: its walk was not noted, its dialogue was"
	is "$(verdict "$g")" 'held flood' "$g is held"
done
is "$(listed)" '' 'none is listed'
run explain -c "$CONF" "${good[0]}"
check 'explain says it' grep -q '^  flood *no *1 offence during a flood of SYNs: if it was at low or real' "$TMP/out"
check 'and in the history' grep -q 'a flood: SYNs were too many to note all of them' "$TMP/out"
run status
check 'status says it' grep -q "^SYNs were too many to note all of them at .*'flood'" "$TMP/out"
is "$(json 's["flooded_at"] > 0')" True 'and in JSON'

# They are known now: each of their walks is noted.
visits "${good[@]}" >"$TMP/three" || bail_out "a sender did not walk again"
for g in "${good[@]}"; do
	is "$(verdict "$g")" 'alibi -' "$g: its next walk is noted, flood or not"
done
run collect -c "$CONF" --log 0
must nolist unload >/dev/null
must nolist unload --purge >/dev/null
is "$(nolist explain -c "$CONF" --json "${good[0]}" | jq -r .verdict)" alibi "and stored"
is "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT rows = (SELECT count(*) FROM source WHERE grade = 0), rows > 8000
	FROM amount')" '1|1' 'the store knows how many forged sources it has'
done_testing
