#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tenants: customers with high fakes, domains and words of their own. Each address knows the domains
# of its tenant alone, what comes to it is counted for it, and a tempfail there is no offence, with
# timestamps or without; a QUIT there excuses as ever. Why it matters: the real MX of a customer is
# elsewhere, so a sender that walks to its fake because that is down would have no alibi here.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq python3 bpftool

ACME4=192.0.2.31 ACME6=2001:db8::31 BETA4=192.0.2.32

# shellcheck disable=SC2119
topology
for a in "$ACME4/24" "$BETA4/24"; do
	must ip -n server addr add "$a" dev s0
done
must ip -n server addr add "$ACME6/64" dev s0 nodad
CONF=$TMP/nolist.conf
must mkdir -p "$STATE_DIR"
LIST=$TMP/acme
echo '*.acme.example' >"$LIST"

# conf [LINE...]: two tenants, and these lines.
conf() {
	cat - <(printf '%s\n' "$@") >"$CONF" <<-E
		interface = { s0 }
		low = { $LOW4, $LOW6 }
		real = { $REAL4, $REAL6 }
		high = { $HIGH4, $HIGH6 }
		name = fake.own.example
		domains = { own.example, *.own.example }
		real-mx-unseen = accept
		learning = 0
		grace = 0
		never-list-except = { 198.18.0.0/15 }
		tenant acme {
		    high = { $ACME4, $ACME6 }
		    domains = { acme.example, $LIST }
		    name = mx9.acme.example
		    tempfail-text = "ACME says later"
		}
		tenant beta {
		    high = $BETA4 # the only one
		    domains = { beta.example }
		}
	E
}

# loads STATUS NAME: load ends so.
loads() {
	local got

	nolist load -c "$CONF" >"$TMP/out" 2>"$TMP/err"
	got=$?
	is "$got" "$1" "$2"
	[ "$got" = "$1" ] || diag "$(cat "$TMP/err")"
}

# rcpt ADDR DOMAIN...: what it says of each, in one dialogue.
rcpt() {
	in_client "$PYTHON" -c '
import smtplib, sys
with smtplib.SMTP(sys.argv[1], 25, timeout=10) as c:
    c.helo("client.example")
    c.mail("a@client.example")
    print(*(c.rcpt("x@" + d)[0] for d in sys.argv[2:]))' "$@"
}

# talks FROM ADDR DOMAIN [QUIT]: a dialogue to DATA, and its end. Prints the banner, and the reply to DATA.
talks() {
	in_client "$PYTHON" - "$@" <<-'P'
		import smtplib, sys
		c = smtplib.SMTP(timeout=10, source_address=(sys.argv[1], 0))
		print(c.connect(sys.argv[2], 25)[1].split()[0].decode(), end=" ")
		c.helo("c.example")
		c.mail("a@c.example")
		c.rcpt("x@" + sys.argv[3])
		code, text = c.docmd("DATA")
		print(code, text.decode())
		if len(sys.argv) > 4:
		    c.docmd("QUIT")
		c.sock.close()
	P
}

# explained ADDR: its offences, and the events of its hours.
explained() {
	nolist explain -c "$CONF" --json "$1" | jq -c '[(.checks[] | select(.check == "offences") | .have), (.hours[] | [.strong, .weak, .tempfailed_weak, .tenant] | map(. // 0))]'
}

tenants() {
	bpftool -j map dump pinned "$PIN_DIR/nolist_tenants" 2>/dev/null | jq '[.[] | select(.value | type == "array")] | length'
}

# --- addresses, domains, words --------------------------------------------------------

conf
loads 0 'two tenants'
is "$(rcpt $HIGH4 own.example x.own.example acme.example beta.example)" '250 250 450 450' 'our own high fake knows our domains alone'
is "$(rcpt $ACME4 own.example acme.example x.acme.example beta.example)" '450 250 250 450' "a tenant's knows its own, from names and a file"
is "$(rcpt $ACME6 own.example acme.example)" '450 250' 'over IPv6, too'
is "$(rcpt $BETA4 own.example beta.example acme.example)" '450 250 450' "and so does another tenant's"
is "$(rcpt $ACME4 mx9.acme.example)" 450 "the fake's name is no domain, whatever is above it"
for n in 1 2 3 4 5 6; do
	must ip -n client addr add 198.18.0.$n/32 dev c0
