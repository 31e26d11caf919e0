#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# The look-up page as a listed sender's administrator sees it, in Chromium: on a desk and on a phone,
# in light and in dark, by keys alone: an address is typed, and the answer is there; and a listed address
# has its listing lifted, which another one cannot do for it. Why it matters: who is refused somewhere
# is in a hurry, and has to understand it without writing to anybody.
# shellcheck source=selftests/lib/lib.sh
FETCH="scripts/fetch.sh chromium fonts-dejavu-core"
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/browser.sh
. "$(dirname "$0")/../lib/browser.sh"

need ip curl
mkdir -p "$STATE_DIR/lists"
topology ''
judge_setup
histories
mkdir "$TMP/lifts"
cat >>"$CONF" <<END
list = { "page $STATE_DIR/lists/page" }
page-lifts = $TMP/lifts/lifts
page-url = http://192.0.2.20/
END
must nolist dump --all -c "$CONF" --quiet 2>/dev/null
nolist page --contact 'postmaster@example.com' 2>"$TMP/err.page" &
nolist page --listen 192.0.2.20:80 2>"$TMP/err.public" &
must wait_for 5 in_server curl -s -o /dev/null http://127.0.0.1:9826/

cat >"$TMP/look.py" <<'END'
import sys, time
sys.path.insert(0, sys.argv[1])
from browser import Browser, LAYOUT, ok
files, shots, path, libraries, profile = sys.argv[2:]
URL = "http://127.0.0.1:9826/"
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
                ok(l["font"] >= 13 and l["contrast"] >= 4.5 and l["edges"] >= 3, f"{what}: all of it can be read", l)
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
look look.py in_server

# --- as files, from a web server that knows nothing ---

mkdir "$TMP/www"
must nolist page --static "$TMP/www" --contact 'postmaster@example.com'
cat >"$TMP/serve.py" <<'END'
import http.server, os, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def send_error(self, code, *_):
        body = open("404.html", "rb").read()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
os.chdir(sys.argv[1])
http.server.ThreadingHTTPServer(("192.0.2.20", 8080), Handler).serve_forever()
END
# The address that the configuration has for the page is the one of the files now.
sed -i 's,http://192.0.2.20/,http://192.0.2.20:8080/,' "$TMP/www/404.html"
in_server "$PYTHON" "$TMP/serve.py" "$TMP/www" &
must wait_for 5 in_server curl -s -o /dev/null http://192.0.2.20:8080/
cat >"$TMP/files.py" <<'END'
import sys, time
sys.path.insert(0, sys.argv[1])
from browser import Browser, LAYOUT, ok
files, shots, path, libraries, profile = sys.argv[2:]
URL = "http://192.0.2.20:8080/"
with Browser(path, libraries, profile) as b:
    def ask(address):
        b.evaluate("document.querySelector('input').focus(); document.querySelector('input').value = ''")
        b.call("Input.insertText", text=address)
        b.events.clear()
        b.key("Enter", 13)
        deadline = time.monotonic() + 5
        try:
            while "Page.loadEventFired" not in b.events:
                b._note(b._read(deadline))
        except TimeoutError:
            return "nothing"
        return b.evaluate("location.pathname + ' ' + document.querySelector('h2').innerText")
    b.open(URL, 320, 700)
    l = b.evaluate(LAYOUT)
    ok(l["width"] <= 320 and l["font"] >= 13 and l["contrast"] >= 4.5 and l["edges"] >= 3 and l["unlabelled"] == 0, "the first page", l)
    b.screenshot(f"{shots}/page-files-320.png")
    for address, is_there in (("203.0.113.6", "/4/203/0/113/6.html 203.0.113.6 is listed"),
                              ("2001:0db8:5:1:ffff::9", "/6/2001/db8/5/1.html 2001:db8:5:1:: is listed"),
                              ("2001:db8:5:1::/64", "/6/2001/db8/5/1.html 2001:db8:5:1:: is listed"),
                              ("203.0.113.99", "/4/203/0/113/99.html That address is not listed"),
                              ("2001:db8::7", "/6/2001/db8/0/0.html That address is not listed"),
                              ("203.0.113.1", "/4/203/0/113/1.html 203.0.113.1 is listed")):
        got = ask(address)
        ok(got == is_there, f"{address} leads to its file", got)
    for address in "203.0.113.256", "../../etc/passwd", "203.0.113.0/24", "javascript:alert(1)", "::1/../../x":
        got = ask(address)
        ok(got == "nothing", f"{address} leads nowhere", got)
    ok(all(u.startswith(URL) or u == "about:blank" for u in b.requests), "nothing is asked of any other server", b.requests)
    ok(not [c for c in b.complaints if "404" not in c], "and the browser has nothing to say", b.complaints)
