# SPDX-License-Identifier: GPL-2.0-only
"""A mail server that takes everything: takes_mail.py FILE ADDRESS...; it makes FILE when it listens."""
import socketserver, socket, sys, threading
class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mx\r\n")
        in_data = False
        for line in self.rfile:
            if in_data and line != b".\r\n":
                continue
            verb = line[:4].upper()
            self.wfile.write(b"250 taken\r\n" if in_data else b"354 go on\r\n" if verb == b"DATA" else
                             b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            in_data = verb == b"DATA" and not in_data
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
class Server6(Server):
    address_family = socket.AF_INET6
for a in sys.argv[2:]:
    threading.Thread(target=(Server6 if ":" in a else Server)((a, 25), Mail).serve_forever).start()
open(sys.argv[1], "w")
