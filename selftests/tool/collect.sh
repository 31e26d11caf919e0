#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# collect: what the tables knew outlives them, is counted once however often it is
# collected, however a collect ends, and is judged as if it still were in the
# tables. What is freed in the kernel was committed before.
UPTIME=18000 # records are freed when they have been idle for minutes or hours
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sqlite3
topology ''
DB=$STATE_DIR/evidence.db
fails 1 'nothing is attached' 'nothing is loaded: nothing to collect' collect
check 'and nothing is made' test ! -e "$STATE_DIR"
judge_setup
histories

# All of the JSON output, except what changes with time.
judged() {
	run dump -c "$CONF" --at "$NOW" --format jsonl --unverified
	jq -S 'del(.time, .expires)' "$TMP/out"
}

judged >"$TMP/live"
run collect
is "$status $(cat "$TMP/out")" '0 10 sources, 10 updated, 0 freed' 'all is collected'
is "$(stat -c %a "$STATE_DIR" "$DB" | tr '\n' ' ')" '755 600 ' 'into files that nobody else reads'
run collect
is "$(cat "$TMP/out")" '10 sources, 0 updated, 0 freed' 'a second time there is no news'
judged >"$TMP/both"
check 'tables and store are judged as the tables alone' cmp "$TMP/live" "$TMP/both"
run show -c "$CONF" --at "$NOW" --json
jq -S .sources "$TMP/out" >"$TMP/show"

inject "198.51.100.1 low=1h:2h:2 real=1h:80h:9 data=1h:80h:9"
run explain -c "$CONF" --at "$NOW" --json 198.51.100.1
is "$(jq .low.opens "$TMP/out")" 2 'what is not collected yet is seen'
run collect
is "$(cat "$TMP/out")" '10 sources, 1 updated, 0 freed' 'only news are written'
inject "198.51.100.1 low=1h:1h:1 real=1h:80h:9 data=1h:80h:9"
run explain -c "$CONF" --at "$NOW" --json 198.51.100.1
is "$(jq .low.opens "$TMP/out")" 2 'counters only grow'

# --- the tables go -----------------------------------------------------------

must nolist unload >/dev/null
must nolist unload --purge >/dev/null
judged >"$TMP/stored"
is "$(jq -c 'select(.verdict) | [.source, .verdict]' "$TMP/stored")" '' \
	'after a purge nobody is listed: evidence may be missing'
run explain -c "$CONF" --at "$NOW" 203.0.113.1
check 'but all is known' grep -q 'high fakes, verified *2 hours with dialogues' "$TMP/out"
check 'and why' grep -q '^  gaps *no *verified evidence was lost' "$TMP/out"
run show -c "$CONF" --at "$NOW" --json
is "$(jq '.sources | length' "$TMP/out")" 10 'show lists what is stored'
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
inject "203.0.113.1 high=50h:50h:4"
run explain -c "$CONF" --at "$NOW" --json 203.0.113.1
is "$(jq -c '[.high.opens, .talk.hours]' "$TMP/out")" '[7,2]' 'new tables add to what the old ones had'
run collect
run collect
run explain -c "$CONF" --at "$NOW" --json 203.0.113.1
is "$(jq -c '[.high.opens, .talk.hours]' "$TMP/out")" '[7,2]' 'once'

# --- no permission, no success -----------------------------------------------

cp "$DB" "$TMP/good.db"
chmod 777 "$STATE_DIR"
fails 1 "cannot trust '$STATE_DIR'" 'a directory that anybody can write' collect
chmod 700 "$STATE_DIR"
printf 'x%.0s' {1..8192} >"$DB"
rm -f "$DB"-*
fails 1 "the store '$DB' is damaged" 'a damaged store: collect' collect
echo old >"$TMP/list"
for noun in show 'explain 203.0.113.1' "dump --output $TMP/list"; do
	# shellcheck disable=SC2086 # words
	fails 1 "the store '$DB' is damaged" "a damaged store: ${noun%% *}" $noun -c "$CONF"
