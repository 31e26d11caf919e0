#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# origin: listed sources and those that deliver mail are counted by the system and country that a
# file names for them, by the narrowest network, and what is unknown says nothing together.
# Why it matters: who reads it weighs a whole network by it. It must not come from a cut file.
UPTIME=18000
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq nft
topology ''
judge_setup
sed '$a grace = 1' "$CONF" >"$TMP/now.conf"
CONF=$TMP/now.conf
CSV=$TMP/origins.csv

origin() {
	run origin -c "$CONF" --file "$CSV" "$@"
}

cat >"$CSV" <<-END
	# NETWORK,AS,COUNTRY,OWNER
	203.0.113.0/24,64496,DE,"Example, Inc"
	203.0.113.128/25,64497,US,Evil\tname
	198.51.100.0/24,AS64498,DE
	2001:db8::/32,64499,DE
	2001:db8:5::/48,64496,
	"203.0.112.0/22",64500,FR
	192.0.2.0/24,0,T1
	# FIRST,LAST,COUNTRY
	198.18.0.5,198.18.1.200,NL
	3221226112,3221226115,SE
	2001:db9::,2001:db9:1:ffff:ffff:ffff:ffff:ffff,IT
END
origin 203.0.113.1 203.0.113.200 203.0.115.9 2001:db8:5:1::1 2001:db8:6::1 192.0.2.1 198.18.0.4 198.18.0.5 198.18.1.200 \
	198.18.1.201 198.51.100.2 192.0.2.130 2001:db7::1 2001:db9:1::1 2001:db9:2::1
is "$status" 0 'addresses are looked up'
is "$(cat "$TMP/out")" '203.0.113.1 AS64496 DE 203.0.113.0/24 Example? Inc
203.0.113.200 AS64497 US 203.0.113.128/25 Evil?tname
203.0.115.9 AS64500 FR 203.0.112.0/22 -
2001:db8:5:1::1 AS64496 - 2001:db8:5::/48 -
2001:db8:6::1 AS64499 DE 2001:db8::/32 -
192.0.2.1 - - 192.0.2.0/24 -
198.18.0.4 - - - -
198.18.0.5 - NL 198.18.0.5 -
198.18.1.200 - NL 198.18.1.200 -
198.18.1.201 - - - -
198.51.100.2 AS64498 DE 198.51.100.0/24 -
192.0.2.130 - SE 192.0.2.128/30 -
2001:db7::1 - - - -
2001:db9:1::1 - IT 2001:db9::/47 -
2001:db9:2::1 - - - -' 'in the narrowest network that has each'

bad="high=1h:2h:3 talk=1h:2h:2 hour=1:1:0:0:0 hour=0:1:0:0:0"
inject "203.0.113.1 $bad" "203.0.113.2 $bad" "203.0.113.200 $bad" "2001:db8:5:1:: $bad" "192.0.2.77 $bad" \
	"203.0.113.9 low=1h:2h:1 real=1h:3h:9 data=1h:3h:9" "198.51.100.1 low=1h:2h:1 real=1h:3h:9 data=1h:3h:9" \
	"2001:db8:6:1:: low=1h:2h:1 real=1h:3h:2 data=1h:3h:2" "198.51.100.77 high=1h:2h:1"
sed -i 's/^never-list-except = {/& 192.0.2.64\/26,/; s/^grace.*/&\nneighbours-ip4 = 32\nneighbours-ip6 = 64/' "$CONF"
must nolist collect --log 0 -c "$CONF" >/dev/null
echo "198.51.100.1 $((BOOT + 3 * H))" >"$TMP/accepted"
must nolist import --role accepted "$TMP/accepted" >/dev/null 2>&1
origin --json
is "$status" 0 'and sources are counted'
is "$(jq -c '.rows[] | [.as, .listed, .verified, .share.is]' "$TMP/out")" '["AS64496",3,1,0.75]
[null,1,0,null]
["AS64497",1,0,1]
["AS64498",0,1,0]
["AS64499",0,1,0]' 'by autonomous system: those that listed most first'
is "$(jq -c '[.rows[].accepted]' "$TMP/out")" '[0,0,0,1,0]' 'with those whose mail was accepted'
is "$(jq -c '.rows[0].share | [.low, .high] | map(. * 1000 | round)' "$TMP/out")" '[301,954]' \
	'with the interval of the share'
