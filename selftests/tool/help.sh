#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: none
#
# Help, manual and README say the same as the tool: commands, options, columns,
# JSON members, counters, files. Why it matters: three places that a change has to
# reach, and nobody remembers all of them. unit/manual.c does this for the keys.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"

need ip jq mandoc
MAN=$TOP/user/nolist-xdp.8
README=$TOP/README.md
cd "$TOP" || exit 1

# As it is read, with lines so long that nothing is folded.
mandoc -Tascii -O width=1000,indent=5 "$MAN" | sed 's/.\x08//g' >"$TMP/man"

# section NAME: of the manual as it is read. subsection NAME.
section() {
	sed -n "/^$1\$/,/^[A-Z]/{/^ /p}" "$TMP/man"
}

subsection() {
	sed -n "/^   $1\$/,/^ \{0,3\}[^ ]/{/^    /p}" "$TMP/man"
}

# Options as both print them, "-c, --config FILE": in a text of help below "$1:", and in
# a subsection of the manual.
help_options() {
	sed -n "/^$1:/,/^\$/s/^  \(-[^ ].*\)/\1/p" "$2" | sed 's/  .*//' | sort
}

manual_options() {
	subsection "$1" | sed -n 's/^     \(-[^ ].*\)/\1/p' | sed 's/  .*//' | sort
}

check 'mandoc finds nothing in the manual' mandoc -Tlint -W warning "$MAN"

# --- commands ---

"$TOOL" --help >"$TMP/help"
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$TMP/help")
check 'there are commands' test -n "$commands"
is "$(section SYNOPSIS | sed 's/^ *nolist-xdp //; s/  */ /g; /^$/d')" \
	"$(for c in $commands; do "$TOOL" "$c" --help | sed -n 's/^usage: nolist-xdp //p'; done)" \
	"the manual's synopsis is that of --help"
is "$(sed -n '/^DESCRIPTION/,/^CONFIGURATION/s/^   \([a-z]*\)$/\1/p' "$TMP/man")" "$commands" \
	'the manual has a section for each command'

for c in $commands; do
	"$TOOL" "$c" --help >"$TMP/help.$c"
	own=$(help_options "options of $c" "$TMP/help.$c")
	is "$(manual_options "$c")" "$own" "$c: the manual has the options of --help"
	# -c FILE or --config FILE stands for "-c, --config FILE".
	usage=$(sed -n 's/^usage: //p' "$TMP/help.$c")
	bare=$(while IFS= read -r o; do
		for form in "${o%%,*}" "--${o#*--}"; do
			case $usage in *[\[\ ]"${form%% *}"[\ \]]*) continue 2 ;; esac
		done
		echo "$o"
	done <<<"$own" | sed '/^$/d')
	is "$bare" '' "$c: the synopsis has each option"
	is "$(grep -oE -- '\[-[^] ]*' <<<"$usage" | tr -d '[' | while read -r o; do
		grep -qE -- "(^|, )$o(,| |\$)" <<<"$own" || echo "$o"
	done)" '' "$c: and no other"
	check "$c: README tells of it" grep -q "nolist-xdp $c\b" "$README"
done
is "$(manual_options 'Options of every command')" \
	"$(help_options 'options of every command' "$TMP/help")" \
	'the manual has the options of every command'

# --- wrong usage: status 2, nothing on stdout, a message and at most one hint ---

refused() {
	local out

	out=$("$TOOL" "$@" 2>"$TMP/err")
	[ $? -eq 2 ] && [ -z "$out" ] && [ "$(grep -vc ': hint: ' "$TMP/err")" -eq 1 ] &&
		[ "$(wc -l <"$TMP/err")" -le 2 ]
}

check 'no command' refused
check 'an unknown command' refused no-such-command

# meant WORDS: what is proposed for a mistyped command line.
meant() {
	# shellcheck disable=SC2086 # words
	"$TOOL" $1 2>&1 | sed -n "s/.*did you mean '\(.*\)'?\$/\1/p"
}

is "$(meant lod) $(meant explian) $(meant reload) $(meant stop) $(meant 'help unlod')" \
	'load explain load unload unload' 'a mistyped command is understood'
is "$(meant 'dump --format POSTFIX') $(meant 'dump --format rblnsd') $(meant 'show --sort verdct')" \
	'postfix rbldnsd verdict' 'and what an option takes'
is "$(meant 'show --roel low') $(meant 'load --probatoin=5m') $(meant 'dump --vrebose')" \
	'--role --probation --verbose' 'and a mistyped option'
is "$(meant frobnicate)$(meant 'show --frobnicate')" '' 'but nothing is made up'
is "$("$TOOL" help)" "$("$TOOL" --help)" 'help is --help'
is "$("$TOOL" -h)" "$("$TOOL" --help)" 'so is -h'
is "$("$TOOL" help show)" "$("$TOOL" show --help)" 'help of a command'
is "$("$TOOL" version) $("$TOOL" -V)" "$("$TOOL" --version) $("$TOOL" --version)" 'version is --version, and -V'
for t in 1 9999999999 2019-01-01T00:00:00Z; do
	check "--at $t: a time without evidence" refused show --at "$t"
done

# In the journal, which systemd names by its device and inode, the program's name is known.
: >"$TMP/journal"
JOURNAL_STREAM=$(stat -c %d:%i "$TMP/journal") "$TOOL" lod 2>>"$TMP/journal"
is "$(cut -d' ' -f1,2 "$TMP/journal" | tr '\n' ' ')" '<3>unknown command <5>hint: "nolist-xdp ' \
	'there a message has a priority in its place'
