# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# OpenSMTPD as its package comes, but for delays of seconds, which would be hours here. Its retry
# times cannot be set: the queue is run as by hand.
packages="opensmtpd"

serve() {
	cat >/etc/smtpd.conf <<-END
		mta limit session-keepalive $(life 10)
		mta limit conn-delay-relay 0
		mta limit conn-delay-route 0
		listen on socket
		action "relay" relay helo opensmtpd.example
		match from local for any action "relay"
	END
	scripts/mta.sh serve opensmtpd
}

send() {
	/usr/sbin/smtpctl encrypt x >/dev/null 2>&1 || :
	sendmail -f joe@opensmtpd.example "$1"
}

again() {
	scripts/mta.sh retry opensmtpd
}
