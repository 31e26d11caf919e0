#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make demo`: builds the lab, sends real mail and a bot through it, shows what
# happened on the wire and what nolist-xdp made of it, and takes the lab down.
# Ends with 0 only if the good senders' mail arrived after the low fake had
# refused it, the block list holds the bot and neither of them, and so does that of
# another host, which got the evidence as a file.

set -u
cd "$(dirname "$0")/.." || exit 1
export NOLIST_LAB=build/lab

lab=scripts/lab.sh
. scripts/wire.sh
postfix='(198\.51\.100\.25|2001:db8:100:)'
exim='(198\.18\.1\.25|2001:db8:101:)'
bot='(203\.0\.113\.66|2001:db8:bad:)'
bold='' plain='' failed=0
if [ -t 1 ]; then
	bold=$'\e[1m' plain=$'\e[0m'
fi

title() {
	printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"
}

# Shows a command as typed at host $1, and what it says there.
at() {
	printf '  %s%s# %s%s\n' "$bold" "$1" "$2" "$plain"
	"$lab" run "$1" bash -c "$2" 2>&1 | sed 's/^/    /'
	return "${PIPESTATUS[0]}"
}

# Waits up to $1 seconds until $2... succeeds.
poll() {
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

give_up() {
	printf 'demo.sh: %s\n' "$@" >&2
	failed=1
	exit 1
}

finish() {
	"$lab" down
	[ $failed = 0 ] || echo "demo.sh: failed; the servers' logs are below $NOLIST_LAB" >&2
	exit $failed
}

check() {
	local what=$1

	shift
	if "$@" >/dev/null 2>&1; then
		printf '    yes  %s\n' "$what"
	else
		printf '    %sNO   %s%s\n' "$bold" "$what" "$plain"
		failed=1
	fi
}

in_mailbox() {
	"$lab" run mx grep -rqx "Subject: $1" /var/mail/example.com/new
}

answered_by_us() {
	"$lab" run mx nolist-xdp status | grep -Eq '^low_rst_ack +[1-9]'
}

may_be_dual() {
	"$lab" run mx nolist-xdp explain --json "$1" | grep -q '"verdict":"dual-stack"'
}

tried_in_vain() {
	"$lab" run sender grep -q "status=deferred" /var/log/mail.log
}

in_time() {
	awk -v ms="$(wire_walk "$1")" 'BEGIN { exit !(ms != "" && ms < 100) }'
}

block_list() {
	"$lab" run mx nolist-xdp dump
}

# Whether the block list is there and has a line that matches $1, or none.
listed() {
	block_list | grep -Eq "^$1"
}

not_listed() {
	block_list >/dev/null && ! listed "$1"
}

[ "$(id -u)" = 0 ] || give_up "needs root: sudo make demo"
trap 'failed=1; exit 1' INT TERM HUP
trap finish EXIT

title "1. A small internet: two mail senders, a bot, a name server, and a mail host"
"$lab" up || give_up "the lab does not start"
sed -n '/^# *sender /,/^#$/s/^#/ /p' "$lab"
at dns "cat /etc/nsd/example.com.zone"
wire_start || give_up "tcpdump does not start: $(cat "$wire")"

title "2. The mail host loads nolist-xdp"
at mx "cat /etc/nolist-xdp.conf"
at mx "nolist-xdp load" || give_up "load failed"

title "3. Another host asks whether the fakes and the real MX answer as they should"
at dns "nolist-xdp test --low 192.0.2.10 --real 192.0.2.20 --high 192.0.2.30"
as_it_should=$?

title "4. Two good senders and a bot have mail for inbox@example.com"
at sender "printf 'Subject: postfix\n\nHello.\n' | sendmail -f joe@example.net inbox@example.com"
at exim "printf 'Subject: exim\n\nHello.\n' | exim4 -f ann@example.org inbox@example.com"
at bot "spambot"
poll 20 in_mailbox postfix
poll 20 in_mailbox exim

title "5. What happened on the wire"
echo "  postfix.example.net"
wire_story "$postfix" | sed 's/^/    /'
echo "  exim.example.org"
wire_story "$exim" | sed 's/^/    /'
echo "  the bot"
wire_story "$bot" | sed 's/^/    /'
echo
at sender "grep -E 'refused|status=' /var/log/mail.log"
at exim "grep -E 'refused|=>' /var/log/exim4/mainlog"

title "6. The real MX is down for a moment, and a good sender is tempfailed"
at mx "postfix stop"
at sender "printf 'Subject: again\n\nHello.\n' | sendmail -f joe@example.net inbox@example.com"
poll 20 tried_in_vain
at mx "postfix start"
poll 20 in_mailbox again
at sender "sed '1,/status=sent/d' /var/log/mail.log | grep -E 'connect to|status='"

title "7. What nolist-xdp knows"
poll 20 listed '203\.0\.113\.66$'
at mx "nolist-xdp status"
at mx "nolist-xdp show"
at mx "nolist-xdp explain 203.0.113.66"
at mx "nolist-xdp dump"

title "8. Result"
check "another host is answered as it should be" [ $as_it_should = 0 ]
check "nolist-xdp itself refused at the low fake" answered_by_us
for mta in postfix exim; do
	check "$mta: the low fake refused it first" wire_refused_first "${!mta}"
	check "$mta: its mail is in the real MX's mailbox" in_mailbox $mta
	check "$mta: called it $(wire_walk "${!mta}") ms after the refusal, which is less than 100" in_time "${!mta}"
	printf '         (and had delivered %s ms after it)\n' "$(wire_delay "${!mta}")"
	check "$mta: is not in the block list" not_listed "${!mta}"
done
check "postfix: what was tempfailed is in the mailbox too" in_mailbox again
check "the bot is in the block list: 203.0.113.66" listed '203\.0\.113\.66$'
check "2001:db8:bad::/64 is not: no low fake has IPv6, so it may have walked the MXes over IPv4" \
	may_be_dual 2001:db8:bad::66

title "9. Another MX host, here ns.lab, lists it too: what was seen goes there as a signed file"
at mx "mkdir -p /var/lib/nolist-xdp/share
  printf '%s\n' 'share = \"/var/lib/nolist-xdp/share\"' 'share-node = mx1' \
    'share-key-file = /etc/nolist-xdp.key' >>/etc/nolist-xdp.conf
  nolist-xdp share key"
at mx "nolist-xdp collect --quiet && nolist-xdp share push"
key=$("$lab" run mx nolist-xdp share key)
at dns "mkdir -p /var/lib/nolist-xdp/share; echo 'mx1 - $key' >/etc/nolist-xdp.nodes
  printf '%s\n' 'share = \"/var/lib/nolist-xdp/share\"' 'share-nodes = /etc/nolist-xdp.nodes' \
    'offences = 1' 'grace = 2' 'learning = 0' 'never-list-except = { \"203.0.113.0/24\" }' >/etc/nolist-xdp.conf"
printf '  %s# nolist-xdp share export | ssh ns.lab nolist-xdp share import mx1%s\n' "${bold}mx" "$plain"
shared=$NOLIST_LAB/shared
"$lab" run mx nolist-xdp share export 2>/dev/null >"$shared"
# changed: the same file with another byte in its midst.
changed() {
	head -c 200 "$shared"
	printf '~'
	tail -c +202 "$shared"
}
refuses() {
	! changed | "$lab" run dns nolist-xdp share import mx1
}
refuses >/dev/null 2>&1
is_refused=$?
"$lab" run dns nolist-xdp share import mx1 <"$shared" 2>&1 | sed 's/^/    /'
at dns "nolist-xdp share judge --format plain"
listed_there() {
	"$lab" run dns nolist-xdp share judge --format plain | grep -q '^203\.0\.113\.66$'
}
echo
check "the other host lists the bot, which it has never seen" listed_there
check "and takes no file of which a byte was changed on the way" [ $is_refused = 0 ]

title "10. The bot is refused at the real MX, too, before the mail server sees it"
at mx "printf 'enforce = tempfail\nlist = { \"xdp /etc/nolist-xdp.refused\" }\n' >>/etc/nolist-xdp.conf"
at mx "nolist-xdp load && nolist-xdp dump --all"
refused=$(at bot "spambot 192.0.2.20")
echo "$refused"
at sender "printf 'Subject: still\n\nHello.\n' | sendmail -f joe@example.net inbox@example.com"
poll 20 in_mailbox still
echo
check "the bot is tempfailed at the real MX" grep -q '451 4.7.1 Your address is listed' <<<"$refused"
check "postfix still delivers there" in_mailbox still
echo
