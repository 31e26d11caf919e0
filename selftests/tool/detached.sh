#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# A time in which the program was detached is a gap in the evidence, however it came about and
# whether anything was collected meanwhile or not: what a source did in that time, such as a whole
# delivery to the real MX, is not known, and must not list it. A case is a row of "gone".
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq sqlite3
topology ''
judge_setup
cat >>"$CONF" <<-END
	offences = 1
	grace = 3600
	real-mx-unseen = accept
	collect = yes
END
SOURCE=203.0.113.7

# A source that was tempfailed a moment ago; what the tables held before is gone.
anew() {
	nolist unload >/dev/null 2>&1
	nolist unload --purge >/dev/null 2>&1
	rm -rf "$STATE_DIR"
	must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
	up=$(cut -d. -f1 /proc/uptime)
	inject_now "$SOURCE high=$up:$up:1 talk=$up:$up:1 hour=$((up / 3600)):1:0:0:0"
}

reload() {
	must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
}

# After its grace, in which it was gone or not.
LATER=$(($(date +%s) + 2 * H))

verdict() {
	nolist explain -c "$CONF" --at $LATER --json $SOURCE | jq -r .verdict
}

gaps() {
	json 'len(s["tables"][0]["detached"])'
}

link_again() {
	must ip -n client link del c0
	must wire
	must ip -n client link set c0 up
	must ip -n server link set s0 up
}

probation_over() {
	must nolist load -c "$CONF" --probation 1 >"$TMP/load.log" 2>&1
	must wait_for 10 is_gone
}

is_gone() {
	[ "$(attached_id)" = none ]
}

# The watchdog is killed: the program stays, and passes every frame.
probation_alone() {
	must nolist load -c "$CONF" --probation 1 >"$TMP/load.log" 2>&1
	kill -KILL $(pgrep -x nolist-watcher)
	must wait_for 10 is_over
}

is_over() {
	nolist status | grep -q 'the time is up'
}

# gone NAME COMMAND...: after this the program is not there; a load brings it back.
gone() {
	local name=$1

	shift
	anew
	is "$(verdict) $(gaps)" 'offender 0' "$name: before"
	"$@" >/dev/null 2>&1
	is "$(verdict) $(gaps)" 'held 1' "$name: while it is gone, no one is added"
	reload
	is "$(verdict) $(gaps)" 'held 1' "$name: nor when it is back"
	check "$name: status tells when" \
		grep -q 'was detached, or suspended, from 20.* to 20' <(nolist status)
}

anew
reload
reload
is "$(verdict) $(gaps)" 'offender 0' 'loads of a program that is attached are no gap'
gone 'unload' nolist unload
check 'explain tells it' grep -q 'the program was detached, or' <(nolist explain -c "$CONF" --at $LATER $SOURCE)
gone 'taken off by somebody else' ip -n server link set dev s0 xdp off
gone 'an interface that was made anew' link_again
gone 'a probation that ended' probation_over
gone 'a probation whose watcher was killed' probation_alone

# --- stored -----------------------------------------------------------------

anew
must nolist unload >/dev/null
reload
must nolist collect -c "$CONF" --log 0 >/dev/null
must nolist collect -c "$CONF" --log 0 >/dev/null
is "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT count(*) FROM gap WHERE detached > 0')" 1 \
	'a collect stores it, and the next one not again'
must nolist unload >/dev/null
must nolist unload --purge >/dev/null
is "$(verdict)" held 'and it outlives the tables'

# --- suspended ---------------------------------------------------------------

# in_time SECONDS COMMAND...: as if the machine had been suspended for so long.
in_time() {
	nsenter --net=/run/netns/server unshare --time --boottime "$1" --fork "${@:2}"
}

suspended() {
	in_time "$1" "$TOOL" "${@:2}" -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
}

suspended_verdict() {
	suspended "$1" explain --at $LATER --json $SOURCE | jq -r .verdict
}

if unshare --time --boottime 600 --fork true 2>/dev/null; then
	anew
	is "$(verdict)" offender 'suspended: before'
	sleep 1.1 # a collect notes whole seconds, and must be later than the load
	is "$(suspended_verdict 600)" held 'no one is added after the machine was suspended'
	must suspended 600 collect --log 0 >/dev/null
	is "$(suspended_verdict 600)" held 'nor when that is stored'
	is "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT max(detached) FROM gap')" 1 'once'
	must suspended 600 collect --log 0 >/dev/null
	is "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT max(detached) FROM gap')" 1 \
		'and the next collect finds no other suspend'
else
	skip 'this kernel has no namespaces of time' 'suspended'
fi
done_testing
