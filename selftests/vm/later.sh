#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: veth-native veth-generic virtio-native
#
# vm/beside.sh with a later libxdp than the one that is installed, which
# scripts/check-kernels.sh has built: the hint where that one's dispatcher is
# refused. A libxdp is replaced without the programs that use it being built anew;
# Debian's xdp-filter has one built in, and is replaced with it.
later=$(cd "$(dirname "$0")/../.." && pwd)/build/vm/libxdp
if [ ! -e "$later/ready" ]; then
	echo "1..0 # SKIP no later libxdp: see build/vm/libxdp.log"
	exit 0
fi
export NOLIST_LATER=yes LD_LIBRARY_PATH=$later LIBXDP_OBJECT_PATH=$later PATH=$later:$PATH
exec "$(dirname "$0")/beside.sh"
