#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check: says before anything is attached what load will meet, each finding with a
# grade and a hint; load refuses what it refuses. What it foretells is compared with
# what then happens, and hints are tried. Why it matters: the first load is made on a
# remote machine's only card.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need bpftool ip jq nft python3 ethtool setarch setpriv

# shellcheck disable=SC2119
topology
must ip -n server link add s1 type veth peer name s2
must ip -n server link set s1 up
must ip -n server link set s2 up
PASS=$BUILD/selftests/lib/xdp_pass.bpf.o
ROLES=(--low "$LOW4" --real "$REAL4" --high "$HIGH4" --real "$REAL6")

# look ARGUMENT...: check's document, in $TMP/doc; its exit status in $status.
look() {
	nolist check "$@" --json >"$TMP/doc" 2>"$TMP/err"
	status=$?
}

# grades ABOUT [SUBJECT]: of the findings about that.
grades() {
	jq -r --arg a "$1" --arg s "${2-}" \
		'[.findings[] | select(.about == $a and ($s == "" or .subject == $s)) | .grade] | join(" ")' \
		"$TMP/doc"
}

text_of() {
	jq -r --arg a "$1" '[.findings[] | select(.about == $a) | .text] | join("\n")' "$TMP/doc"
}

hint_of() {
	jq -r --arg a "$1" '[.findings[] | select(.about == $a and .hint) | .hint] | join("\n")' "$TMP/doc"
}

has() {
	case $1 in
	*"$2"*) ok "$3" ;;
	*) is "$1" "...$2..." "$3" ;;
	esac
}

# What the mode turns out to be: "native", "generic" or "none".
loads_as() {
	local dev=$1

	shift
	nolist load -i "$dev" "${ROLES[@]}" "$@" >"$TMP/load" 2>&1
	nolist status --json 2>/dev/null |
		jq -r --arg d "$dev" '.interfaces[] | select(.name == $d) | .mode'
	nolist unload --purge >/dev/null 2>&1
}

# foretells DEV NAME: check's words on the mode are what load then does.
foretells() {
	local said

	look "$1" "${ROLES[@]}"
	said=$(text_of mode)
	is "${said%%[^a-z]*}" "$(loads_as "$1" --force)" "$2: ${said%%:*}, and so it is"
}

# --- a host that is in order ---

serve "$REAL4" "$REAL6"
echo 'domains = { example.com }' >"$TMP/domains.conf"
look s0 "${ROLES[@]}" -c "$TMP/domains.conf"
is "$status $(jq ".errors, .refuses, .warnings" "$TMP/doc" | xargs)" '0 0 0 0' 'in order: nothing refuses'
is "$(jq -r '.type' "$TMP/doc") $(cat "$TMP/err")" 'check ' 'a JSON document, and nothing else'
is "$(grades driver) $(text_of driver)" 'ok veth' 'the driver is named'
is "$(grades peer)" ok 'the other end in another namespace was looked at'
is "$(jq -r '[.findings[] | select(.about == "address") | .grade] | unique | join(" ")' "$TMP/doc")" ok \
	'all addresses are here'
is "$(prog_at s0) $(ls "$PIN_DIR" 2>/dev/null)" '0 ' 'nothing was attached or pinned'
printf '%s\n' 'domains = { example.com }' 'grace = 59m59s' >"$TMP/grace.conf"
look s0 "${ROLES[@]}" -c "$TMP/grace.conf"
is "$(jq .warnings "$TMP/doc")" 1 'a grace of less than an hour is a warning'
has "$(text_of configuration)" "'grace' is 59m59s: a second offence in the same hour" 'which says why'
printf '%s\n' 'domains = { example.com }' 'grace = 1h' >"$TMP/grace.conf"
look s0 "${ROLES[@]}" -c "$TMP/grace.conf"
is "$(jq .warnings "$TMP/doc")" 0 'one of an hour is none'
foretells s0 'a veth'
nolist check s0 "${ROLES[@]}" >"$TMP/text"
is "$? $(grep -c '^ok' "$TMP/text")" "0 $(jq '[.findings[] | select(.grade == "ok")] | length' "$TMP/doc")" \
	'the text says the same'
nolist check s0 >"$TMP/text"
is "$?" 0 'no addresses, no file: the interface alone is looked at'
has "$(cat "$TMP/text")" 'no MX addresses' 'and that is reported'
must nolist load -i s0 "${ROLES[@]}" >/dev/null
look s0 "${ROLES[@]}"
is "$status $(grades programs) $(text_of mode)" '0 ok native, as it is attached' \
	'an interface that has the program'
