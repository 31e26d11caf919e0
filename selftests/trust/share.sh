#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# share with fifty made-up nodes of as many operators, at a real Redis: bots that come once to each of
# a few, senders that behave, and rogues that invent offences of a large provider's servers, or data of
# everybody. Why it matters: no operator alone may list an innocent or empty the list, however much it
# invents; and nodes of other versions, or that are silent, may not either.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip redis-server redis-cli
quiet_netns server
NODES=$BUILD/selftests/lib/nodes
BOTS=2000 # in 40.0.0.0/8, one a /24
cat >"$TMP/judge.conf" <<-END
	low = { 192.0.2.10 }
	real = { 192.0.2.20 }
	high = { 192.0.2.30 }
	learning = 0
	share = "unix:$TMP/redis.sock"
	share-nodes = $TMP/nodes
END
mkdir "$TMP/state" "$TMP/counts"
background server redis-server --port 0 --unixsocket "$TMP/redis.sock" --dir "$TMP" --save '' >"$TMP/redis.log" 2>&1
redis_pid=$!
must wait_for 10 redis-cli -s "$TMP/redis.sock" ping

# node N: an honest one. Of the bots it meets each at another hour than others do, one of five; of a
# provider (17.0.0.0/8) and of small senders (90.0.0.0/8) it has seen mail.
node() {
	local i

	echo "node n$1"
	for i in 0 1 2 3 4 5 6 7; do
		# Each bot meets eight of the nodes.
		[ $((($1 + 6 * i) % 48)) -lt 8 ] && echo "offend 40.$i.0.9 250 256 $((60 + ($1 % 12) * 6))"
	done
	echo "data 17.$1.0.1 200 256 30 50 70"
	echo "data 90.$1.0.1 200 256 40"
}
honest() {
	local n

	for n in $(seq 1 "${1:-50}"); do
		node "$n"
	done
}
# makes LINE...: puts these nodes, and the file of all nodes, each of an operator.
makes() {
	in_server "$NODES" "unix:$TMP/redis.sock" >"$TMP/made" || echo "Bail out! cannot make up nodes"
}
expects() {
	for n in $(seq 1 50) "$@"; do
		case $n in [0-9]*) n=n$n ;; esac
		echo "$n op-$n"
	done >"$TMP/nodes"
}
judged() {
	STATE_DIR=$TMP/state run share judge --format plain -c "$TMP/judge.conf" --at "$(date +%s)"
	bots=$(rows "$TMP/out" | grep -c '^40\.')
	innocent=$(rows "$TMP/out" | grep -vc '^40\.')
}
says() {
	grep -c -- "$1" "$TMP/err"
}

# --- fifty honest nodes ---

honest | makes
expects
judged
diag "$(cat "$TMP/made") rows of 50 nodes; $bots bots are listed"
is "$status $innocent $bots" "0 0 $BOTS" 'fifty honest nodes list the bots, and nobody else'
is "$(redis-cli -s "$TMP/redis.sock" --scan --pattern 's:*' | wc -l)" 50 'each has one head'

# --- one invents offences of others' senders ---

{
	echo 'node rogue'
	for n in $(seq 1 50); do
		echo "offend 17.$n.0.1 200 256 40 60 80 100 120"
		echo "offend 90.$n.0.1 200 256 40 60 80 100 120"
	done
	echo 'offend 150.0.0.1 20000 256 40 60 80 100 120'
} | makes
expects rogue
judged
is "$status $innocent $bots" "0 0 $BOTS" 'one that invents offences of anybody lists nobody'
echo 'share-leave-out = 0' >>"$TMP/judge.conf"
judged
is "$innocent" 40000 'where nobody is left out it would list all of them'
sed -i '$d' "$TMP/judge.conf"

# Where one honest node has a stray offence of a sender that it has never seen mail of.
{
	node 7
	echo 'offend 150.0.0.1 1000 256 50'
} | makes
judged
is "$status $innocent $bots" "0 0 $BOTS" 'nor with one stray offence at an honest node'

# --- what is counted of each operator, and how fast one may grow ---

judges() {
	STATE_DIR=$TMP/counts run share judge -c "$TMP/judge.conf"
}
operator() {
	STATE_DIR=$TMP/counts run share status -c "$TMP/judge.conf"
	sed -n '/^OPERATOR /,$p' "$TMP/out" | awk -v name="$1" '$1 == name { print $2, $4, $6, substr($0, 93) }'
}
printf 'node rogue\noffend 150.0.0.1 10 256 40 60\n' | makes
judges
is "$status $(operator op-rogue)" '0 10 0 100.00% counts' 'of each operator it is counted whom it has seen offend'
printf 'node rogue\noffend 150.0.0.1 20000 256 40 60 80\n' | makes
judges
is "$status $(says "'op-rogue' has seen 20000 sources offend, more than may be added in a day") $(operator op-rogue)" \
	'3 1 20000 0 100.00% held: more than may be added in a day' 'one that grows too fast is held, and told'
