# shellcheck shell=bash disable=SC2016,SC2034 # zones have a $; for the tests
# SPDX-License-Identifier: GPL-2.0-only
#
# For the tests of trust/, sourced after lib.sh: a small internet in which an hour is ten
# seconds. The program is a build of its own with such an hour (bpf/abi.h), the rules are the
# defaults, and each site, with a real MX of its own, meets all senders at once:
#
#	host NAME ADDRESS...  a network of its own at the router
#	site NAME             a mail site: low fake, real MX, high fake, in both families
#	site_up NAME          and its servers
#	policy_site NAME      a site whose real MX asks policyd: policy = defer
#	policy_up NAME        and that service, once the site is loaded
#	hour N                waits until that hour; the first is that in which the sites were loaded
#	watch UNTIL           collects and dumps at all sites, and notes who comes on a list and off;
#	                      its process is $watcher
#
# $DIR, below build/, is what programs in other roots see of the test's files.

cd "$TOP" || exit 1
HOUR_S=${NOLIST_HOUR:-10}
DIR=$(mktemp -d "$TOP/build/trust.XXXXXX")
# Another test may build it anew meanwhile.
TOOL=$DIR/nolist-xdp
if [ "$HOUR_S" = 3600 ]; then
	must cp "$BUILD"/nolist-xdp{,-policyd} "$DIR"
else
	must cp "$TOP/build-hour-$HOUR_S"/nolist-xdp{,-policyd} "$DIR"
fi
trap 'rm -rf --one-file-system "$TMP" "$DIR"' EXIT

NS4=198.18.53.53 NS6=2001:db8:53::53

# --- hosts ---------------------------------------------------------------------

at() {
	nsenter --net=/run/netns/"$1" "${@:2}"
}

gateway_of() {
	case $1 in
	*:*) echo "${1%::*}::fe" ;;
	*) echo "${1%.*}.254" ;;
	esac
}

# host NAME ADDRESS/LEN...: the router is .254 and ::fe of each network, and the way to all others.
host() {
	local name=$1 a gateway

	quiet_netns "$name"
	must ip -n net link add dev "$name" type veth peer name eth0 netns "$name"
	must ip -n net link set dev "$name" up
	must ip -n "$name" link set eth0 up
	shift
	for a; do
		must ip -n "$name" address add "$a" dev eth0
		gateway=$(gateway_of "${a%/*}")
		must ip -n net address replace "$gateway/${a#*/}" dev "$name"
		must ip -n "$name" route replace default via "$gateway"
	done
}

router_up() {
	quiet_netns net
	# It asks for its neighbours from addresses of the link.
	must at net sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv6.conf.default.addr_gen_mode=0
	must ip -n net link set lo up
}

# root_of NAME PACKAGE... -- COMMAND...: in a root that has the packages, at host NAME, until the
# test ends; what it says is in $DIR/NAME/log/init.
root_of() {
	local name=$1

	shift
	mkdir -p "$DIR/$name/log"
	at "$name" env -u NOLIST_TEST_NS DIR="$DIR" HOUR_S="$HOUR_S" NOLIST_NAME="$name" \
		scripts/inroot.sh "$@" </dev/null >"$DIR/$name/log/init" 2>&1 &
}

# in_root_of NAME COMMAND...: there, as soon as it is.
in_root_of() {
	local pid

	pid=$(cat "$DIR/$1/pid")
	nsenter -t "$pid" -n -m -r -w -- env HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DIR="$DIR" HOUR_S="$HOUR_S" NOLIST_NAME="$1" "${@:2}"
}

# --- sites ---------------------------------------------------------------------

sites=()
declare -A site_number

# address SITE FAMILY ROLE: of low, real, high.
address() {
	local n=${site_number[$1]} role

	case $3 in
	low) role=1 ;;
	real) role=2 ;;
	high) role=3 ;;
	esac
	if [ "$2" = 4 ]; then
		echo "192.0.$n.$role"
	else
		echo "2001:db8:25:$n::$role"
	fi
}

