#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# modes: none
#
# Two hosts that were booted at different times, with kernels of their own and one key: this one, and a guest
# of scripts/check-kernels.sh, whose clock since its boot says some seconds where this one's says hours or days. Each
# continues the dialogues of the other, over IPv4 and IPv6, with timestamps and without; with a clock that is set an hour
# off in the guest it resets them, and with another key. Why it matters: cookies are of a clock that counts from the
# boot, so hosts that only seem to agree on one machine might not on two.
# Needs a kernel that "make check-kernels" has unpacked: T=insns is enough.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/moves.sh
. "$(dirname "$0")/../lib/moves.sh"

need ip python3 ethtool qemu-system-x86_64 jq
kernel=$(find "$TOP/build/vm" -maxdepth 2 -path "*/linux-image-*/initramfs.gz" 2>/dev/null | sort -V | head -n 1)
kernel=${kernel%/*}
[ -n "$kernel" ] || skip_all 'no kernel is unpacked: make check-kernels T=insns'
release=$(ls "$kernel/lib/modules")
OTHER_MAC=52:54:00:00:00:01
KEY=$TMP/numbers

quiet_netns client
quiet_netns server
must ip -n client link add c0 address $CLIENT_MAC type bridge mcast_snooping 0
must ip -n client addr add $CLIENT4/24 dev c0
must ip -n client addr add $CLIENT6/64 dev c0 nodad
must ip -n client link set c0 up
must ip -n client link add p0 type veth peer name s0 netns server
must ip -n client link set p0 master c0 up
in_client ethtool -K p0 tx off >/dev/null || bail_out 'cannot: ethtool'
attach_pass client p0
must ip -n client tuntap add tap1 mode tap
must ip -n client link set tap1 master c0 up
must ip -n server link set s0 address $SERVER_MAC up
# A frame that is flooded would be answered by both.
must in_client bridge fdb replace $SERVER_MAC dev p0 master static
must in_client bridge fdb replace $OTHER_MAC dev tap1 master static
for a in $HIGH4/24 $LOW4/24; do
	must ip -n server addr add "$a" dev s0
done
must ip -n server addr add $HIGH6/64 dev s0 nodad

# --- the guest --------------------------------------------------------------------------

RESULTS=$TMP/results
mkdir "$RESULTS"
echo none >"$RESULTS/insns" # it would count instructions first
must "$TOOL" load --new-key "$KEY" >/dev/null
# It runs what it finds in "do" until that says so, and puts what came of it into "done".
cat >"$TMP/guest" <<-END
	#!/bin/bash
	n=0
	while :; do
	    n=\$((n + 1))
	    until [ -e /run/results/do.\$n ]; do sleep 0.2; done
	    bash /run/results/do.\$n >/run/results/out.\$n 2>&1
	    echo \$? >/run/results/status.part
	    mv /run/results/status.part /run/results/done.\$n
	done
END
chmod 755 "$TMP/guest" "$TMP"
echo "own net/boots $TMP/guest" >"$RESULTS/todo"
background client timeout 600 qemu-system-x86_64 -accel tcg -cpu max,-erms,-smap,-smep -smp 1 -m 768 \
	-nodefaults -no-user-config -no-reboot -display none -serial "file:$TMP/console" -device virtio-rng-pci \
	-kernel "$kernel/boot/vmlinuz-$release" -initrd "$kernel/initramfs.gz" \
	-append "console=ttyS0 quiet panic=-1 clearcpuid=112 mitigations=off norandmaps tree=$TOP kernel=$kernel limit=600" \
	-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
	-virtfs "local,path=$RESULTS,mount_tag=results,security_model=none" \
	-netdev tap,id=n1,ifname=tap1,script=no,downscript=no \
	-device virtio-net-pci,netdev=n1,mac=$OTHER_MAC >"$TMP/qemu.log" 2>&1
guest=$!
# in_guest TEXT: runs it there; its output is in $RESULTS/out, its status is returned.
in_guest() {
	local commands

	# check() is a subshell: nothing but files is kept.
	commands=$(($(find "$RESULTS" -name 'do.*' | wc -l) + 1))
	printf '%s\n' "cd $TOP" "$1" >"$RESULTS/part"
	mv "$RESULTS/part" "$RESULTS/do.$commands"
	if ! wait_for 120 test -e "$RESULTS/done.$commands"; then
		diag "$(tail -n 5 "$TMP/console" "$TMP/qemu.log")"
		bail_out 'the guest does not answer'
	fi
	cp "$RESULTS/out.$commands" "$RESULTS/out"
	return "$(cat "$RESULTS/done.$commands")"
}

tool="$TOOL --pin-dir /sys/fs/bpf/nolist --state-dir /run/nolist"
printf '%s\n' 'interface = s0' "low = $LOW4" "high = { $HIGH4, $HIGH6 }" 'name = fake.example' >"$TMP/own.conf"
{
	cat "$TMP/own.conf"
	echo "key-file = $KEY"
} >"$TMP/conf"
check 'a guest boots, and has the addresses' in_guest "
	card=\$(ip -o link | sed -n 's/^[0-9]*: \([^:]*\):.* $OTHER_MAC .*/\1/p')
	ip link set \$card down && ip link set \$card name s0 && ip link set s0 up &&
	ip addr add $LOW4/24 dev s0 && ip addr add $HIGH4/24 dev s0 && ip addr add $HIGH6/64 dev s0 nodad"
loads() {
	nolist load -c "$TMP/conf" >/dev/null && in_guest "$tool load -c $TMP/conf"
}
check 'both with one key' loads
in_guest 'cut -d. -f1 /proc/uptime; uname -r'
here=$(cut -d. -f1 /proc/uptime) there=$(head -n 1 "$RESULTS/out")
diag "this host is up for $here s, with $(uname -r); the guest for $there s, with $(tail -n 1 "$RESULTS/out")"
check 'they were booted at different times' [ $((here - there)) -gt 600 ]

# --- dialogues --------------------------------------------------------------------------

ALL='220 250 250 250 451 221'
for ts in 1 0; do
	must in_client sysctl -qw net.ipv4.tcp_timestamps=$ts
	with=$([ $ts = 1 ] && echo with || echo without)
	for a in "$HIGH4" "$HIGH6"; do
		is "$(moves "$a" 2)" "$ALL" "$a, $with timestamps: begun here, it goes on in the guest"
		is "$(moves "$a" -1 1 3)" "$ALL" 'begun in the guest, it goes on here, and comes back'
	done
done
must in_client sysctl -qw net.ipv4.tcp_timestamps=1
in_guest "$tool explain --json $CLIENT4"
is "$(jq -c '[.hours[] | .strong] | add > 0' "$RESULTS/out")" true 'the guest has its part of the evidence, by timestamps'
check 'the clock of the guest is set an hour ahead' in_guest "date -s '+1 hour' >/dev/null && { $tool collect --quiet || [ \$? = 3 ]; }"
is "$(moves "$HIGH4" -1)" "$ALL" 'its own dialogues go on'
is "$(moves "$HIGH4" 2)" '220 250 250 reset' 'those that were begun here it resets'
check 'it is set right again' in_guest "date -s '-1 hour' >/dev/null && { $tool collect --quiet || [ \$? = 3 ]; }"
is "$(moves "$HIGH4" 2)" "$ALL" 'and so do ours'
check 'with a key of its own' in_guest "$tool load -c $TMP/own.conf"
is "$(moves "$HIGH4" 2)" '220 250 250 reset' 'it resets them'
kill "$guest"
wait "$guest" 2>/dev/null
done_testing
