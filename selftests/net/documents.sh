#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# Every block of README, docs/lists.md, docs/deploy.md and the manual's EXAMPLES is run as it
# stands there: cut out of the documents that "make install" has installed, so that their
# paths are tried as well, with PREFIX=/usr/local, with PREFIX=/usr, and from the package
# (MODES="local usr package"; DOCS="lists manual" runs only these). Why it matters: an administrator pastes them, on a mail host.
#
# A document says by a block's kind what runs it (selftests/lib/blocks.awk): by the word behind
# the fence, or by a comment before it that no reader sees, <!-- run: KIND -->. A block without
# a kind, or of one that is not here, fails. The kinds:
#   text            not run: a picture, or output
#   sh              bash -e as root on the mail host. By their first words some are not for
#                   that: "nc" and "nolist-xdp test --low" are for the client, "sudo make" is
#                   tried by tool/bare, dc_local_interfaces= is a line of exim's on Debian,
#                   a line of cron is for cron, and what needs a third host is not run
#   conf            is appended to /etc/nolist-xdp.conf; then the lists are written
#   cron            lines of /etc/cron.d: their commands, with cron's environment
#   zone            a zone that a name server must take
#   publish-...     run by net/publish
#   keepalived      run by net/failover
#   others          run_KIND below
# "nolist-xdp" may exit with 3, done with warnings: the network is a laboratory's, of which
# documentation addresses are made, and sources are listed at once ($lab below). What
# systemctl would do with our units a script does here, since there is no systemd.
# shellcheck disable=SC2317,SC2016,SC2086 # functions that check() calls, words for other shells
packages="rbldnsd bind9-dnsutils nsd postfix exim4-daemon-light ipset spamassassin rspamd"
# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh $packages"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
# shellcheck source=selftests/lib/mailhost.sh
. "$(dirname "$0")/../lib/mailhost.sh"
cd "$TOP" || exit 1

need iptables ip6tables jq nc nft
DIR=$(mktemp -d "$BUILD/documents.XXXXXX")
chmod 755 "$DIR"
trap 'rm -rf "$DIR" "$TMP"' EXIT
BAD=203.0.113.7 GOOD=$CLIENT4
PINS=/sys/fs/bpf/nolist-xdp STATE=/var/lib/nolist-xdp

# --- the network ---------------------------------------------------------------

topology ''
must ip -n client addr add $BAD/32 dev c0
must ip -n server link set s0 down
must ip -n server link set s0 name eth0
must ip -n server link set eth0 up
must ip -n server route add 203.0.113.0/24 dev eth0
must ip -n server addr add 192.0.2.53/24 dev eth0
must wait_for 5 link_is_up server eth0

# What makes a laboratory of a configuration.
lab='
never-list-except = { 203.0.113.0/24, 192.0.2.0/24 }
offences = 1
grace = 0
learning = 0
real-mx-unseen = accept
collect-interval = 1
dump-interval = 1
'

# --- installation ----------------------------------------------------------------

install_local() {
	at_host make -s install
}

install_usr() {
	at_host make -s install
}

install_package() {
	local deb

	scripts/deb.sh "$(make -s version)" >"$TMP/deb.log" 2>&1 || { cat "$TMP/deb.log" && return 1; }
	deb=$(ls build/deb/nolist-xdp_*.deb) && at_host dpkg -i --force-depends "$PWD/$deb"
}

# Its lists are there at once: whoever was listed talks now.
offender() {
	local up

	up=$(cut -d. -f1 /proc/uptime)
	echo "$BAD talk=$up:$up:1 high=$up:$up:1 hour=$((up / 3600)):1:0:0:0" |
		in_root env -u INJECT_FROM "$INJECT" "$PINS"
}

laboratory() {
	in_root bash -c "[ ! -e /etc/nolist-xdp.conf ] || grep -q '^learning' /etc/nolist-xdp.conf ||
		cat >>/etc/nolist-xdp.conf" <<<"$lab"
}

# --- what a client meets ------------------------------------------------------------