origin --json --by country
is "$(jq -c '.rows[] | [.country, .listed, .verified]' "$TMP/out")" '[null,2,0]
["DE",2,3]
["US",1,0]' 'by country'
origin --min 2
is "$(tail -n +2 "$TMP/out" | tr -s ' ')" 'AS64496 3 1 0 75 % (30 to 95)' 'as text, with --min'

# --- all networks of some: without those in them that are of another ---

wide() {
	run dump -c "$TMP/wide.conf" --origin "$@"
}
sed '$a origin = '"$CSV" "$CONF" >"$TMP/wide.conf"
wide DE
is "$status $(rows "$TMP/out" | tr '\n' ' ')" '0 198.51.100.0/24 203.0.113.0/25 2001:db8::/46 2001:db8:4::/48 '"$(
	echo 2001:db8:6::/47 2001:db8:{8::/45,10::/44,20::/43,40::/42,80::/41,100::/40,200::/39,400::/38,800::/37} \
		2001:db8:{1000::/36,2000::/35,4000::/34,8000::/33})"' ' 'of a country'
wide AS64496,AS64497
is "$(rows "$TMP/out" | tr '\n' ' ')" '203.0.113.0/24 2001:db8:5::/48 ' 'of two systems, joined'
printf 'AS64500 # comment\nUS\n' >"$TMP/keys"
wide "$TMP/keys"
is "$(rows "$TMP/out" | tr '\n' ' ')" '203.0.112.0/24 203.0.113.128/25 203.0.114.0/23 ' 'of those in a file'
check 'it says what it is' grep -q '^# warning: whole networks, of which nobody was judged' "$TMP/out"
check 'and of which' grep -qx '# origin: AS64500' "$TMP/out"
wide DE,AS64496 --format nft --output "$TMP/wide.nft"
is "$status $(cat "$TMP/out")" '0 ' 'nftables, into a file'
must in_server nft -f "$TMP/wide.nft"
must in_server nft -f "$TMP/wide.nft"
is "$(in_server nft -j list set inet nolist_origin wide4 | jq -c '[.nftables[].set // empty | .elem[].prefix | "\(.addr)/\(.len)"]')" \
	'["198.51.100.0/24","203.0.113.0/25"]' 'loads twice, and has them once'
is "$(in_server nft -j list ruleset | jq -c '[.. | .verdict? // empty, (objects | keys[]) | select(. == "drop" or . == "reject" or . == "accept")] | unique')" \
	'["accept"]' 'and refuses nobody'
is "$(in_server nft -j list table inet nolist_origin | jq -c '[.nftables[].chain.policy // empty]')" '["accept"]' 'nor else'
must in_server nft delete table inet nolist_origin
wide DE,AS64496 --format ipset
is "$(sed -n 's/^add nolist_origin4.new //p' "$TMP/out" | tr '\n' ' ')" '198.51.100.0/24 203.0.113.0/25 ' 'ipset'
if command -v ipset >/dev/null; then
	must in_server ipset restore <"$TMP/out"
	must in_server ipset restore <"$TMP/out"
	is "$(in_server ipset list nolist_origin6 | grep -c '^2001.*/') $(in_server ipset list -n | wc -l)" '1 2' 'loads it twice'
fi
wide DE,AS64496 --format rspamd
is "$(rows "$TMP/out" | head -n 2 | tr '\n' ' ')" '198.51.100.0/24 203.0.113.0/25 ' 'for a map of rspamd'
wide DE,AS64496 --format rbldnsd
is "$(grep -cE '^:127\.0\.0\.5:' "$TMP/out") $(grep -nxE '198\.51\.100\.0/24|\$DATASET ip6trie:origin6 @' "$TMP/out" | wc -l)" '2 2' 'a DNS list'
wide DE --format spamassassin
is "$(grep -o "'origin.[a-z.]*'" "$TMP/out") $(grep -cE '^(score|describe|header|tflags) (__)?RCVD_IN_NOLIST_ORIGIN ' "$TMP/out")" \
	"'origin.nolist.invalid.' 6" 'and the rules that ask it'
