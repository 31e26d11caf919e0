#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The benchmark: builds its networks, runs its parts, writes build/bench.json
# and prints the table. docs/bench.md says what is measured and how.
#
# usage: run.sh [PART...]      parts: cost, sizes, pipe, shapes, flood, sessions, enforce, evidence,
#                              lists, share; all by default
# BENCH=quick    fewer and shorter rounds, some minutes; not enforce, evidence, lists and share
# MANY=...       how many sources these are measured with: a million
# OBJECTS=...    name=object pairs to compare; nolist=build/nolist.bpf.o
# ONLY=...       regular expression of rows: "low: SYN, (one|random)"
# PEERS=...      what to compare them with in pipe; all by default
# SERVERS=...    and in sessions: smtp-sink and postscreen by default, or nothing
set -u
here=$(dirname "$0")
out=build/bench
results=$out/results.$$
prefix=bench$$
read -ra objects <<<"${OBJECTS:-nolist=build/nolist.bpf.o}"
peers=${PEERS-swap drop reset pass closed ingress counted iptables}
servers=${SERVERS-smtp-sink postscreen}
last_cpu=$(($(nproc) - 1))
names=()
pids=()
# shellcheck source=selftests/bench/pairs.sh
. "$here/pairs.sh"
# shellcheck source=selftests/bench/cost.sh
. "$here/cost.sh"
# shellcheck source=selftests/bench/refused.sh
. "$here/refused.sh"
# As in the tests; of cost.sh. shellcheck disable=SC2034
PYTHON=$(PATH=/usr/bin:$PATH command -v python3)
expedited=/sys/kernel/rcu_expedited

if [ "${BENCH:-}" = quick ]; then
	rounds=5 repeats=200000 ms=25 session_ms=100 clients=300
	shape_rounds=3 shape_ms=10 refused_rounds=3 refused_ms=25
	parts="cost sizes pipe shapes flood sessions"
else
	rounds=11 repeats=1000000 ms=400 session_ms=400 clients=1000
	shape_rounds=7 shape_ms=50 refused_rounds=5 refused_ms=200
	parts="cost sizes pipe shapes flood sessions enforce evidence lists share"
fi
parts=${*:-$parts}

fail() {
	echo "bench: $*" >&2
	exit 2
}

cleanup() {
	local name pid

	rm -f "$results"
	echo "$was_expedited" >"$expedited"
	for pid in "${pids[@]}"; do
		kill "$pid"
		wait "$pid"
	done 2>/dev/null
	for name in "${names[@]}"; do
		ip netns delete "$name"
	done
}

nft_ingress() {
	ip netns exec "$prefix-$1-b" nft -f - <<-END
		table netdev bench {
			chain ingress {
				type filter hook ingress device dut priority 0
				tcp dport 25 reject with tcp reset
			}
		}
	END
}

nft_counted() {
	ip netns exec "$prefix-$1-b" nft -f - <<-END
		table inet bench {
			set seen4 {
				type ipv4_addr
				size 1048576
				flags dynamic
				counter
			}
			set seen6 {
				type ipv6_addr
				size 1048576
				flags dynamic
				counter
			}
			chain input {
				type filter hook input priority 0
				tcp dport 25 meta nfproto ipv4 update @seen4 { ip saddr }
				tcp dport 25 meta nfproto ipv6 update @seen6 { ip6 saddr }
				tcp dport 25 reject with tcp reset
			}
		}
	END
}

iptables_reject() {
	local cmd

	for cmd in iptables ip6tables; do
		ip netns exec "$prefix-$1-b" "$cmd" -A INPUT -p tcp --dport 25 \
			-j REJECT --reject-with tcp-reset || return
	done
}

# Says what ran, and where: the first line of the results.
machine() {
	jq -nc --arg kernel "$(uname -srm)" \
		--arg cpu "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)" \
		--arg virt "$(systemd-detect-virt 2>/dev/null || true)" \
		--arg cpus "$(nproc)" \
		--arg clang "$("${CLANG:-clang}" --version | head -n 1)" \
		--arg nft "$(nft --version 2>/dev/null)" \
		--arg iptables "$(iptables --version 2>/dev/null)" \
		--arg bpf_stats "$(cat /proc/sys/kernel/bpf_stats_enabled)" \
		--arg jit "$(cat /proc/sys/net/core/bpf_jit_enable)" \
		--arg version "$(git describe --tags --always --dirty 2>/dev/null)" \
		--arg date "$(date -u +%FT%TZ)" \
		--arg load "$(cut -d ' ' -f 1 /proc/loadavg)" \
		--arg objects "${objects[*]}" \
		'{part: "machine"} + $ARGS.named'
}

# Ticks of CPU time that the hypervisor gave to others, of all ticks.
steal() {
	awk '$1 == "cpu" { s = 0; for (i = 2; i <= 9; i++) s += $i; print $9, s }' /proc/stat
}

run_pipe() {
	local peer sources args=()

	pair xdp
	pair passing
	for peer in $peers; do
		case $peer in
		swap | drop | reset | pass)
			args+=("$peer")
			continue
			;;
		closed) kernel_pair closed ;;
		ingress)
			kernel_pair ingress
			nft_ingress ingress || fail "no nft reject at ingress"
			;;
		counted)
			# A set for each pattern, so that one does not fill the other's.
			for sources in one 64k 1M random; do
				kernel_pair "counted-$sources"
				nft_counted "counted-$sources" || fail "no nft counted set"
			done
			;;
		iptables)
			kernel_pair iptables
			iptables_reject iptables || fail "no iptables REJECT"
			;;
		*) fail "no such peer: $peer" ;;
		esac
		args+=("@$peer")
	done
	"$out/pipe" "$rounds" "$ms" "$prefix" "${args[@]}" "${objects[@]}" || fail "pipe failed"
}

