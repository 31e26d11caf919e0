#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# policyd: what it answers of each kind of client in each mode, what it remembers when it is killed, what
# an old, a broken or no snapshot does, and that no client can hold it up. Why it matters: a mail server
# waits for it with each recipient, and what it defers comes later. net/policy.sh has a real Postfix ask.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/stunnel.sh
. "$(dirname "$0")/../lib/stunnel.sh"

need ip jq stunnel openssl
LOWS=$LOW4 topology ''
LOWS=$LOW4 judge_setup
histories
inject '203.0.113.90 low=90h:90h:1' '203.0.114.1 low=70h:80h:2 real=80h:80h:1 data=80h:80h:1' '198.18.7.1 low=90h:90h:1'
printf '198.18.7.0/24\n' >"$TMP/allowed"
printf 'big 198.18.0.0/16\n' >"$TMP/providers"
cat >>"$CONF" <<-END
	never-list-except = { 198.18.0.0/15 }
	allow = { $TMP/allowed }
	providers = { $TMP/providers }
	dual-stack = accept
	list-reason = "\$ is listed: http://mx/\$"
	list = { "policy $STATE_DIR/lists/policy" }
END
SNAPSHOT=$STATE_DIR/lists/policy
# So that it notes who is at the low fake for the service.
must nolist load -c "$CONF" >>"$TMP/load.log" 2>&1

# mode KEY = VALUE...: writes a snapshot with these, and waits until it is in use.
mode() {
	cp "$CONF" "$TMP/mode.conf"
	printf '%s\n' "$@" >>"$TMP/mode.conf"
	must nolist dump --all --quiet -c "$TMP/mode.conf"
}
raw() {
	in_server "$PYTHON" "$TOP/selftests/lib/policy_ask.py" 127.0.0.1:9827 <<<"$1"
}
ask() {
	raw "$1" | sed "s/; score=.*//"
}
says() {
	[[ "$(ask "$1")" =~ ^action=$2 ]]
}
start() {
	background server "$TOOL" policyd --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" 2>>"$TMP/err.policyd"
	service=$!
	must wait_for 10 says 192.0.2.1 ''
}
worker() {
	pgrep -f 'nolist-xdp.* policyd' | tail -n 1
}

start
is "$(ask 203.0.114.99)" 'action=DUNNO' 'without a snapshot all passes'
check 'which is told once' eval '[ "$(grep -c "no snapshot" "$TMP/err.policyd")" = 1 ]'
mode 'policy = header'
check 'a snapshot comes into use by itself' wait_for 10 says 203.0.114.99 'PREPEND'
is "$(stat -c %a "$SNAPSHOT") $(grep -vc '^[#HSNGRPELXZ] ' "$SNAPSHOT")" '600 0' 'which only root reads'
is "$(sed -nE 's/^(CapEff|CapPrm|NoNewPrivs|Seccomp):\s*0*//p' "/proc/$(worker)/status" | tr '\n' ' ')" '  1 2 ' \
	'who answers has no capabilities, and a filter'
is "$(ldd "$BUILD/nolist-xdp-policyd" | grep -cE 'libbpf|sqlite|libxdp')" 0 'and links neither BPF nor SQLite'

# --- decisions: of each kind of client, by the header ---

# explained ADDRESS: the step of explain, which notes nothing.
explained() {
	nolist explain -c "$TMP/mode.conf" --json "$1" | jq -r '.policy | "\(.step) \(.defers)"'
}
wrong='' other=''
while read -r addr step rest; do
	if [ -z "$rest" ] && [ "$addr" != ::ffff:203.0.113.1 ]; then
		got=$(explained "$addr")
		[[ "$got" == "$step $([[ $step =~ ^(listed|new)$ ]] && echo true || echo false)" ]] || other+="$addr: $got, not $step; "
	fi
	got=$(ask "$addr $rest")
	[[ "$got" == "action=PREPEND X-Nolist: "*"; $step" ]] || wrong+="$addr $rest: $got, not $step; "