# mail FROM: what became of a message to the real MX, and the reply.
mail_from() {
	in_client "$PYTHON" -c '
import smtplib, sys
s = smtplib.SMTP(timeout=30, source_address=(sys.argv[1], 0))
try:
	code, text = s.connect(sys.argv[2], 25)
	if code == 220:
		s.ehlo("bot.example")
		s.mail("a@example.net")
		code, text = s.rcpt("inbox@example.com")
	if code == 250:
		code, text = s.data("Subject: test\n\nHello.\n")
	s.quit()
	print(code, text.decode())
except smtplib.SMTPException as e:
	print(*e.args)
except OSError as e:
	print(e.strerror)
' "$1" "$REAL4"
}

# Nothing is known of it but its offence: what it sent to the real MX in the same hour would
# take it off the lists.
relist() {
	at_host nolist-xdp forget $BAD >/dev/null
	offender
	writes
}

# refuses PATTERN NAME: the offender, and nobody else.
refuses() {
	relist
	sleep 2 # for "postfix reload"
	check "$mode: $2: a source that is not listed is let in" wait_for 20 meets "$GOOD" '^250'
	check "$mode: $2: a listed one is refused" meets "$BAD" "$1"
}

meets() {
	local got

	got=$(mail_from "$1")
	grep -qE "$2" <<<"$got" || { echo "$got" && return 1; }
}

# --- kinds ----------------------------------------------------------------------------

# Status 3 is "done, with warnings". A reader of the package has no tree.
prelude='nolist-xdp() { command nolist-xdp "$@" || [ $? = 3 ]; }
[ "$PREFIX" != package ] || make() { :; }
set -e
'
shell() {
	{
		echo "$prelude"
		cat
	} >"$DIR/block.sh"
	# What "import" reads from a pipe.
	at_host bash "$DIR/block.sh" <<<"203.0.113.9 $(date +%s)"
}

run_sh() {
	case $(head -n 1 "$1") in
	'sudo make '*) return ;;
	'nc '*) run_client "$1"; return ;;
	dc_local_interfaces=*) run_exim-interfaces "$1"; return ;;
	'*/'* | [0-9]*' * root '*) run_cron "$1"; return ;;
	*/negate* | *--via*) return ;; # monitoring plugins, and another host by ssh
	'nolist-xdp test --low'*) run_elsewhere "$1"; return ;;
	esac
	if grep -q 'then change the addresses' "$1"; then
		sed '/then change the addresses/q' "$1" | shell || return
		in_root sed -i 's/192\.0\.2\.20, 2001:db8:25::20/192.0.2.20/' \
			/etc/nolist-xdp.conf
		laboratory
		sed '1,/then change the addresses/d' "$1" | shell || return
	elif [ "$(cat "$1")" = 'nolist-xdp run' ]; then
		run_forever "$1"
	else
		shell <"$1"
	fi
}

# From elsewhere: the low fake refuses, the high one greets.
run_client() {
	local words

	while read -r -a words; do
		case ${words[*]} in
		*.10\ 25) ! in_client timeout 5 "${words[@]}" </dev/null ;;
		*) in_client timeout 5 "${words[@]}" <<<QUIT | grep -q ^220 ;;
		esac || return
	done <"$1"
}

# The tool on another host.
run_elsewhere() {
	nsenter -t "$root" -m -r -w --net=/run/netns/client \
		env PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin bash -e <"$1"
}

# Until it has collected once.
run_forever() {
	local pid

	shell <"$1" &
	pid=$!
	check "$mode: it collects" wait_for 60 has_collected
	kill -TERM "$(pgrep -o -x nolist-xdp)"
	wait $pid
}

has_collected() {
	at_host nolist-xdp status 2>/dev/null | grep -q '^last collect: [0-9]'
}

run_conf() {
	in_root tee -a /etc/nolist-xdp.conf <"$1" >/dev/null
	laboratory
	! grep -q '^list =' "$1" || writes
}

writes() {
	at_host nolist-xdp dump --all 2>"$TMP/err" || [ $? = 3 ] || { cat "$TMP/err" && return 1; }
	! grep -E ' failed: |cannot' "$TMP/err"
}

# The lists that cron keeps come back.
run_cron() {
	local user command out

	grep -v '^#' "$1" | while read -r _ _ _ _ _ user command; do
		[ "$user" = root ] || return
		out=$(in_root env -i PATH=/usr/bin:/bin SHELL=/bin/sh HOME=/root LOGNAME=root \
			/bin/sh -c "${command% | logger*}" 2>&1)
		! grep -iE 'not found|no such file|denied' <<<"$out" || return
	done
}

