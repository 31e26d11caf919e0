#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: none
#
# The version is one number in one place, and a tree says it alike with git, with a tag
# and without git. Why it matters: reports and packages name it, and a tarball that
# says something else than the commit it was made of misleads.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need git make
release=$(sed -n 's/^RELEASE := \([0-9.]*\)$/\1/p' "$TOP/Makefile")
commit='-[0-9]+-g[0-9a-f]+'
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t

matches() {
	grep -Eqx "$2" <<<"$1" || { echo "$1" && false; }
}

check 'the Makefile has it' matches "$release" '[0-9]+\.[0-9.]+'
check 'the tool says it' matches "$("$TOOL" --version)" "nolist-xdp $release($commit)?(-dirty)?"
must make -s -C "$TOP" B="${NOLIST_BUILD:-build}" all >"$TMP/make"
is "$("$BUILD/nolist-xdp" --version)" "nolist-xdp $(make -s -C "$TOP" version)" \
	'a build says what the tree is now'
is "$(sed -n '/^## Unreleased$/d;/^## /{s///;s/ .*//p;q}' "$TOP/docs/CHANGELOG.md")" "$release" \
	'the newest release in the changelog is of it'
# "nolist-xdp 0.2", "VERSION=0.2", "version: 0.2", and not an address or a share of one.
copies() {
	(cd "$TOP" && grep -rniE "(nolist-xdp|version|release)[^0-9a-z.]{1,6}${release//./\\.}([^0-9.]|\$)" \
		user debian scripts bpf README.md)
}
is "$(copies)" '' 'and nothing else holds the number'

# --- a tree of its own ---

tree=$TMP/tree
version() {
	make -s -C "$tree" version
}
git_in() {
	git -C "$tree" "$@" >"$TMP/git" 2>&1
}
mkdir -p "$tree"/{scripts,user}
cp "$TOP/Makefile" "$tree" && cp "$TOP/scripts/version.sh" "$tree/scripts"
must git init -q "$TMP"
must git -C "$TMP" commit -q --allow-empty -m outer
is "$(version)" "$release" 'a tree without git says the number alone, also within another repository'
must git_in init
must git_in add .
must git_in commit -m one
hash=$(git -C "$tree" rev-parse --short HEAD)
is "$(version)" "$release-1-g$hash" 'without a tag: the number, commits, and the commit'
echo >>"$tree/Makefile"
is "$(version)" "$release-1-g$hash-dirty" 'changed files are reported'
must git_in checkout Makefile
must git_in tag other
is "$(version)" "$release-1-g$hash" 'tags of other names do not count'
must git_in tag "v$release"
is "$(version)" "$release" 'at its tag: the number alone'
must git_in commit --allow-empty -m two
hash=$(git -C "$tree" rev-parse --short HEAD)
is "$(version)" "$release-1-g$hash" 'after it: how many commits, and which'
echo >>"$tree/scripts/version.sh"
is "$(version)" "$release-1-g$hash-dirty" 'and changed files'
must chown -R nobody "$tree"
is "$(version)" "$release-1-g$hash-dirty" 'the tree may be of another user'
done_testing
