#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Lists that are kept: each format's bytes are the same for the same evidence and
# time; no word of a configuration gets out of its place; a file is not written when
# nothing has changed, and is whole whatever happens; nobody leads the tool to
# another file; the reload command runs when it should, and not for ever. Whoever
# comes off the list is gone from every format: refusing mail needs a reason today.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq nft script setpriv sha256sum sqlite3
kills=$(((${NOLIST_FULL:+180} + 20) / ${NOLIST_PATIENCE:-1}))

topology ''
judge_setup
histories
formats=$(nolist dump --list-formats | awk '/^[a-z]/ { print $1 }')
machines=$(grep -vx -e plain -e csv -e jsonl -e page -e policy <<<"$formats") # that block mail by it

# dump FORMAT [OPTION]...: a list to standard output.
dump() {
	run dump --quiet -c "$CONF" --at "$NOW" --format "$@"
}

# ends FORMAT: what its head says besides where no reader looks at the time that it expires.
ends() {
	case $1 in
	rbldnsd | nft | spamassassin | page | xdp) ;;
	*) echo 'note ' ;;
	esac
}

# --- formats -----------------------------------------------------------------

run dump --list-formats
is "$(awk '/^[a-z]/ && NF < 3 || /^ / && NF < 2' "$TMP/out")" '' \
	'each format names its reader, and how'
is "$(wc -l <<<"$formats")" 19 'there are nineteen'
# Its rows are for a program: tool/policyd.sh reads them.
formats=$(grep -vx policy <<<"$formats")
sed 's/never-list-except.*/&\nallow = { "'"${TMP//\//\\/}"'\/pardoned" }/' "$CONF" >"$TMP/pardon.conf"
printf '203.0.113.6\n2001:db8:5:1::77\n' >"$TMP/pardoned"
for f in $formats; do
	dump "$f"
	cp "$TMP/out" "$TMP/first"
	dump "$f"
	check "$f: the same evidence and time make the same bytes" cmp "$TMP/first" "$TMP/out"
	[ "$f" != spamassassin ] || continue
	check "$f: an offender is there" grep -qE '203\.0\.113\.6|6\.113\.0\.203' "$TMP/out"
	case $f in
	csv | jsonl) ;;
	*)
		is "$(sed -n 's/^[#;] \([a-z0-9]*\): .*/\1/p' "$TMP/out" | tr '\n' ' ')" \
			"generator time expires count sha256 $(ends "$f")" "$f: the head tells when, until, how many"
		;;
	esac
	run dump --quiet -c "$TMP/pardon.conf" --at "$NOW" --format "$f"
	is "$(grep -cE '203\.0\.113\.6|6\.113\.0\.203|2001:db8:5:1|5\.0\.0\.0\.8\.b\.d' "$TMP/out")" 0 \
		"$f: a pardoned source is gone"
	check "$f: the others are there" grep -qE '203\.0\.113\.1|1\.113\.0\.203' "$TMP/out"
	dump "$f" --at "$((NOW + 8 * D))"
	is "$(grep -cE '203\.0\.113\.|\.113\.0\.203' "$TMP/out")" 0 "$f: a listing ends"
done
# --- tiers ---

# shellcheck disable=SC2016 # rbldnsd's '$'
tiers() {
	dump rbldnsd "$@"
	rows "$TMP/out" | grep -E '^(203\.0\.113\.[69]|2001:db8:[59]:1)' | tr '\n' '|'
}
is "$(tiers)" '203.0.113.6|2001:db8:5:1|' 'rbldnsd: one tier needs no answers of its own'
inject "203.0.113.9 talk=20h:59h:3 hour=20:0:1:1:0 hour=40:0:1:1:0 hour=59:0:1:1:0" \
	"2001:db8:9:1:: talk=20h:59h:3 hour=20:0:1:1:0 hour=40:0:1:1:0 hour=59:0:1:1:0"
# shellcheck disable=SC2016
is "$(tiers)" '203.0.113.6|203.0.113.9 :127.0.0.3:$ contacts only fake mail exchangers|2001:db8:5:1::/64|2001:db8:9:1::/64 :127.0.0.3:$ contacts only fake mail exchangers|' \
	'rbldnsd: the probable get another answer'
