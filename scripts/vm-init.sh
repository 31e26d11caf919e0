#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The first process of a test guest (scripts/check-kernels.sh boots it), run by
# busybox from the initramfs: makes the host's root, read-only through 9p, this
# guest's root, with everything written to it kept in memory, and hands over to
# scripts/vm-run.sh there. On the kernel command line: tree=, kernel=, the
# directories of both, and limit=, the seconds that a test may take.

set -u
export PATH=/bin

die() {
	echo "vm-init: $*"
	poweroff -f
}

mount -t proc proc /proc
mount -t devtmpfs dev /dev
while read -r module; do
	insmod "/modules/$module" || die "cannot load $module"
done </modules/order

mount -t tmpfs -o mode=755 tmpfs /mem
mkdir /mem/up /mem/work
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose host /host ||
	die "cannot mount the host's root"
mount -t overlay -o lowerdir=/host,upperdir=/mem/up,workdir=/mem/work overlay /root ||
	die "cannot lay memory over the host's root"

# What 9p shows of the host's own mounts is not this guest's.
for fs in proc sys dev run; do
	mkdir -p "/root/$fs"
done
mount --move /proc /root/proc
mount --move /dev /root/dev
mount -t sysfs sys /root/sys
mount -t tmpfs run /root/run

word() {
	sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" /root/proc/cmdline
}
tree=$(word tree)
mkdir -p /root/usr/lib/modules
mount -o bind "/root$(word kernel)/lib/modules" /root/usr/lib/modules
mkdir -p /root/run/results
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 results /root/run/results ||
	die "cannot mount the results' directory"
exec switch_root /root /bin/bash "$tree/scripts/vm-run.sh" "$tree" "$(word limit)"
