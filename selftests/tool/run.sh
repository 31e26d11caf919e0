#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run: loads, collects and writes the lists for as long as one likes. A reader of
# a list that hangs stops neither that nor the watchdog; a bad configuration is reported
# and not taken, however often; it goes without a gap for the next one, and however
# it ends no evidence is lost. Why it matters: nobody looks at it for months.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need bpftool jq sqlite3
topology ''
DB=$STATE_DIR/evidence.db
NOTES=$TMP/notes
export NOTIFY_SOCKET=$TMP/notify
pid=0

# The messages to systemd: a line each, those of one message in their order.
"$PYTHON" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
	sys.stdout.write(s.recv(4096).decode().rstrip("\n") + "\n")
	sys.stdout.flush()' "$NOTIFY_SOCKET" >>"$NOTES" &
must wait_for 30 test -S "$NOTIFY_SOCKET"

# forget_notes: from here on the notes have only what is said from here on.
marks=0
forget_notes() {
	marks=$((marks + 1))
	must "$PYTHON" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(("MARK=" + sys.argv[2]).encode(), sys.argv[1])' "$NOTIFY_SOCKET" $marks
	must wait_for 30 notified "^MARK=$marks\$"
	: >"$NOTES"
}

# start [OPTION]...: in the background; what it says is in run.log.
start() {
	forget_notes
	: >"$TMP/run.log"
	nsenter --net=/run/netns/server "$TOOL" run -c "$CONF" --pin-dir "$PIN_DIR" \
		--state-dir "$STATE_DIR" "$@" >"$TMP/run.out" 2>>"$TMP/run.log" &
	pid=$!
}

# ends: waits for it, with its exit status.
ends() {
	wait "$pid"
	status=$?
}

notified() {
	grep -q -- "$1" "$NOTES"
}

said() {
	grep -q -- "$1" "$TMP/run.log"
}

# What it says; on a busy machine a collect takes longer than its second.
words() {
	grep -v "'collect' takes longer than 1 s" "$TMP/run.log"
}

is_attached() {
	[ "$(attached_id)" != none ]
}

# stored SQL: what the store says.
stored() {
	[ "$(sqlite3 -readonly "$DB" "$1" 2>/dev/null)" = "$2" ]
}

# collects: it does so at least once more.
collects() {
	local before

	wait_for 30 read_last_collect || return 1
	before=$last_collect
	wait_for 30 collected_after "$before"
}

# False while somebody else is opening or closing the store.
read_last_collect() {
	last_collect=$(sqlite3 -readonly "$DB" 'SELECT max(seen_s + wall_s) FROM epoch') &&
		[ "$last_collect" ]
}

collected_after() {
	read_last_collect && [ "$last_collect" -gt "$1" ]
}

# dumps: the same for lists, and for collects as the status shows them.
dumps() {
	local before

	before=$(grep -c 'lists written at' "$NOTES")
	wait_for 30 noted_more "$before"
}

noted_more() {
	[ "$(grep -c 'lists written at' "$NOTES")" -gt $(($1 + 3)) ]
}

# talks SOURCE: an offender, from now on.
talks() {
	inject_now "$1 talk=$up:$up:1 hour=$((up / 3600)):1:0:0:0"
}

serve "$REAL4" "$REAL6"
judge_setup
up=$(cut -d. -f1 /proc/uptime)
must nolist unload >/dev/null
must nolist unload --purge >/dev/null
cat >>"$CONF" <<-END
	collect-interval = 1
	dump-interval = 1
	grace = 0
	offences = 1
	real-mx-unseen = accept
	list = { "plain $TMP/list" }
END
cp "$CONF" "$TMP/good.conf"

# --- it begins ---------------------------------------------------------------

start
check 'it says when it is ready' wait_for 30 notified '^READY=1$'
check 'and is attached then' is_attached
check 'it collects' wait_for 30 stored 'SELECT count(*) > 0 FROM epoch' 1
check 'it writes the list' wait_for 30 test -e "$TMP/list"
check 'it says what it does' wait_for 30 notified \
	'^STATUS=collected at 20[0-9T:-]*Z, lists written at 20[0-9T:-]*Z$'
