#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints this tree's version:
#   scripts/version.sh RELEASE
# RELEASE at the tag vRELEASE, and in a tree without git: a tarball, a package's source.
# Elsewhere RELEASE-N-gCOMMIT: N commits after that tag, or after the first commit where
# there is no such tag. "-dirty" follows where files differ from the commit.
# Needs no programs but git, and not even that.

cd "$(dirname "$0")/.." || exit 1

# The tree may belong to somebody else: sudo make.
git_here() {
	git -c safe.directory='*' "$@" 2>/dev/null
}

version=v$1
# A tree without git of its own may lie within another one's.
if [ -e .git ] && count=$(git_here rev-list --count HEAD); then
	version=$(git_here describe --tags --match "v$1" --dirty) ||
		version=v$1-$count-g$(git_here describe --always --dirty --exclude '*')
fi
echo "${version#v}"