done
case $(talks 198.18.0.1 $HIGH4 own.example) in
'fake.own.example 451 4.7.1 Please try another'*) ok 'our words' ;;
*) not_ok 'our words' ;;
esac
case $(talks 198.18.0.2 $ACME4 acme.example) in
'mx9.acme.example 451 4.7.1 ACME says later'*) ok "a tenant's words" ;;
*) not_ok "a tenant's words" ;;
esac
case $(talks 198.18.0.3 $BETA4 beta.example) in
'fake.own.example 451 4.7.1 Please try another'*) ok 'which are ours where it has none' ;;
*) not_ok 'which are ours where it has none' ;;
esac

# --- evidence -------------------------------------------------------------------------

is "$(explained 198.18.0.1)" '[1,[1,0,0,0]]' 'tempfailed by our high fake: an offence'
is "$(explained 198.18.0.2)" '[0,[0,0,0,1]]' "by a tenant's: none, and its number is known"
is "$(explained 198.18.0.3)" '[0,[0,0,0,2]]' "by another's, too"
check 'explain names the tenant' grep -x '    tempfailed at tenant 1 acme: no offence' <(nolist explain -c "$CONF" 198.18.0.2)
must in_client sysctl -qw net.ipv4.tcp_timestamps=0
talks 198.18.0.4 $ACME4 acme.example >/dev/null
talks 198.18.0.4 $HIGH4 own.example >/dev/null
talks 198.18.0.5 $BETA4 beta.example >/dev/null
must in_client sysctl -qw net.ipv4.tcp_timestamps=1
is "$(explained 198.18.0.4 | jq -c '.[1] | .[1] > 0, .[2], .[3]' | paste -sd' ')" 'true 1 1' 'without timestamps both are noted apart'
is "$(explained 198.18.0.5)" '[0,[0,0,0,2]]' "and a tenant's alone verifies no offence"
talks 198.18.0.6 $HIGH4 own.example >/dev/null
talks 198.18.0.6 $ACME4 acme.example QUIT >/dev/null
is "$(explained 198.18.0.6)" '[0,[1,0,0,1]]' "a QUIT at a tenant's excuses what is near it"

# --- counters -------------------------------------------------------------------------

nolist status -c "$CONF" >"$TMP/status"
check 'status shows each tenant' grep -x 'tenant 1 acme: 2 high fakes, 6 opens; tempfailed 3, QUIT 1, recipients of other domains 4' "$TMP/status"
check 'and the other one' grep -x 'tenant 2 beta: 1 high fake, 3 opens; tempfailed 2, QUIT 0, recipients of other domains 2' "$TMP/status"
check "ours without theirs" grep -x 'domains: 2; recipients of other domains that the high fakes refused: 2' "$TMP/status"
is "$(nolist status -c "$CONF" --json | jq -c '.tables[0] | [.tenants[] | [.number, .name, .addresses, .opens, .tempfailed, .quit, .elsewhere]], [.mx[] | select(.tenant) | [.address, .role, .tenant]]')" \
	"[[1,\"acme\",2,6,3,1,4],[2,\"beta\",1,3,2,0,2]]