check 'it collects again' collects
inode=$(stat -c %i "$TMP/list")
check 'it looks at the list again' dumps
is "$(stat -c %i "$TMP/list")" "$inode" 'and leaves it alone while nothing changes'
first=$pid
nolist run -c "$CONF" >"$TMP/second.out" 2>"$TMP/second.log"
is "$? $(head -n 1 "$TMP/second.log")" "1 nolist-xdp: run: another 'nolist-xdp run', process $first, is \
running for '$STATE_DIR'" 'a second one is refused, and says which is the first'
nolist run -c "$CONF" --no-load >"$TMP/second.out" 2>"$TMP/second.log"
is "$?" 1 'also without loading'
check 'the first one goes on' collects
talks 203.0.113.9
check 'the list follows what happens' wait_for 30 grep -qx 203.0.113.9 "$TMP/list"
check 'which is stored' wait_for 30 stored 'SELECT count(DISTINCT source) FROM source' 1
must wait_for 30 said 'listed 203.0.113.9'
is "$(words | head -n 1)" 'nolist-xdp: run: loaded; collecting every 1s, writing 1 list every 1s' \
	'it says that it has loaded'
is "$(words | sed 1d | cat - "$TMP/run.out" | grep -v "'dump' takes longer than 1 s" | cut -d: -f1-4)" \
	"nolist-xdp: dump: '$TMP/list': listed 203.0.113.9" 'all is well, so nothing else is said'
program=$(attached_id)
inject_now "203.0.113.10 high=$up:$up:1"
kill -TERM $pid
ends
is $status 0 'it ends when asked to'
check 'says so' notified '^STOPPING=1$'
is "$(tail -n 1 "$TMP/run.log")" 'nolist-xdp: run: ended; the program stays attached' 'and in the log'
is "$(attached_id)" "$program" 'and leaves the program at work'
check 'the last moment is stored' stored 'SELECT count(DISTINCT source) FROM source' 2

# --- others hang, or fail ----------------------------------------------------

cat >"$TMP/hang" <<-END
	#!/bin/bash
	echo \$\$ >"$TMP/hang.pid"
	exec sleep 1000
END
chmod +x "$TMP/hang"
{
	grep -v '^list' "$TMP/good.conf"
	echo 'reload-time = 3000'
	echo "list = { \"plain $TMP/list2 $TMP/hang\" }"
} >"$CONF"
export WATCHDOG_USEC=400000
start
check 'it is ready again' wait_for 30 notified '^READY=1$'
is "$(attached_id)" "$program" 'with the program that was there'
check 'a reader of a list hangs' wait_for 30 test -s "$TMP/hang.pid"
check 'it goes on collecting' collects
pings=$(grep -c '^WATCHDOG=1$' "$NOTES")
more_pings() {
	[ "$(grep -c '^WATCHDOG=1$' "$NOTES")" -gt $((pings + 8)) ]
}
check 'and telling the watchdog, again and again' wait_for 30 more_pings
check 'and says what hangs' wait_for 30 said "warning: 'dump' takes longer than 1 s"
is "$(grep -c "'dump' takes" "$TMP/run.log")" 1 'once'
unset WATCHDOG_USEC

# caps PID: its effective capabilities, in hexadecimal digits.
caps() {
	sed -n 's/^CapEff:[[:blank:]]*//p' "/proc/$1/status"
}
writer=$(awk '/^PPid:/ { print $2 }' "/proc/$(cat "$TMP/hang.pid")/status")
is "$((0x$(caps "$writer") >> 21 & 1)) $((0x$(caps "$writer") >> 38 & 1))" '0 0' \
	'what writes lists has neither CAP_SYS_ADMIN nor CAP_PERFMON'
collector_has_bpf_alone() {
	local child

	for child in $(pgrep -P "$pid"); do
		[ "$child" = "$writer" ] || [ "$(caps "$child")" != 0000008000000000 ] || return 0
	done
	return 1
}
check 'what collects has CAP_BPF alone' wait_for 20 collector_has_bpf_alone

# --- the configuration changes -----------------------------------------------

# reloads COMMAND...: HUP, and COMMAND passes when that has been dealt with.
reloads() {
	forget_notes
	kill -HUP "$pid"
	wait_for 30 is_reloaded && "$@"
}

