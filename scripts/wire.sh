# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a capture at the lab's router shows of a mail's walk from one exchanger to
# the next. Sourced by the demo and the tests, which set NOLIST_LAB. Sources are
# named by a regular expression that their address begins with, since one host
# has an IPv4 and an IPv6 address: '(198\.51\.100\.25|2001:db8:100:)'.

wire=$NOLIST_LAB/net/log/wire

# Starts the capture. Through cat, since AppArmor may forbid tcpdump to write there.
wire_start() {
	local end=$((SECONDS + 10))

	scripts/lab.sh run net tcpdump -Z root --immediate-mode -l -n -tt -i mx port 25 \
		</dev/null 2>&1 | cat >"$wire" &
	until grep -q "^listening on" "$wire" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# What the source $1 met, and when.
wire_story() {
	awk -v who="^$1" '
	function host(a) { sub(/\.[0-9]+:?$/, "", a); return a }
	function say(text) {
		if (!start)
			start = time
		printf "%8.1f ms  %s\n", (time - start) * 1000, text
	}
	BEGIN {
		mx["192.0.2.10"] = "fake0, the low fake"
		mx["192.0.2.20"] = mx["2001:db8:25::20"] = "mx, the real one"
		mx["192.0.2.30"] = mx["2001:db8:25::30"] = "fake1, the high fake"
	}
	{ time = $1; src = host($3); dst = host($5) }
	src !~ who && dst !~ who { next }
	/Flags \[S[EW]*\]/ { say(src " calls " mx[dst] " (" dst ")") }
	src in mx && /Flags \[R/ { say("    refused: RST") }
	src in mx && /Flags \[S\.E?\]/ { say("    welcomed") }
	src in mx && sub(/.*SMTP: /, "") && /^(250.*queued|[45][0-9][0-9])/ { say("    \"" $0 "\"") }
	' "$wire"
}

# Milliseconds from the low fake refusing the source $1 to the real MX taking its
# mail; nothing if one of the two did not happen.
wire_delay() {
	awk -v who="^$1" '
	$5 !~ who { next }
	/Flags \[R/ && $3 == "192.0.2.10.25" && !refused { refused = $1 }
	/SMTP: 250 .*queued/ && refused { printf "%.1f", ($1 - refused) * 1000; exit }
	' "$wire"
}

# Milliseconds from the low fake refusing the source $1 to its calling the real MX;
# the rest of a delivery is the mail servers' own time.
wire_walk() {
	awk -v who="^$1" '
	$5 ~ who && /Flags \[R/ && $3 == "192.0.2.10.25" && !refused { refused = $1 }
	$3 ~ who && /Flags \[S[EW]*\]/ && refused &&
		$5 ~ /^(192\.0\.2\.20|2001:db8:25::20)\.25:/ {
		printf "%.1f", ($1 - refused) * 1000
		exit
	}
	' "$wire"
}

# True: the first segment that the source $1 got back was the low fake's RST.
wire_refused_first() {
	awk -v who="^$1" '$5 ~ who { print $3, $7; exit }' "$wire" |
		grep -q '^192\.0\.2\.10\.25 \[R'
}

# Ends the capture.
wire_stop() {
	# shellcheck disable=SC2016 # expanded there
	scripts/lab.sh run net bash -c 'kill $(pidof tcpdump)'
	wait
}
