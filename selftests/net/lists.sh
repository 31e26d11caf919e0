#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# Each list is loaded and asked by the program that it is for, in the way that
# docs/lists.md and "dump --list-formats" tell: a listed source is refused, another
# one is not, and a source that comes off the list is let in again. A list that its
# reader takes for something else, or not at all, is worse than none.
#
# The programs are unpacked below build/ and run in namespaces; nothing is installed.
# shellcheck disable=SC2317 # functions that check() calls
packages="rbldnsd bind9-dnsutils nsd postfix exim4-daemon-light ipset bird2 sendmail-bin
	spamassassin rspamd"
# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh $packages"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
cd "$TOP" || exit 1

need jq nft

# All that has a meaning somewhere, and is allowed; '$' stands for the address.
REASON="\$ is listed; see <https://bl.example/?ip=\$&x={1}> (#2) [3] 'no' !*|~^,@\`: = /"
DIR=$(mktemp -d "$BUILD/lists.XXXXXX") # lists and configurations: the programs' root shows nothing else of ours
BAD4=203.0.113.1 BAD6=2001:db8:5:1::9 WHITE4=198.51.100.50 WHITE6=2001:db8:6:50::9 GOOD4=$CLIENT4 GOOD6=$CLIENT6
chmod 755 "$DIR"
trap 'rm -rf "$DIR" "$TMP"' EXIT

# --- the lists ---------------------------------------------------------------

topology ''
judge_setup
must ip -n client addr add $BAD4/32 dev c0
must ip -n client addr add $WHITE4/32 dev c0
must ip -n client addr add $BAD6/128 dev c0 nodad
must ip -n client addr add $WHITE6/128 dev c0 nodad
must ip -n server route add 203.0.113.0/24 dev s0
must ip -n server route add 198.51.100.0/24 dev s0
must ip -n server route add 2001:db8:6::/48 dev s0
must ip -n server route add 2001:db8:5::/48 dev s0
# Offences of the hour of the boot: the lists must be good now, for their readers.
cat >>"$CONF" <<-END
	offences = 1
	grace = 0
	real-mx-unseen = accept
	list-zone = bl.example
	list-ns = ns.bl.example
	list-hostmaster = hostmaster.bl.example
	list-reason = "$REASON"
END
for a in $BAD4 203.0.113.6 203.0.113.7 $BAD6 2001:db8:5:2::9; do
	inject_now "$a high=0s:1s:1 talk=0s:1s:1 hour=0:1:0:0:0"
done

inject_now "$WHITE4 low=1s:20m:2 real=1s:20m:2 data=1s:20m:2 walk=1s:20m" "$WHITE6 low=1s:20m:2 real=1s:20m:2 data=1s:20m:2 walk=1s:20m"

# reason SOURCE: what is said of it.
reason() {
	echo "${REASON//\$/$1}"
}

# list FORMAT [OPTION]...: is then in $DIR/FORMAT.
list() {
	must nolist dump --quiet -c "$CONF" --format "$1" --output "$DIR/$1" "${@:2}"
}

formats=$(nolist dump --list-formats | awk '/^[a-z]/ { print $1 }')
for f in $formats; do
	list "$f"
done
mkdir "$DIR/white"
for f in $(nolist dump --white --list-formats | awk '/^[a-z]/ { print $1 }'); do
	must nolist dump --white --quiet -c "$CONF" --format "$f" --output "$DIR/white/$f"
done
printf '%s\n' 203.0.113.0/25,64496,DE 2001:db8:5::/48,64496,DE >"$TMP/origins.csv"
{ cat "$CONF"; echo "origin = $TMP/origins.csv"; } >"$TMP/origin.conf"
for f in rbldnsd spamassassin; do
	must nolist dump --quiet -c "$TMP/origin.conf" --origin AS64496 --format $f --output "$DIR/origin.$f"
done
printf '%s\n' 203.0.113.6 2001:db8:5:2::/64 >"$TMP/pardoned"
entries=$(rows "$DIR/plain" | tr '\n' ' ')
is "$entries" '203.0.113.1 203.0.113.6 203.0.113.7 2001:db8:5:1::/64 2001:db8:5:2::/64 ' \
	'the offenders are listed'

