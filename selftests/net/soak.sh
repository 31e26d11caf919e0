#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# All at once, for SOAK_MINUTES (5; `make soak` takes an hour): a flood of forged segments at all
# addresses, real mail by postfix and exim, bots at the high fake, new configurations, collects,
# dumps and looks, an interface that goes and comes. No mail is lost, or late by a second; each
# frame is counted once; and nothing is left behind: no memory, descriptor, table, program, pin
# or file. Why it matters: it runs for months on hosts where nobody looks.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need bpftool jq sqlite3
MINUTES=${SOAK_MINUTES:-5}
FLOOD=${SOAK_FLOOD:-2000} # segments a second
END=$TOP/$NOLIST_LAB/end
DB=/var/lib/nolist-xdp/evidence.db
SOURCES=16411
WARM=30 # seconds until it is as large as it will be: the interface has come again

# --- what goes on ------------------------------------------------------------

# mail MTA NUMBER: the time when it was handed over is noted.
mail() {
	local by='sendmail -f joe@example.net' host=sender

	[ "$1" = postfix ] || by='exim4 -f ann@example.org' host=exim
	echo "$1 $2 $(date +%s.%N)" >>"$TMP/sent"
	at "$host" bash -c "printf 'Subject: soak $1 $2\n\nHello.\n' | $by inbox@example.com"
}

mails() {
	local n=0

	while [ ! -e "$END" ]; do
		n=$((n + 1))
		mail postfix $n
		mail exim $n
		sleep 1
	done
}

# arrived: "MTA NUMBER TIME", of all mail in the box.
arrived() {
	at mx bash -c 'cd /var/mail/example.com/new && find . -type f -printf "%T@ %f\n" | while read -r time file; do
		echo "$(sed -n "s/^Subject: soak //p; /^$/q" "$file") $time"; done'
}

# lateness: of each mail that has arrived, in ms, with its name.
lateness() {
	arrived | awk 'NR == FNR { at[$1 " " $2] = $3; next }
		($1 " " $2) in at { printf "%d %s %s\n", (at[$1 " " $2] - $3) * 1000, $1, $2 }' - "$TMP/sent"
}

flood() {
	at net "$PYTHON" - "$(at mx cat /sys/class/net/eth0/address)" "$FLOOD" "$END" <<-'END'
	import os, random, socket, struct, sys, time
	mac, rate, end = sys.argv[1], int(sys.argv[2]), sys.argv[3]
	raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
	raw.bind(("mx", 0))
	head = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("020000000001" "0800")

	def total(data):
	    n = sum(struct.unpack(f"!{len(data) // 2}H", data))
	    while n >> 16:
	        n = (n & 0xffff) + (n >> 16)
	    return 0xffff - n

	def frame():
	    source = bytes((11, random.randrange(256), random.randrange(256), random.randrange(1, 255)))
	    to = socket.inet_aton(random.choice(("192.0.2.10", "192.0.2.20", "192.0.2.30")))
	    flags = random.choice((2, 2, 2, 16, 24, 4, 17))
	    tcp = bytearray(struct.pack("!HHIIBBHHH", random.randrange(1024, 65536), 25, random.getrandbits(32),
	                                random.getrandbits(32), 0x50, flags, 1024, 0, 0))
	    struct.pack_into("!H", tcp, 16, total(source + to + bytes((0, 6, 0, 20)) + tcp))
	    ip = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, random.getrandbits(16), 0, 64, 6, 0, source, to))
	    struct.pack_into("!H", ip, 10, total(ip))
	    return head + ip + tcp

	while not os.path.exists(end):
	    began = time.monotonic()
	    for _ in range(rate // 20):
	        try:
	            raw.send(frame())
	        except OSError:
	            pass
	    time.sleep(max(0, began + 0.05 - time.monotonic()))
	END
}

