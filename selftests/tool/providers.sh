#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sets of networks: all sources in one are the same sender, and a file of them that is not
# as it should be stops nothing: it is told, with its line, and the last good content counts.
# Why it matters: large senders retry from another network than they were refused at, and
# others write such files.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
judge_setup
BAD='talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0'
FILE=$TMP/providers
{
	sed 's/never-list-except = {/&198.18.0.0\/15, /' "$CONF"
	echo "providers = { $FILE }"
} >"$TMP/set.conf"

# verdict ADDRESS [CONF]
verdict() {
	run explain -c "${2:-$TMP/set.conf}" --at "$NOW" --json "$1"
	jq -r .verdict "$TMP/out"
}

inject "198.51.100.1 low=1h:1h:1 real=1h:80h:9 data=1h:80h:9" \
	"198.18.1.1 low=10h:10h:1" "198.18.1.2 low=10h:10h:1" "198.19.2.2 data=11h:80h:1" \
	"198.19.3.3 $BAD" "2001:db8:77:1::9 $BAD" "203.0.113.1 $BAD" "198.19.4.4 $BAD"
cat >"$FILE" <<-END
	# made up
	big.example 198.18.1.0/24
	big.example 198.19.0.1/16	# host bits are nothing to SPF
	big.example 2001:db8:77::/48
	small.example 198.19.4.0/24
	single.example 198.18.1.2
END
: >"$TMP/none"
sed "s|$FILE|$TMP/none|" "$TMP/set.conf" >"$TMP/none.conf"
is "$(verdict 198.19.3.3 "$TMP/none.conf")" offender 'without sets, one address alone is an offender'
is "$(verdict 198.19.3.3)" alibi 'one of the set was at the low fake, another sent data: it has an alibi'
is "$(jq -c '[.provider, .neighbours]' "$TMP/out")" '["big.example",1]' 'JSON names the set'
run explain -c "$TMP/set.conf" --at "$NOW" 198.19.3.3
check 'and so do words' grep -qE \
	'^  neighbours +no +1 in 198.19.3.0/24 or of big.example with a verified alibi, such as 198.19.2.2' "$TMP/out"
is "$(verdict 2001:db8:77:1::9)" alibi 'also over IPv6'
is "$(verdict 203.0.113.1)" offender 'a source in no set has none'
is "$(verdict 198.19.4.4)" offender 'of networks in each other the narrower counts'
is "$(jq -r .provider "$TMP/out")" small.example 'and names its set'
run dump --quiet -c "$TMP/set.conf" --at "$NOW"
is "$(rows "$TMP/out" | tr '\n' ' ')" '198.19.4.4 203.0.113.1 ' 'the list agrees'
sed -i '/198.18.1.0/d' "$FILE"
is "$(verdict 198.19.3.3)" offender 'nobody of the set was at the low fake: data alone excuse nobody else'
must nolist collect -c "$CONF" >/dev/null
echo 'big.example 198.18.1.0/24' >>"$FILE"
is "$(verdict 198.19.3.3)" alibi 'what is stored is asked, too'

# --- a file that is not as it should be stops nothing ---

# dump_warns PATTERN NAME LIST: the list is written all the same, with status 3, and why.
dump_warns() {
	rm -f "$TMP/list"
	run dump --quiet -c "$TMP/set.conf" --at "$NOW" --output "$TMP/list"
	is "$status $(grep -cE -- "$1" "$TMP/err") $(rows "$TMP/list" | tr '\n' ' ')" "3 1 $3" "$2"
}
key="$TMP/set.conf:$(grep -n ^providers "$TMP/set.conf" | cut -d: -f1)"
listed='198.19.4.4 203.0.113.1 '
cat >"$FILE" <<-END
	big.example 198.18.1.0/24
	big.example 198.19.0.1/16
	big.example 2001:db8:77::/48
	small.example ::ffff:198.19.4.0/120
END
run dump --quiet -c "$TMP/set.conf" --at "$NOW"
is "$status $(rows "$TMP/out" | tr '\n' ' ')" "0 $listed" 'an IPv4 network may be written as IPv6'
is "$(stat -c %a "$STATE_DIR/files" "$STATE_DIR"/files/providers-* | tr '\n' ' ')" '700 600 ' \
	'its good content is kept, for root alone'
