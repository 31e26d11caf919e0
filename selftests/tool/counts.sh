#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each count of evidence that explain and show print: a client on the wire does what it
# is a count of, each from an address of its own, and explain tells it in words and in
# JSON, show in JSON, and neither tells anything else of that source. Why it matters: a
# count that is lost on the way from the frame to the page says that nothing was done.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
judge_setup
sed -i "s/^low .*/low = { $LOW4, $LOW6 }/" "$CONF"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1

# --- clients -----------------------------------------------------------------

for i in $(seq 1 19); do
	must ip -n client addr add "198.51.100.$i/32" dev c0
	must ip -n client addr add "2001:db8:5:$i::1/128" dev c0 nodad
done
must ip -n server route add 198.51.100.0/24 dev s0
must ip -n server route add 2001:db8:5::/48 dev s0

# From SOURCE at DEST: says each STEP, lines joined by "|" at once, and reads as many
# replies. "early" talks before the banner, "fin" closes this half; the rest ends cleanly.
cat >"$TMP/visit.py" <<-'END'
	import socket, sys
	source, dest, steps = sys.argv[1], sys.argv[2], sys.argv[3:]
	s = socket.socket(socket.AF_INET6 if ":" in dest else socket.AF_INET)
	s.settimeout(20)
	if steps[:1] == ["early"]:
	    # So that the third segment waits for the data, and carries it.
	    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
	s.bind((source, 0))
	try:
	    s.connect((dest, 25))
	except ConnectionRefusedError:
	    sys.exit("refused" if steps else 0)
	replies = s.makefile("rb")
	if steps[:1] == ["early"]:
	    steps = steps[1:]
	    s.sendall(steps[0].encode() + b"\r\n")
	print(replies.readline())
	for i, step in enumerate(steps):
	    if step == "fin":
	        s.shutdown(socket.SHUT_WR)
	        break
	    lines = step.split("|")
	    if i or sys.argv[3] != "early":
	        s.sendall(b"".join(line.encode() + b"\r\n" for line in lines))
	    for line in lines:
	        print(replies.readline())
	while replies.readline():
	    pass
	s.close()
END

# A segment with an acknowledgement that nobody gave.
cat >"$TMP/guess.py" <<-'END'
	import socket, struct, sys
	source, dest = sys.argv[1:]
	family = socket.AF_INET6 if ":" in dest else socket.AF_INET
	a, b = (socket.inet_pton(family, x) for x in (source, dest))
	tcp = struct.pack("!HHIIBBHHH", 4444, 25, 1, 0x12345678, 5 << 4, 16, 1024, 0, 0)
	data = a + b + struct.pack("!II", len(tcp), socket.IPPROTO_TCP) + tcp
	total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
	while total >> 16:
	    total = (total & 0xffff) + (total >> 16)
	tcp = tcp[:16] + struct.pack("!H", total ^ 0xffff) + tcp[18:]
	s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
	s.bind((source, 0))
	s.sendto(tcp, (dest, 0))
END

cat >"$TMP/real.py" <<-'END'
	import socket
	s = socket.create_server(("::", 25), family=socket.AF_INET6, dualstack_ipv6=True)
	while True:
	    c, peer = s.accept()
	    c.sendall(b"220 mx.example.com\r\n")
	    while c.recv(4096):
	        c.sendall(b"250 yes\r\n")
	    c.close()
END

background server "$PYTHON" "$TMP/real.py" >"$TMP/real.log" 2>&1
real_is_up() {
	[ -n "$(in_server ss -Hltn 'sport = :25')" ]
}
must wait_for 5 real_is_up

timestamps() {
	must in_client sysctl -qw net.ipv4.tcp_timestamps="$1"
}

visit() {
	if ! in_client timeout 30 "$PYTHON" "$TMP/visit.py" "$@" >"$TMP/visit" 2>&1; then
		diag "$* failed: $(cat "$TMP/visit")"
	fi
}

# --- what is printed of them -------------------------------------------------

# The counts of all hours, and what is printed besides them: one line; $old are the names of
# the release before, which are there as well.
read -r -d '' all_counts <<-'END'
	[(.hours[] | del(.start) | to_entries[] | select(.key | IN($old[]) | not)
		| "\(.key) \(.value)"),
	 (if .bad_acks > 0 then "bad_acks \(.bad_acks)" else empty end),
	 (if .talk then "talk \(.talk.hours)" else empty end),
	 (if .data then "data \(.data.connections)" else empty end),
	 (["low", "real", "high"][] as $r | .[$r] | select(.) | "\($r) \(.opens)")] | join(", ")
END

explain_json() {
	nolist explain -c "$CONF" --json "$1" | jq -r "(.deprecated | keys) as \$old | $all_counts"
}

show_json() {
	nolist show -c "$CONF" --json | jq -r --arg s "$2" '(.deprecated | keys) as $old | .sources[] | select(.source == $s)
		| '"$all_counts"
}

# tells COUNTS SOURCE NAME LINE...: those counts and no other, and each line in words.
tells() {
	local counts=$1 source=$2 name=$3 of=$2 line

	[[ $source != *:* ]] || of="${source%::*}::/64"
	is "$(explain_json "$source")" "$counts" "explain --json: $name"
	is "$(show_json -- "$of")" "$counts" "show --json: $name"
	nolist explain -c "$CONF" "$source" >"$TMP/words"
	for line in "${@:4}"; do
		check "explain: $name: $line" grep -qE "^ +${line% *} +${line##* }(\$| )" "$TMP/words"
	done
	is "$(grep -cE '^    [a-zA-Z]' "$TMP/words")" "$(told_of "$counts")" "and in words no other: $name"
}