END
look files.py in_server

# --- a lift ---

# The browser's host has the listed address, and another one.
for a in 203.0.113.1 203.0.113.99; do
	must ip -n client addr add $a/32 dev c0
done
must ip -n server route add 203.0.113.0/24 via $CLIENT4
cat >"$TMP/lift.py" <<'END'
import subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from browser import Browser, LAYOUT, ok
files, shots, path, libraries, profile = sys.argv[2:]
URL = "http://192.0.2.20/"
# From now on it comes from that address: what is open is closed by the page after some seconds.
def be(address):
    subprocess.run(["ip", "route", "replace", "192.0.2.20/32", "dev", "c0", "src", address], check=True)
    time.sleep(7)
def press(b):
    b.events.clear()
    b.key("Enter", 13)
    deadline = time.monotonic() + 10
    while "Page.loadEventFired" not in b.events:
        b._note(b._read(deadline))
    return b.evaluate("document.body.innerText")
def to_button(b):
    for _ in range(6):
        b.key("Tab", 9)
        if b.evaluate("document.activeElement.innerText") == "Lift this listing":
            return True
    return False
with Browser(path, libraries, profile) as b:
    be("203.0.113.99")
    b.open(URL + "?address=203.0.113.1")
    text = b.evaluate("document.body.innerText")
    ok("203.0.113.1 is listed" in text and not to_button(b) and "The last hours" not in text,
       "another address sees that it is listed, no hours, and nothing to press", text)
    be("203.0.113.1")
    b.open(URL)
    ok(b.evaluate("document.querySelector('input').value") == "203.0.113.1", "a listed address begins with itself")
    b.key("Tab", 9)
    text = press(b)
    ok("203.0.113.1 is listed" in text and "The last hours" in text, "and is told more", text)
    for width in 1200, 320:
        for is_dark in False, True:
            b.open(URL + "?address=203.0.113.1", width, 700, is_dark)
            l = b.evaluate(LAYOUT)
            ok(l["width"] <= width and l["font"] >= 13 and l["contrast"] >= 4.5 and l["edges"] >= 3 and l["unlabelled"] == 0,
               f"which can be read and pressed, {width} pixels, {'dark' if is_dark else 'light'}", l)
            b.screenshot(f"{shots}/page-own-{width}{'-dark' if is_dark else ''}.png")
    b.open(URL + "?address=203.0.113.1")
    be("203.0.113.99")
    ok(to_button(b), "a key reaches the button")
    text = press(b)
    ok("from the listed address" in text, "which another address that has the page is refused", text)
    b.screenshot(f"{shots}/page-refused-1200.png")
    be("203.0.113.1")
    b.open(URL + "?address=203.0.113.1")
    to_button(b)
    text = press(b)
    ok("The listing of 203.0.113.1 is being lifted" in text, "and the listed address is not", text)
    for width in 1200, 320:
        b.call("Emulation.setDeviceMetricsOverride", width=width, height=700, deviceScaleFactor=1, mobile=width < 600)
        ok(b.evaluate(LAYOUT)["width"] <= width, f"which it is told, {width} pixels")
        b.screenshot(f"{shots}/page-lifted-{width}.png")
    ok(not [c for c in b.complaints if "favicon" not in c and "403" not in c and "404" not in c],
       "and the browser has nothing to say", b.complaints)
END
look lift.py in_client
is "$(cut -d' ' -f1 "$TMP/lifts/lifts")" 203.0.113.1 'it is noted once'
must nolist dump --all -c "$CONF" --quiet 2>/dev/null
is "$(in_server curl -s 'http://192.0.2.20/json?address=203.0.113.1' | grep -o '"listed":[a-z]*')" '"listed":false' 'and listed no more'
done_testing
