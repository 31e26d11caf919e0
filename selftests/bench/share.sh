#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What sharing costs, at a real Redis on the same CPUs: pushes of four nodes at once, each with a
# million sources, half IPv4, half /64s, into an empty Redis and again, compressed and not; a judgement of five times as
# many sources, each known at three nodes; and the list of a million on its way back. MANY=N for
# another number than a million. Prints a line of JSON for each; run.sh calls it.
# shellcheck disable=SC2016 # words of another shell
UPTIME=345600
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
rounds=${ROUNDS:-3}
need redis-server redis-cli
site "$((2 * many))" 'store-size = 4096' \
	"share = \"unix:$TMP/redis.sock\"" "share-nodes = $TMP/nodes"
inject "varied=$half"
mkdir "$TMP/n1" "$TMP/judge"
STATE_DIR=$TMP/n1 must nolist collect --log 0 -c "$CONF" >"$TMP/collect.log"
for n in 1 2 3 4; do
	[ $n = 1 ] || cp -r "$TMP/n1" "$TMP/n$n"
	{
		cat "$CONF"
		echo "share-node = n$n"
		echo "list = { \"plain $TMP/n$n.list\" }"
	} >"$TMP/n$n.conf"
done
printf 'n%d\n' 1 2 3 4 >"$TMP/nodes"
background server redis-server --port 0 --unixsocket "$TMP/redis.sock" --dir "$TMP" --save '' >"$TMP/redis.log" 2>&1
must wait_for 10 redis-cli -s "$TMP/redis.sock" ping
ask() {
	redis-cli -s "$TMP/redis.sock" "$@"
}
SHARE=$BUILD/nolist-xdp-share

# server_us: microseconds of processor time that Redis has used.
server_us() {
	ask info cpu | tr -d '\r' | awk -F: '/^used_cpu_(sys|user):/ { s += $2 } END { printf "%d", s * 1e6 }'
}
# row ROWS WHAT COMMAND...: what it costs, a second and a row.
row() {
	local before took

	before=$(server_us)
	took=$(cost share "$2" "${@:3}")
	jq -c --argjson rows "$1" --argjson us $(($(server_us) - before)) \
		'. + {rows_s: ($rows / .s | round), server_us: ($us / $rows)}' <<<"$took"
}
# raw and packed are the same nodes.
for n in 1 2 3 4; do
	cp "$TMP/n$n.conf" "$TMP/raw$n.conf"
	echo 'share-compress = none' >>"$TMP/raw$n.conf"
	mv "$TMP/n$n.conf" "$TMP/packed$n.conf"
done
pushes='for n in 1 2 3 4; do "$1" share push --quiet -c "$2/$3$n.conf" --state-dir "$2/n$n" & done; wait'
push() {
	row $((4 * many)) "$2" bash -c "$pushes" - "$SHARE" "$TMP" "$1"
}
memory() {
	ask info memory | tr -d '\r' | sed -n 's/^used_memory:\([0-9]*\)/\1/p'
}
declare -A used
for ((round = 0; round < rounds; round++)); do
	for how in raw packed; do
		ask flushall >/dev/null
		empty=$(memory)
		push $how "push of 4 nodes at once, each of $many sources, $how"
		used[$how]=$(($(memory) - empty))
		push $how "the same once more, nothing has changed, $how"
	done
done
for how in raw packed; do
	jq -nc --argjson mb "${used[$how]}" --argjson rows $((4 * many)) --arg how $how \
		'{part: "share", what: "Redis: a million rows of these, \($how)", s: 0, cpu_s: 0, mb: ($mb / $rows), status: 0}'
done

# Its list on the way back: as many entries as one node has sources.
for ((round = 0; round < rounds; round++)); do
	rm -f "$TMP/judge/shared-list"
	row $((4 * many)) "judge of these, and its list" "$SHARE" share judge --quiet -c "$CONF" --state-dir "$TMP/judge"
	rm -f "$TMP/n1.list"
	row "$many" "pull of a list of $many" "$SHARE" share pull --quiet -c "$TMP/packed1.conf" --state-dir "$TMP/n1"
done
n=$(rows "$TMP/n1.list" | wc -l)
[ "$n" -gt $((many * 9 / 10)) ] || bail_out "the list is of $n, not of $many"

# Five times as many sources, each at three nodes.
ask flushall >/dev/null
printf 'm%d\n' 1 2 3 >"$TMP/nodes"
for n in 1 2 3; do
	echo "node m$n"
	echo pack
	echo "offend 1.0.0.1 $((5 * half)) $((3000000000 / (5 * half))) $((50 + 7 * n)) $((80 + 3 * n))"
	echo "offend 2000:: $((5 * half)) $((2000000000000000000 / (5 * half))) $((50 + 7 * n)) $((80 + 3 * n))"
done | must "$BUILD/selftests/lib/nodes" "unix:$TMP/redis.sock" >"$TMP/made"
for ((round = 0; round < rounds; round++)); do
	row $((15 * many)) "judge of $((5 * many)) sources, each at 3 nodes" "$SHARE" share judge --format plain \
		--output "$TMP/list" --quiet -c "$CONF" --state-dir "$TMP/judge"
	rm -f "$TMP/list"
done
