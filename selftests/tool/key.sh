#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# load --key: two hosts with one key of the sequence numbers, as with VRRP. The address of the high
# fake moves from one to the other in the middle of a client's dialogue, by the client's neighbour
# entry: the dialogue goes on, and each host has its part of the evidence. With a key of its own the
# other host resets it. And the file: who may read it, what is said of a wrong one, and a clock that
# is set. Why it matters: a reset dialogue is a try that the sender counts, and it costs evidence.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/moves.sh
. "$(dirname "$0")/../lib/moves.sh"

need ip python3 bpftool jq

OTHER_MAC=02:00:00:00:00:03
OTHER=(--pin-dir "$PIN_DIR-other" --state-dir "$TMP/other")
KEY=$TMP/numbers

# A bridge in place of the wire: the server and, at s1, the other host.
wire() {
	must ip netns add other
	must ip -n client link add c0 address $CLIENT_MAC type bridge
	local n
	for n in 0 1; do
		must ip -n client link add "p$n" type veth peer name "s$n"
		must ip -n client link set "p$n" master c0 up
		in_client ethtool -K "p$n" tx off >/dev/null || bail_out 'cannot: ethtool'
		attach_pass client "p$n"
	done
	must ip -n client link set s0 address $SERVER_MAC netns server
	must ip -n client link set s1 address $OTHER_MAC netns other
}

other() {
	nsenter --net=/run/netns/other "$TOOL" "$@" "${OTHER[@]}"
}

# load OPTION...: both, with these options.
load() {
	nolist load -i s0 --low "$LOW4" --high "$HIGH4" "$@" >/dev/null &&
		other load -i s1 --low "$LOW4" --high "$HIGH4" "$@" >/dev/null
}

utc() {
	bpftool -j map dump pinned "${1:-$PIN_DIR}/nolist_meta" | jq '.[0].formatted.value.utc_ns'
}

mark() {
	"$@" status --json | jq -r '.tables[0].key'
}

topology
must ip -n other link set lo up
must ip -n other addr add "$HIGH4/24" dev s1
must ip -n other addr add "$LOW4/24" dev s1
must ip -n other link set s1 up
must wait_for 5 link_is_up other s1

# --- the file ---------------------------------------------------------------------

out=$("$TOOL" load --new-key "$KEY" 2>&1)
is "$(stat -c '%a %s' "$KEY") $?" '600 33 0' 'the key is made, for its owner alone'
is "$out" "$KEY: a key with the mark $(sed 's/.*mark \([0-9a-f]*\);.*/\1/' <<<"$out"); copy it to the other hosts" \
	'its mark is told'
printed=$(sed 's/.*mark \([0-9a-f]*\);.*/\1/' <<<"$out")
was=$(cat "$KEY")
check 'one that is there is not replaced' bash -c "! '$TOOL' load --new-key '$KEY' 2>'$TMP/err' && grep 'is there already' '$TMP/err'"
is "$(cat "$KEY")" "$was" 'and stays as it is'
check '--new-key takes no other options' bash -c "'$TOOL' load s0 --new-key '$TMP/x' 2>'$TMP/err'; [ \$? = 2 ] && [ ! -e '$TMP/x' ]"

# refused TEXT NAME: a load with the key fails, says so, and attaches nothing.
refused() {
	nolist load -i s0 --low "$LOW4" --high "$HIGH4" --key "$KEY" 2>"$TMP/err" >/dev/null
	is "$? $(attached_id)" '1 none' "$2"
	check '... it says why' grep -F "$1" "$TMP/err"
}

chmod 640 "$KEY"
refused 'others may read this key' 'a key that others may read is refused'
check '... check says so, too' bash -c "\"\$@\" | grep 'error .*others may read this key'" - \
	nsenter --net=/run/netns/server "$TOOL" check -c <(printf '%s\n' 'interface = s0' "high = $HIGH4" "low = $LOW4" "key-file = $KEY")
