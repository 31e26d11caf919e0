#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: virtio-native virtio-generic e1000-generic
#
# On a card's driver, with its offloads as it came up: a real TCP connect to the
# low fake is refused, a real SMTP client gets "later" from the high fake, mail
# flows to the real MX, before, while and after the program is there. Why it
# matters: a veth is nobody's uplink, and a driver that joins segments, or leaves
# checksums to be made, is where an XDP program breaks mail.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/vm.sh
. "$(dirname "$0")/../lib/vm.sh"
need python3 bpftool ethtool ss tc

features() {
	in_server ethtool -k s0 |
		sed -n 's/^\(rx-checksumming\|tx-checksumming\|tcp-segmentation-offload\|generic-receive-offload\|large-receive-offload\|rx-gro-hw\): /\1 /p' |
		tr '\n' ',' | sed 's/,$//; s/,/, /g'
}

mode_in_status() {
	nolist status --json |
		"$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["interfaces"][0]["mode"])'
}

queue_pairs() {
	in_server ethtool -l s0 | sed -n '/^Current/,$s/^Combined:[^0-9]*//p'
}

# On how many CPUs frames were counted: with two queue pairs, on both.
cpus_that_counted() {
	# shellcheck disable=SC2046
	bpftool -j map dump $(stats_map) | "$PYTHON" -c '
import json, sys
per_cpu = [v["value"]["verdict"] for v in json.load(sys.stdin)[0]["formatted"]["values"]]
print(sum(sum(v) > 0 for v in per_cpu))
'
}

mail_flows() {
	local a

	for a in $REAL4 $REAL6; do
		check "$1: mail flows to $a" mail "$a" 8 50000
	done
}

topology
diag "s0 as it came up: $(features)"
if [ "$card" = virtio ]; then
	is "$(queue_pairs)" 2 "the card has two queue pairs"
fi
real_mx
mail_flows before
check "load --mode $xdp_mode" load_roles
is "$(mode_in_status)" "$xdp_mode" "status says $xdp_mode"
diag "s0 with the program: $(features)"
# A guest of the same host leaves its checksums to be made. In generic mode the kernel
# answers it at the low fake, and nobody at a high one (README, Limits); from then on the
# client is as one that comes over a wire.
if [ "$card-$xdp_mode" = virtio-generic ]; then
	for a in $LOW4 $LOW6; do
		check "$a is closed to a guest of the same host" refused "$a" 25
	done
	check "its checksums are made" in_client ethtool -K c0 tx off
fi
mark_frames
for a in $LOW4 $LOW6; do
	check "$a is closed" refused "$a" 25
done
for a in $HIGH4 $HIGH6; do
	check "$a says later" later "$a" 10
done
check_verdicts "fakes"
mail_flows while
if [ "$card" = virtio ]; then
	is "$(cpus_that_counted)" 2 "both queue pairs had frames"
fi
check "load again" load_roles
check "$LOW4 is closed" refused $LOW4 5
mail_flows "loaded again"
check "unload" nolist unload --purge
is "$(ip -n server link show dev s0 | grep -c prog)" 0 "nothing is left on the card"
check "$LOW4 is closed, by the kernel" refused $LOW4 5
mail_flows after
done_testing
