#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# Listed mail servers at the real MX: noted, tempfailed, reset and dropped, over IPv4 and IPv6; also dma,
# and an application with Python's smtplib. They defer their mail and never bounce it, what they met is noted as a contact with the real MX and not as
# an offence, the real MX stays healthy, connections that are up go on, and mail arrives as soon as they
# are free: by a pardon, or by their own walks. Why it matters: each of these is somebody whom a wrong
# list refuses.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/lab.sh fetch all"
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

need jq
servers="postfix exim sendmail opensmtpd dma"
declare -A at4=([postfix]=198.51.100.25 [exim]=198.18.1.25 [sendmail]=198.18.2.25 [opensmtpd]=198.18.3.25
	[dma]=198.18.4.25 [smtplib]=198.18.5.25)
declare -A at6=([postfix]=2001:db8:100:: [exim]=2001:db8:101:: [sendmail]=2001:db8:102::
	[opensmtpd]=2001:db8:103:: [dma]=2001:db8:104:: [smtplib]=2001:db8:105::)
bounced='status=bounced|status=expired| \*\* |stat=(User|Data|Host)|PermFail|Bounce'
WORDS='Your address is listed here for now; please come back later'

host_of() {
	[ "$1" = postfix ] && echo sender || echo "$1"
}

# submit MTA SUBJECT [DOMAIN]. dma tries at once, and would sleep until its next time.
submit() {
	local to=inbox@${3:-example.com}

	if [ "$1" = dma ]; then
		at client bash -c "printf 'Subject: $2\n\nHello.\n' | timeout 6 dma -D -f joe@client.example.org $to" &
	else
		at "$(host_of "$1")" scripts/mta.sh submit "$1" "$to" "$2"
	fi
}

# mail TAG: of each server, to the domain with all MXes, and to those with the real one, over IPv4 or IPv6.
mail() {
	local m

	for m in $servers; do
		submit "$m" "$m $1"
		submit "$m" "$m $1 over 4" straight4.example
		submit "$m" "$m $1 over 6" straight6.example
	done
}

# smtplib TAG: the program's mail to the real MX over both families: what becomes of it.
smtplib() {
	at client /usr/bin/python3 - "$1" 192.0.2.20 "${at4[smtplib]}" 2001:db8:25::20 "${at6[smtplib]}25" <<-'END'
		import smtplib, sys
		for to, source in (sys.argv[2:4], sys.argv[4:6]):
		    try:
		        with smtplib.SMTP(to, 25, "client.example.org", timeout=4, source_address=(source, 0)) as smtp:
		            smtp.sendmail("ann@client.example.org", ["inbox@example.com"],
		                          "Subject: smtplib %s over %d\n\nHello.\n" % (sys.argv[1], 6 if ":" in to else 4))
		            print("sent", end=" ")
		    except smtplib.SMTPResponseException as e:
		        print(e.smtp_code, e.smtp_error.decode().split(" (")[0].strip("."), end=" ")
		    except ConnectionRefusedError:
		        print("refused", end=" ")
		    except TimeoutError:
		        print("silence", end=" ")
	END
}

logs() {
	at "$(host_of "$1")" scripts/mta.sh log "$1" 2>/dev/null
}

flush() {
	local m

	at client timeout 6 dma -D -q >/dev/null 2>&1 &
	for m in ${servers% dma}; do
		at "$(host_of "$m")" scripts/mta.sh retry "$m" >/dev/null 2>&1
	done
}

# put ACTION: all senders are on a list of others.
put() {
	printf '%s\n' "${at4[@]}" "${at6[@]/%/\/64}" | at mx bash -c 'cat >/etc/foes'
	at mx cp /etc/nolist-xdp.conf.first /etc/nolist-xdp.conf
	at mx bash -c "printf 'enforce = tempfail\nbrake = off\nenforce-list = { \"/etc/foes $1\" }\n' >>/etc/nolist-xdp.conf"
	# shellcheck disable=SC2086 # two words
	must at mx nolist-xdp load ${LAB_KEY:+--key $LAB_KEY} >/dev/null 2>&1
	at mx nolist-xdp dump --all --quiet
}

free_all() {
	at mx bash -c ': >/etc/foes'
	at mx nolist-xdp dump --all --quiet
}

all_in() {
	local m

	for m in ${2:-$servers}; do
		in_mailbox "$m $1" || return 1
		[ "${2:-}" ] || { in_mailbox "$m $1 over 4" && in_mailbox "$m $1 over 6"; } || return 1
	done
}

# arrived TAG [MTA...]: sooner or later; their queues are run, but not without a pause.
arrived() {
	local i

	# OpenSMTPD leaves a route that refused it alone for 15 seconds and longer.
	for i in {1..20}; do
		! wait_for 4 all_in "$@" || return 0
		flush
	done
	echo "not all: $1"
	at mx grep -rh "^Subject: .* $1" /var/mail/example.com/new
	return 1
}

# met WORDS MTA: its log has them.
met() {
	logs "$2" | grep -qE "$1"
}

verdict_grew() {
	[ "$(at mx nolist-xdp status --json | jq ".verdicts.$1")" -ge "$2" ]
}

lab_up all
lab_straight
at mx cp /etc/nolist-xdp.conf /etc/nolist-xdp.conf.first
must at mx nolist-xdp load >/dev/null 2>&1

# --- note ---

put note
mail note
is "$(smtplib note)" 'sent sent ' 'note: an application delivers'
check 'note: all mail arrives' arrived note
is "$(at mx nolist-xdp status --json | jq '.tables[0].enforce | .mode == "enforced" and .passed.note >= 12')" true \
	'and is counted'

# --- tempfail ---