dump zone
is "$(grep -cP '^([69]\.113\.0\.203|\*\..*)\tA\t127\.0\.0\.[23]$' "$TMP/out") $(grep -c '127\.0\.0\.3$' "$TMP/out")" \
	'4 2' 'zone: the same'
dump csv
is "$(cut -d, -f1,2 "$TMP/out" | grep -c probable)" 2 'csv: named'
dump plain
is "$(rows "$TMP/out" | grep -cE '^(203.0.113.9|2001:db8:9:1::/64)$')" 2 'plain: both tiers'
sed '$a list-probable = no' "$CONF" >"$TMP/strong.conf"
for f in $formats; do
	run dump --quiet -c "$TMP/strong.conf" --at "$NOW" --format "$f"
	is "$(grep -cE '203\.0\.113\.9|9\.113\.0\.203|2001:db8:9|9\.0\.0\.0\.8\.b\.d' "$TMP/out")" 0 \
		"$f: list-probable = no leaves them out"
done
run dump -c "$TMP/strong.conf" --at "$NOW" --format plain --output "$TMP/strong" --json
is "$(jq '.lists[0].left_out.probable' "$TMP/out")" 2 'and this is reported'
inject "203.0.113.9 talk=20h:20h:1" "2001:db8:9:1:: talk=20h:20h:1"
for f in $machines; do
	fails 2 "'$f' is a format that blocks mail: not with --unverified" \
		"$f: not on SYNs alone" dump -c "$CONF" --format "$f" --unverified
done
# spamd.conf(5): addresses and networks of IPv4; pf.conf(5), pfctl(8): also IPv6; # comments.
dump spamd
is "$(rows "$TMP/out" | grep -vcE '^[0-9]+(\.[0-9]+){3}$')" 0 'spamd: nothing but IPv4 addresses'
check 'spamd: the head counts these' grep -qx '# count: 2' "$TMP/out"
run dump -c "$CONF" --at "$NOW" --format spamd
check 'spamd: that others are left out is reported' grep -q '1 IPv6 sources are not listed' "$TMP/err"
dump pf
is "$(rows "$TMP/out" | grep -vcE '^([0-9]+(\.[0-9]+){3}|[0-9a-f:]+::/64)$')" 0 \
	'pf: nothing but addresses and networks'
dump nft
is "$(grep -c ' timeout 172800s,$' "$TMP/out")" 3 'nft: no entry outlives the list'
sed '$a real-mx-unseen = accept' "$CONF" >"$TMP/accept.conf"
run dump --quiet -c "$TMP/accept.conf" --at "$(at $((207 * H)))" --format nft
is "$(grep -c ' timeout 3600s,$' "$TMP/out")" 3 'nft: nor its listing'

# --- hostile words -----------------------------------------------------------

# word KEY VALUE NAME: is refused, whatever it was meant to do.
word() {
	{
		cat "$CONF"
		printf '%s = "%s"\n' "$1" "$2"
	} >"$TMP/word.conf"
	fails 2 "word.conf:[0-9]+: " "$3" dump -c "$TMP/word.conf" --format zone
}
# shellcheck disable=SC1003 # backslashes are libconfuse's
for c in '\"' '\\' '%' '\n' '\t' '\x01' '\x7f' '\xc3\xa9'; do
	word list-reason "see${c}here" "a reason with $c"
done
# shellcheck disable=SC2016
for v in '' ' x' 'x ' '$1' '$$' '$=' '$$$$$$$'; do
	word list-reason "$v" "the reason '$v'"
done
word list-reason "$(printf 'x%.0s' {1..256})" 'a reason that fits into no TXT record'
for v in '' . .. a..b -a a- 'a b' 'a\nb' 'a;b' 'a\"b' 'a@b' "a'b" 'a)b' "$(printf 'x%.0s' {1..64})"; do
	word list-zone "$v" "the zone '$v'"
done
word list-ns "ns.example. 300 IN A 192.0.2.1" 'a name server with records behind it'
word list-hostmaster 'a. (' 'a hostmaster with a bracket'
for v in '' '1' 'a b' 'a{' 'a;flush ruleset' 'a\n' 'a-b' "$(printf 'x%.0s' {1..21})"; do
	word list-name "$v" "the name '$v'"
done
for v in '' nft 'nft list' 'nft ../list'; do
	word list "$v" "the list '$v'"
