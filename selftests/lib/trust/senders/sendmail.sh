# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# sendmail with its generic configuration for Linux, which delivers on a busy machine as well. Its
# queue is run once an hour.
packages="sendmail-bin inetutils-syslogd"

serve() {
	mkdir -p /etc/mail
	cat >/etc/mail/lab.mc <<-END
		divert(0)dnl
		include(\`/usr/share/sendmail/cf/m4/cf.m4')dnl
		OSTYPE(\`linux')dnl
		DOMAIN(\`generic')dnl
		define(\`confDOMAIN_NAME', \`sendmail.example')dnl
		define(\`confTO_IDENT', \`0s')dnl
		define(\`confTO_HOSTSTATUS', \`$(life 1800)s')dnl
		define(\`confTO_INITIAL', \`5s')dnl
		define(\`confQUEUE_LA', \`9999')dnl
		define(\`confREFUSE_LA', \`9999')dnl
		define(\`confMIN_QUEUE_AGE', \`$(life 1800)s')dnl
		MAILER(\`local')dnl
		MAILER(\`smtp')dnl
	END
	scripts/mta.sh serve sendmail
}

send() {
	/usr/libexec/sendmail/sendmail -Am -odb -f joe@sendmail.example "$1"
}

again() {
	/usr/libexec/sendmail/sendmail -Am -q
}
