#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# metrics: the same numbers as status, in a form that a monitoring system takes, and
# nothing of any source in it. Why it matters: this is what wakes somebody up.
# net/prometheus.sh asks promtool and a real Prometheus.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq python3

# value 'NAME{LABELS}': of this sample.
value() {
	grep -v '^#' "$TMP/out" | grep -F -- "$1 " | sed 's/.* //'
}

metrics() {
	nolist metrics "$@" >"$TMP/out" 2>"$TMP/err"
}

# shellcheck disable=SC2119
topology
CONF=$TMP/nolist.conf
cat >"$CONF" <<END
interface = { s0, s9 }
low = { $LOW4 }
real = { $REAL4 }
high = { $HIGH4 }
END
check 'metrics where nothing is attached' metrics -c "$CONF"
is "$(value 'nolist_interface_attached{interface="s0",mode="none"}')" 0 \
	'an interface without the program is 0'
is "$(grep -c '^nolist_frames' "$TMP/out")" 0 'and there are no frames, rather than zero frames'
must nolist load -c "$CONF" -i s0 >/dev/null 2>&1
knock() {
	in_client python3 -c '
import socket, sys
for a in sys.argv[1:]:
	try:
		socket.create_connection((a, 25), 2).close()
	except OSError:
		pass' "$@"
}
knock "$LOW4" "$LOW4" "$REAL4" "$HIGH4"
nolist collect -c "$CONF" >/dev/null 2>&1 # exits with 3: s9 is not attached
must nolist dump --output "$TMP/a \"list\"" 2>/dev/null
check 'metrics where it is attached' metrics -c "$CONF"
is "$(cat "$TMP/err")" '' 'which has nothing to say on standard error'
is "$(value 'nolist_interface_attached{interface="s0",mode="native"}')" 1 'an interface with it is 1'
is "$(value 'nolist_interface_attached{interface="s9",mode="none"}')" 0 'one that is not there is 0'
nolist status --json >"$TMP/status"
# Neighbour discovery goes on meanwhile; "no_room" is the name of before for "no_space".
is "$(sed -n 's/^nolist_frames_total{verdict="\(.*\)"} \(.*\)/\1 \2/p' "$TMP/out" | grep -v pass_not_)" \
	"$(jq -r '.verdicts | to_entries[] | "\(.key) \(.value)"' "$TMP/status" | grep -v 'pass_not_\|_no_room')" \
	'the verdicts are those of status'
is "$(value 'nolist_opens_total{role="low"}') $(value 'nolist_opens_total{role="high"}')" '2 1' \
	'contacts by role'
is "$(value 'nolist_sources_added_total{table="contacts"}')" 1 'sources that were added'
is "$(value 'nolist_counted_day{kind="low"}') $(value 'nolist_counted_day{kind="real"}') $(value 'nolist_counted_day{kind="walks"}')" \
	'2 1 0' 'what was counted within a day'
is "$(value 'nolist_list_entries{list="'"$TMP"'/a \"list\""}')" 0 'a list, with its name escaped'
made=$(value 'nolist_list_made_timestamp_seconds{list="'"$TMP"'/a \"list\""}')
is "$(value 'nolist_list_expires_timestamp_seconds{list="'"$TMP"'/a \"list\""}')" \
	$((made + 172800)) 'until when it may be used: two days'
echo 'list-life = 3600' >>"$CONF"
metrics -c "$CONF"
is "$(value 'nolist_list_expires_timestamp_seconds{list="'"$TMP"'/a \"list\""}')" \
	$((made + 3600)) 'or what the configuration says'
is "$(value 'nolist_table_entries{table="contacts"}') $(value 'nolist_table_entries{table="verified"}') $(value 'nolist_table_capacity{table="contacts"}')" \
	"$(jq -r '"\(.contacts.now) \(.verified.now) \(.contacts.capacity)"' "$TMP/status")" 'how full the tables are'
sed '$a list = { "plain '"$TMP"'/plain" }' "$CONF" >"$TMP/list.conf"
nolist dump --all -c "$TMP/list.conf" --quiet 2>/dev/null
metrics -c "$CONF"
is "$(grep -c '^nolist_sources{state="[a-z-]*"} [0-9]*$' "$TMP/out") $(value 'nolist_sources{state="offender"}')" '14 0' \
	'sources by what they are judged to be'
check 'when evidence was stored' test "$(($(date +%s) - $(value 'nolist_collect_timestamp_seconds')))" -lt 100
is "$(grep -c "198.51\|$LOW4" "$TMP/out")" 0 'no address is in it'

# --- the formats ---

check 'each sample has a head before it, and each family is in one piece' python3 - "$TMP/out" <<'END'
import re, sys
seen, now = [], None
for line in open(sys.argv[1]):
    if line.startswith("# HELP "):
        now = line.split()[2]
        assert now not in seen, now
        seen.append(now)
    elif line.startswith("# TYPE "):
        assert line.split()[2] == now, line
    else:
        assert re.match(r'[a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"(,[a-z]+="([^"\\\n]|\\.)*")*\})? -?\d+\n$', line), line
        assert re.split(r'[{ ]', line)[0] == now, line
END
metrics --openmetrics
is "$(tail -n 1 "$TMP/out")" '# EOF' 'OpenMetrics ends with EOF'
is "$(grep -c '^# TYPE nolist_frames counter$' "$TMP/out") $(grep -c '^# TYPE nolist_build info$' "$TMP/out")" \
	'1 1' 'and its families have names without _total and _info'
must nolist metrics -c "$CONF" --output "$TMP/nolist.prom"
metrics -c "$CONF"
is "$(sed '/pass_not_/d' "$TMP/nolist.prom")" "$(sed '/pass_not_/d' "$TMP/out")" '--output writes the same'
is "$(stat -c %a "$TMP/nolist.prom")" 644 'for everybody to read'
nolist metrics --output "$TMP/none/nolist.prom" 2>"$TMP/err"
is "$? $(cat "$TMP/err")" \
	"1 nolist-xdp: metrics: cannot write '$TMP/none/nolist.prom': No such file or directory" \
	'a file that cannot be written'
done_testing