done <<-END
	203.0.113.1 listed
	203.0.113.6 listed
	2001:db8:5:1:ffff::1 listed
	203.0.113.90 walked
	203.0.113.2 walked
	198.51.100.1 verified
	198.51.100.77 verified
	203.0.114.5 verified
	198.18.7.1 exempt
	198.18.9.9 walked
	127.0.0.1 exempt
	192.0.2.20 exempt
	::1 exempt
	10.3.2.1 exempt
	203.0.113.1 exempt sasl_username=joe
	203.0.113.1 stress stress=yes
	203.0.115.1 new
	2001:db8:77::1 no-low
	::ffff:203.0.113.1 listed
END
is "$wrong" '' 'the decision of each kind of client'
is "$other" '' 'which is the one that explain tells'
run explain -c "$TMP/mode.conf" 203.0.113.90
check 'with the time that it goes by' grep -qE \
	"^  policy service: walked: it passes; at the low fake last $(date -u -d "@$((BOOT + 90 * H))" +%F)[^ ]*Z \(policy = header\)$" "$TMP/out"
run explain -c "$TMP/mode.conf" 203.0.115.1
check 'and whom it would defer, since when' grep -qE \
	'^  policy service: new: it would be deferred; deferred first [^ ]*Z \(policy = header\)$' "$TMP/out"
is "$(nolist explain -c "$TMP/mode.conf" --json --at "$(date +%s)" 203.0.113.90 | jq -c .policy)" null 'of now, and of no other time'
is "$(ask $'203.0.113.1 instance=a\n203.0.113.1 instance=a\n203.0.113.1 instance=b\n203.0.113.1 instance=b protocol_state=END-OF-MESSAGE\n203.0.113.1 instance=c protocol_state=END-OF-MESSAGE' |
	cut -c-14 | tr '\n' ' ')" 'action=PREPEND action=DUNNO action=PREPEND action=DUNNO action=DUNNO ' \
	'a header once for each message, and none at its end'
is "$(ask $'unknown\n203.0.113.1 protocol_state=EHLO\n203.0.113.1 protocol_state=VRFY' | sort | uniq -c | tr -s ' ')" \
	' 3 action=DUNNO' 'no address, or no recipient yet: pass'

is "$(raw $'203.0.113.90\n203.0.113.1 helo_name=localhost reverse_client_name=dsl-1.example' | sed 's/.*X-Nolist: [^;]*; //')" \
	$'walked; score=-1.0\nlisted; score=7.0 helo dynamic' 'with a score for filters, and what its names look like'

# --- rules for filters ---

# rules FILTER
rules() {
	nolist policyd --snapshot "$SNAPSHOT" --rules "$1" | sed -n 's/.*\(NOLIST_LISTED\).*X-Nolist =~ \(.*\)/\2/p; s/.*map = \["\(.*listed.*\)"\];/\1/p'
}
name=$(hostname)
is "$(rules spamassassin) $(rules rspamd)" "/^$name; listed;/m /^$name; listed;/" 'rules that ask for this host'"'"'s name'
fails 2 'is not spamassassin or rspamd' 'and for no other filter' policyd --rules exim

# --- warn, defer, and coming back ---

mode
check 'policy = warn is where it starts' wait_for 10 says 203.0.113.1 'WARN nolist-xdp would defer it: listed: 203.0.113.1 is listed: http://mx/203.0.113.1$'
is "$(ask 203.0.113.90)" 'action=DUNNO' 'and it says nothing of others'
mode 'policy = defer' 'greylist-wait = 2'
check 'policy = defer' wait_for 10 says 203.0.113.1 'DEFER_IF_PERMIT 203.0.113.1 is listed'
is "$(ask $'203.0.113.1 recipient=postmaster@example.com\n203.0.113.1 recipient=Abuse@example.com' | cut -c-14 | uniq -c | tr -s ' ')" \
	' 2 action=PREPEND' 'but never from postmaster and abuse'