# --- a root with all the programs --------------------------------------------

# shellcheck disable=SC2086 # words
root_up $packages
# Or sendmail waits a minute for a host name with a dot.
# shellcheck disable=SC2016
in_root bash -c 'echo "127.0.0.1 $HOSTNAME.example.com $HOSTNAME" >>/etc/hosts'

# reversed ADDRESS: as a DNS list is asked for it.
reversed() {
	"$PYTHON" -c 'import ipaddress, sys
print(ipaddress.ip_address(sys.argv[1]).reverse_pointer.rsplit(".", 2)[0])' "$1"
}

# lookup ADDRESS [TYPE]: status and answers.
lookup() {
	in_root dig -p "$port" @127.0.0.1 +norec +tries=1 +noauthority +noadditional "$(reversed "$1").bl.example" "${2:-A}" |
		sed -nE 's/.*status: (.*,) id.*/\1/p; /^;/d; s/^([^ \t]+[ \t]+){4}//p' | tr '\n' ' ' | sed 's/ $//'
}

answers() {
	[ "$(lookup "$1" A)" = "$2" ]
}

# The same questions to every kind of server. A name server counts, too, who it was.
dns_list() {
	local server=$1

	check "$server: a listed source is listed" wait_for 10 answers $BAD4 'NOERROR, 127.0.0.2'
	is "$(lookup $BAD4 TXT)" "NOERROR, \"$2\"" "$server: and gets the reason"
	is "$(lookup 203.0.113.5)" 'NXDOMAIN,' "$server: its neighbour is not"
	is "$(lookup $BAD6)" 'NOERROR, 127.0.0.2' "$server: an address of a listed /64 is"
	is "$(lookup 2001:db8:5:1:ffff:ffff:ffff:ffff)" 'NOERROR, 127.0.0.2' "$server: and its last"
	is "$(lookup 2001:db8:5:3::9)" 'NXDOMAIN,' "$server: one of the next is not"
	is "$(lookup 127.0.0.2)" 'NOERROR, 127.0.0.2' "$server: RFC 5782: 127.0.0.2 is"
	is "$(lookup 127.0.0.1)" 'NXDOMAIN,' "$server: 127.0.0.1 is not"
	is "$(lookup ::ffff:127.0.0.2)" 'NOERROR, 127.0.0.2' "$server: ::ffff:7f00:2 is"
	is "$(lookup ::ffff:127.0.0.1)" 'NXDOMAIN,' "$server: ::ffff:7f00:1 is not"
	is "$(in_root dig -p "$port" @127.0.0.1 +norec +short bl.example SOA | cut -d' ' -f1,2)" \
		'ns.bl.example. hostmaster.bl.example.' "$server: the zone has its name server"
}

# --- rbldnsd -----------------------------------------------------------------

port=5300
in_root rbldnsd -n -u nobody -b 127.0.0.1/$port -c 1s "bl.example:combined:$DIR/rbldnsd" \
	"white.bl.example:combined:$DIR/white/rbldnsd" "origin.bl.example:combined:$DIR/origin.rbldnsd" \
	>"$DIR/rbldnsd.log" 2>&1 &
dns_list rbldnsd "$(reason $BAD4)"
is "$(lookup $BAD6 TXT)" "NOERROR, \"$(reason $BAD6)\"" \
	'rbldnsd: IPv6 gets the reason'
# let_in ADDRESS: what the white list has of it.
let_in() {
	in_root dig -p "$port" @127.0.0.1 +norec +tries=1 +short "$(reversed "$1").white.bl.example" A
}
is "$(let_in $WHITE4) $(let_in $WHITE6) $(let_in 127.0.0.2)" '127.0.0.4 127.0.0.4 127.0.0.4' \
	'rbldnsd: a white list beside it has those that walked'
