#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The slow path is a program of its own that the attached one finds in an array, and the
# kernel empties an array that user space lets go of. So: it answers when the loader has
# long ended; an adopted program gets one; replacing loses no frame that needs it; and where
# its pin is removed, what becomes of frames is decided and counted, status says it, and
# the next load repairs it. Why it matters: a high fake would fall silent for every client
# that cuts its lines, and nobody would see why.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need bpftool ip python3 clang cc

load() {
	nolist load "$@" --low "$LOW4" --real "$REAL4" --high "$HIGH4"
}

attach() {
	must nsenter --net=/run/netns/server ip link set dev s0 "$1" obj "$OBJECT" sec xdp
}

# two_lines ADDRESS SECONDS: what a client reads that says two lines in one segment, which
# takes the slow path however often it is sent; "silence" where nothing comes.
two_lines() {
	in_client "$PYTHON" -c '
import socket, sys
try:
	s = socket.create_connection((sys.argv[1], 25), float(sys.argv[2]))
	s.recv(999)
	s.send(b"EHLO client.example\r\nNOOP\r\n")
	print(s.recv(999)[:3].decode())
except ConnectionResetError:
	print("reset")
except OSError:
	print("silence")' "$1" "$(($2 * ${NOLIST_PATIENCE:-1}))"
}

# Its neighbours forgotten, a client asks for them by ARP, which has no fast path.
passes() {
	in_client ip neigh flush dev c0
	[ "$(connects "$REAL4")" = refused ]
}

verdict() {
	json "s['verdicts']['$1']"
}

arrays() {
	find "$PIN_DIR" -name 'nolist_progs_*' 2>/dev/null | wc -l
}

slow_path() {
	json '[i["slow_path"] for i in s["interfaces"]]'
}

warnings() {
	json 'len([w for w in s["warnings"] if "slow path is missing" in w])'
}

