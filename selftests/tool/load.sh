#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# load: attaches, configures, and changes the configuration in place; is all or
# nothing; never replaces a foreign program. Why it matters: this runs on the only
# interface of a mail host, again and again, while mail arrives.
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need bpftool ip python3 ethtool

# Of the slow path's array the number stands in the name.
pins() {
	(cd "$PIN_DIR" 2>/dev/null && echo * | sed 's/nolist_progs_[0-9]*/nolist_progs_N/') || true
}

# exits STATUS TEXT NAME COMMAND...: exits so, and says TEXT on stderr.
exits() {
	local want=$1 text=$2 name=$3 out status

	shift 3
	out=$("$@" 2>&1 >/dev/null)
	status=$?
	case $out in
	*"$text"*) is "$status" "$want" "$name" ;;
	*) is "$status: $out" "$want: ...$text..." "$name" ;;
	esac
}

map_bytes() {
	bpftool -j map dump pinned "$PIN_DIR/$1" | python3 -c '
import json, sys
print("".join(x[2:] for x in json.load(sys.stdin)[0]["value"]))'
}

# shellcheck disable=SC2119
topology
must ip -n server link add s1 type veth peer name s2
attach_pass server s2
must ip -n server link set s1 up
must ip -n server link set s2 up
PASS=$BUILD/selftests/lib/xdp_pass.bpf.o
ROLES=(--low "$LOW4" --real "$REAL4" --high "$HIGH4" --real "$REAL6")

# --- attaching ---

check 'load attaches' nolist load -i s0 "${ROLES[@]}"
is "$(json 's["interfaces"][0]["mode"], s["interfaces"][0]["pinned"]')" 'native True' \
	'natively, with pinned tables'
is "$(pins)" \
	'nolist_block nolist_conf nolist_config nolist_contacts nolist_domains nolist_ingress nolist_key nolist_low_pass nolist_meta nolist_progs_N nolist_said nolist_stamps nolist_stats nolist_tenanted nolist_tenants nolist_verified' \
	'every map and the program are pinned by their names'
is "$(stat -c %a "$PIN_DIR")" 700 'the pins are for root alone'
is "$(connects "$LOW4")" refused 'the low fake refuses'
is "$(connects "$HIGH4")" accepted 'the high fake accepts'
is "$(json 's["verdicts"]["low_rst_ack"]')" 1 'and it is the program that did it'
generation=$(json 's["tables"][0]["generation"]')
key=$(map_bytes nolist_key)
case $key in
*[1-9a-f]*) ok 'the key was drawn' ;;
*) is "$key" 'random bytes' 'the key was drawn' ;;
esac
case $(nolist status --json; nolist status; nolist load "${ROLES[@]}" 2>&1) in
*"${key:0:16}"*) not_ok 'the key is never shown' ;;
*) ok 'the key is never shown' ;;
esac

# --- changing the configuration in place ---

prog=$(prog_at s0)
contacts=$(json 's["contacts"]["now"]')
segments=$(json '[m["segments"] for m in s["tables"][0]["mx"] if m["role"] == "low"][0]')
check 'load again takes another configuration' \
	nolist load --low "$HIGH4" --high "$LOW4" --real "$REAL4" --low 203.0.113.9 --port 25 --port 2525
is "$(prog_at s0)" "$prog" 'the program stays'
is "$(json 's["tables"][0]["generation"], s["contacts"]["now"]')" "$generation $contacts" \
	'the evidence stays'
is "$(json '[m["segments"] for m in s["tables"][0]["mx"] if m["address"] == "'$LOW4'"]')" \
	"[$segments]" 'an address keeps its counters in another role'
is "$(json '[m["segments"] for m in s["tables"][0]["mx"] if m["address"] == "203.0.113.9"]')" \
	'[0]' 'a new address starts from zero'
is "$(json 's["tables"][0]["ports"]')" '[25, 2525]' 'ports are taken'
is "$(map_bytes nolist_key)" "$key" 'the key stays'
is "$(connects "$HIGH4")" refused 'the roles have changed: refused here'
is "$(connects "$LOW4")" accepted 'accepted there'

must nolist load --low "$LOW4" --real "$REAL4" >/dev/null 2>&1
before=$(json 's["verdicts"]["low_rst_ack"]')
# Those that came between the first attach and the first configuration.
unconfigured=$(json 's["verdicts"]["pass_unconfigured"]')
in_client python3 -c '
import socket, sys
refused = 0
for i in range(1000):
	s = socket.socket()
	s.settimeout(5)
	try:
		s.connect((sys.argv[1], 25))
	except ConnectionRefusedError:
		refused += 1
	s.close()
