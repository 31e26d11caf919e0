# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that look at pages in Chromium (browser.py): sourced after lib.sh.

CHROMIUM=$BUILD/debs/chromium
SHOTS=$BUILD/screenshots
mkdir -p "$SHOTS"

# look SCRIPT [COMMAND]...: what $TMP/SCRIPT finds, run by COMMAND, such as in_server: its lines are our
# tests. It is given where browser.py is, $TMP, where screenshots go, and what Browser() takes.
look() {
	local line libraries

	libraries=$(find "$CHROMIUM" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
	while IFS= read -r line; do
		case $line in
		'ok - '*) ok "${line#ok - }" ;;
		'not ok - '*) not_ok "${line#not ok - }" ;;
		'exit status '*) is "${line#exit status }" 0 'all of that was asked' ;;
		*) diag "$line" ;;
		esac
	done < <("${@:2}" "$PYTHON" "$TMP/$1" "$TOP/selftests/lib" "$TMP" "$SHOTS" "$CHROMIUM/usr/lib/chromium/chromium" \
		"$libraries" "$TMP/profile.$1" 2>&1; echo "exit status $?")
}
