#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# status: tells what is, adds up what belongs together, and changes nothing; the
# rules of the command line that all commands share. Why it matters: this is
# where an admin looks first when mail does not arrive.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq python3 sqlite3

says() {
	local text=$1 name=$2 out

	shift 2
	out=$("$@" 2>&1)
	case $out in
	*"$text"*) ok "$name" ;;
	*) is "$out" "...$text..." "$name" ;;
	esac
}

fails() {
	local status=$1 text=$2 name=$3 out got

	shift 3
	out=$("$@" 2>&1 >/dev/null)
	got=$?
	case $out in
	*"$text"*) is "$got" "$status" "$name" ;;
	*) is "$got: $out" "$status: ...$text..." "$name" ;;
	esac
}

# shellcheck disable=SC2119
topology
must ip -n server link add s1 type veth peer name s2

fails 1 "nothing is attached, and nothing is pinned in '$PIN_DIR'" 'nothing to show is reported' \
	nolist status
must nolist load -i s0 --low "$LOW4" --real "$REAL4" --high "$HIGH4" --high "$REAL6" >/dev/null 2>&1
rx() {
	ip -n server -s -j link show dev s0 |
		python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["rx"]["packets"])'
}
before=$(rx)
in_client python3 -c '
import smtplib, socket, sys
low, real, high = sys.argv[1:]
for a in low, real:
	try:
		socket.create_connection((a, 25), 2)
	except OSError:
		pass
try:
	smtplib.SMTP(high, 25, timeout=10).sendmail("a@example.com", "b@example.com", "x")
except smtplib.SMTPException:
	pass' "$LOW4" "$REAL4" "$HIGH4"
abi=$(sed -n 's/^#define NOLIST_ABI_VERSION \([0-9]*\)u.*/\1/p' "$TOP/bpf/abi.h")
is "$(json 's["schema"], s["abi"]')" "2 $abi" 'JSON tells its schema and the ABI'
is "$(json '[(m["address"], m["role"], m["opens"]) for m in s["tables"][0]["mx"]]')" \
	"[('$LOW4', 'low', 1), ('$REAL4', 'real', 1), ('$HIGH4', 'high', 1), ('$REAL6', 'high', 0)]" \
	'addresses come with their role and counters, by role'
is "$(json 'sum(s["verdicts"].values()) == s["frames"], s["verdicts"]["low_rst_ack"], s["verdicts"]["pass_real"], s["verdicts"]["high_syn_ack"]')" \
	'True 1 1 1' 'verdicts add up to the frames'
all_counted() {
	[ "$(json 's["frames"]')" -ge $(($(rx) - before)) ]
}
check 'which are all that came' wait_for 5 all_counted
is "$(json 's["contacts"]["now"], s["contacts"]["evicted"], s["contacts"]["lost"], s["verified"]["now"]')" \
	'1 0 0 1' 'tables tell how full they are'
is "$(json 'abs(s["real_contacted_at"] - __import__("time").time()) < 60, s["real_data_at"], s["verified"]["lost_at"]')" \
	'True None None' 'times are those of the wall clock, or null'
says ' 1  low fake: a connection refused' 'text tells verdicts' nolist status
says 's0               native   ' 'text tells interfaces' nolist status
says "$HIGH4" 'text tells addresses' nolist status
says 'answers to one network in a second and CPU: 8192 SYN,ACKs, any number of resets' \
	'text tells the limits of answers' nolist status
is "$(json 's["tables"][0]["syn_ack_limit"], s["tables"][0]["reset_limit"]')" '8192 0' 'and JSON'
# A veth may deliver segments whose checksum is still to be made.
is "$(json 's["tables"][0]["silent_interfaces"]')" '[]' 'nothing is dropped for its checksum on a veth'
case $(nolist status) in
*tcpdump*) is shown '' 'and text says nothing of it' ;;
*) ok 'and text says nothing of it' ;;
esac
index=$(ip -n server -j link show dev s0 | jq '.[0].ifindex')
echo "whole=$index" | must "$BUILD/selftests/lib/inject" "$PIN_DIR"
is "$(json 's["tables"][0]["silent_interfaces"]')" "['s0']" 'on a card it is: JSON'
says 'is dropped (xdpdump shows it, tcpdump does not) at s0' 'and text' nolist status
says 'real MX last contacted: 20' 'text tells of the real MX' nolist status
is "$(nolist status | grep -oE '20[0-9]{2}-[0-9]{2}-[0-9]{2}.{10}' | grep -cvE 'T[0-9:]{8}Z$')" 0 'each time is printed in one form'
a=$(nolist status --json)
is "$(nolist status --json)" "$a" 'status changes nothing'
must nsenter --net=/run/netns/server ip link set dev s1 xdp obj "$OBJECT" sec xdp
is "$(json 'len(s["tables"]), s["tables"][1]["configured"], s["contacts"]["capacity"]')" '2 False 524288' \
	'tables that ip link made are shown beside the pinned ones, and summed up'
says 'not configured: every frame passes' 'text tells that they are not configured' nolist status

# --- what is odd ---

CONF=$TMP/nolist.conf
says 'last collect: never' 'nothing was collected yet' nolist status
is "$(json 's["collected_at"], s["warnings"], s["lists"]')" 'None [] []' 'which is not odd by itself'
echo 'collect = yes' >"$CONF"
is "$(nolist status -c "$CONF" --json | jq -c .warnings)" '[]' 'nor is it before the first collect is due'
echo 'collect-interval = 1s' >>"$CONF"
never_collected() {
	nolist status -c "$CONF" 2>&1 | grep -q 'warning: nothing was ever collected'
}
check 'but where it should have been' wait_for 5 never_collected
is "$(json 'abs(s["learning_until"] - __import__("time").time() - 86400) < 60')" True \
	'until when nobody is listed'