# Both ends have real sockets: sums are made, and addresses there, the clients' too.
run_flood() {
	local a=$prefix-flood-a b=$prefix-flood-b to

	pair flood
	ip netns exec "$a" ethtool -K gen tx off >/dev/null || fail "cannot: ethtool gen"
	ip netns exec "$b" ethtool -K dut tx off >/dev/null || fail "cannot: ethtool dut"
	ip netns exec "$a" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.gen.rp_filter=0
	ip -n "$b" address add 192.0.2.2/24 dev dut
	ip -n "$b" address add 2001:db8::2/64 dev dut nodad
	ip -n "$a" link set lo up
	ip -n "$a" address add 192.0.2.254/24 dev gen
	ip -n "$a" address add 2001:db8::fe/64 dev gen nodad
	ip -n "$a" route add local 198.18.0.0/20 dev lo
	ip -n "$a" -6 route add local 2001:db8:2::/48 dev lo
	for to in 192.0.2.{1,2,3} 2001:db8::{1,2,3}; do
		ip -n "$a" neighbor add "$to" lladdr 02:00:00:00:00:02 dev gen
	done
	"$out/flood" "$rounds" "$clients" "$prefix" "${objects[@]}" || fail "flood failed"
}

# The addresses of the tests' packet tables. Jumbo frames are as long as a page allows.
run_shapes() {
	local b=$prefix-shapes-b address

	pair shapes
	ip -n "$prefix-shapes-a" link set gen mtu 3400
	ip -n "$b" link set dut mtu 3400
	for address in 192.0.2.{10,20,30}/24 198.51.100.1/24 2001:db8::{10,20,30}/64 2001:db8:1::1/64; do
		case $address in
		*:*) ip -n "$b" address add "$address" dev dut nodad ;;
		*) ip -n "$b" address add "$address" dev dut ;;
		esac
	done
	"$out/shapes" "$shape_rounds" "$shape_ms" "$prefix" "${objects[@]}" || fail "shapes failed"
}

# A mail server at 192.0.2.1, port 25, on the CPU that everything else runs on.
serve() {
	local ns=$prefix-$1-b log=$out/$1.log tries

	shift
	ip netns exec "$ns" taskset -c "$last_cpu" scripts/inroot.sh postfix -- "$@" >"$log" 2>&1 &
	pids+=($!)
	for ((tries = 0; tries < 200; tries++)); do
		[ -z "$(ip netns exec "$ns" ss -Hltn 'sport = :25')" ] || return 0
		kill -0 $! 2>/dev/null || break
		sleep 0.05
	done
	cat "$log" >&2
	return 1
}

run_sessions() {
	local prefix=$prefix-sessions server args=()

	pair xdp
	for server in $servers; do
		pair "$server"
		case $server in
		smtp-sink)
			scripts/fetch.sh postfix || fail "no smtp-sink to compare with"
			# It announces nothing and refuses DATA: as little as can be said.
			serve smtp-sink smtp-sink -8 -a -C -E -F -N -p -u nobody \
				-r DATA 192.0.2.1:25 1024 || fail "smtp-sink does not start"
			;;
		postscreen)
			scripts/fetch.sh postfix || fail "no postscreen to compare with"
			serve postscreen "$here/postscreen.sh" || fail "postscreen does not start"
			;;
		*) fail "no such server: $server" ;;
		esac
		args+=("@$server")
	done
	"$out/sessions" "$rounds" "$session_ms" "$prefix" "${args[@]}" "${objects[@]}" ||
		fail "sessions failed"
}

[ "$(id -u)" = 0 ] || fail "must be root"
# Programs and headers of another day measure something else, or nothing.
MAKEFLAGS='' make -s bench-build build/nolist-xdp build/nolist-xdp-share build/selftests/lib/inject build/selftests/lib/nodes build/selftests/lib/xdp_pass.bpf.o ||
	fail "cannot build what is to be measured"
# Each test run of an XDP program waits twice for all CPUs to have passed by, which takes
# longer than the run; asked for at once, they have within microseconds.
was_expedited=$(cat "$expedited")
trap cleanup EXIT
trap 'exit 1' INT TERM
echo 1 >"$expedited"
before=$(steal)
machine >"$results"
for part in $parts; do
	case $part in
	cost) "$out/cost" "$rounds" "$repeats" "${objects[@]}" >>"$results" || exit 2 ;;
	sizes) "$out/sizes" "$rounds" "${objects[@]}" >>"$results" || exit 2 ;;
	pipe) run_pipe >>"$results" || exit 2 ;;
	shapes) run_shapes >>"$results" || exit 2 ;;
	flood) run_flood >>"$results" || exit 2 ;;
	sessions) run_sessions >>"$results" || exit 2 ;;
	enforce | evidence | lists | share)
		"$here/$part.sh" >"$out/$part.log" || fail "$part failed: $(tail -n 1 "$out/$part.log")"
		cat "$out/$part.log" >>"$results"
		[ "$part" != enforce ] || run_refused >>"$results" || exit 2
		;;
	*) fail "no such part: $part" ;;
	esac
done
read -r s0 t0 <<<"$before"
read -r s1 t1 <<<"$(steal)"
jq -nc --argjson stolen $((s1 - s0)) --argjson ticks $((t1 - t0)) \
	'{part: "steal", stolen: $stolen, ticks: $ticks}' >>"$results"
mv "$results" "$out/results"
jq -s -f "$here/table.jq" "$out/results" >build/bench.json || fail "cannot sum up"
jq -r -f "$here/print.jq" build/bench.json
