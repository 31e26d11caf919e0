#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Mail servers of the lab, each as its Debian package comes and with the lab's
# configuration (scripts/lab/HOST) on top. At a host that has the package:
#   scripts/mta.sh packages MTA        what scripts/fetch.sh must get for it
#   scripts/mta.sh serve MTA           run it
#   scripts/mta.sh submit MTA TO TEXT  give it a message with that subject
#   scripts/mta.sh retry MTA           try what is in its queue, all of it, now
#   scripts/mta.sh queue MTA           what is in its queue
#   scripts/mta.sh log MTA             what it has logged
# MTA: postfix, exim, sendmail, opensmtpd.

set -u

user() {
	grep -q "^$1:" /etc/group || echo "$1:x:$2:" >>/etc/group
	grep -q "^$1:" /etc/passwd || echo "$1:x:$2:$2::${3:-/nonexistent}:/usr/sbin/nologin" >>/etc/passwd
}

# Postfix writes whole seconds; puts milliseconds there ("Jan  1 00:00:00 host ...").
stamp() {
	local line

	while IFS= read -r line; do
		printf '%(%H:%M:%S)T.%s %s\n' "${EPOCHREALTIME%.*}" "${EPOCHREALTIME: -6:3}" "${line:16}"
	done
}

# --- what each package's installation would have done, then its server --------

serve_postfix() {
	user postfix 991
	user postdrop 992
	cp -n /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
	cp -n /usr/share/postfix/dynamicmaps.cf /etc/postfix/dynamicmaps.cf
	postconf -F '*/*/chroot = n'
	chown postfix /var/lib/postfix
	chgrp postdrop /usr/sbin/post{drop,queue}
	chmod g+s /usr/sbin/post{drop,queue}
	if [ "$(postconf -h maillog_file)" = /dev/stdout ]; then
		postfix start-fg 2>&1 | stamp >/var/log/mail.log
	else
		postfix start
	fi
}

serve_exim() {
	user Debian-exim 993
	mkdir -p /var/log/exim4 /var/spool/exim4
	chown -R Debian-exim:Debian-exim /var/log/exim4 /var/spool/exim4
	exim4 -q3s
}

# Logs through syslog alone. /dev is the machine's: its socket goes to a layer above.
serve_sendmail() {
	user smmta 994
	user smmsp 995
	mkdir -p /run/dev/{upper,work} /var/spool/mqueue
	mount -t overlay overlay -o lowerdir=/dev,upperdir=/run/dev/upper,workdir=/run/dev/work /dev
	echo 'mail.* /var/log/mail.log' >/etc/syslog.conf
	touch /var/log/mail.log
	chmod 700 /var/spool/mqueue
	m4 /etc/mail/lab.mc >/etc/mail/sendmail.cf
	touch /etc/mail/local-host-names
	syslogd --no-forward --no-klog
	until [ -S /dev/log ]; do
		sleep 0.1
	done
	/usr/libexec/sendmail/sendmail -q1h
}

serve_opensmtpd() {
	user opensmtpd 996 /var/lib/opensmtpd/empty
	user opensmtpq 997
	mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
	chmod 711 /var/spool/smtpd
	touch /etc/aliases
	# It does not start without certificates; the lab has none to verify.
	mkdir -p /etc/ssl/certs
	touch /etc/ssl/certs/ca-certificates.crt
	# It is one program by two names; the package's links say so.
	chgrp opensmtpq /usr/sbin/smtpctl
	chmod g+s /usr/sbin/smtpctl
	ln -sf smtpctl /usr/sbin/sendmail
	exec smtpd -d >>/var/log/mail.log 2>&1
}

# --- using it -----------------------------------------------------------------

message() {
	printf 'Subject: %s\n\nHello.\n' "$1"
}

submit() {
	case $1 in
	postfix) message "$3" | sendmail -f joe@example.net "$2" ;;
	exim) message "$3" | exim4 -f ann@example.org "$2" ;;
	sendmail) message "$3" | /usr/libexec/sendmail/sendmail -Am -odb -f sue@example.net "$2" ;;
	opensmtpd) message "$3" | sendmail -f tom@example.org "$2" ;;
	esac
}

retry() {
	case $1 in
	postfix) postqueue -f ;;
	exim) exim4 -qff ;;
	sendmail) /usr/libexec/sendmail/sendmail -q ;;
	opensmtpd)
		smtpctl show routes | sed 's/^\([0-9]*\).*/\1/' | xargs -r -n 1 smtpctl resume route
		smtpctl schedule all
		;;
	esac
}

queue() {
	case $1 in
	postfix) postqueue -p ;;
	exim) exim4 -bp ;;
	sendmail) /usr/libexec/sendmail/sendmail -Am -bp ;;
	opensmtpd) smtpctl show queue ;;
	esac
}

log() {
	case $1 in
	exim) cat /var/log/exim4/mainlog ;;
	*) cat /var/log/mail.log ;;
	esac
}

packages() {
	case $1 in
	postfix) echo postfix ;;
	exim) echo exim4-daemon-light ;;
	sendmail) echo sendmail-bin inetutils-syslogd ;;
	opensmtpd) echo opensmtpd ;;
	esac
}

case "${1-} ${2-}" in
"serve "*) "serve_$2" ;;
"submit "* | "retry "* | "queue "* | "log "* | "packages "*) "$@" ;;
*) sed -n '3,/^$/s/^# \{0,1\}//p' "$0" ;;
esac
