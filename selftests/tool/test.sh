#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that check() calls
#
# test: each way to test says "OK" where all answers as it should, and names what is wrong where
# it does not; no server gets a message from it, and no server can hang it. Its sources are
# never listed, an alibi for no other source, and no sign that the real MX is seen. Why it
# matters: monitoring that asks all three each minute would otherwise acquit its whole network,
# and make a real MX look alive that no sender reaches any more. net/test.sh has real servers.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq nft
topology ''

# --- servers, as they are and as they should not be ------------------------------

# A server at each of ADDR:KIND. What it gets after DATA is in $TMP/message.
servers() {
	background server "$PYTHON" - "$TMP/message" "$@" <<-'E'
		import socket, sys, threading, time
		def talk(c, kind):
		    if kind == "refusing":
		        c.sendall(b"554 5.7.1 go away\r\n")
		    elif kind == "endless":
		        while True:
		            c.sendall(b"220-and so on\r\n" * 100)
		    elif kind == "silent":
		        time.sleep(100)
		    else:
		        c.sendall(b"220-mx.example.com \033[2J\r\n220 ready\r\n")
		    for line in c.makefile("rb"):
		        verb = line[:4].upper()
		        if verb == b"QUIT":
		            c.sendall(b"221 bye\r\n")
		            return c.close()
		        if verb == b"DATA" and kind == "taking":
		            c.sendall(b"250 taken\r\n")
		        elif verb == b"DATA":
		            c.sendall(b"354 go on\r\n")
		            try:
		                got = c.recv(1000)
		            except ConnectionResetError:
		                got = b"reset"
		            return open(sys.argv[1], "wb").write(got)
		        else:
		            c.sendall(b"250-mx\r\n250 ok\r\n")
		def tried(c, kind):
		    try:
		        talk(c, kind)
		    except OSError:
		        pass
		def serve(s, kind):
		    while True:
		        threading.Thread(target=tried, args=(s.accept()[0], kind), daemon=True).start()
		for arg in sys.argv[2:]:
		    addr, kind = arg.split("=")
		    s = socket.create_server((addr, 25), family=socket.AF_INET6 if ":" in addr else socket.AF_INET)
		    threading.Thread(target=serve, args=(s, kind)).start()
	E
	must wait_for 5 listens "${@: -1}"
}

listens() {
	in_server ss -Hltn | grep -qE "[[ ]${1%%=*}]?:25 "
}

# tests STATUS FIRST_LINE NAME OPTION...: by the host that is "$who", with its words in
# $TMP/out. An empty FIRST_LINE: there is none.
tests() {
	local wanted=$1 first=$2 name=$3 line

	shift 3
	in_$who "${as[@]}" "$TOOL" test "$@" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" \
		>"$TMP/out" 2>"$TMP/err"
	status=$?
	line=$(head -n 1 "$TMP/out")
	if [ $status -eq "$wanted" ] && [[ $line =~ ${first:-^$} ]]; then
		ok "$name"
	else
		not_ok "$name"
		diag "status $status" "$(cat "$TMP/out" "$TMP/err")"
	fi
}

says() {
	check "$1" grep -qE "$2" "$TMP/out"
}

as=()
all=(--low "$LOW4" --low "$LOW6" --real "$REAL4" --real "$REAL6" --high "$HIGH4" --high "$HIGH6")

# --- on the mail host itself -------------------------------------------------------

who=server
cat >"$TMP/test.conf" <<-END
	interface = { s0 }
	low = { $LOW4, $LOW6 }
	real = { $REAL4, $REAL6 }
	high = { $HIGH4, $HIGH6 }
	test-sources = { $CLIENT4, $CLIENT6 }
END
tests 1 '^WRONG: .* program: nothing is attached' 'nothing is loaded' -c "$TMP/test.conf"
must nolist load -c "$TMP/test.conf" >"$TMP/load.log" 2>&1
tests 1 "^WRONG: 2 of 8: real $REAL4: refused" 'the real MX is down' -c "$TMP/test.conf"
servers $REAL4=mx $REAL6=mx
tests 0 '^OK: 8 of 8 as they should be$' 'all is well' -c "$TMP/test.conf"
says 'the low fake' "^ok +low +$LOW4 +a SYN gets a reset \(made-up frames at s0\)"
says 'the high fake' "^ok +high +$HIGH6 +\"451 4.7.1 .* to DATA, \"221 .* to QUIT"
says 'the real MX, whose words are made safe' "^ok +real +$REAL6 +\"220-mx.example.com \?\[2J\""
says 'and the command for another host' \
	"hint: nolist-xdp test --low $LOW4 --low $LOW6 --real $REAL4 --real $REAL6 --high $HIGH4 --high $HIGH6\$"