done
is "$(cat "$TMP/list")" old 'and the old list stays'
is "$(wc -l <"$TMP/err")" 2 'in one line, and one with the hint'
cp "$TMP/good.db" "$DB"
run collect
is "$status" 0 'the good one is taken again'

mkdir "$TMP/small"
must mount -t tmpfs -o size=512k,mode=700 tmpfs "$TMP/small"
cp "$TMP/good.db" "$TMP/small/evidence.db"
inject many=4000 "203.0.113.12 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0"
small() {
	in_server "$TOOL" "$@" --pin-dir "$PIN_DIR" --state-dir "$TMP/small" >"$TMP/out" 2>"$TMP/err"
	status=$?
}
small collect
is "$status" 1 'a full disk is a failure'
check 'and reported' grep -q "cannot write '$TMP/small/evidence.db': No space left" "$TMP/err"
is "$(wc -l <"$TMP/err")" 1 'in one line'
small explain -c "$CONF" --at "$NOW" --json 203.0.113.1
is "$(jq -c '[.high.opens, .talk.hours]' "$TMP/out")" '[7,2]' 'what was committed is still there'
must mount -o remount,size=64m "$TMP/small"
small collect
is "$(sqlite3 "$TMP/small/evidence.db" 'SELECT count(DISTINCT source) FROM source')" 8011 \
	'with more room all of it is collected'
must mount -o remount,ro "$TMP/small"
for c in collect 'pardon 203.0.113.1' 'import --role real /dev/null'; do
	# shellcheck disable=SC2086 # words
	small $c
	check "${c%% *}: a file system that is read-only is reported as such" \
		grep -q "'$TMP/small/evidence.db': Read-only file system\$" "$TMP/err"
done

# reads NAME: those that only read need no write access.
reads() {
	small show -c "$CONF" --at "$NOW" --top 1
	is "$status $(wc -l <"$TMP/out") $(cat "$TMP/err")" '0 3 ' "$1: show"
	small explain -c "$CONF" --at "$NOW" --json 203.0.113.1
	is "$status $(jq -c '[.high.opens, .talk.hours]' "$TMP/out")" '0 [7,2]' "$1: explain"
	small status -c "$CONF" --json
	is "$status $(jq '.collected_at > 0' "$TMP/out")" '0 true' "$1: status"
	small dump -c "$CONF" --at "$NOW"
	is "${status/3/0} $(grep -c '^203.0.113.12$' "$TMP/out")" '0 1' "$1: dump"
}

reads 'read-only'
must mount -o remount,rw,size=64m "$TMP/small"
head -c 100m /dev/zero >"$TMP/small/full" 2>/dev/null
small collect
check 'a disk that is full already is called that' \
	grep -q "cannot write '$TMP/small/evidence.db': No space left" "$TMP/err"
reads 'a full disk'
rm "$TMP/small/full"
must mount -o remount,ro "$TMP/small"
must mount -o remount,rw "$TMP/small"
rm "$TMP/small/evidence.db"*
mkdir "$TMP/small/evidence.db"
small collect
check 'so is a directory in the place of the store' \
	grep -q "'$TMP/small/evidence.db': Is a directory" "$TMP/err"
must umount "$TMP/small"

# --- many --------------------------------------------------------------------

