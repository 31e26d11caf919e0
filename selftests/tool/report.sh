#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# report: what it counts, and that nothing counts twice: not what is collected again, not what a
# collect counted that was killed, not what the store has dropped while the tables still have it.
# The page has nothing from elsewhere. Why it matters: it is what an administrator shows others.
# browser/report.sh looks at the page in a browser.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=1209600 # two weeks
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip sqlite3
topology
judge_setup
printf 'list = { "plain %s/list" }\n' "$TMP" >>"$CONF"

# count KIND: of all hours, by the numbers of enum store_count.
count() {
	sqlite3 -cmd ".timeout 5000" "$STATE_DIR/evidence.db" "SELECT ifnull(sum(count), 0) FROM history WHERE kind = $1"
}

all_counts() {
	sqlite3 -cmd ".timeout 5000" "$STATE_DIR/evidence.db" 'SELECT kind, sum(count) FROM history GROUP BY kind' | tr '\n' ' '
}

collect() {
	nolist collect -c "$CONF" "$@" >/dev/null
}

# 203.0.113.1 and .2 were tempfailed twelve days ago; the second was at the real MX a day later, and
# a third one walks. Since last week there are offenders.
inject '203.0.113.1 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0' \
	'203.0.113.2 high=150h:150h:1 talk=150h:150h:1 hour=150:1:0:0:0 real=174h:174h:2 data=174h:174h:2' \
	'203.0.113.3 low=170h:170h:4 real=170h:170h:4 data=170h:170h:4 walk=170h:171h' \
	'198.51.100.9 high=150h:150h:1 talk=150h:150h:1 hour=150:1:0:0:0' \
	'198.51.100.10 high=151h:151h:1 talk=151h:151h:1 hour=151:1:0:0:0' \
	'203.0.114.1 high=250h:260h:3 talk=250h:260h:2 hour=250:1:0:0:0 hour=260:1:0:0:0'

inject 'hour4=335:9:9' '198.51.100.1 real=1h:335h:9 data=1h:335h:9'
must collect
is "$(all_counts)" '0|4 1|15 2|9 3|7 4|15 5|2 ' 'collect counts SYNs, dialogues, data and walks'
must collect
is "$(all_counts)" '0|4 1|15 2|9 3|7 4|15 5|2 ' 'what is collected again counts once'
inject '198.51.100.9 high=150h:300h:5 talk=150h:300h:2 hour=150:1:0:0:0 hour=300:1:0:0:0'
must collect
is "$(count 2) $(count 3)" '13 8' 'what is new is added'
must sqlite3 -cmd ".timeout 5000" "$STATE_DIR/evidence.db" 'DELETE FROM source'
must collect
is "$(all_counts)" '0|4 1|15 2|13 3|8 4|15 5|2 ' 'what the store had dropped is not new'

# --- lists, and who came back ---

must nolist dump --all -c "$CONF" --quiet
is "$(cat "$TMP/list" | grep -v '^#' | tr '\n' ' ')" '198.51.100.9 203.0.114.1 ' 'two are listed'
is "$(count 10) $(count 11) $(count 12)" '2 0 2' 'dump counts additions, removals and entries'
is "$(count 8) $(count 9)" '1 2' 'and, a week later, who was at the real MX since'
must nolist dump --all -c "$CONF" --quiet
must nolist dump -c "$CONF" --quiet --output "$TMP/other" 2>/dev/null
is "$(count 10) $(count 8) $(count 9)" '2 1 2' 'once, however often it is run'
must nolist pardon 203.0.114.1 -c "$CONF" >/dev/null 2>&1
must nolist dump --all -c "$CONF" --quiet
is "$(count 10) $(count 11) $(count 12)" '2 1 2' 'and a removal; the most entries of the hour stay'

# --- imports ---

stamp=$(date -u -d '-1 hour' +%FT%T+00:00)
printf '%s mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[198.51.100.%d]: 550 5.7.1 no; from=<a@example.net> to=<b@example.com> proto=ESMTP helo=<x>\n' \
	"$stamp" 7 "$stamp" 8 "$stamp" 8 >"$TMP/log"
