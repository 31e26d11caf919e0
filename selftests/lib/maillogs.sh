#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2046 # a list of words
#
# A real MX with every kind of log, for net/maillogs: in the root that scripts/inroot.sh makes,
# with addresses at lo, runs postfix, exim, syslog daemons and a milter, lets clients of
# 203.0.113.0/24 deliver and be refused, and leaves the logs in the directory $1.
#
#	192.0.2.20 smtpd, :587 submission	.23 postscreen
#	       .21 a filter before the queue	.24 smtpd that logs ports
#	       .22 a milter			.25 smtpd of another name in the log
#	192.0.2.26 exim
set -u
out=$1
. selftests/lib/maillogs.conf.sh

user() {
	grep -q "^$1:" /etc/group || echo "$1:x:$2:" >>/etc/group
	grep -q "^$1:" /etc/passwd || echo "$1:x:$2:$2::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
}

never() {
	echo "never: $*"
	postqueue -p
	tail -n 20 /var/log/{short,own,busybox}
	kill $(jobs -p)
}

# wait_until COMMAND...: up to 20 s.
wait_until() {
	local end=$((SECONDS + 20))

	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { never "$@"; exit 1; }
		sleep 0.05
	done
}

listens() {
	local a

	for a; do
		(exec 3<>"/dev/tcp/${a%:*}/${a##*:}") || return 1
	done
}

# mail FROM-ADDRESS SERVER[:PORT] RCPT SUBJECT [USER]: what a client of the world does.
mail() {
	/usr/bin/python3 -c '
import smtplib, sys
src, server, rcpt, subject = sys.argv[1:5]
host, _, port = server.partition("/")
s = smtplib.SMTP(source_address=(src, 0), timeout=20, local_hostname="client.example.net")
try:
	s.connect(host, int(port or 25))
	s.ehlo()
	if len(sys.argv) > 5:
		s.login(sys.argv[5], "secret")
	s.sendmail("joe@example.net", [rcpt], "Subject: %s\r\n\r\nHello.\r\n" % subject)
	s.quit()
	print(src, server, subject, "accepted")
except (smtplib.SMTPException, OSError) as e:
	print(src, server, subject, "refused", e)' "$@"
}

# --- servers -----------------------------------------------------------------

# A layer above /dev takes the socket of syslog, which is the machine's otherwise.
mkdir -p /run/dev/{upper,work}
mount -t overlay overlay -o lowerdir=/dev,upperdir=/run/dev/upper,workdir=/run/dev/work /dev
rm -f /dev/log /etc/resolv.conf /etc/hosts
printf '127.0.0.1 localhost\n::1 localhost\n203.0.113.1 one.example.net\n' >/etc/hosts
printf 'hosts: files\npasswd: files\ngroup: files\nshadow: files\n' >/etc/nsswitch.conf
hostname mx

start_rsyslog() {
	rsyslog_conf >/etc/rsyslog.lab
	mkdir -p /var/spool/rsyslog
	rsyslogd -f /etc/rsyslog.lab -i /run/rsyslogd.pid
	wait_until test -S /dev/log
}

# It wants control groups, which it then does not use.
start_journald() {
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir -p /run/systemd/journal /run/log/journal
	rm -f /etc/machine-id /dev/log
	echo 0123456789abcdef0123456789abcdef >/etc/machine-id
	printf '[Journal]\nStorage=volatile\nReadKMsg=no\n' >/etc/systemd/journald.conf
	SYSTEMD_LOG_TARGET=console /usr/lib/systemd/systemd-journald >>"$out/journald" 2>&1 &
	wait_until test -S /run/systemd/journal/dev-log
	ln -s /run/systemd/journal/dev-log /dev/log
}

start_milter() {
	PYTHONPATH=/usr/lib/python3/dist-packages /usr/bin/python3 -c "$milter" >>"$out/milter" 2>&1 &
	wait_until listens 127.0.0.1:10030
}

prepare_postfix() {
	user postfix 991
	user postdrop 992
	mkdir -p /etc/postfix/sasl /var/mail/example.com
	cp /usr/share/postfix/dynamicmaps.cf /etc/postfix/
	postfix_main >/etc/postfix/main.cf
	postfix_master >/etc/postfix/master.cf
	echo '/^Subject: header/ REJECT not this one' >/etc/postfix/header_checks
	echo '203.0.113.7 reject' >/etc/postfix/deny.cidr
	printf 'team: inbox@example.com\n' >/etc/postfix/aliases
	postalias /etc/postfix/aliases
	printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n' >/etc/postfix/sasl/smtpd.conf
	echo secret | saslpasswd2 -p -c -u mx.example.com joe
	chown postfix /var/lib/postfix /etc/sasldb2
	chgrp postdrop /usr/sbin/post{drop,queue}
	chmod g+s /usr/sbin/post{drop,queue}
	chown 8:8 /var/mail/example.com
}

start_postfix() {
	postfix start >>"$out/postfix" 2>&1
	wait_until listens 192.0.2.{20,21,22,23,24,25}:25 192.0.2.20:587
}

start_exim() {
		mkdir -p /var/log/exim4 /var/spool/exim4 /etc/exim4
	chown -R Debian-exim:Debian-exim /var/log/exim4 /var/spool/exim4
	exim_conf >/etc/exim4/exim4.conf
	exim4 -bd -oP /run/exim.pid
	wait_until listens 192.0.2.26:25
}

