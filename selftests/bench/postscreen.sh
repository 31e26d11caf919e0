#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs postfix' postscreen at 192.0.2.1, port 25, as fast as it can refuse, in what
# scripts/inroot.sh makes. docs/bench.md says what it is given and why.
#
# usage: scripts/inroot.sh postfix -- selftests/bench/postscreen.sh
set -eu

# What the package's installation would have done.
echo 'postfix:x:991:
postdrop:x:992:' >>/etc/group
echo 'postfix:x:991:991::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
chown postfix /var/lib/postfix
chgrp postdrop /usr/sbin/post{drop,queue}
cp /usr/share/postfix/dynamicmaps.cf /etc/postfix/

cat >/etc/postfix/main.cf <<'END'
compatibility_level = 3.6
myhostname = mx.example.com
inet_interfaces = 192.0.2.1
inet_protocols = ipv4
smtpd_banner = $myhostname ESMTP
postscreen_access_list =
# A backup MX: nobody is handed to smtpd, each gets 450 at RCPT.
postscreen_allowlist_interfaces = !192.0.2.1, static:all
postscreen_pipelining_enable = yes
# They have waited for their turn before: no wait, at least a second, for each session.
postscreen_cache_map = btree:$data_directory/postscreen_cache
postscreen_cache_cleanup_interval = 0
postscreen_discard_ehlo_keywords = pipelining size vrfy etrn starttls auth enhancedstatuscodes 8bitmime dsn smtputf8 chunking
postscreen_client_connection_count_limit = 0
postscreen_pre_queue_limit = 1000
postscreen_post_queue_limit = 1000
tls_random_source =
END
cat >/etc/postfix/master.cf <<'END'
25 inet n - n - 1 postscreen
END
# By client: until when each of five tests is passed. The greeting's for good.
for ((i = 0; i < 64; i++)); do
	echo "198.18.0.$i 4000000000;4000000000;0;0;0"
done >/tmp/cache
postmap btree:/tmp/cache
install -o postfix -m 600 /tmp/cache.db /var/lib/postfix/postscreen_cache.db
postfix check
# Its own process group, or it cannot end what it started.
exec setsid /usr/lib/postfix/sbin/master -d
