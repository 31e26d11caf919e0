#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# run notices what becomes of its interfaces: one that was deleted and made again, whose
# program was taken away, or whose link addresses have changed is told once and loaded again;
# not where another program is, not after unload, not more than three times in an hour.
# collect and dump from cron tell it once. Why it matters: nobody looks at it for months, and
# a fake without the program sees nothing.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need bpftool ip jq python3

# shellcheck disable=SC2119
topology
CONF=$TMP/nolist.conf
PASS=$BUILD/selftests/lib/xdp_pass.bpf.o
cat >"$CONF" <<-END
	interface = { s0, s1 }
	low = { $LOW4 }
	real = { $REAL4 }
	high = { $HIGH4 }
	collect-interval = 1
	dump-interval = 3600
	list = { "plain $TMP/list" }
END

second_wire() {
	must ip -n server link add s1 address 02:00:00:00:00:11 type veth peer name s2
	attach_pass server s2
	must ip -n server link set s1 up
	must ip -n server link set s2 up
}

start() {
	cat "$TMP/run.log" >>/tmp/w/heal.all.log 2>/dev/null; : >"$TMP/run.log"
	background server "$TOOL" run -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" "$@" \
		>"$TMP/run.log" 2>&1
	pid=$!
	collects || bail_out "run does not collect: $(cat "$TMP/run.log")"
}

ends() {
	kill -TERM "$pid"
	wait "$pid"
	status=$?
}

# collects: at least twice more, so that all of one came after what was done before.
collects() {
	for _ in 1 2; do
		before=$(stat -c %Y.%Z "$STATE_DIR/evidence.db"* 2>/dev/null | sort | tail -n 1)
		wait_for 30 collected || return 1
	done
}

collected() {
	[ "$(stat -c %Y.%Z "$STATE_DIR/evidence.db"* 2>/dev/null | sort | tail -n 1)" != "$before" ]
}

is_at() {
	[ "$(prog_at "$1")" != 0 ]
}

said() {
	[ "$(grep -cF -- "$1" "$TMP/run.log")" = "${2:-1}" ]
}

# forget: a new hour, as far as the loads go that are counted.
forget() {
	sed -i '2,$s/.*/0/' "$STATE_DIR/attached"
}

second_wire
start
is "$(grep -c 'loaded again\|not attached' "$TMP/run.log")" 0 'all is well: nothing is said'

# --- the program is taken away -----------------------------------------------------------

must ip -n server link set dev s1 xdp off
check 'a program that was taken away is loaded again' wait_for 30 is_at s1
check 'which was told' wait_for 5 said "'s1': the program is not attached any more"
check 'and that it was loaded' wait_for 5 said "'s1': loaded again"
must collects
check 'once' said "'s1': the program is not attached any more"
is "$(connects "$LOW4")" refused 'the other interface answers as before'

# --- the interface goes and comes back ---------------------------------------------------

must ip -n server link del s1
check 'a deleted interface is told' wait_for 30 said "'s1': there is no such interface any more"
must collects
check 'once' said "'s1': there is no such interface any more"
nolist collect -c "$CONF" >/dev/null 2>"$TMP/err"
is "$? $(cat "$TMP/err")" '3 ' 'collect exits with 3 then, and says nothing that was told'
second_wire
check 'made again, it is loaded again' wait_for 30 is_at s1
must ip -n server link set s1 down
must ip -n server link set s1 name s9
check 'a renamed one is told' wait_for 30 said "'s1': there is no such interface any more" 2
must ip -n server link set s9 name s1
must ip -n server link set s1 up
check 'and when it has its name again' wait_for 30 said 'the program is attached everywhere again'

# --- at most three times in an hour ----------------------------------------------------------

must forget
for i in 1 2 3; do
	must wait_for 30 is_at s1
	must ip -n server link set dev s1 xdp off
	check "taken away for the time $i, it is loaded again" wait_for 30 is_at s1
	must collects
done
must ip -n server link set dev s1 xdp off
must collects
is "$(prog_at s1)" 0 'not a fourth time in an hour'
must forget
check 'but in the next' wait_for 30 is_at s1
must forget

# --- not where another program is ---------------------------------------------------------