says "no source is added to a list before then; a listing then needs 2 offences in distinct hours, and a grace of 1d" \
	'and why' nolist status
echo 'collect-interval = 100' >"$CONF"
must nolist collect >/dev/null
is "$(json 'abs(s["collected_at"] - __import__("time").time()) < 60, s["warnings"]')" 'True []' \
	'when the last collect was'
must sqlite3 "$STATE_DIR/evidence.db" 'UPDATE epoch SET seen_s = seen_s - 120'
nolist status -c "$CONF" 2>"$TMP/err" >/dev/null
is "$(cat "$TMP/err")" '' 'a little late is not late'
must sqlite3 "$STATE_DIR/evidence.db" 'UPDATE epoch SET seen_s = seen_s - 60'
says 'warning: the last collect was 3m ago, and is due every 1m' 'a collect that is late is reported' \
	nolist status -c "$CONF"
is "$(nolist status -c "$CONF" --json | jq -c '.warnings | length')" 1 'also in JSON'
must nolist dump --output "$TMP/list" 2>/dev/null
is "$(json '[(l["output"], l["entries"], l["held_back"]["growth"]) for l in s["lists"]]')" \
	"[('$TMP/list', 0, 0)]" 'JSON tells of the lists'
says "$TMP/list" 'text tells of the lists' nolist status
echo 'interface = { s0, s9 }' >"$CONF"
is "$(nolist status -c "$CONF" --json | jq -c .warnings)" \
	"[\"'s9': program not attached, but configured: there is no such interface\"]" \
	'an interface that is not there'
must nsenter --net=/run/netns/server ip link set dev s0 xdp off
says "warning: 's0': program not attached, but configured" \
	'nor has one where somebody took it away' nolist status -c "$CONF"
must nolist unload >/dev/null
must nolist unload --purge >/dev/null
must nolist load -i s0 --low "$LOW4" --real "$REAL4" --high "$HIGH4" --sources 4096 >/dev/null 2>&1
echo many=1600 | must "$BUILD/selftests/lib/inject" "$PIN_DIR"
full=$(json 's["warnings"]')
echo many=1720 | must "$BUILD/selftests/lib/inject" "$PIN_DIR"
says 'warning: the table of contacts is 8' 'a table that is more than 80 % full is reported' nolist status
case $full in
*'is 8'*) not_ok 'but not one that is less' ;;
*) ok 'but not one that is less' ;;
esac
fails 2 'cannot read' 'a missing configuration' nolist status -c "$TMP/none"
echo 'bogus = 1' >"$TMP/bad.conf"
fails 2 'bad.conf:1' 'a wrong one is reported with its place' nolist status -c "$TMP/bad.conf"

# --- the command line ---

says 'usage: nolist-xdp COMMAND' 'help is printed' "$TOOL" --help
is "$("$TOOL" --version | cut -d' ' -f1)" nolist-xdp 'the version is printed'
for c in $("$TOOL" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	says "usage: nolist-xdp $c" "$c --help prints its usage" "$TOOL" "$c" --help
	"$TOOL" "$c" --help >/dev/null
	is $? 0 "$c --help succeeds"
	fails 2 "$c: unknown option '--no-such-option'" "$c refuses an unknown option" \
		"$TOOL" "$c" --no-such-option
done
fails 2 'no command given' 'no command is reported' "$TOOL"
fails 2 "unknown command 'sta'" 'a command is not abbreviated' "$TOOL" sta
fails 2 "unknown command 'a\\x1b[31mb'" 'messages do not drive the terminal' "$TOOL" $'a\e[31mb'
fails 2 "unexpected argument 'x'" 'an argument too many is reported' nolist status x
fails 1 'cannot write all of the output' 'a full disk is reported' \
	in_server sh -c '"$@" >/dev/full' - "$TOOL" status --pin-dir "$PIN_DIR"
fails 1 'Operation not permitted' 'without root it is reported' \
	in_server setpriv --reuid 65534 --clear-groups "$TOOL" status
fails 1 'hint: run it as root' 'with its hint' \
	in_server setpriv --reuid 65534 --clear-groups "$TOOL" status
fails 1 'cannot write all of the output' 'help on a full disk fails, too' \
	sh -c '"$@" >/dev/full' - "$TOOL" --help

# What it has no descriptors for is no table of another version, which it would say to drop.
must nolist unload --purge >/dev/null 2>&1
must nolist load -i s0 --low "$LOW4" --real "$REAL4" >/dev/null 2>&1
for n in 5 8 10; do
	fails 1 'Too many open files' "with $n descriptors it says that these are too few" \
		in_server prlimit --nofile=$n "$TOOL" status --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
done

# Its own arguments as well: they may come from somebody's file.
must mkdir -p /sys/fs/bpf/$'esc\e[31m'
must nolist unload --purge >/dev/null 2>&1
must in_server "$TOOL" load -i s0 --low "$LOW4" --real "$REAL4" --pin-dir /sys/fs/bpf/$'esc\e[31m' \
	>/dev/null 2>&1
in_server "$TOOL" status --pin-dir /sys/fs/bpf/$'esc\e[31m' --state-dir "$STATE_DIR" >"$TMP/esc" 2>&1
is "$(grep -c $'\e' "$TMP/esc") $(grep -c 'pins in /sys/fs/bpf/esc.x1b.31m' "$TMP/esc")" '0 1' \
	'nothing that it prints can control a terminal'
done_testing