while read -r line; do
	printf 'good.example 192.0.2.0/24\n%s\nbig.example 198.18.1.0/24\n' "$line" >"$FILE"
	fails 2 "$FILE:2: not a name and a network" "'$line' is wrong" check --providers "$FILE"
done <<-'END'
	192.0.2.0/24
	a.example
	a.example 192.0.2.0/24 b
	a.example 192.0.2/24
	a.example 0.0.0.0/0
	a.example 10.0.0.0/7
	a.example 192.0.2.0/33
	a.example 10.0.0.0/264
	a.example 2001:db8::/288
	a.example 192.0.2.0/
	a.example 192.0.2.0/-1
	a.example ::/0
	a.example 2001::/15
	a.example ::ffff:10.0.0.0/103
	a.example 2001:db8::/129
	A.EXAMPLE 192.0.2.0/24
	a$(reboot).example 192.0.2.0/24
END
dump_warns "warning: $key: $FILE:2: not a name and a network" \
	'in a list it counts for nothing, and its last good content does' "$listed"
check 'which is said' grep -q 'hint: its last good content is used as well' "$TMP/err"
printf 'a.example x\na.example y\n' >>"$FILE"
dump_warns "$FILE:2: not .*, nor are 2 more lines$" 'each wrong line is counted' "$listed"
is "$(verdict 198.19.3.3)" alibi 'explain uses that content, too'
run explain -c "$TMP/set.conf" --at "$NOW" 198.19.3.3
is "$status" 3 'and warns'
printf 'a.example 192.0.2.0/24\nb.ex\0ample 192.0.2.0/24\n' >"$FILE"
dump_warns "$FILE:2: not a name" 'a zero byte is wrong' "$listed"
rm "$FILE"
dump_warns "warning: $key: cannot read '$FILE': No such file" 'a file that is not there' "$listed"
mkdir "$FILE"
dump_warns "$key: cannot read '$FILE': Is a directory" 'a directory' "$listed"
rmdir "$FILE"
ln -s /dev/zero "$FILE"
dump_warns "$key: cannot read '$FILE': File too large" 'a file without an end' "$listed"
rm "$FILE"
rm -r "${STATE_DIR:?}/files"
dump_warns 'hint: what it should say there is unknown' 'without good content there is none' \
	'198.19.3.3 198.19.4.4 203.0.113.1 '
printf 'big.example 198.18.0.0/15\nbig.example nothing\nbig.example 2001:db8:77::/48\n' >"$FILE"
dump_warns "$FILE:2: not" 'but the good lines' '203.0.113.1 '
check 'what is not good is not kept' [ ! -e "$STATE_DIR/files" ]
sed -i 2d "$FILE"
run dump --quiet -c "$TMP/set.conf" --at "$NOW" --output "$TMP/list"
is "$status $(cat "$TMP/err")" '0 ' 'when the file is right again nothing is said'

# An allow file is treated in the same way.
printf '203.0.113.1\n' >"$TMP/allow"
sed "\$a allow = { $TMP/allow }" "$TMP/set.conf" >"$TMP/allow.conf"
run dump --quiet -c "$TMP/allow.conf" --at "$NOW"
is "$status $(rows "$TMP/out")" '0 ' 'an allow file holds'
printf '203.0.113.1/24\n' >"$TMP/allow"
run dump --quiet -c "$TMP/allow.conf" --at "$NOW"
is "$status $(rows "$TMP/out") $(grep -cE "allow.conf:[0-9]+: $TMP/allow:1: not an address" "$TMP/err")" '3  1' \
	'and holds on while a line of it is wrong'
is "$(head -n 1 "$STATE_DIR"/files/allow-*)" "# last good content of $TMP/allow" 'from what is kept'
sed -i '1s/allow/other/' "$STATE_DIR"/files/allow-*
run dump --quiet -c "$TMP/allow.conf" --at "$NOW"
is "$status $(rows "$TMP/out")" '3 203.0.113.1' 'but not from what was kept of another file'
done_testing