cat >>"$TMP/log" <<END
$stamp mx postfix/smtpd[1]: AB12CD34EF: client=x.example[198.51.100.1]
$stamp mx postfix/local[2]: AB12CD34EF: to=<b@example.com>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)
END
must nolist import --role accepted "$TMP/log" >/dev/null 2>"$TMP/err"
is "$(count 6) $(count 7)" '1 2' 'import counts mail that was accepted, and sources that were refused'
must nolist import --role accepted "$TMP/log" >/dev/null 2>"$TMP/err"
is "$(count 6) $(count 7)" '1 2' 'of a log that is read again nothing'

# --- a collect that is killed ---

before=$(all_counts)
inject '198.51.100.40 high=337h:337h:100'
killed=0
for us in 2000 4000 6000 8000 10000 12000 15000 20000 30000; do
	in_server timeout -s KILL "$(awk "BEGIN { print $us / 1e6 }")" "$TOOL" collect -c "$CONF" \
		--pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" >/dev/null 2>&1
	[ $? -ne 137 ] || [ "$(all_counts)" != "$before" ] || killed=$((killed + 1))
done
check 'a collect that is killed early counts nothing' test "$killed" -gt 0
must collect
is "$(count 2)" 113 'and all of it counts once afterwards'

# --- the report ---

run report -c "$CONF" --days 20
is "$status" 0 'a report'
is "$(sed -n 's/^  \(SYNs to the low fake\|connections with\).* \([0-9]*\)$/\2/p' "$TMP/out" | tr '\n' ' ')" '4 15 ' \
	'has the sums'
is "$(sed -nE 's/^  of those, never at the real MX +//p' "$TMP/out")" '2 of 3, 67 %' 'and who never came back'
is "$(sed -nE '/^Who walked/,/^$/s/^  ([a-zMX, ]+[a-zMX]) +([0-9]+) .*/\1 \2/p' "$TMP/out" | tr '\n' ';')" \
	'low fake, then real MX 1;real MX only 1;high fake and real MX 1;high fake only 4;' 'who walked'
is "$(sed -nE '/^Networks/,/^$/s/^  (\S+) +/\1 /p' "$TMP/out")" '198.51.100.0/24 1' 'where the listed ones are'
is "$(grep -cE '^20[0-9-]{8} +[0-9]' "$TMP/out") $(tail -n 1 "$TMP/out" | tr -s ' ' | cut -d' ' -f2-)" \
	'20 4 15 113 8 2 2' 'a line for each day'
is "$(awk 'length > 78' "$TMP/out")" '' 'as narrow as a mail'
run report -c "$CONF" --days 2
is "$(grep -cE '^20[0-9-]{8}T[0-9:]+ ' "$TMP/out")" 48 'hours, for two days'
run report -c "$CONF" --days 732
is "$(grep -cE '^20[0-9-]{8} +[0-9]' "$TMP/out")" 53 'two weeks each, for two years'
must nolist report -c "$CONF" --html "$TMP/page.html"
is "$(grep -oiE '<(script|link|img|iframe|object|embed|form|base)|https?:|url\(|@import|src=|href=| on[a-z]+=' "$TMP/page.html")" '' \
	'the page has nothing from elsewhere, and no script'
check 'and is well-formed' "$PYTHON" - "$TMP/page.html" <<'END'
import html.parser, sys
void = {"meta", "rect", "!doctype"}
class Parser(html.parser.HTMLParser):
    open = []
    def handle_starttag(self, tag, attrs):
        if tag not in void: self.open.append(tag)
    def handle_startendtag(self, tag, attrs): pass
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
p = Parser(convert_charrefs=True)
p.feed(open(sys.argv[1]).read())
assert not p.open, p.open
END
fails 2 "'0' is not a number from 1 to 732" 'no days' report --days 0
fails 2 '--html is empty' 'no file' report --html ''
fails 1 "cannot write '$TMP/none/page.html'" 'a file that cannot be written' report -c "$CONF" --html "$TMP/none/page.html"
done_testing
