#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Flattens the SPF records of large senders (RFC 7208) into a file of named sets of
# networks, for 'providers' in nolist-xdp.conf: one of their machines is refused at
# the low fake, another one comes back. From cron, once a day:
#   providers.sh -o /etc/nolist-xdp.providers [-s SERVER] [-p PORT] DOMAIN...
# Without -o it writes to standard output; without DOMAIN it asks for the senders
# that are named below. Needs dig.
#
# What it reads is other people's DNS. A sender whose record cannot be read, is not as it
# should be, or names no network (it is all macros, say) is left out with a warning: it
# keeps the networks that it has in the old file, and the exit status is 3. If no sender is
# left, or nolist-xdp refuses the new file, the old one stays and the exit status is 1.

set -u -o pipefail
export LC_ALL=C

senders="gmail.com outlook.com yahoo.com icloud.com amazonses.com sendgrid.net mailgun.org
	servers.mcsv.net gmx.net zoho.com"
queries_max=40    # for each sender; a receiver of its mail would ask for 10 and some
networks_max=5000 # of each sender
server='' port='' output='' new='' left_out=0
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # cron's has none of them

die() {
	printf 'providers.sh: %s\n' "$*" >&2
	exit 1
}

warn() {
	printf 'providers.sh: warning: %s\n' "$*" >&2
}

finish() {
	[ -z "$new" ] || rm -f "$new"
}

# is_name TEXT: a domain name that no program takes for something else.
is_name() {
	[ ${#1} -le 253 ] && [[ $1 =~ ^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)+\.?$ ]]
}

# lookup TYPE NAME: the answers of that type, a line each; none is no failure. is_there: 0 if there is
# no such name.
lookup() {
	local out

	queries=$((queries + 1))
	[ $queries -le $queries_max ] || die "$sender: more than $queries_max queries"
	# The server's name comes before the question, so that it is one.
	out=$(dig ${server:+"@$server"} ${port:+-p "$port"} +time=3 +tries=2 +noall +comments +answer \
		-t "$1" -q "${2%.}." 2>&1 | head -c 65536) || die "$sender: dig fails for $2"
	case $out in
	*'status: NOERROR,'*) is_there=1 ;;
	*'status: NXDOMAIN,'*) is_there=0 ;;
	*) die "$sender: no answer for $1 of $2" ;;
	esac
	answers=$(awk -v type="$1" '!/^;/ && $4 == type {
		for (i = 0; i < 4; i++)
			sub(/^[^ \t]+[ \t]+/, "")
		print
	}' <<<"$out")
}

# is_ip4 ADDRESS, is_ip6 ADDRESS
is_ip4() {
	local byte='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'

	[[ $1 =~ ^$byte\.$byte\.$byte\.$byte$ ]]
}

