#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What holds for all sources, from the program to explain: since when the MX
# addresses are in force, and whether the real MX was well, in the tables, in the
# store and in both. Why it matters: a source that is judged while caches hold old addresses,
# or while the real MX is down, is a good sender more often than not.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
LEARNING=86400 judge_setup
loaded=$(date +%s)
H0=$(((loaded - BOOT) / H)) # the hour of the tables' clock

explain() {
	run explain -c "$CONF" --at "$(at $(((H0 + $1) * H)))" --json 203.0.113.1
}

# until_is EXPECTED NAME: when the learning of its offences ends, as explain says.
until_is() {
	local have

	explain 90
	have=$(jq '.checks[] | select(.check == "learning") | .have' "$TMP/out")
	if [ "$have" -ge $(($1 - 3)) ] && [ "$have" -le $(($1 + 3)) ]; then
		ok "$2"
	else
		is "$have" "$1" "$2"
	fi
}

verdict_is() {
	explain "$1"
	is "$(jq -r .verdict "$TMP/out")" "$2" "$3"
}

# Waits until a new time differs from the one before.
pass_time() {
	local until=$(($(date +%s) + 4))

	while [ "$(date +%s)" -lt "$until" ]; do
		sleep 0.1
	done
}

reload() {
	must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
}

# --- learning ---

inject "203.0.113.1 talk=$((H0 + 2))h:$((H0 + 9))h:2 hour=$((H0 + 2)):1:0:0:0 hour=$((H0 + 9)):1:0:0:0" \
	"198.51.100.1 data=$((H0))h:$((H0 + 90))h:9"
verdict_is 60 held 'offences of the first day do not count'
until_is $((loaded + D - 1)) 'it is reported until when that was'
run explain -c "$CONF" --at "$(at $(((H0 + 60) * H)))" 203.0.113.1
check 'and in words' grep -qE '^  learning +no +2 offences while learning, which lasted until 2' \
	"$TMP/out"
pass_time
echo 'tempfail-text = "Not yet"' >>"$CONF"
reload
must nolist unload >/dev/null
reload
until_is $((loaded + D - 1)) 'another text, an unload and a load begin no learning'
must nolist collect -c "$CONF" >/dev/null
must nolist unload --purge >/dev/null
reload
again=$(date +%s)
inject "198.51.100.1 data=$((H0))h:$((H0 + 90))h:9"
until_is $((loaded + D - 1)) 'new tables do not, as the store remembers the addresses'
mv "$STATE_DIR" "$TMP/store"
inject "203.0.113.1 talk=$((H0 + 2))h:$((H0 + 9))h:2 hour=$((H0 + 2)):1:0:0:0 hour=$((H0 + 9)):1:0:0:0"
again=$(date +%s)
until_is $((again + D - 1)) 'new tables without a store do'
pass_time
sed -i "s/^high = .*/high = { $HIGH4 }/" "$CONF"
reload
changed=$(date +%s)
until_is $((changed + D - 1)) 'and so do other addresses'
reload
until_is $((changed + D - 1)) 'but not the same ones again'
rm -rf "$STATE_DIR"
mv "$TMP/store" "$STATE_DIR"
until_is $((changed + D - 1)) 'also beside a store that knows others'

# --- the health of the real MX ---

sed -i 's/^learning = .*/learning = 0/' "$CONF"
rm -rf "$STATE_DIR"
inject "198.51.100.2 data=$((H0 + 30))h:$((H0 + 30))h:1"
verdict_is 32 waiting 'an hour before the end of the grace'
verdict_is 34 offender 'an hour after it'
inject "hour4=$((H0 + 20)):10:3" "hour4=$((H0 + 21)):12:5" "hour4=$((H0 + 22)):12:6"
verdict_is 34 waiting 'two hours in which fewer than half of the connections carried data'
is "$(jq .paused "$TMP/out")" 7200 'for so long the grace stood still'
run explain -c "$CONF" --at "$(at $(((H0 + 34) * H)))" 203.0.113.1
check 'and in words' grep -qE '^  grace +no +had 23h to come back; 1d needed; 2h did not count: the real' \
	"$TMP/out"
verdict_is 36 offender 'so it ends two hours later'
# The tables keep 8 hours, the store keeps all; each is read twice.
for h in 12 13 14 15; do
	inject "hour4=$((H0 + h)):10:3"
	must nolist collect -c "$CONF" >/dev/null
	must nolist collect -c "$CONF" >/dev/null
done
for h in 24 25 26 27; do
	inject "hour4=$((H0 + h)):10:10"
done
verdict_is 36 waiting 'hours that only the store has count'
is "$(jq .paused "$TMP/out")" 18000 'each once'
verdict_is 40 offender 'and is over after that'
must nolist unload --purge >/dev/null
verdict_is 38 held 'with new tables: what came between is not known'
done_testing
