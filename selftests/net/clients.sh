#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Real mail servers and clients, as Debian ships them, are told "come back later"
# by a high fake: at each stage, over IPv4 and IPv6, with and without TCP
# timestamps, with and without a split handshake, some with a greeting in two lines. Each reads the 4xx,
# nothing is sent twice, nobody resets, both sides close; a server keeps the mail
# and its log says so, and when the real MX is up it delivers there. Why it
# matters: a sender that takes "later" for "never" loses somebody's mail.
#
# Each client has a high fake of its own for each combination, so that what a
# server remembers of a host plays no part, and so that there are many fakes.
# All sixteen combinations with NOLIST_FULL=1, else four that have all of it once.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch all"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need curl nc swaks
servers="postfix exim sendmail opensmtpd"
clients="swaks curl msmtp s-nail smtplib nc"
programs="$servers $clients"
per_combo=10

combos="data:1:0:yes mail:0:1:no rcpt:1:1:yes greeting:0:0:no"
# An emulated machine (scripts/vm-run.sh) takes ten times as long.
[ ! -e /run/guest.netns ] || combos="data:1:0:no data:0:1:yes"
if [ -n "${NOLIST_FULL:-}" ]; then
	combos=$(echo greeting:{1,0}:{0,1}:no
		for stage in mail rcpt data; do
			echo $stage:{1:0:yes,1:1:no,0:0:no,0:1:yes}
		done)
fi

declare -A source4=([postfix]=198.51.100.25 [exim]=198.18.1.25 [sendmail]=198.18.2.25
	[opensmtpd]=198.18.3.25)
declare -A source6=([postfix]=2001:db8:100:: [exim]=2001:db8:101:: [sendmail]=2001:db8:102::
	[opensmtpd]=2001:db8:103::)
# A temporary failure as each server logs it, and what it logs when it gives up.
declare -A later never
later[postfix]='status=deferred .*4[25]1 4\.7\.1'
never[postfix]='status=(bounced|expired)'
later[exim]='== .* defer .*4[25]1 4\.7\.1'
never[exim]=' \*\* '
later[sendmail]='stat=Deferred: .*4\.7\.1'
never[sendmail]='stat=(Service|User|Data|Host|Remote)|DSN:|dsn=5'
# Of a greeting it keeps no words.
later[opensmtpd]='result="TempFail" stat="(4[25]1 4\.7\.1|Network error on destination MXs)'
never[opensmtpd]='result="PermFail"|PermFail'

host_of() {
	case $1 in
	postfix) echo sender ;;
	exim | sendmail | opensmtpd) echo "$1" ;;
	*) echo client ;;
	esac
}

# --- one high fake for each program, family and combination -------------------

# The number of program $1 in combination $2.
number() {
	local p n=0

	for p in $programs; do
		[ "$p" != "$1" ] || break
		n=$((n + 1))
	done
	echo $((64 + $2 * per_combo + n))
}

# The address of family $3; as conversations.py writes it.
address() {
	local n

	n=$(number "$1" "$2")
	if [ "$3" = 4 ]; then
		echo "192.0.2.$n"
	else
		printf '2001:db8:25:0:0:0:0:%x\n' $((0x1000 + n))
	fi
}

# Called at the name of that address.
name() {
	echo "$1$3.c$2.example.edu"
}

each_fake() {
	local i=0 combo p family

	for combo in $combos; do
		for p in $programs; do
			for family in 4 6; do
				"$1" "$(address "$p" $i $family)" "$(name "$p" $i $family)"
			done
		done
		i=$((i + 1))
	done
}

zone_lines() {
	local type=A

	[[ $1 != *:* ]] || type=AAAA
	printf '%s.\tMX\t10 fake.%s.\nfake.%s.\t%s\t%s\n%s.\t%s\t%s\n' \
		"$2" "$2" "$2" $type "$1" "$2" $type "$1"
}

ip_lines() {
	[[ $1 == *:* ]] && echo "address add $1/64 dev eth0 nodad" || echo "address add $1/24 dev eth0"
}

config_lines() {
	echo "high = {\"$1\"}"
}

knows_the_fakes() {
	at client getent ahosts "$(name nc 0 4)"
}