is_ip6() {
	local text=$1 rest groups=0 double=0 g

	case $text in
	*:*.*)
		is_ip4 "${text##*:}" || return 1
		text=${text%:*}:0:0
		;;
	esac
	case $text in
	*::*::* | *:::*) return 1 ;;
	*::*) double=1 ;;
	:* | *:) return 1 ;;
	esac
	rest=${text//::/:}
	rest=${rest#:}
	rest=${rest%:}
	while [ -n "$rest" ]; do
		g=${rest%%:*}
		[[ $g =~ ^[0-9a-fA-F]{1,4}$ ]] || return 1
		groups=$((groups + 1))
		[ "$g" = "$rest" ] && break
		rest=${rest#*:}
	done
	[ $groups -eq $((8 - double)) ] || { [ $double = 1 ] && [ $groups -lt 8 ]; }
}

# is_mapped ADDRESS: an IPv6 address that is an IPv4 one (::ffff:192.0.2.1). To SPF that
# matches no sender over IPv6.
is_mapped() {
	local text=${1,,} left right groups i

	case $text in *.*) text=${text%:*}:0:0 ;; esac
	case $text in
	*::*)
		IFS=: read -ra left <<<"${text%%::*}"
		IFS=: read -ra right <<<"${text#*::}"
		groups=("${left[@]}")
		for ((i = ${#left[@]} + ${#right[@]}; i < 8; i++)); do
			groups+=(0)
		done
		groups+=("${right[@]}")
		;;
	*) IFS=: read -ra groups <<<"$text" ;;
	esac
	for ((i = 0; i < 5; i++)); do
		((16#${groups[i]} == 0)) || return 1
	done
	((16#${groups[5]} == 0xffff))
}

# network FAMILY ADDRESS BITS: adds one; BITS may be empty.
network() {
	local bits=${3:-32} widest=8 longest=32

	if [ "$1" = 6 ]; then
		bits=${3:-128} widest=16 longest=128
	fi
	"is_ip$1" "$2" || die "$sender: '$(tr -dc '[:graph:]' <<<"$2" | head -c 64)' is no address"
	if [ "$1" = 6 ] && is_mapped "$2"; then
		warn "$sender: '$2' is left out: an IPv4 address written as IPv6"
		return
	fi
	if ! [[ $bits =~ ^[0-9]{1,3}$ ]] || [ "$bits" -gt $longest ]; then
		die "$sender: $2 has a wrong length"
	fi
	[ "$bits" -ge $widest ] || die "$sender: $2/$bits is too wide"
	networks+=("$2/$bits")
	[ ${#networks[@]} -le $networks_max ] || die "$sender: more than $networks_max networks"
}

# hosts NAME BITS4 BITS6: its addresses.
hosts() {
	local a list

	lookup A "$1"
	list=$answers
	for a in $list; do
		network 4 "$a" "$2"
	done
	lookup AAAA "$1"
	list=$answers
	for a in $list; do
		network 6 "$a" "$3"
	done
}

# a_or_mx WORD DOMAIN: a or mx, with or without :NAME, /BITS and //BITS.
a_or_mx() {
	local word=$1 name=$2 bits4='' bits6='' mx exchangers

	case $word in *//*) bits6=${word##*//} word=${word%%//*} ;; esac
	case $word in */*) bits4=${word##*/} word=${word%%/*} ;; esac
	case $word in *:*) name=${word#*:} ;; esac
	is_name "$name" || die "$sender: a record names no host"
	if [ "${word%%:*}" = a ]; then
		hosts "$name" "$bits4" "$bits6"
		return
	fi
	lookup MX "$name"
	exchangers=$(awk '{ print $2 }' <<<"$answers")
	for mx in $exchangers; do
		[ "$mx" != . ] || continue
		is_name "$mx" || die "$sender: $name has an odd mail exchanger"
		hosts "$mx" "$bits4" "$bits6"
	done
}

# flatten DOMAIN: its record, and those that it refers to, each once.
flatten() {
	local domain=${1,,} record word redirect='' has_all=

	domain=${domain%.}
	is_name "$domain" || die "$sender: a record refers to no domain"
	[ -z "${seen[$domain]-}" ] || return 0
	seen[$domain]=1
	lookup TXT "$domain"
	record=$(sed 's/" *"//g; s/^"//; s/"$//' <<<"$answers" | grep -i '^v=spf1\( \|$\)')
	case $record in
	'')
		[ $is_there = 1 ] || die "$sender: there is no domain $domain"
		die "$sender: $domain has no SPF record"
		;;
	*$'\n'*) die "$sender: $domain has more than one SPF record" ;;
	esac
	set -f # words, no file names
	for word in ${record,,}; do
		case $word in
		v=spf1 | -* | '~'* | '?'*) continue ;;
		esac
		word=${word#+}
		case $word in
		*%*) warn "$sender: $domain: what depends on the message is left out" ;;
		all) die "$sender: $domain lets everybody send" ;;
		ip4:*/*) network 4 "$(cut -d/ -f1 <<<"${word#ip4:}")" "${word#*/}" ;;
		ip4:*) network 4 "${word#ip4:}" '' ;;
		ip6:*/*) network 6 "$(cut -d/ -f1 <<<"${word#ip6:}")" "${word#*/}" ;;
		ip6:*) network 6 "${word#ip6:}" '' ;;
		include:*) flatten "${word#include:}" ;;
		redirect=*) redirect=${word#redirect=} ;;
		a | a:* | a/* | mx | mx:* | mx/*) a_or_mx "$word" "$domain" ;;
		exists:* | ptr | ptr:*) warn "$sender: $domain: what depends on the message is left out" ;;
		*=*) ;;
		*) die "$sender: $domain has a record with an unknown word" ;;
		esac
	done
	case " ${record,,} " in *[\ +?~-]all\ *) has_all=1 ;; esac
	[ -z "$redirect" ] || [ -n "$has_all" ] || flatten "$redirect"
}

# networks_of SENDER: a line each; or why there are none.
networks_of() {
	declare -A seen=()
	local networks=() queries=0 sender=$1

	is_name "$sender" || die "'$(tr -dc '[:graph:]' <<<"$sender")' is no domain"
	flatten "$sender"
	[ ${#networks[@]} -gt 0 ] || die "$sender: its record names no network"
	printf "${sender,,} %s\n" "${networks[@]}" | sort -u
}

# kept SENDER: its lines of the old file.
kept() {
	[ -n "$output" ] && [ -f "$output" ] &&
		awk -v name="${1,,}" '$1 == name { print; n++ } END { exit !n }' "$output"
}

# write SENDER...: the file's lines; fails where there is no sender.
write() {
	local sender lines good=''

	printf '# Made by providers.sh at %s from SPF records; do not edit.\n' "$(date -u +%FT%TZ)"
	for sender in "$@"; do
		if lines=$(networks_of "$sender"); then
			good=1
		else
			left_out=1
			if lines=$(kept "$sender"); then
				warn "$sender: keeps the networks that it had"
			else
				warn "$sender: is left out"
			fi
		fi
		[ -z "$lines" ] || printf '%s\n' "$lines"
	done
	[ -n "$good" ]
}

# prove FILE: nolist-xdp can use each line of it.
prove() {
	local tool=${0%/*}/../build/nolist-xdp # in its source tree

	[ -x "$tool" ] || tool=$(command -v nolist-xdp) || die 'nolist-xdp is not installed: it proves the file'
	"$tool" check --providers "$1" >&2 || die "nolist-xdp refuses the new file: the old one stays"
}

while getopts o:s:p: option; do
	case $option in
	o) output=$OPTARG ;;
	s) server=$OPTARG ;;
	p) port=$OPTARG ;;
	*)
		echo 'usage: providers.sh [-o FILE] [-s SERVER] [-p PORT] [DOMAIN...]' >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $senders
command -v dig >/dev/null || die 'needs dig: apt-get install bind9-dnsutils'
if [ -z "$output" ]; then
	new=$(mktemp) || die 'cannot write to a temporary file'
else
	new=$(mktemp "$output.XXXXXX") || die "cannot write '$output'"
fi
trap finish EXIT
write "$@" >"$new" || die 'no sender is left'
if [ -z "$output" ]; then
	cat "$new"
	exit $((left_out ? 3 : 0))
fi
prove "$new"
if ! chmod 644 "$new" || ! sync "$new" || ! mv -f "$new" "$output"; then
	die "cannot write '$output'"
fi
new=''
exit $((left_out ? 3 : 0))
