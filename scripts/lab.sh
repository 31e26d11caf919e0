#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A small internet in namespaces, for the demo, the tests, and to play:
#   scripts/lab.sh up [all]        build it and start its servers; all: all hosts
#   scripts/lab.sh fetch [all]     only fetch what it needs
#   scripts/lab.sh run HOST CMD... run a command at a host (a shell without CMD)
#   scripts/lab.sh down            take it down
#
#   sender   198.51.100.25  2001:db8:100::25  a good sender: postfix
#   exim     198.18.1.25    2001:db8:101::25  another one: exim
#   bot      203.0.113.66   2001:db8:bad::66  tries the last MX only
#   dns      198.18.53.53   2001:db8:53::53   nsd, zones in scripts/lab/dns
#   mx       192.0.2.10 low fake, .20 real MX (postfix), .30 high fake
#                           2001:db8:25::20 real MX, ::30 high fake
#   net      the router between them; its interfaces are named after the hosts
# and of "all":
#   sendmail 198.18.2.25    2001:db8:102::25  a good sender: sendmail
#   opensmtpd 198.18.3.25   2001:db8:103::25  another one: OpenSMTPD
#   client   198.18.4.25    2001:db8:104::25  mail clients (mailwith)
#
# A host is a process with namespaces of its own (network, mounts, pids, name) in
# the root that scripts/inroot.sh makes, with the files in scripts/lab/HOST on
# top. All it does and holds ends with that process. NOLIST_LAB, a directory
# below build/, keeps labs apart that run at the same time.

set -u
cd "$(dirname "$0")/.." || exit 1

lab=${NOLIST_LAB:-build/lab}
hosts="net dns mx sender exim bot"
all_hosts="$hosts sendmail opensmtpd client"

die() {
	printf 'lab.sh: %s\n' "$@" >&2
	exit 1
}

# What each host runs, is called, and is addressed by.
packages_of() {
	case $1 in
	net) echo tcpdump ;;
	dns) echo nsd ;;
	client) echo msmtp s-nail libio-socket-inet6-perl dma ;;
	*) scripts/mta.sh packages "$(mta_of "$1")" ;;
	esac
}
mta_of() {
	case $1 in
	mx | sender) echo postfix ;;
	exim | sendmail | opensmtpd) echo "$1" ;;
	esac
}
name_of() {
	case $1 in
	net) echo router.lab ;;
	dns) echo ns.lab ;;
	mx) echo mx.example.com ;;
	sender) echo postfix.example.net ;;
	exim) echo exim.example.org ;;
	sendmail) echo sendmail.example.net ;;
	opensmtpd) echo opensmtpd.example.org ;;
	client) echo client.example.org ;;
	bot) echo dsl-66.dynamic.example.edu ;;
	esac
}
addresses_of() {
	case $1 in
	dns) echo 198.18.53.53/24 2001:db8:53::53/64 ;;
	mx) echo 192.0.2.20/24 192.0.2.10/24 192.0.2.30/24 2001:db8:25::20/64 2001:db8:25::30/64 ;;
	sender) echo 198.51.100.25/24 2001:db8:100::25/64 ;;
	exim) echo 198.18.1.25/24 2001:db8:101::25/64 ;;
	sendmail) echo 198.18.2.25/24 2001:db8:102::25/64 ;;
	opensmtpd) echo 198.18.3.25/24 2001:db8:103::25/64 ;;
	client) echo 198.18.4.25/24 2001:db8:104::25/64 ;;
	bot) echo 203.0.113.66/24 2001:db8:bad::66/64 ;;
	esac
}
# The router's address in the net of "$1" is its first one (.1, ::1).
gateway_of() {
	case $1 in
	*:*) echo "${1%::*}::1" ;;
	*) echo "${1%.*}.1" ;;
	esac
}

# The process that holds a host, if it is still the one that "up" started.
pid_of() {
	local pid ns

	read -r pid ns 2>/dev/null <"$lab/$1/pid" &&
		[ "$(readlink "/proc/$pid/ns/pid")" = "$ns" ] && echo "$pid"
}

# Runs $2... at host $1.
run() {
	local host=$1 pid

	shift
	pid=$(pid_of "$host") || die "there is no host '$host' up; hosts: $hosts"
	nsenter -t "$pid" -m -u -n -p -r -w -- \
		env HOME=/root PATH="$PWD/build:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$@"
}

# Waits up to $1 seconds until $2... succeeds.
poll() {
	local end=$((SECONDS + $1 * ${NOLIST_PATIENCE:-1}))

	shift
	until ("$@") 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# --- inside a host's root, as its process 1 ---

init() {
	local host=$1

	hostname "$(name_of "$host")"
	mount --bind "$lab/$host/log" /var/log
	rm -f /etc/resolv.conf /etc/hosts
	printf 'nameserver 198.18.53.53\n' >/etc/resolv.conf
	printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
	printf 'hosts: files dns\npasswd: files\ngroup: files\nshadow: files\n' >/etc/nsswitch.conf
	if [ -d "scripts/lab/$host" ]; then
		umask 022
		cp -r "scripts/lab/$host/." /
	fi
	ip link set lo up
	if [ "$host" = net ]; then
		echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	fi
	touch /run/ready
	# Process 1 must reap what others leave behind; bash does so while it waits.
	while :; do
		sleep infinity &
		wait
	done
}

serve() {
	case $1 in
	dns)
		mkdir -p /run/nsd /var/lib/nsd
		exec nsd -d
		;;
	mx)
		mkdir -p /var/mail/example.com
		chown 8:8 /var/mail/example.com
		;;
	esac
	exec scripts/mta.sh serve "$(mta_of "$1")"
}

