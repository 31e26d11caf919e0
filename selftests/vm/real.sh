#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: veth-native veth-generic virtio-native virtio-generic e1000-generic
#
# What defends the real MX, on a card's driver and in generic mode: real connections of listed sources
# are tempfailed, reset and dropped, over both families, and others come through; those that are held
# get a line for each probe of their kernel, at the real MX and at a high fake; a stranger waits at the
# gate for its own retransmission, and who was at the low fake does not. Why it matters: these answers
# are made on a way of their own, where a driver that joins segments or leaves checksums to others
# would cut off who is innocent.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/vm.sh
. "$(dirname "$0")/../lib/vm.sh"
# shellcheck source=selftests/lib/meets.sh
. "$(dirname "$0")/../lib/meets.sh"
need python3 jq ethtool

verdicts() {
	nolist status --json | jq "[.verdicts | $1] | add"
}

# Each of these may be on parole.
most_meet() {
	meets "${@:2}" | tee "$TMP/met" | grep -q "$1" || ! cat "$TMP/met"
}

# From the listed /64, as a stranger from elsewhere.
tries_low() {
	in_client "$PYTHON" -c '
import socket, sys
try:
	socket.create_connection((sys.argv[1], 25), 10, ("2001:db8:5:1::9", 0))
	sys.exit("connected")
except ConnectionRefusedError:
	pass' $LOW6
}

topology
furnish_foes
greet_as_real
check 'load, with lists' defend_against_foes s0
# As in vm/cards.sh: a guest of the same host leaves its checksums to be made.
if [ "$card-$xdp_mode" = virtio-generic ]; then
	must in_client ethtool -K c0 tx off
fi
check 'tempfail: our words, over both families' are_tempfailed
is "$(meets $CLIENT4 $CLIENT6 198.51.100.10)" accepted 'who is not listed comes through'
check 'reset' most_meet refused 198.51.100.2 198.51.100.3 198.51.100.4 198.51.100.5
check 'drop' most_meet silence 198.51.100.6 198.51.100.7 198.51.100.8 198.51.100.9
check 'by the program' test "$(verdicts .real_syn_ack,.real_reset,.real_dropped)" -ge 8

check 'load, with the tarpit' defend s0 'enforce = tempfail' 'enforce-text = "Held here"' 'tarpit = both' \
	'tarpit-lines = 1'
must "$BUILD/selftests/lib/held" "$PIN_DIR" 198.51.100.{11,12,13} 2001:db8:5:1::/64
is "$(held $REAL4 198.51.100.{11,12,13})" '220 250- 421 4.7.1 Held here.' 'tarpit: held at the real MX'
is "$(held $HIGH4 198.51.100.{11,12,13})" '220 250- 421 4.7.1 Held here.' 'and at a high fake'
is "$(held $HIGH6 2001:db8:5:1::9 2001:db8:5:1::9 2001:db8:5:1::9)" '220 250- 421 4.7.1 Held here.' \
	'over IPv6 as well'

check 'load, with the gate' defend s0 'gate = 1'
n=$(verdicts .real_gated)
is "$(meets 198.51.100.10)" accepted 'gate: a stranger gets through'
check 'after it was dropped' test "$(verdicts .real_gated)" -gt "$n"
n=$(verdicts .real_gated)
check 'one that is refused by the low fake' tries_low
is "$(meets 2001:db8:5:1::9) $(verdicts .real_gated)" "accepted $n" 'does not wait'
check 'unload' nolist unload --purge
is "$(meets 198.51.100.1)" accepted 'and nobody is refused any more'
done_testing
