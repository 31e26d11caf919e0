#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# The look-up page as a listed sender's administrator sees it, in Chromium: on a desk and on a phone,
# in light and in dark, by keys alone: an address is typed, and the answer is there. Why it matters: who
# is refused somewhere is in a hurry, and has to understand it without writing to anybody.
# shellcheck source=selftests/lib/lib.sh
FETCH="scripts/fetch.sh chromium fonts-dejavu-core"
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip curl
CHROMIUM=$BUILD/debs/chromium
libraries=$(find "$CHROMIUM" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
SHOTS=$BUILD/screenshots
mkdir -p "$SHOTS" "$TMP/profile" "$STATE_DIR/lists"
topology ''
judge_setup
histories
must nolist dump -c "$CONF" --quiet --format page --output "$STATE_DIR/lists/page" 2>/dev/null
nolist page --contact 'postmaster@example.com' 2>"$TMP/err.page" &
must wait_for 5 in_server curl -s -o /dev/null http://127.0.0.1:9826/

cat >"$TMP/look.py" <<'END'
import sys, time
sys.path.insert(0, sys.argv[1])
from browser import Browser, LAYOUT
shots, path, libraries, profile = sys.argv[2:]
URL = "http://127.0.0.1:9826/"
def ok(is_ok, name, got=""):
    print(f"{'ok' if is_ok else 'not ok'} - {name}{'' if is_ok else f': {got}'}")
pages = {"start": URL, "listed": URL + "?address=203.0.113.1", "free": URL + "?address=2001:db8:5:2:1234:5678:9abc:def0",
         "wrong": URL + "?address=no"}
with Browser(path, libraries, profile) as b:
    for name, url in pages.items():
        for width in 1200, 320:
            for is_dark in False, True:
                b.open(url, width, 700, is_dark)
                l = b.evaluate(LAYOUT)
                what = f"{name}, {width} pixels, {'dark' if is_dark else 'light'}"
                ok(l["width"] <= width, f"{what}: nothing is beyond the right edge", l)
                ok(l["font"] >= 13 and l["contrast"] >= 4.5, f"{what}: all of it can be read", l)
                ok(l["unlabelled"] == 0, f"{what}: what is asked for has words", l)
                b.screenshot(f"{shots}/page-{name}-{width}{'-dark' if is_dark else ''}.png")
        time.sleep(4) # it lets a network ask so often only
    b.open(URL)
    ok(b.evaluate("document.querySelector('input').value") == "127.0.0.1", "it begins with the address that asks")
    b.key("Tab", 9)
    ok(b.evaluate("document.activeElement.tagName") == "INPUT", "a key reaches the field")
    b.call("Input.insertText", text="203.0.113.6")
    b.events.clear()
    b.key("Enter", 13)
    deadline = time.monotonic() + 10
    while "Page.loadEventFired" not in b.events:
        b._note(b._read(deadline))
    ok("203.0.113.6 is listed" in b.evaluate("document.body.innerText"), "and another one looks it up",
       b.evaluate("document.body.innerText"))
    ok(b.evaluate("document.body.innerText").count("Let your mail server retry as usual") == 1, "it says what frees it")
    ok(b.evaluate("document.documentElement.lang") == "en" and b.evaluate("document.querySelectorAll('h1').length") == 1 and
       b.evaluate("!!document.querySelector('main')"), "it has a language, one heading and a main part")
    ok(set(u.split("?")[0] for u in b.requests) <= {URL, URL + "style.css", URL + "favicon.ico", "about:blank"},
       "nothing is asked of any other server", b.requests)
    ok(not [c for c in b.complaints if "favicon" not in c and "400" not in c and "404" not in c],
       "and the browser has nothing to say", b.complaints)
    ok(not b.call("Network.getCookies", urls=[URL])["cookies"], "there is no cookie")
END
while IFS= read -r line; do
	case $line in
	'ok - '*) ok "${line#ok - }" ;;
	'not ok - '*) not_ok "${line#not ok - }" ;;
	'exit status '*) is "${line#exit status }" 0 'all of that was asked' ;;
	*) diag "$line" ;;
	esac
done < <(in_server "$PYTHON" "$TMP/look.py" "$TOP/selftests/lib" "$SHOTS" "$CHROMIUM/usr/lib/chromium/chromium" \
	"$libraries" "$TMP/profile" 2>&1; echo "exit status $?")
done_testing
