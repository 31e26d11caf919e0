#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# circle: more
#
# unload says what is so, whatever system call fails, and leaves nothing in its way: detached
# is detached, and a purge that left something says so.
# shellcheck disable=SC2317 # functions that series() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

topology ''
real_mx

loaded() {
	ip -n server link set dev s0 xdp off 2>/dev/null
	[ ! -e "$PIN_DIR" ] || nolist unload --purge >/dev/null 2>&1
	nolist "${LOAD[@]}" >/dev/null 2>&1
	WHOLE=$(pins)
}

check_unload() {
	{
		case $status in
		0) [ -z "$(xdp_id)" ] || echo 'it says that it is detached' ;;
		137) ;;
		*) [ "$(xdp_id)" ] || echo 'it says that it is not detached' ;;
		esac
		flows
		next_ones
	} | first
}

check_purge() {
	{
		if [ "$status" = 0 ]; then
			[ -z "$(xdp_id)" ] || echo 'it says that it is detached'
			[ ! -e "$PIN_DIR" ] || echo "it says that nothing is left of $(pins)"
		fi
		flows
		next_ones
	} | first
}

for how in EPERM ENOMEM KILL; do
	series unload bpf $how loaded check_unload unload
done
for call in sendto recvmsg; do
	series unload $call ENOBUFS loaded check_unload unload
	series unload $call KILL loaded check_unload unload
done
series unload socket EMFILE loaded check_unload unload
EACH=1 series unload flock EINTR loaded check_unload unload
for how in EBUSY KILL; do
	EACH=$(((EACH + 4) / 5)) series purge unlink,unlinkat,rmdir $how loaded check_purge unload --purge
done
series purge bpf EPERM loaded check_purge unload --purge
diag "$total cases"
done_testing
