#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# import --spam: what a content filter found weighs for the tarpit, beside offences at the fakes; it
# lists nobody, excuses nobody, and a source that also sends mail which passes the filter weighs
# nothing. Why it matters: a filter that is wrong must not be able to refuse a sender.
# Made-up evidence of the last days is judged as of now. shellcheck disable=SC2034 # of lib.sh
UPTIME=345900
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
judge_setup
export TZ=UTC
now=$(date +%s)
cat >>"$CONF" <<-END
	list = { "xdp $TMP/own" }
	enforce = tempfail
	tarpit = both
	tarpit-from = 4
END
must nolist load -c "$CONF" >/dev/null 2>&1

# found ADDRESS HOURS-AGO ACTION [FIELD]: rspamd's line.
found() {
	echo "$(date -d "@$((now - $2 * H))" '+%F %T') #18518(normal) <4a8155>; task; rspamd_task_write_log:" \
		"id: <a@example.net>, ip: $1, ${4-}(default: T ($3): [21.50/15.00] [PILLS(20.00){pills;}])," \
		"len: 117, time: 0.598ms, dns req: 0, digest: <931d085e4ee33f8d7a7c24d0f1b94542>"
}

# Two offences each, which list; where spam weighs these are four.
for i in 1 2 3 4; do
	inject "203.0.113.$i high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0"
done
inject "198.51.100.7 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0 real=1h:80h:9 data=1h:80h:9"
{
	found 203.0.113.1 5 reject
	found 203.0.113.1 5 reject
	found 203.0.113.1 7 'add header'
	found 203.0.113.2 5 reject
	found 203.0.113.3 5 reject
	found 203.0.113.3 6 reject
	found 203.0.113.3 9 'no action'
	for i in {1..20}; do
		found 198.51.100.9 "$i" reject
		found 198.51.100.7 "$i" reject
	done
} >"$TMP/rspamd.log"

held() {
	run dump --all --quiet -c "$CONF"
	rows "$TMP/own" | tr '\n' ' '
	for i in 1 2 3 4; do
		nolist explain -c "$CONF" --json "203.0.113.$i" | jq -r 'select(.at_real == "tarpit").address'
	done | tr '\n' ' '
	json "s['tables'][0]['enforce']['tarpits']"
}

listed='203.0.113.1 203.0.113.2 203.0.113.3 203.0.113.4'
is "$(held)" "$listed 0" 'two offences each: listed, and not held'
run import --spam "$TMP/rspamd.log"
is "$status $(cat "$TMP/out" "$TMP/err")" '0 47 verdicts imported: 46 spam, 1 let through' "rspamd's log is read"
is "$(held)" "$listed 203.0.113.1 1" 'spam in two hours more: held; in one hour, or beside mail that passed: not'
run import --spam - <"$TMP/rspamd.log"
is "$status $(held)" "0 $listed 203.0.113.1 1" 'a log that is read again adds nothing'
is "$(nolist explain -c "$CONF" --json 198.51.100.9 | jq -c '[.known, .verdict, .spam.spam_hours]')" '[false,"none",20]' \
	'a source with spam alone is on no list'
is "$(nolist explain -c "$CONF" --json 198.51.100.7 | jq -c '[.verdict, .at_real]')" '["alibi",null]' \
	'and who delivers keeps the alibi'
run explain -c "$CONF" 203.0.113.1
check 'explain tells it' grep -q '^  content filter: spam in 2 hours, last .*: for "tarpit-from" only$' "$TMP/out"
run explain -c "$CONF" 203.0.113.4
check 'and says nothing where there is none' test "$(grep -c 'content filter' "$TMP/out")" -eq 0
must nolist forget 203.0.113.3 >/dev/null
is "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT count(DISTINCT source) FROM spam')" 4 'forget takes them'
is "$(cat "$STATE_DIR"/evidence.db* | grep -ac 'example.net')" 0 'no word of a message is stored'

# --- wrong usage, other files ---

{
	found 203.0.113.1 -5 reject
	found 203.0.113.1 900 reject
	found 203.0.113.1 1 reject 'from: <"(default: F (no action): [0.0/1.0] ["@x>, '
	found 203.0.113.4 1 reject
} >"$TMP/odd"
run import --spam "$TMP/odd"
is "$status $(cat "$TMP/out")" '3 1 verdicts imported: 1 spam, 0 let through' 'odd lines are left out'
check 'and counted' grep -q '2 verdicts are left out: in the future, or older than 35 days' "$TMP/err"
check 'with the number of the first' grep -q '1 lines of a filter were not understood; the first is line 3' "$TMP/err"
fails 1 'no verdict of rspamd or SpamAssassin in 1 lines' 'another file' import --spam /etc/hostname
fails 2 'exclude each other' 'two kinds at once' import --spam --role real "$TMP/odd"
fails 2 'no file given' 'no file' import --spam
fails 2 "cannot read '$TMP/none'" 'none that is there' import --spam "$TMP/none"
done_testing
