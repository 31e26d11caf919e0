#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: none
#
# The benchmark's table, made of results that are made up: each ratio that is required
# stands there beside its limit, by its worst row, and "reached" changes sides where the
# limit is; no line is wider than 120 columns. Why it matters: a reader of the table
# believes that word. What is measured is the benchmark's own affair.
set -u
here=$(cd "$(dirname "$0")/../bench" && pwd)
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
count=0 failed=0

is() {
	count=$((count + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $count - $3"
	else
		failed=$((failed + 1))
		printf 'not ok %d - %s\n# got:    %s\n# wanted: %s\n' "$count" "$3" "${1//$'\n'/$'\n# '}" "$2"
	fi
}

if ! command -v jq >/dev/null; then
	echo "1..0 # SKIP jq is not installed"
	exit 0
fi

# results FACTOR: three rounds. The bare swap makes a million answers a second, and
# ours, and the peers', are so many of it; costs are FACTOR times what is allowed.
results() {
	jq -nc --argjson f "$1" '
		{part: "machine", cpu: "a CPU", cpus: "2", virt: "none", kernel: "Linux 6.12",
			clang: "clang", nft: "nft", iptables: "iptables", version: "v0", date: "2026-01-01",
			jit: "1", bpf_stats: "0", load: "0.1", objects: "nolist=a"},
		(range(3) as $round |
			({part: "pipe", round: $round, pace: 1000, sent: 9, good: 9, bad: 0, sums: 1,
				unanswered: 0, lost: 0, wall_ns: 9, busy_ns: 9} as $pipe
			| (["one", "1M", "random"][] as $sources
				| (["swap", 1], ["nolist", 0.8], ["ingress", 0.8 / 3.5 * $f], ["counted", 0.1 * $f],
					["closed", 0.8 / 6 * $f]) as [$path, $rate]
				| $pipe + {traffic: "low: SYN", sources: $sources, cpus: 1, path: $path,
					rate: ($rate * 1000000)}),
			(["swap", "random", 1], ["nolist", "random", 0.7 / $f], ["swap", "one", 1], ["nolist", "one", 0.2]
				| $pipe + {traffic: "high: SYN", cpus: 1, path: .[0], sources: .[1], rate: (.[2] * 1000000)}),
			($pipe + {traffic: "low: SYN", sources: "random", cpus: 2, path: "nolist",
				rate: (0.8 * 1.88 / $f * 1000000)}),
			({part: "cost", round: $round, pace: 1000, frames: 9, base_ns: 5} as $cost
			| (["low: SYN", "one", "swap", 2], ["low: SYN", "one", "nolist", 2 + 60 * $f],
				["low: SYN", "random", "swap", 2], ["low: SYN", "random", "nolist", 2 + 70 * $f],
				["real: Linux SYN", "one", "nolist", 20], ["gate: Linux SYN, was at low", "one", "nolist", 20 + 10 * $f],
				["enforce: Linux SYN, not listed", "one", "nolist", 22],
				["real: data", "one", "nolist", 50], ["enforce: data, not listed", "one", "nolist", 50 + 4 * $f],
				["real: Linux SYN", "random", "nolist", 20], ["enforce: Linux SYN, not listed", "random", "nolist", 20 + 70 * $f],
				["enforce, 5 M: Linux SYN, not listed", "random", "nolist", 20 + 70 * $f],
				["other: UDP", "one", "nolist", 3], ["other: TCP", "one", "nolist", 8 * $f],
				("SYN", "ACK", "EHLO", "MAIL", "RCPT", "DATA", "QUIT", "FIN"
					| ["session: \(.)", "one", "nolist", 65 * $f])) as [$traffic, $sources, $path, $ns]
			| $cost + {traffic: $traffic, sources: $sources, path: $path, ns: $ns}),
			({part: "shapes", path: "nolist", round: $round, pace: 1000, len: 60, swap: 1000000, verdict: "x"}
				+ (["low", "worst", true, 0.5 / $f], ["low", "another", true, 0.6], ["low", "macOS\u0027 SYN, no timestamps", true, 0.75 / $f],
					["low", "wrong TCP checksum, Linux\u0027 SYN", true, 0.6], ["low", "elsewhere", false, 0.1],
					["high", "high", true, 0.2] | {role: .[0], traffic: .[1], placed: .[2], rate: (.[3] * 1000000)})),
			({part: "sessions", round: $round, pace: 1000, cpus: 1, sources: "-", done: 9, resets: 0,
				wrong: 0, odd: 0, bad_sums: 0, no_room: 0, strange: 0, sums: 1, lanes: 64, alive: 64,
				time_wait: 0, wall_ns: 9, busy_ns: 9, traffic: "session"} as $session
			| (["nolist", 250000], ["smtp-sink", 5000 * $f], ["postscreen", 250000 / 75 * $f]) as [$path, $rate]
			| $session + {path: $path, rate: $rate}),
			($pipe + {part: "refused", cpus: 1}
				+ (["tempfail", "1k", "swap", 1], ["tempfail", "1k", "nolist", 0.55 / $f], ["tempfail", "1M", "swap", 1],
					["tempfail", "1M", "nolist", 0.3 / $f], ["reset", "1M", "swap", 1], ["reset", "1M", "nolist", 0.5],
					["reset", "1M", "nft-input", 0.05 * $f], ["reset", "1M", "ipset", 0.01], ["drop", "1M", "drop", 1],
					["drop", "1M", "nolist", 0.9], ["drop", "1M", "ipset", 0.08]
					| {traffic: .[0], sources: .[1], path: .[2], rate: (.[3] * 1000000)})),
			{part: "flood", path: "nolist", round: $round, clients: 100, ended: 100, real: 900,
				forged: 99000, seconds: 1, verified: (if $f > 1 then 99 else 100 end),
				alibis: (if $f > 1 then 99 else 100 end), contacts_strangers: (if $f > 1 then 50 else 99 end),
				contacts_known: 300, forged_verified: 0, lost: 0},
			{part: "sizes", path: "nolist", size: "64 k", entries: 65536, round: $round, pace: 1000,
				contacts_mb: 10, verified_mb: 20, flood: 50, syn_known: 200, syn_new: 800,
				dialogue_known: 1500, dialogue_new: 2500})),
		({part: "evidence", cpu_s: 1, status: 0} as $row
			| ($row + {what: "collect, 1000000 sources for the first time", s: (5 * $f), mb: 150}),
			($row + {what: "collect, 1000000 with news, five times as many stored", s: (2.5 * $f), mb: 150}),
			($row + {what: "dump, 1000000 offenders in the tables", s: (0.9 * $f), mb: 150}),
			($row + {what: "dump, 1000000 offenders, five times as many stored", s: (1.3 * $f), mb: (180 * $f)}),
			($row + {what: "explain, one of these", s: (0.1 * $f), mb: 10}),
			($row + {what: "show --top 20, of these", s: (1 * $f), mb: 100})),
		({part: "listed", cpu_s: 1, mb: 50, status: 0} as $row
			| (["nolist", 1000000, 0.5 * $f, 32 * $f], ["nft", 1000000, 5, 400], ["nft-interval", 1000000, 20, 320],
				["ipset", 1000000, 6, 1000], ["nolist", 5000000, $f, 64 * $f]) as [$path, $n, $s, $mb]
			| $row + {what: "\($path), a list of \($n)", path: $path, entries: $n, s: $s, kernel_mb: $mb}),
		{part: "loaded", what: "load, with enforce, gate, tarpit and teaser", s: $f, cpu_s: 1, mb: 10, status: 0},
		{part: "steal", stolen: 0, ticks: 100}' >"$TMP/results" || exit 1
	jq -s -f "$here/table.jq" "$TMP/results" >"$TMP/json" || exit 1
	jq -r -f "$here/print.jq" "$TMP/json" >"$TMP/table" || exit 1
}

required() {
	jq -c "$1" "$TMP/json"
}

# A little on the right side of each limit: quotients are not exact.
results 0.999
is "$(required '[.required[] | .reached | select(. != true)]')" '[null]' 'each limit is reached, where it is'
is "$(required '[.required[] | [.required, .goal]]')" \
	'[[0.75,0.85],[0.5,0.7],[0.7,0.8],[3.5,5],[8,12],[6,8],[60,35],[70,45],[8,5],[50,60],[75,100],[520,400],[10,6],[4,2],[70,40],[70,40],[0.55,0.7],[0.3,0.45],[10,20],[10,20],[10,20],[0.5,0.15],[32,20],[1,0.3],[64,24],[1,null],[100,null],[100,null],[null,99],[1.88,1.95],[5,null],[2.5,1.5],[0.9,0.5],[1.3,0.8],[180,120],[0.1,0.01],[1,0.3]]' \
	'the limits and goals are those that are required'
is "$(grep -c 'goal reached$' "$TMP/table")" 1 'the goal of contacts is reached: 399 of 400'
results 1.001
is "$(required '[.required[] | .reached | select(. != false)]')" '[null]' \
	'and not, where it is missed'
is "$(grep -c 'NOT REACHED$' "$TMP/table")" 36 'the table says so of each'
is "$(awk 'length > 120' "$TMP/table")" '' 'no line is wider than 120 columns'
is "$(required '.required[8].what')" '"unrelated traffic passing, over XDP_PASS (other: TCP)"' \
	'the worst row stands for all'
is "$(required '.required[1].what')" '"worst shape to low, of the swap of its length (worst)"' \
	'the worst shape is named: of those to the fake at its port'
is "$(required '.required[0].what')" "\"SYN to low, of the bare MAC swap's rate (macOS' SYN, no timestamps, one)\"" \
	'the worst SYN is named, and it may be one of the shapes'
is "$(required '[.required[] | select(.what | test("SMTP sessions against")) | .what]')" \
	'["SMTP sessions against smtp-sink (session, -)","SMTP sessions against postscreen (session, -)"]' \
	'sessions are compared with both servers'
is "$(required '[.required[] | select(.what | test("best of nft|another source")) | .what]')" \
	'["enforce, over off, a million listed: another source, warm (data)","SYNs refused a second, against the best of nft and ipset (reset, nft-input)","a million into force, against the best of nft and ipset (nft)"]' \
	'what lists are compared with is the best of the others'
is "$(required '.flood[0].contacts.median')" 0.875 'contacts: 350 of 400'
# What was not measured is neither.
jq -c 'select(.part == "machine" or .part == "steal" or .part == "flood")' "$TMP/results" >"$TMP/few"
jq -s -f "$here/table.jq" "$TMP/few" | jq -r -f "$here/print.jq" >"$TMP/table"
is "$(grep -c 'not measured$' "$TMP/table")" 20 'what was not measured is neither reached nor missed'
echo "1..$count"
exit $((failed > 0))
