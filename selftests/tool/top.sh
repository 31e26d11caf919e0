#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# top on a real terminal of 80 columns and 24 lines: what it shows of live traffic and of listings,
# its keys, other terminals and sizes, and how it ends. Why it matters: it is what an administrator
# leaves open, so no byte of a stranger may reach the terminal, and it must give the terminal back.
# shellcheck disable=SC2016,SC2317 # functions that check() calls; a command for another shell
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip jq pgrep tmux
export LC_ALL=C.UTF-8 TMUX_TMPDIR=$TMP
ODD=$'s1\e[7m' # a name that a kernel takes
topology
must ip -n server link add "$ODD" type veth peer name s2
must ip -n server link set "$ODD" up
must ip -n server link set s2 up
for a in 192.0.2.2 192.0.2.3 192.0.2.4; do
	must ip -n client addr add $a/24 dev c0
done
judge_setup
cat >>"$CONF" <<END
list = { "plain $TMP/list" }
never-list-except = { 192.0.2.2, 192.0.2.3, 2001:db8::/32 }
offences = 1
grace = 1
END

# Each begin has a server of its own: one that ends may still hold the socket of its name.
terminals=0
t() {
	tmux -L "$terminals" -f /dev/null "$@"
}

# begin TERM [COLUMNS LINES]: top on such a terminal; its status comes when it has ended.
begin() {
	printf 'stty sane; TERM=%s %s top -c %s --interval 1s --pin-dir %s --state-dir %s
		echo "ended: $? $(stty -a | grep -oE " -?echo ")"; sleep 100' \
		"$1" "$TOOL" "$CONF" "$PIN_DIR" "$STATE_DIR" >"$TMP/begin"
	[ $terminals = 0 ] || t kill-server
	terminals=$((terminals + 1))
	t new-session -d -x "${2:-80}" -y "${3:-24}" "nsenter --net=/run/netns/server bash $TMP/begin"
}

screen() {
	t capture-pane -p
}

# shows PATTERN: within some seconds.
has() {
	screen | grep -qE -- "$1"
}

shows() {
	wait_for 10 has "$1" || { screen && false; }
}

keys() {
	t send-keys "$@"
}

end() {
	keys q
	wait_for 5 has "^ended: 0 "
}

# --- no terminal ---

fails 1 'needs a terminal' 'without a terminal' top
fails 2 "'0s' is not a time from 1s to 1h" 'an interval of nothing' top --interval 0s
begin no-such-terminal
check 'a terminal that is not known' shows "cannot draw on a terminal of the type 'no-such-terminal'"
begin dumb
check 'or that has no cursor' shows "cannot draw on a terminal of the type 'dumb'"

# --- what it shows ---

# events SOURCE: each once, with what is special about it.
events() {
	jq -r "select(.source == \"$1\") | [.event, .role // .hold // .tier] | join(\" \")" \
		"$TMP/events" | uniq | tr '\n' ';'
}

nolist show --follow -c "$CONF" >"$TMP/events" &
must wait_for 5 grep -q '"follow"' "$TMP/events"
# Each of these sources is told "later" by a high fake; the second was at the low fake before.
in_client "$PYTHON" -c '
import socket, sys, time
def connect(source, to):
	return socket.create_connection((to, 25), 5, (source, 0))
low, high4, high6 = sys.argv[1:]
try:
	connect("192.0.2.3", low)
except ConnectionRefusedError:
	pass
for source, to in ("192.0.2.2", high4), ("192.0.2.3", high4), ("2001:db8::1", high6):
	s = connect(source, to)
	for line in b"", b"EHLO a.example\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<a@example.com>\r\n", b"DATA\r\n":
		s.sendall(line)
		s.recv(999)
	s.close()' "$LOW4" "$HIGH4" "$HIGH6"
begin xterm
check 'dialogues, the newest first' shows '^2001:db8::/64 +[0-9]+s +0 +0 +1 +0 +1 +[0-9]+s never'
check 'and what is held' shows '^192\.0\.2\.2 +held +\S+ +2 1 strong offence; held: unseen *$'
screen >"$TMP/screen"
is "$(sed -n 's/^\(nolist-xdp\) [^ ]* \(.*[a-z]\) .*Z$/\1 \2/p' "$TMP/screen" | tr -s ' ')" \
	'nolist-xdp s0 native' 'where it is attached'
check 'counters of frames' grep -qE '^high_text +(-|[0-9.]+) +15 ' "$TMP/screen"
is "$(sed -nE 's/.* (high 192\S+) +\S+ +/\1 /p' "$TMP/screen")" 'high 192.0.2.30 2' 'and of the MX addresses'
is "$(wc -l <"$TMP/screen") $(grep -cE '^(VERDICT|NEWEST) ' "$TMP/screen") $(tail -n 1 "$TMP/screen")" \
	'24 3 q quit  Enter explain  s sort: dialogue  r role: all  f family: both  p pause' \
	'24 lines hold all of it'
