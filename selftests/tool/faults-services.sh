#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# circle: more
#
# policyd, page and exporter: whatever system call fails, each of them answers, or ends and says why;
# and it ends when it is asked to. Why it matters: what neither answers nor ends is not started again,
# and a mail server waits for policyd with each recipient.
# shellcheck disable=SC2317 # functions that series() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

need curl
topology ''
judge_setup
histories
cat >>"$CONF" <<-END
	list = { "policy $STATE_DIR/lists/policy", "page $STATE_DIR/lists/page" }
	policy = defer
END
must nolist dump --all --quiet -c "$CONF" 2>/dev/null
cp -a "$STATE_DIR" "$TMP/state.good"

policyd_answers() {
	echo 203.0.113.1 | in_server timeout 5 "$PYTHON" "$TOP/selftests/lib/policy_ask.py" 127.0.0.1:9827 2>/dev/null |
		grep -q '^action='
}
# Any status: there may be no list to read, or no "run" to ask.
page_answers() {
	in_server curl -s -m 5 -o /dev/null http://127.0.0.1:9826/
}
exporter_answers() {
	in_server curl -s -m 5 -o /dev/null http://127.0.0.1:9825/metrics
}

# traced OPTIONS SERVICE: until it has answered or ended; $TMP/answered has whether, and how it ended.
traced() {
	local options=$1 service i answer=no is_alive=no

	shift
	# With -D strace is no parent, so that the service is asked to end.
	# shellcheck disable=SC2086 # words
	background server timeout -k 5 40 strace -D -f -qq -o "$TMP/trace" $options \
		"$BUILD/nolist-xdp-$1" "$@" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
	service=$!
	for ((i = 0; i < 40; i++)); do
		if "$1_answers"; then
			answer=yes
			break
		fi
		kill -0 $service 2>/dev/null || break
		sleep 0.1
	done
	kill -0 $service 2>/dev/null && is_alive=yes
	echo "$answer $is_alive" >"$TMP/answered"
	kill -TERM $service 2>/dev/null
	wait $service
}

fresh() {
	rm -rf "$STATE_DIR"
	cp -a "$TMP/state.good" "$STATE_DIR"
}

check_service() {
	{
		case $(cat "$TMP/answered") in
		no\ yes) echo 'it neither answers nor ends' ;;
		no\ no) [ "$status" = 137 ] || [ -s "$TMP/fault.err" ] || echo 'it says nothing' ;;
		esac
		case $status in
		0 | 1 | 2 | 137) ;;
		127) ;; # its libraries cannot be loaded, as ld.so says
		143) ;; # before it was ready to be asked
		# ld.so needs its first page.
		139) [ "$(grep -c '(' "$TMP/trace")" = 1 ] || echo 'it crashed' ;;
		*) echo 'it crashed' ;;
		esac
	} | first
}

starts='openat,socket,bind,listen,fcntl,setsockopt,ftruncate,fallocate,mmap,clone,clone3,socketpair'
for service in policyd page exporter; do
	series $service "$starts" ENOMEM fresh check_service $service
	series $service seccomp,prctl,capset EPERM fresh check_service $service
	series $service recvfrom,recvmsg,read,accept4,sendto,sendmsg,write EIO fresh check_service $service
	series $service epoll_create1,epoll_ctl,timerfd_create,timerfd_settime ENOMEM fresh check_service $service
	series $service epoll_wait,epoll_pwait,epoll_pwait2,recvfrom,accept4 EINTR fresh check_service $service
	EACH=1 series $service sendto,epoll_wait,epoll_pwait,epoll_pwait2,accept4,recvmsg KILL fresh check_service $service
done
diag "$total cases"
done_testing