fails 1 'has no network of these' 'a country without networks' dump -c "$TMP/wide.conf" --origin SM
fails 2 "'de' is neither a country" 'no key' dump -c "$TMP/wide.conf" --origin AS1,de
fails 2 "'AS0' is neither" 'the system 0' dump -c "$TMP/wide.conf" --origin AS0
echo x >"$TMP/keys"
fails 1 "keys' line 1: neither a country" 'a wrong file of keys' dump -c "$TMP/wide.conf" --origin "$TMP/keys"
fails 2 'format of single sources' 'formats of mail servers' dump -c "$TMP/wide.conf" --origin DE --format postfix
for o in --all --unverified "--at $(date +%s)" --json --close '--allow x' '--reload-command x'; do
	# shellcheck disable=SC2086 # words
	fails 2 'judges no source' "not with $o" dump -c "$TMP/wide.conf" --origin DE $o --output "$TMP/no"
done

# --- where it is shown ---

sed '$a origin = '"$CSV" "$CONF" >"$TMP/shown.conf"
run explain 203.0.113.200 -c "$TMP/shown.conf"
check 'explain says it, and of when the file is' grep -qE \
	"^  origin: AS64497, US, 203.0.113.128/25, Evil\?tname \(as of $(date -u +%F), [0-9]+[sm] ago\); never a reason$" "$TMP/out"
run explain 192.0.2.1 --json -c "$TMP/shown.conf"
is "$(jq -c .origin "$TMP/out")" '{"as":null,"country":null,"network":"192.0.2.0/24","owner":null}' 'what is not known is null'
run explain 198.18.0.1 --json -c "$TMP/shown.conf"
is "$(jq -c .origin "$TMP/out")" null 'as is all of it'
run show --role low --sort source -c "$TMP/shown.conf"
is "$(awk '{ print $1, $12, $13 }' "$TMP/out")" 'SOURCE AS CC
198.51.100.1 64498 DE
203.0.113.9 64496 DE
2001:db8:6:1::/64 64499 DE' 'show has two columns'
run show --sort source -c "$CONF"
is "$(grep -cw CC "$TMP/out")" 0 'but not without a file'
for i in {0..1199}; do
	echo "45.10.$((i / 200)).$((i % 200)) $bad"
done | must "$INJECT" "$PIN_DIR"
for i in {0..255}; do
	echo "45.10.$((i / 32)).$((i % 32 * 8))/29,$((1000 + i)),SE"
done >>"$CSV"
must nolist dump --format csv -c "$TMP/shown.conf" >"$TMP/rows" 2>/dev/null
is "$(awk -F '[.,]' '/^45/ { n++; right += $(NF - 6) == 1000 + 32 * $3 + int($4 / 8) } END { print n, right }' "$TMP/rows")" \
	'1200 1200' 'csv: each of many sources has its own'
is "$(grep '^203.0.113.1,' "$TMP/rows" | cut -d, -f23-)" '64496,DE,203.0.113.0/24,Example? Inc' 'in four columns'
is "$(cut -d, -f23- "$TMP/rows" | grep -c '^,,,$') $(sed -n 's/.*acks,//p' "$TMP/rows")" '0 as,country,network,owner' 'with their names'
must nolist show --json --sort source -c "$TMP/shown.conf" >"$TMP/rows" 2>/dev/null
is "$(jq '[.sources[] | select(.source | startswith("45.")) | (.source / "." | map(tonumber)) as $a |
	select(.origin.as == 1000 + 32 * $a[2] + ($a[3] / 8 | floor))] | length' "$TMP/rows")" 1200 'show --json, too'
must nolist dump --format csv -c "$CONF" >"$TMP/rows" 2>/dev/null
is "$(grep -c ',,,,$' "$TMP/rows")" 1205 'without a file all are empty'
echo x >"$TMP/bad.csv"
sed "s,^origin = .*,origin = $TMP/bad.csv," "$TMP/shown.conf" >"$TMP/bad.conf"
run dump --format jsonl -c "$TMP/bad.conf"
is "$status $(jq -s 'map(select(.type == "entry")) | length, (map(.origin) | unique[])' "$TMP/out" | tr '\n' ' ')" \
	'3 1205 null ' 'a file that cannot be read keeps no list back'
check 'but is told' grep -q "bad.csv' line 1: neither" "$TMP/err"

# --- strangers of a system with nothing but listed sources wait longer ---