is "$(ask $'203.0.116.2 instance=b\n203.0.116.1 instance=a\n203.0.116.1 instance=a\nsleep 2.1\n203.0.116.1 instance=a\n203.0.116.1 instance=c\n203.0.116.200 instance=d' |
	sed 's/.*; //; s/^.*DEFER.*/later/' | tr '\n' ' ')" 'later later later later returned returned ' \
	'a stranger waits, with all recipients of a message, and its network has passed then'

# --- recipients that are never deferred, and too much mail ---

printf '%s\n' '# urgent' joe2@example.com '@help.example' >"$TMP/except"
mode 'policy = defer' 'greylist-wait = 2' "policy-except = $TMP/except" \
	'throttle = { "3 recipients source", "2 connections source" }'
check 'it takes them' wait_for 10 eval '[[ "$(ask "203.0.113.1 recipient=x@help.example")" == *PREPEND* ]]'
is "$(ask $'203.0.113.1 recipient=Joe2@Example.com\n203.0.113.1 recipient=a@help.example\n203.0.113.1 recipient=a@example.com' | cut -c-11 | tr '\n' ' ')" \
	'action=PREP action=PREP action=DEFE ' 'nobody is deferred from those of policy-except'
is "$(grep -cE 'help|joe|urgent' "$SNAPSHOT")" 0 'whose addresses are stored nowhere'
walker='198.51.100.1 instance='
is "$(ask "${walker}a client_port=1"$'\n'"${walker}a client_port=1"$'\n'"${walker}a client_port=1"$'\n'"${walker}b client_port=1" |
	cut -c-17 | tr '\n' ' ')" 'action=PREPEND X- action=DUNNO action=DUNNO action=DEFER_IF_P ' \
	'three recipients in an hour, and not the fourth'
is "$(ask $'198.51.100.2 client_port=1\n198.51.100.2 client_port=2\n198.51.100.2 client_port=3' | tail -n 1)" \
	'action=DEFER_IF_PERMIT too much mail from there: please try again in an hour' 'two connections'
printf '%s\n' joe >>"$TMP/except"
run dump --all -c "$TMP/mode.conf"
check 'a line that is wrong is named' grep -q "$TMP/except:4: not NAME@DOMAIN" "$TMP/err"
mode 'policy = defer' 'greylist-wait = 2'
throttled() {
	[[ "$(ask "198.51.100.2 client_port=$((++asked))")" != *'too much'* ]]
}
asked=9
check 'without the keys all is as before' wait_for 10 throttled

# --- the live view of the low fake ---

mv "$PIN_DIR/nolist_stamps" "$PIN_DIR/hidden"
kill -KILL "$service"
must wait_for 5 eval '[ -z "$(worker)" ]'
start
must wait_for 10 says 203.0.113.1 'DEFER_IF_PERMIT'
is "$(ask 203.0.118.1 | sed 's/.*; //') $(grep -c 'no live view of the low fake' "$TMP/err.policyd")" 'blind 1' \
	'without its live view a stranger passes, and it says so'
mv "$PIN_DIR/hidden" "$PIN_DIR/nolist_stamps"
live() {
	[[ "$(ask "203.0.118.$((++asked % 200 + 1))")" == *DEFER* ]]
}
asked=0
check 'it takes it when it comes' wait_for 10 live

# --- who asks was at the real MX ---

inject '203.0.121.5 high=90h:92h:2 talk=90h:92h:2 hour=90:1:0:0:0 hour=92:1:0:0:0' \
	'203.0.122.5 high=90h:92h:2 talk=90h:92h:2 hour=90:1:0:0:0 hour=92:1:0:0:0' \
	'203.0.123.5 high=90h:92h:2 talk=90h:92h:2 hour=90:1:0:0:0 hour=92:1:0:0:0'