run_zone() {
	{
		printf '%s\n' '$TTL 300' '@ SOA ns h 1 600 300 60 60' '@ NS ns' 'ns A 192.0.2.53'
		cat "$1"
	} >"$DIR/zone"
	in_root nsd-checkzone example.com "$DIR/zone"
}

run_postconf() {
	shell <"$1" && refuses "^554 .*$BAD contacts only" 'check_client_access'
}

run_postmap() {
	shell <"$1" | grep "^554 5.7.1 $BAD contacts only fake mail exchangers, see https"
}

run_postscreen() {
	at_host postconf -X smtpd_client_restrictions && shell <"$1" &&
		refuses '^550 .*5.3.2 Service currently unavailable' 'postscreen'
	at_host bash -c 'cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
		postconf -X postscreen_access_list postscreen_blacklist_action; postfix reload'
}

run_exim-interfaces() {
	in_root sed -i "/^dc_local_interfaces=/c $(cat "$1")" /etc/exim4/update-exim4.conf.conf
	at_host update-exim4.conf &&
		[ "$(at_host exim4 -bP local_interfaces)" = 'local_interfaces = <; 192.0.2.20 ; 127.0.0.1' ]
}

run_exim-macros() {
	in_root tee -a /etc/exim4/exim4.conf.localmacros <"$1" >/dev/null
}

run_exim-acl() {
	in_root tee /etc/exim4/nolist.acl <"$1" >/dev/null
	at_host nolist-xdp dump -f exim -o $STATE/lists/exim.list && at_host update-exim4.conf || return
	by_exim $BAD >"$TMP/exim.bad"
	by_exim $GOOD >"$TMP/exim.good"
	cat "$TMP"/exim.*
	grep -q "^550.* $BAD contacts only fake mail exchangers" "$TMP/exim.bad" &&
		grep -q '^250 Accepted' "$TMP/exim.good"
}

by_exim() {
	at_host exim4 -bh "$1" 2>&1 <<-END | tr -d '\r'
		HELO bot.example
		MAIL FROM:<>
		RCPT TO:<root@example.com>
		QUIT
	END
}

run_nftables() {
	in_root tee /etc/nftables.conf <"$1" >/dev/null
	at_host nft -f /etc/nftables.conf && at_host nft -f $STATE/lists/list.nft &&
		refuses '^Connection refused' 'nftables' || return
	# A reboot two days after the last list: it is loaded again, and refuses nobody.
	in_root sed -i -E "s/(fresh \{ 0-)[0-9]+/\1$(date +%s)/" $STATE/lists/list.nft
	at_host nft flush ruleset && at_host nft -f /etc/nftables.conf &&
		check "$mode: nftables: an old file refuses nobody" meets $BAD '^250' &&
		at_host nft flush ruleset && relist &&
		check "$mode: nftables: dump loads the list again" at_host nft list set inet nolist bl4 &&
		at_host nft flush ruleset
}

run_ipset-rules() {
	shell <"$1"
}

run_fresh() {
	local members="ipset save nolist4 | grep -c ^add"

	refuses '^Connection refused' 'ipset'
	at_host ipset flush nolist4 && shell <"$1" && is "$(at_host bash -c "$members")" 1 \
		"$mode: ipset: a fresh file is loaded" || return
	at_host ipset flush nolist4
	in_root touch -d '-3 days' $STATE/lists/list.ipset
	shell <"$1" && is "$(at_host bash -c "$members")" 0 "$mode: ipset: an old one is not"
	relist
	check "$mode: ipset: dump writes it anew" at_host ipset test nolist4 $BAD
	at_host ipset flush nolist4
	writes
	check "$mode: ipset: and loads it again when the set has lost it" at_host ipset test nolist4 $BAD
	at_host iptables -F INPUT
	at_host ip6tables -F INPUT
}

run_rbldnsd() {
	writes && shell <"$1"
}

run_dig() {
	in_root bash -c 'echo nameserver 192.0.2.53 >/etc/resolv.conf'
	shell <"$1" >"$TMP/dig"
	is "$(cat "$TMP/dig")" "127.0.0.2
\"$BAD contacts only fake mail exchangers, see https://bl.example.com/?ip=$BAD\"" \
		"$mode: rbldnsd: what dig prints"
}

