# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For a test that waits most of its time: its parts run all at once, each with the
# namespaces of lib.sh for itself. Sourced after that.

# all_at_once PART...: "$0 PART", and what they say as one test.
all_at_once() {
	local part

	for part; do
		env -u NOLIST_TEST_NS "$0" "$part" >"$TMP/part.$part" &
	done
	wait
	for part; do
		repeat_part "$part" <"$TMP/part.$part"
	done
	done_testing
}

repeat_part() {
	local line is_whole=

	while IFS= read -r line; do
		case $line in
		'ok '*) ok "$1: ${line#* - }" ;;
		'not ok '*) not_ok "$1: ${line#* - }" ;;
		'1..0 # SKIP '*) skip "${line#* SKIP }" "$1" && is_whole=yes ;;
		1..*) is_whole=yes ;;
		*) echo "$line" ;;
		esac
	done
	[ "$is_whole" ] || not_ok "$1: ended before all was checked"
}
