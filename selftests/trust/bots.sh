#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Bots of many habits (lib/trust/bots) meet a site with the rules' defaults; an hour is ten seconds.
# Who of them comes on the list, after how many hours, and as what? Then three that are listed do what
# they can to come off: they try the real MX each hour, forge SYNs at low and real, and have a
# neighbour that walks. Those whom the real MX resets stay for their whole time. A second site, whose real
# MX defers who has not walked, meets the same bots: it lists as many, and defers each that comes straight
# to it. Why it matters: a
# list that its bots leave by knocking is none.

# shellcheck disable=SC2034 # of lib.sh
FETCH="selftests/lib/trust/fetch.sh"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/trust.sh
. "$(dirname "$0")/../lib/trust.sh"

need jq
FIRST=24.4 # the hour of the first try: the site has learned
END=66
HELLO="EHLO b; MAIL FROM:<b@b.example>; RCPT TO:<a@bots.example>"

# --- bots ------------------------------------------------------------------------

names=()
declare -A number wanted

# Its parts, trimmed, in name, hours, want, steps.
split() {
	IFS='|' read -r name hours want steps <<<"$1"
	name=$(xargs -d '\n' <<<"$name" | sed 's/ *$//')
	read -r hours <<<"$hours"
	read -r want <<<"$want"
	read -r steps <<<"$steps"
}

read_bots() {
	local line

	while IFS= read -r line; do
		[[ $line && $line != '#'* && $line != +* ]] || continue
		split "$line"
		names+=("$name")
		number[$name]=${#names[@]}
		wanted[$name]=$want
	done <selftests/lib/trust/bots
}

source_of() {
	[ "$2" = 4 ] && echo "198.18.${number[$1]}.66" || echo "2001:db8:$((number[$1] + 300))::66"
}

entry_of() {
	[ "$2" = 4 ] && echo "198.18.${number[$1]}.66" || echo "2001:db8:$((number[$1] + 300))::/64"
}

# Hours from the first try on -> hours of the lab.
from_first() {
	awk -v f=$FIRST -v t="$1" 'BEGIN { n = split(t, p, " "); p[1] += f; for (i = 1; i <= n; i++) printf "%s ", p[i] }'
}

any_of() {
	local roles=(low real high) i

	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		echo "${roles[(i * 7 + i / 3) % 3]}"
	done
}

mx_of() {
	echo "$(address "$1" "$2" low) $(address "$1" "$2" real) $(address "$1" "$2" high)"
}

# script WHICH SITE: the lines for bot.py; WHICH is plain or not.
script() {
	local w=$2 line family is_plain role i

	while IFS= read -r line; do
		[[ $line && $line != '#'* ]] || continue
		split "$line"
		name=${name#+}
		[[ $name != 'no timestamps'* ]] && is_plain= || is_plain=plain
		[ "$is_plain" = "$1" ] || continue
		steps=${steps//\{hello\}/$HELLO}
		for family in 4 6; do
			if [[ $steps == '{any}' ]]; then
				i=0
				for role in $(any_of); do
					echo "$(from_first $i) | $(source_of "$name" $family) | $(mx_of "$w" $family) | ?$role; ?${HELLO//; /; ?}; ?DATA; ?close"
					i=$((i + 1))
				done
				continue
			fi
			echo "$(from_first "$hours") | $(source_of "$name" $family) | $(mx_of "$w" $family) | ${steps//@bots/@$w}"
		done
	done <selftests/lib/trust/bots
}

# --- the greedy --------------------------------------------------------------------

greedy_source() {
	[ "$2" = 4 ] && echo "198.18.20$1.$3" || echo "2001:db8:2:$1::$3"
}

# Listed after two offences, it does all that it can. Its site learns nothing, and lists for 48 hours.
greedy_lines() {
	local family site=$1 n=$2 more=$3 a

	for family in 4 6; do
		a="$(greedy_source "$n" $family 66) | $(mx_of "$site" $family) |"
		echo "0.4 + 1 x 2 | $a high; ${HELLO}; DATA; close"
		echo "28.2 + 1 x 37 | $a syn low; syn real; ?real; $more"
		# Of the same /24; an IPv6 one has a /64 of its own in the /48.
		a="$(greedy_source "$n" $family 67) | $(mx_of "$site" $family) |"
		[ $family = 4 ] || a="2001:db8:2:9$n::67 | $(mx_of "$site" $family) |"
		echo "28.6 + 1 x 37 | $a ?low; real; ${HELLO//bots/$site}; DATA; > Subject: w; .; QUIT; close"
	done
}

# --- the site ----------------------------------------------------------------------

start_mx() {
	REAL="$(address "$1" 4 real), $(address "$1" 6 real)" \
		root_of "$1" postfix -- selftests/lib/trust/at.sh mx "$@"
}

real_answers() {
	at "$1" bash -c "exec 3<>/dev/tcp/$(address "$1" 4 real)/25; read -r line <&3; [[ \$line == 220* ]]"
}

regular_lines() {
	local w family

	for w in "${sites[@]}"; do
		for family in 4 6; do
			echo "0.1 + 1 x $END | $([ $family = 4 ] && echo 198.18.250.25 || echo 2001:db8:200::25) |" \
				"$(mx_of "$w" $family) | ?low; real; ${HELLO//bots/$w}; DATA; > Subject: r; .; QUIT; close"
		done
	done
}

# --- what came of it -----------------------------------------------------------------

bots_of() {
	at "$1" "$PYTHON" selftests/lib/trust/bot.py "$start" "$HOUR_S" >"$DIR/log.$1" 2>&1 &
}

# lives_at HOST ADDRESS...
lives_at() {
	local host=$1 a

	shift
	for a; do
		if [[ $a == *:* ]]; then
			must ip -n "$host" address add "$a/128" dev eth0
			must ip -n net route add "$a/128" via "$(gateway_side "$host" 6)"
		else
			must ip -n "$host" address add "$a/32" dev eth0
			must ip -n net route add "$a/32" via "$(gateway_side "$host" 4)"
		fi
	done
}

gateway_side() {
	case $1$2 in
	bot4) echo 198.19.1.1 ;;
	bot6) echo 2001:db8:91::1 ;;
	plain4) echo 198.19.2.1 ;;
	plain6) echo 2001:db8:92::1 ;;
	esac
}

