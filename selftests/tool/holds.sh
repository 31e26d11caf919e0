#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Holds: when evidence is doubtful, or a list grows too fast, nobody is added, and
# a source on the list stays until its time is over; removals go on, and the list
# is written. The exit status, the list, status and explain show it.
# A hold that removes would open the door in the very hour of an attack; one that
# does not hold refuses good mail by the thousand.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sqlite3
topology ''
judge_setup
histories
L=$TMP/list

# list SECONDS [OPTION]...: as of that time after the boot.
list() {
	run dump -c "$CONF" --output "$L" --json --at "$(at "$1")" "${@:2}"
}

# seen HOUR...: somebody sends data to the real MX then. What is of a later time than a
# list does not count for it.
seen() {
	local h

	for h; do
		inject "198.51.100.$h real=${h}h:${h}h:1 data=${h}h:${h}h:1"
	done
}

on_list() {
	rows "$L" | tr '\n' ' '
}

# summary: exit status, entries, added, removed, stays, and what is held back.
summary() {
	echo "$status $(jq -c '(.deprecated | keys) as $old | .lists[0] | [.entries, .added, .removed, .retained,
		(.held_back | to_entries[] | select(.value > 0 and (.key | IN($old[]) | not)) | "\(.key) \(.value)")]' "$TMP/out")"
}

# --- the real MX is not seen -------------------------------------------------

list $((96 * H))
is "$(summary)" '0 [3,3,0,0]' 'a list is made'
# Seen at 80 h; this one is due at 129 h.
inject "203.0.113.9 high=82h:105h:2 talk=82h:105h:2 hour=82:1:0:0:0 hour=105:1:0:0:0"
list $((130 * H))
is "$(summary)" '3 [3,0,0,0,"unseen 1"]' 'while the real MX is not seen nobody is added'
is "$(on_list)" '203.0.113.1 203.0.113.6 2001:db8:5:1::/64 ' 'and nobody is taken off'
is "$(stat -c %Y "$L")" "$(at $((130 * H)))" 'the list is written all the same'
check 'and says so' grep -q '^# warning: IPv4: no source is added: no sender was seen' "$L"
check 'standard error tells how many' grep -q "unseen: 1 held back: no sender is seen" "$TMP/err"
echo 203.0.113.6 >"$TMP/allow"
list $((131 * H)) --allow "$TMP/allow"
is "$(summary)" '3 [2,0,1,0,"unseen 1"]' 'an allowed source comes off meanwhile'
must nolist pardon 203.0.113.1 >/dev/null
list $((132 * H))
is "$(on_list)" '203.0.113.6 2001:db8:5:1::/64 ' 'and a pardoned one'
must nolist pardon --remove 203.0.113.1 >/dev/null
run dump -c "$CONF" --at "$(at $((130 * H)))"
is "$status" 3 'standard output: held back is held back'
list $((209 * H))
is "$(on_list)" '' 'a listing ends while the real MX is not seen'
seen 210
list $((215 * H))
is "$(summary)" '0 [1,1,0,0]' 'when it is seen again, the source held back is added'

# --- evidence was lost -------------------------------------------------------

rm "$L"
rm -rf "$STATE_DIR"
list $((96 * H))
is "$(on_list)" '203.0.113.1 203.0.113.6 2001:db8:5:1::/64 ' 'a list from before a loss'
inject "203.0.113.8 high=20h:40h:2 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" lost=30h
list $((97 * H))
is "$(summary)" '3 [3,0,0,3,"gaps 1"]' 'near a gap nobody is added, and sources on the list stay'
is "$(on_list)" '203.0.113.1 203.0.113.6 2001:db8:5:1::/64 ' 'the same as before'
check 'the list says so' grep -q '^# warning: not all are added: verified evidence was lost' "$L"
before=$(stat -c %i "$L")
list $((98 * H))
is "$(summary) $(stat -c %i "$L")" "3 [3,0,0,3,\"gaps 1\"] $before" 'nothing new: it is left alone'
list $((209 * H))
is "$(on_list)" '' 'their time ends all the same'
run dump -c "$CONF" --at "$(at $((97 * H)))" --output "$TMP/new" --json
is "$(summary)" '3 [0,0,0,0,"gaps 4"]' 'a list that they were not on does not take them'

# --- learning, and an unhealthy real MX ---------------------------------

# empty: tables with nothing in them, and no memory of others.
empty() {
	must nolist unload >/dev/null
	must nolist unload --purge >/dev/null
	rm -rf "$STATE_DIR" "$L"
	must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
}

# bad SOURCE: two hours after the load, or a little more, and nine.
bad() {
	inject "$1 high=2h:9h:2 talk=2h:9h:2 hour=2:1:0:0:0 hour=9:1:0:0:0"
}