is "$(let_in $BAD4)$(let_in $BAD6)$(let_in 203.0.113.5)" '' 'rbldnsd: and nobody else'
list rbldnsd --allow "$TMP/pardoned"
check 'rbldnsd: a source that comes off the list is gone' wait_for 10 answers 203.0.113.6 'NXDOMAIN,'
is "$(lookup $BAD4)" 'NOERROR, 127.0.0.2' 'rbldnsd: the others are not'
sed '$a list-life = 1' "$CONF" >"$TMP/short.conf"
must nolist dump --quiet -c "$TMP/short.conf" --format rbldnsd --output "$DIR/rbldnsd"
check 'rbldnsd: an expired list refuses nobody' wait_for 15 answers $BAD4 'SERVFAIL,'
list rbldnsd
check 'rbldnsd: a new one is taken up' wait_for 10 answers $BAD4 'NOERROR, 127.0.0.2'
sed '$a list-life = 2147483647\nlisting = 2147483647' "$CONF" >"$TMP/long.conf"
must nolist dump --quiet -c "$TMP/long.conf" --format rbldnsd --output "$DIR/rbldnsd"
sleep 2 # more than its timer
is "$(lookup $BAD4)" 'NOERROR, 127.0.0.2' 'rbldnsd: the longest life of a list is taken'
must nolist dump --quiet --close --format rbldnsd --output "$DIR/rbldnsd" 2>/dev/null
check 'rbldnsd: a list that has ended refuses nobody, and is still answered for' wait_for 10 answers $BAD4 'NXDOMAIN,'
is "$(lookup 127.0.0.2)" 'NXDOMAIN,' 'rbldnsd: and has no test entry'
list rbldnsd --at "$(($(date +%s) + 45))"
sleep 2 # more than its timer
is "$(lookup $BAD4)" 'NOERROR, 127.0.0.2' 'rbldnsd: a clock that is 45 seconds behind takes it'

# tiers SERVER: the probable are marked, in both families.
tiers() {
	check "$1: the probable have an answer of their own" wait_for 10 answers 203.0.113.9 'NOERROR, 127.0.0.3'
	is "$(lookup 203.0.113.9 TXT)" "NOERROR, \"$(reason 203.0.113.9)\"" "$1: and gets the reason"
	is "$(lookup 2001:db8:5:9::1)" 'NOERROR, 127.0.0.3' "$1: so has a /64"
	is "$(lookup $BAD4) $(lookup $BAD6)" 'NOERROR, 127.0.0.2 NOERROR, 127.0.0.2' "$1: offenders have theirs"
	is "$(lookup 203.0.113.8) $(lookup 2001:db8:5:8::1)" 'NXDOMAIN, NXDOMAIN,' "$1: their neighbours none"
	is "$(lookup 127.0.0.2) $(lookup ::ffff:127.0.0.2)" 'NOERROR, 127.0.0.2 NOERROR, 127.0.0.2' \
		"$1: the tests of RFC 5782 are there"
}
inject_now "203.0.113.9 talk=0s:1s:1 hour=0:0:1:1:0" "2001:db8:5:9::9 talk=0s:1s:1 hour=0:0:1:1:0"
sed '$a offences-weak = 1' "$CONF" >"$TMP/weak.conf"
must nolist dump --quiet -c "$TMP/weak.conf" --format rbldnsd --output "$DIR/rbldnsd"
tiers rbldnsd
list rbldnsd

# --- SpamAssassin, which asks rbldnsd ----------------------------------------

mkdir "$DIR/etc" "$DIR/etc/sa" "$DIR/etc/rules"
cp "$DIR/spamassassin" "$DIR/etc/rules/nolist.cf"
cp "$DIR/white/spamassassin" "$DIR/etc/rules/nolist_white.cf"
cp "$DIR/origin.spamassassin" "$DIR/etc/rules/nolist_origin.cf"
cat >"$DIR/etc/sa/init.pre" <<-END
	loadplugin Mail::SpamAssassin::Plugin::Check
	loadplugin Mail::SpamAssassin::Plugin::DNSEval
END
cat >"$DIR/etc/sa/local.cf" <<-END
	dns_available yes
	dns_server 127.0.0.1:$port
	use_bayes 0
	util_rb_tld com net example
	trusted_networks 192.0.2.0/24
	clear_report_template
	report NAMES _TESTS(,)_