# other_tool: the tool with another build of the program.
other_tool() {
	local skel=$TMP/skel changed others

	must cp -r "$TOP/bpf" "$TMP/bpf"
	must sed -i 's/#define TTL 64/#define TTL 63/' "$TMP/bpf/reply.h"
	must mkdir "$skel"
	must clang -target bpf -mcpu=v3 -O2 -g -I"/usr/include/$(uname -m)-linux-gnu" \
		-c "$TMP/bpf/nolist.bpf.c" -o "$TMP/nolist.bpf.o"
	bpftool gen skeleton "$TMP/nolist.bpf.o" name nolist_bpf >"$skel/nolist.skel.h" 2>/dev/null ||
		bail_out 'no skeleton of another build'
	changed=$(cd "$TOP" && grep -l nolist.skel.h user/kernel/*.c)
	# What Makefile links, with these made anew.
	others=$(cd "$BUILD" && find user -name '*.o' | grep -vxF "${changed//.c/.o}" |
		grep -vE "^user/($(sed -n 's/^PROGRAM_DIRS := //p' "$TOP/Makefile" | tr ' ' '|'))/")
	# shellcheck disable=SC2046,SC2086
	must cc -std=gnu11 -pthread ${CFLAGS:-} ${LDFLAGS:-} -I"$skel" -I"$TOP" $(printf "$TOP/%s " $changed) \
		$(printf "$BUILD/%s " $others) \
		$(pkg-config --libs $(sed -n 's/^LIBS := //p' "$TOP/Makefile")) -lm -o "$TMP/other"
}

topology ''

# --- loaded ---

for mode in native generic; do
	load -i s0 --mode $mode >/dev/null 2>&1
	is "$(two_lines "$HIGH4" 5)" 250 "$mode: the loader has ended, and the slow path answers"
	is "$(slow_path) $(warnings) $(arrays)" '[True] 0 1' "$mode: status sees it; its array is pinned"
	is "$(in_server setpriv --bounding-set -all,+bpf --inh-caps -all "$TOOL" status --json \
		--pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" | grep -o '"slow_path":[a-z]*')" \
		'"slow_path":true' "$mode: also with CAP_BPF alone"
	is "$(verdict pass_no_slow) $(verdict high_no_slow)" '0 0' "$mode: no frame missed it"

	# --- its pin is removed ---

	prog=$(prog_at s0)
	must rm "$PIN_DIR"/nolist_progs_*
	mark_frames
	is "$(two_lines "$HIGH4" 2)" silence "$mode, unpinned: two lines at once get no answer"
	check "$mode, unpinned: nor a reset, and that is counted" test "$(verdict high_no_slow)" -gt 0
	is "$(connects "$LOW4") $(connects "$HIGH4")" 'refused accepted' \
		"$mode, unpinned: the fast path works on"
	check "$mode, unpinned: what is for others passes" passes
	check "$mode, unpinned: and is counted" test "$(verdict pass_no_slow)" -gt 0
	check_verdicts "$mode, unpinned"
	is "$(slow_path) $(warnings)" '[False] 1' "$mode, unpinned: status warns"

	# --- the hint ---

	load -i s0 --mode $mode >/dev/null 2>&1
	is "$(prog_at s0)" "$prog" "$mode, loaded again: the program stays"
	is "$(two_lines "$HIGH4" 5)" 250 "$mode, loaded again: the slow path answers"
	is "$(slow_path) $(warnings) $(arrays)" '[True] 0 1' "$mode, loaded again: all is well"
	must nolist unload >/dev/null
	is "$(arrays)" 0 "$mode: unload leaves no array"
	must nolist unload --purge >/dev/null
	is "$(ls -d "$PIN_DIR" 2>/dev/null)" '' "$mode: purge leaves nothing"
done

# --- attached by ip link ---

for kind in xdpdrv xdpgeneric; do
	attach $kind
	prog=$(prog_at s0)
	mark_frames
	is "$(connects "$HIGH4") $(connects "$LOW4")" 'refused refused' \
		"$kind: without configuration the kernel answers"
	check "$kind: and everything passes" passes
	check_verdicts "$kind"
	is "$(json 's["frames"] == s["verdicts"]["pass_unconfigured"]') $(warnings)" 'True 0' \
		"$kind: counted as such, and no reason to warn"
	load -i s0 >/dev/null 2>&1
	is "$(prog_at s0) $(slow_path) $(arrays)" "$prog [True] 1" \
		"$kind: load adopts it, and gives it a slow path"
	is "$(two_lines "$HIGH4" 5)" 250 "$kind: which answers"
	is "$(verdict pass_no_slow) $(verdict high_no_slow)" '0 0' "$kind: and was never missing"
	must nolist unload --purge >/dev/null
done

# --- two interfaces, loaded one after the other ---

must ip -n server link add s1 type veth peer name s2
attach_pass server s2
load -i s0 >/dev/null 2>&1
load -i s1 >/dev/null 2>&1
is "$(slow_path) $(arrays)" '[True, True] 2' 'a second load leaves the first one its slow path'
is "$(two_lines "$HIGH4" 5)" 250 'which answers'
must nolist unload -i s1 >/dev/null
is "$(slow_path) $(arrays)" '[True] 1' 'unload takes the array of its interface alone'
must nolist unload --purge >/dev/null

# --- replaced under traffic that needs it ---

other_tool
load -i s0 >/dev/null 2>&1
first=$(prog_at s0)
in_client "$PYTHON" -c '
import os, socket, sys
good = bad = 0
while not os.path.exists(sys.argv[2]):
	try:
		s = socket.create_connection((sys.argv[1], 25), 60)
		s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		s.recv(999)
		for line in b"EHLO a\r\n", b"MAIL FROM:<a@b.example>\r\n", b"NOOP\r\n":
			for byte in line[:-2]:
				s.send(bytes([byte]))
			s.send(line[-2:])
			if s.recv(999)[:3] == b"250":
				good += 1
			else:
				bad += 1
		s.close()
	except OSError:
		bad += 1
print(bad, good > 0)' "$HIGH4" "$TMP/enough" >"$TMP/pieces" &
client=$!
replaced=0
for _ in 1 2 3 4 5; do
	for tool in "$TMP/other" "$TOOL"; do
		out=$(TOOL=$tool load -i s0 2>/dev/null)
		[[ $out != 's0: program replaced'* ]] || replaced=$((replaced + 1))
	done
done
touch "$TMP/enough"
wait $client
is "$replaced" 10 'another build takes the place of ours, and ours of that, five times'
is "$(cat "$TMP/pieces")" '0 True' 'while each line in pieces is answered'
is "$(verdict pass_no_slow) $(verdict high_no_slow)" '0 0' \
	'and no frame missed the slow path'
is "$(arrays) $(($(prog_at s0) != first))" '1 1' 'one array is left'
must nolist unload --purge >/dev/null
done_testing