furnish() {
	each_fake zone_lines >>"$TMP/zone"
	# shellcheck disable=SC2016 # expanded there
	at dns bash -c 'cat >>/etc/nsd/world.zone; kill -HUP $(cat /run/nsd/nsd.pid)' <"$TMP/zone"
	each_fake ip_lines | at mx ip -b -
	{
		grep -v '^high' scripts/lab/mx/etc/nolist-xdp.conf
		each_fake config_lines
		echo 'high = {"192.0.2.30", "2001:db8:25::30"}'
	} >"$TMP/conf"
	must wait_for 10 knows_the_fakes
	# They come again when the test says so.
	must at sender postconf queue_run_delay=1h minimal_backoff_time=1h
	must at sender postfix reload
	must at exim sed -i 's/F,1h,3s/F,1h,1h/' /etc/exim4/exim4.conf
}

configure() {
	local stage=$1 has_ts=$2 is_split=$3 teaser=$4 host yes=no

	[ "$is_split" = 0 ] || yes=yes
	for host in sender exim sendmail opensmtpd client; do
		must at $host sysctl -qw net.ipv4.tcp_timestamps="$has_ts"
	done
	{
		cat "$TMP/conf"
		printf 'stage = %s\nsplit-handshake = %s\nteaser = %s\n' "$stage" "$yes" "$teaser"
	} | at mx bash -c 'cat >/etc/nolist-xdp.conf'
	must at mx nolist-xdp load >"$TMP/load"
}

# --- a combination ------------------------------------------------------------

tcpdump_is_up() {
	grep -q 'listening on' "$TMP/capture.log"
}

# The frames to and from the fakes, seen by the router.
capture_start() {
	at net tcpdump -Z root --immediate-mode -U -s 2048 -B 8192 -i mx -w - tcp port 25 \
		</dev/null 2>"$TMP/capture.log" | cat >"$TMP/capture" &
	capture_job=$!
	must wait_for 10 tcpdump_is_up
}

capture_stop() {
	# shellcheck disable=SC2016
	at net bash -c 'kill $(pidof tcpdump)'
	wait "$capture_job"
	grep -q '^0 packets dropped' "$TMP/capture.log" || diag "$(cat "$TMP/capture.log")"
}

logs() {
	at "$(host_of "$1")" scripts/mta.sh log "$1" 2>/dev/null
}

# Does the log of server $1 say of the mail to $2 what $3 matches?
logged() {
	logs "$1" | grep -F "$2" | grep -Eq "$3"
}

queued() {
	at "$(host_of "$1")" scripts/mta.sh queue "$1" | grep -Fq "$2"
}

all_deferred() {
	local p family

	for p in $servers; do
		for family in 4 6; do
			logged "$p" "inbox@$(name "$p" "$1" $family)" "${later[$p]}" || return 1
		done
	done
}

all_closed() {
	local open

	open=$(for host in sender exim sendmail opensmtpd client; do
		at $host ss -Htn state established state fin-wait-1 state close-wait state last-ack \
			dport = :25
	done)
	[ -z "$open" ]
}

give_mail() {
	local i=$1 p family jobs=()

	for family in 4 6; do
		for p in $servers; do
			at "$(host_of "$p")" scripts/mta.sh submit "$p" "inbox@$(name "$p" "$i" $family)" later
		done
		for p in $clients; do
			at client timeout 60 mailwith "$p" "$(name "$p" "$i" $family)" \
				>"$TMP/$p$family" 2>&1 &
			jobs+=($!)
		done
	done
	wait "${jobs[@]}"
}

# What the client itself has to say: the reply, and that it did not succeed.
client_knows() {
	local code=451

	[ "$2" != greeting ] || code=421
	cat "$TMP/$1"
	grep -q "$code.*4\.7\.1" "$TMP/$1" && ! grep -q '^exit: 0$' "$TMP/$1"
}

server_keeps() {
	echo "the log:"
	logs "$1" | grep -F "$2"
	logged "$1" "inbox@$2" "${later[$1]}" && queued "$1" "$2"
}