# holds NAME CONF HOUR STAYS: of a list with one entry it holds a new source back, and
# lets a removal through; each place says so. STAYS: 1 if it would not add the entry.
holds() {
	local name=$1 conf=$2 t=$(($3 * H))

	bad 203.0.113.31
	run dump -c "$conf" --output "$L" --json --at "$(at $t)"
	is "$(summary)" "3 [1,0,0,$4,\"$name 1\"]" "$name: nobody is added, sources on the list stay"
	check "$name: standard error tells how many" grep -qE \
		"warning: '$L': $name: 1 held back: (it is too soon after the first load|the real MX was or is unhealthy)" "$TMP/err"
	must nolist pardon 203.0.113.30 >/dev/null
	run dump -c "$conf" --output "$L" --json --quiet --log 9 --at "$(at $((t + 60)))"
	is "$(summary)" "3 [0,0,1,0,\"$name 1\"]" "$name: a removal is written"
	is "$(cut -d' ' -f3-6 "$TMP/err")" "'$L': removed 203.0.113.30: pardoned" "$name: and logged"
	is "$(rows "$L")" '' "$name: so that the list is empty"
	check "$name: the list says what is missing" grep -qE \
		'^# warning: not all are added: (it is too soon|the real MX was or is unhealthy)' "$L"
	nolist status >"$TMP/out" 2>/dev/null
	check "$name: status tells how many" grep -qE "^$L  .* $name 1 \\(not configured\\)\$" "$TMP/out"
	is "$(nolist status --json 2>/dev/null | jq -c ".lists[0].held_back | [.${name}, .gaps]")" '[1,0]' \
		"$name: also as JSON"
	run explain -c "$conf" --at "$(at $t)" 203.0.113.31
	check "$name: explain names it" grep -qE "^  held back, '$name': " "$TMP/out"
}

empty
seen 30
bad 203.0.113.30
list $((40 * H))
is "$(summary)" '0 [1,1,0,0]' 'a list from before a learning'
sed 's/^learning = .*/learning = 86400/' "$CONF" >"$TMP/learning.conf"
holds learning "$TMP/learning.conf" 41 1

empty
seen 30
inject "203.0.113.30 high=10m:1h:2 talk=10m:1h:2 hour=0:1:0:0:0 hour=1:1:0:0:0"
list $((33 * H - 600))
is "$(summary)" '0 [1,1,0,0]' 'a list from before the real MX was unhealthy'
inject hour4=20:10:3 hour4=21:12:5 hour4=22:12:6
holds unhealthy "$CONF" 34 0
list $((36 * H))
is "$(summary)" '0 [1,1,0,0]' 'when its grace is over, the new one is added'

# --- growth ------------------------------------------------------------------

# anew: the same, with a history of each kind.
anew() {
	empty
	histories
}

anew
cat >>"$CONF" <<-END
	growth-min = 10
	grace = 3600
	listing = 3000000
END
seen 110 130 150 170 190 210 230 250
list $((96 * H))
is "$(summary)" '0 [3,3,0,0]' 'a first list'
inject many=20
list $((97 * H))
is "$(summary)" '0 [43,40,0,0]' 'in the first day it takes in all'
inject many=60 "203.0.113.50 high=60h:90h:3 talk=60h:90h:3 hour=60:1:0:0:0 hour=70:1:0:0:0 hour=90:1:0:0:0"
list $((121 * H))
is "$(summary)" '3 [53,10,0,0,"growth 71"]' 'then 20 % of it, or growth-min'
check 'the strongest evidence comes first' grep -qx 203.0.113.50 "$L"
check 'and those that were there are still there' grep -qx 100.128.0.19 "$L"
check 'it is reported' grep -q "growth: 71 held back: the list has grown enough" "$TMP/err"
check 'also in the list' grep -q '^# warning: not all are added: the list has grown enough' "$L"
list $((122 * H))
is "$(summary)" '3 [53,0,0,0,"growth 71"]' 'once a day, not once a dump'
is "$(jq .lists[0].written "$TMP/out")" false 'so that nothing has changed'
list $((146 * H))
is "$(summary)" '3 [63,10,0,0,"growth 61"]' 'a day later the next ones come'
sed '$a growth = 150' "$CONF" >"$TMP/fast.conf"
run dump -c "$TMP/fast.conf" --output "$L" --json --at "$(at $((147 * H)))"
is "$(summary)" '0 [124,61,0,0]' 'by percent of what it was a day ago'
ln -s "$TMP" "$TMP/way"
run dump -c "$CONF" --output "$TMP/way/list" --json --at "$(at $((148 * H)))"
is "$(summary)" '0 [124,0,0,0]' 'a list has one name, however it is called'

# However often it is killed, no more than the day's are added.
rm "$L"
list $((174 * H))
is "$(summary)" '0 [124,124,0,0]' 'a file that has gone comes back as it was'
inject many=200
must cp "$L" "$TMP/kept"
list $((199 * H))
day=$(jq .lists[0].added "$TMP/out")
is "$day" 24 'a fifth of it may be added'
must nolist pardon 192.0.2.200 >/dev/null # the store is there
sqlite3 "$STATE_DIR/evidence.db" "DELETE FROM growth"
cp -p "$TMP/kept" "$L"
for ((i = 0; i < ${NOLIST_FULL:+180} + 20; i++)); do
	nsenter --net=/run/netns/server "$TOOL" dump -c "$CONF" --quiet --output "$L" \
		--at "$(at $((199 * H + i)))" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" 2>/dev/null &
	sleep "0.0$((RANDOM % 40 + 5))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
