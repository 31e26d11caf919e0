# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# Postfix as it comes, with its times in the lab's hours.
packages="postfix"

serve() {
	cat >/etc/postfix/main.cf <<-END
		compatibility_level = 3.6
		maillog_file = /var/log/mail.log
		myhostname = postfix.example
		mydestination =
		alias_maps =
		inet_interfaces = loopback-only
		smtp_helo_timeout = 5s
		queue_run_delay = $(life 300)s
		minimal_backoff_time = $(life 1200)s
		maximal_backoff_time = $(life 4000)s
	END
	scripts/mta.sh serve postfix
}

send() {
	sendmail -f joe@postfix.example "$1"
}
