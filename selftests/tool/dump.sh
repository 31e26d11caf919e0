#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dump: which sources are listed and which are not, in each format; that a list is whole or
# absent; and every way in which it is refused. A wrong or half list refuses
# somebody's mail.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sha256sum
topology ''
fails 1 'nothing is attached' 'nothing is loaded: no list' dump
judge_setup

# --- with nobody to list -----------------------------------------------------

run dump -c "$CONF"
is "$status" 0 'an empty table makes a list'
is "$(rows "$TMP/out")" '' 'which is empty'
check 'and says so' grep -qx '# count: 0' "$TMP/out"
check 'nobody was at the real MX: stderr says why nobody is added' \
	grep -q 'IPv4: no source is added: no sender was seen at the real MX for 1d' "$TMP/err"
check 'and so does the list' grep -q '^# warning: IPv4: no source is added' "$TMP/out"
inject '203.0.113.1 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0'
run dump -c "$CONF" --at "$NOW"
is "$(rows "$TMP/out")" '' 'a verified offender is not listed while the real MX is not seen'
sed "\$a real-mx-unseen = accept" "$CONF" >"$TMP/accept.conf"
run dump -c "$TMP/accept.conf" --at "$NOW"
is "$(rows "$TMP/out")" 203.0.113.1 'real-mx-unseen = accept lists it'
check 'and the list warns' grep -q '^# warning: IPv4: listed all the same' "$TMP/out"

# --- listed sources ----------------------------------------------------------

histories
run dump -c "$CONF" --at "$NOW"
is "$status" 0 'dump succeeds'
is "$(rows "$TMP/out" | tr '\n' ' ')" '203.0.113.1 203.0.113.6 2001:db8:5:1::/64 ' \
	'listed: tempfailed in two hours, no QUIT, never elsewhere'
check 'the head counts them' grep -qx '# count: 3' "$TMP/out"
check 'the head has the time' grep -qx "# time: $(date -u -d "@$NOW" +%FT%TZ)" "$TMP/out"
check 'and when the list expires' \
	grep -qx "# expires: $(date -u -d "@$((NOW + 2 * D))" +%FT%TZ)" "$TMP/out"
check 'and the digest of the rows' \
	grep -qx "# sha256: $(rows "$TMP/out" | sha256sum | cut -d' ' -f1)" "$TMP/out"
check 'no list for SYNs alone: it is said' grep -q '1 with SYNs only are not listed' "$TMP/err"
cp "$TMP/out" "$TMP/first"
run dump -c "$CONF" --at "$NOW"
check 'the same evidence and time make the same bytes' cmp "$TMP/first" "$TMP/out"
run dump -c "$CONF" --at "$(date -u -d "@$NOW" +%FT%TZ)"
check 'a time in words is the same time' cmp "$TMP/first" "$TMP/out"
run dump -c "$CONF" --at "$(at $((41 * H)))"
is "$(rows "$TMP/out" | tr '\n' ' ')" '' 'as of before, the real MX was not seen for a day'
run dump -c "$CONF" --at "$(at $((9 * D)))"
is "$(rows "$TMP/out")" '' 'seven days after the last offence nobody is left'

run dump -c "$CONF" --at "$NOW" --unverified
is "$(rows "$TMP/out" | tr '\n' ' ')" '203.0.113.1 203.0.113.4 203.0.113.6 2001:db8:5:1::/64 ' \
	'--unverified also lists sources with SYNs to high only'
check 'and the list warns of that' grep -q '^# warning: unverified' "$TMP/out"

# --- allow lists and never-list ----------------------------------------------

printf '203.0.113.6 # a friend\n2001:db8:5::/48\n' >"$TMP/allow"
run dump -c "$CONF" --at "$NOW" --allow "$TMP/allow"
is "$(rows "$TMP/out")" 203.0.113.1 'an allow file holds'
check 'and is counted' grep -q '2 on an allow list are not listed' "$TMP/err"
sed "\$a allow = { \"$TMP/allow\" }" "$CONF" >"$TMP/allow.conf"
for format in plain csv jsonl; do
	run dump -c "$TMP/allow.conf" --at "$NOW" --format $format
	check "an allow file of the configuration holds in $format" \
		test "$(grep -c -e '203\.0\.113\.6' -e 2001:db8:5 "$TMP/out")" -eq 0
	check "and the others are there" grep -q '203\.0\.113\.1' "$TMP/out"
