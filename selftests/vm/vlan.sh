#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: veth-native veth-generic virtio-native virtio-generic e1000-generic
#
# Below a VLAN: the addresses are on VLAN devices, the program is on the trunk.
# Either answers keep their tags, and low fake, high fake and real MX work in the
# VLAN, or load refuses, with the hint, and the hint works. Why it matters: an
# answer that loses its tag goes to another network, and the fakes are silent.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/vm.sh
. "$(dirname "$0")/../lib/vm.sh"
# shellcheck source=selftests/lib/meets.sh
. "$(dirname "$0")/../lib/meets.sh"
need ethtool python3

# The cards become trunks, t0; topology's addresses go to VLAN 7 on them.
eval "$(declare -f wire | sed '1s/wire/wire_cards/')"
wire() {
	local host dev

	wire_cards
	for host in client server; do
		dev=${host:0:1}0
		must ip -n $host link set "$dev" down
		must ip -n $host link set "$dev" name t0
		must ip -n $host link set t0 up
		must ip -n $host link add link t0 name "$dev" type vlan id 7
	done
}

load_trunk() {
	nolist load -i t0 --low $LOW4 --low $LOW6 --real $REAL4 --real $REAL6 \
		--high $HIGH4 --high $HIGH6 --mode "$xdp_mode" "$@" >"$TMP/load.out" 2>&1 ||
		{
			cat "$TMP/load.out"
			return 1
		}
}

count() {
	nolist status --json | "$PYTHON" -c \
		'import json, sys; print(json.load(sys.stdin)["verdicts"][sys.argv[1]])' "$1"
}

modprobe -q 8021q
[ -e /proc/net/vlan/config ] || skip_all "this kernel has no VLAN devices"
# shellcheck disable=SC2119
topology
real_mx
diag "rxvlan of the trunk: $(in_server ethtool -k t0 | grep rx-vlan-offload)"
if [ "$MODE" = veth-native ]; then
	if load_trunk; then
		not_ok "load refuses where tags would be lost"
	else
		ok "load refuses where tags would be lost"
	fi
	check "with the hint" grep -q 'hint: .*ethtool -K PEER txvlan off' "$TMP/load.out"
	is "$(ip -n server link show dev t0 | grep -c prog)" 0 "and attaches nothing"
	must in_client ethtool -K t0 txvlan off
	check "load --force, after that" load_trunk --force
else
	check "load" load_trunk
fi
# As in vm/cards.sh: a guest of the same host leaves its checksums to be made.
if [ "$card-$xdp_mode" = virtio-generic ]; then
	must in_client ethtool -K t0 tx off
fi
for a in $LOW4 $LOW6; do
	check "$a is closed, in the VLAN" refused "$a" 3
done
is "$(count low_rst_ack)" 6 "and it was the program that said so"
for a in $HIGH4 $HIGH6; do
	check "$a says later, in the VLAN" later "$a" 3
done
for a in $REAL4 $REAL6; do
	check "mail flows to $a, in the VLAN" mail "$a" 4 100000
done
furnish_foes
[ "$MODE" != veth-native ] || options=(--force)
check "load with lists" defend_against_foes t0
check "who is listed at the real MX is tempfailed, in the VLAN" are_tempfailed
check "unload" nolist unload --purge
check "$LOW4 is closed, by the kernel" refused $LOW4 1
done_testing