is_reloaded() {
	sed -n '/^RELOADING=1$/,$p' "$NOTES" | grep -q '^READY=1$'
}

has_high() {
	nolist status --json | jq -e --arg a "$1" '.tables[0].mx[] | select(.address == $a)'
}

echo "high = { $CLIENT4 " >>"$CONF"
check 'a bad configuration is reported' reloads true
check 'and tells where it is bad' said "$CONF:[0-9]*: "
check 'the old one stays' said 'the old configuration stays in force'
lines=$(words | wc -l)
check 'it goes on collecting' collects
is "$(words | wc -l)" "$lines" 'and says so once'
is "$(words | grep -vcE ': listed | run: loaded')" 3 'in two lines'
: >"$CONF"
check 'an empty file' reloads said 'has no MX addresses'
is "$(nolist status --json | jq '.tables[0].mx | length')" 6 'empties nothing'
echo 'mode = sideways' >"$CONF"
check 'a wrong value' reloads said 'sideways'
sed 's/s0/s7/' "$TMP/good.conf" >"$CONF"
check 'an interface that is not there' reloads said "cannot attach to 's7': No such device"
printf 'a.example 192.0.2.0/24\na.example 192.0.2/24\n' >"$TMP/providers"
sed "\$a providers = { $TMP/providers }" "$TMP/good.conf" >"$CONF"
check 'a wrong line of a providers file' reloads said "$TMP/providers:2: not a name and a network"
sed "\$a allow = { $TMP/providers }" "$TMP/good.conf" >"$CONF"
check 'or of an allow file' reloads said "$TMP/providers:1: not an address or a prefix"
rm "$CONF"
check 'no file' reloads said "cannot read '$CONF'"
sed "\$a list = { \"plane $TMP/list3\" }" "$TMP/good.conf" >"$CONF"
check 'an unknown format' reloads said "unknown format 'plane'"
is "$(grep -c 'stays in force' "$TMP/run.log")" 6 'all but these two leave the old one in force'
check 'which still collects' collects
sed "\$a high = { 192.0.2.31 }" "$TMP/good.conf" >"$CONF"
check 'a good one is taken' reloads has_high 192.0.2.31
check 'and which keys have changed is told' said 'run: reloaded: changed: .*high'
is "$(attached_id)" "$program" 'in place'
kill -KILL "$(cat "$TMP/hang.pid")"
check 'lists are written as it says' wait_for 30 grep -q '^# count' "$TMP/list"
rm -f "$TMP/list"
check 'its lists only' wait_for 30 test -e "$TMP/list"

for ((i = 0; i < 300; i++)); do
	kill -HUP $pid
done
check 'a storm of signals ends' reloads has_high 192.0.2.31
check 'and it collects' collects

# --- what fails is reported, and tried again ---------------------------------

# stops: between two steps, so that none of them has the store open.
stops() {
	kill -STOP $pid
	pgrep -P $pid || return 0
	kill -CONT $pid
	return 1
}
: >"$TMP/run.log"
must wait_for 30 stops
mv "$DB" "$TMP/good.db"
rm -f "$DB"-*
printf 'x%.0s' {1..8192} >"$DB"
kill -CONT $pid
check 'a damaged store is reported' wait_for 30 said "collect: the store '$DB' is damaged"
must wait_for 30 stops
mv "$TMP/good.db" "$DB"
kill -CONT $pid
check 'and when it is good again' wait_for 30 said "'collect' works again"
kill -TERM $pid
ends
is $status 0 'and it ends well'

# --- without lists -------------------------------------------------------------

grep -v '^list' "$TMP/good.conf" >"$CONF"
start
check 'without a list' wait_for 30 notified '^READY=1$'
inject_now "203.0.113.77 talk=$up:$up:1 hour=$((up / 3600)):1:0:0:0"
check 'it logs the listed sources' wait_for 30 said "collect: '$STATE_DIR/listed': listed 203.0.113.77: tempfailed"
kill -TERM $pid
ends
cp "$TMP/good.conf" "$CONF"

# --- how it ends, and does not begin -----------------------------------------

