#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The key 'domains': names and files, a table that comes in force with the configuration, and
# what happens to a file that is gone or wrong. Why it matters: a domain of ours that is missing
# costs evidence, and one that is not ours lists other people's mail servers.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq python3 bpftool

# rcpt DOMAIN...: what the high fake says of each, in one dialogue.
rcpt() {
	in_client python3 -c '
import smtplib, sys
with smtplib.SMTP(sys.argv[1], 25, timeout=10) as c:
    c.helo("client.example")
    c.mail("a@client.example")
    print(*(c.rcpt("x@" + d)[0] for d in sys.argv[2:]))' "$HIGH4" "$@"
}

# conf LINE...: the configuration with these lines.
conf() {
	printf '%s\n' 'interface = { s0 }' "low = { $LOW4 }" "real = { $REAL4 }" "high = { $HIGH4 }" \
		'never-list-except = { 198.18.0.0/15 }' "$@" >"$CONF"
}

load() {
	nolist load -c "$CONF" >"$TMP/out" 2>"$TMP/err"
}

# loads STATUS NAME: load ends so.
loads() {
	local got

	load
	got=$?
	is "$got" "$1" "$2"
	[ "$got" = "$1" ] || diag "$(cat "$TMP/err")"
}

# How many tables of domains the kernel holds for the pinned tables.
tables() {
	bpftool -j map dump pinned "$PIN_DIR/nolist_domains" 2>/dev/null | jq '[.[] | select(.value | type == "array")] | length'
}

# shellcheck disable=SC2119
topology
CONF=$TMP/nolist.conf
must mkdir -p "$STATE_DIR"
LIST=$TMP/own
printf '%s\n' '# ours' 'file.example' '*.below.example' '!mx.below.example' >"$LIST"

conf "domains = { Own.Example, .wild.example, $LIST }" 'name = fake.wild.example'
loads 0 'names and a file'
is "$(rcpt own.example x.wild.example file.example y.x.below.example)" '250 250 250 250' 'all of them are ours'
is "$(rcpt other.example wild.example mx.below.example x.file.example com)" '450 450 450 450 450' 'others are not'
is "$(rcpt fake.wild.example)" 450 "nor is the fakes' own name, which a wildcard would cover"
is "$(tables)" 1 'there is one table'
nolist status >"$TMP/status"
check 'status tells their number, and how many recipients were refused' \
	grep -x 'domains: 6; recipients of other domains that the high fakes refused: 6' "$TMP/status"
is "$(nolist status --json | jq -c '.tables[0].domains')" 6 'as JSON'
nolist metrics -c "$CONF" >"$TMP/metrics" 2>/dev/null
is "$(grep -c '^nolist_elsewhere_total 6$\|^nolist_domains 6$' "$TMP/metrics")" 2 'and metrics'
check 'nothing of a name is in any table' bash -c '
	for m in nolist_domains nolist_verified nolist_contacts nolist_stats nolist_conf; do
		! bpftool map dump pinned "$1/$m" | tr -d " \n" | xxd -r -p 2>/dev/null | grep -a "own.example\|file.example" || exit 1
	done' - "$PIN_DIR"

must ip -n client address add 198.18.0.77/32 dev c0
check 'explain: a source that only asked for others has no offence' \
	grep 'only ever asked for domains that are not yours' <(
		in_client python3 - "$HIGH4" <<-'E'
			import smtplib, sys
			for i in range(2):
			    c = smtplib.SMTP(sys.argv[1], 25, timeout=10, source_address=("198.18.0.77", 0))
			    c.helo("c.example"); c.mail("a@c.example"); c.rcpt("x@other.example"); c.docmd("DATA")
			    c.sock.close()
		E
		nolist explain 198.18.0.77 -c "$CONF")

# A recipient of ours, or the fakes would seem to be wrong.
check 'test: names a recipient of ours' bash -c "\"\$@\" | grep '^ok .*high .*451 4.7.1 .* to DATA'" - \
	nsenter --net=/run/netns/server "$TOOL" test -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
check 'test: or the one that is given' bash -c "\"\$@\" | grep '^ok .*high .*450 4.1.2 .* to RCPT'" - \
	nsenter --net=/run/netns/server "$TOOL" test -c "$CONF" --domain other.example --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"

# --- files ------------------------------------------------------------------------

