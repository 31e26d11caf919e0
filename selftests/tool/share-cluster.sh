#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# share with a Redis of several servers: a Cluster of six whose slots move and whose primaries are
# killed during pushes, with replicas that lag; a primary with a replica that takes its place; a
# partition; and TLS by stunnel. Why it matters: whatever a server has lost or forgotten, one push
# heals all of it, and until then nobody is listed for it.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/stunnel.sh
. "$(dirname "$0")/../lib/stunnel.sh"

need ip redis-server redis-cli stunnel openssl
topology ''
judge_setup
SHARE=$BUILD/nolist-xdp-share

# of NODE WORD...: share as that node.
of() {
	STATE_DIR=$TMP/$1 run share "${@:2}" -c "$TMP/$1.conf"
}
# where WHERE: where both meet.
where() {
	local node

	for node in a b; do
		{
			cat "$CONF"
			printf 'share = "%s"\nshare-node = %s\nshare-nodes = %s\n' "$1" "$node" "$TMP/nodes"
			printf 'list = { "plain %s" }\n' "$TMP/$node.list"
		} >"$TMP/$node.conf"
	done
}
says() {
	grep -c -- "$1" "$TMP/err"
}
# server PORT [OPTION]...: a server at 127.0.0.1.
server() {
	mkdir -p "$TMP/redis.$1"
	background server redis-server --port "$1" --bind 127.0.0.1 --dir "$TMP/redis.$1" --save '' "${@:2}" \
		>>"$TMP/redis.log" 2>&1
	pid[$1]=$!
	must wait_for 20 ask "$1" ping
}
ask() {
	in_server redis-cli -p "$@"
}
# all: what the judge makes of it, as one word.
all() {
	of b judge --format plain
	rows "$TMP/out" | sha256sum | cut -c 1-16
}
put() {
	sed 's/.*, \([0-9]* of\) [0-9]* blobs were put.*/\1/' "$TMP/err"
}
# heals NAME: one push brings all of it back, and the one after it finds nothing to do.
heals() {
	of a push
	local first=$status

	of a push
	is "$first $(put) $(all)" "0 0 of $whole" "$1"
}

SEEN='198.51.100.1 low=1h:1h:1 real=1h:95h:9 data=1h:95h:9'
# later HOURS: sources in many buckets, with an offence more each time.
sources() {
	seq 1 600 | awk -v more="${1:-}" '{ printf "%d.%d.0.9 high=20h:40h:2 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0%s\n",
		11 + $1 % 80, $1 % 250, more }'
}
collect() {
	STATE_DIR=$TMP/a must nolist collect -c "$CONF" --quiet 2>/dev/null
}
inject "$SEEN" "$(sources)"
mkdir "$TMP/a" "$TMP/b"
collect
echo a >"$TMP/nodes"

# --- a cluster of three primaries and three replicas ---

declare -A pid
for port in 7001 7002 7003 7004 7005 7006; do
	server $port --cluster-enabled yes --cluster-node-timeout 1500 --cluster-replica-validity-factor 0 \
		--cluster-require-full-coverage no
done
must in_server redis-cli --cluster create 127.0.0.1:700{1,2,3,4,5,6} --cluster-replicas 1 --cluster-yes >"$TMP/create.log"
is_ready() {
	for port in 7001 7002 7003; do
		ask "$port" cluster info | grep -q 'cluster_state:ok' || return 1
	done
	for port in 7004 7005 7006; do
		ask "$port" info replication | grep -q 'master_link_status:up' || return 1
	done
}
must wait_for 30 is_ready
where 'redis://127.0.0.1:7009,127.0.0.1:7004'
of a push
is "$status $(put)" "0 $(put)" 'all is put into a cluster that is found by a replica, behind one that is away'
whole=$(all)
check 'and is listed' test "$(rows "$TMP/out" | wc -l)" -ge 500
sizes=$(for port in 7001 7002 7003; do ask $port dbsize; done | sort -n | head -n 1)
check 'each primary has a part of it' test "$sizes" -gt 50
of b status
is "$status $(grep -c '3 servers of a cluster' "$TMP/out")" '3 1' 'status says what it is'

# --- slots move while it is pushed ---

where 'redis://127.0.0.1:7009,127.0.0.1:7001'

id() {
	ask "$1" cluster myid
}
background server redis-cli --cluster reshard 127.0.0.1:7001 --cluster-from "$(id 7001)" --cluster-to "$(id 7002)" \
	--cluster-slots 1500 --cluster-yes >"$TMP/reshard.log" 2>&1
