#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# circle: more
#
# load is all or nothing whatever system call fails, and wherever it is killed the next load
# and unload work. Why it matters: a half loaded program answers for a mail server with
# nobody there to say so, and "try again" must be all that an administrator has to know.
# shellcheck disable=SC2317 # functions that series() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

topology ''
real_mx

check_load() {
	local id

	id=$(xdp_id)
	{
		case $status in
		0)
			[ "$id" ] || echo 'it is not attached'
			[ "$(pins)" = "$WHOLE" ] || echo "pins: $(pins)"
			works status
			flows on
			[ -s "$TMP/fault.out" ] || echo 'it says nothing'
			;;
		3)
			[ "$id" ] || echo 'it is not attached'
			grep -q 'warning: ' "$TMP/fault.err" || echo 'no warning'
			flows on
			;;
		137)
			flows
			;;
		*)
			[ -z "$id" ] || echo 'it is attached'
			[ ! -e "$PIN_DIR" ] || echo "pins: $(pins)"
			[ -s "$TMP/fault.err" ] || echo 'it says nothing'
			flows
			;;
		esac
		next_ones
	} | first
}

# What a good load pins.
must nolist "${LOAD[@]}" >"$TMP/out" 2>&1
WHOLE=$(pins)
nothing

for how in EPERM ENOMEM KILL; do
	series load bpf $how nothing check_load "${LOAD[@]}"
done
for how in EBUSY ENOBUFS KILL; do
	series load sendto $how nothing check_load "${LOAD[@]}"
done
series load recvmsg ENOBUFS nothing check_load "${LOAD[@]}"
series load recvmsg KILL nothing check_load "${LOAD[@]}"
series load socket EMFILE nothing check_load "${LOAD[@]}"
for how in EIO KILL; do
	EACH=1 series load rename,renameat,renameat2 $how nothing check_load "${LOAD[@]}"
	EACH=1 series load mkdir,mkdirat $how nothing check_load "${LOAD[@]}"
	series load unlink,unlinkat $how nothing check_load "${LOAD[@]}"
done
EACH=1 series load flock EINTR nothing check_load "${LOAD[@]}"
EACH=1 series load flock EIO nothing check_load "${LOAD[@]}"
series load openat,open EMFILE nothing check_load "${LOAD[@]}"
series load fsync,statfs EIO nothing check_load "${LOAD[@]}"
diag "$total cases"
done_testing
