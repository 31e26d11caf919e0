#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that check() calls
#
# Real clients are refused by the low fake, at once, over IPv4 and IPv6, in native
# and in generic mode, with checksums made by the sender or left to its device.
# A qmail sender goes on to the next MX only after a hard refusal: no SYN may ever
# get anything but a reset.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need tcpdump python3 bpftool ethtool

# The name says "refused", and quickly enough for the next MX's turn. A busy machine may be late itself
# a few times; who does not answer is late each time.
refuses_fast() {
	in_client "$PYTHON" - "$1" <<-'E'
		import socket, sys, time
		family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
		all = []
		for i in range(50):
		    s = socket.socket(family)
		    s.settimeout(60)
		    start = time.monotonic()
		    try:
		        s.connect((sys.argv[1], 25))
		        sys.exit("connected")
		    except ConnectionRefusedError:
		        all.append((time.monotonic() - start) * 1000)
		if sorted(all)[44] > 100:
		    sys.exit(f"refused after {sorted(all)[44]:.0f} ms")
	E
}

refuses_smtplib() {
	in_client "$PYTHON" - "$1" <<-'E'
		import smtplib, sys
		try:
		    smtplib.SMTP(sys.argv[1], 25, timeout=5)
		except ConnectionRefusedError:
		    sys.exit(0)
		sys.exit("not refused")
	E
}

# says TEXT COMMAND...: the command's output has the text.
says() {
	local text=$1 out

	shift
	out=$(in_client "$@" 2>&1)
	grep -q "$text" <<<"$out" || {
		echo "$out"
		return 1
	}
}

# client NAME PROGRAM TEXT COMMAND...
client() {
	local name=$1 program=$2

	shift 2
	if command -v "$program" >/dev/null; then
		check "$name" says "$@"
	else
		ok "$name # SKIP $program is not installed"
	fi
}

clients() {
	local a=$1 v6=$2 scan

	check "$name, $a: smtplib" refuses_smtplib "$a"
	client "$name, $a: nc" nc 'refused' nc -v -w 5 "$a" 25
	# shellcheck disable=SC2016
	client "$name, $a: bash" bash 'refused' bash -c 'exec 3<>"/dev/tcp/$1/25"' - "$a"
	for scan in -sS -sT -sN -sF -sX; do
		# shellcheck disable=SC2086
		client "$name, $a: nmap $scan says closed" nmap '^25/tcp *closed ' \
			nmap -n -Pn $v6 --max-retries 1 $scan -p 25 "$a"
	done
	# shellcheck disable=SC2086
	client "$name, $a: nmap -sA says unfiltered" nmap '^25/tcp *unfiltered ' \
		nmap -n -Pn $v6 --max-retries 1 -sA -p 25 "$a"
}

# Judges the capture: each SYN, also a repeated one, has a reset of its own.
each_syn_has_a_reset() {
	tcpdump -nnr "$1" 2>/dev/null | "$PYTHON" -c '
import re, sys
syns, resets = {}, {}
for line in sys.stdin:
    m = re.search(r"IP6? (\S+) > (\S+): Flags \[([^]]*)\]", line)
    source, dest, flags = m.groups()
    if flags.startswith("S") and flags != "S.":
        syns[source, dest] = syns.get((source, dest), 0) + 1
    elif "S" in flags:
        sys.exit("a SYN,ACK: " + line)
    elif flags == "R.":
        resets[dest, source] = resets.get((dest, source), 0) + 1
if syns != resets and any(resets.get(k, 0) < n for k, n in syns.items()):
    sys.exit("SYNs without a reset: " + str(set(syns.items()) - set(resets.items())))
if len(syns) < 100:
    sys.exit("only %d connections were tried" % len(syns))
'
}

checksums_are_right() {
	tcpdump -nnvvr "$1" "src $LOW4 or src $LOW6" 2>/dev/null >"$TMP/answers"
	[ "$(grep -c 'cksum 0x[0-9a-f]* (correct)' "$TMP/answers")" -ge 100 ] &&
		! grep -E 'incorrect|bad (hdr )?cksum' "$TMP/answers"
}

run() {
	local mode=$1 offload=$2

	name="$mode${offload:+, $offload}"
	topology "$offload"
	load_fakes "$mode"
	mark_frames
	capture client c0 "$TMP/$name.pcap" tcp port 25
	check "$name, IPv4: refused within 100 ms, 50 times" refuses_fast "$LOW4"
	check "$name, IPv6: refused within 100 ms, 50 times" refuses_fast "$LOW6"
	if [ -z "$offload" ]; then
		clients "$LOW4" ""
		clients "$LOW6" -6
		client "$name, IPv4: swaks" swaks 'refused' \
			swaks --server "$LOW4" --to postmaster@example.com --timeout 5
	fi
	check_verdicts "$name"
	capture_end
	check "$name: every SYN got a reset, and none a SYN,ACK" \
		each_syn_has_a_reset "$TMP/$name.pcap"
	check "$name: the checksums of all answers are right" checksums_are_right "$TMP/$name.pcap"
	check "$name: unload" nolist unload --purge
	topology_down
}

run native ""
run native offload
run generic ""
run generic offload
done_testing