reshard=$!
rounds=0 failed=0 odd=0
while kill -0 "$reshard" 2>/dev/null; do
	of a push --again
	rounds=$((rounds + 1))
	[ "$status" = 0 ] || failed=$((failed + 1))
	[ "$status" = 0 ] || says 'the next run asks' >/dev/null || odd=$((odd + 1))
done
wait "$reshard"
is "$? $odd" '0 0' 'slots move, and a push that meets it says so'
diag "$failed of $rounds pushes failed"
heals 'one push heals what was put where it is no more'

# --- a primary is killed, and its replica has not all ---

for port in 7004 7005 7006; do
	kill -STOP "${pid[$port]}"
done
inject "$SEEN" "$(sources ' hour=60:1:0:0:0')"
collect
of a push
is "$status" 0 'other evidence is put while the replicas hang'
whole=$(all)
kill -9 "${pid[7003]}"
for port in 7004 7005 7006; do
	kill -CONT "${pid[$port]}"
done
# is_replaced PORT: nobody takes it for the primary of a slot, and no slot is without one.
is_replaced() {
	ask 7001 cluster nodes | awk -v at=":$1@" 'index($2, at) && NF > 8 { exit 1 }' &&
		ask 7001 cluster info | grep -q 'cluster_slots_ok:16384'
}
check 'a replica takes its place' wait_for 30 is_replaced 7003
word=$(all)
[ "$status" = 1 ] || [ "$word" = "$whole" ] || [ "$status" = 3 ]
is "$?" 0 'what it has is judged only if it is all'
heals 'one push heals what it had not got'
for port in 7001 7002; do
	ask $port flushall >/dev/null
done
of b judge --format plain
is "$(test "$status" != 0 && echo refused)" refused 'two emptied shards are noticed'
heals 'and healed'

# A primary is killed in the midst of pushes.
background server bash -c "for i in 1 2 3 4 5 6; do '$SHARE' share push --again -c '$TMP/a.conf' --state-dir '$TMP/a'; done" \
	>"$TMP/pushes" 2>&1
pushes=$!
sleep 0.1
kill -9 "${pid[7002]}"
wait "$pushes"
check 'another primary dies during pushes, and is replaced' wait_for 30 is_replaced 7002
heals 'one push heals it'
for port in 7001 7004 7005 7006; do
	kill -9 "${pid[$port]}"
done

# --- a primary with a replica ---

server 7011
server 7012 --replicaof 127.0.0.1 7011
where 'redis://127.0.0.1:7012,127.0.0.1:7011'
of a push
is "$status" 0 'of two servers the primary is found'
is_linked() {
	ask 7012 info replication | grep -q 'master_link_status:up' && [ "$(ask 7012 dbsize)" = "$(ask 7011 dbsize)" ]
}
must wait_for 20 is_linked
kill -9 "${pid[7011]}"
of a push
is "$status $(says '7011')" '1 1' 'a replica is not written to'
is "$(ask 7012 replicaof no one)" OK 'the replica becomes the primary'
heals 'and has all'

# --- a partition ---

must cp "$TMP/out" "$TMP/before"
of b judge --quiet
of a pull --quiet
cp "$TMP/a.list" "$TMP/was"
kill -STOP "${pid[7012]}"
of a push
is "$status $(says 'it does not answer')" '1 1' 'a server that hangs is told'
of a pull
is "$status $(cmp "$TMP/a.list" "$TMP/was" && echo same)" '1 same' 'and the lists stay'
kill -CONT "${pid[7012]}"
heals 'when it is back all goes on'

# --- TLS by stunnel ---

certificate redis.example
tunnel server judge 'accept = 192.0.2.10:6390' 'connect = 127.0.0.1:7012' "cert = $TMP/redis.example.pem"
tunnel server node 'client = yes' 'accept = 127.0.0.1:6379' 'connect = 192.0.2.10:6390' "CAfile = $TMP/redis.example.crt" \
	'verifyChain = yes' 'checkHost = redis.example'
where 'redis://127.0.0.1'
of a push --again
is "$status" 0 'it is pushed through TLS'
heals 'and nothing is lost on the way'
tunnel server other 'client = yes' 'accept = 127.0.0.1:6391' 'connect = 192.0.2.10:6390' "CAfile = $TMP/redis.example.crt" \
	'verifyChain = yes' 'checkHost = other.example'
where 'redis://127.0.0.1:6391'
of a push
is "$status" 1 "a server of another name is not trusted"
end_services 2>/dev/null
done_testing
