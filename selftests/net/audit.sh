#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# audit reads what postfix and exim write, of good senders and of one that says what
# might pass for somebody else's address wherever a client may say something. Why it
# matters: tool/audit.sh has lines as we think that they are.
# shellcheck disable=SC2317 # functions that check() calls

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq
VICTIM=192.0.2.99 # never comes

end() {
	end_lab
	rm -rf "build/audit.$$"
}
trap end EXIT

# says SOURCE SERVER LINE...: each after the answer to the one before.
says() {
	at bot python3 -c '
import socket, sys
s = socket.create_connection((sys.argv[2], 25), 10, (sys.argv[1], 0))
f = s.makefile("rb")
def answer():
	while True:
		try:
			line = f.readline()
		except ConnectionResetError:
			line = b""
		if not line:
			sys.exit(0)
		print(line.decode("latin1").rstrip())
		if line[3:4] != b"-":
			return
answer()
for line in sys.argv[3:]:
	s.sendall(line.encode().replace(b"\\n", b"\r\n") + b"\r\n")
	answer()' "$@"
}

counts() {
	jq -c '[.accepted, .refused]' <<<"$1"
}

lab_up
must at mx nolist-xdp load >/dev/null
must at bot ip addr add 203.0.113.67/24 dev eth0
must at bot ip addr add 203.0.113.68/24 dev eth0

# What may follow the dots of a message that says too much, from $1 to server $2, for $3.
hostile() {
	says "$1" "$2" "EHLO [$VICTIM]" "MAIL FROM:<\"a H=(x) [$VICTIM] P=smtp\"@example.net>" \
		"RCPT TO:<$3>" DATA \
		"Message-ID: <client=x[$VICTIM]>\nSubject: H=(x) [$VICTIM] P=smtp\n\nx\n." QUIT
}

# --- postfix -----------------------------------------------------------------

at sender bash -c "printf 'Subject: good\n\nHello.\n' | sendmail -f joe@example.net inbox@example.com"
check 'a good sender delivers to postfix' wait_for 20 in_mailbox good
check 'another one, that says much, does' grep -q '^250 2.0.0' <<<"$(hostile 203.0.113.66 192.0.2.20 inbox@example.com)"
check 'one is refused' grep -q '^554 ' <<<"$(says 203.0.113.67 192.0.2.20 "HELO [$VICTIM]" \
	"MAIL FROM:<\"RCPT from x[$VICTIM]: 550 \"@example.net>" "RCPT TO:<\"x[$VICTIM]: 550 \"@example.org>" QUIT)"
check 'one goes away' grep -q '^221 ' <<<"$(says 203.0.113.68 192.0.2.20 "EHLO client=x[$VICTIM]" QUIT)"
removed() {
	[ "$(at mx grep -c 'removed$' /var/log/mail.log)" -ge 2 ]
}
check 'all is delivered' wait_for 20 removed
out=$(at mx nolist-xdp audit /var/log/mail.log --json 2>"$TMP/err")
is "$(counts "$out")" '[2,1]' "postfix' log shows which sources delivered, and which were only refused"
is "$(jq -c '[.left_out[]]' <<<"$out")" '[0,0,0,0]' 'with nothing left out'
grep -c "$VICTIM" < <(at mx cat /var/log/mail.log) | sed 's/^/# lines with the address of somebody else: /'

# --- exim --------------------------------------------------------------------

mkdir -p "build/audit.$$"
# With any HELO taken, and subjects logged, lines that may mean somebody else are left out.
for junk in '' '*'; do
	wanted='[2,1]' odd='[1,0,0,0]'
	[ -z "$junk" ] || wanted='[1,1]' odd='[3,0,0,0]'
	cat >"build/audit.$$/exim.conf" <<-END
		primary_hostname = exim.example.org
		log_file_path = /var/log/exim4/audit%slog
		log_selector = +received_recipients +incoming_port ${junk:++subject}
		keep_environment =
		tls_advertise_hosts =
		helo_accept_junk_hosts = $junk
		acl_smtp_rcpt = rcpt
		begin acl
		rcpt:
		  deny domains = ! example.org
		  accept
		begin routers
		all:
		  driver = redirect
		  data = :blackhole:
	END
	must at exim bash -c "chown root: build/audit.$$/exim.conf && cp build/audit.$$/exim.conf /etc/audit.conf &&
		rm -f /var/log/exim4/audit* && exim4 -C /etc/audit.conf -bd -oX 25 -oP /run/audit.pid"
	check "exim listens (junk: '$junk')" wait_for 10 at bot bash -c 'exec 3<>/dev/tcp/198.18.1.25/25'
	check 'one delivers' grep -q '^250 OK id=' <<<"$(hostile 203.0.113.66 198.18.1.25 x@example.org)"
	says 203.0.113.67 198.18.1.25 "HELO a) [$VICTIM] P=smtp" "HELO x" "MAIL FROM:<a@example.net>" \
		"RCPT TO:<x@example.org>" DATA . QUIT >"$TMP/said"
	says 203.0.113.68 198.18.1.25 "EHLO [$VICTIM]" "MAIL FROM:<a@example.net>" \
		"RCPT TO:<x@example.com>" RSET "MAIL FROM:<\"H=(x) [$VICTIM] rejected RCPT\"@example.net>" \
		"RCPT TO:<\"H=(x) [$VICTIM] \"@example.com>" QUIT >>"$TMP/said"
	says 203.0.113.67 198.18.1.25 "EHLO a) [$VICTIM] P=smtp" "MAIL FROM:<a@example.net>" \
		"RCPT TO:<x@example.org>" DATA . QUIT >>"$TMP/said"
	out=$(at exim cat /var/log/exim4/auditmainlog | at mx nolist-xdp audit - --json 2>"$TMP/err")
	is "$(counts "$out")" "$wanted" "exim's log shows which sources delivered, and which were only refused"
	is "$(jq -c '[.left_out[]]' <<<"$out")" "$odd" 'and what may mean somebody else'
	# shellcheck disable=SC2016 # expanded there
	at exim bash -c 'kill $(cat /run/audit.pid)'
done
done_testing