done
for v in 0 3601 2h; do
	word reload-time "$v" "the reload time '$v'"
done
printf 'list-zone = bl.example.org.\nlist-ns = ns_1.example.org\nlist-hostmaster = h.example.org\nlist-name = bl_2\n' |
	cat "$CONF" - >"$TMP/word.conf"
for f in zone:'SOA	ns_1.example.org. h.example.org. ' rbldnsd:'NS 300 ns_1.example.org$' \
	nft:'inet bl_2 bl4' ipset:'create bl_24 ' spamassassin:"RCVD_IN_BL_2 .*'bl.example.org.'" \
	bird:'static bl_24 '; do
	run dump --quiet -c "$TMP/word.conf" --format "${f%%:*}"
	check "${f%%:*}: good words are in their place" grep -q "${f#*:}" "$TMP/out"
done

# --- unchanged ---------------------------------------------------------------

L=$TMP/list
sed '$a list-life = 14400' "$CONF" >"$TMP/life.conf" # four hours
# keep FORMAT [OPTION]...
keep() {
	run dump -c "$TMP/life.conf" --output "$L" --format "$@"
}
summary() {
	jq -c '.lists[] | [.written, .entries, .added, .removed, .reloaded]' "$TMP/out"
}
for f in $formats; do
	rm -f "$L"
	keep "$f" --at "$NOW" --json
	wanted='[true,3,3,0,null]' removed='[true,1,0,2,null]' back='[true,3,2,0,null]'
	[ "$f" != spamd ] || wanted='[true,2,2,0,null]' removed='[true,1,0,1,null]' back='[true,2,1,0,null]'
	[ "$f" != spamassassin ] || wanted='[true,3,3,0,null]'
	is "$(summary)" "$wanted" "$f: --json counts"
	before=$(stat -c '%i %Y' "$L")
	is "${before#* }" "$NOW" "$f: the file's time is the list's"
	keep "$f" --at "$((NOW + 2 * H))"
	is "$(stat -c '%i %Y' "$L")" "$before" "$f: nothing has changed: not written"
	check "$f: and this is said" grep -q "entries, unchanged: not written" "$TMP/err"
	[ "$f" != spamassassin ] || continue
	keep "$f" --at "$((NOW + 60))" --allow "$TMP/pardoned" --json
	is "$(summary)" "$removed" "$f: what is removed is counted"
	keep "$f" --at "$((NOW + 120))" --json
	is "$(summary)" "$back" "$f: and what is added"
	keep "$f" --at "$((NOW + 121 + 2 * H))" --json
	is "$(jq .lists[0].written "$TMP/out")" true "$f: half of its life is over: written again"
done
keep zone --at "$NOW"
sed 's/never-list-except.*/&\nlist-reason = "other words"/' "$CONF" >"$TMP/words.conf"
run dump --json -c "$TMP/words.conf" --at "$NOW" --output "$L" --format zone
is "$(summary)" '[true,3,0,0,null]' 'other words are a change'
echo >>"$L"
touch -d "@$NOW" "$L"
run dump --json -c "$TMP/words.conf" --at "$NOW" --output "$L" --format zone
is "$(summary)" '[true,3,0,0,null]' 'a file that somebody has added to is replaced'
truncate -s 100 "$L"
touch -d "@$NOW" "$L"
run dump --json -c "$TMP/words.conf" --at "$NOW" --output "$L" --format zone
is "$(jq .lists[0].written "$TMP/out")" true 'and one that was cut'
head -c 300000 /dev/urandom >"$L"
keep plain --at "$NOW" --json
is "$(jq -c '.lists[] | [.written, .added]' "$TMP/out")" '[true,3]' 'and what is no list'

run dump -c "$CONF" --at "$NOW" --output "$TMP/new.list"
check 'what was done is reported' grep -q "new.list': 3 entries, 3 added, 0 removed" "$TMP/err"
run dump -c "$CONF" --at "$NOW" --output "$TMP/new.list" --quiet
is "$(cat "$TMP/out" "$TMP/err")" '' 'but not with --quiet'
fails 1 'cannot write' '--quiet still tells of failures' \
	dump -c "$CONF" --quiet --output "$TMP/none/list"