queue_is_empty() {
	[ -z "$(find /var/spool/postfix/{maildrop,incoming,active,deferred} -type f)" ]
}

# --- clients -----------------------------------------------------------------

clients_of_postfix() {
	mail 203.0.113.1 192.0.2.20 inbox@example.com good
	mail 203.0.113.2 192.0.2.20 x@elsewhere.example relay
	mail 203.0.113.3 192.0.2.21 inbox@example.com filtered
	mail 203.0.113.4 192.0.2.22 inbox@example.com code
	mail 203.0.113.5 192.0.2.22 inbox@example.com plain
	mail 203.0.113.6 192.0.2.22 inbox@example.com good
	mail 203.0.113.7 192.0.2.23 inbox@example.com denied
	mail 203.0.113.8 192.0.2.23 inbox@example.com good
	mail 203.0.113.9 192.0.2.20/587 inbox@example.com user joe@mx.example.com
	mail 203.0.113.10 192.0.2.20 inbox@example.com user joe@mx.example.com
	mail 203.0.113.11 192.0.2.24 inbox@example.com ports
	mail 203.0.113.12 192.0.2.24 x@elsewhere.example ports
	mail 203.0.113.13 192.0.2.20 inbox@example.com header
	mail 203.0.113.14 192.0.2.20 team@lists.example.com forwarded
	mail 203.0.113.15 192.0.2.25 inbox@example.com named
	mail 203.0.113.16 192.0.2.20 x@lists.example.com bounced
	mail 203.0.113.17 192.0.2.22 inbox@example.com later
	mail 203.0.113.18 192.0.2.21 inbox@example.com header
	mail 203.0.113.19 192.0.2.20/587 x@elsewhere.example relay
	mail 2001:db8:5:1::1 2001:db8:25::20 inbox@example.com good
	# The root's sendmail is exim's.
	printf 'Subject: own\n\nHello.\n' | build/debs/postfix/usr/sbin/sendmail -f root@example.com inbox@example.com
	sleep 1
	wait_until queue_is_empty
}

clients_of_exim() {
	mail 203.0.113.31 192.0.2.26 inbox@example.org good
	mail 203.0.113.32 192.0.2.26 x@elsewhere.example relay
	mail 203.0.113.33 192.0.2.26 inbox@example.org spam
	mail 203.0.113.34 192.0.2.26 inbox@example.org user joe
	mail 203.0.113.35 192.0.2.26 inbox@example.org connect
	mail 2001:db8:5:2::1 2001:db8:25::26 inbox@example.org good
	printf 'Subject: own\n\nHello.\n' | exim4 -f root@example.com inbox@example.org
}

{
	user Debian-exim 993
	start_rsyslog
	start_milter
	prepare_postfix
	start_postfix
	clients_of_postfix
	cp /var/log/{short,iso,rfc5424} "$out/"
	for f in short iso rfc5424; do mv "$out/$f" "$out/postfix-$f"; : >"/var/log/$f"; done
	start_exim
	clients_of_exim
	sleep 1
	for f in short iso rfc5424; do cp "/var/log/$f" "$out/exim-$f"; done
	cp /var/log/exim4/mainlog "$out/exim-mainlog"

	# The same MX with another name for all of it, by postfix' own log and by busybox.
	kill "$(cat /run/rsyslogd.pid)"
	postconf -e maillog_file=/var/log/own maillog_file_prefixes=/var syslog_name=mx-in
	postfix stop >>"$out/postfix" 2>&1
	start_postfix
	mail 203.0.113.1 192.0.2.20 inbox@example.com own
	mail 203.0.113.2 192.0.2.20 x@elsewhere.example own
	wait_until queue_is_empty
	sleep 1
	cp /var/log/own "$out/own"
	rm -f /dev/log
	busybox syslogd -n -O /var/log/busybox &
	wait_until test -S /dev/log
	postconf -X maillog_file
	postfix stop >>"$out/postfix" 2>&1
	start_postfix
	mail 203.0.113.1 192.0.2.20 inbox@example.com busybox
	mail 203.0.113.2 192.0.2.20 x@elsewhere.example busybox
	wait_until queue_is_empty
	sleep 1
	cp /var/log/busybox "$out/busybox"
	postfix stop >>"$out/postfix" 2>&1

	# Both into the journal.
	kill %busybox "$(cat /run/exim.pid)"
	start_journald
	start_postfix
	start_exim
	mail 203.0.113.1 192.0.2.20 inbox@example.com journal
	mail 203.0.113.2 192.0.2.20 x@elsewhere.example journal
	mail 203.0.113.31 192.0.2.26 inbox@example.org journal
	mail 203.0.113.32 192.0.2.26 x@elsewhere.example journal
	wait_until queue_is_empty
	sleep 1
	for f in short short-iso short-precise short-full short-unix short-monotonic cat json; do
		journalctl --directory=/run/log/journal -o "$f" >"$out/journal-$f"
	done
	postfix stop >>"$out/postfix" 2>&1
} >"$out/said" 2>&1
kill $(jobs -p) "$(cat /run/exim.pid)"
chmod -R a+rX "$out"
