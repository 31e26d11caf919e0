#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Draws what the benchmark measured: build/bench.json -> DIRECTORY/bench-*.svg
#   bench-rate.svg    answers a second by number of sources, for us and each peer
#   bench-rooms.svg   what a frame costs that leaves the packet path room by room
#   bench-session.svg what each segment of an SMTP session costs
# Medians; the bars go from the least to the most of the rounds.
#
# usage: plot.sh [DIRECTORY]        build by default
#        plot.sh -n                 only ask whether there is something to draw
set -u
to=${1:-build}
json=build/bench.json
data=$(mktemp -d) || exit 2
trap 'rm -rf "$data"' EXIT

fail() {
	echo "bench-plot: $*" >&2
	exit 2
}

# Columns of one peer: place of the source pattern, median, least, most.
rates() {
	jq -r --arg path "$1" '
		{"one": 0, "64k": 1, "1M": 2, "random": 3} as $place
		| [.pipe[] | select(.path == $path and .cpus == 1 and .traffic == "low: SYN" and
			$place[.sources] != null)]
		| sort_by($place[.sources])[]
		| [$place[.sources], .rate.median / 1e6, .rate.min / 1e6, .rate.max / 1e6]
		| @tsv' "$json"
}

# "name" TAB median, least, most of our rows in this order, where they were measured.
costs() {
	jq -r --argjson rows "$1" '
		. as $all | $rows[] | . as [$traffic, $sources, $name]
		| $all.cost[] | select(.path == "nolist" and .traffic == $traffic and
			.sources == $sources)
		| [$name, .ns.median, .ns.min, .ns.max] | @tsv' "$json"
}

[ -r "$json" ] || fail "no $json: make bench first"
[ "$to" != -n ] || exit 0
command -v gnuplot >/dev/null || fail "no gnuplot: scripts/deps.sh plot"
when=$(jq -r '"\(.machine.cpu), Linux \(.machine.kernel | split(" ")[1]), \(.machine.date[0:10])"' "$json") ||
	fail "cannot read $json"

head_of() {
	printf 'set terminal svg size 720,%d font "sans-serif,12" background "white" noenhanced\n' "$2"
	printf "set output '%s/bench-%s.svg'\n" "$to" "$1"
	printf "set title '%s' font 'sans-serif,11'\n" "$when"
	printf 'set grid y\nset pointintervalbox 0\nset style data yerrorlines\n'
}

plot_rates() {
	local peer lines=()

	for peer in swap reset nolist ingress closed iptables counted; do
		rates "$peer" >"$data/$peer"
		[ -s "$data/$peer" ] || continue
		lines+=("'$data/$peer' using 1:2:3:4 title '$peer' linewidth $([ "$peer" = nolist ] && echo 3 || echo 1) pointtype 7 pointsize 0.5")
	done
	[ "${#lines[@]}" -gt 0 ] || return 0
	{
		head_of rate 400
		cat <<-END
			set ylabel 'million answers a second of one core'
			set xlabel 'sources of SYNs to the low fake'
			set yrange [0:*]
			set xrange [-0.2:3.2]
			set xtics ('one' 0, '65,536' 1, '1,048,576' 2, 'never the same' 3)
			set key outside right
		END
		local IFS=,
		printf 'plot %s\n' "${lines[*]}"
	} | gnuplot || fail "gnuplot failed"
}

# plot_costs NAME ROWS
plot_costs() {
	costs "$2" >"$data/$1"
	[ -s "$data/$1" ] || return 0
	{
		head_of "$1" 360
		cat <<-END
			set ylabel 'nanoseconds over XDP_PASS'
			set style fill solid 0.6
			set boxwidth 0.6
			set yrange [0:*]
			set xtics rotate by -30
			unset key
			set datafile separator '\t'
			plot '$data/$1' using 0:2:xtic(1) with boxes linecolor rgb '#4477aa', \
				'' using 0:2:3:4 with yerrorbars linecolor 'black' pointtype 0
		END
	} | gnuplot || fail "gnuplot failed"
}

plot_rates
plot_costs rooms '[
	["other: UDP", "one", "not TCP"], ["other: TCP port 443", "one", "other port"],
	["other: TCP port 25, no MX", "one", "no MX"], ["low: RST", "one", "MX found"],
	["low: wrong checksum", "one", "summed"], ["low: ACK", "one", "answered"],
	["low: SYN", "one", "noted"], ["low: SYN", "random", "never seen before"],
	["real: data", "one", "mail to the real MX"]]'
plot_costs session '[
	["session with timestamps: SYN", "one", "SYN"], ["session with timestamps: ACK", "one", "ACK"],
	["session with timestamps: EHLO", "one", "EHLO"], ["session with timestamps: MAIL", "one", "MAIL"],
	["session with timestamps: RCPT", "one", "RCPT"], ["session with timestamps: DATA", "one", "DATA"],
	["session with timestamps: QUIT", "one", "QUIT"], ["session with timestamps: FIN", "one", "FIN"]]'
ls -l "$to"/bench-*.svg
