# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# Haraka, as an outgoing server for this host.
packages=""
modules="Haraka@3.3.4"

serve() {
	mkdir -p /etc/haraka/config /etc/haraka/queue
	node build/npm/node_modules/Haraka/bin/haraka -i /etc/haraka
	(
		cd /etc/haraka/config || exit
		# An address of its own, so that it does not ask outside.
		printf 'listen=127.0.0.1:25\nnodes=0\npublic_ip=198.18.0.1\n' >smtp.ini
		echo relay >plugins
		printf '[relay]\nacl=true\n' >relay.ini
		echo 127.0.0.1/32 >relay_acl_allow
		echo haraka.example >me
		printf 'temp_fail_intervals=%ss*40\n' "$(life 3600)" >outbound.ini
	)
	node build/npm/node_modules/Haraka/bin/haraka -c /etc/haraka >/var/log/mail.log 2>&1
}

send() {
	/usr/bin/python3 -c '
import smtplib, sys
with smtplib.SMTP("127.0.0.1") as smtp:
    smtp.sendmail("joe@haraka.example", [sys.argv[1]], sys.stdin.read())' "$1"
}
