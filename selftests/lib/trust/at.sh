#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the root of a host of trust/:
#   at.sh serve SENDER       sets up a sender, and runs it
#   at.sh send SENDER TO...  gives it a message for each of these
#   at.sh again SENDER       once an hour: what only a person or cron(8) would do
#   at.sh mx SITE [GREY_S|policy]   a real MX
# A sender is selftests/lib/trust/senders/SENDER.sh. To add one, write there:
#   packages="..."   Debian packages, or modules="..." of npm
#   serve() { ...; } set it up and run it, if it has a server; may return
#   send() { ...; }  take a message for $1 from standard input
#   again() { ...; } if it does not come again by itself
#   walks=no         if it is known not to walk over a domain's MXes
# life N prints how many seconds N seconds of a sender's own times have here; mx_of TO the MXes of a
# recipient, the best first, for programs that are told where to go.

set -u
umask 022
cd "$(dirname "$0")/../../.." || exit

life() {
	awk -v n="$1" -v h="$HOUR_S" 'BEGIN { s = int(n * h / 3600 + 0.5); print s ? s : 1 }'
}

mx_of() {
	grep "^${1#*@}\\. MX " "$DIR/dns/zone" | sort -k3n | sed 's/.* //; s/\.$//'
}

user() {
	grep -q "^$1:" /etc/group || echo "$1:x:$2:" >>/etc/group
	grep -q "^$1:" /etc/passwd || echo "$1:x:$2:$2::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
}

prepare() {
	# Its number as the test sees it, which shares the process namespace.
	echo $$ >"$DIR/$NOLIST_NAME/pid.new"
	ip link set lo up
	rm -f /etc/resolv.conf /etc/hosts
	printf 'nameserver 198.18.53.53\n' >/etc/resolv.conf
	printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
	printf 'hosts: files dns\npasswd: files\ngroup: files\nshadow: files\n' >/etc/nsswitch.conf
	mount --bind "$DIR/$NOLIST_NAME/log" /var/log
	mv "$DIR/$NOLIST_NAME/pid.new" "$DIR/$NOLIST_NAME/pid"
}

again() { :; }
serve() { :; }

# The real MX of SITE.example, which postgrey guards if it is to greylist, or policyd. It logs policyd's header.
mx() {
	local name=$1 checks="check_recipient_access static:OK"

	if [ "${2:-}" = policy ]; then
		checks="check_policy_service { inet:127.0.0.1:9827, timeout=2s, default_action=DUNNO }"
	elif [ "${2:-}" ]; then
		user postgrey 994
		mkdir -p /var/lib/postgrey
		chown postgrey /var/lib/postgrey
		PERL5LIB=/usr/share/perl5:/usr/lib/x86_64-linux-gnu/perl5/5.36 postgrey --inet=10023 \
			--delay="$2" --user=postgrey --group=postgrey --daemonize
		checks="check_policy_service inet:127.0.0.1:10023"
	fi
	cat >/etc/postfix/main.cf <<-END
		compatibility_level = 3.6
		maillog_file = /var/log/mail.log
		myhostname = real.$name.example
		mydestination =
		alias_maps =
		inet_interfaces = $REAL
		virtual_mailbox_domains = $name.example, v4-$name.example, v6-$name.example
		virtual_mailbox_maps = static:x
		virtual_transport = discard:
		smtpd_relay_restrictions = reject_unauth_destination
		smtpd_recipient_restrictions = $checks
		smtpd_peername_lookup = no
		header_checks = regexp:{{/^X-Nolist: / INFO}}
	END
	touch "$DIR/$name/listed"
	scripts/mta.sh serve postfix
}

verb=$1
shift
case $verb in
mx)
	prepare
	mx "$@"
	exec sleep infinity
	;;
esac
sender=$1
shift
# shellcheck source=/dev/null
. "selftests/lib/trust/senders/$sender.sh"
case $verb in
serve)
	prepare
	serve
	exec sleep infinity
	;;
send)
	for to; do
		printf 'From: <joe@%s.example>\nTo: <%s>\nSubject: %s\n\nHello.\n' "$sender" "$to" "$to" |
			send "$to" || echo "cannot: send $to"
	done
	;;
again) again ;;
esac
