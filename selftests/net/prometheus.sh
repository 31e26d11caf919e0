#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# The metrics, the alert rules and a real Prometheus: promtool finds nothing to say, the server
# scrapes both formats, and each rule fires when its fault is made. Why it matters: a format
# that is nearly right is silently dropped, and so is the alert.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq python3 curl
FETCH="scripts/fetch.sh prometheus prometheus-node-exporter"
(cd "$TOP" && $FETCH) >"$TMP/fetch.log" 2>&1 || skip_all "prometheus cannot be fetched"
BIN=$BUILD/debs/prometheus/usr/bin
RULES=$TOP/scripts/prometheus-rules.yml

quiet() {
	"$@" >"$TMP/said" 2>&1 && [ ! -s "$TMP/said" ] || { cat "$TMP/said" && false; }
}

# shellcheck disable=SC2119
topology
CONF=$TMP/nolist.conf
cat >"$CONF" <<END
interface = { s0 }
low = { $LOW4 }
real = { $REAL4 }
high = { $HIGH4 }
END
must nolist load -c "$CONF" >/dev/null 2>&1
must nolist collect -c "$CONF" >/dev/null
must nolist dump --output "$TMP/list" 2>/dev/null
nolist metrics -c "$CONF" >"$TMP/text"
check 'promtool has nothing to say of the metrics' quiet "$BIN/promtool" check metrics <"$TMP/text"
check 'nor of the rules' "$BIN/promtool" check rules "$RULES"

# --- node_exporter's textfiles ---

mkdir "$TMP/textfiles"
must nolist metrics -c "$CONF" --output "$TMP/textfiles/nolist.prom"
in_server "$BUILD/debs/prometheus-node-exporter/usr/bin/prometheus-node-exporter" --collector.disable-defaults \
	--collector.textfile --collector.textfile.directory="$TMP/textfiles" --web.listen-address=127.0.0.1:9100 >"$TMP/node.log" 2>&1 &
node() {
	in_server curl -sf http://127.0.0.1:9100/metrics >"$TMP/node"
}
must wait_for 10 node
is "$(grep '^node_textfile_scrape_error' "$TMP/node") $(grep -c '^nolist_[a-z_]*[{ ]' "$TMP/node")" \
	"node_textfile_scrape_error 0 $(grep -c '^nolist_[a-z_]*[{ ]' "$TMP/textfiles/nolist.prom")" 'a real node_exporter takes all of the textfile'

# --- the dashboard ---

DASHBOARD=$TOP/scripts/grafana-dashboard.json
jq -r '.panels[].targets[]?.expr' "$DASHBOARD" | sed 's/\$__rate_interval/5m/g; s/\$instance/.*/g' >"$TMP/queries"
is "$(grep -oE 'nolist_[a-z_]+' "$TMP/queries" | sort -u | grep -vxFf <(sed -n 's/^# TYPE \(\S*\) .*/\1/p' "$TMP/text"))" '' \
	'the dashboard asks for metrics that exist'
is "$(grep -oE '[a-z]+="[a-z_]+"' "$TMP/queries" | sort -u | while read -r l; do
	grep -qF "$l" "$TMP/text" || [ "${l#grade=}" != "$l" ] || echo "$l"
done)" '' 'and for labels that exist'
is "$(jq -r '[.panels[].id] | length - (unique | length)' "$DASHBOARD") $(jq -r '[.panels[] | select(.gridPos.x + .gridPos.w > 24)] | length' "$DASHBOARD")" \
	'0 0' 'its panels have numbers of their own, and fit'

# --- a real server ---

# Serves the metrics in the format that FORMAT names, as an HTTP server of somebody's own would.
cat >"$TMP/serve.py" <<'END'
import http.server, subprocess, sys
port, kind, *command = sys.argv[1:]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = subprocess.run(command, capture_output=True).stdout
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
END
in_server python3 "$TMP/serve.py" 9001 'text/plain; version=0.0.4' \
	"$TOOL" metrics -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" &
in_server python3 "$TMP/serve.py" 9002 'application/openmetrics-text; version=1.0.0; charset=utf-8' \
	"$TOOL" metrics --openmetrics -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" &
nolist run -c "$CONF" --no-load 2>"$TMP/run" &
nolist exporter 2>"$TMP/exporter" &
sed 's/for: .*/for: 0s/' "$RULES" >"$TMP/rules.yml"
cat >"$TMP/prometheus.yml" <<END
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [ $TMP/rules.yml ]
scrape_configs:
  - job_name: nolist
    static_configs: [ { targets: [ "127.0.0.1:9001" ] } ]
  - job_name: openmetrics
    static_configs: [ { targets: [ "127.0.0.1:9002" ] } ]
  - job_name: exporter
    static_configs: [ { targets: [ "127.0.0.1:9825" ] } ]
END
in_server "$BIN/prometheus" --config.file="$TMP/prometheus.yml" --storage.tsdb.path="$TMP/tsdb" \
	--web.listen-address=127.0.0.1:9090 >"$TMP/prometheus.log" 2>&1 &

ask() {
	in_server curl -s "http://127.0.0.1:9090/api/v1/$1"
}
query() {
	in_server curl -s --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
		jq -r '.data.result[0].value[1] // "none"'
}
both_up() {
	[ "$(query 'sum(up)')" = 3 ]
}
check 'a real Prometheus takes both formats, and the exporter' wait_for 30 both_up
in_client python3 -c '
import socket, sys
for a in sys.argv[1:]:
	try:
		socket.create_connection((a, 25), 2).close()
	except OSError:
		pass' "$LOW4"
refused() {
	[ "$(query "nolist_frames_total{verdict=\"low_rst_ack\",job=\"$1\"}")" = 1 ]
}
check 'the text format counts a refusal' wait_for 10 refused nolist
check 'and OpenMetrics the same' wait_for 10 refused openmetrics
check 'and the exporter' wait_for 10 refused exporter
bad_queries() {
	while read -r q; do
		in_server curl -s --data-urlencode "query=$q" http://127.0.0.1:9090/api/v1/query |
			jq -e '.status == "success"' >/dev/null || echo "$q"
	done <"$TMP/queries"
}
is "$(bad_queries)" '' 'it answers each query of the dashboard'
is "$(ask 'metadata?metric=nolist_frames_total' | jq -r '.data.nolist_frames_total[0].type')" counter \
	'as a counter'

# --- the rules ---

alerts() {
	ask alerts | jq -r '[.data.alerts[].labels.alertname] | unique | join(" ")'
}
fires() {
	[[ " $(alerts) " = *" $1 "* ]]
}
is "$(alerts)" NolistRealMxUnseen 'only the real MX, at which nobody was yet, is told'
must nsenter --net=/run/netns/server ip link set dev s0 xdp off
check 'a program that somebody took away' wait_for 20 fires NolistNotAttached
must sqlite3 "$STATE_DIR/evidence.db" 'UPDATE epoch SET seen_s = seen_s - 5000; UPDATE list SET time = time - 170000'
check 'a collect that is late' wait_for 20 fires NolistCollectLate
check 'a list that ends soon' wait_for 20 fires NolistListEnds
done_testing
