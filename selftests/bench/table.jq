# SPDX-License-Identifier: GPL-2.0-only
# The results' lines -> one object: the machine, and each row's median and spread
# over its rounds. Ratios are made within a round, then their median is taken.
def median: sort | if length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def spread: {median: median, min: min, max: max};

# Rounds in which the core was not shared with a stranger, if there are three; else all.
def own($best): map(select(.pace < 1.25 * $best)) | select(length >= 3);
def best: map(.pace) | min;
def settled($best): . as $all | [own($best)][0] // $all;

def cost: best as $best | group_by([.path, .traffic, .sources]) | map({
	path: .[0].path, traffic: .[0].traffic, sources: .[0].sources,
	rounds: length, frames: .[0].frames,
	own: ([.[] | select(.pace < 1.25 * $best)] | length)} + (settled($best) | {
	ns: (map(.ns) | spread),
	base_ns: (map(.base_ns) | median)}));

def pipe: best as $best | group_by([.path, .traffic, .sources, .cpus]) | map({
	path: .[0].path, traffic: .[0].traffic, sources: .[0].sources, cpus: .[0].cpus,
	rounds: length,
	own: ([.[] | select(.pace < 1.25 * $best)] | length),
	rate: (settled($best) | map(.rate) | spread),
	sent: (map(.sent) | add), good: (map(.good) | add), bad: (map(.bad) | add),
	sums: (map(.sums) | add),
	unanswered: (map(.unanswered) | add), losses: (map(.losses) | add),
	wall_over_busy: (map(.wall_ns / .busy_ns) | median)});

def sessions: best as $best | group_by([.path, .traffic]) | map({
	path: .[0].path, traffic: .[0].traffic, sources: .[0].sources,
	rounds: length, own: ([.[] | select(.pace < 1.25 * $best)] | length),
	rate: (settled($best) | map(.rate) | spread),
	done: (map(.done) | add), resets: (map(.resets) | add),
	bad: (map(.wrong + .odd + .bad_sums + .no_room + .strange) | add),
	sums: (map(.sums) | add), stuck: (map(.lanes - .alive) | max),
	time_wait: (map(.time_wait) | max),
	wall_over_busy: (map(.wall_ns / .busy_ns) | median)});

# Two measurements while the core was as much, or as little, ours.
def alike($a; $b): $a.pace < 1.25 * $b.pace and $b.pace < 1.25 * $a.pace;

# Of one path to another in the same round, on the same traffic.
def ratios($rows; $path):
	[$rows[] | select(.path == $path and .cpus == 1)] | map(. as $us
	| [$rows[] | select(.cpus == 1 and .path != $path and .traffic == $us.traffic and
		.sources == $us.sources and .round == $us.round and .rate > 0)][]
	| select(alike($us; .))
	| {traffic, sources, peer: .path, ratio: ($us.rate / .rate)})
	| group_by([.traffic, .sources, .peer])
	| map({path: $path, traffic: .[0].traffic, sources: .[0].sources, peer: .[0].peer,
		ratio: (map(.ratio) | spread)});

def scaling($rows):
	[$rows[] | select(.cpus == 2)] | map(. as $two
	| [$rows[] | select(.cpus == 1 and .path == $two.path and .traffic == $two.traffic and
		.sources == $two.sources and .round == $two.round)][0]
	| select(alike($two; .))
	| {path, traffic, sources, ratio: ($two.rate / .rate)})
	| group_by([.path, .traffic, .sources])
	| map({path: .[0].path, traffic: .[0].traffic, sources: .[0].sources,
		ratio: (map(.ratio) | spread)});

map(select(.part == "pipe")) as $pipe
| map(select(.part == "sessions")) as $sessions
| ([$pipe[].path] | unique - ["swap", "drop", "reset", "closed", "ingress", "counted", "iptables"])
	as $ours
| {
	machine: (map(select(.part == "machine"))[0] | del(.part)),
	steal: (map(select(.part == "steal"))[0] | if .ticks > 0 then .stolen / .ticks else 0 end),
	cost: (map(select(.part == "cost")) | cost),
	pipe: ($pipe | pipe),
	ratios: [$ours[] | ratios($pipe; .)[]],
	scaling: scaling($pipe),
	sessions: ($sessions | sessions),
	session_ratios: [$sessions | map(.path) | unique - ["smtp-sink", "postscreen"] | .[]
		| ratios($sessions; .)[]],
	evidence: map(select(.part == "evidence")),
	lists: map(select(.part == "lists" or .part == "reader"))
}