END
sa() {
	in_root spamassassin --siteconfigpath="$DIR/etc/sa" --configpath="$DIR/etc/rules" "$@"
}
check 'SpamAssassin takes the rules' sa -x --lint
# delivered_by ADDRESS: the tests that its mail hits.
delivered_by() {
	sa -x -t <<-END | sed -n 's/^NAMES //p'
		Received: from mail.example.net (mail.example.net [$1]) by mx.example.com with ESMTP; Thu, 1 Jan 2026 00:00:00 +0000
		From: joe@example.net
		To: inbox@example.com
		Subject: test
		Message-Id: <1@example.net>
		Date: Thu, 1 Jan 2026 00:00:00 +0000

		Hello.
	END
}
check 'SpamAssassin: mail from a listed source scores' \
	grep -w RCVD_IN_NOLIST <<<"$(delivered_by $BAD4)"
is "$(delivered_by 203.0.113.5 | grep -cw RCVD_IN_NOLIST)" 0 'SpamAssassin: other mail does not'
is "$(delivered_by $WHITE4 | tr , '\n' | grep NOLIST) $(delivered_by $BAD4 | grep -c WHITE)" 'RCVD_IN_NOLIST_WHITE 0' \
	'SpamAssassin: mail from one that walked scores less, and no other'
is "$(delivered_by 203.0.113.5 | tr , '\n' | grep NOLIST) $(delivered_by 203.0.113.200 | grep -c ORIGIN)" 'RCVD_IN_NOLIST_ORIGIN 0' \
	'SpamAssassin: mail from a network of an origin scores a little'

# By the header of the policy service.
must nolist dump --quiet -c "$CONF" --format policy --output "$DIR/policy"
name=$(sed -n 's/^H name //p' "$DIR/policy")
nolist policyd --snapshot "$DIR/policy" --rules spamassassin >"$DIR/etc/rules/header.cf"
check 'SpamAssassin takes the rules for the header' sa -x --lint
# headed HEADER: the tests that mail with it hits.
headed() {
	printf '%s\n' "X-Nolist: $1" 'From: joe@example.net' 'Subject: test' '' 'Hello.' | sa -x -t |
		sed -n 's/^NAMES //p' | tr , '\n' | grep '^NOLIST_' | sort -u | tr '\n' ' '
}
is "$(headed "$name; listed; score=7.0 helo dynamic")" 'NOLIST_DYNAMIC NOLIST_HELO NOLIST_LISTED ' \
	'SpamAssassin: the header of this host scores'
is "$(headed "$name; walked; score=-1.0")" 'NOLIST_WALKED ' 'SpamAssassin: for and against'
is "$(headed "x$name; walked; score=-1.0")" '' 'SpamAssassin: that of another host does not'

# --- rspamd: a map, and the DNS list -----------------------------------------

echo com >"$DIR/etc/tld" # its own list of 9,000 takes half a minute to compile
white=$(nolist dump --white --list-formats | sed -n '/^rspamd /{n; s/^ *//; p}')
usage=$(nolist dump --list-formats | sed -n '/^rspamd /{n; s/^ *//; p}')
cat >"$DIR/etc/rspamd.conf" <<-END
	options {
		filters = "";
		url_tld = "$DIR/etc/tld";
		disable_hyperscan = true;
		pidfile = "/run/rspamd.pid";
		cache_file = "/tmp/symbols.cache";
		local_addrs = [];
		dns { nameserver = "127.0.0.1:$port"; }
	}
	logging { type = "console"; level = "warning"; }
	worker "normal" { bind_socket = "127.0.0.1:11333"; count = 1; }
	modules { path = "/usr/share/rspamd/plugins/multimap.lua"; }
	modules { path = "/usr/share/rspamd/plugins/rbl.lua"; }
	lua = "/usr/share/rspamd/rules/rspamd.lua";
	multimap {
		${usage/FILE/$DIR/rspamd}
		${white/FILE/$DIR/white/rspamd}
		$(nolist policyd --snapshot "$DIR/policy" --rules rspamd)
	}
	rbl {
		rbls {
			nolist {
				symbol = "NOLIST_DNS";
				rbl = "bl.example";
				ipv6 = true;
				checks = ["from"];
			}
		}
	}
