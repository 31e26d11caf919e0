#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that check() calls
#
# The object attached by `ip link`, without the tool: everything passes, and the
# kernel answers, also at the fakes' port. Then `load` adopts what is attached, the
# same program stays, and configures it; the other commands find its maps.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need python3 bpftool nc

connects() {
	in_client nc -z -w 5 "$1" "$2"
}

refused() {
	in_client nc -v -z -w 5 "$1" "$2" 2>&1 | grep -q refused
}

# Listens on every address of the server, that of the fakes too.
listen() {
	background server "$PYTHON" - "$1" <<-'E'
		import socket, sys
		s = socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
		while True:
		    s.accept()[0].close()
	E
	must wait_for 5 connects "$REAL4" "$1"
}

# Bytes through the server and back are the same.
echoes() {
	local a=$1

	in_client "$PYTHON" - "$a" <<-'E'
		import os, socket, sys
		s = socket.create_connection((sys.argv[1], 7), 5)
		data = os.urandom(200000)
		got = b""
		for i in range(0, len(data), 10000):
		    s.sendall(data[i:i + 10000])
		    while len(got) < i + 10000:
		        got += s.recv(65536)
		sys.exit(got != data)
	E
}

listen_echo() {
	background server "$PYTHON" - <<-'E'
		import socket
		s = socket.create_server(("", 7), family=socket.AF_INET6, dualstack_ipv6=True)
		while True:
		    c = s.accept()[0]
		    while data := c.recv(65536):
		        c.sendall(data)
		    c.close()
	E
	must wait_for 5 connects "$REAL4" 7
}

# Shows the client, whose SYNs to the fake have been noted.
shows_client() {
	nolist show | grep -qwF "$CLIENT4"
}

run() {
	local kind=$1 a

	name="ip link $kind"
	topology ""
	listen 25
	listen_echo
	check "$name: attach" in_server ip link set dev s0 "$kind" obj "$OBJECT" sec xdp
	id=$(attached_id)
	mark_frames
	for a in $LOW4 $LOW6 $REAL4; do
		check "$name, unconfigured: $a answers on port 25" connects "$a" 25
		check "$name, unconfigured: $a is refused on port 26" refused "$a" 26
	done
	check "$name, unconfigured: bytes pass" echoes "$LOW4"
	check "$name, unconfigured: status" nolist status
	check_verdicts "$name, unconfigured"

	check "$name: load adopts" nolist load -i s0 --low "$LOW4" --low "$LOW6" \
		--real "$REAL4" --real "$REAL6"
	is "$(attached_id)" "$id" "$name: the attached program stays"
	mark_frames
	for a in $LOW4 $LOW6; do
		check "$name, configured: $a is refused on port 25" refused "$a" 25
	done
	check "$name, configured: $REAL4 answers on port 25" connects "$REAL4" 25
	check "$name, configured: bytes pass" echoes "$LOW4"
	check_verdicts "$name, configured"
	check "$name: status" nolist status
	check "$name: show names the client" shows_client
	check "$name: explain" nolist explain "$CLIENT4"
	check "$name: dump" nolist dump
	check "$name: load again" nolist load -i s0 --low "$LOW4" --real "$REAL4" --real "$REAL6"
	is "$(attached_id)" "$id" "$name: the program stays once more"
	check "$name: $LOW6 is no fake any more" connects "$LOW6" 25
	check "$name: show still names the client" shows_client
	check "$name: unload" nolist unload -i s0
	is "$(attached_id)" none "$name: nothing is attached any more"
	check "$name: $LOW4 answers on port 25 again" connects "$LOW4" 25
	check "$name: show names the client after unload" shows_client
	check "$name: purge" nolist unload --purge
	end_services
	topology_down
}

run xdpdrv
run xdpgeneric
done_testing
