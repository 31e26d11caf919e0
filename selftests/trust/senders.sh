#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Real senders meet sites that are well, that defer who has not walked, that greylist, are down, mute,
# full, in one family only or wrong in their zone, and are made to send to a foreign domain whose only MX
# is our high fake; an hour is ten seconds, and the rules are the defaults. None that walks over the MXes
# is listed, ever, and where policyd defers none of them waits.
# Then senders that were listed wrongly go on as they are: how long until they are free? Why it
# matters: a listing costs somebody their mail.
#
# TRUST_SENDERS and TRUST_SITES choose some.

all_senders=$(cd "$(dirname "$0")/../lib/trust/senders" && printf '%s ' *.sh | sed 's/\.sh / /g')
# shellcheck disable=SC2206 # words
senders=(${TRUST_SENDERS:-$all_senders})
# shellcheck disable=SC2034 # of lib.sh
FETCH="selftests/lib/trust/fetch.sh ${senders[*]}"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/trust.sh
. "$(dirname "$0")/../lib/trust.sh"

need jq
wanted=${TRUST_SITES:-normal defer grey down mute full pool poolset only4 only6 dual equal reverse attack attackd freed4xx freed5xx freeddrop freedxdp4xx freedxdprst}
FIRST=${TRUST_FIRST:-24} # the hour of the first mail: the sites have learned
END=$((FIRST + 36))

# --- what there is -------------------------------------------------------------

# Numbers of sender $1: its own networks, and those of its pool.
number_of() {
	local i

	for i in "${!senders[@]}"; do
		[ "${senders[i]}" != "$1" ] || echo $((i + 1))
	done
}

# source_of SENDER FAMILY [SITE ROLE]: what the site sees; a pool has another network for each MX.
source_of() {
	local n role=0

	n=$(number_of "$1")
	case ${3:-} in
	pool*)
		case $4 in
		real) role=1 ;;
		high) role=2 ;;
		esac
		[ "$2" = 4 ] && echo "198.19.$((3 * n + role)).25" || echo "2001:db8:$((1000 + 3 * n + role))::25"
		;;
	*) [ "$2" = 4 ] && echo "198.18.$n.25" || echo "2001:db8:$((100 + n))::25" ;;
	esac
}

# As lists have it: the source of an IPv6 address is its /64.
entry_of() {
	local a

	a=$(source_of "$@")
	[[ $a != *:* ]] && echo "$a" || echo "${a%25}/64"
}

sender_host() {
	local s=$1 family role site a ip

	host "s-$s" "$(source_of "$s" 4)/24" "$(source_of "$s" 6)/64"
	at "s-$s" nft "add table inet pool; add chain inet pool out { type nat hook postrouting priority 100; }"
	for family in 4 6; do
		ip=$([ "$family" = 4 ] && echo ip || echo ip6)
		for role in low real high; do
			a=$(source_of "$s" "$family" pool "$role")
			must ip -n net route add "$a" via "$(source_of "$s" "$family")"
			for site in "${sites[@]}"; do
				[[ $site != pool* ]] || at "s-$s" nft add rule inet pool out "$ip" daddr \
					"$(address "$site" "$family" "$role")" snat "$ip" to "$a"
			done
		done
	done
}

is_wanted() {
	case " $wanted " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

has_domains() {
	"$TOOL" config | grep -q '^#\?domains'
}

provider_lines() {
	local s family role

	for s in "${senders[@]}"; do
		for family in 4 6; do
			for role in low real high; do
				echo "$s.example $(source_of "$s" $family pool $role)/$((family == 4 ? 32 : 128))"
			done
		done
	done
}

make_sites() {
	local w

	for w in $wanted; do
		case $w in
		poolset)
			provider_lines >"$DIR/providers"
			site "$w" "providers = {\"$DIR/providers\"}"
			;;
		# Else nobody is listed there over IPv6 for want of a real MX that is seen.
		dual) families=4 high_families="4 6" site "$w" "real-mx-unseen = accept" ;;
		only4 | only6) families=${w#only} site "$w" ;;
		attackd)
			if has_domains; then
				site "$w" "domains = {\"$w.example\"}"
			else
				skip "this program has no key 'domains'" "$w: nobody is listed"
			fi
			;;
		freed*) site "$w" "learning = 0" ;;
		defer) policy_site "$w" ;;
		*) site "$w" ;;
		esac
	done
}