chmod 600 "$KEY"
echo "${was:0:31}" >"$KEY"
refused "has no key of 32 hex digits" 'one that is too short, too'
rm "$KEY"
refused 'cannot read' 'and one that is not there'
(umask 077 && echo "$was" >"$KEY")

# --- dialogues --------------------------------------------------------------------

check 'each host with a key of its own' load
is "$(moves "$HIGH4" 3)" '220 250 250 250 reset' 'the other host resets the dialogue'
is "$(utc) $(mark nolist)" '0 null' 'no time is noted, no mark is shown'
check 'with one key' load --key "$KEY"
is "$(moves "$HIGH4" 3)" '220 250 250 250 451 221' 'it goes on at the other host'
is "$(moves "$HIGH4" 1 2 3 4)" '220 250 250 250 451 221' 'and back, and forth'
is "$(mark nolist) $(mark other)" "$printed $printed" 'status shows the mark'
check 'as text, too' grep -x "sequence numbers: by a key with the mark $printed, which other hosts have too" <(nolist status)
nolist explain "$CLIENT4" --json >"$TMP/a"
other explain "$CLIENT4" --json >"$TMP/b"
is "$(jq -c '[.hours[] | .strong > 0, .quit > 0]' "$TMP/a") $(jq -c '[.hours[] | .strong > 0, .quit > 0]' "$TMP/b")" \
	'[false,true] [true,true]' 'each host has what it saw: the other one the tempfail'

# --- the clock --------------------------------------------------------------------

# near A B: at most two seconds from each other, in nanoseconds.
near() {
	[ $(($1 > $2 ? $1 - $2 : $2 - $1)) -lt 2000000000 ]
}

offset() {
	"$PYTHON" -c 'import time; print(time.time_ns() - time.monotonic_ns())'
}

# set_utc NS: as if the clock was set since.
set_utc() {
	bpftool -j map dump pinned "$PIN_DIR/nolist_meta" | "$PYTHON" -c '
import json, struct, sys
e = json.load(sys.stdin)[0]
b = bytes(int(x, 16) for x in e["value"])
o = b.index(struct.pack("<Q", e["formatted"]["value"]["utc_ns"]))
print("value hex", *("%02x" % x for x in b[:o] + struct.pack("<Q", int(sys.argv[1])) + b[o + 8:]))' "$1" |
		xargs bpftool map update pinned "$PIN_DIR/nolist_meta" key hex 00 00 00 00
}

check 'what makes the clock UTC is noted' near "$(utc)" "$(offset)"
must set_utc $(($(utc) - 3600000000000))
is "$(moves "$HIGH4" 3)" '220 250 250 250 reset' 'with clocks an hour apart the other host resets the dialogue'
must nolist collect --quiet
check 'a collect follows a clock that was set' near "$(utc)" "$(offset)"
is "$(moves "$HIGH4" 3)" '220 250 250 250 451 221' 'and dialogues go on again'
noted=$(utc)
must nolist collect --quiet
check 'load sets nothing anew' load --key "$KEY"
is "$(utc)" "$noted" 'as long as the clock is right'

# --- again without ----------------------------------------------------------------

bytes() {
	bpftool -j map dump pinned "$PIN_DIR/nolist_key" | jq -c '.[0].value'
}
shared=$(bytes)
check 'without the key again' load
check 'a new one is drawn, since others have the old one' [ "$(bytes)" != "$shared" ]
is "$(utc) $(moves "$HIGH4" 3)" '0 220 250 250 250 reset' 'and the clock is its own'
own=$(bytes)
check 'and again' load
is "$(bytes)" "$own" 'which is not changed by a load'
must mkdir "$PIN_DIR/nolist_new"
nolist load -i s0 --low "$LOW4" --high "$HIGH4" --key "$KEY" >/dev/null 2>&1
is "$? $(bytes) $(utc)" "1 $own 0" 'a load that fails leaves key and clock as they were'
done_testing
