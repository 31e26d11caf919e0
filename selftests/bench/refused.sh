# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by run.sh after pairs.sh and cost.sh. A list of a million sources refused by the kernel's own
# means: nft with a set of addresses and with one of intervals, at ingress and at input, and iptables
# with ipset of both kinds. What it costs to load the list, and then, beside nolist-xdp, how many of
# their SYNs one core refuses in a second. Each set is in a network namespace of its own.

sets="nft nft-interval ipset ipset-net"

in_peer() {
	ip netns exec "$prefix-$1-b" "${@:2}"
}

nft_file() {
	printf 'add table inet t\nadd set inet t b { type ipv4_addr; %s}\n' "$1"
	printf 'add chain inet t c\nadd element inet t b {\n'
	sed 's/$/,/' "$refused/list"
	echo '}'
}

set_files() {
	"$out/enforce" list "$many" >"$refused/list"
	nft_file '' >"$refused/nft"
	nft_file 'flags interval; ' >"$refused/nft-interval"
	{
		echo 'create b hash:ip hashsize 4096 maxelem 16777216'
		sed 's/^/add b /' "$refused/list"
	} >"$refused/ipset"
	sed '1s/hash:ip/hash:net/' "$refused/ipset" >"$refused/ipset-net"
}

set_load() {
	case $1 in
	nft*) listed "$1" "$many" ip netns exec "$prefix-$1-b" nft -f "$refused/$1" ;;
	*) listed "$1" "$many" ip netns exec "$prefix-$1-b" ipset restore -file "$refused/$1" ;;
	esac
}

set_forget() {
	case $1 in
	nft*) in_peer "$1" nft flush ruleset ;;
	*) in_peer "$1" ipset destroy ;;
	esac
}

# The set of intervals takes ten times as long as the others, and is loaded once.
sets_load() {
	local set round loads

	for set in $sets; do
		loads=3
		[ "$set" != nft-interval ] || loads=1
		for ((round = 0; round < loads; round++)); do
			[ $round = 0 ] || set_forget "$set" || fail "$set: cannot be emptied"
			set_load "$set"
		done
	done
}

# nft_rule FILE HOOK VERDICT: a ruleset with this one rule.
nft_rule() {
	printf 'delete chain inet t c\ntable inet t { chain c { type filter hook %s priority 0; tcp dport 25 ip saddr @b %s; }; }\n' \
		"$2" "$3" >"$refused/$1"
}

# The same for iptables, which drops earlier than it can reset.
iptables_rule() {
	local match='-p tcp --dport 25 -m set --match-set b src'

	printf '*raw\n:PREROUTING ACCEPT [0:0]\n%s\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n%s\nCOMMIT\n' \
		"${2:+-A PREROUTING $match $2}" "${3:+-A INPUT $match $3}" >"$refused/$1"
}

# Sets args to the peers of bench/enforce.
refused_peers() {
	local act set

	nft_rule ingress.drop 'ingress device dut' drop
	nft_rule ingress.reset 'ingress device dut' 'reject with tcp reset'
	nft_rule input.drop input drop
	nft_rule input.reset input 'reject with tcp reset'
	iptables_rule ipset.drop '-j DROP' ''
	iptables_rule ipset.reset '' '-j REJECT --reject-with tcp-reset'
	args=()
	for act in drop reset; do
		for set in $sets; do
			case $set in
			nft*)
				args+=("$set-ingress $act $set nft -f $refused/ingress.$act"
					"$set-input $act $set nft -f $refused/input.$act")
				;;
			*) args+=("$set $act $set iptables-restore $refused/ipset.$act") ;;
			esac
		done
	done
}

run_refused() {
	local prefix=$prefix-refused many=${MANY:-1000000} refused=$out/refused set args

	mkdir -p "$refused"
	pair xdp
	for set in $sets; do
		kernel_pair "$set"
		ip -n "$prefix-$set-b" address add 192.0.2.2/24 dev dut
	done
	set_files
	sets_load
	refused_peers
	"$out/enforce" "$refused_rounds" "$refused_ms" "$prefix" "$many" "${args[@]}" "${objects[@]}" ||
		fail "enforce failed"
	rm -r "$refused"
}
