#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# exporter: what run answers, by HTTP: in both formats, to who asks for it properly, from a process
# without capabilities, whatever other clients do. Why it matters: it faces a network, and it must
# not wake anybody for nothing. net/prometheus.sh has a real Prometheus scrape it.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip curl jq
topology
judge_setup
nolist exporter >/dev/null 2>"$TMP/exporter" &
nolist exporter --listen "$TMP/http" 2>"$TMP/err.unix" &
URL=http://127.0.0.1:9825/metrics

# get OPTION...: the status and the type; the body is in $TMP/body.
get() {
	in_server curl -s -m 10 -o "$TMP/body" -w '%{http_code} %{content_type}' "$@"
}
status_is() {
	[[ "$(get "${@:2}")" = "$1"* ]]
}
check 'without run there is no answer, and it says so' wait_for 5 status_is '503 text/plain' $URL
is "$(cat "$TMP/body")" "no answer from 'nolist-xdp run'" 'in words'
nolist run -c "$CONF" --no-load 2>"$TMP/run" &
check 'with run there is one' wait_for 10 status_is '200 text/plain; version=0.0.4; charset=utf-8' $URL
has_collected() {
	get $URL >/dev/null
	grep -q '^nolist_collect_timestamp_seconds' "$TMP/body"
}
check 'which is of now' wait_for 10 has_collected
# Frames and times go on meanwhile, and the first collect and dump may just be at work.
still() {
	sed -E 's/ [0-9]+$//' "$1"
}
is_same() {
	get $URL >/dev/null
	nolist metrics -c "$CONF" >"$TMP/metrics"
	diff <(still "$TMP/body") <(still "$TMP/metrics") >"$TMP/diff"
}
wait_for 10 is_same
is "$(cat "$TMP/diff")" '' 'which is that of metrics'
is "$(get -H 'Accept: application/openmetrics-text; version=1.0.0,text/plain;q=0.5' $URL) $(tail -n 1 "$TMP/body")" \
	'200 application/openmetrics-text; version=1.0.0; charset=utf-8 # EOF' 'OpenMetrics, for who takes it'
is "$(get --unix-socket "$TMP/http" http://localhost/metrics)" '200 text/plain; version=0.0.4; charset=utf-8' \
	'and at a Unix socket'
is "$(get -I $URL) $(get http://127.0.0.1:9825/) $(get -d x=y $URL)" \
	'200 text/plain; version=0.0.4; charset=utf-8 404 text/plain; charset=utf-8 405 ' 'HEAD, another path, and POST'
is "$(stat -c %a "$STATE_DIR/metrics.sock")" 666 'everybody may ask run, too'

# --- without privilege ---

pid=$(pgrep -f 'nolist-xdp-exporter|nolist-xdp.* exporter' | head -n 1)
is "$(sed -nE 's/^(CapEff|CapPrm|NoNewPrivs|Seccomp):\s*0*//p' "/proc/$pid/status" | tr '\n' ' ')" '  1 2 ' \
	'no capabilities, none to get, and a filter'
is "$(ldd "$TOOL" | grep -c microhttpd) $(ldd "$BUILD/nolist-xdp-exporter" | grep -cE 'microhttpd|libbpf|sqlite')" \
	'0 1' 'the tool links no HTTP, and this no BPF and no SQLite'
for where in 192.0.2.10:9825 '[2001:db8::10]:80' 0.0.0.0:9825; do
	in_server timeout 5 "$TOOL" exporter --listen "$where" 2>"$TMP/err"
	is "$? $(grep -c 'is no address that only this host can reach' "$TMP/err")" '2 1' "not at $where"
done
for where in 127.0.0.1 127.0.0.1:0 127.0.0.1:65536 '::1:80' here; do
	fails 2 "is not an address and a port" "nor '$where'" exporter --listen "$where"
done
fails 1 'Address already in use' 'nor where another listens' exporter

# --- bad clients, and many sources ---

if [ "${NOLIST_FULL:-}" ]; then
	# 150 connections: some silent, some in the middle of a head, some that ask and never read.
	in_server "$PYTHON" -c '
import socket, sys, time
held = []
for i in range(150):
	s = socket.create_connection(("127.0.0.1", 9825), 5)
	if i % 3:
		s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + (b"\r\n" if i % 3 == 2 else b"X: "))
	held.append(s)
open(sys.argv[1], "w")
time.sleep(60)' "$TMP/held" 2>"$TMP/err.held" &
	must wait_for 10 test -e "$TMP/held"
	check 'slow clients are left after some seconds' wait_for 15 status_is 200 $URL
	check 'and take little memory' test "$(sed -n 's/^VmRSS:\s*\([0-9]*\).*/\1/p' "/proc/$pid/status")" -lt 20000
	in_server "$PYTHON" -c '
import socket, sys, time
held = [socket.socket(socket.AF_UNIX) for i in range(3)]
for s in held:
	s.connect(sys.argv[1])
open(sys.argv[2], "w")
time.sleep(60)' "$STATE_DIR/metrics.sock" "$TMP/silent" &
	must wait_for 5 test -e "$TMP/silent"
	check 'nor does a silent client of run take its place for long' wait_for 10 status_is 200 $URL
	is "$(grep -c 'killed\|failed' "$TMP/run")" 0 'and run has nothing to tell of that'

	inject many=131000
	get $URL >/dev/null
	diag "a scrape with 262000 sources in the tables: $(in_server curl -s -o /dev/null -w '%{time_total} s' $URL)"
	check 'a scrape takes less than 50 ms, whatever the number of sources' eval \
		'for i in 1 2 3 4 5; do in_server curl -s -o /dev/null -w "%{time_total}\n" $URL; done | sort -n |
			awk "NR == 1 { exit \$1 >= 0.05 }"'
fi
kill "$pid"
check 'it ends when it is told to' wait_for 5 eval "! kill -0 $pid"
done_testing