must nolist unload --purge >/dev/null

# --- the kernel ---

look lo
is "$(jq -r '.findings[] | select(.about == "kernel" and .grade == "ok") | .text' "$TMP/doc")" \
	"Linux $(uname -r)" 'the kernel is named'
# bpftool finds out in a way of its own.
case $(bpftool feature probe kernel | grep 'program_type ext is') in
*NOT*) has "$(text_of kernel)" 'it lacks: extensions of programs; no other XDP program can share' 'what it lacks is named' ;;
*) is "$(grades kernel)" ok 'it lacks nothing' ;;
esac
# A kernel of the days before 6.1, as far as its number goes.
in_server setarch --uname-2.6 "$TOOL" check s0 >"$TMP/text"
is "$?" 1 'an older kernel is refused'
has "$(cat "$TMP/text")" 'the oldest kernel that the program is tested on is 6.1' 'and the oldest named'
in_server setarch --uname-2.6 "$TOOL" load -i s0 "${ROLES[@]}" --pin-dir "$PIN_DIR" >"$TMP/text" 2>&1
is "$? $(prog_at s0)" '1 0' 'load refuses it as well'
must nolist load -v -i s0 "${ROLES[@]}" >"$TMP/text" 2>&1
nolist status >"$TMP/status"
nolist status --json >"$TMP/json"
is "$(jq -r .kernel "$TMP/json")" "$(uname -r)" 'status names the kernel'
look lo
jq -r '.kernel_lacks[]' "$TMP/json" | while read -r lack; do
	grep -qF "this kernel lacks: $lack; " "$TMP/status" && grep -qF "it lacks: $lack; " "$TMP/text" &&
		[[ $(text_of kernel) = *"it lacks: $lack; "* ]] || echo "$lack"
done >"$TMP/unnamed"
is "$(cat "$TMP/unnamed")" '' 'what it lacks is named by status, load -v and check'
must nolist unload --purge >/dev/null

# --- modes ---

foretells lo 'the loopback, by force,'
look lo --mode native
is "$status $(grades mode)" '1 error' 'native mode that the driver has not is refused'
look lo --mode generic
is "$(grades mode)" ok 'generic is taken everywhere'
if ip -n server link add br9 type bridge 2>/dev/null; then
	foretells br9 'a bridge'
else
	skip 'this kernel has no bridges' 'a bridge'
fi
if ip -n server link add ifb9 type ifb 2>/dev/null; then
	foretells ifb9 'an ifb'
else
	skip 'this kernel has no ifb' 'an ifb'
fi
must ip -n server link set s2 mtu 9000
look s1 "${ROLES[@]}"
has "$(text_of mtu)" "the other end's MTU of 9000 is above" 'an MTU too large for native mode'
foretells s1 'it'
look s1 --mode native
is "$(grades mtu)" warning 'asked for native it is a warning'
# shellcheck disable=SC2046 # words
must in_server $(hint_of mtu)
look s1
is "$(grades mtu)" ok 'and its hint helps'

# --- answers that would be lost ---

look s1 "${ROLES[@]}"
is "$status $(grades peer)" '1 error' 'a veth whose other end has no program is refused'
nolist load -i s1 "${ROLES[@]}" >/dev/null 2>"$TMP/err"
is "$? $(prog_at s1)" '1 0' 'load does not attach to it'
has "$(cat "$TMP/err")" "'s1': the other end, 's2', has no XDP program: answers would be lost" 'and says why'
has "$(cat "$TMP/err")" 'hint: an XDP program that passes at' 'and what helps'
is "$(loads_as s1 --mode generic) $(loads_as s1 --force)" 'generic native' \
	'generic mode, or force, attaches'
attach_pass server s2
look s1 "${ROLES[@]}"
is "$status $(grades peer)" '0 ok' 'with one it is not'

# --- other programs ---

