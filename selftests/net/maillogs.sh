#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# audit counts what real servers log: smtpd, postscreen, cleanup with a milter, a filter before
# the queue, submission, an instance of another name, exim; written by postfix itself, exim
# itself, rsyslog in three forms, busybox and the journal. Why it matters: lines that we make
# up are of the form that we think of. unit/maillog has a short form of these logs.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh postfix exim4-daemon-light python3-milter rsyslog sasl2-bin libsasl2-modules
	libsasl2-modules-db busybox-static systemd"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need jq
topology ''
judge_setup
cd "$TOP" || exit 1
mkdir -p build
logs=$(mktemp -d build/maillogs.XXXXXX)
trap 'rm -rf --one-file-system "$TMP" "$logs"' EXIT

ip link set lo up
for a in 192.0.2.{20..26} 203.0.113.{1..19} 203.0.113.{31..35}; do
	ip addr add "$a/32" dev lo
done
for a in 2001:db8:25::20 2001:db8:25::26 2001:db8:5:1::1 2001:db8:5:2::1; do
	ip addr add "$a/128" dev lo nodad
done
unshare --uts --ipc scripts/inroot.sh postfix exim4-daemon-light python3-milter rsyslog sasl2-bin \
	libsasl2-modules libsasl2-modules-db busybox-static systemd -- \
	bash selftests/lib/maillogs.sh "$logs" >"$TMP/said" 2>&1
sed 's/^/# /' "$logs/said"
[ -z "${NOLIST_KEEP_LOGS:-}" ] || cp -r "$logs" "$NOLIST_KEEP_LOGS"

# counts FILE WANTED NAME: of audit's document; nobody is listed, which is a warning.
counts() {
	run audit "$logs/$1" -c "$CONF" --json
	is "$status $(jq -c "$all" "$TMP/out")" "3 $2" "$3"
}

# shellcheck disable=SC2154 # of judge.sh
all='[.accepted, .refused, .blocked, .messages.all, .messages.clientless, .messages.own, .messages.submitted, .unread]'
for form in short iso; do
	counts "postfix-$form" '[8,8,1,13,0,3,2,0]' "postfix, as rsyslog writes it: $form"
	counts "exim-$form" '[2,3,1,3,0,0,1,0]' "exim, as rsyslog writes it: $form"
done
# There rsyslog has no place for "/submission/smtpd": who is refused there counts.
counts postfix-rfc5424 '[8,9,1,13,0,3,2,0]' 'postfix, in fields'
counts exim-rfc5424 '[2,3,1,3,0,0,1,0]' 'exim, in fields'
counts exim-mainlog '[2,3,1,3,0,0,1,0]' "exim's own log"
counts own '[1,1,0,1,0,0,0,0]' "postfix' own log, of another name"
counts busybox '[1,1,0,1,0,0,0,0]' 'postfix, as busybox writes it'
for form in short short-iso short-precise short-full short-unix; do
	counts "journal-$form" '[2,2,0,2,0,0,0,0]' "both, as journalctl -o $form writes them"
done
# Without a time, or in JSON: said, and never taken for a log in which nobody delivered.
for form in short-monotonic cat json; do
	run audit "$logs/journal-$form" -c "$CONF"
	is "$status $(grep -c 'lines that look like .* are not understood' "$TMP/err")" '1 1' \
		"journalctl -o $form is not understood, and that is told"
done
for f in "$logs"/{postfix-iso,exim-iso,own,busybox}; do
	echo "# $f: $(wc -l <"$f") lines"
done
done_testing
