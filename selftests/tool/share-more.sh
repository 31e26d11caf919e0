#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# share with a Redis in trouble: pushes that are killed at any point, several at once, a
# Redis that is full, that restarts empty, whose users may do no more than docs/share.md gives them, a
# store that was lost and one that was restored. Why it matters: none of it may list anybody, and one
# push has to heal all of it.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip redis-server redis-cli
topology ''
judge_setup
SHARE=$BUILD/nolist-xdp-share

# of NODE WORD...: share as that node.
of() {
	STATE_DIR=$TMP/$1 run share "${@:2}" -c "$TMP/$1.conf"
}
# conf NODE [LINE]...
conf() {
	{
		cat "$CONF"
		printf 'share = "unix:%s"\nshare-node = %s\nshare-nodes = %s\n' "$TMP/redis.sock" "$1" "$TMP/nodes"
		printf '%s\n' "${@:2}"
	} >"$TMP/$1.conf"
}
says() {
	grep -c -- "$1" "$TMP/err"
}
# redis [OPTION]...
redis() {
	background server redis-server --port 0 --unixsocket "$TMP/redis.sock" --dir "$TMP" --save '' "$@" \
		>>"$TMP/redis.log" 2>&1
	redis_pid=$!
	must wait_for 10 redis-cli -s "$TMP/redis.sock" ping
}
ask() {
	redis-cli -s "$TMP/redis.sock" "$@"
}
# all: what the judge makes of it, as one word.
all() {
	of a judge --format plain
	rows "$TMP/out" | sha256sum | cut -c 1-16
}

SEEN='198.51.100.1 low=1h:1h:1 real=1h:95h:9 data=1h:95h:9'
# Sources in many buckets, so that a push takes a while.
many() {
	seq 1 600 | awk '{ printf "%d.%d.0.9 high=20h:40h:2 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0\n", 11 + $1 % 80, $1 % 250 }'
}
inject "$SEEN" "$(many)"
mkdir "$TMP/a"
STATE_DIR=$TMP/a must nolist collect -c "$CONF" --quiet 2>/dev/null
conf a
echo a >"$TMP/nodes"
redis --maxmemory 0
of a push
whole=$(all)
rows=$(rows "$TMP/out" | wc -l)
check 'many sources are listed' test "$rows" -ge 500

# --- killed at any point ---

# A push over an emptied Redis that is killed later each time.
killed=0 torn=0 listed=0
for ms in 4 8 12 16 20 26 32 40 50 60; do
	ask flushall >/dev/null
	background server "$SHARE" share push -c "$TMP/a.conf" --state-dir "$TMP/a" >/dev/null 2>&1
	sleep "0.0$(printf %02d $ms)"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	[ $? = 137 ] && killed=$((killed + 1))
	word=$(all)
	of a judge --format plain
	[ "$status" = 1 ] && torn=$((torn + 1))
	[ "$status" = 0 ] && [ "$word" = "$whole" ] && listed=$((listed + 1))
done
diag "$killed of 10 pushes were killed; $torn left nothing to judge by, $listed all of it"
is "$((torn + listed))" 10 'a killed push leaves nothing of itself, or all'
check 'some were killed' test "$killed" -gt 0
of a push
is "$status $(all)" "0 $whole" 'and the next one puts what is missing'

# Over what is there, with other evidence: the old state or the new one.
inject "$SEEN" '203.0.113.1 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0'
STATE_DIR=$TMP/a must nolist collect -c "$CONF" --quiet 2>/dev/null
odd=0
for ms in 2 4 6 8 10 14 18 22; do
	background server "$SHARE" share push -c "$TMP/a.conf" --state-dir "$TMP/a" --again >/dev/null 2>&1
	sleep "0.0$(printf %02d $ms)"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	of a judge --format plain
	n=$(rows "$TMP/out" | wc -l)
	[ "$status" = 0 ] && { [ "$n" = "$rows" ] || [ "$n" = $((rows + 1)) ]; } || odd=$((odd + 1))
done
is "$odd" 0 'killed over an older state it leaves that or the new one'
of a push
new=$(all)
is "$status $(rows "$TMP/out" | wc -l)" "0 $((rows + 1))" 'the next push brings the new one'

# --- several at once ---

for i in 1 2 3 4; do
	background server "$SHARE" share push -c "$TMP/a.conf" --state-dir "$TMP/a" --again >"$TMP/push.$i" 2>&1
	pids="${pids:-} $!"
done
# shellcheck disable=SC2086 # words
wait $pids
is "$(all)" "$new" 'several pushes at once do no harm'
# --- full ---

