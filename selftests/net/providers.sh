#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/providers.sh against a real name server: SPF records become sets of
# networks, and whatever is wrong with them, or with the way there, leaves the old
# file as it is. Why it matters: anyone can write anything into their own DNS, and what
# gets into this file is never listed.
# shellcheck disable=SC2317 # functions that check() calls
packages="bind9-dnsutils nsd"
# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh $packages"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
cd "$TOP" || exit 1

DIR=$(mktemp -d "$BUILD/providers.XXXXXX")
chmod 755 "$DIR"
trap 'rm -rf "$DIR" "$TMP"' EXIT
FILE=$DIR/providers port=5302

topology ''
judge_setup

# --- a name server -------------------------------------------------------------

{
	cat <<-'END'
		$TTL 60
		@ SOA ns.test. h.test. 1 600 300 60 60
		@ NS ns.test.
		ns A 127.0.0.1
		good TXT "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 include:more.good.test a:host.good.test/28 mx ~all"
		good TXT "what others want to know"
		good MX 10 mx.good
		more.good TXT "V=SPF1 ip4:203.0.113." "5 +ip4:203.0.113.77/30 ?ip4:192.0.2.99 -include:none.test -all"
		host.good A 192.0.2.17
		host.good AAAA 2001:db8:2::17
		mx.good A 192.0.2.33
		alias CNAME good
		redirect TXT "v=spf1 redirect=good.test"
		both TXT "v=spf1 redirect=none.test ip4:192.0.2.1 -all"
		loop1 TXT "v=spf1 ip4:192.0.2.1 include:loop2.test -all"
		loop2 TXT "v=spf1 include:LOOP1.test. include:loop2.test ip4:192.0.2.2 -all"
		macro TXT "v=spf1 ip4:192.0.2.1 exists:%{i}.test include:%{d}.test ptr -all"
		mapped TXT "v=spf1 ip4:192.0.2.1 ip6:::ffff:198.51.100.0/120 ip6:0:0::FFFF:c633:6400 ip6:2001:db8:9::/48 -all"
		onlymapped TXT "v=spf1 ip6:::ffff:198.51.100.0/120 -all"
		macros TXT "v=spf1 redirect=_spf.macros.test"
		_spf.macros TXT "v=spf1 exists:%{i}._spf.macros.test ptr:flying.test ?all"
		none TXT "hello"
		empty TXT "v=spf1 -all"
		two TXT "v=spf1 ip4:192.0.2.1 -all"
		two TXT "v=spf1 ip4:192.0.2.2 -all"
		wide4 TXT "v=spf1 ip4:0.0.0.0/0 -all"
		wide6 TXT "v=spf1 ip6:::/0 -all"
		half TXT "v=spf1 a:host.good.test/1 -all"
		everybody TXT "v=spf1 +all"
		shell TXT "v=spf1 ip4:$(touch${IFS}pwned) include:`id`.test -all"
		glob TXT "v=spf1 ip4:* -all"
		option TXT "v=spf1 include:-f/etc/passwd -all"
		server TXT "v=spf1 include:@192.0.2.1 -all"
		plus TXT "v=spf1 include:+trace -all"
		escape TXT "v=spf1 ip4:\027[2J192.0.2.1 -all"
		line TXT "v=spf1 ip4:192.0.2.1\010evil.test 0.0.0.0/1 -all"
		blank TXT "v=spf1 ip4:192.0.2.1\009ip4:0.0.0.0/1 -all"
		ip4 TXT "v=spf1 ip4:256.1.1.1 -all"
		ip6 TXT "v=spf1 ip6:2001:db8:1 -all"
		ip6b TXT "v=spf1 ip6:1::2::3 -all"
		long TXT "v=spf1 ip4:192.0.2.0/33 -all"
		word TXT "v=spf1 everywhere -all"
		away TXT "v=spf1 include:elsewhere.example -all"
		gone TXT "v=spf1 include:nowhere.test -all"
		crowd TXT "v=spf1 include:i1.test -all"
	END
	for i in {1..60}; do
		echo "i$i TXT \"v=spf1 ip4:192.0.2.$i include:i$((i + 1)).test -all\""
	done
} >"$DIR/test"
# shellcheck disable=SC2086 # words
root_up $packages
nsd_up $port test test

# providers DOMAIN...: into $FILE
providers() {
	in_root "$TOP/scripts/providers.sh" -s 127.0.0.1 -p "$port" -o "$FILE" "$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
}

# flat_is EXPECTED NAME DOMAIN...: what is in the file then, on one line.
flat_is() {
	local expected=$1 name=$2

	shift 2
	providers "$@"
	is "$status $(rows "$FILE" | tr '\n' ' ')" "0 $expected" "$name"
}

serves() {
	in_root dig -p "$port" @127.0.0.1 +tries=1 +time=1 +short good.test TXT | grep -q spf1
}
check 'the name server runs' wait_for 20 serves

# --- what is right ---------------------------------------------------------------

good=(192.0.2.17/28 192.0.2.33/32 198.51.100.0/24 2001:db8:1::/48 2001:db8:2::17/128
	203.0.113.5/32 203.0.113.77/30)
flat_is "$(printf 'good.test %s ' "${good[@]}")" \
	'ip4, ip6, include, a and mx become networks, what does not pass does not' good.test
