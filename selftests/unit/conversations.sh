#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# conversations.py judges a captured dialogue by what was sent, in whatever order the
# capture has the last frames: client and router may run on different processors. Why it
# matters: net/clients judges real mail servers by it, and an alarm for nothing hides others.
set -u

cd "$(dirname "$0")/../.." || exit 1
exec "$(PATH=/usr/bin:$PATH command -v python3)" - selftests/lib/conversations.py <<'E'
import itertools, struct, subprocess, sys

CLIENT, FAKE = bytes((198, 51, 100, 25)), bytes((192, 0, 2, 30))
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def frame(from_client, seq, flags, data=b""):
    ends = (CLIENT, FAKE) if from_client else (FAKE, CLIENT)
    ports = (1025, 25) if from_client else (25, 1025)
    tcp = struct.pack("!HHIIBBHHH", *ports, seq, 0, 5 << 4, flags, 1000, 0, 0) + data
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, *ends)
    return bytes(12) + b"\x08\x00" + ip + tcp


def judge(frames):
    capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for i, f in enumerate(frames):
        capture += struct.pack("<IIII", 1, i, len(f), len(f)) + f
    out = subprocess.run([sys.executable, sys.argv[1], "mail", "0", "0", "no"], input=capture,
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    return out.split()[1] if out else "left_out"


def dialogue(*last):
    """Until the 4xx; then what the client sends last, each of length, flags and data."""
    at = {True: 1001, False: 5001}
    frames = [frame(True, 1000, SYN), frame(False, 5000, SYN | ACK)]
    for from_client, data in ((False, b"220 a\r\n"), (True, b"EHLO b\r\n"), (False, b"250 a\r\n"),
                              (True, b"MAIL FROM:<>\r\n"), (False, b"451 4.7.1 later\r\n")):
        frames.append(frame(from_client, at[from_client], PSH | ACK, data))
        at[from_client] += len(data)
    frames.append(frame(False, at[False], FIN | ACK, b"221 bye\r\n"))
    return frames, [frame(True, at[True] + offset, flags, data) for offset, flags, data in last]


count = failed = 0


def check(name, wanted, *last):
    """In each order of the last frames."""
    global count, failed
    frames, ends = dialogue(*last)
    got = {judge(frames + list(order)) for order in itertools.permutations(ends)}
    count += 1
    failed += got != {wanted}
    print("ok" if got == {wanted} else "not ok", count, "-", name)
    if got != {wanted}:
        print("# got:   ", *got, "\n# wanted:", wanted)


quit, fin, rst = (0, PSH | ACK, b"QUIT\r\n"), (6, FIN | ACK, b""), (6, RST | ACK, b"")
check("QUIT and FIN", "good", quit, fin)
check("QUIT and RST: it does not wait for the answer", "good", quit, rst)
check("QUIT, FIN, and RST for the answer", "good", quit, fin, rst)
check("RST without QUIT", "RST_by_the_client", (0, RST | ACK, b""))
check("two FINs", "something_was_sent_twice", quit, fin, fin)
check("QUIT twice", "something_was_sent_twice", quit, quit, fin)
print("1..%d" % count)
E