must in_server ip link set dev s1 xdp obj "$PASS" sec xdp
look s1
is "$status $(grades programs)" '1 error' "somebody's program is refused"
has "$(text_of programs)" "$(prog_at s1) 'xdp_pass', attached by user 0, in native mode" 'and named'
in_server setpriv --reuid 65534 --clear-groups "$TOOL" check s1 >"$TMP/text" 2>&1
has "$(cat "$TMP/text")" 'only root can see' 'without root it says what could not be seen'
in_server setpriv --reuid 65534 --clear-groups "$TOOL" check s1 "${ROLES[@]}" >"$TMP/text" 2>"$TMP/err"
has "$(cat "$TMP/text")" "only root can read nftables' rules" 'of the firewall as well'
is "$(cat "$TMP/err")" '' 'and no library has a word of its own'
hint=$(hint_of programs)
has "$hint" "\"bpftool prog show id $(prog_at s1)\" and \"bpftool link\" show whose it is" 'its hint asks first whose it is'
# shellcheck disable=SC2086 # words
must in_server ${hint##*needs it: }
look s1
is "$(grades programs)" ok 'and helps'

# --- interfaces that the program sees nothing of ---

look lo "${ROLES[@]}"
is "$status $(grades link lo)" '1 error' 'the loopback is refused'
has "$(text_of link)" 'mail of other hosts never arrives here' 'with the reason'
nolist load -i lo "${ROLES[@]}" >/dev/null 2>&1
is "$? $(prog_at lo)" '1 0' 'by load as well'
# bare DEV NAME TEXT: an interface whose frames have no Ethernet header.
bare() {
	look "$1" "${ROLES[@]}"
	is "$status $(jq -r '[.findings[] | select(.refused)] | .[0].about' "$TMP/doc")" '1 link' "$2 is refused"
	has "$(text_of link)" "has no Ethernet header ($3)" "$2: with the reason"
	nolist load -i "$1" "${ROLES[@]}" >/dev/null 2>&1
	is "$? $(prog_at "$1")" '1 0' "$2: by load as well"
}
for kind in tun wireguard gre sit; do
	case $kind in
	tun) in_server ip tuntap add dev bare9 mode tun ;;
	wireguard) ip -n server link add bare9 type wireguard ;;
	*) ip -n server link add bare9 type $kind local "$REAL4" remote 192.0.2.99 ;;
	esac 2>/dev/null || { skip "this kernel has no $kind" "$kind"; continue; }
	must ip -n server link set bare9 up
	case $kind in
	tun) bare bare9 tun 'a tun device' ;;
	wireguard) bare bare9 wireguard WireGuard ;;
	*) bare bare9 $kind "a ${kind/gre/GRE} tunnel" ;;
	esac
	must ip -n server link del bare9
done
if in_server ip tuntap add dev tap9 mode tap 2>/dev/null; then
	look tap9 "${ROLES[@]}"
	is "$(jq '[.findings[] | select(.refused)] | length' "$TMP/doc")" 0 'a tap device has one, and is not'
	must ip -n server link del tap9
else
	skip 'this kernel has no tap' 'a tap device has one, and is not'
fi

# --- bridges, VLANs, what is above ---

if ip -n server link show br9 >/dev/null 2>&1; then
	must ip -n server link set s1 master br9
	look s1 "${ROLES[@]}"
	is "$(grades bridge) $(grades vlans)" 'note ' 'a port of a bridge'
	if ip -n server link set br9 type bridge vlan_filtering 1 2>/dev/null; then
		look s1 "${ROLES[@]}"
		is "$(grades vlans)" warning 'of one that knows VLANs'
		look s1 "${ROLES[@]}" --mode generic
		is "$(grades vlans)" ok 'where generic mode keeps tags'
	else
		skip 'this kernel has no such bridge' 'of one that knows VLANs' \
			'where generic mode keeps tags'
	fi
	must ip -n server link set s1 nomaster
else
	skip 'this kernel has no bridges' 'a port of a bridge' 'of one that knows VLANs' \
		'where generic mode keeps tags'
fi
if ip -n server link add link s1 name mac9 type macvlan 2>/dev/null; then
	look s1
	has "$(text_of stack)" "link address of 'mac9', a macvlan" 'a macvlan above is reported'
	look mac9
	is "$(hint_of stack)" '-i s1' 'and what it stands on'
	foretells mac9 'a macvlan'
	must ip -n server link del mac9
else
	skip 'this kernel has no macvlan' 'a macvlan above is reported' 'and what it stands on' 'a macvlan'
fi
if ip -n server link add link s1 name s1.7 type vlan id 7 2>/dev/null; then
	look s1
	is "$status $(grades vlans)" '1 error' 'VLANs above are refused'
	look s1 --mode generic
	is "$status $(grades vlans)" '0 ok' 'but not in generic mode'
	foretells s1.7 'a VLAN'
	must ip -n server link del s1.7
	must ip -n server link set s1 master br9
	must ip -n server link set br9 type bridge vlan_filtering 0
	must ip -n server link add link br9 name br9.7 type vlan id 7
	look s1
	has "$(text_of vlans)" "has VLAN 'br9.7' on 'br9', and answers would lose their tags" \
		'VLANs on the bridge above are found'
	must ip -n server link del br9.7
	must ip -n server link set s1 nomaster
