#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: veth-native veth-generic virtio-native
#
# Beside other XDP programs, through libxdp's dispatcher: one that runs before
# ours (an XDP filter that drops a port, a counter) and one that runs after it (a
# counter), loaded before ours or after it, unloaded before it or after it. Both
# do their work as long as they are there, and neither takes the other along. Why
# it matters: an XDP program that wants its interface alone is no use to whoever
# has one already.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_vm.sh
. "$(dirname "$0")/lib_vm.sh"
need bpftool xdp-filter xdp-loader

# says ADDRESS PORT: what a client gets: refused, silent, or a line. By the shell
# alone, since a thousand of these in an emulated machine are enough.
says() {
	local out

	# shellcheck disable=SC2016
	out=$(in_client timeout 2 bash -c '
		exec 3<>"/dev/tcp/$0/$1" && read -r line <&3 && echo "$line"' "$1" "$2" 2>&1)
	case $?,$out in
	124,*) echo silent ;;
	*refused*) echo refused ;;
	*) echo "${out%%[!0-9]*}" ;;
	esac
}

# Names of the programs at s0, in the order in which they run.
programs() {
	in_server xdp-loader status s0 |
		sed -n 's/^ *=> *[0-9]* *\([a-z0-9_]*\) .*/\1/p; s/^s0 .* \(nolist_ingress\) .*/\1/p' |
		tr '\n' ' ' | sed 's/ $//'
}

# --- the other programs: NAME_load, NAME_unload, NAME_works, NAME_name -------

counter_load() {
	in_server "$BUILD/selftests/vm_xdp" load s0 "$xdp_mode" "$1" \
		"$BUILD/selftests/xdp_count.bpf.o" xdp_count
}

counter_unload() {
	in_server "$BUILD/selftests/vm_xdp" unload s0 xdp_count
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
	[ "$(says $REAL4 9)" = silent ] && [ "$(says $REAL4 10)" = refused ]
}

# --- ours --------------------------------------------------------------------

ours_is_there() {
	[[ " $(programs) " = *" nolist_ingress "* ]]
}

# The banner can only be ours.
ours_works() {
	[ "$(says $LOW4 25),$(says $LOW6 25)" = refused,refused ] &&
		[ "$(says $HIGH4 25),$(says $HIGH6 25)" = 220,220 ] &&
		[ "$(says $REAL4 25)" = 220 ]
}

both_work() {
	check "$1: $other does its work" "${other}_works"
	check "$1: ours does its work" ours_works
}

order() {
	case $other in
	after) echo "nolist_ingress $("${other}_name")" ;;
	*) echo "$("${other}_name") nolist_ingress" ;;
	esac
}

# combination FIRST LAST: who is loaded first, who is unloaded first.
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
	is "$(ip -n server link show dev s0 | grep -c prog)" 0 "$name: nothing is left"
}

# A dispatcher with ours in it is nothing that Debian 12's own tools can rebuild on
# newer kernels (bpf/xdp-dispatcher.bpf.c): they refuse, and nothing is lost.
refused_combination() {
	local name="filter, where its tool's dispatcher refuses ours"

	check "$name: load ours" load_roles
	check "$name: the filter is refused" fails filter_load
	check "$name: ours does its work" ours_works
	check "$name: unload ours" nolist unload
	check "$name: load the filter" filter_load
	check "$name: load ours" load_roles
	check "$name: the filter cannot go" fails filter_unload
	is "$(programs)" "$(order)" "$name: both are there"
	both_work "$name"
	check "$name: unload ours" nolist unload --purge
	check "$name: unload the filter" filter_unload
	is "$(ip -n server link show dev s0 | grep -c prog)" 0 "$name: nothing is left"
}

fails() {
	! "$@"
}

# All that Debian's own filter can do with ours in its dispatcher; where it is not
# much, that is what the test says.
filter_combinations() {
	case $(uname -r) in
	6.1.*)
		combination filter filter
		combination ours ours
		combination ours filter
		;;
	*) refused_combination ;;
	esac
}

topology
real_mx
for other in before after; do
	combination ours "$other"
	combination "$other" ours
	if [ "$MODE" = veth-native ]; then
		combination ours ours
		combination "$other" "$other"
	fi
done
other=filter
combination filter ours
if [ "$MODE" = veth-native ]; then
	filter_combinations
fi
done_testing
