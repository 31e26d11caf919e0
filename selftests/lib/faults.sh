# shellcheck shell=bash disable=SC2034,SC2317
# SPDX-License-Identifier: GPL-2.0-only
#
# Faults: a command is run again and again, and each time one more of its system calls fails,
# or it is killed there. Sourced after lib.sh, with topology up.
#
#	series NAME CALL HOW SETUP CHECK COMMAND...
#
# CALL: a system call, or several as strace(1) names them, each of which is tried for itself, since
# strace counts them so; HOW: an error (EIO), or KILL.
# SETUP makes what the command finds. CHECK is called afterwards with the status of the
# command in $status, its words in $TMP/fault.err, and what was wrong on its own stdout:
# nothing, or one line. EACH=10 tries each tenth call only.

need strace
EACH=${NOLIST_EACH:-10}
STRACE=(strace -f -qq --seccomp-bpf)

# The words of the command for strace: in the server's namespace, with our directories.
traced() {
	local options=$1

	shift
	# shellcheck disable=SC2086 # words
	in_server timeout -k 1 "${FAULT_LIMIT:-120}" "${STRACE[@]}" -o "$TMP/trace" $options "$TOOL" "$@" \
		--pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
}

series() {
	local name=$1 calls=$2 how=$3 setup=$4 checks=$5 call n all sum=0 tried=0 wrong=0 fault what

	shift 5
	[ "$how" = KILL ] && fault=signal=KILL || fault=error=$how
	$setup
	traced "-e trace=$calls" "$@" >/dev/null 2>&1
	cp "$TMP/trace" "$TMP/trace.whole"
	for call in ${calls//,/ }; do
		all=$(grep -cE "(^| )$call\(" "$TMP/trace.whole")
		sum=$((sum + all))
		# One thread counts for itself, so the last ones may not be there.
		for ((n = 1 + RANDOM % EACH; n <= all; n += EACH)); do
			$setup
			traced "-e trace=$call -e inject=$call:$fault:when=$n" "$@" >"$TMP/fault.out" 2>"$TMP/fault.err"
			status=$?
			what=$($checks)
			tried=$((tried + 1))
			[ "$what" ] || continue
			wrong=$((wrong + 1))
			diag "$call $n of $all, $how: exit status $status: $what: $(tail -n 2 "$TMP/fault.err" | tr '\n' ' ')"
		done
	done
	total=$((${total:-0} + tried))
	is $wrong 0 "$name: $calls, $how: $tried of $sum"
}

# --- what has to be so ---------------------------------------------------------

# xdp_id [IFACE]: of the program there, or nothing.
xdp_id() {
	ip -n server link show dev "${1:-s0}" | sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p'
}

# A server at the real MX, so that mail has somewhere to go.
real_mx() {
	in_server "$PYTHON" -c '
import socket, threading
s = socket.socket(socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("'"$REAL4"'", 25))
s.listen(64)
while True:
	s.accept()[0].close()' &
	must wait_for 5 opens "$REAL4"
}

# opens ADDR: a connection to its port 25 is accepted.
opens() {
	in_client timeout 2 bash -c "exec 3<>/dev/tcp/$1/25" 2>/dev/null
}

# Mail goes to the real MX in any case; with "on" the fakes are at work.
flows() {
	opens "$REAL4" || echo 'the real MX is out of reach'
	opens "$LOW4" && echo 'the low fake accepts'
	[ "${1:-}" != on ] || opens "$HIGH4" || echo 'the high fake does not accept'
}

# works COMMAND...: without a fault, or says which did not.
works() {
	nolist "$@" >"$TMP/works" 2>&1 || echo "then '$1' fails: $(tail -n 2 "$TMP/works" | tr '\n' ' ')"
}

pins() {
	find "$PIN_DIR" -mindepth 1 -printf '%f\n' 2>/dev/null | sed 's/_[0-9]*$/_N/' | sort | tr '\n' ' '
}

# The first complaint is enough: the others follow from it.
first() {
	head -n 1
}

# --- load and unload -------------------------------------------------------------

echo 'domains = { example.com, .example.org }' >"$TMP/domains.conf"
LOAD=(load -c "$TMP/domains.conf" -i s0 --low "$LOW4" --real "$REAL4" --high "$HIGH4")

# Nothing is attached or pinned.
nothing() {
	[ -z "$(xdp_id)" ] && [ ! -e "$PIN_DIR" ] && return
	nolist unload --purge >/dev/null 2>&1
	ip -n server link set dev s0 xdp off
	rm -rf "$PIN_DIR"
}

# At the end of each: the next ones work, and leave nothing.
next_ones() {
	works "${LOAD[@]}"
	flows on
	works unload --purge
	[ -z "$(xdp_id)" ] || echo 'unload leaves a program'
	[ ! -e "$PIN_DIR" ] || echo "purge leaves $(pins)"
	flows
}
