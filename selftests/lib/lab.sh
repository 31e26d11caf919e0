# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2120,SC2317 # functions that tests and check() call
#
# For tests whose hosts are those of the demo (scripts/lab.sh): sourced after lib.sh.
# Each has a lab of its own, which goes away with the test.

cd "$TOP" || exit 1
mkdir -p build
NOLIST_LAB=$(mktemp -d build/lab.XXXXXX) && export NOLIST_LAB
lab=scripts/lab.sh

end_lab() {
	"$lab" down
	rm -rf "$NOLIST_LAB"
	rm -rf "$TMP"
}
trap end_lab EXIT

# lab_up [all]: builds it, with all mail servers if asked.
lab_up() {
	local out

	out=$("$lab" up "$@" 2>&1) || bail_out "the lab does not start: $out"
}

# at HOST COMMAND...
at() {
	"$lab" run "$@"
}

# in_mailbox SUBJECT: it was delivered to the real MX.
in_mailbox() {
	at mx grep -rqx "Subject: $1" /var/mail/example.com/new
}
