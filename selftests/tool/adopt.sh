#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What load finds attached: our program by `ip link`, another build of it, one of
# another ABI, one whose pins are lost. Why it matters: an update must not lose a
# frame or the evidence, and tables of another version must not be misread.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need bpftool ip python3 clang

fails() {
	local text=$1 name=$2 out status

	shift 2
	out=$("$@" 2>&1 >/dev/null)
	status=$?
	case $out in
	*"$text"*) is "$status" 1 "$name" ;;
	*) is "$status: $out" "1: ...$text..." "$name" ;;
	esac
}

# build NAME SED: the object from sources that were changed.
build() {
	must cp -r "$TOP/bpf" "$TMP/$1"
	must sed -i "$2" "$TMP/$1"/*.h
	must clang -target bpf -mcpu=v3 -O2 -g -I"/usr/include/$(uname -m)-linux-gnu" \
		-c "$TMP/$1/nolist.bpf.c" -o "$TMP/$1.o"
}

attach() {
	must nsenter --net=/run/netns/server ip link set dev "$1" "${3:-xdp}" obj "$2" sec xdp
}

load() {
	nolist load "$@" --low "$LOW4" --real "$REAL4" --high "$HIGH4"
}

# shellcheck disable=SC2119
topology
must ip -n server link add s1 type veth peer name s2
attach_pass server s2
build other 's/#define TTL 64/#define TTL 63/'
abi=$(sed -n 's/^#define NOLIST_ABI_VERSION \([0-9]*\)u.*/\1/p' "$TOP/bpf/abi.h")
build newer 's/#define NOLIST_ABI_VERSION .*/#define NOLIST_ABI_VERSION 99u/'

# --- attached by ip link ---

for mode in xdp xdpgeneric; do
	attach s0 "$OBJECT" $mode
	prog=$(prog_at s0)
	is "$(json 's["tables"][0]["configured"], s["interfaces"][0]["pinned"]')" 'False False' \
		"$mode: status finds the program, not configured"
	is "$(connects "$LOW4")" refused "$mode: the kernel answers"
	is "$(json 's["verdicts"]["pass_unconfigured"] > 0')" True "$mode: every frame passes"
	check "$mode: dump works" nolist dump
	case $(load 2>/dev/null) in
	's0: adopted, '*) ok "$mode: load adopts it" ;;
	*) not_ok "$mode: load adopts it" ;;
	esac
	is "$(prog_at s0) $(json 's["interfaces"][0]["pinned"]')" "$prog True" \
		"$mode: the program stays, its tables are pinned"
	is "$(connects "$LOW4") $(json 's["verdicts"]["low_rst_ack"]')" 'refused 1' \
		"$mode: the program answers"
	must nolist unload --purge >/dev/null
	is "$(prog_at s0)" 0 "$mode: unload takes it away"
done

# --- another build ---

attach s0 "$TMP/other.o"
id=$(prog_at s0)
is "$id $(json 's["interfaces"][0]["tag"]')" \
	"$(bpftool -j prog show id "$id" | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["id"], s["tag"])')" \
	'the tag of the program is shown'
check 'another build is adopted' load
connects "$HIGH4" >/dev/null
generation=$(json 's["tables"][0]["generation"], s["contacts"]["now"]')
# Put the other build in the place of ours, with the same tables, to see it replaced.
must nolist unload >/dev/null
attach s0 "$TMP/other.o"
old=$(prog_at s0)
nsenter --net=/run/netns/server ip -o monitor link >"$TMP/monitor" &
monitor=$!
# It listens once it has reported a change.
hears() {
	ip -n server link set s0 alias test
	grep -q ' s0' "$TMP/monitor"
}
must wait_for 5 hears
in_client python3 -c '
import socket, sys
bad = 0
for i in range(1000):
	try:
		socket.create_connection((sys.argv[1], 25), 5)
		bad += 1
	except ConnectionRefusedError:
		pass
	except OSError:
		bad += 1
print(bad)' "$LOW4" >"$TMP/bad" &
client=$!
check 'it is replaced' load
wait $client
is "$(cat "$TMP/bad")" 0 'while every connection is refused'
is "$(($(prog_at s0) != old))" 1 'another program is there'
# Poll for the event: listeners got the new program's id.
must wait_for 5 grep -q "xdp/id:$(prog_at s0)" "$TMP/monitor"
kill $monitor
is "$(grep ' s0' "$TMP/monitor" | grep -vc 'xdp/id:')" 0 'the interface was never without one'
is "$(json 's["tables"][0]["generation"], s["contacts"]["now"]')" "$generation" \
	'with the pinned evidence'
