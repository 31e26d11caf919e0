#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# A second opinion: Zonemaster's tests of MX records (ZONE08: no alias, ZONE09: null MX and name
# servers that differ) tell of the same zones as lint's checks of the same. It knows of no
# fakes, so that of all else it says nothing; and of an alias it tells as information, of a null
# MX with a preference as a notice, where lint has errors, since RFC 5321 5.1 and RFC 7505 3
# forbid them. Why it matters: where another program of the same
# purpose sees a fault that lint does not see, or the other way round, one of them is wrong.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh nsd ldnsutils zonemaster-cli"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
# shellcheck source=selftests/lint/lab.sh
. "$(dirname "$0")/lab.sh"

need jq
zones="good plain null-alone null-five null-beside servers-same servers-differ target-cname
	target-no-name low-two low-dual equal-low real-behind-high bogon-private backup size-many
	servers-lame servers-silent"
lint_lab

# What Zonemaster says, a line for each zone: its name and "fault" or "fine".
# shellcheck disable=SC2016,SC2086 # expanded there, words
nsenter --net=/run/netns/client "$TOP/scripts/inroot.sh" zonemaster-cli -- bash -c '
	for zone; do
		zonemaster-cli --no-ipv6 --test Zone/zone08 --test Zone/zone09 --level INFO --no-time \
			"$zone.example" 2>&1 | sed "s/^/# $zone: /" |
			grep -E "(WARNING|ERROR|CRITICAL) |is pointing to a CNAME|non-zero preference" &&
			echo "$zone fault" || echo "$zone fine"
	done' - $zones >"$TMP/theirs"
grep '^#' "$TMP/theirs"

for zone in $zones; do
	ours=$(in_client "$TOOL" lint --json -c "$DIR/empty.conf" --trust-anchor "$DIR/anchor" \
		--real 192.175.48.20 "$zone.example" | jq -r '[.domains[0].findings[] | select(
			(.grade == "error" and .check == "null-mx") or
			(.grade == "error" and .check == "target" and (.text | test("CNAME"))) or
			(.check == "servers" and (.text | test("other MX records"))))] |
			if length > 0 then "fault" else "fine" end')
	is "$ours" "$(sed -n "s/^$zone //p" "$TMP/theirs")" "$zone: both say $ours"
done
done_testing
