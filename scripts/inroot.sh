#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs a command as if packages were installed:
#   scripts/inroot.sh [PACKAGE]... -- COMMAND [ARG]...
# The command gets a mount namespace whose root is this machine's, with what
# scripts/fetch.sh unpacked laid over it. What it writes goes to memory and is
# gone with it; only this source tree is the real one. It has its own /proc,
# /sys, /run, /tmp and BPF file system, and does not see this machine's mail,
# logs and evidence. Needs root and the kernel's overlayfs.

set -eu
repo=$(cd "$(dirname "$0")/.." && pwd)

die() {
	printf 'inroot.sh: %s\n' "$@" >&2
	exit 1
}

if [ "${1-}" != --unshared ]; then
	[ "$(id -u)" = 0 ] || die "needs root"
	exec unshare --mount "$0" --unshared "$@"
fi
shift

mkdir -p "$repo/build/root"
mount -t tmpfs -o mode=755 tmpfs "$repo/build/root"
cd "$repo/build/root"
mkdir upper work root
packages=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	[ -d "$repo/build/debs/$1" ] || die "'$1' is not there: scripts/fetch.sh $1"
	# Copied, since overlayfs refuses a layer that lies within another.
	cp -a "$repo/build/debs/$1/." upper/
	packages+=("$1")
	shift
done
[ $# -gt 1 ] || die "usage: inroot.sh [PACKAGE]... -- COMMAND [ARG]..."
shift
# A whiteout: what this machine has there is not seen (overlayfs.rst, "whiteouts").
if [ -d /var/lib/nolist-xdp ]; then
	mkdir -p upper/var/lib
	mknod upper/var/lib/nolist-xdp c 0 0
fi
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root ||
	die "cannot lay packages over the root file system: is there overlayfs?"
mount -t proc proc root/proc
mount -t sysfs sysfs root/sys
mount -t bpf bpf root/sys/fs/bpf
mount --rbind /dev root/dev
mount -t tmpfs -o mode=755 tmpfs root/run
mount -t tmpfs -o mode=1777 tmpfs root/tmp
for dir in var/spool var/mail var/log; do
	mkdir -p "root/$dir"
	mount -t tmpfs -o mode=755 tmpfs "root/$dir"
	for package in "${packages[@]}"; do
		if [ -d "$repo/build/debs/$package/$dir" ]; then
			cp -a "$repo/build/debs/$package/$dir/." "root/$dir/"
		fi
	done
done
mkdir -p "root$repo"
# Servers that run as somebody else must get there, also below a private home.
dir=$(dirname "$repo")
while [ "$dir" != / ]; do
	chmod a+x "root$dir"
	dir=$(dirname "$dir")
done
mount --bind "$repo" "root$repo"
exec chroot root env --chdir="$repo" "$@"