# More than is read at a time, thirty times over, while a reader and a writer
# take turns: none may be passed over.
inject many=60000
for _ in 1 2 3; do
	rm -rf "$STATE_DIR"
	run collect --log 0
	stored=$(sqlite3 "$DB" "SELECT count(DISTINCT source) FROM source
		WHERE source < x'0000000000000000C0' OR source > x'2A'")
	is "$status $stored" '0 120000' 'of many sources each is stored'
done

# --- killed ------------------------------------------------------------------

# A collect that is killed at any instant is repeated: no count is lost or doubled.
kills=$((${NOLIST_FULL:+180} + 20))
rm -rf "$STATE_DIR"
whole=0
for ((i = 0; i < kills; i++)); do
	inject "203.0.113.1 high=50h:$((51 + i))h:$((10 + i))" "later=$((2000 + i))"
	nsenter --net=/run/netns/server "$TOOL" collect --pin-dir "$PIN_DIR" \
		--state-dir "$STATE_DIR" >/dev/null 2>&1 &
	sleep "0.0$((RANDOM % 80 + 10))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	run explain -c "$CONF" --at "$((NOW + 30 * D))" --json 203.0.113.1
	if [ "$status $(jq .high.opens "$TMP/out")" = "0 $((10 + i))" ]; then
		whole=$((whole + 1))
	else
		diag "kill $i: $status, $(cat "$TMP/out" "$TMP/err")"
	fi
done
is $whole $kills 'killed at any instant, a collect neither loses nor doubles a count'
run collect
is "$status" 0 'and the next one does its work'
is "$(sqlite3 "$DB" 'PRAGMA integrity_check')" ok 'on a sound file'
judged >"$TMP/both"
rm -rf "$STATE_DIR"
judged >"$TMP/live"
check 'in which there is what the tables say' cmp "$TMP/live" "$TMP/both"

# --- freeing -----------------------------------------------------------------

# Records of verified evidence that are in the kernel.
verified() {
	bpftool -j map dump pinned "$PIN_DIR/nolist_verified" | jq length
}

# N sources that were at high at the second T after the boot, in the tables.
talkers() {
	local i

	for ((i = 0; i < $1; i++)); do
		echo "198.18.$((i / 250)).$((i % 250)) talk=$2:$2:1 hour=$(($2 / 3600)):1:0:0:0"
	done | INJECT_FROM=0 must "$INJECT" "$PIN_DIR"
}

must nolist unload >/dev/null
must nolist unload --purge >/dev/null
rm -rf "$STATE_DIR"
talkers_conf=$TMP/collect.conf
sed '$a sources = 1024\ncollect = yes' "$CONF" >"$talkers_conf"
must nolist load -c "$talkers_conf" >"$TMP/load.log" 2>&1
up=$(cut -d. -f1 /proc/uptime)
idle=$((up - 3600)) # for longer than 5 minutes, and less than 8 hours
talkers 500 "$idle"
run collect
is "$(cat "$TMP/out"), $(verified) left" '500 sources, 500 updated, 0 freed, 500 left' \
	'while the table is half empty, a source seen within 8 hours stays'
talkers 600 "$idle"
talkers 20 "$up"
run collect
is "$(cat "$TMP/out"), $(verified) left" '600 sources, 120 updated, 580 freed, 20 left' \
	'when it is more than half full, idle records are freed once they are stored'
run explain -c "$talkers_conf" --json 198.18.1.5
is "$(jq -c '[.talk.hours, (.hours | length)]' "$TMP/out")" '[1,1]' 'and are known as before'
inject_now "198.18.1.5 talk=$((up - 1)):$up:1 hour=$((up / 3600)):0:1:1:0 bad-acks=2"
run collect
run collect
run explain -c "$talkers_conf" --json 198.18.1.5
is "$(jq -c '[.talk.hours, .bad_acks]' "$TMP/out")" '[2,2]' \
	'a source that comes back adds to what it had, once'
run explain -c "$talkers_conf" 198.18.0.3
check 'nothing is lost so far' grep -q '^  gaps *yes *no verified evidence was lost' "$TMP/out"
talkers 1024 "$up"
background server nc -l -k -s $REAL4 -p 25 >/dev/null
must wait_for 5 in_client nc -z $REAL4 25
in_client sh -c "echo EHLO x | nc -N $REAL4 25" >/dev/null
# shellcheck disable=SC2317 # check calls it
lost_one() {
	run status --json
	[ "$(jq '.. | .verified? // empty | .lost' "$TMP/out")" -ge 1 ]
}
check 'a full table takes in no other, and counts it as lost' wait_for 5 lost_one
for how in 'by the tables' 'by the store'; do
	run explain -c "$talkers_conf" 198.18.0.3
	check "a source seen meanwhile is not listed: $how" \
		grep -q '^  gaps *no *verified evidence was lost' "$TMP/out"
	run collect
done
must nolist unload >/dev/null
run collect
is "$status" 0 'what is pinned can be collected'
is "$(sqlite3 "$DB" 'SELECT max(detached) FROM gap')" 1 'that the program is detached is stored'
run explain -c "$talkers_conf" 198.18.0.3
check 'nor while the program is detached' grep -q '^  gaps *no *verified evidence was lost' "$TMP/out"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
check 'what tables were made for stays, and is reported' \
	grep -q "the existing table of verified evidence is for 'collect = yes'" "$TMP/load.log"
end_services 2>/dev/null

# --- detached ----------------------------------------------------------------

# Nothing was lost, nothing is full: only the detached program speaks for the source.
must nolist unload >/dev/null
must nolist unload --purge >/dev/null
rm -rf "$STATE_DIR"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
talkers 1 "$(($(cut -d. -f1 /proc/uptime) - 3600))"
run collect
# shellcheck disable=SC2317 # check calls it
has_gap() {
	run explain -c "$CONF" 198.18.0.0
	grep -q "^  gaps *$1 " "$TMP/out"
}
check 'while the program is there, no gap excuses a source' has_gap yes
must nolist unload >/dev/null
check 'while it is detached there is one, before that is stored' has_gap no
run collect
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
run collect
check 'and when it is back, for the time that it was detached' has_gap no

# --- what is logged ---------------------------------------------------------

must nolist unload >/dev/null
must nolist unload --purge >/dev/null
rm -rf "$STATE_DIR"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
cat >>"$CONF" <<-END
	grace = 0
	offences = 1
	real-mx-unseen = accept
END
sed "\$a list = { \"plain $TMP/list\" }" "$CONF" >"$TMP/list.conf"
up=$(cut -d. -f1 /proc/uptime)
talked() {
	inject_now "203.0.113.$1 high=$up:$up:1 talk=$up:$up:1 hour=$((up / 3600)):1:0:0:0"
}
talked 41
run collect -c "$TMP/list.conf"
is "$status $(cat "$TMP/err")" '0 ' 'where lists are written, dump logs what is on them'
run collect -c "$CONF"
check 'else collect does: source, evidence, until when' grep -qE "^nolist-xdp: collect: '$STATE_DIR/listed': \
listed 203.0.113.41: tempfailed and left without QUIT in 1 hour, 1 of them verified by timestamp; \
1 hour with dialogues, 1 SYN to high, 0 to low, 0 to real; until 20[0-9T:-]*Z\$" "$TMP/err"
is "$(wc -l <"$TMP/err")" 1 'in a line'
talked 42
run collect -c "$CONF" --log 0
is "$status $(cat "$TMP/err")" '0 ' '--log 0 judges nobody'
run collect -c "$TMP/list.conf" --log 5
is "$(cut -d' ' -f4-5 "$TMP/err")" 'listed 203.0.113.42:' 'a new one is logged once, also beside lists if asked'
must nolist pardon 203.0.113.41 >/dev/null
run collect -c "$CONF"
is "$(cut -d' ' -f4-6 "$TMP/err")" 'removed 203.0.113.41: pardoned' 'and removals'
run collect -c "$CONF"
is "$(cat "$TMP/err")" '' 'and nothing while nothing changes'
sed "\$a allow = { $TMP/nowhere }" "$CONF" >"$TMP/missing.conf"
run collect -c "$TMP/missing.conf"
is "$status $(cat "$TMP/out")" '3 2 sources, 0 updated, 0 freed' \
	'an allow file that is missing stops nothing, but is a warning'
check 'which is reported with its key' grep -q "missing.conf:[0-9]*: cannot read '$TMP/nowhere'" "$TMP/err"
must mv "$STATE_DIR/listed" "$TMP/listed"
must mkdir "$STATE_DIR/listed"
run collect -c "$CONF"
is "$status $(cat "$TMP/out")" '3 2 sources, 0 updated, 0 freed' \
	'the tables are stored even if listings cannot be logged'
check 'which is reported' grep -q 'hint: all is stored; new listings cannot be logged' "$TMP/err"
fails 2 "'x' is not a number" 'a number that is none' collect --log x

fails 2 "unexpected argument 'x'" 'an argument too many' collect x
done_testing
