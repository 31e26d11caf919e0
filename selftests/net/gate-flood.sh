#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# The order gate in a flood of forged SYNs to the real MX, 200,000 a second, half of them in the name
# of networks that deliver: whose first mail comes in it waits no longer than without the gate, and
# the seconds of the gate. Why it matters: what an outsider can make wait for ever is mail.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq nft
FLOOD=$BUILD/selftests/lib/synflood
must [ -x "$FLOOD" ]
networks=20 seconds=1
topology ''
for ((i = 0; i < networks; i++)); do
	must ip -n client addr add "198.18.$i.1/32" dev c0
done
must ip -n client addr add 198.18.99.1/32 dev c0
must ip -n server route add 198.18.0.0/15 dev s0
# What the gate lets pass of the other half need not load the kernel's TCP.
must in_server nft -f - <<-END
	table ip t {
		chain c {
			type filter hook prerouting priority -300
			ip saddr != { 198.18.0.0/15, $CLIENT4/24 } drop
		}
	}
END
judge_setup
serve "$REAL4"

# connections SOURCE...: all at once; the longest took so many seconds, 99 if one failed.
connections() {
	in_client "$PYTHON" - "$REAL4" "$@" <<-'END'
		import select, socket, sys, time
		start, end, took = time.monotonic(), {}, {}
		poll = select.poll()
		for source in sys.argv[2:]:
		    s = socket.socket()
		    s.setblocking(False)
		    s.bind((source, 0))
		    s.connect_ex((sys.argv[1], 25))
		    end[s.fileno()] = s
		    poll.register(s, select.POLLOUT)
		while len(took) < len(end) and time.monotonic() < start + 40:
		    for fd, what in poll.poll(1000):
		        bad = end[fd].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
		        took[fd] = 99 if bad else time.monotonic() - start
		        poll.unregister(fd)
		print("%.2f" % (max(took.values()) if len(took) == len(end) else 99))
	END
}

dropped() {
	json 's["tables"][0]["gate"]["dropped"]'
}

# in_flood: the longest of the first connections of all networks, in a flood.
in_flood() {
	local before all=() i

	for ((i = 0; i < networks; i++)); do
		all+=("198.18.$i.1")
	done
	before=$(json 's["frames"]')
	in_client "$FLOOD" c0 $SERVER_MAC "$REAL4" 200000 8 $((networks / 2)) >"$TMP/rate" &
	must wait_for 10 flows "$before"
	connections "${all[@]}"
	wait %%
}

flows() {
	[ "$(json 's["frames"]')" -gt $(($1 + 100000)) ]
}

in_flood >"$TMP/off"
off=$(cat "$TMP/off")
diag "gate = off: $(cat "$TMP/rate") SYNs a second, the longest first mail $off s"
check 'without the gate all get in' test "${off%.*}" -lt 40

must nolist unload --purge >/dev/null 2>&1
echo "gate = $seconds" >>"$CONF"
must nolist load -c "$CONF" >"$TMP/load.log" 2>&1
alone=$(connections 198.18.99.1)
check 'before the flood a stranger waits' test "$(dropped)" -gt 0
check 'as long as the gate says' awk "BEGIN { exit !($alone >= $seconds - 0.1) }"
in_flood >"$TMP/on"
on=$(cat "$TMP/on")
diag "gate = $seconds: $(cat "$TMP/rate") SYNs a second, the longest first mail $on s, alone $alone s"
check 'in the flood it is open to most' test \
	"$(json 's["tables"][0]["gate"]["passed"]["aged"]')" -gt 100000
# Half a second for a busy machine.
check 'and nobody waits longer than that' awk "BEGIN { exit !($on <= $off + $seconds + 0.5) }"
if [ "$(cat "$TMP/rate")" -ge 190000 ]; then
	ok 'it was a flood of 200,000 a second'
else
	skip 'this machine is too slow' 'it was a flood of 200,000 a second'
fi
done_testing