run_spamassassin() {
	shell <"$1"
}

local_d() {
	in_root mkdir -p /etc/rspamd/local.d && in_root tee "/etc/rspamd/local.d/$1" <"$2" >/dev/null
}

run_rspamd-rbl() {
	local_d rbl.conf "$1"
}

run_rspamd-group() {
	local_d rbl_group.conf "$1"
}

run_rspamd-map() {
	local_d multimap.conf "$1" &&
		at_host rspamadm configdump 2>/dev/null >"$TMP/rspamd"
	check "$mode: rspamd has both lists" \
		eval 'grep -q NOLIST_MAP "$TMP/rspamd" && grep -q NOLIST_PROBABLE "$TMP/rspamd"'
}

# --- documents -------------------------------------------------------------------------

# cut DIRECTORY DOCUMENT: its blocks, each of which has a kind.
cut_blocks() {
	mkdir -p "$1"
	is "$(awk -v to="$1" -f selftests/lib/blocks.awk "$2")" '' "$mode: ${2##*/}: each block has a kind"
}

# run_block BLOCK NAME
run_block() {
	local kind=${1##*.}

	case $kind in
	text | publish-* | keepalived) return 0 ;;
	esac
	if ! declare -F "run_$kind" >/dev/null; then
		not_ok "$mode: $2: nothing runs the kind '$kind'"
		return
	fi
	[ "$2" != lists.md ] || [ "$kind" = conf ] || relist >/dev/null
	check_block "$mode: $2 ($kind): $(head -n 1 "$1")" "run_$kind" "$1"
	laboratory
	used+=" $kind"
}

# As check(), but what the block's kind checks itself is printed.
check_block() {
	if "$2" "$3" >"$TMP/block.out" 2>&1; then
		grep -E '^(not )?ok [0-9]+ - |^# ' "$TMP/block.out"
		ok "$1"
	else
		not_ok "$1"
		diag "$(cat "$TMP/block.out")"
	fi
}

# installed DOCUMENT: as the host has it.
installed() {
	case $1 in
	*.8) in_root bash -c "gzip -cdf $share/man/man8/$1*" ;;
	*) in_root cat "$share/doc/nolist-xdp/$1" ;;
	esac >"$DIR/${1##*/}"
	[ -s "$DIR/${1##*/}" ]
}

