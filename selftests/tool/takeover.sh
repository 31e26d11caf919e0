#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# An update: pins and store of an earlier build are taken over by this one, with nothing
# lost. The earlier tool is built from the history of this repository; it fills tables and
# store, and says what it knows of each source. This one must say the same of the earlier
# tables while they are in use, of its own with the earlier ones beside them, and of the store
# that it brings up to date; with a store and without. Its rules are its own, but it judges
# each source in the same way wherever it reads of it, and where it judges otherwise than the
# earlier one, a newer rule must explain it (lib/explained.py).
# Why it matters: evidence that is lost acquits spammers, and an alibi that is lost convicts
# that is innocent.
#
# 20,000 records; NOLIST_FULL=1 makes it a million, NOLIST_RECORDS=N so many.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# The commit whose pins and store are taken over; selftests/lib/mixed.c knows the layout of
# its records.
BASE=23c2acf

flood='' # not empty: explained.py is told of one
records=${NOLIST_RECORDS:-$((${NOLIST_FULL:+980000} + 20000))}
MIXED=$BUILD/selftests/lib/mixed
OLD_TREE=$BUILD/takeover/$BASE
OLD=$OLD_TREE/build/nolist-xdp
D=86400

need git make clang cc python3 ip cmp sqlite3

# --- the earlier build ---------------------------------------------------------

# As root of somebody else's tree.
history() {
	git -c safe.directory="*" -C "$TOP" "$@"
}

if [ ! -x "$OLD" ]; then
	history cat-file -e "$BASE^{commit}" 2>/dev/null ||
		skip_all "commit $BASE is not in this clone: it is shallow, or no clone at all"
	must mkdir -p "$OLD_TREE"
	history archive "$BASE" | tar -x -C "$OLD_TREE" || bail_out "cannot unpack $BASE"
	# Quickly, since it is to be right and not fast.
	if ! make -C "$OLD_TREE" -s -j2 CFLAGS=-O0 build/nolist-xdp >"$TMP/make.log" 2>&1; then
		diag "$(tail -n 20 "$TMP/make.log")"
		bail_out "$BASE cannot be built"
	fi
fi
must [ -x "$MIXED" ]

# old STATE_DIR COMMAND...
old() {
	in_server "$OLD" "${@:2}" --pin-dir "$PIN_DIR" --state-dir "$1"
}

# --- what is compared ------------------------------------------------------------

export INJECT_FROM=$FIRST_HOUR
BOOT=$("$BUILD/selftests/lib/inject" --boot)
TIMES="$((BOOT + 14 * D)) $((BOOT + 30 * D))"

# Members that were renamed, as today's documents tell: the new name alone is compared. Without a file
# of origins each source has none, of which the earlier program does not speak.
words() {
	in_server "$TOOL" show --json --top 1 -c "$CONF" --pin-dir "$PIN_DIR" \
		--state-dir "$TMP/none" | "$PYTHON" -c '
import json, sys
json.dump(json.load(sys.stdin).get("deprecated", {}), sys.stdout)' >"$TMP/words.json"
	"$PYTHON" -c '
import json, sys
for old, new in json.load(open(sys.argv[1])).items():
    print("s/\"%s\":[^,}]*,\"%s\":/\"%s\":/g" % (old, new, new))
    print("s/\"%s\":/\"%s\":/g" % (old, new))' "$TMP/words.json" >"$TMP/words.sed"
	echo 's/"origin":null,//' >>"$TMP/words.sed"
}

# said TOOL STATE_DIR TIME: what it knows of all sources, and how it judges each; a line for
# each, without the client that this test needs.
said() {
	in_server "$1" show --json --top 0 --sort source --at "$3" -c "$CONF" --pin-dir "$PIN_DIR" \
		--state-dir "$2" | sed -e 's/^{.*"sources":\[//' -e 's/},{"source"/}\n{"source"/g' |
		sed -e "/\"source\":\"$CLIENT4\"/d" -e 's/]}*$/]/' -f "$TMP/words.sed"
}

