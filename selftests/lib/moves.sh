# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two hosts with one address, as with VRRP: a client's dialogue moves from one to the other. Sourced after
# lib.sh; the hosts' link addresses are SERVER_MAC, where it begins, and OTHER_MAC.

# moves ADDRESS N...: a dialogue, with the neighbour entry changed before its lines of these numbers, from 0
# on; -1: before the SYN. Prints the codes of the replies.
moves() {
	in_client "$PYTHON" - $SERVER_MAC $OTHER_MAC "$@" <<'P'
import socket, subprocess, sys
macs, high, at = sys.argv[1:3], sys.argv[3], [int(n) for n in sys.argv[4:]]
now = 0
def move():
    subprocess.run(["ip", "neigh", "replace", high, "lladdr", macs[now], "dev", "c0", "nud", "permanent"], check=True)
if -1 in at:
    now = 1
move()
s = socket.create_connection((high, 25), 20)
s.settimeout(20)
f = s.makefile("rb")
codes = []
try:
    codes = [f.readline()[:3].decode()]
    for n, line in enumerate(["EHLO a", "MAIL FROM:<a@b.example>", "RCPT TO:<b@c.example>", "DATA", "QUIT"]):
        if n in at:
            now = 1 - now
            move()
        s.sendall(line.encode() + b"\r\n")
        codes.append(f.readline()[:3].decode())
    print(*codes)
except ConnectionResetError:
    print(*codes, "reset")
P
}