JOURNAL_STREAM=1:1 "$TOOL" lod 2>"$TMP/other"
is "$(cut -d' ' -f1 "$TMP/other" | sort -u)" nolist-xdp: 'and nowhere else'
check 'an unknown option before the command' refused --no-such-option
for c in $commands; do
	check "$c: an unknown option" refused "$c" --no-such-option
	check "$c: an unknown letter" refused "$c" -X
	check "$c: an option without its value" refused "$c" --pin-dir
	check "$c: a value too many" refused "$c" --help=x
	check "$c: a directory by half of its path" refused "$c" --pin-dir pins
	check "$c: and by none of it" refused "$c" --state-dir ''
done

# --- what README and the manual show ---

# Every "nolist-xdp WORD ... --OPTION" in a text: is there such a command, and option?
is "$(grep -ohE 'nolist-xdp [a-z]+( [^#`|>]*)?' "$README" "$TMP/man" | while read -r _ c rest; do
	echo "$commands" | grep -qxF -- "$c" || continue
	for word in $rest; do
		case $word in
		--[a-z]*) grep -qE -- "${word%%[^a-z-]*}( |\$)" "$TMP/help.$c" || echo "$c $word" ;;
		esac
	done
done)" '' 'each option that is shown exists'
is "$(grep -oE '[a-zA-Z_*-]+\.(h|c|bpf\.c)\b' "$README" | sort -u | while read -r f; do
	compgen -G "bpf/$f" >/dev/null || compgen -G "user/*/$f" >/dev/null || echo "$f"
done)" '' 'each source file that README names is there'
is "$(grep -ohP '(?<![\w/])(bpf|docs|scripts|selftests|user)/[\w./-]*\w' "$README" "$MAN" \
	docs/*.md selftests/README.md | sort -u | while read -r f; do
		# A test goes by its name, whatever it is written in.
		[ -e "$f" ] || [ -e "$f.c" ] || [ -e "$f.sh" ] || echo "$f"
	done)" '' 'and each path that a document names'
is "$(grep -oE '(^ {4,}|`|&& )(sudo )?make [a-z-]+' "$README" | sed 's/.* //' | sort -u |
	while read -r t; do
		grep -qE "^$t:" Makefile || echo "$t"
	done)" '' 'and each target of make'

# --- documents ---

topology ''
judge_setup
histories
inject '203.0.113.7 high=20h:20h:1 talk=20h:20h:1 hour=20:1:1:1:1 bad-acks=3'
printf '203.0.113.4\n' >"$TMP/allow"
sed "\$a allow = { \"$TMP/allow\" }" "$CONF" >"$TMP/allow.conf"
nolist dump -c "$CONF" --at "$NOW" --format csv 2>/dev/null | head -n 1 >"$TMP/csv"
is "$(section LISTS | sed -n 's/.*The columns: \(.*\)\./\1/p' | sed 's/, /,/g')" "$(cat "$TMP/csv")" \
	'csv: the manual has its columns in order'

# What jq finds in documents, but for names that are data.
members() {
	jq -r '[del(.verdicts[]?, .rules?) | .. | objects | keys_unsorted[]] | unique[]'
}

known() {
	local name

	sort -u | while read -r name; do
		grep -qE "(^|[ (])$name([ ,;.:)]|\$)" "$1" || echo "$name"
	done
}

date -d "@$((NOW - 100))" "+%F %T 1vMabc-000000001Ab-2XyZ <= x@example.net H=(x) [203.0.113.1] P=smtp" >"$TMP/log"
{ section JSON; section EVIDENCE; } >"$TMP/json"
for c in "check s0" status test "show -c $CONF --at $NOW" "explain 203.0.113.7 -c $CONF --at $NOW" \
	"explain 203.0.113.4 -c $TMP/allow.conf --at $NOW" "explain $REAL4 -c $CONF" \
	"dump -c $CONF --quiet --output $TMP/list" "audit $TMP/log -c $CONF --at $NOW"; do
	# shellcheck disable=SC2086 # words
	nolist $c --json >"$TMP/document" 2>"$TMP/err"
	check "${c%% -c*}: JSON" jq -e '.type and .schema' "$TMP/document"
	is "$(members <"$TMP/document" | known "$TMP/json")" '' 'the manual has each member'
done
nolist dump -c "$CONF" --at "$NOW" --format jsonl --unverified >"$TMP/document" 2>"$TMP/err"
check 'jsonl: a head and entries' test "$(wc -l <"$TMP/document")" -gt 1
is "$(members <"$TMP/document" | known "$TMP/json")" '' 'the manual has each member'
is "$(nolist explain 203.0.113.7 -c "$CONF" --json | jq -r '(.deprecated | keys) as $old | .rules | keys - $old | .[]' | while read -r r; do
	grep -qx "     $r = [0-9]*.*" <(section CONFIGURATION) || echo "$r"
done)" '' 'the manual has each rule'
is "$(section 'VERDICT COUNTERS' | grep -oE '\b(pass|low|real|high|silent|rare|tarpit)_[a-z_]+' | sort -u)" \
	"$(nolist status --json | jq -r '.verdicts | keys[]' | sort)" \
	'the manual has each counter, and no other'
done_testing
