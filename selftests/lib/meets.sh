# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What listed sources meet, with real connections from addresses of the client. Sourced after lib.sh.

# The real MX, which greets as the real one and hangs up.
greet_as_real() {
	background server "$PYTHON" -c '
import socket, select, sys
all = [socket.create_server((a, 25), family=f) for f, a in
       ((socket.AF_INET, sys.argv[1]), (socket.AF_INET6, sys.argv[2]))]
open(sys.argv[3], "w")
while True:
	for s in select.select(all, [], [])[0]:
		c = s.accept()[0]
		c.sendall(b"220 the real one\r\n")
		c.close()' $REAL4 $REAL6 "$TMP/listens"
	must wait_for 5 test -e "$TMP/listens"
}

# meets SOURCE...: what they meet at the real MX, each once: accepted, if it greets as "the real one",
# refused, silence, or our last reply. Of four sources, three at least are not on parole.
meets() {
	in_client "$PYTHON" - "$REAL4" "$REAL6" "${NOLIST_PATIENCE:-1}" "$@" <<-'E'
		import socket, sys, threading
		got = []
		def ask(source):
		    real = sys.argv[2] if ":" in source else sys.argv[1]
		    try:
		        s = socket.create_connection((real, 25), 1.5 * float(sys.argv[3]), (source, 0))
		    except ConnectionRefusedError:
		        return got.append("refused")
		    except OSError:
		        return got.append("silence")
		    s.settimeout(20 * float(sys.argv[3]))
		    f = s.makefile("rw", newline="\r\n")
		    try:
		        line = f.readline()
		        if line.startswith("220 the real one"):
		            return got.append("accepted")
		        for say in ("EHLO x", "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"):
		            f.write(say + "\r\n"), f.flush()
		            line = f.readline()
		            while line[3:4] == "-":
		                line = f.readline()
		        got.append(line.strip())
		    except OSError as e:
		        got.append(str(e))
		all = [threading.Thread(target=ask, args=(a,)) for a in sys.argv[4:]]
		[t.start() for t in all], [t.join() for t in all]
		print(" ".join(sorted(set(got))))
	E
}

# held ADDRESS SOURCE...: what the last of them that is held reads, one line each without its name,
# and whether that took as long as its own probes do; of none: nothing.
held() {
	in_client "$PYTHON" - "${NOLIST_PATIENCE:-1}" "$@" <<-'E'
		import socket, sys, threading, time
		got = []
		def ask(source):
		    try:
		        s = socket.create_connection((sys.argv[2], 25), 5, (source, 0))
		        s.settimeout(60 * float(sys.argv[1]))
		        f = s.makefile("r", newline="\r\n")
		        lines = [f.readline()[:4]]
		        s.sendall(b"EHLO x\r\n")
		        began = time.monotonic()
		        while not lines or lines[-1][3:4] == "-" or len(lines) == 1:
		            line = f.readline()
		            lines.append(line[:4] if line[:4] != "421 " else line.strip())
		        if time.monotonic() - began > 0.5 and lines[-1][:3] == "421":
		            got.append(" ".join(x.strip() for x in lines))
		    except OSError:
		        pass
		all = [threading.Thread(target=ask, args=(a,)) for a in sys.argv[3:]]
		[t.start() for t in all], [t.join() for t in all]
		print(" ".join(sorted(set(got))))
	E
}
