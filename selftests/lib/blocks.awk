#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0-only
#
# Cuts the code blocks out of documents:
#   blocks.awk -v to=DIRECTORY FILE...
# writes each block into DIRECTORY/NNN.KIND and prints a line for each block that has no
# kind. In Markdown a block is fenced, and its kind is that of a comment right before the
# fence, which no reader sees,
#   <!-- run: KIND -->
# or else the word behind the fence (```sh). An indented block has no kind: fence it. In the
# manual the blocks are those between .Bd and .Ed; the kind stands in a roff comment before,
#   .\" run: KIND
# or is "sh". selftests/net/documents.sh says what there is.

function start(kind) {
	if (kind == "")
		printf "%s:%d: a block without a kind\n", FILENAME, FNR
	out = sprintf("%s/%03d.%s", to, ++n, kind == "" ? "none" : kind)
	printf "" >out
	is_open = 1
}

function stop() {
	close(out)
	is_open = 0
}

FNR == 1 { is_open = 0; kind = ""; list = 0; was_blank = 1 }

# --- the manual
FILENAME ~ /\.8$/ {
	if (match($0, /^\.\\" run: /))
		kind = substr($0, RLENGTH + 1)
	else if (/^\.Bd/) {
		start(kind == "" ? "sh" : kind)
		kind = ""
	} else if (/^\.Ed/)
		stop()
	else if (is_open) {
		gsub(/\\e/, "\\")
		gsub(/\\\(aq/, "'")
		gsub(/\\&/, "")
		gsub(/\\-/, "-")
		print >out
	}
	next
}

# --- Markdown
/^ *```/ && is_open { stop(); was_blank = 0; next }
/^ *```/ {
	word = $0
	sub(/^ *``` */, "", word)
	sub(/ .*/, "", word)
	match($0, /^ */)
	indent = RLENGTH
	start(kind == "" ? word : kind)
	kind = ""
	next
}
is_open { print substr($0, indent + 1) >out; next }
/<!-- run: [a-z0-9.-]* -->/ { kind = $0; sub(/.*run: /, "", kind); sub(/ .*/, "", kind); next }
/^ *$/ { was_blank = 1; next }
{
	match($0, /^ */)
	if (was_blank && RLENGTH >= list + 4 && $0 !~ /^ *([-*]|[0-9]+\.) /)
		printf "%s:%d: an indented block: fence it, and say what runs it\n", FILENAME, FNR
	# What stands in a list is indented by the width of its marker.
	if (match($0, /^ *([-*]|[0-9]+\.) +/))
		list = RLENGTH
	else if ($0 ~ /^[^ ]/)
		list = 0
	kind = ""
	was_blank = 0
}