# --- outside ---

# Called through unshare: /proc is still the machine's, so our number there is the machine's.
hold() {
	local host=$1 pid rest

	# shellcheck disable=SC2034 # the rest of the line
	read -r pid rest </proc/self/stat
	echo "$pid $(readlink /proc/self/ns/pid)" >"$lab/$host/pid"
	# shellcheck disable=SC2046 # a list of words
	exec scripts/inroot.sh $(packages_of "$host") -- scripts/lab.sh _init "$host"
}

create() {
	local host=$1

	rm -rf "${lab:?}/$host"
	mkdir -p "$lab/$host/log"
	setsid unshare --net --uts --ipc --pid --fork --mount --kill-child \
		"$0" _hold "$host" </dev/null >"$lab/$host/log/init" 2>&1 &
	poll 10 run "$host" test -e /run/ready ||
		die "host '$host' does not start; see $lab/$host/log/init:" "$(cat "$lab/$host/log/init")"
}

connect() {
	local host=$1 a nodad gateway

	run net ip link add "$host" type veth peer name eth0
	a=$(pid_of "$host")
	nsenter -t "$(pid_of net)" -n ip link set eth0 netns "$a"
	run net ip link set "$host" up
	run "$host" ip link set eth0 up
	for a in $(addresses_of "$host"); do
		nodad=
		[[ $a != *:* ]] || nodad=nodad
		gateway=$(gateway_of "${a%/*}")
		run "$host" ip address add "$a" dev eth0 $nodad
		run net ip address replace "$gateway/${a#*/}" dev "$host" $nodad
		run "$host" ip route replace default via "$gateway"
	done
}

listens() {
	run "$1" bash -c "exec 3<>/dev/tcp/$2/$3"
}

fetch() {
	local host

	# shellcheck disable=SC2046 # a list of words
	scripts/fetch.sh $(for host in $hosts; do packages_of "$host"; done) || exit 1
}

# What is missing is named before anything is made.
need() {
	local it

	mountpoint -q / || die "'/' is no mount point, as in a chroot: mount --bind ROOT ROOT before"
	for it in ip nsenter unshare setsid; do
		command -v "$it" >/dev/null ||
			die "'$it' is not installed: scripts/deps.sh demo installs what the lab needs"
	done
	for it in "$@"; do
		[ -e "$it" ] || die "'$it' is not built: make $*"
	done
}

up() {
	local host pass=build/selftests/lib/xdp_pass.bpf.o

	[ "$(id -u)" = 0 ] || die "needs root"
	need build/nolist-xdp $pass
	down
	fetch
	for host in $hosts; do
		create "$host"
	done
	for host in ${hosts#net}; do
		connect "$host"
	done
	# Without a program at the far end of the pair, what XDP answers is lost.
	run net ip link set dev mx xdp object $pass section xdp || die "cannot load $pass"
	for host in $hosts; do
		case $host in
		net | bot | client) ;;
		*) run "$host" scripts/lab.sh _serve "$host" </dev/null >>"$lab/$host/log/init" 2>&1 & ;;
		esac
	done
	poll 10 grep -q "nsd started" "$lab/dns/log/init" || die "no DNS; see $lab/dns/log/init"
	for host in $hosts; do
		case $host in
		mx | sender)
			poll 20 grep -q "daemon started" "$lab/$host/log/mail.log" ||
				die "postfix does not start; see $lab/$host/log"
			;;
		sendmail | opensmtpd)
			poll 20 grep -q "starting" "$lab/$host/log/mail.log" ||
				die "$host does not start; see $lab/$host/log"
			;;
		esac
	done
	poll 10 listens mx 192.0.2.20 25 || die "the real MX does not answer; see $lab/mx/log"
}

down() {
	local host pid

	for host in $all_hosts; do
		if pid=$(pid_of "$host" 2>/dev/null); then
			kill -KILL "$pid"
			poll 10 test ! -e "/proc/$pid"
		fi
		rm -f "$lab/$host/pid"
	done
}

command=${1-}
[ $# -gt 0 ] && shift
case $command in
fetch | up)
	[ "${1-}" != all ] || hosts=$all_hosts
	$command
	;;
down) down ;;
run)
	[ $# -gt 0 ] || die "usage: lab.sh run HOST [COMMAND]..."
	[ $# -gt 1 ] || set -- "$1" bash
	run "$@"
	;;
_init | _hold | _serve) "${command#_}" "$@" ;;
*) sed -n '3,/^$/s/^# \{0,1\}//p' "$0" ;;
esac