conf b
mkdir "$TMP/b"
cp "$TMP/a/evidence.db" "$TMP/b/"
used=$(ask info memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p')
ask config set maxmemory "$used" >/dev/null
of b push
is "$status $(says 'OOM') $(says 'raise its maxmemory')" '1 1 1' 'a full Redis is told'
is "$(all)" "$new" 'what is there stays'
ask config set maxmemory 0 >/dev/null
of b push
is "$status" 0 'with room again it goes on'

# --- another store ---

printf 'a\nb\n' >"$TMP/nodes"
is "$(all)" "$new" 'a copy of a store lists the same'
rm -rf "$TMP/b"
mkdir "$TMP/b"
must nolist unload --purge >/dev/null 2>&1
judge_setup
inject "$SEEN" '203.0.113.9 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0'
STATE_DIR=$TMP/b must nolist collect -c "$CONF" --quiet 2>/dev/null
of b push
ask unlink s:a >/dev/null
echo b >"$TMP/nodes"
of b judge --format plain
is "$status $(rows "$TMP/out" | wc -l)" "0 $((rows + 2))" 'a lost store has another beside what it had shared'
of b push
of b judge --format plain
is "$status $(rows "$TMP/out" | wc -l)" "0 $((rows + 2))" 'also after the next push'

# --- users ---

ask flushall >/dev/null
echo right >"$TMP/secret"
echo wrong >"$TMP/wrong"
sed -n 's/^    \(ACL SETUSER .*\)/\1/p' "$TOP/docs/share.md" | sed 's/mx1/a/g' >"$TMP/acl.docs"
echo a >"$TMP/nodes"
of a setup
is "$status $(cmp "$TMP/out" "$TMP/acl.docs" && wc -l <"$TMP/out")" '3 2' \
	'setup prints the users of a node and of the judge, as the documents do'
is "$(says 'ACL SETUSER default off resetpass')" 1 'and says that anybody else may do anything there'
sed 's/>SECRET/>right/' "$TMP/out" >"$TMP/acl"
is "$(ask <"$TMP/acl" | sort -u)" OK 'and Redis takes them'
echo a >"$TMP/nodes"
conf a "share-user = a" "share-secret-file = $TMP/secret" "list = { \"plain $TMP/a.list\" }"
conf c "share-user = a" "share-secret-file = $TMP/secret"
conf j "share-user = judge" "share-secret-file = $TMP/secret"
conf w "share-user = a" "share-secret-file = $TMP/wrong"
cp -r "$TMP/a" "$TMP/c"
mkdir "$TMP/j" "$TMP/w"
cp "$TMP/a/evidence.db" "$TMP/w/"
of a push
of a push --again
is "$status" 0 'a node may push with the rights that it has so'
of j judge
is "$status" 0 'the judge may judge'
of a pull
is "$status $(rows "$TMP/a.list" | wc -l)" "0 $((rows + 1))" 'and the node may pull'
ask expire judge 1 >/dev/null
is_free() {
	[ "$(ask exists judge)" = 0 ]
}
must wait_for 10 is_free
sed 's/^share-node = .*/share-node = other/' "$TMP/j.conf" >"$TMP/o.conf"
cp -r "$TMP/j" "$TMP/o"
of o judge --quiet
is "$status $(ask get judge)" '0 other' 'another judge takes the place of one that is silent'
of j judge
is "$status $(says "'other' makes the list")" '0 1' 'which then stands by'
of c push
is "$status $(says NOPERM)" '1 1' "a node may not push in another one's name"
of a judge
is "$status $(says NOPERM)" '1 1' 'nor make the list'
of w push
is "$status $(says WRONGPASS)" '1 1' 'a wrong password is told'
of j setup
is "$status $(says 'default off')" '0 0' 'setup by a user says nothing of others'
# --- a customer's instance, as docs/tarbaby.md has it ---

ask flushall >/dev/null
ask acl setuser default on nopass >/dev/null
conf a
of a push
must ip -n server link add s1 type veth peer name s2
attach_pass server s2
must ip -n server link set s1 up
must ip -n server link set s2 up
OURS=$PIN_DIR
PIN_DIR=/sys/fs/bpf/nolist-acme
{
	sed -e "s/^interface = .*/interface = { s1 }/" -e '/^low = /d; /^real = /d' -e 's/^high = .*/high = { 192.0.2.40 }/' "$CONF"
	printf 'share = "unix:%s"\nshare-node = acme\n' "$TMP/redis.sock"
} >"$TMP/acme.conf"
mkdir "$TMP/acme"
check 'a second instance stands beside the first' nolist load -c "$TMP/acme.conf" --force
is "$(nolist status --json | jq -c '[.interfaces[].name]')" '["s0","s1"]' 'and status shows both'
inject '203.0.113.77 high=20h:60h:4 talk=20h:60h:4 hour=20:1:0:0:0 hour=40:1:0:0:0 hour=60:1:0:0:0'
STATE_DIR=$TMP/acme must nolist collect -c "$TMP/acme.conf" --quiet 2>/dev/null
of acme push
is "$status" 0 'the customer is a node'
PIN_DIR=$OURS
printf 'a\nacme acme\n' >"$TMP/nodes"
of a judge --format plain
is "$status $(rows "$TMP/out" | grep -c 203.0.113.77)" '0 0' 'a customer convicts nobody alone'
echo 'share-leave-out = 0' >>"$TMP/a.conf"
of a judge --format plain
is "$(says 'held back: no sender is seen at the real MX') $(rows "$TMP/out" | grep -c 203.0.113.77) $(($(rows "$TMP/out" | wc -l) > 500))" \
	'1 0 1' 'nor without a real MX that is seen'
kill -9 "$redis_pid"
done_testing
