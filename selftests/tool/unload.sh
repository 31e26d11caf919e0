#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# unload: detaches the program, in its own mode and no other, and keeps the
# evidence unless purged. Why it matters: what is known of senders
# must outlive an update or a restart.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip python3

touch_low() {
	in_client python3 -c '
import socket, sys
try:
	socket.create_connection((sys.argv[1], 25), 2)
except OSError:
	pass' "$LOW4"
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

load() {
	nolist load --low "$LOW4" --real "$REAL4" --high "$HIGH4" "$@" >/dev/null
}

# shellcheck disable=SC2119
topology
must ip -n server link add s1 type veth peer name s2
attach_pass server s2
PASS=$BUILD/selftests/lib/xdp_pass.bpf.o

fails 1 'nothing is attached' 'nothing to unload is reported' nolist unload
fails 1 "nothing is pinned in '$PIN_DIR'" 'nothing to purge is reported' nolist unload --purge

for mode in native generic; do
	must load -i s0 --mode $mode
	touch_low
	is "$(nolist unload)" 'detached from 1 interface' "$mode: unload says what it did"
	is "$(prog_at s0)" 0 "$mode: the program is away"
	is "$(json 'len(s["interfaces"]), s["contacts"]["now"], s["verdicts"]["low_rst_ack"]')" '0 1 1' \
		"$mode: the evidence is there"
	case $(nolist status) in
	*'attached to no interface'*) ok "$mode: status says so" ;;
	*) not_ok "$mode: status says so" ;;
	esac
	must load -i s0 --mode $mode
	is "$(json 's["contacts"]["now"]')" 1 "$mode: a later load goes on with it"
	is "$(nolist unload --purge | tail -n 1)" 'dropped from the tables: 1 source with contacts, 0 with verified evidence' \
		"$mode: purge says what went"
	is "$(prog_at s0) $(ls -d "$PIN_DIR" 2>/dev/null)" '0 ' "$mode: nothing is left"
done

# --- evidence of a dialogue counts as well ---

must load -i s0
in_client python3 -c '
import smtplib, sys
try:
	smtplib.SMTP(sys.argv[1], 25, timeout=10).sendmail("a@example.com", "b@example.com", "x")
except smtplib.SMTPException:
	pass' "$HIGH4"
must nolist unload >/dev/null
is "$(nolist unload --purge)" 'dropped from the tables: 1 source with contacts, 1 with verified evidence' \
	'what is only pinned can be purged'

# --- some of several interfaces ---

must load -i s0 -i s1
is "$(nolist unload -i s1) $(prog_at s1)" 'detached from 1 interface 0' 'one interface is unloaded'
is "$(($(prog_at s0) != 0))" 1 'the other is not'
must load -i s0 -i s1
fails 1 "'s0' still uses the tables" 'tables in use are not purged' nolist unload -i s1 --purge
is "$(($(prog_at s1) != 0)) $(json 's["interfaces"][0]["pinned"]')" '1 True' 'and nothing was detached'
must nolist unload -i s1 >/dev/null
fails 1 "nothing of nolist-xdp is attached to 's1'" 'an interface without it is named' \
	nolist unload -i s0 -i s1
is "$(($(prog_at s0) != 0))" 1 'and nothing was done'
fails 1 "cannot detach from 'nope': No such device" 'a missing interface is named' \
	nolist unload -i nope
must nsenter --net=/run/netns/server ip link set dev s1 xdp obj "$PASS" sec xdp
foreign=$(prog_at s1)
must nolist unload >/dev/null
is "$(prog_at s0) $(prog_at s1)" "0 $foreign" "somebody else's program stays"
fails 1 "nothing of nolist-xdp is attached to 's1'" 'also if it is named' nolist unload -i s1
is "$(prog_at s1)" "$foreign" 'it is still there'

# --- tables without pins ---

must load -i s0
touch_low
must rm -r "$PIN_DIR"
is "$(nolist unload 2>"$TMP/err" | tail -n 1)" \
	'dropped with tables that were not pinned: 1 source with contacts, 0 with verified evidence' \
	'what goes with the last interface is reported'
is "$(grep -c 'held no pins of them, so their evidence is gone' "$TMP/err")" 1 'as a warning'
must load -i s0
is "$(nolist unload 2>&1)" 'detached from 1 interface' 'but not where it is pinned'
must nolist unload --purge >/dev/null

# --- an interface that was moved away with the program ---

quiet_netns other
in_other() {
	nsenter --net=/run/netns/other "$TOOL" "$@" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
}
must nsenter --net=/run/netns/server ip link set dev s1 xdp off
must load -i s0 -i s1
is "$(nolist status 2>&1 | grep -c 'was moved')" 0 'both here: nothing to tell'
must ip -n server link set s1 netns other
moved=$(ip -n other -j link show dev s1 | python3 -c '
import json, sys
print(json.load(sys.stdin)[0].get("xdp", {}).get("prog", {}).get("id", 0))')
is "$((moved != 0))" 1 'it keeps the program'
is "$(nolist status 2>&1 | grep -c "program $moved uses the tables, and no interface here has it")" 1 \
	'status tells of it'
fails 1 "program $moved still uses the tables, at an interface of another network namespace" \
	'its tables are not purged' nolist unload --purge
is "$(($(prog_at s0) != 0))" 1 'and nothing was detached'
nolist unload >"$TMP/out" 2>"$TMP/err"
is "$? $(cat "$TMP/out") $(grep -c "program $moved still uses the tables" "$TMP/err")" \
	'0 detached from 1 interface 1' 'unload says what is left'
fails 1 'nothing is attached in this network namespace' 'nothing is left here' nolist unload
fails 1 "program $moved still uses the tables" 'nor are they purged then' nolist unload --purge
check 'the pins are there' test -e "$PIN_DIR/nolist_verified"
is "$(in_other unload)" 'detached from 1 interface' 'it is unloaded where it is'
is "$(nolist status 2>&1 | grep -c 'no interface here has it')" 0 'then nothing is to be told'
check 'and the tables can go' nolist unload --purge
is "$(ls -d "$PIN_DIR" 2>/dev/null)" '' 'with all pins'
must ip -n server link add s3 type veth peer name s4
attach_pass server s4
must load -i s3
must ip -n server link del s3
is "$(nolist status 2>&1 | grep -c 'its interface is gone, or was moved')" 1 'a deleted interface'
check 'does not keep its tables' nolist unload --purge
is "$(ls -d "$PIN_DIR" 2>/dev/null)" '' 'and no pins are left'

# --- usage ---

fails 2 "unknown option '--all'" 'an unknown option is reported' nolist unload --all
fails 1 "hint: did you mean 's0'?" 'an interface that is not there' nolist unload s7
fails 2 "option '-i' needs a value" 'a missing value is reported' in_server "$TOOL" unload -i

done_testing
