# SPDX-License-Identifier: GPL-2.0-only
# build/bench.json -> the table for people.
def left($n): . + " " * ([$n - length, 0] | max);
def right($n): tostring | " " * ([$n - length, 0] | max) + .;
def fixed($digits): pow(10; $digits) as $p | (. * $p | round / $p) | tostring
	| if $digits == 0 then . elif test("\\.") | not then . + "." + "0" * $digits
	else . + "0" * ($digits - (split(".")[1] | length)) end;
def mpps: . / 1e6 | fixed(2);
def percent: . * 100 | fixed(1);

"\(.machine.cpu), \(.machine.cpus) CPUs (\(.machine.virt)), \(.machine.kernel), \(.machine.clang)",
"\(.machine.nft), \(.machine.iptables), nolist-xdp \(.machine.version), \(.machine.date)",
"JIT \(.machine.jit), bpf_stats \(.machine.bpf_stats), load before \(.machine.load), CPU time stolen \(.steal | percent) %",
"docs/bench.md says what each row and each peer is, and how it was measured",
(if .cost | length > 0 then
	"",
	"In the kernel, nanoseconds a frame over a program that only returns XDP_PASS",
	("traffic" | left(38)) + ("sources" | left(8)) + ("path" | left(10)) + ("median" | right(8))
		+ ("min" | right(8)) + ("max" | right(8)) + ("own" | right(7)),
	(.cost | sort_by([.traffic, .sources, .ns.median])[]
		| (.traffic | left(38)) + (.sources | left(8)) + (.path | left(10))
		+ (.ns.median | fixed(1) | right(8)) + (.ns.min | fixed(1) | right(8))
		+ (.ns.max | fixed(1) | right(8)) + ("\(.own)/\(.rounds)" | right(7))),
	(.cost | map(select(.traffic | startswith("session")))
		| group_by([.path, (.traffic | split(":")[0])])[] | select(length == 8)
		| ("\(.[0].traffic | split(":")[0]): all 8 segments" | left(46)) + (.[0].path | left(10))
		+ (map(.ns.median) | add | fixed(1) | right(8)))
else empty end),
(if .sizes | length > 0 then
	"",
	"Tables of contacts and of verified evidence, all full: nanoseconds over XDP_PASS, and the kernel\u0027s memory",
	("" | left(20)) + ("MB of" | right(8)) + ("MB of" | right(8)) + ("SYN in a" | right(11))
		+ ("SYN of a source" | right(19)) + ("dialogue of a source" | right(25)),
	("sources" | left(10)) + ("path" | left(10)) + ("contacts" | right(8)) + ("verified" | right(9))
		+ ("flood" | right(11)) + ("known" | right(11)) + ("new" | right(8))
		+ ("known" | right(15)) + ("new" | right(10)) + ("own" | right(7)),
	(.sizes | sort_by([.path, .entries])[] | (.size | left(10)) + (.path | left(10))
		+ (.contacts_mb | fixed(0) | right(8)) + (.verified_mb | fixed(0) | right(9))
		+ (.flood.median | fixed(1) | right(11)) + (.syn_known.median | fixed(0) | right(11))
		+ (.syn_new.median | fixed(0) | right(8)) + (.dialogue_known.median | fixed(0) | right(15))
		+ (.dialogue_new.median | fixed(0) | right(10)) + ("\(.own)/\(.rounds)" | right(7)))
else empty end),
(if .pipe | length > 0 then
	"",
	"Over veth, million correct answers a second of one core's time (drop: frames taken; real, other: passed)",
	"of limit: of the rate of swap, or of pass; the other columns are explained below",
	("traffic" | left(18)) + ("sources" | left(8)) + ("cpus" | right(4)) + "  " + ("path" | left(10))
		+ ("median" | right(8)) + ("min" | right(7)) + ("max" | right(7)) + ("of limit" | right(10))
		+ ("sent-good" | right(10)) + ("bad" | right(5)) + ("unansw." | right(8))
		+ ("lost" | right(6)) + ("wall/cpu" | right(10)) + ("own" | right(7)),
	(.pipe | sort_by([.traffic, .sources, .cpus, -.rate.median])[]
		| (.traffic | left(18)) + (.sources | left(8)) + (.cpus | right(4)) + "  "
		+ (.path | left(10)) + (.rate.median | mpps | right(8)) + (.rate.min | mpps | right(7))
		+ (.rate.max | mpps | right(7))
		+ (if .of_limit then .of_limit | fixed(2) else "-" end | right(10))
		+ (if .path == "drop" then "-" else .sent - .good end | right(10)) + (.bad | right(5))
		+ (.unanswered | right(8)) + (.lost | right(6))
		+ (.wall_over_busy | fixed(1) | right(10)) + ("\(.own)/\(.rounds)" | right(7))),
	"",
	"How many times the peer's rate: median of the rounds' ratios (build/bench.json has their spread)",
	(.ratios | sort_by([.path, .traffic, .sources, .peer]) | group_by([.path, .traffic, .sources])[]
		| (.[0].path | left(10)) + (.[0].traffic | left(18)) + (.[0].sources | left(8))
		+ (map("\(.peer) \(.ratio.median | fixed(2))") | join("  "))),
	"",
	("Two CPUs against one" | left(36)) + ("median" | right(8)) + ("min" | right(7)) + ("max" | right(7)),
	(.scaling[] | (.path | left(10)) + (.traffic | left(18)) + (.sources | left(8))
		+ (.ratio.median | fixed(2) | right(8)) + (.ratio.min | fixed(2) | right(7))
		+ (.ratio.max | fixed(2) | right(7)))
else empty end),
(if .shapes | length > 0 then
	"",
	"Shapes that an outsider chooses, the worst first: million frames a second of one core\u0027s time, whatever becomes of them",
	("to" | left(6)) + ("shape" | left(34)) + ("path" | left(10)) + ("bytes" | right(6)) + ("median" | right(8))
		+ ("of swap" | right(9)) + ("min" | right(6)) + ("max" | right(6)) + ("own" | right(6)) + "  verdict",
	(.shapes | sort_by([.path, .role, (.placed | not), .ratio.median])[]
		| (.role | left(6)) + (.traffic | left(34)) + (.path | left(10)) + (.len | right(6))
		+ (.rate.median | mpps | right(8)) + (.ratio.median | fixed(2) | right(9))
		+ (.ratio.min | fixed(2) | right(6)) + (.ratio.max | fixed(2) | right(6))
		+ ("\(.own)/\(.rounds)" | right(6)) + "  " + .verdict
		+ (if .placed then "" else ", not at its port" end))
else empty end),
(if .flood | length > 0 then
	"",
	"Real clients in a flood: percent of their evidence that was noted, least of the rounds (contacts: median);",
	"contacts of strangers, which have verified nothing yet, and of known sources, which have",
	("path" | left(10)) + ("clients" | right(9)) + ("segments" | right(10)) + ("forged" | right(11))
		+ ("forged/s" | right(10)) + ("dialogues" | right(11)) + ("alibis" | right(8))
		+ ("strangers" | right(11)) + ("known" | right(8)) + ("forged evidence" | right(17))
		+ ("rounds" | right(8)),
	(.flood[] | (.path | left(10)) + ("\(.ended)/\(.clients)" | right(9)) + (.real | right(10))
		+ (.forged | right(11)) + (.forged_rate.median | fixed(0) | right(10))
		+ (.verified.min | percent | right(11)) + (.alibis.min | percent | right(8))
		+ (.contacts_strangers.median | percent | right(11)) + (.contacts_known.median | percent | right(8))
		+ (.forged_verified | right(17))
		+ (.rounds | right(8)))
else empty end),
(if .sessions | length > 0 then
	"",
	"Whole SMTP sessions, 64 in flight, thousands a second of one core, client and network included",
	("traffic" | left(26)) + ("path" | left(12)) + ("median" | right(8)) + ("min" | right(8))
		+ ("max" | right(8)) + ("bad" | right(6)) + ("resets" | right(8)) + ("stuck" | right(7))
		+ ("TIME-WAIT" | right(11)) + ("wall/cpu" | right(10)) + ("own" | right(6)),
	(.sessions | sort_by([.traffic, -.rate.median])[]
		| (.traffic | left(26)) + (.path | left(12)) + (.rate.median / 1e3 | fixed(1) | right(8))
		+ (.rate.min / 1e3 | fixed(1) | right(8)) + (.rate.max / 1e3 | fixed(1) | right(8))
		+ (.bad | right(6)) + (.resets | right(8)) + (.stuck | right(7))
		+ (.time_wait | right(11)) + (.wall_over_busy | fixed(1) | right(10))
		+ ("\(.own)/\(.rounds)" | right(6))),
	(.session_ratios | sort_by([.path, .traffic, .peer])[]
		| "\(.path) in \(.traffic): \(.ratio.median | fixed(1)) times \(.peer) (\(.ratio.min | fixed(1)) to \(.ratio.max | fixed(1)))")
else empty end),
(if .listed + .loaded | length > 0 then
	"",
	("Refused at the real MX: a list into force" | left(50)) + ("s" | right(8)) + ("min" | right(8)) + ("max" | right(8))
		+ ("cpu-s" | right(8)) + ("MB" | right(8)) + ("kernel MB" | right(11)) + ("rounds" | right(8)),
	((.loaded + .listed)[] | (.what | left(50)) + (.s | fixed(2) | right(8)) + (.s_min | fixed(2) | right(8))
		+ (.s_max | fixed(2) | right(8)) + (.cpu_s | fixed(2) | right(8)) + (.mb | fixed(0) | right(8))
		+ (if .kernel_mb then .kernel_mb | fixed(1) else "" end | right(11)) + (.rounds | right(8))
		+ (if .status == 0 then "" else "  failed: \(.status)" end))
else empty end),
(if .refused | length > 0 then
	"",
	"Over veth, million SYNs of listed sources refused a second of one core\u0027s time (swap: sent back; drop: bare XDP_DROP)",
	("action" | left(10)) + ("listed" | left(8)) + ("path" | left(22)) + ("median" | right(8)) + ("min" | right(7))
		+ ("max" | right(7)) + ("sent-good" | right(11)) + ("bad" | right(6)) + ("unansw." | right(9))
		+ ("lost" | right(6)) + ("wall/cpu" | right(10)) + ("own" | right(7)),
	(.refused | sort_by([.traffic, .sources, -.rate.median])[]
		| (.traffic | left(10)) + (.sources | left(8)) + (.path | left(22)) + (.rate.median | mpps | right(8))
		+ (.rate.min | mpps | right(7)) + (.rate.max | mpps | right(7)) + (.sent - .good | right(11))
		+ (.bad | right(6)) + (.unanswered | right(9)) + (.lost | right(6))
		+ (.wall_over_busy | fixed(1) | right(10)) + ("\(.own)/\(.rounds)" | right(7))),
	"",
	(.refused_ratios | group_by([.path, .traffic, .sources])[]
		| (.[0].path | left(10)) + (.[0].traffic | left(10)) + (.[0].sources | left(8))
		+ (sort_by(.ratio.median) | map("\(.peer) \(.ratio.median | fixed(2))") | [limit(4; .[])] | join("  ")))
else empty end),
(.evidence + .lists | group_by(.part == "evidence" | not)[]
	| "",
	(if .[0].part == "evidence" then "Evidence" else "Lists: dump of a million, then what loads it" end | left(58))
		+ ("s" | right(8)) + ("min" | right(8)) + ("max" | right(8)) + ("cpu-s" | right(8))
		+ ("MB" | right(8)) + ("file MB" | right(9)) + ("rounds" | right(8)),
	(.[] | ((if .part == "reader" then "    " else "" end) + .what | left(58))
		+ (.s | fixed(2) | right(8)) + (.s_min | fixed(2) | right(8)) + (.s_max | fixed(2) | right(8))
		+ (.cpu_s | fixed(2) | right(8)) + (.mb | fixed(0) | right(8))
		+ (if .file_mb then .file_mb | fixed(1) else "" end | right(9)) + (.rounds | right(8))
		+ (if .status == 0 then "" else "  failed: \(.status)" end))),
