# SPDX-License-Identifier: GPL-2.0-only
# The results' lines -> one object: the machine, and each row's median and spread
# over its rounds. Ratios are made within a round, then their median is taken.
def median: sort | if length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def typical: if length > 0 then median else null end;
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
	unanswered: (map(.unanswered) | add), lost: (map(.lost) | add),
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

# What tables of each size cost.
def sizes: best as $best | group_by([.path, .entries]) | map({
	path: .[0].path, size: .[0].size, entries: .[0].entries,
	contacts_mb: .[0].contacts_mb, verified_mb: .[0].verified_mb,
	rounds: length, own: ([.[] | select(.pace < 1.25 * $best)] | length)}
	+ (settled($best) | . as $rounds
		| ["flood", "syn_known", "syn_new", "dialogue_known", "dialogue_new"]
		| map({(.): (. as $k | $rounds | map(.[$k]) | spread)}) | add));

# Each shape beside the bare swap of its own frame.
def shapes: best as $best | group_by([.path, .role, .traffic]) | map({
	path: .[0].path, role: .[0].role, traffic: .[0].traffic, placed: .[0].placed, len: .[0].len,
	rounds: length, own: ([.[] | select(.pace < 1.25 * $best)] | length),
	verdict: (map(.verdict) | group_by(.) | max_by(length)[0])} + (settled($best) | {
	rate: (map(.rate) | spread), ratio: (map(.rate / .swap) | spread)}));

# Shares of what reached the program: the least of the rounds counts.
def flood: group_by(.path) | map({path: .[0].path, rounds: length,
	clients: (map(.clients) | add), ended: (map(.ended) | add),
	real: (map(.real) | add), forged: (map(.forged) | add),
	forged_rate: (map(.forged / .seconds) | spread),
	verified: (map(select(.ended > 0) | .verified / .ended) | spread),
	alibis: (map(select(.ended > 0) | .alibis / .ended) | spread),
	# A client makes four: the first as a stranger, three when it is verified.
	contacts: (map(select(.ended > 0) | (.contacts_strangers + .contacts_known) / (4 * .ended)) | spread),
	contacts_strangers: (map(select(.ended > 0) | .contacts_strangers / .ended) | spread),
	contacts_known: (map(select(.ended > 0) | .contacts_known / (3 * .ended)) | spread),
	forged_verified: (map(.forged_verified) | add), lost: (map(.lost) | add)});