slow() {
	run dump --format policy -c "$TMP/slow.conf"
	sed -n 's/^W //p' "$TMP/out" | tr '\n' ' '
}
{ cat "$TMP/shown.conf"; echo 'origin-wait = 1h'; } >"$TMP/slow.conf"
{
	grep -v SE "$CSV"
	printf '45.10.0.%s,SE\n' 0/28,7 32/27,8 64/26,9 128/25,10
	printf '45.10.1.%s,SE\n' 0/24,11
	echo 45.10.128.0/17,7,SE
	echo 45.10.130.0/24,6,SE
} >"$TMP/slow.csv"
mv "$TMP/slow.csv" "$CSV"
# 8: a walk. 9: mail that was accepted. 10: too many others with data. 11: 100 listed, 11 others.
inject '45.10.0.40 low=1h:2h:1 real=1h:3h:9 data=1h:3h:9 real=1h:2h:9' '45.10.0.70 real=1h:3h:9 data=1h:3h:9' \
	'45.10.128.1 real=1h:3h:9 data=1h:3h:9'
for i in {0..8}; do
	echo "45.10.0.$((240 + i)) real=1h:3h:9 data=1h:3h:9"
	echo "45.10.1.$((240 + i)) real=1h:3h:9 data=1h:3h:9"
done | must "$INJECT" "$PIN_DIR"
must nolist collect --log 0 -c "$CONF" >/dev/null
echo "45.10.0.70 $((BOOT + 3 * H))" >"$TMP/accepted"
must nolist import --role accepted "$TMP/accepted" >/dev/null 2>&1
is "$(slow)" '45.10.0.0/28 45.10.1.0/24 45.10.128.0/23 45.10.131.0/24 45.10.132.0/22 45.10.136.0/21 45.10.144.0/20 45.10.160.0/19 45.10.192.0/18 ' \
	'in the snapshot of the policy service: those without a walk or accepted mail'
is "$(sed -n 's/^H origin-wait //p' "$TMP/out") $(awk '$1 == "Z" { print $5 }' "$TMP/out")" "3600 $(grep -c '^[PELXW] ' "$TMP/out")" 'with the wait'
sed -i 's/^origin-wait.*/origin-wait = 30/' "$TMP/slow.conf"
is "$(slow | wc -w) $(sed -n 's/^H origin-wait //p' "$TMP/out")" '9 30' 'who would not wait longer is there for its score'
sed -i 's/^origin-wait.*/origin-wait = 1h/' "$TMP/slow.conf"
touch -d '91 days ago' "$CSV"
is "$(slow)" '' 'nor by an old file'
check 'which is told' grep -q "hint: 'origin-wait' makes no sender wait longer" "$TMP/err"
sed -i '/^origin = /d' "$TMP/slow.conf"
is "$(slow)" '' 'nor without one'
run config -c "$TMP/slow.conf"
check 'which config tells' grep -q "origin-wait does nothing without 'origin'" "$TMP/err"

# --- files ---

touch -d '100 days ago' "$CSV"
origin 203.0.113.1
is "$status" 3 'an old file is used with a warning'
check 'which says of when it is' grep -qE "'$CSV' was made at 20[0-9-]+T" "$TMP/err"
for line in 203.0.113.0/24,1 203.0.113.1/24,1,DE x,1,DE 203.0.113.0/24,-1,DE 203.0.113.0/24,1x,DE \
	203.0.113.0/24,4294967296,DE 192.0.2.9,192.0.2.8,DE 192.0.2.1,2001:db8::,DE '"192.0.2.0/24",1,"DE' \
	'"192.0.2.0/24"x,1,DE'; do
	printf '192.0.2.0/24,1,DE\n%s\n' "$line" >"$TMP/bad.csv"
	fails 1 'line 2: neither NETWORK,AS,COUNTRY nor' "'$line' is no line" \
		origin --file "$TMP/bad.csv" 192.0.2.1
done
fails 1 "cannot read '$TMP/none.csv'" 'a file that is not there' origin --file "$TMP/none.csv" 192.0.2.1
fails 2 "'192.0.2' is not an address" 'no address' origin --file "$CSV" 192.0.2
fails 2 'neither' '--by' origin --by continent
fails 2 'not a number' '--min' origin --min 0

# --- a database of libloc, as its writer makes it ---