done
run dump -c "$CONF" --at "$NOW" --unverified --allow "$TMP/allow"
check 'and with --unverified' test "$(grep -c '203\.0\.113\.6' "$TMP/out")" -eq 0
echo old >"$TMP/list"
printf '192.0.2.1\n192.0.2.1/24\n' >"$TMP/bad"
fails 2 "$TMP/bad:2: not an address" 'a wrong line in an allow file is reported with its place' \
	dump -c "$CONF" --output "$TMP/list" --allow "$TMP/bad"
is "$(cat "$TMP/list")" old 'and the old list stays'
fails 2 'cannot read .*nowhere' 'so is a missing file' dump -c "$CONF" --allow "$TMP/nowhere"
sed '/never-list-except/d' "$CONF" >"$TMP/never.conf"
run dump -c "$TMP/never.conf" --at "$NOW" --unverified
is "$(rows "$TMP/out")" '' 'documentation addresses are on the never-list'
check 'which is said' grep -q '4 on the never-list' "$TMP/err"
inject "$CLIENT4 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" \
	"$REAL4 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" \
	"2001:db8::77 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0"
sed 's/never-list-except = {/& 192.0.2.0\/24,/' "$CONF" >"$TMP/own.conf"
run dump -c "$TMP/own.conf" --at "$NOW"
check 'a lab may list its own network' grep -qx "$CLIENT4" "$TMP/out"
check 'but never its own addresses' test "$(grep -c "^$REAL4\$" "$TMP/out")" -eq 0
check 'nor the /64 that they are in' test "$(grep -c '^2001:db8::/64' "$TMP/out")" -eq 0
must ip -n server route add default via "$CLIENT4"
run dump -c "$TMP/own.conf" --at "$NOW"
check 'nor a gateway' test "$(grep -c "^$CLIENT4\$" "$TMP/out")" -eq 0
sed 's/never-list-except = {/& 127.0.0.0\/8,/' "$CONF" >"$TMP/loop.conf"
fails 2 "'127.0.0.0/8' is not for labs" 'only what is for labs can be taken out of it' \
	dump -c "$TMP/loop.conf"

# --- whom to let in ------------------------------------------------------------

walks='low=50h:80h:2 real=50h:80h:2 data=50h:80h:2'
inject "198.51.100.11 $walks walk=50h:80h" "2001:db8:61:1:: $walks walk=50h:80h" \
	"198.51.100.12 $walks walk=0:80h" "198.51.100.13 $walks" \
	"198.51.100.21 $walks walk=50h:80h high=81h:81h:1" \
	"198.51.100.22 $walks walk=50h:80h talk=81h:81h:1 hour=81:1:0:0:0" \
	"45.10.2.23 low=45h:89h:2 real=45h:89h:2 data=45h:89h:2 walk=45h:89h high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" \
	"45.10.3.24 low=80h:81h:2 real=80h:81h:2 data=80h:81h:2 walk=80h:81h high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0"
white() {
	run dump --white -c "$CONF" --at "${at:-$NOW}" "$@"
}
white
is "$status $(rows "$TMP/out" | tr '\n' ' ')" '0 198.51.100.11 2001:db8:61:1::/64 ' \
	'--white: who walked twice, and never went on to a high fake'
check 'it says what it is' grep -q '^# white: .* to let in, never to refuse$' "$TMP/out"
is "$(grep -vc "^nolist-xdp: dump: " "$TMP/err")" 0 'and nothing of those who are not listed'
at=$(at $((51 * H))) white
is "$(rows "$TMP/out")" '' 'as of the first walk nobody is'
at=$(at $((80 * H + 30 * D))) white
is "$(rows "$TMP/out" | wc -l)" 2 'within data-window of the last'
at=$(at $((80 * H + 30 * D + 1))) white
is "$(rows "$TMP/out")" '' 'and no longer'
is "$(nolist dump --white --list-formats | awk '/^[a-z]/ { print $1 }' | tr '\n' ' ')" \
	'plain rbldnsd zone postscreen exim spamassassin rspamd ' 'formats that can let somebody in'
