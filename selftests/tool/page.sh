#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# page: what it says of an address, as HTML and as JSON, in answers of one size; that nobody gets
# more of it than is his due, by asking often, by headers or by hostile words; and what a list that is
# old or cut does. Why it matters: it faces the internet, and it speaks for whoever runs it.
# browser/page.sh looks at it in a browser.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
FETCH="scripts/fetch.sh wrk"
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip curl jq
topology ''
judge_setup
histories
inject '203.0.113.8 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0 low=70h:70h:1 real=70h:70h:1 data=70h:70h:1 walk=0s:70h' many=300
mkdir -p "$STATE_DIR/lists"
LIST=$STATE_DIR/lists/page
must nolist dump -c "$CONF" --quiet --format page --output "$LIST" 2>/dev/null
nolist page --contact 'post"master <b>@example.com' 2>"$TMP/err.page" &
nolist page --listen 192.0.2.20:80 --proxy 198.51.100.250 --proxy 192.0.2.1 2>"$TMP/err.public" &
URL=http://127.0.0.1:9826

# get URL [OPTION...]: the status; head and body are in $TMP.
get() {
	in_server curl -s -m 5 -D "$TMP/head" -o "$TMP/body" -w '%{http_code}' "${@:2}" "$1"
}
is_up() {
	[ "$(get "$1")" = 200 ]
}
# rows: of the list; each is as long as the others.
is "$(grep -v '^#' "$LIST" | awk '{ print length }' | sort -u)" 121 'each entry of the list has one length'
check 'the page is there' wait_for 5 is_up "$URL/"
is "$(sed -nE 's/^(Content-Security-Policy|Cache-Control|X-Content-Type-Options|Set-Cookie|Referrer-Policy): //p' "$TMP/head" | tr -d '\r' | sort | tr '\n' '|')" \
	"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'|no-store|nosniff|same-origin|" \
	'with a strict policy, and without a cookie'
is "$(grep -c '<script\|http://\|https://' "$TMP/body") $(grep -oE 'Contact: [^/]*' "$TMP/body")" \
	'0 Contact: post&#34;master &#60;b&#62;@example.com<' 'nothing from elsewhere, and words as words'

# --- look-ups ---

# The limit is for others: each asks from a network of its own.
asks=0
ask() {
	asks=$((asks + 1))
	in_client curl -s -m 5 -D "$TMP/head" -o "$TMP/body" -w '%{http_code}' \
		-H "X-Forwarded-For: 198.18.$asks.1" "http://192.0.2.20/$1"
}
is "$(ask json?address=203.0.113.1) $(jq -c '[.listed, .tier, .walks, .walks_needed, .until - .since > 0]' "$TMP/body")" \
	'200 [true,2,0,2,true]' 'a listed source'
is "$(ask json?address=203.0.113.99) $(jq -c '[.listed, .address, .since]' "$TMP/body")" \
	'200 [false,"203.0.113.99",null]' 'one that is not'
is "$(ask json?address=2001:db8:5:1:ffff::1) $(jq -c .listed "$TMP/body")" '200 true' 'an address of a listed /64'
is "$(ask json?address=2001:db8:5:1::/64) $(jq -c .listed "$TMP/body")" '200 true' 'and that /64, as list-reason has it'
is "$(ask json?address=2001:db8:5::/63)$(ask json?address=203.0.113.0/31)" 400400 'but no wider network'
is "$(ask json?address=2001:db8:5:2::1) $(jq -c .listed "$TMP/body")" '200 false' 'one of the next /64'
is "$(ask json?address=203.0.113.8) $(jq -c '[.listed, .walks]' "$TMP/body")" '200 [true,1]' 'one that has walked once'
wrong=
while read -r a is; do
	ask "json?address=$a" >/dev/null
	[ "$(jq -r .listed "$TMP/body")" = "$is" ] || wrong+=" $a"
done < <(grep -v '^#' "$LIST" | awk 'NR == 1 || NR % 60 == 0 { sub("/64", "9"); print $1, "true" }'
	echo '0.0.0.0 false'; echo '255.255.255.255 false'; echo '100.127.255.255 false'; echo ':: false'; echo 'ffff:: false')
is "$wrong" '' 'the first, some others, and what is beside them'
ask '?address=203.0.113.8' >/dev/null
is "$(grep -oE '203.0.113.8 is listed|So far: 1 of 2|retry as usual' "$TMP/body" | tr '\n' ';')" \
	'203.0.113.8 is listed;retry as usual;So far: 1 of 2;' 'the page says what frees it'
listed=$(wc -c <"$TMP/body")
ask '?address=203.0.113.9' >/dev/null
is "$(grep -oE '203.0.113.9 is [a-z ]*' "$TMP/body") $(wc -c <"$TMP/body")" "203.0.113.9 is not listed $listed" \
	'and of one that is not, in as many bytes'
ask json?address=203.0.113.1 >/dev/null
listed=$(wc -c <"$TMP/body")
ask json?address=203.0.113.99 >/dev/null
is "$(wc -c <"$TMP/body")" "$listed" 'so does JSON'