END
in_root rspamd -i -f -c "$DIR/etc/rspamd.conf" >"$DIR/rspamd.log" 2>&1 &
# by_rspamd ADDRESS: the symbols of ours that mail from there gets.
by_rspamd() {
	in_root rspamc -h 127.0.0.1:11333 -i "$1" symbols <<<$'Subject: test\n\nHello.' |
		sed -n 's/^Symbol: \(NOLIST[A-Z_]*\).*/\1/p' | sort | tr '\n' ' '
}
rspamd_runs() {
	[ "$(by_rspamd "$BAD4")" ]
}
check 'rspamd runs' wait_for 30 rspamd_runs
is "$(by_rspamd $BAD4)" 'NOLIST NOLIST_DNS ' 'rspamd: a listed source is in the map, and in the DNS list'
is "$(by_rspamd 203.0.113.5)" '' 'rspamd: its neighbour is in neither'
is "$(by_rspamd $WHITE4) $(by_rspamd $WHITE6)" 'NOLIST_WHITE  NOLIST_WHITE ' 'rspamd: one that walked is in the white list'
is "$(by_rspamd $BAD6)" 'NOLIST NOLIST_DNS ' 'rspamd: an address of a listed /64 is'
is "$(by_rspamd 2001:db8:5:3::9)" '' 'rspamd: one of the next is not'
headed() {
	in_root rspamc -h 127.0.0.1:11333 -i 203.0.113.5 symbols <<<"X-Nolist: $1"$'\nSubject: test\n\nHello.' |
		sed -n 's/^Symbol: \(NOLIST_[A-Z]*\).*/\1/p' | sort | tr '\n' ' '
}
is "$(headed "$name; listed; score=7.0 helo dynamic")" 'NOLIST_DYNAMIC NOLIST_HELO NOLIST_LISTED ' \
	'rspamd: the header of this host scores'
is "$(headed "x$name; walked; score=-1.0")" '' 'rspamd: that of another host does not'
list rspamd --allow "$TMP/pardoned"
is "$(rows "$DIR/rspamd" | grep -c 203.0.113.6)" 0 'rspamd: a source that comes off the list is gone'

# --- a zone, by nsd ----------------------------------------------------------

rbldnsd_port=$port
port=5301
must nolist dump --quiet -c "$TMP/weak.conf" --format zone --output "$DIR/zone"
must nolist dump --quiet -c "$TMP/long.conf" --format zone --output "$DIR/zone.long"
check 'nsd takes a zone of the longest life' in_root nsd-checkzone bl.example "$DIR/zone.long"
check 'nsd takes the zone' in_root nsd-checkzone bl.example "$DIR/zone"
nsd_up $port bl.example zone
dns_list nsd "$(reason $BAD4)"
is "$(lookup $BAD6 TXT)" \
	"NOERROR, \"$(reason 2001:db8:5:1::/64)\"" \
	'nsd: IPv6 gets the reason'
tiers nsd
kill $nsd

# --- postfix: smtpd and postscreen -------------------------------------------

user postfix 992
user postdrop 993
P=$DIR/etc/postfix
mkdir "$P"
for f in main master; do
	cp "$BUILD/debs/postfix/usr/share/postfix/$f.cf.dist" "$P/$f.cf"
done
in_root cp /usr/share/postfix/dynamicmaps.cf "$P/"
cat >"$P/main.cf" <<-END
	compatibility_level = 3.6
	myhostname = mx.example.com
	mydestination = example.com
	alias_maps =
	local_recipient_maps =
	inet_interfaces = $REAL4, $REAL6
	maillog_file = /var/log/postfix.log
	smtpd_delay_reject = no
	mynetworks = 127.0.0.0/8
	smtpd_client_restrictions = permit_mynetworks, check_client_access cidr:$DIR/postfix
	postscreen_access_list = permit_mynetworks, cidr:$DIR/postscreen, cidr:$DIR/white/postscreen
	postscreen_blacklist_action = enforce
	postscreen_greet_wait = 1s
END
cat >>"$P/master.cf" <<-END
	2525 inet n - n - 1 postscreen
	smtpd pass - - n - - smtpd
	dnsblog unix - - n - 0 dnsblog
	tlsproxy unix - - n - 0 tlsproxy
