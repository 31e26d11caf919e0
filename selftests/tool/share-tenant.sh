#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# What customers' evidence may do, through push and judge: a tenant's is counted, excuses, and lists
# nobody, also together with offences at others; that of a customer with an instance and a real MX of its own, whose
# log comes in, is that of a site, and lists nobody alone where operators may lie. Why it matters: who harvests at
# the MX of others must not list whoever walks there because their real MX is down.
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip jq
topology ''
ACME4=192.0.2.31
must ip -n server addr add $ACME4/24 dev s0
mkdir "$TMP/shared"
A=20 B=40

# offends ADDRESS HOUR...: inject's line of a source that was tempfailed by our own high fake.
offends() {
	printf '203.0.%s high=%dh:%dh:2 talk=%dh:%dh:%d' "$1" "$2" "${*: -1}" "$2" "${*: -1}" $(($# - 1))
	printf ' hour=%d:1:0:0:0' "${@:2}"
	echo
}
# at_tenant ADDRESS HOUR...: by a tenant's.
at_tenant() {
	printf '203.0.%s high=%dh:%dh:2 talk=%dh:%dh:%d' "$1" "$2" "${*: -1}" "$2" "${*: -1}" $(($# - 1))
	printf ' event=%d:11:1' "${@:2}"
	echo
}
SEEN='198.51.100.1 low=1h:1h:1 real=1h:80h:9 data=1h:80h:9' # the real MX is seen
# node NAME: what is in the tables is stored and pushed.
node() {
	mkdir -p "$TMP/$1"
	{
		cat "$CONF"
		printf 'share = "%s"\nshare-node = %s\nshare-nodes = %s\n' "$TMP/shared" "$1" "$TMP/nodes"
	} >"$TMP/$1.conf"
	echo x y acme | tr ' ' '\n' >"$TMP/nodes"
	STATE_DIR=$TMP/$1 must nolist collect -c "$TMP/$1.conf" --quiet 2>/dev/null
	push "$1"
}
push() {
	STATE_DIR=$TMP/$1 must nolist share push --quiet -c "$TMP/$1.conf"
}
# judged [LINE...]: by the nodes in the file and these lines of the configuration.
judged() {
	cat "$TMP/x.conf" - <<<"$(printf '%s\n' "$@")" >"$TMP/judge.conf"
	STATE_DIR=$TMP/x run share judge --format plain -c "$TMP/judge.conf"
	listed=$(rows "$TMP/out" | sed -n 's/^203\.0\.11//p' | tr '\n' ' ')
}

# --- a tenant ---

judge_setup
sed -i 's/^high.*/&\ndomains = own.example\ntenant acme {\n    high = '$ACME4'\n    domains = acme.example\n}/' "$CONF"
must nolist load -c "$CONF" >/dev/null 2>&1
inject "$SEEN" "$(at_tenant 113.1 "$A" "$B" 61)" "$(at_tenant 113.2 "$A")" "$(offends 112.3 "$A" "$B")" \
	"$(offends 113.4 "$A" "$B") event=$B:3:1 event=$B:11:1" "$(at_tenant 113.5 "$A" "$B")"
node x
must nolist unload --purge >/dev/null 2>&1
judge_setup
inject "$SEEN" "$(offends 113.2 "$B")" "$(offends 113.5 "$A" "$B")" "$(offends 113.7 "$A")"
node y
printf 'x\ny\n' >"$TMP/nodes"
judged
is "$status $listed" '0 2.3 3.5 ' \
	"offences at our own high fakes list; a tenant's tempfails do not, alone or with another node's, and a QUIT there excuses here"
STATE_DIR=$TMP/x run explain --json -c "$TMP/x.conf" 203.0.113.1
is "$(jq -c "[.hours[].tenant]" "$TMP/out")" "[1,1,1]" "the hours are known as those of the tenant"

# --- a customer with an instance of its own, whose real MX is elsewhere ---

must nolist unload --purge >/dev/null 2>&1
judge_setup
sed -i '/^low/d; s/^real.*/real = 198.51.100.25/' "$CONF" # which is elsewhere
must nolist unload --purge >/dev/null 2>&1
must nolist load -c "$CONF" >/dev/null 2>&1
inject "$(offends 113.6 "$A" "$B")" "$(offends 113.7 "$B")"
node acme
printf 'x x\ny y\nacme acme\n' >"$TMP/nodes"
judged 'share-leave-out = 0'
is "$status $listed $(grep -c 'unseen: 2 held back' "$TMP/err")" '3 2.3 3.5  1' 'while nothing is known of its real MX it lists nobody'
for h in 2 $((B + 2)) 85; do
	echo "198.51.100.7 $(at $((h * H)))"
done >"$TMP/log"
echo "203.0.112.3 $(at $((A * H)))" >>"$TMP/log"
STATE_DIR=$TMP/acme must nolist import --role real "$TMP/log" >/dev/null 2>&1
push acme
judged 'share-leave-out = 0'
is "$status $listed" '0 3.5 3.6 3.7 ' 'with the log of its real MX it is a site: its offences count, and whom it has mail of is excused'
judged
is "$status $listed" '0 ' 'where operators may lie it lists nobody alone, and neither do the others'
printf 'x own\ny own\nacme acme\n' >"$TMP/nodes"
judged
is "$status $listed" '0 ' 'nor does the only other operator'
printf 'x own\ny own\n!acme acme\n' >"$TMP/nodes"
judged 'share-leave-out = 0'
is "$status $listed" '0 2.3 3.5 ' 'and all is as before when it is muted'
done_testing
