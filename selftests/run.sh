#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the tests and tells with prove(1)'s exit status whether they passed.
# Keeps no list: every executable selftests/FOLDER/*.sh and every program built in
# build/selftests/FOLDER is one. `run.sh NAME...` runs only the named ones, as
# FOLDER/NAME, or all of a FOLDER.
set -u

cd "$(dirname "$0")/.." || exit 2
shopt -s nullglob

# is_wanted FOLDER/NAME [NAME]...: it is named, or nothing is.
is_wanted() {
	[ $# -gt 1 ] || return 0
	case " ${*:2} " in
	*" $1 "* | *" ${1%/*} "*) return 0 ;;
	*) return 1 ;;
	esac
}

tests=()
names=" "
for folder in unit prog tool net; do
	for t in selftests/"$folder"/*.sh build/selftests/"$folder"/*; do
		case $t in
		*.o | *.d) continue ;;
		esac
		if [ ! -f "$t" ] || [ ! -x "$t" ]; then
			continue
		fi
		name=${t##*/}
		name=$folder/${name%.sh}
		is_wanted "$name" "$@" || continue
		tests+=("$t")
		names+="$folder $name "
	done
done

# A test that was asked for by a name that does not exist has not passed.
for name in "$@"; do
	if [[ $names != *" $name "* ]]; then
		echo "run.sh: no such test: $name" >&2
		exit 2
	fi
done
if [ "${#tests[@]}" -eq 0 ]; then
	echo "run.sh: no tests: selftests/*/* and build/selftests/*/* are empty" >&2
	exit 2
fi

# --exec makes prove run each file itself, script or binary.
exec prove --exec 'timeout --foreground 900' --timer "${tests[@]}"