else
	skip 'this kernel has no VLAN devices' 'VLANs above are refused' 'but not in generic mode' \
		'a VLAN' 'VLANs on the bridge above are found'
fi
if ip -n server link add bond9 type bond 2>/dev/null; then
	must ip -n server link set s1 down
	must ip -n server link set s2 down
	must ip -n server link set dev s2 xdp off
	must ip -n server link set s1 master bond9
	must ip -n server link set s2 master bond9
	look s1
	has "$(text_of bond)" "frames that arrive at 's2', in the same bond 'bond9'" \
		'another port of the bond is missed'
	look s1 s2
	is "$(grades bond)" '' 'not if it is named'
	must ip -n server link del bond9
else
	skip 'this kernel has no bonds' 'another port of the bond is missed' 'not if it is named'
fi

# --- addresses ---

look s0 --low 192.0.2.77 --real 198.51.100.9
is "$(jq .refuses "$TMP/doc") $(grades address 192.0.2.77) $(grades address 198.51.100.9)" '0 warning note' \
	'a fake that is not here is a warning, a real MX elsewhere a note'
# shellcheck disable=SC2046 # words
must in_server $(hint_of address)
look s0 --low 192.0.2.77
is "$(grades address 192.0.2.77)" ok 'the hint makes it ours'
must ip -n server addr add 203.0.113.1/24 dev s1
must ip -n server link set s1 up
look s0 --low 203.0.113.7 --low 2001:db8:5::7
has "$(text_of address)" "which forwards it through 's1'" 'one that is routed on is reported'
is "$(grades address 2001:db8:5::7)" warning 'so is one without a route'
must ip -n server route add default via "$CLIENT4"
look s0 --low 8.8.8.8 --low 2001:db8:5::7 --low 10.9.9.9
is "$(hint_of address | grep -c 'ip addr add .*\(8.8.8.8\|2001:db8:5::7\)') $(hint_of address | grep -c yours)" '0 3' \
	"a stranger's address is not to be added here"
if ip -n server link show br9 >/dev/null 2>&1; then
	must ip -n server addr add 198.51.100.1/24 dev br9
	must ip -n server link set br9 up
	look s0 --high 198.51.100.7
	has "$(text_of address)" "of a host on bridge 'br9'" 'and one of a host on a bridge'
else
	skip 'this kernel has no bridges' 'and one of a host on a bridge'
fi

# --- servers and connections ---

end_services
serve "$REAL4" "$REAL6" "$HIGH4"
look s0 "${ROLES[@]}"
is "$status $(grades listener "$HIGH4")" '0 warning' 'a server at a fake is a warning'
has "$(hint_of listener)" "ss -ltnp" 'and how to find it is reported'
background client "$PYTHON" -c '
import socket, sys, time
s = socket.create_connection((sys.argv[1], 25))
open(sys.argv[2], "w")
time.sleep(900)' "$HIGH4" "$TMP/connected"
must wait_for 5 test -e "$TMP/connected"
look s0 "${ROLES[@]}"
is "$status $(grades connection "$HIGH4")" '1 error' 'a connection to what is called a fake is refused'
nolist load -i s0 "${ROLES[@]}" >/dev/null 2>"$TMP/err"
is "$? $(prog_at s0)" '1 0' 'by load as well'
has "$(cat "$TMP/err")" "1 connection to '$HIGH4' would be cut: is this a fake?" 'which says so'
look s0 "${ROLES[@]}" --port 25 --port 26
is "$status" 1 'a further port does not save it'
look s0 --low "$HIGH4" --real "$REAL4" --real "$REAL6" --port 26
is "$(jq .refuses "$TMP/doc")" 0 'another port does'
end_services
serve 0.0.0.0 "$REAL6"
look s0 "${ROLES[@]}"
is "$(jq .refuses "$TMP/doc") $(grades listener 0.0.0.0)" '0 warning' 'a server on all addresses is a warning'
end_services
serve "$REAL4" "$REAL6"
look s0 "${ROLES[@]}"
is "$status $(grades listener)" '0 ' 'one at the real MX is none'
end_services

# --- firewalls ---

