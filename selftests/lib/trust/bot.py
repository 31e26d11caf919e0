#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Clients that keep to a script, for trust/: each line of standard input is one,
#   TIMES | SOURCE | LOW REAL HIGH | STEP; STEP; ...
# TIMES is an hour (24.5), or the first, the step and the number (24.5 + 1 x 40); SOURCE the
# client's address, the next three the site's. A step is
#   low, real, high     connect to it, and read the greeting
#   close, rst, vanish  end that: by FIN, by RST, or not at all
#   syn ROLE            one SYN that no connection follows
#   burst A, B, C       lines sent together, before any answer
#   wait SECONDS
#   > LINE              sent, and no answer read
#   otherwise a line that is sent, and its answer read
# A step that fails (refused, reset) ends the script, unless a "?" stands before it.
import random
import socket
import struct
import sys
import threading
import time

start, hour_s = float(sys.argv[1]), float(sys.argv[2])
kept = []


def times(text):
    if "+" not in text:
        return [float(text)]
    first, rest = text.split("+")
    every, count = rest.split("x")
    return [float(first) + float(every) * i for i in range(int(count))]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# The kernel adds the IP header, and knows of no connection: it resets what is answered.
def forge_syn(source, target):
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, target)
    tcp = struct.pack("!HHIIBBHHH", random.randrange(20000, 60000), 25, random.getrandbits(32), 0,
                      5 << 4, 2, 64240, 0, 0)
    pseudo = ends + struct.pack("!II", len(tcp), 6)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    with socket.socket(family, socket.SOCK_RAW, 6) as raw:
        raw.bind((source, 0))
        raw.sendto(tcp, (target, 0))


class Client:
    def __init__(self, source, mx):
        self.source, self.mx, self.s, self.f = source, mx, None, None

    def answer(self):
        while True:
            line = self.f.readline()
            if not line:
                raise ConnectionResetError("closed")
            if line[3:4] != b"-":
                return line

    def connect(self, role):
        self.s = self.f = None
        self.s = socket.create_connection((self.mx[role], 25), 8, (self.source, 0))
        self.f = self.s.makefile("rb")
        self.answer()

    def close(self, how):
        if not self.f:
            return
        if how == "rst":
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how == "vanish":
            kept.append((self.s, self.f))
        else:
            self.f.close()
            self.s.close()

    def step(self, text):
        word, _, rest = text.partition(" ")
        if text in self.mx:
            self.connect(text)
        elif text in ("close", "rst", "vanish"):
            self.close(text)
        elif word == "syn":
            forge_syn(self.source, self.mx[rest])
        elif word == "wait":
            time.sleep(float(rest))
        elif word == "burst":
            lines = [line.strip() for line in rest.split(",")]
            self.s.sendall("".join(f"{line}\r\n" for line in lines).encode())
            for line in lines:
                self.answer()
        elif word == ">":
            self.s.sendall(f"{rest}\r\n".encode())
        else:
            self.s.sendall(f"{text}\r\n".encode())
            self.answer()


def run(line, hour, source, mx, steps):
    client = Client(source, mx)
    for step in steps:
        try:
            client.step(step.lstrip("?"))
        except OSError as e:
            print(f"{hour:.1f} {source} {step}: {e!r}", flush=True)
            if not step.startswith("?"):
                return


def main():
    jobs = []
    for line in sys.stdin:
        if not line.strip() or line.startswith("#"):
            continue
        when, source, mx, steps = (part.strip() for part in line.split("|"))
        roles = dict(zip(("low", "real", "high"), mx.split()))
        steps = [s.strip() for s in steps.split(";")]
        jobs += [(hour, line, source, roles, steps) for hour in times(when)]
    threads = []
    for hour, line, source, roles, steps in sorted(jobs, key=lambda j: j[0]):
        time.sleep(max(0, start + hour * hour_s - time.clock_gettime(time.CLOCK_BOOTTIME)))
        threads.append(threading.Thread(target=run, args=(line, hour, source, roles, steps)))
        threads[-1].start()
    for t in threads:
        t.join()


main()
