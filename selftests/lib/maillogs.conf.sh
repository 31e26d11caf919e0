# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034
#
# Configurations of the servers in maillogs.sh.

rsyslog_conf() {
	cat <<-'END'
		module(load="imuxsock")
		$FileCreateMode 0644
		*.* action(type="omfile" file="/var/log/short" template="RSYSLOG_TraditionalFileFormat")
		*.* action(type="omfile" file="/var/log/iso" template="RSYSLOG_FileFormat")
		*.* action(type="omfile" file="/var/log/rfc5424" template="RSYSLOG_SyslogProtocol23Format")
	END
}

milter='
import Milter
class Filter(Milter.Base):
	def __init__(self):
		self.subject = ""
	@Milter.noreply
	def header(self, name, value):
		if name.lower() == "subject":
			self.subject = value.strip()
		return Milter.CONTINUE
	def eom(self):
		if self.subject == "code":
			self.setreply("550", "5.7.1", "Spam message rejected")
			return Milter.REJECT
		if self.subject == "plain":
			return Milter.REJECT
		return Milter.TEMPFAIL if self.subject == "later" else Milter.ACCEPT
Milter.factory = Filter
Milter.runmilter("lab", "inet:10030@127.0.0.1", 60)
'

postfix_main() {
	cat <<-'END'
		compatibility_level = 3.6
		myhostname = mx.example.com
		mydestination = lists.example.com
		inet_interfaces = all
		alias_maps = hash:/etc/postfix/aliases
		local_recipient_maps =
		virtual_mailbox_domains = example.com
		virtual_mailbox_base = /var/mail
		virtual_mailbox_maps = static:example.com/
		virtual_minimum_uid = 1
		virtual_uid_maps = static:8
		virtual_gid_maps = static:8
		default_transport = discard
		smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
		header_checks = regexp:/etc/postfix/header_checks
		smtpd_peername_lookup = yes
		smtpd_sasl_path = smtpd
		cyrus_sasl_config_path = /etc/postfix/sasl
		smtpd_sasl_auth_enable = yes
		broken_sasl_auth_clients = no
		postscreen_access_list = cidr:/etc/postfix/deny.cidr
		postscreen_blacklist_action = enforce
		postscreen_greet_wait = 1s
		postscreen_cache_map =
		postscreen_upstream_proxy_protocol =
	END
}

postfix_master() {
	local a

	cat <<-'END'
		192.0.2.20:25 inet n - n - - smtpd
		[2001:db8:25::20]:25 inet n - n - - smtpd
		192.0.2.20:587 inet n - n - - smtpd
		  -o syslog_name=postfix/submission
		192.0.2.21:25 inet n - n - - smtpd
		  -o smtpd_proxy_filter=127.0.0.1:10025 -o smtpd_sasl_auth_enable=no
		127.0.0.1:10025 inet n - n - - smtpd
		  -o smtpd_authorized_xforward_hosts=127.0.0.1 -o smtpd_sasl_auth_enable=no
		192.0.2.22:25 inet n - n - - smtpd
		  -o smtpd_milters=inet:127.0.0.1:10030
		192.0.2.23:25 inet n - n - 1 postscreen
		smtpd pass - - n - - smtpd
		192.0.2.24:25 inet n - n - - smtpd
		  -o smtpd_client_port_logging=yes
		192.0.2.25:25 inet n - n - - smtpd
		  -o syslog_name=mailin
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		postlog unix-dgram n - n - 1 postlogd
	END
	for a in rewrite:trivial-rewrite bounce:bounce defer:bounce trace:bounce verify:verify \
		proxymap:proxymap smtp:smtp relay:smtp error:error retry:error discard:discard \
		lmtp:lmtp anvil:anvil scache:scache dnsblog:dnsblog; do
		echo "${a%:*} unix - - n - 0 ${a#*:}"
	done
	for a in flush showq; do
		echo "$a unix n - n - 0 $a"
	done
	for a in local virtual; do
		echo "$a unix - n n - - $a"
	done
}

exim_conf() {
	cat <<-'END'
		primary_hostname = mx.example.org
		local_interfaces = <; 192.0.2.26 ; 2001:db8:25::26
		log_file_path = syslog : /var/log/exim4/%slog
		log_selector = +incoming_port +incoming_interface +pid
		keep_environment =
		tls_advertise_hosts =
		host_lookup =
		rfc1413_hosts =
		acl_smtp_connect = connect
		acl_smtp_rcpt = rcpt
		acl_smtp_data = data
		begin acl
		connect:
		  drop hosts = 203.0.113.35
		       message = 203.0.113.35 contacts only fake mail exchangers
		  accept
		rcpt:
		  accept authenticated = *
		  deny domains = ! example.org
		  accept
		data:
		  deny condition = ${if eq{$h_subject:}{spam}}
		       message = spam
		  accept
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = yes
		  server_set_id = $auth2
		begin routers
		all:
		  driver = redirect
		  data = :blackhole:
	END
}