# listed TOOL STATE_DIR TIME: the list, with what it says of each.
listed() {
	in_server "$1" dump --quiet --format jsonl --at "$3" -c "$CONF" --pin-dir "$PIN_DIR" \
		--state-dir "$2" | sed -e 1d -f "$TMP/words.sed"
}

# evidence FILE: of what is said of each source, that which no rule plays a part in.
evidence() {
	sed 's/"verdict":.*"low":/"low":/' "$1"
}

# expect STATE_DIR: what the earlier tool says. The first judgement that follows is the one
# that the others are compared with.
expect() {
	local t

	rm -f "$TMP"/judged.* "$TMP"/listed.*
	for t in $TIMES; do
		said "$OLD" "$1" "$t" >"$TMP/said.$t"
	done
}

# says_the_same NAME: this tool.
says_the_same() {
	local t day out

	for t in $TIMES; do
		day=$(((t - BOOT) / D))
		said "$TOOL" "$STATE_DIR" "$t" >"$TMP/said" 2>"$TMP/err"
		listed "$TOOL" "$STATE_DIR" "$t" >"$TMP/listed"
		if evidence "$TMP/said" | cmp -s - <(evidence "$TMP/said.$t"); then
			ok "$1: the evidence of each of $(wc -l <"$TMP/said") sources, day $day"
		else
			not_ok "$1: the evidence of each source, day $day"
			diag "$(cat "$TMP/err"; diff "$TMP/said" "$TMP/said.$t" | head -n 6 | cut -c 1-700)"
		fi
		if out=$("$PYTHON" "$TOP/selftests/lib/explained.py" "$TMP/said.$t" "$TMP/said" "$t" \
				"$(date +%s)" ${flood:+flood}); then
			ok "$1: a newer rule explains each other verdict, day $day: $out"
		else
			not_ok "$1: a newer rule explains each other verdict, day $day"
			diag "$(cut -c 1-1000 <<<"$out")"
		fi
		if [ ! -e "$TMP/judged.$t" ]; then
			cp "$TMP/said" "$TMP/judged.$t"
			cp "$TMP/listed" "$TMP/listed.$t"
			continue
		fi
		is "$(cmp "$TMP/said" "$TMP/judged.$t" 2>&1)" '' "$1: the verdict of each, day $day"
		is "$(cmp "$TMP/listed" "$TMP/listed.$t" 2>&1)" '' \
			"$1: the list of $(wc -l <"$TMP/listed.$t"), day $day"
	done
}

# has_each VERDICT: of some sources.
has_each() {
	local v n

	for v; do
		n=$(cat "$TMP"/judged.* | grep -c "\"verdict\":\"$v\"")
		is "$((n > records / 500))" 1 "there is each verdict: $v, $n times"
	done
}

