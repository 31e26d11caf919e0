# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced after judge.sh by the parts of the benchmark that need many sources.

# site SOURCES [LINE...]: a network with the program loaded, tables for so many sources, and verdicts
# that wait for nothing; LINE is one more of the configuration. Sets BOOT, for inject.
site() {
	topology ''
	must [ -x "$INJECT" ]
	cat >"$CONF" <<-END
		interface = { s0 }
		low = { $LOW4, $LOW6 }
		real = { $REAL4, $REAL6 }
		high = { $HIGH4, $HIGH6 }
		sources = $1
		real-mx-unseen = accept
		learning = 0
		growth-min = 100000000
	END
	printf '%s\n' "${@:2}" >>"$CONF"
	must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
	# shellcheck disable=SC2034 # of inject
	BOOT=$("$INJECT" --boot)
}

# on CPU COMMAND...: in the network namespace of the server.
on() {
	in_server taskset -c "$1" "${@:2}"
}

# cpu_of PID: of all its threads, in nanoseconds.
cpu_of() {
	cat /proc/"$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f", n }'
}