# The hours after the first try in which it came on the list, or never, and its verdict; at a site.
result_of() {
	local at w=${3:-bots}

	at=$(awk -v w="$w" -v e="$(entry_of "$1" "$2")" -v f=$FIRST '$2 == w && $3 == "+" && $4 == e {
		printf "%d", $1 - f + 0.5; exit }' "$DIR/lists")
	echo "${at:-never} $(nolist_at "$w" explain --json "$(source_of "$1" "$2")" | jq -r '.verdict // "none"')"
}

# An hour more or less is how often the lists are written, and where the hours begin.
is_as_wanted() {
	echo "got: $1"
	case $2 in
	never*) [ "$1" = "$2" ] ;;
	*) [ "${1#* }" = "${2#* }" ] && [ "${1%% *}" != never ] && [ $((${1%% *} - ${2%% *})) -ge -1 ] &&
		[ $((${1%% *} - ${2%% *})) -le 2 ] ;;
	esac
}

table_of_bots() {
	printf '| bot | IPv4 | IPv6 |\n|---|---|---|\n'
	for name in "${names[@]}"; do
		echo "| $name | $(result_of "$name" 4) | $(result_of "$name" 6) |"
	done
}

# Those whose first contact with the real MX was before any with the low fake: what it said.
straight='direct to real, hourly, 4 tries
all in reverse order
high and real
high 3 times, then real'

is_deferred() {
	first_answer defer "$(source_of "$1" "$2")" | tee "$TMP/first"
	[ "$(cat "$TMP/first")" = deferred ]
}

table_of_greedy() {
	printf '| each hour it | IPv4 | IPv6 |\n|---|---|---|\n'
	for w in resets persists answers; do
		case $w in
		resets) echo -n "| forges SYNs at low and real, and is reset by the real MX; listings last 48 hours" ;;
		persists) echo -n "| does so, and goes on to the high fake" ;;
		answers) echo -n "| forges SYNs at low and real, and the real MX answers 5xx: these are walks" ;;
		esac
		echo " |$(stay_of "$w" 4) |$(stay_of "$w" 6) |" | sed -E 's/\| ([0-9.]+) \|/| \1 to the end |/; s/\| ([0-9.]+) \|/| \1 to the end |/'
	done
}

