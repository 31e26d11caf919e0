#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# circle: more
#
# run: a call of its own that fails ends it with the reason, or nothing at all: it goes on,
# ends when it is asked to, and mail flows. Why it matters: nobody looks at it for months.
# shellcheck disable=SC2317 # functions that series() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

topology ''
real_mx
judge_setup
printf 'collect-interval = 1\n' >>"$CONF"
must nolist unload --purge >/dev/null 2>&1
EACH=$(((EACH + 4) / 5))

# It is asked to end after six seconds. With -D strace is no parent, so that it is asked.
traced() {
	local options=$1

	shift
	# shellcheck disable=SC2086 # words
	in_server timeout --preserve-status -s TERM -k 30 6 strace -D -f -qq -o "$TMP/trace" $options \
		"$TOOL" "$@" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
}

fresh() {
	nolist unload --purge >/dev/null 2>&1
	rm -rf "$STATE_DIR"
}

check_run() {
	{
		case $status in
		0) [ "$(xdp_id)" ] || echo 'it is not attached' ;;
		137) ;;
		*) [ "$status" -lt 3 ] && [ -s "$TMP/fault.err" ] || echo 'it says nothing' ;;
		esac
		if [ -e "$STATE_DIR/evidence.db" ]; then
			[ "$(sqlite3 "$STATE_DIR/evidence.db" 'PRAGMA integrity_check' 2>&1)" = ok ] || echo 'the store is broken'
		fi
		flows
		works load -c "$CONF"
		flows on
		works collect -c "$CONF" --log 0
		works unload --purge
	} | first
}

series run clone,clone3,fork EAGAIN fresh check_run run -c "$CONF"
series run epoll_wait,epoll_pwait,epoll_pwait2 EINTR fresh check_run run -c "$CONF"
series run signalfd4,timerfd_create,epoll_create1,epoll_ctl ENOMEM fresh check_run run -c "$CONF"
series run timerfd_settime,waitid EINVAL fresh check_run run -c "$CONF"
series run clone,clone3,fork KILL fresh check_run run -c "$CONF"
series run epoll_wait,epoll_pwait,epoll_pwait2 KILL fresh check_run run -c "$CONF"
diag "$total cases"
done_testing
