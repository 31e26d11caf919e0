# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2013 # words for other shells; $DIR, $prefix,
# $packages and $root are the test's and root.sh's
# SPDX-License-Identifier: GPL-2.0-only
#
# A mail host as Debian's packages leave it, in a root of its own, with a script in
# systemctl's place: for net/documents. Sourced after root.sh.

# at_host COMMAND...: on the mail host, in its root, with a root user's environment.
at_host() {
	in_root env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 PREFIX="$prefix" "$@"
}

# In systemd's place: does what a unit of ours says, and for other units nothing. It opens no
# sockets, so run writes the lists itself; tool/units tries the sockets under a systemd.
systemctl='#!/bin/bash
verb=$1 && shift
for u in "$@"; do
	case $u in --now) continue ;; *.timer) u=${u%.timer} ;; *.service) u=${u%.service} ;; esac
	unit=$(ls /usr/local/lib/systemd/system/$u.service /usr/lib/systemd/system/$u.service 2>/dev/null | head -n 1)
	case $u in nolist-xdp*) [ -n "$unit" ] || { echo "no unit $u" >&2; exit 5; } ;; *) continue ;; esac
	value() { sed -n "s/^$1=//p" "$unit"; }
	pid=$(cat "/run/$u.pid" 2>/dev/null)
	[ -z "$pid" ] || [ -d "/proc/$pid" ] || pid=
	case $verb in
	enable)
		mkdir -p /var/lib/nolist-xdp/lists
		if [ "$(value Type)" = oneshot ]; then
			$(value ExecStart) || [ $? = "$(value SuccessExitStatus)" ] || exit 1
		elif [ -z "$pid" ]; then
			setsid $(value ExecStart | sed "s/ --dump-by [^ ]*//") </dev/null >>/var/log/run.log 2>&1 &
			echo $! >"/run/$u.pid"
			for i in {1..300}; do # until it would say that it is ready
				! nolist-xdp status >/dev/null 2>&1 || exit 0
				sleep 0.1
			done
			cat /var/log/run.log
			exit 1
		fi
		;;
	reload)
		kill -HUP "$pid" || exit 1
		sleep 2
		;;
	disable)
		rm -f "/run/$u.pid"
		[ -z "$pid" ] || kill "$pid"
		while [ -n "$pid" ] && [ -d "/proc/$pid" ]; do sleep 0.1; done
		;;
	esac
done'

# A host as it is after "apt-get install postfix exim4 ...": these are Debian's own files.
host() {
	rm -f "$DIR/ready"
	# shellcheck disable=SC2086 # words
	root_up $packages
	user postfix 992
	user postdrop 993
	user Debian-exim 994
	user rbldns 990
	user _rspamd 989
	in_root tee /usr/local/bin/systemctl <<<"$systemctl" >/dev/null
	in_root bash -c '
		chmod +x /usr/local/bin/systemctl
		cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
		cp /usr/share/postfix/dynamicmaps.cf /etc/postfix/
		chown postfix /var/lib/postfix; chgrp postdrop /usr/sbin/post{drop,queue}
		chmod g+s /usr/sbin/post{drop,queue}
		mkdir -p /var/lib/rbldns /etc/exim4
		rm -f /etc/resolv.conf; echo "nameserver 127.0.0.1" >/etc/resolv.conf
		touch /etc/aliases
		grep -q "^spamd\|^debian-spamd" /etc/passwd || :
	'
	# As debconf writes it for an internet site.
	in_root tee /etc/postfix/main.cf >/dev/null <<-END
		compatibility_level = 3.6
		myhostname = mx.example.com
		mydestination = example.com, localhost
		mynetworks = 127.0.0.0/8
		alias_maps =
		local_recipient_maps =
		inet_interfaces = all
		inet_protocols = ipv4
		maillog_file = /var/log/mail.log
		mailbox_transport = discard:
	END
	in_root tee /etc/exim4/update-exim4.conf.conf >/dev/null <<-END
		dc_eximconfig_configtype='internet'
		dc_other_hostnames='example.com'
		dc_local_interfaces='127.0.0.1'
		dc_readhost=''
		dc_relay_domains=''
		dc_minimaldns='false'
		dc_relay_nets=''
		dc_smarthost=''
		CFILEMODE='644'
		dc_use_split_config='false'
		dc_hide_mailname=''
		dc_mailname_in_oh='true'
		dc_localdelivery='mail_spool'
	END
	in_root bash -c 'echo mx.example.com >/etc/mailname'
}

# Ends all that runs there: some of it has left its process group.
host_down() {
	local p is

	is=$(readlink "/proc/$root/ns/mnt")
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/ns/mnt")" != "$is" ] || kill -KILL "${p#/proc/}"
	done
	wait "$root" 2>/dev/null
}

# Answers for the ten large senders, and nothing for other names.
name_server() {
	{
		printf '%s\n' '$TTL 60' '@ SOA ns. h. 1 600 300 60 60' '@ NS ns.' 'ns A 127.0.0.1'
		for s in $(sed -n '/^senders="/,/"$/{s/senders=//;s/"//g;p}' scripts/providers.sh); do
			echo "$s TXT \"v=spf1 ip4:198.51.100.0/24 -all\""
		done
	} >"$DIR/root.zone"
	nsd_up 53 . root.zone
}
