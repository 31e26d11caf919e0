#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What evidence costs: collects and dumps of a million sources in the kernel's tables,
# and again where the store holds four million more; beside them bpftool and jq. Half of
# the sources are IPv4, half are /64s. Prints a line of JSON for each; run.sh calls it.
# MANY=N for another length than a million. What changes nothing is measured ROUNDS times, 5;
# a collect can find the same news only once.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/bench/site.sh
. "$(dirname "$0")/site.sh"
# shellcheck source=selftests/bench/cost.sh
. "$(dirname "$0")/cost.sh"

many=${MANY:-1000000}
half=$((many / 2))
rounds=${ROUNDS:-5}
# Evidence is of the past, as at any site: what explain and show find must not be later than now.
export INJECT_FROM=0
site "$((2 * many))" 'store-size = 4096'
read -r up _ </proc/uptime

# row WHAT COMMAND...: what it costs.
row() {
	cost evidence "$1" nsenter --net=/run/netns/server "${@:2}"
}

# tool WHAT COMMAND OPTION...
tool() {
	row "$1" "$TOOL" "${@:2}" -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
}

# What a scrape costs: it must not depend on the number of sources.
scrape() {
	local round

	for ((round = 0; round < rounds; round++)); do
		tool "metrics, $1" metrics
	done
}

# Into a new file each time.
dump() {
	local round

	for ((round = 0; round < rounds; round++)); do
		rm -f "$TMP/list"
		dump_once "$1"
	done
}

dump_once() {
	tool "$1" dump --quiet --at "$(at 345600)" --output "$TMP/list"
	is_same=$(rows "$TMP/list" | wc -l)
	[ "$is_same" = "$many" ] || bail_out "the list has $is_same entries of $many"
}

# What an administrator would do without: sources that were tempfailed twice. A tenth
# of them, since jq holds them all.
inject "many=$((half / 10))"
for ((round = 0; round < rounds; round++)); do
	# shellcheck disable=SC2016 # jq's and bash's
	row "bpftool map dump -j, jq: $((many / 10)) offenders" bash -c 'bpftool -j map dump pinned "$1" |
	jq -r ".[].formatted | select([.value.hour[] | select(.n[0] > 0)] | length >= 2) |
		.key.addr | tostring" >"$2"' - "$PIN_DIR/nolist_verified" "$TMP/peer"
done
inject "many=$half"
dump "dump, $many offenders in the tables"
tool "collect, $many sources for the first time" collect --log 0
dump 'dump, the same in tables and store'
inject "later=$half"
tool "collect, $many sources with news" collect --log 0
tool "collect, $many sources without news" collect --log 0
scrape "$many sources in tables and store"

# Sources with contacts only come and go in the tables; the store keeps them.
for i in 1 2 3 4; do
	inject "contacts=$half:$((i * half))"
	must nolist collect --log 0 -c "$CONF" >"$TMP/collect.log"
	inject "many=$half"
done
inject "later=$half:2m"
# The real MX is seen, as at any site.
inject "198.51.100.1 data=60s:${up%.*}s:9" "2001:db8:9:: data=60s:${up%.*}s:9"
tool "collect, $many with news, five times as many stored" collect --log 0
dump "dump, $many offenders, five times as many stored"
for ((round = 0; round < rounds; round++)); do
	tool 'explain, one of these' explain 100.128.1.1
	tool 'explain, a /64 of these' explain 2a10::/64
	tool 'show --top 20, of these' show --top 20
done
scrape "the same, five times as many stored"
