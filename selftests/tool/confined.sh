#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: none
#
# Text of others is read by a process without rights, whoever runs the command: logs, contacts
# to import, allow lists, providers, domains, lists written before, firewalls; lint gives up its
# own rights before it asks strangers. Why it matters: root runs these commands, and strangers
# shape the text. What such a process cannot do unit/confined shows.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

topology ''
judge_setup
histories
printf 'example.com 192.0.2.0/24\n' >"$TMP/providers"
printf 'providers = { %s }\n' "$TMP/providers" >>"$CONF"
mkfifo "$TMP/log"

# rights PID: its capabilities, whether it can get any, and its filter.
rights() {
	sed -n 's/^\(CapEff\|CapPrm\|NoNewPrivs\|Seccomp\):[[:blank:]]*//p' "/proc/$1/status" | paste -sd' '
}

# reads COMMAND...: while it waits for its input.
reads() {
	local pid child

	in_server "$TOOL" "$@" --state-dir "$STATE_DIR" --pin-dir "$PIN_DIR" >"$TMP/out" 2>"$TMP/err" &
	pid=$!
	exec 7>"$TMP/log"
	reader_is_there() {
		child=$(pgrep -P "$(pgrep -P $pid || echo $pid)" | head -n 1)
		[ "$child" ] || child=$(pgrep -P $pid | head -n 1)
		[ "$child" ] && [ "$(rights "$child")" = '0000000000000000 0000000000000000 1 2' ]
	}
	check "$1: its reader has no capability, no way to one, and a filter" wait_for 10 reader_is_there
	echo "203.0.113.99 $(($(date +%s) - 600))" >&7
	exec 7>&-
	wait $pid
	status=$?
}
reads import --role low "$TMP/log"
is "$status $(cat "$TMP/out")" '0 1 line imported' 'and it is read'
reads audit -c "$CONF" "$TMP/log"

command -v strace >/dev/null || no_strace='strace is not installed'
# filtered WANTED COMMAND...: how many processes have a filter put on them.
filtered() {
	local wanted=$1

	shift
	if [ "${no_strace:-}" ]; then
		skip "$no_strace" "$1: $wanted readers with a filter"
		return
	fi
	# A traced process cannot be looked at for leaks.
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 \
		in_server strace -f -qq -o "$TMP/trace" -e trace=seccomp "$TOOL" "$@" --state-dir "$STATE_DIR" \
		--pin-dir "$PIN_DIR" >"$TMP/out" 2>"$TMP/err"
	is "$(grep -c 'SECCOMP_SET_MODE_FILTER.* = 0' "$TMP/trace")" "$wanted" "$1: $wanted readers with a filter"
}
filtered 1 dump -c "$CONF" --at "$NOW" --output "$TMP/list"  # providers
filtered 2 dump -c "$CONF" --at "$NOW" --output "$TMP/list" # and the list that is there
filtered 2 check -c "$CONF"                                 # providers, firewall
printf '192.0.2.7\n' >"$TMP/allow"
printf 'example.com\n' >"$TMP/domains"
printf 'allow = { %s }\ndomains = { %s }\n' "$TMP/allow" "$TMP/domains" >>"$CONF"
filtered 4 check -c "$CONF" # and allow, domains
sed -i "s|^domains.*||" "$CONF"

# A resolver that is not there takes its time.
in_server "$TOOL" lint -c "$CONF" example.com --resolver 127.0.0.1 >/dev/null 2>&1 &
lint_is_confined() {
	local asks

	asks=$(pgrep -f "lint -c $CONF") && [ "$(cat "/proc/$asks/task"/*/comm | wc -l)" -gt 1 ] &&
		[ "$(for t in "/proc/$asks/task"/*; do rights "$asks/task/${t##*/}"; done | sort -u)" = \
			'0000000000000000 0000000000000000 1 2' ]
}
check 'lint asks strangers without any right, in each of its threads' wait_for 10 lint_is_confined
kill "$(pgrep -f "lint -c $CONF")"

# --- times without a zone are local ------------------------------------------

zone=/usr/share/zoneinfo/Asia/Kolkata
if [ -e $zone ]; then
	must mount --bind $zone "$(readlink -f /etc/localtime)"
	at=$(($(date +%s) - 7200))
	line="$(date -d @$at '+%b %e %T') mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.98]: 554 5.7.1 x; proto=SMTP"
	run audit -c "$CONF" --json - <<<"$line"
	is "$(jq -r '.refused, .first' "$TMP/out" 2>/dev/null | paste -sd' ')" "1 $at" 'a time of the log is one of this host'
else
	skip 'no zones are installed' 'times without a zone'
fi
done_testing
