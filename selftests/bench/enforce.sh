#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What it costs to have a million listed sources, at random in all of IPv4, refused at the real MX:
# the load of the program with all that defends it, and for a list of a million and one of five times
# as many to bring it into force, and what the kernel keeps of it. MANY=N for another length than a
# million. Each is done LOADS times, 3. Prints a line of JSON for each; run.sh calls it.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/bench/site.sh
. "$(dirname "$0")/site.sh"
# shellcheck source=selftests/bench/cost.sh
. "$(dirname "$0")/cost.sh"

many=${MANY:-1000000}
loads=${LOADS:-3}

# configured NAME LINE...: the site with these; prints the file's name.
configured() {
	printf '%s\n' "$(cat "$TMP/first.conf")" "${@:2}" >"$TMP/$1.conf"
	echo "$TMP/$1.conf"
}

# with CONF COMMAND OPTION...: what would run it, one word a line.
with() {
	printf '%s\n' nsenter --net=/run/netns/server "$TOOL" "$2" -c "$1" --pin-dir "$PIN_DIR" \
		--state-dir "$STATE_DIR" "${@:3}"
}

# quietly CONF COMMAND OPTION...: it must go well.
quietly() {
	local words

	mapfile -t words < <(with "$@")
	"${words[@]}" >"$TMP/log" 2>&1 || bail_out "$2: $(cat "$TMP/log")"
}

# bring LINES: into force.
bring() {
	local n=$1 conf words

	"$BUILD/bench/enforce" list "$n" >"$TMP/list.$n"
	conf=$(configured "$n" 'enforce = tempfail' "enforce-list = { \"$TMP/list.$n drop\" }" 'brake = off')
	mapfile -t words < <(with "$conf" dump --all --quiet)
	for ((round = 0; round < loads; round++)); do
		# Where nothing is enforced there is no table.
		quietly "$off" load
		quietly "$conf" load
		listed nolist "$n" "${words[@]}"
		mapfile -t status < <(with "$conf" status --json)
		[ "$("${status[@]}" | jq '.tables[0].enforce.prefixes')" = "$n" ] ||
			bail_out "not $n prefixes are in force"
	done
}

need jq
site 262144
cp "$CONF" "$TMP/first.conf"
off=$(configured off)
on=$(configured on 'enforce = tempfail' 'gate = 3' 'tarpit = both' 'teaser = yes' 'brake = off')
mapfile -t words < <(with "$on" load)
for ((round = 0; round < loads; round++)); do
	must nolist unload --purge >"$TMP/log"
	cost loaded 'load, with enforce, gate, tarpit and teaser' "${words[@]}"
done
bring "$many"
bring $((5 * many))
