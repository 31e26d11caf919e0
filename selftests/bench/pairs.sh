# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by what measures over veth. Uses $prefix, which all names begin with, and fail(); adds to
# names the network namespaces that it makes.

# Two namespaces joined by a veth pair: gen sends, dut answers.
pair() {
	local a=$prefix-$1-a b=$prefix-$1-b

	ip netns add "$a" || fail "cannot add a network namespace"
	names+=("$a")
	ip netns add "$b" || fail "cannot add a network namespace"
	names+=("$b")
	ip link add gen netns "$a" address 02:00:00:00:00:01 numtxqueues 2 numrxqueues 2 \
		type veth peer name dut netns "$b" address 02:00:00:00:00:02 \
		numtxqueues 2 numrxqueues 2 || fail "cannot add a veth pair"
	ip netns exec "$b" sysctl -qw net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.dut.rp_filter=0
	ip -n "$b" address add 192.0.2.1/24 dev dut
	ip -n "$b" address add 2001:db8::1/64 dev dut nodad
	ip -n "$b" link set lo up
	ip -n "$b" link set dut up
	ip -n "$a" link set gen up
	ip -n "$b" neighbor add 192.0.2.254 lladdr 02:00:00:00:00:01 dev dut
	ip -n "$b" neighbor add 2001:db8::fe lladdr 02:00:00:00:00:01 dev dut
	ip -n "$b" route add default via 192.0.2.254
	ip -n "$b" -6 route add default via 2001:db8::fe
}

# As pair, and the kernel answers. veth takes live frames only where it polls.
kernel_pair() {
	pair "$1"
	ip netns exec "$prefix-$1-b" ethtool -K dut gro on || fail "cannot switch GRO on"
}
