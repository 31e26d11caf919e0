#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that check() calls
#
# Sources of tests: never listed, an alibi for no other source, and no sign that the real MX
# is seen. Why it matters: monitoring that asks all three each minute would otherwise acquit
# its whole network, and make a real MX look alive that no sender reaches any more.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''

# --- what sources of tests are to the judge ------------------------------------

judge_setup
inject "203.0.113.1 high=20h:40h:3 talk=20h:40h:2 hour=20:1:0:0:0 hour=40:1:0:0:0" \
	"203.0.113.9 low=1h:80h:9 real=1h:90h:9 data=1h:90h:9 high=20h:40h:2 talk=20h:40h:2 hour=20:1:0:0:1"

# verdict_as SOURCE [LINE]: with this line in the configuration.
verdict_as() {
	{ cat "$CONF" && echo "${2:-}"; } >"$TMP/tests.conf"
	run explain -c "$TMP/tests.conf" --at "$NOW" --json "$1"
	jq -r '"\(.verdict) \(.hold // "")"' "$TMP/out"
}

is "$(verdict_as 203.0.113.1)" 'alibi ' 'a neighbour that walks is an alibi'
is "$(verdict_as 203.0.113.1 'real-mx-unseen = accept
	test-sources = 203.0.113.9')" 'offender ' 'a source of tests is none'
is "$(verdict_as 203.0.113.1 'real-mx-unseen = accept
	test-sources = 203.0.113.8/30')" 'offender ' 'nor by its prefix'
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.9')" 'held unseen' \
	'and nobody but a test was at the real MX'
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.8/30')" 'held unseen' 'nor by its prefix'
inject '198.51.100.1 data=1h:80h:2'
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.9')" 'offender ' \
	'another sender was there before the last test'
is "$(verdict_as 203.0.113.9 'test-sources = 203.0.113.9')" 'test ' 'explain says that it is one'
run show -c "$TMP/tests.conf" --at "$NOW"
check 'so does show' grep -qE '^203\.0\.113\.9 .* test$' "$TMP/out"
is "$(verdict_as 203.0.113.1 'test-sources = 203.0.113.1')" 'test ' 'no such source is an offender'
run dump -c "$TMP/tests.conf" --at "$NOW" --quiet
is "$(rows "$TMP/out")" '' 'nor listed'
done_testing