white --format postscreen
is "$(rows "$TMP/out" | tr '\t\n' '  ')" '198.51.100.11 permit 2001:db8:61:1::/64 permit ' 'postscreen'
white --format rbldnsd
is "$(grep -c '127\.0\.0\.[23]:' "$TMP/out") $(grep -c '^:127\.0\.0\.4:' "$TMP/out")" '0 3' \
	'a DNS list that no reader takes for a block list'
white --format zone
is "$(grep -oE '127\.0\.0\.[0-9]+$' "$TMP/out" | sort -u)" 127.0.0.4 'nor of a zone'
white --output "$TMP/white" --reload-command "touch $TMP/white.read"
is "$status" 0 'into a file'
check 'and its reader is told' test -e "$TMP/white.read"
rm "$TMP/white.read"
white --output "$TMP/white" --reload-command "touch $TMP/white.read"
check 'but not of one that has not changed' eval '! test -e "$TMP/white.read" && grep -q "2 entries, unchanged: not written" "$TMP/err"'
fails 2 'no form that lets a sender in' 'not as what blocks' dump --white --format nft
for o in --all --unverified --close '--allow x' '--origin DE'; do
	# shellcheck disable=SC2086 # words
	fails 2 'not with|takes only' "not with $o" dump --white --output "$TMP/no" $o
done

# --- formats -----------------------------------------------------------------

run dump -c "$CONF" --at "$NOW" --format csv
is "$(cut -d, -f1,2 "$TMP/out" | tr '\n' ' ')" \
	'source,verdict 203.0.113.1,offender 203.0.113.6,offender 2001:db8:5:1::/64,offender ' \
	'csv: names, then rows'
is "$(awk -F, '{ print NF }' "$TMP/out" | sort -u)" 26 'csv: every row has as many fields'
run dump -c "$CONF" --at "$NOW" --format jsonl
check 'jsonl: every line is an object' jq -es 'all(type == "object")' "$TMP/out"
is "$(jq -r 'select(.type == "list") | "\(.schema) \(.count) \(.time)"' "$TMP/out")" \
	"2 3 $NOW" 'jsonl: the head has schema, count and time'
is "$(jq -r 'select(.type == "list").sha256' "$TMP/out")" \
	"$(tail -n +2 "$TMP/out" | jq -r .source | sha256sum | cut -d' ' -f1)" \
	'jsonl: and the digest of the sources'
is "$(jq -c 'select(.source == "203.0.113.1") | [.verdict, .strong, .high.opens,
	.talk.hours, (.hours | length), .low]' "$TMP/out")" '["offender",2,3,2,2,null]' \
	'jsonl: with the evidence'
is "$(jq 'select(.source == "203.0.113.1").high.first' "$TMP/out")" "$(at $((20 * H)))" \
	'in UTC seconds'
run dump --list-formats
is "$status" 0 '--list-formats needs no tables'
for format in plain csv jsonl; do
	check "--list-formats names $format" grep -q "^$format .*for " "$TMP/out"
done
fails 2 "unknown format 'word'" 'an unknown format' dump --format word
fails 2 '--output is empty' 'a file without a name' dump --output ''
fails 2 "'yesterday' is not a time" 'a bad time' dump --at yesterday
fails 2 "unexpected argument 'x'" 'an argument too many' dump x
fails 2 "unknown option '--bogus'" 'an unknown option' dump --bogus
fails 2 'cannot read' 'a missing configuration' dump -c "$TMP/none.conf"

# --- files -------------------------------------------------------------------

list() {
	run dump -c "$CONF" --at "$NOW" --output "$@"
}

list "$TMP/new"
is "$status" 0 'a file is written'
check 'with the same bytes' cmp "$TMP/first" "$TMP/new"
check 'and nothing on standard output' test ! -s "$TMP/out"
is "$(stat -c %a "$TMP/new")" 644 'readable for all'
chmod 640 "$TMP/list"
chown 65534:8 "$TMP/list"
list "$TMP/list"
check 'an old file is replaced' cmp "$TMP/first" "$TMP/list"
is "$(stat -c '%a %u %g' "$TMP/list")" '640 65534 8' 'mode and owner stay'
(cd "$TMP" && list new2)
check 'a name without a directory is in this one' cmp "$TMP/first" "$TMP/new2"
ln -s "$TMP/list" "$TMP/link"
fails 1 'symbolic link' 'a symbolic link is not followed' dump -c "$CONF" --output "$TMP/link"
check 'and still there' test -L "$TMP/link"
ln -s /nonexistent/x "$TMP/dangling"
fails 1 'symbolic link' 'nor a dangling one' dump -c "$CONF" --output "$TMP/dangling"
fails 1 'regular file' 'a device is not replaced' dump -c "$CONF" --output /dev/null
check 'and still there' test -c /dev/null
fails 1 'Is a directory' 'nor a directory' dump -c "$CONF" --output "$TMP"
fails 1 'No such file' 'a missing directory' dump -c "$CONF" --output "$TMP/no/list"
mkdir -m 777 "$TMP/open"
fails 1 'any user can write' 'a directory that anybody can write' \
	dump -c "$CONF" --output "$TMP/open/list"