bots() {
	while [ ! -e "$END" ]; do
		at bot timeout 20 "$PYTHON" -c '
import socket
s = socket.create_connection(("192.0.2.30", 25), 10)
for line in (b"", b"EHLO a\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<c@example.com>\r\n", b"DATA\r\n"):
    s.sendall(line)
    s.recv(999)' 2>/dev/null
		sleep 3
	done
}

# An interface of its own, so that no mail is delayed by it; nobody sends there unasked.
come() {
	at mx ip link add x0 type veth peer name x1
	at mx ip link set dev x1 xdp object "$BUILD/selftests/lib/xdp_pass.bpf.o" section xdp
	at mx bash -c 'for i in x0 x1; do echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; ip link set $i arp off up; done'
}

upheavals() {
	local n=0 out

	while [ ! -e "$END" ]; do
		n=$((n + 1))
		at mx sed -i "s/^tempfail-text = .*/tempfail-text = \"Try another, $n\"/" /etc/nolist-xdp.conf
		kill -HUP "$run"
		at mx nolist-xdp collect --quiet --log 0 >>"$TMP/words" 2>&1
		at mx nolist-xdp dump --all --quiet >>"$TMP/words" 2>&1
		out=$(at mx nolist-xdp status --json 2>>"$TMP/words") || echo "status fails: $out" >>"$TMP/wrong"
		at mx nolist-xdp explain 203.0.113.66 >/dev/null 2>>"$TMP/words"
		at mx nolist-xdp metrics >/dev/null 2>>"$TMP/words"
		if [ $((n % 4)) = 1 ]; then
			at mx ip link del x0
			sleep 2
			come
		fi
		echo "$n" >"$TMP/upheavals"
		sleep 3
	done
}

# --- what is measured --------------------------------------------------------

# Frames to the mail host, less those counted, at a moment when none is under way.
uncounted() {
	local sent counted again

	while :; do
		sent=$(at net cat /sys/class/net/mx/statistics/tx_packets)
		counted=$(at mx nolist-xdp status --json | jq '[.verdicts[]] | add')
		again=$(at net cat /sys/class/net/mx/statistics/tx_packets)
		[ "$sent" != "$again" ] || break
	done
	echo $((sent - counted))
}

# tables: those of this capacity, which no other test has. programs: those that use them.
tables() {
	bpftool map list -j 2>/dev/null | jq -c "[.[] | select(.max_entries == $SOURCES) | .id]"
}

programs() {
	bpftool prog list -j 2>/dev/null | jq --argjson ours "$(tables)" \
		'[.[] | select((.map_ids // []) - $ours != (.map_ids // []))] | length'
}

rss() {
	awk '/^VmRSS/ { print $2 }' "/proc/$run/status"
}

descriptors() {
	find "/proc/$run/fd" -mindepth 1 2>/dev/null | wc -l
}

# Pins have the numbers of their programs in their names.
files() {
	at mx bash -c 'cd / && find sys/fs/bpf var/lib/nolist-xdp var/lib/lists -printf "%y %p\n" |
		sed "s/_[0-9]*$/_N/" | grep -v -e "-wal$" -e "-shm$" -e "-journal$" | sort'
}

children() {
	pgrep -P "$run" | wc -l
}

# --- it ------------------------------------------------------------------------

lab_up
come
at mx mkdir -p /var/lib/lists
at mx sed -i '/^\(interface\|collect\|collect-interval\|dump-interval\|tempfail-text\|list\) = /d' /etc/nolist-xdp.conf
at mx bash -c 'cat >>/etc/nolist-xdp.conf' <<-END
	interface = { eth0, x0 }
	collect = yes
	collect-interval = 2
	dump-interval = 3
	tempfail-text = "Try another"
	sources = $SOURCES
	list = { "plain /var/lib/lists/plain true", "postfix /var/lib/lists/postfix" }
END

# How long mail takes here without the program.
: >"$TMP/sent"
for i in 1 2 3 4 5; do
	mail postfix "before-$i"
	mail exim "before-$i"
