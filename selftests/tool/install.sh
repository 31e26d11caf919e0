#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: none
#
# make install puts everything below DESTDIR and PREFIX, what it installs works
# from there, and make uninstall leaves nothing of it. Why it matters: this is how
# packagers and admins get it, and the tests otherwise only use build/.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq make mandoc nc
root=$TMP/root
usr=$root/usr

makes() {
	make -C "$TOP" --no-print-directory B="${NOLIST_BUILD:-build}" "$@" DESTDIR="$root" PREFIX=/usr
}

files() {
	(cd "$root" && find . -type f -printf '%P %m\n') | sort
}

check 'make install' makes install
is "$(files | grep -v '/docs/')" 'usr/lib/bpf/nolist.bpf.o 644
usr/lib/nolist-xdp/nolist-xdp-exporter 755
usr/lib/nolist-xdp/nolist-xdp-lint 755
usr/lib/nolist-xdp/nolist-xdp-locate 755
usr/lib/nolist-xdp/nolist-xdp-page 755
usr/lib/nolist-xdp/nolist-xdp-policyd 755
usr/lib/nolist-xdp/nolist-xdp-share 755
usr/lib/systemd/system/nolist-xdp-collect.service 644
usr/lib/systemd/system/nolist-xdp-collect.timer 644
usr/lib/systemd/system/nolist-xdp-dump.service 644
usr/lib/systemd/system/nolist-xdp-dump.socket 644
usr/lib/systemd/system/nolist-xdp-dump.timer 644
usr/lib/systemd/system/nolist-xdp-exporter.service 644
usr/lib/systemd/system/nolist-xdp-milter.socket 644
usr/lib/systemd/system/nolist-xdp-page.service 644
usr/lib/systemd/system/nolist-xdp-policyd.service 644
usr/lib/systemd/system/nolist-xdp-policyd.socket 644
usr/lib/systemd/system/nolist-xdp-reload.socket 644
usr/lib/systemd/system/nolist-xdp-reload@.service 644
usr/lib/systemd/system/nolist-xdp-run.service 644
usr/lib/systemd/system/nolist-xdp.service 644
usr/sbin/nolist-xdp 755
usr/share/bash-completion/completions/nolist-xdp 644
usr/share/doc/nolist-xdp/LICENSE 644
usr/share/doc/nolist-xdp/README.md 644
usr/share/doc/nolist-xdp/grafana-dashboard.json 644
usr/share/doc/nolist-xdp/nolist-xdp.conf 644
usr/share/doc/nolist-xdp/prometheus-rules.yml 644
usr/share/doc/nolist-xdp/providers.sh 755
usr/share/man/man8/nolist-xdp.8 644' 'installs its files below DESTDIR and PREFIX'
is "$(cd "$usr/share/doc/nolist-xdp" && ls docs)" "$(cd "$TOP/docs" && ls -- *.md)" \
	'and the documents that README names'
check 'mandoc reads the manual' mandoc -Tlint -W warning "$usr/share/man/man8/nolist-xdp.8"
if command -v man >/dev/null; then
	MANROFFOPT='' MANWIDTH=80 man --warnings -l "$usr/share/man/man8/nolist-xdp.8" \
		>"$TMP/man" 2>"$TMP/man.err"
	is "$(cat "$TMP/man.err")" '' 'man renders it without a warning'
	check 'and it is all there' grep -q 'guess 64 bits' "$TMP/man"
else
	ok 'man renders it # SKIP man is not installed'
fi
is "$(grep -rl /usr/local "$usr/share/man" "$usr/lib/systemd" "$usr/share/doc/nolist-xdp" | grep -v CHANGELOG)" \
	'' 'manual, units, documents and providers.sh name the paths of this PREFIX'
is "$(stat -c %a "$root/var/lib/nolist-xdp" "$root/var/lib/nolist-xdp/lists" | tr '\n' ' ')" '755 755 ' \
	'lists for others have a place'
missing_paths() {
	grep -oE '/usr/[a-z./-]*nolist[a-z./-]*[a-z]' "$usr/share/man/man8/nolist-xdp.8" | sort -u |
		while read -r f; do
			[ -e "$root$f" ] || echo "$f"
		done
}
is "$(missing_paths)" '' 'and they are there'

# What deps.sh installs to build, but for what every build has.
unnamed_packages() {
	sed -n '/^build="/,/"$/{s/build=//;s/"//g;p}' "$TOP/scripts/deps.sh" | tr -s '\t ' '\n' |
		grep -vxE '|make|gcc|libc6-dev|linux-libc-dev' |
		while read -r package; do
			grep -q "^ $package,\$" "$TOP/debian/control" || echo "$package"
		done
}
is "$(unnamed_packages)" '' 'debian/control names what building needs'

# --- what is installed works ---

topology ''
TOOL=$usr/sbin/nolist-xdp
is "$("$TOOL" --version)" "$("$BUILD/nolist-xdp" --version)" 'the tool runs'
is "$("$TOOL" lint --version)" "$("$TOOL" --version)" 'and so does what it starts'
mv "$usr/lib/nolist-xdp/nolist-xdp-lint" "$TMP/away"
check 'where that is missing, it says so' bash -c "'$TOOL' lint --help 2>&1 |
	grep -q \"cannot run '.*/usr/.*nolist-xdp-lint': No such file\""
mv "$TMP/away" "$usr/lib/nolist-xdp/nolist-xdp-lint"
sed 's/eth0/s0/; s/^low .*/low = { 192.0.2.10 }/' "$usr/share/doc/nolist-xdp/nolist-xdp.conf" \
	>"$TMP/conf"

# counts VERDICT: a SYN to the low fake adds to it.
counts() {
	local before after

	before=$(nolist status --json | jq ".verdicts.$1")
	in_client nc -w 3 "$LOW4" 25 </dev/null
	after=$(nolist status --json | jq ".verdicts.$1")
	[ "$after" -gt "$before" ]
}

for mode in xdpdrv xdpgeneric; do
	check "ip link attaches the object, $mode" ip -n server link set dev s0 "$mode" \
		obj "$usr/lib/bpf/nolist.bpf.o" sec xdp
	check 'unconfigured it lets frames pass' counts pass_unconfigured
	check 'the example configures it, but for its interface' nolist load -c "$TMP/conf"
	check 'and the low fake refuses' counts low_rst_ack
	check 'the tool takes it away' nolist unload --purge
done

# --- and goes ---

echo ours >"$usr/share/doc/nolist-xdp/docs/note"
check 'make uninstall' makes uninstall
is "$(files)" 'usr/share/doc/nolist-xdp/docs/note 644' 'leaves what is not its own'
rm "$usr/share/doc/nolist-xdp/docs/note"
check 'make uninstall again' makes uninstall
is "$(files)$(find "$root" -path '*nolist*')" '' 'and nothing else'
done_testing
