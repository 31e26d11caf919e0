#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# The live view as a person sees it: a terminal of 80 columns and 24 lines, drawn by a browser as
# build/screenshots/top*.png, for whoever looks at it; here only that nothing is cut off and that all of
# it stands out. tool/top.sh tests what it says. Why it matters: words can be right, and columns run into
# each other.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
FETCH="scripts/fetch.sh chromium fonts-dejavu-core"
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/browser.sh
. "$(dirname "$0")/../lib/browser.sh"

need ip tmux
export LC_ALL=C.UTF-8 TMUX_TMPDIR=$TMP
topology
judge_setup
histories
inject '203.0.113.9 high=71h:94h:3 talk=71h:94h:2 hour=71:1:0:0:0 hour=94:1:0:0:0 low=95h:95h:1 real=95h:95h:1'
echo "list = { \"plain $TMP/list\" }" >>"$CONF"
must nolist collect -c "$CONF" >/dev/null 2>&1
nolist dump --all -c "$CONF" --quiet 2>/dev/null

t() {
	tmux -L top -f /dev/null "$@"
}
printf '%s top -c %s --interval 1s --pin-dir %s --state-dir %s; sleep 100' "$TOOL" "$CONF" "$PIN_DIR" "$STATE_DIR" >"$TMP/begin"
t new-session -d -x 80 -y 24 "TERM=tmux-256color nsenter --net=/run/netns/server bash $TMP/begin"
has() {
	t capture-pane -p | grep -qE -- "$1"
}
check 'it begins' wait_for 10 has '^NEWEST LISTINGS'
check 'and has walked over the sources' wait_for 10 has '203.0.113'
for a in "$LOW4" "$LOW4" "$HIGH4" "$HIGH4" "$HIGH4"; do
	in_client timeout 2 bash -c "exec 3<>/dev/tcp/$a/25; head -n 1 <&3" >/dev/null 2>&1
done
check 'what happens is there' wait_for 10 has '^high_text'
t capture-pane -e -p -N >"$TMP/top"
t send-keys Down Enter
check 'explain, of a source' wait_for 10 has '^explain '
t capture-pane -e -p -N >"$TMP/top-explain"
t kill-server

cat >"$TMP/draw.py" <<'END'
import html, re, sys
sys.path.insert(0, sys.argv[1])
from browser import Browser, ok
files, shots, path, libraries, profile = sys.argv[2:]
COLOURS = ["#2e3436", "#ef6b6b", "#8ae234", "#fce94f", "#8ab4ff", "#d6a4dd", "#5fd7d7", "#d8dce4"]
def drawn(text):
    out, bold, reverse, colour, back, under = [], False, False, None, None, False
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        m = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not m:
            fg, bg = colour or "#d8dce4", back or "#12161d"
            if reverse:
                fg, bg = bg, fg
            out.append(f"<span style='color:{fg};background:{bg};{'font-weight:bold;' if bold else ''}"
                       f"{'text-decoration:underline' if under else ''}'>{html.escape(part)}</span>" if part else "")
            continue
        for n in [int(n or 0) for n in m[1].split(";")]:
            if n == 0: bold, reverse, colour, back, under = False, False, None, None, False
            elif n == 1: bold = True
            elif n == 4: under = True
            elif n == 7: reverse = True
            elif n == 22: bold = False
            elif n == 24: under = False
            elif n == 27: reverse = False
            elif n == 39: colour = None
            elif n == 49: back = None
            elif 30 <= n < 38: colour = COLOURS[n - 30]
            elif 40 <= n < 48: back = COLOURS[n - 40]
    return "".join(out)
with Browser(path, libraries, profile) as b:
    for name in "top", "top-explain":
        text = open(f"{files}/{name}").read()
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        ok("\x1b" not in plain and not re.search(r"[^\n -~]", plain), f"{name}: plain words, and how they look", plain)
        lines = plain.split("\n")
        ok(len(lines) <= 25 and max(map(len, lines)) <= 80, f"{name}: in 80 columns and 24 lines", lines)
        with open(f"{files}/{name}.html", "w") as f:
            f.write("<!doctype html><meta charset=utf-8><body style='margin:0;background:#12161d'>"
                    "<pre style='margin:1rem;display:inline-block;font:14px/1.3 \"DejaVu Sans Mono\",monospace'>" + drawn(text) + "</pre>")
        b.open(f"file://{files}/{name}.html", 760, 480)
        ok(b.evaluate("document.documentElement.scrollWidth") <= 760, f"{name}: as wide as it is")
        b.screenshot(f"{shots}/{name}.png")
END
look draw.py
done_testing
