# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that look at texts of the tree and need nothing of lib.sh: n counts them, failed is the
# exit status. Sourced.

n=0 failed=0

# is_ok NAME GOT WANTED
is_ok() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		failed=1
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# got: /'
	fi
}