# site NAME [LINE]...: lines of its configuration besides those that each has. Low fake and real MX
# are in the $families, 4 and 6 unless given; the high fake in the $high_families.
site() {
	local name=$1 n=$((${#sites[@]} + 1)) family role line of

	sites+=("$name")
	site_number[$name]=$n
	host "$name" 192.0.$n.{1,2,3}/24 2001:db8:25:$n::{1,2,3}/64
	mkdir -p "$DIR/$name/state"
	{
		printf 'interface = {"eth0"}\n'
		# All of these are documentation's.
		printf 'never-list-except = {"198.18.0.0/15", "2001:db8::/32"}\n'
		for role in low real high; do
			of=${families:-4 6}
			[ $role != high ] || of=${high_families:-$of}
			for family in $of; do
				printf '%s = {"%s"}\n' $role "$(address "$name" "$family" $role)"
			done
		done
		shift
		for line; do
			echo "$line"
		done
	} >"$DIR/$name/conf"
}

# zone_of SITE [PREFERENCE-OF-LOW REAL HIGH [FAMILIES]]: its domain is SITE.example.
zone_of() {
	local name=$1 p=("${@:2:3}") family role type

	[ ${#p[@]} -gt 0 ] || p=(10 20 30)
	for role in low real high; do
		echo "$name.example. MX ${p[0]} $role.$name.example."
		p=("${p[@]:1}")
		for family in ${5:-4 6}; do
			type=A
			[ "$family" = 4 ] || type=AAAA
			echo "$role.$name.example. $type $(address "$name" "$family" $role)"
		done
	done
}

# nolist_at SITE COMMAND...
nolist_at() {
	at "$1" "$TOOL" "${@:2}" -c "$DIR/$1/conf" --pin-dir "/sys/fs/bpf/$1" --state-dir "$DIR/$1/state"
}

load_site() {
	nolist_at "$1" load >"$DIR/$1/load" 2>&1 || bail_out "$1: $(cat "$DIR/$1/load")"
}

# The far end of a pair needs a program as well.
pass_to() {
	must at net ip link set dev "$1" xdp obj "$BUILD/selftests/lib/xdp_pass.bpf.o" sec xdp
}

# --- deferring who has not walked ---------------------------------------------------

# A wait of two hours, so that nobody is verified by its own first mail.
policy_site() {
	site "$1" "policy = defer" "list = {\"policy $DIR/$1/state/lists/policy\"}" "greylist-wait = $((2 * HOUR_S))s"
}

policy_up() {
	touch "$DIR/$1/policy" # for watch
	must nolist_at "$1" dump --all --quiet
	at "$1" "$TOOL" policyd --pin-dir "/sys/fs/bpf/$1" --state-dir "$DIR/$1/state" >"$DIR/$1/log/policyd" 2>&1 &
	must wait_for 30 grep -q 'policy = defer' "$DIR/$1/log/policyd"
}

# first_answer SITE ADDRESS: what the first recipient of a client there got: "deferred", or the step of the
# header. Both are in the real MX's log.
first_answer() {
	sed -n "s/.*NOQUEUE: reject: RCPT from [^ ]*\\[$2\\]: 450 4\\.7\\.1 .*first contact: .*/deferred/p
		s/.*: info: header X-Nolist: [^;]*; \\([a-z-]*\\);.* from [^ ]*\\[$2\\];.*/\\1/p" "$DIR/$1/log/mail.log" | head -n 1
}

# --- refusing who is listed ------------------------------------------------------

# refuse_by SITE 4xx|5xx|drop|reset|xdp4xx|xdprst: what its real MX does to those that are on its list;
# or what we do in its place.
refuse_by() {
	local w=$1 how=$2 verdict=drop

	case $how in
	xdp*)
		[ "$how" = xdp4xx ] && verdict=tempfail || verdict=reset
		printf 'enforce = tempfail\nbrake = off\nenforce-list = {"%s %s"}\n' "$DIR/$w/listed" \
			"$verdict" >>"$DIR/$w/conf"
		echo "nsenter --net=/run/netns/$w $TOOL dump --all --quiet -c $DIR/$w/conf --pin-dir /sys/fs/bpf/$w \
			--state-dir $DIR/$w/state 2>/dev/null" >"$DIR/$w/refuse"
		;;
	drop | reset)
		[ "$how" = drop ] || verdict="reject with tcp reset"
		at "$w" nft "add table inet f; add set inet f bl4 { type ipv4_addr; }; \
			add set inet f bl6 { type ipv6_addr; flags interval; }; \
			add chain inet f in { type filter hook input priority 0; }"
		at "$w" nft "add rule inet f in ip daddr $(address "$w" 4 real) tcp dport 25 ip saddr @bl4 $verdict; \
			add rule inet f in ip6 daddr $(address "$w" 6 real) tcp dport 25 ip6 saddr @bl6 $verdict"
		cat >"$DIR/$w/refuse" <<-END
			{
				echo "flush set inet f bl4; flush set inet f bl6"
				sed 's/.*:.*/add element inet f bl6 { & }/; t; s/.*/add element inet f bl4 { & }/' "$DIR/$w/listed"
			} | nsenter --net=/run/netns/$w nft -f -
		END
		;;
	*)
		[ "$how" = 4xx ] && how="450 4.7.1 Listed" || how="550 5.7.1 Listed"
		in_root_of "$w" postconf "smtpd_client_restrictions = check_client_access cidr:$DIR/$w/access"
		: >"$DIR/$w/access"
		in_root_of "$w" postfix reload 2>/dev/null
		cat >"$DIR/$w/refuse" <<-END
			sed 's/$/ $how/' "$DIR/$w/listed" >"$DIR/$w/access.new"
			mv "$DIR/$w/access.new" "$DIR/$w/access"
			nsenter -t $(cat "$DIR/$w/pid") -n -m -r -w postfix reload
		END
		;;
	esac
}

# --- names ---------------------------------------------------------------------

# names_up FILE: a server for all names, from the lines of a zone.
names_up() {
	mkdir -p "$DIR/dns"
	host dns $NS4/24 $NS6/64
	{
		printf '$ORIGIN .\n$TTL 5\n. SOA ns.lab. hostmaster.lab. 1 3600 600 86400 1\n. NS ns.lab.\n'
		printf 'ns.lab. A %s\nns.lab. AAAA %s\n' $NS4 $NS6
		cat "$1"
	} >"$DIR/dns/zone"
	cat >"$DIR/dns/conf" <<-END
		server:
			ip-address: $NS4
			ip-address: $NS6
			username: ""
			round-robin: yes
			zonesdir: "$DIR/dns"
			database: ""
			pidfile: "/run/nsd.pid"
			xfrdfile: ""
		remote-control:
			control-enable: no
		zone:
			name: .
			zonefile: zone
	END
	root_of dns nsd -- nsd -d -c "$DIR/dns/conf"
	must wait_for 20 grep -q 'nsd started' "$DIR/dns/log/init"
}

# --- time ----------------------------------------------------------------------

# The next hour begins as the machine's clock has it, for all sites at once.
begin() {
	start=$(awk -v h="$HOUR_S" '{ print (int($1 / h) + 1) * h + 0.2 }' /proc/uptime)
	hour 0
}

now_hour() {
	awk -v s="$start" -v h="$HOUR_S" '{ printf "%.1f", ($1 - s) / h }' /proc/uptime
}

hour() {
	sleep "$(awk -v s="$start" -v h="$HOUR_S" -v n="$1" '{ t = s + n * h - $1; print (t > 0 ? t : 0) }' \
		/proc/uptime)"
}

# --- lists ---------------------------------------------------------------------

# Notes in $DIR/lists, a line each: the hour, the site, + or -, and the source. A site's "refuse",
# if it has one, is run whenever its list changes.
watch() {
	"$PYTHON" selftests/lib/trust/watch.py "$TOOL" "$DIR" "$start" "$HOUR_S" "$1" "${sites[@]}" \
		>"$DIR/lists" 2>"$DIR/watch.log" &
	watcher=$!
}

# was_listed SITE SOURCE: at any time.
was_listed() {
	grep -q " $1 + $2\$" "$DIR/lists"
}
