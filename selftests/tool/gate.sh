#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The order gate as load sets it and status shows it, with real connections: open while it learns,
# anew after a change of the MX addresses, and in a family without a low fake; else a stranger waits,
# and who was at the low fake does not. check tells who will wait. Why it matters: what is closed at
# the wrong time makes all mail wait.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
for i in 1 2 3 4 5 6; do
	must ip -n client addr add "198.18.$i.1/32" dev c0
done
must ip -n server route add 198.18.0.0/16 dev s0
serve "$REAL4" "$REAL6"

# configure HIGH LINE...: loads that, with no low fake over IPv6.
configure() {
	printf '%s\n' "interface = { s0 }" "low = { $LOW4 }" "real = { $REAL4, $REAL6 }" "high = { $1 }" \
		"${@:2}" >"$CONF"
	run load -c "$CONF"
	diag "$(cat "$TMP/err")"
}

# A connection to ADDR from SOURCE: "at once", "waited", or "refused".
visit() {
	in_client "$PYTHON" - "$1" "$2" <<-'END'
		import socket, sys, time
		start = time.monotonic()
		with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as s:
		    s.settimeout(30)
		    s.bind((sys.argv[2], 0))
		    error = s.connect_ex((sys.argv[1], 25))
		print("refused" if error == 111 else error if error else
		      "waited" if time.monotonic() - start > 0.85 else "at once")
	END
}

# gate FILTER: of status.
gate() {
	nolist status -c "$CONF" --json | jq -c ".tables[0].gate$1"
}

is_closed() {
	[ "$(gate .learning_until)" = null ]
}

configure "$HIGH4, $HIGH6" 'gate = 1' 'learning = 1h'
is "$status $(grep -c 'no low fake over IPv6: the gate is open there' "$TMP/err")" '0 1' \
	'load says where it stays open'
is "$(visit "$REAL4" 198.18.1.1), $(gate '| [.ip4, .ip6, .by, .learning_until != null, .dropped, .passed.learning]')" \
	'at once, [true,false,"network",true,0,1]' 'it is open in the learning time'
check 'and status says until when' grep -q '^gate: open until' <(nolist status -c "$CONF")

configure "$HIGH4, $HIGH6" 'gate = 1' 'learning = 0'
is "$(visit "$REAL4" 198.18.1.1)" waited 'without one a stranger waits'
is "$(gate '| [.learning_until, .dropped >= 1, .passed.aged >= 1]')" '[null,true,true]' 'as status shows'
n=$(gate .dropped)
is "$(visit "$REAL4" 198.18.1.1), $(visit "$REAL6" "$CLIENT6")" 'at once, at once' \
	'but once, and not over IPv6'
is "$(visit "$LOW4" 198.18.2.1), $(visit "$REAL4" 198.18.2.1)" 'refused, at once' \
	'nor does who was at the low fake'
is "$(gate .dropped)" "$n" 'none of these was dropped'

configure "$HIGH4, $HIGH6" 'gate = 1' 'gate-by = source' 'learning = 1s'
check 'the learning time ends' wait_for 10 is_closed
is "$(visit "$REAL4" 198.18.3.1), $(gate .by)" 'waited, "source"' 'and it is closed'
configure "$HIGH4" 'gate = 1' 'learning = 1h'
is "$(visit "$REAL4" 198.18.4.1), $(gate '.learning_until != null')" 'at once, true' \
	'a change of the MX addresses begins it anew'
configure "$HIGH4" 'gate = off' 'learning = 0'
is "$(visit "$REAL4" 198.18.5.1), $(gate '')" 'at once, null' 'and it is off where it is not wanted'

# --- who is told ---

# about LINE: what check says of who waits.
about() {
	echo "$1" >>"$CONF"
	nolist check -c "$CONF" --json | jq -r '[.findings[] | select(.about == "gate" or .about == "policy") |
		.about + " " + (.text | sub(".*\\) wait "; ""))] | join(" | ")'
}
is "$(about '')" '' 'nothing waits, and check says nothing'
is "$(about 'policy = defer')" 'policy at the policy service with their first mail' \
	'check: where the policy service defers, who never tries the low fake waits'
sed -i 's|^gate = off|gate = 2|' "$CONF"
is "$(about '')" 'gate at the gate, and at the policy service with their first mail' \
	'check: and at the gate'
done_testing
