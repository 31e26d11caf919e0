#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Which folder may include which below user/: the folders stand on each other from the ground up, so
# that a part can be read, tested and linked with nothing but what is below it. A folder
# may always include itself and bpf/abi.h; a private.h is its folder's own; a library has
# one home, and so have an hour and a day of the evidence. The rules are tried on planted faults first: a test that cannot fail is none.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=selftests/lib/is_ok.sh
. "$top/selftests/lib/is_ok.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# broken DIRECTORY: prints each include below DIRECTORY/user that breaks the rules.
broken() {
	cd "$1" || exit
	find user -name '*.[ch]' | sort | xargs awk '
	# What a folder may include must have a rule before it: so there is no circle.
	function rule(folder, below,   n, p, i) {
		n = split(below, p, " ")
		for (i = 1; i <= n; i++)
			if (!(p[i] in may))
				print "rules: " folder " stands below " p[i]
		may[folder] = " " below " "
	}
	BEGIN {
		rule("base", "")
		rule("confined", "base")
		rule("policy", "base")
		rule("origin", "base")
		rule("record", "base")
		rule("config", "base policy")
		rule("kernel", "base")
		rule("host", "base")
		rule("maillog", "base confined")
		rule("store", "base record")
		rule("snapshot", "base record kernel")
		rule("evidence", "base confined policy record maillog kernel store snapshot")
		rule("judge", "base confined record config host store evidence")
		rule("lists", "base confined policy origin record config store evidence judge")
		rule("enforce", "base record config kernel store evidence judge")
		rule("check", "base confined config kernel host")
		rule("report", "base policy origin record config kernel store evidence judge lists maillog")
		rule("top", "base config kernel store evidence judge report")
		rule("service", "base config")
		rule("probe", "base config kernel host")
		rule("dns", "base")
		rule("lint", "base confined config probe dns")
		rule("http", "base")
		rule("exporter", "base http")
		rule("page", "base http")
		rule("locate", "base confined origin")
		rule("policyd", "base policy")
		rule("share", "base record config store evidence judge lists")
		rule("cmd", "base confined origin record config kernel host maillog store evidence judge lists" \
			" check report service probe top enforce")
		rule("main.c", "cmd")
		rule("programs", "base confined config probe dns lint http exporter page policyd locate origin evidence judge lists share cmd")
		home["bpf/"]    = home["xdp/"] = "kernel"
		home["sqlite3"] = "store"
		home["confuse"] = "config"
		home["libmnl"]  = "host"
		home["nftables"] = "check"
		home["pcre2"]   = "maillog"
		home["seccomp"] = "confined policyd"
		home["nettle"]  = "lists page share"
		home["libloc/"] = "locate/libloc.c"
		home["hiredis"] = "share/redis"
		home["zstd.h"] = "share/blob"
		home["systemd"] = "service policyd"
		home["3600 or 86400"] = "base/duration.c base/text.c config/keys.c lists/reader.h" \
			" lists/formats/ipset.c service/run.c lint/checks_zone.c"
		home["curses"]  = home["term.h"] = "top/screen.c"
		home["unbound"] = "dns"
		home["microhttpd"] = "http"
		home["curl/"] = "lint"
		home["idn2"] = "lint"
		home["gnutls"] = "lint/certificate.c lint/dane.c"
		home["jansson"] = "probe/via.c base/json.c check/rule.h check/firewall.c"
	}
	function inside(path, places,   n, p, i) {
		n = split(places, p, " ")
		for (i = 1; i <= n; i++)
			if (index(path, "user/" p[i]) == 1)
				return 1
		return 0
	}
	function say(why) { print FILENAME ":" FNR ": " why }
	FNR == 1 {
		split(FILENAME, dir, "/")
		from = dir[2]
		if (!(from in may))
			say("no rule for " from)
	}
	/^#include "user\// {
		split($0, q, "\"")
		split(q[2], dir, "/")
		to = dir[2]
		if (from == to)
			next
		if (q[2] ~ /private\.h$/)
			say(q[2] " is private to " to)
		else if (!index(may[from], " " to " "))
			say(from " may not include " q[2])
	}
	/^#include "bpf\// && !/"bpf\/abi\.h"/ && !(/"bpf\/(block|listed)\.h"/ && FILENAME ~ /^user\/(enforce|kernel|config|report|check)\//) { say("of bpf/ only abi.h is shared") }
	/^#include "/ && !/"(user|bpf)\// && !/"nolist\.skel\.h"/ { say("not written from the root") }
	/(^|[^0-9])(3600|86400)([^0-9]|$)/ && !inside(FILENAME, home["3600 or 86400"]) {
		say("HOUR_S or DAY_S, if evidence is counted by it")
	}
	/^#include </ {
		split($2, q, "[<>]")
		for (lib in home)
			if (index(q[2], lib) == 1 && !inside(FILENAME, home[lib]))
				say(q[2] " is for " home[lib] " only")
	}'
}

# plant NAME FILE LINE WANTED: this include in this file is named.
plant() {
	rm -rf "$tmp/user"
	mkdir -p "$tmp/user/$(dirname "$2")"
	printf '%s\n' "$3" >"$tmp/user/$2"
	is_ok "$1" "$(broken "$tmp")" "user/$2:1: $4"
}

plant 'a lower folder may not include the front door' kernel/find.c \
	'#include "user/cmd/cmd.h"' 'kernel may not include user/cmd/cmd.h'
plant 'the judge does not open the kernel' judge/judge.c \
	'#include "user/kernel/kern.h"' 'judge may not include user/kernel/kern.h'
plant 'a private header is private' service/single.c \
	'#include "user/store/private.h"' 'user/store/private.h is private to store'
plant 'a library has one home' judge/judge.c '#include <sqlite3.h>' 'sqlite3.h is for store only'
plant 'the tool links no resolver' cmd/check.c '#include <unbound.h>' 'unbound.h is for dns only'
plant 'and nothing of its programs' cmd/check.c '#include "user/lint/lint.h"' \
	'cmd may not include user/lint/lint.h'
plant 'libbpf lives behind one door' report/status.c '#include <bpf/bpf.h>' \
	'bpf/bpf.h is for kernel only'
plant 'a new folder needs a rule' news/a.c '#include <stdio.h>' 'no rule for news'
plant 'only abi.h is shared with the packet side' record/pack.c '#include "bpf/parse.h"' \
	'of bpf/ only abi.h is shared'
plant 'includes are written from the root' store/rows.c '#include "private.h"' \
	'not written from the root'
plant 'an hour of evidence has one length' store/prune.c '#define AGE_S (35 * 24 * 3600)' \
	'HOUR_S or DAY_S, if evidence is counted by it'
is_ok 'each include keeps to the rules' "$(broken "$top")" ''
is_ok 'user/ itself has main.c and the man page, and folders' \
	"$(cd "$top" && find user -maxdepth 1 -type f | sort | tr '\n' ' ')" \
	'user/main.c user/nolist-xdp.8 '
is_ok 'no function below cmd/ ends the process with an exit status of a command' \
	"$(cd "$top" && grep -rnE 'EXIT_(DONE|FAILED|USAGE|HELD)|[^_]options\.' user --include='*.[ch]' |
		grep -vE '^user/(cmd|programs)/')" ''
echo "1..$n"
exit $failed
