# shellcheck shell=bash disable=SC2317 # functions that check() calls
# SPDX-License-Identifier: GPL-2.0-only
#
# For labs whose mail host runs the policy service: sourced after lab.sh.

# asked ADDRESS: what the service says of it.
asked() {
	printf '%s\n' request=smtpd_access_policy protocol_state=RCPT "client_address=$1" '' |
		at mx timeout 3 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9827; cat >&3; head -n 1 <&3'
}
answers() {
	[[ "$(asked "$1")" =~ ^action=$2 ]]
}
pids() {
	at mx pgrep -f 'nolist-xdp.* policyd'
}