# The conversation with each fake, on the wire.
judge() {
	local i=$1 combo=$2 p family line address

	# shellcheck disable=SC2086 # its words
	"$PYTHON" selftests/lib/conversations.py ${combo//:/ } <"$TMP/capture" >"$TMP/judged"
	for p in $programs; do
		for family in 4 6; do
			address=$(address "$p" "$i" $family)
			line=$(grep -m 1 "^$address " "$TMP/judged")
			printf '# %-9s IPv%s %-12s %s\n' "$p" $family "$combo" "${line#* }"
			check "$combo: $p over IPv$family: tempfailed and closed cleanly" \
				is_good "$address"
			case " $servers " in
			*" $p "*)
				check "$combo: $p over IPv$family: its log says later, its queue has it" \
					server_keeps "$p" "$(name "$p" "$i" $family)"
				;;
			*)
				check "$combo: $p over IPv$family: knows that it was tempfailed" \
					client_knows "$p$family" "${combo%%:*}"
				;;
			esac
		done
	done
}

is_good() {
	grep "^$1 " "$TMP/judged"
	grep -q "^$1 good " "$TMP/judged" && ! grep "^$1 " "$TMP/judged" | grep -vq " good "
}

run_combo() {
	local i=$1 combo=$2

	# shellcheck disable=SC2086 # its words
	configure ${combo//:/ }
	capture_start
	give_mail "$i"
	wait_for 30 all_deferred "$i" || diag "not all servers say that they were tempfailed"
	# OpenSMTPD says QUIT when it has had no other mail for 10 seconds.
	wait_for 20 all_closed || diag "a connection is still open"
	capture_stop
	judge "$i" "$combo"
}

# --- what is known of them ----------------------------------------------------

# "strong 2 tempfailed_weak 1 ...": what is noted of source $1, all hours together.
evidence() {
	at mx nolist-xdp explain --json "$1" | "$PYTHON" -c '
import collections, json, sys
sums = collections.Counter()
for hour in json.load(sys.stdin)["hours"]:
    hour.pop("start")
    sums.update(hour)
print(*("%s %d" % pair for pair in sorted(sums.items())))
'
}

has() {
	local word

	evidence "$1"
	for word in "${@:2}"; do
		evidence "$1" | grep -Eq "(^| )$word [1-9]" || return 1
	done
}

# In no hour was it tempfailed without saying QUIT.
has_no_offence() {
	at mx nolist-xdp explain --json "$1" | "$PYTHON" -c '
import json, sys
known = json.load(sys.stdin)
print(known["hours"])
sys.exit(next(c for c in known["checks"] if c["check"] == "offences")["have"])
'
}

judge_evidence() {
	local a p

	for p in $servers; do
		for a in "${source4[$p]}" "${source6[$p]}"; do
			check "$p: recorded as tempfailed, verified, and as saying QUIT: $a" has "$a" strong quit
			check "$p: that is no offence: $a" has_no_offence "$a"
		done
	done
	for a in 198.18.4.25 2001:db8:104::; do
		check "the clients: tempfailed with both grades of evidence, some without QUIT: $a" \
			has "$a" strong weak tempfailed_weak quit closed
	done
}

each_fake_was_opened() {
	at mx nolist-xdp status | awk '$2 == "high" { print; seen++; if ($4 == 0) bad++ }
		END { print bad + 0, seen; exit bad > '"$1"' }'
}

# --- "later" is not "never" ---------------------------------------------------

told_by_the_high_fake() {
	logged "$1" inbox@example.com "${later[$1]}"
}

come_again() {
	local p

	must at mx postfix stop >/dev/null 2>&1
	for p in $servers; do
		at "$(host_of "$p")" scripts/mta.sh submit "$p" inbox@example.com "$p"
	done
	for p in $servers; do
		check "$p: the real MX is down, the high fake says later" \
			wait_for 30 told_by_the_high_fake "$p"
	done
	# A connection to the high fake that is still open would be used again.
	wait_for 20 all_closed || diag "a connection is still open"
	must at mx postfix start >/dev/null 2>&1
	for p in $servers; do
		at "$(host_of "$p")" scripts/mta.sh retry "$p" >/dev/null 2>&1
		check "$p: comes again, and delivers to the real MX" wait_for 30 in_mailbox "$p"
	done
}

# --- the whole ----------------------------------------------------------------

lab_up all
furnish

i=0
for combo in $combos; do
	run_combo $i "$combo"
	i=$((i + 1))
done
judge_evidence
# The last two are the lab's own fakes.
check "status counts each of $((i * per_combo * 2)) high fakes" each_fake_was_opened 2
configure data 1 0 no
come_again
for p in $servers; do
	check "$p: its log never says that it gave up" bash -c "! grep -E '${never[$p]}'" < <(logs "$p")
done
done_testing
