#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# shellcheck disable=SC2317 # functions that check() calls
#
# import --spam reads what rspamd and SpamAssassin's spamd write of today's messages: rspamd's own file,
# and spamd's lines beside a mail server's; also of messages whose id looks like other fields. The
# programs are unpacked below build/ and run in namespaces; nothing is installed.
packages="spamassassin spamd spamc rspamd"
# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh $packages"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
cd "$TOP" || exit 1

need sqlite3
DIR=$(mktemp -d "$BUILD/spam.XXXXXX")
chmod 755 "$DIR"
trap 'rm -rf "$DIR" "$TMP"' EXIT
topology ''
# shellcheck disable=SC2086 # a list of words
root_up $packages

# found: what the store has of each source: hours with spam, hours with mail that passed.
found() {
	sqlite3 "$STATE_DIR/evidence.db" "SELECT hex(source), sum(spam != 0), sum(ham != 0) FROM spam
		GROUP BY source ORDER BY source" | tr '\n' ' '
}

# mail SUBJECT ID
mail() {
	printf 'From: joe@example.net\nTo: inbox@example.com\nSubject: %s\nMessage-Id: %s\nDate: %s\n\nHello.\n' \
		"$1" "$2" "$(date -R)"
}

# --- rspamd ---

echo com >"$DIR/tld" # its own list of 9,000 takes half a minute to compile
echo /pills/ >"$DIR/pills.map"
echo /maybe/ >"$DIR/maybe.map"
touch "$DIR/rspamd.log"
chmod 666 "$DIR/rspamd.log"
cat >"$DIR/rspamd.conf" <<-END
	options {
		filters = "";
		url_tld = "$DIR/tld";
		disable_hyperscan = true;
		pidfile = "/run/rspamd.pid";
		cache_file = "/tmp/symbols.cache";
		local_addrs = [];
		dns { nameserver = "127.0.0.1:5353"; }
	}
	logging { type = "file"; filename = "$DIR/rspamd.log"; .include "/etc/rspamd/logging.inc" }
	worker "normal" { bind_socket = "127.0.0.1:11333"; count = 1; }
	modules { path = "/usr/share/rspamd/plugins/multimap.lua"; }
	lua = "/usr/share/rspamd/rules/rspamd.lua";
	actions { reject = 15; add_header = 6; }
	multimap {
		PILLS { type = "header"; header = "Subject"; regexp = true; map = "$DIR/pills.map"; score = 20; }
		MAYBE { type = "header"; header = "Subject"; regexp = true; map = "$DIR/maybe.map"; score = 7; }
	}
END
in_root rspamd -i -f -c "$DIR/rspamd.conf" >"$DIR/rspamd.err" 2>&1 &
rspamc() {
	in_root rspamc -h 127.0.0.1:11333 "$@" symbols >/dev/null
}
rspamd_runs() {
	mail test '<t@example.net>' | rspamc
}
check 'rspamd runs' wait_for 60 rspamd_runs
mail test '<1@example.net>' | rspamc -i 203.0.113.1
mail pills '<2@example.net>' | rspamc -i 203.0.113.2 -F joe@example.net -r inbox@example.com --header Queue-Id=4A1B2C3D02
mail maybe '<3@example.net>' | rspamc -i 203.0.113.3
mail pills '<4 5, ip: 9.9.9.9, (default: F (no action): [1.0/2.0] [],@example.net>' | rspamc -i 2001:db8:9::1
mail pills '<5@example.net>' | rspamc -i 203.0.113.5 -u user@example.com
# Its file is written with a delay.
all_written() {
	[ "$(grep -c 'rspamd_task_write_log' "$DIR/rspamd.log")" -ge 6 ]
}
check 'it has written of all' wait_for 30 all_written
run import --spam "$DIR/rspamd.log"
is "$status $(cat "$TMP/out" "$TMP/err")" '0 4 verdicts imported: 3 spam, 1 let through' "rspamd's own file is read"
is "$(found)" '0000000000000000CB007101|0|1 0000000000000000CB007102|1|0 0000000000000000CB007103|1|0 20010DB80009000000000000|1|0 ' \
	'each verdict counts for the address that the mail came from'

# --- SpamAssassin, beside postfix' lines ---

mkdir "$DIR/sa" "$DIR/rules"
echo 'loadplugin Mail::SpamAssassin::Plugin::Check' >"$DIR/sa/init.pre"
cat >"$DIR/rules/lab.cf" <<-END
	dns_available no
	use_bayes 0
	util_rb_tld com net example
	header PILLS Subject =~ /pills/
	score PILLS 12.5
END
chmod -R a+rX "$DIR"
in_root spamd --siteconfigpath="$DIR/sa" --configpath="$DIR/rules" -x -L -i 127.0.0.1:7783 -s stderr -m 1 -u nobody \
	>"$DIR/spamd.log" 2>&1 &
spamc() {
	in_root spamc -d 127.0.0.1 -p 7783 "$@" >/dev/null
}
spamd_runs() {
	mail test '<6@example.net>' | spamc -x
}
check 'spamd runs' wait_for 60 spamd_runs
mail pills '<7@example.net>' | spamc
mail pills '<8 9, (??) mid=<1@example.net>>' | spamc
mail pills '' | spamc
spamd_all() {
	[ "$(grep -c 'spamd: result:' "$DIR/spamd.log")" -ge 4 ]
}
check 'it has written of all' wait_for 30 spamd_all
at=$(date '+%b %e %T')
{
	for i in 6 7 8; do
		echo "$at mx postfix/smtpd[7]: 4A1B2C3D0$i: client=mail.example.net[203.0.113.$i]"
		case $i in
		8) id='<8 9, (??) mid=<1@example.net>>' ;;
		*) id="<$i@example.net>" ;;
		esac
		echo "$at mx postfix/cleanup[8]: 4A1B2C3D0$i: message-id=$id"
	done
	cat "$DIR/spamd.log"
} >"$DIR/mail.log"
sqlite3 "$STATE_DIR/evidence.db" 'DELETE FROM spam'
run import --spam "$DIR/mail.log"
is "$status $(cat "$TMP/out")" '3 3 verdicts imported: 2 spam, 1 let through' "spamd's lines beside postfix' are read"
check 'a message without an id is told' grep -q '1 verdicts are left out: the log does not say from which' "$TMP/err"
is "$(found)" '0000000000000000CB007106|0|1 0000000000000000CB007107|1|0 0000000000000000CB007108|1|0 ' 'and count for the clients of those messages'
kill "$root"
done_testing
