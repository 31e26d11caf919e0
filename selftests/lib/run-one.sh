#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one test for prove(1), and keeps what it says for the summary of run.sh. A test
# that cannot go on has failed; the others are run all the same. What a test and the tool
# print to standard error, warnings that belong to the test, is shown if the test fails.
set -u

name=${1#"${NOLIST_BUILD:-build}"/}
name=${name#selftests/}
name=${name%.sh}
file=$NOLIST_RESULTS/${name//\//:}.tap

timeout --foreground "$NOLIST_LIMIT" "$@" 2>"$file.err" |
	sed -u 's/^Bail out! */not ok - cannot go on: /' | tee "$file"
status=${PIPESTATUS[0]}
if [ "$status" -eq 124 ]; then
	echo "not ok - took more than $NOLIST_LIMIT seconds" | tee -a "$file"
fi
echo "exit $status" >>"$file"
if [ "$status" -ne 0 ] || grep -q '^not ok' "$file"; then
	tail -n 200 "$file.err" >&2
fi
exit "$status"
