#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a capture tells of each SMTP conversation with a high fake.

    conversations.py STAGE HAS_TS IS_SPLIT TEASER <CAPTURE.pcap

Prints a line for each connection: the fake's address, "good" or what is wrong,
how it ended, and the replies' codes in their order. Good is: it was opened as
configured (timestamps, split handshake; TEASER, yes or no: two lines of greeting), tempfailed at the configured stage and
not before, had no reply that begins with 3 or 5, nothing was sent twice, nobody
sent an RST, and both sides closed, for which an RST behind a QUIT is as good as a FIN: Postfix does
not wait for the answer, and Linux then sends one. Whether the client said QUIT is printed, not judged. A
conversation that was still going on when the capture ended is left out.
"""
import struct
import sys

FIN, SYN, RST, ACK = 1, 2, 4, 16


class Half:
    """What one side said."""

    def __init__(self):
        self.first = None  # sequence number of its first byte
        self.pieces = {}  # by where they begin
        self.fin = self.reset = self.again = False

    def take(self, seq, data, flags):
        if flags & SYN:
            # A split handshake has the client's SYN twice, first without ACK.
            self.first = seq + 1 & 0xFFFFFFFF
            return
        self.reset |= bool(flags & RST)
        if self.first is None or flags & RST:
            return
        at = seq - self.first & 0xFFFFFFFF
        if data:
            self.again |= at in self.pieces
            self.pieces[at] = data
        if flags & FIN:
            self.again |= self.fin
            self.fin = True

    # A capture on two CPUs may swap frames, so what is judged here depends on no order.

    def closed(self):
        return self.fin or self.reset and self.data()[-6:].upper() == b"QUIT\r\n"

    def data(self):
        whole = b""
        while len(whole) in self.pieces:
            whole += self.pieces[len(whole)]
        return whole

    def lines(self):
        return self.data().decode("latin-1").splitlines()


class Conversation:
    def __init__(self, has_ts):
        self.client, self.server = Half(), Half()
        self.has_ts = has_ts
        self.is_split = False
        self.last = 0.0  # when its last segment was seen

    def is_over(self):
        return self.client.reset or self.server.reset or (
            self.client.closed() and self.server.closed())

    def take(self, when, from_client, seq, data, flags):
        self.last = when
        (self.client if from_client else self.server).take(seq, data, flags)
        if not from_client and flags & SYN and not flags & ACK:
            self.is_split = True


def packets(stream):
    head = stream.read(24)
    order = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    while True:
        head = stream.read(16)
        if len(head) < 16:
            return
        seconds, micros, size, _ = struct.unpack(order + "4I", head)
        yield seconds + micros / 1e6, stream.read(size)


def segment(frame):
    """(source, destination, ports, seq, flags, options, data), or None."""
    kind = struct.unpack("!H", frame[12:14])[0]
    ip = frame[14:]
    if kind == 0x0800 and ip[9] == 6:
        size, end = (ip[0] & 15) * 4, struct.unpack("!H", ip[2:4])[0]
        source, target = ip[12:16], ip[16:20]
    elif kind == 0x86DD and ip[6] == 6:
        size, end = 40, 40 + struct.unpack("!H", ip[4:6])[0]
        source, target = ip[8:24], ip[24:40]
    else:
        return None
    tcp = ip[size:end]
    sport, dport, seq = struct.unpack("!HHI", tcp[:8])
    header = (tcp[12] >> 4) * 4
    return source, target, sport, dport, seq, tcp[13], tcp[20:header], tcp[header:]


def has_timestamps(options):
    while options:
        if options[0] == 8:
            return True
        if options[0] == 0:
            return False
        options = options[1 if options[0] == 1 else max(options[1], 2):]
    return False


def judge(c, stage, has_ts, is_split, is_teased):
    verbs = {"mail": ("MAIL",), "rcpt": ("RCPT",), "data": ("DATA", "BDAT")}.get(stage, ())
    lines, commands = c.server.lines(), c.client.lines()
    replies = [text for text in lines if text[3:4] != "-"]
    tempfailed = [i for i, text in enumerate(replies) if text[4:9] == "4.7.1"]
    if c.has_ts != has_ts or c.is_split != is_split:
        return "opened in another way"
    if not replies or replies[0][:3] != ("421" if stage == "greeting" else "220"):
        return "no banner"
    if len(lines) - len(replies) != is_teased or is_teased and lines[0][:4] != "220-":
        return "not so many lines of greeting"
    if any(text[0] not in "24" for text in replies):
        return "a reply that begins with neither 2 nor 4"
    if not tempfailed:
        return 'not tempfailed'
    # Each command has one reply of one line; the banner is the first.
    if stage == "greeting":
        if tempfailed[0]:
            return "not tempfailed at once"
    elif not tempfailed[0] or commands[tempfailed[0] - 1][:4].upper() not in verbs:
        return "tempfailed at another stage"
    for side, half in ("client", c.client), ("fake", c.server):
        if not half.closed():
            return ("RST by the " if half.reset else "not closed by the ") + side
    if c.client.again or c.server.again:
        return "something was sent twice"
    return "good"


def main():
    stage, has_ts, is_split = sys.argv[1], sys.argv[2] == "1", sys.argv[3] == "1"
    is_teased = sys.argv[4] == "yes"
    known = {}
    when = 0.0
    for when, frame in packets(sys.stdin.buffer):
        found = segment(frame)
        if not found:
            continue
        source, target, sport, dport, seq, flags, options, data = found
        from_client = dport == 25
        key = (source, sport, target) if from_client else (target, dport, source)
        if from_client and flags & (SYN | ACK) == SYN:
            known[key] = Conversation(has_timestamps(options))
        if key in known:
            known[key].take(when, from_client, seq, data, flags)
    for (_, _, target), c in known.items():
        if when - c.last < 0.2 and not c.is_over():
            continue
        address = ".".join(map(str, target)) if len(target) == 4 else ":".join(
            "%x" % n for n in struct.unpack("!8H", target))
        said = [text.upper() for text in c.client.lines()]
        print(address, judge(c, stage, has_ts, is_split, is_teased).replace(" ", "_"),
              "QUIT" if "QUIT" in said else "no-QUIT",
              *[text[:3] for text in c.server.lines()])


main()
