#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# show: what is shown of each source, in which order, and how many are left out.
# It is where an administrator looks first, and it must not change anything.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq script
topology ''
fails 1 'nothing is attached' 'nothing is loaded: nothing to show' show
judge_setup
run show -c "$CONF"
is "$status $(wc -l <"$TMP/out")" '0 1' 'an empty table shows its head'
histories
before=$(bpftool map dump pinned "$PIN_DIR/nolist_contacts" | sort | sha256sum)
run show -c "$CONF" --at "$NOW"
is "$status" 0 'show succeeds'
is "$(bpftool map dump pinned "$PIN_DIR/nolist_contacts" | sort | sha256sum)" "$before" \
	'and changes nothing'

# row SOURCE: its columns, without the width.
row() {
	awk -v source="$1" '$1 == source { $1 = $1; print }' "$TMP/out"
}

is "$(row 198.51.100.1)" '198.51.100.1 1 3d 9 16h - - 9 16h - - none' 'a good sender'
is "$(row 198.51.100.2)" '198.51.100.2 1 3d 5 1d 1 3d - - - - alibi' 'Exim, at high for once'
is "$(row 203.0.113.1)" '203.0.113.1 - - - - 3 2d - - 2 2d offender' 'an offender'
is "$(row 203.0.113.2)" '203.0.113.2 - - - - 1 3d - - 1 3d few' 'one offence'
is "$(row 203.0.113.3)" '203.0.113.3 - - - - 2 2d - - 2 2d none' 'tempfailed, with QUIT'
is "$(row 203.0.113.4)" '203.0.113.4 - - - - 7 2d - - - - suspect' 'SYNs only'
is "$(row 203.0.113.5)" '203.0.113.5 - - - - 1 6h - - - - waiting' 'SYNs of six hours ago'
is "$(row 2001:db8:5:1::/64)" '2001:db8:5:1::/64 - - - - 2 2d - - 2 2d offender' 'an IPv6 /64'
is "$(awk '{ print index($0, $NF) }' "$TMP/out" | sort -u | wc -l)" 1 'columns are aligned'

# order KEY: the sources in that order.
order() {
	run show -c "$CONF" --at "$NOW" --sort "$1" "${@:2}"
	awk 'NR > 1 && $2 != "more;" { printf "%s ", $1 }' "$TMP/out"
}

is "$(order source | cut -d' ' -f1,2,9,10)" \
	'198.51.100.1 198.51.100.2 2001:db8:5:1::/64 2001:db8:6:1::/64' 'sorted by source'
is "$(order last --top 2)" '203.0.113.5 198.51.100.1 ' 'by the last contact'
is "$(order high --top 2)" '203.0.113.4 203.0.113.1 ' 'by contacts with high'
is "$(order real --top 2)" '198.51.100.1 198.51.100.2 ' 'by contacts with real'
is "$(order verdict --top 4)" '203.0.113.1 203.0.113.6 2001:db8:5:1::/64 203.0.113.4 ' 'by verdict'
# Of those that are alike the lowest address comes first.
is "$(order first --top 3)" '203.0.113.5 203.0.113.4 203.0.113.1 ' 'by the first contact'
is "$(order low --top 3)" '198.51.100.1 198.51.100.2 203.0.113.1 ' 'by contacts with low'
is "$(order data --top 3)" '198.51.100.1 2001:db8:6:1::/64 198.51.100.2 ' 'by connections with data'
is "$(order talk --top 3)" '203.0.113.1 203.0.113.3 203.0.113.6 ' 'by hours with dialogues'
is "$(order source --role low)" '198.51.100.1 198.51.100.2 ' 'only sources at low'
is "$(order source --role real)" '198.51.100.1 198.51.100.2 2001:db8:6:1::/64 ' 'only sources at real'
is "$(order source --role high | wc -w)" 8 'only sources at high'

run show -c "$CONF" --at "$NOW" --top 3
is "$(tail -n 1 "$TMP/out")" '7 more; --top 0 shows all' 'what is left out is counted'
run show -c "$CONF" --at "$NOW" --json --sort source
is "$(jq -c '[.schema, .left_out, (.sources | length), .time]' "$TMP/out")" "[2,0,10,$NOW]" \
	'JSON has a schema number, the time and all sources'
is "$(jq -c '.sources[0] | [.source, .verdict, .low.opens, .data.connections, .high]' "$TMP/out")" \
	'["198.51.100.1","none",1,9,null]' 'JSON tells the same'
inject many=30
script -qec "nsenter --net=/run/netns/server $TOOL show -c $CONF --pin-dir $PIN_DIR" /dev/null \
	</dev/null >"$TMP/out"
is "$(tr -d '\r' <"$TMP/out" | tail -n 1)" '30 more; --top 0 shows all' 'a terminal gets forty'
is "$(grep -c '^LOW, REAL, HIGH: connections opened' "$TMP/out")" 1 'and what the columns mean'
run show -c "$CONF"
is "$(wc -l <"$TMP/out")" 71 'anything else gets all'
in_server "$TOOL" show -c "$CONF" --pin-dir "$PIN_DIR" >/dev/full 2>"$TMP/err"
is $? 1 'a full standard output is a failure'

inject "203.0.113.90 low=10h:60h:7" "203.0.113.91 low=10h:10h:5" \
	"203.0.113.92 low=10h:60h:7 high=20h:20h:1" "203.0.113.93 low=10h:60h:9 real=61h:61h:1" \
	"2001:db8:90::1 low=10h:12h:2"
run show -c "$CONF" --at "$NOW" --lost --sort low
is "$(awk 'NR > 1 { printf "%s ", $1 }' "$TMP/out")" '203.0.113.90 2001:db8:90::/64 ' \
	'--lost: who tries the low fake in distinct hours, and no other MX'
run report -c "$CONF"
is "$(grep 'again and again' "$TMP/out" | awk '{ print $(NF - 2) }')" 2 'report counts them'

# So many are stored that the newest are noted: they are shown without a walk over all.
inject contacts=1000:5000 many=300
must nolist collect --log 0 -c "$CONF"
inject "later=2" "203.0.113.94 low=90h:90h:1"
run show -c "$CONF" --at "$NOW" --top 700
shown=$(awk '$2 != "are" { print $1 }' "$TMP/out")
is "$(tail -n 1 "$TMP/out")" 'there are more; --top 0 shows all' 'of many it is not counted how many are left out'
run show -c "$CONF" --at "$NOW"
left=$(($(wc -l <"$TMP/out") - 701))
is "$shown" "$(awk 'NR <= 701 { print $1 }' "$TMP/out")" 'they are those that a walk shows first'
run show -c "$CONF" --at "$NOW" --json --top 700
is "$(jq .left_out "$TMP/out")" "$left" 'for scripts they are counted'

fails 2 "'middle' is not low, real or high" 'an unknown role' show --role middle
fails 2 "cannot sort by 'colour'" 'an unknown key' show --sort colour
fails 2 "'many' is not a number" 'a top that is no number' show --top many
fails 2 "'' is not a number" 'nor an empty one' show --top ''
fails 2 "'31st' is not a time" 'a bad time' show --at 31st
fails 2 "unexpected argument 'x'" 'an argument too many' show x
done_testing