start --unload-on-exit
check 'once more' wait_for 30 notified '^READY=1$'
kill -INT $pid
ends
is "$status $(attached_id)" '0 none' 'it detaches only if asked to'
start --no-load
check 'without loading' wait_for 30 notified '^READY=1$'
check 'it is not attached' test "$(attached_id)" = none
check 'it collects what is pinned' collects
kill -TERM $pid
ends
is $status 0 'and ends'

# ip link, or another unit, has attached it: it is configured in place.
must nolist unload --purge >/dev/null
must ip -n server link set dev s0 xdp obj "$BUILD/nolist.bpf.o" sec xdp
program=$(attached_id)
sed "\$a high = { 192.0.2.32 }" "$TMP/good.conf" >"$CONF"
start
check 'attached by ip link: it is ready' wait_for 30 notified '^READY=1$'
is "$(attached_id)" "$program" 'nothing was attached anew'
check 'what is there was configured' has_high 192.0.2.32
check 'it collects' collects
kill -TERM $pid
ends
is "$status $(attached_id)" "0 $program" 'and leaves it where it is'
must nolist unload --purge >/dev/null

cp "$TMP/good.conf" "$CONF"
echo 'mode = sideways' >>"$CONF"
start
ends
is "$status" 2 'a bad configuration at the start ends it'
sed 's/s0/s7/' "$TMP/good.conf" >"$CONF"
start
ends
is "$status $(cat "$NOTES")" '1 ' 'so does an interface that is not there'
check 'and is reported' said "cannot attach to 's7': No such device"

# --- a reader hangs at the end -----------------------------------------------

{
	grep -v -e '^list' -e '^collect-i' "$TMP/good.conf"
	echo 'collect-interval = 600'
	echo "list = { \"plain $TMP/list4 $TMP/hang\" }"
} >"$CONF"
rm -f "$TMP/hang.pid"
start
check 'a reader hangs again' wait_for 30 test -s "$TMP/hang.pid"
kill -TERM $pid
check 'it is waited for' wait_for 30 notified '^STOPPING=1$'
last_is_done() {
	sed -n '/^STOPPING=1/,$p' "$NOTES" | grep -q '^STATUS=collected'
}
check 'after the last collect' wait_for 30 last_is_done
kill -TERM $pid
ends
is $status 0 'until a second signal'
kill -KILL "$(cat "$TMP/hang.pid")"
printf '#!/bin/sh\ntouch %s\n' "$TMP/taken" >"$TMP/hang"
start
check 'and its reader is run by the next one' wait_for 30 test -e "$TMP/taken"
kill -TERM $pid
ends

# --- killed ------------------------------------------------------------------

cp "$TMP/good.conf" "$CONF"
kills=$((${NOLIST_FULL:+180} + 20))
whole=0
rm -f "$TMP/list"
# What it leaves at work are loads, which wait for each other.
left() {
	pgrep -P 1 -f 'nolist-xdp run' | wc -l
}
few_left() {
	[ "$(left)" -lt 3 ]
}
for ((i = 1; i <= kills; i++)); do
	must wait_for 60 few_left
	inject_now "203.0.113.1 high=$up:$up:$i"
	start
	sleep "0.$((RANDOM % 40 + 10))"
	kill -KILL $pid
	ends 2>/dev/null
	run explain -c "$CONF" --json 203.0.113.1
	if [ "$(jq .high.opens "$TMP/out")" = "$i" ] &&
		{ [ ! -e "$TMP/list" ] || [ "$(grep -c '^203.0.113.9$' "$TMP/list")" = 1 ]; }; then
		whole=$((whole + 1))
	else
		diag "kill $i: $(cat "$TMP/out" "$TMP/err" "$TMP/run.log")"
	fi
done
is $whole $kills 'killed at any instant, it neither loses nor doubles a count, nor cuts a list'
none_left() {
	[ "$(left)" = 0 ]
}
check 'and leaves nothing at work' wait_for 120 none_left
none_left || diag "$(ps -o pid,ppid,stat,wchan,args -e)"
start
check 'the next one is ready' wait_for 30 notified '^READY=1$'
check 'and collects' collects
is "$(sqlite3 -readonly "$DB" 'PRAGMA integrity_check')" ok 'a sound store'
kill -TERM $pid
ends
is $status 0 'to the end'
end_services 2>/dev/null
done_testing