# counters COMMAND...: frames by verdict, but for the few that this test causes; what was
# lost, and wrong acknowledgements.
counters() {
	"$@" status --json 2>/dev/null | "$PYTHON" -c '
import json, sys
words = json.load(open(sys.argv[1]))
def today(x):
    if isinstance(x, list):
        return [today(y) for y in x]
    if not isinstance(x, dict):
        return x
    old = {words.get(k, k): today(v) for k, v in x.items() if k in words}
    return dict(sorted({**old, **{k: today(v) for k, v in x.items() if k not in words}}.items()))
s = json.load(sys.stdin)
s.pop("deprecated", None)
s = today(s)
print(s["frames"] // 100000, {k: v // 100000 for k, v in s["verdicts"].items() if v >= 100000})
print([[v[k] for k in v if k not in ("now", words.get("room", "room"), "evicted")]
       for v in s.values() if isinstance(v, dict) and "lost" in v], s["bad_acks"])' "$TMP/words.json"
}

# fill FIRST COUNT SEED LATER: so many sources, in the tables of the earlier build.
fill() {
	must "$MIXED" "$PIN_DIR" "$@" >"$TMP/filled"
	read -r contacts verified <"$TMP/filled"
	written=$((written + contacts + verified))
}

# in_tables STATE_DIR: unverified contacts, as status counts them.
in_tables() {
	old "$1" status --json | "$PYTHON" -c '
import json, sys
print(next(v["now"] for v in json.load(sys.stdin).values() if isinstance(v, dict) and "now" in v))'
}

# --- setting up --------------------------------------------------------------------

# shellcheck disable=SC2119
topology
CONF=$TMP/nolist.conf
cat >"$CONF" <<-END
	interface = { s0 }
	low = { $LOW4, $LOW6 }
	real = { $REAL4, $REAL6 }
	high = { $HIGH4, $HIGH6 }
	sources = $((records + 8192))
	collect = yes
	learning = 3600
	store-size = 4096
	growth-min = 100000000
END
written=0
# A source has 1.3 records in an epoch; there are three fills of that many, and two of half.
share=$((records / 5))

# One epoch that is gone, and one that is collected in part.
EARLIER=$TMP/earlier
must old "$EARLIER" load -c "$CONF" >"$TMP/load.log"
fill 0 $share 1 0
must old "$EARLIER" collect --log 0 -c "$CONF" >/dev/null
must old "$EARLIER" unload --purge >/dev/null
must old "$EARLIER" load -c "$CONF" >"$TMP/load.log"
fill $((share / 2)) $share 2 0
kept=$contacts
must old "$EARLIER" collect --log 0 -c "$CONF" >/dev/null
must cp -r "$EARLIER" "$STATE_DIR"
must cp -r "$EARLIER" "$TMP/alone"
fill $((share / 2)) $((share / 2)) 2 7200
fill $((3 * share / 2)) $share 2 0
kept=$((kept + contacts))

# --- with a store, the earlier program at work --------------------------------------------

words
# Both tools look at the tables at the same times, each with a store of its own: what was
# between two looks is known to neither.
check 'collect reads the earlier tables, and brings the store up to date' \
	nolist collect --log 0 -c "$CONF"
must old "$EARLIER" collect --log 0 -c "$CONF" >/dev/null
fill $((3 * share / 2)) $((share / 2)) 2 9000
is "$(in_tables "$EARLIER")" "$kept" 'the tables have let nobody go'
expect "$EARLIER"
says_the_same 'the earlier program attached'
has_each none alibi offender expired
counters old "$EARLIER" >"$TMP/counters"
is "$(counters nolist)" "$(cat "$TMP/counters")" 'and its counters'

# --- load takes over ---------------------------------------------------------------------

# A dialogue that is under way goes on, and nobody meets anything but the program.
cat >"$TMP/client.py" <<'END'
import os, socket, sys
high, tmp = sys.argv[1:]
f = socket.create_connection((high, 25), 10).makefile("rwb")
def say(line):
    f.write(line + b"\r\n")
    f.flush()
    while True:
        reply = f.readline()
        if reply[3:4] != b"-":
            return reply[:3].decode()
said = [f.readline()[:3].decode(), say(b"EHLO client.example")]
open(tmp + "/greeted", "w").close()
bad = n = 0
while not os.path.exists(tmp + "/taken"):
    try:
        socket.create_connection((high, 25), 10).close()
    except OSError:
        bad += 1
    n += 1
said += [say(b"MAIL FROM:<a@example.com>"), say(b"RCPT TO:<b@example.com>"), say(b"DATA"), say(b"QUIT")]
print(*said, n > 10, bad)
END
in_client "$PYTHON" "$TMP/client.py" "$HIGH4" "$TMP" >"$TMP/client" &
client=$!
must wait_for 10 test -e "$TMP/greeted"
check 'load replaces the earlier program' nolist load -c "$CONF"
touch "$TMP/taken"
wait $client
is "$(cat "$TMP/client")" '220 250 250 250 451 221 True 0' \
	'a dialogue goes on over it, and each of many connections meets the high fake'
is "$(json 's["tables"][0]["abi"] > 5, len(s["tables"])')" 'True 2' \
	'the earlier tables are beside the new ones'
says_the_same 'taken over'
is "$(counters nolist)" "$(cat "$TMP/counters")" 'and its counters'
check 'another load changes nothing' nolist load -c "$CONF"
is "$(json 'len(s["tables"])')" 2 'of that'
check 'collect stores what is in both' nolist collect --log 0 -c "$CONF"
# shellcheck disable=SC2010
is "$(json 'len(s["tables"])') $(ls "$PIN_DIR" | grep -c _old_)" '1 0' 'and drops the earlier ones'
is "$(sqlite3 -readonly "$STATE_DIR/evidence.db" 'SELECT max(detached), count(*) > 0 FROM gap')" '0|1' \
	'at no time was the program taken to be detached'
says_the_same 'collected'
check 'once more' nolist collect --log 0 -c "$CONF"
says_the_same 'collected again'
must nolist unload --purge >/dev/null

# --- the store alone ------------------------------------------------------------------------

STATE_DIR=$TMP/alone
must old "$STATE_DIR" pardon 203.0.113.77 >/dev/null
expect "$STATE_DIR"
check 'a pardon brings the store up to date' nolist pardon 203.0.113.78
says_the_same 'a store without tables'
is "$(nolist pardon --list | grep -c 203.0.113.7)" 2 'with its pardons'

# --- no store at all ---------------------------------------------------------------------------

STATE_DIR=$TMP/none
# The counters that the earlier program is given say that contacts were too many; nobody knows when.
flood=1
sed -i 's/^collect = yes/collect = no/' "$CONF"
must old "$STATE_DIR" load -c "$CONF" >"$TMP/load.log"
fill 0 $share 3 0
expect "$STATE_DIR"
says_the_same 'no store, the earlier program attached'
must old "$STATE_DIR" unload >/dev/null
check 'load takes over what is only pinned' nolist load -c "$CONF"
says_the_same 'no store, taken over'
must nolist unload >/dev/null
must nolist load -c "$CONF" >"$TMP/load.log"
says_the_same 'no store, loaded again'
check 'they can be purged' nolist unload --purge
is "$(ls -d "$PIN_DIR" 2>/dev/null)" '' 'and then nothing is left'

# --- a load that is killed -------------------------------------------------------------------------

sources() {
	said "$1" "$STATE_DIR" "$((BOOT + 30 * D))" | grep -c '"source":'
}

# Somewhere on its way; the earlier program is attached before, or not.
lost=0
for ((i = 0; i < ${NOLIST_FULL:+56} + 4; i++)); do
	must old "$STATE_DIR" load -c "$CONF" >"$TMP/load.log"
	fill 0 64 $i 0
	wanted=$(sources "$OLD")
	[ $((i % 2)) = 0 ] || must old "$STATE_DIR" unload >/dev/null
	in_server timeout -s KILL "0.$((RANDOM % 4))$((RANDOM % 10))" "$TOOL" load -c "$CONF" \
		--pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" >/dev/null 2>&1
	got="$(sources "$TOOL")"
	must nolist load -c "$CONF" >"$TMP/load.log"
	got+=" $(sources "$TOOL")"
	if [ "$got" != "$wanted $wanted" ]; then
		diag "round $i: $got sources, wanted $wanted"
		lost=$((lost + 1))
	fi
	must nolist unload --purge >/dev/null
done
is "$lost" 0 "$i loads that were killed lose nothing, and the next one succeeds"

diag "$written records were written"
is "$((written >= records))" 1 "no fewer than $records"
done_testing