print(refused)' "$LOW4" >"$TMP/refused" &
client=$!
loads=0
while kill -0 $client 2>/dev/null; do
	nolist load --low "$LOW4" --high "$HIGH4" >/dev/null 2>&1 || bail_out 'load failed'
	nolist load --low "$LOW4" --real "$REAL4" --port 25 --port 26 >/dev/null 2>&1
	loads=$((loads + 2))
done
wait $client
is "$(cat "$TMP/refused")" 1000 "1000 connections are refused while $loads loads go on"
is "$(($(json 's["verdicts"]["low_rst_ack"]') - before))" 1000 'each by the program'
is "$(json 's["verdicts"]["pass_unconfigured"]')" "$unconfigured" 'no frame met the program without configuration'

# --- all or nothing ---

config=$(json 's["tables"]')
progs=$(prog_at s0)
must nsenter --net=/run/netns/server ip link set dev s1 xdp obj "$PASS" sec xdp
foreign=$(prog_at s1)
exits 1 "'s1': another XDP program, $foreign 'xdp_pass'" 'a foreign program is named' \
	nolist load -i s0 -i s1 --low 203.0.113.7
is "$(prog_at s1)" "$foreign" 'and stays'
is "$(json 's["tables"]') $(prog_at s0)" "$config $progs" 'the other interface is as before'
exits 1 "cannot attach to 'nope': No such device" 'a missing interface is named' \
	nolist load -i s0 -i nope --low 203.0.113.7
is "$(json 's["tables"]') $(prog_at s0)" "$config $progs" 'all is as before'
must nolist unload --purge >/dev/null
exits 1 "'s1': another XDP program" 'the same where nothing was loaded' \
	nolist load -i s0 -i s1 --low "$LOW4"
is "$(prog_at s0) $(ls -d "$PIN_DIR" 2>&1)" \
	"0 ls: cannot access '$PIN_DIR': No such file or directory" \
	'nothing is attached, nothing is pinned'
must nsenter --net=/run/netns/server ip link set dev s1 xdp off
# A failure after the programs were attached: a pin's place is taken.
must mkdir -p "$PIN_DIR/nolist_stats"
exits 1 "cannot pin '$PIN_DIR/nolist_stats'" 'a failure at the last step is reported' \
	nolist load -i s0 -i s1 --low "$LOW4"
is "$(prog_at s0) $(prog_at s1) $(pins)" '0 0 nolist_stats' 'both programs and the pins are gone'
must rmdir "$PIN_DIR/nolist_stats"

check 'two interfaces share their tables' nolist load -i s0 -i s1 "${ROLES[@]}"
is "$(json 'len(s["interfaces"]), len(s["tables"])')" '2 1' 'two interfaces, one table'
for _ in 1 2 3 4 5 6; do
	nolist load --low "$LOW4" --real "$REAL4" >/dev/null 2>&1 &
	a=$!
	nolist load --low "$HIGH4" --real "$REAL4" >/dev/null 2>&1 || echo failed >>"$TMP/both"
	wait $a || echo failed >>"$TMP/both"
done
is "$(cat "$TMP/both" 2>/dev/null) $(json 'len(s["tables"][0]["mx"])')" ' 2' \
	'two loads at a time both succeed, and one is in force'
must nolist unload --purge >/dev/null

# --- modes ---

check 'generic mode is taken' nolist load -i s0 --mode generic "${ROLES[@]}"
is "$(json 's["interfaces"][0]["mode"]')" generic 'and shown'
is "$(connects "$LOW4")" refused 'it answers'
exits 1 "'s0' has the program in generic mode" 'another mode needs an unload' \
	nolist load --mode native --low "$LOW4"
must nolist unload --purge >/dev/null
out=$(nolist load -i lo --force "${ROLES[@]}" 2>/dev/null)
case $out in
'lo: attached, generic mode, '*' (not native: '*) ok 'auto falls back to generic, and says why' ;;
*) is "$out" 'lo: attached, generic mode, ... (not native: ...)' \
	'auto falls back to generic, and says why' ;;
esac
must nolist unload --purge >/dev/null
exits 1 "'lo': native mode will be refused: the driver has no native XDP" \
	'native alone does not fall back' nolist load -i lo --mode native
exits 1 "cannot attach to 'lo'" 'nor if it is forced' nolist load -i lo --mode native --force
is "$(prog_at lo)" 0 'and leaves nothing'

# --- segments whose checksum is still to be made ---

