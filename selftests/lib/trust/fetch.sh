#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of trust/ need, got while there is a network:
#   selftests/lib/trust/fetch.sh [SENDER]...
# a build whose hour has NOLIST_HOUR seconds (10), and the packages of these senders.

set -eu
cd "$(dirname "$0")/../../.."
hour=${NOLIST_HOUR:-10}
packages="nsd postfix postgrey" modules=

for sender in "$@"; do
	packages+=" $(sed -n 's/^packages="\(.*\)"$/\1/p' "selftests/lib/trust/senders/$sender.sh")"
	modules+=" $(sed -n 's/^modules="\(.*\)"$/\1/p' "selftests/lib/trust/senders/$sender.sh")"
done
# Tests run side by side, and want the same.
mkdir -p build
exec 8>build/.trust.lock
flock 8
env -u MAKEFLAGS -u MAKELEVEL make -s -j2 B="build-hour-$hour" NOLIST_HOUR="$hour" all
if [ "$packages" ]; then
	# shellcheck disable=SC2086 # words
	scripts/fetch.sh $packages
fi
if [ "$modules" ] && command -v npm >/dev/null; then
	for module in $modules; do
		[ -d "build/npm/node_modules/${module%@*}" ] ||
			npm install --silent --no-audit --no-fund --prefix build/npm "$module" ||
			echo "npm cannot get $module"
	done
fi