greedy_entry() {
	local n

	case $1 in
	resets) n=1 ;;
	persists) n=2 ;;
	answers) n=3 ;;
	esac
	[ "$2" = 4 ] && greedy_source $n 4 66 || echo "2001:db8:2:$n::/64"
}

stay_of() {
	awk -v w="$1" -v e="$(greedy_entry "$1" "$2")" '$2 == w && $4 == e {
		printf $3 == "+" ? " %s" : " to %s", $1 }' "$DIR/lists"
}

# stays SITE FAMILY FROM TO: on the list then, all the time.
stays() {
	stay_of "$1" "$2" >"$TMP/stay"
	cat "$TMP/stay"
	awk -v from="$3" -v to="$4" '{ exit !(NF == 1 && $1 < from + 1.5 || NF == 3 && $1 < from + 1.5 && $3 >= to) }' "$TMP/stay"
}

# --- the whole ---------------------------------------------------------------------

read_bots
router_up
site bots
policy_site defer
site resets "learning = 0" "listing = $((48 * HOUR_S))s"
site persists "learning = 0" "listing = $((48 * HOUR_S))s"
site answers "learning = 0" "listing = $((48 * HOUR_S))s"
for w in "${sites[@]}"; do
	zone_of "$w"
done >"$TMP/zone"
names_up "$TMP/zone"
host regular 198.18.250.25/24 2001:db8:200::25/64
host bot 198.19.1.1/24 2001:db8:91::1/64
host plain 198.19.2.1/24 2001:db8:92::1/64
must at plain sysctl -qw net.ipv4.tcp_timestamps=0
for name in "${names[@]}"; do
	[[ $name == 'no timestamps'* ]] && on=plain || on=bot
	lives_at "$on" "$(source_of "$name" 4)" "$(source_of "$name" 6)"
done
for n in 1 2 3; do
	lives_at bot "$(greedy_source $n 4 66)" "$(greedy_source $n 6 66)" \
		"$(greedy_source $n 4 67)" "$(greedy_source 9$n 6 67)"
done
for w in "${sites[@]}"; do
	pass_to "$w"
	if [ "$w" = defer ]; then
		start_mx "$w" policy
	else
		start_mx "$w"
	fi
done
for w in "${sites[@]}"; do
	wait_for 60 real_answers "$w" || bail_out "the real MX of $w does not answer: $(cat "$DIR/$w/log/init")"
done
refuse_by resets reset
refuse_by persists reset
refuse_by answers 5xx
for w in "${sites[@]}"; do
	load_site "$w"
done
policy_up defer
begin
watch "$END"
regular_lines | bots_of regular
{
	script "" bots
	script "" defer
	greedy_lines resets 1 close
	greedy_lines persists 2 "?close; high; $HELLO; DATA; close"
	greedy_lines answers 3 "$HELLO; close"
} | bots_of bot
{
	script plain bots
	script plain defer
} | bots_of plain
wait "$watcher"
diag "$(cat "$DIR/lists")"
[ ! -s "$DIR/watch.log" ] || diag "$(head -20 "$DIR/watch.log")"

echo '# Hours from the first try on until it was listed, and what it is judged to be at the end.'
diag "$(table_of_bots)"
echo '# Listed, and doing all it can to come off: the hours in which it was on the list.'
diag "$(table_of_greedy)"
for name in "${names[@]}"; do
	for family in 4 6; do
		check "$name, IPv$family: ${wanted[$name]}" is_as_wanted "$(result_of "$name" $family)" "${wanted[$name]}"
	done
done
echo '# The same where the real MX defers who has not walked.'
for name in "${names[@]}"; do
	for family in 4 6; do
		check "defer: $name, IPv$family: ${wanted[$name]}" is_as_wanted "$(result_of "$name" $family defer)" "${wanted[$name]}"
	done
done
while read -r name; do
	for family in 4 6; do
		check "defer: $name, IPv$family: deferred at first contact" is_deferred "$name" $family
	done
done <<<"$straight"
for family in 4 6; do
	# 48 hours after the last offence.
	check "the real MX resets, IPv$family: listed for its whole time" stays resets $family 26 49
	check "and goes on to the high fake, IPv$family: listed for as long as it does" stays persists $family 26 $END
done
[ -z "${TRUST_KEEP:-}" ] || cp -r "$DIR" "$TRUST_KEEP"
done_testing
