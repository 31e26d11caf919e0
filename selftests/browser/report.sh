#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# The page of report as a person sees it: in Chromium, on a desk and on a phone, in light and in
# dark: nothing is cut off, all of it can be read, bars are there and as high as they should be, keys
# are enough, and nothing is asked of anybody. Screenshots are in build/screenshots afterwards. Why
# it matters: a page can be well-formed and unreadable.
# shellcheck source=selftests/lib/lib.sh
FETCH="scripts/fetch.sh chromium fonts-dejavu-core"
UPTIME=1209600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/browser.sh
. "$(dirname "$0")/../lib/browser.sh"

need ip sqlite3
topology
judge_setup
histories
must nolist collect -c "$CONF" >/dev/null 2>&1
# A month of a small site, the same in each run.
"$PYTHON" -c '
import random, time
random.seed(1)
now = int(time.time()) // 3600
print("BEGIN; DELETE FROM history;")
for h in range(now - 60 * 24, now + 1):
	high = random.randint(20, 60)
	counts = [random.randint(80, 160), random.randint(60, 140), high, high // 2, random.randint(50, 120),
		random.randint(30, 80), 0, 0, high // 20 if h < now - 168 else 0, high // 2 - high // 20 if h < now - 168 else 0,
		random.randint(0, 6), random.randint(0, 5), 900 + h % 97]
	for kind, count in enumerate(counts):
		if count:
			print(f"INSERT INTO history VALUES ({kind}, {h}, {count});")
print("COMMIT;")' | must sqlite3 "$STATE_DIR/evidence.db"
for days in 2 30 732; do
	must nolist report -c "$CONF" --days $days --html "$TMP/$days.html"
done

cat >"$TMP/look.py" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from browser import Browser, LAYOUT, ok
pages, shots, path, libraries, profile = sys.argv[2:]
with Browser(path, libraries, profile) as b:
    colours = set()
    for days in "30", "2", "732":
        for width in 1200, 360:
            for is_dark in False, True:
                name = f"{days} days, {width} pixels, {'dark' if is_dark else 'light'}"
                b.open(f"file://{pages}/{days}.html", width, 900, is_dark)
                l = b.evaluate(LAYOUT)
                ok(l["width"] <= width, f"{name}: nothing is beyond the right edge", l)
                ok(l["font"] >= 13, f"{name}: no text is too small", l)
                ok(l["contrast"] >= 4.5, f"{name}: all of it stands out", l)
                ok(l["unlabelled"] == 0, f"{name}: what is drawn has words", l)
                colours.add((is_dark, l["background"]))
                b.screenshot(f"{shots}/report-{days}-{width}{'-dark' if is_dark else ''}.png")
    ok(len(colours) == 2, "light and dark differ, and nothing else", colours)
    b.open(f"file://{pages}/30.html", 1200, 900)
    bars = b.evaluate("""[...document.querySelectorAll("svg")].map(s => {
        const r = [...s.querySelectorAll("g")].map(g => g.getBoundingClientRect());
        const box = s.getBoundingClientRect();
        return [r.length, Math.max(...r.map(x => x.height)) / box.height,
            r.every(x => x.left >= box.left - 1 && x.right <= box.right + 1 && x.top >= box.top - 1)];
    })""")
    ok([n for n, _, _ in bars] == [30, 30, 23, 30, 30, 30], "each day has its bar", bars)
    ok(all(.98 <= high <= 1.01 and inside for _, high, inside in bars), "the highest fills its chart, and none leaves it", bars)
    ok(not b.evaluate("document.querySelector('details').open"), "the table is closed")
    b.key("Tab", 9)
    ok(b.evaluate("document.activeElement.tagName") == "SUMMARY", "a key reaches it")
    b.key("Enter", 13)
    ok(b.evaluate("document.querySelector('details').open"), "and another one opens it")
    ok(b.evaluate("document.querySelectorAll('details tr').length") == 31, "with a row for each day")
    ok(set(u.split(":")[0] for u in b.requests) <= {"file", "about"}, "nothing is asked of any server", b.requests)
    ok(not b.complaints, "and the browser has nothing to say", b.complaints)
END
look look.py
is "$(find "$SHOTS" -name 'report-*.png' -newer "$TMP/look.py" | wc -l)" 12 'there are screenshots'
done_testing
