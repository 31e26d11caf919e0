#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: veth-native veth-generic virtio-native
#
# Beside other XDP programs, through libxdp's dispatcher: one that runs before
# ours (an XDP filter that drops a port, a counter) and one that runs after it (a
# counter), loaded before ours or after it, unloaded before it or after it. Both
# do their work as long as they are there, and neither takes the other along. Where
# the kernel refuses the dispatcher of libxdp as it is installed, this is said, with
# the hint, which vm/later.sh tries. Why it matters: an XDP program that wants its interface
# alone is no use to someone that has one already.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/vm.sh
. "$(dirname "$0")/../lib/vm.sh"
# shellcheck source=selftests/lib/meets.sh
. "$(dirname "$0")/../lib/meets.sh"
need bpftool xdp-filter

# says ADDRESS PORT [ADDRESS PORT]...: what a client gets at each: refused, silent,
# or the number that a line begins with. By one shell: an emulated machine is slow.
says() {
	# shellcheck disable=SC2016
	in_client timeout 5 bash -c '
		for ((i = 1; i < $#; i += 2)); do
			port=$((i + 1))
			if exec 3<>"/dev/tcp/${!i}/${!port}"; then
				read -r -t 3 line <&3 && echo "${line%%[!0-9]*}" || echo silent
				exec 3>&-
			else
				echo refused
			fi
		done 2>/dev/null' says "$@" | paste -sd' '
	[ "${PIPESTATUS[0]}" != 124 ] || echo silent
}

# Names of the programs at s0, in the order in which they run.
programs() {
	in_server "$BUILD/selftests/vm/xdp" list s0 | paste -sd' '
}

# --- the other programs: NAME_load, NAME_unload, NAME_works, NAME_name -------

counter_load() {
	in_server "$BUILD/selftests/vm/xdp" load s0 "$xdp_mode" "$1" \
		"$BUILD/selftests/lib/xdp_count.bpf.o" xdp_count
}

counter_unload() {
	in_server "$BUILD/selftests/vm/xdp" unload s0 xdp_count
}

counted() {
	local map

	map=$(bpftool map show name xdp_counted | sed -n 's/^\([0-9]*\): .*/\1/p' | tail -n 1)
	bpftool map dump id "$map" | sed -n 's/.*"value": \([0-9][0-9]*\).*/\1/p' |
		awk '{ n += $1 } END { print n + 0 }'
}

# counts ADDRESS: does the counter see what goes to its port 25?
counts() {
	local before

	before=$(counted)
	says "$1" 25 >/dev/null
	[ "$(counted)" -gt "$before" ]
}

before_load() { counter_load 10; }
before_unload() { counter_unload; }
before_works() { counts $LOW4 && counts $REAL4; }
before_name() { echo xdp_count; }

after_load() { counter_load 90; }
after_unload() { counter_unload; }
after_name() { echo xdp_count; }
# What ours answers is gone before it comes to those after it.
after_works() {
	counts $REAL4 && if ours_is_there; then ! counts $LOW4; else counts $LOW4; fi
}

filter_load() {
	in_server xdp-filter load --mode "${xdp_mode/generic/skb}" --features tcp,udp s0 &&
		in_server xdp-filter port --mode dst 9
}
filter_unload() { in_server xdp-filter unload s0; }
filter_name() { programs | grep -o 'xdpfilt[a-z_]*'; }
# Port 9 is silent, where a closed port would refuse at once; others are not.
filter_works() {
	[ "$(says $REAL4 10 $REAL4 9)" = $'refused\nsilent' ]
}

# --- ours --------------------------------------------------------------------

ours_is_there() {
	[[ " $(programs) " = *" nolist_ingress "* ]]
}

# The banner can only be ours.
ours_works() {
	[ "$(says $LOW4 25 $LOW6 25 $HIGH4 25 $HIGH6 25 $REAL4 25)" = "refused refused 220 220 220" ]
}

# By the pins of libxdp, without CAP_SYS_ADMIN.
few_find_ours() {
	in_server setpriv --bounding-set -all,+bpf --inh-caps -all "$TOOL" status --json \
		--pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" | grep -q '"name":"s0","ifindex":[0-9]*,"mode":"[a-z]*","shared":true'
}

both_work() {
	check "$1: $other does its work" "${other}_works"
	check "$1: ours does its work" ours_works
	check "$1: ours is found with CAP_BPF alone" few_find_ours
}

order() {
	case $other in
	after) echo "nolist_ingress $("${other}_name")" ;;
	*) echo "$("${other}_name") nolist_ingress" ;;
	esac
}