check 'how full the tables are' grep -qE '^frames .* contacts 3 of [0-9]+, 0%  verified 3 of' "$TMP/screen"
check 'what holds it, and how many' \
	grep -qE '^listed 0 .* holds: real MX not seen \(IPv4, IPv6\); unseen 1' "$TMP/screen"
# A look that comes after the next step would find it listed already.
must wait_for 30 grep -q '"held"' "$TMP/events"
serve "$REAL4"
in_client "$PYTHON" -c '
import socket, sys
s = socket.create_connection((sys.argv[1], 25), 5, ("192.0.2.4", 0))
s.sendall(b"EHLO a.example\r\n")
s.sendall(b"QUIT\r\n")' "$REAL4"
check 'live: the real MX is seen, so the source is listed' shows \
	'^192\.0\.2\.2 +[0-9]+s +6d +2 1 strong offence *$'
check 'and counted' has '^listed 1  in files 0 \(\+0\)  holds: real MX not seen \(IPv6\) *$'
connects "$LOW4" >/dev/null
check 'another refusal, as a rate' shows ' low  192\.0\.2\.10 +[01]\.[0-9] +2$'

# A look may see any step alone or together with the next.
want='contact high;dialogue ;held unseen;listed 2; contact low;contact high;dialogue ; contact real;data ;'
three() {
	echo "$(events 192.0.2.2) $(events 192.0.2.3) $(events 192.0.2.4)"
}
all_there() {
	[ "$(three)" = "$want" ]
}
wait_for 30 all_there
is "$(three)" "$want" 'show --follow: the same, an event a line'
fails 2 'takes neither --sort nor --top nor --at' 'which is not for sorting' show --follow --top 3

# --- keys ---

keys f f
check 'f: a family' eval 'shows "family: IPv6" && shows "^2001:db8::/64 .* never" && wait_for 5 eval "! has ^192"'
keys f s r r
check 'r: a role' eval 'shows "role: real" && shows "^192\.0\.2\.4 .* none" && ! has "^192\.0\.2\.2"'
keys r r s s
check 's: what to sort by' eval 'shows "sort: low " && wait_for 5 eval "screen | grep -A2 ^SOURCE | grep -q ^192.0.2.3"'
keys Down Enter
check 'Enter: explain, of the chosen source' eval 'shows "^explain 192\.0\.2\.[13] *$" && shows "^192\.0\.2\.[13]: "'
first=$(screen | sed -n 2p)
keys NPage
scrolled() {
	[ "$(screen | sed -n 2p)" != "$first" ]
}
check 'which scrolls' wait_for 5 scrolled
keys q
check 'and goes back' shows '^VERDICT '
keys p
check 'p: pause' shows 'PAUSED'
keys p

# --- sizes ---

t resize-window -x 100 -y 40
check 'a larger window has more lines' eval 'shows "^q quit" && [ "$(screen | wc -l)" = 40 ] && shows "^VERDICT "'
t resize-window -x 40 -y 8
check 'a tiny one says what it needs' shows '^needs 12 lines of 60 columns'
t resize-window -x 80 -y 24
check 'and all comes back' shows '^NEWEST LISTINGS'
if [ "${NOLIST_FULL:-}" ]; then
	attach_pass server s2
	must nolist load -c "$CONF" -i "$ODD" >/dev/null 2>&1
	check 'a name cannot move the cursor' shows '^nolist-xdp .*  s0 native, s1\?\[7m (native|generic)'
	must nolist unload >/dev/null 2>"$TMP/err"
	check 'what goes on beside it is seen' shows '^nolist-xdp [^ ]*  *(20|not attached)'
fi
check 'q: the end; the terminal is as before' eval 'end; has "^ended: 0 *echo"'
[ -z "${NOLIST_FULL:-}" ] || must nolist load -c "$CONF" -i s0 >/dev/null 2>"$TMP/err"
for term in vt100 ${NOLIST_FULL:+linux}; do
	begin "$term"
	check "$term: the same" shows '^192\.0\.2\.2 +[0-9]+s +6d +2 1 strong offence *$'
	pid=$(pgrep -f "^$TOOL top" | head -n 1)
	kill "-$([ "$term" = linux ] && echo INT || echo TERM)" "$pid"
	check 'a signal: the end as well' shows '^ended: 0 *echo'
	is "$(pgrep -f "^$TOOL top")" '' 'and nothing is left'
done
must nolist forget 192.0.2.2 >/dev/null 2>&1
gone() {
	[[ "$(events 192.0.2.2)" = *';unlisted ;' ]]
}
check 'and what is off the list again' wait_for 10 gone
done_testing
