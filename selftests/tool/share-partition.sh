#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# share over a link that is cut: a Redis in a network of its own, from which no packet comes back all of
# a sudden, in the midst of pushes, and whose link goes down. Why it matters: a push must end, its
# evidence must wait for the next one, and the last list must stay.
# shellcheck disable=SC2317 # functions that wait_for calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip nft redis-server redis-cli
topology ''
judge_setup
SHARE=$BUILD/nolist-xdp-share
REDIS=198.18.0.2

quiet_netns far
must ip -n server link add near type veth peer name away netns far
must ip -n server addr add 198.18.0.1/30 dev near
must ip -n far addr add $REDIS/30 dev away
must ip -n server link set near up
must ip -n far link set away up
background far redis-server --bind $REDIS --protected-mode no --dir "$TMP" --save '' >"$TMP/redis.log" 2>&1
answers() {
	in_server redis-cli -h "$REDIS" ping >/dev/null 2>&1
}
must wait_for 10 answers

# of WORD...: share, in the node's network.
of() {
	STATE_DIR=$TMP/a run share "$@" -c "$TMP/a.conf"
}
conf() {
	{
		cat "$CONF"
		printf 'share = "redis://%s"\nshare-node = a\nshare-nodes = %s\n' $REDIS "$TMP/nodes"
		printf 'list = { "plain %s" }\n' "$TMP/a.list"
		printf '%s\n' "$@"
	} >"$TMP/a.conf"
}
collect() {
	inject '198.51.100.1 low=1h:1h:1 real=1h:95h:9 data=1h:95h:9' "$@"
	STATE_DIR=$TMP/a must nolist collect -c "$CONF" --quiet 2>/dev/null
}
# listed HOST: is 203.0.113.HOST on the node's list?
listed() {
	grep -c "^203.0.113.$1\$" "$TMP/a.list"
}
says() {
	grep -c -- "$1" "$TMP/err"
}
cut() {
	must in_far nft -f - <<-'EOF'
		table inet cut {
			chain in {
				type filter hook input priority 0
				drop
			}
		}
	EOF
}
in_far() {
	nsenter --net=/run/netns/far "$@"
}
mend() {
	must in_far nft delete table inet cut
}
BAD='high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0'
echo a >"$TMP/nodes"
mkdir "$TMP/a"
conf
collect "203.0.113.1 $BAD" "$(seq 1 200 | awk -v bad="$BAD" '{ printf "%d.9.0.9 %s\n", 11 + $1 % 80, bad }')"
of push
of judge
of pull
is "$status $(listed 1)" '0 1' 'over the link the list comes back'
cp "$TMP/a.list" "$TMP/was"

# --- no packet arrives any more ---

background server bash -c "while '$SHARE' share push --again -c '$TMP/a.conf' --state-dir '$TMP/a'; do :; done" \
	>"$TMP/pushes" 2>&1
pushes=$!
must wait_for 20 grep -q 'were put' "$TMP/pushes"
cut
start=$(date +%s)
is_over() {
	! kill -0 "$pushes" 2>/dev/null
}
check 'a push that is cut off ends' wait_for 60 is_over
diag "after $(($(date +%s) - start)) s: $(tail -n 1 "$TMP/pushes")"
is "$(grep -c -e 'it does not answer' -e 'timed out' "$TMP/pushes")" 1 'and says why'
collect "203.0.113.2 $BAD"
of pull
is "$status $(cmp "$TMP/a.list" "$TMP/was" && echo same)" '1 same' 'the last list stays meanwhile'
mend
of push
is "$status $(says ' 0 of')" '0 0' 'when the link is back, the next push puts what was seen meanwhile'
of judge
of pull
is "$status $(listed 1) $(listed 2)" '0 1 1' 'and it is listed'
of push
is "$status $(says ' 0 of')" '0 1' 'nothing is missing then'

# --- the link is down ---

must ip -n far link set away down
collect "203.0.113.3 $BAD"
of push
is "$status $(says "$REDIS: ")" '1 1' 'a link that is down is told'
must ip -n far link set away up
must wait_for 20 answers
of push
is "$status $(says ' 0 of')" '0 0' 'and the next push heals it'

# --- for longer than a list lives ---

conf 'list-life = 10s'
of judge
of pull
is "$status $(listed 3)" '0 1' 'a list that lives for ten seconds is taken'
cp "$TMP/a.list" "$TMP/was"
has_expired() {
	[ "$(date +%s)" -gt $(($(stat -c %Y "$TMP/a.list") + 10)) ]
}
must wait_for 30 has_expired
of pull
is "$status $(says 'has expired at') $(cmp "$TMP/a.list" "$TMP/was" && echo same)" '1 1 same' \
	'one that nobody has renewed is refused'
is "$(grep -c '^# expires: ' "$TMP/a.list")" 1 'and the file says until when it was good'
conf
of judge
of pull
is "$status" 0 'a judge that is back makes a new one'
end_services 2>/dev/null
done_testing