# --- hostile clients ---

bad=
for a in '' x 203.0.113 203.0.113.0/24 '%3Cscript%3E' "$(printf '1%.0s' {1..3000})" '%22%3E%3Cb%3E'; do
	case "$(ask "json?address=$a") $(jq -r .error "$TMP/body" 2>/dev/null)" in
	'400 That is not an address') ;;
	414* | 413* | 431*) ;;
	*) bad+=" $a" ;;
	esac
	ask "?address=$a" >/dev/null
	! grep -q '<script\|"><b>' "$TMP/body" || bad+=" $a"
done
is "$bad" '' 'what is no address is refused, and never repeated'
is "$(ask ../../etc/passwd) $(ask lists/page) $(ask style.css)" '404 404 200' 'no file of this host'
# From one network, by whatever addresses and headers: it says who it is itself.
often() {
	local i

	for i in {1..60}; do
		in_server curl -s -o /dev/null -w '%{http_code}\n' -H "X-Forwarded-For: 198.19.$i.1" \
			--interface "127.0.0.$i" "$URL/json?address=203.0.113.1"
	done | sort | uniq -c | tr -s ' ' | tr '\n' ';'
}
check 'one network cannot ask for many, nor pass itself off as others' \
	eval '[[ "$(often)" =~ ^\ (19|2[0-9]|3[0-5])\ 200\;\ [234][0-9]\ 429\;$ ]]'
# Behind a proxy only the last address is the proxy's own word.
behind() {
	local i

	for i in {1..45}; do
		in_client curl -s -o /dev/null -w '%{http_code}\n' -H "X-Forwarded-For: 198.19.$i.1, 198.18.250.1" \
			'http://192.0.2.20/json?address=203.0.113.1'
	done | grep -c 429
}
check 'nor behind a proxy' test "$(behind)" -gt 0
is "$(ask json?address=203.0.113.1)" 200 'which costs others nothing'


# --- slow clients, and many requests ---

pid=$(pgrep -f 'nolist-xdp.* page --contact' | head -n 1)
memory() {
	sed -n 's/^VmRSS:\s*\([0-9]*\).*/\1/p' "/proc/$pid/status"
}
# Connections, each from ADDRESS or from a network of its own, that send a byte of a request each second.
cat >"$TMP/slow.py" <<'END'
import select, socket, sys, time
n, ready, address = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
held = []
def more():
    s = socket.socket()
    s.bind((address[0] if address else f"127.{len(held) // 200 + 1}.{len(held) % 200}.1", 0))
    s.settimeout(5)
    s.connect(("127.0.0.1", 9826))
    s.sendall(b"GET / HTTP/1.1\r\nX: ")
    held.append(s)
for i in range(n):
    more()
until, t = time.monotonic() + 25, 0
while time.monotonic() < until:
    gone = 0
    for s in held:
        try:
            if select.select([s], [], [], 0)[0] and not s.recv(100):
                raise OSError
            s.sendall(b"x")
        except OSError:
            gone += 1
    t += 1
    if t == 2:
        open(ready, "w").write(str(gone))
    time.sleep(1)
END
in_server "$PYTHON" "$TMP/slow.py" 100 "$TMP/slow.one" 127.9.9.9 2>"$TMP/err.slow1" &
slow=$!
must wait_for 15 test -s "$TMP/slow.one"
is "$(cat "$TMP/slow.one")" 84 'of one network sixteen may connect at once'
is "$(get "$URL/style.css")" 200 'and others are served meanwhile'
wait "$slow"
in_server "$PYTHON" "$TMP/slow.py" 400 "$TMP/slow.many" 2>"$TMP/err.slow2" &
slow=$!
must wait_for 20 test -s "$TMP/slow.many"
check 'slow clients of many networks keep nobody out' wait_for 10 is_up "$URL/style.css"
check 'and take little memory' test "$(memory)" -lt 30000
diag "it has $(memory) kB"
kill "$slow"

# As many requests as it takes, from one network.
pid=$(pgrep -f 'nolist-xdp.* page --listen' | head -n 1)
LOAD=$BUILD/debs/wrk/usr/bin/wrk
in_client env LD_LIBRARY_PATH="$(find "$BUILD/debs/wrk" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)" \
	"$LOAD" -t 1 -c 8 -d 4 -H 'X-Forwarded-For: 198.18.241.1' \
	'http://192.0.2.20/json?address=203.0.113.1' >"$TMP/load" 2>&1 &
load=$!
sleep 1
is "$(ask json?address=203.0.113.1)" 200 'it is there for others while one asks for all it can'
asked=$(in_client curl -s -o /dev/null -m 5 -w '%{http_code} %{time_total}' -H 'X-Forwarded-For: 198.18.240.1' 'http://192.0.2.20/json?address=203.0.113.1')
wait "$load"
diag "another is answered: $asked; $(grep -E 'requests in|Requests/sec|Non-2xx' "$TMP/load" | tr -s ' \n' ' '), $(memory) kB"
is "$(awk '/requests in/ { all = $1 } /Non-2xx/ { no = $NF } END { print (all > 1000 && all - no <= 30) }' "$TMP/load")" 1 \
	'which gets no more than its share'
