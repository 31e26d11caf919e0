# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2120,SC2317 # functions that tests and check() call
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

# lab_straight: straight4.example and straight6.example, whose only MX is the real one, in one family; smtplib
# and dma at the client, smtplib with sources of its own, 198.18.5.25, 198.18.5.26 and 2001:db8:105::25.
lab_straight() {
	must at mx postconf -e virtual_mailbox_domains=static:all
	must at mx postfix reload
	{
		printf '%s.\tMX\t10 mx4.straight.example.\n' straight4.example
		printf '%s.\tMX\t10 mx6.straight.example.\n' straight6.example
		printf 'mx4.straight.example.\tA\t192.0.2.20\n'
		printf 'mx6.straight.example.\tAAAA\t2001:db8:25::20\n'
	} >"$TMP/zone"
	# shellcheck disable=SC2016 # expanded there
	at dns bash -c '{ echo "\$ORIGIN ."; cat; } >>/etc/nsd/world.zone; kill -HUP $(cat /run/nsd/nsd.pid)' \
		<"$TMP/zone"
	must wait_for 10 at client getent ahosts mx6.straight.example
	must at client ip address add 198.18.5.25/32 dev eth0
	must at client ip address add 198.18.5.26/32 dev eth0
	must at client ip address add 2001:db8:105::25/128 dev eth0 nodad preferred_lft 0
	must at net ip route add 198.18.5.0/24 via 198.18.4.25
	must at net ip route add 2001:db8:105::25/128 via 2001:db8:104::25
	# shellcheck disable=SC2016
	must at client bash -c 'grep -q "^mail:" /etc/group || echo mail:x:8: >>/etc/group
		grep -q "^mail:" /etc/passwd || echo mail:x:8:8::/:/usr/sbin/nologin >>/etc/passwd
		mkdir -p /etc/dma /var/spool/dma; cp /usr/share/dma/dma.conf /etc/dma/dma.conf
		echo "MAILNAME client.example.org" >>/etc/dma/dma.conf
		chown root:mail /usr/sbin/dma /var/spool/dma; chmod 2755 /usr/sbin/dma; chmod 2775 /var/spool/dma'
}

# lab_key CONDITION SOURCE...: puts a key in force at mx, so that CONDITION is true of $1, $2, ... : in how many
# hours each of the sources passes for an hour though it is reset or dropped; 0: now. It holds for
# some minutes, as long as each load has it: --key "$LAB_KEY".
LAB_KEY=
lab_key() {
	local condition=$1 i when file=$PWD/$NOLIST_LAB/key

	for i in {1..3000}; do
		rm -f "$file"
		(umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' ' >"$file")
		when=$("$BUILD/selftests/lib/parole" "$file" "${@:2}") || return 1
		if [ "${when%% *}" -lt 240 ]; then
			sleep "${when%% *}"
			continue
		fi
		# shellcheck disable=SC2086 # words
		(set -- ${when#* }; eval "$condition") || continue
		LAB_KEY=$file
		at mx nolist-xdp load --key "$file" >/dev/null 2>&1
		return
	done
	return 1
}