# Commands in the order in which they came first; memory at its peak.
def commands: to_entries | group_by([.value.part, .value.what]) | sort_by(.[0].key) | map(map(.value)
	| .[0] + {rounds: length, s: (map(.s) | median), s_min: (map(.s) | min),
		s_max: (map(.s) | max), rows_s: (map(.rows_s // empty) | typical),
		server_us: (map(.server_us // empty) | typical),
		kernel_mb: (map(.kernel_mb // empty) | typical), cpu_s: (map(.cpu_s) | median), mb: (map(.mb) | max),
		status: ([.[].status | select(. != 0)][0] // 0)});

# A row of what is required: of our $path, more is better or less is. null: not measured.
def demand($path; $what; $unit; $digits; $measured; $required; $goal; $is_more):
	def meets($limit): if $measured == null or $limit == null then null
		elif $is_more then $measured >= $limit else $measured <= $limit end;
	{path: $path, what: $what, unit: $unit, digits: $digits, measured: $measured,
		required: $required, goal: $goal, better: (if $is_more then "more" else "less" end),
		reached: meets($required), goal_reached: meets($goal)};

# The worst of these ratios, and which it is.
def worst: if length == 0 then null else min_by(.ratio.median) end;
def of($what; $w): if $w then "\($what) (\($w.traffic), \($w.sources))" else $what end;
def ours($path; $traffic; $sources): [.cost[] | select(.path == $path and .traffic == $traffic and
	.sources == $sources) | .ns.median][0];
def over_swap($path; $sources): ours($path; "low: SYN"; $sources) as $us
	| ours("swap"; "low: SYN"; $sources) as $swap
	| if $us and $swap then $us - $swap else null end;
def over_open($path): ours($path; "gate: Linux SYN, was at low"; "one") as $gate
	| ours($path; "real: Linux SYN"; "one") as $open
	| if $gate and $open then $gate - $open else null end;
# What enforce adds to a segment of a source that is not listed; $table names the list's length.
def over_off($path; $table; $segment; $sources):
	ours($path; "\($table): \($segment), not listed"; $sources) as $on
	| ours($path; "real: \($segment)"; $sources) as $off
	| if $on and $off then {traffic: $segment, ns: ($on - $off)} else empty end;
def over_off_worst($path): [("Linux SYN", "ACK", "data") as $segment
	| over_off($path; "enforce"; $segment; "one")] | if length > 0 then max_by(.ns) else null end;
def over_off_random($path; $table): [over_off($path; $table; "Linux SYN"; "random") | .ns][0];
# Of the kernel\u0027s own means that hold the same list the best, and how many times as good we are.
def peers($path; $n): [.listed[] | select(.entries == $n and (.path | test("^(nft|ipset)")))];
def brought($path; $n; $of): [.listed[] | select(.path == $path and .entries == $n and .status == 0)
	| .[$of]][0];
def beside_peers($path; $n; $of): brought($path; $n; $of) as $us
	| (peers($path; $n) | if length > 0 then min_by(.[$of]) else null end) as $best
	| if $us and $best then {peer: $best.path, ratio: ($best[$of] / $us)} else null end;
# Of what we refuse by the same action, the worst, beside the best of those that can do it.
def refused_worst($path): [.refused_ratios[] | select(.path == $path and (.peer | test("^(nft|ipset)")))]
	| if length > 0 then min_by(.ratio.median) else null end;
def tempfailed($path; $is_few): [.refused_ratios[] | select(.path == $path and .traffic == "tempfail"
	and .peer == "swap" and (.sources == "1k") == $is_few) | .ratio.median][0];
def command($text; $of): [.evidence[] | select(.what | startswith($text)) | select(.status == 0)
	| .[$of]] | max;

def shared($text; $of): [.share[] | select(.what | startswith($text)) | select(.status == 0)
	| .[$of]][0];

# Shapes of common systems, with the timestamps or without.
def is_usual: test("^((Linux|macOS)\u0027 |Windows\u0027 |FreeBSD\u0027s )?SYN(, IPv6|, no timestamps)?$");

def demands($path): . as $t
	| ([.ratios[] | select(.path == $path and (.traffic | startswith("low:")))]) as $low
	| ([$low[] | select(.peer == "swap")]
		+ [.shapes[] | select(.path == $path and .role == "low" and (.traffic | is_usual))
			| .sources = "one"] | worst) as $swap
	| ([.ratios[] | select(.path == $path and .peer == "swap" and .sources == "random"
		and (.traffic | startswith("high:")))] | worst) as $high
	| ($low | map(select(.peer == "ingress")) | worst) as $ingress
	| ($low | map(select(.peer == "counted" and .sources == "1M")) | worst) as $counted
	| ($low | map(select(.peer == "closed")) | worst) as $closed
	| ([.cost[] | select(.path == $path and (.traffic | startswith("other:")))]
		| if length > 0 then max_by(.ns.median) else null end) as $other
	| ([.session_ratios[] | select(.path == $path)] | group_by(.peer)
		| map({key: .[0].peer, value: worst}) | from_entries) as $session
	| ([.cost[] | select(.path == $path and (.traffic | startswith("session")))]
		| group_by(.traffic | split(":")[0])
		| map(select(length == 8) | map(.ns.median) | add) | max) as $whole
	| ([.flood[] | select(.path == $path)][0]) as $flood
	| ([.scaling[] | select(.path == $path)] | worst) as $two
	| ([.shapes[] | select(.path == $path and .role == "low" and .placed)] | worst) as $shape
	| [
	demand($path; of("SYN to low, of the bare MAC swap\u0027s rate"; $swap); "times"; 2;
		$swap.ratio.median; 0.75; 0.85; true),
	demand($path; (if $shape then "worst shape to low, of the swap of its length (\($shape.traffic))"
		else "worst shape to low, of the bare MAC swap of its length" end); "times"; 2;
		$shape.ratio.median; 0.5; 0.7; true),
	demand($path; of("SYN to high, random sources, of the swap\u0027s rate"; $high); "times"; 2;
		$high.ratio.median; 0.7; 0.8; true),
	demand($path; of("against nft ingress reject"; $ingress); "times"; 1;
		$ingress.ratio.median; 3.5; 5; true),
	demand($path; of("against nft reject with counted set"; $counted); "times"; 1;
		$counted.ratio.median; 8; 12; true),
	demand($path; of("against Linux\u0027 closed port"; $closed); "times"; 1;
		$closed.ratio.median; 6; 8; true),
	demand($path; "in-kernel cost over the bare MAC swap, one source"; "ns"; 0;
		over_swap($path; "one"); 60; 35; false),
	demand($path; "in-kernel cost over the bare MAC swap, random sources"; "ns"; 0;
		over_swap($path; "random"); 70; 45; false),
	demand($path; (if $other then "unrelated traffic passing, over XDP_PASS (\($other.traffic))"
		else "unrelated traffic passing, over XDP_PASS" end); "ns"; 1;
		$other.ns.median; 8; 5; false),
	demand($path; of("SMTP sessions against smtp-sink"; $session["smtp-sink"]); "times"; 1;
		$session["smtp-sink"].ratio.median; 50; 60; true),
	demand($path; of("SMTP sessions against postscreen"; $session.postscreen); "times"; 1;
		$session.postscreen.ratio.median; 75; 100; true),
	demand($path; "in-kernel cost of a whole SMTP session, 8 segments, the worst kind"; "ns"; 0;
		$whole; 520; 400; false),
	demand($path; "gate, over gate = off: SYN of a source that was at low, warm"; "ns"; 1;
		over_open($path); 10; 6; false),
	(over_off_worst($path) as $w | demand($path; (if $w then "enforce, over off, a million listed: another source, warm (\($w.traffic))"
			else "enforce, over off, a million listed: another source, warm" end); "ns"; 1;
		$w.ns; 4; 2; false)),
	demand($path; "the same, SYN of sources that never repeat"; "ns"; 1;
		over_off_random($path; "enforce"); 70; 40; false),
	demand($path; "the same, five million listed"; "ns"; 1;
		over_off_random($path; "enforce, 5 M"); 70; 40; false),
	demand($path; "SYN of a listed source, tempfail, of the swap: 1,000 listed"; "times"; 2;
		tempfailed($path; true); 0.55; 0.7; true),
	demand($path; "the same, a million listed at random"; "times"; 2;
		tempfailed($path; false); 0.3; 0.45; true),
	(refused_worst($path) as $w | demand($path; (if $w then "SYNs refused a second, against the best of nft and ipset (\($w.traffic), \($w.peer))"
			else "SYNs refused a second, against the best of nft and ipset" end); "times"; 1;
		$w.ratio.median; 10; 20; true)),
	(if brought($path; 1000000; "s") then
		(beside_peers($path; 1000000; "s") as $w
			| demand($path; "a million into force, against the best of nft and ipset (\($w.peer))"; "times"; 1;
				$w.ratio; 10; 20; true)),
		(beside_peers($path; 1000000; "kernel_mb") as $w
			| demand($path; "the same, memory at rest (\($w.peer))"; "times"; 1; $w.ratio; 10; 20; true)),
		demand($path; "a million listed: into force"; "s"; 2;
			brought($path; 1000000; "s"); 0.5; 0.15; false),
		demand($path; "the same, memory at rest"; "MB"; 0;
			brought($path; 1000000; "kernel_mb"); 32; 20; false),
		demand($path; "five million listed: into force"; "s"; 2;
			brought($path; 5000000; "s"); 1; 0.3; false),
		demand($path; "the same, memory at rest"; "MB"; 0;
			brought($path; 5000000; "kernel_mb"); 64; 24; false),
		demand($path; "load, with all that defends the real MX"; "s"; 2;
			([$t.loaded[] | select(.status == 0) | .s][0]); 1; null; false)
	else empty end),
	demand($path; "flood, 99 % forged: verified dialogues complete"; "%"; 1;
		($flood | if . then .verified.min * 100 else null end); 100; null; true),
	demand($path; "flood, 99 % forged: verified alibis complete"; "%"; 1;
		($flood | if . then .alibis.min * 100 else null end); 100; null; true),
	demand($path; (if $flood then "flood: contacts complete (of verified sources: "
		+ "\($flood.contacts_known.median * 1000 | round / 10) %)"
		else "flood, 99 % forged: contacts complete" end); "%"; 1;
		($flood | if . then .contacts.median * 100 else null end); null; 99; true),
	demand($path; of("two CPUs against one"; $two); "times"; 2; $two.ratio.median; 1.88; 1.95; true),
	(if ([$t.evidence[].what | select(test("^dump, 1000000 offenders in the tables"))] | length) > 0
	then
		demand($path; "collect of a million sources"; "s"; 1;
			($t | command("collect, 1000000 sources"; "s")); 5; null; false),
		demand($path; "collect of a million with news, five times as many stored"; "s"; 1;
			($t | command("collect, 1000000 with news, five times"; "s")); 2.5; 1.5; false),
		demand($path; "dump of a million offenders"; "s"; 1;
			($t | command("dump, 1000000 offenders in the tables"; "s")); 0.9; 0.5; false),
		demand($path; "dump of a million offenders, five times as many stored"; "s"; 1;
			($t | command("dump, 1000000 offenders, five times"; "s")); 1.3; 0.8; false),
		demand($path; "dump of a million offenders, memory, the larger of both"; "MB"; 0;
			($t | command("dump, 1000000 offenders"; "mb")); 180; 120; false),
		demand($path; "explain of one source, five times as many stored"; "s"; 2;
			($t | command("explain, one of these"; "s")); 0.1; 0.01; false),
		demand($path; "show --top 20, five times as many stored"; "s"; 1;
			($t | command("show --top 20, of these"; "s")); 1; 0.3; false)
	else empty end),
	(if ([$t.share[].what | select(test("^push of 4 nodes at once, each of 1000000 "))] | length) > 0
	then
		demand($path; "push of 4 million rows, of 4 nodes at once"; "M/s"; 2;
			($t | shared("push of 4 nodes"; "rows_s") / 1e6); 0.5; 1.5; true),
		demand($path; "the same, the Redis\u0027 processor time of a row"; "us"; 2;
			$t | shared("push of 4 nodes"; "server_us"); 0.5; 0.25; false),
		demand($path; "judge of 5 million sources at 3 nodes each, processor time"; "s"; 0;
			$t | shared("judge of 5000000"; "cpu_s"); 40; 12; false),
		demand($path; "the same, memory"; "MB"; 0;
			$t | shared("judge of 5000000"; "mb"); 500; 200; false),
		demand($path; "a list of a million back at a node, processor time"; "s"; 1;
			$t | shared("pull of a list"; "cpu_s"); 5; 1; false)
	else empty end)
	];

map(select(.part == "pipe")) as $pipe
| map(select(.part == "refused")) as $refused
| map(select(.part == "sessions")) as $sessions
| ([$pipe[].path] | unique - ["swap", "drop", "reset", "pass", "closed", "ingress", "counted", "iptables"])
	as $answering
| (map(select(.part == "cost" or .part == "pipe" or .part == "sessions" or .part == "flood"
		or .part == "shapes") | .path)
	| unique - ["swap", "drop", "reset", "pass", "closed", "ingress", "counted", "iptables",
		"smtp-sink", "postscreen"]) as $ours
# What limits a row: the bare swap, or a program that only passes.
| [$pipe | map(.path) | unique[] | ratios($pipe; .)[] | select(.peer == "swap" or .peer == "pass")]
	as $of_limit
| {
	machine: (map(select(.part == "machine"))[0] | del(.part)),
	steal: (map(select(.part == "steal"))[0] | if .ticks > 0 then .stolen / .ticks else 0 end),
	cost: (map(select(.part == "cost")) | cost),
	sizes: (map(select(.part == "sizes")) | if length > 0 then sizes else [] end),
	flood: (map(select(.part == "flood")) | flood),
	pipe: ($pipe | pipe | map(. as $row | .of_limit = ([$of_limit[] | select(.path == $row.path and
		.traffic == $row.traffic and .sources == $row.sources and $row.cpus == 1)
		| .ratio.median][0] // (if $row.path == "swap" or $row.path == "pass" then 1
		else null end)))),
	shapes: (map(select(.part == "shapes")) | if length > 0 then shapes else [] end),
	ratios: [$answering[] | ratios($pipe; .)[]],
	scaling: scaling($pipe),
	sessions: ($sessions | sessions),
	session_ratios: [$sessions | map(.path) | unique - ["smtp-sink", "postscreen"] | .[]
		| ratios($sessions; .)[]],
	refused: (if $refused | length > 0 then $refused | pipe else [] end),
	refused_ratios: [$refused | map(.path) | unique - ["swap", "drop"] | map(select(test("^(nft|ipset)") | not))[]
		| ratios($refused; .)[]],
	loaded: (map(select(.part == "loaded")) | commands),
	listed: (map(select(.part == "listed")) | commands),
	evidence: (map(select(.part == "evidence")) | commands),
	lists: (map(select(.part == "lists" or .part == "reader")) | commands),
	share: (map(select(.part == "share")) | commands)
}
| . as $all | .required = [$ours[] as $path | $all | demands($path)[]]