fails 2 'needs --output' '--json is about a file' dump -c "$CONF" --json
fails 2 'needs --output' '--reload-command as well' dump -c "$CONF" --reload-command true
run dump -c "$CONF" --at "$NOW" --output "$TMP/none/list" --json
is "$status $(jq -r '.lists[0] | "\(.written) \(.error)"' "$TMP/out")" \
	'1 false No such file or directory' '--json tells of failures'

# --- the reload command ------------------------------------------------------

cat >"$TMP/cmd" <<-'END'
	#!/bin/bash
	printf '<%s>' "$@" >>"${0%/*}/ran"
	echo data
	read -r line && echo "$line" >>"${0%/*}/ran"
	exit "$(cat "${0%/*}/exit")"
END
chmod +x "$TMP/cmd"
echo 0 >"$TMP/exit"
# reload [OPTION]...
reload() {
	rm -f "$TMP/ran"
	run dump -c "$CONF" --at "$NOW" --output "$L" --json \
		--reload-command "$TMP/cmd a  \$(b) 'c d' ;" "$@" <<<input
	touch "$TMP/ran"
}
rm "$L"
reload
is "$status $(cat "$TMP/ran")" "0 <a><\$(b)><'c><d'><;>" \
	'it runs without a shell, and with nothing to read'
is "$(summary)" '[true,3,3,0,true]' 'what it says is not data'
reload
is "$status $(cat "$TMP/ran")" '0 ' 'it does not run when the list was not written'
echo 3 >"$TMP/exit"
reload --allow "$TMP/pardoned"
is "$status $(summary)" '3 [true,1,0,2,false]' 'its failure is a warning: the list is written'
check 'and reported' grep -q "cmd' failed: it exited with status 3" "$TMP/err"
is "$(rows "$L")" 203.0.113.1 'the list is in its place'
echo 0 >"$TMP/exit"
reload --allow "$TMP/pardoned"
is "$status $(summary)" '0 [true,1,0,0,true]' 'the next dump tries again'
cat >"$TMP/stay" <<-'END'
	#!/bin/bash
	echo $$ >"${0%/*}/stay.pid"
	exec sleep 1000
END
chmod +x "$TMP/stay"
nsenter --net=/run/netns/server "$TOOL" dump -c "$CONF" --at "$NOW" --output "$L" \
	--reload-command "$TMP/stay" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" 2>/dev/null &
must wait_for 10 test -s "$TMP/stay.pid"
kill -KILL $!
wait $! 2>/dev/null
kill -KILL "$(cat "$TMP/stay.pid")"
is "$(rows "$L" | wc -l) $(stat -c %Y "$L")" "3 $NOW" 'killed while it runs: the list is in its place'
reload
is "$status $(summary)" '0 [true,3,0,0,true]' 'and the next dump runs the command'
reload
is "$(jq .lists[0].written "$TMP/out")" false 'once'
reload --allow "$TMP/pardoned"
rm "$L"
run dump -c "$CONF" --output "$L" --reload-command "$TMP/none x"
check 'one that does not exist is reported' grep -q "cannot run '$TMP/none': No such file" "$TMP/err"
is "$status" 3 'and a warning'
rm "$L"
PATH=/usr/bin:/bin run dump -c "$CONF" --output "$L" --reload-command "nft --version"
is "$status" 0 'one in /usr/sbin is found, though cron does not look there'
cat >"$TMP/slow" <<-'END'
	#!/bin/bash
	sleep 1000 &
	echo $! >"${0%/*}/slow.pid"
	wait
END
chmod +x "$TMP/slow"
sed '$a reload-time = 1' "$CONF" >"$TMP/time.conf"
rm "$L"
start=$SECONDS
run dump -c "$TMP/time.conf" --output "$L" --reload-command "$TMP/slow"
check 'one that takes too long is killed' grep -q "slow' was killed: it took more than 1 s" "$TMP/err"
check 'soon' [ $((SECONDS - start)) -lt 10 ]
is_gone() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.*[ZX]' "/proc/$1/status"
}
check 'with all that it has started' wait_for 5 is_gone "$(cat "$TMP/slow.pid")"
mkdir "$TMP/dir"
rm -f "$TMP/ran"
run dump -c "$CONF" --output "$TMP/dir" --reload-command "$TMP/cmd"
is "$status $([ -e "$TMP/ran" ] && echo ran)" '1 ' 'after a failed write it does not run'

# --- as another user ---------------------------------------------------------

mkdir -m 777 "$TMP/anybody"
chmod a+x "$TMP"
cat >"$TMP/who" <<-'END'
	#!/bin/sh
	d=${0%/*}/anybody
	{ id -un; id -Gn; echo "$HOME"; sed -n 's/^\(CapEff\|CapPrm\|NoNewPrivs\):[[:blank:]]*//p' /proc/self/status; } >"$d/who.$1"
END
chmod +x "$TMP/who"
cat "$CONF" - >"$TMP/user.conf" <<-END
	list = { "plain $TMP/user.1 $TMP/who 1", "plain $TMP/user.2 $TMP/who 2" }
	reload-user = { games, "root $TMP/user.2" }
END
run dump --all -c "$TMP/user.conf" --at "$NOW"
is "$status $(paste -sd' ' "$TMP/anybody/who.1")" \
	"0 games games $(getent passwd games | cut -d: -f6) 0000000000000000 0000000000000000 1" \
	'reload-user: with its groups, and no capability, nor a way to any'
is "$(head -n 1 "$TMP/anybody/who.2")" root 'but for the list that names another'
sed 's/reload-user = .*/reload-user = nobody_at_all/' "$TMP/user.conf" >"$TMP/no-user.conf"
fails 2 "no-user.conf:[0-9]+: there is no user 'nobody_at_all'" 'one that does not exist' \
	dump --all -c "$TMP/no-user.conf"
sed "s|reload-user = .*|reload-user = { \"games $TMP/user.3\" }|" "$TMP/user.conf" >"$TMP/no-list.conf"
fails 2 "'$TMP/user.3' is the file of no list" 'nor may a list that does not' \
	dump --all -c "$TMP/no-list.conf"

# --- behind a socket ---------------------------------------------------------

# What nolist-xdp-reload@.service does: each request in a process of its own.
cat >"$TMP/behind" <<-'END'
	import os, socket, subprocess, sys
	path, command = sys.argv[1], sys.argv[2:]
	s = socket.socket(socket.AF_UNIX)
	s.bind(path)
	s.listen()
	while True:
	    with s.accept()[0] as c:
	        subprocess.run(command, stdin=c, stdout=c)
END
behind=
# serve CONF: behind $TMP/socket.
serve() {
	[ -z "$behind" ] || kill "$behind"
	rm -f "$TMP/socket"
	nsenter --net=/run/netns/server "$PYTHON" "$TMP/behind" "$TMP/socket" \
		"$TOOL" dump --answer -c "$1" 2>"$TMP/behind.err" &
	behind=$!
	must wait_for 10 test -S "$TMP/socket"
}
# by: "STATUS reloaded..." of the lists.
by() {
	run dump --all -c "$TMP/by.conf" --at "$1" --json --reload-by "$TMP/socket"
	echo "$status $(jq -r '[.lists[].reloaded] | join(" ")' "$TMP/out")"
}
cat "$CONF" - >"$TMP/by.conf" <<-END
	list = { "plain $TMP/by.plain $TMP/cmd by" , "nft $TMP/by.nft nft -f $TMP/by.nft" }
	list = { "plain $TMP/by.fails false" }
	reload-time = 5
END
rm -f "$TMP/ran"
is "$(by "$NOW")" '3 false false false' 'where nobody answers each reload has failed'
check 'and it is said' grep -q "by.plain': '$TMP/socket', which runs '$TMP/cmd', does not answer: No such file" "$TMP/err"
serve "$TMP/by.conf"
is "$(by "$NOW")" '3 true true false' 'the other process runs them, and tells what came of it'
is "$(cat "$TMP/ran")" '<by>' 'with their words'
check 'and its failure' grep -q "by.fails': 'false' failed: it exited with status 1" "$TMP/err"
rm -f "$TMP/ran"
is "$(by "$((NOW + 600))")" '3   false' 'what has not changed is let alone'
must in_server nft flush ruleset
is "$(by "$((NOW + 660))")" '3  true false' 'it finds out that a reader has lost its list'
is "$([ -e "$TMP/ran" ] && echo ran)" '' 'and asks no other'
sed "s|$TMP/cmd by|$TMP/cmd other|" "$TMP/by.conf" >"$TMP/other.conf"
serve "$TMP/other.conf"
rm "$TMP/by.plain"
by "$NOW" >/dev/null
is "$(cat "$TMP/ran")" '<other>' 'the command is of the configuration over there'
rm "$TMP/ran"
# refuses REQUEST NAME
refuses() {
	local got

	got=$(printf '%s' "$1" | nsenter --net=/run/netns/server timeout 10 "$TOOL" dump --answer \
		-c "$TMP/by.conf" 2>/dev/null)
	is "$? $got $([ -e "$TMP/ran" ] && echo ran)" '1  ' "$2"
}
refuses "reload $TMP/by.conf
" 'a request for no list'
refuses "run $TMP/by.plain $TMP/cmd
" 'one for something else'
refuses "reload $TMP/by.plain" 'one without an end'
refuses "lost $TMP/by.nft 203.0.113.1;flush -
" 'one with a source that is none'
refuses "$(printf 'x%.0s' {1..5000})
" 'one that is too long'
kill "$behind"
fails 2 'needs --all' '--reload-by' dump --reload-by "$TMP/socket" --output "$TMP/by.plain" -c "$CONF"
fails 2 'stands alone' '--answer' dump --all --answer -c "$TMP/by.conf"

# --- all of the configuration ------------------------------------------------

cat "$CONF" - >"$TMP/all.conf" <<-END
	list = { "nft $TMP/all.nft $TMP/cmd one", "plain $TMP/none/x true" }
	list = { "postfix $TMP/all.postfix" }
END
rm -f "$TMP/ran"
run dump --all -c "$TMP/all.conf" --at "$NOW" --json
is "$status $(jq -c '[.lists[] | [.format, .written, .reloaded]]' "$TMP/out")" \
	'3 [["nft",true,true],["plain",false,null],["postfix",true,null]]' \
	'--all writes what it can, and tells what it cannot'
is "$(cat "$TMP/ran")" '<one>' 'and runs the commands'
check 'each in its format' grep -q '554 5.7.1' "$TMP/all.postfix"
sed 's/"postfix /"colour /' "$TMP/all.conf" >"$TMP/bad.conf"
rm "$TMP/all.nft"
fails 2 "bad.conf:[0-9]+: unknown format 'colour'" 'a wrong format is reported with its place' \
	dump --all -c "$TMP/bad.conf"
check 'before anything is written' [ ! -e "$TMP/all.nft" ]
fails 2 'names no list' 'a configuration without lists' dump --all -c "$CONF"
fails 2 'from the configuration' '--all takes no format' dump --all --format nft -c "$CONF"
fails 2 'not with --unverified' 'nor SYNs alone' dump --all --unverified -c "$CONF"

# --- a reader that has lost the list -----------------------------------------

# again AT [COMMAND]: "written reloaded" of an nft list.
again() {
	run dump -c "$CONF" --at "$1" --output "$TMP/set.nft" --format nft --json \
		--reload-command "${2:-nft -f $TMP/set.nft}"
	jq -r '.lists[0] | "\(.written) \(.reloaded)"' "$TMP/out"
}
has_sets() {
	in_server nft list set inet nolist bl4 && in_server nft list set inet nolist bl6
}
is "$(again "$NOW")" 'true true' 'nft loads a list'
is "$(again "$((NOW + 600))")" 'false null' 'and is let alone while it has it'
must in_server nft flush ruleset
is "$(again "$((NOW + 600))")" 'false true' 'after a flush it loads the list again'
check 'which is said' grep -q "'nft' does not have it any more: it is loaded again" "$TMP/err"
check 'and has it' has_sets
is "$(again "$((NOW + 600))")" 'false null' 'once'
must in_server nft delete set inet nolist bl6
is "$(again "$((NOW + 600))" && has_sets >/dev/null && echo has)" $'false true\nhas' 'so it does for one set'
must in_server nft flush ruleset
is "$(again "$((NOW + 700))" 'env nft -f /dev/null')" 'false null' \
	'a command of another name is not asked: it may be of another host'
is "$(again "$((NOW + 600 + 3599))" true)" 'false null' 'it loads again'
is "$(again "$((NOW + 600 + 3600))" true)" 'false true' 'after an hour'
is "$(again "$((NOW + 600 + 7199))" true)" 'false null' 'and after another one'
is "$(again "$((NOW + 600 + 7200))" false)" 'false false' 'but if that fails'
again "$((NOW + 600 + 7200))" false >/dev/null
is "$status" 3 'which is a warning'
is "$(again "$((NOW + 600 + 7201))" true)" 'false true' 'it tries again'
sed '$a list-life = 2147483647\nlisting = 2147483647' "$CONF" >"$TMP/long.conf"
run dump --quiet -c "$TMP/long.conf" --at "$NOW" --format nft
is "$(grep -c ' timeout 99999999s,$' "$TMP/out")" 3 'a long life is what nft can take'
check 'which it does' in_server nft -f "$TMP/out"
run dump --quiet -c "$TMP/long.conf" --at "$NOW" --format ipset
is "$(grep -c ' timeout 2147483$' "$TMP/out")" 3 'and what ipset can'

# --- lists that are gone -------------------------------------------------------

K=$TMP/known
mkdir "$K"
# known: the lists in there that status shows.
known() {
	nolist status -c "$TMP/gone.conf" --json |
		jq -r --arg k "$K/" '.lists[] | select(.output | startswith($k)) |
			.output[($k | length):] + (if .missing then "?" else "" end) +
			(if .configured then "" else "!" end)' | sort | tr '\n' ' '
}
stored() {
	sqlite3 "$STATE_DIR/evidence.db" "SELECT count(*) FROM list WHERE path = '$K/$1'"
}
sed "\$a list = { \"plain $K/kept\", \"plain $TMP/./known/lost\" }" "$CONF" >"$TMP/gone.conf"
run dump --all -c "$TMP/gone.conf" --at "$NOW"
run dump -c "$CONF" --at "$NOW" --output "$K/once"
rm "$K/lost"
is "$(known)" 'kept lost? once! ' 'status shows a list that is missing, if it is configured'
nolist status -c "$TMP/gone.conf" >"$TMP/out" 2>/dev/null
check 'in words, too' grep -q "$K/lost .* no file " "$TMP/out"
check 'and one that is there, but not configured' grep -q "$K/once .* (not configured)\$" "$TMP/out"
is "$(grep "^$K/kept " "$TMP/out" | grep -c 'not configured')" 0 'another one is'
rm "$K/once"
is "$(known)$(stored once)" 'kept lost? 1' 'one that is neither is not shown'
run dump --all -c "$TMP/gone.conf" --at "$NOW"
is "$(stored once) $(stored kept)" '0 1' 'and forgotten by the next dump'
must nolist dump --forget "$TMP/dir/../known/kept"
is "$(stored kept) $(known)" '0 lost ' 'any list can be forgotten, however it is spelt'
fails 1 "no list in '$K/kept' is known" 'but not twice' dump --forget "$K/kept"
fails 2 'stands alone' 'and nothing is written' dump --forget "$K/kept" --all

# --- a place for all ------------------------------------------------------------

sed "\$a list = { \"rspamd $STATE_DIR/lists/rspamd.map\" }" "$CONF" >"$TMP/place.conf"
(umask 077 && run dump --all -c "$TMP/place.conf" --at "$NOW")
(umask 022 && touch "$STATE_DIR/lists/rspamd.map")
is "$(stat -c %a "$STATE_DIR/lists")" 755 'the directory for published lists is made, for all'
rm -r "$STATE_DIR/lists"
run dump --all -c "$TMP/place.conf" --at "$NOW"
readable() {
	setpriv --reuid=65534 --regid=65534 --clear-groups cat "$1"
}
chmod 755 "$TMP"
check 'a user of its own reads a list there' readable "$STATE_DIR/lists/rspamd.map"
check 'but not the store' [ "$(stat -c %a "$STATE_DIR/evidence.db")" = 600 ]

# --- where nobody else leads us ----------------------------------------------

mkdir "$TMP/real" "$TMP/open"
echo old >"$TMP/real/list"
ln -s real "$TMP/ours"
ln -s real "$TMP/theirs"
ln -s theirs "$TMP/twice"
ln -s loop "$TMP/loop"
chown -h 65534 "$TMP/theirs"
chmod 777 "$TMP/open"
mkdir "$TMP/open/dir"
for path in theirs/list twice/list theirs/../real/list loop/list; do
	fails 1 'symbolic link' "a path through $path" dump -c "$CONF" --output "$TMP/$path"
done
fails 1 'any user can write' 'a path through a directory where anybody can rename' \
	dump -c "$CONF" --output "$TMP/open/dir/list"
is "$(cat "$TMP/real/list")" old 'nothing was written'
run dump -c "$CONF" --at "$NOW" --output "$TMP/ours/list"
is "$status $(rows "$TMP/real/list" | wc -l)" '0 3' 'a link of our own is followed'
ln "$TMP/real/list" "$TMP/real/other"
run dump -c "$CONF" --at "$NOW" --output "$TMP/real/list" --allow "$TMP/pardoned"
is "$(rows "$TMP/real/other" | wc -l)" 3 'another name of the old file keeps the old list'
mkfifo "$TMP/real/fifo"
fails 1 'regular file' 'a pipe is not waited for' dump -c "$CONF" --output "$TMP/real/fifo"

# --- whole, whatever happens -------------------------------------------------

inject many=2000
mkdir "$TMP/small"
must mount -t tmpfs -o size=16k tmpfs "$TMP/small"
full=0
for f in ${formats/spamassassin/}; do
	echo "old $f" >"$TMP/small/list"
	run dump --quiet -c "$CONF" --at "$NOW" --format "$f" --output "$TMP/small/list"
	if [ "$status $(cat "$TMP/small/list")" = "1 old $f" ] &&
		grep -q 'No space left' "$TMP/err" && [ "$(find "$TMP/small" -type f | wc -l)" = 1 ]; then
		full=$((full + 1))
	fi
done
is $full 17 'a full disk leaves the old list, and nothing else, in every format'
must mount -o remount,ro "$TMP/small"
fails 1 'Read-only file system' 'so does a read-only one' \
	dump -c "$CONF" --at "$NOW" --quiet --output "$TMP/small/list"
must umount "$TMP/small"

# Two lists take turns, so that each attempt has something to write, and may.
sed '$a growth-min = 1000000' "$CONF" >"$TMP/grow.conf"
echo 100.128.0.0/16 >"$TMP/half"
for f in plain zone; do
	mkdir "$TMP/kill.$f"
	run dump --quiet -c "$TMP/grow.conf" --at "$NOW" --format $f
	cp "$TMP/out" "$TMP/all.list"
	run dump --quiet -c "$TMP/grow.conf" --at "$NOW" --format $f --allow "$TMP/half"
	cp "$TMP/out" "$TMP/half.list"
	cp "$TMP/half.list" "$TMP/kill.$f/list"
	whole=0
	for ((i = 0; i < kills / 2; i++)); do
		allow=/dev/null
		[ $((i % 2)) = 0 ] || allow=$TMP/half
		nsenter --net=/run/netns/server "$TOOL" dump --quiet -c "$TMP/grow.conf" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" \
			--at "$NOW" --format $f --allow "$allow" --output "$TMP/kill.$f/list" 2>/dev/null &
		sleep "0.0$((RANDOM % 60 + 10))"
		kill -9 $! 2>/dev/null
		wait $! 2>/dev/null
		if cmp -s "$TMP/kill.$f/list" "$TMP/all.list" || cmp -s "$TMP/kill.$f/list" "$TMP/half.list"; then
			whole=$((whole + 1))
		fi
	done
	is $whole $((kills / 2)) "$f: killed at any instant, $((kills / 2)) times: one of the two lists"
	check "$f: and next to no rest" [ "$(find "$TMP/kill.$f" -type f | wc -l)" -le 2 ]
done

# --- progress ----------------------------------------------------------------

# The pipe makes it slow enough.
inject many=20000
slow="nsenter --net=/run/netns/server $TOOL dump -c $CONF --pin-dir $PIN_DIR --state-dir $STATE_DIR --at $NOW --format zone |
	(sleep $((2 * ${NOLIST_PATIENCE:-1})); cat >/dev/null)"
script -qec "$slow" /dev/null </dev/null >"$TMP/terminal"
check 'a terminal sees how far it is' grep -qE 'nolist-xdp: writing: [0-9]+ sources' "$TMP/terminal"
bash -c "$slow" 2>"$TMP/err"
is "$(tr -cd '\r\33' <"$TMP/err" | wc -c)" 0 'nothing else does'
done_testing