is "$(cat "$TMP/err")" '' 'without a word'
is "$(stat -c %a "$FILE")" 644 'anybody may read it'
flat_is "$(printf 'redirect.test %s ' "${good[@]}")$(printf 'alias.test %s ' "${good[@]}")" \
	'redirect and CNAME are followed, each sender has its set' redirect.test alias.test
flat_is 'both.test 192.0.2.1/32 ' 'with "all" there is no redirect (RFC 7208 6.1)' both.test
flat_is 'loop1.test 192.0.2.1/32 loop1.test 192.0.2.2/32 ' 'a loop ends' LOOP1.test
flat_is 'macro.test 192.0.2.1/32 ' 'what depends on the message is left out' macro.test
is "$(grep -c 'warning: macro.test' "$TMP/err")" 3 'and this is reported'
flat_is 'mapped.test 192.0.2.1/32 mapped.test 2001:db8:9::/48 ' \
	'an IPv4 address that is written as IPv6 is left out' mapped.test
is "$(grep -c "warning: mapped.test: .* is left out" "$TMP/err")" 2 'and this is reported'
providers good.test
{
	cat "$CONF"
	echo "providers = { $FILE }"
} >"$TMP/set.conf"
run explain -c "$TMP/set.conf" --json 203.0.113.79
is "$status $(jq -r .provider "$TMP/out")" '0 good.test' 'nolist-xdp reads it'
is "$(in_root "$TOP/scripts/providers.sh" -s 127.0.0.1 -p $port good.test | grep -vc '^#')" 7 \
	'without a file it goes to standard output'

# --- what is wrong ----------------------------------------------------------------

cp -p "$FILE" "$TMP/old"
# keeps NAME DOMAIN...: fails, says why in plain text, and leaves the old file alone.
keeps() {
	local name=$1

	shift
	providers "$@"
	if [ "$status" = 1 ] && grep -q '^providers.sh: ' "$TMP/err" && cmp -s "$TMP/old" "$FILE" &&
		[ "$(stat -c %Y%i "$FILE")" = "$inode" ] && ! LC_ALL=C grep -q '[^ -~]' "$TMP/err" &&
		[ "$(find "$DIR" -newer "$TMP/old" -type f)" = '' ]; then
		ok "$name: the old file stays"
	else
		not_ok "$name: the old file stays"
		diag "exit $status: $(cat -v "$TMP/err")"
		diag "$(diff "$TMP/old" "$FILE"; find "$DIR" -newer "$TMP/old")"
	fi
}
inode=$(stat -c %Y%i "$FILE")
touch "$TMP/old"
while read -r domain what; do
	keeps "$what" "$domain.test"
done <<-END
	none no SPF record
	nothere no such domain
	empty a sender that sends from nowhere
	two two records
	wide4 all of IPv4
	wide6 all of IPv6
	half half of the internet around an address
	everybody a record that lets everybody send
	shell words for a shell
	glob a pattern of file names
	option an option for dig
	server another server for dig
	plus another option for dig
	escape what drives a terminal
	line a line end
	blank another blank
	ip4 no IPv4 address
	ip6 no IPv6 address
	ip6b two gaps in an IPv6 address
	long a length that is too long
	word an unknown word
	away a zone that is not served
	gone an included domain without a record
	crowd more includes than anybody needs
END
providers none.test
check 'what has no record is told' grep -q 'none.test has no SPF record' "$TMP/err"
providers nothere.test
check 'from what is not there' grep -q 'there is no domain nothere.test' "$TMP/err"

# others DOMAIN WHAT: good.test is brought up to date beside it, with status 3.
others() {
	printf '%s\n' 'good.test 192.0.2.99/32' "$1.test 203.0.113.9/32" 'gone.test 192.0.2.98/32' >"$FILE"
	providers good.test "$1.test"
	is "$status $(grep -c ^good "$FILE") $(grep -v ^good "$FILE" | grep -v '^#' | tr '\n' ' ')" \
		"3 7 $1.test 203.0.113.9/32 " "$2: keeps its networks, others get theirs"
	check 'and this is reported' grep -q "warning: $1.test: keeps the networks that it had" "$TMP/err"
}
others macros 'a sender that is all macros and ptr'
others onlymapped 'one with nothing but IPv4 written as IPv6'
others away 'one whose zone is not served'
providers none.test good.test
is "$status $(rows "$FILE" | grep -vc ^good)" '3 0' 'a new one is left out'
check 'and this is reported' grep -q 'warning: none.test: is left out' "$TMP/err"

# nolist-xdp has the last word.
printf '%s\n' 'good.test 192.0.2.99/32' 'macros.test 192.0.2.1/32 x' >"$FILE"
cp -p "$FILE" "$TMP/old"
inode=$(stat -c %Y%i "$FILE")
touch "$TMP/old"
keeps 'a line of the old file that nolist-xdp refuses' good.test macros.test
check 'which it says itself' grep -q ':9: not a name and a network' "$TMP/err"
keeps 'no domain' good
keeps 'an option' -- -f/etc/passwd
is "$(find . -maxdepth 1 -name pwned)" '' 'nothing was run'
kill "$root"
wait "$root" 2>/dev/null
done_testing