# How many of these counts are of the hours.
told_of() {
	tr ',' '\n' <<<"$1" | grep -cEv '^ ?(bad_acks|talk|data|low|real|high) '
}

greeting=('EHLO a.example' 'MAIL FROM:<a@a.example>' 'RCPT TO:<b@example.com>')
mail=("${greeting[@]}" DATA)
n=0

# Both families, each time from the next source.
each() {
	n=$((n + 1))
	for family in 4 6; do
		if [ $family = 4 ]; then
			source=198.51.100.$n low=$LOW4 real=$REAL4 high=$HIGH4
		else
			source=2001:db8:5:$n::1 low=$LOW6 real=$REAL6 high=$HIGH6
		fi
		"$@"
	done
}

quits() {
	visit "$source" "$high" "${mail[@]}" QUIT
	tells 'strong 1, quit 1, talk 1, high 1' "$source" "QUIT, IPv$family" \
		'tempfailed, by timestamps 1' 'QUIT after that 1' 'high fakes, contacts 1' \
		'high fakes, verified 1'
}

closes() {
	visit "$source" "$high" "${mail[@]}" fin
	tells 'strong 1, closed 1, talk 1, high 1' "$source" "no QUIT, IPv$family" \
		'tempfailed, by timestamps 1' 'closed, no QUIT 1'
}

talks_early() {
	visit "$source" "$high" early 'EHLO a.example' QUIT
	tells 'early_talker 1, talk 1, high 1' "$source" "talks before the banner, IPv$family" \
		'talked early 1'
}

sends_together() {
	visit "$source" "$high" 'EHLO a.example|NOOP' QUIT
	tells 'pipelined 1, talk 1, high 1' "$source" "two commands at once, IPv$family" \
		'commands together 1'
}

asks_for_a_page() {
	visit "$source" "$high" 'GET / HTTP/1.1'
	tells 'not_smtp 1, talk 1, high 1' "$source" "HTTP, IPv$family" 'not SMTP 1'
}

wants_tls() {
	visit "$source" "$high" 'EHLO a.example' STARTTLS QUIT
	tells 'starttls 1, talk 1, high 1' "$source" "STARTTLS, IPv$family" 'wanted STARTTLS 1'
}

has_no_timestamps() {
	visit "$source" "$high" "${mail[@]}" QUIT
	tells 'weak 1, tempfailed_weak 1, quit 1, talk 1, high 1' "$source" "no timestamps, IPv$family" \
		'greeted, exact number 1' 'tempfailed, no timestamps 1' 'QUIT after that 1'
}

guesses() {
	visit "$source" "$high" "${mail[@]}" QUIT
	must in_client "$PYTHON" "$TMP/guess.py" "$source" "$high"
	must in_client "$PYTHON" "$TMP/guess.py" "$source" "$high"
	tells 'strong 1, quit 1, bad_acks 2, talk 1, high 1' "$source" \
		"wrong acknowledgements, IPv$family" 'wrong acknowledgements 2'
}

# As a good sender does.
walks_the_list() {
	visit "$source" "$low"
	visit "$source" "$real" "${greeting[@]}" fin
	tells 'data 1, low 1, real 1' "$source" "to low, and to the real MX, IPv$family" \
		'low fake, contacts 1' 'real MX, contacts 1' 'real MX, verified 1'
}

does_all_of_it() {
	visit "$source" "$high" "${mail[@]}" fin
	visit "$source" "$high" "${mail[@]}" QUIT
	timestamps 0
	visit "$source" "$high" early "${mail[@]}" fin
	timestamps 1
	visit "$source" "$high" 'EHLO a.example|NOOP' STARTTLS 'GET / HTTP/1.1'
	tells 'strong 2, weak 1, tempfailed_weak 1, quit 1, closed 2, early_talker 1, pipelined 1, not_smtp 1, starttls 1, talk 1, high 4' \
		"$source" "all in one hour, IPv$family" 'tempfailed, by timestamps 2' \
		'greeted, exact number 1' 'tempfailed, no timestamps 1' 'QUIT after that 1' \
		'closed, no QUIT 2' 'talked early 1' 'commands together 1' 'not SMTP 1' \
		'wanted STARTTLS 1'
}

timestamps 1
for what in quits closes talks_early sends_together asks_for_a_page wants_tls guesses \
	walks_the_list; do
	each $what
done
timestamps 0
each has_no_timestamps
timestamps 1
each does_all_of_it

# --- after a collect, and in all ---------------------------------------------

is "$(nolist status -c "$CONF" --json | jq '[.bad_acks[].count] | add')" 4 'status: wrong acknowledgements'
must nolist collect -c "$CONF" >"$TMP/collect.log"
each_is_kept() {
	tells "$(explain_json "$source")" "$source" "stored, IPv$family" 'talked early 1'
}
n=$((n - 1))
before=$(explain_json 198.51.100.$((n + 1)))
must nolist unload >"$TMP/unload.log"
must nolist unload --purge >"$TMP/unload.log"
is "$(explain_json 198.51.100.$((n + 1)))" "$before" 'the store tells the same'
each each_is_kept
end_services
done_testing
