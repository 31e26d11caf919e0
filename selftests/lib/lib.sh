# shellcheck shell=bash disable=SC2034,SC2317
# SPDX-License-Identifier: GPL-2.0-only
#
# What the shell tests share: TAP, polling, and a client and a server that are
# joined by a veth pair. Sourced first; then the test runs in a mount and a
# network namespace of its own, so that nothing it does reaches the host, two
# runs never meet, and all of it is gone when the test ends, however it ends.
#
#	client [c0] ------ [s0] server
#	192.0.2.1          192.0.2.10 the low fake, .20 the real MX, .30 the high fake
#	2001:db8::1        2001:db8::10             ::20             ::30
set -u

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$TOP/${NOLIST_BUILD:-build}
TOOL=${NOLIST_TOOL:-$BUILD/nolist-xdp}
# A version manager's python3 takes longer to start than most tests.
PYTHON=$(PATH=/usr/bin:$PATH command -v python3)
OBJECT=${NOLIST_OBJECT:-$BUILD/nolist.bpf.o}

LOW4=192.0.2.10 REAL4=192.0.2.20 HIGH4=192.0.2.30 CLIENT4=192.0.2.1
LOW6=2001:db8::10 REAL6=2001:db8::20 HIGH6=2001:db8::30 CLIENT6=2001:db8::1
CLIENT_MAC=02:00:00:00:00:01 SERVER_MAC=02:00:00:00:00:02

# --- TAP ---------------------------------------------------------------------

tap_count=0
tap_failed=0

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $*"
}

not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $*"
}

# check NAME COMMAND... passes where the command does, and shows its output where not.
check() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name"
		diag "$*"
		diag "$out"
	fi
}

# is GOT WANTED NAME
is() {
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		diag "got:    $1"
		diag "wanted: $2"
	fi
}

# skip WHY NAME...: checks that cannot be made here.
skip() {
	local why=$1 name

	shift
	for name in "$@"; do
		ok "$name # SKIP $why"
	done
}

diag() {
	printf '# %s\n' "${@//$'\n'/$'\n# '}"
}

