# SPDX-License-Identifier: GPL-2.0-only
"""Asks a policy service: policy_ask.py HOST:PORT|PATH, then a line of words on standard input for each
request: ADDRESS [NAME=VALUE]...; prints the action that it gets. A line "-" begins a new connection,
"sleep N" waits."""
import socket, sys, time

def connect(where):
    if where.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(where)
        return s
    host, port = where.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 10)

def answer(s):
    text = b""
    while not text.endswith(b"\n\n"):
        got = s.recv(4096)
        if not got:
            return "closed"
        text += got
    return text.decode().strip()

s = connect(sys.argv[1])
n = 0
for line in sys.stdin:
    words = line.split()
    if words == ["-"]:
        s = connect(sys.argv[1])
        continue
    if words[0] == "sleep":
        time.sleep(float(words[1]))
        continue
    n += 1
    a = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "client_address": words[0],
         "instance": "i%d" % n, "recipient": "joe@example.com"}
    a.update(w.split("=", 1) for w in words[1:])
    s.sendall("".join("%s=%s\n" % p for p in a.items()).encode() + b"\n")
    print(answer(s), flush=True)