tests 0 '^OK: 8 of 8' 'without a file what is in force is tested'
is "$(nolist show | sed 1d | awk '{ print $1, $NF, $4 }')" "192.0.0.8 test -
100::/64 test -" 'made-up sources are tests, and none was at the real MX'
sed "s/^high = .*/high = { $HIGH4, 192.0.2.31, $LOW6 }/; s/^low = .*/low = { $LOW4 }/; s/s0/s0, s7/" \
	"$TMP/test.conf" >"$TMP/other.conf"
tests 1 '^WRONG: 3 of 9: program s7: is configured' 'the file is not what is loaded' \
	-c "$TMP/other.conf"
says 'an address is not' '^wrong +high +192.0.2.31 +is not in what is loaded'
says 'a role is not' "^wrong +high +$LOW6 +is low in what is loaded"
tests 1 '^WRONG: 4 of 12: low 192.0.2.10:26: port 26' 'nor a port' -c "$TMP/test.conf" --port 25 --port 26
tests 2 '' 'as a client it cannot test itself' "${all[@]}"
check 'and says why' grep -q "'$LOW4' is an address of the host that the test would run on" "$TMP/err"
tests 2 '' 'nor from where they are' --from server -c "$TMP/test.conf"
tests 1 '' 'a namespace that is not there' --from nowhere -c "$TMP/test.conf"

# --- from a network namespace ---------------------------------------------------------

tests 0 '^OK: 12 of 12 as they should be$' 'from a network namespace' --from client -c "$TMP/test.conf"
is "$(grep -cE "^ok +evidence +($CLIENT4|$CLIENT6) +noted at (low|real|high)\$" "$TMP/out")" 6 \
	'the tables have noted it all'
is "$(json 's["real_contacted_at"], s["real_data_at"]')" 'None None' \
	'and the real MX has not been seen by it'
must nolist collect -c "$TMP/test.conf" >/dev/null
is "$(nolist metrics -c "$TMP/test.conf" | grep -c '^nolist_real_mx_timestamp')" 0 \
	'also as the store has it'
sed -i "s/^test-sources.*/test-sources = { $CLIENT6 }/" "$TMP/test.conf"
tests 0 '^OK: 12 of 12 as they should be, 1 warning$' 'a source that is not among those of tests' \
	--from /run/netns/client -c "$TMP/test.conf"
says 'is told, with the line to add' "^ +hint: test-sources = \{ $CLIENT4 \}"
run explain $CLIENT4 --json
is "$(jq -c '[.low.opens, .real.opens, .high.opens, .data.connections, .talk.hours]' "$TMP/out")" \
	'[2,2,2,2,1]' 'each role was asked once by each test'
as=(env PATH="$BUILD:$PATH")
tests 0 '^OK: 12 of 12' 'by a command that leads to another host' -c "$TMP/test.conf" \
	--via 'nsenter --net=/run/netns/client'
is "$(grep -cE "^ok +evidence +($CLIENT4|$CLIENT6) +noted at (low|real|high)\$" "$TMP/out")" 6 \
	'the tables have noted it all, too'
for bad in false 'echo {"findings":[]}' 'no-such-command x' ' '; do
	tests 1 '' "by one that leads nowhere: '$bad'" -c "$TMP/test.conf" --via "$bad"
done
as=()
tests 2 '' 'from one place at a time' -c "$TMP/test.conf" --via x --from client
must nolist unload -i s0
tests 1 "^WRONG: .* high $HIGH4: refused" 'the program is away' --from client -c "$TMP/test.conf"
as=(env PATH="$BUILD:$PATH")
tests 1 "^WRONG: .* high $HIGH4: refused" 'as another host says' -c "$TMP/test.conf" \
	--via 'nsenter --net=/run/netns/client'
as=()
says 'so nothing is noted of the low fake' "^wrong +evidence +$CLIENT4 +not noted at low: the contact"
must nolist load -c "$TMP/test.conf" >"$TMP/load.log" 2>&1

# --- from another host, which has no privilege and nothing of ours ----------------------

who=client as=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all)
tests 0 '^OK: 6 of 6 as they should be$' 'from another host, by nobody' "${all[@]}"
says 'with the line for the mail host' "^ +hint: test-sources = \{ $CLIENT4 \}"
tests 0 '^\{' 'JSON' "${all[@]}" --json
is "$(jq -c '[.type, .ok, .wrong, (.findings | length), .findings[0].about]' "$TMP/out")" \
	'["test",true,0,8,"low"]' 'says the same'
tests 1 "^WRONG: 1 of 1: low $REAL4: not refused: a server says \"220-mx" 'a server at the low fake' \
	--low $REAL4
tests 1 "^WRONG: 1 of 1: real $LOW4: refused" 'none at the real MX' --real $LOW4
tests 1 "^WRONG: 1 of 1: high $REAL4: says \"354 go on\" to DATA: it takes mail" \
	'a real MX in the place of a high fake' --high $REAL4