try_readme() {
	local b last

	cut_blocks "$DIR/readme" "$DIR/README.md"
	# What is to be done first, on any mail host.
	b=$(grep -l inet_interfaces "$DIR"/readme/*.sh)
	is "$(wc -l <<<"$b")" 1 "$mode: README: one block binds postfix"
	run_block "$b" README.md
	last=$(grep -l 'make uninstall' "$DIR"/readme/*.sh)
	for b in "$DIR"/readme/*; do
		[ "$b" != "$last" ] || continue
		run_block "$b" README.md
		# From here on somebody is listed.
		! grep -q 'nolist-xdp audit' "$b" || offender
		! grep -q 'nolist-xdp check' "$b" || mail_from "$GOOD" >/dev/null
	done
	check "$mode: README: the list names the source" wait_for 30 in_root grep -q "^$BAD" /etc/postfix/nolist.cidr
	refuses "^554 .*$BAD contacts only" README
}

# A configuration of its own, and what README has started is gone.
anew() {
	at_host systemctl disable --now nolist-xdp-run
	at_host nolist-xdp unload --purge >/dev/null 2>&1
	in_root bash -c "rm -rf $STATE/*; mkdir -p $STATE/lists"
	in_root bash -c 'printf "%s\n" "interface = { eth0 }" "low = { 192.0.2.10 }" "real = { 192.0.2.20 }" \
		"high = { 192.0.2.30 }" "collect = yes" >/etc/nolist-xdp.conf'
	laboratory
	at_host postconf -X smtpd_client_restrictions
	must at_host nolist-xdp load >/dev/null 2>&1
	offender
}

try_lists() {
	local b

	anew
	cut_blocks "$DIR/lists" "$DIR/lists.md"
	for b in "$DIR"/lists/*; do
		run_block "$b" lists.md
	done
	relist
	is "$(in_root setpriv --reuid=_rspamd --regid=_rspamd --clear-groups \
		grep -c "^$BAD\$" $STATE/lists/rspamd.map)" 1 "$mode: rspamd can read its map"
	in_root bash -c 'echo nameserver 127.0.0.1 >/etc/resolv.conf'
}

try_manual() {
	local b

	anew
	in_root cp /etc/nolist-xdp.conf /root/test.conf
	at_host bash -c "postconf -e 'inet_interfaces = 192.0.2.20, 127.0.0.1'; postfix stop; postfix start"
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh COMMANDS/p' "$DIR/nolist-xdp.8" >"$DIR/examples.8"
	cut_blocks "$DIR/manual" "$DIR/examples.8"
	for b in "$DIR"/manual/*; do
		# What the options name is not in a file.
		if grep -q -- --low "$b"; then
			in_root mv -f /etc/nolist-xdp.conf /etc/nolist-xdp.away 2>/dev/null
		else
			in_root mv -f /etc/nolist-xdp.away /etc/nolist-xdp.conf 2>/dev/null
		fi
		! grep -q test.conf "$b" || in_root cp /root/test.conf "$TOP/test.conf"
		! grep -q '^ip link' "$b" || must at_host nolist-xdp unload --purge >/dev/null 2>&1
		run_block "$b" nolist-xdp.8
		in_root rm -f "$TOP/test.conf"
	done
}

try_deploy() {
	local b f

	anew
	cut_blocks "$DIR/deploy" "$DIR/deploy.md"
	in_root tee -a /etc/nolist-xdp.conf <<<"list = { 'plain $STATE/lists/plain' }" >/dev/null
	in_root rm -rf /etc/cron.d
	in_root mkdir -p /etc/cron.d
	for b in "$DIR"/deploy/*; do
		! grep -q '^ip link' "$b" || must at_host nolist-xdp unload --purge >/dev/null 2>&1
		run_block "$b" deploy.md
		at_host nolist-xdp load >/dev/null 2>&1
	done
	for f in $(in_root ls /etc/cron.d); do
		in_root cat "/etc/cron.d/$f" >"$DIR/cron"
		check_block "$mode: deploy.md: $f runs from cron" run_cron "$DIR/cron"
	done
}

try_leaving() {
	run_block "$(grep -l 'make uninstall' "$DIR"/readme/*.sh)" README.md
	[ "$mode" != package ] || at_host dpkg --purge nolist-xdp >/dev/null 2>&1
	is "$(in_root find /etc /usr /var /run /sys/fs/bpf -xdev -name '*nolist*' ! -path "$TOP/*" \
		! -path '/etc/postfix/*' ! -path '/etc/exim4/*' ! -path '/etc/spamassassin/*' ! -path '/etc/cron.d/*' \
		! -path '/var/lib/rbldns/*' ! -path '*/dpkg/*' ! -path '/etc/nolist-xdp.providers' 2>/dev/null)" '' \
		"$mode: nothing of ours is left"
}

for mode in ${MODES:-local usr package}; do
	case $mode in
	local) prefix=/usr/local share=/usr/local/share ;;
	usr) prefix=/usr share=/usr/share ;;
	package)
		prefix=package share=/usr/share
		if ! command -v dh >/dev/null; then
			skip "debhelper is not installed" 'the package'
			continue
		fi
		;;
	esac
	host
	name_server
	check "$mode: it is installed" "install_$mode" || continue
	for d in README.md docs/lists.md docs/deploy.md nolist-xdp.8; do
		check "$mode: $d is there" installed "$d"
	done
	must at_host postfix start 2>/dev/null
	for d in ${DOCS:-readme lists deploy manual leaving}; do
		"try_$d"
	done
	at_host postfix stop 2>/dev/null
	host_down
	rm -rf "${DIR:?}"/{readme,lists,deploy,manual}
done
[ -z "${DOCS:-}" ] || done_testing
for k in $(declare -F | sed -n 's/^declare -f run_//p'); do
	case $k in
	block | forever | elsewhere | client | exim-interfaces) continue ;;
	esac
	check "the kind '$k' is that of a block" grep -qw -- "$k" <<<"$used"
done
done_testing