chmod 1777 "$TMP/open"
list "$TMP/open/list"
is "$status" 0 'one like /tmp is good'
chown 65534 "$TMP/open/list"
fails 1 'belongs to another user' 'but not for a file that somebody else put there' \
	dump -c "$CONF" --output "$TMP/open/list"

# --- no room -----------------------------------------------------------------

in_server "$TOOL" dump -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" >/dev/full 2>"$TMP/err"
is $? 1 'a full standard output is a failure'
check 'and reported' grep -q 'cannot write all of the list: No space left' "$TMP/err"
mkdir "$TMP/small"
must mount -t tmpfs -o size=64k tmpfs "$TMP/small"
echo old >"$TMP/small/list"
inject many=2000
fails 1 'No space left' 'a full disk' \
	dump -c "$CONF" --at "$NOW" --format jsonl --output "$TMP/small/list"
is "$(cat "$TMP/small/list")" old 'leaves the old list'
is "$(find "$TMP/small" -type f | wc -l)" 1 'and nothing else'
must umount "$TMP/small"

echo old >"$TMP/list"
whole=0
in_server "$TOOL" dump -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" --at "$NOW" >"$TMP/big" 2>/dev/null
for _ in {1..40}; do
	nsenter --net=/run/netns/server "$TOOL" dump -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" \
		--at "$NOW" --output "$TMP/list" 2>/dev/null &
	sleep "0.0$((RANDOM % 40 + 10))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	if [ "$(cat "$TMP/list")" = old ] || cmp -s "$TMP/list" "$TMP/big"; then
		whole=$((whole + 1))
	fi
done
is $whole 40 'killed at any instant, the list is the old or the new one'

# --- the end of a list ---

fails 2 '^nolist-xdp: dump: --close needs --all, or --output$' 'an end of nothing' dump --close
fails 2 'neither with --unverified nor with --at' 'nor of what others are told' \
	dump --close --output "$TMP/list" --at "$NOW"
left=
for f in $("$TOOL" dump --list-formats | awk '!/^ / { print $1 }'); do
	run dump -c "$CONF" --at "$NOW" --format "$f" --output "$TMP/end.$f"
	run dump -c "$CONF" --close --format "$f" --output "$TMP/end.$f"
	[ "$status" = 0 ] || left+=" $f: $status"
	# That of policyd still says which networks are never listed.
	[ "$f" != policy ] || sed -i '/^[LX] /d' "$TMP/end.$f"
	left+=$(grep -E '203\.0\.113|203-0|100\.1[2-9]|2001:db8:5|^127\.0\.0\.2$|^2\.0\.0\.127|7f00:2' "$TMP/end.$f")
done
is "$left" '' 'an ended list is empty in every format, without test entries'
is "$(sed -n 's/^# \(warning\|note\): //p' "$TMP/end.plain")" \
	'this list has ended and stays empty: take it out of your configuration' 'and says so'
is "$(($(date -d "$(sed -n 's/^# expires: //p' "$TMP/end.plain")" +%s) / 86400 - $(date +%s) / 86400))" 3660 \
	'it is good for ten years'
check 'who ended it is told what comes next' grep -q 'hint: the next dump would fill it again' "$TMP/err"
must nolist unload --purge >/dev/null 2>&1
rm -rf "$STATE_DIR"
nolist dump -c "$CONF" --close --format plain --output "$TMP/big" 2>/dev/null
is "$? $(grep -vc '^#' "$TMP/big")" '0 0' 'also where nothing is loaded any more, nor stored'
done_testing
