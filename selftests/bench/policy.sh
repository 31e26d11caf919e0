#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The policy service beside postgrey: requests for each second of processor time of the server, which is
# what one core does in a second, less what a service takes that always says the same (policy_load.c), and
# depends neither on how fast the client is nor on what else runs here. MANY sources, 1000000, are known,
# half of them IPv4, and each of these asks. 64 connections; ROUNDS, 3, in turn: their medians count. Then
# the 99.9th percentile at 5,000 a second, which does depend on what else runs, and its memory. Fails if
# policyd does less than 20 times what postgrey does, or takes more than 200 MB.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
FETCH="scripts/fetch.sh postgrey"
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/bench/site.sh
. "$(dirname "$0")/site.sh"

need ip perl
many=${MANY:-1000000}
rounds=${ROUNDS:-3}
seconds=${SECONDS_EACH:-5}
site 2097152 "list = { \"policy $STATE_DIR/lists/policy\" }"
inject "many=$((many / 2))"
must nolist dump -c "$CONF" --all --quiet 2>/dev/null
known=$(grep -c '^S' "$STATE_DIR/lists/policy")
LOAD=$TMP/policy_load
must cc -O2 -o "$LOAD" "$TOP/selftests/bench/policy_load.c"

on 0 "$TOOL" policyd --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" 2>"$TMP/err.policyd" &
on 0 "$LOAD" 10021 null &
P=$BUILD/debs/postgrey/usr
mkdir "$TMP/greylist"
# Its libraries, and its lists of those that never wait, as the package has them.
LIBS=$(find "$BUILD/debs/postgrey" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
# shellcheck disable=SC2046 # words
LD_LIBRARY_PATH=$LIBS on 0 perl -T "-I$P/share/perl5" $(printf -- '-I%s ' "$P"/lib/*/perl5/*) \
	"$P/sbin/postgrey" --inet=127.0.0.1:10023 --user=root --group=root --dbdir="$TMP/greylist" \
	--whitelist-clients=/dev/null --whitelist-recipients=/dev/null 2>"$TMP/err.postgrey" &
answers() {
	in_server "$PYTHON" "$TOP/selftests/lib/policy_ask.py" "127.0.0.1:$1" <<<'192.0.2.9' | grep -q action
}
for port in 10021 9827 10023; do
	must wait_for 60 answers "$port"
done
must wait_for 30 grep -q 'policy = ' "$TMP/err.policyd"

# pid_of PORT: of the process that answers there.
pid_of() {
	in_server ss -Hltnp "sport = :$1" | sed -n 's/.*pid=\([0-9]*\).*/\1/p'
}
# ask PORT RATE: requests, microseconds of the median and the 99.9th percentile, nanoseconds of the server.
ask() {
	local pid before

	pid=$(pid_of "$1")
	before=$(cpu_of "$pid")
	on 1 "$LOAD" "$1" 64 "$seconds" "$2" $((many / 2)) >"$TMP/asked" || bail_out "nobody answers at $1"
	echo "$(cat "$TMP/asked") $(($(cpu_of "$pid") - before))"
}
for ((i = 0; i < rounds; i++)); do
	ask 10021 0 >>"$TMP/r.null"
	ask 9827 0 >>"$TMP/r.policyd"
	ask 10023 0 >>"$TMP/r.postgrey"
done
# What the machine and the client make of it by themselves is what the responder takes, in turn. All
# three go ahead of what else runs here.
ahead() {
	chrt -f -p 10 "$1" >/dev/null 2>&1
}
ahead "$(pid_of 10021)"
ahead "$(pid_of 9827)"
ahead $$
for ((i = 0; i < rounds; i++)); do
	ask 10021 5000 >>"$TMP/p.null"
	ask 9827 5000 >>"$TMP/p.policyd"
done

# middle COLUMN FILE: the median of a column.
middle() {
	cut -d' ' -f"$1" "$2" | sort -n | awk '{ r[NR] = $1 } END { print r[int((NR + 1) / 2)] }'
}
# ns NAME: nanoseconds of the server for a request, the median.
ns() {
	awk '{ printf "%d\n", $4 / $1 }' "$TMP/r.$1" >"$TMP/ns"
	middle 1 "$TMP/ns"
}
null=$(ns null) policyd=$(ns policyd) postgrey=$(ns postgrey)
rate() {
	echo $((1000000000 / ($1 > 0 ? $1 : 1)))
}
row() {
	printf '# %-40s %9d %9d %9d\n' "$1" "$2" "$(rate "$2")" "$(rate $(($2 - null)))"
}
printf '# %-40s %9s %9s %9s\n' "$known sources known; load $(cut -d' ' -f1-3 /proc/loadavg)" 'ns each' 'a second' 'less null'
row 'always the same answer' "$null"
row policyd "$policyd"
row postgrey "$postgrey"
# paced NAME: answered, and the medians of the median and of the 99.9th percentile.
paced() {
	echo "$(($(sort -n "$TMP/p.$1" | head -n 1 | cut -d' ' -f1) / seconds)) $(middle 2 "$TMP/p.$1") $(middle 3 "$TMP/p.$1")"
}
for name in null policyd; do
	read -r asked median most <<<"$(paced $name)"
	echo "# at 5,000 a second, $name: $asked answered, median $median us, 99.9 % within $most us"
done
memory=$(awk '/^Rss/ { n += $2 } END { print int(n / 1024) }' "/proc/$(pid_of 9827)/smaps")
echo "# $memory MB"
check 'policyd does 20 times what postgrey does' \
	test $((postgrey - null)) -ge $((20 * (policyd > null ? policyd - null : 1)))
check 'in 200 MB' test "$memory" -le 200
done_testing
