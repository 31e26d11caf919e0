#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# A list for those who publish one, as docs/lists.md shows it: Knot makes an IXFR of each new zone file,
# so that secondaries fetch what has changed; an awk program makes an RPZ of the plain list; and rbldnsd
# says of a name between that it does not exist. Why it matters: a zone of millions that is
# sent whole every ten minutes has no secondaries for long.
# shellcheck disable=SC2317 # functions that check() calls
packages="knot knot-dnsutils rbldnsd"
# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh $packages"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
cd "$TOP" || exit 1

DIR=$(mktemp -d "$BUILD/publish.XXXXXX")
chmod 755 "$DIR"
trap 'rm -rf "$DIR" "$TMP"' EXIT
topology ''
judge_setup
cat >>"$CONF" <<-END
	offences = 1
	grace = 0
	real-mx-unseen = accept
	list-zone = bl.example
	list-ns = ns.bl.example
	list-hostmaster = hostmaster.bl.example
	allow = $TMP/allow
END
: >"$TMP/allow"
inject_now many=500 '203.0.113.1 high=0s:1s:1 talk=0s:1s:1 hour=0:1:0:0:0' \
	'203.0.113.6 high=0s:1s:1 talk=0s:1s:1 hour=0:1:0:0:0' \
	'2001:db8:5:1::9 high=0s:1s:1 talk=0s:1s:1 hour=0:1:0:0:0'
# list FORMAT [OPTION]...: is then in $DIR/FORMAT.
list() {
	must nolist dump --quiet -c "$CONF" --format "$1" --output "$DIR/$1" "${@:2}"
}
list zone
list plain
list rbldnsd
n=$(rows "$DIR/plain" | wc -l)
# shellcheck disable=SC2086 # words
root_up $packages

# block KIND: this block of docs/lists.md.
mkdir "$DIR/blocks"
awk -v to="$DIR/blocks" -f selftests/lib/blocks.awk docs/lists.md
block() {
	cat "$DIR/blocks"/*."publish-$1"
}

# --- RPZ ---------------------------------------------------------------------------

block rpz | sed "s|/var/lib/nolist-xdp/lists/|$DIR/|g; s|^nolist-xdp dump --format plain|cat $DIR/plain|" >"$DIR/rpz.sh"
in_root bash "$DIR/rpz.sh"
is "$(grep -c 'rpz-ip' "$DIR/rpz.zone")" "$n" 'each source is in the RPZ'
is "$(grep -E '203.rpz-ip|2001.rpz-ip' "$DIR/rpz.zone" | tr '\n' ';')" \
	'32.1.113.0.203.rpz-ip CNAME .;32.6.113.0.203.rpz-ip CNAME .;64.zz.1.5.db8.2001.rpz-ip CNAME .;' 'as RPZ writes it'

# --- Knot --------------------------------------------------------------------------

mkdir "$DIR/run" "$DIR/db"
{
	printf 'server:\n    rundir: %s\n    listen: 127.0.0.1@5300\n' "$DIR/run"
	printf 'database:\n    storage: %s\n' "$DIR/db"
	printf 'acl:\n  - id: secondaries\n    address: 127.0.0.1\n    action: transfer\n'
	block knot | sed "s|/var/lib/nolist-xdp/lists/|$DIR/|"
	printf '  - domain: rpz.example\n    file: %s\n    zonefile-sync: -1\n' "$DIR/rpz.zone"
} >"$DIR/knot.conf"
in_root knotd -c "$DIR/knot.conf" >"$DIR/knot.log" 2>&1 &
ask() {
	in_root kdig @127.0.0.1 -p 5300 +noall +answer "$@"
}
serial() {
	ask bl.example SOA | awk '{ print $7 }'
}
is_served() {
	[ -n "$(serial)" ]
}
wait_for 20 is_served || {
	cat "$DIR/knot.conf" "$DIR/knot.log"
	bail_out 'knotd does not start'
}
first=$(serial)
is "$(ask 1.113.0.203.bl.example A | awk '{ print $5 }')" 127.0.0.2 'Knot serves the zone'
echo 203.0.113.6 >"$TMP/allow"
later() {
	[ "$(date +%s)" -gt "$1" ]
}
must wait_for 3 later "$(date +%s)"
list zone
in_root knotc -c "$DIR/knot.conf" zone-reload bl.example >"$DIR/knotc.log" 2>&1
is_new() {
	[ "$(serial)" != "$first" ]
}
check 'Knot takes the next one' wait_for 20 is_new
ask bl.example "IXFR=$first" >"$DIR/ixfr"
is "$(grep -c 6.113.0.203 "$DIR/ixfr") $(($(grep -c . "$DIR/ixfr") < 20))" '2 1' \
	'a secondary gets what has changed, and no more'
ask bl.example AXFR >"$DIR/axfr"
check 'and all of it who has nothing' test "$(grep -c . "$DIR/axfr")" -gt "$n"

is "$(ask 64.zz.1.5.db8.2001.rpz-ip.rpz.example CNAME | awk '{ print $5 }')" . 'and serves the RPZ'

# --- names between -----------------------------------------------------------------

in_root rbldnsd -n -u nobody -b 127.0.0.1/5301 "bl.example:combined:$DIR/rbldnsd" >"$DIR/rbldnsd.log" 2>&1 &
code() {
	in_root kdig @127.0.0.1 -p "$1" "$2" A | sed -n 's/.*status: \([A-Z]*\).*/\1/p'
}
answers() {
	[ "$(code 5301 1.113.0.203.bl.example)" = NOERROR ]
}
check 'rbldnsd serves the list' wait_for 20 answers
is "$(code 5301 113.0.203.bl.example) $(code 5300 113.0.203.bl.example)" 'NXDOMAIN NOERROR' \
	'of a name between rbldnsd says that it does not exist, and Knot that it is empty'
done_testing
