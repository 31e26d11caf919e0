#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A segment whose checksum is still to be made (CHECKSUM_PARTIAL), as a guest or a
# container hands it over, and its answer through the same device: whoever finishes
# what is left to be finished must come to the right sum. Here the card is a tap with
# virtio's header, and the test is its other side. Why it matters: in generic mode the
# answer goes out with the marks of the question; a sum that is made twice is wrong,
# and the sender meets silence.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip python3

quiet_netns server
if ! in_server ip tuntap add dev t0 mode tap vnet_hdr 2>/dev/null; then
	skip_all 'this kernel has no taps'
fi
must ip -n server link set t0 address $SERVER_MAC
must ip -n server addr add $LOW4/24 dev t0
must ip -n server addr add $HIGH4/24 dev t0
must ip -n server addr add $LOW6/64 dev t0 nodad
must ip -n server addr add $HIGH6/64 dev t0 nodad
must ip -n server link set t0 up
must ip -n server neigh add $CLIENT4 lladdr $CLIENT_MAC dev t0
must ip -n server neigh add $CLIENT6 lladdr $CLIENT_MAC dev t0

# ask KIND ADDRESS: sends a SYN, its sum whole or partial, from the tap's far side,
# finishes the answer as a card does, and says what it is and how its sums are.
ask() {
	in_server "$PYTHON" - "$1" "$2" $SERVER_MAC $CLIENT_MAC <<-'E'
		import fcntl, ipaddress, os, select, struct, sys, time

		kind, to, server, client = sys.argv[1:]
		TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D0, 0x400454D8
		IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, TUN_F_CSUM, NEEDS_CSUM = 2, 0x1000, 0x4000, 1, 1
		# Not blocking: else a tap runs even a native program behind the driver.
		tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
		fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"t0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
		fcntl.ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM)

		def fold(data):
		    data += b"\0" * (len(data) % 2)
		    n = sum(struct.unpack(f"!{len(data) // 2}H", data))
		    while n >> 16:
		        n = (n & 0xFFFF) + (n >> 16)
		    return n

		daddr = ipaddress.ip_address(to)
		is_ip4 = daddr.version == 4
		saddr = ipaddress.ip_address("192.0.2.1" if is_ip4 else "2001:db8::1")
		tcp = struct.pack("!HHIIBBHHH", 40000, 25, 1000, 0, 5 << 4, 2, 64240, 0, 0)
		pseudo = saddr.packed + daddr.packed + struct.pack("!HH", 6, len(tcp))
		if kind == "partial":
		    tcp_sum = fold(pseudo)
		else:
		    tcp_sum = fold(pseudo + tcp) ^ 0xFFFF
		tcp = tcp[:16] + struct.pack("!H", tcp_sum) + tcp[18:]
		if is_ip4:
		    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, saddr.packed, daddr.packed)
		    ip = ip[:10] + struct.pack("!H", fold(ip) ^ 0xFFFF) + ip[12:]
		else:
		    ip = struct.pack("!IHBB16s16s", 6 << 28, len(tcp), 6, 64, saddr.packed, daddr.packed)
		mac = lambda text: bytes.fromhex(text.replace(":", ""))
		frame = mac(server) + mac(client) + (b"\x08\x00" if is_ip4 else b"\x86\xdd") + ip + tcp
		start = 14 + len(ip)
		header = struct.pack("<BBHHHH", NEEDS_CSUM, 0, 0, 0, start, 16) if kind == "partial" else bytes(10)
		os.write(tap, header + frame)

		def answer():
		    end = time.monotonic() + 3 * int(os.environ.get("NOLIST_PATIENCE", "1"))
		    while time.monotonic() < end:
		        # Again, as TCP would: a device that has just come up may lose what it is given.
		        if not select.select([tap], [], [], 0.2)[0]:
		            os.write(tap, header + frame)
		            continue
		        got = os.read(tap, 65536)
		        head, got = got[:10], bytearray(got[10:])
		        at = 14 + len(ip)
		        if bytes(got[12:14]) != frame[12:14] or got[23 if is_ip4 else 20] != 6 or len(got) < at + 20:
		            continue
		        return head, got, at
		    sys.exit("silence")

		head, got, at = answer()
		flags, _, _, _, begin, offset = struct.unpack("<BBHHHH", head)
		if flags & NEEDS_CSUM:
		    whole = fold(bytes(got[begin:])) ^ 0xFFFF
		    got[begin + offset:begin + offset + 2] = struct.pack("!H", whole or 0xFFFF)
		size = struct.unpack("!H", got[16:18])[0] - len(ip) if is_ip4 else struct.unpack("!H", got[18:20])[0]
		segment = bytes(got[at:at + size])
		sums = fold(daddr.packed + saddr.packed + struct.pack("!HH", 6, size) + segment)
		ip_sum = fold(bytes(got[14:34])) if is_ip4 else 0xFFFF
		what = {0x14: "rst,ack", 0x12: "syn,ack"}.get(got[at + 13], hex(got[at + 13]))
		print(what, "right" if (sums, ip_sum) == (0xFFFF, 0xFFFF) else f"wrong {sums:#x} {ip_sum:#x} marked {flags}")
	E
}

# answers MODE ADDRESS WANTED
answers() {
	local want="$3 right"

	is "$(ask whole "$2")" "$want" "$1: a whole sum, answered by $2"
	# LIMIT: of generic mode, where the answer would go out with the mark of the question.
	case $1,$3 in generic,syn,ack) want='' ;; esac
	is "$(ask partial "$2" 2>/dev/null)" "$want" "$1: a partial sum, answered by $2"
}

for a in $LOW4 $LOW6; do
	answers "the kernel" "$a" rst,ack
done
for mode in native generic; do
	must nolist load -i t0 --low $LOW4 --low $LOW6 --high $HIGH4 --high $HIGH6 --mode $mode \
		>"$TMP/load" 2>&1
	if [ $mode = generic ]; then
		check 'load says which clients get no answer' grep -q 'a high fake does not answer segments' "$TMP/load"
	fi
	for a in $LOW4 $LOW6; do
		answers $mode "$a" rst,ack
	done
	for a in $HIGH4 $HIGH6; do
		answers $mode "$a" syn,ack
	done
	must nolist unload --purge >/dev/null
done
done_testing