done
list $((199 * H + 600))
check 'killed at any instant, no more are added in a day' test "$(rows "$L" | wc -l)" -le 148
before=$(rows "$L" | wc -l)
list $((224 * H))
check 'and they come the next day' test "$(rows "$L" | wc -l)" -gt "$before"

mkdir "$TMP/small"
must mount -t tmpfs -o size=4k tmpfs "$TMP/small"
cp -p "$L" "$TMP/before"
sed '$a growth-min = 100' "$CONF" | sed '0,/growth-min = 10$/{//d}' >"$TMP/more.conf"
run dump -c "$TMP/more.conf" --output "$TMP/small/list" --at "$(at $((250 * H)))" --quiet
is "$status" 1 'a list that cannot be written'
run dump -c "$TMP/more.conf" --output "$L" --at "$(at $((250 * H)))" --json
check 'does not count for another' test "$(jq .lists[0].added "$TMP/out")" -gt 0
must umount "$TMP/small"
chmod 755 "$TMP"
mkdir "$TMP/ro"
must mount -t tmpfs -o ro,mode=700 tmpfs "$TMP/ro"
in_server "$TOOL" dump -c "$CONF" --output "$TMP/list2" --json --at "$(at $((250 * H)))" \
	--pin-dir "$PIN_DIR" --state-dir "$TMP/ro" >"$TMP/out" 2>"$TMP/err"
status=$?
is "$status $(jq -c '.lists[0] | [.written, .entries]' "$TMP/out")" '3 [true,0]' \
	'if the growth cannot be recorded, nothing is added'
check 'and it is reported' grep -q "no additions: cannot record list growth in the store" "$TMP/err"
run dump -c "$CONF" --at "$(at $((250 * H)))" --quiet
check 'standard output has all' test "$(rows "$TMP/out" | wc -l)" -gt 400

# --- every format ------------------------------------------------------------

sed -i '/^grace/d;/^listing/d' "$CONF"
anew
for f in $(nolist dump --list-formats | awk '/^[a-z]/ { print $1 }'); do
	[ "$f" != spamassassin ] || continue
	rm -rf "$L" "$STATE_DIR"
	wanted=3
	[ "$f" != spamd ] || wanted=2
	list $((96 * H)) --format "$f"
	list $((130 * H)) --format "$f"
	is "$(jq -c '.lists[0] | [.entries, .added, .removed]' "$TMP/out")" "[$wanted,0,0]" \
		"$f: is read back: sources on it stay"
done

# --- what is logged ----------------------------------------------------------

rm -rf "$L" "$STATE_DIR"
run dump -c "$CONF" --output "$L" --at "$NOW"
check 'each listing is a line: source, evidence, until when' grep -qx "nolist-xdp: dump: '$L': listed \
203.0.113.1: tempfailed and left without QUIT in 2 hours, 2 of them verified by timestamp; 2 hours \
with dialogues, 3 SYNs to high, 0 to low, 0 to real; until $(date -u -d "@$(at $((40 * H + 7 * D)))" +%FT%TZ)" \
	"$TMP/err"
run dump -c "$CONF" --output "$L" --at "$((NOW + 60))" --allow "$TMP/allow" --quiet
is "$(cat "$TMP/err")" '' 'not with --quiet'
run dump -c "$CONF" --output "$L" --at "$((NOW + 120))" --quiet --log 5
is "$(cut -d' ' -f3-5 "$TMP/err")" "'$L': listed 203.0.113.6:" 'but with --log'
run dump -c "$CONF" --output "$L" --at "$((NOW + 180))" --quiet --log 5 --allow "$TMP/allow"
is "$(cut -d' ' -f3- "$TMP/err")" "'$L': removed 203.0.113.6: allowed" 'a removal tells why'
run dump -c "$CONF" --output "$L" --at "$((NOW + 20 * D))" --quiet --log 1
is "$(cut -d' ' -f4- "$TMP/err" | tr '\n' ';')" "removed 203.0.113.1: expired at \
$(date -u -d "@$(at $((40 * H + 7 * D)))" +%FT%TZ);removed 1 more;" 'no more than so many are named'
rm -rf "$L" "$STATE_DIR"
sed "\$a list = { \"plain $L\" }\nlist = { \"csv $L.csv\" }" "$CONF" >"$TMP/two.conf"
run dump -c "$TMP/two.conf" --all --quiet --log 5 --at "$NOW"
is "$(grep -o ".*: listed 203.0.113.1:" "$TMP/err")" "nolist-xdp: dump: '$L', '$L.csv': listed 203.0.113.1:" \
	'a source on two lists is one line'
fails 2 "'x' is not a number" 'a number that is none' dump --log x
umount "$TMP/ro"
done_testing
