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
(if .cost | length > 0 then
	"",
	"In the kernel, nanoseconds a frame over a program that only returns XDP_PASS",
	("path" | left(10)) + ("traffic" | left(36)) + ("sources" | left(8)) + ("median" | right(8))
		+ ("min" | right(8)) + ("max" | right(8)) + ("own" | right(6)),
	(.cost[] | (.path | left(10)) + (.traffic | left(36)) + (.sources | left(8))
		+ (.ns.median | fixed(1) | right(8)) + (.ns.min | fixed(1) | right(8))
		+ (.ns.max | fixed(1) | right(8)) + ("\(.own)/\(.rounds)" | right(6))),
	(.cost | map(select(.traffic | startswith("session")))
		| group_by([.path, (.traffic | split(":")[0])])[]
		| (.[0].path | left(10)) + ("\(.[0].traffic | split(":")[0]): all 8 segments" | left(44))
		+ (map(.ns.median) | add | fixed(1) | right(8)))
else empty end),
(if .pipe | length > 0 then
	"",
	"Over veth, million correct answers a second of one core's time (drop: frames taken)",
	("traffic" | left(18)) + ("sources" | left(8)) + ("cpus" | right(4)) + "  " + ("path" | left(10))
		+ ("median" | right(8)) + ("min" | right(8)) + ("max" | right(8))
		+ ("sent-good" | right(11)) + ("bad" | right(6)) + ("unansw." | right(9))
		+ ("lost" | right(7)) + ("wall/cpu" | right(10)) + ("own" | right(6)),
	(.pipe | sort_by([.traffic, .sources, .cpus, -.rate.median])[]
		| (.traffic | left(18)) + (.sources | left(8)) + (.cpus | right(4)) + "  "
		+ (.path | left(10)) + (.rate.median | mpps | right(8)) + (.rate.min | mpps | right(8))
		+ (.rate.max | mpps | right(8)) + (.sent - .good | right(11)) + (.bad | right(6))
		+ (.unanswered | right(9)) + (.losses | right(7))
		+ (.wall_over_busy | fixed(1) | right(10)) + ("\(.own)/\(.rounds)" | right(6))),
	"",
	"How many times the peer's rate, median of the rounds' ratios (min to max)",
	(.ratios | sort_by([.path, .traffic, .sources, .peer]) | group_by([.path, .traffic, .sources])[]
		| (.[0].path | left(10)) + (.[0].traffic | left(18)) + (.[0].sources | left(8))
		+ (map("\(.peer) \(.ratio.median | fixed(2))") | join("  "))),
	"",
	"Two CPUs against one",
	(.scaling[] | (.path | left(10)) + (.traffic | left(18)) + (.sources | left(8))
		+ (.ratio.median | fixed(2) | right(6)))
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
(.evidence + .lists | group_by(.part == "evidence" | not)[]
	| "",
	(if .[0].part == "evidence" then "Evidence" else "Lists: dump of a million, then what loads it" end | left(58))
		+ ("s" | right(8)) + ("cpu-s" | right(8)) + ("MB" | right(8)) + ("file MB" | right(9)),
	(.[] | ((if .part == "reader" then "    " else "" end) + .what | left(58))
		+ (.s | fixed(2) | right(8)) + (.cpu_s | fixed(2) | right(8)) + (.mb | fixed(0) | right(8))
		+ (if .file_mb then .file_mb | fixed(1) else "" end | right(9))
		+ (if .status == 0 then "" else "  failed: \(.status)" end)))