(if .share | length > 0 then
	"",
	("Sharing, at one Redis on the same CPUs" | left(58)) + ("s" | right(8)) + ("cpu-s" | right(8)) + ("MB" | right(8))
		+ ("rows/s" | right(11)) + ("server us/row" | right(15)) + ("rounds" | right(8)),
	(.share[] | (.what | left(58)) + (.s | fixed(2) | right(8)) + (.cpu_s | fixed(2) | right(8))
		+ (.mb | fixed(0) | right(8)) + (.rows_s // "" | right(11))
		+ (if .server_us then .server_us | fixed(3) else "" end | right(15)) + (.rounds | right(8))
		+ (if .status == 0 then "" else "  failed: \(.status)" end))
else empty end),
(if .pipe + .sessions | length > 0 then
	"",
	"own: rounds in which the core was not shared with a stranger, of all; where there are three, only these count.",
	"wall/cpu: how much longer it took than it computed. sent-good: what came back wrong or not at all; bad: of these,",
	"wrong. unansw.: what the program says it did not answer. lost: drops and errors of the devices."
else empty end),
(if .required | map(select(.measured != null)) | length > 0 then
	"",
	("What is required (in brackets: the worst row)" | left(70)) + ("measured" | right(12))
		+ ("required" | right(12)) + ("goal" | right(8)),
	(.required[] | .digits as $digits | (if .better == "more" then ">=" else "<=" end) as $sign
		| ("\(if .path == "nolist" then "" else .path + ": " end)\(.what)" | left(70))
		+ (if .measured == null then "-" else "\(.measured | fixed($digits)) \(.unit)" end | right(12))
		+ (if .required == null then "-" else "\($sign) \(.required)" end | right(12))
		+ (if .goal == null then "-" else "\(.goal)" end | right(8)) + "  "
		+ (if .measured == null then "not measured"
		elif .goal_reached then "goal reached"
		elif .reached then "reached"
		elif .reached == null then "goal not reached"
		else "NOT REACHED" end))
else empty end)
