#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# load --probation: detaches by itself unless confirmed, also when the session that
# loaded is lost, and passes every frame when even its watcher was killed. Why it
# matters: it is there for an administrator without another way into a machine.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"

need bpftool ip jq python3 pgrep

# shellcheck disable=SC2119
topology
ROLES=(--low "$LOW4" --real "$REAL4" --high "$HIGH4" --real "$REAL6")
if [ $# = 0 ]; then
	# Seconds, in which a busy machine can still do what is to be seen before they are over.
	begin=${EPOCHREALTIME/./}
	must nolist load -i s0 "${ROLES[@]}" >/dev/null
	must nolist unload --purge >/dev/null
	export BRIEF=$((2 * ${NOLIST_PATIENCE:-1} + (${EPOCHREALTIME/./} - begin) / 200000))
	all_at_once over confirmed again killed lost early fails
fi
brief=$BRIEF

# Without python, as it is asked often.
is_detached() {
	! ip -n server link show dev s0 | grep -q ' prog/xdp\| xdp'
}

# These are the only ones: processes here are in a namespace of the test's own.
watchers() {
	pgrep -x nolist-watcher
}

no_watchers() {
	! watchers
}

one_watcher() {
	[ "$(watchers | wc -l)" = 1 ]
}

until_of() {
	nolist status --json | jq '.tables[0].probation_until'
}

exits() {
	local want=$1 text=$2 name=$3 out status

	shift 3
	out=$("$@" 2>&1)
	status=$?
	case $out in
	*"$text"*) is "$status" "$want" "$name" ;;
	*) is "$status: $out" "$want: ...$text..." "$name" ;;
	esac
}

probation() {
	nolist load -i s0 "${ROLES[@]}" --probation "$@"
}

# Until the end is past.
sleep_past_end() {
	sleep $((until + 2 - $(date +%s)))
}

# --- the time is up ---

over() {
	exits 0 'on probation: detaches in' 'a load on probation says so' probation "$brief"
	is "$(connects "$HIGH4") $(connects "$LOW4")" 'accepted refused' 'it is in force'
	in_client timeout 5 bash -c "exec 3<>/dev/tcp/$HIGH4/25; read -r -t 2 line <&3; echo quit >&3"
	until=$(until_of)
	left=$((until - $(date +%s)))
	check "status tells the time: $left s" test "$left" -ge 0 -a "$left" -le "$brief"
	exits 0 'on probation: detaches in' 'and says so' nolist status
	contacts=$(nolist status --json | jq '.contacts.now')
	check 'when the time is up it detaches' wait_for $((2 * brief)) is_detached
	check 'and not before' test "$(date +%s)" -ge "$until"
	check 'its watcher has gone' wait_for 5 no_watchers
	is "$(nolist status --json | jq -c '[.contacts.now, (.interfaces | length)]')" "[$contacts,0]" \
		'the evidence stays'
	is "$(connects "$HIGH4")" refused 'the kernel answers'
	exits 1 'the probation is over' 'it cannot be confirmed then' nolist load --confirm
	exits 0 'the time is up' 'status says what became of it' nolist status
}

# --- confirmed ---

confirmed() {
	must probation "$brief" >/dev/null
	until=$(until_of)
	exits 0 'confirmed: stays attached' 'it is confirmed' nolist load --confirm
	is "$(until_of)" null 'there is no end to it'
	must sleep_past_end
	check 'the watchdog has gone' wait_for 5 no_watchers
	is "$(connects "$HIGH4") $(prog_at s0 | sed 's/^[1-9].*/there/')" 'accepted there' 'and it stays in force'
	exits 1 'the configuration in force is not on probation' 'once is enough' nolist load --confirm
}

again() {
	must probation "$brief" >/dev/null
	until=$(until_of)
	must nolist load "${ROLES[@]}" >/dev/null
	is "$(until_of)" null 'a load without probation confirms as well'
	must probation 600 >/dev/null
	is "$(watchers | wc -l)" 2 'one that is loaded again has a watcher of its own'
	must sleep_past_end
	check 'the older one looks, and goes' wait_for 5 one_watcher
	is "$(connects "$HIGH4")" accepted 'without harm'
	# Asked to end.
	must kill -HUP "$(watchers)"
	is "$(watchers | wc -l)" 1 'a hangup is nothing to the watchdog'
	must kill "$(watchers)"
	check 'asked to end, it ends the probation first' wait_for 5 is_detached
}

# --- the watchdog is killed ---

killed() {
	must probation "$brief" >/dev/null
	until=$(until_of)
	must kill -KILL "$(watchers)"
	is "$(connects "$HIGH4")" accepted 'killed, it is missed'
	must sleep_past_end
	is "$(connects "$HIGH4") $(prog_at s0 | sed 's/^[1-9].*/there/')" 'refused there' \
		'but when the time is up every frame passes, though the program is there'
	mark_frames
	check 'the low fake is still closed' test "$(connects "$LOW4")" = refused
	check_verdicts 'over'
	exits 1 'the probation is over' 'confirming is too late' nolist load --confirm
	must nolist load "${ROLES[@]}" >/dev/null
	is "$(connects "$HIGH4")" accepted 'loading again is not'
}

# --- the session is lost ---

# A terminal whose other end closes while the load is at work, and one after it.
lose_session() {
	in_server "$PYTHON" - "$1" "$TOOL" load -i s0 "${ROLES[@]}" --probation "$brief" \
		--pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" <<-'E'
		import os, pty, sys, time
		pid, terminal = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[2], sys.argv[2:])
		if sys.argv[1] == "after":
		    text = b""
		    while b"on probation" not in text:
		        text += os.read(terminal, 4096)
		os.close(terminal)
		os.waitpid(pid, 0)
	E
}

lost() {
	lose_session after
	is "$(connects "$HIGH4")" accepted 'the session is lost after the load: it is in force'
	check 'it detaches' wait_for $((2 * brief)) is_detached
	check 'and no process is left' wait_for 5 no_watchers
}

early() {
	# Lost so early, it may not have begun.
	lose_session during
	check 'the session is lost during the load: nothing stays' wait_for $((2 * brief)) is_detached
	check 'and no process is left' wait_for 5 no_watchers
}

# --- what fails leaves nothing; usage ---

fails() {
	exits 1 'cannot attach' 'a load that fails' nolist load -i lo --mode native --force --probation 600
	check 'leaves no watcher' wait_for 5 no_watchers
	exits 1 'nothing is attached' 'there is nothing to confirm' nolist load --confirm
	for s in 0 -5 x 5x 86401; do
		exits 2 "'$s' is not a time from 1s to 1d" "--probation $s is wrong usage" probation "$s"
	done
	exits 2 'takes no other options' '--confirm takes nothing beside it' nolist load --confirm --low "$LOW4"
	is "$(prog_at s0)" 0 'and nothing was done'
}

"$1"
done_testing