must nolist load -i s0 "${ROLES[@]}" >/dev/null
in_client ethtool -K c0 tx on >/dev/null 2>&1
is "$(connects "$LOW4") $(connects "$REAL6")" 'refused refused' 'a client that offloads checksums is refused'
is "$(json 's["verdicts"]["low_rst_ack"], s["verdicts"]["pass_checksum"]')" '1 0' 'by the program'
in_client ethtool -K c0 tx off >/dev/null 2>&1
must nolist unload --purge >/dev/null

# --- files and options ---

cat >"$TMP/conf" <<-EOF
	interface = s0
	low = "$LOW4"
	real = "$REAL4"
	high = "$HIGH4"
	name = fake1.example.com
EOF
check 'a file says it all' nolist load -c "$TMP/conf"
is "$(json 's["tables"][0]["banner"][:21]')" '220 fake1.example.com' 'the host name is in the banner'
check 'options add to it' nolist load -c "$TMP/conf" -i s1 --high 192.0.2.31
is "$(json 'len(s["tables"][0]["mx"]), len(s["interfaces"])')" '4 2' 'one more address, another interface'
must nolist unload --purge >/dev/null
printf 'low = 192.0.2.1\nreal = 192.0.2.1\nhigh = 224.0.0.1\n' >"$TMP/conf"
exits 2 "$TMP/conf:3: '224.0.0.1' is a multicast address" 'errors are reported with file and line' \
	nolist load -i s0 -c "$TMP/conf"
exits 2 "$TMP/conf:2: '192.0.2.1' is real, but low at $TMP/conf:1" 'all of them' \
	nolist load -i s0 -c "$TMP/conf"
exits 2 'cannot read' 'a missing file is reported' nolist load -i s0 -c "$TMP/none"
printf 'interface = s0\0\n' >"$TMP/zero"
exits 2 "'$TMP/zero' has a zero byte" 'so is one that is no text' nolist load -c "$TMP/zero"
exits 2 "--low: 'x' is not an address" 'a wrong option is reported' nolist load -i s0 --low x
exits 2 'no interface given' 'no interface is reported' nolist load --low "$LOW4"
exits 2 "unknown option '--fast'" 'an unknown option is reported' nolist load --fast
exits 1 "hint: did you mean 's0'?" 'an interface that is not there' nolist load s7
exits 1 "hint: there are " 'of another name' nolist load ethernet7
exits 2 "'5x' is not a time from 1s to 1d" 'a probation that is no time' nolist load s0 --probation 5x
is "$(prog_at s0) $(pins)" '0 ' 'and nothing was done'

# --- warnings ---

warns() {
	local text=$1 name=$2

	shift 2
	exits 0 "warning: $text" "$name" nolist load -i s0 "$@"
}
warns 'no low fake' 'a missing low fake is a warning' --real "$REAL4" --high "$HIGH4"
warns 'no real MX' 'a missing real MX is a warning' --low "$LOW4" --high "$HIGH4"
warns 'no high fake' 'a missing high fake is a warning' --low "$LOW4" --real "$REAL4"
warns 'a high fake over IPv6, but no real MX' 'an IPv6 high fake alone is a warning' \
	--low "$LOW4" --real "$REAL4" --high "$HIGH6"
warns "--low: '203.0.113.5' is not an address of this host" 'a fake that is not here is a warning' \
	--low 203.0.113.5 --real "$REAL4" --high "$HIGH4"
listen() {
	nsenter --net=/run/netns/server python3 -c '
import socket, sys, time
all = []
for a in sys.argv[2:]:
	s = socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	s.bind((a, 25))
	s.listen()
	all.append(s)
open(sys.argv[1], "w")
time.sleep(900)' "$TMP/listens" "$@" &
	listener=$!
	must wait_for 20 test -e "$TMP/listens"
}
unlisten() {
	kill $listener
	wait $listener 2>/dev/null
	rm -f "$TMP/listens"
}
listen "$HIGH4" "$REAL4"
warns "--high: a server listens on '$HIGH4' port 25" 'a server at a fake is a warning' "${ROLES[@]}"
unlisten
listen 0.0.0.0
warns 'a server listens on all addresses, port 25: it answers at the IPv4 fakes' \
	'a server on all addresses is a warning' "${ROLES[@]}"
unlisten
listen ::
warns 'a server listens on all addresses, port 25: it answers at the IPv6 fakes' \
	'a server on all IPv6 addresses is a warning' "${ROLES[@]}" --high "$HIGH6"
unlisten
listen "$REAL4" "$REAL6"
is "$(nolist load -i s0 "${ROLES[@]}" 2>&1 >/dev/null)" '' 'a server at the real MX is none'
unlisten
must nolist unload --purge >/dev/null