# What drops all but one port drops neighbours' answers, and who they are is soon forgotten.
must ip -n client neigh replace "$HIGH6" lladdr $SERVER_MAC dev c0
must ip -n server neigh replace "$CLIENT6" lladdr $CLIENT_MAC dev s0

# rules LINE...: these are in force; the program is asked of them.
rules() {
	printf '%s\n' 'flush ruleset' "$@" | in_server nft -f - || bail_out 'cannot: nft'
	look s0 --low "$LOW4" --high "$HIGH6" --real "$REAL4"
}

# judges NAME LOW HIGH: the grades of the firewall's findings; a warning is silence, and
# no word is none.
judges() {
	local low high g a

	low=$(grades firewall "$LOW4") high=$(grades firewall "$HIGH6")
	is "${low:-ok} ${high:-ok}" "$2 $3" "$1"
	for g in "$2 $LOW4" "$3 $HIGH6"; do
		a=${g#* }
		case $g in
		warning*) is "$(connects "$a" 0.7)" silence "$1: so it is at $a" ;;
		ok*) is "$(connects "$a")" refused "$1: so it is at $a" ;;
		esac
	done
}

input='type filter hook input priority 0'
rules
judges 'no rules' ok ok
rules "table inet f { chain input { $input; policy drop; }" '}'
judges 'a policy that drops' warning warning
has "$(text_of firewall)" "the policy of chain 'input', table 'inet f'" 'it is named'
rules "table inet f { chain input { $input; policy drop;" \
	'ct state established,related accept' 'iifname "lo" accept' \
	'meta l4proto ipv6-icmp accept' \
	"ip daddr { $LOW4, 192.0.2.99 } tcp dport 25 accept" '}' '}'
judges 'one address is let in' ok warning
in_server nft insert rule inet f input "$(hint_of firewall | sed 's/^a rule before it: //')"
look s0 --low "$LOW4" --high "$HIGH6" --real "$REAL4"
judges 'and the hint lets in the other' ok ok
rules "table inet f { chain input { $input;" "tcp dport 20-30 jump mail" '}' \
	'chain mail { ip saddr 203.0.113.0/24 return' 'ip6 daddr 2001:db8::/64 drop' '}' '}'
judges 'a chain that is jumped to' ok warning
rules "table inet f { chain mail { meta nfproto ipv4 tcp dport 25 drop; }" \
	"chain input { $input; tcp dport vmap { 22 : accept, 25 : goto mail }" '}' '}'
judges 'a map of verdicts' warning ok
rules "table inet f { chain input { $input; policy drop; meta l4proto ipv6-icmp accept" \
	'reject with tcp reset' '}' '}'
judges 'a rule that answers' ok ok
rules "table ip f { chain pre { type filter hook prerouting priority -300; tcp dport != 22 drop; }" '}'
judges 'before the host, one family' warning ok
rules "table netdev f { chain in { type filter hook ingress device s0 priority 0; ip6 nexthdr tcp drop; }" '}'
# Where libnftables does not tell the device of a chain, more cannot be said.
case $(in_server nft -j list chains) in
*'"dev"'*) at=warning elsewhere=ok ;;
*) at=note elsewhere=note ;;
esac
judges 'at the interface' ok $at
rules "table netdev f { chain in { type filter hook ingress device s1 priority 0; drop; }" '}'
judges 'at another' $elsewhere $elsewhere
rules "table inet f { chain input { $input; ct state vmap { invalid : drop, established : accept }" \
	'ct state new tcp dport 25 accept' 'drop' '}' '}'
judges 'states' ok ok
rules 'table inet f { set bl { type ipv4_addr; elements = { 203.0.113.9 }' '}' \
	"chain input { $input; ip saddr @bl drop" '}' '}'
judges 'a block list is no more than a note' note ok
rules "table inet f { chain input { $input; policy drop; meta l4proto ipv6-icmp accept" \
	'tcp dport 25 limit rate 100/second accept' '}' '}'
judges 'a limit as well' note note
rules
if command -v iptables-nft >/dev/null; then
	must in_server iptables-nft -P INPUT DROP
	look s0 --low "$LOW4" --high "$HIGH6" --real "$REAL4"
	judges "iptables' rules" warning ok
	must in_server iptables-nft -A INPUT -p tcp --dport 25 -j REJECT --reject-with tcp-reset
	look s0 --low "$LOW4" --high "$HIGH6" --real "$REAL4"
	judges 'and one that answers' ok ok
