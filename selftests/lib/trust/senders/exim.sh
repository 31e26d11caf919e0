# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# Exim with Debian's times: it remembers for hours that the low fake has refused it.
packages="exim4-daemon-light"

serve() {
	user Debian-exim 993
	mkdir -p /etc/exim4
	cat >/etc/exim4/exim4.conf <<-END
		primary_hostname = exim.example
		log_file_path = /var/log/exim4/%slog
		keep_environment =
		begin routers
		by_dns:
			driver = dnslookup
			transport = smtp
		begin transports
		smtp:
			driver = smtp
			command_timeout = 5s
		begin retry
		* * F,$(life 7200)s,$(life 900)s; G,$(life 57600)s,$(life 3600)s,1.5; F,$(life 345600)s,$(life 21600)s
	END
	mkdir -p /var/log/exim4 /var/spool/exim4
	chown -R Debian-exim:Debian-exim /var/log/exim4 /var/spool/exim4
	exim4 -bd -oX 127.0.0.1.25 -q"$(life 1800)s"
}

send() {
	exim4 -f joe@exim.example "$1"
}