verdict() {
	nolist explain -c "$CONF" "$1" | sed -n '1s/.*: //p'
}
is "$(verdict 203.0.121.5) $(verdict 203.0.122.5)" 'waiting waiting' 'who was tempfailed twice has its grace'
ask $'203.0.121.5\n203.0.122.5 sasl_username=joe\n203.0.123.5 protocol_state=MAIL\n2001:db8:77:1::5' >/dev/null
must nolist collect -c "$CONF" >/dev/null
is "$(verdict 203.0.121.5) $(verdict 203.0.122.5) $(verdict 203.0.123.5)" 'alibi waiting waiting' \
	'a request at RCPT without authentication is verified data to the real MX, and no other one'
check 'over IPv6, too' eval 'nolist explain -c "$CONF" 2001:db8:77:1::1 | grep -q "real MX, verified  *1 connection"'
must nolist collect -c "$CONF" >/dev/null
check 'which collect stores once' eval 'nolist explain -c "$CONF" 203.0.121.5 | grep -q "real MX, verified  *1 connection"'

# --- OpenSMTPD's filter: lines of protocols of today and of before, of sessions side by side ---

smtpd() {
	in_server "$TOOL" policyd --opensmtpd "${1:-127.0.0.1:9827}" 2>>"$TMP/err.filter" | sed 's/is listed.*/is listed/'
}
lines() {
	printf '%s\n' 'config|smtpd-version|6.8' 'config|ready'
	printf "$1|%s\n" 'link-connect|a|odd|name.example|pass|203.0.113.1:4711|192.0.2.20:25' \
		'link-connect|b|six.example|pass|[2001:db8:5:1::7]:4711|[2001:db8::20]:25' \
		'link-connect|c|<unknown>|fail|203.0.113.1:4712|192.0.2.20:25' 'link-connect|d|local|pass|local|local' \
		'link-connect|e|x.example|pass|203.0.113.1:4713|192.0.2.20:25' 'tx-begin|a|1' 'link-disconnect|e' \
		'tx-begin|b|2' 'tx-begin|c|3' "$2" 'tx-begin|d|4' "$3" 'link-identify|a|EHLO|mx|pass'
	printf '%s|1.1|smtp-in|rcpt-to|%s|t|<%s>\n' "${1%|1.1*}" "a" joe@example.com "${1%|1.1*}" a Abuse@example.com \
		"${1%|1.1*}" b joe@example.com "${1%|1.1*}" c joe@example.com "${1%|1.1*}" d joe@example.com \
		"${1%|1.1*}" e joe@example.com | sed 's/^report/filter/'
	printf '%s|%0100000d\n' 'report|0.6|1.1|smtp-in|link-identify|a|EHLO' 7
	printf '%s\n' 'x' '' 'filter' 'report|' 'filter|0.6|1.1|smtp-in|rcpt-to|b|u|<joe@example.com>'
}
said='reject|450 4.7.1 203.0.113.1 is listed'
six=${said/203.0.113.1/2001:db8:5:1::7}
is "$(lines 'report|0.6|1.1|smtp-in' 'link-auth|c|joe|pass' 'link-auth|b|pass|fail' | smtpd | grep -v '^register')" \
	"filter-result|a|t|$said
filter-result|a|t|proceed
filter-result|b|t|$six
filter-result|c|t|proceed
filter-result|d|t|proceed
filter-result|e|t|proceed
filter-result|b|u|$six" 'OpenSMTPD: its filter says what the service says'
is "$(lines 'report|0.7|1.1|smtp-in' 'link-auth|c|pass|joe' 'link-auth|b|fail|pass' | smtpd | sed -n '/|b|/,$p' | cut -c-28 | tr '\n' ' ')" \
	'filter-result|b|t|reject|450 filter-result|c|t|proceed filter-result|d|t|proceed filter-result|e|t|proceed filter-result|b|u|reject|450 ' \
	'and in a newer protocol, where a result comes before its user'
is "$(lines 'report|0.4|1.1|smtp-in' x x | smtpd | sed -n '/|a|/p' | head -n 1)" "filter-result|t|a|$said" \
	'and in an older one, which has a token first'