echo 'more.example' >>"$LIST"
loads 0 'a file that has grown'
is "$(rcpt more.example own.example)" '250 250' 'is read again'
is "$(tables)" 1 'and there is one table again'
mv "$LIST" "$LIST.away"
loads 3 'a file that is gone: a warning'
check 'which names it' grep -F "cannot read '$LIST'" "$TMP/err"
is "$(rcpt file.example more.example own.example other.example)" '250 250 250 450' 'its last good content goes on'
printf '%s\n' 'new.example' 'bücher.example' 'not a name' >"$LIST"
loads 3 'a file with wrong lines: a warning'
check 'which names the first one' grep -F "$LIST:2: not a domain, nor are 1 more lines" "$TMP/err"
is "$(rcpt new.example file.example other.example)" '250 250 450' 'what is right of it counts with the last good content'
echo 'new.example' >"$LIST"
loads 0 'the file is right again'
is "$(rcpt new.example file.example)" '250 450' 'and alone counts'

conf "domains = { $TMP/never-there }"
loads 3 'a file that never was there: a warning'
is "$(rcpt own.example)" 450 'no domain is ours then'

# --- mistakes ---------------------------------------------------------------------

conf 'domains = { own.example }'
loads 0 'names alone'
conf 'domains = { other.example }' 'stage = mail'
loads 2 'together with the stage mail: refused'
check 'both keys are named' bash -c "grep \"'stage = mail'\" '$TMP/err' | grep \"'domains'\""
is "$(rcpt own.example other.example)" '250 450' 'what was in force stays'
conf "domains = { $(printf 'x%.0s' {1..60}).abc }"
loads 2 'a domain of 64 characters: refused'
conf 'domains = { own.example }' 'stage = rcpt'
loads 0 'the stage rcpt'
is "$(rcpt own.example other.example)" '451 450' 'tempfails ours at RCPT'

conf 'domains = { own.example }'
check 'check has nothing to say of the key' bash -c "! nolist check -c '$CONF' | grep domains"
conf
is "$(nolist check -c "$CONF" | grep -c "warning .*no 'domains'")" 1 'check warns without it'
loads 0 'without the key'
is "$(rcpt own.example other.example) $(tables)" '250 250 0' 'all domains are ours, and there is no table'

# --- all or nothing -----------------------------------------------------------------

conf 'domains = { own.example }'
loads 0 'a table of one name'
must mkdir "$PIN_DIR/nolist_new"
conf 'domains = { other.example }'
loads 1 'a load that fails at its last step'
is "$(rcpt own.example other.example) $(tables)" '250 450 1' 'leaves the table of before in force, and no other'
must rmdir "$PIN_DIR/nolist_new"
must nolist load -c "$CONF" --probation 60s >/dev/null 2>&1
is "$(rcpt own.example other.example)" '450 250' 'on probation the new one is in force'
must nolist load --confirm >/dev/null
is "$(rcpt own.example other.example) $(tables)" '450 250 1' 'and after it is confirmed'

echo 'run.example' >"$LIST"
conf "domains = { $LIST }"
nolist run -c "$CONF" >"$TMP/run" 2>&1 &
job=$!
says() {
	[ "$(rcpt "$1")" = 250 ]
}
check 'run: a domain of a file' wait_for 30 says run.example
echo 'reloaded.example' >"$LIST"
for pid in $(ip netns pids server); do
	[ "$(cat "/proc/$pid/comm")" != nolist-xdp ] || kill -HUP "$pid"
done
check 'run: the file is read when it is reloaded' wait_for 30 says reloaded.example
is "$(rcpt run.example) $(tables)" '450 1' 'and only what it has now counts'
for pid in $(ip netns pids server); do
	[ "$(cat "/proc/$pid/comm")" != nolist-xdp ] || kill "$pid"
done
wait "$job"

# --- many, and by other ways (with NOLIST_FULL=1) -------------------------------------

[ "${NOLIST_FULL:-}" ] || done_testing

seq -f 'd%g.example' 1 100000 >"$LIST"
conf "domains = { $LIST }"
start=${EPOCHREALTIME/./}
loads 0 '100,000 domains'
diag "loaded in $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
is "$(rcpt d1.example d50000.example d100000.example d100001.example)" '250 250 250 450' 'each is known'
must nolist unload -i s0 >/dev/null
is "$(tables)" 1 'unload leaves the table with the other pins'
conf 'domains = { own.example }'
loads 0 'load with the pinned tables'
is "$(rcpt own.example d1.example) $(tables)" '250 450 1' 'has the new table'

# A build of before had no such map: its pin is missing, and the program has another one.
must rm "$PIN_DIR/nolist_domains"
loads 0 'load where the tables are of an earlier build'
is "$(rcpt own.example other.example) $(tables)" '250 450 1' 'makes the map, and the program reads it'

must nolist unload --purge >/dev/null
must ip -n server link set dev s0 xdpdrv obj "$TOP/build/nolist.bpf.o" sec xdp
loads 0 'adopting a program of ip link'
is "$(rcpt own.example other.example) $(tables)" '250 450 1' 'gives it the domains'
done_testing