END
in_root postconf -c "$P" -F '*/*/chroot = n'
in_root bash -c 'chown postfix /var/lib/postfix; chgrp postdrop /usr/sbin/post{drop,queue}
	chmod g+s /usr/sbin/post{drop,queue}'

# map TABLE ADDRESS
map() {
	in_root postmap -c "$P" -q "$2" "cidr:$DIR/$1" 2>&1
}
is "$(map postfix $BAD4)" "554 5.7.1 $(reason $BAD4)" \
	'postfix: a listed source is in the table'
is "$(map postfix 203.0.113.5)" '' 'postfix: its neighbour is not, and nothing is warned of'
is "$(map postfix $BAD6 | cut -c-10)" '554 5.7.1 ' 'postfix: an address of a listed /64 is'
is "$(map postfix 2001:db8:5:3::9)" '' 'postfix: one of the next is not'
is "$(map postscreen $BAD4)$(map postscreen 203.0.113.5)" 'reject' 'postscreen: the same'
is "$(map postscreen $BAD6)$(map postscreen 2001:db8:5:3::9)" 'reject' 'postscreen: IPv6'

# replies FROM TO PORT: the replies to a client that waits for its turn, as postscreen
# wants it.
replies() {
	in_client "$PYTHON" -c '
import smtplib, sys
source, host, port = sys.argv[1:]
s = smtplib.SMTP(timeout=20, source_address=(source, 0))
try:
    print(*s.connect(host, int(port)))
    s.ehlo("bot.example")
    print(*s.mail("a@example.net"))
    print(*s.rcpt("inbox@example.com"))
    s.quit()
except (smtplib.SMTPException, OSError) as e:
    print(e)
' "$@"
}
# greeting FROM TO: the number in it, or why there is none. Postfix 3.10 drops a client
# that does not wait for it.
greeting() {
	in_client "$PYTHON" -c '
import smtplib, sys
source, host = sys.argv[1:]
s = smtplib.SMTP(timeout=20, source_address=(source, 0))
try:
    print(s.connect(host, 25)[0])
    s.quit()
except (smtplib.SMTPException, OSError) as e:
    print(e)
' "$@"
}
greeted() {
	[ "$(greeting "$GOOD4" "$REAL4")" = 220 ]
}
in_root postfix -c "$P" start >"$DIR/postfix.log" 2>&1
check 'postfix runs' wait_for 20 greeted
for from in $BAD4 $BAD6 $GOOD4 $GOOD6 $WHITE4 $WHITE6; do
	to=$REAL4
	[ "$from" = "${from#*:}" ] || to=$REAL6
	replies "$from" "$to" 25 >"$DIR/25.$from" 2>&1 &
	replies "$from" "$to" 2525 >"$DIR/2525.$from" 2>&1 &
	clients+=" $!"
done
# shellcheck disable=SC2086
wait $clients
for from in $BAD4 $BAD6; do
	check "postfix refuses $from, and says why" \
		grep '^554 .*5.7.1 .*is listed; see <https://bl.example/' "$DIR/25.$from"
	check "postscreen refuses it" grep "^550 .*Service currently unavailable" "$DIR/2525.$from"
	is "$(cat "$DIR/25.$from" "$DIR/2525.$from" | grep -c 2.1.5)" 0 "and neither takes its mail"
done
for from in $GOOD4 $GOOD6; do
	check "postfix accepts $from" grep "^250 b'2.1.5" "$DIR/25.$from"
	check "postscreen hands it on" grep "^250 b'2.1.5" "$DIR/2525.$from"
done

for from in $WHITE4 $WHITE6; do
	check "postscreen hands $from on" grep "^250 b'2.1.5" "$DIR/2525.$from"
	check 'without a test, since it walked' in_root grep -E "postscreen.*(ALLOW|WHITE)LISTED \\[$from\\]" /var/log/postfix.log
done
is "$(in_root grep -cE "postscreen.*LISTED \\[($GOOD4|$GOOD6|$BAD4)\\]" /var/log/postfix.log)" 1 \
	'postscreen: others are tested, or refused'

# --- exim --------------------------------------------------------------------