is "$(lines 'report|0.6|1.1|smtp-in' x x | smtpd 127.0.0.1:9 | grep -c 'proceed$')" 7 'without the service all passes'
is "$(grep -c 'no answer from' "$TMP/err.filter")" 1 'which it says once'
fails 2 'is not an address and a port' 'a place that is none' policyd --opensmtpd localhost

# --- killed ---

ask 203.0.117.1 >/dev/null
kill -KILL "$(worker)"
wait "$service"
is "$?" 1 'without its worker it ends, so that it is started again'
check 'which it says' grep -q 'the process that answers has ended: Killed' "$TMP/err.policyd"
start
check 'and is as before' wait_for 10 says 203.0.113.1 'DEFER_IF_PERMIT'
sleep 2.1
check 'it still knows whom it has deferred' eval '[[ "$(ask 203.0.117.1)" == *returned ]]'
kill -KILL "$service"
check 'without its keeper the worker ends' wait_for 5 eval '[ -z "$(worker)" ]'
start
must wait_for 10 says 203.0.113.1 'DEFER_IF_PERMIT'

# --- snapshots ---

cp "$SNAPSHOT" "$TMP/good"
head -c -30 "$TMP/good" >"$SNAPSHOT.new" && mv "$SNAPSHOT.new" "$SNAPSHOT"
check 'one that is cut is refused' wait_for 10 grep -q "'$SNAPSHOT' is not used" "$TMP/err.policyd"
is "$(ask 203.0.113.1 | cut -d' ' -f1)" 'action=DEFER_IF_PERMIT' 'and the one before stays'
sed "s/^H good-until .*/H good-until $(date +%s)/" "$TMP/good" >"$SNAPSHOT.new" && mv "$SNAPSHOT.new" "$SNAPSHOT"
check 'of one that is old nobody is deferred' wait_for 10 says 203.0.113.1 'PREPEND .*; old$'
cp "$TMP/good" "$SNAPSHOT.new" && mv "$SNAPSHOT.new" "$SNAPSHOT"
check 'and all is well afterwards' wait_for 10 says 203.0.113.1 'DEFER_IF_PERMIT'

# --- hostile clients ---

cat >"$TMP/hostile.py" <<-'END'
	import socket, sys, time
	def connect():
	    return socket.create_connection(("127.0.0.1", 9827), 15)
	def closed(s):
	    try:
	        while s.recv(65536):
	            pass
	        return True
	    except ConnectionError:
	        return True
	    except OSError:
	        return False
	out = []
	s = connect()
	s.sendall(b"request=smtpd_access_policy\nsender=" + b"x" * 100000 + b"\nprotocol_state=RCPT\nclient_address=203.0.113.1\n\n")
	out.append(s.recv(100)[:12] == b"action=DEFER")
	for bad in (b"GET / HTTP/1.1\r\n\r\n", b"\n", b"request=x\n\n", b"request=smtpd_access_policy\n\0=\n\n", b"x" * 300000):
	    s = connect()
	    try:
	        s.sendall(bad)
	    except OSError:
	        pass
	    out.append(closed(s))
	# One that asks and never reads.
	s = connect()
	s.setblocking(False)
	one = b"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=203.0.113.1\n\n"
	end = time.time() + 15
	left = False
	while not left and time.time() < end:
	    try:
	        s.send(one * 100)
	    except BlockingIOError:
	        time.sleep(0.01)
	    except OSError:
	        left = True
	out.append(left)
	# An idle connection, and one that does not finish.
	idle, half = connect(), connect()
	half.sendall(b"request=smtpd_access_policy\n")
	out.append(closed(half))
	idle.sendall(one)
	out.append(idle.recv(100)[:12] == b"action=DEFER")
	print(out.count(True), len(out))
END
is "$(in_server "$PYTHON" "$TMP/hostile.py")" '9 9' \
	'long lines pass; what is no request, never reads or never ends is left, and an idle client stays'
