#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside a test guest, as its first process on the host's tools
# (scripts/vm-init.sh hands over to it). Reads what to run from
# /run/results/todo, lines of MODE TEST FILE, and leaves there, for
# scripts/check-kernels.sh:
#   insns           COMPILER PROGRAM COUNT STACK, or COMPILER and the verifier's refusal
#   tests           MODE TEST TENTHS-OF-A-SECOND STATUS
#   MODE.FOLDER_TEST.tap   what the test said; .err what it said besides
#   done            when all of it was run
# Powers off at the end, whatever happened.

set -u
shopt -s nullglob
export PATH=/usr/sbin:/usr/bin LC_ALL=C HOME=/root TERM=dumb
# An emulated processor is slow: every deadline is longer there.
export NOLIST_PATIENCE=5
results=/run/results
trap 'sync; echo o >/proc/sysrq-trigger; sleep 60' EXIT

cd "$1" || exit 1
limit=$2
cut -d' ' -f1 /proc/uptime >"$results/boot"
uname -r >"$results/release"
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/pts /dev/shm /run/netns /run/lock
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
# As udev makes them: postfix writes its log to /dev/stdout.
ln -sfn /proc/self/fd /dev/fd
for n in 0:in 1:out 2:err; do
	ln -sfn "/proc/self/fd/${n%:*}" "/dev/std${n#*:}"
done
hostname guest
ip link set lo up
# Tests take their cards from this namespace; they cannot see this process.
touch /run/guest.netns
mount -o bind /proc/self/ns/net /run/guest.netns
for device in /sys/bus/{pci,virtio}/devices/*/modalias; do
	modprobe -q -b "$(cat "$device")"
done
modprobe -q tun # what it is for has no device to ask for it

if [ ! -s "$results/insns" ]; then
	for object in build/vm/clang-*/nolist.bpf.o; do
		compiler=${object%/*}
		timeout "$limit" build/selftests/vm/insns "$object" 2>&1 |
			sed "s,^,${compiler##*/clang-} ,"
	done >"$results/insns.part"
	mv "$results/insns.part" "$results/insns"
fi
while read -r mode test file; do
	start=${EPOCHREALTIME/./}
	MODE=$mode timeout -k 5 "$limit" "$file" </dev/null \
		>"$results/$mode.${test/\//_}.tap" 2>"$results/$mode.${test/\//_}.err"
	status=$?
	echo "$mode $test $(((${EPOCHREALTIME/./} - start) / 100000)) $status" >>"$results/tests"
done <"$results/todo"
touch "$results/done"