must nolist unload --purge >/dev/null

# --- tables of its own, beside pinned ones ---

load -i s0 >/dev/null 2>&1
attach s1 "$OBJECT"
check 'a second interface that ip link attached joins' load -i s0 -i s1
is "$(json 'len(s["tables"]), [i["pinned"] for i in s["interfaces"]]')" '1 [True, True]' \
	'the pinned tables'
must nolist unload >/dev/null
must nsenter --net=/run/netns/server "$TOOL" load -i s1 --low "$LOW4" --pin-dir /sys/fs/bpf/other >/dev/null 2>&1
fails "'s1' uses other tables than those in '$PIN_DIR'" \
	'an interface that was configured elsewhere is not taken over' load -i s0 -i s1
is "$(prog_at s0)" 0 'and nothing was done'
must nsenter --net=/run/netns/server "$TOOL" unload --purge --pin-dir /sys/fs/bpf/other >/dev/null
must nolist unload --purge >/dev/null 2>&1

# --- lost pins ---

load -i s0 >/dev/null 2>&1
connects "$LOW4" >/dev/null
generation=$(json 's["tables"][0]["generation"], s["contacts"]["now"]')
rm "$PIN_DIR"/*
is "$(json 's["tables"][0]["generation"], s["contacts"]["now"]')" "$generation" \
	'without pins the tables are found through the program, with their record'
load >/dev/null 2>&1
is "$(json 's["tables"][0]["generation"], s["contacts"]["now"]') $(json 's["interfaces"][0]["pinned"]')" \
	"$generation True" 'load pins them again'
rm "$PIN_DIR"/nolist_meta
load >/dev/null 2>&1
is "$(json 's["tables"][0]["generation"], s["interfaces"][0]["pinned"]')" \
	"${generation% *} True" 'pins that are half made are made whole'

# --- another ABI ---

must nolist unload --purge >/dev/null
attach s0 "$TMP/newer.o"
newer=$(prog_at s0)
text="program at 's0' is of version 99, this tool needs version $abi"
for c in status show dump load; do
	fails "$text" "$c refuses a program of another ABI" nolist $c
done
is "$(prog_at s0) $(ls "$PIN_DIR" 2>/dev/null)" "$newer " 'and leaves it as it is'
check 'unload takes it away' nolist unload
load -i s0 >/dev/null 2>&1
must nolist unload >/dev/null
# The version is the second word of the record, in the byte order of the machine.
record=$(bpftool -j map dump pinned "$PIN_DIR/nolist_meta" | python3 -c '
import json, sys
v = json.load(sys.stdin)[0]["value"]
v[4:8] = ["0x00" if x == "0x00" else "0x63" for x in v[4:8]]
print(" ".join(v))')
# shellcheck disable=SC2086
must bpftool map update pinned "$PIN_DIR/nolist_meta" key 0 0 0 0 value $record
text="tables in '$PIN_DIR' are of version 99, this tool needs version $abi"
for c in status show dump; do
	fails "$text" "$c refuses tables of another ABI" nolist $c
done
fails "$text" 'load refuses them' load -i s0
is "$(prog_at s0)" 0 'and does nothing'
fails 'nolist-xdp unload --purge' 'the hint is reported' nolist status
# Another version may have pinned what this one does not know.
must bpftool map pin pinned "$PIN_DIR/nolist_stats" "$PIN_DIR/nolist_mxstats"
check 'the hint works' nolist unload --purge
is "$(ls -d "$PIN_DIR" 2>&1)" "ls: cannot access '$PIN_DIR': No such file or directory" \
	'and leaves nothing behind'
check 'then load does' load -i s0

# --- somebody else's program with our name ---

must nolist unload --purge >/dev/null
sed 's/xdp_pass/nolist_ingress/g' "$TOP/selftests/lib/xdp_pass.bpf.c" >"$TMP/name.bpf.c"
must clang -target bpf -O2 -g -I"/usr/include/$(uname -m)-linux-gnu" -c "$TMP/name.bpf.c" -o "$TMP/name.o"
attach s0 "$TMP/name.o"
name=$(prog_at s0)
fails "'s0' has another XDP program, $name 'nolist_ingress'" \
	"a stranger with our program's name is not taken for ours" load -i s0
fails 'nothing is attached' 'nor taken away' nolist unload
is "$(prog_at s0)" "$name" 'it is still there'

done_testing