[[\"$ACME4\",\"high\",1],[\"$ACME6\",\"high\",1],[\"$BETA4\",\"high\",2]]" 'as JSON'
nolist metrics -c "$CONF" >"$TMP/metrics"
is "$(grep '^nolist_tenant' "$TMP/metrics" | sed 's/^nolist_tenant_//')" "$(for c in 'opens 6 3' 'tempfailed 3 2' 'quit 1 0' 'elsewhere 4 2'; do
	read -r what acme beta <<<"$c"
	printf '%s_total{tenant="1",name="acme"} %s\n%s_total{tenant="2",name="beta"} %s\n' "$what" "$acme" "$what" "$beta"
done)" 'as metrics, by tenant'
check 'the store has it, too' nolist collect -c "$CONF" --quiet
is "$(explained 198.18.0.2) $(explained 198.18.0.1)" '[0,[0,0,0,1]] [1,[1,0,0,0]]' 'with the same result'

# --- the tarpit is for our own high fakes ---------------------------------------------

held_so_far() {
	nolist status --json | jq .verdicts.tarpit_syn_ack
}
# opens ADDRESS: ten connections of a source that is held, none of which is used.
opens() {
	in_client "$PYTHON" -c '
import socket, sys
for i in range(10):
    socket.create_connection((sys.argv[1], 25), 5, ("198.18.0.7", 0)).close()' "$1"
}
must ip -n client addr add 198.18.0.7/32 dev c0
conf 'enforce = tempfail' 'enforce-list = { "/none tempfail" }' 'tarpit = high'
loads 0 'with a tarpit at the high fakes'
must "$BUILD/selftests/lib/held" "$PIN_DIR" 198.18.0.7
opens $HIGH4
n=$(held_so_far)
check 'at ours it is held, but for one connection in eight' test "$n" -ge 3
opens $ACME4
opens $BETA4
is "$(held_so_far) $(talks 198.18.0.7 $ACME4 acme.example)" "$n mx9.acme.example 451 4.7.1 ACME says later (a backup)" \
	"at a tenant's it is tempfailed as all others"
conf
loads 0 'off again'

# --- again ----------------------------------------------------------------------------

is "$(tenants)" 1 'there is one table of tenants'
sed -i 's/ACME says later/ACME says never mind/; s/beta.example }/gamma.example }/' "$CONF"
loads 0 'other words and domains'
case $(talks 198.18.0.2 $ACME4 acme.example) in
*'ACME says never mind'*) ok 'the words are in force' ;;
*) not_ok 'the words are in force' ;;
esac
is "$(rcpt $BETA4 beta.example gamma.example) $(tenants)" '450 250 1' 'the domains are, and there is one table again'
learning=$(bpftool -j map dump pinned "$PIN_DIR/nolist_meta" | jq -c '.[0].formatted.value.change')
nolist config -c "$CONF" | grep -v '^#' >"$TMP/printed"
check 'what config prints' grep -F 'tenants = "acme tempfail-text ACME says never mind"' "$TMP/printed"
mv "$TMP/printed" "$CONF"
loads 0 'can be loaded'
is "$(rcpt $BETA4 beta.example gamma.example) $(rcpt $ACME6 x.acme.example)" '450 250 250' 'and says the same'
is "$(bpftool -j map dump pinned "$PIN_DIR/nolist_meta" | jq -c '.[0].formatted.value.change')" "$learning" 'nothing is learned anew'
must rm "$PIN_DIR/nolist_tenants" "$PIN_DIR/nolist_tenanted"
loads 0 'into tables of an earlier build, which lack the two'
is "$(rcpt $BETA4 beta.example gamma.example) $(tenants)" '450 250 1' 'they are made'
conf
must mkdir "$PIN_DIR/nolist_new"
loads 1 'a load that fails at its last step'
is "$(rcpt $BETA4 beta.example gamma.example) $(tenants)" '450 250 1' 'leaves the tenants of before in force, and no others'
must rmdir "$PIN_DIR/nolist_new"
check 'test leaves their addresses out' bash -c "! grep -q '$ACME4' <(\"\$@\")" - \
	nsenter --net=/run/netns/server "$TOOL" test -c "$CONF" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR"
sed -i '/^tenant acme/,/^}/d; s/^tenant beta/tenant acme { }\ntenant beta/' "$CONF"
loads 0 'a tenant that has left stays as a name'
is "$(connects $ACME4) $(rcpt $BETA4 beta.example)" 'refused 250' 'its addresses are gone, the other one goes on'
is "$(nolist status -c "$CONF" --json | jq -c '[.tables[0].tenants[] | [.number, .name]]')" '[[2,"beta"]]' 'with its number'
sed -i '/^tenant/,$d' "$CONF"
loads 0 'without tenants'
is "$(nolist metrics -c "$CONF" | grep -c tenant)" 0 'no metric speaks of any'
is "$(tenants) $(rcpt $HIGH4 own.example beta.example)" '0 250 450' 'there is no table of them'

# --- mistakes -------------------------------------------------------------------------

# refused TEXT LINE...: load says so, and names the line.
refused() {
	local text=$1

	shift
	conf "$@"
	nolist load -c "$CONF" 2>"$TMP/err" >/dev/null
	is "$? $(grep -cF "$text" "$TMP/err")" '2 1' "refused: $text" || diag "$(cat "$TMP/err")"
}

refused ":22: '$BETA4' is given twice" 'tenant gamma {' "high = $BETA4" 'domains = a.example' '}'
refused "tenant 'gamma' has no 'domains'" 'tenant gamma {' 'high = 192.0.2.33' '}'
refused ":23: 'a@b' is not a domain" 'tenant gamma {' 'high = 192.0.2.33' 'domains = { a@b }' '}'
refused "no such option 'low'" 'tenant gamma {' 'low = 192.0.2.33' '}'
refused "is not high, domains, name or tempfail-text" 'tenants = { "gamma low 192.0.2.33" }'
refused "tenant 'beta' needs 'stage = rcpt' or 'data'" 'stage = mail'
refused "found duplicate title" 'tenant acme {' '}'
conf
sed -i '/^domains/d' "$CONF"
nolist load -c "$CONF" 2>"$TMP/err" >/dev/null
is "$? $(grep -c "needs the key 'domains' for your own" "$TMP/err")" '2 2' "refused: tenants without domains of one's own"
done_testing