# Who keeps a connection for its next mail uses it while it is up.
none_is_up() {
	[ -z "$(at mx ss -tnH state established '( sport = :25 )')" ]
}
must wait_for 60 none_is_up
# A connection that is up while its source comes to be listed.
free_all
coproc UP { at sender /usr/bin/python3 -c '
import smtplib, sys
s = smtplib.SMTP("192.0.2.20", 25, "postfix.example.net", timeout=60)
print("up", flush=True)
sys.stdin.readline()
s.sendmail("joe@example.net", ["inbox@example.com"], "Subject: open\n\nHello.\n")
print("sent", flush=True)
s.quit()'; }
read -r -t 20 up <&"${UP[0]}"
put tempfail
echo go >&"${UP[1]}"
read -r -t 20 sent <&"${UP[0]}"
is "$up $sent" 'up sent' 'a connection of a source that comes to be listed goes on'
mail tempfail
is "$(smtplib tempfail)" "451 4.7.1 $WORDS 451 4.7.1 $WORDS " 'tempfail: an application reads our words, over both families'
for m in ${servers% dma}; do
	words=$WORDS
	# It logs the last of the MXes only.
	[ $m != sendmail ] || words='reply=451'
	check "tempfail: $m is tempfailed" wait_for 60 met "$words" "$m"
done
none_arrived() {
	! at mx grep -rhE "^Subject: .* $1( over .)?\$" /var/mail/example.com/new
}
queued_by_dma() {
	[ "$(at client dma -bp | grep -c '^To')" = 3 ]
}
check 'dma keeps all three' wait_for 20 queued_by_dma
check 'none of that mail has arrived' none_arrived tempfail
is "$(at mx nolist-xdp explain --json "${at4[postfix]}" | jq -c '[.real.opens > 0, .verdict == "offender"]')" \
	'[true,false]' 'what postfix met is a contact with the real MX, and no offence'
is "$(at mx nolist-xdp dump --quiet | grep -vc '^#')" 0 'nobody is listed for it'
at mx nolist-xdp pardon "${at4[@]}" "${at6[@]/%/\/64}" >/dev/null
check 'a pardon, and it arrives' arrived tempfail
is "$(smtplib tempfail)" 'sent sent ' "and the application's, when it tries again"
at mx nolist-xdp pardon --remove "${at4[@]}" "${at6[@]/%/\/64}" >/dev/null

# --- reset, drop ---

# None of them is on parole within this test. shellcheck disable=SC2016 # lab_key's
must lab_key '[[ " $* " != *" "[01]" "* ]]' "${at4[@]}" "${at6[@]/%/\/64}"
declare -A meets=([reset]='refused refused ' [drop]='silence silence ')
for act in reset drop; do
	must wait_for 120 none_is_up
	put $act
	mail $act
	is "$(smtplib $act)" "${meets[$act]}" "$act: an application is told by its system"
	verdict=real_$act
	[ $act = reset ] || verdict=real_dropped
	check "$act: they meet it" wait_for 60 verdict_grew $verdict 14
	check "$act: none of that mail has arrived" none_arrived $act
	free_all
	check "$act: all mail arrives when they are off the list" arrived $act
	is "$(smtplib $act)" 'sent sent ' "$act: the application's, too"
done

# --- parole ---

put reset
# shellcheck disable=SC2016 # lab_key's
must lab_key '[ $1 = 0 ] && [ $2 != 0 ]' "${at4[smtplib]}" "${at6[smtplib]}/64"
is "$(smtplib parole4)" 'sent refused ' 'parole: in its hour a source delivers, and another one does not'
is "$(at mx nolist-xdp status --json | jq '.tables[0].enforce.passed.parole > 0')" true 'and is counted'
is "$(at mx nolist-xdp explain --json "${at4[smtplib]}" | jq '.data.last > 0')" true 'what it delivers is data to the real MX'
# shellcheck disable=SC2016 # lab_key's
must lab_key '[ $1 != 0 ] && [ $2 = 0 ]' "${at4[smtplib]}" "${at6[smtplib]}/64"
is "$(smtplib parole6)" 'refused sent ' 'over IPv6 as well'
for when in 1 23; do
	must lab_key "[ \$1 = $when ] && [ \$2 != 0 ]" "${at4[smtplib]}" "${at6[smtplib]}/64"
	is "$(smtplib "$when")" 'refused refused ' "$when hours before its hour it is refused"
done
free_all

# --- free by its own walks ---

# The first one was a quarter of an hour ago; an hour has too many seconds for a test.
walks() {
	at mx "$BUILD/selftests/lib/inject" /sys/fs/bpf/nolist-xdp <<<"${at4[postfix]} walk=0:$((up - 1000))"
	at sender ip -6 route del default
	put tempfail
	submit postfix 'postfix walk'
	check 'walks: postfix is tempfailed in its second walk' wait_for 30 met "listed.*|$WORDS" postfix
	check 'and delivers with its next try, without a dump' arrived walk postfix
	is "$(at mx nolist-xdp status --json | jq '.tables[0].enforce.passed.walked > 0')" true 'since it has walked'
}
up=$(cut -d. -f1 /proc/uptime)
if [ "$up" -gt 1000 ]; then
	walks
else
	skip 'this machine has been up for less than a quarter of an hour' 'walks: postfix is free'
fi

for m in ${servers% dma}; do
	is "$(logs "$m" | grep -E "$bounced")" '' "$m has bounced nothing"
done
is "$(at client dma -bp)" 'Mail queue is empty' 'nor has dma: its queue is empty, without a notice of its own'
is "$(at mx nolist-xdp dump --quiet 2>/dev/null | grep -c '^[0-9]')" 0 'and nobody is listed at the end'
done_testing