check 'which gets a reset, and no message' wait_for 5 grep -qx reset "$TMP/message"
tests 1 "^WRONG: 1 of 1: high $LOW4: refused" 'a low fake in its place' --high $LOW4
tests 2 '' 'nothing to test' --port 26 --timeout 61
tests 2 '' 'no such address' --low 192.0.2

# --- servers as they should not be --------------------------------------------------------

for a in 41 42 43 44; do
	must ip -n server addr add 192.0.2.$a/24 dev s0
done
servers 192.0.2.41=refusing 192.0.2.42=endless 192.0.2.43=silent 192.0.2.44=taking
tests 1 '^WRONG: 1 of 1: real 192.0.2.41: greets with "554 5.7.1 go away"' 'a real MX that refuses' \
	--real 192.0.2.41
tests 1 'high 192.0.2.41: says "554 5.7.1 go away" to the connection: no high fake says 5xx' \
	'a high fake that says 5xx' --high 192.0.2.41
tests 1 'high 192.0.2.42: to the connection: a reply without end' 'a reply without end' \
	--high 192.0.2.42
tests 1 'high 192.0.2.44: says "250 taken" to DATA: it takes mail' '250 to DATA' --high 192.0.2.44
must in_client nft "add table inet t; add chain inet t out { type filter hook output priority 0; };
	add rule inet t out ip daddr $LOW4 drop; add rule inet t out ip6 daddr $LOW6 quota until 90 bytes drop"
tests 1 '^WRONG: 3 of 3: ' 'what takes long takes long together' \
	--low $LOW4 --low $LOW6 --high 192.0.2.43 --timeout 2
says 'a firewall that drops' "^wrong +low +$LOW4 +no answer within 2 s \\(a firewall drops it\\?\\)"
says 'a refusal that is late' "^wrong +low +$LOW6 +refused, but only after 1[0-9]{3} ms"
says 'no reply' '^wrong +high +192.0.2.43 +to the connection: no reply'
must in_client nft delete table inet t
end_services
must nolist unload --purge >/dev/null

# --- what sources of tests are to the judge ------------------------------------

judge_setup
inject "203.0.113.1 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" \
	"203.0.113.9 low=1h:80h:9 real=1h:90h:9 data=1h:90h:9 high=20h:40h:2 talk=20h:40h:2 hour=20:1:0:0:1"

# verdict_as SOURCE [LINE]: with this line in the configuration.
verdict_as() {
	{ cat "$CONF" && echo "${2:-}"; } >"$TMP/tests.conf"
	run explain -c "$TMP/tests.conf" --at "$NOW" --json "$1"
	jq -r '"\(.verdict) \(.hold // "")"' "$TMP/out"
}

is "$(verdict_as 203.0.113.1)" 'alibi ' 'a neighbour that walks is an alibi'
is "$(verdict_as 203.0.113.1 'real-mx-unseen = accept
	test-sources = 203.0.113.9')" 'offender ' 'a source of tests is none'
is "$(verdict_as 203.0.113.1 'real-mx-unseen = accept
	test-sources = 203.0.113.8/30')" 'offender ' 'nor by its prefix'
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.9')" 'held unseen' \
	'and nobody but a test was at the real MX'
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.8/30')" 'held unseen' 'nor by its prefix'
inject '198.51.100.1 data=1h:80h:2'
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.9')" 'offender ' \
	'another sender was there before the last test'
is "$(verdict_as 203.0.113.9 'test-sources = 203.0.113.9')" 'test ' 'explain says that it is one'
run explain -c "$TMP/tests.conf" --at "$NOW" 203.0.113.9
says 'and that it is never listed' '^  on the never-list: 203.0.113.9, source of tests$'
run show -c "$TMP/tests.conf" --at "$NOW"
check 'so does show' grep -qE '^203\.0\.113\.9 .* test$' "$TMP/out"
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.1')" 'test ' 'no such source is an offender'
run dump -c "$TMP/tests.conf" --at "$NOW" --quiet
is "$(rows "$TMP/out")" '' 'nor listed'
printf 'big %s\n' 203.0.113.1 198.51.100.5 198.51.100.6 >"$TMP/providers"
inject '198.51.100.5 data=1h:80h:2' '198.51.100.6 low=1h:80h:2'
big="providers = \"$TMP/providers\"
	test-sources = 203.0.113.9"
is "$(verdict_as 203.0.113.1 "$big")" 'alibi ' 'a provider that walks is an alibi'
is "$(verdict_as 203.0.113.1 "$big
	test-sources = 198.51.100.5")" 'offender ' 'data of a test are none for its provider'
is "$(verdict_as 203.0.113.1 "$big
	test-sources = 198.51.100.6")" 'offender ' 'nor is its contact with the low fake'
done_testing
