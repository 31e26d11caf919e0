#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# circle: more
#
# load over a program that is there, with another configuration, and to two interfaces: what
# fails leaves it as it was, whatever system call that is, and wherever it is killed the next
# load and unload work.
# shellcheck disable=SC2317 # functions that series() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

topology ''
real_mx

# What a good load pins.
must nolist "${LOAD[@]}" >"$TMP/out" 2>&1
WHOLE=$(pins)
nothing

# --- over a program that is there -------------------------------------------------

# Of another build, so that it is replaced: only its number tells them apart.
by_ip() {
	nothing
	ip -n server link set dev s0 xdp obj "$OBJECT" sec xdp
	id_before=$(xdp_id)
}

check_adopt() {
	{
		case $status in
		0 | 3) [ "$(xdp_id)" ] || echo 'it is not attached' ;;
		137) [ "$(xdp_id)" ] || echo 'the program is gone' ;;
		*)
			[ "$(xdp_id)" = "$id_before" ] || echo "the program is '$(xdp_id)'"
			[ ! -e "$PIN_DIR" ] || echo "pins: $(pins)"
			;;
		esac
		next_ones
	} | first
}

for how in EPERM KILL; do
	series adopt bpf $how by_ip check_adopt "${LOAD[@]}"
done
series adopt sendto EBUSY by_ip check_adopt "${LOAD[@]}"

# Another configuration: the program stays, and so does the configuration in force.
loaded() {
	nothing
	nolist "${LOAD[@]}" >/dev/null 2>&1
	id_before=$(xdp_id)
}

RELOAD=(load -i s0 --low "$LOW4" --real "$REAL4" --high 192.0.2.31)

check_reload() {
	{
		[ "$(xdp_id)" = "$id_before" ] || echo "the program is '$(xdp_id)'"
		if [ "$status" != 0 ] && [ "$status" != 3 ] && [ "$status" != 137 ]; then
			[ "$(pins)" = "$WHOLE" ] || echo "pins: $(pins)"
			flows on
		fi
		[ "$status" != 0 ] || [ "$(pins)" = "$WHOLE" ] || echo "pins: $(pins)"
		next_ones
	} | first
}

for how in EPERM KILL; do
	series reload bpf $how loaded check_reload "${RELOAD[@]}"
done
EACH=1 series reload rename,renameat,renameat2 EIO loaded check_reload "${RELOAD[@]}"

# --- two interfaces: the second fails ----------------------------------------------

must ip -n client link add c1 type veth peer name s1 netns server
attach_pass client c1
must ip -n client link set c1 up
must ip -n server link set s1 up
BOTH=(load -i s0 -i s1 --low "$LOW4" --real "$REAL4" --high "$HIGH4")

check_both() {
	{
		case $status in
		0 | 3) [ "$(xdp_id)" ] && [ "$(xdp_id s1)" ] || echo 'it is not attached to both' ;;
		137) ;;
		*)
			[ -z "$(xdp_id)$(xdp_id s1)" ] || echo 'it is attached'
			[ ! -e "$PIN_DIR" ] || echo "pins: $(pins)"
			;;
		esac
		works "${BOTH[@]}"
		works unload --purge
		[ -z "$(xdp_id)$(xdp_id s1)" ] || echo 'unload leaves a program'
	} | first
}

nothing_of_both() {
	nothing
	ip -n server link set dev s1 xdp off
}

series both sendto EBUSY nothing_of_both check_both "${BOTH[@]}"
series both recvmsg ENOBUFS nothing_of_both check_both "${BOTH[@]}"
series both bpf EPERM nothing_of_both check_both "${BOTH[@]}"
diag "$total cases"
done_testing