must "$BUILD/selftests/lib/write_loc" "$TMP/origins.db" 'AS64496 Big, "Ltd"' 203.0.113.0/24,64496,DE 203.0.113.128/25,64497,US 2001:db8::/32,64499,FR
run origin --file "$TMP/origins.db" 203.0.113.1 203.0.113.200 2001:db8:6::1 198.18.0.1
is "$status" 0 'a database of libloc'
is "$(cat "$TMP/out")" '203.0.113.1 AS64496 DE 203.0.113.0/24 Big? ?Ltd?
203.0.113.200 AS64497 US 203.0.113.128/25 -
2001:db8:6::1 AS64499 FR 2001:db8::/32 -
198.18.0.1 - - - -' 'says the same, with its names of owners'
{ grep -v '^origin' "$TMP/wide.conf"; echo "origin = $TMP/origins.db"; } >"$TMP/libloc.conf"
run dump -c "$TMP/libloc.conf" --origin DE,FR
is "$(rows "$TMP/out" | tr '\n' ' ')" '203.0.113.0/25 2001:db8::/32 ' 'and has the same networks'
size=$(stat -c %s "$TMP/origins.db")
for cut in 4300 $((size / 2)) $((size - 4096)) $((size - 1)); do
	head -c "$cut" "$TMP/origins.db" >"$TMP/cut.db"
	fails 1 'is not a complete database of libloc' "one of which $cut bytes are left is not used" \
		origin --file "$TMP/cut.db" 192.0.2.1
done

# --- the program that reads the file may have become somebody else's ---

is "$(in_server "$PYTHON" - "$BUILD/nolist-xdp-locate" "$CSV" <<-'END'
	import re, socket, subprocess, sys
	a, b = socket.socketpair()
	p = subprocess.Popen(sys.argv[1:], stdin=b)
	a.recv(16)
	status = open(f"/proc/{p.pid}/status").read()
	print(*re.findall(r"^(?:CapEff|CapPrm|NoNewPrivs|Seccomp):\s*(\w+)", status, re.M))
	p.kill()
END
)" '0000000000000000 0000000000000000 1 2' 'so it has no capabilities, and a filter'
mkdir "$TMP/bin"
cp "$TOOL" "$TMP/bin/nolist-xdp"
cat >"$TMP/bin/nolist-xdp-locate" <<-'END'
	#!/usr/bin/python3
	import os, struct, sys
	what = open(sys.argv[1]).read().split()
	os.write(0, struct.pack("qiI", 0, 0, 0))
	if what[0] == "ends":
	    sys.exit()
	kind, n = struct.unpack("II", os.read(0, 8))
	if kind == 0:
	    os.read(0, 16 * n)
	    os.write(0, b"\xff" * int(what[1]) * n)
	else:
	    os.read(0, 8 * n)
	    os.write(0, b"\x01" * 16 + bytes([int(what[1])] + [0] * 7))
	os.read(0, 1)
END
chmod +x "$TMP/bin/nolist-xdp-locate"
hostile() {
	echo "$1" >"$TMP/what"
	shift
	in_server "$TMP/bin/nolist-xdp" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" "$@" >"$TMP/out" 2>"$TMP/err"
}
hostile 'lies 72' origin -c "$CONF" --file "$TMP/what" 203.0.113.1
is "$(cat "$TMP/out")" "203.0.113.1 AS4294967295 - - $(printf '?%.0s' {1..39})" 'what it says is made harmless'
hostile ends origin -c "$CONF" --file "$TMP/what" 203.0.113.1
is "$? $(grep -c 'has ended' "$TMP/err")" '1 1' 'that it ends is told'
{ cat "$CONF"; echo "origin = $TMP/what"; } >"$TMP/hostile.conf"
hostile 'lies 200' dump -c "$TMP/hostile.conf" --origin DE
is "$? $(cat "$TMP/out") $(grep -c 'something that is no network' "$TMP/err")" '1  1' 'and that it names what is no network'
hostile 'lies 64' dump -c "$TMP/hostile.conf" --origin DE
is "$? $(cat "$TMP/out") $(grep -c 'something that is no network' "$TMP/err")" '1  1' 'or has more bits than its length'
hostile ends dump --format csv -c "$TMP/hostile.conf"
is "$? $(tail -n +2 "$TMP/out" | grep -vc ',,,,$')" '0 0' 'no list is kept back for it'
done_testing
