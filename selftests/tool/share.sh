#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# share: two nodes push what their stores hold, by files and by a real Redis, and one judge makes a
# list of it, which goes back to them. Why it matters: evidence of others must list nobody whom any
# node has seen behave, one node judged alone must get the list of dump, and what fails on the way
# must leave the lists as they were.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip redis-server redis-cli
topology ''
judge_setup

# store NAME: what is in the tables, as the store of a node.
store() {
	mkdir "$TMP/$1"
	STATE_DIR=$TMP/$1 must nolist collect -c "$CONF" --quiet 2>/dev/null
}
# conf NODE WHERE [LINE]...
conf() {
	{
		cat "$CONF"
		printf 'share = "%s"\nshare-node = %s\nshare-nodes = %s\n' "$2" "$1" "$TMP/nodes"
		printf '%s\n' "${@:3}"
	} >"$TMP/$1.conf"
}
# of NODE WORD...: share as that node.
of() {
	STATE_DIR=$TMP/$1 run share "${@:2}" -c "$TMP/$1.conf"
}
# judged NODE [OPTION]...: sets listed, to the sources of the documentation that are listed when it judges.
judged() {
	of "$1" judge --format plain "${@:2}"
	listed=$(rows "$TMP/out" | sed -n '/^2001/p; s/^203\.0\.113//p' | tr '\n' ' ')
}
says() {
	grep -c -- "$1" "$TMP/err"
}

later() {
	[ "$(date +%s)" -gt "$1" ]
}

# --- one node alone ---

histories
# Of one bucket, each unlike the others: what compression is for.
unlike() {
	seq 1 150 | awk '{ a = 17 + $1 % 13; b = a + 25 + $1 % 6; printf "20.1.%d.9 high=%dh:%dh:%d talk=%dh:%dh:2 hour=%d:%d:0:0:0 hour=%d:1:0:0:0\n",
		$1, a, b, 2 + $1 % 7, a, b, a, 1 + $1 % 5, b }'
}
inject "$(unlike)" many=1500 '2001:db8:5:2::9 high=20h:40h:2 talk=20h:40h:2 hour=20:2:0:0:0 hour=40:1:0:0:0'
store a
mkdir "$TMP/shared"
conf a "$TMP/shared"
echo a >"$TMP/nodes"
echo 'share-compress = none' >>"$TMP/a.conf"
of a judge --format plain
is "$status $(wc -c <"$TMP/out") $(grep -c "'a' is left out: it has not pushed" "$TMP/err")" '1 0 1' \
	'where no node has pushed nothing is judged'
of a push
is "$status $(sed 's/.*: \([0-9]* sources, .* were put\).*/\1/' "$TMP/err")" '0 3158 sources, 6 of 6 blobs were put' \
	'verified sources are pushed'
of a push
is "$(sed 's/.*: \([0-9]* sources, .* were put\).*/\1/' "$TMP/err")" '3158 sources, 0 of 6 blobs were put' \
	'what is there already is not put again'
of a push --quiet
is "$status $(cat "$TMP/err")" '0 ' 'quietly, if it is told to be'
T=$(date +%s)
differ=
for format in plain csv jsonl rbldnsd zone postfix nft spamassassin page; do
	of a judge --at "$T" --format $format
	mv "$TMP/out" "$TMP/judged"
	STATE_DIR=$TMP/a run dump -c "$TMP/a.conf" --at "$T" --format $format
	[ -s "$TMP/out" ] && cmp -s "$TMP/out" "$TMP/judged" || differ="$differ $format"
done
is "$differ" '' 'one node judged alone has byte for byte the lists of dump'

# --- two nodes, by files ---

must nolist unload --purge >/dev/null 2>&1
judge_setup
# It saw 2001:db8:5:1::9 behave, as a neighbour should, .2 offend in another hour, and .6 at its low
# fake, which anyone can forge.
inject '2001:db8:5:1::9 low=30h:30h:1 real=30h:30h:1 data=30h:30h:1' \
	'203.0.113.2 high=40h:40h:1 talk=40h:40h:1 hour=40:1:0:0:0' \
	'203.0.113.6 low=30h:30h:1' '198.51.100.1 low=1h:1h:1 real=1h:80h:9 data=1h:80h:9'
store b
conf b "$TMP/shared" "list = { \"plain $TMP/b.list\", \"rbldnsd $TMP/b.rbl\" }" "allow = $TMP/b.allow"
echo 100.128.0.0/16 >"$TMP/b.allow"
printf 'a\nb # the second\n' >"$TMP/nodes"
judged a
is "$status $(says "'b' is left out: it has not pushed") $listed" '3 1 ' \
	'an expected node that has not pushed holds all new listings'
of b push
judged a
is "$status $listed $(od -An -j 8 -N 1 -t u1 "$TMP/shared/a/head" | tr -d ' ')" '0 .1 .2 .6  1' \
	'data at another node excuse, an offence there adds to one here, a SYN there excuses nobody'
cp "$TMP/out" "$TMP/by-files"

# --- the same by what one place exports and another one imports ---

