#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# maillog = PATH: collect and run follow a mail server's log while it is written, rotated by the real logrotate in
# both of its ways, and while they are killed: each delivery counts once, and each refusal. What was rejected,
# discarded or quarantined is no delivery. Why it matters: accepted mail excuses its sender, and what counts twice
# or not at all is a wrong number in what the administrator decides by.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh logrotate"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sqlite3
topology ''
judge_setup
tree=$TOP/build/debs/logrotate
mkdir "$TMP/log"
LOG=$TMP/log/mail.log
printf '%s\n' "maillog = $LOG" 'collect-interval = 1' >>"$CONF"

stamp() {
	date -u -d "@$((EPOCHSECONDS - ${1:-${ago:-0}}))" +%FT%T.123456+00:00
}
# client ID ADDRESS, sent ID [TEXT]: lines of the log.
client() {
	echo "$(stamp) mx postfix/smtpd[101]: $1: client=x.example[$2]" >>"$LOG"
}
sent() {
	printf '%s\n' "$(stamp) mx postfix/local[103]: $1: to=<joe@example.com>, relay=local, delay=0.1, delays=0/0/0/0, dsn=2.0.0, status=sent (${2:-delivered to mailbox})" \
		"$(stamp) mx postfix/qmgr[104]: $1: removed" >>"$LOG"
}
n=0
delivers() {
	n=$((n + 1))
	client "A$((1000 + n))" "$1"
	sent "A$((1000 + n))"
}
refuses() {
	echo "$(stamp) mx postfix/smtpd[101]: NOQUEUE: reject: RCPT from x[$1]: 550 5.1.1 <no@example.com>: Recipient address rejected; from=<a@example.net> to=<no@example.com> proto=ESMTP helo=<x>" >>"$LOG"
}
connections() {
	nolist explain -c "$CONF" --json "$1" | jq -c '.data.connections // 0'
}
# counted KIND: in the history; 6 is accepted, 7 refused (enum store_count).
counted() {
	sqlite3 -cmd ".timeout 10000" "$STATE_DIR/evidence.db" "SELECT coalesce(sum(count), 0) FROM history WHERE kind = $1"
}
rotate() {
	printf '%s {\n\trotate 4\n\tdelaycompress\n\tcompress\n\tnotifempty\n\tmissingok\n\t%s\n}\n' "$LOG" "$1" >"$TMP/rotate.conf"
	chmod 644 "$TMP/rotate.conf"
	chmod 755 "$TMP/log"
	LD_LIBRARY_PATH=$(echo "$tree"/usr/lib/*-linux-gnu) "$tree/usr/sbin/logrotate" -f -s "$TMP/rotate.state" "$TMP/rotate.conf"
}
collects() {
	run collect -c "$CONF"
}

collects
is "$status $(grep -c "cannot follow the log '$LOG'" "$TMP/err")" '3 1' 'a log that is not there yet is told'
collects
is "$status $(grep -c 'cannot follow' "$TMP/err")" '3 0' 'once'
check 'and shown by status' eval 'nolist status -c "$CONF" 2>&1 | grep -q "the log .* cannot be read: No such file"'
check 'and check warns of it' eval 'nolist check -c "$CONF" 2>&1 | grep -q "the log .* cannot be read"'
delivers 203.0.113.1
refuses 203.0.113.2
collects
is "$status $(grep -c 'can be read again' "$TMP/err") $(grep mail.log "$TMP/out")" "0 1 $LOG: 1 message accepted" 'then it is read'
is "$(connections 203.0.113.1) $(connections 203.0.113.2) $(counted 6) $(counted 7)" '1 0 1 1' \
	'a delivery is data to the real MX, a refusal is counted'
collects
is "$(connections 203.0.113.1) $(counted 6) $(counted 7)" '1 1 1' 'and once only'
ago=-20 delivers 203.0.113.8
ago=-20 refuses 203.0.113.7
collects
is "$(connections 203.0.113.8) $(counted 6) $(counted 7)" '1 2 2' 'lines that are written while it runs, later than its beginning, count'
check 'status says how far it is' eval 'nolist status -c "$CONF" | grep -q "^mail log .*: read .* ago, up to 20"'
nolist status -c "$CONF" --json >"$TMP/status.json"
is "$(jq -c --arg log "$LOG" '.maillog | [.path == $log, .left, .lost_at, .error, now - .newest_at < 60]' "$TMP/status.json")" \
	'[true,0,0,null,true]' 'in JSON, too'
check 'check has no remark' eval '! nolist check -c "$CONF" 2>&1 | grep -q "the log"'

# --- what is a delivery ---

client B0001 203.0.113.10
collects
is "$(connections 203.0.113.10)" 0 'a message that is not delivered yet is none'
sent B0001
collects
is "$(connections 203.0.113.10)" 1 'and is one when it is, though its client was read before'
client B0002 203.0.113.11
sent B0002 '250 2.7.0 Ok, discarded, id=07823-01 - spam'
client B0003 203.0.113.12
sent B0003 '250 2.7.1 Ok, quarantined, id=07823-02 - virus'
client B0004 203.0.113.13
echo "$(stamp) mx postfix/cleanup[105]: B0004: milter-reject: END-OF-MESSAGE from x[203.0.113.13]: 5.7.1 no; from=<a@a> to=<b@b> proto=ESMTP helo=<x>" >>"$LOG"
client B0005 203.0.113.14
echo "$(stamp) mx postfix/cleanup[105]: B0005: milter-discard: END-OF-MESSAGE from x[203.0.113.14]: milter triggers DISCARD action; from=<a@a> to=<b@b> proto=ESMTP helo=<x>" >>"$LOG"
echo "$(stamp) mx postfix/smtpd[101]: B0006: client=x.example[203.0.113.15], sasl_method=PLAIN, sasl_username=joe" >>"$LOG"
sent B0006
printf '%0300000d\n\0\0\0\n%s\n' 7 "$(stamp) mx postfix/smtpd[101]: B0007: client=[203.0.113.16]: client=x[203.0.113.17], status=sent" >>"$LOG"
delivers 203.0.113.18
collects
is "$(for i in {11..18}; do connections "203.0.113.$i"; done | tr '\n' ' ')" '0 0 0 0 0 0 0 1 ' \
	'discarded, quarantined, rejected, of a user, or no line at all: none of these is'

# --- rotation, by the real one ---

delivers 203.0.113.20
rotate create
delivers 203.0.113.21
collects
is "$(connections 203.0.113.20) $(connections 203.0.113.21)" '1 1' 'renamed: what was in the old one is read, and the new one'
delivers 203.0.113.22
client C0001 203.0.113.23
rotate copytruncate
sent C0001
delivers 203.0.113.24
collects
is "$(connections 203.0.113.22) $(connections 203.0.113.23) $(connections 203.0.113.24)" '1 1 1' \
	'copied and cut off: the same, and a message that is in both'
delivers 203.0.113.25
rotate create
delivers 203.0.113.26
rotate create
delivers 203.0.113.27
collects
is "$(connections 203.0.113.26) $(connections 203.0.113.27) $(grep -c 'lines in between may be lost' "$TMP/err")" '0 1 1' \
	'compressed before it was read: told'
check 'and shown' eval 'nolist status -c "$CONF" 2>&1 | grep -q "was rotated out of reach"'

# --- killed ---

before6=$(counted 6) before7=$(counted 7)
for i in {1..40}; do
	delivers "198.51.$((100 + i)).1"
	refuses "198.51.$((100 + i)).2"
	case $i in 11) rotate create ;; 27) rotate copytruncate ;; esac
	# Else it may be that all are killed before the next rotation compresses what none has read.
	[ "$i" != 20 ] || must nolist collect --quiet -c "$CONF" 2>>"$TMP/err.killed"
	# Somewhere in between: it is gone in 50 ms.
	nolist collect --quiet -c "$CONF" 2>>"$TMP/err.killed" &
	sleep "0.0$((RANDOM % 5))$((RANDOM % 10))"
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null
done
collects
is "$(($(counted 6) - before6)) $(($(counted 7) - before7))" '40 40' 'killed forty times: each delivery and each refusal counts once'

# --- run ---

before6=$(counted 6) before7=$(counted 7)
follow() {
	background server "$TOOL" run --no-load --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" -c "$CONF" >>"$TMP/run.log" 2>&1
	following=$!
}
# With its processes, one of which may be at work for a moment longer and be the one that runs.
is_gone() {
	! pgrep -f "run --no-load --pin-dir $PIN_DIR" >/dev/null
}
has_read_new() {
	[ "$(counted 6)" -gt "$((before6 + 20))" ]
}
follow
for i in {1..60}; do
	delivers "198.52.$i.1"
	refuses "198.52.$i.2"
	case $i in 20) rotate create ;; 40) rotate copytruncate ;; esac
	if [ "$i" = 30 ]; then
		must wait_for 30 has_read_new
		kill -KILL "$following"
		must wait_for 20 is_gone
		follow
	fi
	sleep 0.05
done
all_counted() {
	[ "$(($(counted 6) - before6)) $(($(counted 7) - before7))" = '60 60' ]
}
check 'run follows it while it is written, rotated, and run is killed' wait_for 20 all_counted
sleep 1.5
check 'and counts nothing twice' all_counted
kill "$following"
check 'it ends' wait_for 10 eval "! kill -0 $following"

# --- check ---

touch -d '3 days ago' "$LOG"
check 'check warns of a log that nobody writes' eval 'nolist check -c "$CONF" 2>&1 | grep -q "was last written 3d .*ago\|was last written 3 days ago\|was last written 3d ago"'
fails 2 'is not the absolute path of a file' 'a path that is none' collect -c <(sed 's/^maillog = .*/maillog = mail.log/' "$CONF")
done_testing
