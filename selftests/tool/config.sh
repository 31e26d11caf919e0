#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: none
#
# config: the configuration in force, with the origin of each value, and in a form that can be
# loaded again. Why it matters: "which grace is in force, and who said so" is asked when a
# customer is listed; and what is printed is copied into a file.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need jq
cd "$TMP" || exit 1

config() {
	"$TOOL" config "$@" 2>"$TMP/err"
}

# value KEY FILE: what is printed for it, origin and all.
value() {
	sed -n "s/^#\{0,1\}$1 =[[:space:]]*//p" "$2" | tr '\t' ' '
}

cat >one.conf <<'END'
interface = { s0, "s1" }
low = 192.0.2.10
high = { 192.0.2.12 }   # the first
high = { 192.0.2.14 }
grace = "36 hours"
listing = 604800
collect = on
name = fake1.example.com
tempfail-text = 'costs ${5}, or a "quote" \\ 7'
allow = { "/etc/no such/allow # list" }
list = { "plain /srv/list.txt systemctl reload x" }
END
config -c one.conf --real 192.0.2.11 --high 192.0.2.13 >one
is "$? $(cat err)" '0 ' 'it prints'
is "$(value interface one)" "$(printf '%s\n' 's0 # one.conf:1' 's1 # one.conf:1')" 'each value has its line'
is "$(value high one)" "$(printf '%s\n' '192.0.2.12 # one.conf:3' '192.0.2.14 # one.conf:4' \
	'192.0.2.13 # --high')" 'or its option'
is "$(value grace one)" '1d12h # one.conf:5' 'a time is printed in one form'
is "$(value listing one)" '7d # one.conf:6' 'however it was given'
is "$(value window one)" '7d # default' 'what is not given is a default'
is "$(value providers one)" '# not given' 'or nothing'
is "$(value mode one)" 'auto # default' 'also of a word'

# All that is printed is taken, and means the same.
config -c one >two
is "$? $(cat err)" '0 ' 'what it prints can be read'
is "$(sed 's/\t#.*//' two)" "$(sed 's/\t#.*//' one)" 'and is the same configuration'
is "$(config -c one --json | jq -r '.settings[] | select(.key == "tempfail-text").value')" \
	"$(printf '%s' 'costs ${5}, or a "quote" \ 7')" 'with every character of a text'
is "$(config -c one.conf --json | jq -c '[.type, .schema, (.settings[] | select(.key == "grace"))]')" \
	'["config",2,{"key":"grace","value":"1d12h","origin":"one.conf:5"}]' 'JSON has the same'
is "$(config -c one.conf --json | jq -c '.settings[] | select(.key == "real")')" \
	'{"key":"real","value":null,"origin":null}' 'also of what is not given'
is "$(sed -n 's/^#\{0,1\}\([a-z0-9-]*\) =.*/\1/p' two | sort -u)" \
	"$(sed -n 's/^#\{0,1\}\([a-z0-9-]*\) = .*/\1/p' "$TOP/scripts/nolist-xdp.conf" | sort -u)" \
	'each key of the example is printed'

config -i eth9 -c one.conf >three
is "$(value interface three)" 'eth9 # -i' 'an interface of the command line takes the place of the others'
echo 'grase = 1' >bad.conf
config -c bad.conf >bad
is "$? $(cat bad) $(grep -c "bad.conf:1: no such option 'grase': did you mean 'grace'?" err)" '2  1' \
	'a wrong one is refused, and nothing is printed'
config one.conf >bad
is "$? $(cat bad)" '2 ' 'an argument too many'
echo 'list = { "plain /srv/x echo a && echo b" }' >shell.conf
config -c shell.conf >bad
check 'a command that needs a shell is told' grep -q "warning: shell.conf:1: there is no shell: '&&' is a word" err
done_testing