preference_of() {
	case $1 in
	low) echo 10 ;;
	real) echo 20 ;;
	high) echo 30 ;;
	esac
}

make_zone() {
	local w role family

	for w in "${sites[@]}"; do
		case $w in
		equal) zone_of "$w" 10 10 10 ;;
		reverse) zone_of "$w" 30 20 10 ;;
		only4 | only6) zone_of "$w" 10 20 30 "${w#only}" ;;
		# The high fake has an AAAA, low and real have none.
		dual)
			zone_of "$w" 10 20 30 4
			echo "high.$w.example. AAAA $(address "$w" 6 high)"
			;;
		# The second is another's domain.
		attack*)
			zone_of "$w"
			echo "foreign-$w.example. MX 10 high.$w.example."
			;;
		# A name for each family.
		freed*)
			zone_of "$w"
			for role in low real high; do
				for family in 4 6; do
					echo "v$family-$w.example. MX $(preference_of $role) $role.v$family-$w.example."
					echo "$role.v$family-$w.example. $([ $family = 4 ] && echo A || echo AAAA)" \
						"$(address "$w" $family $role)"
				done
			done
			;;
		*) zone_of "$w" ;;
		esac
	done
}

recipient_of() {
	case $1 in
	attack*) echo "inbox@foreign-$1.example" ;;
	freed*) echo "inbox@v4-$1.example inbox@v6-$1.example" ;;
	*) echo "inbox@$1.example" ;;
	esac
}

start_mx() {
	local w=$1 grey='' packages=postfix

	case $w in
	defer) grey=policy ;;
	# Four hours.
	grey | pool* | only* | dual)
		grey=$((4 * HOUR_S))
		packages+=" postgrey"
		;;
	esac
	# shellcheck disable=SC2086 # words
	REAL="$(address "$w" 4 real), $(address "$w" 6 real)" \
		root_of "$w" $packages -- selftests/lib/trust/at.sh mx "$w" "$grey"
}

real_answers() {
	at "$1" bash -c "exec 3<>/dev/tcp/$(address "$1" 4 real)/25; read -r line <&3; [[ \$line == 220* ]]"
}

# Those of npm may be missing: not every machine has it.
leave_out_missing() {
	local s module there=()

	for s in "${senders[@]}"; do
		module=$(sed -n 's/^modules="\(.*\)"$/\1/p' "selftests/lib/trust/senders/$s.sh")
		module=${module%@*}
		if [ "$module" ] && { [ ! -d "build/npm/node_modules/$module" ] || ! command -v node >/dev/null; }; then
			skip "npm has not got '$module'" "$s"
		else
			there+=("$s")
		fi
	done
	senders=("${there[@]}")
}

# --- what happens ------------------------------------------------------------------

