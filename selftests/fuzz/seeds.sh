#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	seeds.sh NAME DIRECTORY   what the fuzzer NAME begins with: files in DIRECTORY
#
# From what the tests use; a fuzzer without seeds begins with nothing.
set -eu
cd "$(dirname "$0")/../.."
dir=$2

# seed: a file of what comes on stdin.
seed() {
	cat >"$(mktemp "$dir/seed-XXXXXX")"
}

case $1 in
conf)
	seed <scripts/nolist-xdp.conf
	sed 's/^#\([a-z-]* = \)/\1/' scripts/nolist-xdp.conf | seed
	printf 'high = 192.0.2.1\ndomains = a.b\ntenant x {\nhigh = { 192.0.2.2 }\ndomains = c.d\nname = n\n}\ntenant y { }\n' | seed
	printf 'interface = { s0 }\nlist = { "plain\n/tmp/x\nw0 w1\tw2" }\n' | seed
	;;
lint)
	printf '\0version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\nmx: *.example.com\r\n' | seed
	printf '\1\1\2\204\0\0\1\0\1\0\0\0\0\1a\0\0\17\0\1\300\14\0\17\0\1\0\0\1\54\0\4\0\12\300\14' | seed
	printf '\2\0\12\2mx\7example\3com\0' | seed
	printf '\3\24\35\26\26' | seed
	printf '\4v=spf1 +mx/24//48 a:a.example ip4:192.175.48.0/29 ip6:2620::/16 ?include:b ~exists:%%{i}.x' | seed
	printf '\4v=spf1 ptr -all redirect=_spf.example exp=e' | seed
	;;
origin)
	printf '192.0.2.0/24,1,DE,"Example"\n192.0.2.128/25,2,US\n192.0.2.192/26,AS1,\n' >"$dir/nested"
	printf '192.0.2.5,192.0.3.200,DE\n16909060,16909999,FR\n2001:db8::,2001:db8:1::,DE\n2001:db8::/48,1,IT\n' >"$dir/ranges"
	;;
networks)
	printf '192.0.2.0/24 # a network\n2001:db8::/48\n198.51.100.7\n' | seed
	printf 'a.example 192.0.2.0/24\nb.example 2001:db8::/32\na.example 198.51.100.9\n' | seed
	;;
lists)
	for i in 0 1 2 3 4 5 6 7 8 9 : \; '<' '=' '>' '?'; do
		printf '%s# count: 2\n192.0.2.16\n203.0.113.7\n2001:db8:1:2::/64\n' "$i" | seed
	done
	printf '3:127.0.0.2:listed\n192.0.2.16\n!192.0.2.32\n' | seed
	printf '4$TTL 300\n@ SOA ns hostmaster 1 2 3 4 5\n16.2.0.192 A 127.0.0.2\n' | seed
	printf '9add element inet f n { 192.0.2.16, 192.0.2.32 timeout 60s }\n' | seed
	printf '2{"source":"192.0.2.16","until":1}\n' | seed
	;;
maillog)
	grep -rhoE '(Jan|Feb|Mar|Nov|Dec) [ 0-9]{2} [0-9:]{8} [^"'\'']*(postfix|exim|sm-mta|smtpd)[^"'\'']*' \
		selftests/unit selftests/tool selftests/net 2>/dev/null | head -n 200 | seed
	grep -rhoE '20[0-9-]{8}[T ][0-9:]{8}[^"'\'']*(<=|=>|client=|status=)[^"'\'']*' \
		selftests/unit selftests/tool selftests/net 2>/dev/null | head -n 200 | seed
	find selftests -name '*.log' -size -64k | head -n 20 | while read -r f; do head -c 4096 "$f" | seed; done
	;;
share)
	printf '\0nolist-h\1\220\34\1a\0\200\344\352\366\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' | seed
	printf '\001\1\2\0\0' | seed
	printf '\10\0\1\2\0' | seed
	printf '\4# time: 2026-11-18T00:00:00Z\n# expires: 2046-11-18T00:00:00Z\n%-24s 1794000000 1799000000 2 1 1794100000 0000000000 %s\n' \
		192.0.2.7 079a2f079a11000000000000000000000000000000000000 | seed
	printf '\001\1\14\40\200\344\352\366\7\2\1' | seed
	;;