mkdir "$TMP/other"
of b export
cp "$TMP/out" "$TMP/b.x"
conf a "$TMP/other"
of a push
put_of() {
	sed 's/.*: \([0-9]* sources, .* were put\).*/\1/' "$TMP/err"
}
# import NODE FILE: as the judge.
import() {
	of a import "$1" <"$2"
}
head -c -20 "$TMP/b.x" >"$TMP/cut"
import b "$TMP/cut"
is "$status $(says 'is not whole')" '1 1' 'what is cut off is refused'
sed 's/nolist-h/nolist-H/' "$TMP/b.x" >"$TMP/odd"
import b "$TMP/odd"
is "$status $(says 'makes no sense')" '1 1' 'a head that makes no sense is refused'
{
	head -c -1 "$TMP/b.x"
	echo
} >"$TMP/odd"
import b "$TMP/odd"
is "$status $(says 'is not what its head names')" '1 1' 'a blob that the head does not name is refused'
import a "$TMP/b.x"
is "$status $(says "is of the node 'b'")" '1 1' "another node's is refused"
import c "$TMP/b.x"
is "$status $(says "does not name 'c'")" '2 1' 'and a node that is not expected'
printf 'a\nb - %064d\n' 1 >"$TMP/nodes"
import b "$TMP/b.x"
is "$status $(says 'not signed by its key')" '1 1' 'and what is not signed'
printf 'a\nb # the second\n' >"$TMP/nodes"
of a node b
is "$status $(grep -c 'it has not pushed' "$TMP/out")" '3 1' 'none of these was put'
import b "$TMP/b.x"
is "$status $(put_of)" '0 3 sources, 1 of 3 blobs were put' 'all of it is put, what came whole before is there already'
import b "$TMP/b.x"
is "$status $(put_of)" '0 3 sources, 0 of 3 blobs were put' 'twice is as good as once'
judged a
is "$status $listed $(rows "$TMP/out" | cmp - <(rows "$TMP/by-files") && echo same)" \
	'0 .1 .2 .6  same' 'and brings the same list'
must wait_for 3 later "$(date +%s)"
of b push
of b export
cp "$TMP/out" "$TMP/b.new"
import b "$TMP/b.new"
import b "$TMP/b.x"
is "$status $(says "a newer push of 'b' is there already")" '0 1' 'an older one does nothing'
of a node b
is "$status $(grep -c -e '^state: *used' -e '^sources: *3 in 3 blobs' -e 'IPv6: *low real high;' "$TMP/out")" '0 3' \
	'node shows what there is of it'

# --- the same by a real Redis ---

# redis NAME OPTION...: in the server's namespace, and waits until it answers.
redis() {
	background server redis-server --port 0 --unixsocket "$TMP/$1.sock" --dir "$TMP" --save '' \
		"${@:2}" >"$TMP/$1.log" 2>&1
	redis_pid=$!
	must wait_for 10 redis-cli -s "$TMP/$1.sock" ping
}
ask() {
	redis-cli -s "$TMP/$redis.sock" "$@"
}
redis=cache
redis cache --maxmemory 100mb --maxmemory-policy allkeys-lru
conf a "unix:$TMP/cache.sock"
of a push
is "$status $(says "its maxmemory-policy is 'allkeys-lru'") $(ask dbsize)" '1 1 0' \
	'a Redis that forgets what excuses is refused'
python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
while True:
    c = s.accept()[0]
    c.recv(1000)
    text = b"redis_version:6.2.19\r\nmaxmemory_policy:noeviction\r\n"
    c.sendall(b"$%d\r\n%s\r\n" % (len(text), text))
' "$TMP/old.sock" &
old=$!
must wait_for 10 test -S "$TMP/old.sock"
conf a "unix:$TMP/old.sock"
of a push
is "$status $(says "version '6.2.19' is too old: at least 7 is needed")" '1 1' 'and one that is too old'
kill $old
redis=redis
redis redis
conf a "unix:$TMP/redis.sock"
of a setup
is "$status $(says 'saves nothing to its disk') $(says 'save 900 1')" '3 1 1' 'one that keeps nothing is told'
ask config set save '900 1' >/dev/null
of a setup
is "$status $(says 'saves nothing')" '0 0' 'not one that saves at times'
ask config set save '' >/dev/null
ask config set appendonly yes >/dev/null
of a status
is "$(says 'saves nothing') $(grep -c 'each change is kept' "$TMP/out")" '0 1' 'nor one that keeps each change'
ask config set appendonly no >/dev/null
for node in a b; do
	conf $node "unix:$TMP/redis.sock" "list = { \"plain $TMP/$node.list\", \"rbldnsd $TMP/$node.rbl\" }" \
		"allow = $TMP/$node.allow"
	: >"$TMP/$node.allow"
	of $node push
done
judged a
is "$status $listed $(rows "$TMP/out" | cmp - <(rows "$TMP/by-files") && echo same)" \
	'0 .1 .2 .6  same' 'Redis brings the same list as files'