# The plan comes last: a test that dies before has none, and fails.
done_testing() {
	echo "1..$tap_count"
	exit $((tap_failed > 0))
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

bail_out() {
	echo "Bail out! $*"
	exit 1
}

must() {
	"$@" || bail_out "cannot: $*"
}

# wait_for SECONDS COMMAND... polls until the command passes; fails when the time is up three
# times and it was tried five times: a machine that is busy with something else is slow, and one
# try may take as long as all the time. NOLIST_PATIENCE times the seconds: so are emulated processors.
wait_for() {
	local deadline=$((SECONDS + $1 * 3 * ${NOLIST_PATIENCE:-1})) tries=0

	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$SECONDS" -lt "$deadline" ] || [ "$tries" -lt 5 ] || return 1
		sleep 0.02
	done
}

need() {
	local c

	for c in "$@"; do
		command -v "$c" >/dev/null || skip_all "$c is not installed"
	done
}

# --- namespaces --------------------------------------------------------------

if [ "${NOLIST_TEST_NS:-}" != "$(readlink /proc/self/ns/net)" ]; then
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	# FETCH, a command that gets packages: there is no network where we go.
	if [ -n "${FETCH:-}" ] && ! out=$(cd "$TOP" && $FETCH 2>&1); then
		diag "$out"
		not_ok "packages can be fetched: $FETCH"
		done_testing
	fi
	# For a run where there is no network at all (scripts/check-kernels.sh).
	[ -z "${NOLIST_ONLY_FETCH:-}" ] || exit 0
	mkdir -p /run/netns
	# Made-up evidence (inject.c) is counted from an hour that has not begun yet, so that what
	# the packet path notes by the kernel's own clock is before it, however long this machine
	# has been up, and before its next hour, too.
	up=$(cut -d. -f1 /proc/uptime)
	export FIRST_HOUR=$(((up + 1800) / 3600 + 1))
	# UPTIME: so many seconds later it is as the test begins, as the tool sees it.
	clock=()
	if [ "${UPTIME:-}" ]; then
		ahead=$((FIRST_HOUR * 3600 + UPTIME - up))
		clock=(--time --monotonic "$ahead" --boottime "$ahead")
		unshare "${clock[@]}" --fork true || skip_all "this kernel has no namespaces of time"
	fi
	# The namespace of processes is there so that none is left, whatever happens.
	# shellcheck disable=SC2016
	exec unshare --mount --net --propagation private --pid --fork --kill-child --mount-proc \
		"${clock[@]}" \
		bash -c 'NOLIST_TEST_NS=$(readlink /proc/self/ns/net) exec "$@"' - "$0" "$@"
fi

TMP=$(mktemp -d)
PIN_DIR=/sys/fs/bpf/nolist-xdp
STATE_DIR=$TMP/state

trap 'rm -rf --one-file-system "$TMP"' EXIT
trap 'exit 1' INT TERM

must mount -t tmpfs tmpfs /run/netns
must mount -t bpf bpf /sys/fs/bpf

# nsenter and not `ip netns exec`, which hides the bpffs behind a /sys of its own.
in_client() {
	nsenter --net=/run/netns/client "$@"
}

in_server() {
	nsenter --net=/run/netns/server "$@"
}

# background NETNS COMMAND...: a service; end_services ends them all.
background() {
	nsenter --net=/run/netns/"$1" "${@:2}" <&0 &
}

end_services() {
	local p

	for p in $(jobs -p); do
		kill "$p"
	done
	wait
}

# serve ADDR...: a server at port 25 of these, which says nothing; in the background.
serve() {
	rm -f "$TMP/listens"
	background server "$PYTHON" -c '
import select, socket, sys
held, all = [], []
for a in sys.argv[2:]:
	s = socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	if ":" in a:
		s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
	s.bind((a, 25))
	s.listen()
	all.append(s)
open(sys.argv[1], "w")
while True:
	for s in select.select(all, [], [])[0]:
		held.append(s.accept())' "$TMP/listens" "$@"
	must wait_for 5 test -e "$TMP/listens"
}

nolist() {
	in_server "$TOOL" "$@" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
}

# A namespace that says nothing by itself: what a capture sees, the test sent.
quiet_netns() {
	must ip netns add "$1"
	must nsenter --net=/run/netns/"$1" sysctl -qw \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.all.router_solicitations=0 net.ipv6.conf.default.router_solicitations=0 \
		net.ipv6.conf.default.addr_gen_mode=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	must ip -n "$1" link set lo up
}

# XDP_TX on a veth arrives only where the peer has an XDP program as well.
attach_pass() {
	local netns=$1 dev=$2 obj=$BUILD/selftests/lib/xdp_pass.bpf.o

	[ -e "$obj" ] || bail_out "$obj is missing: make tests"
	must nsenter --net=/run/netns/"$netns" ip link set dev "$dev" xdp obj "$obj" sec xdp
}

link_is_up() {
	ip -n "$1" link show dev "$2" up | grep -q 'state UP'
}

# wire [offload] joins the two: without the word the veths compute their
# checksums, so that a capture sees them; with it they leave them to the
# receiver, as between two containers. A test may bring a wire of its own.
wire() {
	must ip -n client link add c0 address $CLIENT_MAC type veth \
		peer name s0 address $SERVER_MAC netns server
	if [ "${1:-}" != offload ]; then
		in_client ethtool -K c0 tx off >/dev/null || bail_out "cannot: ethtool c0"
		in_server ethtool -K s0 tx off >/dev/null || bail_out "cannot: ethtool s0"
	fi
	attach_pass client c0
}

topology() {
	local a

	quiet_netns client
	quiet_netns server
	wire "$@"
	must ip -n client addr add $CLIENT4/24 dev c0
	must ip -n client addr add $CLIENT6/64 dev c0 nodad
	for a in $LOW4 $REAL4 $HIGH4; do
		must ip -n server addr add "$a/24" dev s0
	done
	for a in $LOW6 $REAL6 $HIGH6; do
		must ip -n server addr add "$a/64" dev s0 nodad
	done
	must ip -n client link set c0 up
	must ip -n server link set s0 up
	must wait_for 5 link_is_up client c0
	must wait_for 5 link_is_up server s0
}

topology_down() {
	ip netns del client
	ip netns del server
}

# Frames that the client's end has sent: what the server's end receives.
frames_sent() {
	ip -n client -s -j link show dev c0 | "$PYTHON" -c \
		'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["tx"]["packets"])'
}

# The id of the program at that interface of the server, or 0.
prog_at() {
	ip -n server -j link show dev "$1" | "$PYTHON" -c '
import json, sys
print(json.load(sys.stdin)[0].get("xdp", {}).get("prog", {}).get("id", 0))'
}

# The same at s0, or "none".
attached_id() {
	prog_at s0 | sed 's/^0$/none/'
}

# json EXPRESSION: of `status --json`, as s.
json() {
	nolist status --json | "$PYTHON" -c "import json, sys; s = json.load(sys.stdin); print($1)"
}

# connects ADDR [SECONDS]: what a client meets at its port 25.
connects() {
	in_client "$PYTHON" -c '
import socket, sys
try:
	socket.create_connection((sys.argv[1], 25), float(sys.argv[2]) * int(sys.argv[3]))
	print("accepted")
except ConnectionRefusedError:
	print("refused")
except OSError:
	print("silence")' "$1" "${2:-20}" "${NOLIST_PATIENCE:-1}"
}

# The map of the program at s0, found through the program, or else the pinned one.
stats_map() {
	local map

	for map in $(bpftool -j prog show id "$(attached_id)" | "$PYTHON" -c \
		'import json, sys; print(*json.load(sys.stdin).get("map_ids", []))'); do
		if bpftool map show id "$map" | grep -q ' name nolist_stats '; then
			echo "id $map"
			return
		fi
	done
	echo "pinned $PIN_DIR/nolist_stats"
}

# The sum of the verdict counters.
verdicts() {
	# shellcheck disable=SC2046
	bpftool -j map dump $(stats_map) | "$PYTHON" -c '
import json, sys
per_cpu = [v["value"]["verdict"] for v in json.load(sys.stdin)[0]["formatted"]["values"]]
print(sum(sum(v) for v in per_cpu))
'
}

# Every frame adds to exactly one verdict: call mark_frames, then do, then this.
mark_frames() {
	must wait_for 5 wires_are_still
	must wait_for 5 read_both
}

# Neighbour discovery may come between the two.
read_both() {
	sent_before=$(frames_sent) && verdicts_before=$(verdicts) &&
		[ "$(frames_sent)" = "$sent_before" ]
}

wires_are_still() {
	local before

	before=$(frames_sent)
	sleep 0.2
	[ "$(frames_sent)" = "$before" ]
}

verdicts_equal_frames() {
	[ $(($(verdicts) - verdicts_before)) -eq $(($(frames_sent) - sent_before)) ]
}

# `status --json` tells the map's numbers.
status_equals_verdicts() {
	[ "$(nolist status --json | "$PYTHON" -c '
import json, sys
status = json.load(sys.stdin)
print(status["frames"] if status["frames"] == sum(status["verdicts"].values()) else "no sum")
')" = "$(verdicts)" ]
}

check_verdicts() {
	local name=$1

	if wait_for 5 verdicts_equal_frames; then
		ok "$name: each of $(($(frames_sent) - sent_before)) frames counts in one verdict"
	else
		not_ok "$name: $(($(frames_sent) - sent_before)) frames count in" \
			"$(($(verdicts) - verdicts_before)) verdicts"
	fi
	check "$name: status --json counts the same" wait_for 5 status_equals_verdicts
}

load_fakes() {
	if ! nolist load -i s0 --low $LOW4 --low $LOW6 --real $REAL4 --real $REAL6 --mode "$1" \
		>"$TMP/load.log" 2>&1; then
		diag "$(cat "$TMP/load.log")"
		bail_out "nolist-xdp load --mode $1 failed"
	fi
}

# capture NETNS DEV FILE FILTER in the background; returns when it has begun.
capture() {
	local netns=$1 dev=$2 file=$3

	shift 3
	nsenter --net=/run/netns/"$netns" tcpdump -i "$dev" -s 2048 -B 8192 \
		-U -w "$file" --immediate-mode "$@" \
		2>"$file".log &
	capture_pid=$!
	capture_file=$file
	must wait_for 5 grep -q 'listening on' "$file".log
}

capture_is_still() {
	local before

	before=$(stat -c %s "$capture_file")
	sleep 0.2
	[ "$(stat -c %s "$capture_file")" = "$before" ]
}

# tcpdump forgets what it has not read yet when it is killed.
capture_end() {
	must wait_for 5 capture_is_still
	kill -INT "$capture_pid"
	wait "$capture_pid"
}
