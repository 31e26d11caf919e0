#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The look-up page beside nginx that serves a file of the same size: requests for each second of processor
# time of the server, which is what one core does in a second, and does not depend on how fast the client
# is, nor on what else runs here. Each request asks for another address, and comes, as a proxy
# says, from another one. Half of MANY addresses, 100000, are listed; of the page also what it takes
# where none of those that are asked for is, and where each is. ROUNDS, 5, in turn: their medians
# count. Fails if the page does less than half of what nginx does.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
FETCH="scripts/fetch.sh nginx-light wrk"
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/bench/site.sh
. "$(dirname "$0")/site.sh"

need ip curl
many=${MANY:-100000}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-3}
site 2097152
inject "many=$((many / 4))"
mkdir -p "$STATE_DIR/lists" "$TMP/www" "$TMP/logs"
LIST=$STATE_DIR/lists/page
must nolist dump -c "$CONF" --quiet --format page --output "$LIST" 2>/dev/null
listed=$(grep -vc '^#' "$LIST")

on 0 "$BUILD/nolist-xdp-page" page --listen 127.0.0.1:9826 --proxy 127.0.0.1 --list "$LIST" 2>"$TMP/err.page" &
started=$!
page() {
	in_server curl -s -o "$1" -H 'X-Forwarded-For: 192.0.2.77' "http://127.0.0.1:9826/$2"
}
must wait_for 10 page "$TMP/www/index.html" '?address=192.0.2.7'
page "$TMP/www/json" json?address=192.0.2.7
cat >"$TMP/nginx.conf" <<END
worker_processes 1;
pid $TMP/nginx.pid;
error_log $TMP/logs/error;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000;
	client_body_temp_path $TMP/t1; proxy_temp_path $TMP/t2; fastcgi_temp_path $TMP/t3;
	uwsgi_temp_path $TMP/t4; scgi_temp_path $TMP/t5;
	server { listen 127.0.0.1:9827; root $TMP/www; }
}
END
chmod 755 "$TMP" "$TMP/www"
on 0 "$BUILD/debs/nginx-light/usr/sbin/nginx" -p "$TMP" -c "$TMP/nginx.conf" -g 'user root; daemon off;' 2>"$TMP/err.nginx" &
must wait_for 10 in_server curl -sf -o /dev/null http://127.0.0.1:9827/

# Which addresses: all, those of the list, or none of it.
grep -v '^#' "$LIST" | awk '{ print $1 }' | shuf -n 5000 --random-source="$TOOL" | sed 's,::/64,::1,' >"$TMP/is"
cat >"$TMP/ask.lua" <<'END'
local which, path, file = os.getenv("WHICH"), os.getenv("ASK"), os.getenv("LISTED")
local is = {}
for line in io.lines(file) do is[#is + 1] = line end
math.randomseed(7)
local r = math.random
request = function()
	local a
	if which == "none" or (which == "all" and r(2) == 1) then
		a = string.format("11.%d.%d.%d", r(0, 255), r(0, 255), r(0, 255))
	else
		repeat a = is[r(#is)] until which == "all" or not a:find(":")
	end
	return wrk.format("GET", path .. a, { ["X-Forwarded-For"] = string.format("%d.%d.%d.1", r(1, 223), r(0, 255), r(0, 255)) })
end
END
server_of() {
	case $1 in
	9826) pgrep -P "$started" ;;
	9827) pgrep -P "$(cat "$TMP/nginx.pid")" ;;
	esac
}
LIBS=$(find "$BUILD/debs/wrk" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
# ask PORT PATH WHICH: requests for a second of processor time; all are to succeed.
ask() {
	local pid before

	pid=$(server_of "$1")
	before=$(cpu_of "$pid")
	ASK=$2 WHICH=$3 LISTED=$TMP/is LD_LIBRARY_PATH=$LIBS on 1 "$BUILD/debs/wrk/usr/bin/wrk" -t 1 -c 32 -d "$seconds" \
		-s "$TMP/ask.lua" "http://127.0.0.1:$1" >"$TMP/wrk" 2>&1
	! grep -q 'Non-2xx\|Socket errors' "$TMP/wrk" || bail_out "$(cat "$TMP/wrk")"
	awk -v ns=$(($(cpu_of "$pid") - before)) '/requests in/ { printf "%d\n", $1 / ns * 1e9 }' "$TMP/wrk"
}
for ((i = 0; i < rounds; i++)); do
	ask 9827 '/?address=' all >>"$TMP/r.nginx"
	ask 9826 '/?address=' all >>"$TMP/r.page"
	ask 9827 '/json?address=' all >>"$TMP/r.nginx-json"
	ask 9826 '/json?address=' all >>"$TMP/r.json"
	ask 9826 '/?address=' listed >>"$TMP/r.listed"
	ask 9826 '/?address=' none >>"$TMP/r.none"
done

median() {
	sort -n "$TMP/r.$1" | awk '{ r[NR] = $1 } END { print r[int((NR + 1) / 2)] }'
}
row() {
	sort -n "$TMP/r.$1" | awk -v what="$2" '{ r[NR] = $1 } END { printf "# %-58s %7d %7d %7d\n", what, r[int((NR + 1) / 2)], r[1], r[NR] }'
}
printf '# %-58s %7s %7s %7s\n' "requests for a second of one core, $listed sources listed" median min max
row nginx "nginx, a file of $(stat -c %s "$TMP/www/index.html") bytes"
row page 'page, as many bytes of HTML'
row listed '    of IPv4 addresses that are listed'
row none '    of IPv4 addresses that are not'
row nginx-json "nginx, a file of $(stat -c %s "$TMP/www/json") bytes"
row json 'page, as many bytes of JSON'
check 'the page does half of what nginx does with a file' test $((2 * $(median page))) -ge "$(median nginx)"
check 'and JSON' test $((2 * $(median json))) -ge "$(median nginx-json)"
check 'listed or not makes no difference, to a tenth' \
	awk -v a="$(median listed)" -v b="$(median none)" 'BEGIN { exit !(a / b > 0.9 && a / b < 1.1) }'
done_testing