else
	for i in 1 2 3 4; do
		ok "rules of iptables, $i # SKIP not installed"
	done
fi
rules

# --- names ---

# A name may hold anything but a blank, a slash and a colon.
odd=$'x\e[31m'
must ip -n server link add "$odd" type veth peer name p9
must ip -n server link set "$odd" up
for verb in "check $odd" "load -i $odd --low $LOW4 --real $REAL4 --mode generic" status; do
	# shellcheck disable=SC2086 # words
	nolist $verb >"$TMP/text" 2>&1
	check "${verb%% *}: an odd name of an interface is reported" grep -q 'x\\x1b\[31m' "$TMP/text"
	is "$(grep -c $'\e' "$TMP/text")" 0 "${verb%% *}: and does not drive the terminal"
done
must nolist unload -i "$odd" >/dev/null

# --- usage ---

# --- what is on at the real MX and the fakes ---

# with LINE...: check of a configuration with these.
with() {
	printf '%s\n' 'interface = s0' "low = $LOW4" "real = { $REAL4, $CLIENT4 }" "high = $HIGH4" \
		'domains = { example.com }' "$@" >"$TMP/conf"
	look -c "$TMP/conf"
}
rows=(tarpit enforce low-pass gate)
all_rows() {
	for r in "${rows[@]}"; do
		echo "$r=$(grades "$r")"
	done | xargs
}
with
is "$(all_rows)" 'tarpit= enforce= low-pass= gate=' 'what is off has no row'
for at in 'real:the real MX' 'high:the high fakes' 'both:both'; do
	with 'enforce = tempfail' "list = { \"xdp $TMP/own\" }" "tarpit = ${at%%:*}" 'tarpit-from = 11'
	is "$(grades tarpit)" warning "tarpit = ${at%%:*}: a warning"
	has "$(text_of tarpit)" "sources with 11 offences or more are held for minutes at ${at#*:}, " 'which says where, and from when'
done
is "$(grades enforce) $(jq -r '.findings[] | select(.about == "enforce").subject' "$TMP/doc")" "note $CLIENT4" \
	'tempfail, and a real MX that is another host: a note'
with 'enforce = note' "list = { \"xdp $TMP/own\" }" 'tarpit = both'
is "$(grades tarpit)$(grades enforce)" '' 'with note nobody is held, and nothing is answered'
with 'enforce = drop' "list = { \"xdp $TMP/own\" }"
is "$(grades enforce)" '' 'drop needs SYNs only'
echo 198.51.100.7 >"$TMP/foes"
with 'enforce = drop' "enforce-list = { \"$TMP/foes tempfail\" }"
is "$(grades enforce)" note 'a list that tempfails does not'
with 'gate = 2'
is "$(grades gate)" note 'gate: a note on who waits'
has "$(hint_of gate)" 'postscreen' 'and on what delays as well'
with "low-pass = { 198.18.1.0/24, 2001:db8:5::/48, \"$TMP/foes\" }"
has "$(text_of low-pass)" 'networks that '"'low-pass'"' lets through: 3; anybody else is refused' 'low-pass: how many pass'
has "$(grades low-pass)" note 'which is a note'
is "$(jq '[.findings[] | select(.about == "low-pass" and (.text | test("like any other")))] | length' "$TMP/doc")" 0 \
	'none of them is wide'
with 'low-pass = { 198.16.0.0/15, 2001:c00::/24, 198.18.1.0/24 }'
is "$(jq -r '[.findings[] | select(.about == "low-pass" and (.text | test("like any other"))) | .grade + " " + .subject] | join(", ")' "$TMP/doc")" \
	'warning 198.16.0.0/15, warning 2001:c00::/24' 'wide ones are a warning each'

nolist check >/dev/null 2>"$TMP/err"
is "$?" 2 'no interface given'
look nope
is "$status $(grades link nope)" '1 error' 'a missing interface is a finding'
printf 'interface = s0\nlow = 192.0.2.1\nreal = 192.0.2.1\n' >"$TMP/conf"
nolist check -c "$TMP/conf" >/dev/null 2>"$TMP/err"
is "$?" 2 'a broken file is wrong usage'
has "$(cat "$TMP/err")" "$TMP/conf:3" 'with its line'
printf 'interface = s0\nlow = "%s"\n' "$LOW4" >"$TMP/conf"
look -c "$TMP/conf"
is "$status $(grades address "$LOW4")" '0 ok' "a file's interfaces and addresses are taken"
done_testing