# --- tables ---

check 'the capacity can be chosen' nolist load -i s0 --sources 2048 "${ROLES[@]}"
is "$(json 's["contacts"]["capacity"], s["verified"]["capacity"]')" '2048 2048' 'and is there'
exits 0 'a capacity of 2048 sources, and keep it' 'tables that exist keep theirs' \
	nolist load --sources 4096 "${ROLES[@]}"
must nolist unload --purge >/dev/null
exits 1 "'$TMP/pins' is not on a BPF file system" 'a directory elsewhere is refused' \
	in_server "$TOOL" load -i s0 --pin-dir "$TMP/pins" --low "$LOW4"
is "$(prog_at s0) $(ls "$TMP/pins" 2>&1)" \
	"0 ls: cannot access '$TMP/pins': No such file or directory" 'and nothing was done'

# --- VLANs ---

if ip -n server link add link s0 name s0.7 type vlan id 7 2>/dev/null; then
	exits 1 "'s0': has VLAN 's0.7', and answers would lose their tags" \
		'answers that would lose their tags are refused' nolist load -i s0 "${ROLES[@]}"
	is "$(prog_at s0)" 0 'and nothing was done'
	check 'unless forced' nolist load -i s0 --force "${ROLES[@]}"
	must nolist unload --purge >/dev/null
	check 'generic mode keeps them' nolist load -i s0 --mode generic "${ROLES[@]}"
else
	for i in 'are refused' 'nothing was done' 'unless forced' 'generic mode'; do
		ok "tags that would be lost: $i # SKIP this kernel has no VLAN devices"
	done
fi

# --- what would be found out at the first list only ---

printf '203.0.113.6\n203.0.113.6/24\n' >"$TMP/allow"
conf_of() {
	printf 'interface = { s0 }\nlow = { %s }\nreal = { %s }\n%s\n' "$LOW4" "$REAL4" "$1"
}
conf_of "allow = { \"$TMP/allow\" }" >"$TMP/allow.conf"
conf_of "allow = { \"$TMP/nowhere\" }" >"$TMP/missing.conf"
conf_of 'never-list-except = { 127.0.0.0/8 }' >"$TMP/never.conf"
refuses() {
	local wanted=$1 out

	shift
	out=$(nolist load "$@" 2>&1 >/dev/null)
	[ $? -eq 2 ] && grep -qF -- "$wanted" <<<"$out"
}
# warns WORDS [OPTION]...: it loads, with status 3.
warns() {
	local wanted=$1 out

	shift
	out=$(nolist load "$@" 2>&1 >/dev/null)
	[ $? -eq 3 ] && grep -qF -- "$wanted" <<<"$out"
}
check 'a wrong line of an allow file is reported with both places' \
	warns "$TMP/allow.conf:4: $TMP/allow:2: not an address" -c "$TMP/allow.conf"
printf 'a.example 192.0.2.0/24\na.example 192.0.2/24\n' >"$TMP/providers"
conf_of "providers = { $TMP/providers }" >"$TMP/providers.conf"
check 'so is one of a providers file' \
	warns "$TMP/providers:2: not a name and a network" -c "$TMP/providers.conf"
is "$(nolist load -c "$TMP/providers.conf" 2>&1 | grep -c "$TMP/providers:")" 1 'in one line'
nolist check -c "$TMP/providers.conf" >"$TMP/check.out" 2>&1
check 'check tells it, too' grep -q "^warning .*$TMP/providers:2: not a name" "$TMP/check.out"
check 'so is a missing file' warns "$TMP/missing.conf:4: cannot read '$TMP/nowhere'" -c "$TMP/missing.conf"
conf_of "list = { \"colour $TMP/a\" }" >"$TMP/format.conf"
check 'a list of no format' refuses "format.conf:4: unknown format 'colour'" -c "$TMP/format.conf"
conf_of "list = { \"plain $TMP/a\", \"nft $TMP/a true\" }" >"$TMP/twice.conf"
check 'two lists in one file' refuses "twice.conf:4: '$TMP/a' is also the file of the list at" \
	-c "$TMP/twice.conf"
check 'and a prefix that is not for labs' \
	refuses "$TMP/never.conf:4: '127.0.0.0/8' is not for labs" -c "$TMP/never.conf"
must ip -n server link property add dev s0 altname mail0
check 'an interface with two names is one' \
	refuses "'s0' and 'mail0' are the same interface" -i s0 -i mail0 --low "$LOW4" --real "$REAL4"
done_testing