# combination FIRST LAST: which is loaded first, and which is unloaded first.
combination() {
	local name="$other, $1 loaded first, $2 unloaded first"

	if [ "$1" = ours ]; then
		check "$name: load ours" load_roles
		check "$name: load $other" "${other}_load"
	else
		check "$name: load $other" "${other}_load"
		check "$name: load ours" load_roles
	fi
	is "$(programs)" "$(order)" "$name: both are there, in their order"
	both_work "$name"
	if [ "$2" = ours ]; then
		check "$name: load ours again" load_roles
		is "$(programs)" "$(order)" "$name: still both"
		both_work "$name, loaded again"
	fi
	if [ "$2" = ours ]; then
		check "$name: unload ours" nolist unload --purge
		is "$(programs)" "$("${other}_name")" "$name: the other is left"
		check "$name: $other does its work" "${other}_works"
		check "$name: unload $other" "${other}_unload"
	else
		check "$name: unload $other" "${other}_unload"
		is "$(programs)" nolist_ingress "$name: ours is left"
		check "$name: ours does its work" ours_works
		check "$name: unload ours" nolist unload --purge
	fi
	is "$(ip -n server link show dev s0 | grep -c prog) $(ls "$PIN_DIR" 2>/dev/null)" '0 ' \
		"$name: nothing is left"
}

# What defends the real MX, behind a program that counts.
defends() {
	furnish_foes
	check "a counter, then ours with lists: load the counter" counter_load 10
	check "load ours" defend_against_foes s0
	is "$(programs)" 'xdp_count nolist_ingress' 'both are there'
	check 'who is listed at the real MX is tempfailed' are_tempfailed
	check 'and others are not' says_220 $REAL4
	check 'the counter counts' counts $REAL4
	check 'unload ours' nolist unload --purge
	check 'unload the counter' counter_unload
}

says_220() {
	[ "$(says "$1" 25)" = 220 ]
}

fails() {
	! "$@"
}

all_combinations() {
	for other in before after filter; do
		if [ "$other" != after ] || [ "$MODE" = veth-native ]; then
			combination ours "$other"
			combination "$other" ours
		fi
	done
	if [ "$MODE" = veth-native ]; then
		combination ours ours
		combination filter filter
	fi
	defends
}

# Where libxdp's dispatcher cannot take a program that resizes frames: ours works
# alone, or is refused, with the hint, and the other is as it was.
alone_or_refused() {
	local name

	for other in before filter; do
		name="$other, and a dispatcher that refuses ours"
		check "$name: load ours" load_roles
		check "$name: it says that it is alone, and why" \
			grep -q 'mode, alone (.*libxdp 1.5.5' "$TMP/load.out"
		check "$name: load $other: refused" fails "${other}_load"
		is "$(programs)" nolist_ingress "$name: ours is there"
		check "$name: ours does its work" ours_works
		check "$name: load ours again" load_roles
		check "$name: unload ours" nolist unload --purge
		check "$name: load $other" "${other}_load"
		check "$name: load ours: refused" fails load_roles
		check "$name: with the hint" grep -q 'hint: .*libxdp 1.5.5' "$TMP/load.out"
		is "$(ls "$PIN_DIR" 2>/dev/null)" '' "$name: nothing is pinned"
		is "$(programs)" "$("${other}_name")" "$name: $other is there"
		check "$name: $other does its work" "${other}_works"
		check "$name: unload $other" "${other}_unload"
		is "$(ip -n server link show dev s0 | grep -c prog)" 0 "$name: nothing is left"
	done
}

topology
real_mx
case ${NOLIST_LATER:-},$(uname -r) in
yes,* | ,6.1.*) all_combinations ;;
*) alone_or_refused ;;
esac
done_testing