done
all_arrived() {
	[ "$(lateness | wc -l)" -eq "$(wc -l <"$TMP/sent")" ]
}
must wait_for 60 all_arrived
slowest=$(lateness | sort -n | tail -n 1 | cut -d' ' -f1)
limit=$((slowest + 1000 * ${NOLIST_PATIENCE:-1}))
: >"$TMP/sent"

at mx nolist-xdp load >"$TMP/load.log" 2>&1 || bail_out "it does not load: $(cat "$TMP/load.log")"
before=$(uncounted)
at mx nolist-xdp run >"$TMP/run.log" 2>&1 &
run_is_there() {
	run=$(pgrep -o -x -f 'nolist-xdp run')
}
must wait_for 20 run_is_there
: >"$TMP/words"
: >"$TMP/wrong"
for work in mails flood bots upheavals; do
	$work &
done
sleep "$WARM"
fds=$(descriptors) memory=$(rss) tables=$(tables | jq length) programs=$(programs)
files >"$TMP/files"
peak=$fds
end=$((SECONDS + MINUTES * 60 - WARM))
while [ $SECONDS -lt $end ]; do
	sleep 5
	now=$(descriptors)
	[ "$now" -le "$peak" ] || peak=$now
done
touch "$END"
sleep 6
n=$(cat "$TMP/upheavals")
mails=$(wc -l <"$TMP/sent")
check 'all mail arrives' wait_for 60 all_arrived
late=$(lateness | awk -v limit=$limit '$1 > limit' | sort -n)
is "$late" '' "none is late by a second (the slowest without the program: $slowest ms)"
diag "$mails mails, $n new configurations, the slowest $(lateness | sort -n | tail -n 1)"
# The last time that x0 came run may have had its three tries of this hour.
attached() {
	at mx nolist-xdp status --json | jq -r '[.interfaces[].name] | sort | join(" ")'
}
everywhere() {
	[ "$(attached)" = 'eth0 x0' ]
}
kill -HUP "$run"
check 'a new configuration loads everywhere' wait_for 30 everywhere
check 'run is there' test -d "/proc/$run"
is "$(cat "$TMP/wrong")" '' 'status answers each time'
is "$(uncounted)" "$before" "each of $(at net cat /sys/class/net/mx/statistics/tx_packets) frames is counted once"
quiet() {
	[ "$(children)" = 0 ]
}
must wait_for 30 quiet
check "no descriptor more: $fds, $(descriptors), at most $peak" test "$(descriptors)" -le $((fds + 1)) -a "$peak" -le $((fds + 6))
check "no memory: $memory, $(rss) KiB" test "$(rss)" -le $((memory + memory / 10 + 512))
check "there are tables, $tables, and programs, $programs" test "$tables" -ge 2 -a "$programs" -ge 2
is "$(tables | jq length)" "$tables" 'no table'
# One that was replaced may be there until its interface goes.
check "no program: $programs, $(programs)" test "$(programs)" -le $((programs + 1))
files >"$TMP/files.after"
is "$(comm -13 "$TMP/files" "$TMP/files.after")" '' 'no pin, and no file'
is "$(at mx sqlite3 $DB 'pragma integrity_check')" ok 'the store is sound'
at mx nolist-xdp dump --unverified >"$TMP/list" 2>/dev/null
check 'no good sender is listed' bash -c "! grep -E '^(198\.51\.100\.25|198\.18\.1\.25|2001:db8:10[01]:)' $TMP/list"
kill -TERM "$run"
check 'run ends' wait_for 60 test ! -e "/proc/$run"
check 'and leaves the program everywhere' everywhere
check 'it unloads' at mx nolist-xdp unload --purge
[ "$tap_failed" -eq 0 ] || diag "$(tail -n 20 "$TMP/run.log")" "$(sort "$TMP/words" | uniq -c | sort -rn | head)"
done_testing
