# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# Courier, which keeps a connection open for a minute after its last message.
packages="courier-mta"

serve() {
	user courier 995
	mkdir -p /var/lib/courier/{allfilters,filters,msgq,msgs,tmp,track} /run/courier /etc/courier/aliasdir
	chown -R courier:courier /var/lib/courier /run/courier
	chown root:courier /etc/courier/{aliases,aliases/system,esmtpauthclient,aliasdir}
	chown courier:courier /usr/bin/mailq /usr/bin/cancelmsg /usr/lib/courier/courier/submitmkdir
	chmod 2755 /usr/bin/mailq
	chmod 6755 /usr/bin/cancelmsg
	chown root:courier /usr/sbin/sendmail
	chmod 2755 /usr/sbin/sendmail
	chmod 4755 /usr/lib/courier/courier/submitmkdir
	(
		cd /etc/courier || exit
		echo courier.example | tee me defaultdomain /etc/mailname >/dev/null
		echo localhost >locals
		echo postmaster@courier.example >dsnfrom
		life 60 >esmtptimeoutkeepalive
		life 300 >retryalpha
		echo 3 >retrybeta
		life 900 >retrygamma
		echo 2 >retrymaxdelta
	)
	makealiases
	courier start
}

send() {
	sendmail -f joe@courier.example "$1"
}