packed=$(for key in $(ask --scan --pattern 'e:*:a:*'); do ask strlen "$key"; done | awk '{ n += $1 } END { print n }')
plain=$(find "$TMP/shared/a" -type f -name '*-*' -printf '%s\n' | awk '{ n += $1 } END { print n }')
diag "of the first node $plain bytes of blobs, $packed compressed"
is "$(ask getrange s:a 8 8 | od -An -N 1 -t u1 | tr -d ' ') $((packed * 100 < plain * 97)) $((plain > 0))" '2 1 1' \
	'which is compressed there, and is not in the files'
of b push
is "$(sed 's/.*: \([0-9]* sources, .* were put\).*/\1/' "$TMP/err") $(($(ask ttl s:a) / 3400000))" \
	'3 sources, 0 of 3 blobs were put 1' 'nothing is put twice, and all of it expires'

# --- the list goes back ---

of b pull
is "$status $(says 'there is no list')" '1 1' 'before the judge has made a list there is none to pull'
of a judge
is "$status $(says '3153 added')" '0 1' 'the judge makes the list'
of b judge
is "$status $(says "'a' makes the list: this judge stands by")" '0 1' 'another one stands by'
echo 100.128.0.0/16 >"$TMP/b.allow"
echo 203.0.113.99 >>"$TMP/b.allow"
STATE_DIR=$TMP/b must nolist pardon 203.0.113.6 -c "$CONF" >/dev/null 2>&1
of b pull
is "$status $(rows "$TMP/b.list" | grep -c ^100.128) $(rows "$TMP/b.list" | sed -n 's/^203.0.113//p' | tr '\n' ' ')" \
	'0 0 .1 .2 ' 'a node writes its lists of it, without what is allowed or pardoned there'
of a pull
is "$status $(rows "$TMP/a.list" | wc -l)" '0 3153' 'another node has all of it'
cp -p "$TMP/a.list" "$TMP/was"
of a pull
is "$status $(says 'unchanged: not written')" '0 2' 'the same list is not written twice'

# --- signatures ---

# key NODE: makes its key, and prints the public one.
key() {
	of "$1" key
	cat "$TMP/out"
}
for node in a b; do
	echo "share-key-file = $TMP/$node.key" >>"$TMP/$node.conf"
done
A=$(key a) B=$(key b)
is "$(key a | wc -c) $(stat -c %a "$TMP/a.key") $([ "$A" = "$(key a)" ] && echo same)" '65 600 same' \
	'a key is made once, for its owner alone'
printf 'a - %s\nb - %s\n' "$A" "$B" >"$TMP/nodes"
judged a
is "$status $(says 'its head is not signed by its key') $listed" '1 2 ' 'a head without the signature that is expected'
of a push
of b push
judged a
is "$status $listed" '0 .1 .2 .6 ' 'signed heads'
printf 'a - %s\nb - %s\n' "$A" "$A" >"$TMP/nodes"
judged a
is "$status $(says "'b' is left out: its head is not signed by its key") $listed" '3 1 ' \
	'a head that is signed by another key'
printf 'a - %s\nb - %s\n' "$A" "$B" >"$TMP/nodes"
ask copy s:b was:b >/dev/null
of a judge
ask copy list was:list >/dev/null
must wait_for 3 later "$(date +%s)"
of b push
rm "$TMP/a/shared-list" # an unchanged one would keep its time
of a judge
ask copy was:b s:b replace >/dev/null
judged a
is "$status $(says "'b' is left out: its head is older than one") $listed" '3 1 ' 'a head that is sent again is told'
of b push
echo "share-list-key = $B" >>"$TMP/b.conf"
of b pull
is "$status $(says "not signed by the judge's key")" '1 1' 'a list that is signed by another key is refused'
sed -i "s/^share-list-key = .*/share-list-key = $A/" "$TMP/b.conf"
of b pull
is "$status" 0 'one that the judge has signed is taken'
ask copy was:list list replace >/dev/null
of b pull
is "$status $(says 'older than the last one')" '1 1' 'one that is sent again is refused'

# --- what fails leaves the lists as they were ---

ask flushall >/dev/null
of a judge
is "$status $(says 'lists stay as they are')" '1 1' 'an emptied Redis is judged by nobody'
of a pull
is "$status $(cmp "$TMP/a.list" "$TMP/was" && echo same)" '1 same' 'and the last list stays'
of a push
of b push
judged a
is "$listed" '.1 .2 .6 ' 'one push of each node heals it'
key=$(ask --scan --pattern 'e:*:b:*' | sort | tail -n 1)
ask set "$key" nonsense >/dev/null
judged a
is "$status $(says "'b' is left out: not all that it has pushed is there") $listed" '3 1 ' \
	'a blob that is another one is told, and holds new listings'
of b push --again
judged a
is "$status $listed" '0 .1 .2 .6 ' 'until it is put again'
kill -9 "$redis_pid"
of a push
is "$status $(says 'redis.sock: ')" '1 1' 'a Redis that is gone'
of a pull
is "$status $(cmp "$TMP/a.list" "$TMP/was" && echo same)" '1 same' 'leaves the lists as they were'

fails 2 'what is to be shared' 'nothing to do' share
fails 2 "unknown word 'pish'" 'an unknown word' share pish
fails 2 'are for "share judge"' 'an option of another word' share push --all
done_testing
