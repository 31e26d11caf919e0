#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints which programs shell scripts call, a name a line:
#   selftests/lib/programs.sh FILE...
# The first word of each command that is no function of these files, no word of bash
# and no path; also in the strings of `bash -c`. And the words behind it that name a
# program of this machine, where the first is a function, a variable, or a program that
# runs others (env, xargs, timeout ...). Needs shfmt, which reads the shell's language.

set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Commands, one a line: their words, separated by tabs; "" for what is not a plain word.
commands() {
	shfmt -ln bash --to-json | jq -r '
		def word: if (.Parts | length) == 1 then .Parts[0]
			| if .Type == "Lit" or .Type == "SglQuoted" then .Value // ""
			elif .Type == "DblQuoted" and (.Parts | length) == 1 then .Parts[0].Value // ""
			else "" end else "" end;
		.. | objects | select(.Type == "CallExpr" and .Args) | [.Args[] | word] | @tsv'
}

for file in "$@"; do
	commands <"$file" >>"$tmp/commands"
	grep -hoE '^[[:blank:]]*[a-zA-Z0-9_]+\(\)' "$file" | tr -d '[:blank:]()' >>"$tmp/functions" || :
done
# What shells are given to read.
awk -F '\t' '{
	for (is_shell = i = 0; i < NF; i++) {
		is_shell = is_shell || $i ~ /^(ba)?sh$/
		if (is_shell && $i ~ /^-e?c$/)
			print $(i + 1)
	} }' \
	"$tmp/commands" | while IFS= read -r text; do
	printf '%b\n' "$text" | commands 2>/dev/null || :
done >"$tmp/strings"
cat "$tmp/strings" >>"$tmp/commands"

{ compgen -k; compgen -b; } | sort -u >"$tmp/bash"
compgen -c | sort -u | grep -vxFf "$tmp/bash" >"$tmp/here"
awk -F '\t' -v wrappers="env exec xargs timeout nsenter unshare setsid chroot command nice" '
	BEGIN { split(wrappers, w, " "); for (i in w) runs[w[i]] }
	FILENAME ~ /functions$/ { is_function[$1]; next }
	FILENAME ~ /here$/ { is_here[$1]; next }
	FILENAME ~ /bash$/ { is_bash[$1]; next }
	{
		if ($1 != "" && $1 !~ /\// && !($1 in is_function) && !($1 in is_bash))
			print $1
		if ($1 == "" || $1 in is_function || $1 in runs)
			for (i = 2; i <= NF; i++)
				if ($i in is_here && !($i in is_function))
					print $i
	}' "$tmp/functions" "$tmp/here" "$tmp/bash" "$tmp/commands" | sort -u