is "$(ask 203.0.113.1 | cut -d' ' -f1)" 'action=DEFER_IF_PERMIT' 'which costs others nothing'
if [ "${NOLIST_FULL:-}" ]; then
	cat >"$TMP/many.py" <<-'END'
		import resource, socket, sys, time
		resource.setrlimit(resource.RLIMIT_NOFILE, (13000, 13000))
		held = [socket.create_connection(("127.0.0.1", 9827), 15) for i in range(11000)]
		one = b"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=203.0.113.1\n\n"
		held[-1].sendall(one)
		ok = held[-1].recv(100)[:12] == b"action=DEFER"
		print(ok, held[0].recv(1) == b"")
	END
	is "$(in_server bash -c "ulimit -n 20000; $PYTHON $TMP/many.py")" 'True True' '11,000 connections: the idle ones go'
fi

# --- other sockets ---

nolist policyd --listen "unix:$TMP/sock" --listen '[::1]:9828' --memory "$TMP/memory" 2>"$TMP/err.unix" &
other() {
	in_server "$PYTHON" "$TOP/selftests/lib/policy_ask.py" "$1" <<<'203.0.113.1' 2>/dev/null | grep -q DEFER
}
check 'at a Unix socket' wait_for 10 other "$TMP/sock"
# A disk without room for its memory.
mkdir "$TMP/full"
must mount -t tmpfs -o size=1m none "$TMP/full"
nolist policyd --listen "unix:$TMP/full.sock" --memory "$TMP/full/memory" 2>"$TMP/err.full" &
check 'on a full disk it answers as well' wait_for 10 other "$TMP/full.sock"
check 'and says that strangers pass' grep -q "cannot note in '$TMP/full/memory' which networks were deferred: No space left" \
	"$TMP/err.full"
# systemd hands sockets over.
in_server systemd-socket-activate -l "$TMP/activated" "$TOOL" policyd --memory "$TMP/memory2" --pin-dir "$PIN_DIR" \
	--state-dir "$STATE_DIR" 2>"$TMP/err.activated" &
activated() {
	other "$TMP/activated"
}
check 'or at one that systemd has opened' wait_for 10 activated
fails 2 'is not an address and a port' 'a place that is none' policyd --listen localhost
fails 1 'Address already in use' 'nor where another listens' policyd

# --- from another host, by TLS ---

# by PORT: what a source that is listed is told at that port of the other host.
by() {
	in_client timeout 20 "$PYTHON" "$TOP/selftests/lib/policy_ask.py" "127.0.0.1:$1" <<<'203.0.113.1' 2>&1 | tail -n 1
}
certificate policy.example
certificate mx2.example
certificate stranger.example
must ip -n client link set lo up
tunnel server asked "accept = $REAL4:9843" 'connect = 127.0.0.1:9827' "cert = $TMP/policy.example.pem" \
	"CAfile = $TMP/mx2.example.crt" 'verifyPeer = yes'
as_mx2=('client = yes' "connect = $REAL4:9843" "cert = $TMP/mx2.example.pem" "CAfile = $TMP/policy.example.crt" 'verifyPeer = yes')
tunnel client asks 'accept = 127.0.0.1:9827' "${as_mx2[@]}"
check 'a mail server of another host is answered through TLS' eval '[[ "$(by 9827)" = action=DEFER* ]]'
tunnel client stranger 'accept = 127.0.0.1:9828' "${as_mx2[@]/mx2.example/stranger.example}"
check 'a host without the right certificate is not' eval '[[ "$(by 9828)" != *action=* ]]'
tunnel client misled 'accept = 127.0.0.1:9829' "${as_mx2[@]/policy.example/stranger.example}"
check 'and no other server is asked' eval '[[ "$(by 9829)" != *action=* ]]'

kill "$service"
check 'it ends when it is told to' wait_for 5 eval "! kill -0 $service"
done_testing