check 'and takes no memory' test "$(memory)" -lt 30000

# --- as files ---

mkdir "$TMP/www" "$TMP/elsewhere"
run page --static "$TMP/www" --contact 'post<master'
is "$status $(cd "$TMP/www" && find . -type f -not -path './[46]/*' | sort | tr '\n' ' ')" '0 ./404.html ./index.html ./lookup.js ./style.css ' \
	'the page as files'
is "$(cd "$TMP/www" && find 4 6 -name '*.html' | wc -l) $(cd "$TMP/www" && find 4 6 -name '*.json' | wc -l)" \
	"$(grep -vc '^#' "$LIST") $(grep -vc '^#' "$LIST")" 'one for each source that is listed, and as JSON'
is "$(jq -c '[.address, .listed, .walks, .made, .offences]' "$TMP/www/4/203/0/113/8.json")" '["203.0.113.8",true,1,null,null]' 'which says as much'
is "$(grep -c '203.0.113.8 is listed' "$TMP/www/4/203/0/113/8.html") $(grep -c 'So far: 1 of 2' "$TMP/www/4/203/0/113/8.html") $(grep -c 'is listed' "$TMP/www/6/2001/db8/5/1.html")" \
	'1 1 1' 'and what frees it'
is "$(grep -rl 'action="lift"\|The last hours' "$TMP/www" | wc -l) $(grep -c 'post&#60;master' "$TMP/www/index.html") $(cd "$TMP/www" && ls 4/203/0/113/ | grep -c '^99')" '0 1 0' \
	'but no hours and no lift, and nothing of what is not listed'
files() {
	(cd "$1" && find . -type f -printf '%p %i\n' | sort)
}
before=$(files "$TMP/www")
run page --static "$TMP/www" --contact 'post<master'
is "$status $(files "$TMP/www")" "0 $before" 'what has not changed is left alone'
echo mine | tee "$TMP/www/4/203/0/113/notes.txt" >"$TMP/www/4/203/0/113/007.html"
echo kept >"$TMP/elsewhere/77.html"
ln -s "$TMP/elsewhere" "$TMP/www/4/203/0/9"
awk '!/^203\.0\.113\.[68] /' "$LIST" >"$TMP/less"
sed -i 's/203.0.113.1 /203.0.113.2 /' "$TMP/less"
run page --static "$TMP/www" --list "$TMP/less" --contact 'post<master'
is "$status $(cd "$TMP/www/4/203/0/113" && ls | tr '\n' ' ')" '0 007.html 2.html 2.json notes.txt ' 'what is listed no more is removed, and only that'
is "$(cat "$TMP/elsewhere/77.html")" kept 'nothing is behind a link'
before=$(files "$TMP/www")
sed 's/^# expires: .*/# expires: 2020-01-01T00:00:00Z/' "$LIST" >"$TMP/old"
fails 1 'there is no list of the format "page" that may be used' 'of a list that has expired nothing is written' page --static "$TMP/www" --list "$TMP/old"
is "$(files "$TMP/www")" "$before" 'and nothing removed'
fails 1 'cannot open' 'no directory' page --static "$TMP/none"

# --- the list ---

must nolist pardon 203.0.113.1 -c "$CONF" >/dev/null 2>&1
must nolist dump -c "$CONF" --quiet --format page --output "$LIST" 2>/dev/null
is "$(ask json?address=203.0.113.1) $(jq -c .listed "$TMP/body")" '200 false' 'a new list is seen at once'
cp "$LIST" "$TMP/good"
head -c -7 "$TMP/good" >"$LIST.new" && mv "$LIST.new" "$LIST"
is "$(ask json?address=203.0.113.6) $(jq -c .error "$TMP/body")" '503 "There is no list at the moment"' \
	'of a list that is cut nothing is said'
sed 's/^# expires: .*/# expires: 2020-01-01T00:00:00Z/' "$TMP/good" >"$LIST.new" && mv "$LIST.new" "$LIST"
is "$(ask json?address=203.0.113.6)" 503 'nor of one that has expired'
rm "$LIST"
is "$(ask json?address=203.0.113.6)" 503 'nor where there is none'
cp "$TMP/good" "$LIST"
is "$(ask json?address=203.0.113.6) $(jq -c .listed "$TMP/body")" '200 true' 'and all is well afterwards'
pid=$(pgrep -f 'nolist-xdp.* page --contact' | head -n 1)
is "$(sed -nE 's/^(CapEff|CapPrm|NoNewPrivs|Seccomp):\s*0*//p' "/proc/$pid/status" | tr '\n' ' ')" '  1 2 ' \
	'without capabilities, and with a filter'
fails 2 'is not an address' 'a proxy that is none' page --proxy localhost
# shellcheck disable=SC2046 # words, each an option or its value
fails 2 'more than 8 proxies' 'more proxies than it knows' page $(printf -- '--proxy 192.0.2.%d ' {1..9})
done_testing