milter)
	# A session: an offer, a client, a message, its recipient and its end.
	printf '\4\0\0\0\15O\0\0\0\6\0\0\1\377\0\37\377\377\0\0\0\27Cmx.example\0004\0\31192.0.2.7\0\0\0\0\13DM{auth_authen}\0\0\0\0\5M<a>\0\0\0\0\7R<a@b>\0\0\0\0\1E' | seed
	;;
policy)
	# The texts of unit/policy_data, and a request of Postfix's.
	sed -n '/^static const char head/,/;$/p; /^static const char rows/,/;$/p' selftests/unit/policy_data.c |
		sed -n 's/^\t"\(.*\)";*$/\1/p' | tr -d '"\n' | { printf ' '; printf '%b' "$(cat)"; } | seed
	printf '\1\2request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.7\ninstance=a.b\nrecipient=a@b.example\nsasl_username=\nstress=yes\n\n' | seed
	;;
page)
	printf '\0# time: 2026-11-18T00:00:00Z\n# expires: 2046-11-18T00:00:00Z\n# url: https://mx.example/\n# lifts: /tmp/x\n%-24s 1794000000 1799000000 2 1 1794100000 0000000000 %s\n' \
		192.0.2.7 079a2f079a11000000000000000000000000000000000000 | seed
	printf '\1192.0.2.7 1794999000\n198.51.100.1 1794999001\n' | seed
	for how in '\0' '\12' '\44' '\24' '\67'; do
		printf '\2%b/json\ntext/html\n192.0.2.7\nmx.example\nhttps://mx.example\nsame-origin\n192.0.2.7\ntoken=1' "$how" | seed
		printf '\2%b/\n*/*\n\nmx.example\n\n\n203.0.113.1\n' "$how" | seed
	done
	;;
import)
	printf '192.0.2.1 1790000000\n2001:db8::1\t2026-09-20T12:00:60.5+02:00\n# none\n' | seed
	;;
firewall)
	printf '%s' '{"nftables":[{"table":{"family":"inet","name":"f","handle":1}},{"chain":{"family":"inet",
"table":"f","name":"input","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}},{"rule":
{"family":"inet","table":"f","chain":"input","handle":2,"expr":[{"match":{"op":"==","left":{"payload":
{"protocol":"tcp","field":"dport"}},"right":{"set":[25,{"range":[80,90]}]}}},{"vmap":{"key":{"meta":{"key":
"iifname"}},"data":{"set":[["eth0",{"jump":{"target":"c"}}],["lo",{"accept":null}]]}}}]}},{"chain":{"family":
"inet","table":"f","name":"c","handle":3}},{"rule":{"family":"inet","table":"f","chain":"c","handle":4,"expr":
[{"match":{"op":"!=","left":{"payload":{"protocol":"ip","field":"daddr"}},"right":{"prefix":{"addr":
"192.0.2.0","len":24}}}},{"limit":{"rate":5}},{"drop":null}]}}]}' | seed
	;;
store)
	sqlite3 "$dir/seed-0" <selftests/lib/store-1.sql 2>/dev/null || rm -f "$dir/seed-0"
	;;
domain)
	sed -n 's/^\t{ "\(RCPT.*\)\\r\\n".*/\1/p' selftests/lib/domain_rows.c | while IFS= read -r line; do
		printf '%b\r' "$line" | seed
	done
	;;
smtp)
	for line in 'EHLO a.example' 'MAIL FROM:<a@b.example>' 'RCPT TO:<a@b.example>' DATA QUIT 'GET / HTTP/1.1' \
		STARTTLS 'BDAT 5 LAST'; do
		printf '\1\1\1\100%s\r\n' "$line" | seed
	done
	;;
esac
