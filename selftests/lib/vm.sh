# shellcheck shell=bash disable=SC2034,SC2317
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests in a guest of scripts/check-kernels.sh share, after lib.sh: the
# guest's two cards of one kind instead of the veths, a real SMTP server and real
# SMTP clients. MODE says how the test runs: CARD-native or CARD-generic.

card=${MODE%-*}
xdp_mode=${MODE##*-}

in_guest() {
	nsenter --net=/run/guest.netns "$@"
}

# The guest's card with this address, by the name it has in the first namespace.
card_of() {
	in_guest ip -o link show | sed -n "s/^[0-9]*: \([^:@]*\).* $1 .*/\1/p" | grep .
}

# take ADDRESS NETNS NAME. A card comes home only after its last namespace has gone.
take() {
	must wait_for 20 card_of "$1"
	must in_guest ip link set dev "$(card_of "$1")" netns "$2" name "$3"
}

# Cards as they came up, offloads and all; veths as between two containers.
wire() {
	case $card in
	virtio)
		take 52:54:00:00:00:01 client c0
		take 52:54:00:00:00:02 server s0
		;;
	e1000)
		take 52:54:00:00:00:03 client c0
		take 52:54:00:00:00:04 server s0
		# Its filter would drop multicast before any program sees it.
		must ip -n server link set s0 promisc on
		;;
	*)
		must ip -n client link add c0 type veth peer name s0 netns server
		attach_pass client c0
		;;
	esac
}

# By the queue's count: some drivers tell theirs every other second only.
frames_sent() {
	tc -n client -s -j qdisc show dev c0 root | "$PYTHON" -c \
		'import json, sys; print(json.load(sys.stdin)[0]["packets"])'
}

# load [OPTION]...: all three roles in both families; what it says is in load.out.
load_roles() {
	nolist load -i s0 --low $LOW4 --low $LOW6 --real $REAL4 --real $REAL6 \
		--high $HIGH4 --high $HIGH6 --mode "$xdp_mode" "$@" >"$TMP/load.out" 2>&1 ||
		{
			cat "$TMP/load.out"
			return 1
		}
}

# refused ADDRESS TIMES: connect() says so, at once.
refused() {
	in_client "$PYTHON" - "$@" <<-'E'
		import socket, sys, time
		for i in range(int(sys.argv[2])):
		    s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
		    s.settimeout(10)
		    start = time.monotonic()
		    try:
		        s.connect((sys.argv[1], 25))
		        sys.exit("connected")
		    except ConnectionRefusedError:
		        if time.monotonic() - start > 0.5:
		            sys.exit("refused after more than half a second")
	E
}

# later ADDRESS TIMES: a mail gets 4xx after DATA, and QUIT is answered.
later() {
	in_client "$PYTHON" - "$@" <<-'E'
		import smtplib, sys
		for i in range(int(sys.argv[2])):
		    s = smtplib.SMTP(sys.argv[1], 25, timeout=20)
		    try:
		        s.sendmail("a@example.com", ["b@example.com"], "Subject: x\n\nx\n")
		        sys.exit("accepted")
		    except smtplib.SMTPResponseException as e:
		        code = e.smtp_code
		    if not 400 <= code <= 499:
		        sys.exit(f"answered {code}")
		    if s.quit()[0] != 221:
		        sys.exit("no 221 to QUIT")
	E
}

# The real MX: takes a mail only if its body has the hash that its subject says.
real_mx() {
	in_server "$PYTHON" - $REAL4 $REAL6 >"$TMP/mx.log" 2>&1 <<-'E' &
		import hashlib, socket, socketserver, sys, threading

		class Session(socketserver.StreamRequestHandler):
		    def say(self, text):
		        self.wfile.write(text.encode() + b"\r\n")

		    def data(self):
		        self.say("354 go on")
		        mail = b""
		        while not mail.endswith(b"\r\n.\r\n"):
		            line = self.rfile.readline()
		            if not line:
		                return
		            mail += line
		        head, body = mail[:-3].split(b"\r\n\r\n", 1)
		        is_whole = hashlib.sha256(body).hexdigest().encode() in head
		        self.say("250 whole" if is_whole else "554 damaged")

		    def handle(self):
		        self.say("220 mx.example.com")
		        for line in self.rfile:
		            verb = line[:4].upper()
		            if verb == b"DATA":
		                self.data()
		            else:
		                self.say("221 bye" if verb == b"QUIT" else "250 ok")
		            if verb == b"QUIT":
		                return

		for address in sys.argv[1:]:
		    class Server(socketserver.ThreadingTCPServer):
		        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
		        allow_reuse_address = daemon_threads = True
		        request_queue_size = 64
		    server = Server((address, 25), Session)
		    threading.Thread(target=server.serve_forever).start()
	E
	must wait_for 20 mx_listens
}

mx_listens() {
	[ "$(in_server ss -Hltn 'sport = 25' | wc -l)" = 2 ]
}

# mail ADDRESS TIMES BYTES: so many at the same time are taken, whole.
mail() {
	in_client "$PYTHON" - "$@" <<-'E'
		import concurrent.futures, hashlib, random, smtplib, sys
		address, times, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

		def send(i):
		    digits = random.Random(i).randbytes(size // 2).hex()
		    body = "".join(digits[j:j + 72] + "\r\n" for j in range(0, len(digits), 72))
		    subject = hashlib.sha256(body.encode()).hexdigest()
		    with smtplib.SMTP(address, 25, timeout=60) as s:
		        s.sendmail("a@example.com", ["b@example.com"],
		                   f"Subject: {subject}\r\n\r\n{body}")

		with concurrent.futures.ThreadPoolExecutor(times) as pool:
		    list(pool.map(send, range(times)))
	E
}

options=() # of load

# What is listed at the real MX: one address, a /64, and four addresses of each other action.
furnish_foes() {
	local i

	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
		must ip -n client addr add "198.51.100.$i/32" dev c0
	done
	must ip -n client addr add 2001:db8:5:1::9/128 dev c0 nodad
	must ip -n server route add 198.51.100.0/24 via $CLIENT4
	must ip -n server route add 2001:db8:5:1::/64 via $CLIENT6
	printf '198.51.100.1\n2001:db8:5:1::/64\n' >"$TMP/tempfail"
	printf '198.51.100.%d\n' 2 3 4 5 >"$TMP/reset"
	printf '198.51.100.%d\n' 6 7 8 9 >"$TMP/drop"
}

# defend DEVICE LINE...: loads it there with all roles and these lines.
defend() {
	printf '%s\n' "interface = { $1 }" "low = { $LOW4, $LOW6 }" "real = { $REAL4, $REAL6 }" \
		"high = { $HIGH4, $HIGH6 }" 'never-list-except = { 198.51.100.0/24, 2001:db8::/32 }' \
		'learning = 0' 'brake = off' "${@:2}" >"$TMP/defend.conf"
	nolist load -c "$TMP/defend.conf" --mode "$xdp_mode" "${options[@]}"
}

# The same where all that furnish_foes has made is listed.
defend_against_foes() {
	defend "$1" 'enforce = tempfail' 'enforce-text = "Held here"' \
		"enforce-list = { \"$TMP/tempfail tempfail\", \"$TMP/reset reset\", \"$TMP/drop drop\" }" &&
		nolist dump --all --quiet -c "$TMP/defend.conf"
}

# Reads what meets says of those that are tempfailed there.
are_tempfailed() {
	[ "$(meets 198.51.100.1 2001:db8:5:1::9 | cut -c -19)" = '451 4.7.1 Held here' ]
}