user Debian-exim 994
cat >"$DIR/etc/exim.conf" <<-END
	primary_hostname = mx.example.com
	acl_smtp_connect = connect
	keep_environment =
	begin acl
	connect:
	drop message = on our list
	hosts = $DIR/exim
	accept
END
# by_exim ADDRESS: the first reply of an Exim that it connects to.
by_exim() {
	in_root exim4 -C "$DIR/etc/exim.conf" -bh "$1" <<<QUIT 2>/dev/null | tr -d '\r' |
		sed -n 's/^\([2-5][0-9][0-9]\) .*/\1/p' | head -n 1
}
is "$(by_exim $BAD4) $(by_exim 203.0.113.5)" '550 220' 'exim refuses a listed source only'
is "$(by_exim $BAD6) $(by_exim 2001:db8:5:3::9)" '550 220' 'exim: and IPv6'

# --- sendmail ----------------------------------------------------------------

# In /etc/mail, as on a real host: sendmail trusts no map below a directory like /tmp,
# where this tree may lie.
in_root mkdir -p /etc/mail
in_root tee /etc/mail/sendmail.cf >/dev/null <<-END
	V10/Berkeley
	Kaccess hash -T<TMPF> /etc/mail/access
	O QueueDirectory=/var/spool
END
printf 'Connect:192.0.2.7\tREJECT\n' | in_root tee /etc/mail/access >/dev/null # the administrator's own
in_root bash -c "cat /etc/mail/access $DIR/sendmail | makemap hash /etc/mail/access" >"$DIR/makemap.log" 2>&1
is "$? $(cat "$DIR/makemap.log")" '0 ' 'makemap takes the lines, and warns of nothing'
# What sendmail's check_relay finds: longer and longer prefixes are looked up.
is "$(in_root /usr/libexec/sendmail/sendmail -bt \
	<<<"/map access Connect:$BAD4" 2>&1 | grep -o 'returns.*')" \
	"returns ERROR:5.7.1:\"550 $(reason $BAD4)\" (0)" \
	'sendmail finds a listed source in the map'
is "$(in_root /usr/libexec/sendmail/sendmail -bt \
	<<<"/map access Connect:IPv6:2001:db8:5:1" 2>&1 | grep -c 'returns ERROR:5.7.1')" 1 \
	'and a /64'

# --- nftables ----------------------------------------------------------------

# As dump --list-formats tells it.
rule=$(nolist dump --list-formats | sed -n "/^nft /{n; s/.*nft '\(.*\)'$/\1/p}")
for run in 1 2; do
	check "nft takes the list, time $run" in_server nft -f "$DIR/nft"
done
check 'nft takes the documented rule' in_server nft "$rule"
# members SET
members() {
	in_server nft -j list set inet nolist "$1" | jq -r '.nftables[].set // empty | .elem // [] |
		map(.elem.val | if type == "object" then "\(.prefix.addr)/\(.prefix.len)" else . end) |
		join(" ")'
}
is "$(members bl4)" '203.0.113.1 203.0.113.6 203.0.113.7' 'nft: each source once'
is "$(members bl6)" '2001:db8:5:1::/64 2001:db8:5:2::/64' 'nft: neighbouring /64s stay two'
check 'nft: each lives no longer than the list' jq -en \
	"[$(in_server nft -j list set inet nolist bl4 | jq '.nftables[].set // empty | .elem[].elem.timeout' |
		paste -sd,)] | length == 3 and all(. <= 172800 and . > 0)"
# hello FROM TO: what happens to a connection.
hello() {
	greeting "$@" | grep -o -m 1 -e refused -e '^220' -e '^554'
}
is "$(hello $BAD4 $REAL4) $(hello $GOOD4 $REAL4)" 'refused 220' 'nft refuses a listed source only'
is "$(hello $BAD6 $REAL6) $(hello $GOOD6 $REAL6)" 'refused 220' 'nft: and IPv6'
# A list that has expired and is loaded again, as at a reboot.
sed -E "s/(fresh \{ 0-)[0-9]+/\1$(date +%s)/" "$DIR/nft" >"$DIR/nft.old"
check 'nft takes a list that has expired' in_server nft -f "$DIR/nft.old"
is "$(members bl4 | wc -w) $(hello $BAD4 $REAL4)" '3 554' 'nft: but it refuses nobody'
list nft --allow <(echo $BAD4) --reload-command "nft -f $DIR/nft"
is "$(members bl4)" '203.0.113.6 203.0.113.7' 'nft: a source that comes off the list is gone'
is "$(hello $BAD4 $REAL4)" 554 'nft: and comes as far as postfix, which lists it still'
in_server nft delete table inet nolist