# mail_by SENDERS TO...: of each of the senders to each of these.
mail_by() {
	local s jobs=() who=$1

	shift
	[ $# -gt 0 ] || return
	for s in $who; do
		in_root_of "s-$s" "$TOP/selftests/lib/trust/at.sh" send "$s" "$@" >>"$DIR/s-$s/log/sent" 2>&1 &
		jobs+=($!)
	done
	[ ${#jobs[@]} -eq 0 ] || wait "${jobs[@]}"
}

again() {
	local s

	for s in "${senders[@]}"; do
		in_root_of "s-$s" "$TOP/selftests/lib/trust/at.sh" again "$s" >>"$DIR/s-$s/log/sent" 2>&1 &
	done
}

# Somebody's mail, an hour: the real MX is seen, and well.
regular_lines() {
	local w family

	for w in "${sites[@]}"; do
		for family in 4 6; do
			echo "0.1 + 1 x $END | $([ $family = 4 ] && echo 198.18.200.25 || echo 2001:db8:200::25) |" \
				"$(address "$w" $family low) $(address "$w" $family real) $(address "$w" $family high) |" \
				"?low; real; EHLO r.example; MAIL FROM:<r@r.example>; RCPT TO:<postmaster@$w.example>;" \
				"DATA; > Subject: r; .; QUIT; close"
		done
	done
}

# A bot, so that it is known that lists are written.
bot_of() {
	[ "$1" = only6 ] && echo 2001:db8:201::/64 || echo 198.18.201.66
}

bot_lines() {
	local w family

	for w in "${sites[@]}"; do
		[ "$w" = only6 ] && family=6 || family=4
		echo "$((FIRST + 6)).7 + 1 x 2 | $([ $family = 4 ] && echo 198.18.201.66 || echo 2001:db8:201::66) |" \
			"$(address "$w" $family low) $(address "$w" $family real) $(address "$w" $family high) |" \
			"high; EHLO a; MAIL FROM:<a@a.example>; RCPT TO:<b@$w.example>; DATA; close"
	done
}

# Offences that the sender has not made, in two hours.
seed_lines() {
	local w family

	for w in "${sites[@]}"; do
		for family in 4 6; do
			[[ $w == freed* ]] || continue
			echo "1.2 + 1 x 2 | $(source_of "$1" $family) | $(address "$w" $family low)" \
				"$(address "$w" $family real) $(address "$w" $family high) |" \
				"high; EHLO a; MAIL FROM:<a@a.example>; RCPT TO:<b@$w.example>; DATA; close"
		done
	done
}

go_wrong() {
	! is_wanted down || in_root_of down postfix stop
	if is_wanted mute; then
		in_root_of mute postfix stop
		# The last smtpd may still have the port.
		background mute "$PYTHON" -c '
import select, socket, sys, time
held, all = [], []
for a in sys.argv[1:]:
	s = socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	while not all or all[-1] is not s:
		try:
			s.bind((a, 25))
			s.listen(512)
			all.append(s)
		except OSError:
			time.sleep(0.1)
while True:
	for s in select.select(all, [], [])[0]:
		held.append(s.accept())' "$(address mute 4 real)" "$(address mute 6 real)"
		mute=$!
	fi
	if is_wanted full; then
		in_root_of full postconf 'smtpd_recipient_restrictions = check_recipient_access static:{452 4.2.2 Mailbox full}'
		in_root_of full postfix reload
	fi
}

go_right() {
	! is_wanted down || in_root_of down postfix start
	if is_wanted mute; then
		kill "$mute"
		in_root_of mute postfix start
	fi
	if is_wanted full; then
		in_root_of full postconf 'smtpd_recipient_restrictions = check_recipient_access static:OK'
		in_root_of full postfix reload
	fi
}

in_words() {
	local w

	for w in "${sites[@]}"; do
		# shellcheck disable=SC2254 # a pattern
		case $w in
		$1) recipient_of "$w" ;;
		esac
	done
}

# --- what came of it ---------------------------------------------------------------

# Whether it was anywhere at all, and how it left the high fake.
# shellcheck disable=SC2016 # jq's
letters='
	def word($k): [.hours[]? | .[$k] // 0] | add // 0;
	(if (.low.opens // 0) > 0 then "L" else "" end) +
	(if (.real.opens // 0) > 0 then "R" else "" end) +
	(if (.high.opens // 0) > 0 then "H" else "" end) +
	(if word("strong") + word("tempfailed_weak") == 0 then ""
	elif word("quit") > 0 then "q" else "n" end)'

# What a site saw of a sender in a family. A pool has three sources.
cell_of() {
	local w=$1 s=$2 family=$3 role cell='' a was=''

	for role in low real high; do
		a=$(source_of "$s" "$family" "$w" $role)
		[ "$a" = "$was" ] && continue
		cell+=$(nolist_at "$w" explain --json "$a" 2>/dev/null | jq -r "$letters")
		! was_listed "$w" "$(entry_of "$s" "$family" "$w" $role)" || cell+='!'
		was=$a
	done
	echo "${cell:--}"
}

table_of_senders() {
	local w s

	echo "| sender | $(printf '%s | ' "${plain_sites[@]}")"
	echo "|---|$(printf -- '---|%.0s' "${plain_sites[@]}")"
	for s in "${senders[@]}"; do
		printf '| %s |' "$s"
		for w in "${plain_sites[@]}"; do
			printf ' %s %s |' "$(cell_of "$w" "$s" 4)" "$(cell_of "$w" "$s" 6)" | tee "$DIR/cell.$w.$s"
		done
		echo
	done
}

# Who was listed, how many hours after the first mail.
listings_of() {
	local s family role

	for s in "${senders[@]}"; do
		for family in 4 6; do
			for role in low real high; do
				entry_of "$s" "$family" "$1" "$role"
			done
		done | sort -u | awk -v w="$1" -v s="$s" -v from="$FIRST.5" '
			NR == FNR { is[$1]; next }
			$2 == w && $3 == "+" && $4 in is {
				printf "; %s, IPv%d: %.0f h", s, $4 ~ /:/ ? 6 : 4, $1 - from }' - "$DIR/lists"
	done
}

# Hours from the first mail on until it was free, as its evidence tells.
freed_after() {
	nolist_at "$1" explain --json "$(source_of "$2" "$3")" 2>/dev/null | jq -r --argjson h "$HOUR_S" \
		--argjson from "$first_mail" --argjson now "$(date +%s)" '
		if .freed.at > 0 then (.freed.at - $from) / $h * 10 | round / 10
		elif .verdict == "offender" then "> \(($now - $from) / $h | floor)" else "not listed" end'
}

table_of_freed() {
	local w s family

	echo "| sender |$(for w in "${freed_sites[@]}"; do printf ' %s, IPv4 | IPv6 |' "${w#freed}"; done)"
	echo "|---|$(for w in "${freed_sites[@]}"; do printf -- '---|---|'; done)"
	for s in $wronged; do
		printf '| %s |' "$s"
		for w in "${freed_sites[@]}"; do
			for family in 4 6; do
				printf ' %s |' "$(freed_after "$w" "$s" "$family")"
			done
		done
		echo
	done
}

# It is no merit of those that do not work.
came() {
	cat "$DIR/cell.$1.$2"
	grep -q '[LRH]' "$DIR/cell.$1.$2"
}

is_not_listed() {
	cat "$DIR/cell.$1.$2"
	! grep -q '!' "$DIR/cell.$1.$2"
}

# answer_of SENDER FAMILY: of the site that defers; "-": it did not come to that real MX in this family.
answer_of() {
	local step

	step=$(first_answer defer "$(source_of "$1" "$2")")
	echo "${step:--}"
}

# Nobody who walks waits: the first answer is that it has, in the families in which it came. One that had looked in
# before, without a recipient, may be verified by then; and in one family at least it is by its walk.
has_no_delay() {
	local four six

	four=$(answer_of "$1" 4) six=$(answer_of "$1" 6)
	echo "IPv4: $four, IPv6: $six"
	[[ "$four $six" == *walked* && "$four" =~ ^(walked|verified|-)$ && "$six" =~ ^(walked|verified|-)$ ]] &&
		! grep -E "reject: RCPT from [^ ]*\[($(source_of "$1" 4)|$(source_of "$1" 6))\]: 450 " "$DIR/defer/log/mail.log"
}

# As explain tells it afterwards.
is_known_as_walker() {
	local family step

	for family in 4 6; do
		[ "$(answer_of "$1" "$family")" != - ] || continue
		step=$(nolist_at defer explain --json "$(source_of "$1" "$family")" | jq -r .policy.step)
		echo "IPv$family: $step"
		[[ "$step" =~ ^(walked|verified)$ ]] || return 1
	done
}

walks() {
	! grep -q '^walks=no' "selftests/lib/trust/senders/$1.sh"
}

# --- the whole ---------------------------------------------------------------------

leave_out_missing
router_up
make_sites
make_zone >"$TMP/zone"
names_up "$TMP/zone"
host regular 198.18.200.25/24 2001:db8:200::25/64
host bot 198.18.201.66/24 2001:db8:201::66/64
plain_sites=() freed_sites=()
wronged=$(for s in "${senders[@]}"; do
	case $s in
	postfix | exim | sendmail | opensmtpd) echo "$s" ;;
	esac
done)
for s in "${senders[@]}"; do
	sender_host "$s"
done
for w in "${sites[@]}"; do
	pass_to "$w"
	start_mx "$w"
done
for w in "${sites[@]}"; do
	wait_for 60 real_answers "$w" || bail_out "the real MX of $w does not answer: $(cat "$DIR/$w/log/init")"
	[[ $w != freed* ]] || refuse_by "$w" "${w#freed}"
done
for s in "${senders[@]}"; do
	# shellcheck disable=SC2046 # words
	root_of "s-$s" $(sed -n 's/^packages="\(.*\)"$/\1/p' "selftests/lib/trust/senders/$s.sh") -- \
		selftests/lib/trust/at.sh serve "$s"
done
for s in "${senders[@]}"; do
	wait_for 60 test -e "$DIR/s-$s/pid" || bail_out "$s does not start: $(cat "$DIR/s-$s/log/init")"
done
sleep 5
# They know the low fakes of these before those are loaded.
# shellcheck disable=SC2046 # words
mail_by "$wronged" $(in_words 'freed*')
sleep 3
for w in "${sites[@]}"; do
	load_site "$w"
	[ "$w" != defer ] || policy_up "$w"
done
begin
watch "$END"
regular_lines | at regular "$PYTHON" selftests/lib/trust/bot.py "$start" "$HOUR_S" >"$DIR/regular.log" 2>&1 &
bot_lines | at bot "$PYTHON" selftests/lib/trust/bot.py "$start" "$HOUR_S" >"$DIR/bot.log" 2>&1 &
for s in $wronged; do
	seed_lines "$s" | at "s-$s" "$PYTHON" selftests/lib/trust/bot.py "$start" "$HOUR_S" >"$DIR/seed.$s" 2>&1 &
done
hour "$FIRST.3"
go_wrong
for h in $(seq "$FIRST" $((END - 1))); do
	hour "$h.5"
	case $((h - FIRST)) in
	0 | 2 | 4)
		# shellcheck disable=SC2046 # words
		mail_by "${senders[*]}" $(in_words '[!f]*') $(in_words 'full')
		;;
	esac
	[ "$h" != $((FIRST + 3)) ] || first_mail=$(date +%s)
	# shellcheck disable=SC2046 # words
	[ "$h" -lt $((FIRST + 3)) ] || mail_by "$wronged" $(in_words 'freed*')
	[ "$h" != $((FIRST + 6)) ] || go_right
	again
done
wait "$watcher"

for w in "${sites[@]}"; do
	[[ $w == freed* ]] && freed_sites+=("$w") || plain_sites+=("$w")
done
[ ! -s "$DIR/watch.log" ] || diag "$(head -n 20 "$DIR/watch.log")"
echo '# Where each went (low, real, high), over IPv4 and IPv6; q: tempfailed at the high fake, and said'
echo '# QUIT; n: without QUIT; !: listed.'
[ ${#plain_sites[@]} -eq 0 ] || diag "$(table_of_senders)"
if [ ${#freed_sites[@]} -gt 0 ]; then
	echo '# Listed wrongly: hours from its first mail on until it was free, by what the real MX answers.'
	diag "$(table_of_freed)"
fi
for w in "${plain_sites[@]}"; do
	check "$w: the bot is listed" was_listed "$w" "$(bot_of "$w")"
	listed=0
	for s in "${senders[@]}"; do
		is_not_listed "$w" "$s" >/dev/null || listed=$((listed + 1))
		[ "$w" != normal ] || check "$s sends mail" came "$w" "$s"
		walks "$s" || continue
		case $w in
		# What can be seen of these is told in docs/trust.md.
		attack | pool | equal | reverse) ;;
		*) check "$w: $s is not listed" is_not_listed "$w" "$s" ;;
		esac
	done
	if [ "$w" = defer ]; then
		for s in "${senders[@]}"; do
			walks "$s" || continue
			check "defer: $s does not wait" has_no_delay "$s"
			check "defer: nor would it now" is_known_as_walker "$s"
		done
	fi
	echo "# $w: $listed of ${#senders[@]} senders listed$(listings_of "$w")"
done
[ -z "${TRUST_KEEP:-}" ] || cp -r "$DIR" "$TRUST_KEEP"
done_testing
