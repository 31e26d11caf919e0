#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What runs every few minutes, and runs other people's commands, does it without
# CAP_SYS_ADMIN: collect, dump and explain find by pins what others find by number,
# and say the same. Why it matters: that capability is all but root itself.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq setpriv sqlite3
topology ''

# few COMMAND...: with CAP_BPF alone.
few() {
	in_server setpriv --bounding-set -all,+bpf --inh-caps -all "$TOOL" "$@" --pin-dir "$PIN_DIR" \
		--state-dir "$STATE_DIR" >"$TMP/few" 2>"$TMP/few.err"
}

# same NAME COMMAND...: with few capabilities and with all it says the same.
same() {
	local name=$1

	shift
	few "$@"
	is "$? $(cat "$TMP/few.err")" '0 ' "$name: works with CAP_BPF alone"
	run "$@"
	check "$name: and says the same" cmp "$TMP/few" "$TMP/out"
}

is_away() {
	[ "$(sqlite3 -readonly "$STATE_DIR/evidence.db" 'SELECT max(detached) FROM gap')" -gt 0 ]
}

is_there() {
	! is_away
}

# all NAME: as it is attached there.
all() {
	rm -rf "$STATE_DIR"
	histories
	few collect -c "$CONF" --log 0
	is "$? $(cut -d, -f1 "$TMP/few") $(cat "$TMP/few.err")" '0 10 sources ' "$1: collect has all"
	check "$1: and sees that the program is there" is_there
	same "$1: dump" dump -c "$CONF" --at "$NOW"
	same "$1: explain" explain -c "$CONF" --at "$NOW" --json 203.0.113.1
	same "$1: show" show -c "$CONF" --at "$NOW" --json
	few status --json
	# Ours, which a dispatcher may stand before.
	is "$(jq -c '[.interfaces[] | [.name, .program]]' "$TMP/few")" \
		"$(nolist status --json | jq -c '[.interfaces[] | [.name, .program]]')" \
		"$1: status knows what is attached"
	few load -c "$CONF"
	is "$?" 1 "$1: load does not"
}

judge_setup
is_refused() {
	! in_server setpriv --bounding-set -all,+bpf bpftool prog show id "$1"
}
check 'these capabilities are few' is_refused "$(attached_id)"
all 'by libxdp'
sed "s/^high = .*/high = { $HIGH4, 192.0.2.77 }/" "$CONF" >"$TMP/more.conf"
must nolist load -c "$TMP/more.conf" >/dev/null 2>&1
same 'another configuration' explain -c "$CONF" --at "$NOW" --json 192.0.2.77
is "$(jq -r .never.why "$TMP/out")" 'configured mail exchanger, or address of its host' \
	'which is the one in force'
must nolist unload >/dev/null
few collect -c "$CONF" --log 0
is "$?" 3 'tables that are left are collected, and the interface is missed'
check 'and that the program is away is seen' is_away

must nolist unload --purge >/dev/null
must ip -n server link set dev s0 xdp obj "$BUILD/nolist.bpf.o" sec xdp
few dump -c "$CONF"
is "$?" 1 'attached by ip link and never loaded: nothing is found'
check 'and it says what is missing' grep -q 'Operation not permitted' "$TMP/few.err"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
all 'by ip link'
must nolist unload --purge >/dev/null 2>&1
must ip -n server link set dev s0 xdp off

# load needs it, and without it nothing is done: with all others it could attach a program that
# it cannot find again.
for mode in native generic; do
	in_server setpriv --bounding-set +all,-sys_admin --inh-caps -all "$TOOL" load -c "$CONF" \
		--mode $mode --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" >"$TMP/out" 2>"$TMP/err"
	status=$?
	is "$status $(attached_id) $(ls -d "$PIN_DIR" 2>/dev/null) $(grep -c 'load needs CAP_SYS_ADMIN' "$TMP/err")" \
		"1 none  1" "$mode mode: load without it says so, and does nothing"
done

# Another's program at an interface is none of ours, as before.
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
must ip -n server link add o0 type veth peer name o1
must ip -n server link set dev o0 xdp obj "$BUILD/selftests/lib/xdp_pass.bpf.o" sec xdp
rm -rf "$STATE_DIR"
histories
same 'beside a stranger' dump --quiet -c "$CONF" --at "$NOW"
done_testing
