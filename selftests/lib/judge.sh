# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of show, explain and dump share: after topology, the program
# loaded with a lab's configuration, and tables filled with made-up evidence.
# Sourced after lib.sh. Times are counted from FIRST_HOUR, a little later than what the
# kernel notes itself, as if it had booted then; see inject.c.

INJECT=$BUILD/selftests/lib/inject
export INJECT_FROM=$FIRST_HOUR
CONF=$TMP/nolist.conf
H=3600 D=86400
status=0 # of run

judge_setup() {
	must [ -x "$INJECT" ]
	cat >"$CONF" <<-END
		interface = { s0 }
		low = { ${LOWS:-$LOW4, $LOW6} }
		real = { $REAL4, $REAL6 }
		high = { $HIGH4, $HIGH6 }
		never-list-except = { 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32 }
		learning = ${LEARNING:-0}
	END
	must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
	BOOT=$("$INJECT" --boot)
	NOW=$((BOOT + 4 * D))
}

# inject LINE... adds evidence.
inject() {
	printf '%s\n' "$@" | must "$INJECT" "$PIN_DIR"
}

# The same counted from the boot, as /proc/uptime is: evidence of now.
inject_now() {
	INJECT_FROM=0 inject "$@"
}

# at SECONDS: so long after that, for --at.
at() {
	echo $((BOOT + $1))
}

# What a command says on stdout, stderr and as its exit status.
run() {
	nolist "$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
}

# fails STATUS PATTERN NAME COMMAND...: it exits so, says so, and prints nothing.
fails() {
	local wanted=$1 pattern=$2 name=$3

	shift 3
	run "$@"
	if [ "$status" -eq "$wanted" ] && [ ! -s "$TMP/out" ] && grep -qE -- "$pattern" "$TMP/err"; then
		ok "$name"
	else
		not_ok "$name"
		diag "$* exited $status"
		diag "$(cat "$TMP/out" "$TMP/err")"
	fi
}

# The rows of a list without its head.
rows() {
	grep -v '^#' "$1"
}

# A history of each kind, to be looked at as of NOW.
histories() {
	inject \
		"198.51.100.1 low=1h:1h:1 real=1h:80h:9 data=1h:80h:9" \
		"198.51.100.2 low=10h:10h:1 real=10h:60h:5 high=20h:20h:1" \
		"203.0.113.1 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" \
		"203.0.113.2 high=20h:20h:1 talk=20h:20h:1 hour=20:1:0:0:0" \
		"203.0.113.3 high=20h:40h:2 talk=20h:40h:2 hour=20:1:0:0:1 hour=40:1:0:0:1" \
		"203.0.113.4 high=30h:31h:7" \
		"203.0.113.5 high=90h:90h:1" \
		"203.0.113.6 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" \
		"2001:db8:5:1::9 high=20h:40h:2 talk=20h:40h:2 hour=20:2:0:0:0 hour=40:1:0:0:0" \
		"2001:db8:6:1::9 real=1h:80h:2 data=1h:80h:2"
}