must ip -n server link set dev s1 xdp off
must in_server ip link set dev s1 xdp obj "$PASS" sec xdp
foreign=$(prog_at s1)
check 'another program is told' wait_for 30 said "'s1': another XDP program is attached"
must collects
is "$(prog_at s1)" "$foreign" 'and stays'
must ip -n server link set dev s1 xdp off
check 'when it is gone ours comes back' wait_for 30 is_at s1

# --- not after unload -----------------------------------------------------------------------

must forget
must nolist unload -i s1 >/dev/null
must collects
is "$(prog_at s1) $(is_at s0 && echo s0)" '0 s0' 'what was unloaded is not loaded again'
check 'and that is told' said "'s1': the program is not attached any more, since \"nolist-xdp unload\""
must ip -n server link set dev s0 xdp off
check 'another interface is' wait_for 30 is_at s0
must collects
is "$(prog_at s1)" 0 'that one still not'
kill -HUP "$pid"
check 'until a reload' wait_for 30 is_at s1
must nolist unload >/dev/null
must collects
is "$(prog_at s0) $(prog_at s1)" '0 0' 'all unloaded: none is loaded again'
must nolist load -c "$CONF" >/dev/null 2>&1
must forget
must ip -n server link set dev s1 xdp off
check 'until a load' wait_for 30 is_at s1

# --- a probation that has ended -----------------------------------------------------------

must forget
must nolist load -c "$CONF" --probation 1 >/dev/null 2>&1
none_at() {
	[ "$(prog_at s0) $(prog_at s1)" = '0 0' ]
}
must wait_for 30 none_at
must collects
check 'a probation that has ended stays so' none_at
must nolist load -c "$CONF" >/dev/null 2>&1
must collects

# --- addresses change ----------------------------------------------------------------------

must forget
if ip -n server link add link s0 name vrrp9 address 00:00:5e:00:01:33 type macvlan 2>/dev/null; then
	before=$(grep -c "'s0': loaded again" "$TMP/run.log")
	macs() {
		bpftool -j map dump pinned "$PIN_DIR/nolist_config" | grep -qi \
			'"0x00","0x00","0x5e","0x00","0x01","0x33"'
	}
	check 'the link address of a macvlan is taken' wait_for 30 macs
	check 'and told' wait_for 5 said "'s0': link addresses or addresses of this host have changed"
	must ip -n server link del vrrp9
	must collects
	check 'and one that is gone is not missed' said "'s0': loaded again" "$((before + 1))"
else
	skip 'this kernel has no macvlan' 'the link address of a macvlan is taken' 'and told' \
		'and one that is gone is not missed'
fi
own() {
	bpftool -j map dump pinned "$PIN_DIR/nolist_config" | grep -qi '"0xc6","0x33","0x64","0x09"'
}
must ip -n server addr add 198.51.100.9/32 dev s1
check 'a new address of this host is taken' wait_for 30 own
must ip -n server addr del 198.51.100.9/32 dev s1
check 'and one that went is forgotten' wait_for 30 eval '! own'
cp "$TMP/run.log" /tmp/w/heal.1.log; ends
is "$status" 0 'it ends well'

# --- cron ------------------------------------------------------------------------------------

# tells STATUS COUNT COMMAND...: it exits so, and names the interface so often.
tells() {
	local want="$1 $2" name=$3

	shift 3
	nolist "$@" -c "$CONF" >/dev/null 2>"$TMP/err"
	is "$? $(grep -c "'s1': the program is not attached" "$TMP/err")" "$want" "$name"
}
tells 0 0 'collect: all is well' collect
must ip -n server link set dev s1 xdp off
tells 3 1 'collect tells it' collect
tells 3 0 'once' collect
tells 3 0 'dump knows it was told' dump --all --quiet
must nolist load -c "$CONF" >/dev/null 2>&1
tells 0 0 'attached again: dump' dump --all --quiet
is "$(grep -c 'attached everywhere again' "$TMP/err")" 1 'says so'
must ip -n server link set dev s1 xdp off
tells 3 1 'taken away again, dump tells it' dump --all --quiet
tells 0 0 'one list by hand does not' dump
start --no-load
must collects
is "$(prog_at s1)" 0 'run without loading does not load either'
cp "$TMP/run.log" /tmp/w/heal.1.log; ends
end_services 2>/dev/null
cp "$TMP/run.log" /tmp/w/heal.run.log.last; done_testing