# --- iptables, by ipset ------------------------------------------------------

for run in 1 2; do
	check "ipset takes the list, time $run" in_root ipset restore -file "$DIR/ipset"
done
is "$(in_root ipset list -n | sort | tr '\n' ' ')" 'nolist4 nolist6 ' 'ipset: two sets, no rest'
check 'ipset: a listed source is in it' in_root ipset test nolist4 $BAD4
check 'ipset: its neighbour is not' bash -c "! nsenter -t $root -n -m -r ipset test nolist4 203.0.113.5"
check 'ipset: an address of a listed /64 is' in_root ipset test nolist6 $BAD6
is "$(in_root ipset save nolist4 | grep -c '^add .* timeout 17')" 3 'ipset: each for its time'
must nolist dump --quiet -c "$TMP/long.conf" --format ipset --output "$DIR/ipset"
check 'ipset: the longest life of a list is taken' in_root ipset restore -file "$DIR/ipset"
is "$(in_root ipset save nolist4 | sed -n 's/^add .* timeout \(....\)...$/\1/p' | sort -u)" 2147 'ipset: as long as it can'
list ipset --allow "$TMP/pardoned" --reload-command "true"
must in_root ipset restore -file "$DIR/ipset"
is "$(in_root ipset save nolist4 | grep -c 203.0.113.6)" 0 \
	'ipset: a source that comes off the list is gone'

# --- BIRD --------------------------------------------------------------------

printf 'router id 192.0.2.1;\nprotocol device {}\ninclude "%s";\n' "$DIR/bird" >"$DIR/etc/bird.conf"
check 'bird parses the list' in_root bird -p -c "$DIR/etc/bird.conf"
in_root bird -f -c "$DIR/etc/bird.conf" -s "$DIR/bird.ctl" -P /run/bird.pid >"$DIR/bird.log" 2>&1 &
check 'bird runs' wait_for 10 in_root birdc -s "$DIR/bird.ctl" show status
is "$(in_root birdc -s "$DIR/bird.ctl" show route | grep -o '^[0-9].*blackhole' | awk '{ print $1 }' |
	sort | tr '\n' ' ')" \
	'2001:db8:5:1::/64 2001:db8:5:2::/64 203.0.113.1/32 203.0.113.6/32 203.0.113.7/32 ' \
	'bird has the routes'
check 'bird: they are for our own routers' grep -F '(65535,666) (65535,65281)' \
	<<<"$(in_root birdc -s "$DIR/bird.ctl" show route 203.0.113.1/32 all)"
# --- nobody is listed --------------------------------------------------------

printf '%s\n' 203.0.113.0/24 2001:db8::/32 >"$TMP/all"
for f in $formats; do
	list "$f" --allow "$TMP/all"
done
port=$rbldnsd_port
check 'an empty list: rbldnsd' wait_for 10 answers $BAD4 'NXDOMAIN,'
is "$(lookup 127.0.0.2)" 'NOERROR, 127.0.0.2' 'which still lists its test entry'
check 'an empty list: nsd' in_root nsd-checkzone bl.example "$DIR/zone"
is "$(map postfix $BAD4)$(map postscreen $BAD4)" '' 'an empty list: postfix and postscreen'
is "$(by_exim $BAD4)" 220 'an empty list: exim'
check 'an empty list: sendmail' in_root makemap hash /etc/mail/access <"$DIR/sendmail"
for run in 1 2; do
	check "an empty list: nft, time $run" in_server nft -f "$DIR/nft"
	check "an empty list: ipset, time $run" in_root ipset restore -file "$DIR/ipset"
done
is "$(members bl4)$(in_root ipset save nolist4 | grep -c ^add)" 0 'which forget the listed sources'
check 'an empty list: bird' in_root bird -p -c "$DIR/etc/bird.conf"
done_testing