printf 'node rogue\noffend 17.1.0.1 200 256 40 60 80\n' | makes
for n in 2 3; do
	{
		node $n
		echo 'data 17.1.0.1 200 256 50'
	} | makes
done
judges
is "$status $(says "'op-rogue' has seen 200 sources offend of which others acquit 200") $(operator op-rogue)" \
	'3 1 200 200 0.00% held: others acquit too many' 'so is one whose sources others have mail of'
for n in 2 3; do
	node $n | makes
done

# --- for how much of the list one may be decisive, and what the judge's own word does ---

# Strays of two honest nodes, and invented offences of all of these.
for n in 7 8; do
	{
		node $n
		echo "offend 150.0.0.1 400 256 $((n * 10))"
	} | makes
done
printf 'node rogue\noffend 150.0.0.1 400 256 40 60 90\n' | makes
judged
is "$status $innocent $bots" "0 400 $BOTS" 'with strays at two honest nodes invented offences list'
cp "$TMP/judge.conf" "$TMP/keep.conf"
rm -r "$TMP/counts"
mkdir "$TMP/counts" "$TMP/page"
echo 'share-weight = 15' >>"$TMP/judge.conf"
judged
is "$status $(says "'op-rogue' is decisive for 400 listings, more than share-weight allows") $innocent $bots" "3 1 0 $BOTS" \
	'an operator that is decisive for more of the list than it may is held, and told'
judges
is "$status $(operator op-rogue)" '3 400 0 100.00% held: decisive for too much of the list' 'by status, too'
STATE_DIR=$TMP/counts must nolist pardon 150.0.0.1 >/dev/null
echo "150.0.1.1 $(date +%s)" >"$TMP/page/lifts"
printf 'share-weight = 16\npage-lifts = %s/page/lifts\n' "$TMP" >>"$TMP/keep.conf"
cp "$TMP/keep.conf" "$TMP/judge.conf"
STATE_DIR=$TMP/counts run share judge -c "$TMP/judge.conf" # as much as is needed exactly, 399 of 2399
is "$status $(operator op-rogue) $(awk '$1 == "op-rogue" { print $5, $7 }' "$TMP/out")" '3 400 0 99.50% held: decisive for too much of the list 2 399' \
	'a pardon, and a lift at the page of the judge, count against it'
STATE_DIR=$TMP/counts run share judge --format plain -c <(sed 's/^share-weight.*/share-weight = 17/' "$TMP/judge.conf")
is "$status $(rows "$TMP/out" | grep -c '^150\.') $(rows "$TMP/out" | grep -c '^150\.0\.[01]\.1$')" '0 398 0' 'and both take the source off the list'
sed -i '/^share-weight\|^page-lifts/d' "$TMP/judge.conf"
for n in 7 8; do
	node $n | makes
done

# --- one invents data of everybody ---

{
	echo 'node rogue'
	for i in 0 1 2 3 4 5 6 7; do
		echo "data 40.$i.0.9 250 256 58 68 78 88 98 108 118 128"
	done
} | makes
judged
is "$status $(says "node 'rogue' is muted") $innocent $bots" "3 1 0 $BOTS" \
	'one that claims mail of everybody is muted, and told'
{
	echo 'node rogue'
	echo 'data 40.0.0.9 90 256 58 68 78 88 98 108 118 128'
} | makes
judged
taken=$((BOTS - bots))
diag "a rogue that stays below the limit takes $taken of $BOTS off"
is "$status $innocent $((taken * 100 <= 5 * BOTS))" '0 0 1' 'one that stays below the limit takes off one in twenty at most'

# --- others that are silent, or of another version ---

expects
honest 50 | makes
{
	node 3 | sed 's/^node n3$/&\nsilent 30/'
} | makes
judged
is "$status $innocent $((bots * 100 >= 95 * BOTS))" '0 0 1' 'a node that is silent for a day holds up nobody else'
node 3 | sed 's/^node n3$/node n3 3/' | makes
judged
is "$status $(says "'n3' is left out: what it has pushed makes no sense to this version") $innocent $bots" '3 1 0 0' \
	'a head of a newer format is told, and holds new listings'
sed -i 's/^n3 /!n3 /' "$TMP/nodes"
judged
is "$status $innocent $((bots * 100 >= 95 * BOTS))" '0 0 1' 'until it is muted'
kill "$redis_pid"
done_testing
